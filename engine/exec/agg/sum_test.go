package agg

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

func sumSpec() Spec {
	return Spec{Func: plan.Sum, Args: []types.Type{types.Of(types.Int64)}, Result: types.NewDecimal(41, 0)}
}

// TestExactSum sums numbers up to the ends of their type, of few groups and of many, in batches of even and odd lengths.
func TestExactSum(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	random := rand.New(rand.NewPCG(3, 4))
	for _, groups := range []int{1, 2, fewGroups, fewGroups + 1, 1000} {
		for _, limit := range []int64{100, 1 << 49, 1 << 60, math.MaxInt64} {
			s := newExactSum(sumSpec())
			s.Grow(groups)
			want, counts := make([]big.Int, groups), make([]int64, groups)
			for _, rows := range []int{1, 2, 7, 1000, 8192} {
				at, vals := make([]int32, rows), make([]int64, rows)
				for i := range vals {
					at[i], vals[i] = int32(random.IntN(groups)), random.Int64N(limit)
					switch random.IntN(10) {
					case 0:
						vals[i] = limit
					case 1:
						vals[i] = -limit - 1
					case 2, 3, 4:
						vals[i] = -vals[i]
					}
					want[at[i]].Add(&want[at[i]], big.NewInt(vals[i]))
					counts[at[i]]++
				}
				a := values(mem, arrow.PrimitiveTypes.Int64, vals, nil)
				if err := s.Update(at, []arrow.Array{a}, rows); err != nil {
					t.Fatal(err)
				}
				a.Release()
			}
			for g := range groups {
				if got := decimal128.New(s.sum[g].hi, s.sum[g].lo).BigInt(); got.Cmp(&want[g]) != 0 || s.n[g] != counts[g] {
					t.Fatalf("%d groups, limit %d: group %d has %s of %d rows, want %s of %d", groups, limit, g, got, s.n[g], &want[g], counts[g])
				}
			}
		}
	}
}

// BenchmarkExactSum measures a batch of numbers in so many groups.
func BenchmarkExactSum(b *testing.B) {
	for _, groups := range []int{4, 1000} {
		b.Run(fmt.Sprint(groups), func(b *testing.B) {
			const rows = 8192
			at, vals := make([]int32, rows), make([]int64, rows)
			for i := range vals {
				at[i], vals[i] = int32(i*i%groups), int64(i)
			}
			a := values(memory.DefaultAllocator, arrow.PrimitiveTypes.Int64, vals, nil)
			defer a.Release()
			s := newExactSum(sumSpec())
			s.Grow(groups)
			b.SetBytes(8 * rows)
			for b.Loop() {
				if err := s.Update(at, []arrow.Array{a}, rows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
