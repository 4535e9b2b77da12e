package infoschema

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// conditions are what a statement says of the names that it wants. A join tells nothing more while it runs: names compare without
// regard to case, and the keys of such columns are none that a connectors.DynamicFilter has.
type conditions struct {
	parts map[expr.ColumnID]part
	conds []expr.Expr
	scan  *connectors.Scan
}

// keep returns the positions of the names that may be wanted: of databases, or of tables of one of them. What can't be evaluated
// narrows nothing; it fails above.
func (c *conditions) keep(last part, database string, names []string) []int {
	var conds []expr.Expr
	layout := make(expr.Layout)
	for id, p := range c.parts {
		if p <= last {
			layout[id] = int(p) - 1
		}
	}
	for _, e := range c.conds {
		if p := narrows(c.parts, e); p == last || p == catalogName && last == databaseName {
			conds = append(conds, e)
		}
	}
	all := func() []int {
		list := make([]int, len(names))
		for i := range list {
			list[i] = i
		}
		return list
	}
	if len(conds) == 0 || len(names) == 0 {
		return all()
	}
	batch := c.names(last, database, names)
	defer batch.Release()
	env := *c.scan.Env
	env.Warn = nil
	filter, err := expr.CompileFilter(conds, layout, &env)
	if err != nil {
		return all()
	}
	rows, whole, err := filter.Select(c.scan.Memory, batch)
	if err != nil || whole {
		return all()
	}
	kept := make([]int, len(rows))
	for i, row := range rows {
		kept[i] = int(row)
	}
	return kept
}

// names makes a batch of the columns that name a catalog, a database and a table.
func (c *conditions) names(last part, database string, names []string) arrow.RecordBatch {
	columns := make([]arrow.Array, last)
	fields := make([]arrow.Field, last)
	for p := catalogName; p <= last; p++ {
		b := array.NewStringBuilder(c.scan.Memory)
		for _, name := range names {
			switch {
			case p == last:
				b.Append(name)
			case p == databaseName:
				b.Append(database)
			default:
				b.Append(def)
			}
		}
		columns[p-1] = b.NewArray()
		b.Release()
		defer columns[p-1].Release()
		fields[p-1] = arrow.Field{Type: arrow.BinaryTypes.String}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(len(names)))
}

// constants returns texts one of which a part of the name must equal, as some condition says; ok is false if none does.
func (c *conditions) constants(of part) (texts []string, ok bool) {
	for _, e := range c.conds {
		if texts, ok := c.equals(e, of); ok {
			return texts, true
		}
	}
	return nil, false
}

func (c *conditions) equals(e expr.Expr, of part) ([]string, bool) {
	is := func(e expr.Expr) bool {
		column, ok := e.(*expr.Column)
		return ok && c.parts[column.ID] == of
	}
	switch e := e.(type) {
	case *expr.In:
		if !is(e.Arg) || e.Not {
			return nil, false
		}
		var texts []string
		for _, v := range e.List {
			texts = append(texts, v.Str)
		}
		return texts, true
	case *expr.Call:
		if e.Func != expr.Eq {
			return nil, false
		}
		for i := range 2 {
			if text, ok := c.text(e.Args[1-i]); ok && is(e.Args[i]) {
				return []string{text}, true
			}
		}
	}
	return nil, false
}

// text is the value of a constant.
func (c *conditions) text(e expr.Expr) (string, bool) {
	var v types.Value
	switch e := e.(type) {
	case *expr.Literal:
		v = e.Value
	case *expr.Param:
		if e.Ordinal >= len(c.scan.Env.Params) {
			return "", false
		}
		v = c.scan.Env.Params[e.Ordinal]
	default:
		return "", false
	}
	return v.Str, e.Type().IsString() && !v.Null
}

// plain reports a text that equals names alone that differ from it in case at most: outside of ASCII, and with spaces at the end,
// others may be equal too.
func plain(text string) bool {
	return !strings.HasSuffix(text, " ") && !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 })
}
