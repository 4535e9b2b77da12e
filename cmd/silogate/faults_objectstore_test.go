//go:build integration

package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/silogate/silogate/internal/testserver"
)

// events is the content of a Parquet file with columns id, from 1 to count, and pad, of a width that does not compress.
func events(t *testing.T, count, width int) []byte {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "pad", Type: arrow.BinaryTypes.String},
	}, nil)
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &out,
		parquet.NewWriterProperties(parquet.WithDictionaryDefault(false)), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	const group = 5000
	random := rand.NewChaCha8([32]byte{1})
	pad := make([]byte, width)
	for first := 0; first < count; first += group {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for id := first; id < min(first+group, count); id++ {
			random.Read(pad) //nolint:errcheck // never fails
			for k, b := range pad {
				pad[k] = 'a' + b&15
			}
			b.Field(0).(*array.Int64Builder).Append(int64(id + 1))
			b.Field(1).(*array.StringBuilder).Append(string(pad))
		}
		batch := b.NewRecordBatch()
		if err := w.Write(batch); err != nil {
			t.Fatal(err)
		}
		batch.Release()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func put(t *testing.T, s testserver.S3Store, key string, content []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "object")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Put(t, key, path)
}

func remove(t *testing.T, s testserver.S3Store, key string) {
	t.Helper()
	if _, err := s.Client().DeleteObject(context.Background(), &awss3.DeleteObjectInput{Bucket: &s.Bucket, Key: &key}); err != nil {
		t.Fatal(err)
	}
}

func TestS3Refusals(t *testing.T) {
	s := testserver.S3(t)
	put(t, s, "lake/events.parquet", events(t, 100, 10))
	with := func(name string, change func(*testserver.S3Store)) string {
		other := s
		change(&other)
		return s3Source(name, "lake", other)
	}
	shared := host(t, "sources:\n"+s3Source("lake", "lake", s)+
		with("wrong_secret", func(s *testserver.S3Store) { s.SecretKey = "hunter2hunter2" })+
		with("wrong_key", func(s *testserver.S3Store) { s.AccessKey = "nobody" })+
		with("no_bucket", func(s *testserver.S3Store) { s.Bucket = "no-such-bucket" })+
		with("no_server", func(s *testserver.S3Store) { s.Endpoint = "http://127.0.0.1:1" }))
	for source, c := range map[string]struct {
		errno uint16
		says  string
	}{
		"wrong_secret": {1429, "SignatureDoesNotMatch"},
		"wrong_key":    {1429, "refuses access"},
		"no_bucket":    {1430, "no-such-bucket"},
		"no_server":    {1429, "127.0.0.1:1"},
	} {
		t.Run(source, func(t *testing.T) {
			i := shared.in(t)
			conn := i.conn()
			i.fails(conn, "SELECT * FROM "+source+".events", c.errno, "source "+source, "events", c.says)
			i.answers(conn, "SELECT COUNT(*) FROM lake.events", "100")
		})
	}
}

func TestDamagedFiles(t *testing.T) {
	s := testserver.S3(t)
	whole := events(t, 20_000, 100)
	damaged := func(at int) []byte {
		content := bytes.Clone(whole)
		for k := range 64 {
			content[at+k] ^= 0x5a
		}
		return content
	}
	put(t, s, "lake/events.parquet", whole)
	for name, content := range map[string][]byte{
		"footer":    damaged(len(whole) - 200),
		"magic":     damaged(len(whole) - 64),
		"truncated": whole[:len(whole)/2],
		"stub":      whole[:3],
		"text":      []byte("id,pad\n1,2\n"),
		"page":      damaged(30),
	} {
		put(t, s, "lake/"+name+".parquet", content)
	}
	shared := host(t, "sources:\n"+s3Source("lake", "lake", s))
	for _, table := range []string{"footer", "magic", "truncated", "stub", "text", "page"} {
		t.Run(table, func(t *testing.T) {
			i := shared.in(t)
			c := i.conn()
			i.fails(c, "SELECT * FROM lake."+table, 1712, "source lake", table+".parquet")
			i.answers(c, "SELECT COUNT(*) FROM lake.events", "20000")
		})
	}
}

func TestAFileReplacedDuringTheScan(t *testing.T) {
	s := testserver.S3(t)
	const rows = 100_000
	big, part, small := events(t, rows, 1000), events(t, rows/8, 1000), events(t, 100, 10)
	put(t, s, "lake/one.parquet", big)
	put(t, s, "lake/gone.parquet", big)
	for k := range 8 {
		put(t, s, fmt.Sprintf("lake/many/%d.parquet", k), part)
	}
	i := host(t, "sources:\n"+s3Source("lake", "lake", s))
	c := i.conn()
	for table, change := range map[string]func(){
		"one": func() { put(t, s, "lake/one.parquet", small) },
		"many": func() {
			for k := range 8 {
				put(t, s, fmt.Sprintf("lake/many/%d.parquet", k), small)
			}
		},
		"gone": func() { remove(t, s, "lake/gone.parquet") },
	} {
		scan := i.begun(t.Context(), c, "SELECT * FROM lake."+table)
		change()
		i.failed(table, skip(scan, -1), 1412, "source lake", table)
		scan.Close() //nolint:errcheck // it failed
		i.settled()
	}
	i.answers(c, "SELECT COUNT(*) FROM lake.one", "100")
	i.answers(c, "SELECT COUNT(*) FROM lake.many", "800")
	i.fails(c, "SELECT COUNT(*) FROM lake.gone", 1146, "gone")
}

func TestAFileDeletedAfterItsTableWasDescribed(t *testing.T) {
	s := testserver.S3(t)
	for _, key := range []string{"lake/events/a.parquet", "lake/events/b.parquet"} {
		put(t, s, key, events(t, 20_000, 100))
	}
	i := host(t, "sources:\n"+s3Source("lake", "lake", s))
	c := i.conn()
	i.answers(c, "SELECT COUNT(*) FROM lake.events", "40000")
	remove(t, s, "lake/events/b.parquet")
	i.answers(c, "SELECT COUNT(*) FROM lake.events WHERE pad > ''", "20000")
	i.answers(c, "SELECT COUNT(*) FROM lake.events", "20000")
}
