//go:build integration

package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/internal/randsql"
	"github.com/silogate/silogate/internal/testdb"
	"github.com/silogate/silogate/internal/testserver"
)

// aggregateQuery returns a query of random aggregates of one table, many of them DISTINCT.
func aggregateQuery(r *rand.Rand) randsql.Query {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	tables := testdb.Tables()
	table := tables[r.IntN(len(tables))]
	var q randsql.Query
	var items, groups []string
	add := func(kind testdb.Kind, format string, args ...any) {
		items, q.Kinds = append(items, fmt.Sprintf(format, args...)), append(q.Kinds, kind)
	}
	for range r.IntN(3) {
		c := table.Columns[r.IntN(len(table.Columns))]
		add(c.Kind, "%s", c.Name)
		groups = append(groups, c.Name)
	}
	column := func() testdb.Column { return table.Columns[r.IntN(len(table.Columns))] }
	number := func() testdb.Column {
		for {
			if c := column(); c.Kind == testdb.Integer || c.Kind == testdb.Decimal {
				return c
			}
		}
	}
	for range 1 + r.IntN(5) {
		distinct := pick("", "DISTINCT ")
		switch r.IntN(8) {
		case 0:
			add(testdb.Integer, "COUNT(DISTINCT %s, %s)", column().Name, column().Name)
		case 1:
			add(testdb.Integer, "COUNT(%s%s)", distinct, column().Name)
		case 2:
			c := number()
			add(c.Kind, "%s(%s%s)", pick("SUM", "AVG"), distinct, c.Name)
		case 3:
			c := column()
			add(c.Kind, "%s(%s%s)", pick("MIN", "MAX"), distinct, c.Name)
		case 4:
			add(testdb.Integer, "%s(%s)", pick("BIT_AND", "BIT_OR", "BIT_XOR"), number().Name)
		case 5:
			// Of exact numbers MariaDB shows four decimals.
			add(testdb.Double, "%s(%s + 0e0)", pick("VAR_POP", "VAR_SAMP", "STDDEV_POP", "STDDEV_SAMP", "VARIANCE", "STD"), number().Name)
		case 6:
			var list []string
			for range 1 + r.IntN(2) {
				c := column()
				for c.Kind == testdb.Double || c.Kind == testdb.Datetime { // shown otherwise by MariaDB
					c = column()
				}
				list = append(list, c.Name)
			}
			// All that is shown is ordered by: rows that are equal there are equal in the result.
			order := strings.Join(list, pick(", ", " DESC, "))
			add(testdb.Text, "GROUP_CONCAT(%s%s ORDER BY %s%s%s)", distinct, strings.Join(list, ", "), order, pick("", " DESC"),
				pick("", " SEPARATOR ''", " SEPARATOR '; '", " SEPARATOR 'ü'"))
		case 7:
			// MariaDB prints JSON otherwise, and objects keep members of one key there.
			add(testdb.Integer, "JSON_LENGTH(JSON_ARRAYAGG(%s))", column().Name)
		}
	}
	q.SQL = "SELECT " + strings.Join(items, ", ") + " FROM " + table.Name
	if r.IntN(4) == 0 {
		q.SQL += " WHERE " + number().Name + pick(" > 0", " IS NULL", " < -1000000000000")
	}
	if len(groups) > 0 {
		q.SQL += " GROUP BY " + strings.Join(groups, ", ")
	}
	return q
}

// TestRandomAggregates compares random aggregates with MariaDB, computed here over many streams and by the sources.
func TestRandomAggregates(t *testing.T) {
	count := 400
	if nightly {
		count = 10000
	}
	maria := testserver.MariaDB(t)
	maria.Exec(t, testdb.MariaDB(testdb.Tables())...)
	oracleDB, err := sql.Open("mysql", maria.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer oracleDB.Close()
	oracle := session(t, oracleDB, "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin",
		"SET sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'")
	gateway := serving(t, silos(t), func(c *engine.Config) { c.Verify, c.Parallelism = true, 3 })
	on, off := session(t, gateway, "SET silogate_pushdown = ON"), session(t, gateway, "SET silogate_pushdown = OFF")
	r, differ := rand.New(rand.NewPCG(7, 7)), 0
	var drawn strings.Builder
	for range count {
		q := aggregateQuery(r)
		drawn.WriteString(q.SQL)
		want, wantErr := answer(t.Context(), oracle, q, q.SQL)
		for name, conn := range map[string]*sql.Conn{"on": on, "off": off} {
			for home, databases := range homes {
				got, err := answer(t.Context(), conn, q, placed(q.SQL, databases))
				if (err != nil) == (wantErr != nil) && same(q, got, want) {
					continue
				}
				if differ++; differ <= 60 {
					t.Errorf("%s, pushdown %s: %s\n%v %v\ngot\n%s\nwant\n%s", home, name, q.SQL, err, wantErr, lines(got), lines(want))
				}
			}
		}
	}
	t.Logf("%d queries, %d differences", count, differ)
	for _, f := range []string{
		"COUNT", "SUM", "AVG", "MIN", "MAX", "BIT_AND", "BIT_OR", "BIT_XOR", "VAR_POP", "VAR_SAMP", "STDDEV_POP", "STDDEV_SAMP", "VARIANCE",
		"STD", "GROUP_CONCAT", "JSON_ARRAYAGG",
	} {
		if !strings.Contains(drawn.String(), f+"(") {
			t.Errorf("no query has %s", f)
		}
	}
}
