package lake

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Declared is a table whose format keeps its columns and files in metadata of its own: nothing is concluded from the files.
type Declared struct {
	Columns []DeclaredColumn
	Version string // of the data and columns
	Rows    float64
	Bytes   float64
	Files   int
	// ByName says that a column is found by its Names in every file, whatever ids that has. One that has none is in no file.
	ByName bool
	// Plan finds the files for a scan.
	Plan func(context.Context, Predicate, *connectors.Usage) ([]File, error)
}

// DeclaredColumn is a column that files have under an id, whatever its name was when they were written.
type DeclaredColumn struct {
	plan.TableColumn
	ID      int
	Names   []string     // of it in files that have no ids, or in all
	Default types.Value  // of the rows of a file that does not have it
	Shape   *files.Shape // of a nested column; nil: as files have it
	Refused error        // why no values of it are read; nil: they are
}

// Predicate is what the rows of a scan must fulfil: a file none of whose rows does need not be planned.
type Predicate struct {
	Conds []expr.Expr
	// Column returns the position among the table's columns of a column that Conds read; false: it is none of them.
	Column func(expr.ColumnID) (int, bool)
}

// Metadata is what a table's format knows of a file that was not opened. Columns are positions among the table's.
type Metadata interface {
	Rows() int64
	// Bounds says what values a column has; false: nothing is known.
	Bounds(column int) (files.Bounds, bool)
	// Stored is how many bytes a column takes in the file; false: nobody knows.
	Stored(column int) (int64, bool)
	// Constant is the value of a column that the file itself does not have; false: it is the column's default.
	Constant(column int) (types.Value, bool)
}

// Declare makes a table of what its format declares, without I/O. Of the Spec, Files and Partitions are not used.
func Declare(spec Spec, d Declared) (*plan.Table, error) {
	t := &table{Spec: spec, declared: &d, bytes: d.Bytes, count: d.Files, ids: make(map[int]int), mapped: make(map[string]int), names: newNames()}
	out := &plan.Table{
		Name: spec.Name, Comment: spec.Comment, Version: d.Version, Location: spec.Location, Snapshot: true, Handle: t,
		Stats: plan.Statistics{Rows: d.Rows, Bytes: d.Bytes},
	}
	shown := make(map[string]bool)
	for i, c := range d.Columns {
		if err := t.identify(i, c); err != nil {
			return nil, spec.fail(err)
		}
		t.columns = append(t.columns, column{typ: c.Type, partition: -1, native: c.Native, file: spec.Location, missing: c.Default, shape: c.Shape, refused: c.Refused})
		shownColumn := c.TableColumn
		shownColumn.Name = unused(c.Name, shown)
		out.Columns = append(out.Columns, shownColumn)
	}
	return out, nil
}

// identify notes by what a column is found in files.
func (t *table) identify(pos int, c DeclaredColumn) error {
	if t.declared.ByName {
		for _, name := range c.Names {
			t.names.add(name, pos)
		}
		return nil
	}
	if _, twice := t.ids[c.ID]; twice {
		return sqlerr.New(sqlerr.Corrupt, "%s: two columns have the id %d", t.Location, c.ID)
	}
	t.ids[c.ID] = pos
	for _, name := range c.Names {
		t.mapped[name] = pos
	}
	return nil
}

// byID returns for each of the table's columns its position in a file, or -1 if the file does not have it.
func (t *table) byID(f *opened) []int {
	at := make([]int, len(t.columns))
	for i := range at {
		at[i] = -1
	}
	identified := f.Identified()
	for i, c := range f.Columns {
		pos, ok := t.ids[c.ID]
		if !identified {
			pos, ok = t.mapped[c.Name]
		}
		if ok && c.Type.Kind != types.Null {
			at[pos] = i
		}
	}
	return at
}

// identifies proves that a file says which columns of a declared table it has.
func (t *table) identifies(f *opened) error {
	if t.declared == nil || t.declared.ByName || f.Identified() || len(t.mapped) > 0 {
		return nil
	}
	return sqlerr.New(sqlerr.Unsupported, "%s has no field ids, and the table does not map its columns' names", f.Location)
}

// absent is the value of a column that a file does not have.
func (t *table) absent(f File, pos int) types.Value {
	if f.Metadata != nil {
		if v, ok := f.Metadata.Constant(pos); ok {
			return v
		}
	}
	return t.columns[pos].missing
}

// planned yields the files of a declared table that conjuncts leave.
func (s *scan) planned(ctx context.Context, usage *connectors.Usage, prune []*pruner) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		list, err := s.plan(ctx, usage, prune)
		if err != nil {
			yield(File{}, err)
			return
		}
		for _, f := range list {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// plan has the format plan the files that the first pruner leaves, and drops what any of them rules out by the metadata of files.
func (s *scan) plan(ctx context.Context, usage *connectors.Usage, prune []*pruner) ([]File, error) {
	p := Predicate{Conds: prune[0].conds, Column: func(id expr.ColumnID) (int, bool) {
		pos, ok := s.reads[id]
		return pos, ok
	}}
	list, err := s.table.declared.Plan(ctx, p, usage)
	if err != nil {
		return nil, err
	}
	var kept []File
	for _, f := range list {
		intervals := s.metadataIntervals(f)
		if !slices.ContainsFunc(prune, func(p *pruner) bool { return !p.mayPass(intervals) }) {
			kept = append(kept, f)
		}
	}
	return kept, nil
}

// metadataIntervals gives the intervals that hold for the rows of a file that was not opened.
func (s *scan) metadataIntervals(f File) func(expr.ColumnID) (interval, bool) {
	return func(id expr.ColumnID) (interval, bool) {
		pos, ok := s.reads[id]
		if !ok || f.Metadata == nil {
			return interval{}, false
		}
		b, ok := f.Metadata.Bounds(pos)
		return intervalOf(b), ok
	}
}

// estimateDeclared counts the rows and bytes of the files that planning leaves, by what their format knows of them.
func (s *scan) estimateDeclared(ctx context.Context) (connectors.Estimate, error) {
	list, err := s.plan(ctx, &connectors.Usage{}, []*pruner{newPruner(s.conds, nil)})
	if err != nil {
		return connectors.Estimate{}, s.table.fail(err)
	}
	s.kept.Store(int64(len(list)) + 1)
	var out connectors.Estimate
	for _, f := range list {
		out.Rows += float64(f.Metadata.Rows())
		out.Bytes += s.stored(f)
		out.Splits++
		if s.limit >= 0 && out.Rows >= float64(s.limit+s.skip) {
			break
		}
	}
	if s.limit >= 0 {
		out.Rows = min(out.Rows, float64(s.limit))
		out.Splits = 1
	}
	return out, nil
}

// stored is how many bytes the columns of the scan take in a file: all, where that is not known of each.
func (s *scan) stored(f File) float64 {
	bytes := int64(0)
	for _, pos := range s.pos {
		n, ok := f.Metadata.Stored(pos)
		if !ok {
			return float64(f.Object.Size)
		}
		bytes += n
	}
	return float64(bytes)
}

// filesText says how many files there are, and of how many of these the scan reads, once it was planned.
func (s *scan) filesText() string {
	if kept := s.kept.Load() - 1; kept >= 0 && s.table.count >= 0 {
		return fmt.Sprintf(" files=%d of %d", kept, s.table.count)
	}
	if s.table.count >= 0 {
		return fmt.Sprintf(" files=%d", s.table.count)
	}
	return fmt.Sprintf(" folders=%d", len(s.table.Files.folders))
}
