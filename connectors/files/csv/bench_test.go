//go:build unix

package csv

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
)

// BenchmarkRead decodes columns of the file that SILOGATE_CSV names, by one reader, and reports megabytes of the
// file a second of CPU, garbage collection included.
func BenchmarkRead(b *testing.B) {
	path := os.Getenv("SILOGATE_CSV")
	if path == "" {
		b.Skip("SILOGATE_CSV names no file")
	}
	store, err := blob.NewLocal(filepath.Dir(path), nil)
	if err != nil {
		b.Fatal(err)
	}
	o, err := store.Stat(b.Context(), filepath.Base(path))
	if err != nil {
		b.Fatal(err)
	}
	f, err := New(Options{}).Open(b.Context(), store, o, &connectors.Usage{})
	if err != nil {
		b.Fatal(err)
	}
	all := make([]int, len(f.Describe().Columns))
	for i := range all {
		all[i] = i
	}
	for name, columns := range map[string][]int{"all": all, "one": all[:1], "none": nil} {
		b.Run(name, func(b *testing.B) {
			begin, read := cpuTime(), int64(0)
			for b.Loop() {
				decode(b, store, f, columns)
				read += o.Size
			}
			b.ReportMetric(float64(read)/1e6/(cpuTime()-begin).Seconds(), "MB/cpu-s")
		})
	}
}

func decode(b *testing.B, store blob.Store, f files.File, columns []int) {
	mem := memory.NewGoAllocator()
	pool := blob.NewPool(mem)
	defer pool.Close()
	section := f.Section(0, columns, files.Budget{Bytes: 8 << 20, Least: 64 << 10})
	fetcher := blob.NewFetcher(store, pool, &connectors.Usage{})
	defer fetcher.Close()
	for _, ranges := range section.Ranges() {
		fetcher.Add(blob.Segment{Object: f.Describe().Object, Ranges: ranges})
	}
	r, err := section.Open(b.Context(), fetcher.Get, files.Options{Memory: mem, Scratch: pool, BatchRows: 8192})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for {
		arrays, _, err := r.Next(b.Context())
		if err == io.EOF {
			return
		}
		if err != nil {
			b.Fatal(err)
		}
		for _, a := range arrays {
			a.Release()
		}
	}
}

func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
