package shadow

import (
	"math"
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
	key       string // "-": NULL
	sum       float64
	null      bool
	magnitude float64 // of what was added up; 0: as the sum
}

var digestColumns = plan.Schema{
	{ID: 1, Name: "key", Type: types.NewText(types.Text, 0, types.Utf8mb4AI0900), Nullable: true},
	{ID: 2, Name: "sum", Type: types.Of(types.Float64), Nullable: true},
	{ID: 3, Name: "magnitude", Type: types.Of(types.Float64), Nullable: true},
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

// digestOf digests rows in batches of some size; magnitude is the position of the sum's, -1: there is none.
func digestOf(t *testing.T, ordered bool, magnitude, size int, rows ...cells) digest {
	t.Helper()
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	c := optimize.Comparison{Near: []bool{false, true}}
	if ordered {
		c.Order = []int{0}
	}
	d, err := newDigester(digestColumns, c, []int{-1, magnitude}, folds)
	if err != nil {
		t.Fatal(err)
	}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "key", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "sum", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "magnitude", Type: arrow.PrimitiveTypes.Float64, Nullable: true}}, nil)
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
				b.Field(2).AppendNull()
			} else {
				b.Field(1).(*array.Float64Builder).Append(r.sum)
				b.Field(2).(*array.Float64Builder).Append(max(r.magnitude, math.Abs(r.sum)))
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
			want := digestOf(t, false, 2, 2, rows...)
			if got := want.equal(want, digestOf(t, false, 2, size, c.rows...)); got != c.equal {
				t.Errorf("%s, by %d: equal as multisets %t", c.name, size, got)
			}
			want = digestOf(t, true, 2, 2, rows...)
			if got := want.equal(want, digestOf(t, true, 2, size, c.rows...)); got != c.ordered {
				t.Errorf("%s, by %d: equal in order %t", c.name, size, got)
			}
		}
	}
}

// TestMagnitudes checks that what is added up, and not what is left of it, says how much a sum may differ by.
func TestMagnitudes(t *testing.T) {
	for _, c := range []struct {
		name         string
		want, got    []cells
		known, equal bool
	}{
		{"nearly nothing is left", []cells{{sum: 1e-8, magnitude: 1e9}}, []cells{{sum: -3e-8}}, true, true},
		{"nothing is left", []cells{{sum: 0, magnitude: 1e9}}, []cells{{sum: 1e-7}}, true, true},
		{"more than a part of what was added", []cells{{sum: 0, magnitude: 1e3}}, []cells{{sum: 1e-5}}, true, false},
		{"another group's are no excuse", []cells{{key: "a", sum: 1}, {key: "b", sum: 0, magnitude: 1e5}}, []cells{{key: "a", sum: 1.01}, {key: "b", sum: 0}}, true, false},
		{"NULL for a sum", []cells{{sum: 0, magnitude: 1e9}}, []cells{{null: true}}, true, false},
		{"nothing is known", []cells{{sum: 1}}, []cells{{sum: 2}}, false, true},
		{"not even whether it is NULL", []cells{{null: true}}, []cells{{sum: 2}}, false, true},
		{"but of other columns", []cells{{key: "a", sum: 1}}, []cells{{key: "b", sum: 1}}, false, false},
	} {
		magnitude := -1
		if c.known {
			magnitude = 2
		}
		want, got := digestOf(t, false, magnitude, 2, c.want...), digestOf(t, false, -1, 2, c.got...)
		if equal := want.equal(want, got); equal != c.equal {
			t.Errorf("%s: equal %t", c.name, equal)
		}
	}
}

// TestWatchedDictionaries digests a batch with dictionaries as the same one without.
func TestWatchedDictionaries(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	schema := plan.Schema{digestColumns[0], {ID: 2, Name: "day", Type: types.Of(types.Date), Nullable: true}}
	b := array.NewRecordBuilder(mem, arrow.NewSchema([]arrow.Field{
		{Name: "key", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "day", Type: arrow.PrimitiveTypes.Date32, Nullable: true}}, nil))
	defer b.Release()
	for i := range 20 {
		if i%5 == 2 {
			b.Field(0).AppendNull()
			b.Field(1).AppendNull()
			continue
		}
		b.Field(0).(*array.StringBuilder).Append([]string{"a", "b", "a text that is longer than a word"}[i%3])
		b.Field(1).(*array.Date32Builder).Append(arrow.Date32(i % 3))
	}
	plain := b.NewRecordBatch()
	defer plain.Release()
	codes := array.NewInt32Builder(mem)
	defer codes.Release()
	for i := range 20 {
		if i%5 == 2 {
			codes.AppendNull()
		} else {
			codes.Append([]int32{0, 1, 5}[i%3])
		}
	}
	indices := codes.NewArray()
	defer indices.Release()
	fields, columns := plain.Schema().Fields(), make([]arrow.Array, 2)
	for i, c := range plain.Columns() { // rows 0, 1 and 5 hold the three values
		fields[i].Type = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: c.DataType()}
		columns[i] = array.NewDictionaryArray(fields[i].Type, indices, c)
		defer columns[i].Release()
	}
	coded := array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, 20)
	defer coded.Release()
	var digests []digest
	for _, batch := range []arrow.RecordBatch{plain, coded} {
		d, err := newDigester(schema, optimize.Comparison{Near: []bool{false, false}}, nil, folds)
		if err != nil {
			t.Fatal(err)
		}
		w := &Watch{answer: d}
		w.Add(batch)
		digests = append(digests, w.answer.digest)
	}
	if !digests[0].equal(digests[0], digests[1]) || digests[0].rows != 20 {
		t.Errorf("%+v of plain vectors, %+v of those with dictionaries", digests[0], digests[1])
	}
}
