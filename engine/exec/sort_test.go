package exec

import (
	"context"
	"io"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// sortOrder compares rows by the first columns of the types of aggColumns, NULL first, alternately descending.
func sortOrder(cols plan.Schema, keys []int, a, b []types.Value) int {
	for i, k := range keys {
		x, y := a[k], b[k]
		c := 0
		switch {
		case x.Null && y.Null:
		case x.Null:
			c = -1
		case y.Null:
			c = 1
		default:
			c = order(cols[k].Type, x, y)
		}
		if i%2 == 1 {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func sortSpec(cols plan.Schema, keys []int) *Order {
	o := &Order{Cols: cols}
	for i, k := range keys {
		o.Keys = append(o.Keys, rowkey.Key{Field: rowkey.Of(cols[k].Type, nil), Desc: i%2 == 1})
	}
	return o
}

var sortKeys = [][]int{{0}, {1}, {2, 0}, {3, 1}, {4, 5}, {6, 7, 2}, {5, 3}}

func TestSortAndTopN(t *testing.T) {
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			h := newHarness(t, s.scaled(4), 3)
			for _, keys := range sortKeys {
				for _, size := range []int{0, 1, 300} {
					if s.sliced {
						size = max(size, 1)
					}
					r := h.random(1, size, 25, aggColumns...)
					want := slices.Clone(r.rows)
					slices.SortStableFunc(want, func(a, b []types.Value) int { return sortOrder(r.cols, keys, a, b) })
					spec := sortSpec(r.cols, keys)
					sorted := NewSort(h.rt, h.streams(r), termsFor(s.streams, keys...), spec, h.reservation(nil), nil)
					h.inOrder(sorted, r, keys, want, s.streams == 1)
					for _, n := range []int64{0, 1, 17, 1000} {
						top := NewTopN(h.rt, h.streams(r), termsFor(s.streams, keys...), spec, n, h.reservation(nil), nil)
						h.inOrder(top, r, keys, want[:min(int(n), len(want))], s.streams == 1)
					}
					h.empty()
				}
			}
		})
	}
}

// inOrder checks that an operator yields rows that sort as want; stable: exactly want.
func (h *harness) inOrder(op Operator, r relation, keys []int, want [][]types.Value, stable bool) {
	h.t.Helper()
	got, err := h.run(Streams{op}, r.cols)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(got) != len(want) {
		h.t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range got {
		if sortOrder(r.cols, keys, got[i], want[i]) != 0 || stable && line(r.cols, got[i]) != line(r.cols, want[i]) {
			h.t.Fatalf("keys %v: row %d is %s, want %s", keys, i, line(r.cols, got[i]), line(r.cols, want[i]))
		}
	}
	if len(want) == len(r.rows) {
		h.want("sort", r.cols, got, r.rows)
	}
}

func TestSortSpills(t *testing.T) {
	h := newHarness(t, setting{streams: 2, batch: 256, memory: 1 << 18}, 4)
	stats := new(NodeStats)
	r := h.random(1, 5000, 1000, types.Of(types.Int64), types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900))
	keys := []int{1, 0}
	want := slices.Clone(r.rows)
	slices.SortStableFunc(want, func(a, b []types.Value) int { return sortOrder(r.cols, keys, a, b) })
	h.inOrder(NewSort(h.rt, h.streams(r), termsFor(2, keys...), sortSpec(r.cols, keys), h.reservation(stats), stats), r, keys, want, false)
	if stats.Totals().Spilled == 0 {
		t.Error("nothing was spilled")
	}
}

// TestTopNKeepsWithinItsMemory finds few rows where nothing can be spilled, and does not hold what it cannot account for.
func TestTopNKeepsWithinItsMemory(t *testing.T) {
	for _, c := range []struct {
		n    int64
		fits bool
	}{{10, true}, {5000, false}} {
		h := newHarness(t, setting{streams: 1, batch: 256, memory: 1 << 18}, 4)
		rt := *h.rt
		rt.Spill = nil
		in := h.lazy(1, 20_000, 256, 7000, 100)
		op := NewTopN(&rt, in, termsFor(1, 1), sortSpec(lazyCols, []int{1}), c.n, h.reservation(nil), nil)
		rows := int64(0)
		err := drain(t.Context(), &ordered{Operator: op, h: h, stable: true}, func(b arrow.RecordBatch) error {
			rows += b.NumRows()
			return nil
		})
		if c.fits && (err != nil || rows != c.n) || !c.fits && !sqlerr.Is(err, sqlerr.OutOfMemory) {
			t.Errorf("n = %d: %d rows, error %v", c.n, rows, err)
		}
		if err := op.Close(); err != nil {
			t.Error(err)
		}
		h.empty()
	}
}

// TestTopNHoldsOnlyItsRows takes slices of large batches: to hold a slice is to hold the whole batch.
func TestTopNHoldsOnlyItsRows(t *testing.T) {
	h := newHarness(t, setting{streams: 1, batch: 64}, 4)
	g := &bufpooltest.Gauge{Allocator: h.mem}
	h.rt.Mem = g
	var list []arrow.RecordBatch
	for _, in := range h.lazy(20, 20*4096, 4096, 1000, 100) {
		whole, err := in.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, whole.NewSlice(5, 55))
		whole.Release()
	}
	all := g.Now()
	op := NewTopN(h.rt, Streams{&batches{list: list}}, termsFor(1, 1), sortSpec(lazyCols, []int{1}), 10_000, h.reservation(nil), nil)
	b, err := op.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.Release()
	if g.Now() > all/20 {
		t.Errorf("1000 rows of 100 bytes hold %d bytes", g.Now())
	}
	if used := h.account.Used(); used < g.Now() {
		t.Errorf("%d bytes are held, %d reserved", g.Now(), used)
	}
	if err := op.Close(); err != nil {
		t.Error(err)
	}
}

func TestLimit(t *testing.T) {
	h := newHarness(t, setting{streams: 1, batch: 7}, 4)
	r := h.random(1, 50, 1000, types.Of(types.Int64))
	for _, c := range []struct{ offset, count int64 }{{0, 0}, {0, 5}, {3, 11}, {7, 7}, {49, 5}, {60, 1}, {13, -1}, {3, math.MaxInt64}} {
		got, err := h.run(Streams{NewLimit(h.streams(r)[0], c.offset, c.count)}, r.cols)
		if err != nil {
			t.Fatal(err)
		}
		from := min(c.offset, 50)
		to := int64(50)
		if c.count >= 0 {
			to = from + min(c.count, 50-from)
		}
		if len(got) != int(to-from) || len(got) > 0 && line(r.cols, got[0]) != line(r.cols, r.rows[from]) {
			t.Errorf("offset %d count %d: %d rows", c.offset, c.count, len(got))
		}
	}
}

// endless never ends but by its context.
type endless struct{ h *harness }

func (e endless) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return e.h.batch(plan.Schema{column(1, "a", types.Of(types.Int64))}, [][]types.Value{{types.IntValue(int64(e.h.setting.batch))}}), nil
}

func (e endless) Close() error { return nil }

func TestCancelEndsEveryOperator(t *testing.T) {
	big := plan.Schema{column(1, "a", types.Of(types.Int64))}
	for name, build := range map[string]func(h *harness) Streams{
		"gather": func(h *harness) Streams { return Streams{endless{h}, endless{h}} },
		"sort": func(h *harness) Streams {
			return Streams{NewSort(h.rt, Streams{endless{h}, endless{h}}, termsFor(2, 0), sortSpec(big, []int{0}), h.reservation(nil), nil)}
		},
		"aggregate": func(h *harness) Streams {
			spec, at := aggregation(big, []int{0}, []aggCase{{plan.CountStar, -1, types.Of(types.Int64), false}})
			out, err := NewAggregate(h.rt, Streams{endless{h}, endless{h}}, termsFor(2, at...), spec, 2, h.reservation(nil), nil)
			if err != nil {
				t.Fatal(err)
			}
			return out
		},
		"buffer": func(h *harness) Streams {
			b := NewBuffer(h.rt, Streams{endless{h}, endless{h}}, big, h.reservation(nil), nil)
			return Closing(b.Read(2, big), []*Buffer{b})
		},
		"cross join": func(h *harness) Streams {
			spec := &Join{Kind: plan.Left, Build: big, Probe: big, Output: []JoinColumn{{FromProbe, 0}}, Out: big}
			return NewJoin(h.rt, Streams{&batches{}}, Streams{endless{h}, endless{h}}, make([]JoinTerms, 2), spec, h.reservation(nil), nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, setting{streams: 2, batch: 8, memory: 1 << 16}, 1)
			ctx, cancel := context.WithCancel(context.Background())
			root := Gather(build(h))
			time.AfterFunc(20*time.Millisecond, cancel)
			start := time.Now()
			for {
				b, err := root.Next(ctx)
				if err == io.EOF {
					t.Error("ended without an error")
				}
				if err != nil {
					break
				}
				b.Release()
			}
			if d := time.Since(start); d > time.Second {
				t.Errorf("took %v", d)
			}
			if err := root.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
