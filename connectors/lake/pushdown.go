package lake

import (
	"fmt"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// largestLimit is the largest LIMIT a scan takes: it makes one split, so that a large one would be read by one stream.
const largestLimit = 100_000

// Pushdown answers an offered plan for a source whose tables this package made.
func Pushdown(n plan.Node) (plan.Node, error) { return pushdown.Grow(takeRows(n), answers{}) }

// answers says step by step what a scan takes.
type answers struct{}

// Take takes scans, conjuncts to prune by, columns, and a small LIMIT.
func (answers) Take(step plan.Node) pushdown.Answer {
	switch step := step.(type) {
	case *plan.Scan:
		if _, ok := step.Table.Handle.(*table); ok {
			return pushdown.Exact()
		}
		return pushdown.No("it is no table of files")
	case *plan.Filter:
		scan := scanOf(step.Input)
		if scan == nil {
			return pushdown.No("files are pruned below it only")
		}
		return prunes(scan, step.Conds[0])
	case *plan.Project:
		for _, e := range step.Exprs {
			if c, ok := e.Expr.(*expr.Column); !ok || c.ID != e.Col.ID {
				return pushdown.No("files hold columns only")
			}
		}
		return pushdown.Exact()
	case *plan.Limit:
		if len(step.Keys) == 0 && step.Count >= 0 && step.Offset <= largestLimit && step.Count <= largestLimit-step.Offset {
			return pushdown.Exact()
		}
		return pushdown.No("files are read without an order or a large limit")
	}
	return pushdown.No("files are only read")
}

// scanOf finds the scan below filters and projections.
func scanOf(n plan.Node) *plan.Scan {
	switch n := n.(type) {
	case *plan.Scan:
		return n
	case *plan.Filter:
		return scanOf(n.Input)
	case *plan.Project:
		return scanOf(n.Input)
	}
	return nil
}

// prunes says what a conjunct over a scan does to its files.
func prunes(n *plan.Scan, cond expr.Expr) pushdown.Answer {
	s := &scan{reads: make(map[expr.ColumnID]int)}
	if err := s.read(n); err != nil {
		return pushdown.No("%s", err)
	}
	partitions, columns := s.readsOf(cond)
	switch {
	case partitions > 0 && columns == 0 && s.decides(cond):
		return pushdown.Exact()
	case !s.mayPrune(cond):
		return pushdown.No("files are pruned by comparing columns with constants")
	case columns == 0:
		return pushdown.Superset(nil, "it prunes files by partition")
	case !s.table.bounded() && partitions == 0:
		return pushdown.No("files of %s have no statistics to prune by", s.table.Format.Name())
	case !s.table.bounded():
		return pushdown.Superset(nil, "it prunes files by partition")
	case partitions == 0:
		return pushdown.Superset(nil, "it prunes row groups by statistics")
	}
	return pushdown.Superset(nil, "it prunes files by partition and row groups by statistics")
}

// readsOf counts the partition columns and the other columns that an expression reads.
func (s *scan) readsOf(e expr.Expr) (partitions, columns int) {
	read := make(map[expr.ColumnID]bool)
	expr.Columns(e, read)
	for id := range read {
		if pos, ok := s.reads[id]; ok && s.table.columns[pos].partition >= 0 {
			partitions++
		} else {
			columns++
		}
	}
	return partitions, columns
}

// decides reports a conjunct over partition columns whose value is known for every folder, so that leaving files out is all
// there is to do. What pruning cannot evaluate, such as parameters and functions, is not.
func (s *scan) decides(cond expr.Expr) bool {
	prune := newPruner([]expr.Expr{cond}, nil)
	for _, f := range s.table.Files.folders {
		t := evaluation{prune, s.partitionIntervals(f.Values)}.truth(cond)
		if t.yes && (t.no || t.null) {
			return false
		}
	}
	return true
}

// mayPrune reports a conjunct that some knowledge of its columns would rule out. Of JSON no statistics are used.
func (s *scan) mayPrune(cond expr.Expr) bool {
	prune := newPruner([]expr.Expr{cond}, nil)
	for _, known := range []interval{{null: true}, {value: true}} {
		if !prune.mayPass(func(id expr.ColumnID) (interval, bool) {
			pos, ok := s.reads[id]
			if !ok {
				return interval{}, false
			}
			known.typ = s.table.columns[pos].typ
			return known, known.typ.Kind != types.JSON
		}) {
			return true
		}
	}
	return false
}

// Fragment makes the scan of a tree of taken steps.
func (answers) Fragment(tree plan.Node) (connectors.Fragment, error) {
	s := &scan{limit: -1, cols: tree.Schema(), reads: make(map[expr.ColumnID]int)}
	for n := tree; ; n = n.Children()[0] {
		switch n := n.(type) {
		case *plan.Filter:
			s.conds = append(s.conds, n.Conds...)
		case *plan.Limit:
			if s.limit >= 0 {
				return nil, fmt.Errorf("two limits in one scan")
			}
			s.limit, s.skip = n.Count, n.Offset
		case *plan.Project:
		case *plan.Scan:
			return s, s.read(n)
		default:
			return nil, fmt.Errorf("a scan of files has no %T", n)
		}
	}
}

// read binds the fragment to the scan at its bottom.
func (s *scan) read(n *plan.Scan) error {
	s.table = n.Table.Handle.(*table)
	for i, c := range n.Cols {
		s.reads[c.ID] = n.Pos[i]
	}
	for _, c := range s.cols {
		pos, ok := s.reads[c.ID]
		if !ok {
			return fmt.Errorf("column %s is not one of the scan's", c.Name)
		}
		s.pos = append(s.pos, pos)
	}
	return nil
}
