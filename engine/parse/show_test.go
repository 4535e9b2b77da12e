package parse

import "testing"

func TestShow(t *testing.T) {
	const hosts = "SELECT * FROM (SELECT 0 AS `Server_id`, '' AS `Host`, 0 AS `Port`, 0 AS `Master_id`, '' AS `Slave_UUID` FROM DUAL WHERE 1 = 0) AS silogate_show"
	const open = "SELECT * FROM (SELECT '' AS `Database`, '' AS `Table`, 0 AS `In_use`, 0 AS `Name_locked` FROM DUAL WHERE 1 = 0) AS silogate_show"
	for sql, want := range map[string]string{
		"SHOW SLAVE HOSTS":                                 hosts,
		"show open tables":                                 open,
		"SHOW OPEN TABLES IN `a b` LIKE 'p%';":             open + " WHERE `Table` LIKE 'p%';",
		"SHOW OPEN TABLES FROM d WHERE In_use > 0":         open + " WHERE In_use > 0",
		"SHOW OPEN TABLES d":                               "SHOW OPEN TABLES d",
		"SHOW OPEN DOORS":                                  "SHOW OPEN DOORS",
		"SHOW COUNT(*) ERRORS":                             "SELECT @@session.error_count AS `@@session.error_count`",
		"SHOW SCHEMAS LIKE 'a'":                            "SHOW DATABASES LIKE 'a'",
		"SHOW FULL COLUMNS IN a IN b WHERE Field IN ('x')": "SHOW FULL COLUMNS FROM a FROM b WHERE Field IN ('x')",
		"FLUSH LOCAL PRIVILEGES":                           "FLUSH PRIVILEGES",
		"FLUSH NO_WRITE_TO_BINLOG BINARY LOGS; SELECT 1":   "FLUSH TABLES; SELECT 1",
		"FLUSH DOORS":                                      "FLUSH DOORS",
	} {
		if got := Rewrite(sql, false); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", sql, got, want)
		}
	}
}
