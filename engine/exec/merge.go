package exec

import (
	"bytes"
	"context"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/exec/rowkey"
)

// narrow merges runs until all that are left can be merged at once, and reserves what that takes.
func (s *sorter) narrow(ctx context.Context) error {
	var disk, head int64
	for _, r := range s.runs {
		if r.file != nil {
			disk, head = disk+1, max(head, r.head)
		}
	}
	if disk == 0 || s.res.Grow(disk*head) == nil {
		return nil // runs in memory are merged from there
	}
	for i, r := range s.runs {
		if r.file == nil {
			onDisk, err := s.write(ctx, []*sortedRun{r}, s.terms[0])
			if err != nil {
				return err
			}
			r.release()
			s.runs[i] = onDisk
		}
	}
	for _, r := range s.parts {
		r.Free()
	}
	s.parts = nil
	var err error
	s.runs, _, err = s.narrowTo(ctx, s.runs, len(s.runs), s.terms[0], s.res)
	return err
}

// narrowTo merges runs on disk until there are at most so many and they can be merged at once. It returns them and what
// it reserved for merging them. Neighbours are merged, so that equal rows keep their order, and small runs first.
func (s *sorter) narrowTo(ctx context.Context, runs []*sortedRun, most int, terms []Term, res *Reservation) ([]*sortedRun, int64, error) {
	runs = slices.Clone(runs)
	for {
		var head int64
		for _, r := range runs {
			head = max(head, r.head)
		}
		fan := 0
		for fan < len(runs) && res.Grow(head) == nil {
			fan++
		}
		for ; fan < min(2, len(runs)); fan++ {
			if err := res.Must(head); err != nil {
				return runs, int64(fan) * head, err
			}
		}
		held := int64(fan) * head
		if len(runs) <= min(fan, most) {
			return runs, held, nil
		}
		n := min(fan, len(runs)-min(fan, most)+1)
		at := smallest(runs, n)
		merged, err := s.write(ctx, runs[at:at+n], terms)
		if err != nil {
			return runs, held, err
		}
		for _, r := range runs[at : at+n] {
			r.release()
		}
		runs = slices.Replace(runs, at, at+n, merged)
		res.Shrink(held)
	}
}

// smallest returns where those n neighbours begin that have the fewest bytes in all.
func smallest(runs []*sortedRun, n int) int {
	var size int64
	for _, r := range runs[:n] {
		size += r.file.Size()
	}
	at, least := 0, size
	for i := n; i < len(runs); i++ {
		if size += runs[i].file.Size() - runs[i-n].file.Size(); size < least {
			at, least = i-n+1, size
		}
	}
	return at
}

// runMerge merges sorted runs, as far as the sort's limit; equal rows leave in the order of the runs. Of a run on disk
// one batch is in memory.
type runMerge struct {
	s     *sorter
	terms []Term
	order *rowkey.Order
	asm   *assembler
	runs  []*sortedRun
	bytes int64 // of a batch of the result
	left  int64 // rows; negative: no limit

	measure  bool // set keyBytes
	keyBytes int  // of the rows of the last batch yielded

	begun   bool
	heads   []*head // a heap, the least row first
	drained bool    // the first of heads needs its run's next batch
	picks   picks
	output  int // batches yielded, to know which sources picks has
}

// head is the next row of a run.
type head struct {
	run     *sortedRun
	at      int                 // number of the run
	batches []arrow.RecordBatch // of the run: all of them, or the one that was read last and is owned
	keys    []rowKeys           // by batch
	widths  []rowWidths
	source  []sourceAt
	next    int  // of the run's rows, or of the batch's
	only    bool // there is no other run to compare with

	row    sortRow
	prefix uint64 // of its key
	own    [1]arrow.RecordBatch
	ownKey [1]rowKeys
}

// sourceAt says which of the sources of an output a batch is.
type sourceAt struct {
	output int
	at     int32
}

func newRunMerge(s *sorter, runs []*sortedRun, terms []Term, bytes int64) *runMerge {
	return &runMerge{
		s: s, terms: terms, runs: runs, bytes: bytes, left: s.limit,
		order: rowkey.NewOrder(s.spec.Keys), asm: newAssembler(s.spec.Cols),
	}
}

func (h *head) key() []byte { return h.keys[h.row.batch].key(h.row.row) }

func (h *head) before(o *head) bool {
	if h.prefix != o.prefix {
		return h.prefix < o.prefix
	}
	if c := bytes.Compare(h.key(), o.key()); c != 0 {
		return c < 0
	}
	return h.at < o.at
}

// step goes to the next row; false at the end of what is in memory.
func (h *head) step() bool {
	if h.run.file == nil {
		if h.next == len(h.run.rows) {
			return false
		}
		h.row = h.run.rows[h.next]
	} else {
		if h.next == len(h.keys[0].ends) {
			return false
		}
		h.row = sortRow{row: int32(h.next)}
	}
	h.next++
	if !h.only {
		h.prefix = rowkey.Prefix(h.key())
	}
	return true
}

// fill goes to the first row of the next batch of a run on disk; false at its end.
func (m *runMerge) fill(ctx context.Context, h *head) (bool, error) {
	h.release()
	if h.run.reader == nil {
		h.run.reader = h.run.file.NewReader(m.s.rt.Mem)
		h.ownKey[0].text = make([]byte, 0, h.run.keyBytes)
	}
	batch, err := h.run.reader.Next(ctx)
	if err == io.EOF {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	h.own[0] = batch
	if err := h.ownKey[0].encode(m.s.rt, m.order, m.terms, batch); err != nil {
		return false, err
	}
	h.next, h.batches, h.keys = 0, h.own[:], h.ownKey[:]
	h.widths = append(h.widths[:0], widthsOf(batch.Columns()))
	return h.step(), nil
}

// release gives up the batch that was read last.
func (h *head) release() {
	if h.own[0] != nil {
		h.own[0].Release()
		h.own[0] = nil
	}
}

func (m *runMerge) begin(ctx context.Context) error {
	m.begun = true
	for i, r := range m.runs {
		h := &head{run: r, at: i, only: len(m.runs) == 1}
		var more bool
		var err error
		if r.file == nil {
			h.batches, h.keys = r.batches, r.keys
			for _, b := range r.batches {
				h.widths = append(h.widths, widthsOf(b.Columns()))
			}
			more = h.step()
		} else if more, err = m.fill(ctx, h); err != nil {
			h.release()
			return err
		}
		h.source = make([]sourceAt, len(h.batches))
		if more {
			m.heads = append(m.heads, h)
		}
	}
	for i := len(m.heads)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
	return nil
}

// down restores the heap where only head i may be too late in the order.
func (m *runMerge) down(i int) {
	heads := m.heads
	for {
		least := 2*i + 1
		if least >= len(heads) {
			return
		}
		if right := least + 1; right < len(heads) && heads[right].before(heads[least]) {
			least = right
		}
		if !heads[least].before(heads[i]) {
			return
		}
		heads[i], heads[least] = heads[least], heads[i]
		i = least
	}
}

// pop removes the first head.
func (m *runMerge) pop() {
	last := len(m.heads) - 1
	m.heads[0].release()
	m.heads[0] = m.heads[last]
	m.heads = m.heads[:last]
	m.down(0)
}

// refill reads on where the last output ended with a run's batch.
func (m *runMerge) refill(ctx context.Context) error {
	if !m.drained {
		return nil
	}
	m.drained = false
	more, err := m.fill(ctx, m.heads[0])
	switch {
	case err != nil:
		return err
	case more:
		m.down(0)
	default:
		m.pop()
	}
	return nil
}

func (m *runMerge) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !m.begun {
		if err := m.begin(ctx); err != nil {
			return nil, err
		}
	}
	if err := m.refill(ctx); err != nil {
		return nil, err
	}
	if len(m.heads) == 0 || m.left == 0 {
		return nil, io.EOF
	}
	m.choose()
	return m.picks.gather(m.s.rt.Mem, m.asm)
}

// choose picks the rows of the next output. It ends where a batch that was read ends, so that no batch is held beside
// the heads'.
func (m *runMerge) choose() {
	rows := m.s.rt.batchRows()
	if m.left > 0 {
		rows = int(min(m.left, int64(rows)))
	}
	m.picks.reset()
	m.output++
	m.keyBytes = 0
	for size := int64(0); len(m.picks.rows) < rows && len(m.heads) > 0; {
		h := m.heads[0]
		size += h.widths[h.row.batch].of(h.row.row)
		// Who reads a batch again has its keys in memory too, which may be longer than its rows.
		full := size > m.bytes || m.measure && int64(m.keyBytes+len(h.key())) > 2*m.bytes
		if full && len(m.picks.rows) > 0 {
			break
		}
		m.pick(h)
		switch {
		case h.step():
			m.down(0)
		case h.run.file == nil:
			m.pop()
		default:
			m.drained = true
		}
		if m.drained {
			break
		}
	}
	if m.left > 0 {
		m.left -= int64(len(m.picks.rows))
	}
}

// pick adds a head's row to the output.
func (m *runMerge) pick(h *head) {
	source := &h.source[h.row.batch]
	if source.output != m.output {
		*source = sourceAt{m.output, int32(len(m.picks.sources))}
		m.picks.sources = append(m.picks.sources, h.batches[h.row.batch])
	}
	m.picks.from = append(m.picks.from, source.at)
	m.picks.rows = append(m.picks.rows, h.row.row)
	if m.measure {
		m.keyBytes += len(h.key())
	}
}

func (m *runMerge) Close() error {
	m.close()
	return nil
}

// close gives up what is in memory; the runs stay.
func (m *runMerge) close() {
	for _, h := range m.heads {
		h.release()
	}
	m.heads = nil
}
