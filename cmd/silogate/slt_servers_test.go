//go:build integration

package main

import (
	"database/sql"
	"testing"

	"github.com/silogate/silogate/internal/slt"
	"github.com/silogate/silogate/internal/testdb"
	"github.com/silogate/silogate/internal/testserver"
)

// TestSLTServers runs our own files over placements with Postgres.
func TestSLTServers(t *testing.T) {
	runSLT(t, silos(t), map[string]map[string]string{"pg": homes["pg"], "mixed": homes["mixed"]})
}

// TestSLTOracle runs our own files in MariaDB, but for what it answers otherwise than MySQL 8 (skipif mariadb).
func TestSLTOracle(t *testing.T) {
	maria := testserver.MariaDB(t)
	maria.Exec(t, testdb.MariaDB(testdb.Tables())...)
	db, err := sql.Open("mysql", maria.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn := session(t, db, "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin",
		"SET sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'")
	for _, file := range sltFiles(t, "*.slt") {
		for _, r := range file.records {
			if !r.For("mariadb") {
				continue
			}
			if err := slt.Run(t.Context(), conn, r); err != nil {
				t.Errorf("%s.slt:%d: %s\n%v", file.name, r.Line, r.SQL, err)
			}
		}
	}
}
