package rowkey

import (
	"math/bits"
	"slices"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/zeebo/xxh3"
)

// row states of an encoded batch.
const (
	regular uint8 = iota // the words hold the key
	escaped              // the byte string holds it
	noMatch              // NULL in a strict field
)

// Encoder makes the keys of batches. It belongs to one goroutine; its results are valid until the next Encode, byte
// strings only while the encoded arrays live.
type Encoder struct {
	fields []Field
	layout layout
	places []place

	rows   int
	words  []uint64 // one or two for each row
	hash   []uint64
	state  []uint8 // meaningful if irregular
	text   []string
	others []int32  // the escaped rows
	cell   []byte   // the byte string being made
	arena  []byte   // the last chunk of byte strings
	full   int      // bytes of the chunks before
	heads  []uint32 // of an index that was probed

	dicts []dictionary // by field, for vectors that have one

	irregular bool   // a row is not regular
	unhashed  bool   // rows get no hashes; none may escape
	spread    uint64 // varies the hashes of rows that match nothing
}

// NewEncoder returns an encoder of keys made of fields. Without fields every row has the same key.
func NewEncoder(fields []Field) *Encoder {
	l, places := arrange(fields)
	return &Encoder{fields: fields, layout: l, places: places}
}

// Hash returns the hashes of the encoded rows. Rows that no key equals have one too.
func (e *Encoder) Hash() []uint64 { return e.hash[:e.rows] }

// NullRow reports whether row i has a NULL in a strict field, so that it equals nothing.
func (e *Encoder) NullRow(i int) bool { return e.irregular && e.state[i] == noMatch }

// Encode computes the keys of the first rows rows of cols, one array for each field.
func (e *Encoder) Encode(cols []arrow.Array, rows int) {
	stride := 1
	if e.layout == twoWords {
		stride = 2
	}
	e.rows = rows
	e.words = grow(e.words, rows*stride)
	if !e.unhashed {
		e.hash = grow(e.hash, rows)
	}
	e.state = grow(e.state, rows)
	e.others = e.others[:0]
	if e.full > 0 {
		clear(e.text) // they would keep chunks alive
	}
	e.arena, e.full = e.arena[:0], 0
	e.irregular = e.layout == byteString
	if rows == 0 {
		return
	}
	if e.irregular {
		for i := range e.state {
			e.state[i] = escaped
		}
		e.strictNulls(cols)
	} else {
		clear(e.state)
		clear(e.words)
		for i := range e.fields {
			e.pack(i, stride, cols[i])
		}
		if e.unhashed {
			return
		}
		e.hashWords(stride)
	}
	if e.irregular {
		e.escape(cols)
		e.spreadNulls()
	}
}

// spreadNulls gives rows that match nothing hashes of their own, so that they do not all meet in one partition.
func (e *Encoder) spreadNulls() {
	for i, s := range e.state[:e.rows] {
		if s == noMatch {
			e.spread++
			e.hash[i] = mix(e.spread)
		}
	}
}

// grow returns a slice of length n that reuses s.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, max(n, 2*cap(s)))
	}
	return s[:n]
}

// mix is a strong hash of a word: a full multiply folded to 64 bits.
func mix(w uint64) uint64 {
	hi, lo := bits.Mul64(w^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	return hi ^ lo
}

func mix2(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xe7037ed1a0b428db)
	return mix(hi ^ lo ^ a)
}

func (e *Encoder) hashWords(stride int) {
	hash := e.hash[:e.rows]
	if stride == 1 {
		words := e.words[:len(hash)]
		for i, w := range words {
			hash[i] = mix(w)
		}
		return
	}
	pairs := e.two()[:len(hash)]
	for i := range pairs {
		hash[i] = mix2(pairs[i][0], pairs[i][1])
	}
}

func (e *Encoder) one() []uint64 { return e.words[:e.rows] }

func (e *Encoder) two() [][2]uint64 {
	if e.rows == 0 {
		return nil
	}
	return unsafe.Slice((*[2]uint64)(unsafe.Pointer(unsafe.SliceData(e.words))), e.rows)
}

// escape makes the byte strings of the rows that escaped.
func (e *Encoder) escape(cols []arrow.Array) {
	if len(e.text) < e.rows {
		e.text = make([]string, e.rows)
	}
	single := e.refers()
	for i, s := range e.state[:e.rows] {
		if s != escaped {
			continue
		}
		e.others = append(e.others, int32(i))
		if single && !cols[0].IsNull(i) {
			// More than seven bytes, so never the one byte of an escaped NULL.
			e.text[i] = textOf(cols[0], i)
		} else {
			e.cell = e.cell[:0]
			for k, f := range e.fields {
				e.cell = f.appendCell(e.cell, cols[k], i)
			}
			e.text[i] = e.store(e.cell)
		}
		e.hash[i] = xxh3.HashString(e.text[i])
	}
}

// refers reports that byte strings are the texts of the rows themselves.
func (e *Encoder) refers() bool {
	return len(e.fields) == 1 && e.fields[0].class == classBytes && e.fields[0].weigh == nil && e.layout == oneWord
}

// The sizes of the chunks that byte strings are stored in, as far as they suffice for one.
const minChunk, maxChunk = 1 << 10, 1 << 20

// store returns a copy of a byte string. Chunks are not grown: the strings in one would keep it alive beside its copy.
func (e *Encoder) store(key []byte) string {
	if cap(e.arena)-len(e.arena) < len(key) {
		e.full += cap(e.arena)
		e.arena = make([]byte, 0, max(minChunk, min(2*cap(e.arena), maxChunk), len(key)))
	}
	start := len(e.arena)
	e.arena = append(e.arena, key...)
	return view(e.arena[start:])
}

// view returns b as a string without copying; b must not change while the string is used.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Bytes returns the memory the encoder's buffers take.
func (e *Encoder) Bytes() int64 {
	dicts := 0
	for _, d := range e.dicts {
		dicts += 8*cap(d.words) + cap(d.state)
	}
	return int64(dicts + 8*cap(e.words) + 8*cap(e.hash) + cap(e.state) + 16*cap(e.text) + 4*cap(e.others) + cap(e.cell) + e.full + cap(e.arena) + 4*cap(e.heads))
}

// Partition sets parts[p] to the rows whose hash falls into partition p at a depth of repartitioning; len(parts) is a
// power of two.
func Partition(hash []uint64, parts [][]int32, depth int) {
	width := bits.TrailingZeros(uint(len(parts)))
	shift, mask := uint(depth*width), uint64(len(parts)-1)
	for p := range parts {
		parts[p] = slices.Grow(parts[p][:0], len(hash)/len(parts))
	}
	for i, h := range hash {
		p := h >> shift & mask
		parts[p] = append(parts[p], int32(i))
	}
}
