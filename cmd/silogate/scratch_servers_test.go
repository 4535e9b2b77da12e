//go:build integration

package main

import (
	"database/sql"
	"testing"

	"github.com/silogate/silogate/internal/testserver"
)

// TestScratchOracle runs the files about scratch databases in MariaDB, but for what it answers otherwise than MySQL 8.
func TestScratchOracle(t *testing.T) {
	maria := testserver.MariaDB(t)
	db, err := sql.Open("mysql", maria.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	runScratch(t, db, "mariadb", "SET NAMES utf8mb4", "SET collation_server = utf8mb4_unicode_ci",
		"SET sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'")
}
