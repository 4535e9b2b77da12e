package bind

import (
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// WriteRights are the rights that a write takes beside that to write, which GMS does not ask for: SELECT on tables whose columns it reads, and UPDATE
// on one whose rows ON DUPLICATE KEY UPDATE changes (MySQL 8.0 manual, 13.2.6, 13.2.2 and 13.2.17). Subqueries have theirs.
func WriteRights(stmt sqlparser.Statement) (rights []sqlparser.AuthInformation) {
	on := func(right string, t sqlparser.TableName) {
		rights = append(rights, TableRight(right, t.DbQualifier.String(), t.Name.String()))
	}
	var from []sqlparser.TableName
	var parts []sqlparser.SQLNode
	var with *sqlparser.With
	switch n := stmt.(type) {
	case *sqlparser.Insert:
		if len(n.OnDup) > 0 {
			on(sqlparser.AuthType_UPDATE, n.Table)
		}
		if values, ok := n.Rows.(*sqlparser.AliasedValues); ok {
			parts = append(parts, values.Values)
		}
		from = []sqlparser.TableName{n.Table}
		parts = append(parts, valuesOf(sqlparser.AssignmentExprs(n.OnDup))...)
		parts = append(parts, n.Returning)
	case *sqlparser.Load:
		if strings.Contains(strings.ToLower(n.IgnoreOrReplace), "replace") {
			on(sqlparser.AuthType_DELETE, n.Table)
		}
	case *sqlparser.Update:
		from, with = namesIn(n.TableExprs), n.With
		parts = append(valuesOf(n.Exprs), n.Where, n.OrderBy, n.Returning)
	case *sqlparser.Delete:
		from, with = namesIn(n.TableExprs), n.With
		parts = []sqlparser.SQLNode{n.Where, n.OrderBy, n.Returning}
	}
	if len(from) < 2 && !readsColumns(parts) {
		return rights
	}
	for _, t := range from {
		if !isCTE(with, t) {
			on(sqlparser.AuthType_SELECT, t)
		}
	}
	return rights
}

// Rights are the rights on the tables that an UPDATE of several writes, which are known when it is bound.
func (w *Write) Rights() (rights []sqlparser.AuthInformation) {
	if w.Kind != Update {
		return nil
	}
	for _, t := range w.Tables {
		rights = append(rights, TableRight(sqlparser.AuthType_UPDATE, t.Name.Namespace, t.Name.Name))
	}
	return rights
}

func valuesOf(list sqlparser.AssignmentExprs) (parts []sqlparser.SQLNode) {
	for _, set := range list {
		parts = append(parts, set.Expr)
	}
	return parts
}

// readsColumns reports whether parts of a write, but for their subqueries, read columns.
func readsColumns(parts []sqlparser.SQLNode) (reads bool) {
	walkBlock(func(n sqlparser.SQLNode) bool {
		switch n := n.(type) {
		case *sqlparser.ColName:
			reads = reads || n != nil && !strings.HasPrefix(n.Name.String(), "@")
		case *sqlparser.StarExpr:
			reads = true
		case *sqlparser.FuncExpr:
			reads = reads || n.Name.EqualString(columnFunction)
		}
		return !reads
	}, parts...)
	return reads
}

// namesIn lists the tables that table expressions name, but in subqueries.
func namesIn(list sqlparser.TableExprs) (names []sqlparser.TableName) {
	for _, e := range list {
		switch e := e.(type) {
		case *sqlparser.AliasedTableExpr:
			if t, ok := e.Expr.(sqlparser.TableName); ok {
				names = append(names, t)
			}
		case *sqlparser.JoinTableExpr:
			names = append(names, namesIn(sqlparser.TableExprs{e.LeftExpr, e.RightExpr})...)
		case *sqlparser.ParenTableExpr:
			names = append(names, namesIn(e.Exprs)...)
		}
	}
	return names
}

func isCTE(with *sqlparser.With, t sqlparser.TableName) bool {
	if with == nil || !t.DbQualifier.IsEmpty() {
		return false
	}
	for _, cte := range with.Ctes {
		if strings.EqualFold(cte.As.String(), t.Name.String()) {
			return true
		}
	}
	return false
}
