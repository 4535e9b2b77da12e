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
	"github.com/silogate/silogate/engine/types"
)

// int128 is a two's complement number.
type int128 struct {
	lo uint64
	hi int64
}

// exactSum is SUM and AVG of integers and decimals. Sums are 128 bits wide until a value of a Decimal256 vector or a
// state that wide arrives.
type exactSum struct {
	average bool
	scale   int // of the sums
	result  types.Type
	sum     []int128
	wide    []decimal256.Num // instead of sum, if not nil
	n       []int64          // rows added
}

func newExactSum(s Spec) *exactSum {
	scale := 0
	if s.Args[0].Kind == types.Decimal {
		scale = int(s.Args[0].Scale)
	}
	return &exactSum{average: s.Func == plan.Avg, scale: scale, result: s.Result}
}

func (s *exactSum) Grow(n int) {
	if s.wide != nil {
		s.wide = extend(s.wide, n)
	} else {
		s.sum = extend(s.sum, n)
	}
	s.n = extend(s.n, n)
}

func (s *exactSum) Reset() { s.sum, s.wide, s.n = s.sum[:0], nil, s.n[:0] }

func (s *exactSum) Bytes() int64 { return int64(16*cap(s.sum) + 32*cap(s.wide) + 8*cap(s.n)) }

func (s *exactSum) Update(groups []int32, args []arrow.Array, rows int) error {
	if vals := words(args[0]); vals != nil && groups != nil && s.wide == nil {
		if len(s.sum) > fewGroups || !s.addFew(groups, vals) {
			addCounted(s.sum, s.n, groups, vals)
		}
		return nil
	}
	s.add(groups, args[0])
	s.countRows(groups, args[0], rows)
	return nil
}

// words returns the values of a vector of 64-bit numbers without a NULL; nil: it is another one.
func words(a arrow.Array) []int64 {
	switch a.(type) {
	case *array.Int64, *array.Decimal64:
		if _, some := nullsOf(a); !some {
			return fixed[int64](a)
		}
	}
	return nil
}

// fewGroups is the number of groups up to which a batch is summed up in an array of its own.
const fewGroups = 32

// addFew is addCounted for few groups. Rows of one group often follow each other, and each would wait for the sum that the
// one before stores: there are two sums of a group, for rows in turn, of 64 bits. If these might not do it adds nothing
// and reports false.
func (s *exactSum) addFew(groups []int32, vals []int64) bool {
	type partial struct{ sum, n int64 }
	var even, odd [fewGroups]partial
	var magnitudes int64
	groups = groups[:len(vals)]
	i := 0
	for ; i+2 <= len(vals); i += 2 {
		g, v := groups[i:i+2], vals[i:i+2]
		p, q := &even[uint32(g[0])%fewGroups], &odd[uint32(g[1])%fewGroups]
		p.sum += v[0]
		p.n++
		q.sum += v[1]
		q.n++
		magnitudes |= v[0] ^ v[0]>>63 | v[1] ^ v[1]>>63
	}
	for ; i < len(vals); i++ {
		p := &even[uint32(groups[i])%fewGroups]
		p.sum += vals[i]
		p.n++
		magnitudes |= vals[i] ^ vals[i]>>63
	}
	if bits.Len64(uint64(magnitudes))+bits.Len(uint(len(vals))) > 62 {
		return false
	}
	for g := range s.sum {
		sum := even[g].sum + odd[g].sum
		s.sum[g].add(uint64(sum), sum>>63)
		s.n[g] += even[g].n + odd[g].n
	}
	return true
}

// addCounted adds values and counts them in one pass.
func addCounted(sum []int128, n []int64, groups []int32, vals []int64) {
	groups, n = groups[:len(vals)], n[:len(sum)]
	for i, v := range vals {
		g := groups[i]
		s := &sum[g]
		lo, carry := bits.Add64(s.lo, uint64(v), 0)
		s.lo = lo
		s.hi += v>>63 + int64(carry)
		n[g]++
	}
}

func (s *exactSum) countRows(groups []int32, a arrow.Array, rows int) {
	nulls, some := nullsOf(a)
	switch {
	case a.DataType().ID() == arrow.NULL:
	case some:
		for i := range rows {
			if nulls.ok(i) {
				s.n[group(groups, i)]++
			}
		}
	case groups == nil:
		s.n[0] += int64(rows)
	default:
		for _, g := range groups {
			s.n[g]++
		}
	}
}

// add adds the values of a, which may be a vector of arguments or of sums.
func (s *exactSum) add(groups []int32, a arrow.Array) {
	if s.wide != nil && a.DataType().ID() != arrow.NULL {
		s.addWide(groups, a)
		return
	}
	nulls, some := nullsOf(a)
	switch v := a.(type) {
	case *array.Int8:
		addSigned(s.sum, groups, v.Int8Values(), nulls, some)
	case *array.Int16:
		addSigned(s.sum, groups, v.Int16Values(), nulls, some)
	case *array.Int32:
		addSigned(s.sum, groups, v.Int32Values(), nulls, some)
	case *array.Int64:
		addSigned(s.sum, groups, v.Int64Values(), nulls, some)
	case *array.Decimal64:
		addSigned(s.sum, groups, fixed[int64](a), nulls, some)
	case *array.Uint8:
		addUnsigned(s.sum, groups, v.Uint8Values(), nulls, some)
	case *array.Uint16:
		addUnsigned(s.sum, groups, v.Uint16Values(), nulls, some)
	case *array.Uint32:
		addUnsigned(s.sum, groups, v.Uint32Values(), nulls, some)
	case *array.Uint64:
		addUnsigned(s.sum, groups, v.Uint64Values(), nulls, some)
	case *array.Boolean:
		for i := range v.Len() {
			if v.IsValid(i) && v.Value(i) {
				s.sum[group(groups, i)].add(1, 0)
			}
		}
	case *array.Decimal128:
		if !s.add128(groups, v, nulls, some) {
			s.promote()
			s.addWide(groups, a)
		}
	case *array.Decimal256:
		s.promote()
		s.addWide(groups, a)
	}
}

func (s *int128) add(lo uint64, hi int64) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, lo, 0)
	s.hi += hi + int64(carry)
}

func addSigned[T int8 | int16 | int32 | int64](sum []int128, groups []int32, vals []T, nulls validity, some bool) {
	switch {
	case some:
		for i, v := range vals {
			if nulls.ok(i) {
				sum[group(groups, i)].add(uint64(v), int64(v)>>63)
			}
		}
	case groups == nil:
		// The halves of a batch's values cannot overflow: a batch has fewer than 2^31 rows.
		var low uint64
		var high int64
		for _, v := range vals {
			low += uint64(v) & (1<<32 - 1)
			high += int64(v) >> 32
		}
		sum[0].add(low, 0)
		sum[0].add(uint64(high)<<32, high>>32)
	default:
		groups = groups[:len(vals)]
		for i, v := range vals {
			s := &sum[groups[i]]
			lo, carry := bits.Add64(s.lo, uint64(v), 0)
			s.lo = lo
			s.hi += int64(v)>>63 + int64(carry)
		}
	}
}

func addUnsigned[T uint8 | uint16 | uint32 | uint64](sum []int128, groups []int32, vals []T, nulls validity, some bool) {
	for i, v := range vals {
		if !some || nulls.ok(i) {
			sum[group(groups, i)].add(uint64(v), 0)
		}
	}
}

// add128 adds a vector of 128-bit numbers. If one of the sums, or a number, comes near the limit of 128 bits it adds
// nothing and reports false.
func (s *exactSum) add128(groups []int32, a *array.Decimal128, nulls validity, some bool) bool {
	// |sum| < 2^126 and at most 2^31 rows of |value| < 2^95 stay below 2^127.
	for i, v := range a.Values() {
		if some && !nulls.ok(i) {
			continue
		}
		if h := v.HighBits(); h >= 1<<31 || h < -1<<31 {
			return false
		}
		if h := s.sum[group(groups, i)].hi; h >= 1<<62 || h < -1<<62 {
			return false
		}
	}
	for i, v := range a.Values() {
		if !some || nulls.ok(i) {
			s.sum[group(groups, i)].add(v.LowBits(), v.HighBits())
		}
	}
	return true
}

func (s *exactSum) promote() {
	if s.wide != nil {
		return
	}
	s.wide = make([]decimal256.Num, len(s.sum))
	for i, v := range s.sum {
		s.wide[i] = decimal256.FromDecimal128(decimal128.New(v.hi, v.lo))
	}
	s.sum = nil
}

func (s *exactSum) addWide(groups []int32, a arrow.Array) {
	for i := range a.Len() {
		if a.IsNull(i) {
			continue
		}
		g := group(groups, i)
		s.wide[g] = s.wide[g].Add(numberAt(a, i))
	}
}

// numberAt returns row i of an array of integers or decimals.
func numberAt(a arrow.Array, i int) decimal256.Num {
	switch v := a.(type) {
	case *array.Int8:
		return decimal256.FromI64(int64(v.Value(i)))
	case *array.Int16:
		return decimal256.FromI64(int64(v.Value(i)))
	case *array.Int32:
		return decimal256.FromI64(int64(v.Value(i)))
	case *array.Int64:
		return decimal256.FromI64(v.Value(i))
	case *array.Uint8:
		return decimal256.FromU64(uint64(v.Value(i)))
	case *array.Uint16:
		return decimal256.FromU64(uint64(v.Value(i)))
	case *array.Uint32:
		return decimal256.FromU64(uint64(v.Value(i)))
	case *array.Uint64:
		return decimal256.FromU64(v.Value(i))
	case *array.Boolean:
		if v.Value(i) {
			return decimal256.FromU64(1)
		}
		return decimal256.Num{}
	}
	return wide(a, i)
}

func (s *exactSum) StateTypes() []types.Type {
	return []types.Type{types.NewDecimal(types.MaxPrecision, s.scale), types.Of(types.Int64)}
}

func (s *exactSum) States(mem memory.Allocator, from, to int) ([]arrow.Array, error) {
	return []arrow.Array{
		s.sums(mem, from, to, nil), values(mem, arrow.PrimitiveTypes.Int64, s.n[from:to], nil),
	}, nil
}

func (s *exactSum) Merge(groups []int32, states []arrow.Array, rows int) error {
	s.add(groups, states[0])
	for i, n := range states[1].(*array.Int64).Int64Values() {
		s.n[group(groups, i)] += n
	}
	return nil
}

// sums returns the sums of groups [from, to) as decimals, NULL where set is false.
func (s *exactSum) sums(mem memory.Allocator, from, to int, set []bool) arrow.Array {
	if s.wide != nil {
		return decimals(mem, s.scale, s.wide[from:to], set)
	}
	sum := s.sum[from:to]
	narrow := true
	for _, v := range sum {
		narrow = narrow && v.hi == int64(v.lo)>>63
	}
	width := types.W128
	if narrow {
		width = types.W64
	}
	b := newBuilder(mem, len(sum), int(width)/8)
	if narrow {
		out := arrow.GetData[int64](b.data.Bytes())
		for i, v := range sum {
			out[i] = int64(v.lo)
		}
	} else {
		out := arrow.GetData[decimal128.Num](b.data.Bytes())
		for i, v := range sum {
			out[i] = decimal128.New(v.hi, v.lo)
		}
	}
	for i, ok := range set {
		if !ok {
			b.null(i)
		}
	}
	return b.array(types.DecimalArrow(width, s.scale), len(sum))
}

func (s *exactSum) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	set := make([]bool, to-from)
	for i, n := range s.n[from:to] {
		set[i] = n > 0
	}
	if !s.average {
		if s.wide != nil {
			for i, v := range s.wide[from:to] {
				if set[i] && !v.FitsInPrecision(types.MaxPrecision) {
					return nil, sqlerr.New(sqlerr.OutOfRange, "the value of SUM is out of range for %s", s.result)
				}
			}
		}
		return s.sums(mem, from, to, set), nil
	}
	out := make([]decimal256.Num, to-from)
	up := int(s.result.Scale) - s.scale
	for i, ok := range set {
		if ok {
			out[i] = s.quotient(from+i, up)
		}
	}
	return decimals(mem, int(s.result.Scale), out, set), nil
}

// quotient returns the average of a group, scaled up by 10^up and rounded half away from zero; cut off where those are all the
// digits that MySQL computes.
func (s *exactSum) quotient(g, up int) decimal256.Num {
	n := s.n[g]
	round := int(s.result.Scale) < types.QuotientScale(s.scale, 0)
	if s.wide == nil {
		v := s.sum[g]
		if unit := powers[min(up, len(powers)-1)]; up < len(powers) && v.hi == int64(v.lo)>>63 && n < 1<<62 {
			if x := int64(v.lo); x < (1<<62)/unit && x > -(1<<62)/unit {
				if round {
					return decimal256.FromI64(divideRounded(x*unit, n))
				}
				return decimal256.FromI64(x * unit / n)
			}
		}
	}
	var v decimal256.Num
	if s.wide != nil {
		v = s.wide[g]
	} else {
		v = decimal256.FromDecimal128(decimal128.New(s.sum[g].hi, s.sum[g].lo))
	}
	negative := v.Sign() < 0
	// The digits after the point come of the remainder, which has room for them, where a large sum has not.
	rows := decimal256.FromI64(n)
	q, r := v.Abs().Div(rows)
	digits, r := r.IncreaseScaleBy(int32(up)).Div(rows)
	q = q.IncreaseScaleBy(int32(up)).Add(digits)
	if twice := r.Add(r); round && twice.GreaterEqual(rows) {
		q = q.Add(decimal256.FromU64(1))
	}
	if negative {
		q = q.Negate()
	}
	return q
}

// powers are the powers of ten that averages of money need.
var powers = [...]int64{1, 10, 100, 1000, 10000, 100000, 1000000}

// divideRounded divides, rounding half away from zero; n is positive and both are below 2^62.
func divideRounded(x, n int64) int64 {
	if x < 0 {
		return -((-x + n/2) / n) // n/2 rounds down: an odd n has no half
	}
	return (x + n/2) / n
}
