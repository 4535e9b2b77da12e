package build

import (
	"encoding/binary"
	"math"

	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// order returns the executor's form of sort keys over columns.
func (b *builder) order(keys []plan.SortKey, cols plan.Schema) (*exec.Order, error) {
	o := &exec.Order{Cols: cols}
	for _, k := range keys {
		weigh, err := b.sortWeigher(k.Expr.Type())
		if err != nil {
			return nil, err
		}
		o.Keys = append(o.Keys, rowkey.Key{Field: rowkey.Of(k.Expr.Type(), weigh), Desc: k.Desc})
	}
	return o, nil
}

// sortWeigher is weigher for what is sorted: ENUM and SET, which are compared as texts, sort by the numbers of their members.
func (b *builder) sortWeigher(t types.Type) (exec.WeightFunc, error) {
	if t.Kind != types.Enum && t.Kind != types.Set {
		return b.weigher(t)
	}
	number := kernel.MemberNumbers(t)
	return func(dst, value []byte) []byte { return binary.BigEndian.AppendUint64(dst, number(value)) }, nil
}

func keyExprs(keys []plan.SortKey) []expr.Expr {
	list := make([]expr.Expr, len(keys))
	for i, k := range keys {
		list[i] = k.Expr
	}
	return list
}

func (b *builder) sort(n *plan.Sort, want need) (stage, error) {
	return b.sorted(n, n.Input, n.Keys, want, -1)
}

// sorted sorts the rows of input and yields the first limit of them; all, if it is negative.
func (b *builder) sorted(node, input plan.Node, keys []plan.SortKey, want need, limit int64) (stage, error) {
	below := want.with(keyExprs(keys)...)
	below.ordered = true // rows with equal keys keep their order
	in, err := b.build(input, below)
	if err != nil {
		return stage{}, err
	}
	if len(in.streams) == 1 && in.divided == nil && startsWith(in.order, keys) {
		return in, nil
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
	var out exec.Operator
	if limit < 0 {
		out = exec.NewSort(b.rt, in.streams, terms, spec, res, stats)
	} else {
		out = exec.NewTopN(b.rt, in.streams, terms, spec, limit, res, stats)
	}
	return stage{streams: exec.Streams{out}, cols: in.cols, order: keys}, nil
}

func (b *builder) limit(n *plan.Limit, want need) (stage, error) {
	var in stage
	var err error
	below := want
	switch {
	case len(n.Keys) == 0:
		below.ordered, below.single = true, want.single || streamsState(n.Input)
		in, err = b.build(n.Input, below)
	case n.Count < 0 || n.Count > math.MaxInt64-n.Offset:
		in, err = b.sorted(n, n.Input, n.Keys, want, -1)
	default:
		in, err = b.sorted(n, n.Input, n.Keys, want, n.Offset+n.Count)
	}
	if err != nil {
		return stage{}, err
	}
	one := exec.NewLimit(exec.Gather(in.streams), n.Offset, n.Count)
	out := stage{streams: exec.Streams{one}, cols: in.cols}
	if len(in.streams) == 1 {
		out.order, out.divided = in.order, in.divided
	}
	return b.batched(out, below, want), nil
}
