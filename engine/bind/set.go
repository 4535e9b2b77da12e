package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
)

// assignedTogether has a SET of several variables compute all values before it assigns the first, as MySQL does: in SET @a = 1, @b = @a the
// other variable has what @a was before.
func assignedTogether(set *gmsplan.Set) *gmsplan.Set {
	values, constant := new(setValues), true
	list := make([]sql.Expression, len(set.Exprs))
	for i, e := range set.Exprs {
		field, ok := e.(*expression.SetField)
		if !ok {
			return set
		}
		_, literal := field.RightChild.(*expression.Literal)
		constant = constant && literal
		list[i] = expression.NewSetField(field.LeftChild, &setValue{expression.UnaryExpressionStub{Child: field.RightChild}, values, i})
		values.of = append(values.of, field.RightChild)
	}
	if len(list) < 2 || constant {
		return set
	}
	return gmsplan.NewSet(list)
}

// setValues are the values of a SET.
type setValues struct {
	of     []sql.Expression
	values []any
}

// setValue is one of them. The first, which is assigned first, computes them all.
type setValue struct {
	expression.UnaryExpressionStub
	all *setValues
	at  int
}

// String implements sql.Expression.
func (v *setValue) String() string { return v.Child.String() }

// Type implements sql.Expression.
func (v *setValue) Type(ctx *sql.Context) sql.Type { return v.Child.Type(ctx) }

// CollationCoercibility implements sql.CollationCoercible.
func (v *setValue) CollationCoercibility(ctx *sql.Context) (sql.CollationID, byte) {
	return sql.GetCoercibility(ctx, v.Child)
}

// WithChildren implements sql.Expression.
func (v *setValue) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(v, len(children), 1)
	}
	v.all.of[v.at] = children[0]
	return &setValue{expression.UnaryExpressionStub{Child: children[0]}, v.all, v.at}, nil
}

// Eval implements sql.Expression.
func (v *setValue) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	if v.at == 0 {
		v.all.values = v.all.values[:0]
		for _, e := range v.all.of {
			x, err := e.Eval(ctx, row)
			if err != nil {
				return nil, err
			}
			v.all.values = append(v.all.values, x)
		}
	}
	return v.all.values[v.at], nil
}
