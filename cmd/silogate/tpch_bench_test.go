//go:build integration

package main

import (
	"cmp"
	"fmt"
	"os"
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
			for b.Loop() {
				if _, err := queryTexts(b.Context(), conn, query); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
