package randsql

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/silogate/silogate/internal/testdb"
)

// NewOuter returns the query of a seed whose groups have aggregates in subqueries.
func NewOuter(seed uint64) Query {
	g := &generator{r: rand.New(rand.NewPCG(seed, 3)), tables: testdb.Tables()[:4]}
	from, s := g.from()
	for !s.has(testdb.Integer) { // MariaDB sums up a constant that is an aggregate's argument before there are groups
		from, s = g.from()
	}
	where := g.where(s)
	var q Query
	var items, groups []string
	for range g.r.IntN(3) {
		if c := pick(g, s...); c.kind != testdb.Double && !slices.Contains(groups, c.name) {
			items, groups, q.Kinds = append(items, c.name), append(groups, c.name), append(q.Kinds, c.kind)
		}
	}
	if len(groups) == 0 { // a subquery beside a group of no rows is NULL in MariaDB, a count too
		from, s = named(pick(g, g.tables[1:]...), "q0")
		where = ""
	}
	if g.one(3) {
		item, kind := g.aggregate(s, len(groups) > 0)
		items, q.Kinds = append(items, item), append(q.Kinds, kind)
	}
	for range 1 + g.r.IntN(2) {
		item := g.ofGroups(s)
		if g.one(4) {
			item = "(" + g.testOfGroups(s) + ")"
		}
		items, q.Kinds = append(items, item), append(q.Kinds, testdb.Integer)
	}
	q.SQL = "SELECT " + strings.Join(items, ", ") + " FROM " + from + where
	if len(groups) > 0 {
		q.SQL += " GROUP BY " + strings.Join(groups, ", ")
		if g.one(6) {
			q.SQL += " WITH ROLLUP"
		}
	}
	if g.one(2) {
		q.SQL += " HAVING " + g.testOfGroups(s)
	}
	var definitions []string
	for _, w := range g.shared {
		definitions = append(definitions, w.definition)
	}
	if len(definitions) > 0 {
		q.SQL = "WITH " + strings.Join(definitions, ", ") + " " + q.SQL
	}
	return q
}

// outer writes an aggregate of the groups for a subquery, an integer.
func (g *generator) outer(s scope) string {
	c := g.column(s, testdb.Integer)
	return pick(g, "COUNT("+c+")", "COUNT(DISTINCT "+c+")", "MIN("+c+")", "MAX("+c+")", "SUM("+c+")",
		"COUNT("+g.column(s, testdb.Text)+")", "MAX("+g.value(s, testdb.Integer, 1)+")")
}

// ofGroups writes a scalar subquery with aggregates of the groups around it, an integer.
func (g *generator) ofGroups(groups scope) string {
	return g.inside(func(from string, s scope) string {
		a, c := g.outer(groups), g.column(s, testdb.Integer)
		compare := pick(g, " = ", " < ", " >= ", " <> ")
		switch g.r.IntN(8) {
		case 0:
			return "(SELECT " + a + ")"
		case 1:
			return fmt.Sprintf("(SELECT MAX(%s) + %s FROM %s%s)", c, a, from, g.where(s))
		case 2:
			return fmt.Sprintf("(SELECT COUNT(*) FROM %s HAVING COUNT(*)%s%s)", from, compare, a)
		case 3:
			return fmt.Sprintf("(SELECT %s FROM %s WHERE %s%s%s ORDER BY 1 LIMIT 1)", c, from, c, compare, a)
		case 4:
			return fmt.Sprintf("(SELECT MAX(%s + %s) FROM %s)", c, a, from)
		case 5:
			deeper := g.inside(func(from string, in scope) string {
				return fmt.Sprintf("(SELECT MIN(%s) FROM %s WHERE %s%s%s)", g.column(in, testdb.Integer), from, g.column(in, testdb.Integer), compare, a)
			})
			return fmt.Sprintf("(SELECT COUNT(*) FROM %s WHERE %s < %s)", from, c, deeper)
		case 6:
			k := g.column(s, pick(g, testdb.Integer, testdb.Text))
			return fmt.Sprintf("(SELECT MIN(%s) FROM %s WHERE %s%s%s GROUP BY %s ORDER BY 1 LIMIT 1)", c, from, c, compare, a, k)
		}
		return fmt.Sprintf("(SELECT COUNT(%s) FROM %s WHERE %s%s%s AND %s)", c, from, c, compare, a, g.condition(s, 0))
	})
}

// testOfGroups writes a condition with a subquery that has aggregates of the groups around it.
func (g *generator) testOfGroups(groups scope) string {
	return g.inside(func(from string, s scope) string {
		a, b, c := g.outer(groups), g.outer(groups), g.column(s, testdb.Integer)
		compare := pick(g, " = ", " < ", " >= ")
		switch g.r.IntN(4) {
		case 0:
			return fmt.Sprintf("%sEXISTS (SELECT 1 FROM %s WHERE %s%s%s)", pick(g, "", "NOT "), from, c, compare, a)
		case 1:
			return fmt.Sprintf("%s %sIN (SELECT %s FROM %s WHERE %s%s%s)", b, pick(g, "", "NOT "), c, from, g.column(s, testdb.Integer), compare, a)
		case 2:
			return fmt.Sprintf("%s%s%s (SELECT %s FROM %s WHERE %s%s%s)", b, compare, pick(g, "ANY", "ALL"), c, from, g.column(s, testdb.Integer), compare, a)
		}
		return fmt.Sprintf("(SELECT MAX(%s) FROM %s WHERE %s%s%s)%s%s", c, from, c, compare, a, compare, b)
	})
}
