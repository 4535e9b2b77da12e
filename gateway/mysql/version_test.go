package mysql

import "testing"

// TestAsOfTakesSelect lets an earlier version of a table be read by those only who may read the table.
func TestAsOfTakesSelect(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE DATABASE d", "CREATE TABLE d.t (a INT)")
	ann, _ := g.conn(g.account("ann", "GRANT SELECT ON fake.kinds TO ann", "GRANT CREATE TEMPORARY TABLES ON fake.* TO ann"))
	wantTable(t, ann, "SELECT COUNT(*) FROM fake.kinds AS OF 'x' WHERE 1 = 0", "0")
	for _, query := range []string{"SELECT * FROM fake.numbers AS OF 'x'", "SELECT * FROM fake.numbers FOR SYSTEM_TIME AS OF '2024-01-01'"} {
		_, err := texts(ann, query)
		wantErrno(t, query, err, 1142, "42000")
	}
	for _, query := range []string{"SELECT * FROM d.t AS OF 'x'", "SELECT * FROM information_schema.tables AS OF 'x'"} {
		_, err := texts(root, query)
		wantErrno(t, query, err, 1235, "42000")
	}
}
