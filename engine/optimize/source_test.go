package optimize

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// source is an in-memory source that takes the nodes it is told to.
type source struct {
	site    plan.Site
	takes   map[string]bool // filter, project, join, aggregate, limit, union, sort, with, cteref
	offered []plan.Node
	answer  func(plan.Node) plan.Node // instead of taking
	link    connectors.Link
	lookups float64 // rows that it looks up for each join; 0: it does not say, nor what anything costs
}

// Link implements connectors.Linked.
func (s *source) Link() connectors.Link { return s.link }

// List yields nothing: the optimizer never lists.
func (s *source) List(context.Context, connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	return func(func(connectors.Listed, error) bool) {}
}

// Table is never called by the optimizer.
func (s *source) Table(context.Context, plan.TableName, connectors.AsOf) (*plan.Table, error) {
	return nil, fmt.Errorf("not asked for")
}

func (s *source) Pushdown(_ context.Context, n plan.Node) (plan.Node, error) {
	s.offered = append(s.offered, n)
	if s.answer != nil {
		return s.answer(n), nil
	}
	out, whole := s.take(n)
	if whole {
		return s.remote(n), nil
	}
	return out, nil
}

// take replaces what the source runs below n; whole says that it runs n itself.
func (s *source) take(n plan.Node) (plan.Node, bool) {
	if _, ok := n.(*plan.With); ok && s.takes["cteref"] && !s.takesAll(n) {
		without := *s
		without.takes = maps.Clone(s.takes)
		delete(without.takes, "cteref") // what is kept here can't be read there
		return without.take(n)
	}
	whole := s.takesNode(n)
	children := n.Children()
	out := make([]plan.Node, len(children))
	taken := make([]bool, len(children))
	for i, c := range children {
		out[i], taken[i] = s.take(c)
		whole = whole && taken[i]
	}
	if whole {
		return n, true
	}
	for i, c := range children {
		if taken[i] {
			out[i] = s.remote(c)
		}
	}
	return n.WithChildren(out), false
}

func (s *source) takesNode(n plan.Node) bool {
	kind := plan.KindName(n)
	return kind == "scan" || s.takes[kind]
}

func (s *source) takesAll(n plan.Node) bool {
	return s.takesNode(n) && !slices.ContainsFunc(n.Children(), func(c plan.Node) bool { return !s.takesAll(c) })
}

func (s *source) remote(n plan.Node) plan.Node {
	return &plan.Remote{Site: s.site, Fragment: &fragment{node: n, lookups: s.lookups}, Cols: n.Schema()}
}

// fragment is a plan the source runs.
type fragment struct {
	node    plan.Node
	rows    float64 // that the source says it has; 0: it says nothing
	lookups float64 // see source
}

func (f *fragment) Schema() plan.Schema { return f.node.Schema() }

func (f *fragment) String() string {
	text := strings.ReplaceAll(plan.Format(f.node, plan.FormatOptions{}), "    ", "")
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", " ")
}

func (f *fragment) Estimate(context.Context) (connectors.Estimate, error) {
	e := connectors.UnknownEstimate()
	if f.lookups > 0 {
		return f.worked(f.node), nil
	}
	if f.rows > 0 {
		e.Rows = f.rows
	}
	return e, nil
}

// MostKeys implements connectors.KeyLister.
func (f *fragment) MostKeys() int {
	if f.lookups > 0 {
		return 50_000
	}
	return 0
}

// worked is what a source says that looks rows up for each join: 15 µs for a row, and 0.1 µs for one of a table.
func (f *fragment) worked(n plan.Node) connectors.Estimate {
	var e connectors.Estimate
	for _, c := range n.Children() {
		in := f.worked(c)
		e.Rows, e.Cost, e.Lookups = max(e.Rows, in.Rows), e.Cost+in.Cost, e.Lookups+in.Lookups
	}
	switch n := n.(type) {
	case *plan.Scan:
		e.Rows, e.Cost = n.Table.Stats.Rows, n.Table.Stats.Rows*1e-7
	case *plan.Filter:
		e.Rows /= 3
	case *plan.Join:
		e.Rows /= 2
		e.Lookups += f.lookups
		e.Cost += f.lookups * 15e-6
	}
	e.Bytes = e.Rows * 8 * float64(len(n.Schema()))
	return e
}

func (f *fragment) Start(context.Context, connectors.Scan) (connectors.Execution, error) {
	return nil, fmt.Errorf("plans of these tests do not run")
}

// sources finds the sources of tests by name.
type sources map[string]*source

func (s sources) Source(site plan.Site) (connectors.Source, error) {
	if src := s[site.Source]; src != nil {
		return src, nil
	}
	return nil, fmt.Errorf("no source %s", site.Source)
}

func newSources(takes ...string) sources {
	out := make(sources)
	for _, name := range []string{"pg", "s3"} {
		s := &source{site: plan.Site{Source: name}, takes: make(map[string]bool)}
		for _, t := range takes {
			s.takes[t] = true
		}
		out[name] = s
	}
	return out
}

// fixtures are the tables of the tests: t and u of source pg, v, w and n of source s3, with NULLs and duplicates in every
// column but t's and v's keys. The key of n is one that may be NULL, and is twice. Of f, of source pg, statistics are known. A
// statement sees one state of t, n and k, whose key is a text that equals others. The table r of source pg can't be read without its key, or x and y.
func fixtures(seed uint64) map[string]*table {
	rng := rand.New(rand.NewPCG(seed, 1))
	n := newTable(rng, "s3", "n", 6, "i", "j")
	n.Columns[0].Nullable, n.Primary, n.Snapshot = true, false, true
	n.rows[0][0], n.rows[1][0] = types.NullValue, types.NullValue
	n.rows[1][1] = n.rows[0][1]
	f := newTable(rng, "pg", "f", 9, "", "d", "e", "g")
	for i := range f.Columns {
		f.Columns[i].Stats = plan.ColumnStatistics{Known: true, Distinct: 50, NullFrac: 0.25}
	}
	k := newTable(rand.New(rand.NewPCG(seed, 2)), "pg", "k", 5, "s", "p", "q")
	k.Columns[0].Type = types.NewText(types.Varchar, 10, types.Utf8mb4General)
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		k.rows[i][0] = types.TextValue(name)
	}
	tables := map[string]*table{
		"f": f,
		"k": k,
		"n": n,
		"t": newTable(rng, "pg", "t", 8, "a", "b", "c"),
		"u": newTable(rng, "pg", "u", 10, "", "x", "y"),
		"v": newTable(rng, "s3", "v", 6, "k", "l", "m"),
		"w": newTable(rng, "s3", "w", 7, "", "p", "q"),
		"r": newTable(rng, "pg", "r", 8, "key", "x", "y"),
	}
	tables["r"].Required = [][]int{{0}, {1, 2}}
	return tables
}

// statsScale makes estimates those of tables that are worth a decision.
const statsScale = 10_000

// newTable makes a table of integers from 0 to 4; a key column counts.
func newTable(rng *rand.Rand, source, name string, rows int, key string, cols ...string) *table {
	t := &table{source: source, Table: &plan.Table{Name: plan.TableName{Name: name}}}
	t.Stats = plan.Statistics{Rows: float64(rows) * statsScale, Bytes: math.NaN()}
	if key != "" {
		cols = append([]string{key}, cols...)
		t.Keys, t.Primary, t.Snapshot = [][]int{{0}}, true, source == "pg"
	}
	for _, c := range cols {
		t.Columns = append(t.Columns, plan.TableColumn{
			Name: c, Type: types.Of(types.Int64), Nullable: c != key,
		})
	}
	for i := range rows {
		r := make([]types.Value, len(cols))
		for j, c := range cols {
			switch {
			case c == key:
				r[j] = types.IntValue(int64(i))
			case rng.IntN(4) == 0:
				r[j] = types.NullValue
			default:
				r[j] = types.IntValue(int64(rng.IntN(5)))
			}
		}
		t.rows = append(t.rows, r)
	}
	return t
}

var _ connectors.Fragment = (*fragment)(nil)
