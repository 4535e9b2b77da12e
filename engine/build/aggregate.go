package build

import (
	"slices"

	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/exec/agg"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// groupConcatMax is MySQL's default of group_concat_max_len.
const groupConcatMax = 1024

// aggregate builds an Aggregate. If all its functions are over the distinct values of the same arguments it becomes
// two: one that makes the arguments distinct, in parallel and with partial tables, and one that counts what is left.
func (b *builder) aggregate(n *plan.Aggregate) (stage, error) {
	if outer, ok := b.splitDistinct(n); ok {
		inner, err := b.aggregateOver(outer.Input.(*plan.Aggregate), n)
		if err != nil {
			return stage{}, err
		}
		return b.aggregateStage(outer, inner, n)
	}
	return b.aggregateOver(n, n)
}

// splitDistinct returns the equal aggregate over an aggregate that makes the arguments distinct.
func (b *builder) splitDistinct(n *plan.Aggregate) (*plan.Aggregate, bool) {
	var args []expr.Expr
	for _, a := range n.Aggs {
		if !a.Distinct || len(a.Args) != 1 || a.Func == plan.GroupConcat {
			return nil, false
		}
		if args != nil && !expr.Equal(args[0], a.Args[0]) {
			return nil, false
		}
		args = a.Args
	}
	if args == nil {
		return nil, false
	}
	// The ids of the inner columns are seen by nobody but the outer aggregate.
	id := expr.ColumnID(-1)
	column := func(e expr.Expr) plan.Column {
		c := plan.Column{ID: id, Name: "distinct", Type: e.Type(), Nullable: e.Nullable()}
		id--
		return c
	}
	inner, outer := &plan.Aggregate{Input: n.Input}, &plan.Aggregate{}
	for _, g := range n.Groups {
		c := column(g.Expr)
		inner.Groups = append(inner.Groups, plan.Projection{Col: c, Expr: g.Expr})
		outer.Groups = append(outer.Groups, plan.Projection{Col: g.Col, Expr: c.Ref()})
	}
	c := column(args[0])
	inner.Groups = append(inner.Groups, plan.Projection{Col: c, Expr: args[0]})
	for _, a := range n.Aggs {
		a.Distinct, a.Args = false, []expr.Expr{c.Ref()}
		outer.Aggs = append(outer.Aggs, a)
	}
	outer.Input = inner
	return outer, true
}

// aggregateOver builds n over its input; stats are counted for node.
func (b *builder) aggregateOver(n *plan.Aggregate, node plan.Node) (stage, error) {
	var reads []expr.Expr
	for _, g := range n.Groups {
		reads = append(reads, g.Expr)
	}
	for _, a := range n.Aggs {
		reads = append(reads, a.Args...)
		for _, k := range a.OrderBy {
			reads = append(reads, k.Expr)
		}
	}
	in, err := b.build(n.Input, only(reads...))
	if err != nil {
		return stage{}, err
	}
	return b.aggregateStage(n, in, node)
}

// aggregateStage builds n over in.
func (b *builder) aggregateStage(n *plan.Aggregate, in stage, node plan.Node) (stage, error) {
	spec := &exec.Aggregation{}
	list := &termList{}
	for _, g := range n.Groups {
		weigh, err := b.weigher(g.Expr.Type())
		if err != nil {
			return stage{}, err
		}
		list.append(g.Expr) // each key is a term of its own
		spec.Keys = append(spec.Keys, rowkey.Of(g.Expr.Type(), weigh))
		spec.Groups = append(spec.Groups, g.Col)
	}
	for _, a := range n.Aggs {
		s, args, err := b.aggSpec(a, list)
		if err != nil {
			return stage{}, err
		}
		spec.Specs = append(spec.Specs, s)
		spec.Args = append(spec.Args, args)
		spec.Aggs = append(spec.Aggs, a.Col)
	}
	for _, e := range list.exprs {
		spec.Terms = append(spec.Terms, e.Type())
	}
	terms, err := b.terms(list.exprs, in.cols, len(in.streams))
	if err != nil {
		return stage{}, err
	}
	streams := b.cfg.Parallelism
	if len(n.Groups) == 0 {
		streams = 1
	}
	res, stats := b.reservation(node)
	out, err := exec.NewAggregate(b.rt, in.streams, terms, spec, streams, res, stats)
	if err != nil {
		return stage{}, err
	}
	return stage{out, append(append(plan.Schema{}, spec.Groups...), spec.Aggs...)}, nil
}

// termList collects expressions.
type termList struct{ exprs []expr.Expr }

// append adds e, whether the list has it or not, and returns its place.
func (l *termList) append(e expr.Expr) int {
	l.exprs = append(l.exprs, e)
	return len(l.exprs) - 1
}

// add returns the place of e, which it adds if the list does not have it.
func (l *termList) add(e expr.Expr) int {
	if i := slices.IndexFunc(l.exprs, func(o expr.Expr) bool { return expr.Equal(o, e) }); i >= 0 {
		return i
	}
	return l.append(e)
}

func (b *builder) aggSpec(a plan.Agg, list *termList) (agg.Spec, []int, error) {
	s := agg.Spec{
		Func: a.Func, Result: a.Col.Type, Distinct: a.Distinct, Separator: a.Separator,
		Longest: b.cfg.GroupConcatMax, Warn: b.cfg.Env.Warn,
	}
	if s.Longest == 0 {
		s.Longest = groupConcatMax
	}
	var at []int
	add := func(e expr.Expr) error {
		weigh, err := b.weigher(e.Type())
		if err != nil && (a.Distinct || a.Func == plan.Min || a.Func == plan.Max || a.Func == plan.GroupConcat) {
			return err
		}
		s.Args = append(s.Args, e.Type())
		s.Weigh = append(s.Weigh, weigh)
		at = append(at, list.add(e))
		return nil
	}
	for _, e := range a.Args {
		if err := add(e); err != nil {
			return s, nil, err
		}
	}
	for _, k := range a.OrderBy {
		if err := add(k.Expr); err != nil {
			return s, nil, err
		}
		s.Order = append(s.Order, agg.Order{Desc: k.Desc})
	}
	return s, at, nil
}

// weigher returns the sort-key function of a type; nil where bytes are compared.
func (b *builder) weigher(t types.Type) (exec.WeightFunc, error) {
	if !t.IsText() || t.Collation.Bytewise() {
		return nil, nil
	}
	if b.cfg.Weights != nil {
		if w := b.cfg.Weights(t.Collation); w != nil {
			return w, nil
		}
	}
	return nil, sqlerr.New(sqlerr.Unsupported, "collation %d is not supported in joins, grouping and sorting", t.Collation)
}
