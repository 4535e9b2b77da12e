package files_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/arrowipc"
	"github.com/silogate/silogate/connectors/files/avro"
	"github.com/silogate/silogate/connectors/files/csv"
	"github.com/silogate/silogate/connectors/files/filestest"
	"github.com/silogate/silogate/connectors/files/jsonlines"
	"github.com/silogate/silogate/connectors/files/orc"
)

// A table without its decimals, which Polars does not write to Avro.
func TestPolarsAvro(t *testing.T) {
	golden, err := os.ReadFile("testdata/rows.txt")
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile("testdata/polars.avro")
	if err != nil {
		t.Fatal(err)
	}
	_, rows, err := filestest.Read(t, avro.New(), "polars.avro", content)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSuffix(string(golden), "\n"), "\n")[1:]
	for i, row := range want {
		parts := strings.SplitN(row, " ", 3)
		want[i] = parts[0] + " " + parts[2]
	}
	if !slices.Equal(rows, want) {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
}

// A table that several systems wrote is the same read from each of their files. testdata/generate.py wrote them.
func TestFilesOfOtherSystems(t *testing.T) {
	golden, err := os.ReadFile("testdata/rows.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(golden), "\n"), "\n")
	columns := strings.Split(lines[0], ", ")
	csvFormat, jsonFormat := csv.New(csv.Options{}), jsonlines.New(jsonlines.Options{})
	arrowFormat, avroFormat, orcFormat := arrowipc.New(), avro.New(), orc.New()
	for _, c := range []struct {
		file   string
		format files.Format
		leave  func(row string) bool // rows that are not in the file
	}{
		{"pyarrow.csv", csvFormat, nil},
		{"pyarrow_tab.tsv", csvFormat, nil},
		{"pyarrow.csv.zst", csvFormat, nil},
		{"pyarrow.csv.lz4", csvFormat, nil},
		{"pyarrow.csv.bz2", csvFormat, nil},
		{"duckdb.csv", csvFormat, nil},
		{"duckdb_semicolon.csv.gz", csvFormat, nil},
		{"polars.csv", csvFormat, nil},
		{"polars_crlf_bom.csv", csvFormat, nil},
		{"pandas.csv", csvFormat, nil},
		{"python_quoted.csv", csvFormat, func(row string) bool { return strings.Fields(row)[3] == "NULL" }},
		{"duckdb.jsonl", jsonFormat, nil},
		{"python.json.gz", jsonFormat, nil},
		{"pyarrow.arrow", arrowFormat, nil},
		{"pyarrow_lz4.arrow", arrowFormat, nil},
		{"pyarrow_zstd.arrow", arrowFormat, nil},
		{"pyarrow_stream.arrow", arrowFormat, nil},
		{"pyarrow_stream_lz4.arrow", arrowFormat, nil},
		{"pyarrow_stream_zstd.arrow", arrowFormat, nil},
		{"pyarrow_dictionary.arrow", arrowFormat, nil},
		{"pyarrow_dictionary_stream.arrow", arrowFormat, nil},
		{"pyarrow.feather", arrowFormat, nil},
		{"polars.ipc", arrowFormat, nil},
		{"fastavro_null.avro", avroFormat, nil},
		{"fastavro_deflate.avro", avroFormat, nil},
		{"fastavro_snappy.avro", avroFormat, nil},
		{"fastavro_zstandard.avro", avroFormat, nil},
		{"fastavro_bzip2.avro", avroFormat, nil},
		{"java.avro", avroFormat, nil},
		{"pyarrow_uncompressed.orc", orcFormat, nil},
		{"pyarrow_zlib.orc", orcFormat, nil},
		{"pyarrow_snappy.orc", orcFormat, nil},
		{"pyarrow_lz4.orc", orcFormat, nil},
		{"pyarrow_zstd.orc", orcFormat, nil},
		{"pyarrow_rle1.orc", orcFormat, nil},
	} {
		t.Run(c.file, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join("testdata", c.file))
			if err != nil {
				t.Fatal(err)
			}
			want := lines[1:]
			if c.leave != nil {
				want = slices.DeleteFunc(slices.Clone(want), c.leave)
			}
			got, rows, err := filestest.Read(t, c.format, c.file, content)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, columns) {
				t.Errorf("columns %q, want %q", got, columns)
			}
			if len(rows) != len(want) {
				t.Fatalf("%d rows, want %d", len(rows), len(want))
			}
			for i := range rows {
				if rows[i] != want[i] {
					t.Errorf("row %d\n%s, want\n%s", i, rows[i], want[i])
				}
			}
		})
	}
}
