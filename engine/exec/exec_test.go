package exec

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"go.uber.org/goleak"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/exec/spill"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// relation is a table of rows for the naive side of a comparison.
type relation struct {
	cols plan.Schema
	rows [][]types.Value
}

func column(id int, name string, t types.Type) plan.Column {
	return plan.Column{ID: expr.ColumnID(id), Name: name, Type: t, Nullable: true}
}

// lines renders rows for comparison, sorted.
func lines(cols plan.Schema, rows [][]types.Value) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = line(cols, row)
	}
	slices.Sort(out)
	return out
}

func line(cols plan.Schema, row []types.Value) string {
	var b strings.Builder
	for k, v := range row {
		b.WriteString(v.Format(cols[k].Type, time.UTC))
		b.WriteByte('|')
	}
	return b.String()
}

// setting is one way to run an operator: everything that must not change its answer.
type setting struct {
	name    string
	streams int
	batch   int   // rows of a batch
	memory  int64 // 0: unlimited
	sliced  bool
}

var settings = []setting{
	{name: "one stream", streams: 1, batch: 1024},
	{name: "many streams", streams: 3, batch: 64},
	{name: "tiny batches", streams: 2, batch: 3, sliced: true},
	{name: "spilled", streams: 2, batch: 64, memory: 1 << 14},
	{name: "spilled sliced", streams: 3, batch: 7, memory: 1 << 14, sliced: true},
}

// scaled returns the setting with more memory.
func (s setting) scaled(factor int64) setting {
	s.memory *= factor
	return s
}

// harness runs operators under a checked allocator, an account and a spill directory, and checks that all are empty
// in the end.
type harness struct {
	t       testing.TB
	mem     bufpooltest.Allocator
	rt      *Runtime
	account *Account
	setting setting
	rand    *rand.Rand
}

func newHarness(t testing.TB, s setting, seed uint64) *harness {
	h := &harness{t: t, mem: bufpooltest.New(), setting: s, rand: rand.New(rand.NewPCG(seed, 1))}
	m, err := spill.Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if s.memory > 0 {
		h.account = NewAccount(nil, s.memory, "memory.query")
	} else {
		h.account = NewAccount(nil, 0, "memory.query")
	}
	h.rt = &Runtime{Mem: h.mem, Env: &expr.Env{Location: time.UTC}, Account: h.account, Spill: m, BatchRows: s.batch}
	t.Cleanup(func() {
		h.empty()
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// empty checks that nothing is held: no vectors, no reserved memory, no spill files.
func (h *harness) empty() {
	h.t.Helper()
	h.mem.AssertSize(h.t, 0)
	if n := h.account.Used(); n != 0 {
		h.t.Errorf("%d bytes still reserved", n)
	}
	if n := h.rt.Spill.Used(); n != 0 {
		h.t.Errorf("%d bytes of spill files left", n)
	}
}

// reservation is what an operator under test gets: very little when the setting spills.
func (h *harness) reservation(stats *NodeStats) *Reservation { return h.account.NewReservation(stats) }

// batch makes a batch of rows. Decimal vectors get a random width that holds them.
func (h *harness) batch(cols plan.Schema, rows [][]types.Value) arrow.RecordBatch {
	arrays := make([]arrow.Array, len(cols))
	for k, c := range cols {
		values := make([]types.Value, len(rows))
		for i := range rows {
			values[i] = rows[i][k]
		}
		a := kernel.FromValues(h.mem, c.Type, values)
		if c.Type.Kind == types.Decimal {
			if w := []types.Width{types.W64, types.W128, types.W256}[h.rand.IntN(3)]; w > kernel.Width(a) {
				wide := kernel.Widen(h.mem, a, w)
				a.Release()
				a = wide
			}
		}
		arrays[k] = a
	}
	return newAssembler(cols).batch(arrays, len(rows))
}

// streams deals the rows of a relation out in batches to streams.
func (h *harness) streams(r relation) Streams {
	parts := make([][]arrow.RecordBatch, h.setting.streams)
	for from := 0; from < len(r.rows); from += h.setting.batch {
		rows := r.rows[from:min(from+h.setting.batch, len(r.rows))]
		var b arrow.RecordBatch
		if h.setting.sliced {
			padded := append(append([][]types.Value{r.rows[0], r.rows[len(r.rows)-1]}, rows...), r.rows[0])
			whole := h.batch(r.cols, padded)
			b = whole.NewSlice(2, int64(2+len(rows)))
			whole.Release()
		} else {
			b = h.batch(r.cols, rows)
		}
		i := h.rand.IntN(len(parts))
		parts[i] = append(parts[i], b)
	}
	out := make(Streams, len(parts))
	for i, p := range parts {
		out[i] = &batches{list: p}
	}
	return out
}

// batches is an operator over a list.
type batches struct{ list []arrow.RecordBatch }

func (b *batches) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(b.list) == 0 {
		return nil, io.EOF
	}
	next := b.list[0]
	b.list = b.list[1:]
	return next, nil
}

func (b *batches) Close() error {
	releaseBatches(b.list)
	b.list = nil
	return nil
}

// run drains streams and returns the rows, checking batch sizes and columns.
func (h *harness) run(streams Streams, cols plan.Schema) ([][]types.Value, error) {
	root := Gather(streams)
	defer func() {
		for range 2 {
			if err := root.Close(); err != nil {
				h.t.Error(err)
			}
		}
	}()
	var rows [][]types.Value
	for {
		b, err := root.Next(context.Background())
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		if b.NumRows() == 0 || b.NumRows() > int64(h.setting.batch) {
			h.t.Errorf("a batch of %d rows, limit %d", b.NumRows(), h.setting.batch)
		}
		for k, c := range cols {
			if !fits(b.Column(k).DataType(), c.Type) {
				h.t.Errorf("column %s is %s, not %s", c.Name, b.Column(k).DataType(), c.Type)
			}
		}
		for i := range int(b.NumRows()) {
			row := make([]types.Value, len(cols))
			for k := range cols {
				row[k] = kernel.ValueAt(b.Column(k), i)
				row[k].Str = strings.Clone(row[k].Str)
			}
			rows = append(rows, row)
		}
		b.Release()
	}
}

// want compares rows in any order.
func (h *harness) want(what any, cols plan.Schema, got, want [][]types.Value) {
	h.t.Helper()
	g, w := lines(cols, got), lines(cols, want)
	if slices.Equal(g, w) {
		return
	}
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			at := func(l []string) string {
				if i < len(l) {
					return l[i]
				}
				return "(end)"
			}
			h.t.Fatalf("%v: %d rows, want %d; row %d is %s, want %s", what, len(g), len(w), i, at(g), at(w))
		}
	}
}

// terms are plain columns.
func terms(at ...int) []Term {
	out := make([]Term, len(at))
	for i, c := range at {
		out[i].Column = c
	}
	return out
}

func termsFor(n int, at ...int) [][]Term {
	out := make([][]Term, n)
	for i := range out {
		out[i] = terms(at...)
	}
	return out
}

// randomValue returns a value of t from a small domain, sometimes NULL.
func (h *harness) randomValue(t types.Type, domain int) types.Value {
	if h.rand.IntN(8) == 0 {
		return types.NullValue
	}
	n := int64(h.rand.IntN(domain) - domain/3)
	switch {
	case t.Kind == types.Decimal:
		v := decimal256.FromI64(n)
		if n%5 == 0 && t.Precision > types.Digits128 {
			v = v.IncreaseScaleBy(38) // beyond 64 and 128 bits
		} else if n%7 == 0 && t.Precision > types.Digits64 {
			v = v.IncreaseScaleBy(19)
		}
		return types.Value{Dec: v}
	case t.IsFloat():
		return types.FloatValue(float64(n) / 4)
	case t.IsString():
		return types.TextValue(strings.Repeat("x", int(n&15)) + fmt.Sprint(n))
	case t.Kind == types.Bool:
		return types.BoolValue(n&1 == 0)
	case t.IsUnsigned():
		return types.UintValue(uint64(max(n, -n)))
	}
	return types.IntValue(n)
}

// random returns a relation with the given column types.
func (h *harness) random(firstID, rows, domain int, kinds ...types.Type) relation {
	r := relation{}
	for i, t := range kinds {
		r.cols = append(r.cols, column(firstID+i, fmt.Sprintf("c%d", firstID+i), t))
	}
	for range rows {
		row := make([]types.Value, len(kinds))
		for k, t := range kinds {
			row[k] = h.randomValue(t, domain)
		}
		r.rows = append(r.rows, row)
	}
	return r
}
