//go:build integration

package main

import (
	"database/sql"
	"math"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/silogate/silogate/internal/demo"
	"github.com/silogate/silogate/internal/testserver"
)

// analyze runs an ANALYZE TABLE and returns its messages.
func analyze(t *testing.T, db *sql.DB, statement string) string {
	t.Helper()
	_, rows := query(t, db, statement)
	var said []string
	for _, row := range rows {
		said = append(said, row[2]+": "+row[3])
	}
	return strings.Join(said, "\n")
}

var firstRows = regexp.MustCompile(`\(rows=(\d+)( analyzed)?\)`)

// misjudged returns by which factor the estimate of a query's rows is wrong, and whether an analysis gave it.
func misjudged(t *testing.T, db *sql.DB, from string) (factor float64, analyzed bool) {
	t.Helper()
	_, plan := query(t, db, "EXPLAIN SELECT * FROM "+from)
	guess := firstRows.FindStringSubmatch(plan[0][0])
	if guess == nil {
		t.Fatalf("%s: no estimate in %q", from, plan)
	}
	estimated, err := strconv.ParseFloat(guess[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	var rows float64
	if err := db.QueryRow("SELECT COUNT(*) FROM " + from).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	estimated, rows = math.Max(estimated, 1), math.Max(rows, 1)
	return math.Max(estimated/rows, rows/estimated), guess[2] != ""
}

// Parquet files in S3 and a SQLite file are estimated well once they are analyzed.
func TestAnalyzeFiles(t *testing.T) {
	store, dir := testserver.S3(t), t.TempDir()
	if _, err := demo.Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	store.PutFolder(t, "analyzed", filepath.Join(dir, "lake"))
	db := serving(t, "sources:\n"+s3Source("s3", "analyzed", store)+"  shop: {type: sqlite, path: "+filepath.Join(dir, "shop.db")+"}\n")
	conditions := []string{
		"s3.reviews WHERE label = 1", "s3.reviews WHERE stars <= 2", "s3.reviews WHERE stars = 5 AND product_id < 10", "s3.reviews WHERE product_id = 3",
		"shop.orders WHERE quantity > 3", "shop.orders WHERE quantity = 1", "shop.customers WHERE country = 'DE'",
		"shop.orders WHERE ordered_at < '2025-02-01'", "shop.products WHERE price BETWEEN 20 AND 40",
	}
	worst := 1.0
	for _, from := range conditions {
		factor, analyzed := misjudged(t, db, from)
		if analyzed {
			t.Errorf("%s was analyzed", from)
		}
		worst = math.Max(worst, factor)
	}
	if said := analyze(t, db, "ANALYZE TABLE s3.reviews, shop.orders, shop.customers, shop.products"); said != strings.TrimSpace(strings.Repeat("status: OK\n", 4)) {
		t.Fatal(said)
	}
	for _, from := range conditions {
		if factor, analyzed := misjudged(t, db, from); factor > 1.5 || !analyzed {
			t.Errorf("%s is misjudged by %.2f, analyzed %v", from, factor, analyzed)
		}
	}
	t.Logf("the worst estimate was wrong by a factor of %.1f", worst)
	if worst < 2 {
		t.Error("nothing was misjudged before")
	}

	// A file that is added makes another table of it.
	store.Put(t, "analyzed/reviews/split=train/more.parquet", parquetOf(t, filepath.Join(dir, "lake")))
	_, _ = query(t, db, "ANALYZE TABLE s3.labels") // which has the source described anew
	if _, analyzed := misjudged(t, db, conditions[0]); analyzed {
		t.Error("statistics of files that have changed are used")
	}
}

// parquetOf returns a file of the table reviews.
func parquetOf(t *testing.T, lake string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(lake, "reviews", "*", "*.parquet"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	return files[0]
}

// Of a table in Postgres what the server knows is asked for anew.
func TestAnalyzePostgres(t *testing.T) {
	pg := testserver.Postgres(t)
	pg.Exec(t, "CREATE TABLE t (id int, kind int) WITH (autovacuum_enabled = false)", "INSERT INTO t SELECT g, CASE WHEN g % 100 = 0 THEN g ELSE 0 END FROM generate_series(1, 20000) g")
	db := serving(t, "sources:\n"+postgresSource("pg", pg))
	const from = "pg.t WHERE kind = 0"
	before, _ := misjudged(t, db, from)
	if said := analyze(t, db, "ANALYZE TABLE pg.t"); said != "note: source pg knows nothing of the values of 2 of the 2 columns: analyze the table there\nstatus: OK" {
		t.Error(said)
	}
	if said := analyze(t, db, "ANALYZE TABLE pg.t UPDATE HISTOGRAM ON kind"); said != "Error: The source knows nothing of the values of column 'kind': analyze the table there." {
		t.Error(said)
	}
	pg.Exec(t, "ANALYZE t")
	if said := analyze(t, db, "ANALYZE TABLE pg.t"); said != "status: OK" {
		t.Error(said)
	}
	if after, _ := misjudged(t, db, from); before < 2 || after > 1.1 {
		t.Errorf("misjudged by %.2f before and %.2f after", before, after)
	}
	if said := analyze(t, db, "ANALYZE TABLE pg.t UPDATE HISTOGRAM ON kind"); said != "status: Histogram statistics created for column 'kind'." {
		t.Error(said)
	}
	if said := analyze(t, db, "ANALYZE TABLE pg.t DROP HISTOGRAM ON kind"); said != "Error: No histogram statistics found for column 'kind'." {
		t.Error(said)
	}
}
