package mysql

import (
	"strings"
	"sync"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/liar"
)

// perUser is a source that knows its users: each has a table mine with his name, whose columns only ann sees both of.
type perUser struct {
	mu    sync.Mutex
	bound map[string]*liar.Source
}

// Bind implements connectors.Connector.
func (c *perUser) Bind(p connectors.Principal) connectors.Source {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.bound[p.User]
	if !ok {
		mine := &plan.Table{Name: plan.TableName{Name: "mine"}, Columns: []plan.TableColumn{{Name: "name", Type: types.NewText(types.Varchar, 20, types.Utf8mb4Bin0900)}}}
		row := []types.Value{types.TextValue(p.User)}
		if p.User == "ann" {
			mine.Columns = append(mine.Columns, plan.TableColumn{Name: "secret", Type: mine.Columns[0].Type})
			row = append(row, types.TextValue("hers"))
		}
		s = liar.New(mine, row)
		c.bound[p.User] = s
	}
	return s
}

// Close implements connectors.Connector.
func (c *perUser) Close() error { return nil }

// TestViewsAreReadAsTheirDefiner checks as whom the sources below views are read, where each user sees another table.
func TestViewsAreReadAsTheirDefiner(t *testing.T) {
	g := start(t)
	g.each = &perUser{bound: make(map[string]*liar.Source)}
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE SERVER own FOREIGN DATA WRAPPER each", "CREATE DATABASE d")
	ann, _ := g.conn(g.account("ann", "GRANT SELECT, CREATE VIEW ON d.* TO ann", "GRANT SELECT ON own.* TO ann"))
	bob, _ := g.conn(g.account("bob", "GRANT SELECT, CREATE VIEW ON d.* TO bob", "GRANT SELECT, CREATE VIEW ON own.* TO bob"))
	exec(t, ann,
		"CREATE VIEW d.hers AS SELECT name, secret, CURRENT_USER() AS who, SUBSTRING_INDEX(USER(), '@', 1) AS client, CURRENT_USER AS bare FROM own.mine",
		"CREATE SQL SECURITY INVOKER VIEW d.whose AS SELECT name, CURRENT_USER() AS who FROM own.mine",
		"CREATE VIEW d.nested AS SELECT name, who FROM d.whose",
		"CREATE VIEW d.starred AS SELECT * FROM (SELECT name, CURRENT_USER() FROM own.mine) t",
		"CREATE VIEW d.shapes AS WITH c AS (SELECT own.mine.name FROM own.mine) SELECT c.name, (SELECT m.secret FROM own.mine m WHERE m.name = c.name) AS secret, "+
			"EXISTS (SELECT 1 FROM own.mine WHERE own.mine.name = c.name) AS found FROM c UNION ALL SELECT own.mine.*, 2 FROM own.mine",
		"CREATE VIEW d.counted AS WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT r.n, mine.name FROM r JOIN own.mine")
	exec(t, bob,
		"CREATE SQL SECURITY INVOKER VIEW d.over AS SELECT hers.name, mine.name AS ours FROM d.hers JOIN own.mine",
		"CREATE VIEW own.kept AS SELECT hers.name, mine.name AS ours, whose.name AS invoked FROM d.hers JOIN own.mine JOIN d.whose")
	exec(t, root, "GRANT SELECT ON d.* TO bob")

	wantTable(t, bob, "SELECT * FROM own.mine", "bob")
	wantTable(t, bob, "SELECT * FROM d.hers", "ann|hers|ann@%|bob|ann@%")
	wantTable(t, ann, "SELECT * FROM d.hers", "ann|hers|ann@%|ann|ann@%")
	wantTable(t, bob, "SELECT * FROM d.whose", "bob|bob@%")
	wantTable(t, bob, "SELECT * FROM d.nested", "ann|ann@%")
	wantTable(t, bob, "SELECT * FROM d.starred", "ann|ann@%")
	wantTable(t, bob, "SELECT * FROM d.shapes", "ann|hers|1", "ann|hers|2")
	wantTable(t, bob, "SELECT * FROM d.counted ORDER BY n", "1|ann", "2|ann", "3|ann")
	wantTable(t, bob, "SELECT * FROM d.over", "ann|bob")
	wantTable(t, root, "SELECT * FROM d.over", "ann|root")
	wantTable(t, root, "SELECT * FROM own.kept", "ann|bob|bob")
	wantTable(t, bob, "SELECT CURRENT_USER(), who FROM d.hers", "bob@%|ann@%")
	wantTable(t, bob, "SELECT m.name, h.name, w.name FROM own.mine m JOIN d.hers h JOIN d.whose w", "bob|ann|bob")
	wantTable(t, bob, "SELECT h.name FROM own.mine m JOIN d.hers h ON h.name = m.name") // two principals are two statements
	exec(t, root, "GRANT SHOW VIEW ON d.* TO ann", "GRANT SHOW VIEW ON d.* TO bob")
	explained, err := texts(bob, "EXPLAIN SELECT h.name FROM own.mine m JOIN d.hers h ON h.name = m.name")
	if err != nil || strings.Count(join(explained), "Remote own") != 2 {
		t.Errorf("a join over two principals: %v %v", explained, err)
	}
	explained, err = texts(ann, "EXPLAIN SELECT h.name FROM own.mine m JOIN d.hers h ON h.name = m.name")
	if err != nil || strings.Count(join(explained), "Remote own") != 1 {
		t.Errorf("a join over one principal: %v %v", explained, err)
	}
	wantTable(t, bob, "SELECT column_name FROM information_schema.columns WHERE table_schema = 'd' AND table_name = 'hers' ORDER BY ordinal_position",
		"name", "secret", "who", "client", "bare")
	exec(t, root, "CREATE TABLE d.filled AS SELECT name, secret FROM d.hers")
	wantTable(t, root, "SELECT * FROM d.filled", "ann|hers")
	exec(t, root, "GRANT INSERT, UPDATE ON d.filled TO bob")
	exec(t, bob, "INSERT INTO d.filled SELECT name, who FROM d.hers", "UPDATE d.filled SET name = (SELECT CONCAT(name, '!') FROM d.nested) WHERE secret = 'hers'")
	wantTable(t, root, "SELECT * FROM d.filled ORDER BY name", "ann|ann@%", "ann!|hers")

	for range 2 { // a plan is nobody else's
		for c, want := range map[querier]string{ann: "ann|ann@%", bob: "bob|bob@%", root: "root|root@%"} {
			wantTable(t, c, "SELECT * FROM d.whose", want)
		}
	}
	exec(t, root, "REVOKE SELECT ON own.* FROM ann")
	_, err = texts(bob, "SELECT * FROM d.nested")
	wantErrno(t, "the definer has lost the right", err, 1356, "HY000")
	exec(t, root, "DROP USER ann")
	for _, view := range []string{"hers", "nested", "over"} {
		_, err = texts(bob, "SELECT * FROM d."+view)
		wantErrno(t, "the definer is gone: "+view, err, 1449, "HY000")
	}
	_, err = bob.ExecContext(background, "CREATE DEFINER = root@'%' VIEW d.theirs AS SELECT name FROM own.mine")
	wantErrno(t, "another's view", err, 1227, "42000")
}

func join(rows [][]string) string {
	var lines []string
	for _, row := range rows {
		lines = append(lines, strings.Join(row, "|"))
	}
	return strings.Join(lines, "\n")
}

// TestUsersThatASourceDoesNotTellApart checks that a definer's view over a source with one account for everybody is pushed down with what
// is beside it.
func TestUsersThatASourceDoesNotTellApart(t *testing.T) {
	g := start(t)
	g.sqlite("lite", "CREATE TABLE t (id INTEGER, name TEXT); INSERT INTO t VALUES (1, 'one'), (2, 'two')")
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE VIEW lite.v AS SELECT id FROM lite.t WHERE id > 1")
	ann, _ := g.conn(g.account("ann", "GRANT SELECT, SHOW VIEW ON lite.* TO ann"))
	const query = "SELECT t.name FROM lite.t JOIN lite.v ON v.id = t.id"
	wantTable(t, ann, query, "two")
	explained, err := texts(ann, "EXPLAIN "+query)
	if err != nil || strings.Count(join(explained), "Remote lite") != 1 {
		t.Errorf("%v %v", explained, err)
	}
}
