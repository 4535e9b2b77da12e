package mysql

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/types"
)

// quoteIdent quotes an identifier.
func quoteIdent(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// quoteText writes a text as a string constant of a session without NO_BACKSLASH_ESCAPES.
func quoteText(s string) string { return "'" + escapes.Replace(s) + "'" }

var escapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\x00", `\0`, "\n", `\n`, "\r", `\r`, "\x1a", `\Z`)

// The range of MySQL's dates, years 1 to 9999, and of its instants, in days and microseconds since 1970-01-01.
const (
	microsPerDay  = 86400 * 1e6
	firstDay      = -719162
	lastDay       = 2932896
	firstMicro    = firstDay * microsPerDay
	lastMicro     = (lastDay+1)*microsPerDay - 1
	longestTime   = (838*3600+59*60+59)*1e6 + 999999
	dayLayout     = "2006-01-02"
	momentLayout  = "2006-01-02 15:04:05.000000"
	secondsPerDay = 86400
)

// castType is the type of CAST whose NULL has MySQL type t. Empty: there is none, as for texts, of which it would have a collation.
func castType(t types.Type) string {
	switch {
	case t.Kind == types.Bool || t.IsInteger() && !t.IsUnsigned():
		return "SIGNED"
	case t.IsUnsigned():
		return "UNSIGNED"
	case t.Kind == types.Decimal:
		return decimalType(t)
	case t.Kind == types.Date:
		return "DATE"
	case t.Kind == types.Datetime || t.Kind == types.Timestamp:
		return "DATETIME(6)"
	case t.Kind == types.Time:
		return "TIME(6)"
	case t.IsBinary():
		return "BINARY"
	}
	return ""
}

func decimalType(t types.Type) string { return fmt.Sprintf("DECIMAL(%d,%d)", t.Precision, t.Scale) }

// literal writes a constant.
func literal(w *sqlgen.Writer, v types.Value, t types.Type) {
	text, err := constant(v, t)
	if err != nil {
		w.Refuse("%s", err)
		return
	}
	w.Text(text)
}

// constant returns a constant of type t as SQL. Numbers have all decimals of their type, on which quotients depend.
func constant(v types.Value, t types.Type) (string, error) {
	if v.Null {
		if name := castType(t); name != "" {
			return "CAST(NULL AS " + name + ")", nil
		}
		return "NULL", nil
	}
	switch {
	case t.Kind == types.Bool:
		return strings.ToUpper(strconv.FormatBool(v.Int != 0)), nil
	case t.IsNumeric():
		text, err := number(v, t)
		if strings.HasPrefix(text, "-") {
			text = "(" + text + ")"
		}
		return text, err
	case t.Kind == types.Enum || t.Kind == types.Set || t.Kind == types.JSON || t.Kind == types.Null:
		return "", sqlgen.Refuse("a constant of type %s is not sent there", t)
	}
	text, err := valueText(v, t)
	if err != nil {
		return "", err
	}
	switch {
	case t.Kind == types.Date:
		return "DATE'" + text + "'", nil
	case t.Kind == types.Datetime || t.Kind == types.Timestamp:
		return "TIMESTAMP'" + text + "'", nil
	case t.Kind == types.Time:
		return "TIME'" + text + "'", nil
	case t.IsBinary():
		return "x'" + hex.EncodeToString([]byte(v.Str)) + "'", nil
	}
	return quoteText(text), nil
}

// number returns a number as SQL. A double has an exponent, without which it would be a decimal.
func number(v types.Value, t types.Type) (string, error) {
	switch {
	case t.IsUnsigned():
		return strconv.FormatUint(uint64(v.Int), 10), nil
	case t.IsInteger():
		return strconv.FormatInt(v.Int, 10), nil
	case t.Kind == types.Decimal:
		return v.Dec.ToString(int32(t.Scale)), nil
	}
	const least, most = 2.2250738585072014e-308, 1.7e308 // other numbers are not read exactly
	if f := max(v.Float, -v.Float); f != 0 && f < least || f > most {
		return "", sqlgen.Refuse("%s reads no such number exactly", "the server")
	}
	return strconv.FormatFloat(v.Float, 'e', -1, 64), nil
}

// valueText returns a value that is no number as text.
func valueText(v types.Value, t types.Type) (string, error) {
	switch {
	case t.Kind == types.Date:
		if v.Int < firstDay || v.Int > lastDay {
			return "", sqlgen.Refuse("MySQL has no such date")
		}
		return time.Unix(v.Int*secondsPerDay, 0).UTC().Format(dayLayout), nil
	case t.Kind == types.Datetime || t.Kind == types.Timestamp:
		if v.Int < firstMicro || v.Int > lastMicro {
			return "", sqlgen.Refuse("MySQL has no such time")
		}
		return time.UnixMicro(v.Int).UTC().Format(momentLayout), nil
	case t.Kind == types.Time:
		if v.Int < -longestTime || v.Int > longestTime {
			return "", sqlgen.Refuse("MySQL has no such time")
		}
		return v.Format(types.NewTemporal(types.Time, types.MaxFSP), time.UTC), nil
	case t.IsText() && !utf8.ValidString(v.Str):
		return "", sqlgen.Refuse("a text is not UTF-8")
	}
	return v.Str, nil
}
