//go:build integration

package mysql

import (
	"errors"
	"io"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// BenchmarkScan reads 500,000 rows of an integer, a decimal, a date, a double and a text.
func BenchmarkScan(b *testing.B) {
	f := newFixture(b, nil, `CREATE TABLE a (id INT PRIMARY KEY, price DECIMAL(12,2), day DATE, x DOUBLE, note VARCHAR(40)) CHARACTER SET utf8mb4`,
		`INSERT INTO a SELECT seq, seq % 10000 / 100, '2020-01-01' + INTERVAL seq % 1000 DAY, seq / 7, CONCAT('note number ', seq) FROM seq_1_to_500000`,
		`ANALYZE TABLE a`)
	f.read(b, f.scan("a"))
}

// BenchmarkPoint reads a row by its key.
func BenchmarkPoint(b *testing.B) {
	f := newFixture(b, nil, numbered("a", 1000)...)
	scan := f.scan("a")
	f.read(b, &plan.Filter{Input: scan, Conds: []expr.Expr{&expr.In{Arg: scan.Cols[0].Ref(), List: []types.Value{types.IntValue(7)}}}})
}

func (f *fixture) read(b *testing.B, n plan.Node) {
	leaf := f.pushed(n)
	rows := int64(0)
	for b.Loop() {
		tx := &connectors.Tx{}
		r, e, err := f.open(b.Context(), leaf, run{tx: tx})
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
			rows += batch.NumRows()
			batch.Release()
		}
		if err := errors.Join(e.Close(), tx.Close()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
