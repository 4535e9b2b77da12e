package sqlite_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/conntest/plantext"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// BenchmarkScan reads 200,000 rows of an integer, a decimal, a date and a text; bytes are those of the Arrow vectors.
func BenchmarkScan(b *testing.B) {
	file := database(b, "CREATE TABLE a (id INTEGER PRIMARY KEY, price DECIMAL(12,2), day DATE, note TEXT)",
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
			INSERT INTO a SELECT i, i % 10000 / 100.0, date('2020-01-01', '+' || (i % 1000) || ' days'), 'note number ' || i FROM n`)
	source := open(b, file).Bind(connectors.Principal{})
	parser := plantext.Parser{Site: plan.Site{Source: sourceName}, Table: func(name string) (*plan.Table, error) {
		return source.Table(b.Context(), connectors.TableName{Name: name}, connectors.AsOf{})
	}}
	root, err := parser.Parse("scan a")
	if err != nil {
		b.Fatal(err)
	}
	leaf, err := source.Pushdown(b.Context(), root)
	if err != nil {
		b.Fatal(err)
	}
	fragment := leaf.(*plan.Remote).Fragment.(connectors.Fragment)
	usage := &connectors.Usage{}
	for b.Loop() {
		e, err := fragment.Start(b.Context(), connectors.Scan{
			Memory: memory.DefaultAllocator, Parallel: 1, Env: &expr.Env{Location: time.UTC}, Dynamic: connectors.NoFilter{}, Usage: usage,
		})
		if err != nil {
			b.Fatal(err)
		}
		r, err := e.Open(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		for {
			batch, err := r.Next(b.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			batch.Release()
		}
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(usage.Totals().Rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
