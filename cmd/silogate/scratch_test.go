package main

import (
	"database/sql"
	"testing"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/internal/slt"
	"github.com/silogate/silogate/internal/testdb"
)

// runScratch runs the records of each file in a database of its own.
func runScratch(t *testing.T, db *sql.DB, server string, settings ...string) {
	t.Helper()
	for _, file := range sltFiles(t, "scratch/*.slt") {
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

// TestSLTOverScratch runs the files about queries over tables that were made from those of a source, alone and together with it.
func TestSLTOverScratch(t *testing.T) {
	gateway := serving(t, localSilos(t, testdb.Tables()), func(c *engine.Config) { c.Verify = true })
	conn := session(t, gateway, "CREATE DATABASE made")
	for _, table := range testdb.Tables() {
		for _, statement := range []string{"CREATE TABLE made." + table.Name + " LIKE lite." + table.Name, "INSERT INTO made." + table.Name + " SELECT * FROM lite." + table.Name} {
			if _, err := conn.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	homes := map[string]map[string]string{"made": allIn("made"), "both": {"t0": "made", "t1": "lite", "t2": "made", "t3": "lite", "t4": "made"}}
	for _, file := range sltFiles(t, "*.slt") {
		for name, home := range homes {
			for _, r := range file.records {
				r.SQL = placed(r.SQL, home)
				if err := slt.Run(t.Context(), conn, r); err != nil {
					t.Errorf("%s.slt:%d, %s: %s\n%v", file.name, r.Line, name, r.SQL, err)
				}
			}
		}
	}
}

// TestDeleteWithoutDatabase deletes all rows of a table in a session that has no database, and takes that back.
func TestDeleteWithoutDatabase(t *testing.T) {
	conn := session(t, serving(t, ""), "CREATE DATABASE a", "CREATE TABLE a.t (id INT)", "INSERT INTO a.t VALUES (1), (2)")
	for _, statement := range []string{"DELETE FROM a.t", "DELETE a.t FROM a.t"} {
		if _, err := conn.ExecContext(t.Context(), "BEGIN"); err != nil {
			t.Fatal(err)
		}
		result, err := conn.ExecContext(t.Context(), statement)
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		if n, err := result.RowsAffected(); err != nil || n != 2 {
			t.Errorf("%s: %d rows are deleted: %v", statement, n, err)
		}
		if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
			t.Fatal(err)
		}
		if rows, err := queryTexts(t.Context(), conn, "SELECT COUNT(*) FROM a.t"); err != nil || rows[0][0] != "2" {
			t.Errorf("%s: rows after ROLLBACK: %v, %v", statement, rows, err)
		}
	}
}
