package delta

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/silogate/silogate/engine/sqlerr"
)

// The examples of the specification; the first is written there in a format before the one that it describes.
const (
	exampleInline = "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L"
	exampleID     = "ab^-aqEH.-t@S}K{vb[*k^"
	examplePath   = "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"
)

func TestVectorOfTheSpecification(t *testing.T) {
	data, ok := decodeZ85(exampleInline)
	if !ok || len(data) != 44 {
		t.Fatalf("%d bytes", len(data))
	}
	rows, err := parseVector(data)
	if err != nil {
		t.Fatal(err)
	}
	deleted := func(n int) []int32 {
		kept := rows.Kept(nil, 0, nil, n)
		var out []int32
		for i := range int32(n) {
			if !slices.Contains(kept, i) {
				out = append(out, i)
			}
		}
		return out
	}
	if got, want := deleted(40), []int32{3, 4, 7, 11, 18, 29}; !slices.Equal(got, want) {
		t.Errorf("rows %v, want %v", got, want)
	}
	path, err := (&vectorDescriptor{StorageType: vectorByID, PathOrInlineDV: exampleID}).path()
	if err != nil || path != examplePath {
		t.Errorf("%s, %v", path, err)
	}
}

// encodeZ85 is the inverse of decodeZ85; bytes are filled up with zeros.
func encodeZ85(data []byte) string {
	data = append(slices.Clone(data), make([]byte, (4-len(data)%4)%4)...)
	var out []byte
	for ; len(data) > 0; data = data[4:] {
		value, digits := binary.BigEndian.Uint32(data), [5]byte{}
		for i := range digits {
			digits[4-i] = z85[value%85]
			value /= 85
		}
		out = append(out, digits[:]...)
	}
	return string(out)
}

// vectorOf is a vector in its format.
func vectorOf(tb testing.TB, rows ...uint64) []byte {
	tb.Helper()
	bitmaps, uppers := make(map[uint32]*roaring.Bitmap), []uint32{}
	for _, row := range rows {
		upper := uint32(row >> 32)
		if bitmaps[upper] == nil {
			bitmaps[upper], uppers = roaring.New(), append(uppers, upper)
		}
		bitmaps[upper].Add(uint32(row))
	}
	slices.Sort(uppers)
	out := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(nil, vectorMagic), uint64(len(uppers)))
	for _, upper := range uppers {
		bitmaps[upper].RunOptimize()
		bitmap, err := bitmaps[upper].ToBytes()
		if err != nil {
			tb.Fatal(err)
		}
		out = append(binary.LittleEndian.AppendUint32(out, upper), bitmap...)
	}
	return out
}

// framed is a vector as files have it.
func framed(data []byte) []byte {
	out := append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(data))
}

// vectorTable is a table of a file with the rows 0 to 9, in row groups of 4, some of which a vector deletes.
type vectorTable struct {
	root, folder string
	descriptor   vectorDescriptor
	stats        string
}

func newVectorTable(tb testing.TB) *vectorTable {
	tb.Helper()
	root := tb.TempDir()
	v := &vectorTable{root: root, folder: filepath.Join(root, "t"), stats: `{"numRecords":10}`}
	v.write(tb, "a.parquet", numbers(tb, 10, 4))
	return v
}

func (v *vectorTable) write(tb testing.TB, name string, content []byte) {
	tb.Helper()
	name = filepath.Join(v.folder, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, content, 0o600)); err != nil {
		tb.Fatal(err)
	}
}

// numbers is a file of a column id, in row groups of some length.
func numbers(tb testing.TB, n, group int) []byte {
	tb.Helper()
	schema := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range n {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
	}
	return parquetOf(tb, b, group)
}

// parquetOf is a file of what was built.
func parquetOf(tb testing.TB, b *array.RecordBuilder, group int) []byte {
	tb.Helper()
	batch := b.NewRecordBatch()
	defer batch.Release()
	var out bytes.Buffer
	properties := parquet.NewWriterProperties(parquet.WithMaxRowGroupLength(int64(group)), parquet.WithPageIndexEnabled(true))
	w, err := pqarrow.NewFileWriter(b.Schema(), &out, properties, pqarrow.NewArrowWriterProperties())
	if err != nil {
		tb.Fatal(err)
	}
	if err := errors.Join(w.Write(batch), w.Close()); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// read reads the table with its vector, as of which its log is written anew.
func (v *vectorTable) read(tb testing.TB) (result, error) {
	tb.Helper()
	info, err := os.Stat(filepath.Join(v.folder, "a.parquet"))
	if err != nil {
		tb.Fatal(err)
	}
	add, err := json.Marshal(map[string]any{"add": map[string]any{
		"path": "a.parquet", "partitionValues": map[string]string{}, "size": info.Size(), "modificationTime": 1, "stats": v.stats, "deletionVector": v.descriptor,
	}})
	if err != nil {
		tb.Fatal(err)
	}
	protocol := `{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}}`
	v.write(tb, logFolder+"00000000000000000000.json", []byte(strings.Join([]string{protocol, schemaLine("id long"), string(add)}, "\n")))
	return query{table: "t"}.run(tb, open(tb, v.root))
}

func TestVectors(t *testing.T) {
	data := vectorOf(t, 0, 3, 4, 9)
	want := []string{"1", "2", "5", "6", "7", "8"}
	offset := func(n int32) *int32 { return &n }
	at := func(storage, path string, offset *int32) vectorDescriptor {
		return vectorDescriptor{storage, path, offset, int32(len(data)), 4}
	}
	broken := slices.Clone(framed(data))
	broken[20] ^= 1
	id := "^-aqEH.-t@S}K{vb[*k^"
	file := strings.TrimPrefix(examplePath, "ab/")
	for _, c := range []struct {
		name    string
		vector  vectorDescriptor
		path    string
		content []byte
		code    sqlerr.Code
		text    string
	}{
		{name: "inline", vector: at("i", encodeZ85(data), nil)},
		{name: "in a file of its own", vector: at("u", id, offset(1)), path: file, content: append([]byte{1}, framed(data)...)},
		{name: "in a folder", vector: at("u", "ab"+id, offset(1)), path: "ab/" + file, content: append([]byte{1}, framed(data)...)},
		{name: "the second of a file", vector: at("u", id, offset(6)), path: file, content: append([]byte("\x01other"), framed(data)...)},
		{name: "by an address", vector: at("p", "file://FOLDER/x%20y.bin", offset(1)), path: "x y.bin", content: append([]byte{1}, framed(data)...)},
		{name: "by a path", vector: at("p", "FOLDER/x.bin", offset(1)), path: "x.bin", content: append([]byte{1}, framed(data)...)},

		{name: "no base 85", vector: at("i", "~~~~~", nil), code: sqlerr.Corrupt, text: "it is not base 85"},
		{name: "too short", vector: at("i", encodeZ85(data[:8]), nil), code: sqlerr.Corrupt, text: "it is not base 85 of"},
		{name: "checksum", vector: at("u", id, offset(1)), path: file, content: append([]byte{1}, broken...), code: sqlerr.Corrupt, text: "checksum"},
		{name: "size", vector: vectorDescriptor{"u", id, offset(1), int32(len(data)) - 1, 4}, path: file, content: append([]byte{1}, framed(data)...), code: sqlerr.Corrupt, text: "checksum"},
		{name: "beyond the file", vector: at("u", id, offset(2)), path: file, content: append([]byte{1}, framed(data)...), code: sqlerr.Corrupt, text: "and no vector of"},
		{name: "another format", vector: at("u", id, offset(1)), path: file, content: append([]byte{2}, framed(data)...), code: sqlerr.Unsupported, text: "is of version 2"},
		{name: "missing", vector: at("u", id, offset(1)), code: sqlerr.SourceChanged, text: file + " was removed"},
		{name: "outside", vector: at("p", "/etc/passwd", nil), code: sqlerr.SourceError, text: "lies outside"},
		{name: "upwards", vector: at("u", ".."+id, nil), code: sqlerr.Corrupt, text: "no path below"},
		{name: "another count", vector: vectorDescriptor{"i", encodeZ85(data), nil, int32(len(data)), 5}, code: sqlerr.Corrupt, text: "it deletes 4 rows, and the log says 5"},
		{name: "a row too many", vector: inline(t, 10), code: sqlerr.Corrupt, text: "it deletes row 10 of 10"},
		{name: "a row far away", vector: inline(t, 1<<40), code: sqlerr.Corrupt, text: "it deletes row 1099511627776 of 10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := newVectorTable(t)
			v.descriptor = c.vector
			v.descriptor.PathOrInlineDV = strings.Replace(v.descriptor.PathOrInlineDV, "FOLDER", v.folder, 1)
			if c.content != nil {
				v.write(t, c.path, c.content)
			}
			r, err := v.read(t)
			if c.text != "" {
				if !sqlerr.Is(err, c.code) || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), "the deletion vector of a.parquet") {
					t.Errorf("%v, want %q", err, c.text)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(r.rows, want) || r.estimate.Rows != 6 {
				t.Errorf("rows %v, about %v", r.rows, r.estimate.Rows)
			}
			if r.held != 0 {
				t.Errorf("%d bytes are still charged", r.held)
			}
		})
	}
}

// inline is the descriptor of a vector in the log.
func inline(tb testing.TB, rows ...uint64) vectorDescriptor {
	data := vectorOf(tb, rows...)
	return vectorDescriptor{"i", encodeZ85(data), nil, int32(len(data)), int64(len(rows))}
}

// Rows of a large file lie in all kinds of containers, and beyond 32 bits.
func TestKeptRows(t *testing.T) {
	var deleted []uint64
	for i := uint64(0); i < 200_000; i++ {
		if i < 70_000 && i%3 == 0 || i > 100_000 && i < 190_000 || i == 70_001 {
			deleted = append(deleted, i, i+1<<33)
		}
	}
	rows, err := parseVector(vectorOf(t, deleted...))
	if err != nil {
		t.Fatal(err)
	}
	for _, first := range []int64{0, 65_530, 1 << 33, 1<<33 + 65_530} {
		var want []int32
		for i := range int32(130_000) {
			if row := uint64(first) + uint64(i); !isDeleted(row) {
				want = append(want, i)
			}
		}
		if got := rows.Kept(nil, first, nil, 130_000); !slices.Equal(got, want) {
			t.Errorf("from row %d on %d rows are left, want %d", first, len(got), len(want))
		}
	}
}

func isDeleted(row uint64) bool {
	row %= 1 << 33
	return row < 70_000 && row%3 == 0 || row > 100_000 && row < 190_000 || row == 70_001
}

// emptyRuns is a vector whose only container says that it has runs, and has none.
var emptyRuns = append(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(nil, vectorMagic), 1), 0, 0, 0, 0, 0x3b, 0x30, 0, 0, 1, 0, 0, 0, 0, 0, 0)

func TestMalformedVectors(t *testing.T) {
	good := vectorOf(t, 1, 1<<32)
	second := len(good) - (len(vectorOf(t, 1)) - 12)
	cases := map[string][]byte{
		"nothing": nil, "the beginning alone": good[:12], "cut off": good[:len(good)-1], "more": append(slices.Clone(good), 0),
		"another beginning": append([]byte{0, 0, 0, 0}, good[4:]...),
	}
	order := slices.Clone(good)
	binary.LittleEndian.PutUint32(order[second:], 0)
	cases["the same upper half twice"] = order
	negative := slices.Clone(good)
	binary.LittleEndian.PutUint32(negative[second:], 1<<31)
	cases["a negative upper half"] = negative
	many := slices.Clone(good)
	binary.LittleEndian.PutUint64(many[4:], 1<<63)
	cases["a count beyond all"] = many
	cases["a container without runs"] = emptyRuns
	for name, data := range cases {
		if _, err := parseVector(data); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzVector(f *testing.F) {
	f.Add(vectorOf(f, 1, 5, 7, 1<<33))
	f.Add(vectorOf(f))
	f.Add(emptyRuns)
	var run []uint64
	for i := range uint64(9000) {
		run = append(run, i*(1+i%2))
	}
	f.Add(vectorOf(f, run...))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := parseVector(data)
		if err != nil {
			return
		}
		file := &dataFile{records: -1, vector: &vectorDescriptor{}}
		_ = rows.check(file)
		kept := rows.Kept(nil, 0, nil, 1000)
		if !slices.IsSorted(kept) || len(kept) > 1000 {
			t.Errorf("%d rows are kept", len(kept))
		}
	})
}

func FuzzZ85(f *testing.F) {
	f.Add(exampleInline)
	f.Fuzz(func(t *testing.T, text string) {
		if data, ok := decodeZ85(text); ok && encodeZ85(data) != text {
			t.Errorf("%q became %q", text, encodeZ85(data))
		}
	})
}

// FuzzLog applies whatever a log has: it is an error, or a version whose files and columns can be told.
func FuzzLog(f *testing.F) {
	examples, err := filepath.Glob("testdata/log/*.txt")
	if err != nil || examples == nil {
		f.Fatal(err)
	}
	for _, name := range examples {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for part := range strings.SplitSeq(expand(string(content)), "\n----\n") {
			if _, lines, ok := strings.Cut(strings.TrimSpace(part), "\n"); ok && strings.HasPrefix(lines, "{") {
				f.Add([]byte(lines))
			}
		}
	}
	src := open(f, f.TempDir())
	f.Fuzz(func(t *testing.T, content []byte) {
		r := newReplay(nil)
		if r.applyLines(content) != nil {
			return
		}
		snap, err := r.snapshot("t/", segment{})
		if err != nil {
			return
		}
		planned, err := src.plan(snap)
		if err != nil {
			return
		}
		for _, p := range planned {
			if !strings.HasPrefix(p.Object.Key, "t/") || slices.Contains(strings.Split(p.Object.Key, "/"), "..") {
				t.Errorf("key %q", p.Object.Key)
			}
			for i := range snap.schema.columns {
				p.Metadata.Bounds(i)
			}
		}
		_ = fmt.Sprint(snap.cost())
	})
}
