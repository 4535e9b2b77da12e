//go:build integration

package main

import (
	"fmt"
	"math"
	"testing"

	"github.com/silogate/silogate/internal/testserver"
	"github.com/silogate/silogate/internal/tpch"
)

// BenchmarkStatement times statements over so few rows that what a statement costs by itself is most of it: a point
// query and two of TPC-H, as text, prepared, and with another constant each time.
func BenchmarkStatement(b *testing.B) {
	const scale = "0.01"
	data, err := tpch.Generate(scale)
	if err != nil {
		b.Fatal(err)
	}
	pg := testserver.Postgres(b)
	if err := data.LoadPostgres(b.Context(), pg.URL(), "public", false, tpch.Tables...); err != nil {
		b.Fatal(err)
	}
	db := serving(b, fmt.Sprintf("sources:\n  lake: {type: objectstore, url: \"file://%s\"}\n", data.Dir())+postgresSource("pg", pg))
	conn, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	queries := map[string]string{"point": "SELECT n_name FROM nation WHERE n_nationkey = 7"}
	for _, n := range []int{3, 21} {
		if queries[fmt.Sprintf("q%d", n)], err = tpch.Query(n); err != nil {
			b.Fatal(err)
		}
	}
	for _, source := range []string{"lake", "pg"} {
		in := func(string) string { return source }
		for _, name := range []string{"point", "q3", "q21"} {
			query := tpch.Qualify(queries[name], in)
			b.Run(source+"/text/"+name, func(b *testing.B) {
				measure(b, func(int) error {
					_, err := queryTexts(b.Context(), conn, query)
					return err
				})
			})
		}
		point := tpch.Qualify("SELECT n_name FROM nation WHERE n_nationkey = ", in)
		b.Run(source+"/text/points", func(b *testing.B) {
			measure(b, func(n int) error {
				_, err := queryTexts(b.Context(), conn, point+fmt.Sprint(n))
				return err
			})
		})
		b.Run(source+"/prepared/points", func(b *testing.B) {
			stmt, err := conn.PrepareContext(b.Context(), point+"?")
			if err != nil {
				b.Fatal(err)
			}
			defer stmt.Close()
			measure(b, func(n int) error {
				rows, err := stmt.QueryContext(b.Context(), n)
				if err != nil {
					return err
				}
				for rows.Next() {
				}
				return rows.Close()
			})
		})
	}
}

// measure runs a statement again and again and reports the CPU time of the one that took least.
func measure(b *testing.B, run func(n int) error) {
	b.ReportAllocs()
	least := math.Inf(1)
	for n := 0; b.Loop(); n++ {
		before := cpuSeconds(b)
		if err := run(n); err != nil {
			b.Fatal(err)
		}
		least = min(least, cpuSeconds(b)-before)
	}
	b.ReportMetric(least*1000, "cpu-ms")
}
