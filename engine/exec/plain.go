package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
)

// NewPlain yields the rows of a stream without dictionaries, for what keeps them or reads values.
func NewPlain(rt *Runtime, input Operator) Operator { return &plain{mem: rt.Mem, input: input} }

type plain struct {
	mem   memory.Allocator
	input Operator
}

func (p *plain) Next(ctx context.Context) (arrow.RecordBatch, error) {
	batch, err := p.input.Next(ctx)
	if err != nil {
		return nil, err
	}
	defer batch.Release()
	return Plain(p.mem, batch)
}

func (p *plain) Close() error { return p.input.Close() }

// Plain returns a borrowed batch without dictionaries: itself, if it has none. The caller releases it.
func Plain(mem memory.Allocator, batch arrow.RecordBatch) (arrow.RecordBatch, error) {
	fields, cols := batch.Schema().Fields(), make([]arrow.Array, len(batch.Columns()))
	defer func() { releaseArrays(cols) }()
	encoded := false
	for i, c := range batch.Columns() {
		_, coded := c.(*array.Dictionary)
		encoded = encoded || coded
		values, err := kernel.Plain(mem, c)
		if err != nil {
			return nil, err
		}
		cols[i], fields[i].Type = values, values.DataType()
	}
	if !encoded {
		batch.Retain()
		return batch, nil
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, batch.NumRows()), nil
}
