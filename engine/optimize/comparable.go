package optimize

import (
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Comparison says how two answers of a plan over the same tables are compared: as multisets of rows, which are told apart as
// grouping does, and beside that
type Comparison struct {
	Order []int  // the values of these columns, one row after the other: the first keys of the order
	Near  []bool // not these columns, which may differ by what the order of addition does (Magnified); by position
}

// Comparable says how answers of a bound plan are compared, or why they are not: they may differ and both be right.
func Comparable(root plan.Node) (c Comparison, exempt string) {
	d := newDeterminacy()
	d.node(root)
	if d.exempt != "" {
		return c, d.exempt
	}
	schema := root.Schema()
	c.Near = make([]bool, len(schema))
	for i, col := range schema {
		c.Near[i] = d.vague[col.ID] == rounded
	}
	for _, id := range resultOrder(root) {
		at := schema.Index(id)
		if at < 0 || d.vague[id] != determined || !identicalIfEqual(schema[at].Type) {
			break
		}
		c.Order = append(c.Order, at)
	}
	return c, ""
}

// vagueness is what is not determined of the values of a column.
type vagueness uint8

const (
	determined vagueness = iota
	anyEqual             // which of several values that are equal
	rounded              // DOUBLE: the last digits
)

// determinacy finds out what of a plan's answer is determined.
type determinacy struct {
	vague  map[expr.ColumnID]vagueness // of columns that are not determined
	shared map[int]plan.Schema         // of CTEs
	exempt string                      // why the answer is not
}

func newDeterminacy() *determinacy {
	return &determinacy{vague: make(map[expr.ColumnID]vagueness), shared: make(map[int]plan.Schema)}
}

func (d *determinacy) fail(why string) {
	if d.exempt == "" {
		d.exempt = why
	}
}

// The reasons of which there is more than one case.
const (
	digitsDecide  = "the last digits of a sum of DOUBLE decide"
	choiceDecides = "it depends on which of several equal values stands for all of them"
	noTotalOrder  = "it takes some rows by an order in which rows can be equal"
)

func (d *determinacy) node(n plan.Node) {
	for i, c := range n.Children() {
		d.node(c)
		if with, ok := n.(*plan.With); ok && i < len(with.Bindings) {
			d.shared[with.Bindings[i].ID] = c.Schema()
		}
	}
	switch n := n.(type) {
	case *plan.Project:
		d.columns(n.Exprs)
	case *plan.Aggregate:
		d.groups(n.Groups)
		for _, a := range n.Aggs {
			d.mark(a.Col, d.aggregate(a))
		}
	case *plan.Rollup:
		d.groups(n.Keys)
	case *plan.Window:
		d.window(n)
	case *plan.Sort:
		for _, k := range n.Keys {
			d.value(k.Expr)
		}
	case *plan.Limit:
		for _, k := range n.Keys {
			d.value(k.Expr)
		}
		if !d.takesSame(n) {
			d.fail(noTotalOrder)
		}
	case *plan.Union:
		for _, in := range n.Inputs {
			d.pass(in.Schema(), n.Cols)
		}
	case *plan.CTERef:
		d.pass(d.shared[n.ID], n.Cols)
	case *plan.Recursive:
		if n.Most >= 0 {
			d.fail(noTotalOrder)
		}
		for _, c := range append(n.Seed.Schema(), n.Step.Schema()...) {
			if d.vague[c.ID] != determined {
				d.fail("it repeats for what is not determined")
			}
			if n.Distinct && !identicalIfEqual(c.Type) {
				d.fail(choiceDecides)
			}
		}
	default:
		for _, e := range plan.Expressions(n) {
			d.decides(e)
		}
	}
}

// mark says what a column that a node defines is.
func (d *determinacy) mark(c plan.Column, v vagueness) {
	if v > d.vague[c.ID] {
		d.vague[c.ID] = v
	}
}

// pass hands on what columns are, by position.
func (d *determinacy) pass(from, to plan.Schema) {
	for i, c := range from {
		d.mark(to[i], d.vague[c.ID])
	}
}

func (d *determinacy) columns(list []plan.Projection) {
	for _, p := range list {
		d.mark(p.Col, d.value(p.Expr))
	}
}

// groups are keys of which one row stands for all that are equal.
func (d *determinacy) groups(keys []plan.Projection) {
	for _, k := range keys {
		v := d.value(k.Expr)
		if v == rounded {
			d.fail(digitsDecide)
		}
		if v == anyEqual || !identicalIfEqual(k.Expr.Type()) {
			d.mark(k.Col, anyEqual)
		}
	}
}

// decides looks at an expression that decides of rows.
func (d *determinacy) decides(e expr.Expr) {
	switch d.value(e) {
	case rounded:
		d.fail(digitsDecide)
	case anyEqual:
		d.fail(choiceDecides)
	}
}

// value returns what an expression's values are.
func (d *determinacy) value(e expr.Expr) vagueness {
	if c, ok := e.(*expr.Column); ok {
		return d.vague[c.ID]
	}
	if f, ok := e.(*expr.Fallback); ok {
		if f.Volatile {
			d.fail(f.Text + " has another value each time")
		} else {
			d.fail(f.Text + " is evaluated row by row, in its session")
		}
	}
	most := determined
	for _, c := range e.Children() {
		most = max(most, d.value(c))
	}
	call, _ := e.(*expr.Call)
	switch {
	case most == anyEqual:
		d.fail(choiceDecides)
	case most == rounded && !keepsNear(e):
		d.fail(digitsDecide)
	case most == determined && call != nil && approximate[call.Func] && e.Type().IsFloat():
		return rounded
	}
	return most
}

// keepsNear reports an expression whose relative error is that of its arguments. Where sums are subtracted it is not.
func keepsNear(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Call:
		return e.Typ.IsFloat() && (e.Func == expr.Mul || e.Func == expr.Div || e.Func == expr.Neg || e.Func == expr.Abs)
	case *expr.Cast:
		return e.To.Kind == types.Float64 && e.Arg.Type().IsFloat()
	}
	return false
}

// approximate are functions that systems compute to the last digit or so.
var approximate = map[expr.Func]bool{
	expr.Pow: true, expr.Exp: true, expr.Ln: true, expr.Log10: true, expr.Log2: true, expr.Log: true, expr.Sin: true, expr.Cos: true,
	expr.Tan: true, expr.Cot: true, expr.Asin: true, expr.Acos: true, expr.Atan: true, expr.Atan2: true, expr.Degrees: true, expr.Radians: true,
}

// aggregate returns what an aggregate function's values are.
func (d *determinacy) aggregate(a plan.Agg) vagueness {
	most, float := determined, false
	for _, arg := range a.Args {
		most = max(most, d.value(arg))
		float = float || arg.Type().IsFloat()
	}
	switch a.Func {
	case plan.CountStar:
	case plan.Count:
		if a.Distinct && most == rounded {
			d.fail(digitsDecide)
		}
		return determined
	case plan.Min, plan.Max:
		if most == determined && !identicalIfEqual(a.Args[0].Type()) {
			return anyEqual
		}
		return most
	case plan.Sum, plan.Avg:
		if most == anyEqual || a.Distinct && float {
			d.fail(choiceDecides)
		}
		if float {
			return rounded
		}
	case plan.AnyValue:
		d.fail("ANY_VALUE, or a column that is not grouped by, is of any row")
	case plan.GroupConcat:
		if most != determined || !d.ordered(a) {
			d.fail("GROUP_CONCAT puts equal rows in any order")
		}
	case plan.JSONArrayAgg, plan.JSONObjectAgg:
		d.fail("JSON is made of rows in any order")
	case plan.VarPop, plan.VarSamp, plan.StddevPop, plan.StddevSamp:
		d.fail("a variance magnifies the order of addition")
	default:
		if most != determined {
			d.fail(choiceDecides)
		}
	}
	return determined
}

// ordered reports a GROUP_CONCAT whose rows differ in its order if they differ at all.
func (d *determinacy) ordered(a plan.Agg) bool {
	keys := make(set)
	for _, k := range a.OrderBy {
		if c, ok := k.Expr.(*expr.Column); ok && d.vague[c.ID] == determined && identicalIfEqual(c.Typ) {
			keys[c.ID] = true
		}
	}
	return within(columnsOf(a.Args...), keys)
}

func (d *determinacy) window(n *plan.Window) {
	for _, e := range n.PartitionBy {
		if d.value(e) == rounded {
			d.fail(digitsDecide)
		}
	}
	keys := make(set)
	for _, e := range append(keyExprs(n.OrderBy), n.PartitionBy...) {
		switch c, ok := e.(*expr.Column); {
		case d.value(e) == rounded:
			d.fail(digitsDecide)
		case ok:
			keys[c.ID] = true
		}
	}
	total := d.total(n.Input, keys)
	for _, f := range n.Funcs {
		float := false
		for _, arg := range f.Args {
			d.decides(arg)
			float = float || arg.Type().IsFloat()
		}
		switch f.Func {
		case plan.Rank, plan.DenseRank, plan.PercentRank, plan.CumeDist:
			continue
		case plan.Sum, plan.Avg:
			if float {
				d.fail("a window adds DOUBLE in any order")
			}
		case plan.VarPop, plan.VarSamp, plan.StddevPop, plan.StddevSamp:
			d.fail("a variance magnifies the order of addition")
		}
		rows := f.Frame.Start.Kind == plan.CurrentRow || f.Frame.End.Kind == plan.CurrentRow
		switch f.Func {
		case plan.CountStar, plan.Count, plan.Sum, plan.Avg, plan.BitAnd, plan.BitOr, plan.BitXor:
		case plan.Min, plan.Max:
			if !identicalIfEqual(f.Args[0].Type()) {
				d.mark(f.Col, anyEqual)
			}
		default:
			rows = true
		}
		if rows && !total {
			d.fail("a window counts rows by an order in which rows can be equal")
		}
	}
}

// takesSame reports a Limit that always takes the same rows.
func (d *determinacy) takesSame(n *plan.Limit) bool {
	if n.Count < 0 && n.Offset == 0 || n.Count == 0 || atMostOneRow(n.Input) {
		return true
	}
	input, order := n.Input, n.Keys
	for len(order) == 0 {
		switch in := input.(type) {
		case *plan.Sort:
			input, order = in.Input, in.Keys
		case *plan.Project:
			input = in.Input
		default:
			return false
		}
	}
	keys := make(set)
	for _, k := range order {
		c, ok := k.Expr.(*expr.Column)
		if !ok || d.vague[c.ID] != determined {
			break
		}
		keys[c.ID] = true
	}
	return d.total(input, keys)
}

// total reports columns in which no two rows of a plan agree.
func (d *determinacy) total(n plan.Node, columns set) bool {
	schema := n.Schema()
	for _, key := range uniqueKeys(n) {
		ok := within(key, columns)
		for id := range key {
			at := schema.Index(id)
			ok = ok && at >= 0 && !schema[at].Nullable && identicalIfEqual(schema[at].Type)
		}
		if ok {
			return true
		}
	}
	return false
}

// resultOrder returns the columns that a plan's rows are ordered by, as far as they are columns, under the ids they have in the
// result.
func resultOrder(n plan.Node) []expr.ColumnID {
	switch n := n.(type) {
	case *plan.Sort:
		return orderedBy(n.Keys)
	case *plan.Limit:
		if len(n.Keys) > 0 {
			return orderedBy(n.Keys)
		}
		return resultOrder(n.Input)
	case *plan.With:
		return resultOrder(n.Body)
	case *plan.Project:
		list := resultOrder(n.Input)
		for i, id := range list {
			renamed := false
			for _, p := range n.Exprs {
				if c, ok := p.Expr.(*expr.Column); ok && c.ID == id {
					list[i], renamed = p.Col.ID, true
					break
				}
			}
			if !renamed {
				return list[:i]
			}
		}
		return list
	}
	return nil
}

func orderedBy(keys []plan.SortKey) []expr.ColumnID {
	var list []expr.ColumnID
	for _, k := range keys {
		c, ok := k.Expr.(*expr.Column)
		if !ok {
			break
		}
		list = append(list, c.ID)
	}
	return list
}
