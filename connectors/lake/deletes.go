package lake

import (
	"context"
	"io"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
)

// Deletes say which rows of a file its table does not have any more. It is safe for concurrent use.
type Deletes interface {
	// Columns are the columns, as positions among the table's, that tell whether a row is deleted.
	Columns() []int
	// Load reads what is needed to tell; the account is charged with what is kept until the execution ends.
	Load(ctx context.Context, account files.Account, usage *connectors.Usage) (DeletedRows, error)
}

// DeletedRows are the deleted rows of a file.
type DeletedRows interface {
	// Kept appends to sel the positions of those rows that are not deleted, of so many from row first of the file on; columns has
	// their values of Columns.
	Kept(sel []int32, first int64, columns []arrow.Array, rows int) []int32
}

// heldAccount charges an account with what is held until the execution ends.
type heldAccount struct {
	of files.Account // nil: nothing is charged

	mu   sync.Mutex
	held int64
}

// Reserve implements files.Account.
func (a *heldAccount) Reserve(bytes int64) error {
	if a.of == nil {
		return nil
	}
	if err := a.of.Reserve(bytes); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held += bytes
	return nil
}

// Release implements files.Account.
func (a *heldAccount) Release(bytes int64) {
	if a.of == nil {
		return
	}
	a.mu.Lock()
	a.held -= bytes
	a.mu.Unlock()
	a.of.Release(bytes)
}

// end releases what is still held.
func (a *heldAccount) end() {
	a.mu.Lock()
	held := a.held
	a.mu.Unlock()
	a.Release(held)
}

// readDeletes adds to what is read of a file the columns that tell which rows are deleted.
func (s *scan) readDeletes(out *fileColumns, f found) {
	if f.Deletes == nil {
		return
	}
	for _, pos := range f.Deletes.Columns() {
		out.deciding = append(out.deciding, s.readColumn(out, f.opened, pos))
	}
}

// firstRow is the number of the first row of a part in its file. Files with deleted rows know how many rows their parts have.
func (p *part) firstRow() int64 {
	first := int64(0)
	for g := range p.group {
		rows, _ := p.file.Count(g)
		first += rows
	}
	return first
}

// dropDeleted takes the deleted rows out of some rows of the part that is open, and returns how many are left. It replaces arrays.
func (r *reader) dropDeleted(arrays []arrow.Array, rows int) (int, error) {
	if r.deleted == nil {
		return rows, nil
	}
	columns := make([]arrow.Array, len(r.part.columns.deciding))
	for i, at := range r.part.columns.deciding {
		if at >= 0 {
			arrays[at].Retain()
			columns[i] = arrays[at]
			continue
		}
		pos := r.part.values.Deletes.Columns()[i]
		columns[i] = repeat(r.run.Memory, r.scan.table.absent(r.part.values, pos), r.scan.table.columns[pos].typ, rows)
	}
	r.kept = r.deleted.Kept(r.kept[:0], r.row, columns, rows)
	release(columns)
	r.row += int64(rows)
	if len(r.kept) == rows {
		return rows, nil
	}
	for i, a := range arrays {
		taken, err := kernel.Take(r.run.Memory, a, r.kept)
		if err != nil {
			return 0, err
		}
		a.Release()
		arrays[i] = taken
	}
	return len(r.kept), nil
}

// ReadAll visits all rows of files, in vectors of the columns; visit does not keep them. It is for files that belong to a table and are none of its
// data, such as those that say which rows are deleted.
func ReadAll(ctx context.Context, spec Spec, columns []DeclaredColumn, list []File, usage *connectors.Usage, visit func(arrow.RecordBatch) error) error {
	all := func(context.Context, Predicate, *connectors.Usage) ([]File, error) { return list, nil }
	return ReadDeclared(ctx, spec, Declared{Columns: columns, Files: len(list), Plan: all}, usage, visit)
}

// ReadDeclared is ReadAll of the files that a format plans.
func ReadDeclared(ctx context.Context, spec Spec, d Declared, usage *connectors.Usage, visit func(arrow.RecordBatch) error) error {
	described, err := Declare(spec, d)
	if err != nil {
		return err
	}
	s := &scan{table: described.Handle.(*table), limit: -1, reads: make(map[expr.ColumnID]int)}
	for i, c := range d.Columns {
		s.cols = append(s.cols, plan.Column{ID: expr.ColumnID(i + 1), Name: c.Name, Type: c.Type, Nullable: c.Nullable})
		s.pos = append(s.pos, i)
	}
	x, err := s.Start(ctx, connectors.Scan{
		Memory: memory.DefaultAllocator, BatchRows: readAllRows, Parallel: 1, Dynamic: connectors.NoFilter{}, Usage: usage,
	})
	if err != nil {
		return err
	}
	defer x.Close() //nolint:errcheck // it was only read
	for split, err := range x.Splits(ctx) {
		if err != nil {
			return err
		}
		if err := readSplit(ctx, x, split, visit); err != nil {
			return err
		}
	}
	return nil
}

// readAllRows is how many rows ReadAll visits at once at most.
const readAllRows = 8192

func readSplit(ctx context.Context, x connectors.Execution, split connectors.Split, visit func(arrow.RecordBatch) error) error {
	r, err := x.Open(ctx, split)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it was only read
	for {
		batch, err := r.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		err = visit(batch)
		batch.Release()
		if err != nil {
			return err
		}
	}
}
