package optimize

import (
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// unnestDomain computes the inner side for all distinct combinations of the outer columns it reads, the domain, at once,
// and joins the outer side with that:
//
//	With                                       (the outer side is evaluated once)
//	  CTE outer
//	  CTE domain: Distinct outer.a
//	  Join on outer.a <=> domain.a
//	    Read outer
//	    inner, with a read of domain where it read the outer row
//
// The domain is pushed down the inner side until nothing above it reads the outer row; each node on the way keeps the
// rows of different domain values apart.
func (d *decorrelator) unnestDomain(a *plan.Apply, corr set) (plan.Node, bool) {
	if len(free(a.Outer)) > 0 {
		return nil, false // a CTE reads no outer row
	}
	u := &domain{decorrelator: d, outer: d.ids.cte(), shared: make(map[int]plan.Schema)}
	for _, c := range a.Outer.Schema() {
		if corr[c.ID] {
			if !identicalIfEqual(c.Type) {
				return nil, false // one value would stand for others
			}
			u.corr = append(u.corr, c)
		}
	}
	u.id = d.ids.cte()
	inner, cols, ok := u.push(a.Inner)
	if !ok {
		return nil, false
	}
	on := u.equal(u.corr, cols)
	read := &plan.CTERef{ID: u.outer, Name: "outer", Cols: a.Outer.Schema()}
	over := *a
	over.Outer = read
	return &plan.With{
		Bindings: []plan.CTE{{ID: u.outer, Name: "outer", Plan: d.ids.renamed(a.Outer)}, u.binding(a.Outer.Schema())},
		Body:     joinLifted(&over, inner, on),
	}, true
}

// domain is the outer values that an inner side is computed for.
type domain struct {
	*decorrelator
	outer int         // the CTE of the outer side
	id    int         // the CTE of the domain
	corr  plan.Schema // the outer columns that the inner side reads
	// shared are the domain's columns in what is read by number: bindings, and the recursions whose step is being pushed into.
	shared map[int]plan.Schema
}

// binding is the domain: the distinct values of its columns in the outer side.
func (u *domain) binding(outer plan.Schema) plan.CTE {
	read := &plan.CTERef{ID: u.outer, Name: "outer", Cols: u.copies(outer)}
	agg := &plan.Aggregate{Input: read}
	for _, c := range u.corr {
		at := read.Cols[outer.Index(c.ID)]
		agg.Groups = append(agg.Groups, plan.Projection{Col: at, Expr: at.Ref()})
	}
	return plan.CTE{ID: u.id, Name: "domain", Plan: agg}
}

// copies are columns like those of a schema under new ids.
func (u *domain) copies(s plan.Schema) plan.Schema {
	out := make(plan.Schema, len(s))
	for i, c := range s {
		out[i] = u.ids.column(c)
	}
	return out
}

// read is the domain under new ids.
func (u *domain) read() *plan.CTERef {
	return &plan.CTERef{ID: u.id, Name: "domain", Cols: u.copies(u.corr)}
}

// equal are the conditions that two copies of the domain are at the same value.
func (u *domain) equal(a, b plan.Schema) []expr.Expr {
	conds := make([]expr.Expr, len(a))
	for i := range a {
		conds[i] = same(a[i].Ref(), b[i].Ref())
	}
	return conds
}

// on replaces the outer columns in expressions by a copy of the domain.
func (u *domain) on(list []expr.Expr, cols plan.Schema) []expr.Expr {
	return substitute(list, refs(u.corr, cols))
}

// reads reports whether the rows of n differ between values of the domain: n reads the outer row, or shared rows that were
// made for each value.
func (u *domain) reads(n plan.Node) bool {
	if overlaps(free(n), u.corr.Set()) {
		return true
	}
	return u.readsShared(n)
}

// readsShared reports whether n reads rows that were made for each value.
func (u *domain) readsShared(n plan.Node) bool {
	return anyNode(n, func(n plan.Node) bool {
		switch n := n.(type) {
		case *plan.Working:
			return u.shared[n.ID] != nil
		case *plan.CTERef:
			return u.shared[n.ID] != nil
		}
		return false
	})
}

// push returns n for every value of the domain, and the columns that say for which.
func (u *domain) push(n plan.Node) (plan.Node, plan.Schema, bool) {
	if !u.reads(n) {
		read := u.read()
		return &plan.Join{Kind: plan.Inner, Left: read, Right: n}, read.Cols, true
	}
	switch n := n.(type) {
	case *plan.Sort:
		return u.push(n.Input)
	case *plan.Join:
		return u.join(n)
	case *plan.Union:
		return u.union(n)
	case *plan.Recursive:
		return u.recursive(n)
	case *plan.Working:
		cols := u.copies(u.shared[n.ID])
		return &plan.Working{ID: n.ID, Name: n.Name, Cols: append(slices.Clone(cols), n.Cols...)}, cols, true
	case *plan.CTERef:
		cols := u.copies(u.shared[n.ID])
		return &plan.CTERef{ID: n.ID, Name: n.Name, Cols: append(slices.Clone(cols), n.Cols...)}, cols, true
	case *plan.With:
		return u.with(n)
	case *plan.Apply:
		return u.apply(n)
	case *plan.Limit:
		return u.limit(n)
	case *plan.Filter, *plan.Project, *plan.Aggregate, *plan.Repeat, *plan.Rollup, *plan.Window, *plan.JSONTable:
		return u.unary(n)
	}
	return nil, nil, false
}

// recursive makes the recursions of all values one, whose rows say for which value they are. One that ends with some number of
// rows does so for each value.
func (u *domain) recursive(n *plan.Recursive) (plan.Node, plan.Schema, bool) {
	if n.Most >= 0 {
		return nil, nil, false
	}
	cols := u.copies(u.corr)
	m := *n
	m.Cols = append(slices.Clone(cols), n.Cols...)
	u.shared[n.ID] = cols
	defer delete(u.shared, n.ID)
	for _, part := range []*plan.Node{&m.Seed, &m.Step} {
		in := *part
		pushed, of, ok := u.push(in)
		if !ok {
			return nil, nil, false
		}
		*part = restore(pushed, append(slices.Clone(of), in.Schema()...))
	}
	return &m, cols, true
}

// with makes the bindings that differ between values hold the rows of all of them.
func (u *domain) with(n *plan.With) (plan.Node, plan.Schema, bool) {
	m := &plan.With{Bindings: slices.Clone(n.Bindings)}
	for i, b := range n.Bindings {
		if !u.reads(b.Plan) {
			continue
		}
		pushed, cols, ok := u.push(b.Plan)
		if !ok {
			return nil, nil, false
		}
		m.Bindings[i].Plan = restore(pushed, append(slices.Clone(cols), b.Plan.Schema()...))
		u.shared[b.ID] = cols
	}
	body, cols, ok := u.push(n.Body)
	m.Body = body
	return m, cols, ok
}

// apply gives the outer side of a subquery the domain, where its inner side then reads it; the subquery is unnested after that.
func (u *domain) apply(n *plan.Apply) (plan.Node, plan.Schema, bool) {
	if u.readsShared(n.Inner) || volatile(n.Inner) || anyVolatile(n.On) {
		return nil, nil, false
	}
	outer, cols, ok := u.push(n.Outer)
	if !ok {
		return nil, nil, false
	}
	to := refs(u.corr, cols)
	m := *n
	m.Outer, m.On = outer, u.on(n.On, cols)
	m.Inner = transform(n.Inner, func(in plan.Node) plan.Node {
		return plan.MapExprs(in, func(e expr.Expr) expr.Expr { return expr.Substitute(e, to) })
	})
	return u.unnest(&m), cols, true
}

func (u *domain) unary(n plan.Node) (plan.Node, plan.Schema, bool) {
	input, cols, ok := u.push(n.Children()[0])
	if !ok {
		return nil, nil, false
	}
	to := refs(u.corr, cols)
	n = plan.MapExprs(n.WithChildren([]plan.Node{input}), func(e expr.Expr) expr.Expr { return expr.Substitute(e, to) })
	switch n := n.(type) {
	case *plan.Project:
		return &plan.Project{Input: input, Exprs: append(slices.Clone(n.Exprs), passAll(cols)...)}, cols, true
	case *plan.Window:
		m := *n
		m.PartitionBy = slices.Clone(n.PartitionBy)
		for _, c := range cols {
			m.PartitionBy = append(m.PartitionBy, c.Ref())
		}
		return &m, cols, true
	case *plan.Aggregate:
		if len(n.Groups) == 0 {
			return u.aggregateAll(n, cols)
		}
		return &plan.Aggregate{Input: input, Groups: append(slices.Clone(n.Groups), passAll(cols)...), Aggs: n.Aggs}, cols, true
	}
	return n, cols, true
}

// aggregateAll groups an aggregate over all rows by the domain. A value without rows still has its one row: that of a
// second read of the domain, which finds no group.
func (u *domain) aggregateAll(n *plan.Aggregate, cols plan.Schema) (plan.Node, plan.Schema, bool) {
	grouped := &plan.Aggregate{Input: n.Input, Groups: passAll(cols), Aggs: slices.Clone(n.Aggs)}
	for i := range grouped.Aggs {
		grouped.Aggs[i].Col = u.ids.column(grouped.Aggs[i].Col)
	}
	read := u.read()
	joined := &plan.Join{Kind: plan.Left, Left: read, Right: grouped, On: u.equal(read.Cols, cols)}
	list := passAll(read.Cols)
	values := overNothing(n, grouped)
	for _, a := range n.Aggs {
		list = append(list, plan.Projection{Col: a.Col, Expr: values[a.Col.ID]})
	}
	return &plan.Project{Input: joined, Exprs: list}, read.Cols, true
}

// join pushes the domain into the sides that read it; both copies must then be at the same value. A side whose rows are
// kept without a match must have the domain to say for which value.
func (u *domain) join(n *plan.Join) (plan.Node, plan.Schema, bool) {
	if n.Kind == plan.Full {
		return nil, nil, false
	}
	m := *n
	var cols, right plan.Schema
	var ok bool
	if n.Kind != plan.Inner || u.reads(n.Left) || !u.reads(n.Right) {
		if m.Left, cols, ok = u.push(n.Left); !ok {
			return nil, nil, false
		}
	}
	if u.reads(n.Right) {
		if m.Right, right, ok = u.push(n.Right); !ok {
			return nil, nil, false
		}
	}
	if cols == nil {
		m.On = u.on(n.On, right)
		return &m, right, true
	}
	m.On = u.on(n.On, cols)
	if right != nil {
		m.On = append(m.On, u.equal(cols, right)...)
	}
	return &m, cols, true
}

func (u *domain) union(n *plan.Union) (plan.Node, plan.Schema, bool) {
	m := &plan.Union{Cols: append(u.copies(u.corr), n.Cols...)}
	for _, in := range n.Inputs {
		input, cols, ok := u.push(in)
		if !ok {
			return nil, nil, false
		}
		m.Inputs = append(m.Inputs, restore(input, append(slices.Clone(cols), in.Schema()...)))
	}
	return m, m.Cols[:len(u.corr)], true
}
