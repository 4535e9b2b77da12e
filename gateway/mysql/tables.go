package mysql

import (
	"cmp"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
)

// tables runs the statements that make and change scratch tables, which GMS neither binds nor runs as a whole; done is false for all others.
func (s *statement) tables(parsed sqlparser.Statement, args map[string]sqlparser.Expr) (done bool, err error) {
	switch n := parsed.(type) {
	case *sqlparser.Prepare:
		return s.prepareTables(n)
	case *sqlparser.Execute:
		return s.executeTables(n)
	case *sqlparser.DBDDL:
		return s.systemDatabase(n)
	case *sqlparser.AlterTable:
		db := s.databaseOf(n.Table)
		if !s.server.made.Owns(s.ctx, db, n.Table.Name.String()) {
			return false, nil
		}
		s.keepWarnings(nil)
		return true, s.alterTable(db, n)
	case *sqlparser.DDL:
		switch {
		case makesTable(n):
			return s.createTable(n, args)
		case n.Action == sqlparser.RenameStr && len(n.FromTables) > 0:
			return s.renameTables(n)
		case n.Action == sqlparser.DropStr && len(n.FromViews) > 0:
			s.keepWarnings(nil)
			return true, s.dropViews(n)
		}
	}
	return false, nil
}

// systemDatabase refuses to make, change or drop a database that the gateway has as MySQL does; done is false for any other.
func (s *statement) systemDatabase(n *sqlparser.DBDDL) (done bool, err error) {
	switch name := strings.ToLower(n.DBName); {
	case name == sql.InformationSchemaDatabaseName, name == "performance_schema":
		client := s.ctx.Client()
		return true, sqlerr.New(sqlerr.DatabaseDenied, "Access denied for user '%s'@'%s' to database '%s'", client.User, client.Address, name)
	case name == "mysql" && n.Action != sqlparser.CreateStr:
		if err := s.authorize(n.Auth); err != nil {
			return true, err
		}
		return true, sqlerr.New(sqlerr.Errno(3552), "Access to system schema 'mysql' is rejected.") // ER_NO_SYSTEM_SCHEMA_ACCESS
	}
	return false, nil
}

func makesTable(n *sqlparser.DDL) bool {
	return n.Action == sqlparser.CreateStr && (n.TableSpec != nil || n.OptLike != nil || n.OptSelect != nil)
}

// databaseOf is the database that a name is in.
func (s *statement) databaseOf(t sqlparser.TableName) string {
	return cmp.Or(t.DbQualifier.String(), s.ctx.GetCurrentDatabase())
}

// authorize asks for the rights that the parser says a statement takes.
func (s *statement) authorize(auth sqlparser.AuthInformation) error {
	handler := s.server.gms.Analyzer.Catalog.AuthHandler
	return handler.HandleAuth(s.ctx, handler.NewQueryState(s.ctx), auth)
}

func (s *statement) alterTable(db string, n *sqlparser.AlterTable) error {
	if err := s.authorize(n.Auth); err != nil {
		return err
	}
	for _, clause := range n.Statements {
		if err := s.authorize(clause.Auth); err != nil {
			return err
		}
		if err := s.mayReference(db, clause); err != nil {
			return err
		}
	}
	if len(n.PartitionSpecs) > 0 || len(n.Statements) == 0 {
		return sqlerr.New(sqlerr.Unsupported, "table %s.%s: scratch tables have no partitions", db, n.Table.Name)
	}
	return s.server.made.Alter(s.ctx, s.server.gms, db, n)
}

// createTable makes a table of a scratch database, or a temporary one.
func (s *statement) createTable(n *sqlparser.DDL, args map[string]sqlparser.Expr) (done bool, err error) {
	db, name := s.databaseOf(n.Table), n.Table.Name.String()
	if db == "" {
		return true, sql.ErrNoDatabaseSelected.New()
	}
	if _, scratch := s.session().scratch.Database(db); !scratch && !n.Temporary {
		return false, nil // GMS knows why not
	}
	s.keepWarnings(nil)
	if err := s.authorize(n.Auth); err != nil {
		return true, err
	}
	if err := s.mayReference(db, n); err != nil {
		return true, err
	}
	exists, err := s.taken(db, name, n.Temporary)
	if err != nil {
		return true, err
	}
	if exists {
		err := sqlerr.New(sqlerr.TableExists, "Table '%s' already exists", name)
		if n.IfNotExists {
			return true, s.note(err)
		}
		return true, err
	}
	switch {
	case n.OptLike != nil:
		return true, s.server.made.CreateLike(s.ctx, s.server.gms, db, n)
	case n.OptSelect != nil:
		return true, s.createFrom(db, n, args)
	}
	return true, s.server.made.Create(s.ctx, s.server.gms, db, n)
}

// mayReference asks for the right to refer to the parents of new foreign keys, of which a table of one's own is one's own.
func (s *statement) mayReference(db string, n *sqlparser.DDL) error {
	if n.TableSpec == nil {
		return nil
	}
	for _, c := range n.TableSpec.Constraints {
		key, ok := c.Details.(*sqlparser.ForeignKeyDefinition)
		if !ok {
			continue
		}
		parentDB, parent := cmp.Or(key.ReferencedTable.DbQualifier.String(), db), key.ReferencedTable.Name.String()
		if strings.EqualFold(parentDB, db) && strings.EqualFold(parent, n.Table.Name.String()) {
			continue
		}
		if err := s.authorize(bind.TableRight(sqlparser.AuthType_FOREIGN_KEY, parentDB, parent)); err != nil {
			return err
		}
	}
	return nil
}

// taken reports whether a new table can't have a name: a temporary one hides all but others like it.
func (s *statement) taken(db, name string, temporary bool) (bool, error) {
	if temporary {
		_, exists := s.session().scratch.Temporary(db, name)
		return exists, nil
	}
	if _, exists := s.session().scratch.Permanent(db, name); exists {
		return true, nil
	}
	_, view, err := s.server.views.View(s.ctx, db, name)
	return view, err
}

func (s *statement) renameTables(n *sqlparser.DDL) (done bool, err error) {
	if first := n.FromTables[0]; !s.server.made.Owns(s.ctx, s.databaseOf(first), first.Name.String()) {
		return false, nil
	}
	s.keepWarnings(nil)
	if err := s.authorize(n.Auth); err != nil {
		return true, err
	}
	for i, from := range n.FromTables {
		db, to := s.databaseOf(from), n.ToTables[i]
		toDB := s.databaseOf(to)
		if toDB == "" {
			return true, sql.ErrNoDatabaseSelected.New()
		}
		if err := s.server.made.Rename(s.ctx, db, from.Name.String(), toDB, to.Name.String()); err != nil {
			return true, err
		}
	}
	return true, nil
}
