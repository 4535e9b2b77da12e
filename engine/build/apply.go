package build

import (
	"maps"
	"slices"

	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// apply builds a dependent join. Parts of the inner plan that depend on no outer row are evaluated once into buffers;
// the rest is built again for each binding, with literals in place of the outer columns. An apply within an inner plan
// is therefore built when the columns of all applies around it are literals: what its inner side reads from outside is
// its own outer side's.
func (b *builder) apply(n *plan.Apply, want need) (stage, error) {
	reads := free(n.Inner)
	below := want.with(n.On...)
	if below.cols != nil {
		for id := range reads {
			below.cols[id] = true
		}
	}
	anew := plan.Stateful(n.Inner)
	below.ordered, below.single = want.ordered, below.single || want.single || anew
	outer, err := b.build(n.Outer, below)
	if err != nil {
		return stage{}, err
	}
	inner, buffers, err := b.hoist(n.Inner)
	if err != nil {
		return stage{}, err
	}
	spec := &exec.Join{Build: n.Inner.Schema(), Probe: outer.cols}
	var cond joinCondition
	switch n.Kind {
	case plan.ApplyScalar:
		spec.Kind = plan.Single
	case plan.ApplyExists:
		spec.Kind = plan.Mark
	case plan.ApplyIn:
		spec.Kind, spec.NullAware = plan.Mark, true
	case plan.ApplyInner:
		spec.Kind = plan.Inner
	case plan.ApplyLeft:
		spec.Kind = plan.Left
	}
	cond.residual = n.On
	if n.Kind == plan.ApplyIn && len(n.On) > 0 {
		cond.residual, cond.in = nil, n.On[0]
		if len(n.On) > 1 {
			// (a, b) IN (...) is unknown where the conjunction of the comparisons is.
			cond.in = &expr.Call{Func: expr.And, Args: n.On, Typ: types.Of(types.Bool), Null: true}
		}
	}
	spec.Output, spec.Out = joinColumns(n.Schema(), want, n.Mark, spec.Build, spec.Probe)
	terms, err := b.joinTerms(spec, cond, nil, nil, len(outer.streams))
	if err != nil {
		return stage{}, err
	}
	binding, ids := bindingColumns(reads, outer.cols)
	out := make(exec.Streams, len(outer.streams))
	for i, s := range outer.streams {
		res, _ := b.reservation(n)
		out[i] = exec.NewApply(b.rt, s, terms[i], &exec.Apply{
			Join: spec, Binding: binding, Anew: anew,
			Inner: func(values []types.Value) (exec.Streams, error) { return b.runInner(inner, outer.cols, ids, values) },
		}, res)
	}
	return b.batched(stage{streams: exec.Closing(out, buffers), cols: spec.Out}, below, want), nil
}

// bindingColumns returns the positions and ids of the outer columns that are read.
func bindingColumns(reads map[expr.ColumnID]bool, cols plan.Schema) (at []int, ids []expr.ColumnID) {
	for i, c := range cols {
		if reads[c.ID] {
			at, ids = append(at, i), append(ids, c.ID)
		}
	}
	return at, ids
}

// runInner builds the inner plan for one binding, in one stream. The streams of the outer side call it at the same time:
// what a run binds is its own, and b is only read.
func (b *builder) runInner(inner plan.Node, outer plan.Schema, ids []expr.ColumnID, values []types.Value) (exec.Streams, error) {
	with := make(map[expr.ColumnID]expr.Expr, len(ids))
	for i, id := range ids {
		with[id] = &expr.Literal{Value: values[i], Typ: outer[outer.Index(id)].Type}
	}
	cfg := b.cfg
	cfg.Parallelism = 1
	cfg.Stats = nil
	run := &builder{
		cfg: cfg, rt: b.rt, ctes: newBindings(b.ctes), hoisted: b.hoisted,
		filters: make(map[*plan.Remote]*exec.ScanFilter),
	}
	return run.root(substitute(inner, with), need{ordered: true})
}

// free returns the columns that a plan reads and does not define: those of the outer sides of applies around it.
func free(n plan.Node) map[expr.ColumnID]bool {
	set := make(map[expr.ColumnID]bool)
	for _, e := range plan.Expressions(n) {
		expr.Columns(e, set)
	}
	for _, c := range n.Children() {
		maps.Copy(set, free(c))
	}
	for _, c := range n.Children() {
		for _, col := range c.Schema() {
			delete(set, col.ID)
		}
	}
	return set
}

// refs adds the common table expressions that a plan reads to read, and those that it binds to bound.
func refs(n plan.Node, read, bound map[int]bool) {
	switch n := n.(type) {
	case *plan.CTERef:
		read[n.ID] = true
	case *plan.Working:
		read[n.ID] = true
	case *plan.Recursive:
		bound[n.ID] = true
	case *plan.With:
		for _, binding := range n.Bindings {
			bound[binding.ID] = true
		}
	}
	for _, c := range n.Children() {
		refs(c, read, bound)
	}
}

// independent reports whether a part of a plan that runs many times has the same rows each time: it reads no column from
// outside, assigns nothing, and reads no common table expression that is bound only when the plan runs.
func (b *builder) independent(n plan.Node) bool {
	if len(free(n)) > 0 || plan.Stateful(n) {
		return false
	}
	read, bound := make(map[int]bool), make(map[int]bool)
	refs(n, read, bound)
	for id := range read {
		if !bound[id] && b.ctes.find(id) == nil {
			return false
		}
	}
	return true
}

// hoist replaces the largest independent parts of a plan that runs many times by references to buffers of them.
func (b *builder) hoist(n plan.Node) (plan.Node, []*exec.Buffer, error) {
	if b.independent(n) {
		switch n.(type) {
		case *plan.Values, *plan.CTERef, *plan.Working:
			return n, nil, nil // as cheap as a buffer of them
		}
		in, err := b.build(n, need{ordered: true})
		if err == nil {
			in, err = b.arrange(in, n.Schema())
		}
		if err != nil {
			return nil, nil, err
		}
		id := -int(b.hoisted.Add(1))
		return &plan.CTERef{ID: id, Name: "inner", Cols: n.Schema()}, []*exec.Buffer{b.buffer(id, n, in)}, nil
	}
	var buffers []*exec.Buffer
	children := slices.Clone(n.Children())
	for i, c := range children {
		h, more, err := b.hoist(c)
		if err != nil {
			return nil, nil, err
		}
		children[i] = h
		buffers = append(buffers, more...)
	}
	out := n.WithChildren(children)
	if b.origins == nil {
		b.origins = make(map[plan.Node]plan.Node)
	}
	b.origins[out] = n
	return out, buffers, nil
}
