package bind

import (
	"strconv"
	"strings"
	"testing"

	"github.com/silogate/silogate/internal/tpch"
)

// BenchmarkBind measures a whole binding: parsing, GMS's analysis and the import.
func BenchmarkBind(b *testing.B) {
	binder, ctx, _ := newBinder(b)
	queries := map[string]string{
		"point":       "select n_name from nation where n_nationkey = 7",
		"assignments": "select " + strings.Repeat("@n := @n + 1, ", 3_999) + "1 from nation",
	}
	for _, n := range []int{1, 3, 21} {
		text, err := tpch.Query(n)
		if err != nil {
			b.Fatal(err)
		}
		queries["q"+strconv.Itoa(n)] = text
	}
	for name, query := range queries {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := binder.Bind(ctx, query); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
