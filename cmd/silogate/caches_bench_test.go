//go:build integration

package main

import (
	"cmp"
	"database/sql"
	"math"
	"os"
	"testing"
	"time"

	"github.com/silogate/silogate/internal/testserver"
	"github.com/silogate/silogate/internal/tpch"
)

// BenchmarkCaches times q1, q6 and q3 of TPC-H over Parquet in S3, near and behind a link of 10 ms and 25 MB/s: with nothing cached, by a
// gateway that was restarted, and by one that has run them before. The
// least of all runs counts. SILOGATE_SCALE is the scale factor.
func BenchmarkCaches(b *testing.B) {
	data, err := tpch.Generate(cmp.Or(os.Getenv("SILOGATE_SCALE"), "0.1"))
	if err != nil {
		b.Fatal(err)
	}
	near := testserver.S3(b)
	for _, table := range []string{"lineitem", "orders", "customer"} {
		near.Put(b, "tpch/"+table+".parquet", data.Parquet(table))
	}
	var queries []string
	for _, n := range []int{1, 6, 3} {
		text, err := tpch.Query(n)
		if err != nil {
			b.Fatal(err)
		}
		queries = append(queries, tpch.Qualify(text, func(string) string { return "lake" }))
	}
	run := func(c *sql.Conn) (wall, cpu float64) {
		begun, before := time.Now(), cpuSeconds(b)
		for _, query := range queries {
			if _, err := queryTexts(b.Context(), c, query); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(begun).Seconds(), cpuSeconds(b) - before
	}
	far := near
	link := testserver.LinkTo(b, near.Endpoint[len("http://"):], testserver.LinkConfig{RoundTrip: 10 * time.Millisecond, Bandwidth: 25e6})
	far.Endpoint = "http://" + link.Addr()
	for where, store := range map[string]testserver.S3Store{"near": near, "far": far} {
		yaml := "sources:\n" + s3Source("lake", "tpch", store)
		warm := b.TempDir()
		c, _, stop := startOn(b, warm, yaml)
		run(c)
		run(c)
		stop()
		for _, from := range []string{"nothing", "disk", "memory"} {
			b.Run(where+"/"+from, func(b *testing.B) {
				leastWall, leastCPU := math.Inf(1), math.Inf(1)
				for b.Loop() {
					folder := warm
					if from == "nothing" {
						folder = b.TempDir()
					}
					c, _, stop := startOn(b, folder, yaml)
					if from == "memory" {
						run(c)
					}
					wall, cpu := run(c)
					leastWall, leastCPU = min(leastWall, wall), min(leastCPU, cpu)
					stop()
				}
				b.ReportMetric(leastWall*1000, "ms")
				b.ReportMetric(leastCPU*1000, "cpu-ms")
			})
		}
	}
}
