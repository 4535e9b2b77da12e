package mysql

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/silogate/silogate/gateway/mysql/wire"
)

func TestViews(t *testing.T) {
	g := start(t)
	g.sqlite("lite", "CREATE TABLE t (id INTEGER, name TEXT); INSERT INTO t VALUES (1, 'one'), (2, 'two')")
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE d", "CREATE TABLE d.own (id INT)", "INSERT INTO d.own VALUES (2), (3)",
		"CREATE VIEW three AS SELECT n.id, t.name FROM numbers n JOIN lite.t ON t.id = n.id JOIN d.own ON own.id = n.id",
		"CREATE VIEW d.over AS SELECT UPPER(name) AS name FROM three")
	wantTable(t, c, "SELECT * FROM three", "2|two")
	wantTable(t, c, "SELECT * FROM d.over", "TWO")
	wantTable(t, c, "SHOW CREATE VIEW three", "three|CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`%` SQL SECURITY DEFINER VIEW `three` (`id`,`name`) AS "+
		"SELECT n.id, t.name FROM numbers n JOIN lite.t ON t.id = n.id JOIN d.own ON own.id = n.id|utf8mb4|utf8mb4_0900_ai_ci")
	wantTable(t, c, "SHOW FULL TABLES LIKE 'three'", "three|VIEW")
	wantTable(t, c, "SELECT view_definition, security_type, definer FROM information_schema.views WHERE table_schema = 'd'", "select UPPER(`name`) `name` from fake.three|DEFINER|root@%")
	wantTable(t, c, "SELECT table_schema, column_name, data_type FROM information_schema.columns WHERE table_name IN ('three', 'own') ORDER BY 1, ordinal_position", "d|id|int", "fake|id|bigint", "fake|name|longtext")
	wantTable(t, c, "SELECT table_name, table_type, table_rows FROM information_schema.tables WHERE table_schema = 'd'", "over|VIEW|NULL", "own|BASE TABLE|2")
	nowhere, _ := g.conn(g.account("ann", "GRANT ALL ON *.* TO ann"))
	wantTable(t, nowhere, "SELECT over.name, three.id FROM d.over JOIN fake.three", "TWO|2")
	exec(t, nowhere, "CREATE VIEW d.made AS SELECT id FROM d.own WHERE id > 2")
	wantTable(t, nowhere, "SELECT d.made.id, DATABASE() FROM d.made", "3|NULL")
	for _, e := range []struct {
		query string
		errno uint16
		state string
	}{
		{"CREATE OR REPLACE VIEW three AS SELECT 1 AS name FROM d.over", 1462, "HY000"},
		{"CREATE VIEW self AS SELECT * FROM self", 1146, "42S02"},
		{"CREATE VIEW numbers AS SELECT 1", 1050, "42S01"},
		{"CREATE VIEW checked AS SELECT id FROM numbers WITH CHECK OPTION", 1368, "HY000"},
		{"INSERT INTO d.made VALUES (1)", 1036, "HY000"},
		{"UPDATE d.made SET id = 1", 1036, "HY000"},
		{"DROP VIEW nope", 1051, "42S02"},
	} {
		_, err := c.ExecContext(background, e.query)
		wantErrno(t, e.query, err, e.errno, e.state)
	}
	g.stop()
	g.start()
	c, _ = g.conn(g.open(""))
	wantTable(t, c, "SELECT * FROM d.over", "TWO")
	exec(t, c, "DROP DATABASE d")
	_, err := texts(c, "SELECT * FROM three")
	wantErrno(t, "a view of what is gone", err, 1356, "HY000")
	_, err = texts(c, "SELECT * FROM d.over")
	wantErrno(t, "the views go with their database", err, 1049, "42000")
}

func TestRightsOfViews(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE DATABASE d")
	ann, _ := g.conn(g.account("ann", "GRANT SELECT, CREATE VIEW ON d.* TO ann", "GRANT SELECT ON fake.numbers TO ann"))
	bob, _ := g.conn(g.account("bob", "GRANT SELECT ON d.* TO bob"))
	exec(t, ann, "CREATE VIEW d.hers AS SELECT id FROM fake.numbers WHERE id < 3", "CREATE SQL SECURITY INVOKER VIEW d.whose AS SELECT id FROM fake.numbers WHERE id < 3",
		"CREATE VIEW d.nested AS SELECT id + 1 AS id FROM d.whose")
	wantTable(t, bob, "SELECT SUM(id) FROM d.hers", "3")
	_, err := texts(bob, "SELECT id FROM fake.numbers")
	wantErrno(t, "the table itself", err, 1142, "42000")
	_, err = texts(bob, "SELECT hers.id FROM d.hers JOIN fake.numbers USING (id)")
	wantErrno(t, "the table beside the view", err, 1142, "42000")
	_, err = texts(bob, "SELECT id FROM d.whose")
	wantErrno(t, "an invoker's view", err, 1356, "HY000")
	wantTable(t, bob, "SELECT SUM(id) FROM d.nested", "5") // whose invoker within nested is ann
	_, err = texts(bob, "SHOW CREATE VIEW d.hers")
	wantErrno(t, "without SHOW VIEW", err, 1142, "42000")
	for query, errno := range map[string]uint16{
		"CREATE VIEW d.no AS SELECT id FROM fake.kinds":                                                     1142,
		"CREATE DEFINER = 'root'@'%' VIEW d.no AS SELECT id FROM fake.numbers":                              1227,
		"CREATE OR REPLACE DEFINER = root@'%' SQL SECURITY INVOKER VIEW d.hers AS SELECT 1 FROM fake.kinds": 1142,
	} {
		_, err := ann.ExecContext(background, query)
		wantErrno(t, query, err, errno, "42000")
	}
	exec(t, root, "REVOKE SELECT ON fake.numbers FROM ann")
	_, err = texts(bob, "SELECT id FROM d.hers")
	wantErrno(t, "the definer has lost the right", err, 1356, "HY000")
	exec(t, root, "DROP USER ann")
	_, err = texts(bob, "SELECT id FROM d.hers")
	wantErrno(t, "the definer is gone", err, 1449, "HY000")
	if !strings.Contains(fmt.Sprint(err), "'ann'@'%'") {
		t.Errorf("whose view? %v", err)
	}
	exec(t, root, "CREATE OR REPLACE DEFINER = bob@'%' VIEW d.hers AS SELECT id FROM fake.numbers")
	_, err = texts(root, "SELECT id FROM d.hers")
	wantErrno(t, "the definer bounds root", err, 1356, "HY000")
}

// TestViewsInTheClientsWords shows a view as it was written, whatever the grammar needed.
func TestViewsInTheClientsWords(t *testing.T) {
	c := start(t).logIn(rawCapabilities, wire.Utf8mb4Collation)
	const query = "SELECT größe = 1 = 1, DATE '2024-01-31', 1 MEMBER OF ('[1]'), größe = ANY (SELECT 1) FROM (SELECT 1 AS größe) AS t"
	c.does("CREATE DATABASE desk", "USE desk", "CREATE VIEW v AS "+query)
	rows, _ := c.query("SHOW CREATE VIEW v")
	if len(rows) != 1 || !bytes.Contains(rows[0], []byte(" AS "+query)) {
		t.Errorf("%q", rows)
	}
	if rows, end := c.query("SELECT * FROM v"); len(rows) != 1 || string(rows[0]) != "\x011\x0a2024-01-31\x011\x011" {
		t.Errorf("%q, %q", rows, end)
	}
	if names, _ := c.query("SELECT column_name FROM information_schema.columns WHERE table_name = 'v' AND ordinal_position = 1"); len(names) != 1 ||
		string(names[0][1:]) != "größe = 1 = 1" {
		t.Errorf("%q", names)
	}
	if _, end := c.query("SELECT größe größe größe FROM t"); !bytes.Contains(end, []byte("near 'größe FROM t' at line 1")) {
		t.Errorf("%q", end)
	}
}

// TestViewsAmongBlanksAndComments keeps a view's query to its end, whatever stands around the statement; dumps make views in comments of versions.
func TestViewsAmongBlanksAndComments(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE desk", "USE desk")
	for _, statement := range []string{
		"/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`root`@`%` SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS select `n`.`id` AS `id` from `fake`.`numbers` `n` where `n`.`id` < 15 */",
		"/*!50001 CREATE VIEW `v` AS select `n`.`id` AS `id` from `fake`.`numbers` `n` where `n`.`id` < 15*/",
		" \n\tCREATE VIEW v AS select `n`.`id` AS `id` from `fake`.`numbers` `n` where `n`.`id` < 15 \n",
		"/* of a dump */ CREATE VIEW v AS select `n`.`id` AS `id` from `fake`.`numbers` `n` where `n`.`id` < 15",
	} {
		exec(t, c, statement)
		wantTable(t, c, "SHOW CREATE VIEW v", "v|CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`%` SQL SECURITY DEFINER VIEW `v` (`id`) AS "+
			"select `n`.`id` AS `id` from `fake`.`numbers` `n` where `n`.`id` < 15|utf8mb4|utf8mb4_0900_ai_ci")
		exec(t, c, "DROP VIEW v")
	}
}

// TestMaintenanceOfScratchTablesAndViews has MySQL's answers for what is no source's table.
func TestMaintenanceOfScratchTablesAndViews(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE d", "CREATE TABLE d.t (a INT)", "CREATE VIEW d.v AS SELECT a FROM d.t", "CREATE VIEW odd AS SELECT a FROM d.t")
	const notBase, failed = "Error|'d.v' is not BASE TABLE", "status|Operation failed"
	wantTable(t, c, "CHECK TABLE d.t, d.v, odd", "d.t|check|status|OK", "d.v|check|status|OK", "fake.odd|check|status|OK")
	wantTable(t, c, "OPTIMIZE TABLE d.t, d.v", "d.t|optimize|note|Table does not support optimize, doing recreate + analyze instead", "d.t|optimize|status|OK",
		"d.v|optimize|"+notBase, "d.v|optimize|"+failed)
	wantTable(t, c, "REPAIR TABLE d.t", "d.t|repair|note|The storage engine for the table doesn't support repair")
	wantTable(t, c, "ANALYZE TABLE d.t, d.v", "d.t|analyze|status|OK", "d.v|analyze|"+notBase, "d.v|analyze|"+failed)
	nowhere, _ := g.conn(g.account("ann", "GRANT ALL ON d.* TO ann"))
	wantTable(t, nowhere, "CHECK TABLE d.v", "d.v|check|status|OK")
	exec(t, c, "DROP TABLE d.t")
	wantTable(t, c, "CHECK TABLE d.v", "d.v|check|Error|View 'd.v' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights to use them",
		"d.v|check|"+failed)
}
