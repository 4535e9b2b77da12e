package filestest

import (
	"context"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
)

// Bench decodes columns of the file that an environment variable names, all of them and as each of sets says, and reports rows for each
// second and bytes of the file.
func Bench(b *testing.B, format files.Format, variable string, sets map[string][]string) {
	path := os.Getenv(variable)
	if path == "" {
		b.Skip(variable + " names no file")
	}
	content, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	store, f, err := Open(b, format, path, content)
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, columns []int) {
		b.Run(name, func(b *testing.B) {
			rows := 0
			for b.Loop() {
				rows += decode(b, store, f, columns)
			}
			b.ReportMetric(float64(rows)/1e6/b.Elapsed().Seconds(), "Mrows/s")
			b.SetBytes(int64(len(content)))
		})
	}
	var all []int
	for i := range f.Describe().Columns {
		all = append(all, i)
	}
	run("all", all)
	for name, columns := range sets {
		var at []int
		for i, c := range f.Describe().Columns {
			if slices.Contains(columns, c.Name) {
				at = append(at, i)
			}
		}
		run(name, at)
	}
}

// decode reads columns of a file and returns how many rows there are.
func decode(b *testing.B, store blob.Store, f files.File, columns []int) (rows int) {
	b.Helper()
	pool := blob.NewPool(memory.DefaultAllocator)
	defer pool.Close()
	fetcher := blob.NewFetcher(store, pool, &connectors.Usage{})
	defer fetcher.Close()
	for part := range f.Parts() {
		section := f.Section(part, columns, files.Budget{Bytes: 8 << 20, Least: 1 << 16})
		first := -1
		for _, ranges := range section.Ranges() {
			if at := fetcher.Add(blob.Segment{Object: f.Describe().Object, Ranges: ranges}); first < 0 {
				first = at
			}
		}
		fetch := func(ctx context.Context, piece int) (*blob.Data, error) { return fetcher.Get(ctx, first+piece) }
		r, err := section.Open(b.Context(), fetch, files.Options{Memory: memory.DefaultAllocator, Scratch: pool, BatchRows: 8192})
		if err != nil {
			b.Fatal(err)
		}
		for {
			arrays, n, err := r.Next(b.Context())
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			rows += n
			for _, a := range arrays {
				a.Release()
			}
		}
		r.Close()
	}
	return rows
}
