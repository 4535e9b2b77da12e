package scratchsql

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
)

// newLinks returns the catalog in which GMS finds the tables that foreign keys link to one that is written. It asks for no rights: who writes a row need
// not be able to read its parent.
func newLinks(d *Databases) *analyzer.Catalog {
	return analyzer.NewCatalog(everyDatabase{d}, sql.EngineOverrides{})
}

// everyDatabase provides the scratch databases.
type everyDatabase struct{ databases *Databases }

// Database implements sql.DatabaseProvider.
func (e everyDatabase) Database(ctx *sql.Context, name string) (sql.Database, error) {
	db, ok := e.databases.Database(ctx, name)
	if !ok {
		return nil, sql.ErrDatabaseNotFound.New(name)
	}
	return db, nil
}

// HasDatabase implements sql.DatabaseProvider.
func (e everyDatabase) HasDatabase(ctx *sql.Context, name string) bool {
	_, ok := e.databases.Database(ctx, name)
	return ok
}

// AllDatabases implements sql.DatabaseProvider.
func (e everyDatabase) AllDatabases(ctx *sql.Context) []sql.Database {
	return e.databases.Databases(ctx)
}

var _ sql.DatabaseProvider = everyDatabase{}
