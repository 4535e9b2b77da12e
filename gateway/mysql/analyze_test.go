package mysql

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// said is what statements that analyze answer, as lines.
func said(t *testing.T, q querier, statement string) string {
	t.Helper()
	rows, err := texts(q, statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	var lines []string
	for _, row := range rows {
		lines = append(lines, strings.Join(row, " | "))
	}
	return strings.Join(lines, "\n")
}

func TestAnalyzeTable(t *testing.T) {
	g := start(t)
	db, _ := g.conn(g.open(""))
	for _, c := range []struct{ statement, want string }{
		{"ANALYZE TABLE numbers", "fake.numbers | analyze | status | OK"},
		{"analyze no_write_to_binlog table fake.numbers, `kinds`", "fake.numbers | analyze | status | OK\nfake.kinds | analyze | status | OK"},
		{"ANALYZE TABLE nope, numbers, nodb.t, breaks_at_once", "fake.nope | analyze | Error | Table 'fake.nope' doesn't exist\n" +
			"fake.nope | analyze | status | Operation failed\nfake.numbers | analyze | status | OK\n" +
			"nodb.t | analyze | Error | Unknown database 'nodb'\nnodb.t | analyze | status | Operation failed\n" +
			"fake.breaks_at_once | analyze | Error | source fake: table breaks_at_once is corrupted\n" +
			"fake.breaks_at_once | analyze | status | Operation failed"},
		{"ANALYZE TABLE breaks", "fake.breaks | analyze | Error | source fake: table breaks: connection lost\nfake.breaks | analyze | status | Operation failed"},
		{"ANALYZE TABLE mysql.user", "mysql.user | analyze | note | The storage engine for the table doesn't support analyze"},
		{"ANALYZE TABLE numbers DROP HISTOGRAM ON id", "fake.numbers | histogram | status | Histogram statistics removed for column 'id'."},
		{"ANALYZE TABLE numbers DROP HISTOGRAM ON pad, nope, id", "fake.numbers | histogram | Error | No histogram statistics found for column 'id'.\n" +
			"fake.numbers | histogram | Error | No histogram statistics found for column 'nope'.\n" +
			"fake.numbers | histogram | status | Histogram statistics removed for column 'pad'."},
		{"ANALYZE TABLE numbers UPDATE HISTOGRAM ON pad, nope, ID WITH 5 BUCKETS", "fake.numbers | histogram | status | Histogram statistics created for column 'ID'.\n" +
			"fake.numbers | histogram | Error | The column 'nope' does not exist.\n" +
			"fake.numbers | histogram | status | Histogram statistics created for column 'pad'."},
		{"ANALYZE TABLE numbers UPDATE HISTOGRAM ON nope", "fake.numbers | histogram | Error | The column 'nope' does not exist."},
		{"ANALYZE TABLE nope UPDATE HISTOGRAM ON id", "fake.nope | histogram | Error | Table 'fake.nope' doesn't exist"},
		{"ANALYZE TABLE breaks UPDATE HISTOGRAM ON id", "fake.breaks | histogram | Error | source fake: table breaks: connection lost"},
		{"ANALYZE TABLE numbers, kinds UPDATE HISTOGRAM ON id", " | histogram | Error | Only one table can be specified while modifying histogram statistics."},
	} {
		if got := said(t, db, c.statement); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.statement, got, c.want)
		}
	}
	for statement, want := range map[string]struct {
		errno uint16
		state string
	}{
		"ANALYZE TABLE": {1064, "42000"}, "ANALYZE TABLE numbers, NUMBERS": {1066, "42000"}, "ANALYZE TABLE information_schema.tables": {1044, "42000"},
		"ANALYZE TABLE numbers UPDATE HISTOGRAM ON id WITH 0 BUCKETS": {1690, "22003"}, "ANALYZE TABLE numbers DROP HISTOGRAM ON id, id": {1060, "42S21"},
	} {
		_, err := texts(db, statement)
		wantErrno(t, statement, err, want.errno, want.state)
	}
	r, err := db.QueryContext(t.Context(), "ANALYZE TABLE nope")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if names, err := r.Columns(); err != nil || !reflect.DeepEqual(names, []string{"Table", "Op", "Msg_type", "Msg_text"}) {
		t.Errorf("columns %q, %v", names, err)
	}
}

// Plans go by what was found, until the table changes.
func TestAnalyzedIsExplained(t *testing.T) {
	g := start(t)
	db, _ := g.conn(g.open(""))
	const query = "EXPLAIN SELECT pad FROM numbers WHERE id <= 250"
	explained := func(when, want string) {
		t.Helper()
		if plan := said(t, db, query); !strings.Contains(plan, want) || want == "" && strings.Contains(plan, "analyzed") {
			t.Errorf("%s, want %q:\n%s", when, want, plan)
		}
	}
	explained("before", "")
	said(t, db, "ANALYZE TABLE numbers UPDATE HISTOGRAM ON id")
	explained("analyzed", "Filter (id#1 <= 250)  (rows=250 analyzed)")
	g.fake.changed.Store(true)
	g.catalog.Forget("fake")
	explained("of another version", "")
	g.fake.changed.Store(false)
	g.catalog.Forget("fake")
	explained("of the same version", "(rows=250 analyzed)")
}

func TestAnalyzeNeedsPrivileges(t *testing.T) {
	g := start(t)
	for grant, allowed := range map[string]bool{
		"SELECT ON fake.*": false, "INSERT ON fake.numbers": false, "SELECT, INSERT ON fake.numbers": true, "SELECT, INSERT ON *.*": true,
	} {
		name := strings.NewReplacer(" ", "", ",", "", ".", "", "*", "").Replace(grant)
		db := g.account(name, "GRANT "+grant+" TO "+name)
		_, err := texts(db, "ANALYZE TABLE fake.numbers")
		if allowed && err != nil {
			t.Errorf("with %s: %v", grant, err)
		}
		if !allowed {
			wantErrno(t, "with "+grant, err, 1142, "42000")
			_, err = texts(db, "ANALYZE TABLE fake.nope")
			wantErrno(t, "a table that is not there, with "+grant, err, 1142, "42000")
		}
	}
	db := g.account("nobody")
	_, err := texts(db, "ANALYZE TABLE numbers")
	wantErrno(t, "no database", err, 1046, "3D000")
}

func TestAnalyzeEnds(t *testing.T) {
	g := start(t)
	db, id := g.conn(g.open(""))
	ended := make(chan error, 1)
	go func() {
		_, err := texts(db, "ANALYZE TABLE numbers, hangs")
		ended <- err
	}()
	<-g.fake.reading
	if _, err := g.open("").Exec(fmt.Sprintf("KILL QUERY %d", id)); err != nil {
		t.Error(err)
	}
	wantErrno(t, "a statement that was killed", <-ended, 1317, "70100")

	if _, err := db.ExecContext(t.Context(), "SET max_execution_time = 50"); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"ANALYZE TABLE endless", "ANALYZE TABLE endless UPDATE HISTOGRAM ON id"} {
		_, err := texts(db, statement)
		wantErrno(t, statement, err, 3024, "HY000")
	}
	if _, err := db.ExecContext(t.Context(), "SET max_execution_time = 0"); err != nil {
		t.Fatal(err)
	}
	if got := said(t, db, "ANALYZE TABLE numbers"); got != "fake.numbers | analyze | status | OK" {
		t.Error(got)
	}
}

// Clients that prepare every statement prepare this one too.
func TestAnalyzeIsPrepared(t *testing.T) {
	g := start(t)
	db, _ := g.conn(g.open(""))
	for range 2 {
		stmt, err := db.PrepareContext(t.Context(), "ANALYZE TABLE numbers")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			var table, op, kind, text string
			if err := stmt.QueryRow().Scan(&table, &op, &kind, &text); err != nil || table != "fake.numbers" || text != "OK" {
				t.Errorf("%s %s %s %s, %v", table, op, kind, text, err)
			}
		}
		stmt.Close()
	}
	for _, statement := range []string{"ANALYZE TABLE", "ANALYZE TABLE numbers; SELECT 1"} {
		_, err := db.PrepareContext(t.Context(), statement)
		wantErrno(t, statement, err, 1064, "42000")
	}
	_, err := db.PrepareContext(t.Context(), "CREATE SERVER x FOREIGN DATA WRAPPER fake")
	wantErrno(t, "CREATE SERVER prepared", err, 1295, "HY000")
}

// Several statements in one text, and what a scan may read.
func TestAnalyzeAmongOthers(t *testing.T) {
	g := start(t)
	db, _ := g.conn(g.open("multiStatements=true"))
	r, err := db.QueryContext(t.Context(), "ANALYZE TABLE numbers; SELECT 7")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	sets := 1
	for r.NextResultSet() {
		sets++
	}
	if sets != 2 || r.Err() != nil {
		t.Errorf("%d results, %v", sets, r.Err())
	}
}
