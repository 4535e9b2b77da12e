package bind

import (
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// TestDepth parses statements that are long and others that are deep.
func TestDepth(t *testing.T) {
	const many = 40_000
	for name, c := range map[string]struct {
		query string
		deep  bool
	}{
		"AND":            {"SELECT 1" + strings.Repeat(" AND 1", many), false},
		"OR in a union":  {"SELECT 1 UNION SELECT 2 WHERE 0" + strings.Repeat(" OR 1", many) + " ORDER BY 1", false},
		"OR in ORDER BY": {"SELECT 1 UNION SELECT 2 ORDER BY 0" + strings.Repeat(" OR 1", many), false},
		"AND of ORs":     {"SELECT (0" + strings.Repeat(" OR 1", many) + ")" + strings.Repeat(" AND 1", many), false},
		"a list":         {"SELECT 1 IN (0" + strings.Repeat(", 1", many) + ")", false},
		"sum":            {"SELECT 1" + strings.Repeat("+1", many), true},
		"sum explained":  {"EXPLAIN SELECT 1" + strings.Repeat("+1", many), true},
		"sum in a CTE":   {"WITH c AS (SELECT 1" + strings.Repeat("+1", many) + ") SELECT 1 UNION SELECT * FROM c", true},
		"NOT":            {"SELECT " + strings.Repeat("NOT ", many) + "1", true},
		"union":          {"SELECT 1" + strings.Repeat(" UNION ALL SELECT 1", 20_000), true},
		"sum, not long":  {"SELECT 1" + strings.Repeat("+1", maxDepth/2), false},
		"SET":            {"SET @a = 1" + strings.Repeat("+1", many), true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parser{Parser: sql.NewMysqlParser()}.ParseSimple(c.query)
			if c.deep && !sqlerr.Is(err, sqlerr.StackOverrun) || !c.deep && err != nil {
				t.Errorf("error %.100v", err)
			}
		})
	}
}

// TestNested parses statements that are nested deeper than the grammar goes, and some that are not.
func TestNested(t *testing.T) {
	for _, c := range []struct{ before, within, after string }{
		{"(", "1", ")"}, {"{fn abs(", "1", ")}"}, {"abs(", "1", ")"}, {"INTERVAL(", "1, 2", ", 3)"}, {"SUBSTRING(", "'a'", " FROM 1)"}, {"ROW(1, ", "2", ")"},
		{"CASE WHEN 1 THEN ", "1", " END"}, {"@a := (", "1", ")"}, {"@a := ", "1", ""}, {"1 = ANY (SELECT ", "1", ")"}, {"(SELECT ", "1", ")"}, {"NOT ", "1 = 1 = 1", ""},
		{"- ", "a", ""}, {"1 FROM (SELECT ", "1", ") AS t"}, {"EXISTS (VALUES ROW(", "1", "))"},
	} {
		for depth, refused := range map[int]bool{10_000: true, maxDoubled: false} {
			_, err := parser{Parser: sql.NewMysqlParser()}.ParseSimple("SELECT " + strings.Repeat(c.before, depth) + c.within + strings.Repeat(c.after, depth))
			if code := sqlerr.CodeOf(err); refused && code != sqlerr.Syntax && code != sqlerr.StackOverrun || !refused && err != nil {
				t.Errorf("%d times %s: error %.200v", depth, c.before, err)
			}
		}
	}
}

// TestFarthestError keeps of what refuses a text, as it is and in other words, the error farther behind.
func TestFarthestError(t *testing.T) {
	for query, near := range map[string]string{
		"SELECT {fn ABS(1)} FROM t FROM": "FROM", "SELECT a b c {fn ABS(1)}": "c",
	} {
		_, err := parser{Parser: sql.NewMysqlParser()}.ParseSimple(query)
		if err == nil || !strings.Contains(err.Error(), "near '"+near) {
			t.Errorf("%s: error %v", query, err)
		}
	}
}

// TestBalance keeps the order of conditions, which decides what is evaluated.
func TestBalance(t *testing.T) {
	for _, op := range []string{" and ", " or "} {
		var terms []string
		for i := range 1000 {
			terms = append(terms, "a"+strings.Repeat("b", i%7)+" = 1")
		}
		query := "select 1 from t where " + strings.Join(terms, op)
		stmt, err := parser{Parser: sql.NewMysqlParser()}.ParseSimple(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := sqlparser.String(stmt); got != query {
			t.Errorf("became %.200s", got)
		}
	}
}
