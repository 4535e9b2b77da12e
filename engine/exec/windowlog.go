package exec

import (
	"context"
	"math"
	"sort"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/exec/spill"
)

// windowLog is the rows that a window still needs, by their number in its input: in pages, which go to disk where the memory
// is refused and come back one by one. Rows are read by cursors, which move forward; what is before all of them is
// dropped.
type windowLog struct {
	rt    *Runtime
	res   *Reservation
	stats *NodeStats

	pages   []*windowPage // without gaps
	rows    int64         // that were appended
	cursors []*windowCursor
	file    *spillPart // that pages are written to
	widest  []*widestText
}

// widestText is the bytes of the widest value of a column so far.
type widestText struct {
	column int
	bytes  int64
}

// windowPage is a batch of the log.
type windowPage struct {
	start, end int64
	peers      int64             // the first row that is not equal to the one before it in the order; end: none is
	batch      arrow.RecordBatch // nil: on disk
	bytes      int64             // of the batch in memory
	sizes      []int64           // of the values of each column
	pins       int
	part       *spillPart // nil: never written
	place      int
}

// spillPart is a file that several pages are in.
type spillPart struct {
	file  *spill.File
	pages int
}

// partBytes is the size of a spill file after which the next is begun, so that what is dropped frees the disk.
const partBytes = 64 << 20

// append takes a batch over as the next page. peers is the first of its rows that begins a new group of peers, -1: none.
func (l *windowLog) append(batch arrow.RecordBatch, peers int) error {
	p := &windowPage{start: l.rows, end: l.rows + batch.NumRows(), batch: batch, bytes: heldBytes(batch)}
	p.peers = p.end
	if peers >= 0 {
		p.peers = p.start + int64(peers)
	}
	for _, c := range batch.Columns() {
		p.sizes = append(p.sizes, arrayBytes(c))
	}
	for _, w := range l.widest {
		widths := widthsOf(batch.Columns()[w.column : w.column+1])
		w.bytes = max(w.bytes, widths.most(int(batch.NumRows())))
	}
	if err := l.reserve(p.bytes); err != nil {
		batch.Release()
		return err
	}
	l.pages = append(l.pages, p)
	l.rows = p.end
	return nil
}

// widestOf has the widest value of a column looked for. It is for before the first row.
func (l *windowLog) widestOf(column int) *widestText {
	w := &widestText{column: column}
	l.widest = append(l.widest, w)
	return w
}

// sizeFrom is the bytes of the values of some columns in the pages from that of a row on.
func (l *windowLog) sizeFrom(row int64, columns []int) (n int64) {
	i := sort.Search(len(l.pages), func(i int) bool { return l.pages[i].end > row })
	for _, p := range l.pages[i:] {
		for _, c := range columns {
			n += p.sizes[c]
		}
	}
	return n
}

// reserve takes n bytes, for which pages go to disk if need be.
func (l *windowLog) reserve(n int64) error {
	err := l.res.Grow(n)
	if err == nil || l.rt.Spill == nil {
		return err
	}
	if err := l.evict(); err != nil {
		return err
	}
	if l.res.Grow(n) == nil {
		return nil
	}
	return l.res.Must(n)
}

// evict writes all pages that no cursor is in.
func (l *windowLog) evict() error {
	for _, p := range l.pages {
		if p.batch == nil || p.pins > 0 {
			continue
		}
		if p.part == nil {
			if err := l.write(p); err != nil {
				return err
			}
		}
		l.unload(p)
	}
	return nil
}

func (l *windowLog) write(p *windowPage) error {
	if l.file == nil || l.file.file.Size() >= partBytes {
		f, err := l.rt.Spill.Create()
		if err != nil {
			return err
		}
		if l.file != nil && l.file.pages == 0 {
			_ = l.file.file.Release() // nobody needs it any more
		}
		l.file = &spillPart{file: f}
	}
	before := l.file.file.Size()
	place, err := l.file.file.Place(l.rt.Mem, p.batch)
	l.stats.spill(l.file.file.Size() - before)
	if err != nil {
		return err
	}
	p.part, p.place = l.file, place
	l.file.pages++
	return nil
}

// unload gives up the memory of a page that is on disk, or of one that is dropped.
func (l *windowLog) unload(p *windowPage) {
	if p.batch != nil {
		p.batch.Release()
		p.batch = nil
		l.res.Shrink(p.bytes)
	}
}

// load brings a page back.
func (l *windowLog) load(ctx context.Context, p *windowPage) error {
	if err := ctx.Err(); err != nil || p.batch != nil {
		return err
	}
	if err := l.reserve(p.bytes); err != nil {
		return err
	}
	batch, err := p.part.file.ReadPlace(ctx, l.rt.Mem, p.place)
	if err != nil {
		l.res.Shrink(p.bytes)
		return err
	}
	p.batch = batch
	held := heldBytes(batch) // the buffers are others now
	if held < p.bytes {
		l.res.Shrink(p.bytes - held)
	} else if held > p.bytes {
		if err := l.res.Must(held - p.bytes); err != nil {
			p.batch = nil
			batch.Release()
			l.res.Shrink(p.bytes)
			return err
		}
	}
	p.bytes = held
	return nil
}

// page finds the page of a row.
func (l *windowLog) page(row int64) *windowPage {
	i := sort.Search(len(l.pages), func(i int) bool { return l.pages[i].end > row })
	return l.pages[i]
}

// peersEnd returns the first row from row on that is not a peer of the one before it; the number of rows if there is none.
// It looks at no rows of the page before row.
func (l *windowLog) peersEnd(row int64) int64 {
	i := sort.Search(len(l.pages), func(i int) bool { return l.pages[i].start >= row })
	for ; i < len(l.pages); i++ {
		if p := l.pages[i]; p.peers < p.end {
			return p.peers
		}
	}
	return l.rows
}

// trim drops the pages before all cursors.
func (l *windowLog) trim() {
	low := int64(math.MaxInt64)
	for _, c := range l.cursors {
		low = min(low, c.low)
	}
	n := 0
	for n < len(l.pages) && l.pages[n].end <= low && l.pages[n].pins == 0 {
		l.drop(l.pages[n])
		n++
	}
	if n > 0 {
		l.pages = append(l.pages[:0:0], l.pages[n:]...)
	}
}

func (l *windowLog) drop(p *windowPage) {
	l.unload(p)
	if p.part == nil {
		return
	}
	p.part.pages--
	if p.part.pages == 0 && p.part != l.file {
		_ = p.part.file.Release() // nobody needs it any more
	}
	p.part = nil
}

func (l *windowLog) release() {
	for _, p := range l.pages {
		l.drop(p)
	}
	l.pages = nil
	if l.file != nil {
		_ = l.file.file.Release() // nobody needs it any more
		l.file = nil
	}
}

// windowShare is what a part of a window holds beside the log's pages.
type windowShare struct {
	log  *windowLog
	held int64
}

// set makes the share n bytes.
func (s *windowShare) set(n int64) error {
	if n > s.held {
		if err := s.log.reserve(n - s.held); err != nil {
			return err
		}
	} else {
		s.log.res.Shrink(s.held - n)
	}
	s.held = n
	return nil
}

func (s *windowShare) free() {
	s.log.res.Shrink(s.held)
	s.held = 0
}

// windowCursor reads rows of a log, each at least as far as low.
type windowCursor struct {
	log  *windowLog
	page *windowPage // in use
	low  int64
}

func (l *windowLog) newCursor() *windowCursor {
	c := &windowCursor{log: l}
	l.cursors = append(l.cursors, c)
	return c
}

// at makes a row's page the one in use; it reports whether that has changed.
func (c *windowCursor) at(ctx context.Context, row int64) (bool, error) {
	if c.page != nil && row >= c.page.start && row < c.page.end {
		return false, nil
	}
	c.leave()
	p := c.log.page(row)
	p.pins++
	if err := c.log.load(ctx, p); err != nil {
		p.pins--
		return false, err
	}
	c.page = p
	return true, nil
}

// leave ends the use of a page.
func (c *windowCursor) leave() {
	p := c.page
	if p == nil {
		return
	}
	c.page = nil
	p.pins--
	if p.pins == 0 && p.part != nil {
		c.log.unload(p)
	}
}

// done says that no row before low is asked for any more.
func (c *windowCursor) done(low int64) {
	c.low = max(c.low, low)
	if c.page != nil && c.page.end <= c.low {
		c.leave()
	}
}
