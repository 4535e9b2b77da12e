package mysql

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// account makes a user with grants and connects as them.
func (g *gateway) account(name string, grants ...string) *sql.DB {
	g.t.Helper()
	root := g.open("")
	for _, statement := range append([]string{"CREATE USER " + name + " IDENTIFIED BY 'pw'"}, grants...) {
		if _, err := root.Exec(statement); err != nil {
			g.t.Fatalf("%s: %v", statement, err)
		}
	}
	dsn := strings.Replace(strings.Replace(g.dsn(""), "root:sesame", name+":pw", 1), "/fake", "/", 1)
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { db.Close() })
	return db
}

func TestGlobalVariablesNeedAPrivilege(t *testing.T) {
	g := start(t)
	root, _ := g.conn(g.open(""))
	ann, _ := g.conn(g.account("ann", "GRANT SELECT ON fake.* TO ann"))
	for _, c := range []struct{ set, prepare string }{
		{set: "SET GLOBAL silogate_pushdown = OFF"}, {set: "SET @@GLOBAL.silogate_pushdown = OFF"},
		{set: "SET autocommit = 1, GLOBAL silogate_pushdown = OFF"}, {set: "SET PERSIST silogate_pushdown = OFF"},
		{set: "SET @@PERSIST_ONLY.silogate_pushdown = OFF"}, {set: "SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED"},
		{prepare: "PREPARE s FROM 'SET GLOBAL silogate_pushdown = OFF'", set: "EXECUTE s"},
	} {
		if c.prepare != "" {
			if _, err := ann.ExecContext(background, c.prepare); err != nil {
				t.Fatal(err)
			}
		}
		_, err := ann.ExecContext(background, c.set)
		wantErrno(t, c.set, err, 1227, "42000")
		if rows, err := texts(root, "SELECT @@GLOBAL.silogate_pushdown"); err != nil || rows[0][0] != "1" {
			t.Errorf("after %s: %q, %v", c.set, rows, err)
		}
	}
	// Each statement that is checked runs twice, at the cost of others.
	for _, set := range []string{"SET GLOBAL silogate_shadow_rate = 1", "SET silogate_shadow_rate = 1", "SET @x = 1, @@SESSION.Silogate_Shadow_Rate = @x"} {
		_, err := ann.ExecContext(background, set)
		wantErrno(t, set, err, 1227, "42000")
	}
	if rows, err := texts(ann, "SELECT @@silogate_shadow_rate, @@GLOBAL.silogate_shadow_rate"); err != nil || rows[0][0] != "0" || rows[0][1] != "0" {
		t.Errorf("the rates are %q, %v", rows, err)
	}
	if _, err := ann.ExecContext(background, "SET SESSION silogate_pushdown = OFF, @x = 1"); err != nil {
		t.Error(err)
	}
	if _, err := root.ExecContext(background, "SET GLOBAL silogate_pushdown = ON"); err != nil {
		t.Error(err)
	}
	_, err := root.ExecContext(background, "SET PERSIST silogate_pushdown = ON")
	wantErrno(t, "a variable to be kept", err, 1235, "42000")
}

func TestOwnThreads(t *testing.T) {
	g := start(t)
	_, other := g.conn(g.open(""))
	db := g.account("ann", "GRANT SELECT ON fake.* TO ann")
	ann, id := g.conn(db)
	failed := make(chan error, 1)
	go func() {
		_, err := texts(ann, "SELECT * FROM fake.hangs")
		failed <- err
	}()
	<-g.fake.reading
	second, own := g.conn(db)
	for _, list := range []string{"SHOW FULL PROCESSLIST", "SELECT id, user FROM information_schema.processlist"} {
		rows, err := texts(second, list)
		var got []string
		for _, row := range rows {
			got = append(got, row[0]+" "+row[1])
		}
		slices.Sort(got)
		if want := fmt.Sprintf("[%d ann %d ann]", id, own); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v; want %s", list, got, err, want)
		}
	}
	if _, err := second.ExecContext(background, fmt.Sprint("KILL QUERY ", id)); err != nil {
		t.Fatal(err)
	}
	wantErrno(t, "a statement that its user killed", <-failed, 1317, "70100")
	for _, kill := range []string{"KILL QUERY ", "KILL "} {
		_, err := second.ExecContext(background, fmt.Sprint(kill, other))
		wantErrno(t, kill+"another's", err, 1095, "HY000")
	}
	exec(t, second, fmt.Sprintf("SET @one = %d, @other = '%d'", id, other))
	go func() {
		_, err := texts(ann, "SELECT * FROM fake.hangs")
		failed <- err
	}()
	<-g.fake.reading
	exec(t, second, "KILL QUERY @one + 0")
	wantErrno(t, "a statement that was killed by a computed number", <-failed, 1317, "70100")
	_, err := second.ExecContext(background, "KILL (SELECT @other)")
	wantErrno(t, "another's by its computed number", err, 1095, "HY000")
	for _, none := range []string{"KILL 99999", "KILL NULL", "KILL QUERY -1", "KILL CONNECTION 1 << 40", "KILL @nothing"} {
		_, err := second.ExecContext(background, none)
		wantErrno(t, none, err, 1094, "HY000")
	}
	for _, wrong := range []string{"KILL", "KILL QUERY", "KILL QUERY;", "KILL HARD QUERY 1", "KILL ?", "KILL CONNECTION_ID(",
		"KILL 5) AS SIGNED) + CAST((99999", "KILL 1, 2", "KILL SELECT 1"} {
		_, err := second.ExecContext(background, wrong)
		wantErrno(t, wrong, err, 1064, "42000")
	}
	exec(t, second, "SET @silogate_killed = 7")
	_, err = second.ExecContext(background, "KILL @silogate_killed + 99999")
	wantErrno(t, "by a variable of a name of ours", err, 1094, "HY000")
	if rows, err := texts(second, "SELECT @silogate_killed"); err != nil || fmt.Sprint(rows) != "[[7]]" {
		t.Errorf("a variable after a KILL: %q, %v", rows, err)
	}
	if _, err = ann.ExecContext(background, "KILL CONNECTION_ID()"); err == nil {
		t.Error("who kills himself goes on")
	}
	if rows, err := texts(g.open(""), "SHOW PROCESSLIST"); err != nil || len(rows) < 4 {
		t.Errorf("as root: %q, %v", rows, err)
	}
}

func TestOwnGrants(t *testing.T) {
	g := start(t)
	ann, _ := g.conn(g.account("ann", "GRANT SELECT ON fake.numbers TO ann"))
	for _, show := range []string{"SHOW GRANTS", "SHOW GRANTS FOR CURRENT_USER()", "SHOW GRANTS FOR ann"} {
		rows, err := texts(ann, show)
		if err != nil || len(rows) != 2 || rows[1][0] != "GRANT SELECT ON `fake`.`numbers` TO `ann`@`%`" {
			t.Errorf("%s: %q, %v", show, rows, err)
		}
	}
	_, err := texts(ann, "SHOW GRANTS FOR root")
	wantErrno(t, "another's grants", err, 1044, "42000")
	if rows, err := texts(g.open(""), "SHOW GRANTS FOR ann"); err != nil || len(rows) != 2 {
		t.Errorf("as root: %q, %v", rows, err)
	}
	_, err = texts(g.open(""), "SHOW GRANTS FOR nobody")
	wantErrno(t, "nobody's grants", err, 1141, "42000")
	_, err = ann.ExecContext(background, "USE mysql")
	wantErrno(t, "a database without rights", err, 1044, "42000")
	if _, err := ann.ExecContext(background, "ALTER USER ann IDENTIFIED BY 'new'"); err != nil {
		t.Errorf("the own password: %v", err)
	}
}

func TestTimeZoneOffsets(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	for _, zone := range []string{"+14:00", "-13:59", "+5:30", "UTC", "SYSTEM"} {
		if _, err := c.ExecContext(background, "SET time_zone = '"+zone+"'"); err != nil {
			t.Errorf("%s: %v", zone, err)
		}
	}
	for _, zone := range []string{"+14:01", "+15:00", "-14:00", "+01:60", "Nowhere/Land"} {
		_, err := c.ExecContext(background, "SET time_zone = '"+zone+"'")
		wantErrno(t, zone, err, 1298, "HY000")
	}
}
