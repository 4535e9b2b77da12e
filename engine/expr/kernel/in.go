package kernel

import (
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/types"
)

// In returns the predicate: a vector of type t has one of the values, which are of type t and not NULL; nil where t has no
// kernel.
func In(t types.Type, list []types.Value) Predicate {
	switch {
	case len(list) == 0:
		return always(false)
	case t.IsInteger() || t.IsTemporal():
		ints := make([]int64, len(list))
		for i, v := range list {
			ints[i] = v.Int
		}
		return integerIn{newIntegerSet(ints)}
	case t.Kind == types.Float64:
		set := make(map[float64]struct{}, len(list))
		for _, v := range list {
			set[v.Float] = struct{}{}
		}
		return doubleIn(set)
	case t.Kind == types.Decimal:
		return newDecimalIn(list)
	case collated(t) != nil:
		return collatedIn(collated(t), list)
	case t.IsString():
		return newBytesIn(list)
	}
	return nil
}

// integerSet is a set of integers: a bitmap where they lie close together, else an open-addressing hash table behind a
// bitmap of the members' hashes, which answers for most values that are no members.
type integerSet struct {
	low    int64
	bitmap []uint64
	hashes []uint64
	slots  []int64
	used   []bool
	shift  uint
}

// hashBits is the size of the bitmap of hashes, 8 KiB, as a power of two.
const hashBits = 16

// denseSpan is the widest range that is kept as a bitmap: 8 KiB.
const denseSpan = 1 << 16

func newIntegerSet(list []int64) *integerSet {
	low, high := list[0], list[0]
	for _, v := range list {
		low, high = min(low, v), max(high, v)
	}
	s := &integerSet{low: low}
	if span := uint64(high) - uint64(low); span < denseSpan {
		s.bitmap = make([]uint64, span/64+1)
		for _, v := range list {
			d := uint64(v) - uint64(low)
			s.bitmap[d/64] |= 1 << (d % 64)
		}
		return s
	}
	size := 1 << bits.Len(uint(2*len(list)))
	s.slots, s.used = make([]int64, size), make([]bool, size)
	s.hashes = make([]uint64, 1<<hashBits/64)
	s.shift = uint(64 - bits.Len(uint(size-1)))
	for _, v := range list {
		at := s.slot(v)
		for s.used[at] && s.slots[at] != v {
			at = (at + 1) & (size - 1)
		}
		s.slots[at], s.used[at] = v, true
		h := hashOf(v) >> (64 - hashBits)
		s.hashes[h/64] |= 1 << (h % 64)
	}
	return s
}

// hashOf is Fibonacci hashing: the upper bits count.
func hashOf(v int64) uint64 { return uint64(v) * 0x9e3779b97f4a7c15 }

// slot is the first place for v.
func (s *integerSet) slot(v int64) int { return int(hashOf(v) >> s.shift) }

// may returns 1 if the hash of a value is a member's, else 0.
func may(hashes *[1 << hashBits / 64]uint64, v int64) byte {
	h := hashOf(v) >> (64 - hashBits)
	return byte(hashes[h/64] >> (h % 64) & 1)
}

func (s *integerSet) has(v int64) bool {
	if s.bitmap != nil {
		d := uint64(v) - uint64(s.low)
		return d/64 < uint64(len(s.bitmap)) && s.bitmap[d/64]>>(d%64)&1 != 0
	}
	mask := len(s.slots) - 1
	for at := s.slot(v); s.used[at]; at = (at + 1) & mask {
		if s.slots[at] == v {
			return true
		}
	}
	return false
}

type integerIn struct{ set *integerSet }

func (p integerIn) Bits(out []byte, a arrow.Array) {
	switch a.DataType().ID() {
	case arrow.INT32, arrow.DATE32:
		memberBits(out, fixed[int32](a), p.set)
	default:
		memberBits(out, wide(a), p.set)
	}
}

func (p integerIn) Filter(sel []int32, a arrow.Array) []int32 {
	switch a.DataType().ID() {
	case arrow.INT32, arrow.DATE32:
		return memberFilter(sel, fixed[int32](a), p.set)
	}
	return memberFilter(sel, wide(a), p.set)
}

func memberBits[T int32 | int64](out []byte, values []T, set *integerSet) {
	clear(out)
	if set.bitmap != nil {
		for i, v := range values {
			out[i>>3] |= b2u(set.has(int64(v))) << (i & 7)
		}
		return
	}
	hashes := (*[1 << hashBits / 64]uint64)(set.hashes)
	for i, v := range values {
		if may(hashes, int64(v)) != 0 && set.has(int64(v)) {
			out[i>>3] |= 1 << (i & 7)
		}
	}
}

func memberFilter[T int32 | int64](sel []int32, values []T, set *integerSet) []int32 {
	if set.bitmap == nil {
		sel = mayFilter(sel, values, set)
	}
	k := 0
	for _, i := range sel {
		sel[k] = i
		k += int(b2u(set.has(int64(values[i]))))
	}
	return sel[:k]
}

// mayFilter keeps the rows with the hash of a member.
func mayFilter[T int32 | int64](sel []int32, values []T, set *integerSet) []int32 {
	hashes := (*[1 << hashBits / 64]uint64)(set.hashes)
	k := 0
	for _, i := range sel {
		sel[k] = i
		k += int(may(hashes, int64(values[i])))
	}
	return sel[:k]
}

type doubleIn map[float64]struct{}

func (p doubleIn) Bits(out []byte, a arrow.Array) {
	clear(out)
	for i, v := range fixed[float64](a) {
		_, found := p[v]
		out[i>>3] |= b2u(found) << (i & 7)
	}
}

func (p doubleIn) Filter(sel []int32, a arrow.Array) []int32 { return filterByBits(p, sel, a) }

// decimalIn holds its members twice: those of 64 bits for the fast loop, all for wide vectors.
type decimalIn struct {
	narrow integerIn // set is nil: none fits
	all    map[decimal256.Num]struct{}
}

func newDecimalIn(list []types.Value) decimalIn {
	p := decimalIn{all: make(map[decimal256.Num]struct{}, len(list))}
	var ints []int64
	for _, v := range list {
		p.all[v.Dec] = struct{}{}
		if widthOf(v.Dec) == types.W64 {
			ints = append(ints, int64(v.Dec.LowBits()))
		}
	}
	if ints != nil {
		p.narrow.set = newIntegerSet(ints)
	}
	return p
}

func (p decimalIn) Bits(out []byte, a arrow.Array) {
	switch {
	case Width(a) == types.W64 && p.narrow.set == nil:
		clear(out)
	case Width(a) == types.W64:
		memberBits(out, fixed[int64](a), p.narrow.set)
	default:
		clear(out)
		d := decimalOperand(Vector(a)).widen(types.W256)
		for i, v := range d.v256.values {
			_, found := p.all[v]
			out[i>>3] |= b2u(found) << (i & 7)
		}
	}
}

func (p decimalIn) Filter(sel []int32, a arrow.Array) []int32 { return filterByBits(p, sel, a) }

// bytesIn tests a few members one by one, many by hash.
type bytesIn struct {
	few  []string
	many map[string]struct{}
}

const fewMembers = 6

func newBytesIn(list []types.Value) bytesIn {
	var p bytesIn
	if len(list) > fewMembers {
		p.many = make(map[string]struct{}, len(list))
	}
	for _, v := range list {
		if p.many != nil {
			p.many[v.Str] = struct{}{}
		} else {
			p.few = append(p.few, v.Str)
		}
	}
	return p
}

func (p bytesIn) has(s []byte) bool {
	for _, m := range p.few {
		if string(s) == m {
			return true
		}
	}
	_, found := p.many[string(s)]
	return found
}

func (p bytesIn) Bits(out []byte, a arrow.Array) {
	offsets, data := texts(a)
	clear(out)
	for i := range a.Len() {
		out[i>>3] |= b2u(p.has(data[offsets[i]:offsets[i+1]])) << (i & 7)
	}
}

func (p bytesIn) Filter(sel []int32, a arrow.Array) []int32 {
	offsets, data := texts(a)
	k := 0
	for _, i := range sel {
		sel[k] = i
		k += int(b2u(p.has(data[offsets[i]:offsets[i+1]])))
	}
	return sel[:k]
}

// Negate returns the predicate for the other rows.
func Negate(p Predicate) Predicate { return negated{p} }

type negated struct{ Predicate }

func (p negated) Bits(out []byte, a arrow.Array) {
	p.Predicate.Bits(out, a)
	for i := range out {
		out[i] = ^out[i]
	}
}

func (p negated) Filter(sel []int32, a arrow.Array) []int32 { return filterByBits(p, sel, a) }

// Test returns the kernel that evaluates a predicate on its only argument, a vector; unknown says which answers become NULL.
func Test(p Predicate, unknown Unknown) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newBitmap(ctx.Mem, n)
		p.Bits(out, args[0].Array)
		if err := Ended(p); err != nil {
			buf.Release()
			return nil, err
		}
		trimBits(out, n)
		valid := bothValid(ctx.Mem, args, n)
		if unknown != NeverUnknown {
			if valid == nil {
				valid = allValid(ctx.Mem, n)
			}
			known := valid.Bytes()
			for i, b := range out {
				if unknown == UnknownIfTrue {
					b = ^b
				}
				known[i] &= b
			}
		}
		return makeArray(arrow.FixedWidthTypes.Boolean, n, valid, buf), nil
	}
}

// Unknown says which answers of a predicate are NULL instead.
type Unknown uint8

// The cases of IN: without a NULL in the list, with one, and NOT IN with one.
const (
	NeverUnknown Unknown = iota
	UnknownIfFalse
	UnknownIfTrue
)
