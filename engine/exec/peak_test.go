package exec

import (
	"context"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// lazyRows yields rows (number, key, text) that exist only from when they are asked for.
type lazyRows struct {
	h     *harness
	from  int // number of the first row
	rows  int
	batch int
	keys  int // different keys
	text  int // bytes of each text
	rand  *rand.Rand
}

var lazyCols = plan.Schema{
	column(1, "n", types.Of(types.Int64)), column(2, "k", types.Of(types.Int64)),
	column(3, "t", types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)),
}

// rowBytes is what a row takes.
func (m *lazyRows) rowBytes() int64 { return int64(8 + 8 + 4 + m.text) }

func (m *lazyRows) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows := min(m.batch, m.rows)
	if rows == 0 {
		return nil, io.EOF
	}
	n, k, t := array.NewInt64Builder(m.h.rt.Mem), array.NewInt64Builder(m.h.rt.Mem), array.NewStringBuilder(m.h.rt.Mem)
	defer n.Release()
	defer k.Release()
	defer t.Release()
	t.Reserve(rows)
	t.ReserveData(rows * m.text)
	for i := range rows {
		n.Append(int64(m.from + i))
		k.Append(m.rand.Int64N(int64(m.keys)))
		t.Append(strings.Repeat(string(rune('a'+m.rand.IntN(26))), m.text))
	}
	m.from, m.rows = m.from+rows, m.rows-rows
	return newAssembler(lazyCols).batch([]arrow.Array{n.NewArray(), k.NewArray(), t.NewArray()}, rows), nil
}

func (m *lazyRows) Close() error {
	m.rows = 0
	return nil
}

// lazy returns streams of lazyRows.
func (h *harness) lazy(streams, rows, batch, keys, text int) Streams {
	out := make(Streams, streams)
	for i := range out {
		out[i] = &lazyRows{
			h: h, from: i * rows / streams, rows: rows / streams, batch: batch, keys: keys, text: text,
			rand: rand.New(rand.NewPCG(uint64(i), 7)),
		}
	}
	return out
}

// TestRealMemoryStaysWithinTheAccount runs operators over twenty times the memory they may use. What the allocator has
// given out may exceed what was reserved only by the batches in flight.
func TestRealMemoryStaysWithinTheAccount(t *testing.T) {
	for _, c := range []struct {
		name    string
		memory  int64
		streams int
		rows    int
		batch   int // rows of an input batch
		text    int
		want    int // rows of the result
		run     func(h *harness, in Streams) (Streams, plan.Schema)
	}{
		{"sort", 1 << 19, 1, 180_000, 512, 40, 180_000, sorting(noLimit)},
		{"sort, streams", 1 << 20, 3, 360_000, 512, 40, 360_000, sorting(noLimit)},
		{"sort, wide rows", 2 << 20, 1, 4000, 256, 10_000, 4000, sorting(noLimit)},
		{"sort, batches larger than the memory", 2 << 20, 2, 4000, 512, 10_000, 4000, sorting(noLimit)},
		{"sort, more runs than can be merged at once", 1 << 18, 1, 1500, 8, 10_000, 1500, sorting(noLimit)},
		{"top-n, wide rows", 2 << 20, 2, 4000, 256, 10_000, 10, sorting(10)},
		{"top-n, larger than the memory", 2 << 20, 2, 4000, 256, 10_000, 1500, sorting(1500)},
		{"join", 1 << 20, 2, 150_000, 512, 40, 100, joining(plan.Left, 1<<60)},
		{"join, wide rows", 2 << 20, 2, 4000, 256, 10_000, 100, joining(plan.Left, 1<<60)},
		{"join, one hot key", 1 << 20, 2, 200_000, 512, 40, 100, joining(plan.Semi, 1)},
		{"buffer", 1 << 19, 2, 180_000, 512, 40, 180_000, buffering},
		{"buffer, wide rows", 2 << 20, 2, 4000, 256, 10_000, 4000, buffering},
		{"top-n, narrow", 1 << 19, 1, 180_000, 512, 40, 1000, sorting(1000)},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t, setting{streams: c.streams, batch: c.batch, memory: c.memory}, 1)
			g := &bufpooltest.Gauge{Allocator: h.mem}
			h.rt.Mem = g
			in := h.lazy(c.streams, c.rows, c.batch, c.rows/3, c.text)
			// In flight are a batch from each input stream, one of the result and one that is compressed for each stream.
			width := in[0].(*lazyRows).rowBytes()
			flight := int64(c.streams*c.batch)*width*5/4 + min(outputBytes, int64(c.batch)*width) + int64(c.streams)*maxWrite
			op := Gather(first(c.run(h, in)))
			rows := 0
			err := drain(t.Context(), op, func(b arrow.RecordBatch) error {
				rows += int(b.NumRows())
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := op.Close(); err != nil {
				t.Error(err)
			}
			if rows != c.want {
				t.Errorf("%d rows, want %d", rows, c.want)
			}
			t.Logf("reserved %d KB, allocated %d KB, in flight at most %d KB", h.account.Peak()>>10, g.Peak()>>10, flight>>10)
			if over := g.Peak() - h.account.Peak(); over > flight {
				t.Errorf("the allocator gave out %d bytes at once, %d were reserved: %d more, and %d may be in flight",
					g.Peak(), h.account.Peak(), over, flight)
			}
		})
	}
}

func first(s Streams, _ plan.Schema) Streams { return s }

// sorting sorts by key.
func sorting(limit int64) func(*harness, Streams) (Streams, plan.Schema) {
	return func(h *harness, in Streams) (Streams, plan.Schema) {
		s := newSorter(h.rt, in, termsFor(len(in), 1), sortSpec(lazyCols, []int{1}), limit, h.reservation(nil), nil)
		return Streams{&ordered{Operator: s, h: h, stable: len(in) == 1}}, lazyCols
	}
}

// joining makes rows the build side of a join with a hundred rows of as many different keys.
func joining(kind plan.JoinKind, keys int) func(*harness, Streams) (Streams, plan.Schema) {
	return func(h *harness, in Streams) (Streams, plan.Schema) {
		probe := h.lazy(len(in), 100, 10, 1, 10)
		for i, s := range in {
			s.(*lazyRows).keys = keys
			probe[i].(*lazyRows).keys = keys
		}
		f, err := rowkey.Pair(types.Of(types.Int64), types.Of(types.Int64), nil)
		if err != nil {
			h.t.Fatal(err)
		}
		spec := &Join{Kind: kind, Keys: []rowkey.Field{f.Strict()}, Build: lazyCols, Probe: lazyCols, Output: []JoinColumn{{FromProbe, 0}}, Out: lazyCols[:1]}
		ts := make([]JoinTerms, len(in))
		for i := range ts {
			ts[i] = JoinTerms{BuildKeys: terms(1), ProbeKeys: terms(1)}
		}
		return NewJoin(h.rt, in, probe, ts, spec, h.reservation(nil), nil), spec.Out
	}
}

// buffering reads the rows of a buffer.
func buffering(h *harness, in Streams) (Streams, plan.Schema) {
	b := NewBuffer(h.rt, in, lazyCols, h.reservation(nil), nil)
	return Closing(b.Read(len(in), lazyCols), []*Buffer{b}), lazyCols
}

// ordered checks that the rows come in the order of their keys, equal ones as they were numbered.
type ordered struct {
	Operator
	h       *harness
	stable  bool
	n, k    int64
	started bool
}

func (o *ordered) Next(ctx context.Context) (arrow.RecordBatch, error) {
	b, err := o.Operator.Next(ctx)
	if err != nil {
		return nil, err
	}
	numbers, keys := b.Column(0).(*array.Int64).Int64Values(), b.Column(1).(*array.Int64).Int64Values()
	for i, k := range keys {
		if o.started && (k < o.k || o.stable && k == o.k && numbers[i] <= o.n) {
			o.h.t.Errorf("row %d with key %d comes after row %d with key %d", numbers[i], k, o.n, o.k)
		}
		o.n, o.k, o.started = numbers[i], k, true
	}
	return b, nil
}
