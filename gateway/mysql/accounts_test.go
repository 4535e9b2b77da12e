package mysql

import (
	"database/sql"
	"strings"
	"testing"
)

// TestAccountsByTheirHost checks that statements about an account are about that one, and never about its name on any host.
func TestAccountsByTheirHost(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE USER ann", "CREATE USER bob@'10.%'", "CREATE ROLE reader")
	for query, errno := range map[string]uint16{
		"REVOKE SELECT ON *.* FROM root@nosuch":               1141,
		"GRANT SELECT ON fake.* TO ann@nosuch":                1410,
		"GRANT SELECT ON fake.* TO ann, nobody":               1410,
		"GRANT reader TO ann@nosuch":                          3523,
		"GRANT nothing TO ann":                                3523,
		"REVOKE reader FROM ann@nosuch":                       3523,
		"SHOW GRANTS FOR ann@nosuch":                          1141,
		"SHOW GRANTS FOR bob":                                 1141,
		"DROP USER ann@nosuch":                                1396,
		"DROP USER ann, nobody":                               1396,
		"DROP ROLE reader, nothing":                           1396,
		"ALTER USER ann@nosuch IDENTIFIED BY 'x'":             1396,
		"ALTER USER ann@nosuch ACCOUNT LOCK":                  1396,
		"ALTER USER ann ACCOUNT LOCK, nobody":                 1064,
		"ALTER USER ann PASSWORD EXPIRE":                      1235,
		"SET PASSWORD FOR nobody = 'x'":                       1396,
		"SET ROLE reader":                                     3530,
		"SET DEFAULT ROLE reader TO ann":                      3530,
		"SET ROLE ALL EXCEPT reader":                          1235,
		"GRANT PROXY ON root TO ann":                          1235,
		"GRANT SELECT (a), INSERT (b) ON fake.numbers TO ann": 1235,
		"GRANT SELECT, BACKUP_ADMIN ON *.* TO ann":            1235,
		"REVOKE SELECT, UPDATE (a) ON fake.numbers FROM ann":  1235,
		"CREATE USER few WITH MAX_QUERIES_PER_HOUR 1":         1235,
		"ALTER USER USER() IDENTIFIED BY 'a' ACCOUNT BLOCK":   1064,
		"ALTER USER CURRENT_USER IDENTIFIED BY 5":             1064,
	} {
		_, err := c.ExecContext(background, query)
		wantErrno(t, query, err, errno, map[bool]string{true: "42000", false: "HY000"}[errno == 1141 || errno == 1410 || errno == 1064 || errno == 1235])
	}
	wantTable(t, c, "SELECT user, host FROM mysql.user WHERE user <> 'root' ORDER BY 1", "ann|%", "bob|10.%", "reader|%")
	wantTable(t, c, "SELECT COUNT(*) FROM information_schema.user_privileges WHERE grantee LIKE '%root%' AND privilege_type = 'SELECT'", "1")
	exec(t, c, "DROP USER IF EXISTS nobody, ann@nosuch")
	wantTable(t, c, "SHOW WARNINGS", "Note|3162|Authorization ID 'nobody'@'%' does not exist.", "Note|3162|Authorization ID 'ann'@'nosuch' does not exist.")
	exec(t, c, "CREATE USER IF NOT EXISTS ann, eve")
	wantTable(t, c, "SHOW WARNINGS", "Note|3163|Authorization ID 'ann'@'%' already exists.")
	ann, _ := g.conn(g.account("eva", "CREATE ROLE writer, `a``b`@'10.%'", "GRANT reader TO eva"))
	for range 2 { // the second time by the plan of the first
		wantTable(t, ann, "SELECT CURRENT_ROLE()", "`reader`@`%`")
	}
	exec(t, c, "GRANT writer, `a``b`@'10.%' TO eva")
	wantTable(t, ann, "SELECT CURRENT_ROLE()", "`a``b`@`10.%`,`reader`@`%`,`writer`@`%`")
	wantTable(t, c, "SELECT CURRENT_ROLE(), current_role()", "NONE|NONE")
	exec(t, c, "GRANT reader TO ann, bob@'10.%'", "SET DEFAULT ROLE reader TO ann", "SET DEFAULT ROLE ALL TO bob@'10.%'", "SET ROLE DEFAULT", "SET ROLE NONE")
}

// TestRevokeAll takes the rights of every level, and those of the accounts that are named alone.
func TestRevokeAll(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE DATABASE d", "CREATE TABLE d.t (a INT)", "CREATE ROLE reader", "GRANT SELECT ON fake.kinds TO reader")
	const rights = "GRANT SELECT, PROCESS ON *.* TO USER; GRANT ALL ON d.* TO USER WITH GRANT OPTION; GRANT INSERT, SELECT ON fake.numbers TO USER; GRANT reader TO USER"
	ann, _ := g.conn(g.account("ann", strings.Split(strings.ReplaceAll(rights, "USER", "ann"), "; ")...))
	bob, _ := g.conn(g.account("bob", strings.Split(strings.ReplaceAll(rights, "USER", "bob"), "; ")...))
	exec(t, root, "REVOKE ALL ON *.* FROM bob")
	wantTable(t, bob, "SELECT COUNT(*) FROM d.t", "0")
	exec(t, root, "REVOKE ALL PRIVILEGES, GRANT OPTION FROM ann")
	wantTable(t, root, "SHOW GRANTS FOR ann", "GRANT USAGE ON *.* TO `ann`@`%`", "GRANT `reader`@`%` TO `ann`@`%`")
	for _, query := range []string{"SELECT * FROM d.t", "SELECT * FROM fake.numbers"} {
		_, err := texts(ann, query)
		wantErrno(t, query, err, 1142, "42000")
	}
	wantTable(t, ann, "SELECT COUNT(*) FROM fake.kinds WHERE 1 = 0", "0")
	wantTable(t, bob, "SELECT COUNT(*) FROM d.t", "0")
	exec(t, root, "REVOKE ALL, GRANT OPTION FROM ann, bob")
	_, err := texts(bob, "SELECT * FROM d.t")
	wantErrno(t, "of several accounts", err, 1142, "42000")
	_, err = root.ExecContext(background, "REVOKE ALL PRIVILEGES, GRANT OPTION FROM nobody")
	wantErrno(t, "of an account that is not there", err, 1141, "42000")
	g.stop()
	g.start()
	root, _ = g.conn(g.open(""))
	wantTable(t, root, "SHOW GRANTS FOR bob", "GRANT USAGE ON *.* TO `bob`@`%`", "GRANT `reader`@`%` TO `bob`@`%`")
}

// TestGrantTablesAreNotWritten lets nobody write the grant tables but by statements about accounts.
func TestGrantTablesAreNotWritten(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	exec(t, c, "CREATE USER ann")
	for _, query := range []string{
		"DELETE FROM mysql.user", "DELETE u FROM mysql.user u WHERE u.user = 'ann'", "DELETE FROM u USING mysql.user u WHERE u.user = 'ann'", "UPDATE mysql.user SET user = 'x'",
		"UPDATE mysql.user u JOIN mysql.db d ON u.user = d.user SET u.user = 'x'", "INSERT INTO mysql.user (user, host) VALUES ('x', '%')",
		"INSERT INTO mysql.user (user, host) SELECT 'x', '%'", "REPLACE INTO mysql.db (user, host, db) VALUES ('ann', '%', 'fake')", "TRUNCATE TABLE mysql.user", "TRUNCATE mysql.role_edges",
		"WITH c AS (SELECT 1) DELETE FROM mysql.user",
	} {
		_, err := c.ExecContext(background, query)
		wantErrno(t, query, err, 1142, "42000")
		if err != nil && !strings.Contains(err.Error(), "GRANT and REVOKE") {
			t.Errorf("%s: %v", query, err)
		}
	}
	exec(t, c, "USE mysql", "PREPARE s FROM 'DELETE FROM user'")
	_, err := c.ExecContext(background, "EXECUTE s")
	wantErrno(t, "a prepared statement", err, 1142, "42000")
	wantTable(t, c, "SELECT user FROM mysql.user ORDER BY 1", "ann", "root")
}

// TestWhereClientsAre checks that USER() and the process list say where a client is, and CURRENT_USER() which account it has.
func TestWhereClientsAre(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	wantTable(t, c, "SELECT USER(), SESSION_USER(), SYSTEM_USER(), CURRENT_USER()", "root@localhost|root@localhost|root@localhost|root@%")
	wantTable(t, c, "SELECT COUNT(*) FROM information_schema.processlist WHERE host LIKE 'localhost:%' AND id = CONNECTION_ID()", "1")
	rows, err := texts(c, "SHOW PROCESSLIST")
	if err != nil || len(rows) == 0 || !strings.HasPrefix(rows[0][2], "localhost:") {
		t.Errorf("%v, %v", rows, err)
	}
	exec(t, c, "SET optimizer_switch = 'mrr=off'", "SELECT @@innodb_file_per_table, @@GLOBAL.innodb_flush_log_at_trx_commit, @@optimizer_switch")
}

// TestAlterAccounts checks locks and passwords by logging in.
func TestAlterAccounts(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE USER ann IDENTIFIED BY 'one'", "CREATE USER eve IDENTIFIED WITH caching_sha2_password BY 'two'", "GRANT SELECT ON fake.* TO ann, eve")
	login := func(user, password string) (*sql.Conn, error) {
		db, err := sql.Open("mysql", strings.Replace(g.dsn(""), "root:sesame@", user+":"+password+"@", 1))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db.Conn(background)
	}
	wantLogin := func(user, password string, errno uint16, state string) {
		t.Helper()
		c, err := login(user, password)
		if errno != 0 {
			wantErrno(t, user+" with "+password, err, errno, state)
			return
		}
		if err != nil {
			t.Errorf("%s with %s: %v", user, password, err)
			return
		}
		c.Close()
	}
	wantLogin("ann", "one", 0, "")
	exec(t, root, "ALTER USER ann, eve ACCOUNT LOCK")
	wantLogin("ann", "one", 3118, "HY000")
	wantLogin("eve", "two", 3118, "HY000")
	exec(t, root, "ALTER USER IF EXISTS ann, nobody IDENTIFIED BY 'x', eve IDENTIFIED BY 'three' ACCOUNT UNLOCK")
	wantLogin("ann", "one", 0, "")
	wantLogin("eve", "two", 1045, "28000")
	wantLogin("eve", "three", 0, "")
	eve, err := login("eve", "three")
	if err != nil {
		t.Fatal(err)
	}
	defer eve.Close()
	for _, query := range []string{"ALTER USER ann ACCOUNT LOCK", "ALTER USER eve ACCOUNT LOCK", "SET PASSWORD FOR ann = 'x'", "ALTER USER ann IDENTIFIED BY 'x'", "SET DEFAULT ROLE NONE TO ann"} {
		_, err := eve.ExecContext(background, query)
		wantErrno(t, query, err, 1227, "42000")
	}
	exec(t, eve, "ALTER USER USER() IDENTIFIED BY 'four'")
	wantLogin("eve", "four", 0, "")
	exec(t, eve, "ALTER USER CURRENT_USER() IDENTIFIED BY 'five'")
	wantLogin("eve", "five", 0, "")
	exec(t, eve, "SET PASSWORD = 'six'")
	wantLogin("eve", "six", 0, "")
	exec(t, root, "SET PASSWORD FOR ann@'%' = 'seven'")
	wantLogin("ann", "seven", 0, "")
	g.stop()
	g.start()
	wantLogin("ann", "seven", 0, "")
	wantLogin("eve", "six", 0, "")
}

// TestCreateAccounts makes accounts with what they demand, shows it, and makes them anew of what is shown.
func TestCreateAccounts(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	login := func(user, password string) error {
		db, err := sql.Open("mysql", strings.NewReplacer("root:sesame@", user+":"+password+"@", "/fake", "/").Replace(g.dsn("")))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		return db.Ping()
	}
	exec(t, root, "CREATE ROLE reader", "GRANT SELECT ON fake.* TO reader")
	exec(t, root, "CREATE USER IF NOT EXISTS ann IDENTIFIED BY 'one', eve@localhost IDENTIFIED WITH caching_sha2_password BY 'two', ''@'10.%' DEFAULT ROLE reader REQUIRE NONE WITH MAX_USER_CONNECTIONS 0 "+
		"PASSWORD EXPIRE NEVER FAILED_LOGIN_ATTEMPTS 0 PASSWORD HISTORY 0 PASSWORD REUSE INTERVAL 0 DAY PASSWORD REQUIRE CURRENT OPTIONAL",
		"CREATE USER safe REQUIRE SUBJECT '/CN=x' AND ISSUER '/O=it''s' CIPHER 'TLS_AES_128_GCM_SHA256' ACCOUNT LOCK", "CREATE USER encrypted IDENTIFIED BY 'x' REQUIRE SSL", "CREATE USER certified REQUIRE X509")
	const rest = " PASSWORD HISTORY DEFAULT PASSWORD REUSE INTERVAL DEFAULT PASSWORD REQUIRE CURRENT DEFAULT"
	wantTable(t, root, "SHOW CREATE USER safe", "CREATE USER `safe`@`%` IDENTIFIED WITH 'mysql_native_password' REQUIRE SUBJECT '/CN=x' ISSUER '/O=it''s' CIPHER 'TLS_AES_128_GCM_SHA256' PASSWORD EXPIRE DEFAULT ACCOUNT LOCK"+rest)
	wantTable(t, root, "SHOW CREATE USER encrypted", "CREATE USER `encrypted`@`%` IDENTIFIED WITH 'mysql_native_password' AS '*B69027D44F6E5EDC07F1AEAD1477967B16F28227' REQUIRE SSL PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK"+rest)
	wantTable(t, root, "SHOW CREATE USER certified", "CREATE USER `certified`@`%` IDENTIFIED WITH 'mysql_native_password' REQUIRE X509 PASSWORD EXPIRE DEFAULT ACCOUNT UNLOCK"+rest)
	for _, user := range []string{"ann", "eve@localhost"} {
		shown, err := texts(root, "SHOW CREATE USER "+user)
		if err != nil {
			t.Fatal(err)
		}
		exec(t, root, "DROP USER "+user, shown[0][0])
	}
	wantErrno(t, "without TLS", login("encrypted", "x"), 1045, "28000")
	exec(t, root, "ALTER USER encrypted REQUIRE NONE")
	for user, password := range map[string]string{"ann": "one", "eve": "two", "encrypted": "x"} {
		if err := login(user, password); err != nil {
			t.Errorf("%s: %v", user, err)
		}
	}
	wantTable(t, root, "SHOW GRANTS FOR ''@'10.%'", "GRANT USAGE ON *.* TO ``@`10.%`", "GRANT `reader`@`%` TO ``@`10.%`")

	made, err := texts(root, "ALTER USER ann IDENTIFIED BY RANDOM PASSWORD, encrypted IDENTIFIED BY 'y'")
	if err != nil || len(made) != 1 || made[0][0] != "ann" || made[0][1] != "%" || len(made[0][2]) != 20 || made[0][3] != "1" {
		t.Fatalf("made %q, %v", made, err)
	}
	if err := login("ann", made[0][2]); err != nil {
		t.Errorf("with the password that was made: %v", err)
	}
	stmt, err := root.PrepareContext(background, "CREATE USER prepared IDENTIFIED BY 'z'")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	if _, err := stmt.Exec(); err != nil {
		t.Error(err)
	}
	if err := login("prepared", "z"); err != nil {
		t.Errorf("prepared: %v", err)
	}

	wantRefused(t, root, [][2]string{
		{"CREATE USER new, ann, eve@localhost", "Error 1396 (HY000): Operation CREATE USER failed for 'ann'@'%','eve'@'localhost'"}, {"CREATE USER new, new", "Error 1396 (HY000): Operation CREATE USER failed for 'new'@'%'"},
		{"SHOW CREATE USER new", "Error 1396 (HY000): Operation SHOW CREATE USER failed for 'new'@'%'"}, // none of the first was made
		{"CREATE USER new DEFAULT ROLE nothing", "Error 3523 (HY000): Unknown authorization ID `nothing`@`%`"},
		{"CREATE USER new IDENTIFIED WITH nothing BY 'x'", "Error 1524 (HY000): Plugin 'nothing' is not loaded"},
		{"CREATE USER new IDENTIFIED WITH mysql_native_password AS 'x'", "Error 1827 (HY000): The password hash doesn't have the expected format."},
		{"CREATE USER " + strings.Repeat("n", 33), "Error 1470 (HY000): String '" + strings.Repeat("n", 33) + "' is too long for user name (should be no longer than 32)"},
		{"CREATE USER new PASSWORD EXPIRE", "Error 1235 (42000): CREATE USER ... PASSWORD EXPIRE is not supported: passwords do not expire"},
		{"ALTER USER ann PASSWORD EXPIRE INTERVAL 9 DAY", "Error 1235 (42000): ALTER USER ... PASSWORD EXPIRE is not supported: passwords do not expire"},
		{"ALTER USER ann PASSWORD HISTORY 5", "Error 1235 (42000): ALTER USER ... PASSWORD HISTORY is not supported: no passwords before the current one are kept"},
		{"ALTER USER ann FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 1", "Error 1235 (42000): ALTER USER ... FAILED_LOGIN_ATTEMPTS is not supported: failed logins are not counted"},
		{"ALTER USER ann WITH MAX_USER_CONNECTIONS 3", "Error 1235 (42000): ALTER USER ... WITH MAX_USER_CONNECTIONS is not supported: the gateway bounds no account, its configuration bounds all"},
		{"CREATE USER new COMMENT 'x'", "Error 1235 (42000): CREATE USER ... COMMENT is not supported: accounts have no attributes"},
		{"ALTER USER ann IDENTIFIED BY 'x' RETAIN CURRENT PASSWORD", "Error 1235 (42000): ALTER USER ... RETAIN CURRENT is not supported: an account has one password"},
	})
	ann, _ := g.conn(g.account("anna"))
	wantRefused(t, ann, [][2]string{
		{"ALTER USER anna REQUIRE SSL", "Error 1227 (42000): Access denied; you need (at least one of) the CREATE USER privilege(s) for this operation"},
		{"SHOW CREATE USER ann", "Error 1044 (42000): Access denied for user 'anna'@'%' to database 'mysql'"},
	})
	if rows, err := texts(ann, "SHOW CREATE USER"); err != nil || !strings.HasPrefix(rows[0][0], "CREATE USER `anna`@`%`") {
		t.Errorf("his own: %q, %v", rows, err)
	}
}

// TestAccountsWithSuper lets who may make accounts touch none with SUPER, be it by a role.
func TestAccountsWithSuper(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	exec(t, root, "CREATE ROLE admin", "GRANT SUPER ON *.* TO admin", "CREATE USER boss, clerk", "GRANT admin TO boss", "GRANT SELECT ON fake.* TO clerk")
	ann, _ := g.conn(g.account("ann", "GRANT CREATE USER ON *.* TO ann", "GRANT SELECT ON fake.* TO ann WITH GRANT OPTION"))
	const denied = "Error 1227 (42000): Access denied; you need (at least one of) the SUPER privilege(s) for this operation"
	for _, who := range []string{"root", "boss"} {
		wantRefused(t, ann, [][2]string{
			{"ALTER USER clerk, " + who + " IDENTIFIED BY 'x'", denied}, {"SET PASSWORD FOR " + who + " = 'x'", denied}, {"ALTER USER " + who + " ACCOUNT LOCK", denied},
			{"RENAME USER " + who + " TO other", denied}, {"DROP USER " + who + ", clerk", denied}, {"REVOKE ALL, GRANT OPTION FROM " + who, denied}, {"REVOKE SELECT ON fake.* FROM " + who, denied},
		})
	}
	const notGrantable = "Error 1227 (42000): Access denied; you need (at least one of) the WITH ADMIN, ROLE_ADMIN, SUPER privilege(s) for this operation"
	wantRefused(t, ann, [][2]string{{"DROP ROLE admin", denied}, {"CREATE USER other DEFAULT ROLE admin", notGrantable}, {"CREATE USER other DEFAULT ROLE clerk, root", notGrantable}})
	exec(t, root, "CREATE ROLE reader", "GRANT reader TO ann WITH ADMIN OPTION")
	exec(t, ann, "CREATE USER another DEFAULT ROLE reader", "DROP USER another")
	exec(t, ann, "ALTER USER clerk IDENTIFIED BY 'x'", "REVOKE SELECT ON fake.* FROM clerk", "RENAME USER clerk TO other", "DROP USER other")
	exec(t, root, "ALTER USER boss IDENTIFIED BY 'x'", "DROP USER boss", "DROP ROLE admin")
}
