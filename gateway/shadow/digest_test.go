package shadow

import (
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

type cells struct {
	key  string // "-": NULL
	sum  float64
	null bool
}

var digestColumns = plan.Schema{
	{ID: 1, Name: "key", Type: types.NewText(types.Text, 0, types.Utf8mb4AI0900), Nullable: true},
	{ID: 2, Name: "sum", Type: types.Of(types.Float64), Nullable: true},
}

// folds is a collation of the tests.
func folds(types.Collation) exec.WeightFunc {
	return func(dst, value []byte) []byte {
		for _, b := range value {
			dst = append(dst, b|0x20)
		}
		return dst
	}
}

// digestOf digests rows in batches of some size.
func digestOf(t *testing.T, ordered bool, size int, rows ...cells) digest {
	t.Helper()
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	c := optimize.Comparison{Near: []bool{false, true}}
	if ordered {
		c.Order = []int{0}
	}
	d, err := newDigester(digestColumns, c, folds)
	if err != nil {
		t.Fatal(err)
	}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "key", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "sum", Type: arrow.PrimitiveTypes.Float64, Nullable: true}}, nil)
	for len(rows) > 0 {
		n := min(size, len(rows))
		b := array.NewRecordBuilder(mem, schema)
		for _, r := range rows[:n] {
			if r.key == "-" {
				b.Field(0).AppendNull()
			} else {
				b.Field(0).(*array.StringBuilder).Append(r.key)
			}
			if r.null {
				b.Field(1).AppendNull()
			} else {
				b.Field(1).(*array.Float64Builder).Append(r.sum)
			}
		}
		batch := b.NewRecordBatch()
		d.add(batch)
		batch.Release()
		b.Release()
		rows = rows[n:]
	}
	return d.digest
}

func TestDigest(t *testing.T) {
	rows := []cells{{key: "a", sum: 1e9}, {key: "a", sum: 1e9}, {key: "b", sum: -3.25}, {key: "a longer text than a word has", sum: 0.1}, {key: "-", null: true}, {key: "c", sum: 2}}
	changed := func(at int, to cells) []cells {
		out := append([]cells(nil), rows...)
		out[at] = to
		return out
	}
	shuffled := append([]cells(nil), rows...)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	ties := append([]cells{{key: "A", sum: 1e9}}, rows[1:]...)
	for _, c := range []struct {
		name           string
		rows           []cells
		equal, ordered bool // as multisets, in order
	}{
		{"themselves", rows, true, true},
		{"another order", shuffled, true, false},
		{"equal texts", ties, true, true},
		{"the order of addition", changed(0, cells{key: "a", sum: 1e9 * (1 + 1e-12)}), true, true},
		{"another sum", changed(0, cells{key: "a", sum: 1e9 * (1 + 1e-7)}), false, false},
		{"another text", changed(2, cells{key: "bb", sum: -3.25}), false, false},
		{"another NULL", changed(4, cells{key: "-", sum: 0}), false, false},
		{"a NULL in place of a text", changed(5, cells{key: "-", sum: 2}), false, false},
		{"a row less", rows[1:], false, false},
		{"a row twice, another not at all", changed(5, rows[2]), false, false},
		{"sums of each other", append([]cells{{key: "a", sum: 2}, {key: "c", sum: 1e9}}, rows[1:5]...), false, false},
	} {
		for size := 1; size <= len(rows); size++ {
			if got := digestOf(t, false, size, c.rows...).equal(digestOf(t, false, 2, rows...)); got != c.equal {
				t.Errorf("%s, by %d: equal as multisets %t", c.name, size, got)
			}
			if got := digestOf(t, true, size, c.rows...).equal(digestOf(t, true, 2, rows...)); got != c.ordered {
				t.Errorf("%s, by %d: equal in order %t", c.name, size, got)
			}
		}
	}
}
