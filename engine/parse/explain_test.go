package parse

import "testing"

func TestCutFormat(t *testing.T) {
	for _, c := range []struct{ sql, rest, format string }{
		{`EXPLAIN FORMAT=JSON SELECT 1`, `EXPLAIN             SELECT 1`, `JSON`},
		{`explain /* c */ format = 'tree' select 1`, `explain /* c */                 select 1`, `tree`},
		{"DESC ANALYZE FORMAT=`x y`SELECT 1", "DESC ANALYZE             SELECT 1", "x y"},
		{`DESCRIBE FORMAT=json;SELECT 2`, `DESCRIBE            ;SELECT 2`, `json`},
		{`EXPLAIN FORMAT='' SELECT 1`, `EXPLAIN           SELECT 1`, ``},
	} {
		rest, format := CutFormat(c.sql)
		if format == nil || rest != c.rest || *format != c.format {
			t.Errorf("%s: %q, %v", c.sql, rest, format)
		}
	}
	for _, sql := range []string{
		``, `EXPLAIN`, `EXPLAIN SELECT 1`, `EXPLAIN FORMAT JSON SELECT 1`, `EXPLAIN FORMAT=1 SELECT 1`, `EXPLAIN FORMAT = `,
		`DESCRIBE format`, `EXPLAIN FORMAT='json`, `SELECT 1; EXPLAIN FORMAT=JSON SELECT 2`, `ANALYZE FORMAT=JSON SELECT 1`, `EXPLAIN FORMAT=JSON ANALYZE SELECT 1`,
	} {
		if rest, format := CutFormat(sql); rest != sql || format != nil {
			t.Errorf("%s: %q, %v", sql, rest, format)
		}
	}
}

func TestExplained(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"EXPLAIN SELECT 1", "SELECT 1"},
		{"explain  analyze format = tree\nselect 1", "select 1"},
		{"DESC FORMAT=JSON (SELECT format FROM t)", "(SELECT format FROM t)"},
		{"/* why */ EXPLAIN             WITH c AS (SELECT 1) TABLE c", "WITH c AS (SELECT 1) TABLE c"},
		{"SELECT 'EXPLAIN'", "SELECT 'EXPLAIN'"},
		{"EXPLAIN 'x", "EXPLAIN 'x"},
		{"", ""},
	} {
		if got := Explained(c.sql); got != c.want {
			t.Errorf("%q: %q, want %q", c.sql, got, c.want)
		}
	}
}
