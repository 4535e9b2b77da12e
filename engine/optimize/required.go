package optimize

import (
	"context"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// required returns the conditions right above a scan by which alone its table can be read (plan.Table.Required): none if it can be
// read without, or not even with those that there are.
func required(f *plan.Filter) []expr.Expr {
	scan, ok := f.Input.(*plan.Scan)
	if !ok {
		return nil
	}
	by := make(map[int][]expr.Expr) // column of the table
	for _, c := range f.Conds {
		if at := scan.Cols.Index(boundBy(c)); at >= 0 {
			by[scan.Pos[at]] = append(by[scan.Pos[at]], c)
		}
	}
	for _, set := range scan.Table.Required {
		var conds []expr.Expr
		for _, at := range set {
			conds = append(conds, by[at]...)
		}
		if !slices.ContainsFunc(set, func(at int) bool { return len(by[at]) == 0 }) {
			return conds
		}
	}
	return nil
}

// boundBy returns the column that a condition says to be equal to what reads no column, -1 if there is none.
func boundBy(cond expr.Expr) expr.ColumnID {
	constant := func(e expr.Expr) bool { return len(columnsOf(e)) == 0 && !expr.Volatile(e) }
	switch e := cond.(type) {
	case *expr.In:
		if c, ok := e.Arg.(*expr.Column); ok && !e.Not {
			return c.ID
		}
	case *expr.Call:
		if e.Func != expr.Eq {
			break
		}
		for i, arg := range e.Args {
			if c, ok := arg.(*expr.Column); ok && constant(e.Args[1-i]) {
				return c.ID
			}
		}
	}
	return -1
}

// byKeys offers the source of a table that can't be read otherwise no more of a filter than its keys, which are looked at here as
// well: so the filter runs where nothing is pushed down, or what it evaluates is barred.
func (pl *placer) byKeys(ctx context.Context, f *plan.Filter, keys []expr.Expr) (plan.Node, error) {
	scan := f.Input.(*plan.Scan)
	in, err := pl.offer(ctx, scan.Site, &plan.Filter{Input: scan, Conds: keys})
	if err != nil {
		return nil, err
	}
	out := plan.Node(&plan.Filter{Input: in, Conds: f.Conds})
	if pl.Pushdown {
		out = pl.explain(f, out)
	}
	return out, nil
}

// withheld reports a filter that its source is not asked for as a whole.
func (pl *placer) withheld(f *plan.Filter) bool {
	c := pl.colour(f.Input)
	return c.atSource() && (!pl.Pushdown || pl.barred(c.site.Source, f) != "")
}
