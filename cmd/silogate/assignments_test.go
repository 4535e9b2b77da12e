package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/internal/testdb"
)

// TestAssignmentsAgreeWithWindows numbers rows and adds them up with user variables, over each placement, in random orders and groups,
// within a limit and beyond: a window function says the same.
func TestAssignmentsAgreeWithWindows(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	table := testdb.Table{Name: "t1", Columns: []testdb.Column{
		{Name: "id", Kind: testdb.Integer}, {Name: "a", Kind: testdb.Integer}, {Name: "s", Kind: testdb.Text},
		{Name: "d", Kind: testdb.Decimal, Precision: 10, Scale: 2},
	}}
	for id := range 400 {
		row := []any{fmt.Sprint(id), fmt.Sprint(r.IntN(40)), string(rune('a' + r.IntN(5))), fmt.Sprintf("%d.%02d", r.IntN(1000)-500, r.IntN(100))}
		for i := range row {
			if i > 0 && r.IntN(10) == 0 {
				row[i] = nil
			}
		}
		table.Rows = append(table.Rows, row)
	}
	for _, batch := range []int{0, 1, 7} {
		db := serving(t, localSilos(t, []testdb.Table{table}), func(c *engine.Config) { c.BatchRows, c.Parallelism = batch, 3 })
		conn := session(t, db)
		for round := range 40 {
			from := []string{"lite.t1", "lake.t1"}[r.IntN(2)]
			where := []string{"", "WHERE a < 25", "WHERE s <> 'c' OR a IS NULL"}[r.IntN(3)]
			key := []string{"a", "s", "d", "s DESC, a"}[r.IntN(4)] + ", id"
			limit := []string{"", " LIMIT 50", " LIMIT 1", " LIMIT 20 OFFSET 10"}[r.IntN(4)]
			group := []string{"a", "s"}[r.IntN(2)]
			// What is skipped is not counted, and a window counts before the limit: so it is over the rows that are left.
			windows := fmt.Sprintf("SELECT id, ROW_NUMBER() OVER (ORDER BY %[1]s), SUM(COALESCE(d, 0)) OVER (ORDER BY %[1]s ROWS UNBOUNDED PRECEDING),"+
				" ROW_NUMBER() OVER (PARTITION BY %[2]s ORDER BY %[1]s), LAG(id) OVER (PARTITION BY %[2]s ORDER BY %[1]s)"+
				" FROM (SELECT * FROM %[3]s %[4]s ORDER BY %[2]s, %[1]s%[5]s) q ORDER BY %[2]s, %[1]s", key, group, from, where, limit)
			assigned := fmt.Sprintf("SELECT id, n, total, k, before_ FROM (SELECT id, n, total, @k := IF(@begun AND @g <=> %[2]s, @k + 1, 1) AS k,"+
				" IF(@k = 1, NULL, @last) AS before_, @last := id, @g := %[2]s, @begun := 1"+
				" FROM (SELECT p.*, @n := @n + 1 AS n, @t := @t + COALESCE(d, 0) AS total FROM (SELECT * FROM %[3]s %[4]s ORDER BY %[2]s, %[1]s%[5]s) p,"+
				" (SELECT @n := 0, @t := 0, @k := 0, @g := NULL, @begun := 0, @last := NULL) i ORDER BY %[1]s) q ORDER BY %[2]s, %[1]s) r",
				key, group, from, where, limit)
			want, err := queryTexts(t.Context(), conn, windows)
			if err != nil {
				t.Fatalf("%s\n%v", windows, err)
			}
			got, err := queryTexts(t.Context(), conn, assigned)
			if err != nil {
				t.Fatalf("%s\n%v", assigned, err)
			}
			if !slices.EqualFunc(got, want, slices.Equal) {
				t.Fatalf("batches of %d, round %d: %s\n got %v\nwant %v", batch, round, assigned, brief(got, want), brief(want, got))
			}
		}
	}
}

// brief is the first row of a that b has otherwise.
func brief(a, b [][]string) string {
	for i := range a {
		if i >= len(b) || !slices.Equal(a[i], b[i]) {
			return fmt.Sprintf("%d rows, row %d: %s", len(a), i, strings.Join(a[i], " | "))
		}
	}
	return fmt.Sprintf("%d rows", len(a))
}
