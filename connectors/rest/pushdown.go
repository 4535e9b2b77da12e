package rest

import (
	"context"
	"fmt"
	"slices"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Pushdown takes what the declarations of the plan's tables say.
func (c *connector) Pushdown(_ context.Context, root plan.Node) (plan.Node, error) {
	return pushdown.Grow(root, answers{c})
}

// answers says step by step what an endpoint takes.
type answers struct{ *connector }

// mostSkipped is the largest LIMIT with its OFFSET that is read in one stream.
const mostSkipped = 100_000

// Take implements pushdown.Source.
func (a answers) Take(step plan.Node) pushdown.Answer {
	switch step := step.(type) {
	case *plan.Scan:
		if h, ok := step.Table.Handle.(*handle); ok && h.source == a.connector {
			return pushdown.Exact()
		}
		return pushdown.No("it is no table of this source")
	case *plan.Keys:
		return pushdown.Exact()
	case *plan.Project:
		for _, e := range step.Exprs {
			if !e.PassThrough() {
				return pushdown.No("an API gives columns only")
			}
		}
		return pushdown.Exact()
	}
	f := &fragment{connector: a.connector, limit: -1}
	for _, in := range step.Children() {
		if _, keys := in.(*plan.Keys); keys {
			continue
		}
		if err := f.read(in); err != nil {
			return pushdown.No("%s", err)
		}
	}
	if f.table == nil {
		return pushdown.No("there is no table below it")
	}
	return f.take(step)
}

// Fragment implements pushdown.Source.
func (a answers) Fragment(tree plan.Node) (connectors.Fragment, error) {
	f := &fragment{connector: a.connector, limit: -1}
	if err := f.read(tree); err != nil {
		return nil, err
	}
	return f, f.output(tree.Schema())
}

// read adds the steps of a tree that was taken.
func (f *fragment) read(n plan.Node) error {
	if scan, ok := n.(*plan.Scan); ok {
		f.table = scan.Table.Handle.(*handle).table
		f.endpoint = &f.table.Rows
		f.reads = make(map[expr.ColumnID]int, len(scan.Cols))
		for i, c := range scan.Cols {
			f.reads[c.ID] = scan.Pos[i]
		}
		return nil
	}
	for _, in := range n.Children() {
		if _, keys := in.(*plan.Keys); keys {
			continue
		}
		if err := f.read(in); err != nil {
			return err
		}
	}
	if filter, ok := n.(*plan.Filter); ok {
		for _, cond := range filter.Conds {
			if a := f.take(&plan.Filter{Input: filter.Input, Conds: []expr.Expr{cond}}); a.Verdict == pushdown.None {
				return fmt.Errorf("%s", a.Reason)
			}
		}
		return nil
	}
	if _, ok := n.(*plan.Project); ok {
		return nil
	}
	if a := f.take(n); a.Verdict == pushdown.None {
		return fmt.Errorf("%s", a.Reason)
	}
	return nil
}

// take adds one step to the fragment, if its endpoint has it.
func (f *fragment) take(step plan.Node) pushdown.Answer {
	if f.limit >= 0 || f.count != nil {
		return pushdown.No("an API has no second step")
	}
	switch step := step.(type) {
	case *plan.Filter:
		return f.takeFilter(step.Conds[0])
	case *plan.Join:
		return f.takeKeys(step)
	case *plan.Aggregate:
		return f.takeCount(step)
	case *plan.Sort:
		return f.takeOrder(step.Keys)
	case *plan.Limit:
		if step.Count < 0 || step.Offset > mostSkipped || step.Count > mostSkipped-step.Offset {
			return pushdown.No("so many rows are not read in one stream")
		}
		if f.order != nil && len(step.Keys) == 0 {
			return pushdown.No("an API has no second step")
		}
		if len(step.Keys) > 0 {
			if a := f.takeOrder(step.Keys); a.Verdict != pushdown.Whole {
				return a
			}
		}
		f.limit, f.skip = step.Count, step.Offset
		return pushdown.Exact()
	}
	return pushdown.No("an API has no such step")
}

// given is what a fragment asks for: values of a filter, or the columns of run-time keys.
type given struct {
	filter int
	values []types.Value // NULL is none
	params []int         // ordinals of parameters, whose values are known when it runs
	key    int           // position in plan.Keys; -1: none
}

// takeFilter takes a comparison of a column with a constant, or a list.
func (f *fragment) takeFilter(cond expr.Expr) pushdown.Answer {
	column, op, values, params, ok := comparison(cond)
	pos, known := f.reads[columnID(column)]
	if !ok || !known {
		return pushdown.No("an API compares columns with constants")
	}
	c := &f.table.Columns[pos]
	at := f.table.filterOf(c.Name, op)
	switch {
	case at < 0:
		return pushdown.No("the API has no filter for it")
	case slices.ContainsFunc(f.given, func(g given) bool { return g.filter == at }):
		return pushdown.No("the API takes one such filter")
	case len(params) == 0 && slices.ContainsFunc(values, func(v types.Value) bool { return !sendable(v, c) }):
		return pushdown.No("the API has no such value")
	case len(params) > 0 && c.Epoch != Text:
		return pushdown.No("the API may not have such a value")
	}
	f.given = append(f.given, given{filter: at, values: values, params: params, key: -1})
	if f.table.Filters[at].Loose {
		return pushdown.Superset(nil, "the API may give other rows as well")
	}
	return pushdown.Exact()
}

func columnID(c *expr.Column) expr.ColumnID {
	if c == nil {
		return -1
	}
	return c.ID
}

// turned is a comparison seen from the other side.
var turned = map[expr.Func]expr.Func{expr.Eq: expr.Eq, expr.Lt: expr.Gt, expr.Le: expr.Ge, expr.Gt: expr.Lt, expr.Ge: expr.Le}

// comparison takes a condition of one column apart.
func comparison(cond expr.Expr) (c *expr.Column, op expr.Func, values []types.Value, params []int, ok bool) {
	switch cond := cond.(type) {
	case *expr.In:
		c, ok = cond.Arg.(*expr.Column)
		return c, expr.Eq, cond.List, nil, ok && !cond.Not && comparable(c.Typ, c.Typ)
	case *expr.Call:
		back, is := turned[cond.Func]
		if !is || len(cond.Args) != 2 {
			return nil, "", nil, nil, false
		}
		op, constant := cond.Func, cond.Args[1]
		if c, ok = cond.Args[0].(*expr.Column); !ok {
			if c, ok = cond.Args[1].(*expr.Column); !ok {
				return nil, "", nil, nil, false
			}
			op, constant = back, cond.Args[0]
		}
		if !comparable(c.Typ, constant.Type()) {
			return nil, "", nil, nil, false
		}
		switch v := constant.(type) {
		case *expr.Literal:
			return c, op, []types.Value{v.Value}, nil, true
		case *expr.Param:
			return c, op, nil, []int{v.Ordinal}, true
		}
	}
	return nil, "", nil, nil, false
}

// comparable reports that a value of one type says in the other's form, too, what is equal to it.
func comparable(column, value types.Type) bool {
	switch {
	case column.IsInteger():
		return value.IsInteger() && column.IsUnsigned() == value.IsUnsigned()
	case column.Kind == types.JSON || value.Kind == types.JSON || column.IsFloat() || column.Kind == types.Decimal:
		return false // equal values have more than one form
	case column.IsText():
		return value.IsText() && column.Collation.Bytewise() && value.Collation.Bytewise()
	}
	return column.Kind == value.Kind
}

// takeKeys takes the join of the rows with run-time keys of which some are equal to columns that the API filters by. An
// inner join's conditions are asked one by one.
func (f *fragment) takeKeys(n *plan.Join) pushdown.Answer {
	keys, left := n.Left.(*plan.Keys)
	if !left {
		var right bool
		if keys, right = n.Right.(*plan.Keys); !right {
			return pushdown.No("an API joins no tables")
		}
	}
	if f.keys != nil || n.Kind != plan.Inner && (n.Kind != plan.Semi || left) || len(n.On) == 0 {
		return pushdown.No("an API takes keys, and gives the rows that have them")
	}
	for _, cond := range n.On {
		g, ok := f.keyOf(cond, keys.Cols)
		if !ok {
			return pushdown.No("the API has no filter for it")
		}
		f.given = append(f.given, g)
	}
	f.keys, f.semi = keys, n.Kind == plan.Semi
	return pushdown.Exact()
}

// keyOf takes an equality of a column with one of the keys.
func (f *fragment) keyOf(cond expr.Expr, keys plan.Schema) (given, bool) {
	call, ok := cond.(*expr.Call)
	if !ok || call.Func != expr.Eq {
		return given{}, false
	}
	a, okA := call.Args[0].(*expr.Column)
	b, okB := call.Args[1].(*expr.Column)
	if !okA || !okB {
		return given{}, false
	}
	if keys.Index(a.ID) >= 0 {
		a, b = b, a
	}
	pos, ok := f.reads[a.ID]
	key := keys.Index(b.ID)
	if !ok || key < 0 || a.Typ != b.Typ || !comparable(a.Typ, b.Typ) {
		return given{}, false
	}
	column := &f.table.Columns[pos]
	at := f.table.filterOf(column.Name, expr.Eq)
	if at < 0 || column.Epoch != Text || slices.ContainsFunc(f.given, func(g given) bool { return g.filter == at }) {
		return given{}, false
	}
	return given{filter: at, key: key}, true
}

// takeCount takes COUNT(*) of groups that an endpoint counts. Where a group's rows may come in more than one part, they are
// added up here.
func (f *fragment) takeCount(n *plan.Aggregate) pushdown.Answer {
	if f.keys != nil || f.order != nil {
		return pushdown.No("the API counts no such rows")
	}
	var by []string
	for _, g := range n.Groups {
		pos, ok := f.reads[g.Col.ID]
		if !g.PassThrough() || !ok {
			return pushdown.No("the API counts groups by columns")
		}
		by = append(by, f.table.Columns[pos].Name)
	}
	for _, a := range n.Aggs {
		if a.Func != plan.CountStar && (a.Func != plan.Count || a.Distinct || !f.neverNull(a.Args)) {
			return pushdown.No("the API counts rows")
		}
	}
	slices.Sort(by)
	at := slices.IndexFunc(f.table.Counts, func(c Count) bool { return slices.Equal(slices.Sorted(slices.Values(c.By)), by) })
	if at < 0 || len(n.Aggs) == 0 {
		return pushdown.No("the API has no counts of such groups")
	}
	f.count = &f.table.Counts[at]
	f.endpoint = &f.count.Endpoint
	f.counts = make(map[expr.ColumnID]bool, len(n.Aggs))
	for _, a := range n.Aggs {
		f.counts[a.Col.ID] = true
	}
	if f.count.Parts || f.divides(by) {
		return pushdown.Parts("the API counts parts of a group")
	}
	return pushdown.Exact()
}

// divides reports that requests for several values may each have a part of a group.
func (f *fragment) divides(by []string) bool {
	return len(by) == 0 || slices.ContainsFunc(f.given, func(g given) bool {
		return len(g.values) > 1 && !slices.Contains(by, f.table.Filters[g.filter].Column)
	})
}

func (f *fragment) neverNull(list []expr.Expr) bool {
	return !slices.ContainsFunc(list, expr.Expr.Nullable)
}

// takeOrder takes an order by one column: of more, an API's own order of equal rows is not known.
func (f *fragment) takeOrder(keys []plan.SortKey) pushdown.Answer {
	if f.order != nil || f.keys != nil {
		return pushdown.No("an API has no second step")
	}
	if slices.ContainsFunc(f.given, func(g given) bool { return len(g.values) > 1 || len(g.params) > 0 }) || f.required() {
		return pushdown.No("the rows come from more than one request")
	}
	if len(keys) == 1 {
		if c, ok := keys[0].Expr.(*expr.Column); ok {
			for i := range f.table.Orders {
				o := &f.table.Orders[i]
				value := o.Asc
				if keys[0].Desc {
					value = o.Desc
				}
				if pos, ok := f.reads[c.ID]; ok && f.table.Columns[pos].Name == o.Column && value != "" {
					f.order = []string{o.Name, value}
					return pushdown.Exact()
				}
			}
		}
	}
	return pushdown.No("the API has no such order")
}

// required reports that keys which only a join can give are missing.
func (f *fragment) required() bool {
	if len(f.table.Required) == 0 {
		return false
	}
	bound := f.bound()
	return !slices.ContainsFunc(f.table.Required, func(set []string) bool { return within(set, bound) })
}

// bound returns the columns that are given by equality.
func (f *fragment) bound() map[string]bool {
	out := make(map[string]bool)
	for _, g := range f.given {
		if filter := &f.table.Filters[g.filter]; filter.op() == expr.Eq {
			out[filter.Column] = true
		}
	}
	return out
}

func within(set []string, bound map[string]bool) bool {
	return !slices.ContainsFunc(set, func(c string) bool { return !bound[c] })
}

// output finds where the columns of the result come from.
func (f *fragment) output(cols plan.Schema) error {
	f.cols = cols
	for _, c := range cols {
		from := origin{key: -1}
		if pos, ok := f.reads[c.ID]; ok {
			from.column = pos
		} else if f.counts[c.ID] {
			from.counted = true
		} else if f.keys != nil && f.keys.Cols.Index(c.ID) >= 0 {
			from.key = f.keys.Cols.Index(c.ID)
		} else {
			return fmt.Errorf("column %s is not one of the table's", c.Name)
		}
		f.from = append(f.from, from)
	}
	return nil
}

// origin is where a column of the result comes from.
type origin struct {
	column  int  // of the table, unless
	key     int  // it is one of the run-time keys (-1: it is none), or
	counted bool // the number of a group's rows
}
