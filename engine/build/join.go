package build

import (
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// joinCondition is a join's On, taken apart.
type joinCondition struct {
	keys        []expr.Expr // the conjuncts that are equalities of keys
	left, right []expr.Expr // the keys, pairwise equal
	fields      []rowkey.Field
	residual    []expr.Expr
	in          expr.Expr // the IN comparison, if it is not the only key
}

// split takes On apart. Equalities of the two sides become keys.
func (b *builder) split(n *plan.Join) joinCondition {
	left, right := n.Left.Schema().Set(), n.Right.Schema().Set()
	nullAware := n.Kind == plan.NullAnti || n.Kind == plan.Mark && n.NullAware
	var c joinCondition
	for i, e := range n.On {
		if nullAware && i == 0 && len(n.On) > 1 {
			c.in = e
			continue
		}
		l, r, field, ok := b.equality(e, left, right)
		switch {
		case ok:
			c.keys = append(c.keys, e)
			c.left, c.right, c.fields = append(c.left, l), append(c.right, r), append(c.fields, field)
		case nullAware && i == 0:
			c.in = e
		default:
			c.residual = append(c.residual, e)
		}
	}
	return c
}

// sides returns the keys of a join's build and probe sides.
func (c joinCondition) sides(n *plan.Join) (build, probe []expr.Expr) {
	if n.BuildLeft {
		return c.left, c.right
	}
	return c.right, c.left
}

// equality recognizes an equality between an expression of each side.
func (b *builder) equality(e expr.Expr, left, right map[expr.ColumnID]bool) (l, r expr.Expr, f rowkey.Field, ok bool) {
	call, is := e.(*expr.Call)
	if !is || call.Func != expr.Eq && call.Func != expr.NullSafeEq {
		return nil, nil, f, false
	}
	l, r = call.Args[0], call.Args[1]
	if reads(l, right) || reads(r, left) {
		l, r = r, l
	}
	if !reads(l, left) || !reads(r, right) || reads(l, right) || reads(r, left) {
		return nil, nil, f, false
	}
	lt, rt := l.Type(), r.Type()
	if lt.IsText() && rt.IsText() && lt.Collation != rt.Collation {
		return nil, nil, f, false
	}
	weigh, err := b.weigher(lt)
	if err != nil {
		return nil, nil, f, false
	}
	f, err = rowkey.Pair(lt, rt, weigh)
	if err != nil {
		return nil, nil, f, false
	}
	if call.Func == expr.Eq {
		f = f.Strict()
	}
	return l, r, f, true
}

// reads reports whether e reads a column of set.
func reads(e expr.Expr, set map[expr.ColumnID]bool) bool {
	found := false
	expr.Walk(e, func(e expr.Expr) bool {
		if c, ok := e.(*expr.Column); ok && set[c.ID] {
			found = true
		}
		return !found
	})
	return found
}

func (b *builder) join(n *plan.Join, want need) (stage, error) {
	cond := b.split(n)
	below := want.with(n.On...)
	buildNode, probeNode := n.Right, n.Left
	if n.BuildLeft {
		buildNode, probeNode = n.Left, n.Right
	}
	buildKeys, probeKeys := cond.sides(n)
	built, err := b.build(buildNode, below)
	if err != nil {
		return stage{}, err
	}
	told := b.promise(n, cond)
	below.single = below.single || want.single
	probed, err := b.build(probeNode, below)
	if err != nil {
		return stage{}, err
	}
	spec := &exec.Join{
		Kind: n.Kind, BuildLeft: n.BuildLeft, NullAware: n.Kind == plan.NullAnti || n.Kind == plan.Mark && n.NullAware,
		Keys: cond.fields, Build: built.cols, Probe: probed.cols, OnBuilt: told.onBuilt, Told: told.keys, Listed: told.listed,
	}
	spec.Output, spec.Out = joinColumns(n.Schema(), want, n.Mark, built.cols, probed.cols)
	terms, err := b.joinTerms(spec, cond, buildKeys, probeKeys, max(len(built.streams), len(probed.streams)))
	if err != nil {
		return stage{}, err
	}
	res, stats := b.reservation(n)
	return stage{streams: exec.NewJoin(b.rt, built.streams, probed.streams, terms, spec, res, stats), cols: spec.Out}, nil
}

// joinColumns says where the needed columns of a join come from.
func joinColumns(schema plan.Schema, want need, mark plan.Column, built, probed plan.Schema) ([]exec.JoinColumn, plan.Schema) {
	cols, _ := want.prune(schema)
	list := make([]exec.JoinColumn, len(cols))
	for i, c := range cols {
		if at := probed.Index(c.ID); at >= 0 {
			list[i] = exec.JoinColumn{Side: exec.FromProbe, At: at}
		} else if at := built.Index(c.ID); at >= 0 {
			list[i] = exec.JoinColumn{Side: exec.FromBuild, At: at}
		} else {
			list[i] = exec.JoinColumn{Side: exec.FromMark}
		}
	}
	return list, cols
}

// joinTerms compiles a join's expressions for n streams and lists the columns of pairs they read in spec.
func (b *builder) joinTerms(spec *exec.Join, cond joinCondition, buildKeys, probeKeys []expr.Expr, n int) ([]exec.JoinTerms, error) {
	reads := only(cond.residual...)
	if cond.in != nil {
		expr.Columns(cond.in, reads.cols)
	}
	pair := append(append(plan.Schema{}, spec.Probe...), spec.Build...)
	spec.Pairs, spec.PairCols = joinColumns(pair, reads, plan.Column{}, spec.Build, spec.Probe)
	build, err := b.terms(buildKeys, spec.Build, n)
	if err != nil {
		return nil, err
	}
	probe, err := b.terms(probeKeys, spec.Probe, n)
	if err != nil {
		return nil, err
	}
	out := make([]exec.JoinTerms, n)
	at := layout(spec.PairCols)
	for i := range out {
		out[i] = exec.JoinTerms{BuildKeys: build[i], ProbeKeys: probe[i]}
		if len(cond.residual) > 0 {
			if out[i].Residual, err = expr.CompileFilter(cond.residual, at, b.cfg.Env); err != nil {
				return nil, err
			}
		}
		if cond.in != nil {
			if out[i].In, err = expr.Compile(cond.in, at, b.cfg.Env); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
