package exec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// TestValuesAreMadeAsTheyAreRead counts what many rows of constants hold: a batch.
func TestValuesAreMadeAsTheyAreRead(t *testing.T) {
	h := newHarness(t, setting{streams: 1, batch: 16}, 1)
	g := &bufpooltest.Gauge{Allocator: h.mem}
	h.rt.Mem = g
	text := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	rows := make([][]expr.Evaluator, 1000)
	value := func(i int) string { return fmt.Sprint(i) + strings.Repeat("x", 1000) }
	for i := range rows {
		e, err := expr.Compile(&expr.Literal{Value: types.TextValue(value(i)), Typ: text}, nil, h.rt.Env)
		if err != nil {
			t.Fatal(err)
		}
		rows[i] = []expr.Evaluator{e}
	}
	op := NewValues(h.rt, plan.Schema{column(1, "t", text)}, rows)
	next := 0
	if err := drain(t.Context(), op, func(b arrow.RecordBatch) error {
		for i := range int(b.NumRows()) {
			if got := b.Column(0).(*array.String).Value(i); got != value(next) {
				t.Fatalf("row %d is %.10s", next, got)
			}
			next++
		}
		return nil
	}); err != nil || next != len(rows) {
		t.Errorf("%d rows, error %v", next, err)
	}
	if g.Peak() > 3*16*1100 {
		t.Errorf("%d bytes were in use at once", g.Peak())
	}
	if err := op.Close(); err != nil {
		t.Error(err)
	}
}
