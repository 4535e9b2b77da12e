package bind

import (
	"context"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/sqlerr"
)

// provider is GMS's catalog: its own databases, then the Resolver's.
type provider struct {
	binder   *Binder
	resolver Resolver
	views    ViewStore
	local    map[string]sql.Database // by lower-case name
}

func newProvider(b *Binder, cfg Config) *provider {
	p := &provider{binder: b, resolver: cfg.Resolver, views: cfg.Views, local: make(map[string]sql.Database, len(cfg.Local))}
	if p.views == nil {
		p.views = noViews{}
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
	}
	return p
}

func userOf(ctx *sql.Context) string { return ctx.Session.Client().User }

// Database implements sql.DatabaseProvider. It lists nothing.
func (p *provider) Database(ctx *sql.Context, name string) (sql.Database, error) {
	if db, ok := p.local[strings.ToLower(name)]; ok {
		return db, nil
	}
	ok, err := p.has(ctx, name)
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, sql.ErrDatabaseNotFound.New(name)
	}
	return p.database(name), nil
}

// HasDatabase implements sql.DatabaseProvider. A Resolver that can't answer counts as having the database, so that
// the error shows where its tables are asked for.
func (p *provider) HasDatabase(ctx *sql.Context, name string) bool {
	if _, ok := p.local[strings.ToLower(name)]; ok {
		return true
	}
	ok, err := p.has(ctx, name)
	return ok || err != nil
}

func (p *provider) has(ctx *sql.Context, name string) (bool, error) {
	if checker, ok := p.resolver.(DatabaseChecker); ok {
		return checker.HasDatabase(ctx, userOf(ctx), name)
	}
	names, err := p.resolver.Databases(ctx, userOf(ctx))
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }), err
}

// AllDatabases implements sql.DatabaseProvider. A listing that fails leaves a warning.
func (p *provider) AllDatabases(ctx *sql.Context) []sql.Database {
	all := make([]sql.Database, 0, len(p.local))
	for _, db := range p.local {
		all = append(all, db)
	}
	names, err := p.resolver.Databases(ctx, userOf(ctx))
	if err != nil {
		ctx.Warn(int(sqlerr.CodeOf(err).Identity().Errno), "%s", err)
	}
	for _, name := range names {
		if _, hidden := p.local[strings.ToLower(name)]; !hidden {
			all = append(all, p.database(name))
		}
	}
	slices.SortFunc(all, func(a, b sql.Database) int { return strings.Compare(a.Name(), b.Name()) })
	return all
}

func (p *provider) database(name string) *viewDatabase {
	return &viewDatabase{database: &database{provider: p, name: name}, views: p.views}
}

var _ sql.DatabaseProvider = (*provider)(nil)

// database is a federated database. It holds no state: every lookup asks the Resolver.
type database struct {
	provider *provider
	name     string
}

// Name implements sql.Database.
func (d *database) Name() string { return d.name }

// IsReadOnly implements sql.ReadOnlyDatabase.
func (d *database) IsReadOnly() bool { return true }

// GetTableInsensitive implements sql.Database.
func (d *database) GetTableInsensitive(ctx *sql.Context, name string) (sql.Table, bool, error) {
	if ctx.Err() != nil {
		return nil, false, context.Cause(ctx)
	}
	site, t, err := d.provider.resolver.Resolve(ctx, userOf(ctx), d.name, name)
	switch {
	case sqlerr.Is(err, sqlerr.UnknownTable):
		noted(ctx).doubt()
		return nil, false, nil
	case sqlerr.Is(err, sqlerr.UnknownDatabase):
		return nil, false, sql.ErrDatabaseNotFound.New(d.name)
	case err != nil:
		return nil, false, err
	}
	noted(ctx).add(ctx, d.provider.resolver, d.name, name, site, t)
	return newTable(d.name, name, site, t), true, nil
}

// GetTableNames implements sql.Database.
func (d *database) GetTableNames(ctx *sql.Context) ([]string, error) {
	return d.provider.resolver.Tables(ctx, userOf(ctx), d.name)
}

var _ sql.ReadOnlyDatabase = (*database)(nil)

// viewDatabase is a federated database with views. GMS asks every database for views, also one without any.
type viewDatabase struct {
	*database
	views ViewStore
}

// CreateView implements sql.ViewDatabase.
func (d *viewDatabase) CreateView(ctx *sql.Context, name, _, statement string) error {
	return d.views.CreateView(ctx, d.name, name, statement)
}

// DropView implements sql.ViewDatabase.
func (d *viewDatabase) DropView(ctx *sql.Context, name string) error {
	return d.views.DropView(ctx, d.name, name)
}

// GetViewDefinition implements sql.ViewDatabase.
func (d *viewDatabase) GetViewDefinition(ctx *sql.Context, name string) (sql.ViewDefinition, bool, error) {
	if ctx.Err() != nil {
		return sql.ViewDefinition{}, false, context.Cause(ctx)
	}
	statement, err := d.views.View(ctx, d.name, name)
	if err != nil || statement == "" {
		return sql.ViewDefinition{}, false, err
	}
	noted(ctx).doubt()
	return viewDefinition(name, statement), true, nil
}

// AllViews implements sql.ViewDatabase.
func (d *viewDatabase) AllViews(ctx *sql.Context) ([]sql.ViewDefinition, error) {
	statements, err := d.views.Views(ctx, d.name)
	if err != nil {
		return nil, err
	}
	all := make([]sql.ViewDefinition, 0, len(statements))
	for name, statement := range statements {
		all = append(all, viewDefinition(name, statement))
	}
	slices.SortFunc(all, func(a, b sql.ViewDefinition) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// viewDefinition describes a view; its text is what follows the AS of its statement.
func viewDefinition(name, statement string) sql.ViewDefinition {
	return sql.ViewDefinition{Name: name, TextDefinition: statement, CreateViewStatement: statement}
}

var _ sql.ViewDatabase = (*viewDatabase)(nil)
