package parse

import (
	"strings"
	"testing"
)

func TestWidenAssignments(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{`SELECT @a := 1`, `SELECT silogate_assign(@a , 1)`},
		{`SELECT id, @a:=@a+1 rn FROM t`, `SELECT id, silogate_assign(@a,@a+1) rn FROM t`},
		{"SELECT @`a b` := 1, @x:=2 AS y, @x.y$ := 3", "SELECT silogate_assign(@`a b` , 1), silogate_assign(@x,2) AS y, silogate_assign(@x.y$ , 3)"},
		{`SELECT @a := @b := 1 = 1 = 2 OR c 'd'`, `SELECT silogate_assign(@a , silogate_assign(@b , (1 = 1) = 2 OR c)) 'd'`},
		{`SELECT 1 + @a := 2 AND 3 FROM t`, `SELECT 1 + silogate_assign(@a , 2 AND 3) FROM t`},
		{`SELECT IF(@p = g, @n := @n + 1, @n := 1) n, @p := g FROM t, (SELECT @n := 0, @p := NULL) i ORDER BY g`,
			`SELECT IF(@p = g, silogate_assign(@n , @n + 1), silogate_assign(@n , 1)) n, silogate_assign(@p , g) FROM t, (SELECT silogate_assign(@n , 0), silogate_assign(@p , NULL)) i ORDER BY g`},
		{`SELECT @a := CASE WHEN b THEN CASE c WHEN 1 THEN 2 END END x`, `SELECT silogate_assign(@a , CASE WHEN b THEN CASE c WHEN 1 THEN 2 END END) x`},
		{`SELECT @a := d + INTERVAL 1 DAY e, @b := DATE '2020-01-01' + INTERVAL '1' HOUR`,
			`SELECT silogate_assign(@a , d + INTERVAL 1 DAY) e, silogate_assign(@b , DATE '2020-01-01' + INTERVAL '1' HOUR)`},
		{`SELECT @a := _utf8mb4'x' 'y' COLLATE utf8mb4_bin z, @b := 'x' IS NOT NULL`,
			`SELECT silogate_assign(@a , _utf8mb4'x' 'y' COLLATE utf8mb4_bin) z, silogate_assign(@b , 'x' IS NOT NULL)`},
		{`SELECT @a := x NOT IN (1, 2) AND y LIKE 'a' ESCAPE '|' z FROM t`, `SELECT silogate_assign(@a , x NOT IN (1, 2) AND y LIKE 'a' ESCAPE '|') z FROM t`},
		{`SELECT @a := SUM(x) OVER w + 1.5e-3 FROM t WINDOW w AS ()`, `SELECT silogate_assign(@a , SUM(x) OVER w + 1.5e-3) FROM t WINDOW w AS ()`},
		{`SELECT @a := (SELECT MAX(x) FROM t) y, @b := ? FROM u`, `SELECT silogate_assign(@a , (SELECT MAX(x) FROM t)) y, silogate_assign(@b , ?) FROM u`},
		{`SELECT @a := -@b, @c := NOT d, @e := t.f->'$.g' FROM t`, `SELECT silogate_assign(@a , -@b), silogate_assign(@c , NOT d), silogate_assign(@e , t.f->'$.g') FROM t`},
		{`SELECT x FROM t WHERE (@a := @a + 1) BETWEEN 2 AND 3 ORDER BY @b := x DESC LIMIT 1`,
			`SELECT x FROM t WHERE (silogate_assign(@a , @a + 1)) BETWEEN 2 AND 3 ORDER BY silogate_assign(@b , x) DESC LIMIT 1`},
		{`SET @a := 1, @b := (SELECT 1, @c := 2), @d = @e := 3`, `SET @a := 1, @b := (SELECT 1, silogate_assign(@c , 2)), @d = silogate_assign(@e , 3)`},
		{`UPDATE t SET a = @n := @n + 1, b = 2`, `UPDATE t SET a = silogate_assign(@n , @n + 1), b = 2`},
		{`DO @a := 1`, `DO silogate_assign(@a , 1)`},
		{`SELECT @a, ':= 1', @a : = 1, @a := FROM t`, `SELECT @a, ':= 1', @a : = 1, silogate_assign(@a , FROM) t`},
		{`SELECT @a :=`, `SELECT @a :=`},
	} {
		got := Widen(c.sql, false)
		if shown := shownEdits(got); shown != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.sql, shown, c.want)
		}
		if back := Restore(got); back != c.sql {
			t.Errorf("%s is restored as %s", c.sql, back)
		}
	}
}

// TestManyAssignments reads many, in a list, in a row and within each other: in minutes, were it quadratic.
func TestManyAssignments(t *testing.T) {
	const n = 20_000
	for sql, want := range map[string]int{
		"SELECT " + strings.Repeat("@a := 1, ", n) + "1":                                           n,
		"SELECT " + strings.Repeat("@a := ", n) + "1":                                              n,
		"SELECT " + strings.Repeat("@a := (", n) + "1" + strings.Repeat(")", n):                    n,
		"SELECT " + strings.Repeat("@a := CASE WHEN ", n) + "1" + strings.Repeat(" THEN 1 END", n): n,
		"SELECT " + strings.Repeat("@a := CASE ", n) + "1":                                         0,
	} {
		got := Widen(sql, false)
		if calls := strings.Count(got, AssignFunction); calls != want {
			t.Errorf("%.20s: %d of %d", sql, calls, want)
		}
	}
}
