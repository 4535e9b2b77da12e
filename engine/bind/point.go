package bind

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// points are single rows of a table of Scratch that a unique key finds.
type points struct {
	key     string
	columns []int           // of the key
	rows    [][]types.Value // the values of these columns, by row
	width   int             // columns of the table
}

// mostPoints is how many rows are found one by one: of more the table is read.
const mostPoints = 1000

// found returns the leaf that reads the rows which conditions bind to values of a unique key; nil: there is no such key.
func (s *localSource) found(scan *plan.Scan, conds []expr.Expr) *plan.Remote {
	t, ok := scan.Table.Handle.(*localTable)
	if !ok || t.stored == nil {
		return nil
	}
	uniques := t.stored.UniqueKeys()
	if len(uniques) == 0 {
		return nil
	}
	bound := make(map[int][]types.Value) // what columns are equal to
	for _, c := range conds {
		column, values := equalTo(c)
		if column == nil {
			continue
		}
		at := slices.IndexFunc(scan.Cols, func(c plan.Column) bool { return c.ID == column.ID })
		if at < 0 {
			continue
		}
		position := scan.Pos[at]
		if _, known := bound[position]; !known {
			bound[position] = values
		}
	}
	for _, key := range uniques {
		if p := pointsOf(key, bound); p != nil {
			p.width = len(t.schema)
			remote := s.remote(scan, t)
			remote.Fragment.(*localFragment).points = p
			return remote
		}
	}
	return nil
}

// pointsOf combines the values of the columns of a key; nil: one of them has none, or there are too many.
func pointsOf(key UniqueKey, bound map[int][]types.Value) *points {
	p := &points{key: key.Name, columns: key.Columns, rows: [][]types.Value{nil}}
	for _, c := range key.Columns {
		values, ok := bound[c]
		if !ok || len(values)*len(p.rows) > mostPoints {
			return nil
		}
		var rows [][]types.Value
		for _, row := range p.rows {
			for _, v := range values {
				rows = append(rows, append(slices.Clip(row), v))
			}
		}
		p.rows = rows
	}
	return p
}

// equalTo returns the column and the values of a condition that holds where the column is one of them, as values of its type; nil for another
// condition. NULL is equal to nothing.
func equalTo(e expr.Expr) (*expr.Column, []types.Value) {
	switch e := e.(type) {
	case *expr.Call:
		if e.Func != expr.Eq {
			return nil, nil
		}
		for i := range 2 {
			column, ok := e.Args[i].(*expr.Column)
			literal, constant := e.Args[1-i].(*expr.Literal)
			if !ok || !constant || literal.Value.Null {
				continue
			}
			if v, same := asKey(literal.Value, literal.Typ, column.Typ); same {
				return column, []types.Value{v}
			}
		}
	case *expr.In:
		column, ok := e.Arg.(*expr.Column)
		if !ok || e.Not || len(e.List) > mostPoints || !keyed(column.Typ) {
			return nil, nil
		}
		var values []types.Value
		for _, v := range e.List {
			if !v.Null && !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		return column, values
	}
	return nil, nil
}

// keyed reports a type of which values that are equal have one key.
func keyed(t types.Type) bool {
	switch t.Kind {
	case types.Enum, types.Set, types.JSON, types.Bit, types.Binary:
		return false
	}
	return true
}

// asKey is a constant as a value of a column's type, whose key is then that of the values that are equal to it; false: it may not be.
func asKey(v types.Value, from, to types.Type) (types.Value, bool) {
	switch {
	case from.IsInteger() && to.IsInteger() && from.Kind != types.Bit && to.Kind != types.Bit && to.Kind != types.Year:
		if from.IsUnsigned() != to.IsUnsigned() && v.Int < 0 { // beyond what one of them has
			return v, false
		}
		return v, true
	case from.Kind == types.Decimal:
		return v, to.Kind == types.Decimal && from.Scale == to.Scale
	case from.IsText():
		return v, to.IsText() && keyed(to) && from.Collation == to.Collation
	case from.IsBinary():
		return v, to.Kind == types.Varbinary || to.Kind == types.Blob
	case from.IsTemporal(), from.IsFloat():
		return v, from.Kind == to.Kind
	}
	return v, false
}

// pointReader reads the rows that are found.
type pointReader struct {
	points *points
	rows   Snapshot
	pos    []int
	at     int
}

// Next implements ValueReader.
func (r *pointReader) Next(row []types.Value) (bool, error) {
	for r.at < len(r.points.rows) {
		whole := make([]types.Value, r.points.width)
		for i, c := range r.points.columns {
			whole[c] = r.points.rows[r.at][i]
		}
		r.at++
		found, ok, err := r.rows.Find(r.points.key, whole, r.pos)
		if err != nil {
			return false, err
		}
		if ok {
			copy(row, found)
			return true, nil
		}
	}
	return false, nil
}

// aliased notes what a statement calls the table that a node scans.
func aliased(n plan.Node, name string) {
	if scan, ok := n.(*plan.Scan); ok {
		if t, ok := scan.Table.Handle.(*localTable); ok {
			t.called = name
		}
	}
}
