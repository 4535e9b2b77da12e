package bind

import (
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// writtenRows has the expressions of writes name columns of the row that is written in words that GMS binds (written.go):
//
//	VALUES (a + 1)               silogate_column('a') + 1: a column that the row has already
//	DEFAULT(a)                   silogate_default('a')
//	VALUES(a), new.a             silogate_new('a') in ON DUPLICATE KEY UPDATE, new being the alias of the VALUES
//
// The alias goes, for GMS would not tell the two rows apart.
func writtenRows(n sqlparser.SQLNode) error {
	switch n := n.(type) {
	case *sqlparser.Explain:
		return writtenRows(n.Statement)
	case *sqlparser.Insert:
		return insertedRows(n)
	case *sqlparser.Load:
		if len(n.Columns) > 0 {
			n.Columns = append(n.Columns, sqlparser.NewColIdent("@"+fieldsEnd))
		}
		for _, set := range n.SetExprs {
			if word, ok := set.Expr.(*sqlparser.Default); ok && word.ColName == "" {
				set.Expr = writtenCall(defaultFunction, set.Name.Name.String())
			}
			if err := replaceWritten(&set.Expr, ownDefault); err != nil {
				return err
			}
		}
	case *sqlparser.Delete:
		return boundedWrite("DELETE", n.TableExprs, len(n.Targets) > 0, n.OrderBy, n.Limit)
	case *sqlparser.Update:
		if err := boundedWrite("UPDATE", n.TableExprs, false, n.OrderBy, n.Limit); err != nil {
			return err
		}
		for _, set := range n.Exprs {
			if err := replaceWritten(&set.Expr, ownDefault); err != nil {
				return err
			}
		}
	}
	return nil
}

// deleteIgnoring has a DELETE say that it is DELETE IGNORE: by a RETURNING, which no text of a DELETE has.
func deleteIgnoring(stmt sqlparser.Statement) {
	switch n := stmt.(type) {
	case *sqlparser.Explain:
		deleteIgnoring(n.Statement)
	case *sqlparser.Delete:
		n.Returning = sqlparser.SelectExprs{&sqlparser.AliasedExpr{Expr: writtenCall(ignoreFunction, "")}}
	}
}

// boundedWrite refuses an offset of an UPDATE or DELETE, and an ORDER BY or LIMIT of one of several tables (MySQL 8.0 manual, 13.2.17).
func boundedWrite(verb string, tables sqlparser.TableExprs, targets bool, order sqlparser.OrderBy, limit *sqlparser.Limit) error {
	several := len(tables) > 1
	if len(tables) == 1 {
		_, one := tables[0].(*sqlparser.AliasedTableExpr)
		several = !one
	}
	clause := ""
	switch {
	case len(order) > 0:
		clause = "ORDER BY"
	case limit != nil:
		clause = "LIMIT"
	}
	switch {
	case limit != nil && limit.Offset != nil:
		return sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: %s has no offset", verb)
	case clause != "" && targets:
		return sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: %s of several tables has no %s", verb, clause)
	case clause != "" && several:
		return sqlerr.New(sqlerr.Errno(1221), "Incorrect usage of %s and %s", verb, clause) // ER_WRONG_USAGE
	}
	return nil
}

func insertedRows(n *sqlparser.Insert) error {
	values, _ := n.Rows.(*sqlparser.AliasedValues)
	var alias string
	aliased := make(map[string]string) // columns by what the alias calls them
	if values != nil {
		for i, tuple := range values.Values {
			for k := range tuple {
				if err := replaceWritten(&values.Values[i][k], ownDefault, columnSoFar(n)); err != nil {
					return err
				}
			}
		}
		alias = values.As.String()
		if len(values.Columns) > 0 && len(n.Columns) > 0 && len(values.Columns) != len(n.Columns) {
			return sqlerr.New(sqlerr.RowColumns, "Column count doesn't match value count at row 1")
		}
		for i, c := range values.Columns {
			if i < len(n.Columns) {
				aliased[c.Lowered()] = n.Columns[i].String()
			}
		}
		if len(values.Columns) > 0 && len(n.Columns) == 0 && len(n.OnDup) > 0 {
			return sqlerr.New(sqlerr.Unsupported, "names for the columns of VALUES are not supported without a list of the table's columns")
		}
		values.As, values.Columns = sqlparser.TableIdent{}, nil
	}
	for _, set := range n.OnDup {
		if err := replaceWritten(&set.Expr, ownDefault, func(e sqlparser.Expr) sqlparser.Expr {
			switch e := e.(type) {
			case *sqlparser.ValuesFuncExpr:
				return writtenCall(newFunction, e.Name.Name.String())
			case *sqlparser.ColName:
				name, renamed := aliased[e.Name.Lowered()]
				table := e.Qualifier.Name.String()
				switch {
				case alias != "" && strings.EqualFold(table, alias) && len(aliased) == 0:
					return writtenCall(newFunction, e.Name.String())
				case renamed && (table == "" || strings.EqualFold(table, alias)):
					return writtenCall(newFunction, name)
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// columnSoFar names a column of an INSERT's table in its VALUES.
func columnSoFar(n *sqlparser.Insert) func(sqlparser.Expr) sqlparser.Expr {
	return func(e sqlparser.Expr) sqlparser.Expr {
		c, ok := e.(*sqlparser.ColName)
		if !ok || !c.Qualifier.IsEmpty() && !strings.EqualFold(c.Qualifier.Name.String(), n.Table.Name.String()) || strings.HasPrefix(c.Name.String(), "@") {
			return nil
		}
		return writtenCall(columnFunction, c.Name.String())
	}
}

// ownDefault is DEFAULT(column).
func ownDefault(e sqlparser.Expr) sqlparser.Expr {
	switch e := e.(type) {
	case *sqlparser.Default:
		if e.ColName != "" {
			return writtenCall(defaultFunction, strings.Trim(e.ColName, "`"))
		}
	case *sqlparser.FuncExpr:
		if e.Name.EqualString(defaultFunction) && len(e.Exprs) == 1 {
			if arg, ok := e.Exprs[0].(*sqlparser.AliasedExpr); ok {
				if c, ok := arg.Expr.(*sqlparser.ColName); ok {
					return writtenCall(defaultFunction, c.Name.String())
				}
			}
		}
	}
	return nil
}

func writtenCall(function, column string) sqlparser.Expr {
	return &sqlparser.FuncExpr{Name: sqlparser.NewColIdent(function), Exprs: sqlparser.SelectExprs{&sqlparser.AliasedExpr{Expr: sqlparser.NewStrVal([]byte(column))}}}
}

// replaceWritten puts in the place of an expression, and of those within it but in subqueries, what the first of some functions that makes
// something of it makes of it.
func replaceWritten(e *sqlparser.Expr, functions ...func(sqlparser.Expr) sqlparser.Expr) error {
	change := func(e sqlparser.Expr) sqlparser.Expr {
		for _, f := range functions {
			if out := f(e); out != nil {
				return out
			}
		}
		return nil
	}
	if *e == nil {
		return nil
	}
	if out := change(*e); out != nil {
		*e = out
		return nil
	}
	var within []sqlparser.Expr
	walkBlock(func(n sqlparser.SQLNode) bool {
		if in, ok := n.(sqlparser.Expr); ok && change(in) != nil {
			within = append(within, in)
			return false
		}
		return true
	}, *e)
	for _, old := range within {
		*e = sqlparser.ReplaceExpr(*e, old, change(old))
	}
	return nil
}
