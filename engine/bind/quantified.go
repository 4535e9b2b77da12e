package bind

import (
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// quantified replaces comparisons with ANY and ALL of a query, which reach the grammar as functions (parse.Rewrite):
//
//	x = ANY (query)    x IN (query)
//	x <> ALL (query)   x NOT IN (query)
//	x > ANY (query)    TRUE IN (SELECT x > value FROM (query) AS list (value)), and likewise with = ALL and <> ANY
//	x > ALL (query)    TRUE NOT IN (SELECT x <= value FROM (query) AS list (value))
//
// IN has their truth values: TRUE if one comparison is true, else NULL if one is NULL.
func quantified(stmt sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		if e, ok := n.(*sqlparser.AliasedExpr); ok {
			e.InputExpression = written(e)
		}
		c, ok := n.(*sqlparser.ComparisonExpr)
		if !ok {
			return true, nil
		}
		f, all := quantifier(c)
		if f == nil {
			return true, nil
		}
		return true, quantify(c, f, all)
	}, stmt)
}

// written is an expression of a list as the client wrote it, but for the words that MySQL shows in capitals. The grammar counts a comma that
// follows a blank to the expression after it, comments to the one before them, and NOT to none.
func written(e *sqlparser.AliasedExpr) string {
	text := parse.Trimmed(strings.TrimLeft(parse.Restore(e.InputExpression), ", \t\r\n"))
	switch e.Expr.(type) {
	case *sqlparser.NullVal, sqlparser.BoolVal:
		return strings.ToUpper(text)
	case *sqlparser.NotExpr:
		const not = "NOT "
		if !strings.HasPrefix(text, "!") && !strings.HasPrefix(strings.ToUpper(text), not) {
			return not + text
		}
	}
	return text
}

// quantifier returns the function that stands for ANY or ALL on the right of a comparison; nil if there is none.
func quantifier(c *sqlparser.ComparisonExpr) (f *sqlparser.FuncExpr, all bool) {
	f, ok := c.Right.(*sqlparser.FuncExpr)
	if !ok {
		return nil, false
	}
	switch f.Name.Lowered() {
	case parse.AnyFunction:
		return f, false
	case parse.AllFunction:
		return f, true
	}
	return nil, false
}

// opposite are the comparisons that are true where the other is false.
var opposite = map[string]string{
	sqlparser.EqualStr: sqlparser.NotEqualStr, sqlparser.NotEqualStr: sqlparser.EqualStr,
	sqlparser.LessThanStr: sqlparser.GreaterEqualStr, sqlparser.GreaterEqualStr: sqlparser.LessThanStr,
	sqlparser.GreaterThanStr: sqlparser.LessEqualStr, sqlparser.LessEqualStr: sqlparser.GreaterThanStr,
}

func quantify(c *sqlparser.ComparisonExpr, f *sqlparser.FuncExpr, all bool) error {
	query, err := onlyQuery(f)
	if err != nil {
		return err
	}
	operator := c.Operator
	if all {
		if operator = opposite[c.Operator]; operator == "" {
			return sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: %s before ALL", c.Operator)
		}
	} else if opposite[c.Operator] == "" {
		return sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: %s before ANY", c.Operator)
	}
	c.Operator = sqlparser.InStr
	if all {
		c.Operator = sqlparser.NotInStr
	}
	if operator == sqlparser.EqualStr {
		c.Right = query
		return nil
	}
	if list, ok := query.Select.(*sqlparser.Select); ok && len(list.SelectExprs) > 1 {
		return sqlerr.New(sqlerr.SubqueryColumns, "Operand should contain 1 column(s)")
	}
	if holdsAssignment(c.Left) {
		return unsupported("a variable that is assigned before ANY or ALL")
	}
	c.Left, c.Right = sqlparser.BoolVal(true), comparedRows(c.Left, operator, query)
	return nil
}

// onlyQuery returns the subquery that is the function's argument.
func onlyQuery(f *sqlparser.FuncExpr) (*sqlparser.Subquery, error) {
	if len(f.Exprs) == 1 {
		if arg, ok := f.Exprs[0].(*sqlparser.AliasedExpr); ok {
			e := arg.Expr
			for {
				paren, ok := e.(*sqlparser.ParenExpr)
				if !ok {
					break
				}
				e = paren.Expr
			}
			if query, ok := e.(*sqlparser.Subquery); ok {
				return query, nil
			}
		}
	}
	return nil, sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: ANY and ALL take a query")
}

// comparedRows is (SELECT left operator value FROM (query) AS list (value)). The list hides the names of the query's tables
// from left.
func comparedRows(left sqlparser.Expr, operator string, query *sqlparser.Subquery) *sqlparser.Subquery {
	const list, value = "silogate_list", "silogate_value"
	column := sqlparser.NewColIdent(value)
	comparison := &sqlparser.ComparisonExpr{
		Left: left, Operator: operator,
		Right: &sqlparser.ColName{Name: column, Qualifier: sqlparser.TableName{Name: sqlparser.NewTableIdent(list)}},
	}
	return &sqlparser.Subquery{Select: &sqlparser.Select{
		SelectExprs: sqlparser.SelectExprs{&sqlparser.AliasedExpr{Expr: comparison}},
		From: sqlparser.TableExprs{&sqlparser.AliasedTableExpr{
			Auth: sqlparser.AuthInformation{AuthType: sqlparser.AuthType_IGNORE},
			Expr: &sqlparser.Subquery{Select: query.Select, Columns: sqlparser.Columns{column}},
			As:   sqlparser.NewTableIdent(list),
		}},
	}}
}

// holdsAssignment reports an @name := value in an expression.
func holdsAssignment(e sqlparser.Expr) bool {
	found := false
	walkBlock(func(n sqlparser.SQLNode) bool {
		f, ok := n.(*sqlparser.FuncExpr)
		found = found || ok && f.Name.EqualString(parse.AssignFunction)
		return !found
	}, e)
	return found
}
