package exec

import (
	"bytes"
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/exec/rowkey"
)

// NewTopN yields the first n rows of a stream in the order of the keys, keeping little more than n at a time. Equal
// rows keep their order.
func NewTopN(rt *Runtime, input Operator, terms []Term, spec *Order, n int64) Operator {
	return &topN{
		rt: rt, input: input, terms: terms, spec: spec, n: int(n),
		order: rowkey.NewOrder(spec.Keys), asm: newAssembler(spec.Cols),
	}
}

type topN struct {
	rt    *Runtime
	input Operator
	terms []Term
	spec  *Order
	n     int
	order *rowkey.Order
	asm   *assembler

	kept   []arrow.RecordBatch // candidates, earlier rows first
	rows   int
	bound  []byte // the n-th key so far; nil: none yet
	keys   sortRows
	pick   []int32
	result Operator
}

// slackRows is how many more candidates than n are gathered before they are cut to n.
const slackRows = 2 * BatchRows

func (t *topN) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if t.result == nil {
		if err := drain(ctx, t.input, t.take); err != nil {
			return nil, err
		}
		if err := t.cut(); err != nil {
			return nil, err
		}
		if len(t.kept) == 0 {
			return nil, io.EOF
		}
		t.result = NewBatches(t.rt, t.kept[0])
	}
	return t.result.Next(ctx)
}

// take keeps the rows of a borrowed batch that may be among the first n.
func (t *topN) take(batch arrow.RecordBatch) error {
	if t.n == 0 {
		return nil
	}
	if t.bound == nil {
		batch.Retain()
		t.kept = append(t.kept, batch)
	} else {
		if err := t.keys.encode(t.rt, t.order, t.terms, batch); err != nil {
			return err
		}
		t.pick = t.pick[:0]
		for i := range t.keys.ends {
			if bytes.Compare(t.keys.key(int32(i)), t.bound) < 0 {
				t.pick = append(t.pick, int32(i))
			}
		}
		if len(t.pick) == 0 {
			return nil
		}
		some, err := takeBatch(t.rt.Mem, t.asm, batch, t.pick)
		if err != nil {
			return err
		}
		t.kept = append(t.kept, some)
		batch = some
	}
	t.rows += int(batch.NumRows())
	if t.rows >= t.n+slackRows || t.bound == nil && t.rows >= t.n {
		return t.cut()
	}
	return nil
}

// cut sorts the candidates and keeps the first n.
func (t *topN) cut() error {
	if len(t.kept) == 0 {
		return nil
	}
	all, err := concatBatches(t.rt.Mem, t.spec.Cols, t.kept)
	if err != nil {
		return err
	}
	defer all.Release()
	if err := t.keys.encode(t.rt, t.order, t.terms, all); err != nil {
		return err
	}
	t.keys.sort()
	order := t.keys.indices()
	if len(order) >= t.n {
		order = order[:t.n]
		t.bound = bytes.Clone(t.keys.key(order[t.n-1]))
	}
	first, err := takeBatch(t.rt.Mem, t.asm, all, order)
	if err != nil {
		return err
	}
	releaseBatches(t.kept)
	t.kept, t.rows = []arrow.RecordBatch{first}, len(order)
	return nil
}

func (t *topN) Close() error {
	releaseBatches(t.kept)
	t.kept = nil
	if t.result != nil {
		if err := t.result.Close(); err != nil {
			return err
		}
	}
	return t.input.Close()
}
