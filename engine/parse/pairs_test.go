package parse

import (
	"slices"
	"strings"
	"testing"
)

func TestPairs(t *testing.T) {
	for _, c := range []struct {
		sql  string
		want map[int]int // in one direction
	}{
		{"f ( ( a ) )", map[int]int{1: 5, 2: 4}},
		{"CASE a WHEN ( CASE b END ) THEN { fn c } END", map[int]int{0: 13, 3: 7, 4: 6, 9: 12}},
		{"( CASE a )", map[int]int{0: 3}},
		{"( { ) }", map[int]int{0: 2}},
		{") } END ( a", map[int]int{}},
		{"t . case ( end )", map[int]int{3: 5}},
		{"CASE a END CASE ( b )", map[int]int{0: 2, 4: 6}},
		{"'(' `)` ( \"(\" )", map[int]int{2: 4}},
	} {
		tokens, _ := tokensIn(c.sql, Mode{})
		got := pairsOf(tokens)
		want := make(pairs, len(tokens))
		for open, shut := range c.want {
			want[open], want[shut] = shut, open
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", c.sql, got, want)
		}
	}
}

// TestDeepTexts reads texts that are nested so deep that work which grows with the square of it takes minutes.
func TestDeepTexts(t *testing.T) {
	const deep = 20_000
	for _, c := range []struct{ before, within, after string }{
		{"{fn abs(", "1", ")}"},
		{"INTERVAL(", "1, 2", ", 3)"},
		{"SUBSTRING(", "a", " FROM 2)"},
		{"JSON_VALUE(", "a", ", '$' RETURNING SIGNED)"},
		{"1 = ANY (SELECT ", "1", ")"},
		{"@a := (", "1", ")"},
		{"ROW(", "1", ", 2)"},
		{"CASE WHEN 1 = ", "1", " THEN 2 END"},
		{"(", "a = b = c", ")"},
		{"f(", "VALUES ROW(1)", ")"},
		{"(SELECT a FROM t GROUP BY ", "a", " WITH ROLLUP)"},
		{"a MEMBER OF (", "b", ")"},
		{"NOT ", "a = 1 = 2", ""},
	} {
		sql := "SELECT " + strings.Repeat(c.before, deep) + c.within + strings.Repeat(c.after, deep)
		if restored := Restore(Widen(Rewrite(sql, false), false)); len(restored) < len(sql)/2 {
			t.Errorf("%s became %d bytes of %d", c.before, len(restored), len(sql))
		}
	}
	if got := Widen(strings.Repeat("(", deep)+"SELECT 1"+strings.Repeat(") LIMIT 1", deep), false); strings.Count(got, "LIMIT") != deep {
		t.Errorf("of %d limits %d are left", deep, strings.Count(got, "LIMIT"))
	}
}
