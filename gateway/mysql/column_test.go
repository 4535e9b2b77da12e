package mysql

import (
	"math"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
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

func TestFormatEveryKind(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	schema, batch := everyBatch(mem)
	for _, reuse := range []bool{false, true} {
		f := newFormatter(schema, berlin, reuse)
		if _, err := f.format(batch); err != nil { // a chunk before must not show through
			t.Fatal(err)
		}
		c, err := f.format(batch)
		if err != nil {
			t.Fatal(err)
		}
		for i, k := range everyKind {
			value, null := c.rows[0][i], c.rows[1][i]
			if value.ToString() != k.want || value.Type() != wireType(k.typ) || !null.IsNull() {
				t.Errorf("%s: %q of type %s, then %s; want %q", k.typ, value.ToString(), value.Type(), null, k.want)
			}
		}
	}
	f := newFormatter(schema, berlin, false)
	c, err := f.format(batch)
	if err != nil {
		t.Fatal(err)
	}
	batch.Release() // the chunk does not refer to it
	for i, k := range everyKind {
		if got := c.rows[0][i].ToString(); got != k.want {
			t.Errorf("%s after the release: %q", k.typ, got)
		}
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
	defer tail.Release()
	c, err := newFormatter(schema, time.UTC, true).format(tail)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.rows) != 2 || !c.rows[0][0].IsNull() || c.rows[1][0].ToString() != "3" || !c.rows[1][1].IsNull() {
		t.Errorf("rows %v", c.rows)
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
	if _, err := newFormatter(plan.Schema{{Name: "x"}}, time.UTC, true).format(batch); err == nil {
		t.Error("a vector of an unknown type was sent")
	}
	if _, err := newFormatter(plan.Schema{}, time.UTC, true).format(batch); err == nil {
		t.Error("a batch wider than its schema was sent")
	}
}

func TestFields(t *testing.T) {
	const (
		binary   = uint32(querypb.MySqlFlag_BINARY_FLAG)
		unsigned = uint32(querypb.MySqlFlag_UNSIGNED_FLAG)
	)
	for _, c := range []struct {
		typ                        types.Type
		length, decimals, cs, flag uint32
	}{
		{types.Of(types.Int64), 20, 0, 63, binary},
		{types.Of(types.Uint32), 10, 0, 63, binary | unsigned},
		{types.Of(types.Float64), 22, 31, 63, binary},
		{types.NewDecimal(15, 2), 17, 2, 63, binary},
		{types.NewDecimal(10, 0), 11, 0, 63, binary},
		{types.Of(types.Date), 10, 0, 63, binary},
		{types.NewTemporal(types.Datetime, 6), 26, 6, 63, binary},
		{types.NewTemporal(types.Time, 0), 10, 0, 63, binary},
		{types.NewText(types.Varchar, 10, types.Utf8mb4Bin0900), 40, 0, 255, 0},
		{types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), math.MaxUint32, 0, 255, 0},
		{types.Of(types.Text), math.MaxUint32, 0, 255, uint32(querypb.MySqlFlag_BLOB_FLAG)},
		{types.Of(types.Blob), math.MaxUint32, 0, 63, binary | uint32(querypb.MySqlFlag_BLOB_FLAG)},
		{types.Type{Kind: types.Enum, Members: "a\x00bbb"}, 12, 0, 255, uint32(querypb.MySqlFlag_ENUM_FLAG)},
		{types.Type{Kind: types.Set, Members: "a\x00bbb"}, 20, 0, 255, uint32(querypb.MySqlFlag_SET_FLAG)},
		{types.Type{Kind: types.Bit, Length: 9}, 9, 0, 63, binary | unsigned},
		{types.Of(types.Null), 0, 0, 63, binary},
	} {
		f := newField(c.typ)
		if f.ColumnLength != c.length || f.Decimals != c.decimals || f.Charset != c.cs || f.Flags != c.flag {
			t.Errorf("%s: length %d, decimals %d, charset %d, flags %d; want %+v", c.typ, f.ColumnLength, f.Decimals, f.Charset, f.Flags, c)
		}
	}
}

func BenchmarkFormat(b *testing.B) {
	schema, batch := everyBatch(memory.DefaultAllocator)
	defer batch.Release()
	f := newFormatter(schema, time.UTC, true)
	for b.Loop() {
		if _, err := f.format(batch); err != nil {
			b.Fatal(err)
		}
	}
}
