package bind

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// doubling is a query over CTEs each of which is one query of two of the one before, %s in the templates.
func doubling(ctes int, first, each, last string) string {
	list := []string{"c0 AS (" + first + ")"}
	for i := range ctes {
		list = append(list, fmt.Sprintf("c%d AS (%s)", i+1, strings.ReplaceAll(each, "%s", fmt.Sprintf("c%d", i))))
	}
	return "WITH " + strings.Join(list, ", ") + " " + fmt.Sprintf(last, fmt.Sprintf("c%d", ctes))
}

// TestDoubledCTEs binds queries whose CTEs, put in the place of each reference, would have 2^60 parts, and others that are bound.
func TestDoubledCTEs(t *testing.T) {
	b, ctx, _ := newBinder(t)
	_ = run(ctx, b, "create table scratch.own (x int)")
	const joined, counted = "SELECT a.x FROM %s a JOIN %s b", "SELECT COUNT(*) FROM %s"
	for name, c := range map[string]struct{ first, each, last string }{
		"of constants":        {"SELECT 1 x", joined, counted},
		"of a table":          {"SELECT n_nationkey x FROM nation", joined, counted},
		"of groups":           {"SELECT n_nationkey x FROM nation", "SELECT MAX(a.x) x FROM %s a JOIN %s b GROUP BY b.x", counted},
		"of unions":           {"SELECT 1 x", "SELECT x FROM %s UNION ALL SELECT x FROM %s", counted},
		"by INTERSECT":        {"SELECT 1 x", "SELECT x FROM %s INTERSECT SELECT x FROM %s", counted},
		"in subqueries":       {"SELECT 1 x", "SELECT (SELECT MAX(x) FROM %s) + (SELECT MIN(x) FROM %s) x", counted},
		"volatile":            {"SELECT RAND() x", joined, counted},
		"of a table of GMS's": {"SELECT x FROM scratch.own", joined, counted},
	} {
		for around, template := range map[string]string{
			"": "%s", "in a derived table": "SELECT * FROM (%s) t", "in SET": "SET @a = (%s)", "in INSERT": "INSERT INTO scratch.own %s", "explained": "EXPLAIN %s",
			"in a subquery": "SELECT (%s), n_name FROM nation",
		} {
			t.Run(strings.TrimSpace(name+" "+around), func(t *testing.T) {
				for ctes, refused := range map[int]bool{60: true, 3: false} {
					_, err := b.Bind(ctx, fmt.Sprintf(template, doubling(ctes, c.first, c.each, c.last)))
					if refused && !sqlerr.Is(err, sqlerr.StackOverrun) || !refused && sqlerr.Is(err, sqlerr.StackOverrun) {
						t.Errorf("%d CTEs: error %v", ctes, err)
					}
				}
			})
		}
	}
}

// TestSharedCTEs binds each CTE once.
func TestSharedCTEs(t *testing.T) {
	b, ctx, _ := newBinder(t)
	const ctes = 12
	for _, first := range []string{"SELECT 1 x", "SELECT n_nationkey x FROM nation"} {
		leaf := mustBind(t, ctx, b, doubling(ctes, first, "SELECT a.x FROM %s a JOIN %s b", "SELECT COUNT(*) FROM %s"))
		nodes := 0
		walk(leaf.Plan, func(plan.Node) { nodes++ })
		if nodes > 20*ctes {
			t.Errorf("of %s: the plan has %d nodes", first, nodes)
		}
	}
}

// TestSmallCTEs puts a constant CTE in the place of its references, where the optimizer knows its values.
func TestSmallCTEs(t *testing.T) {
	b, ctx, _ := newBinder(t)
	leaf := mustBind(t, ctx, b, "WITH p AS (SELECT DATE'1995-01-01' d) SELECT 1 FROM orders JOIN p a JOIN p b WHERE o_orderdate >= a.d AND o_orderdate < b.d")
	if _, shared := leaf.Plan.(*plan.With); shared {
		t.Error(format(leaf))
	}
}

// TestBindInterrupted ends a statement while it is being bound.
func TestBindInterrupted(t *testing.T) {
	b, ctx, _ := newBinder(t)
	why := sqlerr.New(sqlerr.Cancelled, "killed")
	for _, query := range []string{"SELECT 1 + 1", "SELECT n_name FROM nation", "SHOW TABLES", "SELECT * FROM information_schema.tables"} {
		ended, cancel := context.WithCancelCause(ctx)
		cancel(why)
		_, err := b.Bind(sql.NewContext(ended, sql.WithSession(ctx.Session)), query)
		if !sqlerr.Is(err, sqlerr.Cancelled) {
			t.Errorf("%s: error %v", query, err)
		}
	}
}
