package mysql

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// block is MySQL's part of EXPLAIN FORMAT=JSON.
type block struct {
	ID      int `json:"select_id"`
	Message string
	Table   *blockTable
	Loop    []struct{ Table blockTable } `json:"nested_loop"`
	From    *struct {
		Loop []struct{ Table blockTable } `json:"nested_loop"`
	} `json:"insert_from"`
	Subqueries []struct {
		Block block `json:"query_block"`
	} `json:"attached_subqueries"`
}

type blockTable struct {
	Insert, Replace, Update, Delete bool
	Name                            string `json:"table_name"`
	Access                          string `json:"access_type"`
	Rows                            *int64 `json:"rows_examined_per_scan"`
}

// touched are the tables of a block and those in it, each with what happens to it.
func (b block) touched() []string {
	var all []string
	add := func(t blockTable) {
		for verb, holds := range map[string]bool{"insert ": t.Insert, "replace ": t.Replace, "update ": t.Update, "delete ": t.Delete} {
			if holds {
				t.Name = verb + t.Name
			}
		}
		all = append(all, t.Name+" "+t.Access)
	}
	if b.Table != nil {
		add(*b.Table)
	}
	for _, l := range b.Loop {
		add(l.Table)
	}
	if b.From != nil {
		for _, l := range b.From.Loop {
			add(l.Table)
		}
	}
	for _, s := range b.Subqueries {
		for _, t := range s.Block.touched() {
			all = append(all, "("+t+")")
		}
	}
	return all
}

// TestExplainWrites checks that writes are explained in every format, and not done.
func TestExplainWrites(t *testing.T) {
	g := start(t)
	g.sqlite("lite", "CREATE TABLE t (id INTEGER, name TEXT); INSERT INTO t VALUES (1, 'one'), (2, 'two')")
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE d", "CREATE TABLE d.own (id INT PRIMARY KEY, name VARCHAR(20))", "CREATE TABLE d.two (id INT PRIMARY KEY, own INT)",
		"INSERT INTO d.own VALUES (1, 'a'), (2, 'b')", "INSERT INTO d.two VALUES (1, 1)")
	for _, e := range []struct {
		query   string
		lines   []string // of the tree
		touched []string
	}{
		{"INSERT INTO d.own VALUES (3, 'c'), (4, 'd')", []string{"-> Insert into d.own", "    -> Values: 2 rows"}, []string{"insert d.own ALL"}},
		{"INSERT INTO d.own SET id = 1 ON DUPLICATE KEY UPDATE name = 'x'", []string{"-> Insert into d.own (on duplicate key update)"}, []string{"insert d.own ALL"}},
		{"INSERT INTO d.own SELECT id, name FROM lite.t WHERE id > 1", []string{"-> Insert into d.own", `    -> Remote lite`}, []string{"insert d.own ALL", "t ALL"}},
		{"INSERT INTO d.own VALUES (3, (SELECT MAX(name) FROM lite.t))", []string{"        -> Subquery", "                    -> Remote lite"}, []string{"insert d.own ALL", "(t ALL)"}},
		{"REPLACE INTO d.own SELECT id + 5, name FROM d.own", []string{"-> Replace into d.own", "        -> Remote (gateway)"}, []string{"replace d.own ALL", "d.own ALL"}},
		{"UPDATE d.own SET name = 'x' WHERE name > 'a'", []string{"-> Update d.own", "            -> Filter (name#2 > 'a')", "                -> Remote (gateway) [id#1, name#2, silogate_row#3]: read d.own"}, []string{"update d.own ALL"}},
		{"UPDATE d.own SET name = 'x' WHERE id = 1", []string{"read d.own by key PRIMARY"}, []string{"update d.own const"}},
		{"UPDATE d.own SET name = (SELECT MAX(name) FROM lite.t) WHERE id IN (SELECT id FROM lite.t)", []string{"Semi join on (id#1 = id#4)"},
			[]string{"t ALL", "update d.own ALL", "t ALL"}},
		{"UPDATE d.own o JOIN d.two w ON o.id = w.own SET o.name = 'x'", []string{"-> Update d.own", "            -> Inner join on (id#1 = own#5)"}, []string{"update d.own ALL", "d.two ALL"}},
		{"DELETE FROM d.own", []string{"-> Delete from d.own", "        -> Remote (gateway) [id#1, name#2, silogate_row#3]: read d.own  (rows=2)"}, []string{"delete d.own ALL"}},
		{"DELETE FROM d.own WHERE id = (SELECT MAX(id) FROM lite.t) OR id NOT IN (SELECT own FROM d.two)", []string{"Null-aware mark join"},
			[]string{"delete d.own ALL", "d.two ALL", "t ALL"}},
		{"DELETE o FROM d.own o JOIN d.two w ON o.id = w.own", []string{"-> Delete from d.own"}, []string{"delete d.own ALL", "d.two ALL"}},
		{"DELETE x FROM d.own JOIN d.own x ON x.id = own.id + 1", []string{"-> Delete from d.own"}, []string{"d.own ALL", "delete d.own ALL"}},
		{"DELETE own FROM d.own JOIN d.own x ON x.id = own.id + 1", []string{"-> Delete from d.own"}, []string{"delete d.own ALL", "d.own ALL"}},
		{"UPDATE d.own a JOIN d.own b ON a.id = b.id + 1 SET b.name = 'x'", []string{"-> Update d.own"}, []string{"d.own ALL", "update d.own ALL"}},
		{"UPDATE d.own a JOIN d.own b ON a.id = b.id + 1 SET a.name = 'x'", []string{"-> Update d.own"}, []string{"update d.own ALL", "d.own ALL"}},
		{"SELECT * FROM d.own JOIN lite.t USING (id)", []string{"Remote (gateway)", "Remote lite"}, []string{"d.own ALL", "t ALL"}},
		{"SELECT user FROM mysql.user", []string{"-> Remote (gateway) [User#2]: read mysql.user"}, []string{"mysql.user ALL"}},
		{"SELECT id FROM information_schema.collations", []string{"    -> Table scan on information_schema.collations"}, []string{"information_schema.collations ALL"}},
		{"SELECT 1", []string{"-> Project 1#1 = 1  (rows=1)"}, nil},
		{"SELECT SLEEP(0) INTO @slept", []string{"-> Into"}, nil},
	} {
		var tree string
		for _, format := range []string{"", "FORMAT=TREE ", "FORMAT=TRADITIONAL "} {
			rows, err := texts(c, "EXPLAIN "+format+e.query)
			if err != nil {
				t.Errorf("%s%s: %v", format, e.query, err)
			} else if lines := join(rows); tree == "" {
				tree = lines
			} else if lines != tree {
				t.Errorf("%s%s:\n%s\nwant\n%s", format, e.query, lines, tree)
			}
		}
		for _, line := range e.lines {
			if strings.HasPrefix(strings.TrimLeft(line, " "), "->") {
				line = "\n" + line // at that depth
			}
			if !strings.Contains("\n"+tree, line) {
				t.Errorf("%s: there is no %q in\n%s", e.query, line, tree)
			}
		}
		var text string
		var out struct {
			Block block         `json:"query_block"`
			Plan  explainedNode `json:"query_plan"`
		}
		if err := c.QueryRowContext(background, "EXPLAIN FORMAT=JSON "+e.query).Scan(&text); err != nil {
			t.Errorf("%s: %v", e.query, err)
			continue
		}
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Errorf("%s: %v", e.query, err)
		}
		if got := out.Block.touched(); !slices.Equal(got, e.touched) || out.Block.ID != 1 || (out.Block.Message != "") != (e.touched == nil) {
			t.Errorf("%s: %q, %+v; want %q", e.query, got, out.Block, e.touched)
		}
		if !strings.HasPrefix(tree, "-> "+out.Plan.Operation) {
			t.Errorf("%s: %q is not\n%s", e.query, out.Plan.Operation, tree)
		}
	}
	wantTable(t, c, "SELECT * FROM d.own", "1|a", "2|b")
	exec(t, c, "PREPARE p FROM 'EXPLAIN DELETE FROM d.own WHERE id = ?'", "SET @id = 1")
	if rows, err := texts(c, "EXECUTE p USING @id"); err != nil || !strings.Contains(join(rows), "(id#1 = 1)") || !strings.Contains(join(rows), "by key PRIMARY") {
		t.Errorf("%s, %v", join(rows), err)
	}
	wantTable(t, c, "SELECT COUNT(*) FROM d.own", "2")
}

// TestExplainNothing checks what is not explained.
func TestExplainNothing(t *testing.T) {
	g := start(t)
	c, own := g.conn(g.open(""))
	_, idle := g.conn(g.open(""))
	ann, _ := g.conn(g.account("ann", "GRANT SELECT ON fake.* TO ann"))
	exec(t, c, "CREATE DATABASE d", "CREATE TABLE d.own (id INT PRIMARY KEY)")
	connection := func(format string, id int64) string {
		return "EXPLAIN " + format + "FOR CONNECTION " + strconv.FormatInt(id, 10)
	}
	for _, e := range []struct {
		q     querier
		query string
		errno uint16
		state string
	}{
		{c, "EXPLAIN ANALYZE INSERT INTO d.own VALUES (1)", 1235, "42000"},
		{c, "EXPLAIN ANALYZE FORMAT=JSON REPLACE INTO d.own VALUES (1)", 1235, "42000"},
		{c, "DESC ANALYZE FORMAT=TREE DELETE FROM d.own", 1235, "42000"},
		{c, "DESCRIBE ANALYZE UPDATE d.own SET id = 1", 1235, "42000"},
		{c, "EXPLAIN CREATE TABLE d.more AS SELECT * FROM numbers", 1064, "42000"},
		{c, "EXPLAIN FORMAT=JSON CREATE TABLE d.more AS SELECT * FROM numbers", 1064, "42000"},
		{c, "EXPLAIN DROP TABLE d.own", 1064, "42000"},
		{c, "EXPLAIN SHOW TABLES", 1064, "42000"},
		{c, "EXPLAIN DELETE FROM d.nope", 1146, "42S02"},
		{c, "EXPLAIN INSERT INTO d.own (nope) VALUES (1)", 1054, "42S22"},
		{c, "EXPLAIN UPDATE numbers SET id = 1", 1036, "HY000"},
		{ann, "EXPLAIN FORMAT=JSON DELETE FROM d.own", 1142, "42000"},
		{c, connection("", 99999999), 1094, "HY000"},
		{c, connection("FORMAT=JSON ", 99999999), 1094, "HY000"},
		{c, connection("", idle), 3012, "HY000"},
		{c, connection("FORMAT=TREE ", own), 1235, "42000"},
		{ann, connection("", idle), 1227, "42000"},
		{c, "EXPLAIN FOR CONNECTION", 1064, "42000"},
		{c, "EXPLAIN FOR CONNECTION 1 2", 1064, "42000"},
	} {
		_, err := texts(e.q, e.query)
		wantErrno(t, e.query, err, e.errno, e.state)
	}
	wantTable(t, c, "SELECT COUNT(*) FROM d.own", "0")
}
