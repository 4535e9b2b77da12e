package parse

import "testing"

func TestRewrite(t *testing.T) {
	for _, c := range []struct {
		sql, want string
		ansi      bool
	}{
		{sql: `SELECT 1`, want: `SELECT 1`},
		{sql: "SELECT größe+1, t.größe AS 数, 'é' `é`, _utf8mb4'é', @é, @a.é.b, \"ü\" -- ü", want: "SELECT \r\t\r`größe`+1, t.\r\t\r`größe` AS \r\t\r`数`, 'é' `é`, _utf8mb4'é', @silogate_name_c3a9\r\n\t\t\t\t\n, @silogate_name_612ec3a92e62\r\n\t\t\t\t\n, \"ü\" -- ü"},
		{sql: `DESCRIBE größen größe`, want: "SHOW COLUMNS FROM \r\t\r`größen` \r\t\rLIKE 'größe'"},
		{sql: "SELECT 0b101, `0b1`, x.0b1, 0b12, '0b1', 10b1", want: "SELECT b'101', `0b1`, x.0b1, 0b12, '0b1', 10b1"},
		{sql: `a LIKE 'x\_y\%z\n\\_' OR b = "\_"`, want: `a LIKE 'x\\_y\\%z\n\\_' OR b = "\\_"`},
		{sql: `SELECT "\_", '\_'`, want: `SELECT "\_", '\\_'`, ansi: true},
		{sql: "SELECT `a\\_b` -- '\\_'", want: "SELECT `a\\_b` -- '\\_'"},
		{sql: `a >= ANY (SELECT f(b) FROM t) AND c`, want: `a >= silogate_ANY( (SELECT f(b) FROM t)) AND c`},
		{sql: `a <> all((select b from t))`, want: `a <> silogate_all(((select b from t)))`},
		{sql: `a = SOME (SELECT 1 WHERE 2 > ALL (SELECT 3))`, want: `a = silogate_ANY( (SELECT 1 WHERE 2 > silogate_ALL( (SELECT 3))))`},
		{sql: `SELECT 1 UNION ALL (SELECT 2)`, want: `SELECT 1 UNION ALL (SELECT 2)`},
		{sql: `SELECT ALL (a) FROM t WHERE b = any (c)`, want: `SELECT ALL (a) FROM t WHERE b = any (c)`},
		{sql: `a = ANY (SELECT 1`, want: `a = ANY (SELECT 1`},
		{sql: `a IS UNKNOWN OR b is not unknown OR unknown`, want: `a IS NULL OR b is not NULL OR unknown`},
		{sql: `d >= DATE '1994-01-01' + INTERVAL 1 DAY AND date = "x"`, want: `d >= silogate_DATE( '1994-01-01') + INTERVAL 1 DAY AND date = "x"`},
		{sql: `SELECT {d '1994-01-01'}, { TS "1994-01-01 00:00:00" }, {t'1:2:3'}`,
			want: `SELECT silogate_DATE( '1994-01-01'), silogate_TIMESTAMP( "1994-01-01 00:00:00" ), silogate_TIME('1:2:3')`},
		{sql: `SELECT x.date 'alias', timestamp'\_', time "q" FROM t`, want: `SELECT x.date 'alias', silogate_timestamp('\\_'), time "q" FROM t`, ansi: true},
		{sql: `CAST('x' AS DATE), DATE('x')`, want: `CAST('x' AS DATE), DATE('x')`},
		{sql: `SET @@transaction_isolation = @@Transaction_Read_Only, @@TRANSACTION_read_only:=1, @@session.transaction_isolation = 'x'`,
			want: `SET tRANSACTION_iSOLATION = @@Transaction_Read_Only, tRANSACTION_rEAD_oNLY:=1, @@session.transaction_isolation = 'x'`},
		{sql: `SELECT @@transaction_isolation = 'x'`, want: `SELECT @@transaction_isolation = 'x'`},
		{sql: `SET LOCAL TRANSACTION READ ONLY`, want: `SET SESSION TRANSACTION READ ONLY`},
		{sql: `SET NAMES utf8mb4 COLLATE utf8mb4_bin`, want: `SET NAMES utf8mb4 , Collation_Connection = 'utf8mb4_bin'`},
		{sql: `set @a = 1, names 'utf8mb4' collate "utf8mb4_bin", b = 2`, want: `set @a = 1, names 'utf8mb4' , Collation_Connection = 'utf8mb4_bin', b = 2`},
		{sql: `SET @a = 'x' COLLATE utf8mb4_bin`, want: `SET @a = 'x' COLLATE utf8mb4_bin`},
		{sql: `SELECT names x COLLATE utf8mb4_bin FROM t`, want: `SELECT names x COLLATE utf8mb4_bin FROM t`},
		{sql: `DESCRIBE t c`, want: `SHOW COLUMNS FROM t LIKE 'c'`},
		{sql: "desc d.`t` `c'd`; SELECT 1", want: "SHOW COLUMNS FROM d.`t` LIKE 'c''d'; SELECT 1"},
		{sql: `EXPLAIN t 'a\_%'`, want: `SHOW COLUMNS FROM t LIKE 'a\\_%'`},
		{sql: `EXPLAIN t "c"`, want: `SHOW COLUMNS FROM t LIKE 'c'`, ansi: true},
		{sql: `show schemas LIKE 'a\_%'`, want: `SHOW DATABASES LIKE 'a\\_%'`},
		{sql: `SELECT show, open FROM schemas`, want: `SELECT show, open FROM schemas`},
		{sql: `DESCRIBE t`, want: `DESCRIBE t`},
		{sql: `EXPLAIN SELECT x`, want: `EXPLAIN SELECT x`},
		{sql: `EXPLAIN ANALYZE SELECT x FROM t`, want: `EXPLAIN ANALYZE SELECT x FROM t`},
		{sql: `SELECT a FROM t ORDER BY a DESC`, want: `SELECT a FROM t ORDER BY a DESC`},
		{sql: `SELECT a FROM t GROUP BY a, b with /* x */ rollup HAVING 1`, want: `SELECT a FROM t GROUP BY a, b , silogate_rollup() HAVING 1`},
		{sql: `(SELECT a FROM t GROUP BY a WITH ROLLUP)`, want: `(SELECT a FROM t GROUP BY a , silogate_rollup())`},
		{sql: `SELECT a rollup FROM t GROUP BY a WITH ROLLUP`, want: `SELECT a rollup FROM t GROUP BY a , silogate_rollup()`},
		{sql: `WITH rollup AS (SELECT 1 a) SELECT a FROM rollup`, want: `WITH rollup AS (SELECT 1 a) SELECT a FROM rollup`},
		{sql: `SELECT 1 FROM (WITH rollup (a) AS (SELECT 1) SELECT a FROM rollup) x`, want: `SELECT 1 FROM (WITH rollup (a) AS (SELECT 1) SELECT a FROM rollup) x`},
		{sql: `SELECT a FROM t WITH ROLLUP`, want: `SELECT a FROM t WITH ROLLUP`},
		{sql: `SELECT a FROM t GROUP BY f(a, (SELECT 1 LIMIT 1)) WITH ROLLUP`, want: `SELECT a FROM t GROUP BY f(a, (SELECT 1 LIMIT 1)) , silogate_rollup()`},
		{sql: `SELECT a FROM t GROUP BY a ORDER BY a WITH ROLLUP`, want: `SELECT a FROM t GROUP BY a ORDER BY a WITH ROLLUP`},
		{sql: `SELECT 1 FROM (SELECT a FROM t GROUP BY a) x WITH ROLLUP`, want: `SELECT 1 FROM (SELECT a FROM t GROUP BY a) x WITH ROLLUP`},
		{sql: `SELECT a FROM t GROUP BY a WITH ROLLUP WITH ROLLUP`, want: `SELECT a FROM t GROUP BY a , silogate_rollup() WITH ROLLUP`},
		{sql: `SELECT 'WITH ROLLUP', "with rollup"`, want: `SELECT 'WITH ROLLUP', "with rollup"`},
		{sql: `NTILE(?) OVER (ORDER BY a ROWS BETWEEN ? PRECEDING AND 2 FOLLOWING), ntile(3) OVER w`,
			want: `LEAD('silogate_ntile', ?) OVER (ORDER BY a ROWS BETWEEN INTERVAL ? DAY_MICROSECOND PRECEDING AND 2 FOLLOWING), ntile(3) OVER w`},
		{sql: `RANGE BETWEEN 1.5 PRECEDING AND .5 following, RANGE 1e2 PRECEDING, RANGE INTERVAL ? DAY PRECEDING, INTERVAL 1.5 SECOND FOLLOWING`,
			want: `RANGE BETWEEN INTERVAL 1.5 DAY_MICROSECOND PRECEDING AND INTERVAL .5 DAY_MICROSECOND following, RANGE INTERVAL 1e2 DAY_MICROSECOND PRECEDING, RANGE INTERVAL ? DAY PRECEDING, INTERVAL 1.5 SECOND FOLLOWING`},
		{sql: `LAG(a) RESPECT NULLS OVER w, NTH_VALUE(a, 2) FROM FIRST RESPECT NULLS OVER w, LAG(a) IGNORE NULLS OVER w`,
			want: `LAG(a)  OVER w, NTH_VALUE(a, 2)  OVER w, LAG(a) IGNORE NULLS OVER w`},
		{sql: `SELECT f(a) FROM first`, want: `SELECT f(a) FROM first`},
		{sql: `VALUES ROW(1,2), row (f(3),(4)) ORDER BY 1`, want: `SELECT * FROM (VALUES ROW(1,2), row (f(3),(4))) AS silogate_values ORDER BY 1`},
		{sql: `SELECT 1 UNION VALUES ROW(1) UNION ALL (VALUES ROW(2), ROW(3) LIMIT 1)`,
			want: `SELECT 1 UNION SELECT * FROM (VALUES ROW(1)) AS silogate_values UNION ALL (SELECT * FROM (VALUES ROW(2), ROW(3)) AS silogate_values LIMIT 1)`},
		{sql: `WITH v AS (VALUES ROW(1)) SELECT * FROM v JOIN (VALUES ROW(2)) w`, want: `WITH v AS (SELECT * FROM (VALUES ROW(1)) AS silogate_values) SELECT * FROM v JOIN (VALUES ROW(2)) w`},
		{sql: `SELECT 1 FROM (VALUES ROW(1) UNION VALUES ROW(2)) v`,
			want: `SELECT 1 FROM (SELECT * FROM (VALUES ROW(1)) AS silogate_values UNION SELECT * FROM (VALUES ROW(2)) AS silogate_values) v`},
		{sql: `a > ANY (VALUES ROW((SELECT 1)))`, want: `a > silogate_ANY( (SELECT * FROM (VALUES ROW((SELECT 1))) AS silogate_values))`},
		{sql: `INSERT INTO t VALUES ROW(1), ROW(2)`, want: `INSERT INTO t VALUES ROW(1), ROW(2)`},
		{sql: `VALUES ROW(1), ROW(2`, want: `VALUES ROW(1), ROW(2`},
		{sql: `values row, 'values row(1)'`, want: `values row, 'values row(1)'`},
		{sql: `d + INTERVAL '1:2' day_hour, interval(a, (1, 2)), INTERVAL (a) DAY`, want: "d + INTERVAL '1:2' `day_hour`, silogate_interval(a, (1, 2)), INTERVAL (a) DAY"},
		{sql: `EXTRACT(DAY_HOUR FROM d), t.day_hour, RANGE INTERVAL '1:2' DAY_HOUR PRECEDING`, want: `EXTRACT(DAY_HOUR FROM d), t.day_hour, RANGE INTERVAL '1:2' DAY_HOUR PRECEDING`},
		{sql: `a member of (b) AND member = of`, want: `a REGEXP silogate_member (b) AND member = of`},
		{sql: `SELECT DISTINCTROW HIGH_PRIORITY sql_big_result a, sql_small_result, N'x', n 'y', t.N'z' FROM high_priority`,
			want: `SELECT DISTINCT   a, sql_small_result, 'x', n 'y', t.N'z' FROM high_priority`},
		{sql: `SELECT SQL_BUFFER_RESULT FROM t`, want: `SELECT SQL_BUFFER_RESULT FROM t`},
		{sql: "SELECT @'a b', @`a``b`, @k.l, @K.L, @a, @@b, @@session.c", want: "SELECT @silogate_name_612062\r\n\t\n, @silogate_name_616062\r\n\t\t\t\n, @silogate_name_6b2e6c\r\n\t\t\t\t\n, " +
			"@silogate_name_6b2e6c\r\n\t\t\t\t\n, @a, @@b, @@session.c"},
		{sql: `SET @"A B" := @"c", @'d' = 1`, want: "SET @silogate_name_612062\r\n\t\t\n := @c\r\n\t\t\n, @d\r\n\t\n = 1"},
		{sql: "GRANT ALL ON *.* TO 'a'@'b-c', d@`e-f`, g@h.i", want: "GRANT ALL ON *.* TO 'a'@'b-c', d@`e-f`, g@h.i"},
		{sql: `DO a, (SELECT 1 FROM t), @x := 2`, want: `SELECT a, (SELECT 1 FROM t), @x := 2 INTO @silogate_done`},
		{sql: `DO 1 ; DO 2`, want: `SELECT 1 INTO @silogate_done ; DO 2`},
		{sql: `DO 1 FROM t`, want: `DO 1 FROM t`},
		{sql: `DO`, want: `DO`},
		{sql: `INSERT INTO do VALUES (1)`, want: `INSERT INTO do VALUES (1)`},
		{sql: `'\_' 'open`, want: `'\_' 'open`},
	} {
		got := Rewrite(c.sql, c.ansi)
		if got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.sql, got, c.want)
		}
		if again := Rewrite(got, c.ansi); again != got {
			t.Errorf("%s\nonce  %s\ntwice %s", c.sql, got, again)
		}
	}
}

func TestRestore(t *testing.T) {
	for _, sql := range []string{
		`a`, `d + INTERVAL '1:2' DAY_HOUR`, `INTERVAL(a, 1, 2)`, `a MEMBER OF(b)`, `a >= ANY (SELECT f(b) FROM t) AND c`, `a = ANY(SELECT 1 WHERE 2 > ALL (SELECT (3))) + 1`, `silogate_any`,
		`DATE '2000-01-05' + 5`,
		`(VALUES ROW(3), ROW(4) LIMIT 1) + 1`, `a IN (VALUES ROW(1)) OR a IN (SELECT * FROM (VALUES ROW(2)) AS v)`,
		`EXISTS (VALUES ROW(EXISTS (VALUES ROW(1))), ROW(2))`,
		`(SELECT MAX(a) FROM t GROUP BY b WITH ROLLUP LIMIT 1) + 1`,
		"@'a b' + @`a``b` + @\"a\" + @k.l + @größe + @$x",
		`a SOUNDS LIKE b`,
		`NTILE(?) OVER (ORDER BY a RANGE BETWEEN 1.5 PRECEDING AND ? FOLLOWING)`,
	} {
		if got := Restore(Rewrite(sql, false)); got != sql {
			t.Errorf("%s became %s", sql, got)
		}
	}
}
