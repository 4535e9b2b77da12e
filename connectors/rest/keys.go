package rest

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// choice is the values of some filters that are asked for together: each tuple has one for each filter.
type choice struct {
	filters []int
	tuples  [][]types.Value
	kind    choiceKind
}

type choiceKind uint8

// What becomes of a choice that is not asked for.
const (
	ofQuery choiceKind = iota // its rows are picked here
	ofKeys                    // they are by the join with the keys (partners)
	ofJoins                   // whoever told of it checks again
)

// mostOptional is how many requests a join's keys may take where the table can be read without them.
const mostOptional = 32

// calls returns the lists to ask for, none if no row can match. That keys are missing which the table is read by is
// sqlerr.RequiredKeys.
func (x *execution) calls() ([]*call, error) {
	var choices []choice
	for _, g := range x.given {
		if g.key >= 0 {
			continue
		}
		values := g.values
		for _, ordinal := range g.params {
			values = append(values, x.scan.Env.Params[ordinal])
		}
		choices = append(choices, x.singles(g.filter, values))
	}
	if x.keys != nil {
		choices = append(choices, x.partners.choice())
	}
	told, err := x.told()
	if err != nil {
		return nil, err
	}
	choices = append(choices, told...)
	if slices.ContainsFunc(choices, func(c choice) bool { return len(c.tuples) == 0 }) {
		return nil, nil
	}
	asked, checks, err := x.affordable(choices)
	if err != nil {
		return nil, err
	}
	first := &call{table: x.table, endpoint: x.endpoint, order: x.order, most: x.most(), checks: checks}
	first.sparse = x.endpoint.Each != "" || x.partners != nil || len(checks) > 0
	calls := []*call{first}
	for _, c := range asked {
		parts := x.divided(c)
		next := make([]*call, 0, len(calls)*len(parts))
		for _, l := range calls {
			for _, part := range parts {
				next = append(next, l.with(part))
			}
		}
		calls = next
	}
	return calls, nil
}

// most is how many rows one call is asked for at most; < 0: all.
func (f *fragment) most() int64 {
	if f.limit < 0 {
		return -1
	}
	return f.limit + f.skip
}

// with returns the call with more values.
func (l *call) with(more map[int][]types.Value) *call {
	m := *l
	m.given = make(map[int][]types.Value, len(l.given)+len(more))
	for _, part := range []map[int][]types.Value{l.given, more} {
		for filter, values := range part {
			m.given[filter] = values
		}
	}
	for filter, values := range more {
		if f := &l.table.Filters[filter]; f.Loose && f.op() == expr.Eq {
			m.checks = append(slices.Clip(m.checks), checkOf(l.table.columns[f.Column], values))
			m.sparse = true
		}
	}
	return &m
}

func checkOf(column int, values []types.Value) check {
	c := check{column, make(map[types.Value]bool, len(values))}
	for _, v := range values {
		c.values[v] = true
	}
	return c
}

// singles is the choice of a list of values for one filter. A NULL is equal to nothing, and what cannot stand in a path has no
// resource there.
func (f *fragment) singles(filter int, values []types.Value) choice {
	c := choice{filters: []int{filter}}
	seen := make(map[types.Value]bool, len(values))
	for _, v := range values {
		if !v.Null && !seen[v] && f.askable(filter, v) {
			seen[v] = true
			c.tuples = append(c.tuples, []types.Value{v})
		}
	}
	return c
}

// askable reports a value that a request can have.
func (f *fragment) askable(filter int, v types.Value) bool {
	of := &f.table.Filters[filter]
	text := textOf(v, &f.table.Columns[f.table.columns[of.Column]])
	return !of.inPath(f.endpoint) || text != "" && text != "." && text != ".."
}

// inPath reports that the values stand in the path.
func (f *Filter) inPath(e *Endpoint) bool { return strings.Contains(e.Path, "{"+f.Name+"}") }

// together is how many tuples of a choice one request takes.
func (f *fragment) together(c choice) int {
	if len(c.filters) > 1 {
		return 1
	}
	return max(1, f.table.Filters[c.filters[0]].Most)
}

// divided returns what each request is given: of one filter as many values as it takes, of several a tuple.
func (f *fragment) divided(c choice) []map[int][]types.Value {
	var out []map[int][]types.Value
	for part := range slices.Chunk(c.tuples, f.together(c)) {
		given := make(map[int][]types.Value, len(c.filters))
		for _, tuple := range part {
			for i, filter := range c.filters {
				given[filter] = append(given[filter], tuple[i])
			}
		}
		out = append(out, given)
	}
	return out
}

// told returns the choices that joins above have told of by now: those of required columns, and others that take few requests.
func (x *execution) told() ([]choice, error) {
	bound := x.bound()
	lists := make(map[string]choice)
	if x.limit < 0 {
		for i := range x.table.Filters {
			f := &x.table.Filters[i]
			if f.op() != expr.Eq || bound[f.Column] {
				continue
			}
			if values, ok := x.keysOf(f.Column); ok {
				c := x.singles(i, values)
				c.kind = ofJoins
				lists[f.Column] = c
			}
		}
	}
	var use []choice
	if x.required() {
		known := x.bound()
		for column := range lists {
			known[column] = true
		}
		at := slices.IndexFunc(x.table.Required, func(set []string) bool { return within(set, known) })
		if at < 0 {
			return nil, sqlerr.New(sqlerr.RequiredKeys,
				"source %s, table %s is read by its keys only: %s, each by = or IN with constants or a join's keys (silogate_dynamic_filters, at most %d)",
				x.name, x.table.Name, x.table.requirement(), x.settings.keys)
		}
		for _, column := range x.table.Required[at] {
			if !bound[column] {
				use = append(use, lists[column])
				delete(lists, column)
			}
		}
	}
	for i := range x.table.Filters { // in this order, so that plans are the same each time
		c, ok := lists[x.table.Filters[i].Column]
		if ok && len(c.filters) == 1 && c.filters[0] == i && len(x.divided(c)) <= mostOptional && len(use) == 0 {
			use = append(use, c)
		}
	}
	return use, nil
}

// keysOf returns the values that joins look for in a column of the result, if they have told.
func (x *execution) keysOf(column string) ([]types.Value, bool) {
	pos := x.table.columns[column]
	for i, c := range x.cols {
		if from := x.from[i]; from.counted || from.key >= 0 || from.column != pos {
			continue
		}
		for _, k := range x.scan.Dynamic.Keys() {
			if k.Column == c.ID && k.Values != nil && exactly(c.Type, &x.table.Columns[pos]) {
				return valuesOf(k.Values), true
			}
		}
		for _, cond := range x.scan.Dynamic.Conds() {
			of, op, values, params, ok := comparison(cond)
			if ok && of.ID == c.ID && op == expr.Eq && len(params) == 0 && exactly(c.Type, &x.table.Columns[pos]) {
				return values, true
			}
		}
	}
	return nil, false
}

// exactly reports that every value of a column can be asked for.
func exactly(t types.Type, c *Column) bool { return comparable(t, t) && c.Epoch == Text }

func valuesOf(a arrow.Array) []types.Value {
	out := make([]types.Value, a.Len())
	for i := range out {
		out[i] = kernel.ValueAt(a, i)
		out[i].Str = strings.Clone(out[i].Str)
	}
	return out
}

// partners are the rows of run-time keys, by the values that are compared with the table's columns.
type partners struct {
	filters []int
	columns []int           // of the table
	rows    [][]types.Value // of the keys
	by      map[string][]int
	tuples  [][]types.Value // the different ones
}

func (f *fragment) partnersOf(args arrow.RecordBatch) *partners {
	p := &partners{by: make(map[string][]int)}
	var compared []int
	for _, g := range f.given {
		if g.key >= 0 {
			p.filters = append(p.filters, g.filter)
			p.columns = append(p.columns, f.table.columns[f.table.Filters[g.filter].Column])
			compared = append(compared, g.key)
		}
	}
	if args == nil {
		return p
	}
	columns := make([][]types.Value, args.NumCols())
	for i := range columns {
		columns[i] = valuesOf(args.Column(i))
	}
	for r := range int(args.NumRows()) {
		row := make([]types.Value, len(columns))
		for i := range columns {
			row[i] = columns[i][r]
		}
		p.rows = append(p.rows, row)
		tuple := make([]types.Value, len(compared))
		for i, at := range compared {
			tuple[i] = row[at]
		}
		key, ok := tupleKey(tuple)
		for i, v := range tuple {
			ok = ok && f.askable(p.filters[i], v)
		}
		if !ok {
			continue
		}
		if p.by[key] == nil {
			p.tuples = append(p.tuples, tuple)
		}
		p.by[key] = append(p.by[key], r)
	}
	return p
}

func (p *partners) choice() choice { return choice{p.filters, p.tuples, ofKeys} }

// of returns the rows of the keys that a row of the table is joined with.
func (p *partners) of(row []types.Value) []int {
	tuple := make([]types.Value, len(p.columns))
	for i, at := range p.columns {
		tuple[i] = row[at]
	}
	key, _ := tupleKey(tuple)
	return p.by[key]
}

// tupleKey makes a text of values, the same for equal ones of types that are comparable; false: one is NULL.
func tupleKey(tuple []types.Value) (string, bool) {
	var b strings.Builder
	for _, v := range tuple {
		if v.Null {
			return "", false
		}
		n := uint64(v.Int)
		for _, part := range []uint64{n, uint64(len(v.Str))} {
			for i := range 8 {
				b.WriteByte(byte(part >> (8 * i)))
			}
		}
		b.WriteString(v.Str)
	}
	return b.String(), true
}
