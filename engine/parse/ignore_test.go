package parse

import "testing"

func TestCutIgnore(t *testing.T) {
	for sql, want := range map[string]string{
		"DELETE IGNORE FROM t":                                  "DELETE        FROM t",
		"/* who */ delete /* what */ ignore t FROM t; SELECT 1": "/* who */ delete /* what */        t FROM t; SELECT 1",
		"WITH q AS (SELECT 1) DELETE IGNORE FROM t":             "WITH q AS (SELECT 1) DELETE        FROM t",
		"EXPLAIN DELETE IGNORE FROM t":                          "EXPLAIN DELETE        FROM t",
		"DELETE FROM t IGNORE":                                  "",
		"DELETE FROM t; DELETE IGNORE FROM u":                   "",
		"DELETE /*+ silogate_ignore */ FROM t":                  "",
		"SELECT 'delete', 'ignore', delete ignore":              "",
		"DELETE `IGNORE` FROM t":                                "",
		"DELETE IGNORE FROM t WHERE a = 'open":                  "",
	} {
		got, ignores := CutIgnore(sql, false)
		if want == "" {
			want = sql
		}
		if got != want || ignores != (want != sql) {
			t.Errorf("%s: %q, %v", sql, got, ignores)
		}
	}
}
