//go:build integration

package main

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"syscall"
	"testing"

	"github.com/silogate/silogate/internal/tpch"
)

// BenchmarkTPCH times each TPC-H query over local Parquet through the wire, in one process with the client: for
// profiles and for benchstat. SILOGATE_SCALE is the scale factor. How peers compare is what `make bench` measures.
func BenchmarkTPCH(b *testing.B) {
	data, err := tpch.Generate(cmp.Or(os.Getenv("SILOGATE_SCALE"), "0.1"))
	if err != nil {
		b.Fatal(err)
	}
	db := serving(b, fmt.Sprintf("sources:\n  local: {type: objectstore, url: \"file://%s\"}\n", data.Dir()))
	conn, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	for n := 1; n <= 22; n++ {
		b.Run(fmt.Sprintf("q%02d", n), func(b *testing.B) {
			text, err := tpch.Query(n)
			if err != nil {
				b.Fatal(err)
			}
			query := tpch.Qualify(text, func(string) string { return "local" })
			b.ReportAllocs()
			least := math.Inf(1)
			for b.Loop() {
				before := cpuSeconds(b)
				if _, err := queryTexts(b.Context(), conn, query); err != nil {
					b.Fatal(err)
				}
				least = min(least, cpuSeconds(b)-before)
			}
			b.ReportMetric(least*1000, "cpu-ms")
		})
	}
}

// cpuSeconds is the CPU time that the process has taken, which other processes disturb less than they do the clock's.
func cpuSeconds(b *testing.B) float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(usage.Utime) + seconds(usage.Stime)
}
