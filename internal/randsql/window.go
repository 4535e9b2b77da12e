package randsql

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/silogate/silogate/internal/testdb"
)

// NewWindow returns the query of a seed whose list is window functions, over rows or over groups. Where the order of equal
// rows would show, the order of the window is total.
func NewWindow(seed uint64) Query {
	g := &windowGenerator{generator: generator{r: rand.New(rand.NewPCG(seed, 2)), tables: testdb.Tables()[:4]}}
	if g.one(4) {
		return g.overGroups()
	}
	return g.overRows()
}

type windowGenerator struct {
	generator
	sorts [][]string // the keys by which the rows of each window are sorted: of its partition and its order
}

// source is a FROM clause with the keys that tell its rows apart.
type source struct {
	from string
	keys []string
	scope
}

func (g *windowGenerator) source() source {
	s := source{}
	for i := range 1 + g.r.IntN(2) {
		g.names++
		t, alias := pick(&g.generator, g.tables...), fmt.Sprintf("q%d", g.names)
		var own scope
		for _, c := range t.Columns {
			own = append(own, column{alias + "." + c.Name, c.Kind})
		}
		text := t.Name + " AS " + alias
		if i > 0 {
			text = pick(&g.generator, " JOIN ", " LEFT JOIN ") + text + " ON " + g.column(s.scope, testdb.Integer) + " = " +
				g.column(own, testdb.Integer)
		}
		s.from += text
		if t.Columns[0].Name == "id" {
			s.keys = append(s.keys, own[0].name)
		} else {
			for _, c := range own {
				s.keys = append(s.keys, c.name)
			}
		}
		s.scope = append(s.scope, own...)
	}
	return s
}

func (g *windowGenerator) overRows() Query {
	s := g.source()
	q := Query{}
	var items, named []string
	last := ""
	for i := range 1 + g.r.IntN(4) {
		call, kind := g.function(s.scope, s.keys)
		if t := twin(last); t != last && g.one(2) {
			call, kind = t, q.Kinds[i-1]
			g.sorts[i] = slices.Clone(g.sorts[i-1])
			for j, key := range g.sorts[i] {
				if g.sorts[i][j] = twin(key); g.sorts[i][j] != key {
					break
				}
			}
		}
		last = call
		if i > 0 { // beside a window of all rows MariaDB sorts no other
			items[0], call = g.sorted(0, items[0], s.keys[0]), g.sorted(i, call, s.keys[0])
		}
		if g.sortedOnce() {
			break
		}
		if at := strings.Index(call, " OVER ("); g.one(5) && at > 0 && !strings.HasSuffix(call, " OVER ()") {
			named = append(named, fmt.Sprintf("w%d AS %s", i, call[at+len(" OVER "):]))
			call = fmt.Sprintf("%s OVER w%d", call[:at], i)
		}
		items, q.Kinds = append(items, fmt.Sprintf("%s AS x%d", call, i)), append(q.Kinds, kind)
	}
	q.SQL = "SELECT " + strings.Join(items, ", ") + " FROM " + s.from + g.where(s.scope)
	if len(named) > 0 {
		q.SQL += " WINDOW " + strings.Join(named, ", ")
	}
	switch {
	case g.one(5) && len(q.Kinds) > 0 && q.Kinds[0] == testdb.Integer:
		q.SQL = "SELECT * FROM (" + q.SQL + ") AS d WHERE d.x0 " + pick(&g.generator, "<= 3", "> 2", "= 1", "IS NULL")
	case g.one(4) && !slices.Contains(q.Kinds, testdb.Double):
		q.SQL += g.totalOrder(len(items)) + fmt.Sprintf(" LIMIT %d", 1+g.r.IntN(8))
	}
	return q
}

// sorted gives a window of all rows partitions.
func (g *windowGenerator) sorted(i int, call, key string) string {
	if len(g.sorts[i]) == 0 {
		g.sorts[i] = []string{key}
	}
	return strings.Replace(call, " OVER ()", " OVER (PARTITION BY "+key+")", 1)
}

// sortedOnce reports whether the keys of one window are the first of two others' that go on differently: MariaDB sorts the rows for
// only one of these.
func (g *windowGenerator) sortedOnce() bool {
	begins := func(a, b []string) bool { return len(a) <= len(b) && slices.Equal(a, b[:len(a)]) }
	for _, first := range g.sorts {
		for i, a := range g.sorts {
			for _, b := range g.sorts[:i] {
				if begins(first, a) && begins(first, b) && !begins(a, b) && !begins(b, a) {
					return true
				}
			}
		}
	}
	return false
}

// overGroups is window functions of the groups of a query.
func (g *windowGenerator) overGroups() Query {
	s := g.source()
	key := pick(&g.generator, s.scope...)
	for key.kind == testdb.Double {
		key = pick(&g.generator, s.scope...)
	}
	groups := scope{key}
	for _, k := range []testdb.Kind{testdb.Integer, testdb.Decimal} {
		groups = append(groups, column{pick(&g.generator, "SUM(", "MIN(", "MAX(") + g.column(s.scope, k) + ")", testdb.Decimal})
	}
	groups = append(groups, column{"COUNT(*)", testdb.Integer})
	q := Query{Kinds: []testdb.Kind{key.kind}}
	items := []string{key.name + " AS k"}
	for i := range 1 + g.r.IntN(2) {
		call, kind := g.function(groups, []string{key.name})
		if i > 0 {
			items[1], call = g.sorted(0, items[1], key.name), g.sorted(i, call, key.name)
		}
		items, q.Kinds = append(items, fmt.Sprintf("%s AS x%d", call, i)), append(q.Kinds, kind)
	}
	q.SQL = "SELECT " + strings.Join(items, ", ") + " FROM " + s.from + g.where(s.scope) + " GROUP BY " + key.name
	if g.one(3) {
		q.SQL += " HAVING COUNT(*) " + pick(&g.generator, "> 1", "< 3", "<> 2")
	}
	return q
}

// function writes the call of a window function.
func (g *windowGenerator) function(s scope, keys []string) (string, testdb.Kind) {
	r := &g.generator
	partition := ""
	if c := pick(r, s...); g.one(2) && c.kind != testdb.Double {
		partition = "PARTITION BY " + c.name
		if d := pick(r, s...); g.one(4) && d.kind != testdb.Double {
			partition += ", " + d.name
		}
	} else if t, ok := g.test(s); ok && !strings.Contains(t, ", ") && g.one(2) {
		partition = "PARTITION BY " + t
	}
	var order []string
	for range g.r.IntN(3) {
		if c := pick(r, s...); c.kind != testdb.Double {
			order = append(order, c.name+pick(r, "", " DESC"))
		}
	}
	total := slices.Concat(order, keys)
	c := pick(r, s...)
	for c.kind == testdb.Double {
		c = pick(r, s...)
	}
	switch g.r.IntN(9) {
	case 0:
		return g.over("ROW_NUMBER()", partition, total, ""), testdb.Integer
	case 1:
		return g.over(pick(r, "RANK()", "DENSE_RANK()"), partition, order, ""), testdb.Integer
	case 2:
		if len(order) == 0 {
			order = total
		}
		return g.over(pick(r, "PERCENT_RANK()", "CUME_DIST()"), partition, order, ""), testdb.Double
	case 3:
		return g.over(fmt.Sprintf("NTILE(%d)", 1+g.r.IntN(5)), partition, total, ""), testdb.Integer
	case 4:
		call := pick(r, "LAG", "LEAD") + "(" + c.name
		if g.one(2) {
			call += fmt.Sprintf(", %d", g.r.IntN(4))
		}
		return g.over(call+")", partition, total, ""), c.kind
	case 5:
		call := pick(r, "FIRST_VALUE("+c.name+")", "LAST_VALUE("+c.name+")", fmt.Sprintf("NTH_VALUE(%s, %d)", c.name, 1+g.r.IntN(3)))
		return g.over(call, partition, total, g.rowsFrame()), c.kind
	}
	if g.one(6) { // over other frames MariaDB keeps the bits of rows that have left
		return g.over(pick(r, "BIT_AND(", "BIT_OR(", "BIT_XOR(")+"ABS("+g.column(s, testdb.Integer)+"))", partition, order, ""), testdb.Integer
	}
	call, kind := g.windowAggregate(s)
	if key, ok := g.numberKey(s); ok && g.one(3) {
		return g.over(call, partition, []string{key + pick(r, "", " DESC")}, g.rangeFrame()), kind
	}
	if g.one(2) {
		return g.over(call, partition, total, g.rowsFrame()), kind
	}
	if len(order) > 0 && g.one(3) {
		return g.over(call, partition, order, pick(r, "RANGE UNBOUNDED PRECEDING", "RANGE CURRENT ROW",
			"RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", "RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING")), kind
	}
	return g.over(call, partition, order, ""), kind
}

func (g *windowGenerator) windowAggregate(s scope) (string, testdb.Kind) {
	r := &g.generator
	switch g.r.IntN(5) {
	case 0:
		if t, ok := g.test(s); ok && g.one(2) {
			return "SUM(" + t + ")", testdb.Integer
		}
		return "COUNT(*)", testdb.Integer
	case 1:
		return "COUNT(" + pick(r, s...).name + ")", testdb.Integer
	case 2, 3:
		return pick(r, "SUM(", "AVG(") + g.column(s, pick(r, testdb.Integer, testdb.Decimal)) + ")", testdb.Decimal
	}
	k := pick(r, testdb.Integer, testdb.Decimal, testdb.Text, testdb.Date)
	return pick(r, "MIN(", "MAX(") + g.column(s, k) + ")", k
}

func (g *windowGenerator) numberKey(s scope) (string, bool) {
	for _, i := range g.r.Perm(len(s)) {
		if s[i].kind == testdb.Integer || s[i].kind == testdb.Decimal {
			return s[i].name, true
		}
	}
	return "", false
}

func (g *windowGenerator) over(call, partition string, order []string, frame string) string {
	var parts, keys []string
	if partition != "" {
		parts, keys = append(parts, partition), strings.Split(strings.TrimPrefix(partition, "PARTITION BY "), ", ")
	}
	g.sorts = append(g.sorts, slices.Concat(keys, order))
	if len(order) > 0 {
		parts = append(parts, "ORDER BY "+strings.Join(order, ", "))
	}
	if frame != "" {
		parts = append(parts, frame)
	}
	return call + " OVER (" + strings.Join(parts, " ") + ")"
}

// rowsFrame writes a ROWS frame, or none.
func (g *windowGenerator) rowsFrame() string { return g.frame("ROWS", 3) }

func (g *windowGenerator) rangeFrame() string { return g.frame("RANGE", 5) }

func (g *windowGenerator) frame(unit string, most int) string {
	bounds := []string{"UNBOUNDED PRECEDING"}
	for n := most; n >= 0; n -= 1 + g.r.IntN(2) {
		bounds = append(bounds, fmt.Sprintf("%d PRECEDING", n))
	}
	bounds = append(bounds, "CURRENT ROW")
	for n := 0; n <= most; n += 1 + g.r.IntN(2) {
		bounds = append(bounds, fmt.Sprintf("%d FOLLOWING", n))
	}
	bounds = append(bounds, "UNBOUNDED FOLLOWING")
	from := g.r.IntN(len(bounds) - 1)
	to := max(1, from+g.r.IntN(len(bounds)-from))
	return fmt.Sprintf("%s BETWEEN %s AND %s", unit, bounds[from], bounds[to])
}
