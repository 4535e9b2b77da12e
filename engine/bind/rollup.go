package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// GMS knows neither WITH ROLLUP nor GROUPING. To it the one is a key more, a call of a function (parse.Rewrite), and the
// other a function of the keys; the import makes a plan.Rollup of the key, and of the function a condition on its level.

// groupingFunction is GROUPING's name.
const groupingFunction = "grouping"

// rollupFunctions are the functions for GMS's catalog.
func rollupFunctions() []sql.Function {
	var list []sql.Function
	for _, name := range []string{parse.RollupFunction, groupingFunction} {
		list = append(list, sql.FunctionN{Name: name, Fn: func(_ *sql.Context, args ...sql.Expression) (sql.Expression, error) {
			return &rollupCall{name: name, args: args}, nil
		}})
	}
	return list
}

// rollupCall is the last key of a GROUP BY WITH ROLLUP, or GROUPING, in GMS's tree.
type rollupCall struct {
	name string
	args []sql.Expression
}

// FunctionName implements sql.FunctionExpression.
func (e *rollupCall) FunctionName() string { return e.name }

// Description implements sql.FunctionExpression.
func (e *rollupCall) Description() string { return "tells super-aggregate rows from others" }

// Resolved implements sql.Expression.
func (e *rollupCall) Resolved() bool {
	for _, a := range e.args {
		if !a.Resolved() {
			return false
		}
	}
	return true
}

// String implements sql.Expression.
func (e *rollupCall) String() string {
	texts := make([]string, len(e.args))
	for i, a := range e.args {
		texts[i] = a.String()
	}
	return e.name + "(" + strings.Join(texts, ",") + ")"
}

// Type implements sql.Expression.
func (e *rollupCall) Type(*sql.Context) sql.Type { return gmstypes.Int64 }

// IsNullable implements sql.Expression.
func (e *rollupCall) IsNullable(*sql.Context) bool { return false }

// Children implements sql.Expression.
func (e *rollupCall) Children() []sql.Expression { return e.args }

// WithChildren implements sql.Expression.
func (e *rollupCall) WithChildren(_ *sql.Context, args ...sql.Expression) (sql.Expression, error) {
	return &rollupCall{e.name, args}, nil
}

// Eval implements sql.Expression: GMS would not add the super-aggregate rows.
func (e *rollupCall) Eval(*sql.Context, sql.Row) (any, error) {
	return nil, sqlerr.New(sqlerr.Unsupported, "GROUP BY ... WITH ROLLUP is not supported in this statement")
}

// isRollup reports the key that stands for WITH ROLLUP.
func isRollup(e sql.Expression) bool {
	call, ok := e.(*rollupCall)
	return ok && call.name == parse.RollupFunction
}

// rollsUp reports whether n has a GROUP BY WITH ROLLUP, at any depth.
func rollsUp(ctx *sql.Context, n sql.Node) bool {
	found := false
	seenQueries{}.walk(ctx, n, anyNode, func(e sql.Expression) bool {
		found = found || isRollup(e)
		return !found
	})
	return found
}

// rolledUp is the grouping of a relation WITH ROLLUP.
type rolledUp struct {
	level plan.Column
	keys  int
	at    map[expr.ColumnID]int // the position of the key that a column is
}

// rollUp puts a Rollup below an aggregation by its keys, which become NULL in super-aggregate rows.
func (x *expressions) rollUp(agg *grouping) *rolledUp {
	x.last++
	level := plan.Column{ID: x.last, Name: "level", Type: types.Of(types.Int64)}
	agg.Input = &plan.Rollup{Input: agg.Input, Keys: agg.Groups, Level: level}
	up := &rolledUp{level: level, keys: len(agg.Groups), at: make(map[expr.ColumnID]int)}
	keys := make([]plan.Projection, 0, len(agg.Groups)+1)
	for i, k := range agg.Groups {
		up.at[k.Col.ID] = i
		keys = append(keys, plan.Projection{Col: k.Col, Expr: k.Col.Ref()})
	}
	keys = append(keys, plan.Projection{Col: level, Expr: level.Ref()})
	agg.Groups = keys
	return up
}

// named notes a second column of a key.
func (u *rolledUp) named(c, key expr.ColumnID) {
	if at, ok := u.at[key]; ok {
		u.at[c] = at
	}
}

// order is the order in which MySQL yields the groups: each after the groups that it sums up.
func (u *rolledUp) order(keys []plan.Projection) ([]plan.SortKey, error) {
	var order []plan.SortKey
	for i, k := range keys[:u.keys] {
		super, err := u.isSuper(i)
		if err != nil {
			return nil, err
		}
		order = append(order, plan.SortKey{Expr: super}, plan.SortKey{Expr: k.Col.Ref()})
	}
	return order, nil
}

// isSuper is the condition that the i-th key is NULL because the row sums up all its values.
func (u *rolledUp) isSuper(i int) (expr.Expr, error) {
	return expr.New(expr.Ge, u.level.Ref(), integer(int64(u.keys-i)))
}

func integer(v int64) expr.Expr {
	return &expr.Literal{Value: types.IntValue(v), Typ: types.Of(types.Int64)}
}

// mostGrouping is how many arguments GROUPING takes: each is a bit of its result.
const mostGrouping = 63

// grouping imports GROUPING: a bit for each argument, the last one's the lowest, which is set in the rows that sum up all
// its values.
func (x *expressions) grouping(e *rollupCall) (expr.Expr, error) {
	up := x.rel.rolledUp
	switch {
	case up == nil:
		return nil, sqlerr.New(sqlerr.GroupFunction, "Invalid use of group function")
	case len(e.args) == 0 || len(e.args) > mostGrouping:
		return nil, sqlerr.New(sqlerr.ArgumentCount, "Incorrect parameter count in the call to native function 'GROUPING'")
	}
	var out expr.Expr
	for k, arg := range e.args {
		value, err := x.expr(arg)
		if err != nil {
			return nil, err
		}
		c, _ := value.(*expr.Column)
		i, known := 0, false
		if c != nil {
			i, known = up.at[c.ID]
		}
		if !known {
			return nil, sqlerr.New(sqlerr.NoGroupingKey, "Argument #%d of GROUPING function is not in GROUP BY", k+1)
		}
		super, err := up.isSuper(i)
		if err != nil {
			return nil, err
		}
		bit, err := expr.New(expr.If, super, integer(1<<(len(e.args)-1-k)), integer(0))
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = bit
		} else if out, err = expr.New(expr.Add, out, bit); err != nil {
			return nil, err
		}
	}
	return out, nil
}
