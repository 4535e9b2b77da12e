package parse

import (
	"strings"
	"testing"
)

func TestDigest(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"SELECT  a,b FROM t -- why\nWHERE a = 5 AND s='it''s'", "SELECT a , b FROM t WHERE a = ? AND s = ?"},
		{"select `a b` from x.t where n in (1, 2,3) and m in (-1.5e3)", "select `a b` from x . t where n in ( ? ) and m in ( - ? )"},
		{"SELECT 1.5, .5 , 2. FROM t WHERE a=.25 AND b=1e-3 AND c>-1.5E+10", "SELECT ? FROM t WHERE a = ? AND b = ? AND c > - ?"},
		{"SELECT t.5c, t1.a, 0x1F, 1e, `t`.`5` FROM d.t", "SELECT t . ? , t1 . a , ? , `t` . `5` FROM d . t"},
		{"SELECT 'a' 'b', 1, x, 2", "SELECT ? , x , ?"},
		{"SELECT 'secret", "SELECT ..."},
		{"", ""},
	} {
		if got := Digest(c.sql, Mode{}); got != c.want {
			t.Errorf("%q: %q, want %q", c.sql, got, c.want)
		}
	}
	if got := Digest("SELECT "+strings.Repeat("a + ", 1000)+"1", Mode{}); len(got) > longestDigest+10 || !strings.HasSuffix(got, " ...") {
		t.Errorf("a long statement: %q", got)
	}
	if got := Digest(`SELECT "secret", 'x'`, Mode{AnsiQuotes: true}); got != `SELECT "secret" , ?` {
		t.Errorf("with ANSI_QUOTES: %q", got)
	}
}
