package build

import (
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

func (b *builder) jsonTable(n *plan.JSONTable, want need) (stage, error) {
	below := want.with(n.Doc)
	below.ordered = want.ordered
	in, err := b.build(n.Input, below)
	if err != nil {
		return stage{}, err
	}
	kept, at := want.prune(in.cols)
	in, docs, err := b.rowwise(in, []expr.Expr{n.Doc})
	if err != nil {
		return stage{}, err
	}
	terms, err := b.terms(docs, in.cols, len(in.streams))
	if err != nil {
		return stage{}, err
	}
	cols := append(append(plan.Schema{}, kept...), n.Cols...)
	out := make(exec.Streams, len(in.streams))
	for i, s := range in.streams {
		out[i] = exec.NewJSONTable(b.rt, s, &exec.JSONTable{
			Table: n.Table, Convert: expr.StoreText(b.rt.Mem, b.cfg.Env), Doc: terms[i][0], Exact: n.Doc.Type().Kind == types.JSON, Outer: n.Outer, Cols: n.Cols, Keep: at, Out: cols,
		})
	}
	return stage{streams: out, cols: cols}, nil
}
