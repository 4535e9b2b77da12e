//go:build integration

package postgres

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/testserver"
)

// A query that the server finds cheap is planned by it once for a while, and takes one round trip and one to end the
// transaction, whatever the size of its table.
func TestCheapQueriesTakeOneRoundTrip(t *testing.T) {
	pg := testserver.Postgres(t)
	pg.Exec(t, `CREATE TABLE big (id int PRIMARY KEY, pad text)`,
		`INSERT INTO big SELECT g, repeat('x', 1000) FROM generate_series(1, 40000) g`, `VACUUM ANALYZE big`)
	link := testserver.LinkTo(t, pg.Host, testserver.LinkConfig{})
	pg.Host = link.Addr()
	f := newFixture(t, pg, nil)
	scan := f.scan("big", "id")
	where := func(last int64) connectors.Fragment {
		id, literal := scan.Cols[0].Ref(), func(v int64) expr.Expr { return &expr.Literal{Value: types.IntValue(v), Typ: scan.Cols[0].Type} }
		compare := func(f expr.Func, v int64) expr.Expr {
			return &expr.Call{Func: f, Args: []expr.Expr{id, literal(v)}, Typ: types.Of(types.Bool)}
		}
		return f.pushed(&plan.Filter{Input: scan, Conds: []expr.Expr{compare(expr.Ge, 100), compare(expr.Le, last)}})
	}
	trips := func(doing func()) int64 {
		before := link.Trips().Count()
		doing()
		return link.Trips().Count() - before
	}
	estimate := func(fragment connectors.Fragment) func() {
		return func() {
			if e, err := fragment.Estimate(t.Context()); err != nil || !(e.Rows > 0) {
				t.Fatal(e, err)
			}
		}
	}
	few, many := where(102), where(39_000)
	f.rows(few, run{}) // connects
	if n := trips(estimate(few)); n != 1 {
		t.Errorf("the first estimate took %d round trips", n)
	}
	if n := trips(estimate(where(102))); n != 0 {
		t.Errorf("the same estimate took %d round trips", n)
	}
	var rows []string
	if n := trips(func() { rows = f.rows(few, run{parallel: 2}) }); n != 2 || !slices.Equal(rows, []string{"100", "101", "102"}) {
		t.Errorf("%d round trips for rows %v", n, rows)
	}
	// So is a lookup of keys that a join found out.
	of := func(scan *plan.Scan) run {
		in := &expr.In{Arg: scan.Cols[0].Ref()}
		for id := range int64(100) {
			in.List = append(in.List, types.IntValue(1+id*399))
		}
		return run{parallel: 2, dynamic: known{in}}
	}
	whole := f.pushed(scan)
	if n := trips(func() { rows = f.rows(whole, of(scan)) }); n != 2 || len(rows) != 100 {
		t.Errorf("%d round trips for %d rows", n, len(rows))
	}
	// More than a batch is divided and comes over connections of its own.
	estimate(many)()
	before := link.Counts().Connections
	if rows := f.rows(many, run{parallel: 2}); len(rows) != 38_901 || link.Counts().Connections == before {
		t.Errorf("%d rows by %d more connections", len(rows), link.Counts().Connections-before)
	}
}

// What ANALYZE knows of a table is asked for once for a while, unless it was analyzed meanwhile.
func TestStatisticsAreAskedForOnce(t *testing.T) {
	pg := testserver.Postgres(t)
	pg.Exec(t, `CREATE TABLE counted AS SELECT g AS id FROM generate_series(1, 1000) g`, `ANALYZE counted`)
	link := testserver.LinkTo(t, pg.Host, testserver.LinkConfig{})
	pg.Host = link.Addr()
	f := newFixture(t, pg, nil)
	ask := func(anew bool) (int64, int64) {
		table := f.scan("counted").Table // described anew
		before := link.Trips().Count()
		_, columns, err := f.source.Statistics(t.Context(), table, anew)
		if err != nil || len(columns) != 1 {
			t.Fatal(columns, err)
		}
		return columns[0].Max.Int, link.Trips().Count() - before
	}
	most := func() (int64, int64) { return ask(false) }
	if id, trips := most(); id != 1000 || trips != 0 { // they came with the description
		t.Errorf("ids up to %d by %d round trips", id, trips)
	}
	if id, trips := most(); id != 1000 || trips != 0 {
		t.Errorf("again: ids up to %d by %d round trips", id, trips)
	}
	if id, trips := ask(true); id != 1000 || trips == 0 {
		t.Errorf("anew: ids up to %d by %d round trips", id, trips)
	}
	pg.Exec(t, `INSERT INTO counted SELECT g FROM generate_series(1001, 2000) g`, `ANALYZE counted`)
	if id, trips := most(); id != 2000 || trips == 0 {
		t.Errorf("analyzed again: ids up to %d by %d round trips", id, trips)
	}
}

// Tables that are asked for while the connection for metadata is busy come by one query, each to who asked for it.
func TestTablesAreDescribedTogether(t *testing.T) {
	pg := testserver.Postgres(t)
	const n = 10
	for i := range n {
		pg.Exec(t, fmt.Sprintf("CREATE TABLE t%d AS SELECT 1 AS c%d", i, i))
	}
	pg.Exec(t, "VACUUM ANALYZE")
	link := testserver.LinkTo(t, pg.Host, testserver.LinkConfig{})
	pg.Host = link.Addr()
	f := newFixture(t, pg, nil)
	src := f.source
	busy, err := src.pool.forMetadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := link.Trips().Count()
	var asking sync.WaitGroup
	for i := range 2 * n { // each twice, and some that are not there
		asking.Go(func() {
			name := plan.TableName{Namespace: "public", Name: fmt.Sprintf("t%d", i/2*2)}
			table, err := src.Table(t.Context(), name, connectors.AsOf{})
			switch {
			case i/2*2 >= n:
				if !sqlerr.Is(err, sqlerr.UnknownTable) {
					t.Errorf("%s: %v", name, err)
				}
			case err != nil:
				t.Errorf("%s: %v", name, err)
			case table.Name != name || table.Columns[0].Name != "c"+name.Name[1:]:
				t.Errorf("asked for %s and got %s with %s", name, table.Name, table.Columns[0].Name)
			}
		})
	}
	for open := 0; open < 2*n; runtime.Gosched() {
		src.wishes.mu.Lock()
		open = len(src.wishes.open)
		src.wishes.mu.Unlock()
	}
	busy.release()
	asking.Wait()
	if trips := link.Trips().Count() - before; trips > 4 { // for the first of each and the second, which is prepared for it
		t.Errorf("%d round trips", trips)
	}
}
