package mysql

import "testing"

// TestHeadings checks the names of columns that have none: the expression as it is written, as MySQL has it.
func TestHeadings(t *testing.T) {
	g := start(t)
	c, _ := g.conn(g.open(""))
	for expression, want := range map[string]string{
		"date'2024-01-01'": "", "DATE  '2024-01-01'": "", "Time'01:01:01'": "", "interval(1, 2)": "", "1 = any (SELECT 1)": "", "1 = ALL (SELECT 1)": "",
		"null": "NULL", "True": "TRUE", "false": "FALSE", "NOT 1": "", "NOT (1 AND 2)": "", "! 1": "", "'x'": "x", "1 /* one */": "1", "- 5": "", "(1)": "", "now( )": "",
		"{d '2024-01-01'}": "DATE '2024-01-01'",
	} {
		if want == "" {
			want = expression
		}
		rows, err := c.QueryContext(background, "SELECT "+expression)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		names, err := rows.Columns()
		if err != nil || names[0] != want {
			t.Errorf("%s is headed %q, error %v", expression, names, err)
		}
		rows.Close()
	}
}
