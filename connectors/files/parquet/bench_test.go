//go:build unix

package parquet

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/blob"
)

// BenchmarkLineitem decodes columns of TPC-H lineitem, the file that SILOGATE_LINEITEM names, and reports rows per second
// of CPU, garbage collection included.
func BenchmarkLineitem(b *testing.B) {
	path := os.Getenv("SILOGATE_LINEITEM")
	if path == "" {
		b.Skip("SILOGATE_LINEITEM names no file")
	}
	store, f, err := openFile(b, path)
	if err != nil {
		b.Fatal(err)
	}
	for name, columns := range map[string][]string{
		"numbers": {"l_quantity", "l_extendedprice", "l_discount", "l_shipdate"},
		"keys":    {"l_orderkey", "l_partkey", "l_suppkey", "l_linenumber"},
		"texts":   {"l_comment", "l_shipmode", "l_returnflag"},
	} {
		b.Run(name, func(b *testing.B) {
			var positions []int
			for _, c := range columns {
				positions = append(positions, position(f, c))
			}
			begin, rows := cpuTime(), 0
			for b.Loop() {
				rows += decodeAll(b, store, f, positions)
			}
			b.ReportMetric(float64(rows)/1e6/(cpuTime()-begin).Seconds(), "Mrows/cpu-s")
		})
	}
}

// decodeAll reads columns of all row groups and returns the number of rows.
func decodeAll(b *testing.B, store blob.Store, f *File, columns []int) int {
	mem := memory.NewGoAllocator()
	pool := blob.NewPool(mem)
	defer pool.Close()
	rows := 0
	for g := range f.Parts() {
		err := readGroup(b.Context(), mem, pool, store, f, g, columns, 8<<20, 8192, func(column int, a arrow.Array) {
			if column == 0 {
				rows += a.Len()
			}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return rows
}

func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
