//go:build integration

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/internal/testserver"
	"github.com/silogate/silogate/internal/tpch"
)

// TestTPCHReduction checks that of tables in two Postgres servers no query reads many rows of a table of which a join drops
// nine in ten: the keys of its other side go to the server. And that the answers are right.
func TestTPCHReduction(t *testing.T) {
	data, err := tpch.Generate("0.1")
	if err != nil {
		t.Fatal(err)
	}
	one, other := testserver.Postgres(t), testserver.Postgres(t)
	for _, pg := range []testserver.PG{one, other} {
		if err := data.LoadPostgres(t.Context(), pg.URL(), "public", false, tpch.Tables...); err != nil {
			t.Fatal(err)
		}
	}
	db := serving(t, "sources:\n"+postgresSource("one", one)+postgresSource("other", other),
		func(c *engine.Config) { c.Verify = true })
	conn := session(t, db)
	for _, there := range [][]string{
		{"lineitem"}, {"customer", "orders", "nation", "region"}, {"part", "supplier", "customer", "nation", "region"},
	} {
		home := func(table string) string {
			if slices.Contains(there, table) {
				return "other"
			}
			return "one"
		}
		for n := 1; n <= 22; n++ {
			t.Run(fmt.Sprintf("%s/q%d", strings.Join(there, ","), n), func(t *testing.T) {
				checkQuery(t, conn, data, n, home)
				text, err := tpch.Query(n)
				if err != nil {
					t.Fatal(err)
				}
				var explained struct {
					Plan ranNode `json:"query_plan"`
				}
				lines := linesOf(t, conn, "EXPLAIN ANALYZE FORMAT=JSON "+tpch.Qualify(text, home))
				if err := json.Unmarshal([]byte(lines[0]), &explained); err != nil {
					t.Fatal(err)
				}
				wasted := explained.Plan.wasted()
				if n == 5 {
					// Of customer each of its two keys alone leaves more than a tenth.
					wasted = slices.DeleteFunc(wasted, func(w string) bool { return strings.Contains(w, `FROM "public"."customer" AS t1`) })
				}
				for _, w := range wasted {
					t.Error(w)
				}
			})
		}
	}
}

// ranNode is a node of EXPLAIN ANALYZE FORMAT=JSON.
type ranNode struct {
	Operator   string
	Operation  string
	Actual     struct{ Rows float64 }
	Properties struct{ Tables []string }
	Inputs     []ranNode
}

// manyRows is from how many rows on a leaf counts.
const manyRows = 5000

// wasted returns the tables read below n of whose many rows a join leaves less than a tenth. What a server has joined already
// is no table.
func (n ranNode) wasted() []string {
	var found []string
	for _, in := range n.Inputs {
		found = append(found, in.wasted()...)
		leaf := in
		for len(leaf.Inputs) == 1 && leaf.Operator != "aggregate" {
			leaf = leaf.Inputs[0]
		}
		drops := strings.HasPrefix(n.Operation, "Inner join") || strings.HasPrefix(n.Operation, "Semi join")
		if drops && leaf.Operator == "remote" && len(leaf.Properties.Tables) == 1 && leaf.Actual.Rows >= manyRows && leaf.Actual.Rows > 10*n.Actual.Rows {
			found = append(found, fmt.Sprintf("%.0f rows are read and %.0f left by %s: %s", leaf.Actual.Rows, n.Actual.Rows, n.Operation, leaf.Operation))
		}
	}
	return found
}
