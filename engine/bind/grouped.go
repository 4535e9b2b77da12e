package bind

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// groupRows is what the rows of a query block are after its GROUP BY, until the block ends: what ONLY_FULL_GROUP_BY (MySQL 8.0
// Reference Manual, 14.19.3) depends on, and which columns HAVING finds behind the aliases of the list. Of the columns that it
// tells of, each has the value of some row of its group.
type groupRows struct {
	implicit bool                     // without GROUP BY, all rows are one group
	full     bool                     // ONLY_FULL_GROUP_BY
	strays   map[expr.ColumnID]string // columns that no key determines, and what is computed of them, by the column's full name
	others   map[expr.ColumnID]bool   // columns that are no keys, determined or not
	aliases  map[string]plan.Column   // what the list computes, by its lower-case aliases
	err      error                    // of HAVING and ORDER BY, which count only if the list has none
}

// stray returns the name of a column that e reads and no key determines.
func (g *groupRows) stray(list ...expr.Expr) (string, bool) {
	if g == nil || len(g.strays) == 0 {
		return "", false
	}
	read := make(map[expr.ColumnID]bool)
	for _, e := range list {
		expr.Columns(e, read)
	}
	name := ""
	for id := range read {
		if stray, ok := g.strays[id]; ok && (name == "" || stray < name) {
			name = stray
		}
	}
	return name, name != ""
}

// computes notes that column c is computed of the expressions.
func (g *groupRows) computes(c expr.ColumnID, of ...expr.Expr) {
	if name, ok := g.stray(of...); ok {
		g.strays[c] = name
	}
}

// reads notes that column c is computed by a subquery, which may read columns of the group.
func (g *groupRows) reads(c expr.ColumnID, subquery plan.Node) {
	if g == nil || len(g.strays) == 0 {
		return
	}
	g.computes(c, plan.Expressions(subquery)...)
	for _, in := range subquery.Children() {
		g.reads(c, in)
	}
}

// ordered checks the keys of an order. Of one group there is none.
func (g *groupRows) ordered(keys []plan.SortKey) {
	for i, k := range keys {
		if name, ok := g.stray(k.Expr); ok && g.full && !g.implicit && g.err == nil {
			g.err = notGrouped(fmt.Sprintf("Expression #%d of ORDER BY clause", i+1), name)
		}
	}
}

// having checks the conditions on groups.
func (g *groupRows) having(conds []expr.Expr) {
	if name, ok := g.stray(conds...); ok && g.full {
		g.err = sqlerr.New(sqlerr.UnknownColumn, "Unknown column '%s' in 'having clause'", name)
	}
}

// listed checks the list of the block.
func (g *groupRows) listed(cols []column) error {
	if g == nil || !g.full {
		return nil
	}
	for i, c := range cols {
		name, ok := g.strays[c.ID]
		switch {
		case ok && g.implicit:
			return sqlerr.New(sqlerr.MixedGroup, "In aggregated query without GROUP BY, expression #%d of SELECT list contains nonaggregated "+
				"column '%s'; this is incompatible with sql_mode=only_full_group_by", i+1, name)
		case ok:
			return notGrouped(fmt.Sprintf("Expression #%d of SELECT list", i+1), name)
		}
	}
	return g.err
}

func notGrouped(what, name string) error {
	return sqlerr.New(sqlerr.NotGrouped, "%s is not in GROUP BY clause and contains nonaggregated column '%s' which is not functionally dependent "+
		"on columns in GROUP BY clause; this is incompatible with sql_mode=only_full_group_by", what, name)
}

// named notes an alias of the list. Of two that are alike the first counts.
func (g *groupRows) named(alias string, c plan.Column) {
	if g == nil {
		return
	}
	if _, ok := g.aliases[strings.ToLower(alias)]; !ok {
		g.aliases[strings.ToLower(alias)] = c
	}
}

// behind is the column that a name means in HAVING: an alias of the list before a column that is no key.
func (g *groupRows) behind(name string, found expr.Expr) expr.Expr {
	c, ok := found.(*expr.Column)
	if g == nil || !ok || !g.others[c.ID] {
		return found
	}
	if alias, ok := g.aliases[strings.ToLower(name)]; ok {
		return alias.Ref()
	}
	return found
}

// block imports a whole query block, or a set operation of some: a relation of nothing but its columns.
func (im *importer) block(n sql.Node, outer *scope) (relation, error) {
	return im.blockOf(n, outer, false)
}

// blockOf imports a query block whose quotients keep their digits if asked to.
func (im *importer) blockOf(n sql.Node, outer *scope, digits bool) (relation, error) {
	n, err := im.withAbove(n)
	if err != nil {
		return relation{}, err
	}
	if digits {
		im.keepDigits(n)
	}
	rel, assigning, err := relation{}, false, error(nil)
	if im.variables != nil {
		rel, assigning, err = im.assigningBlock(n, outer)
	}
	if !assigning {
		rel, err = im.node(n, outer)
	}
	if err != nil {
		return relation{}, err
	}
	if err := rel.grouped.listed(rel.cols); err != nil {
		return relation{}, err
	}
	return rel.exact(im, digits), nil
}

// determined are columns of n that have one value for each combination of values of the keys (MySQL 8.0 Reference Manual,
// 14.19.4): the keys, what is equal to one or to a constant, and the columns of a table with a key of such that is never NULL.
func determined(n plan.Node, keys []plan.Projection) map[expr.ColumnID]bool {
	known := make(map[expr.ColumnID]bool)
	for _, k := range keys {
		if c, ok := k.Expr.(*expr.Column); ok {
			known[c.ID] = true
		}
	}
	for before := -1; before != len(known); {
		before = len(known)
		determine(n, known)
	}
	return known
}

// determine adds to the known columns those that they determine.
func determine(n plan.Node, known map[expr.ColumnID]bool) {
	switch n := n.(type) {
	case *plan.Scan:
		if slices.ContainsFunc(n.Table.Keys, func(key []int) bool { return keyKnown(n, key, known) }) {
			for _, c := range n.Cols {
				known[c.ID] = true
			}
		}
	case *plan.Filter:
		equate(n.Conds, known, nil)
		determine(n.Input, known)
	case *plan.Sort:
		determine(n.Input, known)
	case *plan.Limit:
		determine(n.Input, known)
	case *plan.Apply:
		determine(n.Outer, known)
	case *plan.Project:
		determine(n.Input, known)
		for _, p := range n.Exprs {
			if !expr.Volatile(p.Expr) && allKnown(p.Expr, known, nil) {
				known[p.Col.ID] = true
			}
		}
	case *plan.Aggregate: // a derived table's
		if len(n.Groups) > 0 && !slices.ContainsFunc(n.Groups, func(p plan.Projection) bool { return !known[p.Col.ID] }) {
			for _, c := range n.Schema() {
				known[c.ID] = true
			}
		}
	case *plan.Join:
		determineJoin(n, known)
	}
}

// determineJoin: of what an outer join pads it has to be known which rows are padded. They are where all that its condition reads
// of the other side is known, and where a column is that is only NULL of padding.
func determineJoin(n *plan.Join, known map[expr.ColumnID]bool) {
	determine(n.Left, known)
	switch n.Kind {
	case plan.Inner:
		equate(n.On, known, nil)
		determine(n.Right, known)
	case plan.Left:
		right := n.Right.Schema()
		own := right.Set()
		padded := slices.ContainsFunc(right, func(c plan.Column) bool { return known[c.ID] && !c.Nullable })
		if padded || !slices.ContainsFunc(n.On, func(c expr.Expr) bool { return !allKnown(c, known, own) }) {
			equate(n.On, known, own)
			determine(n.Right, known)
		}
	}
}

// equate adds columns that are equal to what is known; only is the set of those that may be added, or nil for all.
func equate(conds []expr.Expr, known, only map[expr.ColumnID]bool) {
	for _, c := range conds {
		eq, ok := c.(*expr.Call)
		if !ok || eq.Func != expr.Eq {
			if ok && eq.Func == expr.And {
				equate(eq.Args, known, only)
			}
			continue
		}
		for i, side := range eq.Args {
			col, ok := side.(*expr.Column)
			if ok && (only == nil || only[col.ID]) && !expr.Volatile(eq.Args[1-i]) && allKnown(eq.Args[1-i], known, nil) {
				known[col.ID] = true
			}
		}
	}
}

// allKnown reports whether e reads nothing but what is known, or among the others.
func allKnown(e expr.Expr, known, others map[expr.ColumnID]bool) bool {
	read := make(map[expr.ColumnID]bool)
	expr.Columns(e, read)
	for id := range read {
		if !known[id] && !others[id] {
			return false
		}
	}
	return true
}

// keyKnown reports whether the columns of a key are known and never NULL.
func keyKnown(n *plan.Scan, key []int, known map[expr.ColumnID]bool) bool {
	return len(key) > 0 && !slices.ContainsFunc(key, func(at int) bool {
		i := slices.Index(n.Pos, at)
		return i < 0 || !known[n.Cols[i].ID] || n.Table.Columns[at].Nullable
	})
}
