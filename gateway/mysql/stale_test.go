package mysql

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/silogate/silogate/gateway/mysql/wire"
)

// A table that changed since it was described is read as it is now, and the client does not notice.
func TestAChangedTableIsDescribedAnew(t *testing.T) {
	later := "2500 " + strings.Repeat("abcdefghijklmnopqrstuvwxyz", 4)[:100]
	for name, c := range map[string]struct {
		before, after string // the first row
		query         string
		args          []any
	}{
		"text":            {"2500", later, "SELECT * FROM changing ORDER BY id DESC LIMIT 1", nil},
		"binary":          {"2500", later, "SELECT * FROM changing WHERE id > ? ORDER BY id DESC LIMIT 1", []any{5}},
		"empty":           {"", "", "SELECT id FROM changing WHERE id < 0", nil},
		"subquery":        {"2500", "2500", "SELECT (SELECT MAX(id) FROM changing)", nil},
		"explain analyze": {"-> Remote fake [id#1]:", "-> Remote fake [id#1, pad#2]:", "EXPLAIN ANALYZE SELECT * FROM changing", nil},
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t)
			db := g.open("")
			db.SetMaxOpenConns(1)
			stmt, err := db.Prepare(c.query)
			if err != nil {
				t.Fatal(err)
			}
			defer stmt.Close()
			run := func(want string) {
				t.Helper()
				rows, err := texts(db, c.query, c.args...)
				if err != nil {
					t.Fatal(err)
				}
				got := ""
				if len(rows) > 0 {
					got = strings.Join(rows[0], " ")
				}
				if !strings.HasPrefix(got, want) || want == "" && got != "" {
					t.Errorf("%q, want %q", got, want)
				}
			}
			run(c.before)
			g.fake.changed.Store(true)
			run(c.after)
			if n := g.fake.refused.Load(); n != 1 {
				t.Errorf("%d readings were refused", n)
			}
			run(c.after)
			if n := g.fake.refused.Load(); n != 1 {
				t.Errorf("%d readings were refused in all", n)
			}
			g.fake.changed.Store(false) // the prepared statement is bound anew as well
			rows, err := stmt.QueryContext(context.Background(), c.args...)
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
			}
			if err := rows.Err(); err != nil {
				t.Error(err)
			}
			rows.Close()
		})
	}
}

// A query is run again once, and not at all when rows of it have gone out.
func TestATableThatKeepsChangingIsAnError(t *testing.T) {
	g := start(t)
	db := g.open("")
	for query, refused := range map[string]int64{
		"SELECT * FROM unstable":                 2,
		"EXPLAIN ANALYZE SELECT * FROM unstable": 2,
		"SELECT * FROM changes_midway":           1,
	} {
		g.fake.refused.Store(0)
		_, err := texts(db, query)
		wantErrno(t, query, err, 1412, "HY000")
		if n := g.fake.refused.Load(); n != refused {
			t.Errorf("%s: read %d times, want %d", query, n, refused)
		}
	}
	if _, err := texts(db, "SHOW WARNINGS"); err != nil {
		t.Error(err)
	}
}

// A statement of the gateway's own that reads a changed table fails; the next one knows the table.
func TestAChangedTableInAStatementOfTheGateways(t *testing.T) {
	g := start(t)
	conn, _ := g.conn(g.open(""))
	set := func() error {
		_, err := conn.ExecContext(background, "SET @n = (SELECT MAX(id) FROM changing)")
		return err
	}
	if err := set(); err != nil {
		t.Fatal(err)
	}
	g.fake.changed.Store(true)
	wantErrno(t, "SET", set(), 1412, "HY000")
	if err := set(); err != nil {
		t.Error(err)
	}
}

// A cursor's table changes when the statement that opened it is long over.
func TestAChangedTableInACursor(t *testing.T) {
	g := start(t)
	c := g.logIn(rawCapabilities, wire.Utf8mb4Collation)
	c.does("SET @n = (SELECT MAX(id) FROM changing)")
	id := c.prepare("SELECT id FROM changes_midway")
	c.openCursor(id)
	g.fake.changed.Store(true)
	end := c.ask(wire.StmtFetch, append(binary.LittleEndian.AppendUint32(nil, id), 0xff, 0xff, 0xff, 0)...)
	if end[0] == 0 { // a row
		_, end = c.rows()
	}
	if errnoOf(end) != 1412 {
		t.Fatalf("%q", end)
	}
	c.does("SET @n = (SELECT MAX(id) FROM changing)")
}
