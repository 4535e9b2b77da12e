package infoschema

import (
	"context"
	"io"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// execution is one run, of one split: rows come in the order of the names.
type execution struct {
	*fragment
	scan    connectors.Scan
	readers []*reader
	ahead   atomic.Int64 // bytes of batches that nobody has taken yet
	spare   sync.Pool    // of *rowValues: there is a writer for each database
}

// Splits implements connectors.Execution.
func (e *execution) Splits(context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) { yield(nil, nil) }
}

// Open implements connectors.Execution.
func (e *execution) Open(ctx context.Context, _ connectors.Split) (connectors.Reader, error) {
	next, stop := iter.Pull2(e.batches(ctx))
	r := &reader{next: next, stop: stop, usage: e.scan.Usage}
	e.readers = append(e.readers, r)
	return r, nil
}

// Close implements connectors.Execution.
func (e *execution) Close() error {
	for _, r := range e.readers {
		_ = r.Close() // never fails
	}
	return nil
}

// reader reads the batches.
type reader struct {
	next  func() (arrow.RecordBatch, error, bool)
	stop  func()
	usage *connectors.Usage
}

// Next implements connectors.Reader.
func (r *reader) Next(context.Context) (arrow.RecordBatch, error) {
	batch, err, ok := r.next()
	if !ok {
		return nil, io.EOF
	}
	if err != nil {
		return nil, err
	}
	r.usage.AddRows(batch.NumRows())
	return batch, nil
}

// Close implements connectors.Reader.
func (r *reader) Close() error {
	r.stop()
	return nil
}

// mostRows is how many rows a batch has at most: their values are kept one by one until it is made.
const mostRows = 1024

// rowValues are the values of rows that are no batch yet, by column.
type rowValues [][]types.Value

// writer makes batches of rows.
type writer struct {
	*execution
	values *rowValues
	rows   int
	made   []arrow.RecordBatch
	err    error // the statement has no memory for more, and nothing is added any more
}

func (e *execution) newWriter() *writer {
	values, ok := e.spare.Get().(*rowValues)
	if !ok {
		none := make(rowValues, len(e.cols))
		values = &none
	}
	return &writer{execution: e, values: values}
}

// add adds a row about an item.
func (w *writer) add(i *item) {
	if w.err != nil {
		return
	}
	values := *w.values
	for c, at := range w.pos {
		values[c] = append(values[c], w.table.columns[at].value(i))
	}
	w.added()
}

// addRow adds a row of the table's columns.
func (w *writer) addRow(row []types.Value) {
	if w.err != nil {
		return
	}
	values := *w.values
	for c, at := range w.pos {
		values[c] = append(values[c], row[at])
	}
	w.added()
}

func (w *writer) added() {
	if w.rows++; w.rows >= min(mostRows, w.scan.BatchRows) {
		w.flush()
	}
}

// flush makes a batch of the rows that are left.
func (w *writer) flush() {
	if w.rows == 0 {
		return
	}
	values := *w.values
	fields, arrays := make([]arrow.Field, len(w.cols)), make([]arrow.Array, len(w.cols))
	for i, c := range w.cols {
		arrays[i] = kernel.FromValues(w.scan.Memory, c.Type, values[i])
		defer arrays[i].Release()
		fields[i] = arrow.Field{Name: c.Name, Type: arrays[i].DataType(), Nullable: true}
	}
	batch := array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, int64(w.rows))
	w.rows = 0
	for i := range values {
		values[i] = values[i][:0]
	}
	if w.err = w.charge(sizeOf(batch)); w.err != nil {
		batch.Release()
		return
	}
	w.made = append(w.made, batch)
}

// take returns the next batch, which then is the caller's.
func (w *writer) take() arrow.RecordBatch {
	batch := w.made[0]
	w.made = w.made[1:]
	_ = w.charge(-sizeOf(batch)) // never fails
	return batch
}

// charge charges the statement with bytes of batches that nobody has taken yet, or takes that back.
func (w *writer) charge(bytes int64) error {
	switch account := w.scan.Env.Account; {
	case account == nil:
	case bytes < 0:
		account.Release(-bytes)
	default:
		if err := account.Reserve(bytes); err != nil {
			return err
		}
	}
	w.ahead.Add(bytes)
	return nil
}

func sizeOf(batch arrow.RecordBatch) int64 {
	size := int64(0)
	for _, column := range batch.Columns() {
		size += int64(column.Data().SizeInBytes())
	}
	return size
}

// release ends the writer and drops batches that nobody has taken.
func (w *writer) release() {
	for i, column := range *w.values {
		(*w.values)[i] = column[:0]
	}
	w.spare.Put(w.values)
	w.values = nil
	for len(w.made) > 0 {
		w.take().Release()
	}
}
