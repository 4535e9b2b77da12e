package build

import (
	"math"
	"slices"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// lister is a table that keys are sent along to.
type lister struct {
	*table
	most int
}

func (l lister) MostKeys() int { return l.most }

// The keys of a join are listed for a scan that sends them along, if they are few beside its rows.
func TestListedKeys(t *testing.T) {
	const keys = 5000
	small := newTable(1, "a")
	for i := range keys {
		for range 2 {
			small.splits[0] = append(small.splits[0], []types.Value{types.IntValue(int64(3 * i))})
		}
	}
	small.splits[0] = append(small.splits[0], []types.Value{types.NullValue}, []types.Value{types.IntValue(math.MaxInt32 + 1)})
	for _, c := range []struct {
		name      string
		kind      types.Kind
		most      int
		estimated float64
		listed    int
	}{
		{"enough rows", types.Int64, 100_000, 2 * (keys + 2), keys + 1},
		{"a column that has not all of them", types.Int32, 100_000, 2 * (keys + 2), keys},
		{"too few rows", types.Int64, 100_000, 2 * keys, 0},
		{"unknown rows", types.Int64, 100_000, math.NaN(), 0},
		{"more than the source takes", types.Int64, keys, 1e6, 0},
		{"a source that takes none", types.Int64, 0, 1e6, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			big := newTable(11, "k", []any{6}, []any{7})
			big.cols[0].Type = types.Of(c.kind)
			remote := &plan.Remote{Fragment: lister{big, c.most}, Cols: big.cols}
			key, err := expr.New(expr.Eq, big.col(0), small.col(0))
			if err != nil {
				t.Fatal(err)
			}
			key.(*expr.Call).Args[0] = big.col(0) // without a cast
			join := &plan.Join{Left: remote, Right: small.remote(), On: []expr.Expr{key}}
			got, err := run(t, join, Config{Parallelism: 1, Estimate: func(n plan.Node) plan.Statistics {
				if n == plan.Node(remote) {
					return plan.Statistics{Rows: c.estimated}
				}
				return plan.Statistics{Rows: 1e9}
			}})
			if err != nil || len(got) != 2 {
				t.Fatalf("rows %q, %v", got, err)
			}
			if len(big.wanted) != 1 {
				t.Fatalf("the scan was told of %v", big.wanted)
			}
			list := listed(big.wanted[0])
			if len(list) != c.listed {
				t.Fatalf("%d keys are listed", len(list))
			}
			for i, k := range list[:min(keys, len(list))] {
				if k != int64(3*i) {
					t.Fatalf("key %d is %d", i, k)
				}
			}
		})
	}
}

// listed returns the values that a scan is told of, in order.
func listed(k connectors.ColumnKeys) []int64 {
	if k.Values == nil {
		return nil
	}
	out := make([]int64, k.Values.Len())
	for i := range out {
		out[i] = kernel.ValueAt(k.Values, i).Int
	}
	slices.Sort(out)
	return out
}
