package exec

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/plan"
)

// NewUnion appends the streams of several inputs: stream i yields what stream i of each input does, one input after
// the other, and closes each when it has ended. The columns are renamed to out.
func NewUnion(inputs []Streams, out plan.Schema) Streams {
	var streams Streams
	for _, in := range inputs {
		for i, s := range in {
			if i == len(streams) {
				streams = append(streams, &union{asm: newAssembler(out)})
			}
			u := streams[i].(*union)
			u.inputs = append(u.inputs, s)
		}
	}
	return streams
}

type union struct {
	inputs Streams
	at     int
	asm    *assembler
}

func (u *union) Next(ctx context.Context) (arrow.RecordBatch, error) {
	for u.at < len(u.inputs) {
		batch, err := u.inputs[u.at].Next(ctx)
		if err == io.EOF {
			if err := u.inputs[u.at].Close(); err != nil { // what it holds is not needed any more
				return nil, err
			}
			u.at++
			continue
		}
		if err != nil {
			return nil, err
		}
		defer batch.Release()
		cols := append([]arrow.Array(nil), batch.Columns()...)
		for _, c := range cols {
			c.Retain()
		}
		return u.asm.batch(cols, int(batch.NumRows())), nil
	}
	return nil, io.EOF
}

func (u *union) Close() error { return closeAll(u.inputs) }
