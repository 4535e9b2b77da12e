package mysql

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
)

// origins counts the plans so far: made for one run, made and kept, and run again.
func (g *gateway) origins() (once, made, kept int) {
	g.t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(g.metrics.plans)
	families, err := registry.Gather()
	if err != nil {
		g.t.Fatal(err)
	}
	counts := make(map[string]int)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			counts[m.GetLabel()[0].GetValue()] = int(m.GetCounter().GetValue())
		}
	}
	return counts["once"], counts["new"], counts["kept"]
}

// runsBy checks which plan a statement has when it runs.
func (g *gateway) runsBy(origin string, what string, run func()) {
	g.t.Helper()
	once, made, kept := g.origins()
	run()
	o, m, k := g.origins()
	got := fmt.Sprint(strings.Repeat("once ", o-once), strings.Repeat("new ", m-made), strings.Repeat("kept ", k-kept))
	if strings.TrimSpace(got) != origin {
		g.t.Errorf("%s: plans %q, want %q", what, got, origin)
	}
}

func (g *gateway) exec(c *sql.Conn, statements ...string) {
	g.t.Helper()
	for _, s := range statements {
		if _, err := c.ExecContext(background, s); err != nil {
			g.t.Fatalf("%s: %v", s, err)
		}
	}
}

// answers checks the one cell of a query's result.
func (g *gateway) answers(c querier, query, want string, args ...any) {
	g.t.Helper()
	rows, err := texts(c, query, args...)
	if err != nil || len(rows) != 1 || rows[0][0] != want {
		g.t.Errorf("%s %v: %q, %v; want %s", query, args, rows, err, want)
	}
}

// What a statement means may depend on every setting, so that each has a plan of its own; the same settings have the same.
func TestPlansAreOfTheSessionsSettings(t *testing.T) {
	g := start(t)
	g.sqlite("other", "CREATE TABLE numbers (id INTEGER); INSERT INTO numbers VALUES (7)")
	root, _ := g.conn(g.open(""))
	const query = "SELECT COUNT(*) FROM numbers"
	count := func(want string) func() {
		return func() { g.t.Helper(); g.answers(root, query, want) }
	}
	g.runsBy("new", "first", count("2500"))
	g.runsBy("kept", "again", count("2500"))
	for _, set := range []string{
		"SET sql_mode = 'ANSI_QUOTES'", "SET time_zone = '+05:00'", "SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SET silogate_pushdown = OFF",
		"SET silogate_dynamic_filters = OFF", "SET silogate_disabled_rules = 'prune'", "SET silogate_max_scan_bytes = 1000000000",
		"SET sql_select_limit = 5", "SET group_concat_max_len = 77", "SET cte_max_recursion_depth = 7",
	} {
		g.exec(root, set)
		g.runsBy("new", set, count("2500"))
		count("2500")() // the run before may have taught how many rows there are
		g.runsBy("kept", set+" again", count("2500"))
	}
	other, _ := g.conn(g.open(""))
	g.runsBy("kept", "another session", func() { g.answers(other, query, "2500") })
	g.exec(other, "USE other")
	g.runsBy("new", "another database", func() { g.answers(other, query, "1") })
	g.exec(other, "USE fake")
	g.runsBy("kept", "the database before", func() { g.answers(other, query, "2500") })
	g.exec(other, "SET sql_select_limit = 0")
	rows, err := texts(other, "SELECT id FROM numbers")
	if err != nil || len(rows) != 0 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// The texts of statements mean what they meant when they were prepared.
func TestPlansOfStatementsPreparedUnderOtherSettings(t *testing.T) {
	g := start(t)
	const query = `SELECT "id" FROM numbers WHERE id = 7`
	root, _ := g.conn(g.open(""))
	stmt, err := root.PrepareContext(background, query)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	g.exec(root, "SET sql_mode = 'ANSI_QUOTES'")
	for range 3 {
		var prepared string
		if err := stmt.QueryRowContext(background).Scan(&prepared); err != nil || prepared != "id" {
			t.Errorf("prepared: %q, %v", prepared, err)
		}
		g.answers(root, query, "7")
	}
	all, err := root.PrepareContext(background, "SELECT id FROM numbers WHERE id > ?")
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	for _, limit := range []int{7, 2, 7} {
		g.exec(root, fmt.Sprintf("SET sql_select_limit = %d", limit))
		for range 2 {
			rows, err := all.QueryContext(background, 100)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for rows.Next() {
				n++
			}
			if rows.Close(); n != limit || rows.Err() != nil {
				t.Errorf("%d rows under a limit of %d, %v", n, limit, rows.Err())
			}
		}
	}
}

// Rights and their loss are those of the moment.
func TestPlansOfUsers(t *testing.T) {
	g := start(t)
	const query = "SELECT COUNT(*) FROM fake.numbers"
	root, _ := g.conn(g.open(""))
	ann, _ := g.conn(g.account("ann", "GRANT SELECT ON fake.numbers TO ann", "GRANT SELECT ON other.* TO ann"))
	bob, _ := g.conn(g.account("bob", "GRANT SELECT ON other.* TO bob"))
	for range 3 {
		g.answers(root, query, "2500")
		g.answers(ann, query, "2500")
		_, err := texts(bob, query)
		wantErrno(t, "bob", err, 1142, "42000")
	}
	_, _, before := g.origins()
	if before < 2 {
		t.Errorf("%d plans ran again", before)
	}
	g.exec(root, "REVOKE SELECT ON fake.numbers FROM ann", "GRANT SELECT ON fake.numbers TO bob")
	g.answers(bob, query, "2500")
	g.answers(bob, query, "2500")
	_, err := texts(ann, query)
	wantErrno(t, "ann", err, 1142, "42000")
	g.exec(root, "DROP USER bob")
	if _, err := texts(bob, query); err == nil {
		t.Error("an account that was dropped reads by a plan of its own")
	}
}

// Servers are those of the moment.
func TestPlansOfServersThatChange(t *testing.T) {
	g := start(t)
	g.sqlite("a", "CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1), (2)")
	g.sqlite("b", "CREATE TABLE t (id INTEGER, more TEXT); INSERT INTO t VALUES (3, 'x')")
	root, _ := g.conn(g.open(""))
	sum := func(want string) { g.t.Helper(); g.answers(root, "SELECT SUM(id) FROM a.t", want) }
	for range 3 {
		sum("3")
	}
	rows, err := texts(root, "SHOW SERVERS LIKE 'b'")
	if err != nil {
		t.Fatal(err)
	}
	g.exec(root, "ALTER SERVER a OPTIONS (SET "+rows[0][2]+")")
	for range 3 {
		sum("3")
		g.answers(root, "SELECT GROUP_CONCAT(more) FROM a.t", "x")
	}
	g.exec(root, "DROP SERVER a")
	_, err = texts(root, "SELECT SUM(id) FROM a.t")
	wantErrno(t, "a dropped server", err, 1049, "42000")
}

// What is new in each run is no part of a plan.
func TestPlansAreNotOfTheMoment(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	moments := make(map[string]bool)
	for range 4 {
		rows, err := texts(root, "SELECT NOW(6), SYSDATE(6), RAND(), UUID(), id FROM numbers WHERE id = 1")
		if err != nil {
			t.Fatal(err)
		}
		for i, cell := range rows[0][:4] {
			if key := fmt.Sprint(i, cell); moments[key] {
				t.Errorf("%s again", cell)
			} else {
				moments[key] = true
			}
		}
	}
	var last string
	for range 4 {
		rows, err := texts(root, "SELECT NOW(6), id FROM numbers WHERE id = 1 AND NOW() > '2020-01-01'")
		if err != nil || rows[0][0] == last {
			t.Errorf("%q after %s, %v", rows, last, err)
		}
		last = rows[0][0]
	}
	if _, _, kept := g.origins(); kept == 0 {
		t.Error("no plan ran again")
	}
}

// A user variable has the value of the moment, of whatever type.
func TestPlansAndUserVariables(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	other, _ := g.conn(g.open(""))
	g.exec(other, "SET @x = '9'")
	const query = "SELECT CONCAT(@x, ' ', @x + 1, ' ', n) FROM (SELECT COUNT(*) AS n FROM numbers WHERE id > @x) AS q"
	for range 2 {
		for _, c := range []struct{ value, want string }{
			{"7", "7 8 2493"}, {"8", "8 9 2492"}, {"'8'", "8 9 2492"}, {"1.5", "1.5 2.5 2499"}, {"1.25", "1.25 2.25 2499"}, {"NULL", "NULL"}, {"2499.5e0", "2499.5 2500.5 1"},
		} {
			for range 3 {
				g.exec(root, "SET @x = "+c.value)
				g.answers(root, query, c.want)
				g.answers(other, query, "9 10 2491")
			}
		}
	}
	g.exec(root, "SET @x = 5")
	g.answers(root, query, "5 6 2495")
	g.exec(root, "SET @x = 6")
	g.runsBy("kept", "another value", func() { g.answers(root, query, "6 7 2494") })
}

// Prepared statements have the parameters of the moment, of whatever type.
func TestPlansAndParameters(t *testing.T) {
	g := start(t)
	db := g.open("")
	db.SetMaxOpenConns(1)
	stmt, err := db.Prepare("SELECT CONCAT(?, ' ', n) FROM (SELECT COUNT(*) AS n FROM numbers WHERE id > ?) AS q")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	for range 3 {
		for _, c := range []struct {
			args []any
			want any
		}{
			{[]any{1, 2}, "1 2498"}, {[]any{2, 2}, "2 2498"}, {[]any{"1", 2}, "1 2498"}, {[]any{1, 2.5}, "1 2498"}, {[]any{1.5, 2.5}, "1.5 2498"},
			{[]any{nil, 2}, nil}, {[]any{"x", nil}, "x 0"}, {[]any{"x", "7"}, "x 2493"}, {[]any{[]byte{65}, uint64(1) << 63}, "A 0"},
			{[]any{"a\n1", "2"}, "a\n1 2498"},
		} {
			var got sql.NullString
			if err := stmt.QueryRow(c.args...).Scan(&got); err != nil || got.Valid != (c.want != nil) || got.Valid && got.String != c.want {
				t.Errorf("%v: %q, %v; want %v", c.args, got.String, err, c.want)
			}
		}
	}
	if _, _, kept := g.origins(); kept < 10 {
		t.Errorf("%d plans ran again", kept)
	}
}

// What is not all said by the key and the tables has no plan to run again.
func TestPlansThatAreNotKept(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	_, madeBefore, keptBefore := g.origins()
	g.exec(root, "SET @n = 0", "PREPARE s FROM 'SELECT COUNT(*) FROM numbers WHERE id > ?'")
	for _, query := range []string{
		"EXECUTE s USING @n", "EXPLAIN SELECT * FROM numbers", "EXPLAIN ANALYZE SELECT * FROM numbers",
		"SELECT COUNT(*) FROM numbers, information_schema.schemata WHERE schema_name = 'fake'",
		"SELECT UUID() FROM numbers LIMIT 1", "SELECT COUNT(*) FROM NUMBERS",
		"SELECT '" + strings.Repeat("x", longestPlan) + "', COUNT(*) FROM numbers",
		"SET @n = (SELECT COUNT(*) FROM numbers)", "SELECT COUNT(*) FROM numbers INTO @n",
	} {
		for range 3 {
			if err := g.ran(root, query); err != nil {
				t.Errorf("%.60s: %v", query, err)
			}
		}
		if _, made, kept := g.origins(); made > madeBefore || kept > keptBefore {
			t.Fatalf("%.60s: %d plans were kept, %d ran again", query, made, kept)
		}
	}
}

// The last of several statements has the plan that it has alone, the others have none.
func TestPlansOfSeveralStatements(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open("multiStatements=true"))
	for range 3 {
		rows, err := root.QueryContext(background, "SELECT MIN(id) FROM numbers; SELECT MAX(id) FROM numbers")
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []int{1, 2500} {
			got := 0
			if !rows.Next() || rows.Scan(&got) != nil || got != want || rows.Next() || rows.NextResultSet() != (i == 0) {
				t.Errorf("%d instead of %d, %v", got, want, rows.Err())
			}
		}
		rows.Close()
		g.answers(root, "SELECT MAX(id) FROM numbers", "2500")
	}
}

// ran runs statements to their end.
func (g *gateway) ran(c *sql.Conn, query string) error {
	rows, err := c.QueryContext(background, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() || rows.NextResultSet() {
	}
	return rows.Err()
}

// What a run teaches is in the next plan, which is kept then.
func TestPlansLearn(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	for _, origin := range []string{"new", "new", "kept", "kept"} {
		g.runsBy(origin, "a condition that is more selective than was guessed", func() {
			g.answers(root, "SELECT id FROM numbers WHERE id % 2500 = 0", "2500")
		})
	}
}

// What an analysis finds out is in the next plan.
func TestPlansAndAnalyses(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	run := func() { g.t.Helper(); g.answers(root, "SELECT COUNT(*) FROM numbers", "2500") }
	for _, statement := range []string{
		"ANALYZE TABLE numbers", "ANALYZE TABLE numbers UPDATE HISTOGRAM ON id", "ANALYZE TABLE numbers DROP HISTOGRAM ON id",
	} {
		run()
		g.runsBy("kept", "before "+statement, run)
		if err := g.ran(root, statement); err != nil {
			t.Fatal(err)
		}
		g.runsBy("new", "after "+statement, run)
	}
}

// A plan is run by several sessions at the same time, with joins that tell scans about their keys.
func TestAPlanRunsInManySessionsAtOnce(t *testing.T) {
	g := start(t)
	g.sqlite("lite", "CREATE TABLE t (id INTEGER, name TEXT); INSERT INTO t WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 100) SELECT n, 'n' || n FROM s")
	db := g.open("interpolateParams=false")
	queries := map[string]string{
		"SELECT COUNT(*) FROM numbers": "2500",
		"SELECT COUNT(*) FROM numbers AS n JOIN lite.t ON t.id = n.id WHERE t.id % 2 = 0":                                 "50",
		"WITH w AS (SELECT id FROM lite.t WHERE id < 50) SELECT COUNT(*) FROM w AS a JOIN w AS b ON a.id = b.id + 1":      "48",
		"SELECT COUNT(*) FROM numbers AS n WHERE id IN (SELECT id FROM lite.t) AND NOW() > '2020-01-01'":                  "100",
		"SELECT MAX(c) FROM (SELECT id % 10 AS k, COUNT(*) AS c FROM numbers GROUP BY k) AS g":                            "250",
		"SELECT SUM(s) FROM (SELECT SUM(id) OVER (PARTITION BY id % 3 ORDER BY id) - id AS s FROM lite.t WHERE id < 7) x": "6",
	}
	const sessions, each = 6, 20
	group, ctx := errgroup.WithContext(background)
	for range sessions {
		group.Go(func() error {
			for range each {
				for query, want := range queries {
					var got string
					if err := db.QueryRowContext(ctx, query).Scan(&got); err != nil || got != want {
						return fmt.Errorf("%s: %q, %w", query, got, err)
					}
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if _, made, kept := g.origins(); kept < made {
		t.Errorf("%d plans were made, %d ran again", made, kept)
	}
}

// The plans that are kept are few, and those that nobody asks for go.
func TestPlansAreBounded(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	for range 3 {
		g.answers(root, "SELECT COUNT(*) FROM numbers", "2500")
	}
	began, kept := time.Now(), "kept"
	for i := range 2 * mostPlans {
		g.answers(root, fmt.Sprintf("SELECT %d", i), fmt.Sprint(i))
	}
	if n := g.plans.kept.Len(); n > mostPlans {
		t.Errorf("%d plans", n)
	}
	if time.Since(began) > idlePlan { // on a machine with much else to do
		kept = "new"
	}
	g.runsBy(kept, "after many others", func() { g.answers(root, "SELECT COUNT(*) FROM numbers", "2500") })
	g.plans.sweep(time.Now().UnixNano())
	g.runsBy("kept", "after a sweep", func() { g.answers(root, "SELECT COUNT(*) FROM numbers", "2500") })
	g.plans.sweep(time.Now().Add(2 * idlePlan).UnixNano())
	if n := g.plans.kept.Len(); n > 0 {
		t.Errorf("%d plans that nobody asked for", n)
	}
}

// Warnings of a statement are those of its run, whichever plan it has.
func TestPlansAndWarnings(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	first := 0
	for range 3 {
		g.answers(root, "SELECT COUNT(*) FROM numbers WHERE id = CONCAT('5', 'x')", "1")
		rows, err := texts(root, "SHOW WARNINGS")
		if err != nil || len(rows) == 0 || first > 0 && len(rows) != first {
			t.Errorf("%q, %v; %d at first", rows, err, first)
		}
		first = len(rows)
		g.answers(root, "SELECT COUNT(*) FROM numbers", "2500")
		if rows, err := texts(root, "SHOW WARNINGS"); err != nil || len(rows) != 0 {
			t.Errorf("%q, %v", rows, err)
		}
	}
}
