package scratchsql

import (
	"slices"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/catalog/scratch"
)

// index is a key as GMS knows it.
type index struct {
	table  *table
	def    *scratch.Definition
	schema sql.Schema
	key    scratch.Key
}

// contains reports whether a row is in a range.
func (i *index) contains(ctx *sql.Context, rng sql.MySQLRange, row sql.Row) (bool, error) {
	for p, part := range rng {
		if i.key.Parts[p].Prefix > 0 {
			continue // GMS filters again
		}
		in, err := inRange(ctx, part, row[i.key.Parts[p].Column])
		if !in || err != nil {
			return false, err
		}
	}
	return true, nil
}

func inRange(ctx *sql.Context, rng sql.MySQLRangeColumnExpr, v any) (bool, error) {
	_, fromNull := rng.LowerBound.(sql.BelowNull)
	if v == nil {
		_, belowNull := rng.UpperBound.(sql.BelowNull)
		return fromNull && !belowNull, nil
	}
	above, err := isAbove(ctx, rng.LowerBound, v, rng.Typ)
	if err != nil || !above {
		return false, err
	}
	beyond, err := isAbove(ctx, rng.UpperBound, v, rng.Typ)
	return !beyond, err
}

// isAbove reports whether a value lies above a cut.
func isAbove(ctx *sql.Context, cut sql.MySQLRangeCut, v any, t sql.Type) (bool, error) {
	switch cut := cut.(type) {
	case sql.Below:
		c, err := t.Compare(ctx, v, cut.Key)
		return c >= 0, err
	case sql.Above:
		c, err := t.Compare(ctx, v, cut.Key)
		return c > 0, err
	case sql.AboveAll:
		return false, nil
	}
	return true, nil // above NULL, which the value is not
}

// points returns the rows of ranges that are each one value of a unique key; ok is false if they are not.
func (i *index) points(ctx *sql.Context, v *scratch.Table, ranges sql.MySQLRangeCollection) (rows []sql.Row, ok bool, err error) {
	if !i.key.Unique || slices.ContainsFunc(i.key.Parts, func(p scratch.Part) bool { return p.Prefix > 0 }) {
		return nil, false, nil
	}
	all := make(sql.Row, len(i.def.Columns))
	codec := i.table.codec(ctx)
	for _, rng := range ranges {
		if len(rng) != len(i.key.Parts) {
			return nil, false, nil
		}
		for p, part := range rng {
			value, point := pointOf(ctx, part)
			if !point {
				return nil, false, nil
			}
			if all[i.key.Parts[p].Column], _, err = i.schema[i.key.Parts[p].Column].Type.Convert(ctx, value); err != nil {
				return nil, false, nil // no value of the column: none is equal, which the filter says
			}
		}
		values, err := codec.Values(ctx, all)
		if err != nil {
			return nil, false, nil
		}
		found, ok, err := v.Find(i.key.Name, values, i.table.all())
		if err != nil {
			return nil, false, err
		}
		if !ok {
			continue
		}
		row, err := codec.Row(ctx, found)
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, row)
	}
	return rows, true, nil
}

// pointOf returns the one value of a range.
func pointOf(ctx *sql.Context, rng sql.MySQLRangeColumnExpr) (any, bool) {
	from, ok := rng.LowerBound.(sql.Below)
	to, bounded := rng.UpperBound.(sql.Above)
	if !ok || !bounded {
		return nil, false
	}
	c, err := rng.Typ.Compare(ctx, from.Key, to.Key)
	return from.Key, err == nil && c == 0
}

// ID implements sql.Index.
func (i *index) ID() string { return i.key.Name }

// Database implements sql.Index.
func (i *index) Database() string { return i.table.database }

// Table implements sql.Index.
func (i *index) Table() string { return i.def.Name }

// Expressions implements sql.Index.
func (i *index) Expressions() []string {
	var names []string
	for _, p := range i.key.Parts {
		names = append(names, i.def.Name+"."+i.def.Columns[p.Column].Name)
	}
	return names
}

// ColumnExpressionTypes implements sql.Index.
func (i *index) ColumnExpressionTypes(*sql.Context) []sql.ColumnExpressionType {
	var columns []sql.ColumnExpressionType
	for at, p := range i.key.Parts {
		columns = append(columns, sql.ColumnExpressionType{Expression: i.Expressions()[at], Type: i.schema[p.Column].Type})
	}
	return columns
}

// CanSupport implements sql.Index.
func (i *index) CanSupport(*sql.Context, ...sql.Range) bool { return true }

// CanSupportOrderBy implements sql.Index.
func (i *index) CanSupportOrderBy(sql.Expression) bool { return false }

// PrefixLengths implements sql.Index.
func (i *index) PrefixLengths() []uint16 {
	var lengths []uint16
	some := false
	for _, p := range i.key.Parts {
		lengths = append(lengths, uint16(p.Prefix))
		some = some || p.Prefix > 0
	}
	if !some {
		return nil
	}
	return lengths
}

// CoversColumns implements sql.Index.
func (i *index) CoversColumns([]string) bool { return false }

// IsUnique implements sql.Index.
func (i *index) IsUnique() bool { return i.key.Unique }

// IsSpatial implements sql.Index.
func (i *index) IsSpatial() bool { return false }

// IsFullText implements sql.Index.
func (i *index) IsFullText() bool { return false }

// IsVector implements sql.Index.
func (i *index) IsVector() bool { return false }

// Comment implements sql.Index.
func (i *index) Comment() string { return i.key.Comment }

// IndexType implements sql.Index.
func (i *index) IndexType() string { return "BTREE" }

// IsGenerated implements sql.Index.
func (i *index) IsGenerated() bool { return false }

var _ sql.Index = (*index)(nil)
