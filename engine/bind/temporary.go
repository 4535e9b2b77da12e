package bind

import "github.com/dolthub/go-mysql-server/sql"

// A federated database takes temporary tables: clients make them in the database that they happen to be in.

// CreateTemporaryTable implements sql.TemporaryTableCreator.
func (d *viewDatabase) CreateTemporaryTable(ctx *sql.Context, name string, schema sql.PrimaryKeySchema, collation sql.CollationID) error {
	return d.provider.scratch.CreateTemporaryTable(ctx, d.name, name, schema, collation)
}

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

// RenameTable implements sql.TableRenamer for temporary tables.
func (d *viewDatabase) RenameTable(ctx *sql.Context, name, to string) error {
	if _, ok := d.provider.scratch.TemporaryTable(ctx, d.name, name); !ok {
		return writesSource(d.name)
	}
	return d.provider.scratch.RenameTemporaryTable(ctx, d.name, name, to)
}

var (
	_ sql.TemporaryTableCreator  = (*viewDatabase)(nil)
	_ sql.TemporaryTableDatabase = (*viewDatabase)(nil)
	_ sql.TableDropper           = (*viewDatabase)(nil)
	_ sql.TableRenamer           = (*viewDatabase)(nil)
)
