package build

import (
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// recursive builds a recursion. Parts of its step that do not read the working table are evaluated once into buffers; the rest
// is built again for each round, in one stream.
func (b *builder) recursive(n *plan.Recursive) (stage, error) {
	seed, err := b.build(n.Seed, need{ordered: true})
	if err == nil {
		seed, err = b.arrange(seed, n.Seed.Schema())
	}
	if err != nil {
		return stage{}, err
	}
	step, buffers, err := b.hoist(n.Step)
	if err != nil {
		return stage{}, err
	}
	spec := &exec.Recursion{
		Cols: n.Cols, Rounds: n.Rounds, Most: n.Most,
		Step: func(rows exec.Rows) (exec.Operator, error) {
			return b.over(step, map[int]exec.Rows{n.ID: rows})
		},
	}
	if n.Distinct {
		if spec.Keys, err = b.rowKeys(n.Cols); err != nil {
			return stage{}, err
		}
		spec.Fresh = b.fresh(n)
	}
	res, stats := b.reservation(n)
	out := exec.NewRecursion(b.rt, exec.Gather(seed.streams), spec, res, stats)
	return stage{streams: exec.Closing(exec.Streams{out}, buffers), cols: n.Cols}, nil
}

// rowKeys are the keys by which whole rows are equal, NULL being equal to NULL.
func (b *builder) rowKeys(cols plan.Schema) ([]rowkey.Field, error) {
	keys := make([]rowkey.Field, len(cols))
	for i, c := range cols {
		weigh, err := b.weigher(c.Type)
		if err != nil {
			return nil, err
		}
		keys[i] = rowkey.Of(c.Type, weigh)
	}
	return keys, nil
}

// RowKeys are the keys by which rows of some columns are equal, as grouping has it.
func RowKeys(cols plan.Schema, weights exec.Weights) ([]rowkey.Field, error) {
	return (&builder{cfg: Config{Weights: weights}}).rowKeys(cols)
}

// over builds a plan over rows by the ids under which it reads them. It is called as the operators of b run, at any time, so
// that b is only read.
func (b *builder) over(n plan.Node, rows map[int]exec.Rows) (exec.Operator, error) {
	cfg := b.cfg
	cfg.Parallelism = 1
	run := &builder{
		cfg: cfg, rt: b.rt, ctes: newBindings(b.ctes), hoisted: b.hoisted, around: b,
		filters: make(map[*plan.Remote]*exec.ScanFilter),
	}
	for id, r := range rows {
		run.ctes.own[id] = &cte{read: func(_ int, cols plan.Schema) exec.Streams { return exec.Streams{r(cols)} }}
	}
	streams, err := run.root(n, need{ordered: true})
	if err != nil {
		return nil, err
	}
	return exec.Gather(streams), nil
}

// fresh makes the plan by which a recursion finds the new ones of many rows: the distinct rows without an equal one among those
// seen. The table of its join is one of the new rows, which are the fewer.
func (b *builder) fresh(n *plan.Recursive) func(rows, seen exec.Rows) (exec.Operator, error) {
	rowsID, seenID := -int(b.hoisted.Add(1)), -int(b.hoisted.Add(1))
	distinct := &plan.Aggregate{}
	join := &plan.Join{Kind: plan.Anti, BuildLeft: true, Left: distinct}
	var left, right plan.Schema
	for i, c := range n.Cols {
		l, r := c, c
		l.ID, r.ID = expr.ColumnID(2*i+1), expr.ColumnID(2*i+2)
		left, right = append(left, l), append(right, r)
		distinct.Groups = append(distinct.Groups, plan.Projection{Col: l, Expr: l.Ref()})
		join.On = append(join.On, &expr.Call{Func: expr.NullSafeEq, Args: []expr.Expr{l.Ref(), r.Ref()}, Typ: types.Of(types.Bool)})
	}
	distinct.Input = &plan.Working{ID: rowsID, Name: "rows", Cols: left}
	join.Right = &plan.Working{ID: seenID, Name: "seen", Cols: right}
	return func(rows, seen exec.Rows) (exec.Operator, error) {
		return b.over(join, map[int]exec.Rows{rowsID: rows, seenID: seen})
	}
}

// origin returns the node of the plan that n is, or is made of for what was hoisted out of it.
func (b *builder) origin(n plan.Node) plan.Node {
	for in := b; in != nil; in = in.around {
		if o := in.origins[n]; o != nil {
			n = o
		}
	}
	return n
}

// stats returns the counters of a node.
func (b *builder) stats(n plan.Node) *exec.NodeStats { return b.cfg.Stats.Node(b.origin(n)) }
