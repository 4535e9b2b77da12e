package objectstore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testengine"
)

// untyped is why the columns of an empty table are texts.
const untyped = "a file without rows has no values to infer types from"

func TestConformanceOfCSV(t *testing.T) {
	conformText(t, "csv", csvOf, func(types.Type) bool { return true }, map[string]string{"metadata/nothing": untyped})
}

func TestConformanceOfJSONLines(t *testing.T) {
	const keys = "a file without objects has no keys; the fixture has one of NULLs"
	// A fixture's JSON may be a text or a number, which are no JSON columns where they are the only ones.
	conformText(t, "jsonl", jsonOf, func(t types.Type) bool { return t.Kind != types.JSON }, map[string]string{
		"metadata/nothing": untyped, "scan/no rows": keys, "scan/no columns of no rows": keys,
	})
}

// conformText runs the suite over a format of text, in which each type that has a notation of its own is inferred from it.
func conformText(t *testing.T, extension string, encode func(testing.TB, conntest.Table) []byte, has func(types.Type) bool, exempt map[string]string) {
	conntest.Run(t, conntest.Config{
		Source: "lake",
		Open: func(tb testing.TB, tables []conntest.Table) connectors.Connector {
			dir := tb.TempDir()
			for _, table := range tables {
				write(tb, dir, table.Name+"."+extension, encode(tb, table))
			}
			return connect(tb, dir)
		},
		Reads: func(t types.Type) (types.Type, bool) {
			switch {
			case t.IsUnsigned(), t.IsBinary(), !has(t):
				return t, false
			case t.IsInteger():
				return types.Of(types.Int64), true
			case t.IsFloat():
				return types.Of(types.Float64), true
			case t.Kind == types.Decimal && t.Precision <= 38:
				return types.NewDecimal(38, int(t.Scale)), true
			case t.IsText():
				return types.Of(types.Text), true
			}
			return t, true
		},
		Evaluate: testengine.Evaluate,
		Exempt:   exempt,
	})
}

// csvOf returns a table as CSV with every text quoted, so that an empty one is no NULL.
func csvOf(tb testing.TB, table conntest.Table) []byte {
	var out bytes.Buffer
	for i, c := range table.Columns {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString(c.Name)
	}
	out.WriteString("\r\n")
	for _, row := range table.Rows {
		for i, v := range row {
			if i > 0 {
				out.WriteByte(',')
			}
			switch t := table.Columns[i].Type; {
			case v.Null:
			case t.IsText():
				fmt.Fprintf(&out, `"%s"`, strings.ReplaceAll(v.Str, `"`, `""`))
			default:
				out.WriteString(valueText(v, t))
			}
		}
		out.WriteString("\r\n")
	}
	return out.Bytes()
}

// jsonOf returns a table as JSON lines; every other row lacks what is NULL.
func jsonOf(tb testing.TB, table conntest.Table) []byte {
	var out bytes.Buffer
	for n, row := range table.Rows {
		out.WriteByte('{')
		for i, v := range row {
			if v.Null && n%2 == 0 && i > 0 {
				continue
			}
			if i > 0 {
				out.WriteByte(',')
			}
			value := "null"
			switch t := table.Columns[i].Type; {
			case v.Null:
			case t.IsText():
				quoted, err := json.Marshal(v.Str)
				if err != nil {
					tb.Fatal(err)
				}
				value = string(quoted)
			case t.IsTemporal():
				value = `"` + valueText(v, t) + `"`
			default:
				value = valueText(v, t)
			}
			fmt.Fprintf(&out, "%q:%s", table.Columns[i].Name, value)
		}
		out.WriteString("}\n")
	}
	if len(table.Rows) == 0 {
		out.WriteString(`{"id":null,"v":null}` + "\n")
	}
	return out.Bytes()
}

// valueText writes a value in the notation from which its type is inferred.
func valueText(v types.Value, t types.Type) string {
	switch {
	case t.Kind == types.Timestamp:
		return v.Format(t, time.UTC) + "Z"
	case t.IsFloat(): // with an exponent: any double
		return fmt.Sprintf("%.17e", v.Float)
	}
	return v.Format(t, time.UTC)
}
