package bind

import (
	"cmp"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/silogate/silogate/engine/sqlerr"
)

// readOnly is GMS's rule against writes to databases that can't be written. GMS goes by the database that a table is in, and here
// temporary tables are in those of sources, and views over them are made.
const readOnly = "validateReadOnlyDatabase"

// onlySourcesAreRead takes the place of that rule.
func onlySourcesAreRead(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, _ *gmsplan.Scope, _ analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	var err error
	transform.InspectWithOpaque(ctx, n, func(ctx *sql.Context, n sql.Node) bool {
		switch n := n.(type) {
		case *gmsplan.InsertInto:
			err = ofNoSource(ctx, n.Destination)
		case *gmsplan.Update:
			err = ofNoSource(ctx, n.Child, assigned(ctx, n)...)
		case *gmsplan.DeleteFrom:
			for _, target := range n.GetDeleteTargets() {
				if err == nil {
					err = ofNoSource(ctx, target)
				}
			}
		case *gmsplan.CreateTable:
			if ofSource(n.Database()) && !n.Temporary() {
				err = writesSource(n.Database().Name())
			}
		case *gmsplan.CreateView, *gmsplan.DropView:
		case *gmsplan.LockTables:
			return false
		default:
			if !gmsplan.IsDDLNode(n) {
				return err == nil
			}
			err = ofNoSource(ctx, n)
		}
		return false
	})
	return n, transform.SameTree, err
}

func ofSource(db sql.Database) bool {
	if privileged, ok := db.(interface{ Unwrap() sql.Database }); ok {
		db = privileged.Unwrap()
	}
	_, federated := db.(*viewDatabase)
	return federated
}

// assigned are the names of the tables that an UPDATE writes.
func assigned(ctx *sql.Context, n *gmsplan.Update) (names []string) {
	transform.InspectExpressions(ctx, n, func(_ *sql.Context, e sql.Expression) bool {
		if set, ok := e.(*expression.SetField); ok {
			if column, ok := set.LeftChild.(*expression.GetField); ok {
				names = append(names, strings.ToLower(column.Table()))
			}
		}
		return true
	})
	return names
}

// ofNoSource refuses what has tables of sources, but in its subqueries; with names only those under a name.
func ofNoSource(ctx *sql.Context, n sql.Node, names ...string) (err error) {
	alias := ""
	transform.InspectWithOpaque(ctx, n, func(_ *sql.Context, n sql.Node) bool {
		if a, ok := n.(*gmsplan.TableAlias); ok {
			alias = a.Name()
			return err == nil
		}
		if rt, ok := n.(sql.TableNode); ok && err == nil {
			name := cmp.Or(alias, rt.Name())
			alias = ""
			if t, ok := rt.UnderlyingTable().(*table); ok && (len(names) == 0 || slices.Contains(names, strings.ToLower(name))) {
				err = writesSource(t.db)
			}
		}
		return err == nil
	})
	return err
}

func writesSource(db string) error {
	return sqlerr.New(sqlerr.ReadOnly, "Database %s is read-only: it is one of a source, whose tables can't be written", db)
}
