package exec

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// logged is a term that notes the rows that it is asked for: its value is how many evaluations there were before it.
type logged struct {
	name   string
	column int
	log    *[]string
}

func (l logged) EvalRow(_ memory.Allocator, batch arrow.RecordBatch, row int) (types.Value, error) {
	v := kernel.ValueAt(batch.Column(l.column), row)
	if v.Int < 0 {
		return v, errors.New("negative")
	}
	*l.log = append(*l.log, fmt.Sprint(l.name, v.Int))
	return types.IntValue(int64(len(*l.log))), nil
}

// TestRowwise computes the terms of a row before those of the next, in what comes in batches and in what comes one by one from
// another such operator: then the two are done with a row before the next.
func TestRowwise(t *testing.T) {
	integer := types.Of(types.Int64)
	for _, batch := range []int{1, 3, 100} {
		h := newHarness(t, setting{streams: 1, batch: batch}, 1)
		in := relation{cols: plan.Schema{column(1, "a", integer)}}
		for i := range 7 {
			in.rows = append(in.rows, []types.Value{types.IntValue(int64(i))})
		}
		var log, want []string
		x, y, z := logged{"x", 0, &log}, logged{"y", 0, &log}, logged{"z", 0, &log}
		first := plan.Schema{column(2, "x", integer), column(3, "y", integer)}
		last := plan.Schema{column(4, "z", integer)}
		lower := NewRowwise(h.rt, NewSingleRows(h.streams(in)[0]), in.cols, []expr.RowEvaluator{x, y}, first)
		between := slices.Concat(in.cols, first)
		upper := NewRowwise(h.rt, NewSingleRows(lower), between, []expr.RowEvaluator{z}, last)
		out := slices.Concat(between, last)
		got, err := h.run(Streams{NewBatched(h.rt, upper, out)}, out)
		if err != nil {
			t.Fatal(err)
		}
		var rows [][]types.Value
		for i := range int64(7) {
			want = append(want, fmt.Sprint("x", i), fmt.Sprint("y", i), fmt.Sprint("z", i))
			rows = append(rows, []types.Value{types.IntValue(i), types.IntValue(3*i + 1), types.IntValue(3*i + 2), types.IntValue(3*i + 3)})
		}
		if !slices.Equal(log, want) {
			t.Errorf("evaluated %v", log)
		}
		h.want(fmt.Sprint("batches of ", batch), out, got, rows)
		h.empty()
	}
}

// TestRowwiseFails keeps nothing of a batch in which a term fails.
func TestRowwiseFails(t *testing.T) {
	h := newHarness(t, setting{streams: 1, batch: 10}, 1)
	cols := plan.Schema{column(1, "a", types.Of(types.Int64))}
	in := relation{cols: cols, rows: [][]types.Value{{types.IntValue(1)}, {types.IntValue(-1)}}}
	var log []string
	op := NewBatched(h.rt, NewRowwise(h.rt, h.streams(in)[0], cols, []expr.RowEvaluator{logged{"x", 0, &log}}, plan.Schema{column(2, "x", types.Of(types.Int64))}), nil)
	if _, err := op.Next(t.Context()); err == nil || err.Error() != "negative" {
		t.Error(err)
	}
	if err := op.Close(); err != nil {
		t.Error(err)
	}
	h.empty()
}

// TestFilling fills buffers in their order before the rows above begin, also one that nothing reads.
func TestFilling(t *testing.T) {
	h := newHarness(t, setting{streams: 1, batch: 8}, 1)
	r := h.random(1, 50, 1000, types.Of(types.Int64))
	var begun []string
	note := func(name string, s Operator) Operator { return &noting{Operator: s, name: name, begun: &begun} }
	var buffers []*Buffer
	for i := range 3 {
		buffers = append(buffers, NewBuffer(h.rt, Streams{note(fmt.Sprint("buffer ", i), h.streams(r)[0])}, r.cols, h.reservation(nil), nil))
	}
	body := Streams{note("body", buffers[2].Read(1, r.cols)[0])}
	streams := Closing(Filling(body, buffers[:2]), buffers)
	got, err := h.run(streams, r.cols)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"buffer 0", "buffer 1", "body", "buffer 2"}; !slices.Equal(begun, want) {
		t.Errorf("began with %v", begun)
	}
	h.want("the body", r.cols, got, r.rows)
	h.empty()
}

// noting notes when it is first read.
type noting struct {
	Operator
	name  string
	begun *[]string
	once  bool
}

func (n *noting) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if !n.once {
		n.once = true
		*n.begun = append(*n.begun, n.name)
	}
	return n.Operator.Next(ctx)
}
