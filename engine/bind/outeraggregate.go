package bind

import (
	"context"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// An aggregate is one of the innermost block whose columns its arguments read, which may be a block around the subquery that it
// stands in:
//
//	SELECT a, (SELECT MAX(u.x) FROM u WHERE u.y < SUM(t.v)) FROM t GROUP BY a
//
// sums up the groups of t. GMS knows none of that: to it each aggregate is one of the block it stands in. Whose it is the import finds
// out (outergroup.go), where the columns are known. Here the statement is changed so that GMS binds it at all: not where a block
// has no groups yet, nor in the HAVING of the block around, where few of that block's columns are known.

// outerOnly has the aggregates of a subquery's block that can't be the block's own bound apart: those in WHERE, ON and GROUP BY, and in
// the arguments of other aggregates.
func outerOnly(s *sqlparser.Select) error {
	places := joinConditions(s.From)
	if s.Where != nil {
		places = append(places, &s.Where.Expr)
	}
	for i := range s.GroupBy {
		places = append(places, &s.GroupBy[i])
	}
	for _, agg := range aggregatesIn(partsOverGroups(s)...) {
		places = append(places, argumentsOf(agg)...)
	}
	for _, e := range places {
		for _, agg := range aggregatesOf(*e) {
			*e = sqlparser.ReplaceExpr(*e, agg, boundApart(agg))
			if stands(*e, agg) {
				return sqlerr.New(sqlerr.Unsupported, "%s, an aggregate of a query around the subquery, is not supported yet inside %s",
					sqlparser.String(agg), sqlparser.String(*e))
			}
		}
	}
	return nil
}

// joinConditions are those of the joins in a FROM.
func joinConditions(from sqlparser.TableExprs) (found []*sqlparser.Expr) {
	walkBlock(func(n sqlparser.SQLNode) bool {
		if join, ok := n.(*sqlparser.JoinTableExpr); ok && join.Condition.On != nil {
			found = append(found, &join.Condition.On)
		}
		return true
	}, from)
	return found
}

// argumentsOf are the arguments of an aggregate, and the keys of its order.
func argumentsOf(agg sqlparser.Expr) (found []*sqlparser.Expr) {
	var args sqlparser.SelectExprs
	switch agg := agg.(type) {
	case *sqlparser.FuncExpr:
		args = agg.Exprs
	case *sqlparser.GroupConcatExpr:
		args = agg.Exprs
		for _, o := range agg.OrderBy {
			found = append(found, &o.Expr)
		}
	}
	for _, a := range args {
		if a, ok := a.(*sqlparser.AliasedExpr); ok {
			found = append(found, &a.Expr)
		}
	}
	return found
}

// boundApart is an aggregate that GMS binds as one of a query of its own, which sees the same columns: so the block it stands in has no
// groups of it.
func boundApart(agg sqlparser.Expr) sqlparser.Expr {
	return injected(apart{sqlparser.String(agg)}, &sqlparser.Subquery{Select: &sqlparser.Select{
		SelectExprs: sqlparser.SelectExprs{&sqlparser.AliasedExpr{Expr: agg}},
	}})
}

// apart makes the query of boundApart the aggregate in it.
type apart struct{ text string }

// String is the aggregate as written.
func (a apart) String() string { return a.text }

// WithResolvedChildren implements sqlparser.Injectable.
func (a apart) WithResolvedChildren(ctx context.Context, children []any) (any, error) {
	gms, inQuery := ctx.(*sql.Context)
	query, ok := children[0].(*gmsplan.Subquery)
	if !inQuery || !ok {
		return nil, sqlerr.New(sqlerr.Internal, "%s was bound to a %T", a.text, children[0])
	}
	var found sql.Aggregation
	seenQueries{}.inspect(gms, query.Query, func(_ *sql.Context, n sql.Node) bool {
		if group, ok := n.(*gmsplan.GroupBy); ok && found == nil {
			if i := slices.IndexFunc(group.SelectDeps, isAggregation); i >= 0 {
				found = group.SelectDeps[i].(sql.Aggregation)
			}
		}
		return found == nil
	})
	if found == nil {
		return nil, sqlerr.New(sqlerr.Internal, "%s was bound to no aggregate", a.text)
	}
	return &outerAggregate{found, a.text}, nil
}

func isAggregation(e sql.Expression) bool {
	_, ok := e.(sql.Aggregation)
	return ok
}

// outerAggregate stands in GMS's tree for an aggregate that can only be one of a block around.
type outerAggregate struct {
	aggregate sql.Aggregation
	text      string
}

// Resolved implements sql.Expression.
func (o *outerAggregate) Resolved() bool { return o.aggregate.Resolved() }

// String implements sql.Expression.
func (o *outerAggregate) String() string { return o.text }

// Type implements sql.Expression.
func (o *outerAggregate) Type(ctx *sql.Context) sql.Type { return o.aggregate.Type(ctx) }

// IsNullable implements sql.Expression.
func (o *outerAggregate) IsNullable(ctx *sql.Context) bool { return o.aggregate.IsNullable(ctx) }

// Children implements sql.Expression.
func (o *outerAggregate) Children() []sql.Expression { return o.aggregate.Children() }

// WithChildren implements sql.Expression.
func (o *outerAggregate) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	e, err := o.aggregate.WithChildren(ctx, children...)
	if err != nil {
		return nil, err
	}
	return &outerAggregate{e.(sql.Aggregation).WithId(o.aggregate.Id()).(sql.Aggregation), o.text}, nil
}

// Eval implements sql.Expression. It is reached in what GMS runs alone, of which no block may have the aggregate.
func (o *outerAggregate) Eval(*sql.Context, sql.Row) (any, error) { return nil, errGroupFunction() }

func errGroupFunction() error {
	return sqlerr.New(sqlerr.GroupFunction, "Invalid use of group function")
}

// bindBeforeHaving has the subqueries of HAVING that have aggregates bound as part of the order, as HAVING's own aggregates are, where all
// columns of FROM are known. Those that name what the list computes stay: only HAVING knows that.
func (b *aggregateBlock) bindBeforeHaving(s *sqlparser.Select) {
	named := aliasesOf(s.SelectExprs)
	for _, query := range subqueriesOf(s.Having.Expr) {
		if !hasAggregate(query) || !b.withoutAliases(query, named, s.GroupBy) {
			continue
		}
		bound := &boundAggregate{text: sqlparser.String(query)}
		s.Having.Expr = sqlparser.ReplaceExpr(s.Having.Expr, query, injected(aggregateUse{bound, inHaving}))
		if slices.Contains(subqueriesOf(s.Having.Expr), query) { // where the parser's tree can't be changed
			continue
		}
		b.hidden = append(b.hidden, &sqlparser.Order{Expr: injected(aggregateBinding{bound, true}, query), Direction: sqlparser.AscScr})
	}
}

// withoutAliases reports whether a subquery of HAVING names nothing that the list computes. On the left of ANY and ALL, which is no part
// of the query, what the list computes is put in the place of its names.
func (b *aggregateBlock) withoutAliases(query sqlparser.Expr, named map[string]*sqlparser.AliasedExpr, groupBy sqlparser.GroupBy) bool {
	c, ok := query.(*sqlparser.ComparisonExpr)
	if !ok {
		return !namesAny(query, named)
	}
	if namesAny(c.Right, named) {
		return false
	}
	for _, key := range groupBy {
		if namesAny(key, named) {
			return !namesAny(c.Left, named)
		}
	}
	for _, column := range columnsIn(c.Left) {
		e := named[column.Name.Lowered()]
		if e == nil || !column.Qualifier.IsEmpty() {
			continue
		}
		bound := &boundAggregate{text: sqlparser.String(e.Expr)}
		e.Expr = injected(aggregateBinding{bound, false}, e.Expr)
		c.Left = sqlparser.ReplaceExpr(c.Left, column, injected(aggregateUse{bound, inOrder}))
	}
	return !namesAny(c.Left, named)
}

// columnsIn lists the names of columns in e, but for those in subqueries.
func columnsIn(e sqlparser.Expr) (found []*sqlparser.ColName) {
	walkBlock(func(n sqlparser.SQLNode) bool {
		if c, ok := n.(*sqlparser.ColName); ok {
			found = append(found, c)
		}
		return true
	}, e)
	return found
}

// subqueriesOf lists the subqueries in e, each with the EXISTS, ANY or ALL that it is the operand of.
func subqueriesOf(e sqlparser.Expr) (found []sqlparser.Expr) {
	_ = sqlparser.Walk(func(n sqlparser.SQLNode) (bool, error) { // nothing here fails
		switch n := n.(type) {
		case *sqlparser.Subquery, *sqlparser.ExistsExpr:
			found = append(found, n.(sqlparser.Expr))
			return false, nil
		case *sqlparser.ComparisonExpr:
			if f, _ := quantifier(n); f != nil {
				found = append(found, n)
				return false, nil
			}
		}
		return true, nil
	}, e)
	return found
}

// hasAggregate reports an aggregate anywhere in e.
func hasAggregate(e sqlparser.Expr) bool {
	found := false
	_ = Walk(func(n sqlparser.SQLNode) (bool, error) { // nothing here fails
		if e, ok := n.(sqlparser.Expr); ok {
			found = found || isAggregate(e)
		}
		return !found, nil
	}, e)
	return found
}

// aliasesOf are what a list computes, by the lower-case names it gives to it.
func aliasesOf(list sqlparser.SelectExprs) map[string]*sqlparser.AliasedExpr {
	named := make(map[string]*sqlparser.AliasedExpr)
	for _, e := range list {
		e, ok := e.(*sqlparser.AliasedExpr)
		if !ok || e.As.IsEmpty() {
			continue
		}
		if c, ok := e.Expr.(*sqlparser.ColName); !ok || !c.Name.Equal(e.As) {
			named[e.As.Lowered()] = e
		}
	}
	return named
}

// namesAny reports whether e has one of the names, anywhere in it.
func namesAny(e sqlparser.Expr, names map[string]*sqlparser.AliasedExpr) bool {
	found := false
	_ = Walk(func(n sqlparser.SQLNode) (bool, error) { // nothing here fails
		if c, ok := n.(*sqlparser.ColName); ok && c.Qualifier.IsEmpty() {
			found = found || names[c.Name.Lowered()] != nil
		}
		return !found, nil
	}, e)
	return found
}
