package postgres

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/types"
)

// quoteIdent quotes an identifier.
func quoteIdent(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// quoteText writes a text as a string constant, which means the same whatever standard_conforming_strings says.
func quoteText(s string) string {
	q := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, `\`) {
		return "E" + strings.ReplaceAll(q, `\`, `\\`)
	}
	return q
}

// sendable returns why a text cannot be in a statement to a server whose database has that encoding.
func sendable(s, encoding string) error {
	switch {
	case strings.IndexByte(s, 0) >= 0:
		return sqlgen.Refuse("a text holds a NUL character")
	case !utf8.ValidString(s):
		return sqlgen.Refuse("a text is not UTF-8")
	case encoding != utf8Encoding && strings.IndexFunc(s, func(r rune) bool { return r > 127 }) >= 0:
		return sqlgen.Refuse("the database, in %s, may lack a character of a text", encoding)
	}
	return nil
}

const (
	utf8Encoding    = "UTF8"
	unknownEncoding = "SQL_ASCII" // bytes, of which the server knows nothing
)

// sqlType is the type of a constant, and the one that results of a MySQL type are cast to before they are sent. Empty:
// there is none.
func sqlType(t types.Type) string {
	switch t.Kind {
	case types.Bool:
		return "bool"
	case types.Int8, types.Int16, types.Year:
		return "int2"
	case types.Int32:
		return "int4"
	case types.Int64:
		return "int8"
	case types.Float32:
		return "float4"
	case types.Float64:
		return "float8"
	case types.Decimal:
		return "numeric"
	case types.Date:
		return "date"
	case types.Datetime:
		return "timestamp"
	case types.Timestamp:
		return "timestamptz"
	case types.Time:
		return "time"
	case types.Char, types.Varchar, types.Text, types.Enum, types.JSON:
		return "text"
	case types.Binary, types.Varbinary, types.Blob:
		return "bytea"
	}
	return ""
}

// sentForm is the form in which a result of sqlType(t) is sent.
func sentForm(t types.Type) form {
	switch t.Kind {
	case types.Bool:
		return formBool
	case types.Int8, types.Int16, types.Year:
		return formInt2
	case types.Int32:
		return formInt4
	case types.Int64:
		return formInt8
	case types.Float32:
		return formFloat4
	case types.Float64:
		return formFloat8
	case types.Decimal:
		return formNumeric
	case types.Date:
		return formDate
	case types.Datetime, types.Timestamp:
		return formTimestamp
	case types.Time:
		return formTime
	case types.Char:
		return formPaddedText
	case types.Binary, types.Varbinary, types.Blob:
		return formBytes
	}
	return formText
}

// literal writes a constant.
func (d *dialect) literal(w *sqlgen.Writer, v types.Value, t types.Type) {
	text, err := d.constant(v, t)
	if err != nil {
		w.Refuse("%s", err)
		return
	}
	w.Text(text)
}

// constant returns a constant of type t as SQL.
func (d *dialect) constant(v types.Value, t types.Type) (string, error) {
	name := sqlType(t)
	switch {
	case v.Null && name == "":
		return "NULL", nil
	case v.Null:
		return "NULL::" + name, nil
	case t.Kind == types.Bool:
		return strings.ToUpper(strconv.FormatBool(v.Int != 0)), nil
	case t.IsUnsigned():
		return strconv.FormatUint(uint64(v.Int), 10), nil
	case t.IsInteger() && v.Int < 0:
		return "'" + strconv.FormatInt(v.Int, 10) + "'::int8", nil
	case t.IsInteger():
		return strconv.FormatInt(v.Int, 10), nil
	case name == "" || t.Kind == types.JSON:
		return "", sqlgen.Refuse("a constant of type %s is not sent there", t)
	}
	text, err := d.valueText(v, t)
	if err != nil {
		return "", err
	}
	return quoteText(text) + "::" + name, nil
}

// valueText returns a value as the input function of sqlType(t) reads it.
func (d *dialect) valueText(v types.Value, t types.Type) (string, error) {
	switch {
	case t.IsUnsigned():
		return strconv.FormatUint(uint64(v.Int), 10), nil
	case t.IsInteger():
		return strconv.FormatInt(v.Int, 10), nil
	case t.Kind == types.Float32:
		return strconv.FormatFloat(v.Float, 'g', -1, 32), nil
	case t.Kind == types.Float64:
		return strconv.FormatFloat(v.Float, 'g', -1, 64), nil
	case t.Kind == types.Decimal:
		return v.Dec.ToString(int32(t.Scale)), nil
	case t.Kind == types.Date:
		if v.Int < firstDay || v.Int > lastDay {
			return "", sqlgen.Refuse("PostgreSQL has no such date")
		}
		return time.Unix(v.Int*86400, 0).UTC().Format(dateLayout), nil
	case t.Kind == types.Datetime || t.Kind == types.Timestamp:
		if v.Int < firstMicro || v.Int > lastMicro {
			return "", sqlgen.Refuse("PostgreSQL has no such time")
		}
		text := time.UnixMicro(v.Int).UTC().Format(datetimeLayout)
		if t.Kind == types.Timestamp {
			text += "+00"
		}
		return text, nil
	case t.Kind == types.Time:
		if v.Int < 0 || v.Int > microsPerDay {
			return "", sqlgen.Refuse("PostgreSQL has no such time of day")
		}
		return v.Format(types.NewTemporal(types.Time, types.MaxFSP), time.UTC), nil
	case t.IsBinary():
		return `\x` + hex.EncodeToString([]byte(v.Str)), nil
	}
	return v.Str, sendable(v.Str, d.encoding)
}

// arrayText returns n values as the input function of sqlType(t)[] reads them.
func (d *dialect) arrayText(n int, t types.Type, value func(i int) types.Value) (string, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		v := value(i)
		if v.Null {
			b.WriteString("NULL")
			continue
		}
		text, err := d.valueText(v, t)
		if err != nil {
			return "", err
		}
		if t.IsNumeric() {
			b.WriteString(text)
			continue
		}
		b.WriteByte('"')
		b.WriteString(arrayEscapes.Replace(text))
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String(), nil
}

var arrayEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
