package iceberg

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	format "github.com/apache/iceberg-go"

	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// filter translates a predicate for the planning of a scan by iceberg-go, which prunes manifests and files by the transforms that
// a table is partitioned by. What has no exact counterpart there is left out: every conjunct is checked again above, and
// package lake prunes by all of them.
type filter struct {
	lake.Predicate
	fields  []format.NestedField
	columns []lake.DeclaredColumn
}

// translate returns the conjunction of what can be translated.
func (f *filter) translate() format.BooleanExpression {
	var out format.BooleanExpression = format.AlwaysTrue{}
	for _, c := range f.Conds {
		if e, ok := f.predicate(c); ok {
			out = format.NewAnd(out, e)
		}
	}
	return out
}

// comparisons are the operations by the function that compares a column with a constant, and the function that compares the two the
// other way around.
var comparisons = map[expr.Func]struct {
	op     format.Operation
	mirror expr.Func
}{
	expr.Eq: {format.OpEQ, expr.Eq}, expr.Lt: {format.OpLT, expr.Gt}, expr.Le: {format.OpLTEQ, expr.Ge},
	expr.Gt: {format.OpGT, expr.Lt}, expr.Ge: {format.OpGTEQ, expr.Le},
}

func (f *filter) predicate(x expr.Expr) (format.BooleanExpression, bool) {
	switch x := x.(type) {
	case *expr.In:
		return f.in(x)
	case *expr.Call:
		switch x.Func {
		case expr.And, expr.Or:
			return f.combine(x)
		}
		if c, ok := comparisons[x.Func]; ok {
			if _, isColumn := x.Args[0].(*expr.Column); isColumn {
				return f.compare(x.Func, x.Args[0], x.Args[1])
			}
			return f.compare(c.mirror, x.Args[1], x.Args[0])
		}
	}
	return nil, false
}

// combine translates AND, of which what can't be is left out, and OR, of which nothing may be.
func (f *filter) combine(x *expr.Call) (format.BooleanExpression, bool) {
	var out format.BooleanExpression
	for _, a := range x.Args {
		e, ok := f.predicate(a)
		switch {
		case !ok && x.Func == expr.Or:
			return nil, false
		case !ok:
		case out == nil:
			out = e
		case x.Func == expr.Or:
			out = format.NewOr(out, e)
		default:
			out = format.NewAnd(out, e)
		}
	}
	return out, out != nil
}

func (f *filter) compare(fn expr.Func, column, constant expr.Expr) (format.BooleanExpression, bool) {
	pos, ok := f.column(column)
	if !ok {
		return nil, false
	}
	c, ok := constant.(*expr.Literal)
	if !ok {
		return nil, false
	}
	l, ok := f.literal(pos, c.Value, c.Typ)
	if !ok {
		return nil, false
	}
	return format.LiteralPredicate(comparisons[fn].op, format.Reference(f.fields[pos].Name), l), true
}

func (f *filter) in(x *expr.In) (format.BooleanExpression, bool) {
	pos, ok := f.column(x.Arg)
	if !ok || x.Not || len(x.List) == 0 {
		return nil, false
	}
	list := make([]format.Literal, len(x.List))
	for i, v := range x.List {
		if list[i], ok = f.literal(pos, v, x.Arg.Type()); !ok {
			return nil, false
		}
	}
	return format.SetPredicate(format.OpIn, format.Reference(f.fields[pos].Name), list), true
}

// column returns the position of a column that a reference finds: one with a dot in its name might be taken for a nested one.
func (f *filter) column(x expr.Expr) (int, bool) {
	c, ok := x.(*expr.Column)
	if !ok {
		return 0, false
	}
	pos, ok := f.Column(c.ID)
	return pos, ok && !strings.Contains(f.fields[pos].Name, ".")
}

// literal converts a constant that is compared with a column, if the column's type has it exactly and orders it as MySQL does.
func (f *filter) literal(pos int, v types.Value, t types.Type) (format.Literal, bool) {
	if v.Null {
		return nil, false
	}
	switch f.fields[pos].Type.(type) {
	case format.Int32Type, format.Int64Type:
		return format.NewLiteral(v.Int), t.IsInteger() && (!t.IsUnsigned() || v.Int >= 0)
	case format.DecimalType:
		if to := f.columns[pos].Type; t.Kind != types.Decimal || to.Kind != types.Decimal || t.Scale != to.Scale || t.Precision > decimalDigits {
			return nil, false
		}
		return format.NewLiteral(format.Decimal{Val: decimal128.FromBigInt(v.Dec.BigInt()), Scale: int(t.Scale)}), true
	case format.DateType:
		return format.NewLiteral(format.Date(v.Int)), t.Kind == types.Date
	case format.TimestampType:
		return format.NewLiteral(format.Timestamp(v.Int)), t.Kind == types.Datetime
	case format.TimestampTzType:
		return format.NewLiteral(format.Timestamp(v.Int)), t.Kind == types.Timestamp
	case format.StringType:
		return format.NewLiteral(v.Str), t.IsText() && t.Kind != types.JSON && t.Collation.Bytewise()
	}
	return nil, false
}

// decimalDigits is how many digits Iceberg's decimals have at most.
const decimalDigits = 38
