package bind

import (
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// join imports a join. USING and NATURAL have become plain conditions, and right joins left ones, before this.
func (im *importer) join(n *gmsplan.JoinNode, outer *scope) (relation, error) {
	left, err := im.node(n.Left(), outer)
	if err != nil {
		return relation{}, err
	}
	if n.Op.IsLateral() {
		return im.lateral(n, left, outer)
	}
	right, err := im.node(n.Right(), outer)
	if err != nil {
		return relation{}, err
	}
	both := relation{cols: slices.Concat(left.cols, right.cols)}
	switch n.Op {
	case gmsplan.JoinTypeCross, gmsplan.JoinTypeInner:
		return im.innerJoin(left.node, right.node, both, n.Filter, outer)
	case gmsplan.JoinTypeLeftOuter:
		both.cols = slices.Concat(left.cols, nullable(right.cols))
		return im.leftJoin(left, right, both, n.Filter, outer)
	case gmsplan.JoinTypeFullOuter:
		both.cols = slices.Concat(nullable(left.cols), nullable(right.cols))
		return im.outerJoin(plan.Full, left.node, right, both, n.Filter, outer)
	}
	return relation{}, unsupported("the join " + n.Op.String())
}

func nullable(cols []column) []column {
	out := slices.Clone(cols)
	for i := range out {
		out[i].Nullable = true
	}
	return out
}

// innerJoin joins and filters. A condition with a subquery filters above the join, where its Apply can read both sides, and one that
// assigns variables, which is for rows that come one by one.
func (im *importer) innerJoin(left, right plan.Node, both relation, cond sql.Expression, outer *scope) (relation, error) {
	join := &plan.Join{Kind: plan.Inner, Left: left, Right: right}
	both.node = join
	if cond == nil {
		return both, nil
	}
	in := im.over(both, outer)
	conds, err := in.conditions(cond)
	if err != nil {
		return relation{}, err
	}
	if in.rel.node == plan.Node(join) && !expr.Stateful(conds...) {
		join.On = conds
		return both, nil
	}
	both.node = &plan.Filter{Input: in.rel.node, Conds: conds}
	return both, nil
}

// leftJoin joins. Where a subquery in the condition reads the left side the whole is an Apply: the subquery is one of what
// the right side has for a left row.
func (im *importer) leftJoin(left, right, both relation, cond sql.Expression, outer *scope) (relation, error) {
	if cond == nil || !hasSubquery(im.ctx, cond) {
		return im.outerJoin(plan.Left, left.node, right, both, cond, outer)
	}
	in := im.over(right, &scope{rel: &left, outer: outer})
	conds, err := in.conditions(cond)
	if err != nil {
		return relation{}, err
	}
	if !reads(in.rel.node, left.node.Schema()) {
		both.node = &plan.Join{Kind: plan.Left, Left: left.node, Right: in.rel.node, On: conds}
		return both, nil
	}
	both.node = &plan.Apply{Kind: plan.ApplyLeft, Outer: left.node, Inner: &plan.Filter{Input: in.rel.node, Conds: conds}}
	return both, nil
}

// hasSubquery reports a subquery in an expression.
func hasSubquery(ctx *sql.Context, e sql.Expression) bool {
	found := false
	inspectSubqueries(ctx, e, func(*gmsplan.Subquery) { found = true })
	return found
}

// outerJoin joins. A subquery in the condition becomes an Apply under the right side, so it may not read the left one.
func (im *importer) outerJoin(kind plan.JoinKind, left plan.Node, right, both relation, cond sql.Expression, outer *scope) (relation, error) {
	join := &plan.Join{Kind: kind, Left: left, Right: right.node}
	if cond != nil {
		// The condition sees the columns as they are before the join makes them nullable.
		in := im.over(relation{node: right.node, cols: beforeJoin(both.cols, left.Schema(), right.node.Schema())}, outer)
		conds, err := in.conditions(cond)
		if err != nil {
			return relation{}, err
		}
		if in.rel.node != right.node && (kind == plan.Full || reads(in.rel.node, left.Schema())) {
			return relation{}, unsupported("a correlated subquery in the ON of an outer join")
		}
		if assigning(conds...) {
			return relation{}, unsupported("assigning to a user variable in the ON of an outer join")
		}
		join.Right, join.On = in.rel.node, conds
	}
	both.node = join
	return both, nil
}

// beforeJoin gives cols the nullability they have in the inputs.
func beforeJoin(cols []column, inputs ...plan.Schema) []column {
	out := slices.Clone(cols)
	for i := range out {
		for _, schema := range inputs {
			if at := schema.Index(out[i].ID); at >= 0 {
				out[i].Column = schema[at]
			}
		}
	}
	return out
}

// reads reports whether an Apply that n has grown by reads one of cols.
func reads(n plan.Node, cols plan.Schema) bool {
	forbidden, used := cols.Set(), make(map[expr.ColumnID]bool)
	walk(n, func(n plan.Node) {
		for _, e := range plan.Expressions(n) {
			expr.Columns(e, used)
		}
	})
	for id := range used {
		if forbidden[id] {
			return true
		}
	}
	return false
}

func walk(n plan.Node, visit func(plan.Node)) {
	visit(n)
	for _, c := range n.Children() {
		walk(c, visit)
	}
}

// lateral imports a join whose right side reads columns of the left one.
func (im *importer) lateral(n *gmsplan.JoinNode, left relation, outer *scope) (relation, error) {
	right, err := im.node(n.Right(), &scope{rel: &left, outer: outer})
	if err != nil {
		return relation{}, err
	}
	apply := &plan.Apply{Kind: plan.ApplyInner, Outer: left.node, Inner: right.node}
	both := relation{node: apply, cols: slices.Concat(left.cols, right.cols)}
	if n.Filter != nil {
		in := im.over(right, &scope{rel: &left, outer: outer})
		conds, err := in.conditions(n.Filter)
		if err != nil {
			return relation{}, err
		}
		if in.rel.node == right.node {
			apply.On = conds
		} else { // a subquery is one of what the right side has for a left row
			apply.Inner = &plan.Filter{Input: in.rel.node, Conds: conds}
		}
	}
	if n.Op == gmsplan.JoinTypeLateralLeft {
		apply.Kind = plan.ApplyLeft
		both.cols = slices.Concat(left.cols, nullable(right.cols))
	}
	return both, nil
}
