package build

import (
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// order returns the executor's form of sort keys over columns.
func (b *builder) order(keys []plan.SortKey, cols plan.Schema) (*exec.Order, error) {
	o := &exec.Order{Cols: cols}
	for _, k := range keys {
		weigh, err := b.weigher(k.Expr.Type())
		if err != nil {
			return nil, err
		}
		o.Keys = append(o.Keys, rowkey.Key{Field: rowkey.Of(k.Expr.Type(), weigh), Desc: k.Desc})
	}
	return o, nil
}

func keyExprs(keys []plan.SortKey) []expr.Expr {
	list := make([]expr.Expr, len(keys))
	for i, k := range keys {
		list[i] = k.Expr
	}
	return list
}

func (b *builder) sort(n *plan.Sort, want need) (stage, error) {
	return b.sorted(n, n.Input, n.Keys, want)
}

func (b *builder) sorted(node, input plan.Node, keys []plan.SortKey, want need) (stage, error) {
	below := want.with(keyExprs(keys)...)
	below.ordered = true // rows with equal keys keep their order
	in, err := b.build(input, below)
	if err != nil {
		return stage{}, err
	}
	spec, err := b.order(keys, in.cols)
	if err != nil {
		return stage{}, err
	}
	terms, err := b.terms(keyExprs(keys), in.cols, len(in.streams))
	if err != nil {
		return stage{}, err
	}
	res, stats := b.reservation(node)
	return stage{exec.Streams{exec.NewSort(b.rt, in.streams, terms, spec, res, stats)}, in.cols}, nil
}

// topRows is the most rows of a top-N; more are sorted, which can spill.
const topRows = 1 << 16

func (b *builder) limit(n *plan.Limit, want need) (stage, error) {
	var in stage
	var err error
	switch {
	case len(n.Keys) == 0:
		below := want
		below.ordered = true
		in, err = b.build(n.Input, below)
	case n.Count < 0 || n.Offset+n.Count > topRows:
		in, err = b.sorted(n, n.Input, n.Keys, want)
	default:
		in, err = b.topN(n, want)
	}
	if err != nil {
		return stage{}, err
	}
	one := exec.NewLimit(exec.Gather(in.streams), n.Offset, n.Count)
	return stage{exec.Streams{one}, in.cols}, nil
}

// topN finds the first rows of each stream, then of all.
func (b *builder) topN(n *plan.Limit, want need) (stage, error) {
	below := want.with(keyExprs(n.Keys)...)
	below.ordered = true
	in, err := b.build(n.Input, below)
	if err != nil {
		return stage{}, err
	}
	spec, err := b.order(n.Keys, in.cols)
	if err != nil {
		return stage{}, err
	}
	terms, err := b.terms(keyExprs(n.Keys), in.cols, len(in.streams)+1)
	if err != nil {
		return stage{}, err
	}
	tops := make(exec.Streams, len(in.streams))
	for i, s := range in.streams {
		tops[i] = exec.NewTopN(b.rt, s, terms[i], spec, n.Offset+n.Count)
	}
	all := tops[0]
	if len(tops) > 1 {
		all = exec.NewTopN(b.rt, exec.Gather(tops), terms[len(tops)], spec, n.Offset+n.Count)
	}
	return stage{exec.Streams{all}, in.cols}, nil
}
