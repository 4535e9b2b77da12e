package exec

import (
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
)

// NewLimit passes count rows of a stream after the first offset; count < 0 is all of them. It closes its input as soon
// as it has them.
func NewLimit(input Operator, offset, count int64) Operator {
	return &limit{input: input, skip: offset, left: count}
}

type limit struct {
	input Operator
	skip  int64
	left  int64 // < 0: no limit
}

func (l *limit) Next(ctx context.Context) (arrow.RecordBatch, error) {
	for l.left != 0 {
		batch, err := l.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		rows := batch.NumRows()
		if rows <= l.skip {
			l.skip -= rows
			batch.Release()
			continue
		}
		from, to := l.skip, rows
		l.skip = 0
		if l.left >= 0 {
			to = from + min(rows-from, l.left)
			l.left -= to - from
		}
		if from == 0 && to == rows {
			return batch, nil
		}
		out := batch.NewSlice(from, to)
		batch.Release()
		return out, nil
	}
	if err := l.input.Close(); err != nil {
		return nil, err
	}
	return nil, io.EOF
}

func (l *limit) Close() error { return l.input.Close() }
