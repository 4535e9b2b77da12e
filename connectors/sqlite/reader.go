package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// defaultBatchRows is the size of a batch where the scan does not say.
const defaultBatchRows = 8192

// reader steps a statement and fills batches.
type reader struct {
	execution *execution
	stmt      *stmt
	columns   []decoder
	schema    plan.Schema
	rows      int // of a full batch
	ended     bool
}

func (e *execution) open(ctx context.Context, q sqlgen.Query) (*reader, error) {
	r := &reader{execution: e, schema: q.Cols, rows: e.scan.BatchRows}
	if r.rows <= 0 {
		r.rows = defaultBatchRows
	}
	err := e.snapshot.use(ctx, func(db *conn) error {
		var err error
		if r.stmt, err = db.prepare(q.Text); err != nil {
			return err
		}
		if err := e.fragment.described(db.schema); err != nil {
			return err
		}
		return bindAll(r.stmt, q.Args)
	})
	if err != nil {
		r.free()
		return nil, err
	}
	for _, c := range q.Cols {
		r.columns = append(r.columns, newDecoder(e.scan.Memory, c.Type))
	}
	return r, nil
}

func bindAll(s *stmt, args []sqlgen.Arg) error {
	for i, a := range args {
		scalar, ok := a.(sqlgen.Scalar)
		if !ok {
			return fmt.Errorf("argument %d is a %T", i+1, a)
		}
		var value any = scalar.Value.Str
		if scalar.Type.IsFloat() {
			value = scalar.Value.Float
		}
		if err := s.bind(i+1, value); err != nil {
			return err
		}
	}
	return nil
}

// Next fills one batch.
func (r *reader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if r.ended {
		return nil, io.EOF
	}
	if r.stmt == nil {
		return nil, sqlerr.New(sqlerr.Internal, "source %s: the reader is closed", r.execution.fragment.source.name)
	}
	began := time.Now()
	n := 0
	err := r.execution.snapshot.use(ctx, func(*conn) error {
		for ; n < r.rows; n++ {
			more, err := r.stmt.step()
			if err != nil {
				return err
			}
			if !more {
				r.ended = true
				return nil
			}
			if err := r.appendRow(); err != nil {
				return err
			}
		}
		return nil
	})
	usage := r.execution.scan.Usage
	usage.AddRemoteTime(time.Since(began))
	if err != nil {
		r.free()
		f := r.execution.fragment
		return nil, f.source.failed(err, "read %s", tableNames(f.tree))
	}
	if n == 0 {
		return nil, io.EOF
	}
	batch := r.batch(n)
	usage.AddRows(int64(n))
	usage.AddBytes(sizeOf(batch))
	return batch, nil
}

func (r *reader) appendRow() error {
	for i, d := range r.columns {
		if err := d.append(r.stmt, i); err != nil {
			return r.explain(i, err)
		}
	}
	return nil
}

// misfit is a stored value that its column's type cannot have.
type misfit struct {
	code sqlerr.Code
	what string // the value
}

func (m *misfit) Error() string { return m.what }

// explain names the column of a misfit.
func (r *reader) explain(i int, err error) error {
	var bad *misfit
	if !errors.As(err, &bad) {
		return err
	}
	f, c := r.execution.fragment, r.schema[i]
	where := tableNames(f.tree) + ", column " + c.Name
	if scan, pos, ok := originOf(f.tree, c); ok {
		where = fmt.Sprintf("table %s, column %s", scan.Table.Name, scan.Table.Columns[pos].Name)
	}
	return sqlerr.New(bad.code, "source %s, %s: %s is not a value of %s", f.source.name, where, bad.what, c.Type)
}

// originOf finds the scan below n that defines c.
func originOf(n plan.Node, c plan.Column) (*plan.Scan, int, bool) {
	if scan, ok := n.(*plan.Scan); ok {
		if i := scan.Cols.Index(c.ID); i >= 0 {
			return scan, scan.Pos[i], true
		}
	}
	for _, child := range n.Children() {
		if scan, pos, ok := originOf(child, c); ok {
			return scan, pos, true
		}
	}
	return nil, 0, false
}

// batch takes the columns' rows out of the decoders.
func (r *reader) batch(n int) arrow.RecordBatch {
	fields := make([]arrow.Field, len(r.columns))
	arrays := make([]arrow.Array, len(r.columns))
	for i, d := range r.columns {
		arrays[i] = d.take()
		fields[i] = arrow.Field{Name: r.schema[i].Name, Type: arrays[i].DataType(), Nullable: true}
	}
	batch := array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, int64(n))
	for _, a := range arrays {
		a.Release()
	}
	return batch
}

// sizeOf returns the bytes of a batch's values.
func sizeOf(batch arrow.RecordBatch) int64 {
	size := 0
	for _, col := range batch.Columns() {
		for _, b := range col.Data().Buffers() {
			if b != nil {
				size += b.Len()
			}
		}
	}
	return int64(size)
}

// Close is idempotent.
func (r *reader) Close() error {
	r.free()
	return nil
}

func (r *reader) free() {
	if r.stmt != nil {
		r.execution.snapshot.release(r.stmt)
		r.stmt = nil
	}
	for _, d := range r.columns {
		d.release()
	}
	r.columns = nil
}

var _ connectors.Reader = (*reader)(nil)
