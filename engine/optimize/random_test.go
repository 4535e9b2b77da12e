package optimize

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/plan"
)

var randomPlans = flag.Int("plans", 250, "how many random plans to try")

// TestRandomPlans runs every rule alone, and all of them, on random plans, and compares the rows before and after on
// several contents of the tables.
func TestRandomPlans(t *testing.T) {
	for seed := range uint64(*randomPlans) {
		text := randomPlan(seed)
		root := readPlan(t, fixtures(0), text)
		ok := t.Run(fmt.Sprint(seed), func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Log("plan:\n" + text)
				}
			}()
			want := answersOf(root, 4)
			checkEveryRule(t, root, want)
			checkAllRules(t, root, want)
		})
		if !ok {
			return
		}
	}
}

func checkEveryRule(t *testing.T, root plan.Node, want []answer) {
	for _, r := range rules() {
		p := newTestPlanner(root, newSources("filter", "project"))
		out, err := p.run(context.Background(), r, root, &Trace{})
		if err != nil {
			t.Fatal(err)
		}
		if out != root {
			sameAnswers(t, want, root, out)
		}
	}
}

func checkAllRules(t *testing.T, root plan.Node, want []answer) {
	for _, takes := range [][]string{
		nil, {"filter", "project"}, {"filter", "project", "join", "aggregate", "limit", "union"},
		{"filter", "project", "join", "aggregate", "limit", "union", "sort", "with", "cteref"},
	} {
		cfg := Config{Sources: newSources(takes...), Pushdown: takes != nil, Verify: true}
		out, _, err := Optimize(context.Background(), root, cfg)
		if err != nil {
			t.Fatal(err)
		}
		sameAnswers(t, want, root, out)
	}
}

// generator writes random plans in the reader's language.
type generator struct {
	*rand.Rand
	names int
}

// randomPlan writes a plan whose root has no limit below an order that leaves ties open.
func randomPlan(seed uint64) string {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 2))}
	text, cols := g.relation(3, nil)
	if g.IntN(3) == 0 {
		text = g.over("project "+g.projection(cols), text)
	}
	return text
}

func (g *generator) name() string {
	g.names++
	return fmt.Sprintf("n%d", g.names)
}

// over puts a node above others.
func (g *generator) over(head string, inputs ...string) string {
	var b strings.Builder
	b.WriteString(head + "\n")
	for _, in := range inputs {
		for line := range strings.Lines(in) {
			b.WriteString("  " + line)
		}
	}
	return b.String()
}

// relation writes a plan of at most a depth over columns of its own, which may read outer ones, and returns its columns.
func (g *generator) relation(depth int, outer []string) (string, []string) {
	if depth == 0 {
		return g.scan()
	}
	switch g.IntN(14) {
	case 13:
		in, cols := g.relation(depth-1, outer)
		return g.over(fmt.Sprintf("repeat (- %s 1)", g.pick(cols)), in), cols
	case 0:
		return g.scan()
	case 12:
		return g.rollup(depth, outer)
	case 1, 2:
		in, cols := g.relation(depth-1, outer)
		return g.over("filter "+g.conds(cols, outer), in), cols
	case 3:
		in, cols := g.relation(depth-1, outer)
		list := g.projection(cols)
		return g.over("project "+list, in), columnNames(list)
	case 4, 5:
		return g.join(depth, outer)
	case 6, 7, 8:
		return g.subquery(depth, outer)
	case 9:
		return g.aggregate(depth, outer)
	case 10:
		return g.union(depth, outer)
	default:
		if len(outer) > 0 {
			return g.scan() // a CTE is not correlated
		}
		return g.with(depth)
	}
}

func (g *generator) scan() (string, []string) {
	tables := [][]string{{"t", "a", "b", "c"}, {"u", "x", "y"}, {"v", "k", "l", "m"}, {"w", "p", "q"}, {"n", "i", "j"}, {"f", "d", "e", "g"}}
	t := tables[g.IntN(len(tables))]
	alias := g.name()
	var cols []string
	for _, c := range t[1:] {
		cols = append(cols, alias+"."+c)
	}
	return fmt.Sprintf("scan %s as %s\n", t[0], alias), cols
}

func (g *generator) join(depth int, outer []string) (string, []string) {
	if g.IntN(8) == 0 {
		return g.selfJoin(outer)
	}
	l, left := g.relation(depth-1, outer)
	r, right := g.relation(depth-1, outer)
	both := append(append([]string{}, left...), right...)
	eq := fmt.Sprintf("(= %s %s)", g.pick(left), g.pick(right))
	switch k := g.IntN(10); k {
	case 9:
		or := fmt.Sprintf("(or %s (= %s %s))", eq, g.pick(left), g.pick(right))
		return g.over("join inner "+or+" "+g.maybe(both, outer), l, r), both
	case 0:
		return g.over("join inner "+eq+" "+g.conds(both, outer), l, r), both
	case 1, 2:
		return g.over("join left "+eq+" "+g.maybe(both, outer), l, r), both
	case 3:
		return g.over("join full "+eq, l, r), both
	case 4:
		return g.over("join semi "+eq+" "+g.maybe(both, outer), l, r), left
	case 5:
		return g.over("join anti "+eq+" "+g.maybe(both, outer), l, r), left
	case 6:
		return g.over("join nullanti "+eq+" "+g.maybe(both, outer), l, r), left
	case 7:
		m := g.name()
		marked := g.over("join mark:"+m+" "+eq, l, r)
		return g.over("filter "+g.markCond(m, left), marked), left
	default:
		m := g.name()
		marked := g.over("join nullmark:"+m+" "+eq+" "+g.maybe(both, outer), l, r)
		return g.over("filter "+g.markCond(m, left), marked), left
	}
}

// selfJoin writes a table that is joined with itself by its key, perhaps below another join.
func (g *generator) selfJoin(outer []string) (string, []string) {
	t := [][]string{{"t", "a", "b", "c"}, {"v", "k", "l", "m"}, {"n", "i", "j"}}[g.IntN(3)]
	read := func() (string, []string) {
		alias := g.name()
		var cols []string
		for _, c := range t[1:] {
			cols = append(cols, alias+"."+c)
		}
		text := fmt.Sprintf("scan %s as %s\n", t[0], alias)
		if g.IntN(2) == 0 {
			text = g.over("filter "+g.conds(cols, outer), text)
		}
		return text, cols
	}
	l, left := read()
	r, right := read()
	key := fmt.Sprintf("(= %s %s)", left[0], right[0])
	if g.IntN(2) == 0 {
		between, cols := g.scan()
		l = g.over(fmt.Sprintf("join %s (= %s %s)", g.pick([]string{"inner", "left"}), g.pick(left), g.pick(cols)), l, between)
		left = append(left, cols...)
	}
	both := append(slices.Clone(left), right...)
	return g.over("join inner "+key+" "+g.maybe(both, outer), l, r), both
}

func (g *generator) markCond(m string, cols []string) string {
	return []string{
		m, "(not " + m + ")", fmt.Sprintf("(or %s %s)", m, g.cond(cols)), "(istrue " + m + ")", "(isfalse " + m + ")",
		"(not (istrue " + m + "))",
	}[g.IntN(6)]
}

// subquery writes an Apply whose inner side reads the columns of its outer side, and mostly a filter on its result.
func (g *generator) subquery(depth int, outer []string) (string, []string) {
	o, cols := g.relation(depth-1, outer)
	visible := append(append([]string{}, cols...), outer...)
	if g.IntN(4) == 0 {
		visible = nil
	}
	in, inner := g.relation(depth-1, visible)
	if visible != nil {
		in = g.over(fmt.Sprintf("filter (%s %s %s) %s", g.pick([]string{"=", "=", "=", "<"}), g.pick(inner), g.pick(visible),
			g.maybe(inner, visible)), in)
	}
	switch g.IntN(6) {
	case 0, 1:
		s := g.name()
		agg := g.over(fmt.Sprintf("agg () %s=%s", s, g.agg(inner)), in)
		if g.IntN(3) == 0 {
			agg = g.over(fmt.Sprintf("filter (< %s 3)", s), agg)
		}
		if g.IntN(3) == 0 {
			d := g.name()
			agg, s = g.over(fmt.Sprintf("project %s=(+ %s 1)", d, s), agg), d
		}
		return g.over("apply scalar", o, agg), append(cols, s)
	case 2:
		m := g.name()
		return g.over("filter "+g.markCond(m, cols), g.over("apply exists:"+m, o, in)), cols
	case 3:
		m, c := g.name(), g.pick(inner)
		apply := g.over(fmt.Sprintf("apply in:%s (= %s %s)", m, g.pick(cols), c), o, g.over("project "+c, in))
		return g.over("filter "+g.markCond(m, cols), apply), cols
	case 4:
		return g.over("apply inner "+g.maybe(append(inner, cols...), outer), o, in), append(append([]string{}, cols...), inner...)
	default:
		return g.over("apply left "+g.maybe(append(inner, cols...), outer), o, in), append(append([]string{}, cols...), inner...)
	}
}

func (g *generator) agg(cols []string) string {
	f := g.pick([]string{"count*", "count", "sum", "min", "max"})
	if f == "count*" {
		return "(count*)"
	}
	return fmt.Sprintf("(%s %s)", f, g.pick(cols))
}

func (g *generator) aggregate(depth int, outer []string) (string, []string) {
	in, cols := g.relation(depth-1, outer)
	group, n := g.pick(cols), g.name()
	if g.IntN(4) == 0 {
		return g.over("agg ("+group+")", in), []string{group}
	}
	text := g.over(fmt.Sprintf("agg (%s) %s=%s", group, n, g.agg(cols)), in)
	if g.IntN(2) == 0 {
		text = g.over("filter "+g.cond([]string{group, n}), text)
	}
	return text, []string{group, n}
}

// rollup writes groups of one or two keys with their super-aggregates, and filters on keys and level.
func (g *generator) rollup(depth int, outer []string) (string, []string) {
	in, cols := g.relation(depth-1, outer)
	level := g.name()
	var keys, list []string
	for range 1 + g.IntN(2) {
		k := g.name()
		e := g.pick(cols)
		if g.IntN(3) == 0 {
			e = fmt.Sprintf("(+ %s %d)", e, g.IntN(2))
		}
		keys, list = append(keys, k), append(list, k+"="+e)
	}
	groups := append(slices.Clone(keys), level)
	text := g.over("rollup "+level+" "+strings.Join(list, " "), in)
	if g.IntN(3) == 0 {
		text = g.over("filter "+g.cond(groups), text)
	}
	var aggs []string
	out := slices.Clone(groups)
	for range g.IntN(3) {
		n, a := g.name(), g.agg(cols)
		if g.IntN(4) == 0 {
			a = fmt.Sprintf("(count distinct %s)", g.pick(cols))
		}
		aggs, out = append(aggs, n+"="+a), append(out, n)
	}
	text = g.over(fmt.Sprintf("agg (%s) %s", strings.Join(groups, " "), strings.Join(aggs, " ")), text)
	if g.IntN(2) == 0 {
		text = g.over("filter "+g.cond(out), text)
	}
	return text, out
}

func (g *generator) union(depth int, outer []string) (string, []string) {
	l, left := g.relation(depth-1, outer)
	r, right := g.relation(depth-1, outer)
	a, b := g.name(), g.name()
	side := func(in string, cols []string) string {
		return g.over(fmt.Sprintf("project %s=(+ %s 0) %s=(+ %s 1)", g.name(), g.pick(cols), g.name(), g.pick(cols)), in)
	}
	return g.over(fmt.Sprintf("union %s %s", a, b), side(l, left), side(r, right)), []string{a, b}
}

// with writes a CTE of a few columns that is read one or two times.
func (g *generator) with(depth int) (string, []string) {
	in, cols := g.relation(depth-1, nil)
	c, x, y := g.name(), g.name(), g.name()
	bound := g.over(fmt.Sprintf("project %s=(+ %s 0) %s=(+ %s 1)", x, g.pick(cols), y, g.pick(cols)), in)
	read := func() (string, []string) {
		alias := g.name()
		out := []string{alias + "." + x, alias + "." + y}
		text := fmt.Sprintf("read %s as %s\n", c, alias)
		if g.IntN(2) == 0 {
			text = g.over("filter "+g.cond(out), text)
		}
		return text, out
	}
	body, out := read()
	if g.IntN(3) > 0 {
		r, right := read()
		body = g.over(fmt.Sprintf("join inner (= %s %s)", g.pick(out), g.pick(right)), body, r)
		out = append(out, right...)
	}
	return g.over("with", g.over("cte "+c, bound), body), out
}

// projection lists a few columns and a computed one.
func (g *generator) projection(cols []string) string {
	var list []string
	for _, c := range cols {
		if g.IntN(2) == 0 {
			list = append(list, c)
		}
	}
	return strings.Join(append(list, fmt.Sprintf("%s=(+ %s %d)", g.name(), g.pick(cols), g.IntN(3))), " ")
}

// columnNames returns the names that a projection list defines: its computed column stands last.
func columnNames(projection string) []string {
	head, _, _ := strings.Cut(projection, "=(")
	return strings.Fields(head)
}

// conds writes one or two conditions, of which some read outer columns.
func (g *generator) conds(cols, outer []string) string {
	if g.IntN(2) == 0 {
		return g.cond(append(append([]string{}, cols...), outer...))
	}
	return g.cond(cols) + " " + g.cond(append(append([]string{}, cols...), outer...))
}

func (g *generator) maybe(cols, outer []string) string {
	if g.IntN(2) == 0 {
		return ""
	}
	return g.conds(cols, outer)
}

func (g *generator) cond(cols []string) string {
	a, b := g.pick(cols), g.pick(cols)
	switch g.IntN(10) {
	case 9:
		return fmt.Sprintf("(%s (%s %s %d) (in %s 0 %d) (<> %s 2))", g.pick([]string{"or", "and"}), g.pick([]string{"<", ">="}), a, g.IntN(4), a,
			1+g.IntN(3), g.pick([]string{a, b}))
	case 0:
		return fmt.Sprintf("(= %s %s)", a, b)
	case 1:
		return fmt.Sprintf("(isnull %s)", a)
	case 2:
		return fmt.Sprintf("(not (isnull %s))", a)
	case 3:
		return fmt.Sprintf("(or (= %s %d) (and (> %s 1) (= %s 2)))", a, g.IntN(4), b, g.pick(cols))
	case 4:
		return fmt.Sprintf("(or (and (= %s 1) (= %s 2)) (and (= %s 1) (< %s 3)))", a, b, a, g.pick(cols))
	case 5:
		return fmt.Sprintf("(%s %s 0 1 3)", g.pick([]string{"in", "notin"}), a)
	case 6:
		return fmt.Sprintf("(<> (coalesce %s 2) %s)", a, b)
	default:
		return fmt.Sprintf("(%s %s %d)", g.pick([]string{"<", "<=", ">", ">=", "="}), a, g.IntN(4))
	}
}

func (g *generator) pick(list []string) string { return list[g.IntN(len(list))] }
