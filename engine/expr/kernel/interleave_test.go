package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/types"
)

// TestInterleave picks rows of sliced vectors, with and without NULLs, decimals in all the widths that hold them.
func TestInterleave(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, typ := range everyType {
		for parts := 1; parts <= 5; parts++ {
			mem := checked(t)
			arrs, values := make([]arrow.Array, parts), make([][]types.Value, parts)
			for k := range arrs {
				values[k] = sample(rng, typ, 20+k)
				if k%2 == 1 && typ.Kind != types.Null { // a vector without NULLs
					for i, v := range values[k] {
						if v.Null {
							values[k][i] = types.Value{}
						}
					}
				}
				a := slice(mem, typ, values[k], k)
				widths := []types.Width{types.W64, types.W128, types.W256}
				arrs[k] = Widen(mem, a, widths[rng.IntN(parts)%3])
				a.Release()
			}
			from, idx := make([]int32, 100), make([]int32, 100)
			want := make([]types.Value, len(idx))
			for i := range idx {
				from[i] = rng.Int32N(int32(parts))
				idx[i] = rng.Int32N(20)
				want[i] = values[from[i]][idx[i]]
			}
			got, err := Interleave(mem, arrs, from, idx)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "interleave of "+typ.String(), got, want)
			got.Release()
			for _, a := range arrs {
				a.Release()
			}
		}
	}
}
