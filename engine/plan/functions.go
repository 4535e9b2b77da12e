package plan

import (
	"fmt"
	"math"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// arity is how many arguments each function takes at least and at most.
var arity = map[AggFunc]struct{ least, most int }{
	CountStar: {0, 0}, Count: {1, math.MaxInt}, Sum: {1, 1}, Avg: {1, 1}, Min: {1, 1}, Max: {1, 1}, AnyValue: {1, 1},
	VarPop: {1, 1}, VarSamp: {1, 1}, StddevPop: {1, 1}, StddevSamp: {1, 1}, BitAnd: {1, 1}, BitOr: {1, 1}, BitXor: {1, 1},
	GroupConcat: {1, math.MaxInt}, JSONArrayAgg: {1, 1}, JSONObjectAgg: {2, 2}, SumCounts: {1, 1}, AvgParts: {2, 2},
	RowNumber: {0, 0}, Rank: {0, 0}, DenseRank: {0, 0}, PercentRank: {0, 0}, CumeDist: {0, 0}, Ntile: {1, 1},
	Lag: {2, 3}, Lead: {2, 3}, FirstValue: {1, 1}, LastValue: {1, 1}, NthValue: {2, 2},
}

// function checks that a column can hold what a function of its number of arguments yields. What they are was checked.
func function(c Column, f AggFunc, args []expr.Expr) error {
	takes, ok := arity[f]
	if !ok {
		return fmt.Errorf("there is no function %s", f)
	}
	if len(args) < takes.least || len(args) > takes.most {
		return fmt.Errorf("%s has %d arguments", f, len(args))
	}
	t, err := resultType(c, f, args)
	if err != nil {
		return fmt.Errorf("%s of %s: %w", f, args[0].Type(), err)
	}
	// Sums of parts have fewer digits than the type that their arguments' would have.
	if t.Kind != c.Type.Kind || t.Scale != c.Type.Scale || t.Collation != c.Type.Collation {
		return fmt.Errorf("column %s is %s, %s yields %s", c.Ref(), c.Type, f, t)
	}
	return nil
}

// resultType is the type of what a function yields.
func resultType(c Column, f AggFunc, args []expr.Expr) (types.Type, error) {
	switch f {
	case RowNumber, Rank, DenseRank, Ntile:
		return types.Of(types.Uint64), nil
	case PercentRank, CumeDist:
		return types.Of(types.Float64), nil
	case Lag, Lead, FirstValue, LastValue, NthValue:
		return args[0].Type(), nil
	case SumCounts:
		return types.Of(types.Int64), nil
	case AvgParts: // of any scale
		t := args[0].Type()
		if t.Kind == types.Decimal {
			t.Scale = c.Type.Scale
		}
		return t, nil
	}
	return expr.AggType(string(f), args)
}
