package scratchsql

import (
	"testing"

	"github.com/silogate/silogate/engine/types"
)

// TestTypesAreReadAsWritten reads types of columns, and those that were written of them again.
func TestTypesAreReadAsWritten(t *testing.T) {
	for text, want := range map[string]types.Kind{
		"tinyint": types.Int8, "tinyint(1)": types.Int8, "smallint unsigned": types.Uint16, "mediumint": types.Int32, "int": types.Int32, "bigint unsigned": types.Uint64,
		"float": types.Float32, "double": types.Float64, "decimal(65,30)": types.Decimal, "bit(7)": types.Bit, "year": types.Year,
		"date": types.Date, "datetime(3)": types.Datetime, "timestamp": types.Timestamp, "timestamp(6)": types.Timestamp, "time": types.Time, "time(2)": types.Time, "time(6)": types.Time,
		"char(3)": types.Char, "varchar(20) collate utf8mb4_bin": types.Varchar, "varchar(9) character set latin1": types.Varchar,
		"tinytext": types.Text, "text": types.Text, "longtext collate utf8mb4_general_ci": types.Text, "binary(4)": types.Binary, "varbinary(4)": types.Varbinary,
		"blob": types.Blob, "longblob": types.Blob, "json": types.JSON, "enum('a','it''s')": types.Enum, "set('x','y') collate utf8mb4_bin": types.Set,
		`enum('a\\b','\\','c\nd','e\'f','"')`: types.Enum, `set('\\n','\r','x\\') character set latin1`: types.Set,
	} {
		first, err := parseType(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		kind, err := TypeOf(text)
		if err != nil || kind.Kind != want && (want != types.Int8 || kind.Kind != types.Bool) {
			t.Errorf("%s is %s, %v", text, kind, err)
		}
		written := TypeText(first)
		again, err := parseType(written)
		if err != nil || !again.Equals(first) {
			t.Errorf("%s was written as %s, which is %v, %v", text, written, again, err)
		}
		if other, err := TypeOf(written); err != nil || other != kind {
			t.Errorf("%s was written as %s, which is %s, %v", text, written, other, err)
		}
	}
	for _, text := range []string{"point", "vector(3)", "nope"} {
		if kind, err := TypeOf(text); err == nil {
			t.Errorf("%s is %s", text, kind)
		}
	}
}
