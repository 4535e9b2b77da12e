package exec

import (
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

var (
	wideText = types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	wideIn   = plan.Schema{column(1, "n", types.Of(types.Int64))}
	wideOut  = plan.Schema{column(2, "t", wideText)}
)

func call(t *testing.T, f expr.Func, args ...expr.Expr) expr.Expr {
	t.Helper()
	e, err := expr.New(f, args...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func textLit(s string) expr.Expr { return &expr.Literal{Value: types.TextValue(s), Typ: wideText} }

func intLit(n int64) expr.Expr {
	return &expr.Literal{Value: types.IntValue(n), Typ: types.Of(types.Int64)}
}

func number() expr.Expr { return &expr.Column{ID: 1, Name: "n", Typ: types.Of(types.Int64)} }

// compiled makes terms over wideIn.
func compiled(t *testing.T, list ...expr.Expr) []Term {
	t.Helper()
	out := make([]Term, len(list))
	for i, e := range list {
		ev, err := expr.Compile(e, expr.Layout{1: 0}, &expr.Env{})
		if err != nil {
			t.Fatal(err)
		}
		out[i].Eval = ev
	}
	return out
}

// textBound is what an evaluation may take for more than one row.
const textBound = 16 << 20

// numbers is a relation of n from 0 to rows-1.
func numbers(rows int) relation {
	r := relation{cols: wideIn}
	for i := range rows {
		r.rows = append(r.rows, []types.Value{types.IntValue(int64(i))})
	}
	return r
}

// wideHarness measures what operators over a batch of BatchRows numbers allocate.
func wideHarness(t *testing.T, memory int64) (*harness, *bufpooltest.Gauge) {
	h := newHarness(t, setting{streams: 1, batch: BatchRows, memory: memory}, 1)
	g := &bufpooltest.Gauge{Allocator: h.mem}
	h.rt.Mem = g
	return h, g
}

// TestProjectedTextIsBounded projects a batch to texts that exceed the bound of an evaluation up to sixteen times.
func TestProjectedTextIsBounded(t *testing.T) {
	const most = 8 * BatchRows // bytes of the widest row
	repeated := call(t, expr.Repeat, textLit("ab"), call(t, expr.Mul, number(), intLit(4)))
	half := call(t, expr.Repeat, textLit("ab"), call(t, expr.Mul, number(), intLit(2)))
	for name, c := range map[string]struct {
		e expr.Expr
		// bytes of row n, and the most for one row that are made in all
		size func(n int) int
		made int64
	}{
		"repeat":           {repeated, func(n int) int { return 8 * n }, most},
		"concat":           {call(t, expr.Concat, half, half), func(n int) int { return 8 * n }, 2 * most},
		"concat_ws":        {call(t, expr.ConcatWS, textLit("a"), half, half), func(n int) int { return 8*n + 1 }, 2 * most},
		"length of repeat": {call(t, expr.Length, repeated), nil, most},
		"left of repeat":   {call(t, expr.Left, repeated, intLit(2)), func(n int) int { return 2 * min(n, 1) }, most},
	} {
		t.Run(name, func(t *testing.T) {
			h, g := wideHarness(t, 0)
			out := wideOut
			if c.size == nil {
				out = wideIn
			}
			in := h.streams(numbers(BatchRows))
			held := g.Now()
			op := NewProject(h.rt, in[0], compiled(t, c.e), out)
			n := 0
			for {
				b, err := op.Next(t.Context())
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				for i := range int(b.NumRows()) {
					v := kernel.ValueAt(b.Column(0), i)
					if c.size == nil && v.Int != int64(8*n) || c.size != nil && len(v.Str) != c.size(n) {
						t.Fatalf("row %d is %d or has %d bytes", n, v.Int, len(v.Str))
					}
					n++
				}
				b.Release()
			}
			if err := op.Close(); err != nil {
				t.Error(err)
			}
			if n != BatchRows {
				t.Errorf("%d rows", n)
			}
			// Beside texts there are offsets and numbers.
			if bound := textBound + c.made + 64*BatchRows; g.Peak()-held > bound {
				t.Errorf("%d bytes were allocated at once, want at most %d", g.Peak()-held, bound)
			}
		})
	}
}

// TestManyWideColumns divides a batch where the columns are too much together.
func TestManyWideColumns(t *testing.T) {
	h, g := wideHarness(t, 0)
	e := call(t, expr.Repeat, textLit("a"), number())
	list, cols := make([]expr.Expr, 10), make(plan.Schema, 10)
	for i := range list {
		list[i], cols[i] = e, column(i+2, "t", wideText)
	}
	op := NewProject(h.rt, h.streams(numbers(BatchRows))[0], compiled(t, list...), cols)
	size := int64(0)
	if err := drain(t.Context(), op, func(b arrow.RecordBatch) error {
		size += batchBytes(b)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := op.Close(); err != nil {
		t.Error(err)
	}
	if want := int64(10 * BatchRows * (BatchRows - 1) / 2); size < want {
		t.Errorf("%d bytes, want at least %d", size, want)
	}
	if g.Peak() > 4*textBound {
		t.Errorf("%d bytes were allocated at once", g.Peak())
	}
}

// TestWideTextsInOperators runs every operator that evaluates over texts that exceed the memory of the query.
func TestWideTextsInOperators(t *testing.T) {
	const rows = 4096
	wide := call(t, expr.Repeat, textLit("ab"), call(t, expr.Mul, number(), intLit(10))) // 160 MB
	bytes := types.Of(types.Int64)
	for name, run := range map[string]func(h *harness) (Streams, plan.Schema, [][]types.Value){
		"max of length": func(h *harness) (Streams, plan.Schema, [][]types.Value) {
			spec, _ := aggregation(wideIn, nil, []aggCase{{plan.Max, 0, bytes, false}})
			ts := [][]Term{compiled(t, call(t, expr.Length, wide))}
			s, err := NewAggregate(h.rt, h.streams(numbers(rows)), ts, spec, 1, h.reservation(nil), nil)
			if err != nil {
				t.Fatal(err)
			}
			return s, plan.Schema{column(9, "max", bytes)}, [][]types.Value{{types.IntValue(20 * (rows - 1))}}
		},
		"top-n by a wide key": func(h *harness) (Streams, plan.Schema, [][]types.Value) {
			spec := &Order{Keys: []rowkey.Key{{Field: rowkey.Of(wideText, nil), Desc: true}}, Cols: wideIn}
			s := newSorter(h.rt, h.streams(numbers(rows)), [][]Term{compiled(t, wide)}, spec, 1, h.reservation(nil), nil)
			return Streams{s}, wideIn, [][]types.Value{{types.IntValue(rows - 1)}}
		},
		"sort by a wide key": func(h *harness) (Streams, plan.Schema, [][]types.Value) {
			spec := &Order{Keys: []rowkey.Key{{Field: rowkey.Of(wideText, nil)}}, Cols: wideIn}
			return Streams{NewSort(h.rt, h.streams(numbers(rows)), [][]Term{compiled(t, wide)}, spec, h.reservation(nil), nil)}, wideIn, numbers(rows).rows
		},
		"join on a wide key": func(h *harness) (Streams, plan.Schema, [][]types.Value) {
			f, err := rowkey.Pair(wideText, wideText, nil)
			if err != nil {
				t.Fatal(err)
			}
			spec := &Join{
				Kind: plan.Inner, Keys: []rowkey.Field{f.Strict()}, Build: wideIn, Probe: wideIn,
				Output: []JoinColumn{{FromProbe, 0}}, Out: wideIn,
			}
			ts := []JoinTerms{{BuildKeys: compiled(t, wide), ProbeKeys: compiled(t, wide)}}
			build := h.streams(numbers(300))
			return NewJoin(h.rt, build, h.streams(numbers(rows)), ts, spec, h.reservation(nil), nil), wideIn, numbers(300).rows
		},
	} {
		t.Run(name, func(t *testing.T) {
			const memory = 64 << 20
			h, g := wideHarness(t, memory)
			streams, cols, want := run(h)
			got, err := h.run(streams, cols)
			if err != nil {
				t.Fatal(err)
			}
			h.want(name, cols, got, want)
			// An evaluation at a time, and keys that are read back while others are kept.
			if over := g.Peak() - h.account.Peak(); over > 3*textBound {
				t.Errorf("%d bytes were allocated at once, %d reserved", g.Peak(), h.account.Peak())
			}
			t.Logf("%d KB allocated at once, %d KB reserved", g.Peak()>>10, h.account.Peak()>>10)
		})
	}
}

// TestJoinOnKeysLargerThanTheMemory says so before it makes them.
func TestJoinOnKeysLargerThanTheMemory(t *testing.T) {
	h, g := wideHarness(t, 32<<20)
	spill := h.rt.Spill
	h.rt.Spill = nil
	defer func() { h.rt.Spill = spill }()
	f, err := rowkey.Pair(wideText, wideText, nil)
	if err != nil {
		t.Fatal(err)
	}
	wide := call(t, expr.Repeat, textLit("ab"), call(t, expr.Mul, number(), intLit(10)))
	spec := &Join{
		Kind: plan.Inner, Keys: []rowkey.Field{f.Strict()}, Build: wideIn, Probe: wideIn,
		Output: []JoinColumn{{FromProbe, 0}}, Out: wideIn,
	}
	ts := []JoinTerms{{BuildKeys: compiled(t, wide), ProbeKeys: compiled(t, wide)}}
	_, err = h.run(NewJoin(h.rt, h.streams(numbers(4096)), h.streams(numbers(10)), ts, spec, h.reservation(nil), nil), wideIn)
	if err == nil || !strings.Contains(err.Error(), "memory.query") {
		t.Errorf("%v", err)
	}
	if g.Peak() > 64<<20 {
		t.Errorf("%d bytes were allocated at once", g.Peak())
	}
}

// TestWideValues makes batches of few rows where constants are long.
func TestWideValues(t *testing.T) {
	h, g := wideHarness(t, 0)
	ev := compiled(t, call(t, expr.Repeat, textLit("a"), intLit(1<<20)))[0].Eval
	rows := make([][]expr.Evaluator, 100)
	for i := range rows {
		rows[i] = []expr.Evaluator{ev}
	}
	n := int64(0)
	op := NewValues(h.rt, wideOut, rows)
	if err := drain(t.Context(), op, func(b arrow.RecordBatch) error {
		n += b.NumRows()
		return nil
	}); err != nil || n != 100 {
		t.Fatalf("%d rows, %v", n, err)
	}
	if g.Peak() > 4*textBound {
		t.Errorf("%d bytes were allocated at once", g.Peak())
	}
}
