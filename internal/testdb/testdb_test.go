package testdb

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/parquet/file"
	_ "modernc.org/sqlite" // the driver
)

func TestStatements(t *testing.T) {
	tables := []Table{{Name: "t", Columns: []Column{{Name: "d", Kind: Decimal, Precision: 4, Scale: 1}, {Name: "s", Kind: Text}},
		Rows: [][]any{{"1.5", `it's \`}, {nil, ""}}}}
	got := strings.Join(append(MariaDB(tables), Postgres(tables)...), "\n")
	want := `CREATE TABLE t (d DECIMAL(4,1), s VARCHAR(80)) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
INSERT INTO t VALUES ('1.5', 'it''s \\'), (NULL, '')
CREATE TABLE t (d DECIMAL(4,1), s TEXT)
INSERT INTO t VALUES ('1.5', 'it''s \'), (NULL, '')`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	if err := WriteSQLite(t.Context(), filepath.Join(dir, "x.db"), Tables()); err != nil {
		t.Fatal(err)
	}
	if err := WriteParquet(dir, Tables()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range Tables() {
		var rows int
		if err := db.QueryRow("SELECT COUNT(*) FROM " + table.Name).Scan(&rows); err != nil || rows != len(table.Rows) {
			t.Errorf("%s in SQLite: %d rows, %v", table.Name, rows, err)
		}
		f, err := file.OpenParquetFile(filepath.Join(dir, table.Name+".parquet"), false)
		if err != nil {
			t.Fatal(err)
		}
		if n := f.NumRows(); n != int64(len(table.Rows)) || len(table.Rows) > rowGroup && f.NumRowGroups() < 2 {
			t.Errorf("%s in Parquet: %d rows in %d groups", table.Name, n, f.NumRowGroups())
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
