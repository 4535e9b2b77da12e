package bind

import (
	"context"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"

	"github.com/silogate/silogate/engine/sqlerr"
)

// provider is GMS's catalog: its own databases, then the Resolver's.
type provider struct {
	binder   *Binder
	resolver Resolver
	views    ViewStore
	scratch  Scratch
	readers  readers
	accounts *mysql_db.MySQLDb       // nil while GMS is set up
	local    map[string]sql.Database // by lower-case name
}

func newProvider(b *Binder, cfg Config) *provider {
	p := &provider{binder: b, resolver: cfg.Resolver, views: cfg.Views, scratch: cfg.Scratch, readers: b.readers, local: make(map[string]sql.Database, len(cfg.Local))}
	if p.scratch == nil {
		p.scratch = noScratch{}
	}
	for _, db := range cfg.Local {
		p.local[strings.ToLower(db.Name())] = db
	}
	if cfg.System != nil {
		for _, name := range cfg.System.Names() {
			if name != sql.InformationSchemaDatabaseName { // which GMS has a place for
				p.local[name] = &systemDatabase{name: name, system: cfg.System}
			}
		}
		p.local[besideGrants] = &systemDatabase{name: grantTables, system: cfg.System}
	}
	return p
}

// match finds the user's rights on a database before GMS looks for them.
func (p *provider) match(ctx *sql.Context, db string) {
	if p.accounts != nil && p.accounts.Enabled() {
		MatchPatterns(ctx, p.accounts, db)
	}
}

func userOf(ctx *sql.Context) string { return ctx.Session.Client().User }

// Database implements sql.DatabaseProvider. It lists nothing.
func (p *provider) Database(ctx *sql.Context, name string) (sql.Database, error) {
	name, definer := p.readers.split(name)
	p.match(ctx, name)
	if db, ok := p.local[strings.ToLower(name)]; ok {
		return db, nil
	}
	if db, ok := p.scratch.Database(ctx, name); ok {
		noted(ctx).doubt()
		if definer != nil {
			db = definersDatabase{Database: db, tables: p.scratch, ViewDatabase: ViewDatabase{Store: p.views, Name: db.Name(), reader: definer}}
		}
		return db, nil
	}
	db := p.database(name, definer)
	ok, err := p.has(ctx, db.user(ctx), name)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, sql.ErrDatabaseNotFound.New(name)
	}
	return db, nil
}

// HasDatabase implements sql.DatabaseProvider. A Resolver that can't answer counts as having the database, so that
// the error shows where its tables are asked for.
func (p *provider) HasDatabase(ctx *sql.Context, name string) bool {
	p.match(ctx, name)
	if _, ok := p.local[strings.ToLower(name)]; ok {
		return true
	}
	if _, ok := p.scratch.Database(ctx, name); ok {
		return true
	}
	ok, err := p.has(ctx, userOf(ctx), name)
	return ok || err != nil
}

// CreateCollatedDatabase implements sql.CollatedDatabaseProvider. GMS asks before whether there is such a database that the user
// may see.
func (p *provider) CreateCollatedDatabase(ctx *sql.Context, name string, collation sql.CollationID) error {
	if p.HasDatabase(ctx, name) {
		return sql.ErrDatabaseExists.New(name)
	}
	return p.scratch.CreateDatabase(ctx, name, collation)
}

// CreateDatabase implements sql.MutableDatabaseProvider.
func (p *provider) CreateDatabase(ctx *sql.Context, name string) error {
	return p.CreateCollatedDatabase(ctx, name, sql.Collation_Default)
}

// DropDatabase implements sql.MutableDatabaseProvider.
func (p *provider) DropDatabase(ctx *sql.Context, name string) error {
	if _, ok := p.scratch.Database(ctx, name); !ok {
		return sqlerr.New(sqlerr.DatabaseDenied, "Access denied: database '%s' is one of a configured source or of CREATE SERVER, it can't be dropped", name)
	}
	return p.scratch.DropDatabase(ctx, name)
}

func (p *provider) has(ctx *sql.Context, user, name string) (bool, error) {
	if checker, ok := p.resolver.(DatabaseChecker); ok {
		return checker.HasDatabase(ctx, user, name)
	}
	names, err := p.resolver.Databases(ctx, user)
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }), err
}

// AllDatabases implements sql.DatabaseProvider. A listing that fails leaves a warning.
func (p *provider) AllDatabases(ctx *sql.Context) []sql.Database {
	all := make([]sql.Database, 0, len(p.local))
	for _, db := range p.local {
		all = append(all, db)
	}
	all = append(all, p.scratch.Databases(ctx)...)
	hides := func(name string) bool {
		_, hidden := p.scratch.Database(ctx, name)
		return hidden || p.local[strings.ToLower(name)] != nil
	}
	names, err := p.resolver.Databases(ctx, userOf(ctx))
	if err != nil {
		ctx.Warn(int(sqlerr.CodeOf(err).Identity().Errno), "%s", err)
	}
	for _, name := range names {
		if !hides(name) {
			all = append(all, p.database(name, nil))
		}
	}
	for _, db := range all {
		p.match(ctx, db.Name())
	}
	slices.SortFunc(all, func(a, b sql.Database) int { return strings.Compare(a.Name(), b.Name()) })
	return all
}

func (p *provider) database(name string, reader *account) *viewDatabase {
	return &viewDatabase{database: &database{provider: p, name: name, reader: reader},
		ViewDatabase: ViewDatabase{Store: p.views, Name: name, reader: reader}, NoRoutines: NoRoutines{Database: name}}
}

var _ sql.CollatedDatabaseProvider = (*provider)(nil)

// database is a federated database. It holds no state: every lookup asks the Resolver.
type database struct {
	provider *provider
	name     string
	reader   *account // the definer of the view that names it; nil: the session's user
}

// user is on whose behalf the sources are asked.
func (d *database) user(ctx *sql.Context) string {
	if d.reader != nil {
		return d.reader.user
	}
	return userOf(ctx)
}

// Name implements sql.Database.
func (d *database) Name() string { return d.name }

// IsReadOnly implements sql.ReadOnlyDatabase. What is in it can't be written (onlySourcesAreRead), but for temporary tables.
func (d *database) IsReadOnly() bool { return false }

// GetTableInsensitive implements sql.Database.
func (d *database) GetTableInsensitive(ctx *sql.Context, name string) (sql.Table, bool, error) {
	if ctx.Err() != nil {
		return nil, false, context.Cause(ctx)
	}
	if d.reader == nil { // else a client would choose what a definer's view reads
		if t, ok := d.provider.scratch.TemporaryTable(ctx, d.name, name); ok {
			noted(ctx).doubt()
			return t, true, nil
		}
	}
	site, t, err := d.provider.resolver.Resolve(ctx, d.user(ctx), d.name, name)
	switch {
	case sqlerr.Is(err, sqlerr.UnknownTable):
		noted(ctx).doubt()
		return nil, false, nil
	case sqlerr.Is(err, sqlerr.UnknownDatabase):
		return nil, false, sql.ErrDatabaseNotFound.New(d.name)
	case err != nil:
		return nil, false, err
	}
	noted(ctx).add(ctx, d.provider.resolver, d.user(ctx), d.name, name, site, t)
	return newTable(d.name, name, site, t), true, nil
}

// GetTableNames implements sql.Database.
func (d *database) GetTableNames(ctx *sql.Context) ([]string, error) {
	return d.provider.resolver.Tables(ctx, d.user(ctx), d.name)
}

var _ sql.ReadOnlyDatabase = (*database)(nil)

// viewDatabase is a federated database with views. GMS asks every database for views, also one without any.
type viewDatabase struct {
	*database
	ViewDatabase
	NoRoutines
}

// Name implements sql.Database.
func (d *viewDatabase) Name() string { return d.name }

var _ sql.ViewDatabase = (*viewDatabase)(nil)
