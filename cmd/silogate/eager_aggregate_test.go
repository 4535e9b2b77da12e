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

// TestEagerAggregate compares the answers of queries that are aggregated below a join with those of the same queries without.
func TestEagerAggregate(t *testing.T) {
	first, count := seeds(t, 80, 5000)
	one, other := testserver.Postgres(t), testserver.Postgres(t)
	one.Exec(t,
		"CREATE TABLE sales (shop int, kind text, pieces int, price numeric(10,2), rebate numeric(3,2), weight float8, day date)",
		`INSERT INTO sales SELECT nullif(i % 37, 5), nullif('k' || i % 4, 'k3'), nullif(i % 11, 7), nullif((i * 7919 % 100000) / 100.0, 50), i % 10 / 100.0,
			i / 8.0, date '2024-01-01' + i % 300 FROM generate_series(1, 30000) i`,
		"ANALYZE sales")
	other.Exec(t, "CREATE TABLE areas (shop int, area text, size int)",
		"INSERT INTO areas SELECT nullif(i % 45, 7), 'k' || i % 6, nullif(i % 12, 2) FROM generate_series(1, 200) i",
		"ANALYZE areas")
	db := serving(t, "sources:\n"+postgresSource("one", one)+postgresSource("other", other), func(c *engine.Config) { c.Verify = true })
	eager, lazy := session(t, db), session(t, db, "SET silogate_disabled_rules = 'eager_aggregate'")
	below := 0
	for seed := first; seed < first+count; seed++ {
		text := eagerQuery(rand.New(rand.NewPCG(seed, 8)))
		got, want := linesOf(t, eager, text), linesOf(t, lazy, text)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: %s\n%s\ninstead of\n%s", seed, text, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if plan := strings.Join(linesOf(t, eager, "EXPLAIN "+text), "\n"); strings.Count(plan, "Aggregate")+strings.Count(plan, "GROUP BY") > 1 {
			below++
		}
	}
	if count > 20 && uint64(below) < count/2 {
		t.Errorf("%d of %d queries are aggregated below the join", below, count)
	} else {
		t.Logf("%d of %d queries are aggregated below the join", below, count)
	}
}
