package orc

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/filestest"
	"github.com/silogate/silogate/engine/sqlerr"
)

// goldens are the files of other systems, of few rows.
func goldens(t testing.TB) map[string][]byte {
	return filestest.Contents(t, "../testdata/*.orc",
		"testdata/types.orc", "testdata/types_rle1.orc", "testdata/java_types.orc", "testdata/empty.orc") // whose every byte matters
}

// readHostile reads a file of any content, all of it and row groups of every other stripe by its index: rows, or an error of the file.
func readHostile(t *testing.T, content []byte) error {
	t.Helper()
	store, f, err := filestest.Open(t, New(), "x.orc", content)
	rows := int64(0)
	if err == nil {
		for part := range f.Parts() {
			n, _ := f.Count(part)
			rows += n
			for c := range f.Describe().Columns {
				f.(*file).Bounds(part, c)
				f.(*file).Distinct(part, c)
				f.Size(part, []int{c})
			}
		}
		if rows > 1<<20 { // reading them may succeed, and would take long
			return nil
		}
		_, err = filestest.Rows(t, store, f, all(f), false, budget, 8192)
		if _, again := filestest.Rows(t, store, f, all(f), false, files.Budget{Bytes: 1000, Least: 100}, 100); (err == nil) != (again == nil) {
			t.Errorf("error %v, and in small pieces %v", err, again)
		}
		for part := range f.Parts() {
			wanted := part%2 == 0
			x := indexFor(store, f.(*file), part, all(f))
			spans := x.Spans(func(func(int) (files.Bounds, bool)) bool {
				wanted = !wanted
				return wanted
			})
			if len(spans) > 0 {
				if _, chosen := filestest.Section(t, store, f, x.Section(spans, 1, budget), all(f), 8192); err == nil {
					err = chosen
				}
			}
		}
	}
	filestest.OfFile(t, err, "x.orc")
	return err
}

func TestDamaged(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	for name, content := range goldens(t) {
		if err := readHostile(t, content); err != nil {
			t.Fatalf("%s, not damaged: %v", name, err)
		}
		for at := 0; at < len(content); at += 23 {
			damaged := slices.Clone(content)
			damaged[at] ^= byte(1 + random.IntN(255))
			_ = readHostile(t, damaged) // what is damaged may be a value
		}
		for n := 0; n < len(content); n += 193 {
			if err := readHostile(t, content[:n]); err == nil {
				t.Errorf("%s: %d bytes of it are read", name, n)
			}
		}
	}
	for _, name := range []string{"many_none", "java_none"} { // in whose streams and indexes values are not compressed
		content, err := os.ReadFile(filepath.Join("testdata", name+".orc"))
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			damaged := slices.Clone(content)
			for range 1 + random.IntN(5) {
				damaged[random.IntN(len(damaged))] = byte(random.IntN(256))
			}
			_ = readHostile(t, damaged)
		}
	}
}

// FuzzRead reads files of any content.
func FuzzRead(f *testing.F) {
	for _, content := range goldens(f) {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) { _ = readHostile(t, content) })
}

// made is a file of nothing but metadata, uncompressed unless kind says otherwise, with a stripe of the bytes before its footer.
func made(kind uint64, stripe, stripeFooter, footer []byte) []byte {
	out := append([]byte("ORC"), stripe...)
	out = append(out, stripeFooter...)
	out = append(out, footer...)
	var ps []byte
	ps = number(ps, 1, uint64(len(footer)))
	ps = number(ps, 2, kind)
	ps = number(ps, 3, 1<<16)
	ps = bytesField(ps, 8000, []byte("ORC"))
	return append(append(out, ps...), byte(len(ps)))
}

func number(dst []byte, field int, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(dst, protowire.Number(field), protowire.VarintType), v)
}

func bytesField(dst []byte, field int, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(dst, protowire.Number(field), protowire.BytesType), v)
}

// typeOf is a Type.
func typeOf(kind uint64, subtypes ...uint64) (out []byte) {
	out = number(out, 1, kind)
	for _, s := range subtypes {
		out = number(out, 2, s)
	}
	return out
}

// footerOf is a Footer of a stripe of so many rows and of types.
func footerOf(rows, index, data, footer uint64, types ...[]byte) (out []byte) {
	var s []byte
	for field, v := range []uint64{3, index, data, footer, rows} {
		s = number(s, field+1, v)
	}
	out = bytesField(out, 3, s)
	for _, t := range types {
		out = bytesField(out, 4, t)
	}
	return number(out, 6, rows)
}

// stripeFooterOf is a StripeFooter of streams, each a kind, a column and a length, and encodings.
func stripeFooterOf(streams [][3]uint64, encodings ...uint64) (out []byte) {
	for _, s := range streams {
		var m []byte
		for field, v := range s {
			m = number(m, field+1, v)
		}
		out = bytesField(out, 1, m)
	}
	for _, e := range encodings {
		m := number(nil, 1, e%4)
		if e >= 4 {
			m = number(m, 2, e/4)
		}
		out = bytesField(out, 2, m)
	}
	return out
}

// What is malformed says so with the file, and where.
func TestMalformed(t *testing.T) {
	// A file of one column with one stream, DATA.
	one := func(kind uint64, rows uint64, data []byte, encoding uint64) []byte {
		sf := stripeFooterOf([][3]uint64{{1, 0, uint64(len(data))}}, encoding)
		return made(0, data, sf, footerOf(rows, 0, uint64(len(data)), uint64(len(sf)), typeOf(kind)))
	}
	const long, str, list = 4, 7, 10
	valid := one(long, 3, []byte{0x00, 0x00, 0x04}, 0) // a run of 3 values 2
	if rows := func() []string {
		_, rows, err := filestest.Read(t, New(), "x.orc", valid)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}(); !slices.Equal(rows, []string{"2", "2", "2"}) {
		t.Fatalf("rows %q", rows)
	}
	none := stripeFooterOf(nil, 0)
	lzo, err := os.ReadFile("testdata/java_lzo.orc")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		content []byte
		err     string
	}{
		{"nothing", []byte("ORC"), "too short for an ORC file"},
		{"another format", []byte("ORC" + strings.Repeat(".", 100) + "PAR1"), "it does not end as an ORC file does"},
		{"a long postscript", []byte("ORC\xff"), "a postscript of 255 bytes in a file of 4"},
		{"LZO", lzo, "mem:x.orc is compressed by LZO"},
		{"Brotli", made(6, nil, nil, nil), "is compressed by Brotli"},
		{"an unknown codec", made(9, nil, nil, nil), "is compressed by codec 9"},
		{"no types", made(0, nil, nil, nil), "footer: it has no types"},
		{"a kind", made(0, nil, nil, footerOf(0, 0, 0, 0, typeOf(40))), "column 0 is of kind 40"},
		{"a list of nothing", made(0, nil, nil, footerOf(0, 0, 0, 0, typeOf(list))), "column 0, a array, has 0 types within"},
		{"a list of itself", made(0, nil, nil, footerOf(0, 0, 0, 0, typeOf(list, 0))), "column 0 has column 0 within"},
		{"a stripe beyond the file", made(0, nil, nil, footerOf(1, 0, 1<<40, 0, typeOf(long))), "stripe 0: 1099511627776 bytes at byte 3"},
		{"sizes that overflow", made(0, nil, nil, footerOf(1, 1<<61, 1<<61, 1<<61, typeOf(long))), "stripe 0"},
		{"a stream beyond its stripe", func() []byte {
			sf := stripeFooterOf([][3]uint64{{1, 0, 100}}, 0)
			return made(0, nil, sf, footerOf(1, 0, 0, uint64(len(sf)), typeOf(long)))
		}(), "a stream of 100 bytes at byte 3, beyond its stripe"},
		{"a stream of no column", func() []byte {
			sf := stripeFooterOf([][3]uint64{{1, 7, 0}}, 0)
			return made(0, nil, sf, footerOf(1, 0, 0, uint64(len(sf)), typeOf(long)))
		}(), "a stream of column 7, where there are 1"},
		{"too few encodings", made(0, nil, none, footerOf(1, 0, 0, uint64(len(none)), typeOf(list, 1), typeOf(long))), "stripe 0: footer: 1 encodings of 2 columns"},
		{"no values", made(0, nil, none, footerOf(1<<40, 0, 0, uint64(len(none)), typeOf(long))), "stripe 0: column value: it ends within its values"},
		{"too few values", one(long, 4, []byte{0x00, 0x00, 0x04}, 0), "column value: it ends within its values"},
		{"an endless value", one(long, 1, append([]byte{0xff}, strings.Repeat("\xff", 20)...), 0), "an integer of more than 64 bits"},
		{"a patch beyond the run", one(long, 1, []byte{0x80, 0x00, 0x00, 0xe1, 0x00, 0x00, 0xff, 0xff}, 2), "a patch of value"},
		{"an int beyond its type", one(3, 3, []byte{0x00, 0x00, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x7f}, 0), "is no int"},
		{"a dictionary of more than there are rows", one(str, 1, []byte{0x00}, 1+4*100), "dictionary: 100 entries for 1 rows"},
		{"codes of no dictionary", one(str, 3, []byte{0x00, 0x00, 0x04}, 1), "a text of length or code 4, where -1 is the most"},
		{"text that is not there", func() []byte {
			data := []byte{'x', 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0x01} // 3 texts of 512 MiB
			sf := stripeFooterOf([][3]uint64{{1, 0, 1}, {2, 0, 7}}, 0)
			return made(0, data, sf, footerOf(3, 0, 8, uint64(len(sf)), typeOf(str)))
		}(), "it ends within its values"},
		{"lists that are too long", func() []byte {
			data := []byte{0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0x07}
			sf := stripeFooterOf([][3]uint64{{2, 0, 7}}, 0, 0)
			return made(0, data, sf, footerOf(3, 0, 7, uint64(len(sf)), typeOf(list, 1), typeOf(long)))
		}(), "a list of 2147483647 items"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, f, err := filestest.Open(t, New(), "x.orc", c.content)
			if err == nil {
				_, err = filestest.Rows(t, store, f, all(f), false, budget, 8192)
			}
			if !sqlerr.Is(err, sqlerr.Corrupt) && !sqlerr.Is(err, sqlerr.Unsupported) || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), "mem:x.orc") {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}
