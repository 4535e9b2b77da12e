package store

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/silogate/silogate/connectors"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustOpen(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustClose(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestServersSurviveARestartSealed(t *testing.T) {
	ctx, dir := context.Background(), filepath.Join(t.TempDir(), "data ?#%")
	s := mustOpen(t, dir)
	shop := Server{"shop", "postgres", connectors.Options{"url": "postgres://h/db", "password": "hunter2-hunter2"}}
	lake := Server{"lake", "objectstore", connectors.Options{"url": "s3://b"}}
	for _, server := range []Server{shop, lake, {"gone", "sqlite", nil}} {
		if err := s.PutServer(ctx, server); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DeleteServer(ctx, "GONE"); err != nil {
		t.Fatal(err)
	}
	lake.Options["region"] = "eu"
	if err := s.PutServer(ctx, lake); err != nil {
		t.Fatal(err)
	}
	if err := s.PutAccounts(ctx, []byte("root:hash-of-root")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	for _, name := range []string{"catalog.db", "catalog.db-wal", "catalog.key"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && name == "catalog.db-wal" {
			continue
		}
		if err != nil || bytes.Contains(data, []byte("hunter2")) || bytes.Contains(data, []byte("hash-of-root")) {
			t.Errorf("%s: %v, or a secret in plain text", name, err)
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}

	s = mustOpen(t, dir)
	defer mustClose(t, s)
	got, err := s.Servers(ctx)
	if want := []Server{lake, shop}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("servers %+v, %v; want %+v", got, err, want)
	}
	if data, err := s.Accounts(ctx); string(data) != "root:hash-of-root" || err != nil {
		t.Errorf("accounts %q, %v", data, err)
	}
}

func TestAccountsAreNilAtFirst(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	defer mustClose(t, s)
	if data, err := s.Accounts(context.Background()); data != nil || err != nil {
		t.Errorf("%q, %v", data, err)
	}
}

func TestSealIsBoundToItsRow(t *testing.T) {
	ctx := context.Background()
	s := mustOpen(t, t.TempDir())
	defer mustClose(t, s)
	if err := s.PutServer(ctx, Server{"a", "x", nil}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.ExecContext(ctx, `INSERT INTO server SELECT 'b', type, options FROM server`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Servers(ctx); err == nil || !strings.Contains(err.Error(), "options of server b") {
		t.Errorf("error %v", err)
	}
}

func TestRefusals(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		spoil func(t *testing.T, dir string)
		want  string
	}{
		"a key others can read": {func(t *testing.T, dir string) {
			if err := os.Chmod(filepath.Join(dir, "catalog.key"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, "chmod 600"},
		"a cut key": {func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, "catalog.key"), 7); err != nil {
				t.Fatal(err)
			}
		}, "holds 7 bytes"},
		"a newer schema": {func(t *testing.T, dir string) {
			s := mustOpen(t, dir)
			if _, err := s.db.Exec(`PRAGMA user_version = 999`); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}, "schema version 999"},
		"a second process": {func(t *testing.T, dir string) {
			s := mustOpen(t, dir)
			t.Cleanup(func() { mustClose(t, s) })
			if err := s.PutAccounts(ctx, []byte("x")); err != nil {
				t.Fatal(err)
			}
		}, "locked"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := mustOpen(t, dir).Close(); err != nil {
				t.Fatal(err)
			}
			c.spoil(t, dir)
			if s, err := Open(ctx, dir); err == nil || !strings.Contains(err.Error(), c.want) {
				if s != nil {
					mustClose(t, s)
				}
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestQuarantinesSurviveARestart(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s := mustOpen(t, dir)
	first := Quarantine{Source: "shop", What: "like of text", Since: time.Unix(1_700_000_000, 0).UTC(), Statement: "SELECT ?"}
	rule := Quarantine{What: "prune", Since: first.Since}
	for i, q := range []*Quarantine{&first, &rule} {
		kept, err := s.AddQuarantine(ctx, *q)
		if q.ID = int64(i + 1); err != nil || kept != *q {
			t.Fatal(kept, err)
		}
	}
	// One of the same is no other, and global if it is of another statement.
	for _, c := range []struct {
		statement string
		global    bool
	}{{"select ?", false}, {"SELECT a", true}, {"SELECT ?", true}} {
		first.Global = c.global
		if kept, err := s.AddQuarantine(ctx, Quarantine{Source: "SHOP", What: "like of text", Statement: c.statement}); err != nil || kept != first {
			t.Errorf("again of %q: %+v, %v, want %+v", c.statement, kept, err, first)
		}
	}
	mustClose(t, s)
	s = mustOpen(t, dir)
	defer mustClose(t, s)
	if got, err := s.Quarantines(ctx); err != nil || !reflect.DeepEqual(got, []Quarantine{first, rule}) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := s.DeleteQuarantine(ctx, rule.ID); err != nil {
		t.Fatal(err)
	}
	if again, err := s.AddQuarantine(ctx, rule); err != nil || again.ID <= rule.ID {
		t.Errorf("number %d, %v", again.ID, err)
	}
}

func TestViewsAreKept(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	views, err := s.Views(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []View{{"Shop", "b", []byte("1")}, {"shop", "A", []byte("2")}, {"SHOP", "B", []byte("3")}, {"lake", "b", []byte("4")}} {
		if err := views.Put(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if v, ok := views.Get("sHop", "b"); !ok || string(v.Definition) != "3" {
			t.Errorf("%v, %v", v, ok)
		}
		if list := views.In("shop"); len(list) != 2 || list[0].Name != "A" || list[1].Name != "B" {
			t.Errorf("%v", list)
		}
		mustClose(t, s)
		s = mustOpen(t, dir)
		if views, err = s.Views(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []bool{true, false} {
		if found, err := views.Delete(t.Context(), "LAKE", "B"); found != want || err != nil {
			t.Errorf("%v, %v", found, err)
		}
	}
	mustClose(t, s)
}

// A fingerprint tells definitions apart by all that they say, survives a restart, and is another gateway's secret.
func TestFingerprint(t *testing.T) {
	dir := t.TempDir()
	server := Server{"lake", "objectstore", connectors.Options{"url": "s3://b", "secret_key": "hunter2", "region": "eu"}}
	sum := func(dir string, server Server) [32]byte {
		t.Helper()
		s := mustOpen(t, dir)
		defer mustClose(t, s)
		sum, err := s.Fingerprint(server)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	first := sum(dir, server)
	if sum(dir, server) != first {
		t.Error("it is another after a restart")
	}
	if sum(t.TempDir(), server) == first {
		t.Error("another store has the same")
	}
	for _, other := range []Server{
		{"lake2", server.Type, server.Options}, {server.Name, "iceberg", server.Options},
		{server.Name, server.Type, connectors.Options{"url": "s3://b", "secret_key": "hunter3", "region": "eu"}},
	} {
		if sum(dir, other) == first {
			t.Errorf("%+v has the same", other)
		}
	}
}
