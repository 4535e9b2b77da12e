package mysql

import (
	"strings"
	"testing"
)

// TestNestedExpressions checks that what names its operands twice, at whatever depth, is answered or refused, and never planned for the power
// of its depth in time.
func TestNestedExpressions(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	for _, e := range []struct {
		outer  string // @ is what is within
		most   int    // levels that are answered
		answer string
	}{
		{"(SELECT @ AS x)", 20, "1"},
		{"(SELECT x.a FROM (SELECT @ AS a) x)", 20, "1"},
		{"COALESCE((SELECT @), 2)", 20, "1"},
		{"NULLIF(@, 5)", 12, "1"},
		{"(@ BETWEEN 0 AND 3)", 12, "1"},
		{"CASE @ WHEN 1 THEN 1 WHEN 2 THEN 3 ELSE 4 END", 10, "1"},
		{"-(@)", 150, "1"},
		{"IFNULL(@, 2)", 150, "1"},
		{"CASE WHEN FALSE THEN 2 ELSE @ END", 150, "1"},
		{"GREATEST(@, 0)", 150, "1"},
	} {
		before, after, _ := strings.Cut(e.outer, "@")
		nested := func(n int) string { return "SELECT " + strings.Repeat(before, n) + "1" + strings.Repeat(after, n) }
		wantTable(t, c, nested(e.most), e.answer)
		if e.most < 150 {
			_, err := texts(c, nested(60))
			wantErrno(t, e.outer, err, 1436, "HY000")
		}
	}
	large := "SELECT COUNT(*) FROM numbers WHERE id = -1" + strings.Repeat(" OR id BETWEEN 1000001 AND 1000002", 20_000) // and nothing is repeated
	if rows, err := texts(c, large); err != nil || rows[0][0] != "0" {
		t.Errorf("%v, %v", rows, err)
	}
}
