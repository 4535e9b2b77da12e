package parse

import (
	"reflect"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/sqlerr"
)

func pattern(s string) *string { return &s }

func TestStatement(t *testing.T) {
	for _, c := range []struct {
		sql  string
		want Stmt
		rest string
	}{
		{"CREATE SERVER shop FOREIGN DATA WRAPPER postgres OPTIONS (URL 'postgres://h/db', PASSWORD 'it''s \\'x\\\\', pool 8, path_style true);",
			&CreateServer{Name: "shop", Type: "postgres", Options: map[string]string{"url": "postgres://h/db", "password": `it's 'x\`, "pool": "8", "path_style": "true"}}, ""},
		{"/* c */ create -- c\n server # c\n if not exists `my shop` foreign data wrapper 'PG' options (`a` = \"x\\n\")",
			&CreateServer{Name: "my shop", Type: "pg", IfNotExists: true, Options: map[string]string{"a": "x\n"}}, ""},
		{"CREATE SERVER s FOREIGN DATA WRAPPER sqlite", &CreateServer{Name: "s", Type: "sqlite", Options: map[string]string{}}, ""},
		{"CREATE SERVER s FOREIGN DATA WRAPPER x OPTIONS (p '${env:HOME};'); SELECT 1; SELECT 2",
			&CreateServer{Name: "s", Type: "x", Options: map[string]string{"p": "${env:HOME};"}}, "SELECT 1; SELECT 2"},
		{"ALTER SERVER shop OPTIONS (SET password 'new', pool '4', ADD x 'y', DROP admission, set 'z', add = 'w')",
			&AlterServer{Name: "shop", Set: map[string]string{"password": "new", "pool": "4", "x": "y", "set": "z", "add": "w"}, Drop: []string{"admission"}}, ""},
		{"DROP SERVER IF EXISTS shop", &DropServer{Name: "shop", IfExists: true}, ""},
		{"drop server shop ; ", &DropServer{Name: "shop"}, ""},
		{"SHOW SERVERS", &ShowServers{}, ""},
		{"show quarantine; x", &ShowQuarantine{}, "x"},
		{"SHOW QUARANTINE LIKE 's%'", &ShowQuarantine{Like: pattern("s%")}, ""},
		{"RELEASE QUARANTINE 12", &ReleaseQuarantine{ID: 12}, ""},
		{"RELEASE QUARANTINE -1", &ReleaseQuarantine{ID: -1}, ""},
		{"COMMIT", &EndTransaction{}, ""},
		{"commit work; SELECT 1", &EndTransaction{}, "SELECT 1"},
		{"ROLLBACK AND NO CHAIN RELEASE", &EndTransaction{Rollback: true, Chain: new(false), Release: new(true)}, ""},
		{"/* x */ ROLLBACK WORK AND CHAIN NO RELEASE", &EndTransaction{Rollback: true, Chain: new(true), Release: new(false)}, ""},
		{"ROLLBACK WORK TO a", nil, "ROLLBACK WORK TO a"},
		{"ROLLBACK TO SAVEPOINT a", nil, "ROLLBACK TO SAVEPOINT a"},
		{"START TRANSACTION READ WRITE, WITH CONSISTENT SNAPSHOT", &StartTransaction{Snapshot: true, ReadOnly: new(false)}, ""},
		{"LOCK TABLES a READ, b.c AS d READ LOCAL, `e f` `write` WRITE, g LOW_PRIORITY WRITE",
			&LockTables{[]TableLock{{TableName{"", "a"}, "", false}, {TableName{"b", "c"}, "d", false}, {TableName{"", "e f"}, "write", true}, {TableName{"", "g"}, "", true}}}, ""},
		{"lock table a as `read` write; unlock table", &LockTables{[]TableLock{{TableName{"", "a"}, "read", true}}}, "unlock table"},
		{"UNLOCK TABLES", &UnlockTables{}, ""},
		{"RELEASE SAVEPOINT a", nil, "RELEASE SAVEPOINT a"},
		{"SHOW SERVERS LIKE 's%'", &ShowServers{Like: pattern("s%")}, ""},
		{"ANALYZE TABLE t", &Analyze{Tables: []TableName{{"", "t"}}, Buckets: 100}, ""},
		{"analyze no_write_to_binlog tables a.t, `b c`.`u.v`;SELECT 1", &Analyze{Tables: []TableName{{"a", "t"}, {"b c", "u.v"}}, Buckets: 100}, "SELECT 1"},
		{"ANALYZE LOCAL TABLE t UPDATE HISTOGRAM ON a, `b`",
			&Analyze{Tables: []TableName{{"", "t"}}, Histogram: UpdateHistogram, Columns: []string{"a", "b"}, Buckets: 100}, ""},
		{"ANALYZE TABLE t, u UPDATE HISTOGRAM ON a WITH 1024 BUCKETS",
			&Analyze{Tables: []TableName{{"", "t"}, {"", "u"}}, Histogram: UpdateHistogram, Columns: []string{"a"}, Buckets: 1024}, ""},
		{"ANALYZE TABLE t DROP HISTOGRAM ON a", &Analyze{Tables: []TableName{{"", "t"}}, Histogram: DropHistogram, Columns: []string{"a"}, Buckets: 100}, ""},
	} {
		stmt, rest, err := Statement(c.sql, Mode{})
		if err != nil || rest != c.rest || !reflect.DeepEqual(stmt, c.want) {
			t.Errorf("%s:\n got %+v, %q, %v\nwant %+v, %q", c.sql, stmt, rest, err, c.want, c.rest)
		}
	}
}

func TestOtherGrammar(t *testing.T) {
	for _, sql := range []string{
		"", ";", "SELECT 1", "CREATE TABLE server (a int)", "SHOW TABLES", "SHOW SERVER STATUS", "`CREATE` SERVER x",
		"'CREATE' SERVER", "CREATE /* SERVER", "SELECT 'CREATE SERVER x", "/*!80032 CREATE SERVER x */", "EXPLAIN SELECT 1",
		"EXPLAIN ANALYZE TABLE t", "ANALYZE", "ANALYZE SELECT 1",
	} {
		if stmt, rest, err := Statement(sql, Mode{}); stmt != nil || rest != sql || err != nil {
			t.Errorf("%q: %+v, %q, %v", sql, stmt, rest, err)
		}
		if got := Redact(sql, Mode{}); got != sql {
			t.Errorf("%q was redacted: %q", sql, got)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		sql, want string
		code      sqlerr.Code
	}{
		{"CREATE SERVER", "near the end: expected a server's name", sqlerr.Syntax},
		{"CREATE SERVER s FOREIGN WRAPPER x", "near WRAPPER: expected DATA", sqlerr.Syntax},
		{"CREATE SERVER s FOREIGN DATA WRAPPER x OPTIONS ()", "near ): expected an option's name", sqlerr.Syntax},
		{"CREATE SERVER s FOREIGN DATA WRAPPER x OPTIONS (a 'b'", "near the end: expected )", sqlerr.Syntax},
		{"CREATE SERVER s FOREIGN DATA WRAPPER x OPTIONS (a 'hunter2' 'hunter2')", "near a text: expected )", sqlerr.Syntax},
		{"CREATE SERVER s FOREIGN DATA WRAPPER x OPTIONS (a hunter)", "expected a value in quotes", sqlerr.Syntax},
		{"CREATE SERVER s FOREIGN DATA WRAPPER x OPTIONS (a 'hunter2", "a quote ' does not end", sqlerr.Syntax},
		{"CREATE SERVER s FOREIGN DATA WRAPPER x OPTIONS (a 'b', A 'c')", "option a is given twice", sqlerr.BadOption},
		{"LOCK TABLES a READ,", "near the end: expected a table's name", sqlerr.Syntax},
		{"LOCK TABLES a b c READ", "near c: expected WRITE", sqlerr.Syntax},
		{"LOCK TABLES a", "near the end: expected an alias, READ or WRITE", sqlerr.Syntax},
		{"COMMIT AND", "near the end: expected CHAIN", sqlerr.Syntax},
		{"COMMIT AND CHAIN RELEASE", "near RELEASE: expected the end of the statement", sqlerr.Syntax},
		{"DROP SERVER s t", "near t: expected the end of the statement", sqlerr.Syntax},
		{"ALTER SERVER s", "expected OPTIONS", sqlerr.Syntax},
		{"SHOW SERVERS LIKE x", "expected a pattern", sqlerr.Syntax},
		{"RELEASE QUARANTINE", "expected a number of SHOW QUARANTINE", sqlerr.Syntax},
		{"RELEASE QUARANTINE '1'", "expected a number of SHOW QUARANTINE", sqlerr.Syntax},
		{"RELEASE QUARANTINE 1.5", "expected", sqlerr.Syntax},
		{"DROP SERVER s /* x", "a comment does not end", sqlerr.Syntax},
		{"ANALYZE TABLE", "near the end: expected a table's name", sqlerr.Syntax},
		{"ANALYZE TABLE a.", "near the end: expected a table's name", sqlerr.Syntax},
		{"ANALYZE TABLE a,", "near the end: expected a table's name", sqlerr.Syntax},
		{"ANALYZE LOCAL t", "near t: expected TABLE", sqlerr.Syntax},
		{"ANALYZE TABLE t UPDATE STATISTICS", "near STATISTICS: expected HISTOGRAM", sqlerr.Syntax},
		{"ANALYZE TABLE t UPDATE HISTOGRAM ON a b", "near b: expected the end of the statement", sqlerr.Syntax},
		{"ANALYZE TABLE t UPDATE HISTOGRAM ON a WITH x BUCKETS", "near x: expected a number of buckets", sqlerr.Syntax},
		{"ANALYZE TABLE t UPDATE HISTOGRAM ON a WITH 5", "near the end: expected BUCKETS", sqlerr.Syntax},
		{"ANALYZE TABLE t UPDATE HISTOGRAM ON a WITH 0 BUCKETS", "Number of buckets value is out of range in 'ANALYZE TABLE'", sqlerr.OutOfRange},
		{"ANALYZE TABLE t UPDATE HISTOGRAM ON a WITH 1025 BUCKETS", "out of range", sqlerr.OutOfRange},
		{"ANALYZE TABLE t UPDATE HISTOGRAM ON a WITH 99999999999999999999 BUCKETS", "out of range", sqlerr.OutOfRange},
		{"ANALYZE TABLE t UPDATE HISTOGRAM ON a USING DATA '{}'", "histograms of the table's rows alone", sqlerr.Unsupported},
		{"ANALYZE TABLE t DROP HISTOGRAM ON a, b, A", "Duplicate column name 'A'", sqlerr.DuplicateColumn},
		{"OPTIMIZE LOCAL t", "near t: expected TABLE", sqlerr.Syntax},
		{"CHECK TABLE t TWICE", "near TWICE: expected the end of the statement", sqlerr.Syntax},
		{"GET DIAGNOSTICS @n = MESSAGE_TEXT", "near MESSAGE_TEXT: expected one of NUMBER, ROW_COUNT", sqlerr.Syntax},
		{"GET DIAGNOSTICS CONDITION 1 @n = NUMBER", "near NUMBER: expected one of CLASS_ORIGIN", sqlerr.Syntax},
		{"GET DIAGNOSTICS n = NUMBER", "near n: expected @", sqlerr.Syntax},
		{"GET DIAGNOSTICS CONDITION -1 @n = MYSQL_ERRNO", "near -: expected a number", sqlerr.Syntax},
		{"SHOW ERRORS LIMIT x", "near x: expected a number", sqlerr.Syntax},
		{"XA START 'hunter2'", "XA is not supported: sources are read", sqlerr.Unsupported},
		{"/**/ reset /* x */ master", "RESET is not supported", sqlerr.Unsupported},
		{"SHOW CREATE TRIGGER t", "Trigger does not exist", sqlerr.Errno(1360)},
		{"ANALYZE TABLE t DROP HISTOGRAM ON a WITH 5 BUCKETS", "near WITH: expected the end of the statement", sqlerr.Syntax},
	} {
		_, _, err := Statement(c.sql, Mode{})
		if !sqlerr.Is(err, c.code) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q", c.sql, err, c.want)
		}
	}
}

func TestMaintainAndDiagnostics(t *testing.T) {
	for sql, want := range map[string]Stmt{
		"OPTIMIZE NO_WRITE_TO_BINLOG TABLE a, b.c": &Maintain{"optimize", []TableName{{"", "a"}, {"b", "c"}}},
		"check table `t` QUICK FOR UPGRADE;":       &Maintain{"check", []TableName{{"", "t"}}},
		"CHECKSUM TABLES t EXTENDED":               &Maintain{"checksum", []TableName{{"", "t"}}},
		"SHOW ERRORS":                              &ShowDiagnostics{false, 0, 1<<64 - 1},
		"SHOW ERRORS LIMIT 2":                      &ShowDiagnostics{false, 0, 2},
		"SHOW WARNINGS LIMIT 1, 2":                 &ShowDiagnostics{true, 1, 2},
		"SHOW ERRORS LIMIT 2 OFFSET 1":             &ShowDiagnostics{false, 1, 2},
		"GET DIAGNOSTICS @n = number, @`a b` = ROW_COUNT": &GetDiagnostics{nil,
			[]DiagnosticsItem{{"n", "NUMBER"}, {"silogate_name_612062", "ROW_COUNT"}}},
		"GET CURRENT DIAGNOSTICS CONDITION 1 @m = MESSAGE_TEXT": &GetDiagnostics{&Number{1, ""}, []DiagnosticsItem{{"m", "MESSAGE_TEXT"}}},
		"GET DIAGNOSTICS CONDITION @n @e = MYSQL_ERRNO":         &GetDiagnostics{&Number{0, "n"}, []DiagnosticsItem{{"e", "MYSQL_ERRNO"}}},
	} {
		got, _, err := Statement(sql, Mode{})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", sql, got, err)
		}
	}
}

func TestRedact(t *testing.T) {
	for sql, want := range map[string]string{
		"CREATE SERVER s FOREIGN DATA WRAPPER x OPTIONS (URL 'a', `p` \"b\", q 123456); SELECT 'c'": "CREATE SERVER s FOREIGN DATA WRAPPER x OPTIONS (URL '***', `p` '***', q '***'); SELECT '***'",
		"ALTER SERVER s OPTIONS (SET password 'hunter2":                                             "ALTER SERVER s OPTIONS (SET password ...",
		"DROP SERVER s": "DROP SERVER s",
	} {
		if got := Redact(sql, Mode{}); got != want {
			t.Errorf("%s:\n got %s\nwant %s", sql, got, want)
		}
	}
}

func FuzzStatement(f *testing.F) {
	for _, seed := range []string{"CREATE SERVER s FOREIGN DATA WRAPPER x OPTIONS (a 'b\\'', c \"d\")", "ALTER SERVER `s` OPTIONS (DROP a)", "/**/--\n#x\nSHOW SERVERS LIKE '%'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		stmt, rest, err := Statement(sql, Mode{})
		if err == nil && !strings.HasSuffix(strings.TrimSpace(sql), strings.TrimSpace(rest)) {
			t.Errorf("%q leaves %q", sql, rest)
		}
		if c, ok := stmt.(*CreateServer); ok && err == nil {
			for _, v := range c.Options {
				if len(v) > 6 && strings.Count(sql, v) == 1 && strings.Contains(Redact(sql, Mode{}), v) {
					t.Errorf("%q shows %q when redacted", sql, v)
				}
			}
		}
		Redact(sql, Mode{})
	})
}
