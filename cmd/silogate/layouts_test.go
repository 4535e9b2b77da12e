package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// rowOf is a Parquet file of one row, in JSON, of columns of types.
func rowOf(t *testing.T, row string, fields ...arrow.Field) string {
	t.Helper()
	schema := arrow.NewSchema(fields, nil)
	batch, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader("["+row+"]"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &out, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(batch); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Partitioned tables of more files than are listed at once, files whose columns change, and tables with options of their own answer
// through the wire.
func TestLayouts(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for day := range 30 {
		for file := range 40 {
			write(fmt.Sprintf("events/day=2022-01-%02d/%02d.csv", day+1, file), fmt.Sprintf("id,amount\n%d,1.25\n", day*40+file))
		}
		write(fmt.Sprintf("events/day=2022-01-%02d/_SUCCESS", day+1), "")
	}
	write("events/day=__HIVE_DEFAULT_PARTITION__/00.csv", "id,amount\n-1,0.05\n")
	write("events/_temporary/day=x/00.csv", "id\nno\n")
	write("days.csv", "day,holiday\n2022-01-01,1\n2022-01-06,1\n2022-01-07,0\n")
	write("drift/month=01/a.parquet", rowOf(t, `{"n": -1, "price": "1.25", "at": "2024-02-29"}`,
		arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int32}, arrow.Field{Name: "price", Type: &arrow.Decimal128Type{Precision: 5, Scale: 2}},
		arrow.Field{Name: "at", Type: arrow.FixedWidthTypes.Date32}))
	write("drift/month=02/a.parquet", rowOf(t, `{"at": "2024-03-01 12:30:00", "note": "x", "price": "0.0001", "n": 9000000000}`,
		arrow.Field{Name: "at", Type: &arrow.TimestampType{Unit: arrow.Microsecond}}, arrow.Field{Name: "note", Type: arrow.BinaryTypes.String},
		arrow.Field{Name: "price", Type: &arrow.Decimal128Type{Precision: 10, Scale: 4}}, arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int64}))
	write("clash/a.parquet", rowOf(t, `{"n": 1}`, arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int32}))
	write("clash/b.parquet", rowOf(t, `{"n": "one"}`, arrow.Field{Name: "n", Type: arrow.BinaryTypes.String}))
	write("dump/2024/visit.txt", "7;Ada\n")
	db := serving(t, fmt.Sprintf(`
sources:
  lake:
    type: objectstore
    url: %s
    tables:
      drift: {partition_types: month text}
      visits: {path: "dump/20*/*.txt", format: csv, csv_header: false, csv_delimiter: ";"}
`, dir))
	for _, c := range []struct{ query, want string }{
		{"SELECT COUNT(*), SUM(amount), MIN(day), MAX(day), SUM(day IS NULL) FROM lake.events", "1201 1500.05 2022-01-01 2022-01-30 1"},
		{"SELECT COUNT(*), MIN(id), SUM(amount) FROM lake.events WHERE day = '2022-01-29'", "40 1120 50.00"},
		{"SELECT COUNT(*), MIN(id) FROM lake.events WHERE day IN ('2022-01-29', '2022-01-12') AND id < 450", "10 440"},
		{"SELECT COUNT(*) FROM lake.events WHERE day BETWEEN '2022-01-10' AND '2022-01-12'", "120"},
		{"SELECT id FROM lake.events WHERE day IS NULL", "-1"},
		{"SELECT COUNT(*) FROM lake.events WHERE day > '2022-01-30'", "0"},
		{"SELECT COUNT(*), SUM(amount) FROM lake.events e JOIN lake.days d ON d.day = e.day WHERE d.holiday = 1", "80 100.00"},
		{"SELECT GROUP_CONCAT(day, ' ', n ORDER BY day) FROM (SELECT day, COUNT(*) AS n FROM lake.events WHERE day < '2022-01-03' GROUP BY day) t",
			"2022-01-01 40,2022-01-02 40"},
		{"SELECT n, price, at, IFNULL(note, 'NULL'), month FROM lake.drift ORDER BY n", "-1 1.2500 2024-02-29 00:00:00.000000 NULL 01, 9000000000 0.0001 2024-03-01 12:30:00.000000 x 02"},
		{"SELECT n FROM lake.drift WHERE price > 1 AND month = '01' AND at < '2024-03-01'", "-1"},
		{"SELECT SUM(price), MAX(at) FROM lake.drift", "1.2501 2024-03-01 12:30:00.000000"},
		{"SELECT * FROM lake.visits", "7 Ada"},
	} {
		_, rows := query(t, db, c.query)
		lines := make([]string, len(rows))
		for i, row := range rows {
			lines[i] = strings.Join(row, " ")
		}
		if got := strings.Join(lines, ", "); got != c.want {
			t.Errorf("%s: %s, want %s", c.query, got, c.want)
		}
	}
	var count, least int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*), MIN(id) FROM lake.events WHERE day = ?", "2022-01-28").Scan(&count, &least); err != nil || count != 40 || least != 1080 {
		t.Errorf("prepared: %d rows from %d on, error %v; want 40 from 1080 on", count, least, err)
	}
	_, explained := query(t, db, "EXPLAIN SELECT id FROM lake.events WHERE day = '2022-01-29'")
	if text := fmt.Sprint(explained); !strings.Contains(text, "folders=31 prune=(day#3 = DATE '2022-01-29')") {
		t.Errorf("EXPLAIN: %s", text)
	}
	_, err := db.ExecContext(t.Context(), "SELECT * FROM lake.clash")
	if err == nil || !strings.Contains(err.Error(), "column n is INT32") || !strings.Contains(err.Error(), "clash/a.parquet but ") || !strings.Contains(err.Error(), "clash/b.parquet") {
		t.Errorf("error %v, want one that names the column and both files", err)
	}
}
