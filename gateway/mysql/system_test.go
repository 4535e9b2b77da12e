package mysql

import (
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/information_schema"

	"github.com/silogate/silogate/catalog/infoschema"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/types"
)

// TestDeclaredAsElsewhere compares the declared tables of information_schema with go-mysql-server's.
func TestDeclaredAsElsewhere(t *testing.T) {
	// The differences, with MySQL's manual on this side.
	exempt := map[string]string{
		"TABLES.CREATE_TIME":               "is not known here",
		"PARTITIONS.CREATE_TIME":           "is not known here",
		"VIEW_ROUTINE_USAGE.SPECIFIC_NAME": "is SPECIFIC_TABLE there",
		"TRIGGERS.TRIGGER_NAME":            "is longer there",
		"FILES.TABLE_CATALOG":              "is CHAR(0) there",
		"SILOGATE_LISTINGS":                "is this gateway's own",
	}
	ctx := sql.NewEmptyContext()
	theirs := information_schema.NewInformationSchemaDatabase()
	for _, own := range infoschema.New(nil).Tables(infoschema.Information) {
		if exempt[own.Name.Name] != "" {
			continue
		}
		other, ok, err := theirs.GetTableInsensitive(ctx, own.Name.Name)
		if err != nil || !ok {
			t.Errorf("%s is not there: %v", own.Name.Name, err)
			continue
		}
		schema := other.Schema(ctx)
		if len(schema) != len(own.Columns) {
			t.Errorf("%s has %d columns, there %d", own.Name.Name, len(own.Columns), len(schema))
			continue
		}
		for i, c := range own.Columns {
			name := own.Name.Name + "." + c.Name
			if exempt[name] != "" {
				continue
			}
			typ, err := bind.FromGMS(schema[i].Type)
			if err != nil {
				t.Error(err)
			}
			if typ.Kind == types.Binary {
				typ.Length = 1 // see infoschema
			}
			got, want := types.Declare(c.Type), types.Declare(typ)
			if typ.Kind == types.Set {
				got, want = types.Declaration{}, types.Declaration{} // whose members are in another order
			}
			if !strings.EqualFold(c.Name, schema[i].Name) || got != want || c.Nullable != schema[i].Nullable {
				t.Errorf("%s is %+v, NULL %v; there %s %+v, NULL %v", name, got, c.Nullable, schema[i].Name, want, schema[i].Nullable)
			}
		}
	}
}

// TestLogsThatAreTables finds MySQL's logs beside the accounts, with nothing in them, which dumps of all databases ask for.
func TestLogsThatAreTables(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	wantTable(t, c, "SHOW TABLES FROM mysql LIKE '%\\_log'", "general_log", "slow_log")
	wantTable(t, c, "SELECT table_name, COUNT(*) FROM information_schema.columns WHERE table_schema = 'mysql' AND table_name LIKE '%\\_log' GROUP BY 1 ORDER BY 1", "general_log|6", "slow_log|12")
	exec(t, c, "USE mysql")
	for _, table := range []string{"general_log", "mysql.slow_log", "`mysql`.General_Log AS l"} {
		wantTable(t, c, "SELECT * FROM "+table)
	}
	wantTable(t, c, "SELECT u.user, l.thread_id FROM user u LEFT JOIN general_log l ON l.user_host = u.user WHERE u.user NOT IN (SELECT user_host FROM slow_log)", "root|NULL")
	rows, err := texts(c, "SHOW CREATE TABLE general_log")
	if err != nil || len(rows) != 1 || rows[0][0] != "general_log" || !strings.HasPrefix(rows[0][1], "CREATE TABLE `general_log` (\n  `event_time` timestamp(6) NOT NULL,\n") {
		t.Errorf("%q, %v", rows, err)
	}
	wantTable(t, c, "SHOW DATABASES LIKE '%mysql'", "mysql")
	for _, write := range []string{"INSERT INTO general_log (server_id) VALUES (1)", "DELETE FROM mysql.slow_log"} {
		_, err := c.ExecContext(background, write)
		wantErrno(t, write, err, 1036, "HY000")
	}
	ann, _ := g.conn(g.account("ann"))
	wantRefused(t, ann, [][2]string{{"SELECT * FROM mysql.general_log", "Error 1142 (42000): SELECT command denied to user 'ann'@'%' for table 'general_log'"}})
}

// TestTimeZonesThatAreTables has a row for each zone that CONVERT_TZ takes by its name, by which Django and others find out whether it does.
func TestTimeZonesThatAreTables(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	wantTable(t, c, "SELECT COUNT(*) FROM mysql.time_zone_name WHERE CONVERT_TZ('2024-07-01 12:00:00', 'UTC', name) IS NULL", "0")
	wantTable(t, c, "SELECT n.name, z.use_leap_seconds FROM mysql.time_zone_name n JOIN mysql.time_zone z USING (time_zone_id) WHERE n.name IN ('Europe/Berlin', 'UTC') ORDER BY 1",
		"Europe/Berlin|N", "UTC|N")
	wantTable(t, c, "SELECT 1 FROM mysql.time_zone LIMIT 1", "1")
}
