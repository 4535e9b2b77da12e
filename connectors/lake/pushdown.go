package lake

import (
	"fmt"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// largestLimit is the largest LIMIT a scan takes: it makes one split, so that a large one would be read by one stream.
const largestLimit = 100_000

// Pushdown answers an offered plan for a source whose tables Describe made.
func Pushdown(n plan.Node) (plan.Node, error) { return pushdown.Grow(n, answers{}) }

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
		if scanOf(step.Input) == nil {
			return pushdown.No("files are pruned below it only")
		}
		return pushdown.Superset(nil, "files and row groups are pruned by it")
	case *plan.Project:
		for _, e := range step.Exprs {
			if c, ok := e.Expr.(*expr.Column); !ok || c.ID != e.Col.ID {
				return pushdown.No("files hold columns only")
			}
		}
		return pushdown.Exact()
	case *plan.Limit:
		if len(step.Keys) == 0 && step.Count >= 0 && step.Count+step.Offset <= largestLimit {
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
