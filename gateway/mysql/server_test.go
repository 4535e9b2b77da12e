package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/engine/types"
)

func TestTextAndBinaryProtocolsAgree(t *testing.T) {
	g := start(t)
	db := g.open("time_zone=%27%2B01:00%27")
	for _, binary := range []bool{false, true} {
		query, args := "SELECT * FROM kinds", []any(nil)
		if binary {
			query, args = "SELECT * FROM kinds WHERE 1 = ?", []any{1}
		}
		rows, err := texts(db, query, args...)
		if err != nil || len(rows) != 2 {
			t.Fatalf("binary %v: %d rows, %v", binary, len(rows), err)
		}
		for i, k := range everyKind {
			want := k.want
			switch k.typ.Kind { // what the driver decodes and prints in its own way
			case types.Float32, types.Time:
				want = rows[0][i]
			case types.Float64:
				want = "1e+300"
			case types.Year:
				want = "0"
			}
			if rows[0][i] != want || rows[1][i] != "NULL" {
				t.Errorf("binary %v, %s: %q, %q; want %q", binary, k.typ, rows[0][i], rows[1][i], want)
			}
		}
	}
}

func TestBinaryTypes(t *testing.T) {
	g := start(t)
	db := g.open("parseTime=true&loc=UTC")
	var i int64
	var u uint64
	var f float64
	var dec string
	var at time.Time
	err := db.QueryRow("SELECT `c_bigint`, `c_bigint unsigned`, `c_double`, `c_decimal(15,2)`, `c_datetime(6)` FROM kinds WHERE `c_bigint` < ?", 0).
		Scan(&i, &u, &f, &dec, &at)
	if err != nil || i != math.MinInt64 || u != math.MaxUint64 || f != 1e300 || dec != "-0.01" || !at.Equal(time.UnixMicro(1)) {
		t.Errorf("%d %d %g %s %s, %v", i, u, f, dec, at, err)
	}
}

func TestColumnMetadata(t *testing.T) {
	g := start(t)
	rows, err := g.open("").Query("SELECT id, pad AS text FROM numbers LIMIT 1")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	if err := errors.Join(err, rows.Err()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range columns {
		nullable, _ := c.Nullable()
		got = append(got, fmt.Sprint(c.Name(), " ", c.DatabaseTypeName(), " ", nullable))
	}
	if want := []string{"id BIGINT false", "text VARCHAR false"}; !reflect.DeepEqual(got, want) {
		t.Errorf("columns %q, want %q", got, want)
	}
}

func TestWarningsOfAListing(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	if _, err := texts(c, "SELECT 1/0"); err != nil {
		t.Fatal(err)
	}
	rows, err := texts(c, "SHOW WARNINGS")
	if err != nil || len(rows) != 1 || rows[0][1] != "1365" {
		t.Errorf("after a division by zero: %q, %v", rows, err)
	}
	if _, err := texts(c, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	if rows, err := texts(c, "SHOW WARNINGS"); err != nil || len(rows) != 0 {
		t.Errorf("the statement after kept the warning: %q, %v", rows, err)
	}
}

func TestSeveralStatements(t *testing.T) {
	g := start(t)
	rows, err := g.open("multiStatements=true").Query("SELECT 1; SELECT COUNT(*) FROM numbers; SHOW SERVERS; SELECT MAX(id) FROM numbers")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for {
		for rows.Next() {
			var s string
			columns, _ := rows.Columns()
			into := []any{&s}
			for len(into) < len(columns) {
				into = append(into, new(sql.RawBytes))
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			got = append(got, s)
		}
		if !rows.NextResultSet() {
			break
		}
	}
	if want := []string{"1", "2500", "fake", "2500"}; rows.Err() != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%q, %v; want %q", got, rows.Err(), want)
	}
}

func TestErrnos(t *testing.T) {
	g := start(t)
	db := g.open("multiStatements=true")
	for _, c := range []struct {
		query string
		errno uint16
		state string
	}{
		{"SELEC 1", 1064, "42000"},
		{"SELECT nope FROM numbers", 1054, "42S22"},
		{"SELECT * FROM nope", 1146, "42S02"},
		{"SELECT * FROM nope.t", 1049, "42000"},
		{"SELECT nope(1)", 1305, "42000"},
		{"SELECT id FROM breaks_at_once", 1712, "HY000"},
		{"SELECT 1; SELECT * FROM nope", 1146, "42S02"},
		{"CREATE SERVER s", 1064, "42000"},
		{"DROP SERVER nope", 1477, "HY000"},
		{"KILL 99999", 1094, "HY000"},
		{"SET silogate_pushdown = 7", 1231, "42000"},
		{"SET silogate_engine = 'spark'", 1231, "42000"},
		{"SET silogate_engine = 'trino'", 1231, "42000"},
		{"SET silogate_engine = NULL", 1231, "42000"},
		{"SET silogate_pushdown = 'maybe'", 1231, "42000"},
		{"SET silogate_strict_pushdown = 2", 1231, "42000"},
		{"SET silogate_max_scan_bytes = -1", 1231, "42000"}, {"SET silogate_max_staleness = -2", 1231, "42000"},
		{"EXECUTE nope", 1243, "HY000"},
		{"DEALLOCATE PREPARE nope", 1243, "HY000"},
		{"PREPARE s FROM 'SELEC 1'", 1064, "42000"},
		{"SET silogate_disabled_rules = 'nope'", 1231, "42000"},
	} {
		wantErrno(t, c.query, drain(background, db, c.query), c.errno, c.state)
	}
	for dsn, want := range map[string]struct {
		errno uint16
		state string
	}{
		strings.Replace(g.dsn(""), "sesame", "wrong", 1): {1045, "28000"},
		strings.Replace(g.dsn(""), "/fake", "/nope", 1):  {1049, "42000"},
	} {
		db, err := sql.Open("mysql", dsn)
		if err != nil {
			t.Fatal(err)
		}
		wantErrno(t, dsn, db.Ping(), want.errno, want.state)
		db.Close()
	}
}

func TestAFailureInMidResultIsOneErrorOnALivingConnection(t *testing.T) {
	g := start(t)
	c, id := g.conn(g.open(""))
	for _, query := range []struct {
		text  string
		args  []any
		errno uint16
	}{
		{"SELECT * FROM breaks", nil, 1429},
		{"SELECT * FROM breaks WHERE id > ?", []any{0}, 1429},
	} {
		rows, err := texts(c, query.text, query.args...)
		wantErrno(t, query.text, err, query.errno, "HY000")
		if len(rows) == 0 || len(rows) > 50*fakeBatch {
			t.Errorf("%s: %d rows before the error", query.text, len(rows))
		}
		var again int64
		if err := c.QueryRowContext(background, "SELECT CONNECTION_ID()").Scan(&again); err != nil || again != id {
			t.Errorf("after %s: connection %d, %v; want %d", query.text, again, err, id)
		}
	}
}

func TestKill(t *testing.T) {
	g := start(t)
	db := g.open("")
	for _, c := range []struct {
		kill  string
		alive bool
	}{{"KILL QUERY ", true}, {"KILL ", false}} {
		for _, table := range []string{"hangs", "endless"} {
			victim, id := g.conn(db)
			failed := make(chan error, 1)
			go func() {
				_, err := texts(victim, "SELECT * FROM "+table+" WHERE id % 2 = 0")
				failed <- err
			}()
			if table == "hangs" {
				<-g.fake.reading
			} else {
				before := g.fake.batches.Load()
				eventually(t, "reading", func() bool { return g.fake.batches.Load() > before+10 })
			}
			began := time.Now()
			if _, err := db.Exec(c.kill + strconv.FormatInt(id, 10)); err != nil {
				t.Fatal(err)
			}
			err := <-failed
			if waited := time.Since(began); waited > time.Second {
				t.Errorf("%s%s: the statement ended after %s", c.kill, table, waited)
			}
			eventually(t, "the end of the execution", func() bool { return g.fake.open.Load() == 0 })
			if c.alive {
				wantErrno(t, c.kill+table, err, 1317, "70100")
			} else if err == nil {
				t.Errorf("%s%s: no error", c.kill, table)
			}
			if pingErr := victim.PingContext(background); c.alive != (pingErr == nil) {
				t.Errorf("after %s%s: ping %v", c.kill, table, pingErr)
			}
		}
	}
}

func TestADisconnectEndsTheStatement(t *testing.T) {
	g := start(t)
	db := g.open("")
	for _, table := range []string{"hangs", "endless"} {
		ctx, leave := context.WithCancel(background)
		failed := make(chan error, 1)
		go func() {
			failed <- drain(ctx, db, "SELECT * FROM "+table)
		}()
		if table == "hangs" {
			<-g.fake.reading
		} else {
			before := g.fake.batches.Load()
			eventually(t, "reading", func() bool { return g.fake.batches.Load() > before+10 })
		}
		leave() // the driver closes its connection
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", table, err)
		}
		began := time.Now()
		eventually(t, "the end of the execution", func() bool { return g.fake.open.Load() == 0 })
		if waited := time.Since(began); waited > time.Second {
			t.Errorf("%s: it ended after %s", table, waited)
		}
	}
	if rows, err := texts(db, "SELECT COUNT(*) FROM numbers"); err != nil || rows[0][0] != "2500" {
		t.Errorf("the next query: %q, %v", rows, err)
	}
}

func TestAClientThatStopsReadingCanBeKilled(t *testing.T) {
	g := start(t)
	db := g.open("")
	victim, id := g.conn(db)
	rows := g.unread(t, victim)
	if _, err := db.Exec("KILL QUERY " + strconv.FormatInt(id, 10)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the execution", func() bool { return g.fake.open.Load() == 0 })
	for rows.Next() { // what was under way
	}
	if rows.Err() == nil {
		t.Error("the killed statement's result ended well")
	}
}

func TestAClientThatStopsReadingIsGivenUp(t *testing.T) {
	g := start(t)
	victim, _ := g.conn(g.open(""))
	if _, err := victim.ExecContext(background, "SET net_write_timeout = 1"); err != nil {
		t.Fatal(err)
	}
	rows := g.unread(t, victim)
	eventually(t, "the end of the execution", func() bool { return g.fake.open.Load() == 0 })
	for rows.Next() { // what was under way
	}
	if rows.Err() == nil {
		t.Error("the statement's result ended well")
	}
}

// unread begins to read an endless result until nothing more is made of it, since the socket is full.
func (g *gateway) unread(t *testing.T, c *sql.Conn) *sql.Rows {
	t.Helper()
	ctx, cancel := context.WithCancel(background)
	t.Cleanup(cancel) // Close alone would read to the end
	rows, err := c.QueryContext(ctx, "SELECT * FROM endless")
	if err != nil {
		t.Fatal(err)
	}
	var before int64
	eventually(t, "back-pressure", func() bool {
		now := g.fake.batches.Load()
		stopped := now > 0 && now == before
		before = now
		time.Sleep(20 * time.Millisecond)
		return stopped
	})
	return rows
}

func TestABigResultPassesInConstantMemory(t *testing.T) {
	g := start(t)
	g.fake.rows = 3_000_000 // 330 MB on the wire
	if testing.Short() {
		g.fake.rows = 300_000
	}
	rows, err := g.open("").Query("SELECT * FROM numbers")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var id, n int64
	var pad sql.RawBytes
	var most uint64
	for rows.Next() {
		if err := rows.Scan(&id, &pad); err != nil {
			t.Fatal(err)
		}
		if n++; id != n || len(pad) != 100 {
			t.Fatalf("row %d is %d, %q", n, id, pad)
		}
		if n%200_000 == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	if rows.Err() != nil || n != g.fake.rows {
		t.Fatalf("%d rows, %v", n, rows.Err())
	}
	if most > 64<<20 {
		t.Errorf("%d MiB of heap in between", most>>20)
	}
}

func TestPreparedStatements(t *testing.T) {
	g := start(t)
	db := g.open("")
	stmt, err := db.Prepare("SELECT COUNT(*), MAX(id) FROM numbers WHERE id BETWEEN ? AND ? AND pad LIKE ?")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close() //nolint:errcheck // the rows are in
	for i := range 3 {
		var n, last int
		err := stmt.QueryRow(i, i+1, "abc%").Scan(&n, &last)
		if want := min(i+1, 2); err != nil || n != want || last != i+1 {
			t.Errorf("run %d: %d rows up to %d, %v; want %d", i, n, last, err, want)
		}
	}
	unknown, err := db.Prepare("SELECT nope FROM numbers WHERE id = ?")
	if err == nil {
		unknown.Close() //nolint:errcheck // it should not be there
	}
	wantErrno(t, "preparing an unknown column", err, 1054, "42S22")
	c, _ := g.conn(db)
	for _, statement := range []string{"PREPARE p FROM 'SELECT COUNT(*) FROM numbers WHERE id <= ?'", "SET @n = 7"} {
		if _, err := c.ExecContext(background, statement); err != nil {
			t.Fatal(err)
		}
	}
	if rows, err := texts(c, "EXECUTE p USING @n"); err != nil || rows[0][0] != "7" {
		t.Errorf("EXECUTE: %q, %v", rows, err)
	}
}

func TestSessionVariables(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	get := func(name string) string {
		rows, err := texts(c, "SELECT @@"+name)
		if err != nil {
			t.Fatal(err)
		}
		return rows[0][0]
	}
	for _, v := range []struct{ name, standard, set, want string }{
		{"silogate_pushdown", "1", "off", "0"},
		{"silogate_dynamic_filters", "1", "OFF", "0"},
		{"silogate_strict_pushdown", "0", "on", "1"},
		{"silogate_max_scan_bytes", "0", "1 << 30", "1073741824"}, {"silogate_max_staleness", "-1", "3600", "3600"},
		{"silogate_engine", "local", "auto", "auto"},
		{"silogate_disabled_rules", "", "'simplify, prune'", "simplify, prune"},
		{"silogate_run_id", "", "'run-7'", "run-7"},
	} {
		if got := get(v.name); got != v.standard {
			t.Errorf("%s is %q at first, want %q", v.name, got, v.standard)
		}
		if _, err := c.ExecContext(background, "SET "+v.name+" = "+v.set); err != nil {
			t.Error(err)
		}
		if got := get(v.name); got != v.want {
			t.Errorf("%s is %q after SET, want %q", v.name, got, v.want)
		}
	}
	_, err := texts(c, "SELECT COUNT(*) FROM numbers WHERE id > 10")
	wantErrno(t, "a full read under strict pushdown", err, 1235, "42000")
	if _, err := c.ExecContext(background, "SET silogate_strict_pushdown = DEFAULT"); err != nil {
		t.Fatal(err)
	}
	if rows, err := texts(c, "SELECT COUNT(*) FROM numbers WHERE id > 10"); err != nil || rows[0][0] != "2490" {
		t.Errorf("with all of them changed: %q, %v", rows, err)
	}
}

func TestExplain(t *testing.T) {
	g := start(t)
	db := g.open("")
	for query, want := range map[string]string{
		"EXPLAIN SELECT COUNT(*) FROM numbers":         "made up numbers",
		"EXPLAIN ANALYZE SELECT COUNT(*) FROM numbers": "actual rows=2500",
	} {
		rows, err := texts(db, query)
		if err != nil || len(rows) < 2 {
			t.Errorf("%s: %q, %v", query, rows, err)
			continue
		}
		var all []string
		for _, r := range rows {
			all = append(all, r[0])
		}
		if !strings.Contains(strings.Join(all, "\n"), want) {
			t.Errorf("%s:\n%s\nwant %q", query, strings.Join(all, "\n"), want)
		}
	}
}

func TestServers(t *testing.T) {
	g := start(t)
	silo := filepath.Join(g.dir, "silo.db")
	made, err := sql.Open("sqlite", silo)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := made.Exec("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2)"); err != nil {
		t.Fatal(err)
	}
	made.Close()

	db := g.open("")
	for _, statement := range []string{
		"CREATE SERVER silo FOREIGN DATA WRAPPER sqlite OPTIONS (PATH '" + silo + "')",
		"CREATE SERVER IF NOT EXISTS silo FOREIGN DATA WRAPPER sqlite OPTIONS (PATH '/nope')",
		"CREATE SERVER other FOREIGN DATA WRAPPER fake OPTIONS (PASSWORD 'hunter2')",
		"ALTER SERVER other OPTIONS (SET password 'hunter3', url 'fake://a:hunter4@h')",
		"DROP SERVER IF EXISTS nope",
		"CREATE USER ann IDENTIFIED BY 'ann'", "GRANT SELECT ON silo.* TO ann",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	_, err = db.Exec("CREATE SERVER silo FOREIGN DATA WRAPPER sqlite OPTIONS (PATH '" + silo + "')")
	wantErrno(t, "creating it twice", err, 1476, "HY000")
	_, err = db.Exec("CREATE SERVER out FOREIGN DATA WRAPPER sqlite OPTIONS (PATH '/etc/passwd')")
	wantErrno(t, "a path outside the roots", err, 1210, "HY000")

	check := func() {
		t.Helper()
		db := g.open("")
		if rows, err := texts(db, "SELECT SUM(a) FROM silo.t"); err != nil || rows[0][0] != "3" {
			t.Errorf("silo: %q, %v", rows, err)
		}
		want := [][]string{
			{"other", "fake", "password '***', url 'fake://a:***@h'", "sql", ""},
			{"silo", "sqlite", "path '" + silo + "'", "sql", ""},
		}
		if rows, err := texts(db, "SHOW SERVERS LIKE '%O%'"); err != nil || !reflect.DeepEqual(rows, want) {
			t.Errorf("servers %q, %v; want %q", rows, err, want)
		}
		ann, err := sql.Open("mysql", fmt.Sprintf("ann:ann@tcp(%s)/silo", g.Addr()))
		if err != nil {
			t.Fatal(err)
		}
		defer ann.Close()
		if rows, err := texts(ann, "SELECT COUNT(*) FROM t"); err != nil || rows[0][0] != "2" {
			t.Errorf("as ann: %q, %v", rows, err)
		}
		for _, statement := range []string{"SHOW SERVERS", "DROP SERVER silo"} {
			_, err := texts(ann, statement)
			wantErrno(t, statement+" as ann", err, 1227, "42000")
		}
		if _, err := texts(ann, "SELECT * FROM fake.numbers"); err == nil {
			t.Error("ann read what was not granted")
		}
	}
	check()
	g.stop()
	g.start()
	check()
	if _, err := g.open("").Exec("DROP SERVER silo"); err != nil {
		t.Fatal(err)
	}
	_, err = texts(g.open(""), "SELECT * FROM silo.t")
	wantErrno(t, "a dropped server", err, 1049, "42000")
}

func TestSecretsInTheProcessList(t *testing.T) {
	g := start(t)
	db := g.open("")
	victim, id := g.conn(db)
	failed := make(chan error, 1)
	go func() {
		_, err := texts(victim, "SELECT * FROM hangs")
		failed <- err
	}()
	<-g.fake.reading
	rows, err := texts(db, "SHOW PROCESSLIST")
	if err != nil || !strings.Contains(fmt.Sprint(rows), "SELECT * FROM hangs") {
		t.Errorf("process list %q, %v", rows, err)
	}
	if _, err := db.Exec("KILL QUERY " + strconv.FormatInt(id, 10)); err != nil {
		t.Fatal(err)
	}
	wantErrno(t, "the killed statement", <-failed, 1317, "70100")
}

func TestCloseTellsWhyAResultEnds(t *testing.T) {
	g := start(t)
	db := g.open("")
	rows, err := db.Query("SELECT * FROM endless")
	if err != nil {
		t.Fatal(err)
	}
	other, err := db.Conn(background)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close() //nolint:errcheck // the server has gone
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	ctx, cancel := context.WithCancel(background)
	closed := make(chan error, 1)
	go func() { closed <- g.Close(ctx) }()
	for !g.closing.Load() {
		runtime.Gosched()
	}
	_, err = other.ExecContext(background, "DO 1")
	wantErrno(t, "a statement that is begun while others end", err, 1053, "08S01")
	cancel()
	for rows.Next() {
	}
	wantErrno(t, "the statement that runs", rows.Err(), 1053, "08S01")
	if err := errors.Join(<-closed, <-g.served, g.closeRest()); err != nil {
		t.Error(err)
	}
	g.start() // for the cleanup to stop
}

func TestCloseEndsWhatRuns(t *testing.T) {
	g := start(t)
	failed := make(chan error, 1)
	db := g.open("")
	go func() {
		_, err := texts(db, "SELECT * FROM hangs")
		failed <- err
	}()
	<-g.fake.reading
	ctx, cancel := context.WithTimeout(background, 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := g.Close(ctx); err != nil {
		t.Error(err)
	}
	if waited := time.Since(began); waited > 2*time.Second {
		t.Errorf("closing took %s", waited)
	}
	wantErrno(t, "the statement", <-failed, 1053, "08S01")
	if err := errors.Join(<-g.served, g.closeRest()); err != nil {
		t.Error(err)
	}
	g.start() // for the cleanup to stop
}
