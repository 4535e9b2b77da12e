package bind

import (
	"cmp"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// System has the databases that describe the gateway, such as information_schema. Their tables are read as those of any source.
type System interface {
	// Names are the databases, in lower case.
	Names() []string
	// Tables are the tables of one of them.
	Tables(db string) []*plan.Table
	// Table finds one by its name in any case; nil: there is none.
	Table(db, name string) *plan.Table
	// Source is the source of the tables, as the session of ctx sees them.
	Source(ctx *sql.Context) connectors.Source
}

// SystemSite is the site of a System's tables in a Leaf's plan.
var SystemSite = plan.Site{Source: sql.InformationSchemaDatabaseName}

// systemDatabase is a database of a System. What GMS has in one of its name besides stays GMS's.
type systemDatabase struct {
	name   string
	system System
	gms    sql.Database // nil: none
}

// Name implements sql.Database.
func (d *systemDatabase) Name() string { return d.name }

// IsReadOnly implements sql.ReadOnlyDatabase.
func (d *systemDatabase) IsReadOnly() bool { return true }

// GetTableInsensitive implements sql.Database.
func (d *systemDatabase) GetTableInsensitive(ctx *sql.Context, name string) (sql.Table, bool, error) {
	noted(ctx).doubt()
	if t := d.system.Table(d.name, name); t != nil {
		own := newTable(d.name, strings.ToLower(t.Name.Name), SystemSite, t)
		own.system = d.system
		return own, true, nil
	}
	if d.gms == nil {
		return nil, false, nil
	}
	return d.gms.GetTableInsensitive(ctx, name)
}

// GetTableNames implements sql.Database.
func (d *systemDatabase) GetTableNames(ctx *sql.Context) ([]string, error) {
	var names []string
	for _, t := range d.system.Tables(d.name) {
		names = append(names, t.Name.Name)
	}
	if d.gms == nil {
		return names, nil
	}
	more, err := d.gms.GetTableNames(ctx)
	for _, name := range more {
		if d.system.Table(d.name, name) == nil {
			names = append(names, name)
		}
	}
	return names, err
}

// CreateView implements sql.ViewDatabase, which GMS wants of every database that it looks for a table in.
func (d *systemDatabase) CreateView(ctx *sql.Context, _, _, _ string) error {
	client := ctx.Client()
	return sqlerr.New(sqlerr.DatabaseDenied, "Access denied for user '%s'@'%s' to database '%s'", client.User, client.Address, d.name)
}

// DropView implements sql.ViewDatabase.
func (d *systemDatabase) DropView(_ *sql.Context, name string) error {
	return sql.ErrViewDoesNotExist.New(d.name, name)
}

// GetViewDefinition implements sql.ViewDatabase.
func (d *systemDatabase) GetViewDefinition(*sql.Context, string) (sql.ViewDefinition, bool, error) {
	return sql.ViewDefinition{}, false, nil
}

// AllViews implements sql.ViewDatabase.
func (d *systemDatabase) AllViews(*sql.Context) ([]sql.ViewDefinition, error) { return nil, nil }

var (
	_ sql.ReadOnlyDatabase = (*systemDatabase)(nil)
	_ sql.ViewDatabase     = (*systemDatabase)(nil)
	_ sql.AliasedDatabase  = (*systemDatabase)(nil)
)

// grantTables is the database of the accounts, in which GMS looks for no tables but its own. What the System has beside those is found by another
// name, which statements are given for it.
const grantTables = "mysql"

var besideGrants = ownName(grantTables)

// AliasedName implements sql.AliasedDatabase: rights are by the name that clients know.
func (d *systemDatabase) AliasedName() string { return d.name }

// tablesBesideGrants has the tables of mysql that a statement names be the System's, as far as it has them.
func tablesBesideGrants(ctx *sql.Context, system System, stmt sqlparser.SQLNode) error {
	if system == nil {
		return nil
	}
	beside := func(name *sqlparser.TableName) {
		db := cmp.Or(name.DbQualifier.String(), ctx.GetCurrentDatabase())
		if strings.EqualFold(db, grantTables) && system.Table(grantTables, name.Name.String()) != nil {
			name.DbQualifier = sqlparser.NewTableIdent(besideGrants)
		}
	}
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.AliasedTableExpr:
			if name, ok := n.Expr.(sqlparser.TableName); ok {
				beside(&name)
				n.Expr = name
			}
		case *sqlparser.Insert:
			beside(&n.Table)
		case *sqlparser.Show:
			beside(&n.Table)
		}
		return true, nil
	}, stmt)
}

// readsSystem notes that the query reads a table of the System.
func (im *importer) readsSystem(system System) {
	if im.system == nil {
		im.system = system.Source(im.ctx)
	}
}

// locals are the sources of the gateway's own tables that the query reads.
func (im *importer) locals() map[plan.Site]connectors.Source {
	var all map[plan.Site]connectors.Source
	add := func(site plan.Site, source connectors.Source) {
		if all == nil {
			all = make(map[plan.Site]connectors.Source)
		}
		all[site] = source
	}
	if im.local != nil {
		add(LocalSite, im.local)
	}
	if im.system != nil {
		add(SystemSite, im.system)
	}
	return all
}
