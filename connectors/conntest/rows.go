package conntest

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Drain reads a reader to its end and returns its rows as texts: fields between bars, bytes in hexadecimal.
func Drain(ctx context.Context, r connectors.Reader, schema plan.Schema) ([]string, error) {
	var rows []string
	for {
		batch, err := r.Next(ctx)
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, Format(batch, schema)...)
		batch.Release()
	}
}

// Format returns the rows of a batch as Drain does.
func Format(batch arrow.RecordBatch, schema plan.Schema) []string {
	rows := make([]string, batch.NumRows())
	for i := range rows {
		fields := make([]string, len(schema))
		for c := range fields {
			fields[c] = FormatValue(kernel.ValueAt(batch.Column(c), i), schema[c].Type)
		}
		rows[i] = strings.Join(fields, "|")
	}
	return rows
}

// FormatValue renders a value for people: texts without quotes.
func FormatValue(v types.Value, t types.Type) string {
	if t.IsBinary() && !v.Null {
		return fmt.Sprintf("x'%x'", v.Str)
	}
	return v.Format(t, time.UTC)
}
