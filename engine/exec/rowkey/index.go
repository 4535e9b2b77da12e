package rowkey

import (
	"math/bits"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Index finds the rows that have a key: the hash table of a join. Once built it is read by many goroutines.
//
// A slot holds the first row of a chain and a 16-bit Bloom filter of the hashes in it, so that most keys without a
// match touch one cache line. Single integer keys in a narrow range are looked up by position, without hashing.
type Index struct {
	enc    *Encoder // of the stored rows: their keys and hashes
	next   []uint32 // dense and text rows: the next row of the chain + 1, 0 at the end; nil without such rows
	one    []entry[uint64]
	two    []entry[[2]uint64]
	slots  []uint64 // bits 0-31: row + 1; bits 48-63: the Bloom filter
	shift  uint
	dense  []uint32 // instead of slots: by key - low, row + 1
	low    uint64
	escape []uint64 // slots of the rows whose key is a byte string
	eshift uint
	text   int // bytes of the byte strings, which the encoders of the rows made
}

// entry is a row of a chain, laid out so that comparing its key and going on touch one cache line.
type entry[K comparable] struct {
	key  K
	next uint32 // row + 1, 0 at the end
}

// parallelRows is the number of rows from which building is divided among goroutines.
const parallelRows = 1 << 16

// NewIndex indexes the first rows rows of cols, which must live as long as the index. Rows with a NULL in a strict
// field are in no chain.
func NewIndex(fields []Field, cols []arrow.Array, rows, workers int) *Index {
	if rows < parallelRows {
		workers = 1
	}
	x := &Index{enc: NewEncoder(fields)}
	parts := x.encode(cols, rows, workers)
	if !x.buildDense(rows) {
		x.hash(parts, rows)
		x.buildHashed(rows, workers)
	}
	x.enc.words = nil // the keys are in the entries, or are their positions
	if len(x.enc.others) == 0 {
		x.enc.hash = nil
	}
	if !x.enc.irregular {
		x.enc.state = nil
	}
	return x
}

// hash computes the hashes that encode left out.
func (x *Index) hash(parts []*Encoder, rows int) {
	if !x.enc.unhashed {
		return
	}
	x.enc.hash = make([]uint64, rows)
	var wait sync.WaitGroup
	for w, part := range parts {
		from, to := rows*w/len(parts), rows*(w+1)/len(parts)
		part.hash = x.enc.hash[from:to:to]
		wait.Go(func() { part.hashWords(1) })
	}
	wait.Wait()
}

// Bytes returns the memory in use.
func (x *Index) Bytes() int64 {
	return x.enc.Bytes() + int64(x.text+4*cap(x.next)+16*cap(x.one)+24*cap(x.two)+8*cap(x.slots)+4*cap(x.dense)+8*cap(x.escape))
}

// Estimate returns the memory that an index of rows keys takes at most while it is built, but for keys that are stored
// as byte strings: Text estimates those.
func Estimate(fields []Field, rows int) int64 {
	e := NewEncoder(fields)
	perRow := int64(8 + 1 + 20) // hash, state, at most 2.5 slots
	switch e.layout {
	case oneWord:
		perRow += 8 + 16 // the word, in an entry too
	case twoWords:
		perRow += 16 + 24
	}
	if e.layout == byteString || slices.ContainsFunc(fields, Field.mayEscape) {
		perRow += 4 + 2*16 + 2*4 // next, the strings and rows of a part and of all
	}
	return perRow * int64(rows)
}

// mayEscape reports whether keys of the field are often byte strings.
func (f Field) mayEscape() bool { return f.class == classBytes || f.class == classDecimal }

// Text returns about the memory of the keys of rows rows that are stored as byte strings, whose fields have so many bytes
// of text.
func Text(fields []Field, text []int64, rows int) int64 {
	e := NewEncoder(fields)
	if e.refers() || e.layout != byteString && !slices.ContainsFunc(fields, Field.mayEscape) {
		return 0
	}
	n := int64(9 * len(fields) * rows)
	for i, f := range fields {
		if f.weigh != nil {
			n += text[i] // two bytes a letter, as a rule
		}
		n += text[i]
	}
	return n
}

// encode fills x.enc with the keys of all rows, in ranges, each with an encoder of its own. Keys that may turn out to lie
// close together are not hashed.
func (x *Index) encode(cols []arrow.Array, rows, workers int) []*Encoder {
	e := x.enc
	e.unhashed = e.mayBeDense() && e.fields[0].strict // so that no row escapes
	stride := 1
	if e.layout == twoWords {
		stride = 2
	}
	e.rows = rows
	e.words = make([]uint64, rows*stride)
	e.state = make([]uint8, rows)
	if !e.unhashed {
		e.hash = make([]uint64, rows)
	}
	parts := make([]*Encoder, workers)
	var wait sync.WaitGroup
	for w := range workers {
		from, to := rows*w/workers, rows*(w+1)/workers
		part := NewEncoder(e.fields)
		part.words = e.words[from*stride : to*stride : to*stride]
		part.state = e.state[from:to:to]
		if part.unhashed = e.unhashed; !part.unhashed {
			part.hash = e.hash[from:to:to]
		}
		parts[w] = part
		wait.Go(func() {
			ranges := make([]arrow.Array, len(cols))
			for i, c := range cols {
				ranges[i] = array.NewSlice(c, int64(from), int64(to))
				defer ranges[i].Release()
			}
			part.Encode(ranges, to-from)
		})
	}
	wait.Wait()
	for w, part := range parts {
		from := rows * w / workers
		x.text += part.full + cap(part.arena)
		if part.irregular {
			e.irregular = true
		}
		if len(part.others) > 0 && e.text == nil {
			e.text = make([]string, rows)
		}
		for _, i := range part.others {
			e.text[from+int(i)] = part.text[i]
			e.others = append(e.others, int32(from)+i)
		}
	}
	return parts
}

// mayBeDense reports single integer keys.
func (e *Encoder) mayBeDense() bool {
	return e.layout == oneWord && len(e.fields) == 1 && e.fields[0].class == classInt
}

// buildDense makes the positional form if the keys are single integers that lie close together.
func (x *Index) buildDense(rows int) bool {
	e := x.enc
	if !e.mayBeDense() || len(e.others) > 0 || rows == 0 {
		return false
	}
	low, high := ^uint64(0), uint64(0)
	for i, w := range e.one() {
		if e.state[i] == regular {
			low, high = min(low, w), max(high, w)
		}
	}
	if low > high || high-low > uint64(4*rows+1024) {
		return false
	}
	x.low = low
	x.next = make([]uint32, rows)
	x.dense = make([]uint32, high-low+1)
	words := e.one()
	for i := rows - 1; i >= 0; i-- {
		if e.state[i] == regular {
			at := words[i] - low
			x.next[i] = x.dense[at]
			x.dense[at] = uint32(i + 1)
		}
	}
	return true
}

func slotsFor(rows int) ([]uint64, uint) {
	n := 1 << bits.Len(uint(max(rows+rows/4, 15)))
	return make([]uint64, n), uint(64 - bits.TrailingZeros(uint(n)))
}

// bloom is the bit of a hash in its slot's filter.
func bloom(h uint64) uint64 { return 1 << (48 + h>>20&15) }

func (x *Index) buildHashed(rows, workers int) {
	e := x.enc
	if n := len(e.others); n > 0 {
		x.next = make([]uint32, rows)
		x.escape, x.eshift = slotsFor(n)
		for k := n - 1; k >= 0; k-- {
			i := e.others[k]
			h := e.hash[i]
			s := &x.escape[h>>x.eshift]
			x.next[i] = uint32(*s)
			*s = *s>>48<<48 | bloom(h) | uint64(i+1)
		}
	}
	if e.layout == byteString {
		return
	}
	x.slots, x.shift = slotsFor(rows - len(e.others))
	if e.layout == oneWord {
		x.one = make([]entry[uint64], rows)
	} else {
		x.two = make([]entry[[2]uint64], rows)
	}
	var wait sync.WaitGroup
	for w := range workers {
		// Each goroutine fills a range of slots, so that no two touch one.
		from := uint64(len(x.slots) * w / workers)
		to := uint64(len(x.slots) * (w + 1) / workers)
		wait.Go(func() {
			if e.layout == oneWord {
				chain(x, x.one, e.one(), from, to)
			} else {
				chain(x, x.two, e.two(), from, to)
			}
		})
	}
	wait.Wait()
}

// chain inserts the regular rows whose slot lies in [from, to), the last first.
func chain[K comparable](x *Index, entries []entry[K], keys []K, from, to uint64) {
	hash, state := x.enc.hash, x.enc.state
	for i := len(keys) - 1; i >= 0; i-- {
		h := hash[i]
		at := h >> x.shift
		if at < from || at >= to || state[i] != regular {
			continue
		}
		s := &x.slots[at]
		entries[i] = entry[K]{keys[i], uint32(*s)}
		*s = *s>>48<<48 | bloom(h) | uint64(i+1)
	}
}

// Cursor is a position in the matches of one encoded batch. The zero value is at the beginning.
type Cursor struct {
	row     int    // next row, or next of the escaped rows
	chain   uint32 // what is left of the row's chain
	begun   bool   // the encoder knows the heads of the regular rows' chains
	escaped bool   // the regular rows are done
	done    bool
}

// Done reports that all matches were found.
func (c *Cursor) Done() bool { return c.done }

// Probe appends pairs of matching rows, of what e encoded last and of the index, until the slices' capacity is used
// or c is done. Regular rows come in order, then escaped ones.
func (x *Index) Probe(e *Encoder, c *Cursor, probe, build []int32) ([]int32, []int32) {
	if !c.escaped {
		switch {
		case e.layout == byteString:
		case x.dense != nil:
			probe, build = x.probeDense(e, c, probe, build)
		case e.layout == oneWord:
			probe, build = probeHashed(x, x.one, e.one(), e, c, probe, build)
		default:
			probe, build = probeHashed(x, x.two, e.two(), e, c, probe, build)
		}
		if c.chain != 0 || len(probe) == cap(probe) {
			return probe, build
		}
		c.escaped, c.row = true, 0
	}
	return x.probeText(e, c, probe, build)
}

func (x *Index) probeDense(e *Encoder, c *Cursor, probe, build []int32) ([]int32, []int32) {
	words, dense, next, low := e.one(), x.dense, x.next, x.low
	row, chain := c.row, c.chain
	for row < len(words) {
		if chain == 0 {
			if at := words[row] - low; at < uint64(len(dense)) && (!e.irregular || e.state[row] == regular) {
				chain = dense[at]
			}
		}
		for chain != 0 {
			if len(probe) == cap(probe) {
				c.row, c.chain = row, chain
				return probe, build
			}
			probe = append(probe, int32(row))
			build = append(build, int32(chain-1))
			chain = next[chain-1]
		}
		row++
	}
	c.row, c.chain = row, 0
	return probe, build
}

// heads sets e.heads to the chains to search for the encoded rows, 0 for none. The loop has no branches to mispredict,
// so that the slots of many rows are fetched at once.
func (x *Index) heads(e *Encoder) []uint32 {
	slots, shift, hash := x.slots, x.shift, e.hash[:e.rows]
	e.heads = grow(e.heads, e.rows)
	heads := e.heads[:len(hash)]
	for i, h := range hash {
		s := slots[h>>shift]
		may := s >> (48 + h>>20&15) & 1 // as in bloom
		heads[i] = uint32(s) & uint32(-may)
	}
	if e.irregular {
		for i, state := range e.state[:e.rows] {
			if state != regular {
				heads[i] = 0
			}
		}
	}
	return heads
}

func probeHashed[K comparable](x *Index, entries []entry[K], keys []K, e *Encoder, c *Cursor, probe, build []int32) ([]int32, []int32) {
	if !c.begun {
		x.heads(e)
		c.begun = true
	}
	heads := e.heads[:len(keys)]
	row, chain := c.row, c.chain
	for row < len(keys) {
		if chain == 0 {
			chain = heads[row]
		}
		for chain != 0 {
			at := &entries[chain-1]
			if at.key == keys[row] {
				if len(probe) == cap(probe) {
					c.row, c.chain = row, chain
					return probe, build
				}
				probe = append(probe, int32(row))
				build = append(build, int32(chain-1))
			}
			chain = at.next
		}
		row++
	}
	c.row, c.chain = row, 0
	return probe, build
}

func (x *Index) probeText(e *Encoder, c *Cursor, probe, build []int32) ([]int32, []int32) {
	for x.escape != nil && c.row < len(e.others) {
		row := e.others[c.row]
		key, h := e.text[row], e.hash[row]
		if c.chain == 0 {
			if s := x.escape[h>>x.eshift]; s&bloom(h) != 0 {
				c.chain = uint32(s)
			}
		}
		for c.chain != 0 {
			at := c.chain - 1
			if x.enc.hash[at] == h && x.enc.text[at] == key {
				if len(probe) == cap(probe) {
					return probe, build
				}
				probe = append(probe, row)
				build = append(build, int32(at))
			}
			c.chain = x.next[at]
		}
		c.row++
	}
	c.done = true
	return probe, build
}

// First sets out[i] to a row that matches row i of what e encoded last, or -1.
func (x *Index) First(e *Encoder, out []int32) {
	switch {
	case e.layout == byteString:
		for i := range out {
			out[i] = -1
		}
	case x.dense != nil:
		x.firstDense(e, out)
	case e.layout == oneWord:
		firstHashed(x, x.one, e.one(), e, out)
	default:
		firstHashed(x, x.two, e.two(), e, out)
	}
	if !e.irregular {
		return
	}
	for i, s := range e.state[:e.rows] {
		if s != regular {
			out[i] = -1
		}
	}
	for _, row := range e.others {
		out[row] = x.firstText(e.text[row], e.hash[row])
	}
}

func (x *Index) firstDense(e *Encoder, out []int32) {
	dense, low := x.dense, x.low
	for i, w := range e.one() {
		row := int32(-1)
		if at := w - low; at < uint64(len(dense)) {
			row = int32(dense[at]) - 1
		}
		out[i] = row
	}
}

func firstHashed[K comparable](x *Index, entries []entry[K], keys []K, e *Encoder, out []int32) {
	out = out[:len(keys)]
	for i, chain := range x.heads(e)[:len(keys)] {
		out[i] = -1
		for chain != 0 {
			at := &entries[chain-1]
			if at.key == keys[i] {
				out[i] = int32(chain - 1)
				break
			}
			chain = at.next
		}
	}
}

func (x *Index) firstText(key string, h uint64) int32 {
	if x.escape == nil {
		return -1
	}
	s := x.escape[h>>x.eshift]
	if s&bloom(h) == 0 {
		return -1
	}
	for chain := uint32(s); chain != 0; chain = x.next[chain-1] {
		if at := chain - 1; x.enc.hash[at] == h && x.enc.text[at] == key {
			return int32(at)
		}
	}
	return -1
}

// NullRow reports whether row i of the indexed rows has a NULL in a strict field.
func (x *Index) NullRow(i int) bool { return x.enc.NullRow(i) }
