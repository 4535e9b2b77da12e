package bind

import (
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// distinct imports SELECT DISTINCT. A sort below it would be lost; where its keys are in the list it moves above.
func (im *importer) distinct(n *gmsplan.Distinct, outer *scope) (relation, error) {
	if len(n.DistinctOn()) > 0 {
		return relation{}, unsupported("DISTINCT ON")
	}
	list, ok := n.Child.(*gmsplan.Project)
	if !ok {
		rel, err := im.node(n.Child, outer)
		if err != nil {
			return relation{}, err
		}
		return im.distinctList(rel)
	}
	if items, order := sortedList(list); order != nil {
		return im.distinctSorted(items, order, outer)
	}
	rel, in, err := im.selectList(list, outer)
	if err != nil {
		return relation{}, err
	}
	out, err := im.distinctList(rel)
	if err != nil {
		return relation{}, err
	}
	out.computed = listed(projections(list), rel.node.(*plan.Project), in, out)
	return out, nil
}

// sortedList returns a list and the sort below it, between which GMS computes subqueries of the list; nil if there is none.
func sortedList(list *gmsplan.Project) ([]sql.Expression, *gmsplan.Sort) {
	var spine []sql.Node
	n := sql.Node(list)
	for p, ok := n.(*gmsplan.Project); ok; p, ok = n.(*gmsplan.Project) {
		spine = append(spine, p)
		n = p.Child
	}
	order, ok := n.(*gmsplan.Sort)
	if !ok {
		return nil, nil
	}
	items, shown := listOf(spine)
	return items[:shown], order
}

// listed is what a SELECT DISTINCT has computed: a list, imported as project by in.
func listed(list []sql.Expression, project *plan.Project, in *expressions, out relation) *computed {
	c := &computed{}
	for i, e := range list {
		if alias, ok := e.(*expression.Alias); ok {
			e = alias.Child
		}
		c.add(e, computedExpr{col: out.cols[i].Column, in: in, parts: []expr.Expr{project.Exprs[i].Expr}})
	}
	return c
}

// distinctSorted imports SELECT DISTINCT list ... ORDER BY keys.
func (im *importer) distinctSorted(list []sql.Expression, order *gmsplan.Sort, outer *scope) (relation, error) {
	child, err := im.node(order.Child, outer)
	if err != nil {
		return relation{}, err
	}
	in := im.over(child, outer)
	keys, err := in.sortKeys(order.SortConditions)
	if err != nil {
		return relation{}, err
	}
	child.node, child.computed = in.rel.node, in.rel.computed
	rel, _, err := im.projectOver(list, false, child, outer)
	if err != nil {
		return relation{}, err
	}
	selected := make(expr.Map[plan.Column])
	for _, p := range rel.node.(*plan.Project).Exprs[:len(rel.cols)] {
		selected.Add(p.Expr, p.Col)
	}
	for i := range keys {
		keys[i].Expr = overSelected(keys[i].Expr, selected)
		if err := ofSelected(i+1, keys[i].Expr, rel.cols, child.node); err != nil {
			return relation{}, err
		}
	}
	out, err := im.distinctList(rel)
	if err != nil {
		return relation{}, err
	}
	if len(keys) > 0 {
		out.node = &plan.Sort{Input: out.node, Keys: keys}
	}
	return out, nil
}

// overSelected is a key of an order in terms of the columns of the list.
func overSelected(key expr.Expr, selected expr.Map[plan.Column]) expr.Expr {
	return expr.Transform(key, func(e expr.Expr) expr.Expr {
		if c, ok := selected.Get(e); ok {
			return c.Ref()
		}
		return e
	})
}

// ofSelected refuses a key that reads columns of the input which are not in the list: equal rows of the list may differ in
// them. at is the key's number.
func ofSelected(at int, key expr.Expr, selected []column, input plan.Node) error {
	read := make(map[expr.ColumnID]bool)
	expr.Columns(key, read)
	for _, c := range selected {
		delete(read, c.ID)
	}
	for _, c := range input.Schema() {
		switch {
		case !read[c.ID]: // or of an outer row
		case isAggregated(input, c.ID):
			return sqlerr.New(sqlerr.DistinctAggregate, "Expression #%d of ORDER BY clause contains aggregate function which is not in SELECT list; "+
				"this is incompatible with DISTINCT", at)
		default:
			return sqlerr.New(sqlerr.DistinctOrder, "Expression #%d of ORDER BY clause is not in SELECT list, references column '%s' which is not "+
				"in SELECT list; this is incompatible with DISTINCT", at, unnumbered(c.Name))
		}
	}
	return nil
}

// isAggregated reports a column that an aggregate function of the query block computes.
func isAggregated(n plan.Node, id expr.ColumnID) bool {
	switch n := n.(type) {
	case *plan.Aggregate:
		return slices.ContainsFunc(n.Aggs, func(a plan.Agg) bool { return a.Col.ID == id })
	case *plan.Project:
		for _, p := range n.Exprs {
			read := make(map[expr.ColumnID]bool)
			if p.Col.ID == id {
				expr.Columns(p.Expr, read)
			}
			for c := range read {
				if isAggregated(n.Input, c) {
					return true
				}
			}
		}
	case *plan.Filter:
		return isAggregated(n.Input, id)
	case *plan.Sort:
		return isAggregated(n.Input, id)
	case *plan.Apply:
		return isAggregated(n.Outer, id)
	}
	return false
}

// distinctList removes duplicate rows of a list, which is checked before: what it was grouped by is not known behind it.
func (im *importer) distinctList(rel relation) (relation, error) {
	if err := rel.grouped.listed(rel.cols); err != nil {
		return relation{}, err
	}
	return im.distinctOver(rel), nil
}

// distinctOver removes duplicate rows.
func (im *importer) distinctOver(rel relation) relation {
	rel = rel.exact(im, false)
	groups := make([]plan.Projection, len(rel.cols))
	for i, c := range rel.cols {
		groups[i] = plan.Projection{Col: c.Column, Expr: c.Ref()}
	}
	rel.node = &plan.Aggregate{Input: rel.node, Groups: groups}
	return rel
}
