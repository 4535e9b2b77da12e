package rest

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// reader reads the lists of a split, page by page. The first pages of the next lists are asked for ahead, as many as the
// reader's part of the requests that the source allows at a time.
type reader struct {
	*execution
	ctx    context.Context // of what is read ahead
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	calls   []*call                   // not yet asked for
	pending []*pending                // asked for, in order
	call    *call                     // that is read; nil: none
	more    bool                      // it has a further page
	page    *page                     // of it; nil: none
	next    func() (row, error, bool) // of the page's rows; nil: there are no more
	stop    func()                    // ends next
	spent   []*page                   // whose texts are in the batch that is being made
	values  []types.Value             // of the last row
	number  types.Value               // of the rows of the last group
	keys    []int                     // with which it is still to be put out

	mu     sync.Mutex // Execution.Close may come at any time
	needed []int      // columns of the table to decode
	skip   int64
	left   int64 // rows to yield; < 0: all
	closed bool
}

// pending is a first page that was asked for.
type pending struct {
	call *call
	done chan struct{}
	page *page
	err  error
}

func newReader(ctx context.Context, x *execution, s *split) *reader {
	r := &reader{execution: x, calls: s.calls, skip: x.skip, left: x.limit, values: make([]types.Value, len(x.table.Columns))}
	r.ctx, r.cancel = context.WithCancel(x.ctx)
	for _, from := range x.from {
		if !from.counted && from.key < 0 {
			r.needs(from.column)
		}
	}
	if x.partners != nil {
		r.needs(x.partners.columns...)
	}
	for _, c := range s.calls[0].checks { // those of the others are of the same columns
		r.needs(c.column)
	}
	if s.first != nil {
		first := &pending{call: s.calls[0], done: make(chan struct{}), page: s.first}
		close(first.done)
		r.pending, r.calls = append(r.pending, first), s.calls[1:]
	}
	return r
}

// needs has columns decoded.
func (r *reader) needs(columns ...int) {
	for _, at := range columns {
		if !slices.Contains(r.needed, at) {
			r.needed = append(r.needed, at)
		}
	}
}

// Next implements connectors.Reader.
func (r *reader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, fmt.Errorf("source %s: %w", r.name, context.Canceled)
	}
	columns := make([][]types.Value, len(r.cols))
	rows := 0
	for rows < r.scan.BatchRows && r.left != 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.next == nil && len(r.keys) == 0 {
			if rows > 0 && !r.ready() {
				break // what is there does not wait for the next answer
			}
			ok, err := r.turn(ctx)
			if err != nil {
				return nil, err
			}
			if rows == 0 {
				r.freeSpent()
			}
			if !ok {
				break
			}
			continue
		}
		n, err := r.append(columns, r.scan.BatchRows-rows)
		if err != nil {
			return nil, r.failure(r.page, err)
		}
		rows += n
	}
	if rows == 0 {
		return nil, io.EOF
	}
	r.scan.Usage.AddRows(int64(rows))
	batch := r.batch(columns, rows)
	r.freeSpent()
	return batch, nil
}

// ready reports that the next page is there.
func (r *reader) ready() bool {
	if r.more || len(r.pending) == 0 {
		return false
	}
	select {
	case <-r.pending[0].done:
		return true
	default:
		return false
	}
}

// turn turns to the next page; false: there are no more.
func (r *reader) turn(ctx context.Context) (bool, error) {
	if r.more {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(r.ctx, cancel)()
		if r.call.most >= 0 {
			r.call.most = r.left + r.skip
		}
		p, err := r.fetch(ctx, r.call)
		if err != nil {
			return false, err
		}
		return true, r.take(p)
	}
	r.ask()
	if len(r.pending) == 0 {
		return false, nil
	}
	next := r.pending[0]
	select {
	case <-next.done:
	case <-ctx.Done():
		return false, fmt.Errorf("source %s, table %s: %w", r.name, r.table.Name, reasonOf(ctx))
	}
	r.pending = r.pending[1:]
	if next.err != nil {
		return false, next.err
	}
	r.call = next.call
	return true, r.take(next.page)
}

// take begins a page of the call that is read.
func (r *reader) take(p *page) (err error) {
	if r.page != nil {
		r.spent = append(r.spent, r.page)
	}
	r.page = p
	if r.more, err = r.call.advance(p); err != nil {
		return r.failure(p, err)
	}
	r.next, r.stop = iter.Pull2(p.rows(r.endpoint.Each))
	return nil
}

// freeSpent frees the pages that no batch needs any more.
func (r *reader) freeSpent() {
	for _, p := range r.spent {
		r.free(p)
	}
	r.spent = nil
}

// ask asks for the first pages of as many lists as may be under way.
func (r *reader) ask() {
	most := max(1, r.requests/max(r.scan.Parallel, 1))
	for len(r.calls) > 0 && len(r.pending) < most {
		p := &pending{call: r.calls[0], done: make(chan struct{})}
		r.calls = r.calls[1:]
		if p.call.most >= 0 {
			p.call.most = r.left + r.skip
		}
		r.pending = append(r.pending, p)
		r.tasks.Go(func() {
			defer close(p.done)
			p.err = sqlerr.Guarded(func() (err error) {
				p.page, err = r.fetch(r.ctx, p.call)
				return err
			})()
		})
	}
}

// append decodes items until most rows are there or the page is at its end.
func (r *reader) append(columns [][]types.Value, most int) (rows int, err error) {
	for rows < most && r.left != 0 {
		if len(r.keys) > 0 {
			key := r.keys[0]
			r.keys = r.keys[1:]
			rows += r.put(columns, r.partners.rows[key])
			continue
		}
		if r.next == nil {
			break
		}
		from, err, ok := r.next()
		if !ok {
			r.stop()
			r.next = nil
			continue
		}
		if err == nil {
			err = r.decode(from)
		}
		if err != nil {
			return rows, err
		}
		if !r.call.keeps(r.values) || r.count != nil && r.number.Int == 0 { // SQL knows no group without rows
			continue
		}
		if r.partners == nil {
			rows += r.put(columns, nil)
			continue
		}
		r.keys = r.partners.of(r.values)
		if r.semi {
			r.keys = r.keys[:min(len(r.keys), 1)]
		}
	}
	return rows, nil
}

// decode reads the columns of a row that are needed.
func (r *reader) decode(from row) (err error) {
	for _, at := range r.needed {
		c := &r.table.Columns[at]
		if c.Asked {
			r.values[at] = r.call.given[r.table.filterOf(c.Name, expr.Eq)][0]
			continue
		}
		in := from.element
		if c.Outer {
			in = from.item
		}
		r.values[at], err = valueOf(find(in, c.Path), c)
		switch {
		case err == errLost:
			err = r.loses(c)
		case err == nil && r.values[at].Null && c.NotNull:
			err = sqlerr.New(sqlerr.Corrupt, "column %s: a row has no value", c.Name)
		}
		if err != nil {
			return err
		}
	}
	if r.count == nil {
		return nil
	}
	r.number, err = valueOf(find(from.element, r.count.Rows), &Column{Name: "count(*)", Type: types.Of(types.Int64)})
	if err == nil && (r.number.Null || r.number.Int < 0) {
		err = sqlerr.New(sqlerr.Corrupt, "a group has no number of rows")
	}
	return err
}

// put puts out the last row, with a row of the keys if there are any, unless it is to be skipped.
func (r *reader) put(columns [][]types.Value, key []types.Value) int {
	if r.skip > 0 {
		r.skip--
		return 0
	}
	if r.left > 0 {
		r.left--
	}
	for i, from := range r.from {
		v := r.number
		switch {
		case from.key >= 0:
			v = key[from.key]
		case !from.counted:
			v = r.values[from.column]
		}
		columns[i] = append(columns[i], v)
	}
	return 1
}

// batch makes a batch of decoded rows.
func (r *reader) batch(columns [][]types.Value, rows int) arrow.RecordBatch {
	fields := make([]arrow.Field, len(r.cols))
	arrays := make([]arrow.Array, len(r.cols))
	for i, c := range r.cols {
		arrays[i] = kernel.FromValues(r.scan.Memory, c.Type, columns[i])
		fields[i] = arrow.Field{Name: c.Name, Type: arrays[i].DataType(), Nullable: true}
	}
	defer func() {
		for _, a := range arrays {
			a.Release()
		}
	}()
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, int64(rows))
}

// Close stops what is read ahead and waits for it. It is idempotent.
func (r *reader) Close() error {
	r.cancel()
	r.tasks.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next != nil {
		r.stop()
	}
	r.free(r.page)
	r.freeSpent()
	for _, p := range r.pending {
		r.free(p.page)
	}
	r.closed, r.page, r.next, r.pending, r.calls, r.keys, r.values = true, nil, nil, nil, nil, nil, nil
	r.execution.mu.Lock()
	delete(r.open, r)
	r.execution.mu.Unlock()
	return nil
}

var _ connectors.Reader = (*reader)(nil)
