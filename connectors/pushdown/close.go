package pushdown

import (
	"slices"

	"github.com/silogate/silogate/engine/plan"
)

// close ends a part's growth: its tree becomes a Remote, under what it keeps. Only columns of need must remain; nil is
// all of them.
func (g *grower) close(p part, need columns) (plan.Node, error) {
	if p.tree == nil {
		return p.local, nil
	}
	if _, ok := siteOf(p.tree); !ok {
		// Nothing of the source in it: rows that the statement itself has.
		return filtered(p.tree, p), nil
	}
	tree := p.tree
	if need != nil {
		tree = g.prune(tree, pick(tree.Schema(), reading(need, p.rest)))
	}
	fragment, err := g.src.Fragment(tree)
	if err != nil {
		return nil, err
	}
	remote := &plan.Remote{
		Site: g.site, Fragment: fragment, Tables: tablesOf(nil, tree), Cols: tree.Schema(), Keys: keysOf(tree),
		Exact: p.exact, Kept: p.kept,
	}
	return filtered(remote, p), nil
}

func filtered(n plan.Node, p part) plan.Node {
	if len(p.rest) == 0 {
		return n
	}
	return &plan.Filter{Input: n, Conds: p.rest}
}

// prune drops columns that are not in cols, if the source passes columns on.
func (g *grower) prune(tree plan.Node, cols plan.Schema) plan.Node {
	if len(cols) == len(tree.Schema()) {
		return tree
	}
	project := make([]plan.Projection, len(cols))
	for i, c := range cols {
		project[i] = plan.Projection{Col: c, Expr: c.Ref()}
	}
	if !g.passes(tree, project) {
		return tree
	}
	return &plan.Project{Input: tree, Exprs: project}
}

// pick returns the columns of s that are in set, in s's order.
func pick(s plan.Schema, set columns) plan.Schema {
	out := make(plan.Schema, 0, len(s))
	for _, c := range s {
		if set[c.ID] {
			out = append(out, c)
		}
	}
	return out
}

// tablesOf appends the names of the tables that a tree reads, each once.
func tablesOf(dst []plan.TableName, n plan.Node) []plan.TableName {
	if scan, ok := n.(*plan.Scan); ok && !slices.Contains(dst, scan.Table.Name) {
		return append(dst, scan.Table.Name)
	}
	for _, c := range n.Children() {
		dst = tablesOf(dst, c)
	}
	return dst
}

func keysOf(n plan.Node) *plan.Keys {
	if k, ok := n.(*plan.Keys); ok {
		return k
	}
	for _, c := range n.Children() {
		if k := keysOf(c); k != nil {
			return k
		}
	}
	return nil
}

func sameColumns(a, b plan.Schema) bool {
	return slices.EqualFunc(a, b, func(x, y plan.Column) bool { return x.ID == y.ID })
}

// reorder gives n exactly the columns want, in that order.
func reorder(n plan.Node, want plan.Schema) plan.Node {
	have := n.Schema()
	if sameColumns(have, want) {
		return n
	}
	project := make([]plan.Projection, len(want))
	for i, c := range want {
		project[i] = plan.Projection{Col: c, Expr: have[have.Index(c.ID)].Ref()}
	}
	return &plan.Project{Input: n, Exprs: project}
}
