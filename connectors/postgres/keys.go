package postgres

import (
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// keysPlaceholder writes the run-time relation in a plan that does not run.
func keysPlaceholder(w *sqlgen.Writer, keys *plan.Keys, alias string) {
	writeKeys(w, keys, alias, func(i int) (string, error) { return "$" + strconv.Itoa(i+1), nil })
}

// keysOf returns the hook that writes the rows of a run's keys.
func (d *dialect) keysOf(rows arrow.RecordBatch) func(*sqlgen.Writer, *plan.Keys, string) {
	return func(w *sqlgen.Writer, keys *plan.Keys, alias string) {
		writeKeys(w, keys, alias, func(i int) (string, error) {
			column := rows.Column(i)
			text, err := d.arrayText(column.Len(), keys.Cols[i].Type, func(row int) types.Value { return kernel.ValueAt(column, row) })
			return quoteText(text), err
		})
	}
}

// writeKeys writes a relation as arrays side by side, whose texts array returns.
func writeKeys(w *sqlgen.Writer, keys *plan.Keys, alias string, array func(i int) (string, error)) {
	if len(keys.Cols) == 0 {
		w.Refuse("keys without columns")
		return
	}
	w.Text("unnest(")
	for i, c := range keys.Cols {
		name := arrayType(c.Type)
		if name == "" || c.Type.Kind == types.JSON {
			w.Refuse("keys of type %s are not sent there", c.Type)
			return
		}
		text, err := array(i)
		if err != nil {
			w.Refuse("%s", err)
			return
		}
		if i > 0 {
			w.Text(", ")
		}
		w.Text(text, "::", name, "[]")
	}
	w.Text(") AS ", alias, "(")
	for i := range keys.Cols {
		if i > 0 {
			w.Text(", ")
		}
		w.Text(quoteIdent("c" + strconv.Itoa(i+1)))
	}
	w.Text(")")
}
