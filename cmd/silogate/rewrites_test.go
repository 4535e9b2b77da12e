//go:build integration

package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/internal/testserver"
)

// eagerQuery returns a query of random aggregates over a join of sales with areas, of which each shop has several.
func eagerQuery(r *rand.Rand) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	groups := []string{pick("a.area", "s.kind", "a.area, s.kind", "a.size + 1", "CONCAT(a.area, s.kind)", "MONTH(s.day)")}
	items := slices.Clone(groups)
	for range 1 + r.IntN(4) {
		items = append(items, pick(
			"COUNT(*)", "COUNT(s.price)", "SUM(s.price)", "AVG(s.price)", "SUM(s.pieces)", "AVG(s.pieces)", "MIN(s.price)", "MAX(s.day)",
			"SUM(s.price * (1 - s.rebate))", "SUM(CASE WHEN s.pieces > 3 THEN s.price ELSE 0 END)", "BIT_XOR(s.pieces)", "COUNT(s.weight)",
			"MIN(a.size)", "COUNT(DISTINCT a.area)", "COUNT(DISTINCT s.kind)", "MAX(s.weight)",
		))
	}
	join := pick("JOIN areas a ON a.shop = s.shop", "LEFT JOIN areas a ON a.shop = s.shop", "JOIN areas a ON a.shop = s.shop AND a.size > 3",
		"JOIN areas a ON a.shop = s.shop AND (a.area = s.kind OR a.size < 7)")
	where := pick("", "WHERE s.pieces > 2", "WHERE a.size < 8", "WHERE s.kind <> 'k2' AND s.price > 10")
	text := fmt.Sprintf("SELECT %s FROM one.sales s %s %s", strings.Join(items, ", "), join, where)
	if r.IntN(6) > 0 {
		text += " GROUP BY " + groups[0]
	} else {
		text = strings.Replace(text, groups[0]+", ", "", 1)
	}
	return strings.ReplaceAll(text, "JOIN areas", "JOIN other.areas")
}

// TestEagerAggregate compares queries that are aggregated below a join with the same queries without.
func TestEagerAggregate(t *testing.T) {
	one, other := testserver.Postgres(t), testserver.Postgres(t)
	one.Exec(t,
		"CREATE TABLE sales (shop int, kind text, pieces int, price numeric(10,2), rebate numeric(3,2), weight float8, day date)",
		`INSERT INTO sales SELECT nullif(i % 37, 5), nullif('k' || i % 4, 'k3'), nullif(i % 11, 7), nullif((i * 7919 % 100000) / 100.0, 50), i % 10 / 100.0,
			i / 8.0, date '2024-01-01' + i % 300 FROM generate_series(1, 30000) i`,
		"ANALYZE sales")
	other.Exec(t, "CREATE TABLE areas (shop int, area text, size int)",
		"INSERT INTO areas SELECT nullif(i % 45, 7), 'k' || i % 6, nullif(i % 12, 2) FROM generate_series(1, 200) i",
		"ANALYZE areas")
	compareWithout(t, "eager_aggregate", eagerQuery, one, other, func(plan string) bool {
		return strings.Count(plan, "Aggregate")+strings.Count(plan, "GROUP BY") > 1
	})
}

// TestExpandOr compares joins on a disjunction that become several joins with the same joins as they are written.
func TestExpandOr(t *testing.T) {
	one, other := testserver.Postgres(t), testserver.Postgres(t)
	for _, pg := range []testserver.PG{one, other} {
		pg.Exec(t, "CREATE TABLE pairs (i int, d numeric(8,2), s text, w int)",
			`INSERT INTO pairs SELECT nullif(i * 31 % 700, 9), nullif(i * 17 % 900, 8) / 4.0, nullif('s' || i * 13 % 800, 's7'), i % 9
				FROM generate_series(1, 1000) i`, "ANALYZE pairs")
	}
	query := func(r *rand.Rand) string {
		pick := func(list ...string) string { return list[r.IntN(len(list))] }
		arms := make([]string, 2+r.IntN(2))
		for k := range arms {
			arms[k] = pick("a.i = b.i", "a.d = b.d", "a.s = b.s", "a.i = b.w AND a.d > b.d", "a.d = b.d AND a.w <> b.w", "a.s <=> b.s AND b.w = 3", "a.i = b.d")
		}
		return fmt.Sprintf("SELECT COUNT(*), SUM(a.i), SUM(b.d), MIN(CONCAT(a.s, b.s)) FROM one.pairs a JOIN other.pairs b ON (%s)%s",
			strings.Join(arms, " OR "), pick("", " AND a.w <> b.i", " WHERE a.w < 5"))
	}
	compareWithout(t, "expand_or", query, one, other, func(plan string) bool { return strings.Contains(plan, "Union") })
}

// TestLateColumns compares top-Ns that fetch the columns they show by a key with those that carry them along.
func TestLateColumns(t *testing.T) {
	one, other := testserver.Postgres(t), testserver.Postgres(t)
	one.Exec(t, "CREATE TABLE members (id int PRIMARY KEY, name text, note text, city int, joined date)",
		`INSERT INTO members SELECT i, nullif('n' || i % 900, 'n3'), repeat(chr(97 + i % 26), 80), nullif(i % 40, 9), date '2024-01-01' + i % 400
			FROM generate_series(1, 20000) i`, "ANALYZE members")
	other.Exec(t, "CREATE TABLE visits (n int, member int, spent numeric(10,2), day date)",
		`INSERT INTO visits SELECT i, nullif(i * 31 % 21000, 77), nullif((i * 7919 % 10000) / 100.0, 50), date '2024-06-01' + i % 90
			FROM generate_series(1, 30000) i`, "ANALYZE visits")
	query := func(r *rand.Rand) string {
		pick := func(list ...string) string { return list[r.IntN(len(list))] }
		from := "FROM other.visits v JOIN one.members m ON m.id = v.member " +
			pick("", "WHERE m.city < 20 ", "WHERE v.spent > 40 ", "WHERE m.joined > '2024-03-01' AND v.day < '2024-08-01' ")
		limit := pick(" LIMIT 10", " LIMIT 7 OFFSET 5", " LIMIT 100")
		if r.IntN(3) == 0 {
			return "SELECT m.note, v.day, m.name AS who, v.spent, m.id " + from + "ORDER BY " + pick("v.spent DESC, v.n", "v.day, v.spent, v.n", "m.city, v.n") + limit
		}
		total := pick("SUM(v.spent)", "COUNT(*)", "MAX(v.day)")
		return fmt.Sprintf("SELECT m.name, %s, m.note AS n, m.id k, UPPER(m.note) u %sGROUP BY m.id, m.name, m.note ORDER BY %s DESC, m.id%s",
			total, from, total, limit)
	}
	compareWithout(t, "late_columns", query, one, other, func(plan string) bool { return strings.Count(plan, `"members"`) > 1 })
}

// compareWithout compares random queries over two servers with the same queries without a rule, which most of them are to
// be rewritten by.
func compareWithout(t *testing.T, rule string, query func(*rand.Rand) string, one, other testserver.PG, rewritten func(plan string) bool) {
	t.Helper()
	first, count := seeds(t, 40, 3000)
	db := serving(t, "sources:\n"+postgresSource("one", one)+postgresSource("other", other), func(c *engine.Config) { c.Verify = true })
	with, without := session(t, db), session(t, db, "SET silogate_disabled_rules = '"+rule+"'")
	fired := uint64(0)
	for seed := first; seed < first+count; seed++ {
		text := query(rand.New(rand.NewPCG(seed, 8)))
		got, want := linesOf(t, with, text), linesOf(t, without, text)
		if !strings.Contains(text, "ORDER BY") { // by something without ties
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: %s\n%s\ninstead of\n%s", seed, text, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if rewritten(strings.Join(linesOf(t, with, "EXPLAIN "+text), "\n")) {
			fired++
		}
		if rewritten(strings.Join(linesOf(t, without, "EXPLAIN "+text), "\n")) {
			t.Fatalf("seed %d: %s is rewritten without the rule", seed, text)
		}
	}
	if t.Logf("%d of %d queries are rewritten", fired, count); fired < count/2 {
		t.Error("too few")
	}
}
