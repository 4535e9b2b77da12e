package bind

import (
	"slices"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Ids of the package's own rules, out of the way of GMS's.
const (
	takeOverID analyzer.RuleId = 10001 + iota
	fullAnalysisID
)

// takeOver is the first rule of every analysis. At the root of a statement it turns a query that is federated, reads tables of Scratch or no
// table into a Leaf, or each federated query inside another statement into one, and refuses what touches files. Below the root there is nothing left to decide.
func (b *Binder) takeOver(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, scope *gmsplan.Scope, _ analyzer.RuleSelector, flags *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	if err := refuseFiles(ctx, a, n); err != nil {
		return n, transform.SameTree, err
	}
	if !scope.IsEmpty() {
		return n, transform.SameTree, nil
	}
	if isQuery(n) && !shows(n) {
		take := b.takeConstant
		if beyondGMS(ctx, n) || (seenQueries{}).readsStored(ctx, n) {
			take = b.take
		}
		leaf, err := take(ctx, a, n, flags)
		switch {
		case err != nil:
			return n, transform.SameTree, err
		case leaf == nil:
			if err := boundSize(ctx, n); err != nil {
				return n, transform.SameTree, err
			}
			n, same, err := memberTexts(ctx, n)
			if err != nil {
				return n, same, err
			}
			n, unshown, err := showColumns(ctx, n)
			return n, same && unshown, err
		}
		return leaf, transform.NewTree, nil
	}
	if taken, err := b.takeWrite(ctx, a, n, flags); err != nil || taken != nil {
		return taken, transform.NewTree, err
	}
	if do, err := takeDo(ctx, a, n, flags); err != nil || do != nil {
		return do, transform.NewTree, err
	}
	n, same, err := takeParts(ctx, a, n, flags)
	if err != nil {
		return n, same, err
	}
	if err := boundSize(ctx, n); err != nil {
		return n, same, err
	}
	if set, ok := n.(*gmsplan.Set); ok {
		kept, unchanged, err := keepCollations(ctx, assignedTogether(set))
		return kept, same && unchanged, err
	}
	if !same {
		return n, same, nil
	}
	return showColumns(ctx, n)
}

// isQuery reports whether n is the root of a query, as opposed to a statement that may contain one.
func isQuery(n sql.Node) bool {
	switch n.(type) {
	case *gmsplan.Project, *gmsplan.Filter, *gmsplan.Having, *gmsplan.GroupBy, *gmsplan.Sort,
		*gmsplan.TopN, *gmsplan.Limit, *gmsplan.Offset, *gmsplan.Distinct, *gmsplan.SetOp, *gmsplan.JoinNode,
		*gmsplan.SubqueryAlias, *gmsplan.TableAlias, *gmsplan.ResolvedTable, *gmsplan.RecursiveCte:
		return true
	}
	return false
}

// shows reports whether n describes a table, which GMS does: what it filters are not the table's rows.
func shows(n sql.Node) bool {
	for {
		switch n.(type) {
		case *gmsplan.Filter, *gmsplan.Having, *gmsplan.Sort, *gmsplan.Limit, *gmsplan.Offset:
			n = n.Children()[0]
		default:
			_, columns := n.(*gmsplan.ShowColumns)
			_, indexes := n.(*gmsplan.ShowIndexes)
			return columns || indexes
		}
	}
}

// beyondGMS reports a query that GMS can't run, or would answer wrongly.
func beyondGMS(ctx *sql.Context, n sql.Node) bool {
	return federated(ctx, n) || rollsUp(ctx, n) || outerAggregates(ctx, n)
}

// federated reports whether n reads a federated table or one of GMS's accounts, or has a window function, at any depth: what GMS does not run.
// It would: but of its help tables, which are empty, it reads a row without columns.
func federated(ctx *sql.Context, n sql.Node) bool {
	found := false
	seenQueries{}.walk(ctx, n, func(n sql.Node) bool {
		if rt, ok := n.(*gmsplan.ResolvedTable); ok {
			_, ours := rt.UnderlyingTable().(*table)
			_, grants := rt.Database().(*mysql_db.MySQLDb)
			found = found || ours || grants
		}
		return !found
	}, func(e sql.Expression) bool {
		_, windowed := e.(*windowCall)
		found = found || windowed
		return !found
	})
	return found
}

// inspectSubqueries calls visit on the subqueries in e, not on those inside them.
func inspectSubqueries(ctx *sql.Context, e sql.Expression, visit func(*gmsplan.Subquery)) {
	sql.Inspect(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		if sq, ok := e.(*gmsplan.Subquery); ok {
			visit(sq)
			return false
		}
		return true
	})
}

// take validates and imports a query.
func (b *Binder) take(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, flags *sql.QueryFlags) (*Leaf, error) {
	if err := b.validate(ctx, a, n, make(seenQueries), nil, flags); err != nil {
		return nil, err
	}
	n, _, err := b.selectLimit.Apply(ctx, a, n, nil, anyRule, flags)
	if err != nil {
		return nil, err
	}
	return b.importQuery(ctx, n)
}

// takeParts replaces the outermost federated queries of a statement that GMS runs. What stands in INSERT ... SELECT and
// CREATE TABLE ... AS is left alone: GMS analyzes it as a root of its own.
func takeParts(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, flags *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	correlates := false // subqueries may read columns of the statement, and those over scratch tables are GMS's then
	replace := func(ctx *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		sq, ok := e.(*gmsplan.Subquery)
		if !ok || !beyondGMS(ctx, sq.Query) && (correlates || !(seenQueries{}).readsStored(ctx, sq.Query)) {
			return e, transform.SameTree, nil
		}
		if !sq.Correlated().Empty() {
			return nil, transform.SameTree, sqlerr.New(sqlerr.Unsupported,
				"a subquery over federated tables or with window functions that reads columns of the statement around it is not supported in this statement")
		}
		leaf, err := a.Analyze(ctx, sq.Query, nil, flags)
		if err != nil {
			return nil, transform.SameTree, err
		}
		return sq.WithQuery(leaf).WithExecBuilder(a.ExecBuilder), transform.NewTree, nil
	}
	switch n := n.(type) {
	case *gmsplan.Set, *gmsplan.Call:
		return transform.NodeExprs(ctx, n, replace)
	case *gmsplan.Update, *gmsplan.DeleteFrom:
		correlates = true
		return transform.NodeExprs(ctx, n, replace)
	case *gmsplan.InsertInto:
		if _, ok := n.Source.(*gmsplan.Values); !ok {
			return n, transform.SameTree, nil
		}
		source, same, err := transform.NodeExprs(ctx, n.Source, replace)
		if err != nil || same {
			return n, transform.SameTree, err
		}
		return n.WithSource(source), transform.NewTree, nil
	case *gmsplan.Into:
		if !beyondGMS(ctx, n.Child) && !(seenQueries{}).readsStored(ctx, n.Child) {
			return n, transform.SameTree, nil
		}
		leaf, err := a.Analyze(ctx, n.Child, nil, flags)
		if err != nil {
			return n, transform.SameTree, err
		}
		into, err := n.WithChildren(ctx, leaf)
		return into, transform.NewTree, err
	}
	return n, transform.SameTree, nil
}

// unnesting are the rules that make joins of subqueries. They can't look into a Leaf.
var unnesting = []string{"unnestInSubqueries", "unnestExistsSubqueries"}

// routines is the rule that gives GMS's information_schema.routines its rows, for which it lists all databases in every statement.
const routines = "assignRoutines"

// truncation is the rule that makes TRUNCATE of DELETE: see keepDelete, whose condition others drop.
const truncation = "processTruncate"

// guard keeps the unnesting rules from statements that hold a Leaf in a subquery, the truncation rule from DELETE, and the routines rule from those that do
// not read GMS's routines: one about a single table asks no other source. No rule begins once the statement has ended.
func guard(a *analyzer.Analyzer) {
	for _, batch := range a.Batches {
		batch.Rules = slices.Clone(batch.Rules)
		for i, r := range batch.Rules {
			r = interruptible(r)
			batch.Rules[i] = r
			var skip func(*sql.Context, sql.Node) bool
			switch id := r.Id.String(); {
			case slices.Contains(unnesting, id):
				skip = holdsLeaf
			case id == readOnly:
				batch.Rules[i].Apply = onlySourcesAreRead
				continue
			case id == truncation:
				skip = func(_ *sql.Context, n sql.Node) bool { return isDelete(n) }
			case id == routines:
				skip = func(ctx *sql.Context, n sql.Node) bool { return !readsRoutines(ctx, n) }
			default:
				continue
			}
			batch.Rules[i].Apply = func(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, scope *gmsplan.Scope, sel analyzer.RuleSelector, flags *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
				if skip(ctx, n) {
					return n, transform.SameTree, nil
				}
				return r.Apply(ctx, a, n, scope, sel, flags)
			}
		}
	}
}

func isDelete(n sql.Node) bool {
	_, ok := n.(*gmsplan.DeleteFrom)
	return ok
}

// readsRoutines reports whether a table of n is information_schema.routines.
func readsRoutines(ctx *sql.Context, n sql.Node) bool {
	found := false
	seenQueries{}.inspect(ctx, n, func(_ *sql.Context, n sql.Node) bool {
		if rt, ok := n.(*gmsplan.ResolvedTable); ok {
			_, routines := rt.Table.(analyzer.RoutineTable)
			found = found || routines
		}
		return !found
	})
	return found
}

// holdsLeaf reports whether a subquery of n's expressions has been taken.
func holdsLeaf(ctx *sql.Context, n sql.Node) bool {
	found := false
	transform.InspectExpressions(ctx, n, func(_ *sql.Context, e sql.Expression) bool {
		if sq, ok := e.(*gmsplan.Subquery); ok {
			_, leaf := sq.Query.(*Leaf)
			found = found || leaf
		}
		return !found
	})
	return found
}

var fullAnalysis sync.Once

// forceFullAnalysis keeps GMS from analyzing SELECT ... FROM one table with a fixed list of rules that no analyzer can
// extend. It does so only while analyzer.AlwaysBeforeDefault, GMS's process-wide extension point, is empty. Simple writes it analyzes with such
// a list all the same, which then begins with takeSimple.
func forceFullAnalysis() {
	fullAnalysis.Do(func() {
		analyzer.AlwaysBeforeDefault = slices.Concat(analyzer.AlwaysBeforeDefault, []analyzer.Rule{{Id: fullAnalysisID, Apply: takeSimple}})
	})
}

// takeSimple is takeOver for the writes that the analyzer's own rules do not see, and keepDelete for what is not taken.
func takeSimple(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, scope *gmsplan.Scope, sel analyzer.RuleSelector, flags *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	switch n.(type) {
	case *gmsplan.Update, *gmsplan.DeleteFrom, *gmsplan.InsertInto:
	default:
		return n, transform.SameTree, nil
	}
	for _, batch := range a.Batches {
		for _, r := range batch.Rules {
			if r.Id != takeOverID {
				continue
			}
			taken, same, err := r.Apply(ctx, a, n, scope, sel, flags)
			if err != nil || !same {
				return taken, same, err
			}
		}
	}
	return keepDelete(ctx, a, n, scope, sel, flags)
}

// keepDelete gives a DELETE without a condition one that holds. GMS has a fixed list of rules for it too, of which one makes it TRUNCATE: that rule looks for
// the table's triggers in the current database, which need not be the table's, nor be there, and lists all tables of it.
func keepDelete(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, _ *gmsplan.Scope, _ analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	d, ok := n.(*gmsplan.DeleteFrom)
	if !ok {
		return n, transform.SameTree, nil
	}
	table, ok := d.Child.(*gmsplan.ResolvedTable)
	if !ok {
		return n, transform.SameTree, nil
	}
	kept, err := d.WithChildren(ctx, gmsplan.NewFilter(ctx, expression.NewLiteral(true, gmstypes.Boolean), table))
	return kept, transform.NewTree, err
}

// noRunner is the Runner of a Binder without one.
func noRunner(*sql.Context, *Leaf) (Rows, error) {
	return nil, sqlerr.New(sqlerr.Unsupported, "federated tables are not supported in this statement")
}
