package parse

import (
	"strings"
	"testing"
)

// shownEdits are the edits of expressions without the white space that marks them.
func shownEdits(sql string) string {
	for i := len(sql); i > 0; i = strings.LastIndexByte(sql[:i], '\r') {
		if i < len(sql) && sql[i] == '\r' {
			from := strings.TrimRight(sql[:i], "\r\t")
			sql = from + sql[i+1:]
			i = len(from)
		}
	}
	return sql
}

func TestWiden(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{`SELECT 1 = 1 = 2`, `SELECT (1 = 1) = 2`},
		{`SELECT 3>2>1>=0 AND a <=> b <> c`, `SELECT ((3>2)>1)>=0 AND (a <=> b) <> c`},
		{`SELECT a = 1, b = 2 FROM t JOIN u ON a = b WHERE a = b AND NOT c = d OR d < e`, `SELECT a = 1, b = 2 FROM t JOIN u ON a = b WHERE a = b AND NOT c = d OR d < e`},
		{`CREATE ALGORITHM = MERGE VIEW v AS SELECT 1 = 1 = 2`, `CREATE ALGORITHM = MERGE VIEW v AS SELECT (1 = 1) = 2`},
		{`CREATE TABLE t (a INT COMMENT = 'x') ENGINE = InnoDB`, `CREATE TABLE t (a INT COMMENT = 'x') ENGINE = InnoDB`},
		{`SET @@character_set_database=binary, SESSION time_zone = SYSTEM, binlog_format := row;`, `SET @@character_set_database='binary', SESSION time_zone = 'SYSTEM', binlog_format := 'row';`},
		{`SET @a = BINARY, b = BINARY 'x', c = ALL (SELECT 1)`, `SET @a = BINARY, b = BINARY 'x', c = ALL (SELECT 1)`},
		{`SELECT DEFAULT(a) + DEFAULT (d.t.b), DEFAULT(5), DEFAULT(a + 1), DEFAULT()`, `SELECT silogate_DEFAULT(a) + silogate_DEFAULT (d.t.b), DEFAULT(5), DEFAULT(a + 1), DEFAULT()`},
		{`DELETE FROM t IGNORE`, `DELETE FROM t IGNORE`},
		{`CREATE TABLE t (a LONG BYTE, b LONG VARBINARY NOT NULL, c LONG, d LONG VARCHAR)`, `CREATE TABLE t (a MEDIUMBLOB, b MEDIUMBLOB NOT NULL, c MEDIUMTEXT, d MEDIUMTEXT)`},
		{`CREATE TABLE t SELECT 1 UNION SELECT 2`, `CREATE TABLE t AS SELECT 1 UNION SELECT 2`},
		{`CREATE TABLE a.t (SELECT 1)`, `CREATE TABLE a.t AS SELECT 1`},
		{`CREATE TABLE t ((SELECT 1) UNION (SELECT 2));`, `CREATE TABLE t AS (SELECT 1) UNION (SELECT 2)`},
		{`CREATE TABLE t AS WITH q AS (SELECT 1) SELECT * FROM q;`, `CREATE TABLE t AS SELECT * FROM (WITH q AS (SELECT 1) SELECT * FROM q) AS silogate_query`},
		{`CREATE TEMPORARY TABLE IF NOT EXISTS t ENGINE = x REPLACE SELECT 1`, `CREATE TEMPORARY TABLE IF NOT EXISTS t (silogate_none INT) ENGINE = x connection 'REPLACE' AS SELECT 1`},
		{`CREATE TABLE t (a INT, KEY USING BTREE (a)) IGNORE AS SELECT 1`, `CREATE TABLE t (a INT, KEY  (a)) connection 'IGNORE' AS SELECT 1`},
		{`CREATE TABLE t IGNORE SELECT 1`, `CREATE TABLE t (silogate_none INT) connection 'IGNORE' AS SELECT 1`},
		{`CREATE TABLE t (a BLOB(10), b TEXT(300), c YEAR(4), d TEXT(70000))`, `CREATE TABLE t (a TINYBLOB, b TEXT, c YEAR, d MEDIUMTEXT)`},
		{`ALTER TABLE t ADD COLUMN (a DECIMAL(5,2), b INT, KEY (a, b)), DROP c`, `ALTER TABLE t ADD a DECIMAL(5,2), ADD b INT, ADD KEY (a, b), DROP c`},
		{`SELECT NOT a = b = c`, `SELECT NOT (a = b) = c`},
		{`SELECT a = b LIKE c, a LIKE b = c, a IN (1) = b`, `SELECT a = (b LIKE c), (a LIKE b) = c, (a IN (1)) = b`},
		{`SELECT a BETWEEN 1 AND 2 = 1, a IS NOT NULL = 1 FROM t`, `SELECT (a BETWEEN 1 AND 2) = 1, (a IS NOT NULL) = 1 FROM t`},
		{`SELECT a << 1 = 2 = b >> 1, a->'$.b' = 1 = 1, a->>'$.b' = 1`, `SELECT (a << 1 = 2) = b >> 1, (a->'$.b' = 1) = 1, a->>'$.b' = 1`},
		{`SELECT CASE a = 1 WHEN b THEN 1=1=1 END = 2, (1=1)=1`, `SELECT CASE a = 1 WHEN b THEN (1=1)=1 END = 2, (1=1)=1`},
		{`UPDATE t SET a = b = c, d = e WHERE f = 1 = 1`, `UPDATE t SET a = b = c, d = e WHERE (f = 1) = 1`},
		{`INSERT INTO t VALUES (1=1=1) ON DUPLICATE KEY UPDATE a = 1 = 1`, `INSERT INTO t VALUES ((1=1)=1) ON DUPLICATE KEY UPDATE a = 1 = 1`},
		{`SET @a = 1 = 1 = 1`, `SET @a = (1 = 1) = 1`},
		{`SET @a := 1 = 1 = 1`, `SET @a := (1 = 1) = 1`},
		{`CREATE TABLE t (a INT) ENGINE=x COMMENT='a' b=c`, `CREATE TABLE t (a INT) ENGINE=x COMMENT='a' b=c`},
		{`SELECT ROW(1, 2) = ROW (a, b) FROM (VALUES ROW(1), ROW(f(2))) v`, `SELECT (1, 2) =  (a, b) FROM (VALUES ROW(1), ROW(f(2))) v`},
		{`SELECT SUBSTRING(f(a) FROM 2 FOR 3), substr((SELECT a FROM t) FROM 1), SUBSTRING(a, 2)`,
			`SELECT SUBSTRING(f(a) , 2 , 3), substr((SELECT a FROM t) , 1), SUBSTRING(a, 2)`},
		{`SELECT TRIM(LEADING FROM a), TRIM(BOTH 'x' FROM a)`, `SELECT TRIM(LEADING' ' FROM a), TRIM(BOTH 'x' FROM a)`},
		{`SELECT {fn UCASE({fn LEFT(a, 1)})}`, `SELECT ( UCASE(( LEFT(a, 1))))`},
		{`SELECT {fn TIMESTAMPDIFF(SQL_TSI_DAY, a, b)}, timestampadd (sql_tsi_month, sql_tsi_day, c)`, `SELECT ( TIMESTAMPDIFF(DAY, a, b)), timestampadd (MONTH, sql_tsi_day, c)`},
		{`SELECT a FROM t FOR SHARE`, `SELECT a FROM t LOCK IN SHARE MODE`},
		{`SELECT a FROM t FOR SHARE SKIP LOCKED`, `SELECT a FROM t FOR UPDATE OF silogate_share SKIP LOCKED`},
		{`SELECT a FROM t FOR SHARE OF t NOWAIT`, `SELECT a FROM t FOR UPDATE OF silogate_share, t NOWAIT`},
		{`(SELECT 1 UNION SELECT 2) ORDER BY 1 LIMIT 1;`, `SELECT 1 UNION SELECT 2 ORDER BY 1 LIMIT 1;`},
		{`((SELECT 1) LIMIT 1) LIMIT 2`, `SELECT * FROM (SELECT 1 LIMIT 1) AS silogate_query LIMIT 2`},
		{`(SELECT 1 LIMIT 1) UNION SELECT 2`, `(SELECT 1 LIMIT 1) UNION SELECT 2`},
		{`SELECT 1 FROM t USE INDEX (PRIMARY)`, "SELECT 1 FROM t USE INDEX (`PRIMARY`)"},
		{`SELECT 1 FROM t a FORCE KEY FOR ORDER BY (a, b) IGNORE INDEX (c) WHERE 1`, "SELECT 1 FROM t a USE INDEX (`a`, `b`, `c`) WHERE 1"},
		{`SELECT 1 FROM t USE INDEX () JOIN u`, `SELECT 1 FROM t  JOIN u`},
		{`USE shop`, `USE shop`},
		{`SELECT JSON_VALUE(f(a, b), '$.a' RETURNING SIGNED NULL ON EMPTY ERROR ON ERROR)`,
			`SELECT (SELECT silogate_value FROM JSON_TABLE(f(a, b), '$' COLUMNS (silogate_value BIGINT PATH '$.a' /*RETURNING SIGNED*/ NULL ON EMPTY DEFAULT 'silogate:error' ON ERROR)) AS silogate_json)`},
		{`SELECT JSON_VALUE(a, '$.a' RETURNING DECIMAL(4,2)), JSON_VALUE(a, '$')`,
			`SELECT (SELECT silogate_value FROM JSON_TABLE(a, '$' COLUMNS (silogate_value DECIMAL(4,2) PATH '$.a' /*RETURNING DECIMAL(4,2)*/)) AS silogate_json), JSON_VALUE(a, '$')`},
		{"ALTER TABLE d.t CHANGE name title VARCHAR(9) AFTER date, CHANGE COLUMN `a` b INT, ALTER view SET DEFAULT 1, ALTER COLUMN avg DROP DEFAULT, ALTER INDEX i VISIBLE, MODIFY after INT",
			"ALTER TABLE d.t CHANGE `name` title VARCHAR(9) AFTER `date`, CHANGE COLUMN `a` b INT, ALTER `view` SET DEFAULT 1, ALTER COLUMN `avg` DROP DEFAULT, ALTER INDEX i VISIBLE, MODIFY after INT"},
		{"ALTER IGNORE TABLE t CHANGE change after SET('a','b') COMMENT 'x, y' AFTER after", "ALTER IGNORE TABLE t CHANGE `change` after SET('a','b') COMMENT 'x, y' AFTER `after`"},
		{"ALTER TABLE t DEFAULT CHARSET utf8mb4 DEFAULT COLLATE = utf8mb4_bin, CHARSET = latin1, ADD a INT DEFAULT 1", "ALTER TABLE t  CHARACTER SET utf8mb4  COLLATE = utf8mb4_bin, CHARACTER SET = latin1, ADD a INT DEFAULT 1"},
		{"ALTER TABLE d.t ADD a INT, ORDER BY a DESC, `b`, add;", "ALTER TABLE d.t ADD a INT, FORCE;"},
		{"ALTER TABLE t ORDER BY a", "ALTER TABLE t FORCE"}, {"ALTER TABLE t ;", "ALTER TABLE t FORCE ;"},
		{"/* who */ -- and\nALTER TABLE t CHANGE name b INT", "/* who */ -- and\nALTER TABLE t CHANGE `name` b INT"},
		{"CREATE TABLE t (a INT REFERENCES d.p(id) ON DELETE CASCADE ON UPDATE SET NULL, b VARCHAR(9) REFERENCES p MATCH FULL COMMENT 'x', FOREIGN KEY k (a) REFERENCES p (id) ON DELETE CASCADE, FOREIGN KEY (a) REFERENCES p (id))",
			"CREATE TABLE t (a INT , b VARCHAR(9)  COMMENT 'x', FOREIGN KEY k (a) REFERENCES p (id) ON DELETE CASCADE, FOREIGN KEY (a) REFERENCES p (id))"},
		{"ALTER TABLE t ADD a INT REFERENCES", "ALTER TABLE t ADD a INT REFERENCES"},
		{`SELECT 'open`, `SELECT 'open`},
	} {
		got := Widen(c.sql, false)
		if shown := shownEdits(got); shown != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.sql, shown, c.want)
		}
	}
}

func TestRestoreWidened(t *testing.T) {
	for _, sql := range []string{
		`1=1=2`, `a = b LIKE c`, `ROW(1, 2) = ROW (a, b)`, `SUBSTRING(f(a) FROM 2 FOR 3)`, `TRIM(LEADING FROM a)`, `{fn UCASE(a)}`, `TIMESTAMPDIFF(SQL_TSI_DAY, a, b)`,
		`DEFAULT(a) + 1`, `default (a) + Default(b)`,
		`JSON_VALUE(f(a, b), '$.a' RETURNING DECIMAL(4,2) NULL ON EMPTY) = 1`,
	} {
		widened := Widen("SELECT "+sql, false)
		if widened == "SELECT "+sql {
			t.Errorf("%s is not widened", sql)
		}
		if got := Restore(widened); got != "SELECT "+sql {
			t.Errorf("%s became %s", sql, got)
		}
	}
}

func TestConvertTo(t *testing.T) {
	for sql, want := range map[string]string{
		"ALTER TABLE t ADD a INT, CONVERT TO CHARSET utf8mb4 COLLATE x": "ALTER TABLE t ADD a INT, COMMENT = 'silogate:convert', CHARACTER SET utf8mb4 COLLATE x",
		"/* who */ ALTER TABLE t CONVERT TO CHARACTER SET latin1":       "/* who */ ALTER TABLE t COMMENT = 'silogate:convert', CHARACTER SET latin1",
		"ALTER TABLE t ADD `convert` INT COMMENT 'convert to'":          "ALTER TABLE t ADD `convert` INT COMMENT 'convert to'",
		"SELECT CONVERT(a, CHAR)":                                       "SELECT CONVERT(a, CHAR)",
	} {
		if got := ConvertTo(sql, false); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", sql, got, want)
		}
	}
}
