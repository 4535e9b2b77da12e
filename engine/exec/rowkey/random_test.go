package rowkey

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/zeebo/xxh3"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// domain is a field with the values that tests draw from: few, so that keys of several fields are often equal.
type domain struct {
	field Field
	types []types.Type // of the vectors that the values come in
	draw  func(r *rand.Rand) types.Value
	id    func(t types.Type, v types.Value) any // what equal values have in common; nil: the value
}

// lower weighs texts without regard to case.
func lower(dst, value []byte) []byte { return append(dst, strings.ToLower(string(value))...) }

// domains has fields of each class.
func domains(t *testing.T) []domain {
	big, unsigned, text := types.Of(types.Int64), types.Of(types.Uint64), types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	pair := func(a, b types.Type) Field {
		f, err := Pair(a, b, nil)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	of := func(ty types.Type, draw func(r *rand.Rand) types.Value) domain {
		return domain{field: Of(ty, nil), types: []types.Type{ty}, draw: draw}
	}
	small := func(r *rand.Rand) types.Value { return types.IntValue(r.Int64N(3) - 1) }
	one := func(values ...string) func(r *rand.Rand) types.Value {
		return func(r *rand.Rand) types.Value { return types.TextValue(values[r.IntN(len(values))]) }
	}
	decimal := func(r *rand.Rand) types.Value { // of any width
		return types.Value{Dec: decimal256.FromI64(r.Int64N(3) - 1).IncreaseScaleBy(int32(r.IntN(2) * r.IntN(3) * 25))}
	}
	long := strings.Repeat("x", 40)
	whole, cents := types.NewDecimal(60, 0), types.NewDecimal(60, 2)
	// Of these some take more than 256 bits at the other's scale, and some are equal.
	wide, fine := types.NewDecimal(65, 0), types.NewDecimal(65, 30)
	huge := func(r *rand.Rand) types.Value {
		zeros := []int32{0, 20, 46, 50, 76}[r.IntN(5)]
		return types.Value{Dec: decimal256.FromI64(r.Int64N(3) - 1).IncreaseScaleBy(zeros)}
	}
	return []domain{
		of(types.Of(types.Bool), func(r *rand.Rand) types.Value { return types.IntValue(r.Int64N(2)) }),
		of(types.Of(types.Int8), small),
		of(types.Of(types.Date), small),
		of(big, func(r *rand.Rand) types.Value { return types.IntValue((r.Int64N(4) - 1) << 40) }),
		of(unsigned, func(r *rand.Rand) types.Value { return types.UintValue(r.Uint64N(3) << 62) }),
		{Of(types.Of(types.Float64), nil), []types.Type{types.Of(types.Float64), types.Of(types.Float32)},
			func(r *rand.Rand) types.Value {
				return types.FloatValue([]float64{0, math.Copysign(0, -1), -1, 1 << 80}[r.IntN(4)])
			},
			func(_ types.Type, v types.Value) any { return v.Float + 0 }},
		of(text, one("", "\x00", "a", "a\x00", "seven b", "eight by", "eight bz", long+"y", long+"z", "é")),
		of(types.NewText(types.Char, 1, types.Utf8mb4Bin0900), one("", "a", "é", "abc", "abcd", "abce")),
		{Of(text, lower), []types.Type{text}, one("", "a", "A", "ab", "aB", long+"y", long+"Y", long+"z"),
			func(_ types.Type, v types.Value) any { return strings.ToLower(v.Str) }},
		of(cents, decimal),
		{pair(whole, cents), []types.Type{whole, cents}, decimal, func(t types.Type, v types.Value) any {
			return v.Dec.IncreaseScaleBy(2 - int32(t.Scale))
		}},
		{pair(wide, fine), []types.Type{wide, fine}, huge, func(t types.Type, v types.Value) any {
			n := v.Dec.BigInt()
			return n.Mul(n, decimal256.GetScaleMultiplier(30-int(t.Scale)).BigInt()).String()
		}},
		{pair(big, unsigned), []types.Type{big, unsigned}, small, func(t types.Type, v types.Value) any {
			if t.IsUnsigned() && v.Int < 0 {
				return uint64(v.Int)
			}
			return v.Int
		}},
	}
}

// column is a vector of a domain's values, a slice of a longer one, and what its values have in common with equal ones;
// nil: NULL. Some values are that of the row before.
func (d domain) column(r *rand.Rand, mem memory.Allocator, again []bool) (arrow.Array, []any) {
	t := d.types[r.IntN(len(d.types))]
	const before = 3
	rows := len(again)
	values, ids := make([]types.Value, before+rows), make([]any, rows)
	nulls := r.IntN(3) * 5
	for i := range values {
		values[i] = d.draw(r)
		values[i].Null = nulls > 0 && r.IntN(nulls) == 0 // the value still lies there
		if i >= before && again[i-before] {
			values[i] = values[i-1]
		}
		if i >= before && !values[i].Null {
			ids[i-before] = any(values[i])
			if d.id != nil {
				ids[i-before] = d.id(t, values[i])
			}
		}
	}
	whole := kernel.FromValues(mem, t, values)
	defer whole.Release()
	col := array.NewSlice(whole, before, int64(before+rows))
	if text, ok := col.(*array.String); ok && r.IntN(3) == 0 {
		defer text.Release()
		return encode(mem, text, r.IntN(2) == 0), ids
	}
	return col, ids
}

// halves are the parts of a batch before and from a row.
func halves(r *rand.Rand, cols []arrow.Array, ids []string) (parts [][]arrow.Array, partIDs [][]string) {
	at := r.IntN(len(ids) + 1)
	for _, b := range [][2]int{{0, at}, {at, len(ids)}} {
		var part []arrow.Array
		for _, c := range cols {
			part = append(part, array.NewSlice(c, int64(b[0]), int64(b[1])))
		}
		parts, partIDs = append(parts, part), append(partIDs, ids[b[0]:b[1]])
	}
	return parts, partIDs
}

// batchOf is a batch of keys and, for each row, what equal keys have in common; "": it equals nothing.
func batchOf(r *rand.Rand, mem memory.Allocator, ds []domain, rows int) (cols []arrow.Array, ids []string) {
	ids = make([]string, rows)
	none, again := make([]bool, rows), make([]bool, rows)
	for i, n := 0, r.IntN(5); i < rows; i++ {
		again[i] = r.IntN(5) < n
	}
	for _, d := range ds {
		col, values := d.column(r, mem, again)
		cols = append(cols, col)
		for i, v := range values {
			ids[i] += fmt.Sprintf("%#v;", v)
			none[i] = none[i] || v == nil && d.field.strict
		}
	}
	for i, n := range none {
		if n {
			ids[i] = ""
		}
	}
	return cols, ids
}

func release(cols []arrow.Array) {
	for _, c := range cols {
		c.Release()
	}
}

// draw chooses fields, sometimes more than one word has flags for.
func draw(r *rand.Rand, all []domain, strict bool) (ds []domain, fields []Field) {
	n := 1 + r.IntN(6)
	if r.IntN(10) == 0 {
		n = fieldFlags + r.IntN(8)
	}
	for range n {
		d := all[r.IntN(len(all))]
		if strict && r.IntN(2) == 0 {
			d.field = d.field.Strict()
		}
		ds, fields = append(ds, d), append(fields, d.field)
	}
	return ds, fields
}

// TestKeysOfEveryType numbers keys of random fields, which come in vectors of varying types and widths, and compares with
// a map. Equal keys have one hash, whoever encodes them.
func TestKeysOfEveryType(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	all := domains(t)
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		ds, fields := draw(r, all, false)
		e, g, out := NewEncoder(fields), NewGroups(), []int32(nil)
		hashes := make(map[string]uint64)
		for range 2 {
			groups := make(map[string]int32)
			for range 1 + r.IntN(6) {
				cols, ids := batchOf(r, mem, ds, r.IntN(100))
				parts, partIDs := halves(r, cols, ids)
				for n, part := range parts {
					if r.IntN(4) == 0 {
						e = NewEncoder(fields)
					}
					e.Encode(part, len(partIDs[n]))
					out = grow(out, len(partIDs[n]))
					checkGroups(t, seed, e, g, out, partIDs[n], groups, hashes)
					release(part)
				}
				release(cols) // what is compared later was copied
			}
			g.Reset()
		}
	}
}

// checkGroups finds the groups of an encoded batch and compares them and the hashes with those that keys had before.
func checkGroups(t *testing.T, seed uint64, e *Encoder, g *Groups, out []int32, ids []string, groups map[string]int32, hashes map[string]uint64) {
	t.Helper()
	first := len(groups)
	fresh := g.Find(e, out, nil)
	for i, id := range ids {
		if h, ok := hashes[id]; ok && h != e.Hash()[i] {
			t.Fatalf("seed %d: %s has two hashes", seed, id)
		}
		hashes[id] = e.Hash()[i]
		if group, ok := groups[id]; ok && group != out[i] {
			t.Fatalf("seed %d: %s is in group %d, then %d", seed, id, group, out[i])
		}
		groups[id] = out[i]
	}
	if g.Len() != len(groups) || len(fresh) != len(groups)-first {
		t.Fatalf("seed %d: %d groups, %d made at last, want %d and %d", seed, g.Len(), len(fresh), len(groups), len(groups)-first)
	}
	for n, i := range fresh {
		if out[i] != int32(first+n) || g.Hash()[first+n] != e.Hash()[i] {
			t.Fatalf("seed %d: row %d is said to have made group %d, but is in group %d", seed, i, first+n, out[i])
		}
	}
}

// TestIndexOfEveryType joins keys of random fields and compares with a nested loop.
func TestIndexOfEveryType(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	all := domains(t)
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 2))
		ds, fields := draw(r, all, true)
		rows := r.IntN(150)
		stored, storedIDs := batchOf(r, mem, ds, rows)
		x := newIndex(t, fields, stored, rows, 2)
		e := NewEncoder(fields)
		for range 3 {
			n := r.IntN(100)
			cols, ids := batchOf(r, mem, ds, n)
			e.Encode(cols, n)
			checkIndex(t, fmt.Sprint("seed ", seed), x, e, storedIDs, ids, 1+r.IntN(9))
			release(cols)
		}
		for i, id := range storedIDs {
			if x.NullRow(i) != (id == "") {
				t.Fatalf("seed %d: stored row %d is said to equal nothing: %t", seed, i, x.NullRow(i))
			}
		}
		release(stored)
	}
}

// checkIndex probes an index through buffers of a size.
func checkIndex(t *testing.T, name string, x *Index, e *Encoder, stored, probed []string, size int) {
	t.Helper()
	rows := make(map[string][]int32)
	for i, id := range stored {
		if id != "" {
			rows[id] = append(rows[id], int32(i))
		}
	}
	first := make([]int32, len(probed))
	x.First(e, first)
	for i, id := range probed {
		if e.NullRow(i) != (id == "") {
			t.Fatalf("%s: probed row %d is said to equal nothing: %t", name, i, e.NullRow(i))
		}
		if found := first[i] >= 0; found != (len(rows[id]) > 0) || found && stored[first[i]] != id {
			t.Fatalf("%s: row %d, %s, is said to match row %d", name, i, id, first[i])
		}
	}
	got, last := 0, int32(0)
	for c := (Cursor{}); !c.Done(); {
		probe, build := x.Probe(e, &c, make([]int32, 0, size), make([]int32, 0, size))
		for n, i := range probe {
			if stored[build[n]] != probed[i] || probed[i] == "" || i < last {
				t.Fatalf("%s: rows %d and %d are a pair, after row %d", name, i, build[n], last)
			}
			last = i
		}
		got += len(probe)
	}
	want := 0
	for _, id := range probed {
		want += len(rows[id])
	}
	if got != want {
		t.Fatalf("%s: %d pairs, want %d", name, got, want)
	}
}

// TestKeysWithEqualWords has texts whose words, of 24 bits of hash, are equal by the hundred though the texts are not.
func TestKeysWithEqualWords(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	const rows = 100_000
	letter := types.NewText(types.Char, 1, types.Utf8mb4Bin0900)
	big := types.Of(types.Int64)
	fields := []Field{Of(letter, lower), Of(big, nil), Of(big, nil)}
	order := make([]int, rows) // texts with equal words come one after the other
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		word := func(i int) uint64 { return xxh3.HashString(fmt.Sprint("text ", i)) & (1<<24 - 1) }
		return cmp.Compare(word(a), word(b))
	})
	column := func(format string) arrow.Array {
		values := make([]types.Value, rows)
		for i := range values {
			values[i] = types.TextValue(fmt.Sprintf(format, order[i]))
		}
		return kernel.FromValues(mem, letter, values)
	}
	same := kernel.Broadcast(mem, big, types.IntValue(1), rows)
	defer same.Release()
	for n := 1; n <= len(fields); n++ { // fields and words
		e, g, out := NewEncoder(fields[:n]), NewGroups(), make([]int32, rows)
		upper, low := column("TEXT %d"), column("text %d")
		stored := []arrow.Array{upper, same, same}[:n]
		e.Encode(stored, rows)
		if fresh := g.Find(e, out, nil); len(fresh) != rows || g.Len() != rows {
			t.Errorf("%d texts are in %d groups", rows, g.Len())
		}
		words := make(map[string]bool)
		for i := range rows {
			words[fmt.Sprint(e.wordsOf(i))] = true
		}
		if len(words) > rows-50 {
			t.Errorf("%d texts have %d words", rows, len(words))
		}
		x := newIndex(t, fields[:n], stored, rows, 3)
		first := make([]int32, rows)
		again := make([]int32, rows)
		e.Encode([]arrow.Array{low, same, same}[:n], rows)
		if fresh := g.Find(e, again, nil); len(fresh) > 0 {
			t.Errorf("%d texts are new again", len(fresh))
		}
		x.First(e, first)
		for i := range rows {
			if again[i] != out[i] || first[i] != int32(i) {
				t.Fatalf("row %d is in group %d, then %d; its row is %d", i, out[i], again[i], first[i])
			}
		}
		pairs := 0
		for c := (Cursor{}); !c.Done(); {
			probe, build := x.Probe(e, &c, make([]int32, 0, 1000), make([]int32, 0, 1000))
			for k := range probe {
				if probe[k] != build[k] {
					t.Fatalf("rows %d and %d are a pair", probe[k], build[k])
				}
			}
			pairs += len(probe)
		}
		if pairs != rows {
			t.Errorf("%d pairs, want %d", pairs, rows)
		}
		other := column("other %d")
		e.Encode([]arrow.Array{other, same, same}[:n], rows)
		x.First(e, first)
		for i, row := range first {
			if row >= 0 {
				t.Fatalf("row %d matches row %d", i, row)
			}
		}
		release([]arrow.Array{upper, low, other})
	}
}
