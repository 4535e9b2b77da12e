package bind

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// GMS finds an aggregate function that a query block uses twice by its lower-case text, and looks for the text in the blocks
// around it too: in
//
//	SELECT a, SUM(x) FROM t GROUP BY a HAVING SUM(x) > (SELECT SUM(x) / 10 FROM t)
//
// the subquery's sum becomes a reference to the outer one, and in
//
//	SELECT SUM(s = 'a'), SUM(s = 'A') FROM t
//
// the second one to the first, as do aggregates that differ in what the text does not show, such as LIKE's escape character.
// numbered therefore wraps the arguments of aggregates, in subqueries or if they are more than a column, in an identity
// function that carries a number, which makes their texts differ; the import drops it. Equal aggregates of a block have
// one number. So it does with the keys of ORDER BY, of which GMS drops one that has the text of another.
//
// In HAVING, GMS takes a column that is an aggregate's argument for that argument, which no group has: in
//
//	SELECT a, AVG(a) FROM t GROUP BY a HAVING a > 1
//
// there would be no a. As an argument of the identity it is none of an aggregate, so those are wrapped too.

// blockFunction is the identity's name. Its first argument is the number.
const blockFunction = "silogate_block"

// numbered numbers the aggregates and the keys of order of a statement.
func numbered(stmt sqlparser.SQLNode) error {
	var n numbers
	inSubquery := make(map[*sqlparser.Select]bool)
	return Walk(func(node sqlparser.SQLNode) (bool, error) {
		switch node := node.(type) {
		case *sqlparser.Subquery:
			eachSelect(node.Select, func(s *sqlparser.Select) { inSubquery[s] = true })
		case *sqlparser.Select:
			wrap := func(sqlparser.SelectExpr) bool { return true }
			if !inSubquery[node] {
				named := columnOf(node.Having)
				wrap = func(arg sqlparser.SelectExpr) bool { return !isPlain(arg) || named(arg) }
			}
			n.aggregates(node, wrap)
			n.order(node.OrderBy)
		}
		return true, nil
	}, stmt)
}

// isPlain reports an argument whose text says all: a column, a number or a star.
func isPlain(arg sqlparser.SelectExpr) bool {
	e, ok := arg.(*sqlparser.AliasedExpr)
	if !ok {
		return true
	}
	switch e := e.Expr.(type) {
	case *sqlparser.ColName:
		return true
	case *sqlparser.SQLVal:
		return e.Type == sqlparser.IntVal
	}
	return false
}

// columnOf returns what tells the arguments that are a column of which a condition, or none, has the name.
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
func eachSelect(s sqlparser.SelectStatement, f func(*sqlparser.Select)) {
	switch s := s.(type) {
	case *sqlparser.Select:
		f(s)
	case *sqlparser.ParenSelect:
		eachSelect(s.Select, f)
	case *sqlparser.SetOp:
		eachSelect(s.Left, f)
		eachSelect(s.Right, f)
	}
}

// numbers are those given out in a statement.
type numbers int

// of returns the number of an expression in a block, whose numbers are known by the expressions' texts.
func (n *numbers) of(known map[string]int, e sqlparser.SQLNode) int {
	text := exactText(e)
	if _, ok := known[text]; !ok {
		*n++
		known[text] = int(*n)
	}
	return known[text]
}

// aggregates wraps those arguments of a block's own aggregates that wrap is true for, all of GROUP_CONCAT, which has more
// to it: its order too.
func (n *numbers) aggregates(s *sqlparser.Select, wrap func(sqlparser.SelectExpr) bool) {
	known := make(map[string]int)
	walkBlock(func(node sqlparser.SQLNode) bool {
		e, ok := node.(sqlparser.Expr)
		if !ok || !isAggregate(e) {
			return true
		}
		number := n.of(known, e)
		switch e := e.(type) {
		case *sqlparser.FuncExpr:
			numberArgs(e.Exprs, number, wrap)
		case *sqlparser.GroupConcatExpr:
			numberArgs(e.Exprs, number, func(sqlparser.SelectExpr) bool { return true })
			n.order(e.OrderBy)
		}
		return false
	}, partsOverGroups(s)...)
}

// order wraps the keys of an order that are neither names nor positions, if there are several.
func (n *numbers) order(keys sqlparser.OrderBy) {
	if len(keys) < 2 {
		return
	}
	known := make(map[string]int)
	for _, o := range keys {
		e := o.Expr
		for p, ok := e.(*sqlparser.ParenExpr); ok; p, ok = e.(*sqlparser.ParenExpr) {
			e = p.Expr
		}
		switch e.(type) {
		case *sqlparser.ColName, *sqlparser.SQLVal, sqlparser.InjectedExpr:
		default:
			o.Expr = numberedExpr(n.of(known, e), e)
		}
	}
}

// exactText is the text of an expression: only names are the same in either case.
func exactText(n sqlparser.SQLNode) string {
	buf := sqlparser.NewTrackedBuffer(func(buf *sqlparser.TrackedBuffer, n sqlparser.SQLNode) {
		switch n := n.(type) {
		case sqlparser.ColIdent:
			buf.WriteString(sqlparser.String(sqlparser.NewColIdent(n.Lowered())))
		case *sqlparser.FuncExpr:
			f := *n
			f.Name = sqlparser.NewColIdent(n.Name.Lowered())
			f.Format(buf)
		default:
			n.Format(buf)
		}
	})
	return buf.WriteNode(n).String()
}

// numberArgs wraps each argument in place; the star of COUNT(*) counts rows as a constant does.
func numberArgs(args sqlparser.SelectExprs, number int, wrap func(sqlparser.SelectExpr) bool) {
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
		args[i] = &sqlparser.AliasedExpr{Expr: numberedExpr(number, arg)}
	}
}

// numberedExpr calls the identity function.
func numberedExpr(number int, e sqlparser.Expr) sqlparser.Expr {
	return &sqlparser.FuncExpr{
		Name: sqlparser.NewColIdent(blockFunction),
		Exprs: sqlparser.SelectExprs{
			&sqlparser.AliasedExpr{Expr: sqlparser.NewIntVal(strconv.AppendInt(nil, int64(number), 10))},
			&sqlparser.AliasedExpr{Expr: e},
		},
	}
}

// blockPattern finds what the identity adds to the text of an expression as it is parsed.
var blockPattern = regexp.MustCompile(blockFunction + `\(\d+, ?`)

// boundPattern finds what it adds to that of an expression of GMS's, where the number comes last: GMS orders aggregates by
// their texts.
var boundPattern = regexp.MustCompile(` /\*` + blockFunction + ` \d+\*/`)

// windowPattern finds the window that resolveAggregates adds to a query.
var windowPattern = regexp.MustCompile("( window|,) " + columnsWindow + ` as \(partition by [^)]*\)`)

// unnumbered is the text of an expression for people.
func unnumbered(text string) string {
	text = boundPattern.ReplaceAllString(windowPattern.ReplaceAllString(text, ""), "")
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
	number int64
	sql.Expression
}

// newBlockArg makes the function from its arguments.
func newBlockArg(_ *sql.Context, number, arg sql.Expression) sql.Expression {
	l, ok := number.(*expression.Literal)
	if !ok {
		return arg
	}
	n, err := strconv.ParseInt(l.String(), 10, 64)
	if err != nil {
		return arg
	}
	return &blockArg{number: n, Expression: arg}
}

// String implements sql.Expression; it must differ from number to number.
func (s *blockArg) String() string {
	return fmt.Sprintf("%s /*%s %d*/", s.Expression, blockFunction, s.number)
}

// Children implements sql.Expression.
func (s *blockArg) Children() []sql.Expression { return []sql.Expression{s.Expression} }

// WithChildren implements sql.Expression.
func (s *blockArg) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(s, len(children), 1)
	}
	return &blockArg{number: s.number, Expression: children[0]}, nil
}

// FunctionName implements sql.FunctionExpression.
func (s *blockArg) FunctionName() string { return blockFunction }

// Description implements sql.FunctionExpression.
func (s *blockArg) Description() string { return "returns its second argument" }
