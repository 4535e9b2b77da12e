package lake

import (
	"context"

	"github.com/silogate/silogate/connectors/files/parquet"
	"github.com/silogate/silogate/engine/expr"
)

// worthOfIndex is the size of a row group, in bytes to be read, from which on reading its page index first pays.
const worthOfIndex = 256 << 10

// selection returns the rows of a part that pruning by its page index leaves; nil: all, or nobody knows. A limit counts
// rows that it must see.
func (x *execution) selection(ctx context.Context, p part) (*parquet.Selection, error) {
	if x.scan.limit >= 0 {
		return nil, nil
	}
	size := int64(0)
	for _, r := range p.file.Ranges(p.group, p.columns.read) {
		size += r.Len
	}
	dynamic := x.filter()
	indexed := x.indexed(p, dynamic.pruner)
	if size < worthOfIndex || len(indexed) == 0 {
		return nil, nil
	}
	index, err := p.file.PageIndex(ctx, x.scan.table.Store, x.run.Usage, p.group, p.columns.read, indexed)
	if err != nil {
		return nil, err
	}
	whole := x.scan.groupIntervals(p.values, p.file, p.columns, p.group)
	spans := index.Spans(func(bounds func(int) (parquet.Bounds, bool)) bool {
		intervals := func(id expr.ColumnID) (interval, bool) {
			if pos, ok := x.scan.reads[id]; ok && p.columns.at[pos] >= 0 {
				if b, ok := bounds(p.columns.at[pos]); ok {
					return intervalOf(b), true
				}
			}
			return whole(id)
		}
		return x.prune.mayPass(intervals) && dynamic.mayPass(intervals)
	})
	if len(spans) == 1 && spans[0].To-spans[0].From == p.file.Rows(p.group) {
		return nil, nil
	}
	return &parquet.Selection{Index: index, Spans: spans}, nil
}

// indexed returns the columns of a part's file that conjuncts read and that have bounds for their pages.
func (x *execution) indexed(p part, dynamic *pruner) []int {
	read := make(map[expr.ColumnID]bool)
	for _, c := range x.prune.conds {
		expr.Columns(c, read)
	}
	for _, c := range dynamic.conds {
		expr.Columns(c, read)
	}
	var out []int
	for id := range read {
		if pos, ok := x.scan.reads[id]; ok && p.columns.at[pos] >= 0 && p.file.Indexed(p.group, p.columns.at[pos]) {
			out = append(out, p.columns.at[pos])
		}
	}
	return out
}
