package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
)

// NewSingleRows yields the rows of a stream one by one, so that the operators above are done with each before the next.
func NewSingleRows(input Operator) Operator { return &singleRows{input: input} }

type singleRows struct {
	input Operator
	batch arrow.RecordBatch // what is left of it begins at row at
	at    int64
}

func (s *singleRows) Next(ctx context.Context) (arrow.RecordBatch, error) {
	for s.batch == nil {
		batch, err := s.input.Next(ctx)
		switch {
		case err != nil:
			return nil, err
		case batch.NumRows() == 1:
			return batch, nil
		case batch.NumRows() == 0:
			batch.Release()
		default:
			s.batch, s.at = batch, 0
		}
	}
	row := s.batch.NewSlice(s.at, s.at+1)
	if s.at++; s.at == s.batch.NumRows() {
		s.release()
	}
	return row, nil
}

func (s *singleRows) release() {
	if s.batch != nil {
		s.batch.Release()
		s.batch = nil
	}
}

func (s *singleRows) Close() error {
	s.release()
	return s.input.Close()
}
