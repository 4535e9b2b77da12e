package mysql

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// views is the bind.ViewStore over the catalog store.
type views struct{ kept *store.Views }

func decodeView(kept store.View) (v bind.View, err error) {
	if err := json.Unmarshal(kept.Definition, &v); err != nil {
		return v, fmt.Errorf("view %s.%s: %w", kept.Database, kept.Name, err)
	}
	return v, nil
}

// View implements bind.ViewStore.
func (s views) View(_ context.Context, db, name string) (bind.View, bool, error) {
	kept, ok := s.kept.Get(db, name)
	if !ok {
		return bind.View{}, false, nil
	}
	v, err := decodeView(kept)
	return v, err == nil, err
}

// Views implements bind.ViewStore.
func (s views) Views(_ context.Context, db string) ([]bind.View, error) {
	var list []bind.View
	for _, kept := range s.kept.In(db) {
		v, err := decodeView(kept)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// DropView implements bind.ViewStore.
func (s views) DropView(ctx context.Context, db, name string) (bool, error) {
	return s.kept.Delete(ctx, db, name)
}

var _ bind.ViewStore = views{}

// view runs the statements about views and accounts that are not GMS's; done is false for all others.
func (s *statement) view(root sql.Node) (done bool, err error) {
	switch n := root.(type) {
	case *gmsplan.CreateView:
		return true, s.createView(n)
	case *gmsplan.RenameUser:
		return true, s.renameUser(n)
	case *gmsplan.Revoke:
		if s.revokesAll() {
			return true, s.revokeAll(n)
		}
		if level := n.PrivilegeLevel; level.TableRoutine == "*" && level.Database != "*" {
			return true, s.revokeOnDatabase(n)
		}
	case *gmsplan.ShowCreateTable:
		if v, db, ok := s.shownView(); ok {
			return true, s.showView(v, db)
		}
	}
	return false, nil
}

func (s *statement) createView(n *gmsplan.CreateView) error {
	ddl, ok := s.parsed.(*sqlparser.DDL)
	if !ok || ddl.ViewSpec == nil {
		return sqlerr.New(sqlerr.Unsupported, "view %s: views can't be made in this statement", n.Name)
	}
	db := n.Database().Name()
	_, exists := s.server.views.kept.Get(db, n.Name)
	switch {
	case ddl.ViewSpec.CheckOption != sqlparser.ViewCheckOptionUnspecified:
		return sqlerr.New(sqlerr.ViewCheckOption, "CHECK OPTION on non-updatable view '%s.%s'", db, n.Name)
	case ddl.IfExists && !exists: // ALTER VIEW
		return sqlerr.New(sqlerr.UnknownTable, "Table '%s.%s' doesn't exist", db, n.Name)
	case exists && ddl.IfNotExists:
		return s.note(sqlerr.New(sqlerr.TableExists, "Table '%s' already exists", n.Name))
	case exists && !n.IsReplace:
		return sqlerr.New(sqlerr.TableExists, "Table '%s' already exists", n.Name)
	}
	if exists { // it goes (MySQL 8.0 manual, 13.1.23 and 13.1.11)
		if err := s.authorize(bind.TableRight(sqlparser.AuthType_DROP, db, n.Name)); err != nil {
			return err
		}
	}
	if _, taken, err := n.Database().GetTableInsensitive(s.ctx, n.Name); err != nil || taken {
		if err == nil {
			err = sqlerr.New(sqlerr.TableExists, "Table '%s' already exists", n.Name)
		}
		return err
	}
	if err := s.checkView(n, ddl.ViewSpec.ViewExpr); err != nil {
		return err
	}
	mode, err := s.ctx.GetSessionVariable(s.ctx, sql.SqlModeSessionVar)
	if err != nil {
		return err
	}
	v := bind.View{Name: n.Name, Query: n.Definition.TextDefinition, Columns: n.Definition.ColumnNames, Algorithm: n.Algorithm,
		Invoker: strings.EqualFold(n.Security, "invoker")}
	v.Mode, _ = mode.(string)
	client := s.ctx.Client()
	v.User, v.Host = client.User, client.Address
	if definer := ddl.ViewSpec.Definer; definer != "" {
		if v.User, v.Host = bind.SplitAccount(definer); v.User != client.User || v.Host != client.Address {
			if err := s.needSuper(); err != nil {
				return err
			}
		}
	}
	if err := s.qualify(&v, ddl.ViewSpec.ViewExpr, db); err != nil {
		return err
	}
	if starred(ddl.ViewSpec.ViewExpr) {
		v.Picked = nil
		for _, c := range n.Definition.Child.Schema(s.ctx) {
			v.Picked = append(v.Picked, c.Name)
		}
	}
	if err := s.recursion(ddl.ViewSpec.ViewExpr, s.ctx.GetCurrentDatabase(), parse.TableName{Database: db, Name: n.Name}); err != nil {
		return err
	}
	definition, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.server.views.kept.Put(s.ctx, store.View{Database: db, Name: n.Name, Definition: definition})
}

// checkView refuses a view with two columns of one name, and one of a temporary table, which others would not find.
func (s *statement) checkView(n *gmsplan.CreateView, query sqlparser.SelectStatement) (err error) {
	names := n.Definition.ColumnNames
	if len(names) == 0 {
		for _, c := range n.Definition.Child.Schema(s.ctx) {
			names = append(names, c.Name)
		}
	}
	seen := make(map[string]bool)
	for _, name := range names {
		if seen[strings.ToLower(name)] {
			return sqlerr.New(sqlerr.DuplicateColumn, "Duplicate column name '%s'", name)
		}
		seen[strings.ToLower(name)] = true
	}
	_ = eachTable(query, func(t *sqlparser.TableName) {
		if _, temporary := s.session().scratch.Temporary(s.databaseOf(*t), t.Name.String()); temporary { // ER_VIEW_SELECT_TMPTABLE
			err = sqlerr.New(sqlerr.Errno(1352), "View's SELECT refers to a temporary table '%s'", t.Name)
		}
	})
	return err
}

// columnList says of a view whose list of columns does not fit its query what MySQL does.
func columnList(parsed sqlparser.Statement, err error) error {
	if ddl, ok := parsed.(*sqlparser.DDL); ok && ddl.ViewSpec != nil && (sql.ErrInvalidColumnNumber.Is(err) || sql.ErrInvalidOperandColumns.Is(err)) {
		return sqlerr.New(sqlerr.ColumnList, "In definition of view, derived table or common table expression, SELECT list and column names list have different column counts")
	}
	return err
}

// dropViews drops all of the views that a DROP VIEW names, or none.
func (s *statement) dropViews(n *sqlparser.DDL) error {
	if err := s.authorize(n.Auth); err != nil {
		return err
	}
	var found []parse.TableName
	var missing []string
	for _, v := range n.FromViews {
		db := v.DbQualifier.String()
		if db == "" {
			db = s.ctx.GetCurrentDatabase()
		}
		view := parse.TableName{Database: db, Name: v.Name.String()}
		switch {
		case db == "":
			return sql.ErrNoDatabaseSelected.New()
		case s.isView(view):
			found = append(found, view)
		case s.server.made.Owns(s.ctx, db, view.Name):
			return sqlerr.New(sqlerr.Errno(1347), "'%s' is not VIEW", shownName(view)) // ER_WRONG_OBJECT
		default:
			missing = append(missing, db+"."+view.Name)
		}
	}
	if len(missing) > 0 && !n.IfExists {
		return sqlerr.New(sqlerr.UnknownDropped, "Unknown table '%s'", strings.Join(missing, ","))
	}
	for _, name := range missing {
		if err := s.note(sqlerr.New(sqlerr.UnknownDropped, "Unknown table '%s'", name)); err != nil {
			return err
		}
	}
	for _, view := range found {
		if _, err := s.server.views.kept.Delete(s.ctx, view.Database, view.Name); err != nil {
			return err
		}
	}
	return nil
}

// qualify has a view's query name databases if names without one would mean another than they did.
func (s *statement) qualify(v *bind.View, query sqlparser.SelectStatement, db string) error {
	current := s.ctx.GetCurrentDatabase()
	if strings.EqualFold(current, db) {
		return nil
	}
	changed := false
	_ = eachTable(query, func(t *sqlparser.TableName) {
		if t.DbQualifier.IsEmpty() {
			t.DbQualifier, changed = sqlparser.NewTableIdent(current), true
		}
	})
	if changed {
		v.Query = sqlparser.String(query)
	}
	return nil
}

// starred reports whether a select list of a query has a star.
func starred(query sqlparser.SelectStatement) bool {
	found := false
	_ = bind.Walk(func(n sqlparser.SQLNode) (bool, error) {
		if _, ok := n.(*sqlparser.StarExpr); ok {
			found = true
		}
		if f, ok := n.(*sqlparser.FuncExpr); ok && f.Name.Lowered() == "count" {
			return false, nil // COUNT(*)
		}
		return !found, nil
	}, query)
	return found
}

// shownView returns the view of a SHOW CREATE.
func (s *statement) shownView() (v bind.View, db string, ok bool) {
	show, ok := s.parsed.(*sqlparser.Show)
	if !ok {
		return v, "", false
	}
	if db = show.Table.DbQualifier.String(); db == "" {
		db = s.ctx.GetCurrentDatabase()
	}
	v, ok, err := s.server.views.View(s.ctx, db, show.Table.Name.String())
	return v, db, ok && err == nil
}

// showView shows a view to who has the right to (errno 1142).
func (s *statement) showView(v bind.View, db string) error {
	if !s.server.mayShowView(s.ctx, parse.TableName{Database: db, Name: v.Name}) {
		return sqlerr.New(sqlerr.TableDenied, "SHOW VIEW command denied to user '%s'@'%s' for table '%s'", s.ctx.Client().User, s.ctx.Client().Address, v.Name)
	}
	return s.texts(textColumns("View", "Create View", "character_set_client", "collation_connection"),
		[][]string{{v.Name, v.Statement(), "utf8mb4", "utf8mb4_0900_ai_ci"}})
}
