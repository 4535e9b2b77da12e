package mysql

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// encode returns a vector with a dictionary of its values, the last one first, as many of the rows as are not NULL.
func encode(t testing.TB, mem memory.Allocator, a arrow.Array) arrow.Array {
	t.Helper()
	var at []int32
	for i := a.Len() - 1; i >= 0; i-- {
		if a.IsValid(i) {
			at = append(at, int32(i))
		}
	}
	values, err := kernel.Take(mem, a, at)
	if err != nil {
		t.Fatal(err)
	}
	defer values.Release()
	codes := array.NewInt32Builder(mem)
	defer codes.Release()
	code := len(at)
	for i := range a.Len() {
		if a.IsNull(i) {
			codes.AppendNull()
			continue
		}
		code--
		codes.Append(int32(code))
	}
	indices := codes.NewArray()
	defer indices.Release()
	return array.NewDictionaryArray(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: a.DataType()}, indices, values)
}

// encoded returns a batch whose columns have dictionaries, but for one of nothing but NULL.
func encoded(t testing.TB, mem memory.Allocator, batch arrow.RecordBatch) arrow.RecordBatch {
	t.Helper()
	fields, columns := batch.Schema().Fields(), make([]arrow.Array, batch.NumCols())
	for i, c := range batch.Columns() {
		if _, nothing := c.(*array.Null); nothing {
			c.Retain()
			columns[i] = c
			continue
		}
		columns[i] = encode(t, mem, c)
		defer columns[i].Release()
		fields[i].Type = columns[i].DataType()
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, batch.NumRows())
}

// TestDictionaries compares rows of vectors with dictionaries, of each kind of value, with those of plain ones.
func TestDictionaries(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	schema, whole := randomBatch(memory.DefaultAllocator, 2*windowRows+50)
	coded := encoded(t, mem, whole)
	defer coded.Release()
	latin1 := func(text string) []byte { return bytes.ReplaceAll([]byte(text), []byte("é"), []byte{0xe9}) }
	for _, binary := range []bool{false, true} {
		for name, to := range map[string]recode{"utf8mb4": nil, "latin1": latin1} {
			t.Run(fmt.Sprintf("binary=%t,%s", binary, name), func(t *testing.T) {
				f := newFormatter(schema, time.FixedZone("", 3600), binary, to)
				plain := newFormatter(schema, time.FixedZone("", 3600), binary, to)
				for _, part := range [][2]int64{{0, 3}, {3, 2*windowRows + 11}, {2*windowRows + 11, 2*windowRows + 50}} {
					batch, want := coded.NewSlice(part[0], part[1]), whole.NewSlice(part[0], part[1])
					_, p := formatted(t, f, batch)
					formatted(t, plain, want)
					packets, err := sent(t, f, 0, p.rows, 1<<30)
					if err != nil || len(packets) != p.rows {
						t.Fatalf("%d packets of %d, %v", len(packets), p.rows, err)
					}
					for i, got := range packets {
						if want := plain.row(i); !bytes.Equal(got, want) {
							t.Fatalf("row %d of %v: %x, want %x", i, part, got, want)
						}
					}
					p.done()
				}
				if n := len(schema) - 1; len(f.kept) != n {
					t.Errorf("the entries of %d dictionaries are kept, want %d", len(f.kept), n)
				}
			})
		}
	}
}

// TestManyDictionaries has one dictionary after another, of which some are too large for their cells to be kept.
func TestManyDictionaries(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	schema := plan.Schema{{Name: "s", Type: types.Of(types.Text), Nullable: true}}
	f := newFormatter(schema, time.UTC, false, nil)
	for round := range 40 {
		b := array.NewStringBuilder(memory.DefaultAllocator)
		const rows = 400
		length := 500
		if round%4 == 3 {
			length = mostEntries / rows
		}
		for i := range rows {
			b.Append(strings.Repeat(string(rune('a'+(i+round)%26)), length+i))
		}
		b.AppendNull()
		text := b.NewStringArray()
		dict := encode(t, mem, text)
		batch := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "s", Type: dict.DataType(), Nullable: true}}, nil), []arrow.Array{dict}, rows+1)
		_, p := formatted(t, f, batch)
		if _, large := f.columns[0].cells.(contents); large != (round%4 == 3) {
			t.Fatalf("round %d: cells of texts of %d bytes are %T", round, length, f.columns[0].cells)
		}
		for i := range rows {
			if got := f.row(i); !bytes.HasSuffix(got, []byte(text.Value(i))) || len(got) != 3+length+i {
				t.Fatalf("round %d, row %d: %d bytes, want %d after their length", round, i, len(got), length+i)
			}
		}
		if got := f.row(rows); len(got) != 1 || got[0] != 0xfb {
			t.Fatalf("round %d: NULL is %x", round, got)
		}
		p.done()
		dict.Release()
	}
	size := 0
	for _, e := range f.kept {
		size += e.size()
	}
	if size > keptEntries || size < keptEntries/2 {
		t.Errorf("%d bytes of %d dictionaries are kept", size, len(f.kept))
	}
}

// TestEmptyDictionary is of rows that are all NULL.
func TestEmptyDictionary(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	b := array.NewDate32Builder(mem)
	defer b.Release()
	b.AppendNulls(3)
	dates := b.NewArray()
	defer dates.Release()
	dict := encode(t, mem, dates)
	defer dict.Release()
	batch := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "d", Type: dict.DataType(), Nullable: true}}, nil), []arrow.Array{dict}, 3)
	f, p := formatted(t, newFormatter(plan.Schema{{Name: "d", Type: types.Of(types.Date), Nullable: true}}, time.UTC, false, nil), batch)
	defer p.done()
	for i := range 3 {
		if got := f.row(i); !bytes.Equal(got, []byte{0xfb}) {
			t.Errorf("row %d: %x", i, got)
		}
	}
}

// TestPut copies any number of bytes, and no others.
func TestPut(t *testing.T) {
	src := []byte("0123456789abcdefghijklmnopqrstuvwxyz")
	for n := range src {
		dst := bytes.Repeat([]byte{'-'}, 40)
		put(dst[2:], src[:n])
		if want := "--" + string(src[:n]) + strings.Repeat("-", 38-n); string(dst) != want {
			t.Errorf("%d bytes: %s", n, dst)
		}
	}
}
