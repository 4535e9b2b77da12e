//go:build integration

package main

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/randsql"
	"github.com/silogate/silogate/internal/testdb"
	"github.com/silogate/silogate/internal/testserver"
)

// silos makes the tables of testdb in Postgres, MariaDB, SQLite and a lake, and returns the configuration of the sources.
func silos(t *testing.T) string {
	t.Helper()
	return silosOf(t, testdb.Tables())
}

func silosOf(t *testing.T, tables []testdb.Table) string {
	t.Helper()
	pg := testserver.Postgres(t)
	pg.Exec(t, testdb.Postgres(tables)...)
	maria := testserver.MariaDB(t)
	maria.Exec(t, testdb.MariaDB(tables)...)
	return localSilos(t, tables) + postgresSource("pg", pg) + mysqlSource("my", maria)
}

func mysqlSource(name string, maria testserver.Maria) string {
	return fmt.Sprintf("  %s: {type: mysql, url: \"mysql://%s@%s/%s\", password: %q}\n",
		name, maria.User, maria.Host, maria.Database, maria.Password)
}

// homes are the placements: the database of each table.
var homes = map[string]map[string]string{
	"pg":    allIn("pg"),
	"my":    allIn("my"),
	"lite":  allIn("lite"),
	"lake":  allIn("lake"),
	"mixed": {"t0": "lake", "t1": "pg", "t2": "lite", "t3": "my", "t4": "pg"},
}

// TestRandomQueries compares random queries with MariaDB, over every placement, with pushdown on and off.
func TestRandomQueries(t *testing.T) {
	first, count := seeds(t, 300, 100_000)
	randomRun{config: silos(t), tables: testdb.Tables(), homes: homes}.compare(t, first, count)
}

// TestRandomQueriesSpilling does with batches of few rows, and operators that are refused memory whenever they could do
// with less.
func TestRandomQueriesSpilling(t *testing.T) {
	first, count := seeds(t, 60, 3000)
	r := rand.New(rand.NewPCG(first, 5))
	var mu sync.Mutex
	refuse := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return r.IntN(2) == 0
	}
	for _, rows := range []int{1, 7} {
		for name, query := range map[string]func(uint64) randsql.Query{"queries": randsql.New, "windows": randsql.NewWindow} {
			t.Run(fmt.Sprintf("%s rows=%d", name, rows), func(t *testing.T) {
				randomRun{
					config: silos(t), tables: testdb.Tables(), homes: homes, query: query,
					tune: func(c *engine.Config) { c.BatchRows, c.RefuseIf = rows, refuse },
				}.compare(t, first, count)
			})
		}
	}
}

// TestRandomWindows does so with window functions.
func TestRandomWindows(t *testing.T) {
	first, count := seeds(t, 300, 100_000)
	randomRun{config: silos(t), tables: testdb.Tables(), homes: homes, query: randsql.NewWindow}.compare(t, first, count)
}

// TestRandomOuterAggregates does so with aggregates of a query in its subqueries.
func TestRandomOuterAggregates(t *testing.T) {
	first, count := seeds(t, 60, 20_000)
	randomRun{config: silos(t), tables: testdb.Tables(), homes: homes, query: randsql.NewOuter}.compare(t, first, count)
}

// randomRun is what random queries read.
type randomRun struct {
	query  func(seed uint64) randsql.Query // nil: randsql.New
	config string                          // of the gateway
	tables []testdb.Table
	homes  map[string]map[string]string                                     // placements of the tables in the gateway's databases
	oracle func(*testing.T, []testdb.Table) *sql.Conn                       // what answers are compared with; nil: MariaDB
	fit    func(q randsql.Query, want, got [][]string) (fitting [][]string) // the oracle's rows as the gateway shows such; nil: the same
	tune   func(*engine.Config)                                             // or nil
	names  string                                                           // the statement that sets the gateway's literals up; empty: as in mariaDB
	fold   func(string) string                                              // what counts of a text; nil: all of it
}

// mariaDB is a session of a MariaDB with the tables.
func mariaDB(t *testing.T, tables []testdb.Table, settings ...string) *sql.Conn {
	t.Helper()
	maria := testserver.MariaDB(t)
	maria.Exec(t, testdb.MariaDB(tables)...)
	db, err := sql.Open("mysql", maria.DSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return session(t, db, append([]string{"SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin",
		"SET sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'",
		"SET max_statement_time = 60", // a random join of joins may take days: it counts as refused
	}, settings...)...)
}

// compare compares the random queries of some seeds with the oracle.
func (r randomRun) compare(t *testing.T, first, count uint64) {
	if r.query == nil {
		r.query = randsql.New
	}
	if r.oracle == nil {
		r.oracle = func(t *testing.T, tables []testdb.Table) *sql.Conn { return mariaDB(t, tables) }
	}
	exempt := readExemptions(t, "testdata/random_exemptions.txt")
	oracle := r.oracle(t, r.tables)
	gateway := serving(t, r.config, func(c *engine.Config) {
		c.Verify, c.Parallelism = true, 3
		if r.tune != nil {
			r.tune(c)
		}
	})
	names := cmp.Or(r.names, "SET NAMES utf8mb4 COLLATE utf8mb4_0900_bin") // literals compare as they do in the oracle
	sessions := map[string]*sql.Conn{
		"on":               session(t, gateway, names, "SET silogate_pushdown = ON"),
		"off":              session(t, gateway, names, "SET silogate_pushdown = OFF"),
		"on without rules": session(t, gateway, names, "SET silogate_pushdown = ON"),
	}
	compared, refused, differ := 0, 0, 0
	for seed := first; seed < first+count; seed++ {
		q := r.query(seed)
		want, wantErr := answer(t.Context(), oracle, q, q.SQL)
		if wantErr != nil {
			refused++ // what the oracle does not take proves nothing
			continue
		}
		want = folded(q, want, r.fold)
		for _, home := range r.places(seed, count) {
			databases := r.homes[home]
			for _, run := range r.runs(seed, count) {
				conn := sessions[run.pushdown]
				if run.without != "" {
					if _, err := conn.ExecContext(t.Context(), run.without); err != nil {
						t.Fatal(err)
					}
				}
				compared++
				got, err := answer(t.Context(), conn, q, placed(q.SQL, databases))
				got = folded(q, got, r.fold)
				if r.fit != nil {
					want = r.fit(q, want, got)
				}
				if err == nil && same(q, got, want) || exempt.covers(home, fmt.Sprintf("%s => %v", q.SQL, err)) {
					continue
				}
				if differ++; differ <= 40 {
					more, missing := without(got, want), without(want, got)
					t.Errorf("seed %d, %s, %s: %s\n%v\n%d of %d rows\n%s\nwhere there should be\n%s", seed, home, run, q.SQL, err,
						len(more), len(got), lines(more), lines(missing))
				}
			}
		}
	}
	t.Logf("%d comparisons, %d queries refused, %d differences", compared, refused, differ)
}

// places are the placements in which a seed's query runs: all of them, or one where there are very many seeds.
func (r randomRun) places(seed, count uint64) []string {
	all := slices.Sorted(maps.Keys(r.homes))
	if count <= 1000 {
		return all
	}
	return all[seed%uint64(len(all)):][:1]
}

// runOf is how a query runs.
type runOf struct {
	pushdown string
	again    bool   // by the plan of the run before
	without  string // the statement that leaves rules out; empty: all are there
}

func (r runOf) String() string {
	if r.without != "" {
		return r.without
	}
	if r.again {
		return "pushdown " + r.pushdown + " by the plan before"
	}
	return "pushdown " + r.pushdown
}

// runs are how a seed's query runs: again, and without some rules, too, unless there are very many seeds and this is none of
// every eighth.
func (r randomRun) runs(seed, count uint64) (list []runOf) {
	for _, pushdown := range []string{"on", "off"} {
		list = append(list, runOf{pushdown: pushdown})
		if count <= 1000 || seed%8 == 0 {
			list = append(list, runOf{pushdown: pushdown, again: true})
		}
	}
	if count <= 1000 || seed%8 == 4 {
		rnd := rand.New(rand.NewPCG(seed, 6))
		rules := optimize.RuleNames()
		rnd.Shuffle(len(rules), func(i, j int) { rules[i], rules[j] = rules[j], rules[i] })
		list = append(list, runOf{pushdown: "on without rules", without: withoutRules(rules[:1+rnd.IntN(3)]...)})
	}
	return list
}

// folded are rows whose texts are what fold leaves of them, sorted anew; with nil they are the same.
func folded(q randsql.Query, rows [][]string, fold func(string) string) [][]string {
	if fold == nil {
		return rows
	}
	for _, row := range rows {
		for i, cell := range row {
			if q.Kinds[i] == testdb.Text && cell != `\N` {
				row[i] = fold(cell)
			}
		}
	}
	slices.SortFunc(rows, slices.Compare[[]string])
	return rows
}

// answer returns a query's rows, sorted; NULL as \N.
func answer(ctx context.Context, conn *sql.Conn, q randsql.Query, text string) ([][]string, error) {
	rows, err := conn.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out [][]string
	cells, targets := make([]sql.NullString, len(q.Kinds)), make([]any, len(q.Kinds))
	for i := range cells {
		targets[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		row := make([]string, len(cells))
		for i, c := range cells {
			if row[i] = c.String; !c.Valid {
				row[i] = `\N`
			} else if f, err := strconv.ParseFloat(c.String, 64); q.Kinds[i] == testdb.Double && err == nil {
				if f == 0 {
					f = 0 // MySQL shows a negative zero as -0, MariaDB as 0
				}
				row[i] = strconv.FormatFloat(f, 'g', 12, 64)
			}
		}
		out = append(out, row)
	}
	slices.SortFunc(out, slices.Compare[[]string])
	return out, rows.Err()
}

func same(q randsql.Query, got, want [][]string) bool {
	return slices.EqualFunc(got, want, func(a, b []string) bool {
		for i := range a {
			if a[i] == b[i] || q.Kinds[i] == testdb.Decimal && cutOff(a[i], b[i]) {
				continue
			}
			x, errX := strconv.ParseFloat(a[i], 64)
			y, errY := strconv.ParseFloat(b[i], 64)
			if q.Kinds[i] != testdb.Double || errX != nil || errY != nil || math.Abs(x-y) > 1e-9*math.Abs(x) {
				return false
			}
		}
		return true
	})
}

// cutOff reports whether want is the largest number of its type, and got a larger one of as many decimals: in its temporary tables MariaDB
// gives a quotient no more digits before the point than the dividend has before it and the divisor behind it; ABS(10) has one.
func cutOff(got, want string) bool {
	largest := strings.TrimPrefix(want, "-")
	_, wanted, _ := strings.Cut(want, ".")
	_, digits, _ := strings.Cut(got, ".")
	return len(digits) == len(wanted) && len(wanted) >= types.DivisionDigits && strings.Trim(largest, "9.") == "" &&
		strings.HasPrefix(got, "-") == strings.HasPrefix(want, "-") && len(got) > len(want)
}

// without returns the sorted rows that others, sorted too, have not.
func without(rows, others [][]string) [][]string {
	var out [][]string
	for _, row := range rows {
		for len(others) > 0 && slices.Compare(others[0], row) < 0 {
			others = others[1:]
		}
		if len(others) > 0 && slices.Equal(others[0], row) {
			others = others[1:]
			continue
		}
		out = append(out, row)
	}
	return out
}

func lines(rows [][]string) string {
	var b strings.Builder
	for i, r := range rows {
		if i == 8 {
			fmt.Fprintf(&b, "... %d rows\n", len(rows))
			break
		}
		fmt.Fprintf(&b, "%q\n", r)
	}
	return b.String()
}
