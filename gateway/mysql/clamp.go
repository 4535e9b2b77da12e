package mysql

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
)

// clamp has a SET of a number beyond what its variable takes assign the nearest that it takes, with a warning. GMS refuses all such
// numbers, MySQL does under STRICT_ALL_TABLES alone; the gateway's own variables go on to: the nearest to a bad limit may be no limit. first is
// of the first such assignment of the statement.
func clamp(set *expression.SetField, v *expression.SystemVar, first *bool) {
	if strings.HasPrefix(strings.ToLower(v.Name), "silogate_") {
		return
	}
	if known, _, ok := sql.SystemVariables.GetGlobal(v.Name); ok {
		set.RightChild = &clamped{UnaryExpressionStub: expression.UnaryExpressionStub{Child: set.RightChild}, variable: known, first: first}
	}
}

// clamped is the value of a SET that is brought within a variable's bounds.
type clamped struct {
	expression.UnaryExpressionStub
	variable sql.SystemVariable
	first    *bool
}

// Type implements sql.Expression.
func (c *clamped) Type(ctx *sql.Context) sql.Type { return c.Child.Type(ctx) }

// String implements sql.Expression.
func (c *clamped) String() string { return c.Child.String() }

// WithChildren implements sql.Expression.
func (c *clamped) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(c, len(children), 1)
	}
	other := *c
	other.Child = children[0]
	return &other, nil
}

// Eval implements sql.Expression.
func (c *clamped) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	value, err := c.Child.Eval(ctx, row)
	if err != nil || value == nil || !gmstypes.IsInteger(c.Child.Type(ctx)) {
		return value, err
	}
	t := c.variable.GetType()
	standard, _, err := t.Convert(ctx, c.variable.GetDefault())
	if err != nil {
		return value, nil
	}
	var within any
	fits := true
	switch standard := standard.(type) {
	case int64:
		x, inRange, err := gmstypes.Int64.Convert(ctx, value) // which is the last one for those beyond it
		if n, ok := x.(int64); ok && err == nil {
			at := nearest(standard, n, func(n int64) bool {
				_, _, err := t.Convert(ctx, n)
				return err == nil && (n >= 0 || standard < 0) // GMS lets some be negative that MySQL does not
			})
			within, fits = at, at == n && inRange == sql.InRange
		}
	case uint64:
		x, inRange, err := gmstypes.Uint64.Convert(ctx, value)
		if n, ok := x.(uint64); ok && err == nil {
			if inRange != sql.InRange { // a negative number
				n = 0
			}
			at := nearest(standard, n, func(n uint64) bool { _, _, err := t.Convert(ctx, n); return err == nil })
			within, fits = at, at == n && inRange == sql.InRange
		}
	}
	if fits {
		return value, nil
	}
	if sql.LoadSqlMode(ctx).ModeEnabled("STRICT_ALL_TABLES") {
		return value, nil
	}
	if *c.first {
		ctx.ClearWarnings()
		*c.first = false
	}
	ctx.Warn(1292, "Truncated incorrect %s value: '%v'", c.variable.GetName(), value) // ER_TRUNCATED_WRONG_VALUE
	return within, nil
}

// nearest is the number that holds nearest to n, of which those that hold have no gaps, and good is one.
func nearest[T int64 | uint64](good, n T, holds func(T) bool) T {
	for !holds(n) {
		middle := n/2 + good/2 + (n%2+good%2)/2
		if middle == n || middle == good {
			return good
		}
		if holds(middle) {
			good = middle
			continue
		}
		n = middle
	}
	return n
}
