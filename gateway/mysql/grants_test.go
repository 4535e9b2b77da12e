package mysql

import (
	"database/sql"
	"errors"
	"testing"

	driver "github.com/go-sql-driver/mysql"
)

// wantRefused checks that the server refuses statements with an errno and words.
func wantRefused(t *testing.T, c *sql.Conn, refusals [][2]string) {
	t.Helper()
	for _, r := range refusals {
		_, err := c.ExecContext(background, r[0])
		var e *driver.MySQLError
		if !errors.As(err, &e) || e.Error() != r[1] {
			t.Errorf("%s: %v, want %s", r[0], err, r[1])
		}
	}
}

// TestGrantsOnPatterns grants rights on all databases of a pattern, which are those of no other.
func TestGrantsOnPatterns(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE DATABASE app_1", "CREATE TABLE app_1.t (a INT)", "CREATE DATABASE appx1", "CREATE TABLE appx1.t (a INT)", "CREATE DATABASE app_2", "CREATE ROLE writer",
		"CREATE TABLE app_2.u (a INT)", "CREATE DATABASE apple", "CREATE TABLE apple.t (a INT)", "CREATE USER eve")
	ann, _ := g.conn(g.account("ann", "GRANT SELECT, CREATE, DROP ON `app\\_%`.* TO ann WITH GRANT OPTION", "GRANT SELECT ON app_2.u TO ann", "GRANT writer TO ann"))
	const denied, deniedTable = "Error 1044 (42000): Access denied for user 'ann'@'%' to database ", "command denied to user 'ann'@'%' for table "
	wantTable(t, ann, "SHOW GRANTS", "GRANT USAGE ON *.* TO `ann`@`%`", "GRANT SELECT, CREATE, DROP ON `app\\_%`.* TO `ann`@`%` WITH GRANT OPTION", "GRANT SELECT ON `app_2`.`u` TO `ann`@`%`",
		"GRANT `writer`@`%` TO `ann`@`%`")
	for range 2 { // before and after the session found out
		wantTable(t, ann, "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'app%'", "app_1", "app_2")
		wantTable(t, ann, "SELECT table_schema, column_name, privileges FROM information_schema.columns WHERE table_schema LIKE 'app%'", "app_1|a|select", "app_2|a|select")
		wantTable(t, ann, "SELECT COUNT(*) FROM app_1.t, app_2.u", "0")
		exec(t, ann, "USE app_1", "DESCRIBE t", "CREATE DATABASE app_3", "DROP DATABASE app_3", "CREATE TABLE APP_2.v (a INT)", "DROP TABLE app_2.v")
		wantRefused(t, ann, [][2]string{
			{"SELECT * FROM appx1.t", "Error 1142 (42000): SELECT " + deniedTable + "'t'"}, {"INSERT INTO app_1.t VALUES (1)", "Error 1142 (42000): INSERT " + deniedTable + "'t'"},
			{"USE appx1", denied + "'appx1'"}, {"CREATE DATABASE appx2", denied + "'appx2'"}, {"DROP DATABASE apple", denied + "'apple'"},
			{"GRANT SELECT ON `app%`.* TO eve", denied + "'app%'"}, {"GRANT SELECT ON app_1.* TO eve", denied + "'app_1'"}, // which is a pattern of more
		})
	}
	exec(t, ann, "GRANT SELECT ON `app\\_1`.* TO eve", "GRANT CREATE ON `app\\_%`.* TO eve", "GRANT SELECT ON app_1.t TO eve")
	exec(t, root, "GRANT INSERT ON `app\\_1`.* TO writer", "GRANT DELETE ON `app%`.* TO writer")
	exec(t, ann, "INSERT INTO app_1.t VALUES (1)", "USE apple")
	wantRefused(t, ann, [][2]string{{"DELETE FROM app_1.t", "Error 1142 (42000): DELETE " + deniedTable + "'t'"}}) // the most specific pattern counts
	exec(t, root, "REVOKE ALL ON `app\\_%`.* FROM ann", "REVOKE writer FROM ann")
	wantRefused(t, ann, [][2]string{{"SELECT * FROM app_1.t", "Error 1142 (42000): SELECT " + deniedTable + "'t'"}})

	exec(t, root, "CREATE DEFINER = ann VIEW apple.v AS SELECT * FROM app_1.t")
	wantRefused(t, root, [][2]string{{"SELECT * FROM apple.v", "Error 1356 (HY000): View 'apple.v' references invalid table(s) or column(s) or function(s) or definer/invoker of view lack rights to use them"}})
	exec(t, root, "GRANT SELECT ON `app__`.* TO ann")
	wantTable(t, root, "SELECT a FROM apple.v", "1")
}

// TestGrantObjects names what rights are on by its kind.
func TestGrantObjects(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE DATABASE d", "CREATE TABLE d.t (a INT)", "CREATE USER ann", "GRANT SELECT, INSERT ON TABLE d.t TO ann", "GRANT ALL ON TABLE d.* TO ann", "REVOKE INSERT ON TABLE d.t FROM ann",
		"REVOKE ALL PRIVILEGES ON TABLE d.* FROM ann", "GRANT ALL ON d.* TO ann", "REVOKE ALL PRIVILEGES ON d.* FROM ann", "GRANT UPDATE ON d.* TO ann", "REVOKE UPDATE ON d.* FROM ann") // which is about no table in it
	wantTable(t, c, "SHOW GRANTS FOR ann", "GRANT USAGE ON *.* TO `ann`@`%`", "GRANT SELECT ON `d`.`t` TO `ann`@`%`")
	wantRefused(t, c, [][2]string{
		{"REVOKE INSERT ON d.* FROM ann", "Error 1141 (42000): There is no such grant defined for user 'ann' on host '%'"},
		{"REVOKE ALL PRIVILEGES ON d.nothing FROM ann", "Error 1147 (42000): There is no such grant defined for user 'ann' on host '%' on table 'nothing'"},
	})
	exec(t, c, "REVOKE INSERT ON d.t FROM ann") // he has another right on the table
	const illegal = "Error 1144 (42000): Illegal GRANT/REVOKE command; please consult the manual to see which privileges can be used"
	wantRefused(t, c, [][2]string{
		{"GRANT SELECT ON TABLE d.nothing TO ann", "Error 1146 (42S02): Table 'd.nothing' doesn't exist"},
		{"GRANT EXECUTE ON FUNCTION d.f TO ann", "Error 1305 (42000): FUNCTION d.f does not exist"}, {"GRANT EXECUTE ON PROCEDURE d.p TO ann", "Error 1305 (42000): PROCEDURE d.p does not exist"},
		{"GRANT EXECUTE ON FUNCTION d.* TO ann", illegal},
		{"REVOKE EXECUTE ON FUNCTION d.f FROM ann", "Error 1403 (42000): There is no such grant defined for user 'ann' on host '%' on routine 'f'"},
	})
}

// TestRightsOfDefinitions names the right that is missing, and what for.
func TestRightsOfDefinitions(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE DATABASE d", "CREATE TABLE d.t (a INT PRIMARY KEY)", "CREATE VIEW d.v AS SELECT a FROM d.t", "CREATE DATABASE e", "CREATE TABLE e.t (a INT)", "CREATE USER bob")
	ann, _ := g.conn(g.account("ann", "GRANT SELECT ON d.t TO ann", "GRANT ALL ON e.* TO ann"))
	exec(t, ann, "USE e") // whose rights are no others'
	table := func(right, name string) string {
		return "Error 1142 (42000): " + right + " command denied to user 'ann'@'%' for table '" + name + "'"
	}
	database := func(name string) string {
		return "Error 1044 (42000): Access denied for user 'ann'@'%' to database '" + name + "'"
	}
	global := func(rights string) string {
		return "Error 1227 (42000): Access denied; you need (at least one of) the " + rights + " privilege(s) for this operation"
	}
	wantRefused(t, ann, [][2]string{
		{"CREATE TABLE d.n (a INT)", table("CREATE", "n")}, {"CREATE TABLE d.n LIKE d.t", table("CREATE", "n")}, {"CREATE TABLE d.n SELECT 1", table("CREATE", "n")},
		{"CREATE TEMPORARY TABLE d.n (a INT)", database("d")}, {"CREATE TABLE fake.n (a INT)", table("CREATE", "n")},
		{"CREATE TABLE e.n (a INT, FOREIGN KEY (a) REFERENCES d.t (a))", table("REFERENCES", "t")},
		{"DROP TABLE d.t", table("DROP", "t")}, {"DROP TABLE IF EXISTS d.nothing", table("DROP", "nothing")}, {"TRUNCATE TABLE d.t", table("DROP", "t")},
		{"ALTER TABLE d.t ADD b INT", table("ALTER", "t")}, {"ALTER TABLE d.t ADD KEY (a)", table("ALTER", "t")}, {"ALTER TABLE d.t RENAME d.n", table("ALTER", "t")},
		{"ALTER TABLE e.t RENAME d.n", table("CREATE", "n")}, {"RENAME TABLE d.t TO d.n", table("ALTER", "t")}, {"RENAME TABLE e.t TO d.n", table("CREATE", "n")},
		{"CREATE INDEX k ON d.t (a)", table("INDEX", "t")}, {"DROP INDEX k ON d.t", table("INDEX", "t")},
		{"CREATE VIEW d.n AS SELECT 1", table("CREATE VIEW", "n")}, {"CREATE OR REPLACE VIEW d.v AS SELECT 1", table("CREATE VIEW", "v")}, {"ALTER VIEW d.v AS SELECT 1", table("CREATE VIEW", "v")},
		{"DROP VIEW d.v", table("DROP", "v")}, {"SHOW CREATE VIEW d.v", table("SHOW VIEW", "v")}, {"SHOW CREATE TABLE d.nothing", table("SHOW", "nothing")},
		{"LOCK TABLES d.t WRITE", database("d")},
		{"CREATE DATABASE n", database("n")}, {"DROP DATABASE d", database("d")}, {"ALTER DATABASE d COLLATE utf8mb4_bin", database("d")},
		{"CREATE USER n", global("CREATE USER")}, {"DROP USER bob", global("CREATE USER")}, {"RENAME USER bob TO n", global("CREATE USER")},
		{"CREATE ROLE n", global("CREATE USER, CREATE ROLE")}, {"DROP ROLE n", global("CREATE USER, DROP ROLE")}, {"GRANT bob TO ann", global("WITH ADMIN, ROLE_ADMIN, SUPER")},
		{"FLUSH PRIVILEGES", global("RELOAD")}, {"REVOKE ALL, GRANT OPTION FROM bob", global("CREATE USER")},
		{"GRANT SELECT ON d.* TO bob", database("d")}, {"GRANT SELECT ON d.t TO bob", table("GRANT", "t")}, {"GRANT ALL ON *.* TO bob", "Error 1045 (28000): Access denied for user 'ann'@'%'"},
	})
	exec(t, root, "GRANT CREATE, ALTER, DROP, INSERT, CREATE VIEW ON d.n TO ann", "GRANT CREATE, INSERT ON d.o TO ann")
	exec(t, ann, "CREATE TABLE d.n (a INT)", "ALTER TABLE d.n ADD KEY (a)", "ALTER TABLE d.n RENAME d.o", "CREATE VIEW d.n AS SELECT 1", "DROP VIEW d.n")

	cat, _ := g.conn(g.account("cat", "GRANT CREATE USER ON *.* TO cat"))
	exec(t, cat, "REVOKE ALL PRIVILEGES, GRANT OPTION FROM ann")
	wantTable(t, root, "SHOW GRANTS FOR ann", "GRANT USAGE ON *.* TO `ann`@`%`")
}

// TestRevokeWhileTablesAreRead has rights on tables be there all the time while those on the database come and go.
func TestRevokeWhileTablesAreRead(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE DATABASE d", "CREATE TABLE d.t (a INT)")
	ann, _ := g.conn(g.account("ann", "GRANT SELECT ON d.t TO ann"))
	done := make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		for {
			select {
			case <-done:
				return
			default:
			}
			if _, err := texts(ann, "SELECT a FROM d.t"); err != nil {
				failed <- err
				return
			}
		}
	}()
	for range 100 {
		exec(t, root, "GRANT UPDATE ON d.* TO ann", "REVOKE UPDATE ON d.* FROM ann")
	}
	close(done)
	if err := <-failed; err != nil {
		t.Error(err)
	}
	wantTable(t, root, "SHOW GRANTS FOR ann", "GRANT USAGE ON *.* TO `ann`@`%`", "GRANT SELECT ON `d`.`t` TO `ann`@`%`")
}
