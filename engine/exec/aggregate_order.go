package exec

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr"
)

// OrderTerm returns the term whose values, of type BLOB, are in the order of the sort keys that terms give.
func OrderTerm(keys []rowkey.Key, terms []Term) Term {
	return Term{Eval: &orderTerm{terms: terms, order: rowkey.NewOrder(keys)}}
}

type orderTerm struct {
	terms []Term
	order *rowkey.Order
	text  []byte
	ends  []int
}

func (o *orderTerm) Eval(mem memory.Allocator, batch arrow.RecordBatch) (arrow.Array, error) {
	keys := piece{batch: batch}
	defer func() { releaseArrays(keys.done) }()
	if err := keys.evaluate(mem, o.terms); err != nil {
		return nil, err
	}
	rows := int(batch.NumRows())
	o.text, o.ends = o.order.Append(o.text[:0], o.ends[:0], keys.done, rows)
	if rows > 1 && len(o.text) > expr.BatchText {
		return nil, expr.ErrTooWide
	}
	b := array.NewBinaryBuilder(mem, arrow.BinaryTypes.Binary)
	defer b.Release()
	b.Reserve(len(o.ends))
	b.ReserveData(len(o.text))
	start := 0
	for _, end := range o.ends {
		b.Append(o.text[start:end])
		start = end
	}
	return b.NewArray(), nil
}
