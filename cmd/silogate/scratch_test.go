package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/internal/slt"
)

// scratchFiles are the records about scratch databases, by file.
func scratchFiles(t *testing.T) []sltFile {
	t.Helper()
	paths, err := filepath.Glob("../../testdata/slt/scratch/*.slt")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	var files []sltFile
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		records, err := slt.Parse(strings.NewReader(string(text)))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		files = append(files, sltFile{strings.TrimSuffix(filepath.Base(path), ".slt"), records})
	}
	return files
}

// runScratch runs the records of each file in a database of its own.
func runScratch(t *testing.T, db *sql.DB, server string, settings ...string) {
	t.Helper()
	for _, file := range scratchFiles(t) {
		conn := session(t, db, append(settings, "CREATE DATABASE slt_"+file.name, "USE slt_"+file.name)...)
		for _, r := range file.records {
			if !r.For(server) {
				continue
			}
			if err := slt.Run(t.Context(), conn, r); err != nil {
				t.Errorf("%s.slt:%d: %s\n%v", file.name, r.Line, r.SQL, err)
			}
		}
		if _, err := conn.ExecContext(t.Context(), "DROP DATABASE slt_"+file.name); err != nil {
			t.Error(err)
		}
	}
}

// TestScratch runs the files about scratch databases.
func TestScratch(t *testing.T) {
	for _, parallelism := range []int{1, 3} {
		db := serving(t, "", func(c *engine.Config) { c.Verify, c.Parallelism = true, parallelism })
		runScratch(t, db, "silogate")
	}
}
