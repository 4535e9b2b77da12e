package orc

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
)

// wanted is a stream that a section reads, and the parts of it, ascending.
type wanted struct {
	*streamInfo
	extents []blob.Range // of the file
	first   blob.Range   // in the first piece
	rest    []piece
}

// piece is one of a section's: bytes of one stream.
type piece struct {
	number int
	blob.Range
}

// cut divides streams so that the first pieces of all of them take no more than about a budget, and a later piece of each as much again. Nothing
// is cut below the budget's least. The first piece has the start of every stream; the others follow in the order in which they are needed
// if all streams are of one density.
func cut(streams []*wanted, b files.Budget) (ranges [][]blob.Range) {
	total := int64(0)
	for _, w := range streams {
		for _, r := range w.extents {
			total += r.Len
		}
	}
	if total == 0 {
		return nil
	}
	size := total
	if total > b.Bytes {
		size = max(b.Bytes/int64(len(streams)), b.Least)
	}
	type later struct {
		blob.Range
		of     *wanted
		needed float64 // the part of the stream that lies before it
	}
	var first []blob.Range
	var rest []later
	for _, w := range streams {
		for i, extent := range w.extents {
			off := extent.Off
			if i == 0 {
				w.first = blob.Range{Off: off, Len: min(extent.Len, size)}
				first = append(first, w.first)
				off = w.first.End()
			}
			for ; off < extent.End(); off += size {
				r := blob.Range{Off: off, Len: min(size, extent.End()-off)}
				rest = append(rest, later{r, w, float64(off-w.off) / float64(w.size)})
			}
		}
	}
	slices.SortStableFunc(rest, func(a, b later) int { return cmp.Compare(a.needed, b.needed) })
	ranges = [][]blob.Range{first}
	for _, r := range rest {
		r.of.rest = append(r.of.rest, piece{len(ranges), r.Range})
		ranges = append(ranges, []blob.Range{r.Range})
	}
	return ranges
}

// source yields the bytes of a stream as they are in the file. What it returns is valid until the next call.
type source struct {
	fetch files.Fetch
	mem   memory.Allocator
	off   int64 // of the stream in the file
	size  int64

	at      int64 // of the next byte, in the stream
	buf     []byte
	release func() // frees what buf is part of
	rest    []piece
	behind  int64 // bytes in rest
}

// newSource begins a stream whose start lies in the first piece.
func newSource(w *wanted, first *files.Shared, fetch files.Fetch, mem memory.Allocator) (*source, error) {
	s := &source{fetch: fetch, mem: mem, off: w.off, size: w.size, at: w.first.Off - w.off, rest: w.rest, release: func() {}}
	for _, p := range w.rest {
		s.behind += p.Len
	}
	if w.first.Len == 0 {
		s.at = w.size
		return s, nil
	}
	if s.buf = first.Use(w.first); s.buf == nil {
		return nil, errors.New("its bytes were not fetched")
	}
	s.release = first.Release
	return s, nil
}

// left returns how many bytes are left.
func (s *source) left() int64 { return int64(len(s.buf)) + s.behind }

// close frees the bytes at hand. It is idempotent.
func (s *source) close() {
	s.release()
	s.release, s.buf = func() {}, nil
}

// advance replaces the bytes at hand by the next piece.
func (s *source) advance(ctx context.Context) error {
	s.close()
	p := s.rest[0]
	s.rest, s.behind = s.rest[1:], s.behind-p.Len
	got, err := s.fetch(ctx, p.number)
	if err != nil {
		return err
	}
	s.buf, s.release, s.at = got.Bytes(p.Range), got.Release, p.Off-s.off
	return nil
}

// some returns bytes at hand, all that there are, at least one.
func (s *source) some(ctx context.Context) ([]byte, error) {
	if len(s.buf) == 0 {
		if len(s.rest) == 0 {
			return nil, errShort
		}
		if err := s.advance(ctx); err != nil {
			return nil, err
		}
	}
	b := s.buf
	s.buf, s.at = nil, s.at+int64(len(b))
	return b, nil
}

// take returns the next n bytes.
func (s *source) take(ctx context.Context, n int64) ([]byte, error) {
	if n > s.left() {
		return nil, errShort
	}
	if len(s.buf) == 0 && n > 0 {
		if err := s.advance(ctx); err != nil {
			return nil, err
		}
	}
	if n > int64(len(s.buf)) {
		if err := s.join(ctx, n); err != nil {
			return nil, err
		}
	}
	b := s.buf[:n:n]
	s.buf, s.at = s.buf[n:], s.at+n
	return b, nil
}

// join makes n bytes contiguous, of which there are so many.
func (s *source) join(ctx context.Context, n int64) error {
	size, pieces, at := int64(len(s.buf)), 0, s.at
	for ; size < n; pieces++ {
		if s.rest[pieces].Off != s.off+at+size {
			return errPosition // rows that the index left out
		}
		size += s.rest[pieces].Len
	}
	joined := s.mem.Allocate(int(size))
	k := copy(joined, s.buf)
	for range pieces {
		if err := s.advance(ctx); err != nil {
			s.mem.Free(joined)
			return err
		}
		k += copy(joined[k:], s.buf)
	}
	s.close()
	s.buf, s.release, s.at = joined, func() { s.mem.Free(joined) }, at
	return nil
}

// seek goes to a byte that lies ahead, without fetching what lies between.
func (s *source) seek(ctx context.Context, at int64) error {
	if at < s.at || at > s.size {
		return errPosition
	}
	if n := at - s.at; n <= int64(len(s.buf)) {
		s.buf, s.at = s.buf[n:], at
		return nil
	}
	s.close()
	for len(s.rest) > 0 && s.rest[0].End()-s.off <= at {
		s.behind -= s.rest[0].Len
		s.rest = s.rest[1:]
	}
	if len(s.rest) == 0 {
		if at != s.size {
			return errPosition
		}
		s.at = at
		return nil
	}
	if err := s.advance(ctx); err != nil {
		return err
	}
	if at < s.at {
		return errPosition
	}
	s.buf, s.at = s.buf[at-s.at:], at
	return nil
}
