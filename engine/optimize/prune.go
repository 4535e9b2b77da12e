package optimize

import (
	"context"
	"maps"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// prune removes columns that nothing above reads, down to the scans, and what then has no purpose: a Mark join whose
// mark is not read, a Left join whose right side is not read and can't repeat a row.
func prune(_ context.Context, _ *planner, root plan.Node) (plan.Node, error) {
	p := &pruner{ctes: make(map[int]set)}
	return p.prune(root, root.Schema().Set()), nil
}

// narrow is prune that also drops columns in the middle of the plan, once the conditions that needed them are past: a
// source then need not send a column it filters by, nor a join carry its keys on. It runs after joinOrder, which looks
// for joins right below joins.
func narrow(_ context.Context, _ *planner, root plan.Node) (plan.Node, error) {
	p := &pruner{ctes: make(map[int]set), narrow: true}
	return p.prune(root, root.Schema().Set()), nil
}

type pruner struct {
	ctes   map[int]set // positions of a CTE's columns that some read needs, as column ids
	narrow bool
}

// prune returns n without columns that are not needed, where it can drop them; the order of the rest stays.
func (p *pruner) prune(n plan.Node, needed set) plan.Node {
	switch n := n.(type) {
	case *plan.Scan:
		return pruneScan(n, needed)
	case *plan.Values:
		return pruneValues(n, needed)
	case *plan.Project:
		list := keep(n.Exprs, withStateful(needed, n.Exprs), func(e plan.Projection) expr.ColumnID { return e.Col.ID })
		return &plan.Project{Input: p.prune(n.Input, columnsOf(projected(list)...)), Exprs: list}
	case *plan.Aggregate:
		return p.aggregate(n, needed)
	case *plan.Window:
		return p.window(n, needed)
	case *plan.Join:
		return p.narrowed(p.join(n, needed), needed)
	case *plan.Apply:
		return p.apply(n, needed)
	case *plan.Union:
		return p.union(n, needed)
	case *plan.Recursive:
		return p.recursive(n, needed)
	case *plan.Working:
		p.note(&plan.CTERef{ID: n.ID, Cols: n.Cols}, needed)
		return n
	case *plan.With:
		return p.with(n, needed)
	case *plan.CTERef:
		p.note(n, needed)
		return n
	case *plan.Filter:
		return p.narrowed(n.WithChildren([]plan.Node{p.prune(n.Input, with(needed, n.Conds...))}), needed)
	}
	return mapChildren(n, func(c plan.Node) plan.Node { return p.prune(c, with(needed, plan.Expressions(n)...)) })
}

// with adds what expressions read to a set.
func with(needed set, list ...expr.Expr) set {
	out := columnsOf(list...)
	maps.Copy(out, needed)
	return out
}

// withStateful adds the columns to a set whose computation is seen elsewhere.
func withStateful(needed set, list []plan.Projection) set {
	out := needed
	for _, p := range list {
		if out[p.Col.ID] || !expr.Stateful(p.Expr) {
			continue
		}
		if len(out) == len(needed) { // a caller's set stays as it is
			out = maps.Clone(needed)
		}
		out[p.Col.ID] = true
	}
	return out
}

// keep filters a list by id. Of a list of which nothing is needed one item stays: rows without columns are the
// exception, not a plan's normal diet.
func keep[T any](list []T, needed set, id func(T) expr.ColumnID) []T {
	var out []T
	for _, e := range list {
		if needed[id(e)] {
			out = append(out, e)
		}
	}
	if len(out) == 0 && len(list) > 0 {
		return list[:1]
	}
	return out
}

// pruneScan keeps the needed columns, or the narrowest one: a source counts rows by reading something.
func pruneScan(n *plan.Scan, needed set) plan.Node {
	out := &plan.Scan{Site: n.Site, Table: n.Table}
	narrowest := 0
	for i, c := range n.Cols {
		if needed[c.ID] {
			out.Cols = append(out.Cols, c)
			out.Pos = append(out.Pos, n.Pos[i])
		}
		if defaultWidth(c.Type) < defaultWidth(n.Cols[narrowest].Type) {
			narrowest = i
		}
	}
	if len(out.Cols) == 0 && len(n.Cols) > 0 {
		out.Cols, out.Pos = n.Cols[narrowest:narrowest+1], n.Pos[narrowest:narrowest+1]
	}
	if len(out.Cols) == len(n.Cols) {
		return n
	}
	return out
}

func pruneValues(n *plan.Values, needed set) plan.Node {
	out := &plan.Values{Rows: make([][]expr.Expr, len(n.Rows))}
	for i, c := range n.Cols {
		if !needed[c.ID] && !slices.ContainsFunc(n.Rows, func(row []expr.Expr) bool { return expr.Stateful(row[i]) }) {
			continue
		}
		out.Cols = append(out.Cols, c)
		for r := range n.Rows {
			out.Rows[r] = append(out.Rows[r], n.Rows[r][i])
		}
	}
	if len(out.Cols) == len(n.Cols) {
		return n
	}
	return out
}

// narrowed drops the columns of n that are not needed, if this is the pass that does.
func (p *pruner) narrowed(n plan.Node, needed set) plan.Node {
	s := n.Schema()
	list := passAll(slices.DeleteFunc(slices.Clone(s), func(c plan.Column) bool { return !needed[c.ID] }))
	if !p.narrow || len(list) == len(s) || len(list) == 0 {
		return n
	}
	return &plan.Project{Input: n, Exprs: list}
}

func (p *pruner) aggregate(n *plan.Aggregate, needed set) plan.Node {
	out := &plan.Aggregate{Groups: n.Groups}
	for _, a := range n.Aggs {
		if needed[a.Col.ID] || expr.Stateful(a.Args...) {
			out.Aggs = append(out.Aggs, a)
		}
	}
	if len(out.Aggs) == 0 && len(n.Groups) == 0 {
		out.Aggs = n.Aggs[:min(1, len(n.Aggs))]
	}
	out.Input = p.prune(n.Input, columnsOf(plan.Expressions(out)...))
	return out
}

// window drops functions whose columns are not read.
func (p *pruner) window(n *plan.Window, needed set) plan.Node {
	out := &plan.Window{PartitionBy: n.PartitionBy, OrderBy: n.OrderBy}
	for _, f := range n.Funcs {
		if needed[f.Col.ID] || expr.Stateful(f.Args...) {
			out.Funcs = append(out.Funcs, f)
		}
	}
	if len(out.Funcs) == 0 {
		return p.prune(n.Input, needed)
	}
	out.Input = p.prune(n.Input, with(needed, plan.Expressions(out)...))
	return p.narrowed(out, needed)
}

func (p *pruner) join(n *plan.Join, needed set) plan.Node {
	unused := !overlaps(needed, n.Right.Schema().Set())
	if n.Kind == plan.Mark && !needed[n.Mark.ID] || n.Kind == plan.Left && unused && uniqueUnder(n.Right, n.On) {
		return p.prune(n.Left, needed)
	}
	needed = with(needed, n.On...)
	return n.WithChildren([]plan.Node{p.prune(n.Left, needed), p.prune(n.Right, needed)})
}

func (p *pruner) apply(n *plan.Apply, needed set) plan.Node {
	seen := plan.Stateful(n.Inner) || expr.Stateful(n.On...)
	switch n.Kind {
	case plan.ApplyExists, plan.ApplyIn:
		if !needed[n.Mark.ID] && !seen {
			return p.prune(n.Outer, needed)
		}
	case plan.ApplyScalar:
		if !seen && !overlaps(needed, n.Inner.Schema().Set()) && atMostOneRow(n.Inner) {
			return p.prune(n.Outer, needed)
		}
	}
	inner := columnsOf(n.On...)
	if n.Kind == plan.ApplyInner || n.Kind == plan.ApplyLeft {
		maps.Copy(inner, needed)
	}
	if n.Kind == plan.ApplyScalar {
		maps.Copy(inner, n.Inner.Schema().Set())
	}
	outer := with(needed, n.On...)
	maps.Copy(outer, free(n.Inner))
	return n.WithChildren([]plan.Node{p.prune(n.Outer, outer), p.prune(n.Inner, inner)})
}

// union keeps the same positions of every input.
func (p *pruner) union(n *plan.Union, needed set) plan.Node {
	cols := keep(n.Cols, needed, func(c plan.Column) expr.ColumnID { return c.ID })
	inputs := make([]plan.Node, len(n.Inputs))
	for i, in := range n.Inputs {
		s := in.Schema()
		var kept plan.Schema
		for _, c := range cols {
			kept = append(kept, s[n.Cols.Index(c.ID)])
		}
		inputs[i] = p.exactly(in, kept)
	}
	return &plan.Union{Inputs: inputs, Cols: cols}
}

// recursive keeps the columns of a recursion that are needed above it or to make those of its next rows. Where rows are to
// differ, all are.
func (p *pruner) recursive(n *plan.Recursive, needed set) plan.Node {
	ref := &plan.CTERef{ID: n.ID, Cols: n.Cols}
	if n.Distinct {
		needed = n.Cols.Set()
	}
	p.note(ref, needed)
	if len(p.ctes[n.ID]) == 0 {
		p.note(ref, n.Cols[:1].Set())
	}
	for {
		read := len(p.ctes[n.ID])
		m := *n
		m.Cols = nil
		var positions []int
		var seed, step plan.Schema
		for i, c := range n.Cols {
			if p.ctes[n.ID][expr.ColumnID(i)] {
				m.Cols, positions = append(m.Cols, c), append(positions, i)
				seed, step = append(seed, n.Seed.Schema()[i]), append(step, n.Step.Schema()[i])
			}
		}
		m.Step = p.exactly(n.Step, step) // notes what it reads
		if len(p.ctes[n.ID]) > read {
			continue
		}
		m.Seed = p.exactly(n.Seed, seed)
		if len(positions) < len(n.Cols) {
			m.Step = narrowReads(m.Step, n.ID, positions)
		}
		return &m
	}
}

// exactly prunes a plan to just these columns in this order.
func (p *pruner) exactly(n plan.Node, s plan.Schema) plan.Node {
	return restore(p.prune(n, s.Set()), s)
}

// note remembers what a read needs of its CTE.
func (p *pruner) note(n *plan.CTERef, needed set) {
	if p.ctes[n.ID] == nil {
		p.ctes[n.ID] = make(set)
	}
	for i, c := range n.Cols {
		if needed[c.ID] {
			p.ctes[n.ID][expr.ColumnID(i)] = true
		}
	}
}

// with prunes the body, then each binding to what all its reads need, last first, and then the reads to that.
func (p *pruner) with(n *plan.With, needed set) plan.Node {
	out := plan.Node(&plan.With{Bindings: slices.Clone(n.Bindings), Body: p.prune(n.Body, needed)})
	for i := len(n.Bindings) - 1; i >= 0; i-- {
		b := n.Bindings[i]
		s := b.Plan.Schema()
		var kept plan.Schema
		var positions []int
		for at, c := range s {
			if p.ctes[b.ID][expr.ColumnID(at)] {
				kept, positions = append(kept, c), append(positions, at)
			}
		}
		if len(kept) == 0 {
			kept, positions = s[:min(1, len(s))], []int{0}
		}
		bindings := out.(*plan.With).Bindings
		bindings[i].Plan = p.exactly(b.Plan, kept)
		if len(kept) < len(s) {
			out = narrowReads(out, b.ID, positions)
		}
	}
	return out
}

// narrowReads cuts the reads of a CTE, or of a recursion's working table, to some positions.
func narrowReads(n plan.Node, id int, positions []int) plan.Node {
	pick := func(s plan.Schema) plan.Schema {
		out := make(plan.Schema, len(positions))
		for i, at := range positions {
			out[i] = s[at]
		}
		return out
	}
	return transform(n, func(n plan.Node) plan.Node {
		switch n := n.(type) {
		case *plan.CTERef:
			if n.ID == id {
				return &plan.CTERef{ID: id, Name: n.Name, Cols: pick(n.Cols)}
			}
		case *plan.Working:
			if n.ID == id {
				return &plan.Working{ID: id, Name: n.Name, Cols: pick(n.Cols)}
			}
		}
		return n
	})
}
