package mysql

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// eachTable visits the tables that a query reads, but for those that it makes itself (WITH).
func eachTable(query sqlparser.SQLNode, visit func(*sqlparser.TableName)) error {
	own := commonNames(query)
	own["dual"] = true
	return everyTable(query, func(name *sqlparser.TableName) {
		if !name.DbQualifier.IsEmpty() || !own[strings.ToLower(name.Name.String())] {
			visit(name)
		}
	})
}

// everyTable is eachTable with those that may be of a WITH, whose names hide tables in a part of the statement alone.
func everyTable(query sqlparser.SQLNode, visit func(*sqlparser.TableName)) error {
	return bind.Walk(func(n sqlparser.SQLNode) (bool, error) {
		from, ok := n.(*sqlparser.AliasedTableExpr)
		if !ok {
			return true, nil
		}
		if name, ok := from.Expr.(sqlparser.TableName); ok {
			visit(&name)
			from.Expr = name
		}
		return true, nil
	}, query)
}

// viewTree walks what a query reads through the views that it names.
type viewTree struct {
	*statement
	visit func(t parse.TableName, inView bool) error // inView: it is a view's query that names the table
	seen  map[parse.TableName]bool
}

// walk visits the tables of a query that is read with db as its current database, and those below its views, each view's once. A name that WITH
// gives to another thing counts as the table of that name, too, if there is one: what the walk is for is refused rather too often.
func (v *viewTree) walk(query sqlparser.SQLNode, db string, inView bool) error {
	var tables []parse.TableName
	_ = everyTable(query, func(t *sqlparser.TableName) {
		in := t.DbQualifier.String()
		if in == "" {
			in = db
		}
		tables = append(tables, parse.TableName{Database: in, Name: t.Name.String()})
	})
	sure := make(map[parse.TableName]bool)
	_ = eachTable(query, func(t *sqlparser.TableName) {
		sure[parse.TableName{Database: t.DbQualifier.String(), Name: t.Name.String()}] = true
		sure[parse.TableName{Database: db, Name: t.Name.String()}] = true
	})
	for _, t := range tables {
		kept, ok := v.server.views.kept.Get(t.Database, t.Name)
		if !ok && !sure[t] {
			if _, _, err := v.server.gms.Analyzer.Catalog.Table(v.ctx, t.Database, t.Name); err != nil {
				continue // it is WITH's alone
			}
		}
		if err := v.visit(t, inView); err != nil {
			return err
		}
		key := parse.TableName{Database: strings.ToLower(t.Database), Name: strings.ToLower(t.Name)}
		if !ok || v.seen[key] {
			continue
		}
		if v.seen == nil {
			v.seen = make(map[parse.TableName]bool)
		}
		v.seen[key] = true
		if err := v.below(kept); err != nil {
			return err
		}
	}
	return nil
}

func (v *viewTree) below(kept store.View) error {
	view, err := decodeView(kept)
	if err != nil {
		return err
	}
	query, _, _, err := v.server.gms.Parser.ParseWithOptions(v.ctx, view.Query, ';', false, sql.NewSqlModeFromString(view.Mode).ParserOptions())
	if err != nil {
		return nil // it can't be read, and so reads nothing
	}
	return v.walk(query, kept.Database, true)
}

// recursion refuses a view that reads itself, by way of others too.
func (s *statement) recursion(query sqlparser.SelectStatement, db string, made parse.TableName) error {
	tree := viewTree{statement: s, visit: func(t parse.TableName, _ bool) error {
		if strings.EqualFold(t.Database, made.Database) && strings.EqualFold(t.Name, made.Name) {
			return sqlerr.New(sqlerr.ViewRecursion, "`%s`.`%s` contains view recursion", made.Database, made.Name)
		}
		return nil
	}}
	return tree.walk(query, db, false)
}

// mayExplain refuses to explain what is below a view to who may not know of it: a plan tells its query and its tables. As in MySQL it takes
// SHOW VIEW on each view, and SELECT on what the view reads.
func (s *statement) mayExplain(parsed sqlparser.Statement) error {
	if _, ok := parsed.(*sqlparser.Explain); !ok {
		return nil
	}
	tree := viewTree{statement: s, visit: func(t parse.TableName, inView bool) error {
		if s.isView(t) && !s.server.mayShowView(s.ctx, t) || inView && !s.maySelect(t) {
			return sqlerr.New(sqlerr.ViewExplain, "EXPLAIN/SHOW can not be issued; lacking privileges for underlying table")
		}
		return nil
	}}
	return tree.walk(parsed, s.ctx.GetCurrentDatabase(), false)
}

// mayShowView reports whether the user may see a view's query.
func (v *Server) mayShowView(ctx *sql.Context, view parse.TableName) bool {
	return v.allows(ctx, sql.NewPrivilegedOperation(sql.PrivilegeCheckSubject{Database: view.Database, Table: view.Name}, sql.PrivilegeType_ShowView))
}

// maySelect reports whether the user may read all of a table.
func (s *statement) maySelect(t parse.TableName) bool {
	return strings.EqualFold(t.Database, sql.InformationSchemaDatabaseName) ||
		s.server.allows(s.ctx, sql.NewPrivilegedOperation(sql.PrivilegeCheckSubject{Database: t.Database, Table: t.Name}, sql.PrivilegeType_Select))
}

// withinReach gives a session without a database one to bind a statement in that reads or makes a view, or renames a table: GMS wants one,
// though all names say where they are. The returned function takes it back.
func (s *statement) withinReach(parsed sqlparser.Statement) (restore func()) {
	restore = func() {}
	if s.ctx.GetCurrentDatabase() != "" {
		return restore
	}
	var query sqlparser.SQLNode = parsed
	db, unqualified := "", false
	if ddl, ok := parsed.(*sqlparser.DDL); ok {
		switch {
		case ddl.ViewSpec != nil:
			db, query = ddl.ViewSpec.ViewName.DbQualifier.String(), ddl.ViewSpec.ViewExpr
		case ddl.Action == sqlparser.RenameStr, ddl.Action == sqlparser.DropStr:
			for _, t := range slices.Concat(ddl.FromTables, ddl.ToTables) {
				db, unqualified = t.DbQualifier.String(), unqualified || t.DbQualifier.IsEmpty()
			}
		}
	}
	named := func(in string, t *sqlparser.TableName) {
		if !t.DbQualifier.IsEmpty() {
			in = t.DbQualifier.String()
		}
		unqualified = unqualified || in == ""
		if s.isView(parse.TableName{Database: in, Name: t.Name.String()}) {
			db = in
		}
	}
	_ = eachTable(query, func(t *sqlparser.TableName) { named("", t) })
	switch n := parsed.(type) {
	case *sqlparser.Show: // of columns
		if n.ShowTablesOpt != nil && !n.Table.IsEmpty() {
			named(n.ShowTablesOpt.DbName, &n.Table)
		}
	case *sqlparser.Insert:
		named("", &n.Table)
	}
	if db == "" || unqualified {
		return restore
	}
	s.ctx.SetCurrentDatabase(db)
	return func() { s.ctx.SetCurrentDatabase("") }
}

// notView says of a SHOW CREATE VIEW that what it names is another thing.
func (s *statement) notView(parsed sqlparser.Statement, err error) error {
	show, ok := parsed.(*sqlparser.Show)
	if !ok || !strings.EqualFold(show.Type, "create view") || !sql.ErrTableNotFound.Is(err) {
		return err
	}
	t := parse.TableName{Database: show.Table.DbQualifier.String(), Name: show.Table.Name.String()}
	if t.Database == "" {
		t.Database = s.ctx.GetCurrentDatabase()
	}
	if _, _, missing := s.server.gms.Analyzer.Catalog.Table(s.ctx, t.Database, t.Name); missing != nil {
		return err
	}
	return sqlerr.New(sqlerr.Errno(1347), "'%s' is not VIEW", shownName(t)) // ER_WRONG_OBJECT
}

// broken says of a column or database that is not there, and that a statement does not name, that a view of the statement names it.
func (s *statement) broken(parsed sqlparser.Statement, err error) error {
	missing := missingName(err)
	if missing == "" {
		return err
	}
	named, view := false, ""
	names := func(name string) { named = named || strings.EqualFold(name, missing) }
	_ = eachTable(parsed, func(t *sqlparser.TableName) {
		db := t.DbQualifier.String()
		if db == "" {
			db = s.ctx.GetCurrentDatabase()
		}
		if sql.ErrDatabaseNotFound.Is(err) {
			names(db)
		}
		if v, ok := s.server.views.kept.Get(db, t.Name.String()); ok {
			view = v.Database + "." + v.Name
		}
	})
	_ = bind.Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.ColName:
			names(n.Name.String())
		case *sqlparser.JoinTableExpr:
			for _, c := range n.Condition.Using {
				names(c.String())
			}
		}
		return !named, nil
	}, parsed)
	if named || view == "" {
		return err
	}
	return sqlerr.New(sqlerr.BadView, "View '%s' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights to use them", view)
}

// missingName is the column or database that GMS did not find, by what it says; "": it is about another thing.
func missingName(err error) string {
	message := err.Error()
	switch {
	case sql.ErrDatabaseNotFound.Is(err): // database not found: d
		return message[strings.LastIndexByte(message, ' ')+1:]
	case sql.ErrTableColumnNotFound.Is(err): // table "t" does not have column "c"
		if parts := strings.Split(message, `"`); len(parts) > 3 {
			return parts[3]
		}
	case sql.ErrUnknownColumn.Is(err): // Unknown column 'c' in 'from clause'
		if parts := strings.Split(message, "'"); len(parts) > 1 {
			return parts[1]
		}
	}
	return ""
}
