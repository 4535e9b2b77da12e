package infoschema

import (
	"context"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Pushdown implements connectors.Source: scans, columns of them, and conditions on the names of databases and tables, which are
// checked again above.
func (s *Source) Pushdown(_ context.Context, n plan.Node) (plan.Node, error) {
	return pushdown.Grow(n, answers{s})
}

type answers struct{ *Source }

// Take implements pushdown.Source.
func (answers) Take(step plan.Node) pushdown.Answer {
	switch step := step.(type) {
	case *plan.Scan:
		if _, ok := step.Table.Handle.(*definition); ok {
			return pushdown.Exact()
		}
		return pushdown.No("it is no table of the gateway")
	case *plan.Project:
		for _, e := range step.Exprs {
			if !e.PassThrough() {
				return pushdown.No("it is computed from rows")
			}
		}
		return pushdown.Exact()
	case *plan.Filter:
		scan := scanOf(step)
		if narrows(partsOf(scan), step.Conds[0]) == otherwise {
			return pushdown.No("it reads more than names")
		}
		return pushdown.Superset(nil, "it narrows what is listed")
	}
	return pushdown.No("it is done on rows")
}

// Fragment implements pushdown.Source.
func (a answers) Fragment(tree plan.Node) (connectors.Fragment, error) {
	f := &fragment{Source: a.Source, cols: tree.Schema()}
	for n := tree; ; n = n.Children()[0] {
		switch n := n.(type) {
		case *plan.Filter:
			f.conds = append(f.conds, n.Conds...)
		case *plan.Scan:
			f.table, f.parts = n.Table.Handle.(*definition), partsOf(n)
			at := make(map[expr.ColumnID]int, len(n.Cols))
			for i, c := range n.Cols {
				at[c.ID] = n.Pos[i]
			}
			for _, c := range f.cols {
				f.pos = append(f.pos, at[c.ID])
			}
			return f, nil
		case *plan.Project:
		default:
			return nil, sqlerr.New(sqlerr.Internal, "information_schema does not run %s", plan.KindName(n))
		}
	}
}

func scanOf(n plan.Node) *plan.Scan {
	for {
		if scan, ok := n.(*plan.Scan); ok {
			return scan
		}
		n = n.Children()[0]
	}
}

// partsOf says of a scan's columns which of them name what is read.
func partsOf(scan *plan.Scan) map[expr.ColumnID]part {
	t := scan.Table.Handle.(*definition)
	if t.of == nothing {
		return nil
	}
	named := make(map[expr.ColumnID]part)
	for i, c := range scan.Cols {
		if p := t.columns[scan.Pos[i]].names; p != otherwise {
			named[c.ID] = p
		}
	}
	return named
}

// narrows returns the last of the parts of a name that a condition reads, or otherwise if it can't be evaluated on names alone.
func narrows(named map[expr.ColumnID]part, cond expr.Expr) part {
	read := make(map[expr.ColumnID]bool)
	expr.Columns(cond, read)
	last := otherwise
	for id := range read {
		p, ok := named[id]
		if !ok {
			return otherwise
		}
		last = max(last, p)
	}
	if expr.Volatile(cond) {
		return otherwise
	}
	return last
}

// fragment reads columns of a table. It is immutable.
type fragment struct {
	*Source
	table *definition
	parts map[expr.ColumnID]part
	cols  plan.Schema
	pos   []int // of cols among the table's columns
	conds []expr.Expr
}

// Schema implements plan.Fragment.
func (f *fragment) Schema() plan.Schema { return f.cols }

// String implements plan.Fragment.
func (f *fragment) String() string {
	names := make([]string, len(f.cols))
	for i, c := range f.cols {
		names[i] = c.Name
	}
	text := "list " + f.table.plan.Name.String() + " [" + strings.Join(names, ", ") + "]"
	if len(f.conds) > 0 {
		conds := make([]string, len(f.conds))
		for i, c := range f.conds {
			conds[i] = c.String() //nolint:forbidigo // for people
		}
		text += " of " + strings.Join(conds, " AND ")
	}
	return text
}

// Estimate implements connectors.Fragment.
func (f *fragment) Estimate(context.Context) (connectors.Estimate, error) {
	e := connectors.UnknownEstimate()
	e.Splits = 1
	return e, nil
}

// Start implements connectors.Fragment.
func (f *fragment) Start(_ context.Context, scan connectors.Scan) (connectors.Execution, error) {
	return &execution{fragment: f, scan: scan}, nil
}
