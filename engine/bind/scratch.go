package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Scratch keeps what clients make: scratch databases, and the temporary tables that a session may have in any database.
type Scratch interface {
	Database(ctx *sql.Context, name string) (sql.Database, bool)
	Databases(ctx *sql.Context) []sql.Database
	CreateDatabase(ctx *sql.Context, name string, collation sql.CollationID) error
	DropDatabase(ctx *sql.Context, name string) error
	// PermanentTable returns a table of a scratch database, also where a temporary one hides it.
	PermanentTable(ctx *sql.Context, db, name string) (sql.Table, bool)

	TemporaryTable(ctx *sql.Context, db, name string) (sql.Table, bool)
	TemporaryTables(ctx *sql.Context, db string) []sql.Table
	DropTemporaryTable(ctx *sql.Context, db, name string) error
}

// Stored is a table of Scratch. Queries over it are the engine's; GMS reads it for DDL and foreign keys.
type Stored interface {
	sql.Table
	// Describe returns the table as plans have it: columns as in Schema, keys, what is known of its size.
	Describe(ctx *sql.Context) *plan.Table
	// UniqueKeys are the keys by which single rows can be found.
	UniqueKeys() []UniqueKey
	// Snapshot returns the rows that the table had when the statement of ctx began.
	Snapshot(ctx *sql.Context) (Snapshot, error)
}

// UniqueKey is a key that no two rows have, but where a column of it is NULL.
type UniqueKey struct {
	Name    string
	Columns []int
}

// Snapshot is the rows of a table at one moment. It is safe for concurrent use.
type Snapshot interface {
	// Read returns a reader of the columns at pos. Behind the last column is that of the rows' keys, byte strings.
	Read(pos []int) ValueReader
	// Find returns the columns at pos of the row that has the same values in the columns of a unique key as row, which has all columns; ok is
	// false if there is none.
	Find(key string, row []types.Value, pos []int) (found []types.Value, ok bool, err error)
}

// ValueReader reads rows.
type ValueReader interface {
	// Next reads the next row into row; false: there is none.
	Next(row []types.Value) (bool, error)
}

// stored returns the table of Scratch that n reads, nil if it is another's.
func stored(n sql.Node) Stored {
	if rt, ok := n.(*gmsplan.ResolvedTable); ok {
		t, _ := rt.UnderlyingTable().(Stored)
		return t
	}
	return nil
}

// readsStored reports whether n reads a table of Scratch, at any depth.
func (s seenQueries) readsStored(ctx *sql.Context, n sql.Node) bool {
	found := false
	s.inspect(ctx, n, func(ctx *sql.Context, n sql.Node) bool {
		found = found || stored(n) != nil
		if e, ok := n.(sql.Expressioner); ok && !found {
			for _, e := range e.Expressions() {
				inspectSubqueries(ctx, e, func(sq *gmsplan.Subquery) {
					found = found || s.firstQuery(sq) && s.readsStored(ctx, sq.Query)
				})
			}
		}
		return !found
	})
	return found
}

// noScratch is the Scratch that has nothing and takes nothing.
type noScratch struct{}

func (noScratch) Database(*sql.Context, string) (sql.Database, bool) { return nil, false }

func (noScratch) Databases(*sql.Context) []sql.Database { return nil }

func (noScratch) CreateDatabase(_ *sql.Context, name string, _ sql.CollationID) error {
	return sqlerr.New(sqlerr.Unsupported, "database %s: there is no place for scratch databases", name)
}

func (noScratch) DropDatabase(_ *sql.Context, name string) error {
	return sql.ErrDatabaseNotFound.New(name)
}

func (noScratch) PermanentTable(*sql.Context, string, string) (sql.Table, bool) { return nil, false }

func (noScratch) TemporaryTable(*sql.Context, string, string) (sql.Table, bool) { return nil, false }

func (noScratch) TemporaryTables(*sql.Context, string) []sql.Table { return nil }

func (noScratch) DropTemporaryTable(_ *sql.Context, _, name string) error {
	return sql.ErrTableNotFound.New(name)
}
