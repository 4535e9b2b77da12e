package main

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the driver of the tables

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/internal/slt"
	"github.com/silogate/silogate/internal/testdb"
)

// localSilos makes tables in SQLite and in a folder of Parquet, and returns the configuration of the sources "lite" and
// "lake".
func localSilos(t *testing.T, tables []testdb.Table) string {
	t.Helper()
	dir := t.TempDir()
	err := errors.Join(testdb.WriteSQLite(t.Context(), filepath.Join(dir, "tables.db"), tables),
		testdb.WriteParquet(filepath.Join(dir, "lake"), tables))
	if err != nil {
		t.Fatal(err)
	}
	return "sources:\n  lite: {type: sqlite, path: " + filepath.Join(dir, "tables.db") + "}\n" +
		"  lake: {type: objectstore, url: " + filepath.Join(dir, "lake") + "}\n"
}

// allIn places every table in one database.
func allIn(database string) map[string]string {
	home := make(map[string]string)
	for _, t := range testdb.Tables() {
		home[t.Name] = database
	}
	return home
}

// tableName finds the tables of testdb in a query, which names its aliases otherwise.
var tableName = regexp.MustCompile(`\bt[0-4]\b`)

// placed qualifies the tables of a query.
func placed(query string, home map[string]string) string {
	return tableName.ReplaceAllStringFunc(query, func(t string) string { return home[t] + "." + t })
}

// session is a connection with settings.
func session(t *testing.T, db *sql.DB, settings ...string) *sql.Conn {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	for _, s := range settings {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return conn
}

// TestSLT runs our own files over SQLite, Parquet and both, under every setting that must not change an answer.
func TestSLT(t *testing.T) {
	runSLT(t, localSilos(t, testdb.Tables()), map[string]map[string]string{
		"lite": allIn("lite"), "lake": allIn("lake"),
		"both": {"t0": "lake", "t1": "lite", "t2": "lake", "t3": "lite", "t4": "lake"},
	})
}

func runSLT(t *testing.T, sources string, homes map[string]map[string]string) {
	for _, parallelism := range []int{1, 3} {
		gateway := serving(t, sources, func(c *engine.Config) { c.Verify, c.Parallelism = true, parallelism })
		settings := []string{"SET silogate_pushdown = ON", "SET silogate_pushdown = OFF"}
		if parallelism > 1 {
			settings = append(settings, withoutRules(optimize.RuleNames()...))
		}
		for _, setting := range settings {
			conn := session(t, gateway, setting)
			for _, file := range sltFiles(t, "*.slt") {
				for name, home := range homes {
					for _, r := range file.records {
						r.SQL = placed(r.SQL, home)
						if err := slt.Run(t.Context(), conn, r); err != nil {
							t.Errorf("%s.slt:%d, %s, %s, parallelism %d: %s\n%v", file.name, r.Line, name, setting, parallelism, r.SQL, err)
						}
					}
				}
			}
		}
	}
}

// withoutRules is the statement that leaves rules of the optimizer out.
func withoutRules(rules ...string) string {
	return "SET silogate_disabled_rules = '" + strings.Join(rules, ",") + "'"
}

type sltFile struct {
	name    string // without .slt
	records []slt.Record
}

// sltFiles reads the files of testdata/slt that a pattern names.
func sltFiles(t *testing.T, pattern string) []sltFile {
	t.Helper()
	paths, err := filepath.Glob("../../testdata/slt/" + pattern)
	if err != nil || len(paths) == 0 {
		t.Fatal(pattern, err)
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
