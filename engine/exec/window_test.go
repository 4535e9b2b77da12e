package exec

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/exec/agg"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// windowTypes are the columns of the windows of the tests.
var windowTypes = []types.Type{
	types.Of(types.Int64), types.NewDecimal(65, 2), types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), types.Of(types.Float64),
	types.Of(types.Int32), types.Of(types.Date), types.Of(types.Int64), types.Of(types.Uint64),
}

// What the columns are for.
const (
	windowInt = iota
	windowDecimal
	windowText
	windowFloat
	windowSmall
	windowDate
	windowKey
	windowOther
)

// naiveWindow is a window by its definition.
type naiveWindow struct {
	cols             plan.Schema
	rows             [][]types.Value
	partition, order []int
	desc             bool // the order keys
}

func (w *naiveWindow) compare(keys []int, desc bool, a, b []types.Value) int {
	for _, k := range keys {
		x, y := a[k], b[k]
		c := 0
		switch {
		case x.Null && y.Null:
		case x.Null:
			c = -1
		case y.Null:
			c = 1
		default:
			c = order(w.cols[k].Type, x, y)
		}
		if desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// sort puts the rows in the window's order.
func (w *naiveWindow) sort() {
	slices.SortStableFunc(w.rows, func(a, b []types.Value) int {
		if c := w.compare(w.partition, false, a, b); c != 0 {
			return c
		}
		return w.compare(w.order, w.desc, a, b)
	})
}

// around returns the first row and the one behind the last that agree with row i in some keys, and in those of the partition.
func (w *naiveWindow) around(i int, keys []int) (from, to int) {
	same := func(k int) bool {
		return w.compare(w.partition, false, w.rows[i], w.rows[k]) == 0 && w.compare(keys, false, w.rows[i], w.rows[k]) == 0
	}
	for from = i; from > 0 && same(from-1); from-- {
	}
	for to = i + 1; to < len(w.rows) && same(to); to++ {
	}
	return from, to
}

// frame returns the frame of row i.
func (w *naiveWindow) frame(i int, f WindowFrame) (from, to int) {
	first, last := w.around(i, nil)
	firstPeer, lastPeer := w.around(i, w.order)
	from, to = first, last
	switch f.Start.Kind {
	case plan.CurrentRow:
		from = min(max(first, i+int(min(max(f.Start.Rows, -1e6), 1e6))), last)
	case plan.Peers:
		from = firstPeer
	case plan.Value:
		from = first
		for from < last && w.beyond(i, from, f.Start, false) {
			from++
		}
	}
	switch f.End.Kind {
	case plan.CurrentRow:
		to = min(max(first, i+1+int(min(max(f.End.Rows, -1e6), 1e6))), last)
	case plan.Peers:
		to = lastPeer
	case plan.Value:
		to = first
		for to < last && !w.beyond(i, to, f.End, true) {
			to++
		}
	}
	return from, max(from, to)
}

// beyond reports whether row k is before the start of row i's frame, or behind its end.
func (w *naiveWindow) beyond(i, k int, b WindowBound, end bool) bool {
	limit, key := slices.Clone(w.rows[i]), w.rows[k]
	limit[b.Key] = limit[b.Limit]
	c := w.compare([]int{b.Key}, w.desc, key, limit)
	return c > 0 && end || c < 0 && !end
}

// value computes a function for row i.
func (w *naiveWindow) value(i int, f WindowFunc, result types.Type) types.Value {
	first, last := w.around(i, nil)
	firstPeer, lastPeer := w.around(i, w.order)
	at, n := int64(i-first), int64(last-first)
	arg := func(k int) types.Value { return w.rows[k][f.Args[0]] }
	other := func(k int64) types.Value {
		switch {
		case k >= int64(first) && k < int64(last):
			return arg(int(k))
		case len(f.Args) > 1:
			return w.rows[i][f.Args[1]]
		}
		return types.NullValue
	}
	switch f.Func {
	case plan.RowNumber:
		return types.UintValue(uint64(at + 1))
	case plan.Rank:
		return types.UintValue(uint64(firstPeer - first + 1))
	case plan.DenseRank:
		rank := uint64(1)
		for k := first + 1; k <= i; k++ {
			if w.compare(w.order, false, w.rows[k-1], w.rows[k]) != 0 {
				rank++
			}
		}
		return types.UintValue(rank)
	case plan.PercentRank:
		return types.FloatValue(float64(firstPeer-first) / math.Max(float64(n-1), 1))
	case plan.CumeDist:
		return types.FloatValue(float64(lastPeer-first) / float64(n))
	case plan.Ntile:
		for group, row := int64(0), int64(0); ; group++ {
			row += n / f.Count
			if group < n%f.Count {
				row++
			}
			if at < row {
				return types.UintValue(uint64(group + 1))
			}
		}
	case plan.Lag:
		return other(int64(i) - f.Count)
	case plan.Lead:
		return other(int64(i) + min(f.Count, 1e6))
	}
	from, to := w.frame(i, f.Frame)
	switch {
	case f.Func == plan.FirstValue && from < to:
		return arg(from)
	case f.Func == plan.LastValue && from < to:
		return arg(to - 1)
	case f.Func == plan.NthValue && f.Count <= int64(to-from):
		return arg(from + int(f.Count) - 1)
	case f.Func == plan.FirstValue || f.Func == plan.LastValue || f.Func == plan.NthValue:
		return types.NullValue
	}
	c := aggCase{f: f.Func, arg: -1, result: result}
	if len(f.Args) > 0 {
		c.arg = f.Args[0]
	}
	return c.naive(w.cols, w.rows[from:to])
}

// randomFrame returns a frame; of bounds by value the limits are two columns that are added for it.
func (h *harness) randomFrame(w *naiveWindow) WindowFrame {
	pick := func(end bool) WindowBound {
		byKey := len(w.order) == 1 && w.order[0] == windowKey
		switch k := h.rand.IntN(6); {
		case byKey && h.rand.IntN(2) == 0:
			return h.valueBound(w)
		case k == 0:
			return WindowBound{Kind: plan.Unbounded}
		case k == 1:
			return WindowBound{Kind: plan.Peers}
		case k == 3:
			return WindowBound{Kind: plan.CurrentRow, Rows: []int64{0, -1 << 62, 1 << 62, -math.MaxInt64, math.MaxInt64}[h.rand.IntN(5)]}
		}
		return WindowBound{Kind: plan.CurrentRow, Rows: int64(h.rand.IntN(9) - 4)}
	}
	return WindowFrame{Start: pick(false), End: pick(true)}
}

// valueBound adds the column of a bound's limits: the key moved by some distance.
func (h *harness) valueBound(w *naiveWindow) WindowBound {
	distance := int64(h.rand.IntN(5))
	b := WindowBound{Kind: plan.Value, Following: h.rand.IntN(2) == 0, Key: windowKey, Limit: len(w.cols)}
	b.Order = rowkey.Key{Field: rowkey.Of(windowTypes[windowKey], nil), Desc: w.desc}
	if b.Following == w.desc {
		distance = -distance
	}
	w.cols = append(w.cols, column(len(w.cols)+1, "limit", windowTypes[windowKey]))
	for i, row := range w.rows {
		limit := row[windowKey]
		limit.Int += distance
		w.rows[i] = append(row, limit)
	}
	return b
}

// randomFunc returns a function and the type of its result.
func (h *harness) randomFunc(w *naiveWindow) (WindowFunc, types.Type) {
	f := WindowFunc{Count: int64(1 + h.rand.IntN(4))}
	arg := []int{windowInt, windowDecimal, windowText, windowFloat, windowSmall, windowDate}[h.rand.IntN(6)]
	switch h.rand.IntN(5) {
	case 0:
		f.Func = []plan.AggFunc{plan.RowNumber, plan.Rank, plan.DenseRank, plan.PercentRank, plan.CumeDist, plan.Ntile}[h.rand.IntN(6)]
		if f.Func == plan.PercentRank || f.Func == plan.CumeDist {
			return f, types.Of(types.Float64)
		}
		return f, types.Of(types.Uint64)
	case 1:
		f.Func, f.Args = []plan.AggFunc{plan.Lag, plan.Lead}[h.rand.IntN(2)], []int{arg}
		f.Count = []int64{0, 1, 1, 2, 7, 1 << 60}[h.rand.IntN(6)]
		if h.rand.IntN(2) == 0 {
			f.Args = append(f.Args, arg)
		}
		return f, windowTypes[arg]
	case 2:
		f.Func, f.Args = []plan.AggFunc{plan.FirstValue, plan.LastValue, plan.NthValue}[h.rand.IntN(3)], []int{arg}
		f.Frame = h.randomFrame(w)
		return f, windowTypes[arg]
	}
	result := types.Of(types.Int64)
	switch h.rand.IntN(7) {
	case 0:
		f.Func = plan.CountStar
	case 1:
		f.Func, f.Args = plan.Count, []int{arg}
	case 2:
		f.Func, f.Args, result = []plan.AggFunc{plan.Min, plan.Max}[h.rand.IntN(2)], []int{arg}, windowTypes[arg]
	case 3:
		f.Func = []plan.AggFunc{plan.BitAnd, plan.BitOr, plan.BitXor}[h.rand.IntN(3)]
		f.Args, result = []int{windowInt}, types.Of(types.Uint64)
	case 4:
		f.Func, f.Args, result = []plan.AggFunc{plan.Sum, plan.VarPop, plan.StddevSamp}[h.rand.IntN(3)], []int{windowFloat}, types.Of(types.Float64)
	case 5:
		f.Func, f.Args, result = plan.JSONArrayAgg, []int{windowText}, windowTypes[windowText]
	default:
		f.Func, f.Args, result = plan.Sum, []int{windowDecimal}, types.NewDecimal(65, 2)
		if h.rand.IntN(2) == 0 {
			f.Func, f.Args, result = plan.Avg, []int{windowInt}, types.NewDecimal(24, 4)
		}
	}
	f.Spec = agg.Spec{Func: f.Func, Result: result, Longest: 1 << 20}
	for _, a := range f.Args {
		f.Spec.Args = append(f.Spec.Args, windowTypes[a])
	}
	f.Frame = h.randomFrame(w)
	return f, result
}

var windowSettings = []setting{
	{name: "large batches", streams: 1, batch: 1024},
	{name: "small batches", streams: 1, batch: 7, sliced: true},
	{name: "rows", streams: 1, batch: 1},
	{name: "spilled", streams: 1, batch: 16, memory: 1 << 15},
	{name: "spilled rows", streams: 1, batch: 1, memory: 1 << 15},
	{name: "refused", streams: 1, batch: 5},
}

// TestWindowAgainstItsDefinition computes random functions over random windows.
func TestWindowAgainstItsDefinition(t *testing.T) {
	for _, s := range windowSettings {
		t.Run(s.name, func(t *testing.T) {
			h := newHarness(t, s, 7)
			if s.name == "refused" {
				h.account.RefuseIf(func() bool { return h.rand.IntN(3) > 0 })
			}
			for round := range 120 {
				size := []int{0, 1, 2, 30, 90}[h.rand.IntN(5)]
				if s.sliced {
					size = max(size, 1)
				}
				r := h.random(1, size, []int{3, 12, 300}[h.rand.IntN(3)], windowTypes...)
				w := &naiveWindow{cols: r.cols, rows: r.rows, desc: h.rand.IntN(2) == 0}
				w.partition = [][]int{nil, nil, {windowSmall}, {windowText, windowSmall}, {windowFloat}}[h.rand.IntN(5)]
				w.order = [][]int{nil, {windowKey}, {windowKey}, {windowDecimal, windowText}}[h.rand.IntN(4)]
				h.checkWindow(fmt.Sprint("round ", round), w, 1+h.rand.IntN(3))
				h.empty()
			}
		})
	}
}

func (h *harness) checkWindow(what string, w *naiveWindow, funcs int) {
	h.t.Helper()
	spec := &Window{PartitionCols: w.partition, OrderCols: w.order}
	for _, k := range w.partition {
		spec.Partition = append(spec.Partition, rowkey.Key{Field: rowkey.Of(w.cols[k].Type, nil)})
	}
	for _, k := range w.order {
		spec.Order = append(spec.Order, rowkey.Key{Field: rowkey.Of(w.cols[k].Type, nil), Desc: w.desc})
	}
	w.sort()
	var names []string
	var results plan.Schema
	for range funcs {
		f, result := h.randomFunc(w)
		spec.Funcs = append(spec.Funcs, f)
		results = append(results, column(100+len(results), "f", result))
		names = append(names, fmt.Sprintf("%+v", f))
	}
	spec.Cols, spec.Keep = w.cols, []int{windowText, windowOther}
	spec.Out = append(plan.Schema{w.cols[windowText], w.cols[windowOther]}, results...)
	var want [][]types.Value
	for i, row := range w.rows {
		out := []types.Value{row[windowText], row[windowOther]}
		for k, f := range spec.Funcs {
			out = append(out, w.value(i, f, results[k].Type))
		}
		want = append(want, out)
	}
	what = fmt.Sprintf("%s, %d rows by %v order %v: %s", what, len(w.rows), w.partition, w.order, strings.Join(names, "; "))
	op, err := NewWindow(h.rt, h.streams(relation{w.cols, w.rows})[0], spec, h.reservation(nil), nil)
	if err != nil {
		h.t.Fatalf("%s: %v", what, err)
	}
	op.(*window).piece = []int64{outputBytes, 50, 1}[h.rand.IntN(3)]
	got, err := h.run(Streams{op}, spec.Out)
	if err != nil {
		h.t.Fatalf("%s: %v", what, err)
	}
	if len(got) != len(want) {
		h.t.Fatalf("%s: %d rows, want %d", what, len(got), len(want))
	}
	for i := range want {
		for k, c := range spec.Out {
			if !sameWindowValue(c.Type, got[i][k], want[i][k]) {
				h.t.Fatalf("%s: row %d is\n%s, want\n%s", what, i, line(spec.Out, got[i]), line(spec.Out, want[i]))
			}
		}
	}
}

// sameWindowValue compares values; floats may have been added in another order.
func sameWindowValue(t types.Type, a, b types.Value) bool {
	if a.Null || b.Null || !t.IsFloat() {
		return a == b
	}
	return math.Abs(a.Float-b.Float) <= 1e-9*math.Max(1, math.Abs(b.Float))
}

// largeWindow is a window of one partition of so many rows, in 64 KiB of memory.
func largeWindow(h *harness, rows int, f WindowFunc, result types.Type) (Operator, plan.Schema) {
	cols := plan.Schema{column(1, "n", types.Of(types.Int64)), column(2, "x", types.Of(types.Float64))}
	var list [][]types.Value
	for i := range rows {
		list = append(list, []types.Value{types.IntValue(int64(i)), types.FloatValue(float64(i))})
	}
	out := plan.Schema{cols[0], column(3, "f", result)}
	spec := &Window{
		Cols: cols, Keep: []int{0}, Out: out, Funcs: []WindowFunc{f}, OrderCols: []int{0},
		Order: []rowkey.Key{{Field: rowkey.Of(cols[0].Type, nil)}},
	}
	op, err := NewWindow(h.rt, h.streams(relation{cols, list})[0], spec, h.reservation(nil), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return op, out
}

// TestWindowSpillsPartition asks for the end of a partition that does not fit the memory.
func TestWindowSpillsPartition(t *testing.T) {
	h := newHarness(t, setting{streams: 1, batch: 256, memory: 1 << 16}, 1)
	const rows = 40_000
	op, out := largeWindow(h, rows, WindowFunc{Func: plan.Ntile, Count: 4}, types.Of(types.Uint64))
	got, err := h.run(Streams{op}, out)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range got {
		if row[0].Int != int64(i) || row[1].Int != int64(i*4/rows+1) {
			t.Fatalf("row %d is %+v", i, row)
		}
	}
	if len(got) != rows || h.account.Peak() > 1<<16 {
		t.Errorf("%d rows, %d bytes at most", len(got), h.account.Peak())
	}
}

// TestWindowStreams computes what needs neither the rest of a partition nor its beginning: nothing is kept of it.
func TestWindowStreams(t *testing.T) {
	for _, f := range []WindowFunc{
		{Func: plan.RowNumber},
		{Func: plan.Lag, Args: []int{0}, Count: 3},
		{Func: plan.FirstValue, Args: []int{0}, Frame: WindowFrame{End: WindowBound{Kind: plan.Peers}}},
		{
			Func: plan.Count, Args: []int{0}, Spec: agg.Spec{Func: plan.Count, Result: types.Of(types.Int64), Args: []types.Type{types.Of(types.Int64)}},
			Frame: WindowFrame{Start: WindowBound{Kind: plan.CurrentRow, Rows: -9}, End: WindowBound{Kind: plan.CurrentRow, Rows: 9}},
		},
	} {
		h := newHarness(t, setting{streams: 1, batch: 256, memory: 1 << 16}, 1)
		op, out := largeWindow(h, 40_000, f, types.Of(types.Int64))
		if f.Func == plan.RowNumber {
			out[1].Type = types.Of(types.Uint64)
		}
		op.(*window).log.rt = &Runtime{Mem: h.mem, Account: h.account} // where nothing spills
		got, err := h.run(Streams{op}, out)
		if err != nil || len(got) != 40_000 {
			t.Errorf("%s: %d rows, %v", f.Func, len(got), err)
		}
	}
}

// TestWindowFrameBeyondMemory has a frame of floats, of which every row is kept, that does not fit.
func TestWindowFrameBeyondMemory(t *testing.T) {
	h := newHarness(t, setting{streams: 1, batch: 256, memory: 1 << 16}, 1)
	double := types.Of(types.Float64)
	op, out := largeWindow(h, 40_000, WindowFunc{
		Func: plan.Sum, Args: []int{1}, Spec: agg.Spec{Func: plan.Sum, Result: double, Args: []types.Type{double}},
		Frame: WindowFrame{Start: WindowBound{Kind: plan.CurrentRow, Rows: -30_000}, End: WindowBound{Kind: plan.Peers}},
	}, double)
	_, err := h.run(Streams{op}, out)
	var known *sqlerr.Error
	if !errors.As(err, &known) || known.Code != sqlerr.OutOfMemory {
		t.Errorf("got %v, want OutOfMemory", err)
	}
}

// TestWideWindowIsBounded computes texts that are much larger than the rows: one wide value for all of them, and all of them for each.
func TestWideWindowIsBounded(t *testing.T) {
	const rows, width = 5000, 1 << 20
	cols := plan.Schema{column(1, "n", types.Of(types.Int64)), column(2, "s", wideText)}
	r := relation{cols: cols}
	for i := range rows {
		text := "zz"
		if i == 0 {
			text = strings.Repeat("a", width)
		}
		r.rows = append(r.rows, []types.Value{types.IntValue(int64(i)), types.TextValue(text)})
	}
	whole, peers := WindowFrame{}, WindowFrame{End: WindowBound{Kind: plan.Peers}}
	aggregate := func(f plan.AggFunc, arg int, frame WindowFrame) WindowFunc {
		return WindowFunc{Func: f, Args: []int{arg}, Frame: frame, Spec: agg.Spec{
			Func: f, Result: wideText, Args: []types.Type{cols[arg].Type}, Longest: 1 << 30,
		}}
	}
	for _, f := range []WindowFunc{
		{Func: plan.FirstValue, Args: []int{1}, Frame: peers}, {Func: plan.NthValue, Args: []int{1}, Count: 1, Frame: whole},
		aggregate(plan.Min, 1, peers), aggregate(plan.JSONArrayAgg, 1, whole), aggregate(plan.JSONArrayAgg, 1, peers),
	} {
		h, gauge := wideHarness(t, 0)
		spec := &Window{
			Cols: cols, Keep: []int{0}, Out: plan.Schema{cols[0], column(3, "f", wideText)}, Funcs: []WindowFunc{f}, OrderCols: []int{0},
			Order: []rowkey.Key{{Field: rowkey.Of(cols[0].Type, nil)}},
		}
		op, err := NewWindow(h.rt, h.streams(r)[0], spec, h.reservation(nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		for n := range int64(20) {
			b, err := op.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if size := batchBytes(b); size > outputBytes || b.NumRows() == 0 || n == 0 && b.Column(0).(*array.Int64).Value(0) != 0 {
				t.Errorf("%s: a batch of %d rows, %d bytes", f.Func, b.NumRows(), size)
			}
			b.Release()
		}
		if err := op.Close(); err != nil {
			t.Fatal(err)
		}
		if gauge.Peak() > 3*outputBytes+6*width {
			t.Errorf("%s: %d bytes at once", f.Func, gauge.Peak())
		}
		h.empty()
	}
}
