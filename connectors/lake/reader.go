package lake

import (
	"context"
	"io"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/sqlerr"
)

// reader yields the rows of a split's row groups, one after the other.
type reader struct {
	*execution
	mu    sync.Mutex // Execution.Close may come at any time
	parts []part
	skip  int64 // rows to pass over
	left  int64 // rows to yield; -1: all

	finished bool
	part     part
	filter   *rowFilter       // of the rows of the part
	group    files.Reader     // of the part, while it is open
	wide     []expr.Evaluator // of the part's columns that are converted
	odd      error            // a value that the source is configured to refuse
	deleted  DeletedRows      // of the part's file; nil: none
	row      int64            // of the file, that comes next
	kept     []int32          // scratch
}

// Next returns the next rows.
func (r *reader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if r.left == 0 {
			r.finish()
			return nil, io.EOF
		}
		if r.group == nil {
			if err := r.openNext(ctx); err == io.EOF {
				r.finish()
				return nil, err
			} else if err != nil {
				return nil, err
			}
		}
		arrays, rows, err := r.group.Next(ctx)
		if err == io.EOF {
			r.closePart()
			continue
		}
		if err == nil && r.odd != nil {
			release(arrays)
			err = r.odd
		}
		if err == nil {
			if err = r.widen(arrays, rows); err == nil {
				rows, err = r.dropDeleted(arrays, rows)
			}
			if err != nil || rows == 0 {
				release(arrays)
			}
		}
		if err != nil {
			return nil, r.scan.table.fail(err)
		}
		if rows == 0 {
			continue
		}
		batch := r.assemble(arrays, rows)
		r.run.Usage.AddRows(int64(rows))
		if batch = r.cut(batch); batch != nil {
			return batch, nil
		}
	}
}

// openNext begins the next row group; io.EOF if there is none.
func (r *reader) openNext(ctx context.Context) error {
	for len(r.parts) > 0 {
		r.part, r.parts = r.parts[0], r.parts[1:]
		if r.excluded(r.part) {
			r.leave(r.part)
			continue
		}
		p := r.part
		var err error
		if r.wide, err = r.wideners(p.columns.wider); err != nil {
			r.leave(p)
			return r.scan.table.fail(err)
		}
		if err = r.loadDeletes(ctx); err != nil {
			r.leave(p)
			return r.scan.table.fail(err)
		}
		if r.filter == nil || r.filter.of != r.execution.filter() {
			r.filter = r.rowFilter()
		}
		options := files.Options{
			Memory: r.run.Memory, Scratch: r.pool, Account: r.account(), BatchRows: r.run.BatchRows, Types: p.columns.types, Shapes: p.columns.shapes,
			Conditions: r.filter.conditions(r.scan, p), Unrepresentable: r.onUnrepresentable,
			Encoded: p.columns.encodable(r.run.Encoded), Unknown: r.onUnknown, Rejected: r.onRejected,
		}
		if r.deleted != nil { // they are told by the number of a row, and by its values
			options.Conditions, options.Encoded = nil, nil
		}
		if p.block != nil {
			if r.takeBlock(p.block) { // else the execution was closed
				r.group = p.block.Open(options)
				return nil
			}
			return context.Canceled
		}
		group, err := p.section.Open(ctx, r.fetchOf(p), options)
		if err != nil {
			r.leave(p)
			return r.scan.table.fail(err)
		}
		r.group = group
		return nil
	}
	return io.EOF
}

// loadDeletes prepares to leave out the deleted rows of the part that is to be opened.
func (r *reader) loadDeletes(ctx context.Context) (err error) {
	r.deleted, r.row = nil, 0
	if d := r.part.values.Deletes; d != nil {
		r.row = r.part.firstRow()
		r.deleted, err = d.Load(ctx, r.held, r.run.Usage)
	}
	return err
}

// account is the query's, nil if there is none.
func (r *reader) account() files.Account {
	if r.run.Env == nil || r.run.Env.Account == nil {
		return nil
	}
	return r.run.Env.Account
}

// finish says that the split has been read to its end.
func (r *reader) finish() {
	if !r.finished {
		r.finished = true
		r.reject.end(r.execution)
	}
}

func (r *reader) onUnknown(column string) { r.notShown(column, r.part.file.Location) }

func (r *reader) onRejected(what files.Rejection) { r.reject.add(what) }

func (r *reader) onUnrepresentable(column string) {
	if r.scan.table.FailNonFinite {
		r.odd = sqlerr.New(sqlerr.BadValue, "column %s of %s holds NaN, an infinity or a year beyond 1 to 9999", column, r.part.file.Location)
		return
	}
	r.unrepresentable(column)
}

// assemble puts the columns of a file, its partition values and NULLs for what it lacks in the scan's order. It takes over
// the arrays.
func (r *reader) assemble(arrays []arrow.Array, rows int) arrow.RecordBatch {
	defer release(arrays)
	out := make([]arrow.Array, len(r.scan.cols))
	fields := make([]arrow.Field, len(out))
	for i, from := range r.part.columns.from {
		c := r.scan.table.columns[r.scan.pos[i]]
		switch {
		case from >= 0:
			arrays[from].Retain()
			out[i] = arrays[from]
		case c.partition >= 0:
			out[i] = repeat(r.run.Memory, r.part.values.Values[c.partition], c.typ, rows)
		default:
			out[i] = repeat(r.run.Memory, r.scan.table.absent(r.part.values, r.scan.pos[i]), c.typ, rows)
		}
		fields[i] = arrow.Field{Name: r.scan.cols[i].Name, Type: out[i].DataType(), Nullable: r.scan.cols[i].Nullable}
	}
	defer release(out)
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), out, int64(rows))
}

// cut applies the limit and offset to a batch, which it takes over; nil if nothing is left of it.
func (r *reader) cut(b arrow.RecordBatch) arrow.RecordBatch {
	if r.left < 0 {
		return b
	}
	from := min(r.skip, b.NumRows())
	to := min(from+r.left, b.NumRows())
	r.skip -= from
	r.left -= to - from
	if from == 0 && to == b.NumRows() {
		return b
	}
	defer b.Release()
	if from == to {
		return nil
	}
	return b.NewSlice(from, to)
}

// Close frees what is open. It is idempotent.
func (r *reader) Close() error {
	r.mu.Lock()
	r.closePart()
	for _, p := range r.parts {
		r.leave(p)
	}
	r.parts = nil
	r.mu.Unlock()
	r.execution.mu.Lock()
	defer r.execution.mu.Unlock()
	delete(r.execution.open, r)
	if r.filter != nil {
		r.idle = append(r.idle, r.filter)
		r.filter = nil
	}
	return nil
}

func (r *reader) closePart() {
	if r.group != nil {
		r.group.Close()
		r.group = nil
		r.leave(r.part)
	}
}

func release(arrays []arrow.Array) {
	for _, a := range arrays {
		a.Release()
	}
}
