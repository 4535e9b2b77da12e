package agg

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// bitwise is BIT_AND, BIT_OR and BIT_XOR: BIGINT UNSIGNED, and never NULL.
type bitwise struct {
	op     plan.AggFunc
	start  uint64
	values []uint64
}

func newBits(op plan.AggFunc) *bitwise {
	b := &bitwise{op: op}
	if op == plan.BitAnd {
		b.start = ^uint64(0)
	}
	return b
}

func (b *bitwise) Grow(n int) {
	old := len(b.values)
	b.values = extend(b.values, n)
	for i := old; i < n; i++ {
		b.values[i] = b.start
	}
}

func (b *bitwise) Reset()       { b.values = b.values[:0] }
func (b *bitwise) Bytes() int64 { return int64(8 * cap(b.values)) }

func (b *bitwise) Update(groups []int32, args []arrow.Array, rows int) error {
	for i := range rows {
		if isNull(args[0], i) {
			continue
		}
		v := numberAt(args[0], i).LowBits()
		g := group(groups, i)
		switch b.op {
		case plan.BitAnd:
			b.values[g] &= v
		case plan.BitOr:
			b.values[g] |= v
		case plan.BitXor:
			b.values[g] ^= v
		}
	}
	return nil
}

func (b *bitwise) StateTypes() []types.Type { return []types.Type{types.Of(types.Uint64)} }

func (b *bitwise) States(mem memory.Allocator, from, to int) ([]arrow.Array, error) {
	a, err := b.Result(mem, from, to)
	return []arrow.Array{a}, err
}

func (b *bitwise) Merge(groups []int32, states []arrow.Array, rows int) error {
	return b.Update(groups, states, rows)
}

func (b *bitwise) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	return values(mem, arrow.PrimitiveTypes.Uint64, b.values[from:to], nil), nil
}
