package arrowipc

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/extensions"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/silogate/silogate/connectors/files/filestest"
	"github.com/silogate/silogate/engine/types"
)

func TestTypes(t *testing.T) {
	json, err := extensions.NewJSONType(arrow.BinaryTypes.String)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		typ     arrow.DataType
		values  string // JSON
		shown   string
		rows    []string
		warning bool
	}{
		{typ: arrow.FixedWidthTypes.Boolean, values: `[true, null]`, shown: "boolean", rows: []string{"1", "NULL"}},
		{typ: arrow.PrimitiveTypes.Int8, values: `[-128, 127]`, shown: "tinyint", rows: []string{"-128", "127"}},
		{typ: arrow.PrimitiveTypes.Uint64, values: `[18446744073709551615]`, shown: "bigint unsigned", rows: []string{"18446744073709551615"}},
		{typ: arrow.PrimitiveTypes.Float64, values: `[0.5, null]`, shown: "double", rows: []string{"0.5", "NULL"}},
		{typ: arrow.FixedWidthTypes.Float16, values: `[0.5]`, shown: "float", rows: []string{"0.5"}},
		{typ: &arrow.Decimal128Type{Precision: 20, Scale: 2}, values: `["-1.50", "123456789012345678.99"]`, shown: "decimal(20,2)", rows: []string{"-1.50", "123456789012345678.99"}},
		{typ: &arrow.Decimal128Type{Precision: 9, Scale: 2}, values: `["-1.50"]`, shown: "decimal(9,2)", rows: []string{"-1.50"}},
		{typ: &arrow.Decimal256Type{Precision: 76, Scale: 2}, values: `["1.50"]`, shown: "longtext", rows: []string{`"1.50"`}, warning: true},
		{typ: arrow.FixedWidthTypes.Date32, values: `["2024-02-29", "0001-01-01"]`, shown: "date", rows: []string{"2024-02-29", "0001-01-01"}},
		{typ: arrow.FixedWidthTypes.Date64, values: `["1969-12-31"]`, shown: "date", rows: []string{"1969-12-31"}},
		{typ: arrow.FixedWidthTypes.Time32s, values: `["12:30:15"]`, shown: "time", rows: []string{"12:30:15"}},
		{typ: arrow.FixedWidthTypes.Time64ns, values: `["12:30:15.123456789"]`, shown: "time(6)", rows: []string{"12:30:15.123456"}, warning: true},
		{typ: &arrow.TimestampType{Unit: arrow.Millisecond}, values: `["2024-02-29 12:30:15.5"]`, shown: "datetime(3)", rows: []string{"2024-02-29 12:30:15.500"}},
		{typ: &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}, values: `["1969-12-31T23:59:59.999999999Z"]`, shown: "timestamp(6)", rows: []string{"1969-12-31 23:59:59.999999"}, warning: true},
		{typ: arrow.BinaryTypes.String, values: `["", "é", null]`, shown: "longtext", rows: []string{`""`, `"é"`, "NULL"}},
		{typ: arrow.BinaryTypes.LargeString, values: `["x"]`, shown: "longtext", rows: []string{`"x"`}},
		{typ: arrow.BinaryTypes.StringView, values: `["x", "longer than twelve bytes"]`, shown: "longtext", rows: []string{`"x"`, `"longer than twelve bytes"`}},
		{typ: arrow.BinaryTypes.Binary, values: `["AP8="]`, shown: "longblob", rows: []string{`"\x00\xff"`}},
		{typ: &arrow.FixedSizeBinaryType{ByteWidth: 2}, values: `["AP8="]`, shown: "binary(2)", rows: []string{`"\x00\xff"`}},
		{typ: arrow.ListOf(arrow.PrimitiveTypes.Int32), values: `[[1, null], [], null]`, shown: "json", rows: []string{`"[1, null]"`, `"[]"`, "NULL"}, warning: true},
		{typ: arrow.StructOf(arrow.Field{Name: "a", Type: arrow.BinaryTypes.String, Nullable: true}), values: `[{"a": "x"}]`, shown: "json", rows: []string{`"{\"a\": \"x\"}"`}, warning: true},
		{typ: json, values: `["{\"a\": 1}"]`, shown: "json", rows: []string{`"{\"a\": 1}"`}},
		{typ: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, values: `["a", null, "b", "a"]`, shown: "longtext",
			rows: []string{`"a"`, "NULL", `"b"`, `"a"`}},
		{typ: arrow.Null, values: `[null, null]`, shown: "longtext", rows: []string{"NULL", "NULL"}, warning: true},
		{typ: arrow.FixedWidthTypes.MonthInterval, values: `[{"months": 5}]`, shown: "longtext", rows: []string{`"5"`}, warning: true},
	} {
		t.Run(c.typ.String(), func(t *testing.T) {
			schema := arrow.NewSchema([]arrow.Field{{Name: "v", Type: c.typ, Nullable: true}}, nil)
			values, _, err := array.FromJSON(memory.DefaultAllocator, c.typ, strings.NewReader(c.values))
			if err != nil {
				t.Fatal(err)
			}
			defer values.Release()
			batch := array.NewRecordBatch(schema, []arrow.Array{values}, int64(values.Len()))
			defer batch.Release()
			for form, content := range written(t, batch) {
				columns, rows, err := filestest.Read(t, New(), "x.arrow", content)
				if err != nil || !slices.Equal(columns, []string{"v " + c.shown}) || !slices.Equal(rows, c.rows) {
					t.Errorf("%s: columns %q, rows %q, error %v; want %s, %q", form, columns, rows, err, c.shown, c.rows)
				}
				_, f, err := filestest.Open(t, New(), "x.arrow", content)
				if err != nil || (f.Describe().Columns[0].Warning != "") != c.warning {
					t.Errorf("%s: warning %q, error %v", form, f.Describe().Columns[0].Warning, err)
				}
			}
		})
	}
}

// TestTimesBeyondMySQL checks that what no TIME holds is NULL.
func TestTimesBeyondMySQL(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "us", Type: arrow.FixedWidthTypes.Time64us}, {Name: "s", Type: arrow.FixedWidthTypes.Time32s}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	b.Field(0).(*array.Time64Builder).AppendValues([]arrow.Time64{math.MinInt64, math.MaxInt64, types.LastTime, -types.LastTime - 1}, nil)
	b.Field(1).(*array.Time32Builder).AppendValues([]arrow.Time32{math.MinInt32, math.MaxInt32, -3020399, 3020400}, nil)
	batch := b.NewRecordBatch()
	defer batch.Release()
	for form, content := range written(t, batch) {
		_, rows, err := filestest.Read(t, New(), "x.arrow", content)
		if want := []string{"NULL NULL", "NULL NULL", "838:59:59.000000 -838:59:59", "NULL NULL"}; err != nil || !slices.Equal(rows, want) {
			t.Errorf("%s: %q, error %v", form, rows, err)
		}
		_, f, err := filestest.Open(t, New(), "x.arrow", content)
		if err != nil || !f.Describe().Columns[0].Nullable {
			t.Errorf("%s: NOT NULL, error %v", form, err)
		}
	}
}

// written returns a batch twice in a file and in a stream.
func written(t *testing.T, batch arrow.RecordBatch) map[string][]byte {
	t.Helper()
	var file, stream bytes.Buffer
	f, err := ipc.NewFileWriter(&file, ipc.WithSchema(batch.Schema()), ipc.WithZstd())
	if err != nil {
		t.Fatal(err)
	}
	s := ipc.NewWriter(&stream, ipc.WithSchema(batch.Schema()))
	for _, w := range []interface {
		Write(arrow.RecordBatch) error
		Close() error
	}{f, s} {
		if err := w.Write(batch); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return map[string][]byte{"file": file.Bytes(), "stream": stream.Bytes()}
}

// goldens are the files of other systems.
func goldens(t testing.TB) map[string][]byte {
	return filestest.Contents(t, "../testdata/*.arrow", "../testdata/*.ipc")
}

// readHostile reads a file of any content: rows, or an error of the file.
func readHostile(t *testing.T, content []byte) error {
	return filestest.Hostile(t, New(), "x.arrow", content)
}

func TestHostile(t *testing.T) {
	for name, content := range goldens(t) {
		for at := 0; at < len(content); at += 31 {
			damaged := slices.Clone(content)
			damaged[at] ^= byte(0x81 + at%0x7f)
			_ = readHostile(t, damaged) // what is damaged may be a value
		}
		for n := 0; n < len(content)-16; n += 193 {
			if err := readHostile(t, content[:n]); err == nil && !strings.Contains(name, "stream") {
				t.Errorf("%s of %d bytes is read", name, n)
			}
		}
	}
}

// A buffer that is said to decompress to more than its bytes justify is not made room for.
func TestDecompressedSize(t *testing.T) {
	content := goldens(t)["pyarrow_lz4.arrow"]
	at := bytes.Index(content, []byte{0x04, 0x22, 0x4d, 0x18}) // the first frame of LZ4, after its size
	damaged := slices.Clone(content)
	binary.LittleEndian.PutUint64(damaged[at-8:], 1<<40)
	if err := readHostile(t, damaged); err == nil || !strings.Contains(err.Error(), errTooLarge.Error()) {
		t.Errorf("error %v", err)
	}
}

// A schema whose fields are the same table again and again is refused before it is expanded.
func TestSharedFields(t *testing.T) {
	b := flatbuffers.NewBuilder(0)
	var children flatbuffers.UOffsetT
	for depth := range 40 {
		b.StartObject(7)
		if depth > 0 {
			b.PrependUOffsetTSlot(fieldChildren, children, 0)
		}
		field := b.EndObject()
		b.StartVector(4, 2, 4)
		b.PrependUOffsetT(field)
		b.PrependUOffsetT(field)
		children = b.EndVector(2)
	}
	b.StartObject(4)
	b.PrependUOffsetTSlot(schemaFields, children, 0)
	schema := b.EndObject()
	b.StartObject(5)
	b.PrependUOffsetTSlot(messageHeader, schema, 0)
	b.PrependByteSlot(messageHeaderType, headerSchema, 0)
	b.Finish(b.EndObject())
	if _, err := checkMessage(b.FinishedBytes(), 0); err != errExpands {
		t.Errorf("error %v", err)
	}
}

// FuzzRead reads files of any content.
func FuzzRead(f *testing.F) {
	for _, content := range goldens(f) {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) { _ = readHostile(t, content) })
}
