package bind

import (
	"math"
	"reflect"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	"github.com/dolthub/go-mysql-server/sql/expression/function/aggregation"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// A few properties of GMS's expressions have no accessor. This file alone reads them, by the names of their fields; a test
// fails if GMS renames one.

func private(e any, field string) reflect.Value {
	return reflect.ValueOf(e).Elem().FieldByName(field)
}

// isFalseTest reports IS FALSE as opposed to IS TRUE.
func isFalseTest(e *expression.IsTrue) bool { return private(e, "invert").Bool() }

// castLength is the n of CAST(x AS CHAR(n)) or BINARY(n); 0 if there is none.
func castLength(e *expression.Convert) int { return int(private(e, "typeLength").Int()) }

// castScale is the s of CAST(x AS DECIMAL(p, s)); 0 if there is none.
func castScale(e *expression.Convert) int { return int(private(e, "typeScale").Int()) }

// collationOf is the collation of x COLLATE c.
func collationOf(e *expression.CollatedExpression) types.Collation {
	return types.Collation(private(e, "collation").Uint())
}

// trimSides is sqlparser.Both, Leading or Trailing.
func trimSides(e *function.Trim) string { return private(e, "dir").String() }

// groupConcat fills in what GROUP_CONCAT says besides its arguments, and returns the keys of its order with Expr unset and
// the GMS expressions for them.
func groupConcat(e *aggregation.GroupConcat, agg *plan.Agg) (keys []sql.Expression, args []sql.Expression) {
	agg.Distinct = private(e, "distinct").String() != ""
	agg.Separator = private(e, "separator").String()
	// An Arrow vector of text holds 2 GiB; GMS's int of the largest setting is negative.
	if n := private(e, "maxLen").Int(); n >= 0 {
		agg.Longest = int(min(n, math.MaxInt32))
	} else {
		agg.Longest = math.MaxInt32
	}
	order := private(e, "sortConditions")
	children := e.Children()
	agg.OrderBy = make([]plan.SortKey, order.Len())
	for i := range agg.OrderBy {
		agg.OrderBy[i].Desc = sql.SortOrder(order.Index(i).FieldByName("Order").Uint()) == sql.Descending
	}
	return children[:order.Len()], children[order.Len():]
}
