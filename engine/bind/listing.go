package bind

import (
	"context"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// listedDatabase is a federated database in a listing of all of them. What can't be described leaves a warning and does
// not end the listing, and only what the user may see is in it: some listings of GMS don't ask.
type listedDatabase struct{ *viewDatabase }

// GetTableNames implements sql.Database.
func (d *listedDatabase) GetTableNames(ctx *sql.Context) ([]string, error) {
	names, err := d.viewDatabase.GetTableNames(ctx)
	if err != nil {
		return nil, warn(ctx, "database "+d.name+" can't be listed", err)
	}
	rights := d.provider.binder.engine.Analyzer.Catalog.AuthHandler
	state := rights.NewQueryState(ctx)
	seen := make([]string, 0, len(names))
	for _, name := range names {
		if rights.CheckTable(ctx, state, d.name, "", name) == nil {
			seen = append(seen, name)
		}
	}
	return seen, nil
}

// GetTableInsensitive implements sql.Database.
func (d *listedDatabase) GetTableInsensitive(ctx *sql.Context, name string) (sql.Table, bool, error) {
	t, ok, err := d.viewDatabase.GetTableInsensitive(ctx, name)
	if err == nil && !ok {
		err = sqlerr.New(sqlerr.UnknownTable, "it was dropped")
	}
	if err == nil {
		return t, true, nil
	}
	t, err = d.undescribed(ctx, name, err)
	return t, err == nil, err
}

// undescribed is a table without columns in place of one that can't be described, with the reason for its comment as MySQL
// shows it.
func (d *database) undescribed(ctx *sql.Context, name string, reason error) (sql.Table, error) {
	if err := warn(ctx, "table "+d.name+"."+name+" can't be described", reason); err != nil {
		return nil, err
	}
	return newTable(d.name, name, plan.Site{}, &plan.Table{Comment: reason.Error()}), nil
}

// warn makes a warning of what is missing in a listing, once. A statement that was ended has no listing: it gets the error
// back.
func warn(ctx *sql.Context, what string, err error) error {
	if ctx.Err() != nil {
		return err
	}
	w := &sql.Warning{Level: "Warning", Code: int(sqlerr.CodeOf(err).Identity().Errno), Message: what + ": " + err.Error()}
	same := func(other *sql.Warning) bool { return *other == *w }
	if !slices.ContainsFunc(ctx.Warnings(), same) {
		ctx.Session.Warn(w)
	}
	return nil
}

// statusCatalog is the catalog of SHOW TABLE STATUS, which is a listing too.
type statusCatalog struct{ sql.Catalog }

// Table implements sql.Catalog.
func (c statusCatalog) Table(ctx *sql.Context, db, name string) (sql.Table, sql.Database, error) {
	t, in, err := c.Catalog.Table(ctx, db, name)
	if err == nil {
		return t, in, nil
	}
	in, failed := c.Database(ctx, db)
	if failed != nil {
		return nil, nil, err
	}
	inner := in
	if p, ok := in.(interface{ Unwrap() sql.Database }); ok {
		inner = p.Unwrap()
	}
	federated, ok := inner.(*viewDatabase)
	if !ok {
		return nil, nil, err
	}
	t, err = federated.undescribed(ctx, name, err)
	return t, in, err
}

// listStatus gives SHOW TABLE STATUS the catalog of a listing.
func listStatus(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	return transform.Node(ctx, n, func(_ *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
		status, ok := n.(*gmsplan.ShowTableStatus)
		if !ok {
			return n, transform.SameTree, nil
		}
		listing := *status
		listing.Catalog = statusCatalog{status.Catalog}
		return &listing, transform.NewTree, nil
	})
}

// listedKey is the key of a context's databases, in lower case, that a statement about information_schema asks for.
type listedKey struct{}

// listsDatabase reports whether the statement of ctx may want to know about a database.
func listsDatabase(ctx context.Context, name string) bool {
	wanted, narrowed := ctx.Value(listedKey{}).([]string)
	return !narrowed || !isASCII(name) || slices.Contains(wanted, strings.ToLower(name))
}

// NarrowListing returns the context to bind and run a statement in whose args are given. If it reads one table of
// information_schema and wants certain databases alone, the others are not listed: describing all tables of all sources
// takes long, and what another source has does not matter.
func NarrowListing(ctx *sql.Context, stmt sqlparser.Statement, args map[string]sqlparser.Expr) *sql.Context {
	query, ok := stmt.(*sqlparser.Select)
	if !ok || query.With != nil || query.Where == nil || len(query.From) != 1 || !readsInformation(ctx, query.From[0]) {
		return ctx
	}
	alone := true
	_ = sqlparser.Walk(func(n sqlparser.SQLNode) (bool, error) {
		if _, ok := n.(*sqlparser.Subquery); ok {
			alone = false
		}
		return alone, nil
	}, query)
	wanted, ok := databasesOf(ctx, query.Where.Expr, args)
	if !alone || !ok {
		return ctx
	}
	return ctx.WithContext(context.WithValue(ctx.Context, listedKey{}, wanted))
}

// readsInformation reports a table of information_schema.
func readsInformation(ctx *sql.Context, from sqlparser.TableExpr) bool {
	aliased, ok := from.(*sqlparser.AliasedTableExpr)
	if !ok {
		return false
	}
	table, ok := aliased.Expr.(sqlparser.TableName)
	db := table.DbQualifier.String()
	if db == "" {
		db = ctx.GetCurrentDatabase()
	}
	return ok && strings.EqualFold(db, sql.InformationSchemaDatabaseName)
}

// schemaColumns are the columns of information_schema that name the database of a row.
var schemaColumns = []string{"table_schema", "constraint_schema", "index_schema"}

// databasesOf returns the databases that a condition is true for at most, in lower case; ok is false if they are not known.
func databasesOf(ctx *sql.Context, e sqlparser.Expr, args map[string]sqlparser.Expr) (names []string, ok bool) {
	switch e := e.(type) {
	case *sqlparser.AndExpr:
		if names, ok = databasesOf(ctx, e.Left, args); ok {
			return names, true
		}
		return databasesOf(ctx, e.Right, args)
	case *sqlparser.ParenExpr:
		return databasesOf(ctx, e.Expr, args)
	case *sqlparser.ComparisonExpr:
		column, value := e.Left, e.Right
		if _, ok := column.(*sqlparser.ColName); !ok && e.Operator == sqlparser.EqualStr {
			column, value = value, column
		}
		named, ok := column.(*sqlparser.ColName)
		if !ok || !slices.Contains(schemaColumns, named.Name.Lowered()) {
			return nil, false
		}
		list := sqlparser.ValTuple{value}
		if e.Operator == sqlparser.InStr {
			list, _ = value.(sqlparser.ValTuple)
		} else if e.Operator != sqlparser.EqualStr {
			return nil, false
		}
		for _, v := range list {
			name, ok := databaseName(ctx, v, args)
			if !ok {
				return nil, false
			}
			names = append(names, strings.ToLower(name))
		}
		return names, len(names) > 0
	}
	return nil, false
}

// databaseName is the constant that a database is compared with. Outside of ASCII, and with spaces at the end, names may be
// equal that are not the same.
func databaseName(ctx *sql.Context, e sqlparser.Expr, args map[string]sqlparser.Expr) (string, bool) {
	var name string
	switch e := e.(type) {
	case *sqlparser.SQLVal:
		if e.Type == sqlparser.ValArg {
			arg, ok := args[strings.TrimPrefix(string(e.Val), ":")].(*sqlparser.SQLVal)
			if !ok {
				return "", false
			}
			e = arg
		}
		if e.Type != sqlparser.StrVal {
			return "", false
		}
		name = string(e.Val)
	case *sqlparser.FuncExpr:
		if called := e.Name.Lowered(); called != "database" && called != "schema" || len(e.Exprs) > 0 {
			return "", false
		}
		name = ctx.GetCurrentDatabase()
	default:
		return "", false
	}
	return name, isASCII(name) && !strings.HasSuffix(name, " ")
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}
