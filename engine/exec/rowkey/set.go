package rowkey

import (
	"math/bits"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Set holds the keys of one strict field, so that values are told apart which equal none of them; it may say of a few
// values that they are in it which are not. Once made it is read by many goroutines.
//
// Integers that lie close together, or at least not too far for a small set, are bits by position; else the set is a Bloom
// filter whose blocks are single words. Before it, integers have bits for ranges of positions: most values that are not in
// the set fall into none that has a key, and are told apart without a hash.
type Set struct {
	field Field
	low   uint64
	shift uint     // positions of a range are 1 << shift
	dense []uint64 // bit k: a key is in low + [k << shift, (k+1) << shift)
	bloom []uint64 // nil: dense alone tells
}

// How many bits sets have.
const (
	bitsOfKey   = 16      // for each key
	bitsOfSmall = 8 << 20 // or by position as many as this: they stay in a cache
	bitsOfFew   = 128     // unless the keys are so few that this for each is less
	leastBits   = 1024
)

// setChunk is how many rows are encoded at once.
const setChunk = 8192

// positions is how many positions a set of so many keys may have.
func positions(rows int) uint64 {
	return uint64(max(bitsOfKey*rows, min(bitsOfFew*rows, bitsOfSmall)) + leastBits)
}

// SetBytes is the most memory that a set of so many keys takes.
func SetBytes(rows int) int64 { return int64(positions(rows)+uint64(bitsOfBloom(rows))) / 8 }

func bitsOfBloom(rows int) int { return bitsOfKey*rows + leastBits }

// NewSet makes the set of the values of a column; NULL is not in it.
func NewSet(field Field, col arrow.Array) *Set {
	s := &Set{field: field}
	if low, high, ok := s.span(col); ok {
		for s.low = low; (high-low)>>s.shift >= positions(col.Len()); {
			s.shift++
		}
		s.dense = make([]uint64, (high-low)>>s.shift/64+1)
		s.each(col, func(e *Encoder) {
			for i, w := range e.words {
				if !e.NullRow(i) {
					at := (w - low) >> s.shift
					s.dense[at/64] |= 1 << (at % 64)
				}
			}
		})
		if s.shift == 0 {
			return s
		}
	}
	s.bloom = make([]uint64, bitsOfBloom(col.Len())/64)
	s.each(col, func(e *Encoder) {
		for i, h := range e.Hash() {
			if !e.NullRow(i) {
				at, _ := bits.Mul64(h, uint64(len(s.bloom)))
				s.bloom[at] |= probes(h)
			}
		}
	})
	return s
}

// span returns the least and the greatest of integers, as words; false for other keys, or none.
func (s *Set) span(col arrow.Array) (low, high uint64, ok bool) {
	if !s.byPosition() {
		return 0, 0, false
	}
	low, high = ^uint64(0), 0
	s.each(col, func(e *Encoder) {
		for i, w := range e.words {
			if !e.NullRow(i) {
				low, high = min(low, w), max(high, w)
			}
		}
	})
	return low, high, low <= high
}

func (s *Set) byPosition() bool { return NewEncoder([]Field{s.field}).mayBeDense() && s.field.strict }

// each encodes the values of a column chunk by chunk.
func (s *Set) each(col arrow.Array, do func(*Encoder)) {
	e := NewEncoder([]Field{s.field})
	for from := 0; from < col.Len(); from += setChunk {
		part := array.NewSlice(col, int64(from), int64(min(from+setChunk, col.Len())))
		e.Encode([]arrow.Array{part}, part.Len())
		do(e)
		part.Release()
	}
}

// probes are the bits of a hash in its block: its lower bits choose them, and its upper ones the block.
func probes(h uint64) uint64 {
	return 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63) | 1<<(h>>18&63)
}

// Finder returns a function, for one goroutine, that appends to sel the positions of the values that are in the set.
func (s *Set) Finder() func(values arrow.Array, sel []int32) []int32 {
	e := NewEncoder([]Field{s.field})
	e.unhashed = s.dense != nil
	return func(values arrow.Array, sel []int32) []int32 {
		rows := values.Len()
		e.Encode([]arrow.Array{values}, rows)
		from := len(sel)
		sel = slices.Grow(sel, rows)[:from+rows]
		out := sel[from:]
		var k int
		switch {
		case s.dense == nil:
			k = s.findHashed(e, out)
		case s.bloom == nil:
			k = s.findDense(e, out)
		default:
			k = s.findBoth(e, out[:s.findDense(e, out)])
		}
		if len(e.null) > 0 {
			k = e.dropNulls(out[:k])
		}
		return sel[:from+k]
	}
}

// The loops have no branches to mispredict: every row is written, and kept if it counts.

func (s *Set) findDense(e *Encoder, out []int32) int {
	dense, low, shift, k := s.dense, s.low, s.shift&63, 0
	for i, w := range e.words {
		out[k] = int32(i)
		at, in := (w-low)>>shift, uint64(0)
		if at/64 < uint64(len(dense)) {
			in = dense[at/64] >> (at % 64) & 1
		}
		k += int(in)
	}
	return k
}

func (s *Set) findHashed(e *Encoder, out []int32) int {
	bloom, k := s.bloom, 0
	for i, h := range e.Hash() {
		out[k] = int32(i)
		if mayHold(bloom, h) {
			k++
		}
	}
	return k
}

// mayHold reports whether a Bloom filter may have been given a hash.
func mayHold(bloom []uint64, h uint64) bool {
	at, _ := bits.Mul64(h, uint64(len(bloom)))
	want := probes(h)
	return bloom[at]&want == want
}

// findBoth leaves of the rows those whose hash is in the set. They are single integers, which have no flags.
func (s *Set) findBoth(e *Encoder, rows []int32) int {
	bloom, k := s.bloom, 0
	for _, r := range rows {
		rows[k] = r
		if mayHold(bloom, mix(e.words[r])) {
			k++
		}
	}
	return k
}

// dropNulls leaves out the rows that equal nothing.
func (e *Encoder) dropNulls(rows []int32) int {
	k := 0
	for _, r := range rows {
		rows[k] = r
		if !e.null[r] {
			k++
		}
	}
	return k
}
