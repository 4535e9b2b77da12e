package scratchsql

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Databases is a bind.Scratch over a store.
type Databases struct {
	store *scratch.Store
	views bind.ViewStore
	types *lru.Cache[string, sql.Type]
	links *analyzer.Catalog
}

// keptTypes is how many types of columns are remembered.
const keptTypes = 512

// New makes the databases of a store; views keeps their views.
func New(store *scratch.Store, views bind.ViewStore) (*Databases, error) {
	types, err := lru.New[string, sql.Type](keptTypes)
	d := &Databases{store: store, views: views, types: types}
	d.links = newLinks(d)
	return d, err
}

// Sessioner is a session that has scratch transactions and temporary tables.
type Sessioner interface {
	Scratch() *scratch.Session
}

// session returns the scratch session of ctx. What runs without one, as GMS does in the background, sees what is committed.
func (d *Databases) session(ctx *sql.Context) *scratch.Session {
	if s, ok := ctx.Session.(Sessioner); ok {
		return s.Scratch()
	}
	return d.store.Session()
}

// Database implements bind.Scratch.
func (d *Databases) Database(ctx *sql.Context, name string) (sql.Database, bool) {
	db, ok := d.session(ctx).Database(name)
	if !ok {
		return nil, false
	}
	return &database{databases: d, name: db.Name, collation: sql.CollationID(db.Collation),
		ViewDatabase: bind.ViewDatabase{Store: d.views, Name: db.Name}, NoRoutines: bind.NoRoutines{Database: db.Name}}, true
}

// Databases implements bind.Scratch.
func (d *Databases) Databases(ctx *sql.Context) []sql.Database {
	var list []sql.Database
	for _, db := range d.store.Databases() {
		if db, ok := d.Database(ctx, db.Name); ok {
			list = append(list, db)
		}
	}
	return list
}

// CreateDatabase implements bind.Scratch. It begins without views: a crash may have left some of another of its name.
func (d *Databases) CreateDatabase(ctx *sql.Context, name string, collation sql.CollationID) error {
	if err := checkDatabaseName(name); err != nil {
		return err
	}
	err := d.session(ctx).CreateDatabase(ctx, scratch.Database{Name: name, Owner: user(ctx), Collation: uint16(collation)})
	if err != nil {
		return err
	}
	return d.dropViews(ctx, name)
}

// DropDatabase implements bind.Scratch.
func (d *Databases) DropDatabase(ctx *sql.Context, name string) error {
	if err := d.session(ctx).LockDatabase(ctx, name); err != nil { // from now on nobody makes a foreign key to its tables
		return err
	}
	for _, table := range d.session(ctx).Names(name) {
		if err := d.mayDrop(ctx, name, table, func(c child) bool { return strings.EqualFold(c.database, name) }); err != nil {
			return err
		}
	}
	if err := d.session(ctx).DropDatabase(ctx, name); err != nil {
		return err
	}
	return d.dropViews(ctx, name)
}

// mayDrop refuses to drop a table to which foreign keys point, but for those that go with it. It is asked under the table's lock: no new ones are made then.
func (d *Databases) mayDrop(ctx *sql.Context, database, table string, goes func(child) bool) error {
	if checked, err := checksForeignKeys(ctx); err != nil || !checked {
		return err
	}
	for _, c := range d.children(ctx, database, table) {
		if !goes(c) {
			return sqlerr.New(sqlerr.ParentDropped, "Cannot drop table '%s' referenced by a foreign key constraint '%s' on table '%s'.", table, c.key.Name, c.table.Definition().Name)
		}
	}
	return nil
}

func (d *Databases) dropViews(ctx *sql.Context, database string) error {
	views := bind.ViewDatabase{Store: d.views, Name: database}
	all, err := views.AllViews(ctx)
	for _, view := range all {
		if err == nil {
			err = views.DropView(ctx, view.Name)
		}
	}
	return err
}

// TemporaryTable implements bind.Scratch.
func (d *Databases) TemporaryTable(ctx *sql.Context, db, name string) (sql.Table, bool) {
	t, ok := d.session(ctx).Temporary(db, name)
	if !ok {
		return nil, false
	}
	return d.table(db, t), true
}

// PermanentTable implements bind.Scratch.
func (d *Databases) PermanentTable(ctx *sql.Context, db, name string) (sql.Table, bool) {
	t, ok := d.session(ctx).Permanent(db, name)
	if !ok {
		return nil, false
	}
	return d.table(db, t), true
}

// TemporaryTables implements bind.Scratch.
func (d *Databases) TemporaryTables(ctx *sql.Context, db string) []sql.Table {
	var list []sql.Table
	for _, t := range d.session(ctx).TemporaryTables(db) {
		list = append(list, d.table(db, t))
	}
	return list
}

// DropTemporaryTable implements bind.Scratch.
func (d *Databases) DropTemporaryTable(ctx *sql.Context, db, name string) error {
	return d.session(ctx).Drop(ctx, db, name)
}

func user(ctx *sql.Context) string { return ctx.Session.Client().User }

var _ bind.Scratch = (*Databases)(nil)

// database is a scratch database in one statement.
type database struct {
	bind.ViewDatabase
	bind.NoRoutines
	databases *Databases
	name      string
	collation sql.CollationID
}

// Name implements sql.Database.
func (d *database) Name() string { return d.name }

// GetTableInsensitive implements sql.Database.
func (d *database) GetTableInsensitive(ctx *sql.Context, name string) (sql.Table, bool, error) {
	t, ok := d.databases.session(ctx).Table(d.name, name)
	if !ok {
		return nil, false, nil
	}
	return d.databases.table(d.name, t), true, nil
}

// GetTableNames implements sql.Database.
func (d *database) GetTableNames(ctx *sql.Context) ([]string, error) {
	return d.databases.session(ctx).Names(d.name), nil
}

// GetAllTemporaryTables implements sql.TemporaryTableDatabase.
func (d *database) GetAllTemporaryTables(ctx *sql.Context) ([]sql.Table, error) {
	return d.databases.TemporaryTables(ctx, d.name), nil
}

// DropTable implements sql.TableDropper.
func (d *database) DropTable(ctx *sql.Context, name string) error {
	session := d.databases.session(ctx)
	if _, temporary := session.Temporary(d.name, name); !temporary {
		if err := session.Lock(ctx, [2]string{d.name, name}); err != nil {
			return err
		}
		err := d.databases.mayDrop(ctx, d.name, name, func(c child) bool {
			return strings.EqualFold(c.database, d.name) && strings.EqualFold(c.table.Definition().Name, name)
		})
		if err != nil {
			return err
		}
	}
	return session.Drop(ctx, d.name, name)
}

// GetCollation implements sql.CollatedDatabase.
func (d *database) GetCollation(*sql.Context) sql.CollationID { return d.collation }

// SetCollation implements sql.CollatedDatabase.
func (d *database) SetCollation(ctx *sql.Context, collation sql.CollationID) error {
	return d.databases.session(ctx).AlterDatabase(ctx, d.name, uint16(collation))
}

var (
	_ sql.TemporaryTableDatabase  = (*database)(nil)
	_ sql.TableDropper            = (*database)(nil)
	_ sql.CollatedDatabase        = (*database)(nil)
	_ sql.ViewDatabase            = (*database)(nil)
	_ sql.TriggerDatabase         = (*database)(nil)
	_ sql.StoredProcedureDatabase = (*database)(nil)
	_ sql.QuiescableEventDatabase = (*database)(nil)
)
