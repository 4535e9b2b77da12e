package build

import (
	"slices"

	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// rowwise computes the stateful ones of a list of expressions row by row and returns the list with columns in their places.
func (b *builder) rowwise(in stage, list []expr.Expr) (stage, []expr.Expr, error) {
	if !expr.Stateful(list...) {
		return in, list, nil
	}
	list = slices.Clone(list)
	var stateful []expr.Expr
	var computed plan.Schema
	for i, e := range list {
		if expr.Stateful(e) {
			b.lastComputed--
			c := plan.Column{ID: b.lastComputed, Name: "row by row", Type: e.Type(), Nullable: true}
			stateful, computed = append(stateful, e), append(computed, c)
			list[i] = c.Ref()
		}
	}
	out := make(exec.Streams, len(in.streams))
	for i, s := range in.streams {
		terms := make([]expr.RowEvaluator, len(stateful))
		for k, e := range stateful {
			var err error
			if terms[k], err = expr.CompileRow(e, layout(in.cols), b.cfg.Env); err != nil {
				return stage{}, nil, err
			}
		}
		out[i] = exec.NewRowwise(b.rt, s, in.cols, terms, computed)
	}
	return stage{streams: out, cols: slices.Concat(in.cols, computed), order: in.order, divided: in.divided}, list, nil
}

// streamsState reports whether rows that n yields have been through stateful expressions since they were last gathered: an operator
// above that has some too takes them one by one.
func streamsState(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Filter, *plan.Project:
		return expr.Stateful(plan.Expressions(n)...) || streamsState(n.Children()[0])
	case *plan.Limit:
		return len(n.Keys) == 0 && streamsState(n.Input)
	case *plan.Apply:
		return plan.Stateful(n.Inner) || expr.Stateful(n.On...) || streamsState(n.Outer)
	case *plan.Join:
		if n.BuildLeft {
			return streamsState(n.Right)
		}
		return streamsState(n.Left)
	case *plan.Repeat, *plan.JSONTable, *plan.Union:
		return slices.ContainsFunc(n.Children(), streamsState)
	}
	return false
}

// batched gathers the rows of a stage that its operators want one by one, if what is above does not.
func (b *builder) batched(s stage, below, want need) stage {
	if below.single && !want.single {
		for i, in := range s.streams {
			s.streams[i] = exec.NewBatched(b.rt, in, s.cols)
		}
	}
	return s
}
