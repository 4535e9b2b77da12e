//go:build integration

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/internal/testserver"
)

// shop is a database with a small table.
func shop(t *testing.T) testserver.PG {
	t.Helper()
	pg := testserver.Postgres(t)
	pg.Exec(t, "CREATE TABLE orders (id int PRIMARY KEY, note text)",
		"INSERT INTO orders SELECT g, 'note ' || g FROM generate_series(1, 100) AS g", endless)
	return pg
}

func TestPostgresRefusals(t *testing.T) {
	pg := shop(t)
	with := func(name string, change func(*testserver.PG)) string {
		other := pg
		change(&other)
		return postgresSource(name, other)
	}
	i := host(t, "sources:\n"+postgresSource("pg", pg)+
		with("wrong_password", func(p *testserver.PG) { p.Password = "hunter2hunter2" })+
		with("wrong_user", func(p *testserver.PG) { p.User = "nobody" })+
		with("wrong_database", func(p *testserver.PG) { p.Database = "no_such_database" })+
		with("wrong_port", func(p *testserver.PG) { p.Host = "127.0.0.1:1" })+
		with("wrong_host", func(p *testserver.PG) { p.Host = "no-such-host.invalid:5432" }))
	for source, says := range map[string]string{
		"wrong_password": "password authentication failed",
		"wrong_user":     "password authentication failed",
		"wrong_database": "does not exist",
		"wrong_port":     "127.0.0.1:1",
		"wrong_host":     "no-such-host.invalid",
	} {
		t.Run(source, func(t *testing.T) {
			i := i.in(t)
			c := i.conn()
			i.fails(c, "SELECT * FROM "+source+".orders", 1429, "source "+source, "orders", says)
			i.fails(c, "SELECT COUNT(*) FROM pg.orders AS o JOIN "+source+".orders AS w USING (id)", 1429, "source "+source, "orders", says)
			i.answers(c, "SELECT COUNT(*) FROM pg.orders", "100")
		})
	}
}

// A source that does not answer at all is the worst: nothing but a time limit ends a wait for it.
func TestASourceThatIsDownHurtsNobodyElse(t *testing.T) {
	pg := shop(t)
	silent, asked := silentServer(t)
	i := host(t, "sources:\n"+postgresSource("pg", pg)+
		fmt.Sprintf("  silent: {type: postgres, url: \"postgres://app@%s/db?sslmode=disable\", password: sesame99}\n", silent)+
		"  refuses: {type: postgres, url: \"postgres://app@127.0.0.1:1/db\", password: sesame99}\n"+
		fmt.Sprintf("  bucket: {type: objectstore, url: \"s3://b/p\", endpoint: \"http://%s\", region: us-east-1, access_key: k, secret_key: sesame99}\n", silent))
	c := i.conn()
	for range 20 {
		i.answers(c, "SELECT COUNT(*) FROM pg.orders", "100")
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("queries of another source asked the silent one %d times", n)
	}
	for _, list := range []struct {
		query, has string
		warnings   int
	}{
		{"SHOW DATABASES", "pg", 2},
		{"SHOW TABLES FROM pg", "orders", 0},
		{"SHOW DATABASES", "pg", 2}, // the silent are not waited for again
	} {
		start := time.Now()
		rows, err := queryTexts(t.Context(), c, list.query)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s took %s", list.query, took)
		}
		if text := fmt.Sprint(rows); !strings.Contains(text, list.has) {
			t.Errorf("%s: %s", list.query, text)
		}
		warnings, err := queryTexts(t.Context(), c, "SHOW WARNINGS")
		if err != nil {
			t.Fatal(err)
		}
		if len(warnings) != list.warnings {
			t.Errorf("%s: %d warnings, want %d: %q", list.query, len(warnings), list.warnings, warnings)
		}
		for _, w := range warnings {
			if w[1] != "1429" {
				t.Errorf("%s: warning %q", list.query, w)
			}
			i.keepsSecrets("a warning", w[2])
		}
	}
	i.fails(c, "SELECT * FROM refuses.t", 1429, "source refuses")
	i.answers(c, "SELECT COUNT(*) FROM pg.orders", "100")
}

func TestATableDroppedDuringTheQuery(t *testing.T) {
	pg := shop(t)
	seen := watchSessions(t, pg)
	i := host(t, "sources:\n"+postgresSource("pg", pg))
	c := i.conn()
	i.answers(c, "SELECT COUNT(*) FROM pg.orders", "100") // its description is remembered
	pg.Exec(t, "DROP TABLE orders")
	for range 2 { // with the description remembered, and without
		i.fails(c, "SELECT * FROM pg.orders", 1146, "orders")
	}
	seen.atRest(time.Second)
	pg.Exec(t, "CREATE TABLE orders (id int, extra text)", "INSERT INTO orders VALUES (7, 'new')")
	i.eventually("the new table", func() error {
		rows, err := queryTexts(t.Context(), c, "SELECT * FROM pg.orders")
		if err == nil && (len(rows) != 1 || rows[0][1] != "new") {
			t.Fatalf("rows %q", rows)
		}
		return err
	})
}

func TestAColumnChangedWhileItsDescriptionIsRemembered(t *testing.T) {
	for name, change := range map[string]string{
		"dropped": "ALTER TABLE orders DROP COLUMN note",
		"renamed": "ALTER TABLE orders RENAME COLUMN note TO remark",
		"retyped": "ALTER TABLE orders ALTER COLUMN note TYPE int USING id",
	} {
		t.Run(name, func(t *testing.T) {
			pg := shop(t)
			i := host(t, "sources:\n"+postgresSource("pg", pg))
			c := i.conn()
			i.answers(c, "SELECT note FROM pg.orders WHERE id = 3", "note 3")
			pg.Exec(t, change)
			if name == "retyped" {
				i.answers(c, "SELECT SUM(note) FROM pg.orders WHERE note <> 5", "5045")
				return
			}
			i.fails(c, "SELECT note, id FROM pg.orders WHERE note <> 'x'", 1054, "note")
			i.answers(c, "SELECT COUNT(*) FROM pg.orders", "100")
		})
	}
}

func TestABackendKilledInMidScan(t *testing.T) {
	pg := shop(t)
	seen := watchSessions(t, pg)
	i := host(t, "sources:\n"+postgresSource("pg", pg))
	c := i.conn()
	for _, query := range []string{
		"SELECT * FROM pg.endless",
		"SELECT * FROM pg.endless AS e LEFT JOIN pg.orders AS o ON o.id = e.id",
	} {
		rows := i.begun(t.Context(), c, query)
		seen.terminate()
		i.failed(query, skip(rows, -1), 1429, "source pg", "endless")
		rows.Close() //nolint:errcheck // it failed
		i.settled()
		i.answers(c, "SELECT COUNT(*) FROM pg.orders", "100")
	}
	seen.atRest(time.Second)
}

func TestPostgresStopsAndStarts(t *testing.T) {
	server := testserver.OwnPostgres(t)
	server.Exec(t, "CREATE TABLE orders (id int PRIMARY KEY)", "INSERT INTO orders SELECT generate_series(1, 100)", endless)
	i := host(t, "sources:\n"+postgresSource("pg", server.PG))
	c := i.conn()
	i.answers(c, "SELECT COUNT(*) FROM pg.orders", "100")
	rows := i.begun(t.Context(), c, "SELECT * FROM pg.endless")
	server.Stop(t)
	i.failed("a scan", skip(rows, -1), 1429, "source pg", "endless")
	rows.Close() //nolint:errcheck // it failed
	i.fails(c, "SELECT COUNT(*) FROM pg.orders", 1429, "source pg", "orders")
	server.Start(t)
	i.answers(c, "SELECT COUNT(*) FROM pg.orders", "100")

	t.Cleanup(func() { server.Stop(t) }) // before what it started is taken for a leftover
	server.Stop(t)                       // and with nothing under way, so that the pool's connections die unnoticed
	server.Start(t)
	for range 4 {
		i.answers(c, "SELECT COUNT(*) FROM pg.orders", "100")
	}
}
