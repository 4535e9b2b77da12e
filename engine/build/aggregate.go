package build

import (
	"slices"

	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/exec/agg"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// aggregate builds an Aggregate.
func (b *builder) aggregate(n *plan.Aggregate) (stage, error) {
	in, err := b.build(n.Input, aggregateNeed(n))
	if err != nil {
		return stage{}, err
	}
	list := &termList{}
	spec, err := b.aggregation(n, list)
	if err != nil {
		return stage{}, err
	}
	terms, err := b.terms(list.exprs, in.cols, len(in.streams))
	if err != nil {
		return stage{}, err
	}
	if err := b.orderTerms(n, spec, terms, in.cols); err != nil {
		return stage{}, err
	}
	streams := b.cfg.Parallelism
	if len(n.Groups) == 0 {
		streams = 1
	}
	res, stats := b.reservation(n)
	out, err := exec.NewAggregate(b.rt, in.streams, terms, spec, streams, res, stats)
	if err != nil {
		return stage{}, err
	}
	return stage{streams: out, cols: append(append(plan.Schema{}, spec.Groups...), spec.Aggs...)}, nil
}

// aggregateNeed returns what an aggregate reads. Its keys may be encoded where they are columns.
func aggregateNeed(n *plan.Aggregate) need {
	var keys, reads []expr.Expr // reads need plain values
	encoded := need{encoded: make(map[expr.ColumnID]bool)}
	for _, g := range n.Groups {
		if c, ok := g.Expr.(*expr.Column); ok && c.Typ.IsString() {
			keys, encoded.encoded[c.ID] = append(keys, c), true
		} else {
			reads = append(reads, g.Expr)
		}
	}
	for _, a := range n.Aggs {
		reads = append(reads, a.Args...)
		for _, k := range a.OrderBy {
			reads = append(reads, k.Expr)
		}
	}
	below := only(slices.Concat(keys, reads)...)
	below.encoded = encoded.unread(reads)
	return below
}

// rollup builds a Rollup. Its keys and level are always needed: the aggregate above groups by them.
func (b *builder) rollup(n *plan.Rollup, want need) (stage, error) {
	var keys []expr.Expr
	for _, k := range n.Keys {
		keys = append(keys, k.Expr)
	}
	in, err := b.build(n.Input, want.with(keys...))
	if err != nil {
		return stage{}, err
	}
	terms, err := b.terms(keys, in.cols, len(in.streams))
	if err != nil {
		return stage{}, err
	}
	cols, keep := want.prune(in.cols)
	for _, k := range n.Keys {
		cols = append(cols, k.Col)
	}
	cols = append(cols, n.Level)
	out := make(exec.Streams, len(in.streams))
	for i, s := range in.streams {
		out[i] = exec.NewRollup(b.rt, s, keep, terms[i], cols)
	}
	return stage{streams: out, cols: cols}, nil
}

// aggregation describes n but for the order of GROUP_CONCAT, and lists its terms.
func (b *builder) aggregation(n *plan.Aggregate, list *termList) (*exec.Aggregation, error) {
	spec := &exec.Aggregation{}
	for _, g := range n.Groups {
		weigh, err := b.weigher(g.Expr.Type())
		if err != nil {
			return nil, err
		}
		list.append(g.Expr) // each key is a term of its own
		spec.Keys = append(spec.Keys, rowkey.Of(g.Expr.Type(), weigh))
		spec.Groups = append(spec.Groups, g.Col)
	}
	for _, a := range n.Aggs {
		s, args, err := b.aggSpec(a, list)
		if err != nil {
			return nil, err
		}
		spec.Specs = append(spec.Specs, s)
		spec.Args = append(spec.Args, args)
		spec.Distinct = append(spec.Distinct, a.Distinct)
		spec.Aggs = append(spec.Aggs, a.Col)
	}
	for _, e := range list.exprs {
		spec.Terms = append(spec.Terms, e.Type())
	}
	return spec, nil
}

// orderTerms gives each GROUP_CONCAT with an order one more argument, the order of a row, which is one more of each
// stream's terms.
func (b *builder) orderTerms(n *plan.Aggregate, spec *exec.Aggregation, terms [][]exec.Term, cols plan.Schema) error {
	for i, a := range n.Aggs {
		if len(a.OrderBy) == 0 {
			continue
		}
		order, err := b.order(a.OrderBy, nil)
		if err != nil {
			return err
		}
		values, err := b.terms(keyExprs(a.OrderBy), cols, len(terms))
		if err != nil {
			return err
		}
		for k := range terms {
			terms[k] = append(terms[k], exec.OrderTerm(order.Keys, values[k]))
		}
		key := types.Of(types.Blob)
		spec.Specs[i].Ordered = true
		spec.Specs[i].Args = append(spec.Specs[i].Args, key)
		spec.Args[i] = append(spec.Args[i], len(spec.Terms))
		spec.Terms = append(spec.Terms, key)
	}
	return nil
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
		Func: a.Func, Result: a.Col.Type, Separator: a.Separator,
		Longest: int(b.cfg.Env.LongestText()), Warn: b.cfg.Env.Warn,
	}
	if a.Func == plan.GroupConcat {
		s.Longest = min(s.Longest, a.Longest)
	}
	var at []int
	add := func(e expr.Expr) error {
		weigh, err := b.weigher(e.Type())
		if err != nil && (a.Distinct || a.Func == plan.Min || a.Func == plan.Max) {
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
	return s, at, nil
}

// weigher returns the sort-key function of a type; nil where bytes are compared.
func (b *builder) weigher(t types.Type) (exec.WeightFunc, error) {
	switch {
	case t.Kind == types.JSON:
		return jsondoc.AppendKey, nil
	case !t.IsText() || t.Collation.Bytewise():
		return nil, nil
	}
	if b.cfg.Weights != nil {
		if w := b.cfg.Weights(t.Collation); w != nil {
			return w, nil
		}
	}
	return nil, sqlerr.New(sqlerr.UnknownCollation, "texts are not compared under the collation %s", t.Collation)
}
