package mysql

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// startMany starts a gateway over a source of many tables.
func startMany(t testing.TB, m *many) *gateway {
	return startManyAt(t, m, nil)
}

// startManyAt is startMany with a clock by which listings age.
func startManyAt(t testing.TB, m *many, now func() time.Time) *gateway {
	g := &gateway{t: t, dir: t.TempDir(), fake: &fake{rows: 10}, many: m, now: now}
	g.start()
	t.Cleanup(func() { g.stop() })
	if _, err := g.open("").Exec("CREATE SERVER many FOREIGN DATA WRAPPER many OPTIONS (x '1')"); err != nil {
		t.Fatal(err)
	}
	m.calls()
	return g
}

// TestMetadataCalls counts what clients' questions about 100,000 tables in 100 schemas cost in remote calls: for the list of
// schemas, listings of tables, descriptions of one table and of all tables of a schema.
func TestMetadataCalls(t *testing.T) {
	m := &many{schemas: 100, tables: 1000}
	began := time.Now()
	g := startManyAt(t, m, func() time.Time { return began }) // what is listed does not age while a slow machine reads it
	for _, c := range []struct{ query, want, calls string }{
		{"SELECT COUNT(*) FROM many.t0001", "0", "0 0 1 0"},
		{"SHOW TABLES FROM many_s001", "1000 rows", "1 1 0 0"},
		{"SHOW FULL TABLES FROM many_s001 LIKE 't00%'", "100 rows", "1 1 0 0"},
		{"SHOW TABLE STATUS FROM many_s001 LIKE 't0007'", "t0007 many 10 Dynamic 7 NULL NULL NULL NULL NULL NULL NULL NULL NULL utf8mb4_0900_bin NULL  of s001", "1 1 0 0"},
		{"SHOW COLUMNS FROM many_s001.t0500", "id bigint NO PRI NULL |name varchar(100) YES  NULL |price decimal(15,2) YES  NULL |made datetime(6) YES  NULL |note longtext YES  NULL ", "1 0 1 0"},
		{"SHOW INDEX FROM many_s001.t0500", "t0500 0 PRIMARY 1 id A 500 NULL NULL  BTREE   YES NULL", "1 1 1 0"},
		{"SHOW KEYS FROM t0500 FROM many_s001 WHERE Key_name <> 'PRIMARY'", "", "1 1 1 0"},
		{"SHOW CREATE TABLE many_s001.t0500", "t0500 CREATE TABLE `t0500` (\n  `id` bigint NOT NULL,\n  `name` varchar(100),\n  `price` decimal(15,2),\n" +
			"  `made` datetime(6),\n  `note` longtext COMMENT 'for people',\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_bin", "1 0 1 0"},
		{"SHOW FULL COLUMNS FROM many_s001.t0500 LIKE 'n%e'", "name varchar(100) utf8mb4_0900_bin YES  NULL  select,insert,update,references |" +
			"note longtext utf8mb4_0900_bin YES  NULL  select,insert,update,references for people", "1 0 1 0"},
		{"SELECT column_name, column_key FROM information_schema.columns WHERE table_schema = 'many_s007' AND table_name = 't0500'",
			"id PRI|name |price |made |note ", "1 1 1 0"},
		{"SELECT column_name FROM information_schema.columns WHERE table_schema = 'MANY_S007' AND table_name IN ('T0500', 'nope') AND column_name LIKE 'n%'",
			"name|note", "1 1 2 0"},
		{"SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = 'many_s007'", "5000", "1 1 0 1"},
		{"SELECT COUNT(*) FROM information_schema.columns WHERE table_schema LIKE 'many\\_s00%' AND table_name LIKE 't000%'", "450", "1 9 0 9"},
		{"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema LIKE 'many%'", "100000", "1 100 0 0"},
		{"SELECT COUNT(*), COUNT(DISTINCT table_name) FROM information_schema.columns WHERE table_schema LIKE 'many%'", "500000 1000", "1 100 0 100"},
		{"SELECT index_name, column_name FROM information_schema.statistics WHERE table_schema = 'many_s001' AND table_name = 't0001'", "PRIMARY id", "1 1 1 0"},
		{"SELECT COUNT(*) FROM information_schema.schemata", "105", "1 0 0 0"},
		// What is said of one side of a join is said of the other.
		{"SELECT c.column_name FROM information_schema.tables t JOIN information_schema.columns c USING (table_schema, table_name) " +
			"WHERE t.table_schema = 'many_s003' AND t.table_rows = 17 AND c.ordinal_position = 1", "id", "1 1 0 1"},
	} {
		g.catalog.Forget("many")
		rows, err := texts(g.open(""), c.query)
		if got, calls := counted(rows), m.calls(); err != nil || got != c.want || calls != c.calls {
			t.Errorf("%s:\n%s, %v, calls %s;\nwant\n%s, calls %s", c.query, got, err, calls, c.want, c.calls)
		}
	}
}

// TestOwnDatabases reads what the gateway says of itself.
func TestOwnDatabases(t *testing.T) {
	g := start(t)
	root, id := g.conn(g.open(""))
	ann, _ := g.conn(g.account("ann", "GRANT SELECT ON fake.numbers TO ann"))
	for _, c := range []struct {
		conn        querier
		query, want string
	}{
		{root, "SHOW DATABASES", "fake|information_schema|mysql|performance_schema|sys"},
		{ann, "SHOW DATABASES", "fake|information_schema|performance_schema"},
		{ann, "SHOW DATABASES LIKE 'F%'", "fake"},
		{root, "SHOW DATABASES WHERE `Database` IN ('sys', 'fake')", "fake|sys"},
		{ann, "SHOW TABLES FROM fake", "numbers"},
		{ann, "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN ('fake', 'mysql', 'sys')", "fake numbers"},
		{ann, "SELECT column_name, privileges FROM information_schema.columns WHERE table_schema = 'fake'", "id select|pad select"},
		{ann, "SHOW COLUMNS FROM information_schema.schemata LIKE 's%'", "SCHEMA_NAME varchar(64) YES  NULL |SQL_PATH binary(1) YES  NULL "},
		{root, "SELECT table_type, COUNT(*) > 8 FROM information_schema.tables WHERE table_schema IN ('fake', 'information_schema') GROUP BY table_type ORDER BY table_type DESC", "SYSTEM VIEW 1|BASE TABLE 1"},
		{root, "SELECT COALESCE(table_type, 'z') FROM information_schema.tables WHERE table_name = 'numbers'", "BASE TABLE"},
		{root, "SHOW TABLES FROM mysql LIKE 'u%'", "user"},
		{root, "SHOW SCHEMAS WHERE `Database` LIKE 's%'", "sys"},
		{root, "SHOW OPEN TABLES FROM fake WHERE In_use > 0", ""},
		{ann, "SELECT variable_value FROM performance_schema.session_variables WHERE variable_name = 'autocommit'", "ON"},
		{ann, "SELECT COUNT(*) FROM performance_schema.global_status WHERE variable_name IN ('Threads_connected', 'Uptime')", "2"},
		{root, "SELECT id, user, command FROM performance_schema.processlist WHERE info LIKE '%processlist%'", fmt.Sprint(id) + " root Query"},
		{ann, "SELECT DISTINCT processlist_user FROM performance_schema.threads", "ann"},
		{root, "SELECT * FROM performance_schema.events_statements_summary_by_digest", ""},
		{root, "SELECT mysql_version = VERSION() FROM sys.version", "1"},
		{root, "SELECT * FROM sys.schema_unused_indexes", ""},
		{root, "SELECT server_name, table_schema, entries, age < 60, refreshing, problem FROM information_schema.silogate_listings WHERE entries > 0", "fake fake 9 1 NO NULL"},
		{root, "SELECT n.id, t.table_name FROM numbers n JOIN information_schema.tables t ON t.table_name = 'numbers' AND t.table_schema = DATABASE() WHERE n.id < 3", "1 numbers|2 numbers"},
		{root, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'Numbers '", "numbers"},
	} {
		rows, err := texts(c.conn, c.query)
		if got := counted(rows); err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", c.query, got, err, c.want)
		}
	}
	for query, errno := range map[string]uint16{
		"SHOW TABLES FROM mysql": 1044, "SHOW TABLES FROM nope": 1044, "USE mysql": 1044, "SELECT * FROM sys.version": 1142,
		"SHOW INDEX FROM fake.kinds": 1142, "SHOW COLUMNS FROM fake.kinds": 1142, "SHOW TABLE STATUS FROM sys": 1044,
	} {
		_, err := texts(ann, query)
		wantErrno(t, query, err, errno, "42000")
	}
	for query, errno := range map[string]uint16{"SHOW TABLES FROM nope": 1049, "SHOW TABLE STATUS FROM nope": 1049} {
		_, err := texts(root, query)
		wantErrno(t, query, err, errno, "42000")
	}
	_, err := texts(root, "SHOW INDEX FROM nope")
	wantErrno(t, "SHOW INDEX", err, 1146, "42S02")
}

// TestColumnsAgree compares what information_schema and SHOW COLUMNS say of columns of every kind.
func TestColumnsAgree(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	shown, err := texts(c, "SHOW FULL COLUMNS FROM kinds")
	if err != nil || len(shown) < 20 {
		t.Fatal(shown, err)
	}
	rows, err := texts(c, "SELECT column_name, column_type, collation_name, is_nullable, column_key, column_default, extra, privileges, column_comment "+
		"FROM information_schema.columns WHERE table_schema = 'fake' AND table_name = 'kinds' ORDER BY ordinal_position")
	if err != nil || !reflect.DeepEqual(shown, rows) {
		t.Errorf("%v\n%q\nwant\n%q", err, rows, shown)
	}
	created, err := texts(c, "SHOW CREATE TABLE kinds")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range shown {
		if line := "`" + row[0] + "` " + row[1]; !strings.Contains(created[0][1], line) {
			t.Errorf("%s is not in %s", line, created[0][1])
		}
	}
}

// A source that is down, or does not answer, costs a listing its rows and no more, and a statement that waits for it can be ended.
func TestMetadataOfADeadSource(t *testing.T) {
	m := &many{schemas: 3, tables: 10}
	g := startMany(t, m)
	c, id := g.conn(g.open(""))
	const listing = "SELECT table_schema, COUNT(*) FROM information_schema.columns WHERE table_schema IN ('many', 'many_s001', 'fake') GROUP BY 1 ORDER BY 1"
	ask := func(what, query, want, warning string) {
		t.Helper()
		rows, err := texts(c, query)
		if got := counted(rows); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", what, got, err, want)
		}
		warnings, err := texts(c, "SHOW WARNINGS")
		if got := counted(warnings); err != nil || !strings.Contains(got, warning) || warning == "" && got != "" {
			t.Errorf("%s: warnings %s, %v; want %s", what, got, err, warning)
		}
	}
	m.down.Store(true)
	g.catalog.Forget("many")
	ask("down", listing, "fake 43", "source many is missing from the list: source many: connection refused")
	ask("down", "SHOW TABLES FROM many", "", "the tables of many are missing from the list: source many: connection refused")
	ask("down", "SHOW TABLES FROM many_s001", "", "source many is missing from the list: source many: connection refused")
	ask("another is down", "SHOW TABLES FROM fake LIKE 'nu%'", "numbers", "")

	m.down.Store(false)
	ask("up", listing, "fake 43|many 50|many_s001 50", "")
	m.down.Store(true)
	ask("down since it was listed", listing, "fake 43", "the tables of many_s001 can't be described: source many: connection refused")
	ask("down since it was listed", "SHOW TABLES FROM many_s001 LIKE 't0001'", "t0001", "")

	m.down.Store(false)
	m.hang.Store(true)
	g.catalog.Forget("many")
	_, err := texts(c, "SELECT /*+ MAX_EXECUTION_TIME(20) */ COUNT(*) FROM information_schema.columns")
	wantErrno(t, "limited", err, 3024, "HY000")
	m.calls()
	ended := make(chan error, 1)
	go func() {
		_, err := texts(c, "SELECT COUNT(*) FROM information_schema.columns")
		ended <- err
	}()
	eventually(t, "the source is asked", func() bool { return m.namespaces.Load() > 0 })
	if _, err := g.open("").Exec(fmt.Sprint("KILL QUERY ", id)); err != nil {
		t.Fatal(err)
	}
	wantErrno(t, "killed", <-ended, 1317, "70100")
	m.hang.Store(false)
}

// BenchmarkMetadata tells how long clients wait for answers about 100,000 tables in 100 schemas of a source that takes 5 ms for
// each call, of which nothing is remembered.
func BenchmarkMetadata(b *testing.B) {
	m := &many{schemas: 100, tables: 1000, delay: 5 * time.Millisecond}
	g := startMany(b, m)
	for _, c := range []struct{ name, query string }{
		{"connect and first query", "SELECT COUNT(*) FROM many.t0001"},
		{"SHOW TABLES", "SHOW TABLES FROM many_s001"},
		{"SHOW FULL COLUMNS", "SHOW FULL COLUMNS FROM many_s001.t0500"},
		{"one table's COLUMNS", "SELECT * FROM information_schema.columns WHERE table_schema = 'many_s007' AND table_name = 't0500'"},
		{"one table's STATISTICS", "SELECT * FROM information_schema.statistics WHERE table_schema = 'many_s007' AND table_name = 't0500'"},
		{"all TABLES", "SELECT * FROM information_schema.tables"},
		{"all COLUMNS", "SELECT * FROM information_schema.columns"},
	} {
		for _, warm := range []bool{false, true} {
			name := c.name + ", cold"
			if warm {
				name = c.name + ", warm"
			}
			b.Run(name, func(b *testing.B) {
				for range b.N {
					b.StopTimer()
					if !warm {
						g.catalog.Forget("many")
					}
					b.StartTimer()
					db := g.open("")
					if _, err := texts(db, c.query); err != nil {
						b.Fatal(err)
					}
					db.Close()
				}
			})
		}
	}
}

// TestMetadataOfScratchTables shows what is defined in a scratch database.
func TestMetadataOfScratchTables(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE d", "CREATE TABLE d.p (id INT AUTO_INCREMENT PRIMARY KEY, code CHAR(3) NOT NULL UNIQUE)",
		`CREATE TABLE d.t (a INT, b VARCHAR(10) NOT NULL DEFAULT 'it''s', n INT DEFAULT 7, c TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
			g INT AS (n + 1), PRIMARY KEY (a, b), KEY by_c (c), KEY part (b(3)), CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE, CONSTRAINT low CHECK (n > 0))`)
	wantTable(t, c, "SELECT column_name, column_default, is_nullable, column_key, extra FROM information_schema.columns WHERE table_schema = 'd' AND table_name = 't' ORDER BY ordinal_position",
		"a|NULL|NO|PRI|", "b|it's|NO|PRI|", "n|7|YES||", "c|CURRENT_TIMESTAMP|YES|MUL|DEFAULT_GENERATED on update CURRENT_TIMESTAMP", "g|NULL|YES||VIRTUAL GENERATED")
	wantTable(t, c, "SELECT column_key, extra FROM information_schema.columns WHERE table_schema = 'd' AND table_name = 'p' ORDER BY ordinal_position", "PRI|auto_increment", "UNI|")
	wantTable(t, c, "SELECT index_name, non_unique, seq_in_index, column_name, sub_part FROM information_schema.statistics WHERE table_schema = 'd' AND table_name = 't' ORDER BY index_name, seq_in_index",
		"by_c|1|1|c|NULL", "part|1|1|b|3", "PRIMARY|0|1|a|NULL", "PRIMARY|0|2|b|NULL")
	wantTable(t, c, "SELECT constraint_name, constraint_type FROM information_schema.table_constraints WHERE table_schema = 'd' AND table_name = 't' ORDER BY constraint_name",
		"f|FOREIGN KEY", "low|CHECK", "PRIMARY|PRIMARY KEY")
	wantTable(t, c, "SELECT column_name, referenced_table_schema, referenced_table_name, referenced_column_name FROM information_schema.key_column_usage WHERE constraint_name = 'f'", "a|d|p|id")
	wantTable(t, c, "SELECT update_rule, delete_rule, referenced_table_name FROM information_schema.referential_constraints WHERE constraint_schema = 'd'", "NO ACTION|CASCADE|p")
	wantTable(t, c, "SELECT constraint_name, check_clause FROM information_schema.check_constraints WHERE constraint_schema = 'd'", "low|(`n` > 0)")
	wantTable(t, c, "SELECT engine, table_collation FROM information_schema.tables WHERE table_schema = 'd' AND table_name = 't'", "InnoDB|utf8mb4_0900_ai_ci")
	wantTable(t, c, "SHOW INDEX FROM d.t WHERE Key_name = 'by_c'", "t|1|by_c|1|c|A|NULL|NULL|NULL|YES|BTREE|||YES|NULL")
	exec(t, c, "CREATE TABLE d.e (a INT, s VARCHAR(9), KEY k (s, (a + 1), (LOWER(s))))")
	wantTable(t, c, "SHOW INDEX FROM d.e", "e|1|k|1|s|A|NULL|NULL|NULL|YES|BTREE|||YES|NULL", "e|1|k|2|NULL|A|NULL|NULL|NULL|YES|BTREE|||YES|(`a` + 1)", "e|1|k|3|NULL|A|NULL|NULL|NULL|YES|BTREE|||YES|lower(`s`)")
	exec(t, c, "CREATE TABLE d.n (a DOUBLE UNSIGNED, b DOUBLE(10,2), c FLOAT(7,3) UNSIGNED, e DECIMAL(5,2) UNSIGNED)", "CREATE VIEW d.v AS SELECT a, b AS bb, c, e, a + 1 AS x FROM (SELECT * FROM d.n) AS q")
	wantTable(t, c, "SELECT column_name, column_type, numeric_precision, numeric_scale FROM information_schema.columns WHERE table_schema = 'd' AND table_name = 'v' ORDER BY ordinal_position",
		"a|double unsigned|22|NULL", "bb|double(10,2)|10|2", "c|float(7,3) unsigned|7|3", "e|decimal(5,2) unsigned|5|2", "x|double|22|NULL")
}

// TestListingsOfOthers tells nobody of listings of sources that he has no right on.
func TestListingsOfOthers(t *testing.T) {
	g := start(t)
	const listings = "SELECT server_name, table_schema FROM information_schema.silogate_listings"
	joe, ann := g.account("joe"), g.account("ann", "GRANT SELECT ON fake.numbers TO ann")
	wantTable(t, joe, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema <> 'information_schema' AND table_schema NOT LIKE 'perf%'", "0")
	wantTable(t, joe, listings)
	wantTable(t, ann, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'fake'", "1")
	wantTable(t, ann, listings, "fake|NULL", "fake|fake")
}
