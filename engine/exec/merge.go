package exec

import (
	"bytes"
	"container/heap"
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/exec/rowkey"
)

// runMerge merges sorted runs; equal rows leave in the order of the runs.
type runMerge struct {
	rt    *Runtime
	spec  *Order
	terms []Term
	order *rowkey.Order
	asm   *assembler
	runs  []*sortedRun
	heads headHeap
	begun bool
}

// head is the next row of a run.
type head struct {
	run   *sortedRun
	at    int // number of the run
	batch arrow.RecordBatch
	keys  sortRows
	row   int32
	base  int32 // of the batch among the batches of the output being made; -1: not among them
}

func newRunMerge(rt *Runtime, spec *Order, terms []Term, runs []*sortedRun) *runMerge {
	return &runMerge{
		rt: rt, spec: spec, terms: terms, runs: runs,
		order: rowkey.NewOrder(spec.Keys), asm: newAssembler(spec.Cols),
	}
}

// headHeap is a heap of heads, least key first.
type headHeap []*head

func (h headHeap) Len() int      { return len(h) }
func (h headHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h headHeap) Less(i, j int) bool {
	a, b := h[i], h[j]
	if c := bytes.Compare(a.keys.key(a.row), b.keys.key(b.row)); c != 0 {
		return c < 0
	}
	return a.at < b.at
}
func (h *headHeap) Push(x any) { *h = append(*h, x.(*head)) }
func (h *headHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// fill reads the next batch of a head's run; false at its end.
func (m *runMerge) fill(ctx context.Context, h *head) (bool, error) {
	batch, err := h.run.Next(ctx)
	if err == io.EOF {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	h.batch, h.row, h.base = batch, 0, -1
	return true, h.keys.encode(m.rt, m.order, m.terms, batch)
}

func (m *runMerge) begin(ctx context.Context) error {
	m.begun = true
	if len(m.runs) == 1 {
		return nil
	}
	for i, r := range m.runs {
		h := &head{run: r, at: i}
		_, err := m.fill(ctx, h)
		if h.batch != nil {
			m.heads = append(m.heads, h)
		}
		if err != nil {
			return err
		}
	}
	heap.Init(&m.heads)
	return nil
}

func (m *runMerge) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if !m.begun {
		if err := m.begin(ctx); err != nil {
			return nil, err
		}
	}
	if len(m.runs) == 1 {
		return m.runs[0].Next(ctx)
	}
	if len(m.heads) == 0 {
		return nil, io.EOF
	}
	// The batches that rows of the output come from are concatenated and their rows picked in order.
	var sources []arrow.RecordBatch
	defer func() { releaseBatches(sources) }()
	var total int32
	pick := make([]int32, 0, m.rt.batchRows())
	for len(pick) < cap(pick) && len(m.heads) > 0 {
		h := m.heads[0]
		if h.base < 0 {
			h.base = total
			total += int32(h.batch.NumRows())
			h.batch.Retain()
			sources = append(sources, h.batch)
		}
		pick = append(pick, h.base+h.row)
		if h.row++; int64(h.row) < h.batch.NumRows() {
			heap.Fix(&m.heads, 0)
			continue
		}
		h.batch.Release()
		h.batch = nil
		ok, err := m.fill(ctx, h)
		switch {
		case err != nil:
			return nil, err
		case ok:
			heap.Fix(&m.heads, 0)
		default:
			heap.Pop(&m.heads)
		}
	}
	for _, h := range m.heads {
		h.base = -1
	}
	all, err := concatBatches(m.rt.Mem, m.spec.Cols, sources)
	if err != nil {
		return nil, err
	}
	defer all.Release()
	return takeBatch(m.rt.Mem, m.asm, all, pick)
}

func (m *runMerge) close() {
	for _, h := range m.heads {
		if h.batch != nil {
			h.batch.Release()
			h.batch = nil
		}
	}
	m.heads = nil
}
