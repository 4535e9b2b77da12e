package parquet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
)

// maxHeader bounds the header of a page, in which a writer may have put statistics.
const maxHeader = 16 << 20

// Pieces is how the chunks of some columns of a row group are read: in pieces, so that a row group of any size is read in
// memory of about the budget.
type Pieces struct {
	// Ranges of each piece, in the order in which a GroupReader takes them if all columns were of one density. The first
	// piece has the start of every chunk.
	Ranges [][]blob.Range
	leaves map[int]leafPieces
	spans  []files.Span // the rows that are read; nil: all
}

// leafPieces are the pieces of one chunk: a range of the first one, then whole ones.
type leafPieces struct {
	first blob.Range
	rest  []int // positions in Ranges
	gaps  []gap
}

// Pieces cuts the chunks of columns (positions in Columns) of a row group, so that the first pieces of all of them take
// no more than about budget bytes, and a later piece of each as much again. Nothing is cut below least bytes. Of a
// selection only the spans' rows are read, without the pages of others, as far as an index says where they lie.
func (f *File) Pieces(group int, columns []int, budget, least int64, only *Selection) Pieces {
	chunks := make(map[int][]blob.Range)
	p := Pieces{leaves: make(map[int]leafPieces)}
	if only != nil {
		p.spans = only.Spans
	}
	total := int64(0)
	for _, c := range columns {
		for _, leaf := range f.Columns[c].leaves {
			whole := f.chunkRange(group, leaf)
			chunks[leaf] = []blob.Range{whole}
			if only != nil && f.Columns[c].flat {
				var gaps []gap
				chunks[leaf], gaps = only.Index.extents(c, whole, only.Spans, only.Gap)
				p.leaves[leaf] = leafPieces{gaps: gaps}
			}
			for _, r := range chunks[leaf] {
				total += r.Len
			}
		}
	}
	if len(chunks) == 0 {
		return p
	}
	size := total
	if total > budget {
		size = max(budget/int64(len(chunks)), least)
	}
	type later struct {
		blob.Range
		leaf   int
		needed float64 // the part of the chunk that lies before it
	}
	var first []blob.Range
	var rest []later
	for leaf, extents := range chunks {
		whole := f.chunkRange(group, leaf)
		for i, extent := range extents {
			off := extent.Off
			if i == 0 {
				head := blob.Range{Off: off, Len: min(extent.Len, size)}
				first = append(first, head)
				l := p.leaves[leaf]
				l.first = head
				p.leaves[leaf] = l
				off = head.End()
			}
			for ; off < extent.End(); off += size {
				r := blob.Range{Off: off, Len: min(size, extent.End()-off)}
				rest = append(rest, later{r, leaf, float64(off-whole.Off) / float64(whole.Len)})
			}
		}
	}
	slices.SortFunc(rest, func(a, b later) int { return cmp.Or(cmp.Compare(a.needed, b.needed), cmp.Compare(a.leaf, b.leaf)) })
	p.Ranges = [][]blob.Range{first}
	for _, r := range rest {
		l := p.leaves[r.leaf]
		l.rest = append(l.rest, len(p.Ranges))
		p.leaves[r.leaf] = l
		p.Ranges = append(p.Ranges, []blob.Range{r.Range})
	}
	return p
}

// Selection is rows of a row group and where its pages lie.
type Selection struct {
	Index *PageIndex
	Spans []files.Span // at least one
	Gap   int64        // pages of other rows that take fewer bytes are read through
}

// chunk reads the bytes of a column chunk from its start to its end. What it returns is valid until the next call.
type chunk struct {
	fetch  files.Fetch
	pieces Pieces
	mem    memory.Allocator

	buf     []byte // the bytes at hand that were not taken
	release func() // frees what buf is part of
	rest    []int  // pieces after it
	left    int64  // bytes in them
	taken   int64  // bytes
	base    int64  // where the chunk would begin in the file without the gaps that were passed
	gaps    []gap  // ahead
}

// newChunk returns the chunk of a leaf column over the first piece.
func newChunk(leaf int, pieces Pieces, first *files.Shared, fetch files.Fetch, mem memory.Allocator) (*chunk, error) {
	l := pieces.leaves[leaf]
	c := &chunk{fetch: fetch, pieces: pieces, mem: mem, rest: l.rest, gaps: l.gaps, base: l.first.Off, release: func() {}}
	for _, piece := range l.rest {
		c.left += pieces.Ranges[piece][0].Len
	}
	if l.first.Len == 0 {
		return c, nil
	}
	if c.buf = first.Use(l.first); c.buf == nil {
		return nil, errors.New("its bytes were not fetched")
	}
	c.release = first.Release
	return c, nil
}

// size returns how many bytes are left.
func (c *chunk) size() int64 { return int64(len(c.buf)) + c.left }

// at returns where the next byte lies in the file.
func (c *chunk) at() int64 { return c.base + c.taken }

// close frees the bytes at hand. It is idempotent.
func (c *chunk) close() {
	c.release()
	c.release, c.buf = func() {}, nil
}

// fill makes at least n bytes contiguous, of which there are so many.
func (c *chunk) fill(ctx context.Context, n int) error {
	if n <= len(c.buf) {
		return nil
	}
	if len(c.buf) == 0 && len(c.rest) > 0 {
		if err := c.advance(ctx); err != nil || n <= len(c.buf) {
			return err
		}
	}
	size, pieces := int64(len(c.buf)), 0
	for ; size < int64(n); pieces++ {
		size += c.pieces.Ranges[c.rest[pieces]][0].Len
	}
	joined := c.mem.Allocate(int(size))
	at := copy(joined, c.buf)
	for range pieces {
		if err := c.advance(ctx); err != nil {
			c.mem.Free(joined)
			return err
		}
		at += copy(joined[at:], c.buf)
	}
	c.close()
	c.buf, c.release = joined, func() { c.mem.Free(joined) }
	return nil
}

// advance replaces the bytes at hand by the next piece.
func (c *chunk) advance(ctx context.Context) error {
	c.close()
	piece := c.rest[0]
	data, err := c.fetch(ctx, piece)
	if err != nil {
		return err
	}
	r := c.pieces.Ranges[piece][0]
	c.rest, c.left = c.rest[1:], c.left-r.Len
	c.buf, c.release = data.Bytes(r), data.Release
	return nil
}

// take returns the next n bytes, of which there are so many.
func (c *chunk) take(ctx context.Context, n int) ([]byte, error) {
	if err := c.fill(ctx, n); err != nil {
		return nil, err
	}
	out := c.buf[:n:n]
	c.buf, c.taken = c.buf[n:], c.taken+int64(n)
	return out, nil
}

// gap passes over the gap that is here, if there is one.
func (c *chunk) gap() (gap, bool) {
	if len(c.gaps) == 0 || c.taken < c.gaps[0].after {
		return gap{}, false
	}
	g := c.gaps[0]
	c.gaps = c.gaps[1:]
	c.base = g.to - c.taken
	return g, true
}

// read copies the next bytes, as many as p takes and are at hand, at least one.
func (c *chunk) read(ctx context.Context, p []byte) (int, error) {
	if err := c.fill(ctx, 1); err != nil {
		return 0, err
	}
	n := copy(p, c.buf)
	c.buf, c.taken = c.buf[n:], c.taken+int64(n)
	return n, nil
}

// header parses the header of the next page without taking it, and returns its length.
func (c *chunk) header(ctx context.Context) (pageHeader, int, error) {
	if c.size() == 0 {
		return pageHeader{}, 0, errors.New("fewer values than the footer says")
	}
	for want := int64(256); ; want *= 8 {
		have := min(want, c.size(), maxHeader)
		if err := c.fill(ctx, int(have)); err != nil {
			return pageHeader{}, 0, err
		}
		h, n, err := readPageHeader(c.buf)
		if err == nil {
			err = h.check(c.size() - int64(n))
		} else if have < c.size() && have < maxHeader {
			continue // it may be a longer one
		}
		return h, n, err
	}
}

// check proves that a page of which left bytes follow the header can be read in memory proportional to it.
func (h pageHeader) check(left int64) error {
	if h.compressed > left || h.uncompressed > max(min(maxPage, h.compressed*maxRatio), plainPage) {
		return fmt.Errorf("a page of %d bytes, %d uncompressed, where %d are left", h.compressed, h.uncompressed, left)
	}
	return nil
}
