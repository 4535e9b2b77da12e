package randsql

import (
	"fmt"
	"slices"

	"github.com/silogate/silogate/internal/testdb"
)

// value writes an expression of a kind, at most depth calls deep.
func (g *generator) value(s scope, k testdb.Kind, depth int) string {
	if depth <= 0 || g.one(2) {
		if k != testdb.Text && g.one(6) {
			return g.literal(k)
		}
		return g.column(s, k)
	}
	v := func(k testdb.Kind) string { return g.value(s, k, depth-1) }
	if g.one(5) {
		return pick(g,
			fmt.Sprintf("CASE WHEN %s THEN %s ELSE %s END", g.condition(s, 0), v(k), v(k)),
			fmt.Sprintf("COALESCE(%s, %s)", v(k), v(k)),
			fmt.Sprintf("NULLIF(%s, %s)", g.column(s, k), g.literal(k)),
			fmt.Sprintf("IF(%s, %s, %s)", g.condition(s, 0), v(k), v(k)))
	}
	switch k {
	case testdb.Integer:
		return pick(g,
			fmt.Sprintf("(%s %s %s)", v(k), pick(g, "+", "-", "*", "DIV", "%"), v(k)),
			"ABS("+v(k)+")", "-("+v(k)+")", "SIGN("+v(k)+")",
			"LENGTH("+v(testdb.Text)+")", "CHAR_LENGTH("+v(testdb.Text)+")",
			pick(g, "YEAR(", "MONTH(", "DAYOFMONTH(", "DAYOFYEAR(", "QUARTER(", "WEEKDAY(")+v(testdb.Date)+")",
			fmt.Sprintf("DATEDIFF(%s, %s)", v(testdb.Date), v(testdb.Date)),
			fmt.Sprintf("LOCATE('a', %s)", g.column(s, testdb.Text)),
			"("+g.condition(s, depth-1)+")")
	case testdb.Decimal:
		return pick(g,
			fmt.Sprintf("(%s %s %s)", v(k), pick(g, "+", "-", "*", "/"), v(pick(g, k, testdb.Integer))),
			fmt.Sprintf("(%s / %s)", v(testdb.Integer), v(testdb.Integer)),
			fmt.Sprintf("ROUND(%s, %d)", v(k), g.r.IntN(3)), "ABS("+v(k)+")",
			fmt.Sprintf("CAST(%s AS DECIMAL(20,%d))", v(pick(g, k, testdb.Integer)), g.r.IntN(5)))
	case testdb.Double:
		return pick(g, fmt.Sprintf("(%s %s %s)", v(k), pick(g, "+", "-", "*"), v(pick(g, k, testdb.Integer))), "ABS("+v(k)+")")
	case testdb.Text:
		c := g.column(s, k)
		return pick(g,
			fmt.Sprintf("CONCAT(%s, %s)", c, v(k)), "UPPER("+c+")", "LOWER("+c+")", "TRIM("+c+")", "REVERSE("+c+")",
			fmt.Sprintf("SUBSTRING(%s, %d, %d)", c, g.r.IntN(4)-1, g.r.IntN(4)),
			fmt.Sprintf("LEFT(%s, %d)", c, g.r.IntN(4)), fmt.Sprintf("RIGHT(%s, %d)", c, g.r.IntN(4)),
			fmt.Sprintf("REPLACE(%s, 'a', 'éé')", c), fmt.Sprintf("LPAD(%s, %d, '*')", c, g.r.IntN(8)))
	default:
		return pick(g,
			fmt.Sprintf("DATE_ADD(%s, INTERVAL %d %s)", v(k), g.r.IntN(40)-20, pick(g, "DAY", "MONTH", "YEAR", "WEEK")),
			"LAST_DAY("+v(k)+")")
	}
}

// condition writes a truth value.
func (g *generator) condition(s scope, depth int) string {
	if depth > 0 && g.one(2) {
		return pick(g,
			fmt.Sprintf("(%s AND %s)", g.condition(s, depth-1), g.condition(s, depth-1)),
			fmt.Sprintf("(%s OR %s)", g.condition(s, depth-1), g.condition(s, depth-1)),
			"NOT ("+g.condition(s, depth-1)+")")
	}
	if depth > 0 && g.depth == 0 && g.one(3) {
		return g.subquery(s)
	}
	if t, ok := g.test(s); ok && g.one(6) {
		return t
	}
	k := pick(g, kinds...)
	c := g.column(s, k)
	switch g.r.IntN(6) {
	case 0:
		return c + pick(g, " IS NULL", " IS NOT NULL")
	case 1:
		return fmt.Sprintf("%s %sBETWEEN %s AND %s", c, pick(g, "", "NOT "), g.literal(k), g.literal(k))
	case 2:
		return fmt.Sprintf("%s %sIN (%s, %s)", c, pick(g, "", "NOT "), g.literal(k), g.literal(k))
	case 3:
		return fmt.Sprintf("%s %sLIKE %s", g.column(s, testdb.Text), pick(g, "", "NOT "), pick(g, "'%a%'", "'a_b'", `'a\\_b'`, "'trail%'", "'%'", "'_'", "'%😀%'"))
	}
	other := k
	if k == testdb.Decimal || k == testdb.Double {
		other = pick(g, k, testdb.Integer)
	}
	return fmt.Sprintf("%s %s %s", c, pick(g, "=", "<>", "<", "<=", ">", ">=", "<=>"), g.value(s, other, depth))
}

// inside writes a part of a subquery.
func (g *generator) inside(write func(from string, s scope) string) string {
	g.depth++
	defer func() { g.depth-- }()
	from, s := g.from()
	return write(from, s)
}

// subquery writes a condition with a subquery, often correlated.
func (g *generator) subquery(outer scope) string {
	k := pick(g, testdb.Integer, testdb.Text, testdb.Date)
	return g.inside(func(from string, s scope) string {
		where := g.where(s)
		if g.one(2) {
			where = fmt.Sprintf(" WHERE %s %s %s", g.column(s, k), pick(g, "=", "=", "<", "<>"), g.column(outer, k))
			if g.one(3) {
				where += " AND " + g.condition(s, 0)
			}
		}
		switch g.r.IntN(3) {
		case 0:
			return pick(g, "", "NOT ") + "EXISTS (SELECT 1 FROM " + from + where + ")"
		case 1:
			return fmt.Sprintf("%s %sIN (SELECT %s FROM %s%s)", g.column(outer, k), pick(g, "", "NOT "), g.column(s, k), from, where)
		}
		return fmt.Sprintf("%s %s (SELECT %s%s) FROM %s%s)", g.column(outer, k), pick(g, "=", "<", ">="),
			pick(g, "MIN(", "MAX("), g.column(s, k), from, where)
	})
}

// scalar writes a scalar subquery with an integer.
func (g *generator) scalar(outer scope) string {
	return g.inside(func(from string, s scope) string {
		if g.one(3) { // one row of those of the outer row, or of those that one of two rows has
			k := g.column(s, testdb.Integer)
			both := slices.Concat(s, outer)
			return fmt.Sprintf("(SELECT %s FROM %s WHERE %s %s %s OR %s ORDER BY 1%s LIMIT 1%s)", k, from, g.column(s, testdb.Integer), pick(g, "=", "<"),
				g.column(outer, testdb.Integer), g.condition(both, 0), pick(g, "", " DESC"), pick(g, "", " OFFSET 1"))
		}
		what := pick(g, "COUNT(*)", "COUNT("+g.column(s, testdb.Integer)+")", "MAX("+g.column(s, testdb.Integer)+")")
		return fmt.Sprintf("(SELECT %s FROM %s WHERE %s %s %s)", what, from, g.column(s, testdb.Integer), pick(g, "=", "<", "<>"),
			g.column(outer, testdb.Integer))
	})
}
