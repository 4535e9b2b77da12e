package mysql

import (
	"database/sql"
	"encoding/json"
	"strings"
	"testing"
)

// explained are the fields of docs/explain.md that these tests look at.
type explained struct {
	Version int
	Actual  *struct{ Rows int64 }
	Plan    explainedNode `json:"query_plan"`
}

type explainedNode struct {
	Operator   string
	Operation  string
	Properties struct {
		Source, Remote string
		Kept           []struct{ What, Why, Label string }
		Dynamic        []string `json:"dynamic_filters"`
		Keys           []string
	}
	Estimated *struct{ Rows, Bytes float64 }
	Actual    *struct {
		Rows, Batches int64
		QError        float64 `json:"q_error"`
		Remote        *struct {
			Splits   int64
			Narrowed int64 `json:"narrowed_splits"`
		}
	}
	Inputs []explainedNode
}

// find returns the first node of an operator.
func (n *explainedNode) find(operator string) *explainedNode {
	if n.Operator == operator {
		return n
	}
	for i := range n.Inputs {
		if found := n.Inputs[i].find(operator); found != nil {
			return found
		}
	}
	return nil
}

// explainJSON runs an EXPLAIN FORMAT=JSON, whose result has to be one text of one column.
func explainJSON(t *testing.T, q querier, query string, args ...any) *explained {
	t.Helper()
	rows, err := q.QueryContext(background, query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	if err != nil || len(columns) != 1 || columns[0].Name() != "EXPLAIN" || columns[0].DatabaseTypeName() != "TEXT" {
		t.Fatalf("%s: columns %v, %v", query, columns, err)
	}
	var out *explained
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		if out != nil {
			t.Fatalf("%s: a second row: %s", query, text)
		}
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Fatalf("%s: %v: %s", query, err, text)
		}
	}
	if err := rows.Err(); err != nil || out == nil {
		t.Fatalf("%s: %v", query, err)
	}
	return out
}

func TestExplainJSON(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	const query = "SELECT COUNT(*) FROM numbers WHERE id > 10"
	for _, explain := range []string{
		"EXPLAIN FORMAT=JSON ", "explain format = 'json' ", "DESCRIBE FORMAT=`JSON` ", "DESC /* why */ FORMAT=json ",
	} {
		e := explainJSON(t, c, explain+query)
		remote := e.Plan.find("remote")
		if e.Version != 1 || e.Actual != nil || e.Plan.Operator != "aggregate" || remote == nil {
			t.Errorf("%s: %+v", explain, e)
			continue
		}
		if p := remote.Properties; p.Source != "fake" || p.Remote != "made up numbers" || remote.Estimated == nil || remote.Actual != nil {
			t.Errorf("%s: %+v", explain, remote)
		}
	}
	e := explainJSON(t, c, "EXPLAIN ANALYZE FORMAT=JSON "+query)
	if e.Actual == nil || e.Actual.Rows != 1 {
		t.Errorf("ANALYZE: %+v", e)
	}
	remote, filter := e.Plan.find("remote"), e.Plan.find("filter")
	if filter == nil || filter.Actual == nil || filter.Actual.Rows != 2490 || filter.Actual.QError < 1 {
		t.Errorf("ANALYZE: the filter %+v", filter)
	}
	if a := remote.Actual; a == nil || a.Rows != 2500 || a.Batches == 0 || a.Remote == nil || a.Remote.Splits == 0 {
		t.Errorf("ANALYZE: the scan %+v", a)
	}
	e = explainJSON(t, c, "EXPLAIN ANALYZE FORMAT=JSON SELECT COUNT(*) FROM numbers a JOIN numbers b ON b.id = a.id WHERE a.id < 10")
	join := e.Plan.find("join")
	if join == nil || len(join.Properties.Keys) != 1 {
		t.Fatalf("a join %+v", e.Plan)
	}
	probe := join.Inputs[0].find("remote")
	if len(probe.Properties.Dynamic) == 0 {
		probe = join.Inputs[1].find("remote")
	}
	if a := probe.Actual; len(probe.Properties.Dynamic) != 1 || a.Remote.Narrowed != a.Remote.Splits {
		t.Errorf("a join: the narrowed scan %+v, %+v", probe, a)
	}
}

// TestExplainFormats compares the formats, and what the text and the JSON say.
func TestExplainFormats(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open("multiStatements=true"))
	const query = "SELECT id, COUNT(*) FROM numbers WHERE UPPER(pad) = 'X' GROUP BY id ORDER BY 2 DESC LIMIT 3"
	lines := func(explain string) string {
		rows, err := texts(c, explain+query)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, r := range rows {
			all = append(all, r[0])
		}
		return strings.Join(all, "\n")
	}
	plain := lines("EXPLAIN ")
	for _, explain := range []string{"EXPLAIN FORMAT=TREE ", "EXPLAIN FORMAT=TRADITIONAL ", "DESC FORMAT='tree' "} {
		if got := lines(explain); got != plain {
			t.Errorf("%s:\n%s\nwant\n%s", explain, got, plain)
		}
	}
	if got := lines("EXPLAIN ANALYZE FORMAT=TREE "); !strings.Contains(got, "actual rows=2500") {
		t.Errorf("ANALYZE FORMAT=TREE:\n%s", got)
	}
	e := explainJSON(t, c, "EXPLAIN FORMAT=JSON "+query)
	for n := &e.Plan; ; n = &n.Inputs[0] {
		if !strings.Contains(plain, "-> "+n.Operation+"  (rows=") {
			t.Errorf("the text has no line for %q:\n%s", n.Operation, plain)
		}
		for _, k := range n.Properties.Kept {
			if !strings.Contains(plain, k.What+": "+k.Why) {
				t.Errorf("the text does not say of %s: %s", k.What, k.Why)
			}
		}
		if len(n.Inputs) == 0 {
			break
		}
	}
	rows, err := c.QueryContext(background, "SELECT 1; EXPLAIN FORMAT=JSON SELECT 2")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var text string
	if !rows.NextResultSet() || !rows.Next() || rows.Scan(&text) != nil || !strings.Contains(text, `"version": 1`) {
		t.Errorf("the second of two statements: %q, %v", text, rows.Err())
	}
}

func TestExplainPrepared(t *testing.T) {
	g := start(t)
	db := g.open("")
	for _, explain := range []string{"EXPLAIN FORMAT=JSON ", "EXPLAIN ANALYZE FORMAT=JSON "} {
		const query = "SELECT id FROM numbers WHERE id < ?"
		stmt, err := db.Prepare(explain + query)
		if err != nil {
			t.Fatal(err)
		}
		stmt.Close()
		for range 2 {
			e := explainJSON(t, db, explain+query, 7)
			if filter := e.Plan.find("filter"); filter == nil || !strings.Contains(filter.Operation, "< ") {
				t.Errorf("%s: %+v", explain, e.Plan)
			}
		}
	}
	if rows, err := texts(db, "EXPLAIN SELECT id FROM numbers WHERE id < ?", 7); err != nil || len(rows) < 2 {
		t.Errorf("as text: %q, %v", rows, err)
	}
	c, _ := g.conn(db)
	for _, s := range []string{"PREPARE e FROM 'EXPLAIN ANALYZE FORMAT=JSON SELECT id FROM numbers WHERE id < ?'", "SET @a = 7"} {
		if _, err := c.ExecContext(background, s); err != nil {
			t.Fatal(err)
		}
	}
	if e := explainJSON(t, c, "EXECUTE e USING @a"); e.Actual == nil || e.Actual.Rows != 6 {
		t.Errorf("EXECUTE: %+v", e)
	}
}

func TestExplainErrors(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	ann, _ := g.conn(g.account("ann", "GRANT SELECT ON fake.kinds TO ann"))
	for _, e := range []struct {
		conn  *sql.Conn
		query string
		errno uint16
		state string
	}{
		{c, "EXPLAIN FORMAT=YAML SELECT 1", 1791, "HY000"},
		{c, "EXPLAIN ANALYZE FORMAT='' SELECT 1", 1791, "HY000"},
		{c, "EXPLAIN FORMAT=DEBUG SELECT id FROM numbers", 1791, "HY000"},
		{c, "EXPLAIN FORMAT=tree_debug SELECT id FROM numbers", 1791, "HY000"},
		{c, "EXPLAIN ANALYZE FORMAT=TRADITIONAL SELECT id FROM numbers", 1235, "42000"},
		{c, "EXPLAIN FORMAT=JSON", 1064, "42000"},
		{c, "EXPLAIN FORMAT=JSON numbers", 1064, "42000"},
		{c, "EXPLAIN FORMAT=JSON numbers id", 1064, "42000"},
		{c, "EXPLAIN FORMAT JSON SELECT 1", 1064, "42000"},
		{c, "EXPLAIN FORMAT=JSON ANALYZE SELECT 1", 1064, "42000"},
		{c, "EXPLAIN FORMAT=JSON SHOW TABLES", 1064, "42000"},
		{c, "EXPLAIN FORMAT=JSON SELECT nope FROM numbers", 1054, "42S22"},
		{c, "EXPLAIN FORMAT=JSON SELECT 1 FROM nope", 1146, "42S02"},
		{c, "EXPLAIN ANALYZE SELECT id FROM information_schema.collations", 1235, "42000"},
		{c, "EXPLAIN ANALYZE FORMAT=JSON SELECT id + 9223372036854775807 FROM numbers", 1690, "22003"},
		{ann, "EXPLAIN FORMAT=JSON SELECT id FROM fake.numbers", 1142, "42000"},
		{ann, "EXPLAIN ANALYZE FORMAT=JSON SELECT id FROM fake.numbers", 1142, "42000"},
	} {
		_, err := texts(e.conn, e.query)
		wantErrno(t, e.query, err, e.errno, e.state)
		stmt, err := e.conn.PrepareContext(background, e.query)
		if err == nil {
			_, err = stmt.ExecContext(background)
			stmt.Close()
		}
		wantErrno(t, "prepared: "+e.query, err, e.errno, e.state)
	}
	explainJSON(t, ann, "EXPLAIN FORMAT=JSON SELECT * FROM fake.kinds")
}
