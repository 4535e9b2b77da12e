package lake

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// scan is the fragment of a table: some of its columns, row groups pruned by conjuncts, perhaps cut to a limit.
type scan struct {
	table *table
	cols  plan.Schema
	pos   []int       // for each of cols its position among the table's columns
	conds []expr.Expr // over all of the table's columns that the offered scan had; checked again above
	limit int64       // rows; -1: all
	skip  int64       // rows before them
	reads map[expr.ColumnID]int
	kept  atomic.Int64 // files that planning left of a declared table, and 1; 0: it was not planned yet
}

// Schema returns the columns the scan yields.
func (s *scan) Schema() plan.Schema { return s.cols }

// String names the location, the columns and what prunes.
func (s *scan) String() string {
	names := make([]string, len(s.cols))
	for i, c := range s.cols {
		names[i] = c.Name
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s [%s]", s.table.Location, strings.Join(names, ", "))
	b.WriteString(s.filesText())
	if len(s.conds) > 0 {
		fmt.Fprintf(&b, " prune=%s", expr.Strings(s.conds, " AND "))
	}
	if s.limit >= 0 {
		fmt.Fprintf(&b, " limit=%d", s.limit)
	}
	if s.skip > 0 {
		fmt.Fprintf(&b, " offset=%d", s.skip)
	}
	return b.String()
}

// Estimate counts the rows and bytes of the row groups that pruning and a limit leave, exactly unless the table has very
// many files.
func (s *scan) Estimate(ctx context.Context) (connectors.Estimate, error) {
	if s.table.declared != nil {
		return s.estimateDeclared(ctx)
	}
	prune := newPruner(s.conds, nil)
	kept := s.folders(prune)
	looked := s.table.Files.sample(kept)
	var list []File
	for f, err := range s.table.Files.files(ctx, looked, &connectors.Usage{}) {
		if err != nil {
			return connectors.Estimate{}, s.table.fail(err)
		}
		list = append(list, f)
	}
	read := spread(list, sampled)
	out := connectors.Estimate{StartCost: 0, Cost: 0}
	enough := func() bool { return s.limit >= 0 && out.Rows >= float64(s.limit+s.skip) }
	for f, err := range s.table.openAll(ctx, s.table.Bytes.Opening(s.table.Store), each(read), &connectors.Usage{}) {
		if err != nil {
			return connectors.Estimate{}, s.table.fail(err)
		}
		columns := s.fileColumns(f.opened)
		for g := range f.Parts() {
			if enough() {
				break
			}
			if prune.mayPass(s.groupIntervals(f.File, f.opened, columns, g)) {
				_, rows := f.Count(g)
				stored, _ := f.Size(g, columns.read)
				out.Rows += rows
				out.Bytes += float64(stored)
				out.Splits++
			}
		}
		if enough() {
			break
		}
	}
	if len(read) > 0 && (len(list) > len(read) || len(kept) > len(looked)) && !enough() {
		scale := float64(len(list)) / float64(len(read)) * float64(len(kept)) / float64(len(looked))
		out.Rows, out.Bytes, out.Splits = out.Rows*scale, out.Bytes*scale, int(float64(out.Splits)*scale)
	}
	if s.limit >= 0 {
		out.Rows = min(out.Rows, float64(s.limit))
		out.Splits = 1
	}
	return out, nil
}

// fileColumns is where the columns of a table and of a scan come from in one file.
type fileColumns struct {
	at       []int          // for each of the table's columns its position in the file, or -1
	unknown  int            // a column of the file that the table does not show, or -1
	read     []int          // the file's columns to read, each once
	types    []types.Type   // for each column of the file that in which it is read, if the file has none of its own
	shapes   []*files.Shape // for each column of the file that in which it is written as JSON; nil: as the file has them
	deciding []int          // positions in read of the columns of Deletes; -1: the file does not have it
	from     []int          // for each column of the scan its position in read; -1: a partition value, or NULL for want of the column
	wider    []widening     // of columns that are read
}

// widened reports a column, by its position in read, that is converted after it was read.
func (c *fileColumns) widened(read int) bool {
	return slices.ContainsFunc(c.wider, func(w widening) bool { return w.at == read })
}

// encodable returns the positions in read of those of some columns of the scan that are passed on as they are read.
func (c *fileColumns) encodable(columns []int) []int {
	var out []int
	for _, i := range columns {
		if c.from[i] >= 0 && !c.widened(c.from[i]) {
			out = append(out, c.from[i])
		}
	}
	return out
}

func (s *scan) fileColumns(f *opened) fileColumns {
	var out fileColumns
	out.at, out.unknown = s.table.positions(f)
	out.types = make([]types.Type, len(f.Columns))
	for pos, at := range out.at {
		if at >= 0 {
			out.types[at] = s.table.columns[pos].typ
			out.shape(at, s.table.columns[pos].shape)
		}
	}
	for _, pos := range s.pos {
		out.from = append(out.from, s.readColumn(&out, f, pos))
	}
	return out
}

// shape says how a column of the file is written as JSON.
func (c *fileColumns) shape(at int, s *files.Shape) {
	if s == nil {
		return
	}
	if c.shapes == nil {
		c.shapes = make([]*files.Shape, len(c.types))
	}
	c.shapes[at] = s
}

// readColumn adds one of the table's columns to what is read of a file, unless it is read already, and returns its position in read; -1: the
// file does not have it.
func (s *scan) readColumn(out *fileColumns, f *opened, pos int) int {
	in := out.at[pos]
	if in < 0 {
		return -1
	}
	if at := slices.Index(out.read, in); at >= 0 {
		return at
	}
	if s.table.converts(pos, f, in) {
		out.wider = append(out.wider, widening{len(out.read), f.Columns[in].Type, s.table.columns[pos].typ})
	}
	out.read = append(out.read, in)
	return len(out.read) - 1
}

// files yields the files that conjuncts leave.
func (s *scan) files(ctx context.Context, usage *connectors.Usage, prune ...*pruner) iter.Seq2[File, error] {
	if s.table.declared != nil {
		return s.planned(ctx, usage, prune)
	}
	return s.table.Files.files(ctx, s.folders(prune...), usage)
}

// folders returns the positions of the folders that conjuncts leave.
func (s *scan) folders(prune ...*pruner) []int {
	var kept []int
	for i, f := range s.table.Files.folders {
		intervals := s.partitionIntervals(f.Values)
		if !slices.ContainsFunc(prune, func(p *pruner) bool { return !p.mayPass(intervals) }) {
			kept = append(kept, i)
		}
	}
	return kept
}

// partitionIntervals gives the intervals that hold for all rows of a folder before its files are known.
func (s *scan) partitionIntervals(values []types.Value) func(expr.ColumnID) (interval, bool) {
	return func(id expr.ColumnID) (interval, bool) {
		pos, ok := s.reads[id]
		if !ok {
			return interval{}, false
		}
		if p := s.table.columns[pos].partition; p >= 0 {
			return point(values[p], s.table.columns[pos].typ), true
		}
		return interval{}, false
	}
}

// groupIntervals gives the intervals that hold for the rows of a row group.
func (s *scan) groupIntervals(f File, footer *opened, columns fileColumns, group int) func(expr.ColumnID) (interval, bool) {
	partition := s.partitionIntervals(f.Values)
	return func(id expr.ColumnID) (interval, bool) {
		if v, ok := partition(id); ok {
			return v, true
		}
		pos, ok := s.reads[id]
		if !ok {
			return interval{}, false
		}
		at := columns.at[pos]
		if at < 0 {
			return point(s.table.absent(f, pos), s.table.columns[pos].typ), true
		}
		if s.table.trims(pos, footer, at) {
			return interval{}, false
		}
		b, ok := footer.bounds(group, at)
		return intervalOf(b), ok
	}
}

// intervalOf gives the interval that holds for rows with such bounds.
func intervalOf(b files.Bounds) interval {
	return interval{
		typ: b.Type, min: b.Min, max: b.Max, hasMin: b.HasMin, hasMax: b.HasMax, null: b.Nulls != 0, value: b.Nulls != b.Rows,
	}
}
