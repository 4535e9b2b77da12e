package rowkey

import (
	"math/bits"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
)

// Encoder makes the keys of batches, column by column. It belongs to one goroutine; its results are valid until the next
// Encode and only while the encoded arrays live.
type Encoder struct {
	fields []Field
	places []place

	keys  // of the rows
	rows  int
	hash  []uint64
	null  []bool       // rows that equal nothing; empty: there are none
	texts []texts      // by field; meaningful for those in long
	dicts []dictionary // by field
	long  []int        // the fields of which a row has a value that its word does not hold
	heads []uint32     // of an index that was probed

	unhashed bool   // rows get no hashes
	spread   uint64 // varies the hashes of rows that equal nothing
}

// NewEncoder returns an encoder of keys made of fields. Without fields every row has the same key.
func NewEncoder(fields []Field) *Encoder {
	places, stride := arrange(fields)
	return &Encoder{
		fields: fields, places: places, texts: make([]texts, len(fields)), dicts: make([]dictionary, len(fields)),
		keys: keys{stride: stride, flagged: (len(fields) + fieldFlags - 1) / fieldFlags},
	}
}

// Hash returns the hashes of the encoded rows. Rows that no key equals have one too.
func (e *Encoder) Hash() []uint64 { return e.hash[:e.rows] }

// NullRow reports whether row i has a NULL in a strict field, so that it equals nothing.
func (e *Encoder) NullRow(i int) bool { return len(e.null) > 0 && e.null[i] }

// Encode computes the keys of the first rows rows of cols, one array for each field.
func (e *Encoder) Encode(cols []arrow.Array, rows int) {
	e.rows = rows
	e.words = grow(e.words, rows*e.stride)
	clear(e.words)
	e.flags, e.null, e.long = e.flags[:0], e.null[:0], e.long[:0]
	if rows > 0 {
		for k, col := range cols[:len(e.fields)] {
			e.pack(k, col)
		}
	}
	if !e.unhashed {
		e.hash = grow(e.hash, rows)
		e.hashWords()
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

// hashWords computes the hashes of the rows.
func (e *Encoder) hashWords() {
	hash := e.hash[:e.rows]
	switch n := e.stride; n {
	case 1:
		words := e.words[:len(hash)]
		for i, w := range words {
			hash[i] = mix(w)
		}
	case 2:
		pairs := rowsOf[[2]uint64](e.words)[:len(hash)]
		for i := range pairs {
			hash[i] = mix2(pairs[i][0], pairs[i][1])
		}
	default:
		for i := range hash {
			h := uint64(0)
			for _, w := range e.words[i*n : i*n+n] {
				h = mix2(h, w)
			}
			hash[i] = h
		}
	}
	for n, f := range e.flags {
		if f != 0 {
			hash[n/e.flagged] = mix2(hash[n/e.flagged], f)
		}
	}
	for i, null := range e.null {
		if null { // a hash of its own, so that such rows do not all meet in one partition
			e.spread++
			hash[i] = mix(e.spread)
		}
	}
}

// setNull takes row i out of matching.
func (e *Encoder) setNull(i int) {
	if len(e.null) == 0 {
		e.null = grow(e.null, e.rows)
		clear(e.null)
	}
	e.null[i] = true
}

// texts are byte strings, one for each row: those of an array, or others that were made.
type texts struct {
	data    []byte
	offsets []int32 // of an array's
	ends    []int   // of those that were made
	codes   []int32 // of each row, which string it has; nil: that of its number
}

func (t *texts) at(i int) []byte {
	if t.codes != nil {
		i = int(t.codes[i])
	}
	if t.offsets != nil {
		return t.data[t.offsets[i]:t.offsets[i+1]]
	}
	start := 0
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.data[start:t.ends[i]]
}

// make begins with strings that are to be made.
func (t *texts) make() { *t = texts{data: t.made(), ends: t.ends[:0]} }

// made returns the room for strings that are made.
func (t *texts) made() []byte {
	if t.offsets != nil {
		return nil // they are an array's
	}
	return t.data[:0]
}

// end ends the string of row i, which is empty if nothing was added, as those of the rows between the last and i are.
func (t *texts) end(i int, text []byte) {
	for len(t.ends) < i {
		t.ends = append(t.ends, len(t.data))
	}
	t.data = append(t.data, text...)
	t.ends = append(t.ends, len(t.data))
}

func (t *texts) bytes() int64 {
	return int64(cap(t.made()) + 8*cap(t.ends))
}

// rest returns what the word of field k in row i does not hold but for a hash; empty: it holds all. Keys whose words are equal
// differ where this does.
func (e *Encoder) rest(i, k int) []byte {
	text := e.texts[k].at(i)
	if len(text) <= e.fields[k].inline() || e.flag(i, k) == isNull {
		return nil
	}
	return text
}

// Bytes returns the memory the encoder's buffers take.
func (e *Encoder) Bytes() int64 {
	n := int64(8*cap(e.words) + 8*cap(e.hash) + 8*cap(e.flags) + cap(e.null) + 4*cap(e.heads))
	for i := range e.texts {
		n += e.texts[i].bytes() + int64(8*cap(e.dicts[i].words))
	}
	return n
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
