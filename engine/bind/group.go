package bind

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function/aggregation"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// groupBy imports GROUP BY and the aggregates of its query. above is what the block has there, or nil.
func (im *importer) groupBy(n *gmsplan.GroupBy, above *aboveGroups, outer *scope) (relation, error) {
	if err := notOfAggregates(im.ctx, n); err != nil {
		return relation{}, err
	}
	child, err := im.node(n.Child, outer)
	if err != nil {
		return relation{}, err
	}
	return im.groups(n, child, above, outer)
}

// groups makes groups of the rows of a relation. Those that GMS has for aggregates of blocks around alone are none.
func (im *importer) groups(n *gmsplan.GroupBy, child relation, above *aboveGroups, outer *scope) (relation, error) {
	in := im.over(child, outer)
	taken, err := in.take(above)
	if err != nil {
		return relation{}, err
	}
	if err := in.groupsOuter(n.GroupByExprs); err != nil {
		return relation{}, err
	}
	deps := slices.DeleteFunc(slices.Clone(n.SelectDeps), func(e sql.Expression) bool {
		f, ok := e.(sql.Aggregation)
		return ok && outer.aggregate(f.Id()) != nil
	})
	if len(n.GroupByExprs) == 0 && len(taken) == 0 && !slices.ContainsFunc(deps, isAggregation) {
		return child, nil
	}
	agg := &grouping{keys: make(expr.Map[plan.Column]), rollup: slices.ContainsFunc(n.GroupByExprs, isRollup)}
	out := relation{computed: &computed{}, grouped: &groupRows{
		implicit: len(n.GroupByExprs) == 0, full: sql.LoadSqlMode(im.ctx).OnlyFullGroupBy(),
		strays: make(map[expr.ColumnID]string), others: make(map[expr.ColumnID]bool), aliases: make(map[string]plan.Column),
	}}
	if err := in.groupKeys(agg, &out, n.GroupByExprs); err != nil {
		return relation{}, err
	}
	if err := in.dependencies(agg, &out, deps); err != nil {
		return relation{}, err
	}
	if err := in.inSubqueries(agg, &out, taken, above); err != nil {
		return relation{}, err
	}
	agg.Input = in.rel.node
	if !agg.rollup {
		out.node = agg.node()
		return out, nil
	}
	out.rolledUp = in.rollUp(agg)
	order, err := out.rolledUp.order(agg.Groups)
	out.node = &plan.Sort{Input: agg.node(), Keys: order}
	return out, err
}

// groupKeys imports the keys of the groups.
func (x *expressions) groupKeys(agg *grouping, out *relation, keys []sql.Expression) error {
	for _, e := range keys {
		if isRollup(e) {
			continue
		}
		c, key, err := x.groupKey(agg, e)
		if err != nil {
			return err
		}
		if alias, ok := e.(*expression.Alias); ok {
			out.cols = append(out.cols, column{id: alias.Id(), name: alias.Name(), Column: c})
			e = alias.Child
		}
		if field, ok := e.(*expression.GetField); ok {
			out.cols = append(out.cols, column{id: field.Id(), name: field.Name(), Column: c})
			continue
		}
		out.computed.add(e, computedExpr{col: c, in: x, parts: []expr.Expr{key}})
	}
	return nil
}

// dependencies imports what the rest of the query needs of the groups.
func (x *expressions) dependencies(agg *grouping, out *relation, deps []sql.Expression) error {
	for _, e := range deps {
		c, err := x.dependency(agg, *out, e)
		if err != nil {
			return err
		}
		if c.ID == 0 { // of an outer row: what reads it finds it there
			continue
		}
		out.cols = append(out.cols, c)
		if _, ok := e.(*aggregation.GroupConcat); ok {
			c.id = 0 // some of GMS's references to it have only its name
			out.cols = append(out.cols, c)
		}
	}
	return nil
}

// grouping is the aggregation of one query block.
type grouping struct {
	plan.Aggregate
	keys       expr.Map[plan.Column] // of Groups
	rollup     bool
	determined map[expr.ColumnID]bool            // columns of the input that the keys determine, once one is asked for
	rounded    map[expr.ColumnID]plan.Projection // what aggregates with more digits than they show become
}

// node returns the aggregation, its results rounded to what they show.
func (g *grouping) node() plan.Node {
	if len(g.rounded) == 0 {
		return &g.Aggregate
	}
	p := &plan.Project{Input: &g.Aggregate}
	for _, c := range g.Aggregate.Schema() {
		shown, ok := g.rounded[c.ID]
		if !ok {
			shown = plan.Projection{Col: c, Expr: c.Ref()}
		}
		p.Exprs = append(p.Exprs, shown)
	}
	return p
}

// find returns the column of type shown that has the result of an aggregate which is there under another text.
func (g *grouping) find(agg plan.Agg, shown types.Type) (plan.Column, bool) {
	sameKey := func(a, b plan.SortKey) bool { return a.Desc == b.Desc && expr.Equal(a.Expr, b.Expr) }
	for _, a := range g.Aggs {
		if a.Func != agg.Func || a.Distinct != agg.Distinct || a.Separator != agg.Separator || a.Longest != agg.Longest ||
			!slices.EqualFunc(a.Args, agg.Args, expr.Equal) || !slices.EqualFunc(a.OrderBy, agg.OrderBy, sameKey) {
			continue
		}
		result := a.Col
		if rounded, ok := g.rounded[a.Col.ID]; ok {
			result = rounded.Col
		}
		if result.Type == shown {
			return result, true
		}
	}
	return plan.Column{}, false
}

// groupKey adds a key to the groups, or finds it there. It returns the key, too.
func (x *expressions) groupKey(agg *grouping, e sql.Expression) (plan.Column, expr.Expr, error) {
	if alias, ok := e.(*expression.Alias); ok {
		e = alias.Child
	}
	key, err := x.expr(e)
	if err != nil {
		return plan.Column{}, nil, err
	}
	c, known := agg.keys.Get(key)
	if known && !agg.rollup { // there a second one is a level of its own
		return c, key, nil
	}
	ref, plain := key.(*expr.Column)
	switch {
	case agg.rollup:
		c = x.newColumn(nameOf(x.ctx, e), key)
		c.Nullable = true
	case plain && x.rel.node.Schema().Index(ref.ID) >= 0: // not of an outer row
		c = plan.Column{ID: ref.ID, Name: ref.Name, Type: ref.Typ, Nullable: ref.Null}
	default:
		c = x.newColumn(nameOf(x.ctx, e), key)
	}
	agg.Groups = append(agg.Groups, plan.Projection{Col: c, Expr: key})
	agg.keys.Add(key, c)
	return c, key, nil
}

// dependency imports what the rest of the query needs of a group: an aggregate, or a column. A column that is no key has
// one value in the group, or ONLY_FULL_GROUP_BY is off and any value will do. A column of an outer row is none of the group's,
// which has it also without rows: the result is then no column.
func (x *expressions) dependency(agg *grouping, out relation, e sql.Expression) (column, error) {
	if f, ok := e.(sql.Aggregation); ok {
		return x.aggregate(agg, f, x.isOperand(f.Id(), nil))
	}
	value, err := x.expr(e)
	if err != nil {
		return column{}, err
	}
	if ref, ok := value.(*expr.Column); ok && x.rel.node.Schema().Index(ref.ID) < 0 {
		return column{}, nil
	}
	c := column{name: nameOf(x.ctx, e)}
	if id, ok := e.(sql.IdExpression); ok {
		c.id = id.Id()
	}
	if key, ok := agg.keys.Get(value); ok {
		c.Column = key
		return c, nil
	}
	c.Column = x.newColumn(c.name, value)
	c.Nullable = true // the value of no rows
	if ref, ok := value.(*expr.Column); ok {
		x.anyOf[c.ID] = ref.ID
	}
	agg.Aggs = append(agg.Aggs, plan.Agg{Col: c.Column, Func: plan.AnyValue, Args: []expr.Expr{value}})
	out.grouped.others[c.ID] = true
	if agg.determined == nil && !agg.rollup { // in whose rows of several groups keys are NULL
		agg.determined = determined(x.rel.node, agg.Groups)
	}
	if !allKnown(value, agg.determined, nil) {
		out.grouped.strays[c.ID] = unnumbered(e.String())
	}
	return c, nil
}

// namedAggregates are the aggregate functions by GMS's names, but for COUNT(DISTINCT) and GROUP_CONCAT, which have types there.
var namedAggregates = map[string]plan.AggFunc{
	"count": plan.Count, "countdistinct": plan.Count, "sum": plan.Sum, "avg": plan.Avg, "min": plan.Min, "max": plan.Max,
	"any_value": plan.AnyValue, "anyvalue": plan.AnyValue,
	"std": plan.StddevPop, "stddev": plan.StddevPop, "stddev_pop": plan.StddevPop, "stddevpop": plan.StddevPop,
	"stddev_samp": plan.StddevSamp, "stddevsamp": plan.StddevSamp,
	"variance": plan.VarPop, "var_pop": plan.VarPop, "varpop": plan.VarPop, "var_samp": plan.VarSamp, "varsamp": plan.VarSamp,
	"bit_and": plan.BitAnd, "bitand": plan.BitAnd, "bit_or": plan.BitOr, "bitor": plan.BitOr,
	"bit_xor": plan.BitXor, "bitxor": plan.BitXor,
	"json_arrayagg": plan.JSONArrayAgg, "jsonarray": plan.JSONArrayAgg, "json_objectagg": plan.JSONObjectAgg,
}

// aggregate imports an aggregate function, which may be an operand of an expression.
func (x *expressions) aggregate(node *grouping, f sql.Aggregation, operand bool) (column, error) {
	agg, args, err := x.aggregateFunction(f)
	if err != nil {
		return column{}, err
	}
	for _, e := range args {
		if d, ok := e.(*expression.DistinctExpression); ok {
			agg.Distinct, e = true, d.Child
		}
		arg, err := x.expr(e)
		if err != nil {
			return column{}, err
		}
		if arithmeticalAggregates[agg.Func] {
			arg = asNumber(e, arg)
		}
		agg.Args = append(agg.Args, arg)
	}
	if agg.Func == plan.Count && !agg.Distinct && len(agg.Args) == 1 {
		if l, ok := agg.Args[0].(*expr.Literal); ok && !l.Value.Null {
			agg.Func, agg.Args = plan.CountStar, nil
		}
	}
	name := string(agg.Func)
	shown, err := expr.AggType(name, agg.Args)
	if err != nil {
		return column{}, err
	}
	if agg.Args, err = expr.AggArgs(name, agg.Args, agg.Distinct); err != nil {
		return column{}, err
	}
	computed, err := expr.AggType(name, agg.Args)
	if err != nil {
		return column{}, err
	}
	text := strings.ToLower(gmsplan.AliasSubqueryString(x.ctx, f))
	value, err := x.average(node, agg, operand, shown)
	if err != nil {
		return column{}, err
	}
	if known, ok := node.find(agg, shown); ok {
		return column{id: f.Id(), name: text, Column: known, value: value}, nil
	}
	x.last++
	agg.Col = plan.Column{ID: x.last, Name: unnumbered(text), Type: computed, Nullable: agg.Func != plan.Count && agg.Func != plan.CountStar}
	node.Aggs = append(node.Aggs, agg)
	result := agg.Col
	if computed != shown {
		cast, err := expr.NewCast(agg.Col.Ref(), shown)
		if err != nil {
			return column{}, err
		}
		x.last++
		result.ID, result.Type = x.last, shown
		if node.rounded == nil {
			node.rounded = make(map[expr.ColumnID]plan.Projection)
		}
		node.rounded[agg.Col.ID] = plan.Projection{Col: result, Expr: cast}
	}
	return column{id: f.Id(), name: text, Column: result, value: value}, nil
}

// aggregateFunction finds the plan's function for GMS's, and the GMS expressions of its arguments.
func (x *expressions) aggregateFunction(f sql.Aggregation) (plan.Agg, []sql.Expression, error) {
	switch f := f.(type) {
	case *aggregation.CountDistinct:
		return plan.Agg{Func: plan.Count, Distinct: true}, f.Children(), nil
	case *aggregation.GroupConcat:
		return x.groupConcat(f)
	}
	named, ok := f.(sql.FunctionExpression)
	if !ok {
		return plan.Agg{}, nil, unsupported("the aggregate function " + f.String())
	}
	name := strings.ToLower(named.FunctionName())
	fn, ok := namedAggregates[name]
	if !ok {
		return plan.Agg{}, nil, unsupported("the aggregate function " + strings.ToUpper(name))
	}
	return plan.Agg{Func: fn}, f.Children(), nil
}

// groupConcat imports the order of GROUP_CONCAT.
func (x *expressions) groupConcat(f *aggregation.GroupConcat) (plan.Agg, []sql.Expression, error) {
	agg := plan.Agg{Func: plan.GroupConcat}
	keys, args := groupConcat(f, &agg)
	for i, e := range keys {
		key, err := x.expr(e)
		if err != nil {
			return plan.Agg{}, nil, err
		}
		agg.OrderBy[i].Expr = key
	}
	return agg, args, nil
}
