package mysql

import (
	"os"
	"path/filepath"
	"testing"
)

// TestNoFilesOfTheHost tries every way to write or read a file of the gateway's host.
func TestNoFilesOfTheHost(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	ann, _ := g.conn(g.account("ann", "GRANT SELECT ON fake.* TO ann"))
	fay, _ := g.conn(g.account("fay", "GRANT SELECT ON fake.* TO fay", "GRANT FILE ON *.* TO fay"))
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	into := " INTO OUTFILE '" + filepath.Join(dir, "out") + "'"
	dump := " INTO DUMPFILE '" + filepath.Join(dir, "out") + "'"
	for _, statement := range []string{
		"SELECT 1" + into, "SELECT 'x'" + dump, "SELECT * FROM fake.numbers" + into, "SELECT * FROM fake.numbers LIMIT 1" + dump,
		"(SELECT 1) UNION ALL (SELECT 2)" + into, "WITH c AS (SELECT 1) SELECT * FROM c" + into,
		"WITH c AS (SELECT * FROM fake.numbers) SELECT * FROM c" + dump,
		"SELECT table_name FROM information_schema.tables" + into, "EXPLAIN SELECT 1" + into, "EXPLAIN FORMAT=JSON SELECT 1" + into, "TABLE fake.numbers" + into,
	} {
		for _, user := range []struct {
			conn  querier
			errno uint16
			state string
		}{{root, 1290, "HY000"}, {fay, 1290, "HY000"}, {ann, 1045, "28000"}} {
			_, err := texts(user.conn, statement)
			wantErrno(t, statement, err, user.errno, user.state)
		}
		prepared, err := ann.PrepareContext(background, statement)
		if err == nil {
			_, err = prepared.ExecContext(background)
			prepared.Close()
		}
		wantErrno(t, "prepared: "+statement, err, 1045, "28000")
	}
	for _, statement := range []string{ // what GMS's grammar does not have
		"SELECT 1 UNION SELECT 2" + into, "EXPLAIN ANALYZE SELECT 1" + into, "EXPLAIN ANALYZE FORMAT=JSON SELECT 1" + into, "EXPLAIN ANALYZE SELECT * FROM fake.numbers" + into,
		"SELECT * FROM (SELECT 1" + into + ") d", "SELECT (SELECT 1" + into + ")",
	} {
		_, err := texts(root, statement)
		wantErrno(t, statement, err, 1064, "42000")
	}
	if _, err := ann.ExecContext(background, `PREPARE s FROM "SELECT 1`+into+`"`); err == nil {
		_, err = ann.ExecContext(background, "EXECUTE s")
		wantErrno(t, "EXECUTE", err, 1045, "28000")
	} else {
		wantErrno(t, "PREPARE", err, 1045, "28000")
	}
	if _, err := os.Stat(filepath.Join(dir, "out")); err == nil {
		t.Error("a file was written")
	}
	for _, query := range []string{
		"SELECT LOAD_FILE('" + secret + "')", "SELECT load_file(?) FROM fake.numbers LIMIT 1", "SELECT LOAD_FILE(NULL)",
		"SELECT MAX(LOAD_FILE('" + secret + "')) FROM information_schema.schemata",
	} {
		args := []any{secret}
		if query != "SELECT load_file(?) FROM fake.numbers LIMIT 1" {
			args = nil
		}
		var content *string
		if err := root.QueryRowContext(background, query, args...).Scan(&content); err != nil || content != nil {
			t.Errorf("%s: %v, %v", query, content, err)
		}
	}
}
