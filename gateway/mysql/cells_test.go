package mysql

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// everyKind is one value of each kind, a NULL after it, and how the value is shown in Berlin.
var everyKind = []struct {
	typ   types.Type
	build func(array.Builder)
	want  string
}{
	{types.Of(types.Bool), func(b array.Builder) { b.(*array.BooleanBuilder).Append(true) }, "1"},
	{types.Of(types.Int8), func(b array.Builder) { b.(*array.Int8Builder).Append(-128) }, "-128"},
	{types.Of(types.Int16), func(b array.Builder) { b.(*array.Int16Builder).Append(-32768) }, "-32768"},
	{types.Of(types.Int32), func(b array.Builder) { b.(*array.Int32Builder).Append(math.MinInt32) }, "-2147483648"},
	{types.Of(types.Int64), func(b array.Builder) { b.(*array.Int64Builder).Append(math.MinInt64) }, "-9223372036854775808"},
	{types.Of(types.Uint8), func(b array.Builder) { b.(*array.Uint8Builder).Append(255) }, "255"},
	{types.Of(types.Uint16), func(b array.Builder) { b.(*array.Uint16Builder).Append(65535) }, "65535"},
	{types.Of(types.Uint32), func(b array.Builder) { b.(*array.Uint32Builder).Append(math.MaxUint32) }, "4294967295"},
	{types.Of(types.Uint64), func(b array.Builder) { b.(*array.Uint64Builder).Append(math.MaxUint64) }, "18446744073709551615"},
	{types.Of(types.Float32), func(b array.Builder) { b.(*array.Float32Builder).Append(0.1) }, "0.1"},
	{types.Of(types.Float64), func(b array.Builder) { b.(*array.Float64Builder).Append(1e300) }, "1e300"},
	{types.NewDecimal(15, 2), func(b array.Builder) { b.(*array.Decimal64Builder).Append(-1) }, "-0.01"},
	{types.NewDecimal(65, 30), func(b array.Builder) {
		v, err := decimal256.FromString("12345678901234567890123456789012345.012345678901234567890123456789", 76, 30)
		if err != nil {
			panic(err)
		}
		b.(*array.Decimal256Builder).Append(v)
	}, "12345678901234567890123456789012345.012345678901234567890123456789"},
	{types.Of(types.Date), func(b array.Builder) { b.(*array.Date32Builder).Append(-1) }, "1969-12-31"},
	{types.NewTemporal(types.Datetime, 6), func(b array.Builder) { b.(*array.TimestampBuilder).Append(1) }, "1970-01-01 00:00:00.000001"},
	{types.NewTemporal(types.Timestamp, 0), func(b array.Builder) { b.(*array.TimestampBuilder).Append(0) }, "1970-01-01 01:00:00"},
	{types.NewTemporal(types.Time, 0), func(b array.Builder) { b.(*array.DurationBuilder).Append(-3600_000_000) }, "-01:00:00"},
	{types.Of(types.Year), func(b array.Builder) { b.(*array.Int16Builder).Append(0) }, "0000"},
	{types.NewText(types.Char, 5, types.Utf8mb4Bin0900), func(b array.Builder) { b.(*array.StringBuilder).Append("é") }, "é"},
	{types.NewText(types.Varchar, 5, types.Utf8mb4Bin0900), func(b array.Builder) { b.(*array.StringBuilder).Append("") }, ""},
	{types.Of(types.Text), func(b array.Builder) { b.(*array.StringBuilder).Append("a\x00b") }, "a\x00b"},
	{types.Type{Kind: types.Binary, Length: 2}, func(b array.Builder) { b.(*array.BinaryBuilder).Append([]byte{0, 255}) }, "\x00\xff"},
	{types.Type{Kind: types.Varbinary, Length: 2}, func(b array.Builder) { b.(*array.BinaryBuilder).Append([]byte{1}) }, "\x01"},
	{types.Of(types.Blob), func(b array.Builder) { b.(*array.BinaryBuilder).Append([]byte{2}) }, "\x02"},
	{types.Of(types.JSON), func(b array.Builder) { b.(*array.StringBuilder).Append(`{"a": 1}`) }, `{"a": 1}`},
	{types.Type{Kind: types.Enum, Members: "a\x00bb", Collation: types.Utf8mb4Bin0900}, func(b array.Builder) { b.(*array.StringBuilder).Append("bb") }, "bb"},
	{types.Type{Kind: types.Set, Members: "a\x00bb", Collation: types.Utf8mb4Bin0900}, func(b array.Builder) { b.(*array.StringBuilder).Append("a,bb") }, "a,bb"},
	{types.Type{Kind: types.Bit, Length: 9}, func(b array.Builder) { b.(*array.Uint64Builder).Append(256) }, "\x01\x00"},
}

// everyBatch has a column of each kind, with a value and a NULL.
func everyBatch(mem memory.Allocator) (plan.Schema, arrow.RecordBatch) {
	var schema plan.Schema
	var fields []arrow.Field
	for i, k := range everyKind {
		schema = append(schema, plan.Column{ID: 1, Name: k.typ.String(), Type: k.typ, Nullable: true})
		fields = append(fields, arrow.Field{Name: schema[i].Name, Type: k.typ.Arrow(), Nullable: true})
	}
	b := array.NewRecordBuilder(mem, arrow.NewSchema(fields, nil))
	defer b.Release()
	for i, k := range everyKind {
		k.build(b.Field(i))
		b.Field(i).AppendNull()
	}
	return schema, b.NewRecordBatch()
}

// formatted gives a formatter a batch.
func formatted(t testing.TB, f *formatter, batch arrow.RecordBatch) (*formatter, page) {
	t.Helper()
	p, err := f.format(batch)
	if err != nil {
		t.Fatal(err)
	}
	return f, p
}

// row formats a row by itself.
func (f *formatter) row(row int) []byte {
	f.measure(row, row+1)
	content := make([]byte, f.sizes[0])
	f.at[0] = 0
	f.write(content, row, 0, 1)
	return content
}

// cellsOf reads the cells of a row of the text protocol; NULL is "NULL".
func cellsOf(t *testing.T, row []byte) (cells []string) {
	t.Helper()
	for len(row) > 0 {
		n := int(row[0])
		if n == wire.NullText {
			cells, row = append(cells, "NULL"), row[1:]
			continue
		}
		cells, row = append(cells, string(row[1:1+n])), row[1+n:]
	}
	return cells
}

func TestFormatEveryKind(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	schema, batch := everyBatch(mem)
	f, p := formatted(t, newFormatter(schema, berlin, false, nil), batch)
	defer p.done()
	values, nulls := cellsOf(t, f.row(0)), cellsOf(t, f.row(1))
	for i, k := range everyKind {
		if values[i] != k.want || nulls[i] != "NULL" {
			t.Errorf("%s: %q, then %s; want %q", k.typ, values[i], nulls[i], k.want)
		}
	}
}

// TestBinaryCells checks values against what MySQL's documentation of the binary protocol says they look like.
func TestBinaryCells(t *testing.T) {
	moment := time.Date(2010, 10, 17, 19, 27, 30, 1000, time.UTC).UnixMicro()
	clock := func(days, hours int64) int64 { return ((days*24+hours)*3600 + 27*60 + 30) * secondMicros }
	for want, got := range map[string][]byte{
		"04 da070a11":                    binaryDate(nil, moment/dayMicros),
		"0b da070a11 131b1e 01000000":    binaryDatetime(nil, moment),
		"07 da070a11 131b1e":             binaryDatetime(nil, moment-1),
		"04 da070a11 ":                   binaryDatetime(nil, moment/dayMicros*dayMicros),
		"0c 01 78000000 131b1e 01000000": binaryTime(nil, -clock(120, 19)-1),
		"08 01 78000000 131b1e":          binaryTime(nil, -clock(120, 19)),
		"00":                             binaryTime(nil, 0),
	} {
		if shown := fmt.Sprintf("%x", got); shown != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%s, want %s", shown, want)
		}
	}
	for text, want := range map[string]string{
		"2010-10-17 19:27:30.000001": "0bda070a11131b1e01000000", "2010-10-17": "04da070a11", "0000-00-00 00:00:00": "00", "0000-00-00": "00",
		"2010-10-17 00:00:00": "04da070a11",
	} {
		if shown := fmt.Sprintf("%x", appendMoment(nil, text)); shown != want {
			t.Errorf("%s: %s, want %s", text, shown, want)
		}
	}
	for text, want := range map[string]string{"-2899:27:30.000001": "0c0178000000131b1e01000000", "00:00:00": "00", "00:00:01.5": "0c000000000000000120a10700"} {
		if shown := fmt.Sprintf("%x", appendClockText(nil, text)); shown != want {
			t.Errorf("%s: %s, want %s", text, shown, want)
		}
	}
}

// TestLongCells has lengths of every size before texts.
func TestLongCells(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	b := array.NewStringBuilder(mem)
	defer b.Release()
	sizes := []int{0, 250, 251, 1<<16 - 1, 1 << 16, 1 << 20}
	for _, n := range sizes {
		b.Append(strings.Repeat("x", n))
	}
	arr := b.NewArray()
	defer arr.Release()
	batch := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "s", Type: arr.DataType()}}, nil), []arrow.Array{arr}, int64(len(sizes)))
	f, p := formatted(t, newFormatter(plan.Schema{{Name: "s", Type: types.Of(types.Text)}}, time.UTC, false, nil), batch)
	defer p.done()
	for i, n := range sizes {
		if row := f.row(i); !bytes.Equal(row, wire.AppendText(nil, strings.Repeat("x", n))) {
			t.Errorf("%d characters: %d bytes, which begin with %x", n, len(row), row[:4])
		}
	}
}

// TestNarrowDecimals has vectors that are as wide as their values, whatever the scale.
func TestNarrowDecimals(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	for scale, want := range map[int32]string{0: "-12", 1: "-1.2", 2: "-0.12", 19: "-0.0000000000000000012", 30: "-0.000000000000000000000000000012"} {
		b := array.NewDecimal64Builder(mem, &arrow.Decimal64Type{Precision: 18, Scale: scale})
		b.Append(-12)
		arr := b.NewArray()
		b.Release()
		batch := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "d", Type: arr.DataType()}}, nil), []arrow.Array{arr}, 1)
		arr.Release()
		for _, binary := range []bool{false, true} {
			f, _ := formatted(t, newFormatter(plan.Schema{{Name: "d", Type: types.NewDecimal(65, int(scale))}}, time.UTC, binary, nil), batch)
			if row := f.row(0); string(row[len(row)-len(want):]) != want || int(row[len(row)-len(want)-1]) != len(want) {
				t.Errorf("scale %d: %q, want %s", scale, row, want)
			}
		}
		batch.Release()
	}
}

func TestFormatSlicesAndNulls(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	schema := plan.Schema{{Name: "n", Type: types.Of(types.Int64)}, {Name: "z"}}
	ints := array.NewInt64Builder(mem)
	defer ints.Release()
	ints.AppendValues([]int64{1, 2, 3}, []bool{true, false, true})
	numbers := ints.NewArray()
	defer numbers.Release()
	batch := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "z", Type: arrow.Null}}, nil),
		[]arrow.Array{numbers, array.NewNull(3)}, 3)
	defer batch.Release()
	tail := batch.NewSlice(1, 3)
	f, p := formatted(t, newFormatter(schema, time.UTC, false, nil), tail)
	defer p.done()
	if first, second := cellsOf(t, f.row(0)), cellsOf(t, f.row(1)); p.rows != 2 ||
		!slices.Equal(first, []string{"NULL", "NULL"}) || !slices.Equal(second, []string{"3", "NULL"}) {
		t.Errorf("%d rows, %v %v", p.rows, first, second)
	}
}

func TestFormatRefusesWhatItDoesNotKnow(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	b := array.NewFixedSizeBinaryBuilder(mem, &arrow.FixedSizeBinaryType{ByteWidth: 1})
	defer b.Release()
	b.Append([]byte{1})
	arr := b.NewArray()
	defer arr.Release()
	batch := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "x", Type: arr.DataType()}}, nil), []arrow.Array{arr}, 1)
	defer batch.Release()
	if _, err := newFormatter(plan.Schema{{Name: "x"}}, time.UTC, false, nil).format(batch); err == nil {
		t.Error("a vector of an unknown type was sent")
	}
	if _, err := newFormatter(plan.Schema{}, time.UTC, false, nil).format(batch); err == nil {
		t.Error("a batch wider than its schema was sent")
	}
}

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		typ       types.Type
		length    uint32
		decimals  uint8
		collation uint16
		flags     wire.Flag
	}{
		{types.Of(types.Int64), 20, 0, 63, wire.Binary},
		{types.Of(types.Uint32), 10, 0, 63, wire.Binary | wire.Unsigned},
		{types.Of(types.Float64), 22, 31, 63, wire.Binary},
		{types.NewDecimal(15, 2), 17, 2, 63, wire.Binary},
		{types.NewDecimal(10, 0), 11, 0, 63, wire.Binary},
		{types.Of(types.Date), 10, 0, 63, wire.Binary},
		{types.NewTemporal(types.Datetime, 6), 26, 6, 63, wire.Binary},
		{types.NewTemporal(types.Time, 0), 10, 0, 63, wire.Binary},
		{types.NewText(types.Varchar, 10, types.Utf8mb4Bin0900), 40, 0, 255, 0},
		{types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), math.MaxUint32, 0, 255, 0},
		{types.Of(types.Text), math.MaxUint32, 0, 255, wire.Blob},
		{types.Of(types.Blob), math.MaxUint32, 0, 63, wire.Binary | wire.Blob},
		{types.Type{Kind: types.Enum, Members: "a\x00bbb"}, 12, 0, 255, wire.Enum},
		{types.Type{Kind: types.Set, Members: "a\x00bbb"}, 20, 0, 255, wire.Set},
		{types.Type{Kind: types.Bit, Length: 9}, 9, 0, 63, wire.Binary | wire.Unsigned},
		{types.Of(types.Null), 0, 0, 63, wire.Binary},
	} {
		f := newColumn(c.typ)
		if f.Length != c.length || f.Decimals != c.decimals || f.Collation != c.collation || f.Flags != c.flags {
			t.Errorf("%s: %+v; want %+v", c.typ, f, c)
		}
	}
}

func BenchmarkFormat(b *testing.B) {
	schema, batch := randomBatch(memory.DefaultAllocator, windowRows)
	defer batch.Release()
	for _, binary := range []bool{false, true} {
		b.Run(fmt.Sprintf("binary=%t", binary), func(b *testing.B) {
			f, _ := formatted(b, newFormatter(schema, time.UTC, binary, nil), batch)
			out := make([]byte, 1<<20)
			for b.Loop() {
				n, at := f.measure(0, windowRows), 0
				for i, size := range f.sizes {
					f.at[i] = at
					at += size
				}
				f.write(out, 0, 0, n)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*windowRows*len(schema)), "ns/cell")
		})
	}
}
