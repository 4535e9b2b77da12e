package mysql

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// keysPlaceholder writes the run-time relation in a plan that does not run.
func (d *dialect) keysPlaceholder(w *sqlgen.Writer, keys *plan.Keys, alias string) {
	d.writeKeys(w, keys, alias, ":keys")
}

// keysOf returns the hook that writes the rows of a run's keys.
func (d *dialect) keysOf(rows arrow.RecordBatch) func(*sqlgen.Writer, *plan.Keys, string) {
	return func(w *sqlgen.Writer, keys *plan.Keys, alias string) {
		text, err := documentOf(rows, keys)
		if err != nil {
			w.Refuse("%s", err)
			return
		}
		d.writeKeys(w, keys, alias, quoteText(text))
	}
}

// documentOf writes rows as an array of arrays of texts.
func documentOf(rows arrow.RecordBatch, keys *plan.Keys) (string, error) {
	var b strings.Builder
	b.WriteByte('[')
	for row := range int(rows.NumRows()) {
		if row > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('[')
		for i, c := range keys.Cols {
			if i > 0 {
				b.WriteByte(',')
			}
			v := kernel.ValueAt(rows.Column(i), row)
			if v.Null {
				b.WriteString("null")
				continue
			}
			var text string
			var err error
			if c.Type.IsNumeric() {
				text, err = number(v, c.Type)
			} else {
				text, err = valueText(v, c.Type)
			}
			if err != nil {
				return "", err
			}
			quoted, err := json.Marshal(text)
			if err != nil {
				return "", err
			}
			b.Write(quoted)
		}
		b.WriteByte(']')
	}
	b.WriteByte(']')
	return b.String(), nil
}

// withTables are the first versions that have JSON_TABLE.
const (
	mariaWithTables = 100600
	mysqlWithTables = 80004
)

// writeKeys writes a relation as a JSON document that is read as a table.
func (d *dialect) writeKeys(w *sqlgen.Writer, keys *plan.Keys, alias, document string) {
	if d.server.maria && d.server.version < mariaWithTables || !d.server.maria && d.server.version < mysqlWithTables {
		w.Refuse("the server is too old for keys that come when the query runs")
		return
	}
	if len(keys.Cols) == 0 {
		w.Refuse("keys without columns")
		return
	}
	w.Text("JSON_TABLE(", document, ", '$[*]' COLUMNS(")
	for i, c := range keys.Cols {
		name, err := d.keyType(c.Type)
		if err != nil {
			w.Refuse("%s", err)
			return
		}
		n := strconv.Itoa(i)
		if i > 0 {
			w.Text(", ")
		}
		w.Text(quoteIdent("c"+strconv.Itoa(i+1)), " ", name, " PATH '$[", n, "]'")
	}
	w.Text(")) AS ", alias)
}

// keyType is the type of a column of JSON_TABLE.
func (d *dialect) keyType(t types.Type) (string, error) {
	switch {
	case t.Kind == types.Bool, t.IsInteger() && !t.IsUnsigned() && t.Kind != types.Year:
		return "BIGINT", nil
	case t.IsUnsigned():
		return "BIGINT UNSIGNED", nil
	case t.Kind == types.Decimal:
		return decimalType(t), nil
	case t.Kind == types.Date:
		return "DATE", nil
	case t.Kind == types.Datetime || t.Kind == types.Timestamp:
		return "DATETIME(6)", nil
	case t.Kind == types.Time:
		return "TIME(6)", nil
	case readable(t):
		suffix, err := d.collate(t.Collation)
		return "LONGTEXT CHARACTER SET utf8mb4" + suffix, err
	}
	return "", sqlgen.Refuse("keys of type %s are not sent there", t)
}
