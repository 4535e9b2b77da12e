package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// planOf returns the lines of an EXPLAIN.
func planOf(t *testing.T, address, statement string) string {
	t.Helper()
	db := connect(t, "root:sesame@tcp("+address+")/shop")
	defer db.Close()
	_, rows := query(t, db, "EXPLAIN "+statement)
	var b strings.Builder
	for _, row := range rows {
		b.WriteString(row[0] + "\n")
	}
	return b.String()
}

// What a run taught is known after a restart, until the table changes.
func TestLearntSurvivesARestart(t *testing.T) {
	const statement = "SELECT id FROM orders WHERE id % 7 = 1"
	path, address, _ := configure(t, "")
	var out output
	stop := running(t, &out, "serve", "--config", path)
	db := connect(t, "root:sesame@tcp("+address+")/shop")
	if plan := planOf(t, address, statement); strings.Contains(plan, "learnt") {
		t.Errorf("before anything ran:\n%s", plan)
	}
	query(t, db, statement)
	before := planOf(t, address, statement)
	if !strings.Contains(before, "learnt") {
		t.Errorf("after a run:\n%s", before)
	}
	db.Close()
	if err := stop(); err != nil {
		t.Error(err)
	}
	stop = running(t, &out, "serve", "--config", path)
	if after := planOf(t, address, statement); after != before {
		t.Errorf("after a restart:\n%s\nbefore:\n%s", after, before)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "data", "statistics", "*"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.WriteFile(files[0], []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	stop = running(t, &out, "serve", "--config", path)
	if plan := planOf(t, address, statement); strings.Contains(plan, "learnt") {
		t.Errorf("from a damaged file:\n%s", plan)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// What was analyzed is known after a restart, until the table changes.
func TestAnalyzedSurvivesARestart(t *testing.T) {
	path, address, _ := configure(t, "")
	statements := []string{"SELECT text FROM lake.reviews WHERE stars = 4", "SELECT name FROM customers WHERE country = 'DE'"}
	explained := func() string { return planOf(t, address, statements[0]) + planOf(t, address, statements[1]) }
	var out output
	stop := running(t, &out, "serve", "--config", path)
	db := connect(t, "root:sesame@tcp("+address+")/shop")
	if plan := explained(); strings.Contains(plan, "analyzed") {
		t.Errorf("before:\n%s", plan)
	}
	query(t, db, "ANALYZE TABLE customers, lake.reviews")
	before := explained()
	if strings.Count(before, "analyzed)") < 2 {
		t.Errorf("analyzed:\n%s", before)
	}
	db.Close()
	if err := stop(); err != nil {
		t.Error(err)
	}
	stop = running(t, &out, "serve", "--config", path)
	if after := explained(); after != before {
		t.Errorf("after a restart:\n%s\nbefore:\n%s", after, before)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}

	shop, err := sql.Open("sqlite", filepath.Join(filepath.Dir(path), "shop.db"))
	if err == nil {
		_, err = shop.Exec("INSERT INTO customers VALUES (100001, 'x', 'DE', '2025-01-01')")
	}
	if err != nil {
		t.Fatal(err)
	}
	shop.Close()
	stop = running(t, &out, "serve", "--config", path)
	if plan := planOf(t, address, statements[1]); strings.Contains(plan, "analyzed") {
		t.Errorf("of another version:\n%s", plan)
	}
	if plan := planOf(t, address, statements[0]); !strings.Contains(plan, "analyzed") {
		t.Errorf("of the same version:\n%s", plan)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
