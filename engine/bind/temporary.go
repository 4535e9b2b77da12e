package bind

import "github.com/dolthub/go-mysql-server/sql"

// A federated database takes temporary tables: clients make them in the database that they happen to be in.

// GetAllTemporaryTables implements sql.TemporaryTableDatabase.
func (d *viewDatabase) GetAllTemporaryTables(ctx *sql.Context) ([]sql.Table, error) {
	return d.provider.scratch.TemporaryTables(ctx, d.name), nil
}

// DropTable implements sql.TableDropper for temporary tables.
func (d *viewDatabase) DropTable(ctx *sql.Context, name string) error {
	if _, ok := d.provider.scratch.TemporaryTable(ctx, d.name, name); !ok {
		return writesSource(d.name)
	}
	return d.provider.scratch.DropTemporaryTable(ctx, d.name, name)
}

// RenameTable implements sql.TableRenamer: what is temporary the front end renames.
func (d *viewDatabase) RenameTable(*sql.Context, string, string) error { return writesSource(d.name) }

var (
	_ sql.TemporaryTableDatabase = (*viewDatabase)(nil)
	_ sql.TableDropper           = (*viewDatabase)(nil)
	_ sql.TableRenamer           = (*viewDatabase)(nil)
)
