package bind

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// windowCall is a window function in GMS's tree.
type windowCall struct {
	spec windowSpec
	args []sql.Expression // see windowSpec
}

// newWindowCall makes the call from its arguments.
func newWindowCall(_ *sql.Context, args ...sql.Expression) (sql.Expression, error) {
	w := &windowCall{}
	if len(args) > 0 {
		w.args = args[1:]
		if l, ok := args[0].(*expression.Literal); ok {
			if text, ok := l.Value().(string); ok && json.Unmarshal([]byte(text), &w.spec) == nil && w.complete() {
				return w, nil
			}
		}
	}
	return nil, sql.ErrFunctionNotFound.New(windowFunction) // nobody but a statement of a user's has such a call
}

// complete reports whether there are the arguments that the specification counts.
func (w *windowCall) complete() bool {
	amounts := 0
	if f := w.spec.Frame; f != nil {
		for _, b := range []boundSpec{f.Start, f.End} {
			if b.hasAmount() {
				amounts++
			}
		}
	}
	s := &w.spec
	return s.Args >= 0 && s.Partition >= 0 && s.Args <= len(w.args) && s.Partition <= len(w.args) &&
		s.Args+s.Partition+len(s.Desc)+amounts == len(w.args)
}

// isWindowed reports an expression with a window function in it, which GMS does not run.
func isWindowed(ctx *sql.Context, e sql.Expression) bool {
	return transform.InspectExpr(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		_, ok := e.(*windowCall)
		return ok
	})
}

func (w *windowCall) parts() (args, partition, order, amounts []sql.Expression) {
	rest := w.args
	cut := func(n int) []sql.Expression {
		part := rest[:n]
		rest = rest[n:]
		return part
	}
	args, partition, order = cut(w.spec.Args), cut(w.spec.Partition), cut(len(w.spec.Desc))
	return args, partition, order, rest
}

// same reports whether two calls are the same but for their arguments.
func (spec *windowSpec) same(o *windowSpec) bool {
	a, b := *spec, *o
	a.Window, b.Window = "", ""
	return reflect.DeepEqual(a, b)
}

// String implements sql.Expression; it is the same for two windows that are the same.
func (w *windowCall) String() string {
	args, partition, order, amounts := w.parts()
	var over []string
	if len(partition) > 0 {
		over = append(over, "partition by "+strings.Join(textsOf(partition), ", "))
	}
	keys := textsOf(order)
	for i, desc := range w.spec.Desc {
		if desc {
			keys[i] += " desc"
		}
	}
	if len(keys) > 0 {
		over = append(over, "order by "+strings.Join(keys, ", "))
	}
	if f := w.spec.Frame; f != nil {
		over = append(over, f.text(textsOf(amounts)))
	}
	list := strings.Join(textsOf(args), ", ")
	if w.spec.Func == "count" && len(args) == 0 {
		list = "*"
	}
	return fmt.Sprintf("%s(%s) over (%s)", w.spec.Func, list, strings.Join(over, " "))
}

// text is the frame as it is written.
func (f *frameSpec) text(amounts []string) string {
	units := "range"
	if f.Rows {
		units = "rows"
	}
	var bounds []string
	for _, b := range []boundSpec{f.Start, f.End} {
		text := boundTexts[b.Type]
		if b.hasAmount() {
			amount := amounts[0]
			if b.Unit != "" {
				amount = "interval " + amount + " " + strings.ToLower(b.Unit)
			}
			text, amounts = amount+" "+text, amounts[1:]
		}
		bounds = append(bounds, text)
	}
	return units + " between " + strings.Join(bounds, " and ")
}

var boundTexts = map[sqlparser.BoundType]string{
	sqlparser.UnboundedPreceding: "unbounded preceding", sqlparser.ExprPreceding: "preceding", sqlparser.CurrentRow: "current row",
	sqlparser.ExprFollowing: "following", sqlparser.UnboundedFollowing: "unbounded following",
}

func textsOf(list []sql.Expression) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.String()
	}
	return out
}

// Resolved implements sql.Expression.
func (w *windowCall) Resolved() bool { return expression.ExpressionsResolved(w.args...) }

// Type implements sql.Expression. Only the import knows it, and nothing before it asks.
func (w *windowCall) Type(*sql.Context) sql.Type { return gmstypes.Null }

// IsNullable implements sql.Expression.
func (w *windowCall) IsNullable(*sql.Context) bool { return true }

// Eval implements sql.Expression.
func (w *windowCall) Eval(*sql.Context, sql.Row) (any, error) {
	return nil, sqlerr.New(sqlerr.Unsupported, "the window function %s is not supported in this statement", strings.ToUpper(w.spec.Func))
}

// Children implements sql.Expression.
func (w *windowCall) Children() []sql.Expression { return w.args }

// WithChildren implements sql.Expression.
func (w *windowCall) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != len(w.args) {
		return nil, sql.ErrInvalidChildrenNumber.New(w, len(children), len(w.args))
	}
	return &windowCall{spec: w.spec, args: children}, nil
}

// window makes the input yield the value of a window function and returns its column. Another such call is that column
// too, here and above: the order of equal rows is the engine's choice, but one choice.
func (x *expressions) window(w *windowCall) (expr.Expr, error) {
	if x.comparing {
		return nil, errNotComputed
	}
	read, err := x.list(w.args...)
	if err != nil {
		return nil, err
	}
	args, partition, keys, amounts := w.parts()
	node := &plan.Window{}
	for _, e := range partition {
		key, err := x.expr(e)
		if err != nil {
			return nil, err
		}
		if !isLiteral(key) && !slices.ContainsFunc(node.PartitionBy, func(e expr.Expr) bool { return expr.Equal(e, key) }) {
			node.PartitionBy = append(node.PartitionBy, key)
		}
	}
	for i, e := range keys {
		key, err := x.expr(e)
		if err != nil {
			return nil, err
		}
		if !isLiteral(key) {
			node.OrderBy = append(node.OrderBy, plan.SortKey{Expr: key, Desc: w.spec.Desc[i]})
		}
	}
	f, shown, err := x.windowFunc(w.spec.Func, args)
	if err != nil {
		return nil, err
	}
	if framed(f.Func) {
		if f.Frame, err = x.frame(w, keys, amounts); err != nil {
			return nil, err
		}
	}
	x.last++
	f.Col.ID, f.Col.Name = x.last, w.spec.Func
	node.Funcs = []plan.WindowFunc{f}
	value, err := x.windowAverage(w, node, f, shown)
	if err != nil {
		return nil, err
	}
	below, order := unsorted(x.rel.node)
	x.rel.node = windowOver(node, below)
	result := f.Col
	if f.Col.Type != shown {
		cast, err := expr.NewCast(f.Col.Ref(), shown)
		if err != nil {
			return nil, err
		}
		result = x.newColumn(f.Col.Name, cast)
		x.rel.node = &plan.Project{Input: x.rel.node, Exprs: append(passAll(x.rel.node.Schema()), plan.Projection{Col: result, Expr: cast})}
	}
	if order != nil {
		x.rel.node = &plan.Sort{Input: x.rel.node, Keys: order}
	}
	if !x.added {
		x.rel.computed, x.added = x.rel.computed.clone(), true
	}
	x.rel.computed.add(w, computedExpr{col: result, in: x, window: &w.spec, parts: read})
	for _, f := range node.Funcs {
		x.rel.grouped.computes(f.Col.ID, read...)
	}
	x.rel.grouped.computes(result.ID, read...)
	if value != nil {
		if x.averages == nil {
			x.averages = make(map[expr.ColumnID]expr.Expr)
		}
		x.averages[result.ID] = value
		return value, nil
	}
	return result.Ref(), nil
}

// unsorted takes the order of a query off what its list grows from: the window functions of the list come before it.
func unsorted(n plan.Node) (plan.Node, []plan.SortKey) {
	switch n := n.(type) {
	case *plan.Sort:
		return n.Input, n.Keys
	case *plan.Apply:
		if n.Kind == plan.ApplyScalar || n.Kind == plan.ApplyExists || n.Kind == plan.ApplyIn {
			if outer, keys := unsorted(n.Outer); keys != nil {
				return n.WithChildren([]plan.Node{outer, n.Inner}), keys
			}
		}
	}
	return n, nil
}

// having imports HAVING. GMS computes what the list names below it; of that the window functions see the groups that are
// left, so they come after.
func (im *importer) having(n *gmsplan.Having, outer *scope) (relation, error) {
	list, ok := n.Child.(*gmsplan.Project)
	windowed := func(e sql.Expression) bool { return isWindowed(im.ctx, e) }
	if !ok || !slices.ContainsFunc(list.Projections, windowed) {
		return im.filter(n.Child, n.Cond, true, outer)
	}
	below := gmsplan.NewProject(im.ctx, slices.DeleteFunc(slices.Clone(list.Projections), windowed), list.Child)
	rel, err := im.filter(below, n.Cond, true, outer)
	if err != nil {
		return relation{}, err
	}
	x := im.over(rel, outer)
	var named []plan.Projection
	cols, plain := make([]column, 0, len(list.Projections)), rel.cols
	for _, e := range list.Projections {
		if !windowed(e) {
			cols, plain = append(cols, plain[0]), plain[1:]
			continue
		}
		value, err := x.expr(e)
		if err != nil {
			return relation{}, err
		}
		c := column{name: nameOf(im.ctx, e), Column: im.newColumn(nameOf(im.ctx, e), value)}
		if id, ok := e.(sql.IdExpression); ok {
			c.id = id.Id()
		}
		rel.grouped.computes(c.ID, value)
		named = append(named, plan.Projection{Col: c.Column, Expr: value})
		cols = append(cols, c)
	}
	rel.node = &plan.Project{Input: x.rel.node, Exprs: append(passAll(x.rel.node.Schema()), named...)}
	rel.cols, rel.computed = cols, x.rel.computed
	return rel, nil
}

func isLiteral(e expr.Expr) bool {
	_, ok := e.(*expr.Literal)
	return ok
}

func passAll(s plan.Schema) []plan.Projection {
	list := make([]plan.Projection, len(s))
	for i, c := range s {
		list[i] = plan.Projection{Col: c, Expr: c.Ref()}
	}
	return list
}

// windowOver puts a window on an input, or into one of the same partitions and order that is there.
func windowOver(n *plan.Window, input plan.Node) plan.Node {
	below, ok := input.(*plan.Window)
	same := ok && slices.EqualFunc(n.PartitionBy, below.PartitionBy, expr.Equal) &&
		slices.EqualFunc(n.OrderBy, below.OrderBy, func(a, b plan.SortKey) bool { return a.Desc == b.Desc && expr.Equal(a.Expr, b.Expr) })
	if !same {
		n.Input = input
		return n
	}
	m := *below
	m.Funcs = append(slices.Clone(below.Funcs), n.Funcs...)
	return &m
}

// framed reports whether a function looks at the frame only.
func framed(f plan.AggFunc) bool {
	switch f {
	case plan.RowNumber, plan.Rank, plan.DenseRank, plan.PercentRank, plan.CumeDist, plan.Ntile, plan.Lag, plan.Lead:
		return false
	}
	return true
}

// windowOnly are the functions that are no aggregates, with the number of their arguments and the type of their result;
// a NULL type is that of the first argument.
var windowOnly = map[plan.AggFunc]struct {
	least, most int
	kind        types.Kind
	nullable    bool
}{
	plan.RowNumber: {0, 0, types.Uint64, false}, plan.Rank: {0, 0, types.Uint64, false}, plan.DenseRank: {0, 0, types.Uint64, false},
	plan.PercentRank: {0, 0, types.Float64, false}, plan.CumeDist: {0, 0, types.Float64, false}, plan.Ntile: {1, 1, types.Uint64, true},
	plan.Lag: {1, 3, types.Null, true}, plan.Lead: {1, 3, types.Null, true},
	plan.FirstValue: {1, 1, types.Null, true}, plan.LastValue: {1, 1, types.Null, true}, plan.NthValue: {2, 2, types.Null, true},
}

// windowFunc imports the function of a call; shown is the type that its result has in the end.
func (x *expressions) windowFunc(name string, list []sql.Expression) (f plan.WindowFunc, shown types.Type, err error) {
	args, err := x.list(list...)
	if err != nil {
		return f, shown, err
	}
	if arithmeticalAggregates[namedAggregates[name]] {
		for i := range args {
			args[i] = asNumber(list[i], args[i])
		}
	}
	own, ok := windowOnly[plan.AggFunc(name)]
	if !ok {
		return x.windowAggregate(name, args)
	}
	f.Func, f.Args = plan.AggFunc(name), args
	if len(args) < own.least || len(args) > own.most {
		return f, shown, sqlerr.New(sqlerr.ArgumentCount, "Incorrect parameter count in the call to native function '%s'", name)
	}
	switch f.Func {
	case plan.Ntile:
		err = x.counts(&f, 0, 1)
	case plan.NthValue:
		err = x.counts(&f, 1, 1)
	case plan.Lag, plan.Lead:
		err = x.offset(&f)
	}
	if err != nil {
		return f, shown, err
	}
	shown = types.Of(own.kind)
	if own.kind == types.Null {
		shown = f.Args[0].Type()
	}
	f.Col.Type, f.Col.Nullable = shown, own.nullable
	return f, shown, nil
}

// counts checks that an argument is a number of rows, which is at least so many.
func (x *expressions) counts(f *plan.WindowFunc, i int, least int64) error {
	if l, ok := f.Args[i].(*expr.Literal); ok && !l.Value.Null && (l.Typ.Kind == types.Int64 || l.Typ.Kind == types.Uint64) && l.Value.Int >= least {
		f.Args[i] = &expr.Literal{Value: types.IntValue(l.Value.Int), Typ: types.Of(types.Int64)}
		return nil
	}
	return sqlerr.New(sqlerr.BadArgument, "Incorrect arguments to %s", f.Func)
}

// offset completes the arguments of LAG and LEAD: the number of rows is 1 where there is none, the value and the default
// have one type.
func (x *expressions) offset(f *plan.WindowFunc) error {
	if len(f.Args) == 1 {
		f.Args = append(f.Args, &expr.Literal{Value: types.IntValue(1), Typ: types.Of(types.Int64)})
	}
	if err := x.counts(f, 1, 0); err != nil || len(f.Args) == 2 {
		return err
	}
	typ, err := expr.CommonType(f.Args[0].Type(), f.Args[2].Type())
	if err != nil {
		return err
	}
	for _, i := range []int{0, 2} {
		if f.Args[i], err = x.cast(f.Args[i], typ); err != nil {
			return err
		}
	}
	if isNullLiteral(f.Args[2]) {
		f.Args = f.Args[:2]
	}
	return nil
}

func isNullLiteral(e expr.Expr) bool {
	l, ok := e.(*expr.Literal)
	return ok && l.Value.Null
}

func onlyLiteral(args []expr.Expr) (*expr.Literal, bool) {
	if len(args) != 1 {
		return nil, false
	}
	l, ok := args[0].(*expr.Literal)
	return l, ok
}

// windowAggregate imports an aggregate function over a window.
func (x *expressions) windowAggregate(name string, args []expr.Expr) (f plan.WindowFunc, shown types.Type, err error) {
	fn, ok := namedAggregates[name]
	takes := 1
	if fn == plan.JSONObjectAgg {
		takes = 2
	}
	if l, ok := onlyLiteral(args); ok && name == "count" && !l.Value.Null {
		args = nil
	}
	switch {
	case name == "count" && len(args) == 0:
		fn = plan.CountStar
	case !ok || fn == plan.AnyValue:
		return f, shown, unsupported("the window function " + strings.ToUpper(name))
	case len(args) != takes:
		return f, shown, sqlerr.New(sqlerr.ArgumentCount, "Incorrect parameter count in the call to native function '%s'", name)
	}
	if shown, err = expr.AggType(string(fn), args); err != nil {
		return f, shown, err
	}
	if args, err = expr.AggArgs(string(fn), args, false); err != nil {
		return f, shown, err
	}
	computed, err := expr.AggType(string(fn), args)
	f.Func, f.Args = fn, args
	f.Col.Type = computed
	switch fn {
	case plan.CountStar, plan.Count, plan.BitAnd, plan.BitOr, plan.BitXor:
	default:
		f.Col.Nullable = true
	}
	return f, shown, err
}
