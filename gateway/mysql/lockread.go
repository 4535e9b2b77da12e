package mysql

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
)

// lockRead locks the scratch tables of which a statement says that its queries lock them, and all that it reads in a SERIALIZABLE transaction.
func (s *statement) lockRead(parsed sqlparser.Statement, root sql.Node) error {
	parsed = s.executed(parsed)
	switch parsed.(type) {
	case sqlparser.SelectStatement, *sqlparser.Insert, *sqlparser.Update, *sqlparser.Delete, *sqlparser.Set:
	default: // a view is made of its query, EXPLAIN tells of it
		return nil
	}
	err := bind.Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.Select:
			return true, s.lockBlock(parsed, n.Lock, n.From)
		case *sqlparser.SetOp:
			return true, s.lockSetOp(parsed, n.Lock, n)
		}
		return true, nil
	}, parsed)
	if err != nil || s.session().characteristics.isolation != serializable {
		return err
	}
	if goesOn, err := s.inTransaction(); err != nil || !goesOn { // one alone is consistent as it is
		return err
	}
	return s.session().scratch.LockRead(s.ctx, scratch.LockedRead{Shared: true, Rest: true}, storedTables(s.ctx, root)...)
}

// storedTables are the scratch tables that a statement reads, but for those that it writes.
func storedTables(ctx *sql.Context, root sql.Node) (tables [][2]string) {
	var written []bind.WriteTable
	add := func(leaf *bind.Leaf) {
		for _, t := range leaf.Stored() {
			if !slices.ContainsFunc(written, func(w bind.WriteTable) bool {
				return strings.EqualFold(w.Name.Namespace, t.Namespace) && strings.EqualFold(w.Name.Name, t.Name)
			}) {
				tables = append(tables, [2]string{t.Namespace, t.Name})
			}
		}
	}
	leaves := func(_ *sql.Context, n sql.Node) bool {
		if leaf, ok := n.(*bind.Leaf); ok {
			add(leaf)
		}
		return true
	}
	if w, ok := bind.WriteOf(root); ok {
		written = w.Tables
		for _, leaf := range w.Subqueries {
			add(leaf)
		}
		if w.Source != nil {
			add(w.Source)
		}
		return tables
	}
	transform.InspectWithOpaque(ctx, root, leaves)
	transform.InspectExpressions(ctx, root, func(ctx *sql.Context, e sql.Expression) bool {
		if sq, ok := e.(*gmsplan.Subquery); ok {
			transform.InspectWithOpaque(ctx, sq.Query, leaves)
		}
		return true
	})
	return tables
}

// lockSetOp locks what each query of a set operation reads by the lock behind the last.
func (s *statement) lockSetOp(parsed sqlparser.Statement, lock *sqlparser.Lock, n sqlparser.SelectStatement) error {
	switch n := n.(type) {
	case *sqlparser.SetOp:
		if err := s.lockSetOp(parsed, lock, n.Left); err != nil {
			return err
		}
		return s.lockSetOp(parsed, lock, n.Right)
	case *sqlparser.ParenSelect:
		return s.lockSetOp(parsed, lock, n.Select)
	case *sqlparser.Select:
		return s.lockBlock(parsed, lock, n.From)
	}
	return nil
}

// lockBlock locks the tables that are named in the FROM of a query, and those that its views read, but none of its subqueries (MySQL 8.0 manual,
// 15.2.13). parsed is all of the statement.
func (s *statement) lockBlock(parsed sqlparser.Statement, lock *sqlparser.Lock, from sqlparser.TableExprs) error {
	said, ok := bind.LockingOf(lock)
	if !ok {
		return nil
	}
	common := commonNames(parsed)
	var tables [][2]string
	err := eachNamed(from, func(called string, name sqlparser.TableName) error {
		if said.Of != nil && !slices.ContainsFunc(said.Of, func(of string) bool { return strings.EqualFold(of, called) }) ||
			name.DbQualifier.IsEmpty() && common[strings.ToLower(name.Name.String())] {
			return nil
		}
		t := parse.TableName{Database: s.databaseOf(name), Name: name.Name.String()}
		below, err := s.readBy(t)
		if err != nil || !slices.ContainsFunc(below, s.isStored) {
			return err
		}
		if !said.Shared {
			if err := s.mayLockRows(t, called); err != nil {
				return err
			}
		}
		tables = append(tables, below...)
		return nil
	})
	if err != nil {
		return err
	}
	return s.session().scratch.LockRead(s.ctx, scratch.LockedRead{Shared: said.Shared, NoWait: said.NoWait, Skip: said.SkipLocked}, tables...)
}

// eachNamed visits the tables that a FROM names, and what it calls them.
func eachNamed(from sqlparser.TableExprs, visit func(called string, name sqlparser.TableName) error) error {
	for _, t := range from {
		var err error
		switch t := t.(type) {
		case *sqlparser.AliasedTableExpr:
			if name, ok := t.Expr.(sqlparser.TableName); ok {
				called := name.Name.String()
				if !t.As.IsEmpty() {
					called = t.As.String()
				}
				err = visit(called, name)
			}
		case *sqlparser.JoinTableExpr:
			err = eachNamed(sqlparser.TableExprs{t.LeftExpr, t.RightExpr}, visit)
		case *sqlparser.ParenTableExpr:
			err = eachNamed(t.Exprs, visit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// commonNames are the names of a statement's common table expressions, in lower case.
func commonNames(parsed sqlparser.SQLNode) map[string]bool {
	names := make(map[string]bool)
	_ = bind.Walk(func(n sqlparser.SQLNode) (bool, error) { // nothing here fails
		if cte, ok := n.(*sqlparser.CommonTableExpr); ok {
			names[strings.ToLower(cte.As.String())] = true
		}
		return true, nil
	}, parsed)
	return names
}

// readBy are a table, or the tables that a view reads.
func (s *statement) readBy(t parse.TableName) (tables [][2]string, err error) {
	kept, isView := s.server.views.kept.Get(t.Database, t.Name)
	if !isView {
		return [][2]string{{t.Database, t.Name}}, nil
	}
	tree := viewTree{statement: s, visit: func(t parse.TableName, _ bool) error {
		if !s.isView(t) {
			tables = append(tables, [2]string{t.Database, t.Name})
		}
		return nil
	}}
	err = tree.below(kept)
	return tables, err
}

// isStored reports a permanent scratch table: others are locked by nobody.
func (s *statement) isStored(t [2]string) bool {
	session := s.session().scratch
	_, temporary := session.Temporary(t[0], t[1])
	_, permanent := session.Permanent(t[0], t[1])
	return permanent && !temporary
}

// mayLockRows refuses a FOR UPDATE where its table can't be written, and asks for a right that it takes beside SELECT: one of UPDATE, DELETE and LOCK
// TABLES (MySQL 8.0 manual, 15.2.13).
func (s *statement) mayLockRows(t parse.TableName, called string) (refused error) {
	if err := s.mayWriteAs(t, called); err != nil {
		return err
	}
	if s.session().characteristics.readOnly {
		return readOnlyTransaction
	}
	for _, right := range []string{sqlparser.AuthType_DELETE, sqlparser.AuthType_LOCK, sqlparser.AuthType_UPDATE} {
		if refused = s.authorize(bind.TableRight(right, t.Database, t.Name)); refused == nil {
			return nil
		}
	}
	return refused
}
