package kernel

import (
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/types"
)

// Concat appends vectors of one type. Decimals of one scale may differ in width; the result has the widest.
func Concat(mem memory.Allocator, arrs []arrow.Array) (arrow.Array, error) {
	if len(arrs) == 0 {
		return nil, errors.New("concat: no vectors")
	}
	widest, mixed := Width(arrs[0]), false
	for _, a := range arrs[1:] {
		w := Width(a)
		mixed = mixed || w != widest
		widest = max(widest, w)
	}
	if !mixed {
		return array.Concatenate(arrs, mem)
	}
	wide := make([]arrow.Array, len(arrs))
	for i, a := range arrs {
		wide[i] = Widen(mem, a, widest)
	}
	defer func() {
		for _, a := range wide {
			a.Release()
		}
	}()
	return array.Concatenate(wide, mem)
}

// Width returns the width of a decimal vector, 0 for any other.
func Width(a arrow.Array) types.Width {
	switch a.DataType().ID() {
	case arrow.DECIMAL64:
		return types.W64
	case arrow.DECIMAL128:
		return types.W128
	case arrow.DECIMAL256:
		return types.W256
	}
	return 0
}

// Widen returns a decimal vector in a width, which must not be narrower than its own. A vector of that width, or one that
// is no decimal, is returned retained.
func Widen(mem memory.Allocator, a arrow.Array, to types.Width) arrow.Array {
	from := Width(a)
	if from == 0 || from >= to {
		a.Retain()
		return a
	}
	n := a.Len()
	var buf *memory.Buffer
	switch {
	case from == types.W64 && to == types.W128:
		var out []decimal128.Num
		buf, out = newValues[decimal128.Num](mem, n)
		for i, v := range fixed[int64](a) {
			out[i] = decimal128.New(v>>63, uint64(v))
		}
	case from == types.W64:
		var out []decimal256.Num
		buf, out = newValues[decimal256.Num](mem, n)
		for i, v := range fixed[int64](a) {
			s := uint64(v >> 63)
			out[i] = decimal256.New(s, s, s, uint64(v))
		}
	default:
		var out []decimal256.Num
		buf, out = newValues[decimal256.Num](mem, n)
		for i, v := range fixed[decimal128.Num](a) {
			s := uint64(v.HighBits() >> 63)
			out[i] = decimal256.New(s, s, uint64(v.HighBits()), v.LowBits())
		}
	}
	valid := bothValid(mem, []Datum{Vector(a)}, n)
	return makeArray(types.DecimalArrow(to, int(a.DataType().(arrow.DecimalType).GetScale())), n, valid, buf)
}
