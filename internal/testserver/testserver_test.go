//go:build integration

package testserver

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMain(m *testing.M) { Main(m) }

func TestPostgresGivesFreshDatabases(t *testing.T) {
	a, b := Postgres(t), Postgres(t, Locale("C"), Encoding("LATIN1"))
	if a.Database == b.Database {
		t.Fatalf("both tests got %s", a.Database)
	}
	a.Exec(t, "CREATE TABLE only_here (i int)", "INSERT INTO only_here VALUES (1)")
	if err := b.exec("SELECT * FROM only_here"); err == nil {
		t.Fatal("the second database sees the first one's table")
	}
}

func TestS3StoresObjects(t *testing.T) {
	file := filepath.Join(t.TempDir(), "object")
	if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	S3(t).Put(t, "folder/object", file)
}

func TestMariaDBGivesFreshDatabases(t *testing.T) {
	MariaDB(t).Exec(t, "CREATE TABLE t (i int)", "INSERT INTO t VALUES (1)")
}
