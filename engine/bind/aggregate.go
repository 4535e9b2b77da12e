package bind

import (
	"context"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// GMS binds the aggregates of a query block one by one as it meets them, and
//
//   - in HAVING binds them a second time, where of two columns of one name only the first is known;
//   - gives a repeated one a column that nothing computes, or takes its text for an alias of the same list;
//   - once it has met one, takes the first of two columns of one name for what should be ambiguous;
//   - accepts them in WHERE.
//
// resolveAggregates therefore has GMS bind each aggregate of a block once, where all columns of FROM are known: the other
// places refer to that.

// resolveAggregates prepares all query blocks of a statement.
func resolveAggregates(stmt sqlparser.SQLNode) error {
	inSubquery := make(map[*sqlparser.Select]bool)
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.Subquery:
			eachSelect(n.Select, func(s *sqlparser.Select) { inSubquery[s] = true })
		case *sqlparser.Select:
			if inSubquery[n] {
				if err := outerOnly(n); err != nil {
					return false, err
				}
			}
			return true, resolveBlock(n)
		}
		return true, nil
	}, stmt)
}

func resolveBlock(s *sqlparser.Select) error {
	if err := misplaced(s); err != nil {
		return err
	}
	b := &aggregateBlock{first: make(map[string]*boundAggregate)}
	for _, e := range s.SelectExprs {
		if e, ok := e.(*sqlparser.AliasedExpr); ok {
			e.Expr = b.share(e.Expr, inList)
		}
	}
	for _, o := range s.OrderBy {
		o.Expr = b.share(o.Expr, inOrder)
	}
	if s.Having != nil {
		s.Having.Expr = b.share(s.Having.Expr, inHaving)
		b.bindBeforeHaving(s)
	}
	s.OrderBy = append(s.OrderBy, b.hidden...)
	if len(b.first) > 0 {
		s.Window = append(s.Window, unambiguous(s.SelectExprs)...)
	}
	return nil
}

// misplaced refuses aggregates where there are no groups yet, aggregates of aggregates, and a star in any but COUNT(*).
func misplaced(s *sqlparser.Select) error {
	before := []sqlparser.SQLNode{s.From, s.GroupBy}
	if s.Where != nil {
		before = append(before, s.Where)
	}
	found := len(aggregatesIn(before...)) > 0
	after := []sqlparser.SQLNode{s.SelectExprs, s.OrderBy}
	if s.Having != nil {
		after = append(after, s.Having)
	}
	for _, agg := range aggregatesIn(after...) {
		switch agg := agg.(type) {
		case *sqlparser.FuncExpr:
			if (agg.Distinct || agg.Name.Lowered() != "count") && slices.ContainsFunc(agg.Exprs, isStar) {
				return sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax near '*' in %s", sqlparser.String(agg))
			}
			found = found || len(aggregatesIn(agg.Exprs)) > 0
		case *sqlparser.GroupConcatExpr:
			found = found || len(aggregatesIn(agg.Exprs, agg.OrderBy)) > 0
		}
	}
	if found {
		return errGroupFunction()
	}
	return nil
}

func isStar(e sqlparser.SelectExpr) bool {
	_, star := e.(*sqlparser.StarExpr)
	return star
}

// isAggregate reports an aggregate function, not the window function of its name.
func isAggregate(e sqlparser.Expr) bool {
	switch e := e.(type) {
	case *sqlparser.GroupConcatExpr:
		return true
	case *sqlparser.FuncExpr:
		known, err := planbuilder.IsMySQLAggregateFuncName(nil, e.Name.Lowered())
		return err == nil && known && e.Over == nil
	}
	return false
}

// place is where in a block an aggregate stands, in the order in which GMS binds.
type place uint8

const (
	inList place = iota
	inOrder
	inHaving
)

// aggregateBlock gathers the aggregates of a block.
type aggregateBlock struct {
	first  map[string]*boundAggregate // by text
	hidden sqlparser.OrderBy          // binds those that stand in HAVING alone, and subqueries of HAVING
}

// share returns e with its aggregates bound once.
func (b *aggregateBlock) share(e sqlparser.Expr, at place) sqlparser.Expr {
	if at != inHaving { // what stands there is bound before it, as part of the order
		e = b.bindBeforeQuantified(e, at)
	}
	for _, agg := range aggregatesOf(e) {
		text := sqlparser.String(agg)
		_, known := b.first[text]
		e = sqlparser.ReplaceExpr(e, agg, b.shared(agg, at))
		if !known && at != inHaving && stands(e, agg) {
			delete(b.first, text) // where the parser's tree can't be changed GMS binds it by itself
		}
	}
	return e
}

// aggregatesOf lists the aggregates in e that are still to be shared, but for those of subqueries.
func aggregatesOf(e sqlparser.Expr) (found []sqlparser.Expr) {
	walkBlock(func(n sqlparser.SQLNode) bool {
		switch n := n.(type) {
		case sqlparser.InjectedExpr:
			_, bound := n.Expression.(aggregateBinding)
			return !bound
		case sqlparser.Expr:
			if isAggregate(n) {
				found = append(found, n)
				return false
			}
		}
		return true
	}, e)
	return found
}

// bindBeforeQuantified has the aggregates on the left of comparisons with ANY and ALL bound before the comparison: the
// left side moves into a subquery, where they would be aggregates of its rows.
func (b *aggregateBlock) bindBeforeQuantified(e sqlparser.Expr, at place) sqlparser.Expr {
	var found []*sqlparser.ComparisonExpr
	walkBlock(func(n sqlparser.SQLNode) bool {
		if c, ok := n.(*sqlparser.ComparisonExpr); ok {
			if f, _ := quantifier(c); f != nil {
				found = append(found, c)
			}
		}
		return true
	}, e)
	for _, c := range found {
		written := sqlparser.String(c)
		var first []sqlparser.Expr
		for _, agg := range aggregatesOf(c.Left) {
			text := sqlparser.String(agg)
			if _, known := b.first[text]; !known {
				first = append(first, b.shared(agg, at))
			}
			c.Left = sqlparser.ReplaceExpr(c.Left, agg, injected(aggregateUse{b.first[text], inOrder}))
		}
		if len(first) > 0 {
			e = sqlparser.ReplaceExpr(e, c, injected(inTurn{written}, append(first, c)...))
		}
	}
	return e
}

// inTurn stands for the last of several expressions, which are bound in turn.
type inTurn struct{ text string }

// String is the last of them as written.
func (t inTurn) String() string { return t.text }

// WithResolvedChildren implements sqlparser.Injectable.
func (inTurn) WithResolvedChildren(_ context.Context, children []any) (any, error) {
	return children[len(children)-1], nil
}

// stands reports whether e still has agg where it was.
func stands(e, agg sqlparser.Expr) bool {
	found := false
	walkBlock(func(n sqlparser.SQLNode) bool {
		switch n := n.(type) {
		case sqlparser.InjectedExpr:
			return false
		case sqlparser.Expr:
			found = found || isAggregate(n) && n == agg
		}
		return !found
	}, e)
	return found
}

// shared is what stands for an aggregate.
func (b *aggregateBlock) shared(agg sqlparser.Expr, at place) sqlparser.Expr {
	text := sqlparser.String(agg)
	if known, ok := b.first[text]; ok {
		return injected(aggregateUse{known, at})
	}
	bound := &boundAggregate{text: text}
	b.first[text] = bound
	if at != inHaving {
		return injected(aggregateBinding{bound, false}, agg)
	}
	b.hidden = append(b.hidden, &sqlparser.Order{Expr: injected(aggregateBinding{bound, true}, agg), Direction: sqlparser.AscScr})
	return injected(aggregateUse{bound, at})
}

func injected(e sqlparser.Injectable, children ...sqlparser.Expr) sqlparser.Expr {
	return sqlparser.InjectedExpr{
		Auth:       sqlparser.AuthInformation{AuthType: sqlparser.AuthType_IGNORE},
		Expression: e, Children: children,
	}
}

// boundAggregate is an aggregate of a block. A statement is bound by one session at a time.
type boundAggregate struct {
	text string
	ref  sql.Expression // GMS's reference to it, once bound
}

// String is the aggregate as written.
func (a *boundAggregate) String() string { return a.text }

// aggregateBinding stands where an aggregate is bound: in its first place, or as a key of the order that orders nothing.
type aggregateBinding struct {
	*boundAggregate
	hidden bool
}

// String is the expression as written.
func (a aggregateBinding) String() string {
	if a.hidden {
		return "null"
	}
	return a.text
}

// WithResolvedChildren implements sqlparser.Injectable.
func (a aggregateBinding) WithResolvedChildren(_ context.Context, children []any) (any, error) {
	ref, ok := children[0].(sql.Expression)
	if !ok {
		return nil, sqlerr.New(sqlerr.Internal, "%s was bound to a %T", a.text, children[0])
	}
	a.ref = ref
	if a.hidden {
		return expression.NewLiteral(nil, types.Null), nil
	}
	return ref, nil
}

// aggregateUse stands in the other places of an aggregate.
type aggregateUse struct {
	*boundAggregate
	at place
}

// WithResolvedChildren implements sqlparser.Injectable.
func (a aggregateUse) WithResolvedChildren(context.Context, []any) (any, error) {
	switch {
	case a.ref == nil:
		return nil, sqlerr.New(sqlerr.Internal, "%s is used before it is bound", a.text)
	case a.at == inList:
		// GMS takes a plain reference for a misused alias if the list's own column has the aggregate's text as its name.
		return expression.WrapExpression(a.ref), nil
	}
	return a.ref, nil
}

// columnsWindow is the name of the window that unambiguous makes.
const columnsWindow = "silogate_columns"

// unambiguous is a window that nothing uses, over the columns of a SELECT list: GMS looks their names up before it meets an
// aggregate.
func unambiguous(list sqlparser.SelectExprs) sqlparser.Window {
	var columns sqlparser.Exprs
	walkBlock(func(n sqlparser.SQLNode) bool {
		c, ok := n.(*sqlparser.ColName)
		if ok && !strings.HasPrefix(c.Name.String(), "@") {
			columns = append(columns, c)
		}
		return !ok
	}, list)
	if len(columns) == 0 {
		return nil
	}
	return sqlparser.Window{&sqlparser.WindowDef{Name: sqlparser.NewColIdent(columnsWindow), PartitionBy: columns}}
}
