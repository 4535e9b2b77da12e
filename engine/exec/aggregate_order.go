package exec

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/exec/rowkey"
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
	cols, err := evalTerms(mem, o.terms, batch)
	if err != nil {
		return nil, err
	}
	defer releaseArrays(cols)
	o.text, o.ends = o.order.Append(o.text[:0], o.ends[:0], cols, int(batch.NumRows()))
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
