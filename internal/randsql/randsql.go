// Package randsql writes random queries over the tables of package testdb, for comparing the answers of two databases.
//
// A query is a function of its seed. Its rows are a multiset: where it has a LIMIT its order is total. Every text
// comparison has a column on one side, whose collation decides, so that the connection's does not matter. DOUBLE results
// are marked, since their last digit may differ. Numbers stay small enough that sums rarely overflow; divisors may be 0.
//
// The oracles are MariaDB, and for what New writes the row engine of go-mysql-server too, which takes the column lists of derived tables
// that MariaDB lacks. It refuses one query in ten, and answers one in a hundred wrongly, in classes that the exemptions list. Of what
// NewWindow writes it refuses half and answers one in ten wrongly, most of it in frames: it is no oracle for windows.
package randsql

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/silogate/silogate/internal/testdb"
)

// Query is a query and what is known of its columns.
type Query struct {
	SQL   string
	Kinds []testdb.Kind
}

// New returns the query of a seed.
func New(seed uint64) Query {
	g := &generator{r: rand.New(rand.NewPCG(seed, 1)), tables: testdb.Tables()[:4]} // t4's extremes overflow everywhere
	var q Query
	if g.one(8) {
		q = g.union()
	} else {
		q = g.query(true)
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

type generator struct {
	r      *rand.Rand
	tables []testdb.Table
	shared []shared
	names  int // aliases given
	depth  int // of subqueries
}

// shared is a derived table that WITH defines.
type shared struct {
	name, definition string
	kinds            []testdb.Kind
}

type column struct {
	name string
	kind testdb.Kind
}

type scope []column

// one is true once in n times.
func (g *generator) one(n int) bool { return g.r.IntN(n) == 0 }

func pick[T any](g *generator, list ...T) T { return list[g.r.IntN(len(list))] }

// kinds are the kinds of expressions; Datetime only passes.
var kinds = []testdb.Kind{testdb.Integer, testdb.Decimal, testdb.Double, testdb.Text, testdb.Date}

func (g *generator) union() Query {
	list := make([]testdb.Kind, 1+g.r.IntN(2))
	for i := range list {
		list[i] = pick(g, testdb.Integer, testdb.Text, testdb.Date)
	}
	arm := func() string {
		from, s := g.from()
		items := make([]string, len(list))
		for i, k := range list {
			items[i] = g.value(s, k, 1)
		}
		return "SELECT " + strings.Join(items, ", ") + " FROM " + from + g.where(s)
	}
	return Query{arm() + pick(g, " UNION ", " UNION ALL ", " INTERSECT ", " INTERSECT ALL ", " EXCEPT ", " EXCEPT ALL ") + arm(), list}
}

// query writes a SELECT of some columns: the outermost, which may have a LIMIT, or a derived table.
func (g *generator) query(outermost bool) Query {
	from, s := g.from()
	where := g.where(s)
	if g.one(3) {
		return g.grouped(from, where, s, outermost)
	}
	n := 1 + g.r.IntN(3)
	q := Query{Kinds: make([]testdb.Kind, n)}
	items := make([]string, n)
	value := ""
	for i := range items {
		if t := twin(value); t != value && g.one(3) {
			q.Kinds[i], value = q.Kinds[i-1], t
		} else {
			q.Kinds[i] = pick(g, kinds...)
			value = g.value(s, q.Kinds[i], 2)
		}
		if !outermost {
			value = shown(value)
		}
		items[i] = fmt.Sprintf("%s AS x%d", value, i)
		if g.depth == 0 && g.one(8) {
			q.Kinds[i] = testdb.Integer
			value = g.scalar(s)
			items[i] = fmt.Sprintf("%s AS x%d", value, i)
		}
	}
	distinct := pick(g, "", "", "DISTINCT ")
	q.SQL = "SELECT " + distinct + strings.Join(items, ", ") + " FROM " + from + where
	if outermost && g.one(4) {
		order := g.totalOrder(n)
		if t, ok := g.test(s); ok && distinct == "" && g.one(3) {
			order = fmt.Sprintf(" ORDER BY %s%s, %s, %s", t, pick(g, "", " DESC"), twin(t), strings.TrimPrefix(order, " ORDER BY "))
		}
		q.SQL += order + fmt.Sprintf(" LIMIT %d", g.r.IntN(6))
		if g.one(3) {
			q.SQL += fmt.Sprintf(" OFFSET %d", g.r.IntN(4))
		}
	}
	return q
}

func (g *generator) totalOrder(columns int) string {
	keys := make([]string, columns)
	for i, at := range g.r.Perm(columns) {
		keys[i] = fmt.Sprintf("%d%s", at+1, pick(g, "", " DESC"))
	}
	return " ORDER BY " + strings.Join(keys, ", ")
}

func (g *generator) grouped(from, where string, s scope, outermost bool) Query {
	var q Query
	var items, groups []string
	rollup := g.one(3) // where a key stands once: of two MariaDB blanks only one
	for range g.r.IntN(3) {
		c := pick(g, s...)
		if c.kind == testdb.Double || rollup && slices.Contains(groups, c.name) {
			continue
		}
		items, groups = append(items, c.name), append(groups, c.name)
		q.Kinds = append(q.Kinds, c.kind)
	}
	if key, kind, ok := g.twinKey(s); ok && !rollup && g.one(3) {
		keys := []string{key}
		if g.one(2) {
			keys = append(keys, twin(key))
		}
		for _, k := range keys {
			items, groups, q.Kinds = append(items, k), append(groups, k), append(q.Kinds, kind)
		}
	}
	aggregates := len(items)
	for range 1 + g.r.IntN(3) {
		item, kind := g.aggregate(s, len(groups) > 0)
		items, q.Kinds = append(items, item), append(q.Kinds, kind)
		if t := twin(item); t != item && g.one(2) {
			items, q.Kinds = append(items, t), append(q.Kinds, kind)
		}
	}
	if rollup = rollup && len(groups) > 0; rollup {
		items, q.Kinds = append(items, pick(g, groups...)+" IS NULL"), append(q.Kinds, testdb.Integer)
	}
	list := slices.Clone(items)
	for i := range list {
		if !outermost {
			list[i] += fmt.Sprintf(" AS x%d", i)
		}
	}
	q.SQL = "SELECT " + strings.Join(list, ", ") + " FROM " + from + where
	if len(groups) > 0 {
		q.SQL += " GROUP BY " + strings.Join(groups, ", ")
	}
	if rollup {
		q.SQL += " WITH ROLLUP"
	}
	if rollup && g.one(3) {
		q.SQL += " HAVING " + pick(g, items[:len(items)-1]...) + pick(g, " IS NULL", " IS NOT NULL")
	} else if g.one(3) {
		item, kind := g.aggregate(s, len(groups) > 0)
		if g.one(3) {
			item, kind = twin(items[aggregates]), q.Kinds[aggregates]
		}
		q.SQL += " HAVING " + item + pick(g, " IS NOT NULL", " IS NULL")
		if kind == testdb.Integer {
			q.SQL += " OR " + item + pick(g, " > ", " <= ") + g.literal(kind)
		}
	}
	return q
}

// twinKey writes a key of groups that has a twin.
func (g *generator) twinKey(s scope) (string, testdb.Kind, bool) {
	if s.has(testdb.Text) && g.one(2) {
		return "CONCAT(" + g.column(s, testdb.Text) + ", " + pick(g, "'x'", "'X'") + ")", testdb.Text, true
	}
	key, ok := g.test(s)
	return key, testdb.Integer, ok
}

// shown rounds a quotient, which has more digits where it is computed with than where it has been kept. Which of both a derived
// table's column and an argument of SUM and AVG in groups are depends on the plan, in MySQL too.
func shown(value string) string {
	if strings.Contains(value, " / ") {
		return "ROUND(" + value + ", 4)"
	}
	return value
}

func (g *generator) aggregate(s scope, grouped bool) (string, testdb.Kind) {
	if t, ok := g.test(s); ok && g.one(4) {
		return pick(g, "SUM(", "MAX(", "COUNT(DISTINCT ") + t + ")", testdb.Integer
	}
	switch g.r.IntN(6) {
	case 0:
		return "COUNT(*)", testdb.Integer
	case 1:
		return "COUNT(" + pick(g, "", "DISTINCT ") + g.value(s, pick(g, testdb.Integer, testdb.Text, testdb.Date), 1) + ")", testdb.Integer
	case 2:
		call, value := pick(g, "SUM(", "AVG(")+pick(g, "", "DISTINCT "), g.value(s, pick(g, testdb.Integer, testdb.Decimal), 1)
		if grouped {
			value = shown(value)
		}
		return call + value + ")", testdb.Decimal
	case 3:
		return "SUM(" + g.value(s, testdb.Double, 0) + ")", testdb.Double
	}
	k := pick(g, testdb.Integer, testdb.Decimal, testdb.Text, testdb.Date)
	return pick(g, "MIN(", "MAX(") + g.value(s, k, 1) + ")", k
}

// from writes a FROM list and returns what it offers.
func (g *generator) from() (string, scope) {
	text, s := g.table()
	for range g.r.IntN(3) {
		right, more := g.table()
		join := pick(g, " JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " CROSS JOIN ")
		on := ""
		if join != " CROSS JOIN " {
			k := pick(g, testdb.Integer, testdb.Integer, testdb.Text)
			on = " ON " + g.column(s, k) + pick(g, " = ", " = ", " <=> ") + g.column(more, k)
			if g.one(4) {
				on += " AND " + g.condition(append(s[:len(s):len(s)], more...), 0)
			}
		}
		text += join + right + on
		s = append(s, more...)
	}
	return text, s
}

func (g *generator) table() (string, scope) {
	g.names++
	alias := fmt.Sprintf("q%d", g.names)
	if len(g.shared) > 0 && g.one(2) {
		w := pick(g, g.shared...)
		return w.read(alias)
	}
	if g.depth == 0 && g.one(8) {
		g.depth++
		q := g.query(false)
		g.depth--
		names := make([]string, len(q.Kinds))
		s := make(scope, len(q.Kinds))
		prefix := pick(g, "x", "x", "x", "y")
		if prefix == "x" && g.one(2) {
			name := fmt.Sprintf("w%d", len(g.shared)+1)
			w := shared{name, name + " AS (" + q.SQL + ")", q.Kinds}
			g.shared = append(g.shared, w)
			return w.read(alias)
		}
		for i, k := range q.Kinds {
			names[i] = fmt.Sprint(prefix, i)
			s[i] = column{alias + "." + names[i], k}
		}
		text := "(" + q.SQL + ") AS " + alias
		if prefix != "x" { // MariaDB has no such list
			text += " (" + strings.Join(names, ", ") + ")"
		}
		return text, s
	}
	return named(pick(g, g.tables...), alias)
}

// named is a table as an item of a FROM clause.
func named(t testdb.Table, alias string) (string, scope) {
	s := make(scope, len(t.Columns))
	for i, c := range t.Columns {
		s[i] = column{alias + "." + c.Name, c.Kind}
	}
	return t.Name + " AS " + alias, s
}

// read is an item of a FROM clause.
func (w shared) read(alias string) (string, scope) {
	s := make(scope, len(w.kinds))
	for i, k := range w.kinds {
		s[i] = column{fmt.Sprintf("%s.x%d", alias, i), k}
	}
	return w.name + " AS " + alias, s
}

func (g *generator) where(s scope) string {
	if g.one(3) {
		return ""
	}
	return " WHERE " + g.condition(s, 2)
}

// column returns a column of a kind, or NULL of that type where there is none.
func (g *generator) column(s scope, k testdb.Kind) string {
	var of scope
	for _, c := range s {
		if c.kind == k {
			of = append(of, c)
		}
	}
	if len(of) > 0 {
		return pick(g, of...).name
	}
	switch k {
	case testdb.Integer:
		return "CHAR_LENGTH(" + g.asText(s) + ")"
	case testdb.Text:
		return g.asText(s)
	}
	return g.literal(k)
}

// asText returns any column as text.
func (g *generator) asText(s scope) string {
	for _, c := range s {
		if c.kind == testdb.Text {
			return c.name
		}
	}
	for _, c := range s {
		if c.kind == testdb.Integer {
			return "CONCAT(" + c.name + ", '')"
		}
	}
	return "'none'"
}

func (g *generator) literal(k testdb.Kind) string {
	switch k {
	case testdb.Integer:
		return pick(g, "0", "1", "2", "-7", "10", "NULL")
	case testdb.Decimal:
		return pick(g, "0.00", "1.5", "-3.75", "7.0000", "0.01")
	case testdb.Double:
		return pick(g, "0e0", "0.5e0", "-1.25e0", "2e0")
	case testdb.Text:
		return pick(g, "''", "'apple'", "'APPLE'", "'trail'", "'trail '", "'x'", "'naïve'", "'😀'")
	default:
		return pick(g, "DATE '2024-01-01'", "DATE '2024-02-29'", "DATE '1999-12-31'")
	}
}
