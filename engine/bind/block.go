package bind

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// GMS finds an aggregate function that a query block uses twice by its text, and looks for the text in the blocks
// around it too: in
//
//	SELECT a, SUM(x) FROM t GROUP BY a HAVING SUM(x) > (SELECT SUM(x) / 10 FROM t)
//
// the subquery's sum becomes a reference to the outer one. numbered therefore wraps the arguments of aggregates in
// subqueries in an identity function that carries the number of the block, which makes their texts differ; the import
// drops it.
//
// In HAVING, GMS takes a column that is an aggregate's argument for that argument, which no group has: in
//
//	SELECT a, AVG(a) FROM t GROUP BY a HAVING a > 1
//
// there would be no a. As an argument of the identity it is none of an aggregate, so those are wrapped too.

// blockFunction is the identity's name. Its first argument is the number of the query block.
const blockFunction = "silogate_block"

// numbered numbers the aggregates of the subqueries of a statement.
func numbered(stmt sqlparser.SQLNode) error {
	block := 0
	inSubquery := make(map[*sqlparser.Select]bool)
	return walkStatement(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.Subquery:
			return true, eachSelect(n.Select, func(s *sqlparser.Select) error {
				block++
				inSubquery[s] = true
				numberAggregates(s, block, func(sqlparser.SelectExpr) bool { return true })
				return nil
			})
		case *sqlparser.Select:
			if !inSubquery[n] && n.Having != nil {
				numberAggregates(n, 0, columnOf(n.Having))
			}
		}
		return true, nil
	}, stmt)
}

// columnOf returns what tells the arguments that are a column of which a condition has the name.
func columnOf(cond *sqlparser.Where) func(sqlparser.SelectExpr) bool {
	names := make(map[string]bool)
	_ = sqlparser.Walk(func(n sqlparser.SQLNode) (bool, error) { // nothing here fails
		if c, ok := n.(*sqlparser.ColName); ok {
			names[c.Name.Lowered()] = true
		}
		return true, nil
	}, cond)
	return func(arg sqlparser.SelectExpr) bool {
		e, ok := arg.(*sqlparser.AliasedExpr)
		if !ok {
			return false
		}
		c, ok := e.Expr.(*sqlparser.ColName)
		return ok && names[c.Name.Lowered()]
	}
}

// eachSelect calls f for the query blocks of a subquery, which are several in a set operation.
func eachSelect(s sqlparser.SelectStatement, f func(*sqlparser.Select) error) error {
	switch s := s.(type) {
	case *sqlparser.Select:
		return f(s)
	case *sqlparser.ParenSelect:
		return eachSelect(s.Select, f)
	case *sqlparser.SetOp:
		if err := eachSelect(s.Left, f); err != nil {
			return err
		}
		return eachSelect(s.Right, f)
	}
	return nil
}

// numberAggregates wraps those arguments of a block's own aggregates that wrap is true for.
func numberAggregates(s *sqlparser.Select, block int, wrap func(sqlparser.SelectExpr) bool) {
	walkBlock(func(n sqlparser.SQLNode) bool {
		e, ok := n.(sqlparser.Expr)
		if !ok || !isAggregate(e) {
			return true
		}
		switch e := e.(type) {
		case *sqlparser.FuncExpr:
			numberArgs(e.Exprs, block, wrap)
		case *sqlparser.GroupConcatExpr:
			numberArgs(e.Exprs, block, wrap)
		}
		return false
	}, partsOverGroups(s)...)
}

// numberArgs wraps each argument in place; the star of COUNT(*) counts rows as a constant does.
func numberArgs(args sqlparser.SelectExprs, block int, wrap func(sqlparser.SelectExpr) bool) {
	for i, a := range args {
		if !wrap(a) {
			continue
		}
		var arg sqlparser.Expr
		switch a := a.(type) {
		case *sqlparser.AliasedExpr:
			arg = a.Expr
		case *sqlparser.StarExpr:
			arg = sqlparser.NewIntVal([]byte("1"))
		default:
			continue
		}
		args[i] = &sqlparser.AliasedExpr{Expr: &sqlparser.FuncExpr{
			Name: sqlparser.NewColIdent(blockFunction),
			Exprs: sqlparser.SelectExprs{
				&sqlparser.AliasedExpr{Expr: sqlparser.NewIntVal(strconv.AppendInt(nil, int64(block), 10))},
				&sqlparser.AliasedExpr{Expr: arg},
			},
		}}
	}
}

// blockPattern finds what the identity adds to the text of an aggregate.
var blockPattern = regexp.MustCompile(blockFunction + `\(\d+, ?`)

// windowPattern finds the window that resolveAggregates adds to a query.
var windowPattern = regexp.MustCompile("( window|,) " + columnsWindow + ` as \(partition by [^)]*\)`)

// unnumbered is the text of an expression for people.
func unnumbered(text string) string {
	text = windowPattern.ReplaceAllString(text, "")
	at := blockPattern.FindStringIndex(text)
	if at == nil {
		return text
	}
	depth, end := 1, at[1]
	for ; end < len(text) && depth > 0; end++ {
		switch text[end] {
		case '(':
			depth++
		case ')':
			depth--
		}
	}
	return unnumbered(text[:at[0]] + text[at[1]:end-1] + text[end:])
}

// blockArg is the identity function in GMS's tree.
type blockArg struct {
	block int64
	sql.Expression
}

// newBlockArg makes the function from its arguments.
func newBlockArg(_ *sql.Context, block, arg sql.Expression) sql.Expression {
	l, ok := block.(*expression.Literal)
	if !ok {
		return arg
	}
	number, err := strconv.ParseInt(l.String(), 10, 64)
	if err != nil {
		return arg
	}
	return &blockArg{block: number, Expression: arg}
}

// String implements sql.Expression; it must differ from block to block.
func (s *blockArg) String() string {
	return fmt.Sprintf("%s(%d,%s)", blockFunction, s.block, s.Expression)
}

// Children implements sql.Expression.
func (s *blockArg) Children() []sql.Expression { return []sql.Expression{s.Expression} }

// WithChildren implements sql.Expression.
func (s *blockArg) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(s, len(children), 1)
	}
	return &blockArg{block: s.block, Expression: children[0]}, nil
}

// FunctionName implements sql.FunctionExpression.
func (s *blockArg) FunctionName() string { return blockFunction }

// Description implements sql.FunctionExpression.
func (s *blockArg) Description() string { return "returns its second argument" }
