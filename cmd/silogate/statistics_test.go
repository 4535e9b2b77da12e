package main

import (
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
	stop := running(&out, "serve", "--config", path)
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
	stop = running(&out, "serve", "--config", path)
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
	stop = running(&out, "serve", "--config", path)
	if plan := planOf(t, address, statement); strings.Contains(plan, "learnt") {
		t.Errorf("from a damaged file:\n%s", plan)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
