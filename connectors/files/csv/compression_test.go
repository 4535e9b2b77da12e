package csv

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/silogate/silogate/engine/sqlerr"
)

// A compressed file has the rows of the plain one, and one that ends early or is damaged is an error.
func TestCompression(t *testing.T) {
	var b strings.Builder
	b.WriteString("\xef\xbb\xbfid,name\n")
	for i := range 20_000 {
		b.WriteString(strings.Repeat("1", 1+i*7919%18))
		b.WriteString(",\"a\n,b\"\n")
	}
	content := b.String()
	columns, rows, err := read(t, "x.csv", content, Options{})
	if err != nil || len(rows) != 20_000 {
		t.Fatalf("%d rows, error %v", len(rows), err)
	}
	for extension, compress := range map[string]func(io.Writer) io.WriteCloser{
		"gz": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"zst": func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return z
		},
		"lz4": func(w io.Writer) io.WriteCloser { return lz4.NewWriter(w) },
		"sz":  func(w io.Writer) io.WriteCloser { return snappy.NewBufferedWriter(w) },
	} {
		t.Run(extension, func(t *testing.T) {
			var out bytes.Buffer
			w := compress(&out)
			if _, err := io.WriteString(w, content); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			gotColumns, got, err := read(t, "x.csv."+extension, out.String(), Options{})
			if err != nil || !slices.Equal(got, rows) || !slices.Equal(gotColumns, columns) {
				t.Errorf("columns %q, %d rows, error %v", gotColumns, len(got), err)
			}
			_, _, err = read(t, "x.csv."+extension, out.String()[:out.Len()-out.Len()/3], Options{})
			if !sqlerr.Is(err, sqlerr.Corrupt) || !strings.Contains(err.Error(), "x.csv."+extension) {
				t.Errorf("a file that ends early: error %v", err)
			}
		})
	}
	// Of most of these nothing can be read until a block is whole, and blocks are larger than a sample is at first.
	random := rand.New(rand.NewPCG(1, 2))
	var large strings.Builder
	large.WriteString("id,n,x\n")
	for i := range 80_000 {
		fmt.Fprintf(&large, "%d,%d,%x%x\n", i, random.Int64(), random.Uint64(), random.Uint64())
	}
	blocks := func(size lz4.BlockSize) func(io.Writer) io.WriteCloser {
		return func(out io.Writer) io.WriteCloser {
			w := lz4.NewWriter(out)
			if err := w.Apply(lz4.BlockSizeOption(size)); err != nil {
				t.Fatal(err)
			}
			return w
		}
	}
	for name, compress := range map[string]func(io.Writer) io.WriteCloser{
		"4 MiB.lz4": blocks(lz4.Block4Mb), "64 KiB.lz4": blocks(lz4.Block64Kb), "blocks.sz": func(w io.Writer) io.WriteCloser { return snappy.NewBufferedWriter(w) },
		"stream.gz": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			w := compress(&out)
			if _, err := io.WriteString(w, large.String()); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if out.Len() < 1<<20 {
				t.Fatalf("only %d bytes", out.Len())
			}
			name := "x.csv." + name[strings.LastIndexByte(name, '.')+1:]
			columns, rows, err := read(t, name, out.String(), Options{})
			if err != nil || len(rows) != 80_000 || !slices.Equal(columns, []string{"id bigint", "n bigint", "x longtext"}) {
				t.Errorf("columns %q, %d rows, error %v", columns, len(rows), err)
			}
			if _, _, err := read(t, name, out.String()[:out.Len()/2], Options{}); !sqlerr.Is(err, sqlerr.Corrupt) {
				t.Errorf("a file that ends early: error %v", err)
			}
		})
	}
	for _, extension := range []string{"gz", "zst", "lz4", "sz", "bz2"} {
		if _, _, err := read(t, "x.csv."+extension, "id,name\n1,a\n", Options{}); !sqlerr.Is(err, sqlerr.Corrupt) {
			t.Errorf("plain text named .%s: error %v", extension, err)
		}
	}
}
