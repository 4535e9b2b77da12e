package rowkey

import (
	"bytes"
	"context"
	"math/bits"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Index finds the rows that have a key: the hash table of a join. Once built it is read by many goroutines.
//
// A slot holds the first row of a chain and a 16-bit Bloom filter of the hashes in it, so that most keys without a
// match touch one cache line. Single integer keys in a narrow range are looked up by position, without hashing.
type Index struct {
	enc   *Encoder  // of the stored rows: their words and flags, unless the entries hold them, and which equal nothing
	texts [][]texts // of each range of rows, by field
	size  int       // rows of a range
	one   []entry[uint64]
	two   []entry[[2]uint64]
	apart []entry[struct{}] // of keys that stay in enc
	next  []uint32          // dense: the next row of the chain + 1, 0 at the end
	slots []uint64          // bits 0-31: row + 1; bits 48-63: the Bloom filter
	shift uint
	dense []uint32 // instead of slots: by key - low, row + 1
	low   uint64
}

// entry is a row of a chain, laid out so that comparing its key and going on touch one cache line.
type entry[K comparable] struct {
	key  K
	next uint32 // row + 1, 0 at the end
}

const (
	parallelRows = 1 << 16 // from so many rows on, building is divided among goroutines
	rangeRows    = 1 << 18 // the most rows that are indexed without a look at the context
)

// NewIndex indexes the first rows rows of cols, which must live as long as the index, in that many goroutines. Rows with a
// NULL in a strict field are in no chain. It fails only if ctx ends, or by a defect.
func NewIndex(ctx context.Context, fields []Field, cols []arrow.Array, rows, workers int) (*Index, error) {
	if rows < parallelRows {
		workers = 1
	}
	x := &Index{enc: NewEncoder(fields), size: min(max((rows+workers-1)/workers, 1), rangeRows)}
	parts, err := x.encode(ctx, cols, rows, workers)
	if err != nil {
		return nil, err
	}
	if !x.buildDense(rows) {
		if err := x.hash(ctx, parts, workers); err != nil {
			return nil, err
		}
		if err := x.buildHashed(ctx, rows, workers); err != nil {
			return nil, err
		}
	}
	x.enc.hash = nil
	if x.apart == nil {
		x.enc.words = nil // the keys are in the entries, or are their positions
	}
	return x, nil
}

// parallel calls work with the numbers below n in as many goroutines as there are workers, until ctx ends.
func parallel(ctx context.Context, n, workers int, work func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i := range n {
		group.Go(sqlerr.Guarded(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return work(ctx, i)
		}))
	}
	return group.Wait()
}

// Bytes returns the memory in use.
func (x *Index) Bytes() int64 {
	n := x.enc.Bytes() + int64(4*cap(x.next)+16*cap(x.one)+24*cap(x.two)+4*cap(x.apart)+8*cap(x.slots)+4*cap(x.dense))
	for _, part := range x.texts {
		for i := range part {
			n += part[i].bytes()
		}
	}
	return n
}

// Estimate returns the memory that an index of rows keys takes at most while it is built, but for what it stores of their
// text: Text estimates that.
func Estimate(fields []Field, rows int) int64 {
	_, stride := arrange(fields)
	perRow := 8*stride + 8 + 20 // words, hash, at most 2.5 slots
	if stride <= 2 {
		perRow += 8*stride + 8 // an entry
	} else {
		perRow += 4 // next
	}
	if slices.ContainsFunc(fields, Field.IsStrict) {
		perRow++ // whether it is NULL
	}
	if slices.ContainsFunc(fields, Field.mayHaveFlags) {
		perRow += 8
	}
	return int64(perRow * rows)
}

func (f Field) mayHaveFlags() bool {
	return !f.strict || f.class == classDecimal || f.class == classMixed
}

// Text returns about the memory of what is stored of the text of rows rows, whose fields have so many bytes.
func Text(fields []Field, text []int64, rows int) int64 {
	var n int64
	for i, f := range fields {
		if f.weigh != nil {
			n += 8*int64(rows) + 2*text[i] // two bytes a letter, as a rule
		}
	}
	return n * 5 / 4 // as slices grow
}

// encode fills x.enc with the keys of all rows, in ranges, each with an encoder of its own. Keys that may turn out to lie
// close together are not hashed.
func (x *Index) encode(ctx context.Context, cols []arrow.Array, rows, workers int) ([]*Encoder, error) {
	e := x.enc
	e.unhashed = e.mayBeDense()
	e.rows = rows
	e.words = make([]uint64, rows*e.stride)
	if !e.unhashed {
		e.hash = make([]uint64, rows)
	}
	var parts []*Encoder
	for from := 0; from < rows; from += x.size {
		to := min(from+x.size, rows)
		part := NewEncoder(e.fields)
		part.words = e.words[from*e.stride : to*e.stride : to*e.stride]
		if part.unhashed = e.unhashed; !part.unhashed {
			part.hash = e.hash[from:to:to]
		}
		parts = append(parts, part)
		x.texts = append(x.texts, part.texts)
	}
	err := parallel(ctx, len(parts), workers, func(_ context.Context, k int) error {
		from := k * x.size
		to := min(from+x.size, rows)
		ranges := make([]arrow.Array, len(cols))
		for i, c := range cols {
			ranges[i] = array.NewSlice(c, int64(from), int64(to))
			defer ranges[i].Release()
		}
		parts[k].Encode(ranges, to-from)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for k, part := range parts {
		x.adopt(part, k*x.size)
	}
	return parts, nil
}

// adopt takes over which rows have flags and which equal nothing, from the encoder of those from from on.
func (x *Index) adopt(part *Encoder, from int) {
	e := x.enc
	if part.irregular() {
		if !e.irregular() {
			e.flags = make([]uint64, e.rows*e.flagged)
		}
		copy(e.flags[from*e.flagged:], part.flags)
	}
	if len(part.null) > 0 {
		if len(e.null) == 0 {
			e.null = make([]bool, e.rows)
		}
		copy(e.null[from:], part.null)
	}
}

// hash computes the hashes that encode left out.
func (x *Index) hash(ctx context.Context, parts []*Encoder, workers int) error {
	if !x.enc.unhashed {
		return nil
	}
	x.enc.hash = make([]uint64, x.enc.rows)
	return parallel(ctx, len(parts), workers, func(_ context.Context, k int) error {
		parts[k].hash = x.enc.hash[k*x.size:][:parts[k].rows]
		parts[k].hashWords()
		return nil
	})
}

// mayBeDense reports single integer keys.
func (e *Encoder) mayBeDense() bool { return len(e.fields) == 1 && e.fields[0].class == classInt }

// buildDense makes the positional form if the keys are single integers that lie close together.
func (x *Index) buildDense(rows int) bool {
	e := x.enc
	if !e.mayBeDense() || e.irregular() || rows == 0 {
		return false
	}
	low, high := ^uint64(0), uint64(0)
	for i, w := range e.words {
		if !e.NullRow(i) {
			low, high = min(low, w), max(high, w)
		}
	}
	if low > high || high-low > uint64(4*rows+1024) {
		return false
	}
	x.low = low
	x.next = make([]uint32, rows)
	x.dense = make([]uint32, high-low+1)
	for i := rows - 1; i >= 0; i-- {
		if !e.NullRow(i) {
			at := e.words[i] - low
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

func (x *Index) buildHashed(ctx context.Context, rows, workers int) error {
	e := x.enc
	x.slots, x.shift = slotsFor(rows)
	var fill func(ctx context.Context, from, to uint64) error
	switch e.stride {
	case 1:
		x.one = make([]entry[uint64], rows)
		fill = func(ctx context.Context, from, to uint64) error {
			return chain(ctx, x, x.one, rowsOf[uint64](e.words), from, to)
		}
	case 2:
		x.two = make([]entry[[2]uint64], rows)
		fill = func(ctx context.Context, from, to uint64) error {
			return chain(ctx, x, x.two, rowsOf[[2]uint64](e.words), from, to)
		}
	default:
		x.apart = make([]entry[struct{}], rows)
		fill = func(ctx context.Context, from, to uint64) error {
			return chain(ctx, x, x.apart, make([]struct{}, rows), from, to)
		}
	}
	return parallel(ctx, workers, workers, func(ctx context.Context, w int) error {
		// Each goroutine fills a range of slots, so that no two touch one.
		return fill(ctx, uint64(len(x.slots)*w/workers), uint64(len(x.slots)*(w+1)/workers))
	})
}

// chain inserts the rows whose slot lies in [from, to), the last first.
func chain[K comparable](ctx context.Context, x *Index, entries []entry[K], keys []K, from, to uint64) error {
	hash := x.enc.hash
	for end := len(keys); end > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		begin := max(end-rangeRows, 0)
		for i := end - 1; i >= begin; i-- {
			h := hash[i]
			at := h >> x.shift
			if at < from || at >= to || x.enc.NullRow(i) {
				continue
			}
			s := &x.slots[at]
			entries[i] = entry[K]{keys[i], uint32(*s)}
			*s = *s>>48<<48 | bloom(h) | uint64(i+1)
		}
		end = begin
	}
	return nil
}

// Cursor is a position in the matches of one encoded batch. The zero value is at the beginning.
type Cursor struct {
	row   int    // next row
	chain uint32 // what is left of its chain
	begun bool   // the encoder knows the heads of the rows' chains
	done  bool
}

// Done reports that all matches were found.
func (c *Cursor) Done() bool { return c.done }

// Probe appends pairs of matching rows, of what e encoded last and of the index, until the slices' capacity is used
// or c is done. The probed rows come in order.
func (x *Index) Probe(e *Encoder, c *Cursor, probe, build []int32) ([]int32, []int32) {
	if !c.begun && x.dense == nil {
		x.heads(e)
	}
	c.begun = true
	n := len(probe)
	switch {
	case x.dense != nil:
		probe, build = x.probeDense(e, c, probe, build)
	case x.one != nil:
		probe, build = probeHashed(x, x.one, rowsOf[uint64](e.words), e, c, probe, build)
	case x.two != nil:
		probe, build = probeHashed(x, x.two, rowsOf[[2]uint64](e.words), e, c, probe, build)
	default:
		probe, build = probeHashed(x, x.apart, make([]struct{}, e.rows), e, c, probe, build)
	}
	c.done = c.row == e.rows
	n += x.verify(e, probe[n:], build[n:])
	return probe[:n], build[:n]
}

func (x *Index) probeDense(e *Encoder, c *Cursor, probe, build []int32) ([]int32, []int32) {
	words, dense, next, low := e.words, x.dense, x.next, x.low
	row, chain := c.row, c.chain
	for row < len(words) {
		if chain == 0 {
			if at := words[row] - low; at < uint64(len(dense)) && e.regular(row) && !e.NullRow(row) {
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
	if len(e.null) > 0 || e.irregular() {
		for i := range heads {
			if e.NullRow(i) || !x.enc.irregular() && !e.regular(i) {
				heads[i] = 0
			}
		}
	}
	return heads
}

func probeHashed[K comparable](x *Index, entries []entry[K], keys []K, e *Encoder, c *Cursor, probe, build []int32) ([]int32, []int32) {
	heads := e.heads[:len(keys)]
	row, chain, plain := c.row, c.chain, x.plain()
	for row < len(keys) {
		if chain == 0 {
			chain = heads[row]
		}
		for chain != 0 {
			at := &entries[chain-1]
			if at.key == keys[row] && (plain || x.sameApart(e, row, chain-1)) {
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

// plain reports whether entries hold all of the stored keys' words and flags.
func (x *Index) plain() bool { return x.apart == nil && !x.enc.irregular() }

// sameApart reports whether a probed and a stored row are equal in the words and flags that entries do not hold.
func (x *Index) sameApart(e *Encoder, i int, stored uint32) bool {
	if x.apart != nil {
		return x.enc.same(int(stored), &e.keys, i)
	}
	return x.enc.sameFlags(int(stored), &e.keys, i)
}

// verify keeps the pairs that are equal in what their words do not hold, and returns how many they are.
func (x *Index) verify(e *Encoder, probe, build []int32) int {
	for _, k := range e.long {
		kept := 0
		for n, i := range probe {
			if x.sameRest(e, int(i), k, int(build[n])) {
				probe[kept], build[kept] = i, build[n]
				kept++
			}
		}
		probe, build = probe[:kept], build[:kept]
	}
	return len(probe)
}

// sameRest reports whether the words of a probed and a stored row, which are equal, stand for equal values of field k.
func (x *Index) sameRest(e *Encoder, i, k, stored int) bool {
	rest := e.rest(i, k)
	return len(rest) == 0 || bytes.Equal(rest, x.texts[stored/x.size][k].at(stored%x.size))
}

// First sets out[i] to a row that matches row i of what e encoded last, or -1.
func (x *Index) First(e *Encoder, out []int32) {
	switch {
	case x.dense != nil:
		x.firstDense(e, out)
	case x.one != nil:
		firstHashed(x, x.one, rowsOf[uint64](e.words), e, out)
	case x.two != nil:
		firstHashed(x, x.two, rowsOf[[2]uint64](e.words), e, out)
	default:
		firstHashed(x, x.apart, make([]struct{}, e.rows), e, out)
	}
	for _, k := range e.long {
		for i, stored := range out {
			if stored >= 0 && !x.sameRest(e, i, k, int(stored)) {
				out[i] = x.search(e, i)
			}
		}
	}
}

func (x *Index) firstDense(e *Encoder, out []int32) {
	dense, low := x.dense, x.low
	for i, w := range e.words {
		out[i] = -1
		if at := w - low; at < uint64(len(dense)) && e.regular(i) && !e.NullRow(i) {
			out[i] = int32(dense[at]) - 1
		}
	}
}

func firstHashed[K comparable](x *Index, entries []entry[K], keys []K, e *Encoder, out []int32) {
	out = out[:len(keys)]
	plain := x.plain()
	for i, chain := range x.heads(e)[:len(keys)] {
		out[i] = -1
		for chain != 0 {
			at := &entries[chain-1]
			if at.key == keys[i] && (plain || x.sameApart(e, i, chain-1)) {
				out[i] = int32(chain - 1)
				break
			}
			chain = at.next
		}
	}
}

// search returns a row that matches row i of e, or -1, where one that has its words does not match.
func (x *Index) search(e *Encoder, i int) int32 {
	var probe, build [1]int32
	for c := (Cursor{row: i, begun: true}); c.row == i; {
		if p, b := x.Probe(e, &c, probe[:0], build[:0]); len(p) > 0 && int(p[0]) == i {
			return b[0]
		}
	}
	return -1
}

// NullRow reports whether row i of the indexed rows has a NULL in a strict field.
func (x *Index) NullRow(i int) bool { return x.enc.NullRow(i) }
