package bind

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// GMS computes parts of a SELECT list below HAVING, ORDER BY or the rest of the list. A list that assigns variables, or reads what the
// statement assigns, is computed as one instead (assign.go has the order), on top of all that does not read it:
//
//	LIMIT, if HAVING or ORDER BY are above the list
//	ORDER BY that reads what is assigned
//	DISTINCT
//	HAVING that reads what is assigned
//	the items that assign, from the left to the right
//	HAVING that reads variables alone, as they are before the row
//	LIMIT, ORDER BY and HAVING that do not
//	the other items
//	FROM, WHERE, GROUP BY

// assigningList is the list of a query block on its way.
type assigningList struct {
	*expressions
	out    relation  // with the columns of the list, then those of the input
	base   plan.Node // what is below the items that assign; nil: something is above the list, and all else goes there too
	kept   bool      // HAVING is above base or the list: it is for less than a limit
	shown  int       // columns of the list
	marked map[sql.ColumnId]bool
	values []expr.Expr // of the items
	before *relation   // a DISTINCT, which names what a key of an ORDER BY may be; nil: there is none
}

// assigningBlock imports a query block whose list assigns; ok is false if it does not.
func (im *importer) assigningBlock(n sql.Node, outer *scope) (rel relation, ok bool, err error) {
	var spine []sql.Node // from the top
	for ; overGroups(n); n = n.Children()[0] {
		spine = append(spine, n)
	}
	items, shown := listOf(spine)
	l := &assigningList{shown: shown, marked: make(map[sql.ColumnId]bool)}
	if !slices.ContainsFunc(items, func(e sql.Expression) bool { return l.assigns(im, e) }) {
		return relation{}, false, nil
	}
	child, err := im.node(n, outer)
	if err != nil {
		return relation{}, true, err
	}
	l.expressions = im.over(child, outer)
	if err := l.list(items); err != nil {
		return relation{}, true, err
	}
	for _, n := range upwards(spine) {
		if err := l.above(n, outer); err != nil {
			return relation{}, true, err
		}
	}
	l.out.cols = l.out.cols[:shown]
	return l.out, true, nil
}

// listOf puts a SELECT list together, with what else the block computes behind it. shown is how many items the list has.
func listOf(spine []sql.Node) (items []sql.Expression, shown int) {
	var top, below []sql.Expression
	for _, n := range spine {
		p, ok := n.(*gmsplan.Project)
		switch {
		case !ok:
		case top == nil:
			top = projections(p)
		default:
			below = append(below, projections(p)...)
		}
	}
	defined := make(map[any]int, len(below)) // by what an item may refer to it by: the first
	for i, d := range below {
		for _, key := range itemKeys(d) {
			if _, ok := defined[key]; !ok && isComputed(d) {
				defined[key] = i
			}
		}
	}
	used := make([]bool, len(below))
	for _, e := range top {
		if at, ok := defined[itemReference(e)]; ok {
			used[at], e = true, below[at]
		}
		items = append(items, e)
	}
	for i, d := range below {
		if isComputed(d) && !used[i] {
			items = append(items, d)
		}
	}
	return items, len(top)
}

// itemName and itemText are the name of what a list computes, in lower case, and the text of what has none.
type itemName string
type itemText string

// itemKeys are what an item above may refer to one by that is computed below: its id, or its name where GMS has none.
func itemKeys(d sql.Expression) []any {
	id, ok := d.(sql.IdExpression)
	if !ok {
		return []any{itemText(d.String())}
	}
	keys := []any{id.Id()}
	if named, ok := d.(sql.Nameable); ok {
		keys = append(keys, itemName(strings.ToLower(named.Name())))
	}
	return keys
}

// itemReference is the one of them that an item has; nil if it refers to nothing.
func itemReference(e sql.Expression) any {
	id, ok := e.(sql.IdExpression)
	switch {
	case !ok:
		return itemText(e.String())
	case id.Id() != 0:
		return id.Id()
	}
	if field, ok := e.(*expression.GetField); ok {
		return itemName(strings.ToLower(field.Name()))
	}
	return nil
}

func isComputed(e sql.Expression) bool {
	_, plain := e.(*expression.GetField)
	return !plain
}

// upwards is what stands above a list, the lowest first. A DISTINCT comes before an ORDER BY.
func upwards(spine []sql.Node) []sql.Node {
	var list []sql.Node
	for _, n := range slices.Backward(spine) {
		at := len(list)
		if _, ok := n.(*gmsplan.Distinct); ok {
			for at > 0 && !isHaving(list[at-1]) {
				at--
			}
		}
		if _, ok := n.(*gmsplan.Project); !ok {
			list = slices.Insert(list, at, n)
		}
	}
	return list
}

func isHaving(n sql.Node) bool {
	_, ok := n.(*gmsplan.Having)
	return ok
}

// assigns reports an item that reads or assigns variables that the statement assigns, or what such an item gives a name to.
func (l *assigningList) assigns(im *importer, e sql.Expression) bool {
	found := im.variables.in(im.ctx, e)
	outerColumns(im.ctx, e, func(f *expression.GetField) { found = found || l.marked[f.Id()] })
	if id, ok := e.(sql.IdExpression); ok && found && id.Id() != 0 {
		l.marked[id.Id()] = true
	}
	return found
}

// list computes the items that do not assign, and on top of them the others.
func (l *assigningList) list(items []sql.Expression) error {
	child := l.expressions.rel
	cols := make([]column, len(items))
	assigning := make([]bool, len(items))
	values := make([]expr.Expr, len(items))
	l.values = values
	l.out = relation{computed: child.computed.clone(), rolledUp: child.rolledUp, grouped: child.grouped, inSubqueries: child.inSubqueries}
	var pending []plan.Projection
	flush := func() {
		if len(pending) > 0 {
			l.expressions.rel.node = &plan.Project{Input: l.expressions.rel.node, Exprs: append(passAll(l.expressions.rel.node.Schema()), pending...)}
		}
		pending = nil
	}
	compute := func(i int) (err error) {
		if values[i], err = l.expr(items[i]); err != nil {
			return err
		}
		cols[i] = l.named(items[i], values[i])
		if _, plain := values[i].(*expr.Column); !plain {
			pending = append(pending, plan.Projection{Col: cols[i].Column, Expr: values[i]})
		}
		return nil
	}
	for i, e := range items {
		if assigning[i] = l.assigns(l.importer, e); !assigning[i] {
			if err := compute(i); err != nil {
				return err
			}
		}
	}
	for i, e := range items {
		if assigning[i] {
			if err := l.windows(e); err != nil {
				return err
			}
		}
	}
	flush()
	l.base = l.expressions.rel.node
	for i, e := range items {
		if !assigning[i] {
			continue
		}
		if err := l.inTurn(e); err != nil {
			return err
		}
		if hasSubquery(l.ctx, e) {
			flush()
		}
		if err := compute(i); err != nil {
			return err
		}
	}
	flush()
	for i, e := range items {
		if alias, ok := e.(*expression.Alias); ok {
			e = alias.Child
		}
		l.out.computed.add(e, computedExpr{col: cols[i].Column, in: l.expressions, parts: []expr.Expr{values[i]}})
	}
	l.out.node = l.expressions.rel.node
	l.out.cols = slices.Concat(cols, child.cols)
	return nil
}

// named is the column of an item of the list, which later items and their subqueries may mean by its alias.
func (l *assigningList) named(e sql.Expression, value expr.Expr) column {
	c := column{name: nameOf(l.ctx, e)}
	if id, ok := e.(sql.IdExpression); ok {
		c.id = id.Id()
	}
	if ref, ok := value.(*expr.Column); ok {
		c.Column = plan.Column{ID: ref.ID, Name: unnumbered(c.name), Type: ref.Typ, Nullable: ref.Null}
	} else {
		c.Column = l.newColumn(unnumbered(c.name), value)
	}
	l.out.grouped.computes(c.ID, value)
	if alias, ok := e.(*expression.Alias); ok && !alias.Unreferencable() {
		l.aliases[alias.Id()] = c.Ref()
		l.out.grouped.named(alias.Name(), c.Column)
	}
	return c
}

// windows computes the window functions of an item that assigns, in which it does not.
func (l *assigningList) windows(e sql.Expression) error {
	var err error
	sql.Inspect(l.ctx, e, func(ctx *sql.Context, e sql.Expression) bool {
		w, ok := e.(*windowCall)
		switch {
		case err != nil || !ok:
		case l.variables.in(ctx, w):
			err = unsupported("a window function of variables that are assigned")
		default:
			_, err = l.expr(w)
		}
		return err == nil && !ok
	})
	return err
}

// inTurn refuses subqueries that read or assign variables which the statement assigns where they are not evaluated in their turn: where a
// condition may leave them out, and behind variables in the same expression, below which they are computed.
func (im *importer) inTurn(e sql.Expression) error {
	if im.variables == nil {
		return nil
	}
	_, _, err := im.turn(e)
	return err
}

// turn reports whether an expression reads or assigns the variables, and whether a subquery in it does.
func (im *importer) turn(e sql.Expression) (reads, inSubquery bool, err error) {
	switch e := e.(type) {
	case nil:
		return false, false, nil
	case *gmsplan.Subquery:
		reads = im.variables.in(im.ctx, e)
		return reads, reads, nil
	}
	children, certain := e.Children(), alwaysEvaluated(e)
	if a, ok := e.(*assignment); ok { // what is assigned to is not read
		children, certain = []sql.Expression{a.RightChild}, 1
	}
	for i, c := range children {
		does, subquery, err := im.turn(c)
		switch {
		case err != nil:
			return false, false, err
		case subquery && i >= certain:
			return false, false, unsupported("a subquery with variables that are assigned, of which a condition decides,")
		case subquery && reads:
			return false, false, unsupported("a subquery with variables that are assigned, behind others in an expression,")
		}
		reads, inSubquery = reads || does, inSubquery || subquery
	}
	_, assigns := e.(*assignment)
	return reads || assigns || im.variables.assigned(e), inSubquery, nil
}

// alwaysEvaluated is how many of the operands of e are evaluated for every row: the first ones.
func alwaysEvaluated(e sql.Expression) int {
	switch e := e.(type) {
	case *function.If, *function.IfNull, *function.NullIf, *function.Coalesce, *function.Elt, *expression.And, *expression.Or, *expression.InTuple:
		return 1
	case *expression.Case:
		if e.Expr != nil {
			return 2
		}
		return 1
	}
	return len(e.Children())
}

// above adds what stands above the list.
func (l *assigningList) above(n sql.Node, outer *scope) error {
	switch n := n.(type) {
	case *gmsplan.Having:
		if err := l.inTurn(n.Cond); err != nil {
			return err
		}
		var conds []expr.Expr
		in, err := l.imported(outer, func(x *expressions) (list []expr.Expr, err error) {
			x.having = true
			conds, err = x.conditions(n.Cond)
			return conds, err
		})
		if err != nil {
			return err
		}
		l.out.grouped.having(conds)
		l.put(in, conds, func(n plan.Node) plan.Node { return &plan.Filter{Input: n, Conds: conds} }, true)
	case *gmsplan.Sort:
		return l.sorted(n, outer)
	case *gmsplan.Distinct:
		if len(n.DistinctOn()) > 0 {
			return unsupported("DISTINCT ON")
		}
		before := l.out
		l.before = &before
		l.out.cols = l.out.cols[:l.shown]
		var err error
		l.out, err = l.distinctList(l.out)
		l.base = nil
		return err
	case *gmsplan.Limit:
		count, err := l.rowCount(n.Limit)
		if err != nil {
			return err
		}
		if n.CalcFoundRows {
			return unsupported("SQL_CALC_FOUND_ROWS")
		}
		l.put(l.out.node, nil, func(n plan.Node) plan.Node { return limited(n, count) }, false)
	case *gmsplan.Offset:
		offset, err := l.rowCount(n.Offset)
		if err != nil {
			return err
		}
		l.put(l.out.node, nil, func(n plan.Node) plan.Node { return &plan.Limit{Input: n, Offset: offset, Count: -1} }, false)
	}
	return nil
}

// sorted adds an ORDER BY. Ordered by what an item assigns, rows are ordered by what it is assigned of, if that is known before.
func (l *assigningList) sorted(n *gmsplan.Sort, outer *scope) error {
	var keys []plan.SortKey
	in, err := l.imported(outer, func(x *expressions) (list []expr.Expr, err error) {
		if keys, err = x.sortKeys(n.SortConditions); err != nil {
			return nil, err
		}
		of := make(map[expr.ColumnID]expr.Expr)
		for i, v := range l.values {
			f, ok := v.(*expr.Fallback)
			if !ok {
				continue
			}
			if _, ok := f.Row.(*variableAssignment); ok && l.before == nil && !expr.Stateful(f.Args...) {
				of[l.out.cols[i].ID] = f.Args[0]
			}
		}
		for i := range keys {
			keys[i].Expr = expr.Substitute(keys[i].Expr, of)
		}
		return sortedBy(keys), nil
	})
	if err != nil || len(keys) == 0 {
		return err
	}
	if l.before != nil {
		selected := make(expr.Map[plan.Column])
		for i, v := range l.values[:l.shown] {
			selected.Add(v, l.out.cols[i].Column)
		}
		for i := range keys {
			keys[i].Expr = overSelected(keys[i].Expr, selected)
			if err := ofSelected(i+1, keys[i].Expr, l.out.cols, l.before.node); err != nil {
				return err
			}
		}
		in = l.out.node
	}
	l.out.grouped.ordered(keys)
	l.put(in, sortedBy(keys), func(n plan.Node) plan.Node { return &plan.Sort{Input: n, Keys: keys} }, false)
	return nil
}

// imported has expressions imported over what is below the items that assign, if they read no more than that, else over the list. It returns
// what it has grown to by their subqueries.
func (l *assigningList) imported(outer *scope, read func(*expressions) ([]expr.Expr, error)) (plan.Node, error) {
	over := l.out
	if l.before != nil {
		over = *l.before
	}
	if l.base != nil {
		below := l.out
		below.node = l.base
		in := l.importer.over(below, outer)
		list, err := read(in)
		if err != nil {
			return nil, err
		}
		if in.rel.node == l.base { // no subqueries: put decides
			return l.out.node, nil
		}
		if l.below(list) && !reads(in.rel.node, l.assigned()) && !expr.Stateful(list...) {
			l.out.node, l.base = replaced(l.out.node, l.base, in.rel.node), in.rel.node
			return l.out.node, nil
		}
	}
	in := l.importer.over(over, outer)
	_, err := read(in)
	return in.rel.node, err
}

// assigned are the columns that are computed above base.
func (l *assigningList) assigned() plan.Schema {
	there := l.base.Schema().Set()
	return slices.DeleteFunc(slices.Clone(l.out.node.Schema()), func(c plan.Column) bool { return there[c.ID] })
}

// put puts a node over the list if it reads what is assigned, or something is there already; else below. A filter leaves the place for an
// order below, not for a limit.
func (l *assigningList) put(in plan.Node, reads []expr.Expr, wrap func(plan.Node) plan.Node, filter bool) {
	grown := in != l.out.node // by subqueries
	limit := len(reads) == 0
	switch {
	case l.base == nil || grown || !l.below(reads) || limit && l.kept || !filter && expr.Stateful(reads...):
		l.out.node = wrap(in)
		if !filter {
			l.base = nil
		}
		l.kept = true
	case filter && expr.Stateful(reads...):
		l.out.node, l.kept = replaced(l.out.node, l.base, wrap(l.base)), true
	default:
		next := wrap(l.base)
		l.out.node, l.base = replaced(l.out.node, l.base, next), next
	}
}

// below reports whether the expressions read nothing but what is below the items that assign, or around the block.
func (l *assigningList) below(list []expr.Expr) bool {
	read := make(map[expr.ColumnID]bool)
	for _, e := range list {
		expr.Columns(e, read)
	}
	return !slices.ContainsFunc(l.assigned(), func(c plan.Column) bool { return read[c.ID] })
}

// replaced returns n with another node in the place of one below its first children.
func replaced(n, old, by plan.Node) plan.Node {
	if n == old {
		return by
	}
	children := slices.Clone(n.Children())
	children[0] = replaced(children[0], old, by)
	return n.WithChildren(children)
}
