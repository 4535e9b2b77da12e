package agg

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// floatSum is SUM and AVG of FLOAT and DOUBLE.
type floatSum struct {
	average bool
	sum     []float64
	n       []int64
	scratch []float64
}

func (s *floatSum) Grow(n int)   { s.sum, s.n = extend(s.sum, n), extend(s.n, n) }
func (s *floatSum) Reset()       { s.sum, s.n = s.sum[:0], s.n[:0] }
func (s *floatSum) Bytes() int64 { return int64(8*cap(s.sum) + 8*cap(s.n) + 8*cap(s.scratch)) }

func (s *floatSum) Update(groups []int32, args []arrow.Array, rows int) error {
	vals := floats(s.scratch, args[0])
	if _, shared := args[0].(*array.Float64); !shared {
		s.scratch = vals
	}
	nulls, some := nullsOf(args[0])
	for i, v := range vals {
		if !some || nulls.ok(i) {
			g := group(groups, i)
			s.sum[g] += v
			s.n[g]++
		}
	}
	return nil
}

func (s *floatSum) StateTypes() []types.Type {
	return []types.Type{types.Of(types.Float64), types.Of(types.Int64)}
}

func (s *floatSum) States(mem memory.Allocator, from, to int) ([]arrow.Array, error) {
	return []arrow.Array{
		values(mem, arrow.PrimitiveTypes.Float64, s.sum[from:to], nil),
		values(mem, arrow.PrimitiveTypes.Int64, s.n[from:to], nil),
	}, nil
}

func (s *floatSum) Merge(groups []int32, states []arrow.Array, rows int) error {
	n := states[1].(*array.Int64).Int64Values()
	for i, v := range states[0].(*array.Float64).Float64Values() {
		if n[i] > 0 { // the sum of nothing may be NULL
			g := group(groups, i)
			s.sum[g] += v
			s.n[g] += n[i]
		}
	}
	return nil
}

func (s *floatSum) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	out, set := make([]float64, to-from), make([]bool, to-from)
	for i, n := range s.n[from:to] {
		v := s.sum[from+i]
		if s.average && n > 0 {
			v /= float64(n)
		}
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, sqlerr.New(sqlerr.OutOfRange, "DOUBLE value is out of range in an aggregate")
		}
		out[i], set[i] = v, n > 0
	}
	return values(mem, arrow.PrimitiveTypes.Float64, out, set), nil
}

// variance is VAR_* and STDDEV_* by Welford's recurrence, which does not cancel.
type variance struct {
	sample, root bool
	n            []int64
	mean, m2     []float64 // m2: the sum of squared differences from the mean
	scratch      []float64
}

func (v *variance) Grow(n int) {
	v.n, v.mean, v.m2 = extend(v.n, n), extend(v.mean, n), extend(v.m2, n)
}
func (v *variance) Reset() { v.n, v.mean, v.m2 = v.n[:0], v.mean[:0], v.m2[:0] }
func (v *variance) Bytes() int64 {
	return int64(8 * (cap(v.n) + cap(v.mean) + cap(v.m2) + cap(v.scratch)))
}

func (v *variance) Update(groups []int32, args []arrow.Array, rows int) error {
	vals := floats(v.scratch, args[0])
	if _, shared := args[0].(*array.Float64); !shared {
		v.scratch = vals
	}
	for i, x := range vals {
		if isNull(args[0], i) {
			continue
		}
		g := group(groups, i)
		v.n[g]++
		d := x - v.mean[g]
		v.mean[g] += d / float64(v.n[g])
		v.m2[g] += d * (x - v.mean[g])
	}
	return nil
}

func (v *variance) StateTypes() []types.Type {
	return []types.Type{types.Of(types.Int64), types.Of(types.Float64), types.Of(types.Float64)}
}

func (v *variance) States(mem memory.Allocator, from, to int) ([]arrow.Array, error) {
	return []arrow.Array{
		values(mem, arrow.PrimitiveTypes.Int64, v.n[from:to], nil),
		values(mem, arrow.PrimitiveTypes.Float64, v.mean[from:to], nil),
		values(mem, arrow.PrimitiveTypes.Float64, v.m2[from:to], nil),
	}, nil
}

func (v *variance) Merge(groups []int32, states []arrow.Array, rows int) error {
	mean, m2 := states[1].(*array.Float64).Float64Values(), states[2].(*array.Float64).Float64Values()
	for i, n := range states[0].(*array.Int64).Int64Values() {
		if n == 0 {
			continue
		}
		g := group(groups, i)
		all := float64(v.n[g] + n)
		d := mean[i] - v.mean[g]
		v.m2[g] += m2[i] + d*d*float64(v.n[g])*float64(n)/all
		v.mean[g] += d * float64(n) / all
		v.n[g] += n
	}
	return nil
}

func (v *variance) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	out, set := make([]float64, to-from), make([]bool, to-from)
	for i, n := range v.n[from:to] {
		if v.sample {
			n--
		}
		if n <= 0 {
			continue
		}
		x := v.m2[from+i] / float64(n)
		if v.root {
			x = math.Sqrt(x)
		}
		if math.IsInf(x, 0) || math.IsNaN(x) {
			return nil, sqlerr.New(sqlerr.OutOfRange, "DOUBLE value is out of range in an aggregate")
		}
		out[i], set[i] = x, true
	}
	return values(mem, arrow.PrimitiveTypes.Float64, out, set), nil
}
