package avro

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors/files/filestest"
	"github.com/silogate/silogate/engine/sqlerr"
)

// The values of every type are those that fastavro wrote.
func TestTypes(t *testing.T) {
	content, err := os.ReadFile("testdata/types.avro")
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile("testdata/types.txt")
	if err != nil {
		t.Fatal(err)
	}
	store, f, err := filestest.Open(t, New(), "types.avro", content)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := filestest.Read(t, New(), "types.avro", content); err != nil { // all columns together
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(golden), "\n"), "\n")
	if len(lines) != len(f.Describe().Columns) {
		t.Fatalf("%d columns, want %d", len(f.Describe().Columns), len(lines))
	}
	for i, line := range lines {
		want := strings.Split(line, "|")
		c := f.Describe().Columns[i]
		shown := c.Type.String()
		if shown == "null" {
			shown = "longtext"
		}
		rows, err := filestest.Rows(t, store, f, []int{i}, i%2 == 0, budget, 8192) // the others are passed over
		if got := c.Name + " " + shown; err != nil || got != want[0] || !slices.Equal(rows, want[1:]) {
			t.Errorf("%s: rows %q, error %v; want %s, %q", got, rows, err, want[0], want[1:])
		}
		if lossy := slices.Contains([]string{"json", "longtext", "timestamp(6)", "datetime(6)"}, shown); c.Warning != "" && !lossy {
			t.Errorf("%s: warning %q", c.Name, c.Warning)
		}
		if null := slices.Contains(rows, "NULL"); null && !c.Nullable {
			t.Errorf("%s is NOT NULL and has a NULL", c.Name)
		}
	}
}

// record is a schema of fields, each a name and a type in JSON.
func record(fields ...string) string {
	var list []string
	for i := 0; i < len(fields); i += 2 {
		list = append(list, fmt.Sprintf(`{"name": %q, "type": %s}`, fields[i], fields[i+1]))
	}
	return `{"type": "record", "name": "row", "fields": [` + strings.Join(list, ", ") + "]}"
}

// What values are made of: zigzag integers and what is preceded by its length.
func long(v int64) string {
	return string(binary.AppendVarint(nil, v))
}

func str(s string) string { return long(int64(len(s))) + s }

const marker = "0123456789abcdef"

// head is the header of a file.
func head(schema, codec string) string {
	out := string(magic) + long(1) + str("avro.schema") + str(schema)
	if codec != "" {
		out += long(1) + str("avro.codec") + str(codec)
	}
	return out + long(0) + marker
}

// block is a block of rows.
func block(rows int, data string) string {
	return long(int64(rows)) + str(data) + marker
}

func TestForms(t *testing.T) {
	for _, c := range []struct {
		name, schema  string
		rows          int
		data          string
		columns, want []string
	}{
		{"rows that are no records", `"string"`, 2, str("a") + str("b"), []string{"value longtext"}, []string{`"a"`, `"b"`}},
		{"rows of a union", `["null", "int"]`, 2, long(0) + long(1) + long(5), []string{"value int"}, []string{"NULL", "5"}},
		{"names that are none", record("", `"int"`, "a-b", `"int"`, "ü", `"int"`), 1, long(1) + long(2) + long(3),
			[]string{" int", "a-b int", "ü int"}, []string{"1 2 3"}},
		{"a type within a type", record("a", `{"type": {"type": "long", "logicalType": "timestamp-micros"}}`), 1, long(1), []string{"a timestamp(6)"},
			[]string{"1970-01-01 00:00:00.000001"}},
		{"namespaces", `{"type": "record", "name": "a.b.row", "fields": [{"name": "x", "type": {"type": "enum", "name": "e", "symbols": ["A"]}},
			{"name": "y", "type": "a.b.e"}, {"name": "z", "type": "e"}]}`, 1, long(0) + long(0) + long(0), []string{"x longtext", "y longtext", "z longtext"}, []string{`"A" "A" "A"`}},
		{"logical types that do not hold", record("a", `{"type": "string", "logicalType": "date"}`, "b", `{"type": "long", "logicalType": "x"}`,
			"c", `{"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 3}`, "d", `{"type": "fixed", "name": "u", "size": 1, "logicalType": "uuid"}`),
			1, str("x") + long(7) + str("y") + "z", []string{"a longtext", "b bigint", "c longblob", "d binary(1)"}, []string{`"x" 7 "y" "z"`}},
		{"sizes of runs", record("a", `{"type": "array", "items": "int"}`, "b", `{"type": "map", "values": "int"}`, "c", `"int"`), 1,
			long(-2) + long(2) + long(1) + long(2) + long(1) + long(3) + long(0) + long(-1) + long(3) + str("k") + long(4) + long(0) + long(9),
			[]string{"a json", "b json", "c int"}, []string{`"[1, 2, 3]" "{\"k\": 4}" 9`}},
		{"rows of no bytes", record("a", `"null"`), 3, "", []string{"a longtext"}, []string{"NULL", "NULL", "NULL"}},
		{"no rows", record("a", `"int"`), 0, "", []string{"a int"}, nil},
		{"only null", record("a", `["null"]`), 1, long(0), []string{"a longtext"}, []string{"NULL"}},
		{"a sign that is repeated", record("a", `{"type": "bytes", "logicalType": "decimal", "precision": 3}`, "b", `{"type": "bytes", "logicalType": "decimal", "precision": 60}`), 1,
			str("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe") + str(strings.Repeat("\x00", 40)+"\xff"), []string{"a decimal(3,0)", "b decimal(60,0)"}, []string{"-2 255"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := head(c.schema, "") + block(c.rows, c.data) + block(c.rows, c.data)
			columns, rows, err := filestest.Read(t, New(), "x.avro", []byte(content))
			if want := append(slices.Clone(c.want), c.want...); err != nil || !slices.Equal(columns, c.columns) || !slices.Equal(rows, want) {
				t.Errorf("columns %q, rows %q, error %v; want %q, %q", columns, rows, err, c.columns, want)
			}
		})
	}
	if columns, rows, err := filestest.Read(t, New(), "x.avro", []byte(head(record("a", `"int"`), ""))); err != nil || len(columns) != 1 || len(rows) != 0 {
		t.Errorf("a file without blocks: columns %q, rows %q, error %v", columns, rows, err)
	}
}

// What is malformed says so with the file, and where.
func TestMalformed(t *testing.T) {
	ints := head(record("a", `"int"`), "")
	nulls := record("n", `{"type": "array", "items": "null"}`)
	loop := head(`{"type": "record", "name": "r", "fields": [{"name": "r", "type": ["int", "r"]}]}`, "")
	for _, c := range []struct {
		name, content, err string
	}{
		{"nothing", "Obj", "it does not begin as an Avro file does"},
		{"another format", "PAR1.........................", "it does not begin as an Avro file does"},
		{"a cut header", ints[:40], "truncated"},
		{"no schema", string(magic) + long(0) + marker, "header: it has no schema"},
		{"no JSON", head(`{"type"`, ""), "schema: unexpected end"},
		{"no type", head(`"strin"`, ""), `schema: type "strin" is not defined`},
		{"a field of nothing", head(record("a", "7"), ""), `field "a": float64 is no type`},
		{"a type twice", head(record("a", `{"type": "fixed", "name": "row", "size": 1}`), ""), `type "row" is defined twice`},
		{"a codec", head(`"int"`, "xz"), `mem:x.avro is compressed by "xz"`},
		{"a cut block", ints + block(1, long(1))[:8], "1 bytes, where 0 are left: truncated"},
		{"a cut block header", ints + "\x80", "it ends within the header of a block: truncated"},
		{"a large block", ints + long(1) + long(1<<62) + marker, "1 rows in 4611686018427387904 bytes"},
		{"a negative block", ints + long(-1) + str("") + marker, "-1 rows in 0 bytes"},
		{"another marker", ints + long(1) + str(long(1)) + marker[1:] + "x", "its marker is not the file's"},
		{"too few rows", ints + block(1, long(1)+long(2)), "1 bytes follow its rows"},
		{"too many rows", ints + block(3, long(1)+long(2)), "3 rows in 2 bytes"},
		{"rows without end", head(record("a", `"null"`), "") + block(1<<40, ""), "1099511627776 rows in 0 bytes"},
		{"a long int", ints + block(1, long(1<<40)), "row 0: column a: 1099511627776 is no int"},
		{"an endless int", ints + block(1, strings.Repeat("\xff", 11)), "an integer of more than 64 bits"},
		{"a text that is cut", head(record("b", `"int"`, "a", `"string"`), "") + block(1, long(1)+long(9)+"x"), "row 0: column a: the block ends within a value"},
		{"a negative length", head(`"bytes"`, "") + block(1, long(-3)), "the block ends within a value"},
		{"no branch", head(`["null", "int"]`, "") + block(1, long(2)), "branch 2 of a union of 2"},
		{"no symbol", head(`{"type": "enum", "name": "e", "symbols": []}`, "") + block(1, long(0)), "symbol 0 of an enum of 0"},
		{"no boolean", head(`"boolean"`, "") + block(1, "\x02"), "2 is no boolean"},
		{"digits", head(`{"type": "bytes", "logicalType": "decimal", "precision": 2}`, "") + block(1, str("\x64")), errDecimal.Error()},
		{"many digits", head(`{"type": "bytes", "logicalType": "decimal", "precision": 30}`, "") + block(1, str("\x64"+strings.Repeat("a", 20))), errDecimal.Error()},
		{"digits of a text", head(`{"type": "bytes", "logicalType": "decimal", "precision": 66}`, "") + block(1, str(strings.Repeat("a", 90))), errDecimal.Error()},
		{"items without bytes", head(nulls, "") + block(1, long(math.MaxInt64)+long(0)), "9223372036854775807 items of no bytes"},
		{"texts without bytes", head(`{"type": "array", "items": {"type": "record", "name": "e", "fields": [{"name": "`+strings.Repeat("e", 1000)+`", "type": "null"}]}}`, "") +
			block(1, long(1<<20)+long(0)), errText.Error()},
		{"items that are not there", head(`{"type": "array", "items": "int"}`, "") + block(1, long(1<<40)), errShort.Error()},
		{"a run of the least integer", head(nulls, "") + block(1, long(math.MinInt64)+long(0)+long(0)), errShort.Error()},
		{"values within values", loop + block(1, strings.Repeat(long(1), 200)+long(0)+long(1)), "nests deeper than 100"},
		{"snappy without a checksum", head(`"int"`, "snappy") + block(1, "\x00"), errShort.Error()},
		{"another checksum", head(`"int"`, "snappy") + block(1, "\x01\x00\x02abcd"), "its checksum is that of other bytes"},
		{"a bomb", head(`"bytes"`, "snappy") + block(1, "\xff\xff\xff\x7f\x00abcd"), "more than there is room for"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := filestest.Read(t, New(), "x.avro", []byte(c.content))
			if !sqlerr.Is(err, sqlerr.Corrupt) && !sqlerr.Is(err, sqlerr.Unsupported) || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), "mem:x.avro") {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}
