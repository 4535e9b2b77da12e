package mysql

import (
	"database/sql"
	"testing"
)

// TestConnectionCollation checks under which collation literals compare.
func TestConnectionCollation(t *testing.T) {
	g := start(t)
	for _, c := range []struct {
		name, params string
		statements   []string
		collation    string
		equal        string // 'ß' = 'ss', 'ß' = 's', 'a' = 'A', 'a' = 'a '
	}{
		{"as the driver connects", "", nil, "utf8mb4_general_ci", "0111"},
		{"as the client says", "collation=utf8mb4_unicode_ci", nil, "utf8mb4_unicode_ci", "1011"},
		{"another character set's, which the bytes of ß are two letters of", "collation=latin1_swedish_ci", nil, "latin1_swedish_ci", "0010"},
		{"bytes", "collation=binary", nil, "binary", "0000"},
		{"SET NAMES", "", []string{"SET NAMES utf8mb4"}, "utf8mb4_0900_ai_ci", "1010"},
		{"SET NAMES COLLATE", "", []string{"SET NAMES utf8mb4 COLLATE utf8mb4_0900_as_cs"}, "utf8mb4_0900_as_cs", "0000"},
		{"in quotes", "", []string{"SET @a = 1, NAMES 'utf8mb4' COLLATE 'utf8mb4_unicode_520_ci'"}, "utf8mb4_unicode_520_ci", "1011"},
		{"the variable", "", []string{"SET collation_connection = utf8mb4_bin"}, "utf8mb4_bin", "0001"},
		{"both", "", []string{"SET NAMES utf8mb4", "SET SESSION collation_connection = 'utf8mb4_0900_bin'"}, "utf8mb4_0900_bin", "0000"},
	} {
		db := g.open(c.params)
		db.SetMaxOpenConns(1)
		for _, s := range c.statements {
			if _, err := db.ExecContext(t.Context(), s); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		var collation, equal string
		row := db.QueryRowContext(t.Context(), "SELECT @@collation_connection, CONCAT('ß' = 'ss', 'ß' = 's', 'a' = 'A', 'a' = 'a ')")
		if err := row.Scan(&collation, &equal); err != nil || collation != c.collation || equal != c.equal {
			t.Errorf("%s: %s, %s, %v; want %s, %s", c.name, collation, equal, err, c.collation, c.equal)
		}
	}
	db := g.open("")
	for _, c := range []struct {
		query, state string
		errno        uint16
	}{
		{"SELECT 'a' COLLATE no_such_ci", "HY000", 1273},
		{"SELECT 'a' COLLATE utf8mb4_sv_0900_ai_ci = 'b'", "HY000", 1273},
		{"SELECT 'a' COLLATE latin1_swedish_ci", "42000", 1253},
		{"SELECT 'a' COLLATE utf8mb4_bin < 'a' COLLATE utf8mb4_0900_ai_ci", "HY000", 1267},
	} {
		var s sql.NullString
		wantErrno(t, c.query, db.QueryRowContext(t.Context(), c.query).Scan(&s), c.errno, c.state)
	}
}
