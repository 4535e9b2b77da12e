package agg

import (
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Moving computes an aggregate over a frame of rows that moves forward: rows enter behind its last and leave before its
// first. Each row enters and leaves once, whatever the size of the frame. It belongs to one goroutine.
type Moving interface {
	// Restart empties the frame.
	Restart()
	// Add takes rows [from, to) of args into the frame.
	Add(args []arrow.Array, from, to int)
	// Drop takes the first rows of the frame out, which are rows [from, to) of args.
	Drop(args []arrow.Array, from, to int)
	// Append notes the value of the frame, n times.
	Append(n int)
	// Take returns the values noted and forgets them.
	Take(mem memory.Allocator) (arrow.Array, error)
	// Bytes returns the memory in use.
	Bytes() int64
}

// Running is a Moving that has a loop of its own for what is most common: a frame that takes in one row after the other.
type Running interface {
	Moving
	// Run takes rows [from, to) in, and notes the value after each.
	Run(args []arrow.Array, from, to int)
}

// Collecting is a Moving whose values are made of all rows of the frame.
type Collecting interface {
	Moving
	// Held returns the bytes of the values in the frame.
	Held() int64
}

// NewMoving returns the aggregate of an empty frame, or an error that says what is unsupported. Where drops is false no
// row leaves a frame but by Restart, and a frame takes no memory for its rows.
func NewMoving(s Spec, drops bool) (Moving, error) {
	switch s.Func {
	case plan.CountStar, plan.Count:
		return &movingCount{}, nil
	case plan.BitAnd, plan.BitOr, plan.BitXor:
		of, err := New(s)
		if err != nil {
			return nil, err
		}
		if of, ok := of.(*byteBits); ok {
			return newMovingByteBits(of, drops), nil
		}
		return newMovingBits(s.Func, drops), nil
	case plan.JSONArrayAgg, plan.JSONObjectAgg:
		return &movingJSON{spec: s}, nil
	}
	of, err := New(s)
	if err != nil {
		return nil, err
	}
	switch of := of.(type) {
	case *exactSum:
		return newMovingSum(s, of), nil
	case *floatSum:
		return &movingFloats{out: of, frame: newTwoStacks(addFloats, drops)}, nil
	case *variance:
		return &movingVariance{out: of, frame: newTwoStacks(addMoments, drops)}, nil
	case *nothing:
		return &movingNothing{}, nil
	}
	if m := newMovingExtreme(of, drops); m != nil {
		return m, nil
	}
	return nil, sqlerr.New(sqlerr.Unsupported, "%s of %s over a window is not supported", s.Func, s.Args[0])
}

// movingCount is COUNT.
type movingCount struct {
	n   int64
	out []int64
}

func (m *movingCount) Restart() { m.n = 0 }

func (m *movingCount) Add(args []arrow.Array, from, to int) { m.n += valid(args, from, to) }

func (m *movingCount) Drop(args []arrow.Array, from, to int) { m.n -= valid(args, from, to) }

// valid counts the rows where the argument, if there is one, is not NULL.
func valid(args []arrow.Array, from, to int) int64 {
	if len(args) == 0 {
		return int64(to - from)
	}
	nulls, some := nullsOf(args[0])
	switch {
	case args[0].DataType().ID() == arrow.NULL:
		return 0
	case !some:
		return int64(to - from)
	}
	n := int64(0)
	for i := from; i < to; i++ {
		if nulls.ok(i) {
			n++
		}
	}
	return n
}

func (m *movingCount) Append(n int) {
	for range n {
		m.out = append(m.out, m.n)
	}
}

// Run implements Running.
func (m *movingCount) Run(args []arrow.Array, from, to int) {
	for i := from; i < to; i++ {
		if len(args) == 0 || !isNull(args[0], i) {
			m.n++
		}
		m.out = append(m.out, m.n)
	}
}

func (m *movingCount) Bytes() int64 { return int64(8 * cap(m.out)) }

func (m *movingCount) Take(mem memory.Allocator) (arrow.Array, error) {
	a := values(mem, arrow.PrimitiveTypes.Int64, m.out, nil)
	m.out = m.out[:0]
	return a, nil
}

// movingSum is SUM and AVG of integers and decimals: what leaves is subtracted, which is exact.
type movingSum struct {
	now *exactSum // of the frame, its only group
	out *exactSum // a group for each value noted
}

func newMovingSum(s Spec, out *exactSum) *movingSum {
	now := newExactSum(s)
	now.Grow(1)
	return &movingSum{now: now, out: out}
}

func (m *movingSum) Restart() {
	m.now.Reset()
	m.now.Grow(1)
	m.now.n[0] = 0
	m.now.sum[0] = int128{}
}

func (m *movingSum) Add(args []arrow.Array, from, to int) { m.move(args[0], from, to, false) }

func (m *movingSum) Drop(args []arrow.Array, from, to int) { m.move(args[0], from, to, true) }

// move adds or subtracts rows.
func (m *movingSum) move(a arrow.Array, from, to int, subtract bool) {
	if a.DataType().ID() == arrow.NULL {
		return
	}
	nulls, some := nullsOf(a)
	for i := from; i < to; i++ {
		if some && !nulls.ok(i) {
			continue
		}
		if subtract {
			m.now.n[0]--
		} else {
			m.now.n[0]++
		}
		if m.now.wide == nil {
			if lo, hi, ok := narrowAt(a, i); ok {
				sum := &m.now.sum[0]
				if subtract {
					sum.subtract(lo, hi)
				} else {
					sum.add(lo, hi)
				}
				if sum.hi < 1<<62 && sum.hi >= -1<<62 {
					continue
				}
				m.now.promote() // while there is room for another
				continue
			}
			m.now.promote()
		}
		if subtract {
			m.now.wide[0] = m.now.wide[0].Sub(numberAt(a, i))
		} else {
			m.now.wide[0] = m.now.wide[0].Add(numberAt(a, i))
		}
	}
}

func (s *int128) subtract(lo uint64, hi int64) {
	var borrow uint64
	s.lo, borrow = bits.Sub64(s.lo, lo, 0)
	s.hi -= hi + int64(borrow)
}

// narrowAt returns a number of at most 96 bits; ok is false for a wider one.
func narrowAt(a arrow.Array, i int) (lo uint64, hi int64, ok bool) {
	var v int64
	switch a := a.(type) {
	case *array.Decimal64:
		v = int64(a.Value(i))
	case *array.Int64:
		v = a.Value(i)
	case *array.Int32:
		v = int64(a.Value(i))
	case *array.Int16:
		v = int64(a.Value(i))
	case *array.Int8:
		v = int64(a.Value(i))
	case *array.Uint64:
		return a.Value(i), 0, true
	case *array.Uint32:
		v = int64(a.Value(i))
	case *array.Uint16:
		v = int64(a.Value(i))
	case *array.Uint8:
		v = int64(a.Value(i))
	case *array.Boolean:
		if a.Value(i) {
			v = 1
		}
	case *array.Decimal128:
		n := a.Value(i)
		hi = n.HighBits()
		return n.LowBits(), hi, hi < 1<<31 && hi >= -1<<31
	default:
		return 0, 0, false
	}
	return uint64(v), v >> 63, true
}

func (m *movingSum) Append(n int) {
	if m.now.wide != nil && m.out.wide == nil {
		m.out.promote()
		if m.out.wide == nil {
			m.out.wide = []decimal256.Num{}
		}
	}
	for range n {
		switch {
		case m.now.wide != nil:
			m.out.wide = append(m.out.wide, m.now.wide[0])
		case m.out.wide != nil:
			v := m.now.sum[0]
			m.out.wide = append(m.out.wide, decimal256.FromDecimal128(decimal128.New(v.hi, v.lo)))
		default:
			m.out.sum = append(m.out.sum, m.now.sum[0])
		}
		m.out.n = append(m.out.n, m.now.n[0])
	}
}

// Run implements Running.
func (m *movingSum) Run(args []arrow.Array, from, to int) {
	var vals []int64
	switch a := args[0].(type) {
	case *array.Decimal64:
		vals = fixed[int64](a)
	case *array.Int64:
		vals = a.Int64Values()
	}
	if vals == nil || m.now.wide != nil || m.out.wide != nil {
		for i := from; i < to; i++ {
			m.move(args[0], i, i+1, false)
			m.Append(1)
		}
		return
	}
	nulls, some := nullsOf(args[0])
	sum, n := m.now.sum[0], m.now.n[0]
	if sum.hi > 1<<61 || sum.hi < -1<<61 {
		m.now.promote() // while there is room for the others
		m.Run(args, from, to)
		return
	}
	for i := from; i < to; i++ {
		if !some || nulls.ok(i) {
			sum.add(uint64(vals[i]), vals[i]>>63)
			n++
		}
		m.out.sum, m.out.n = append(m.out.sum, sum), append(m.out.n, n)
	}
	m.now.sum[0], m.now.n[0] = sum, n
}

func (m *movingSum) Bytes() int64 { return m.out.Bytes() }

func (m *movingSum) Take(mem memory.Allocator) (arrow.Array, error) {
	a, err := m.out.Result(mem, 0, len(m.out.n))
	m.out.Reset()
	return a, err
}

// movingNothing is an aggregate of bare NULLs.
type movingNothing struct{ n int }

func (m *movingNothing) Restart()                     {}
func (m *movingNothing) Add([]arrow.Array, int, int)  {}
func (m *movingNothing) Drop([]arrow.Array, int, int) {}
func (m *movingNothing) Append(n int)                 { m.n += n }
func (m *movingNothing) Bytes() int64                 { return 0 }
func (m *movingNothing) Take(memory.Allocator) (arrow.Array, error) {
	a := array.NewNull(m.n)
	m.n = 0
	return a, nil
}

// movingBits is BIT_AND, BIT_OR and BIT_XOR.
type movingBits struct {
	out   *bitwise
	frame twoStacks[uint64]
}

func newMovingBits(op plan.AggFunc, drops bool) *movingBits {
	m := &movingBits{out: newBits(op)}
	merge := func(a, b uint64) uint64 { return a ^ b }
	switch op {
	case plan.BitAnd:
		merge = func(a, b uint64) uint64 { return a & b }
	case plan.BitOr:
		merge = func(a, b uint64) uint64 { return a | b }
	}
	m.frame = newTwoStacks(merge, drops)
	m.frame.nothing = m.out.start
	m.frame.restart()
	return m
}

func (m *movingBits) Restart() { m.frame.restart() }

func (m *movingBits) Add(args []arrow.Array, from, to int) {
	for i := from; i < to; i++ {
		if isNull(args[0], i) {
			m.frame.push(m.out.start)
		} else {
			m.frame.push(numberAt(args[0], i).LowBits())
		}
	}
}

func (m *movingBits) Drop(_ []arrow.Array, from, to int) { m.frame.drop(to - from) }

func (m *movingBits) Append(n int) {
	v := m.frame.value()
	for range n {
		m.out.values = append(m.out.values, v)
	}
}

func (m *movingBits) Bytes() int64 { return m.out.Bytes() + 8*m.frame.cap() }

func (m *movingBits) Take(mem memory.Allocator) (arrow.Array, error) {
	a, err := m.out.Result(mem, 0, len(m.out.values))
	m.out.Reset()
	return a, err
}

// twoStacks merges the states of the rows of a frame without ever taking one back: what floats would lose by that, and
// what has no inverse. The front holds, for each of the older rows, what it and the older rows behind it give; the back
// is one state of the younger rows, which become the front when that is empty.
type twoStacks[T any] struct {
	merge   func(a, b T) T
	nothing T // of no rows
	drops   bool
	front   []T // of the oldest row last
	rows    []T // the younger rows, if drops
	back    T   // all of them
}

func newTwoStacks[T any](merge func(a, b T) T, drops bool) twoStacks[T] {
	return twoStacks[T]{merge: merge, drops: drops}
}

func (s *twoStacks[T]) restart() {
	s.front, s.rows, s.back = s.front[:0], s.rows[:0], s.nothing
}

func (s *twoStacks[T]) push(v T) {
	if s.drops {
		s.rows = append(s.rows, v)
	}
	s.back = s.merge(s.back, v)
}

func (s *twoStacks[T]) drop(n int) {
	for range n {
		if len(s.front) == 0 {
			sum := s.nothing
			for i := len(s.rows) - 1; i >= 0; i-- {
				sum = s.merge(s.rows[i], sum)
				s.front = append(s.front, sum)
			}
			s.rows, s.back = s.rows[:0], s.nothing
		}
		s.front = s.front[:len(s.front)-1]
	}
}

func (s *twoStacks[T]) value() T {
	if len(s.front) == 0 {
		return s.back
	}
	return s.merge(s.front[len(s.front)-1], s.back)
}

// cap is how many states there is room for.
func (s *twoStacks[T]) cap() int64 { return int64(cap(s.front) + cap(s.rows)) }

// floatState is the sum of floats and their number.
type floatState struct {
	sum float64
	n   int64
}

func addFloats(a, b floatState) floatState { return floatState{a.sum + b.sum, a.n + b.n} }

// movingFloats is SUM and AVG of FLOAT and DOUBLE.
type movingFloats struct {
	out   *floatSum
	frame twoStacks[floatState]
}

func (m *movingFloats) Restart() { m.frame.restart() }

func (m *movingFloats) Add(args []arrow.Array, from, to int) {
	for i := from; i < to; i++ {
		if isNull(args[0], i) {
			m.frame.push(floatState{})
		} else {
			m.frame.push(floatState{floatAt(args[0], i), 1})
		}
	}
}

func floatAt(a arrow.Array, i int) float64 {
	switch a := a.(type) {
	case *array.Float64:
		return a.Value(i)
	case *array.Float32:
		return float64(a.Value(i))
	}
	one := array.NewSlice(a, int64(i), int64(i+1))
	defer one.Release()
	return floats(nil, one)[0]
}

func (m *movingFloats) Drop(_ []arrow.Array, from, to int) { m.frame.drop(to - from) }

func (m *movingFloats) Append(n int) {
	v := m.frame.value()
	for range n {
		m.out.sum, m.out.n = append(m.out.sum, v.sum), append(m.out.n, v.n)
	}
}

func (m *movingFloats) Bytes() int64 { return m.out.Bytes() + 16*m.frame.cap() }

func (m *movingFloats) Take(mem memory.Allocator) (arrow.Array, error) {
	a, err := m.out.Result(mem, 0, len(m.out.n))
	m.out.Reset()
	return a, err
}

// moments are what a variance is computed from.
type moments struct {
	n        int64
	mean, m2 float64
}

func addMoments(a, b moments) moments {
	switch {
	case a.n == 0:
		return b
	case b.n == 0:
		return a
	}
	all := float64(a.n + b.n)
	d := b.mean - a.mean
	return moments{
		n:    a.n + b.n,
		mean: a.mean + d*float64(b.n)/all,
		m2:   a.m2 + b.m2 + d*d*float64(a.n)*float64(b.n)/all,
	}
}

// movingVariance is VAR_* and STDDEV_*.
type movingVariance struct {
	out   *variance
	frame twoStacks[moments]
}

func (m *movingVariance) Restart() { m.frame.restart() }

func (m *movingVariance) Add(args []arrow.Array, from, to int) {
	for i := from; i < to; i++ {
		if isNull(args[0], i) {
			m.frame.push(moments{})
		} else {
			m.frame.push(moments{1, floatAt(args[0], i), 0})
		}
	}
}

func (m *movingVariance) Drop(_ []arrow.Array, from, to int) { m.frame.drop(to - from) }

func (m *movingVariance) Append(n int) {
	v := m.frame.value()
	for range n {
		m.out.n, m.out.mean, m.out.m2 = append(m.out.n, v.n), append(m.out.mean, v.mean), append(m.out.m2, v.m2)
	}
}

func (m *movingVariance) Bytes() int64 { return m.out.Bytes() + 24*m.frame.cap() }

func (m *movingVariance) Take(mem memory.Allocator) (arrow.Array, error) {
	a, err := m.out.Result(mem, 0, len(m.out.n))
	m.out.Reset()
	return a, err
}
