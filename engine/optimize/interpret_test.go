package optimize

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// The interpreter runs plans over small tables in the most literal way, to compare a plan before and after a rule.

// table is a table with its rows.
type table struct {
	*plan.Table
	source string
	rows   [][]types.Value
}

// row is the values of columns by id: those of the current row and of enclosing applies.
type row map[expr.ColumnID]types.Value

func (r row) and(cols plan.Schema, values []types.Value) row {
	out := make(row, len(r)+len(cols))
	for id, v := range r {
		out[id] = v
	}
	for i, c := range cols {
		out[c.ID] = values[i]
	}
	return out
}

var (
	errTwoRows = errors.New("subquery returns more than 1 row")
	errTooDeep = errors.New("recursive query aborted")
	errTooMuch = errors.New("the plan joins too many rows for a test")
)

type interpreter struct {
	tables map[string]*table
	ctes   map[int][][]types.Value
	pairs  int // rows and pairs of rows looked at
}

// mostPairs bounds what a random plan may cost.
const mostPairs = 5_000

func interpret(tables map[string]*table, n plan.Node) ([][]types.Value, error) {
	in := &interpreter{tables: tables, ctes: make(map[int][][]types.Value)}
	return in.run(n, nil)
}

func (in *interpreter) run(n plan.Node, outer row) ([][]types.Value, error) {
	switch n := n.(type) {
	case *plan.Scan:
		return pick(in.tables[n.Table.Name.Name].rows, n.Pos), nil
	case *plan.Remote:
		f := n.Fragment.(*fragment)
		return in.run(f.node, outer)
	case *plan.CTERef:
		return in.ctes[n.ID], nil
	case *plan.Working:
		return in.ctes[n.ID], nil
	case *plan.Recursive:
		return in.recursive(n, outer)
	case *plan.Values:
		var out [][]types.Value
		for _, r := range n.Rows {
			out = append(out, evalAll(r, outer))
		}
		return out, nil
	case *plan.With:
		for _, b := range n.Bindings {
			rows, err := in.run(b.Plan, outer)
			if err != nil {
				return nil, err
			}
			in.ctes[b.ID] = rows
		}
		return in.run(n.Body, outer)
	case *plan.Join:
		return in.join(n, outer)
	case *plan.Apply:
		return in.apply(n, outer)
	case *plan.Union:
		var out [][]types.Value
		for _, c := range n.Inputs {
			rows, err := in.run(c, outer)
			if err != nil {
				return nil, err
			}
			out = append(out, rows...)
		}
		return out, nil
	}
	input, err := in.run(n.Children()[0], outer)
	if err != nil {
		return nil, err
	}
	if in.pairs += len(input); in.pairs > mostPairs {
		return nil, errTooMuch
	}
	return in.unary(n, input, outer), nil
}

func (in *interpreter) recursive(n *plan.Recursive, outer row) ([][]types.Value, error) {
	var all [][]types.Value
	seen := make(map[string]bool)
	add := func(rows [][]types.Value) (added [][]types.Value) {
		for _, r := range rows {
			key := fmt.Sprint(r)
			if n.Distinct && seen[key] || n.Most >= 0 && int64(len(all)) >= n.Most {
				continue
			}
			seen[key] = true
			all, added = append(all, r), append(added, r)
		}
		return added
	}
	rows, err := in.run(n.Seed, outer)
	for round := int64(1); err == nil; round++ {
		in.ctes[n.ID] = add(rows)
		if len(in.ctes[n.ID]) == 0 {
			return all, nil
		}
		if round > n.Rounds {
			return nil, errTooDeep
		}
		if in.pairs += len(all); in.pairs > mostPairs {
			return nil, errTooMuch
		}
		rows, err = in.run(n.Step, outer)
	}
	return nil, err
}

func pick(rows [][]types.Value, pos []int) [][]types.Value {
	out := make([][]types.Value, len(rows))
	for i, r := range rows {
		for _, p := range pos {
			out[i] = append(out[i], r[p])
		}
	}
	return out
}

func (in *interpreter) unary(n plan.Node, input [][]types.Value, outer row) [][]types.Value {
	s := n.Children()[0].Schema()
	var out [][]types.Value
	switch n := n.(type) {
	case *plan.Filter:
		for _, r := range input {
			if holds(n.Conds, outer.and(s, r)) {
				out = append(out, r)
			}
		}
	case *plan.Project:
		for _, r := range input {
			out = append(out, evalAll(projected(n.Exprs), outer.and(s, r)))
		}
	case *plan.Sort:
		out = sorted(input, s, n.Keys, outer)
	case *plan.Limit:
		out = sorted(input, s, n.Keys, outer)
		out = out[min(int(n.Offset), len(out)):]
		if n.Count >= 0 {
			out = out[:min(int(n.Count), len(out))]
		}
	case *plan.Aggregate:
		out = aggregate(n, s, input, outer)
	case *plan.Window:
		out = windowed(n, s, input, outer)
	case *plan.Repeat:
		for _, r := range input {
			if times := eval(n.Times, outer.and(s, r)); !times.Null {
				for range max(times.Int, 0) {
					out = append(out, r)
				}
			}
		}
	case *plan.Rollup:
		for _, r := range input {
			keys := evalAll(projected(n.Keys), outer.and(s, r))
			for level := range len(keys) + 1 {
				up := slices.Concat(r, keys[:len(keys)-level], nullRow(level))
				out = append(out, append(up, types.IntValue(int64(level))))
			}
		}
	}
	return out
}

// windowed computes ROW_NUMBER, and aggregates over whole partitions; there are no other window functions here.
func windowed(n *plan.Window, s plan.Schema, input [][]types.Value, outer row) [][]types.Value {
	partitions := make(map[string][]row)
	key := func(r []types.Value) string { return fmt.Sprint(evalAll(n.PartitionBy, outer.and(s, r))) }
	for _, r := range input {
		partitions[key(r)] = append(partitions[key(r)], outer.and(s, r))
	}
	var out [][]types.Value
	count := make(map[string]int64)
	for _, r := range sorted(input, s, n.OrderBy, outer) {
		count[key(r)]++
		all := slices.Clone(r)
		for _, f := range n.Funcs {
			if f.Func == plan.RowNumber {
				all = append(all, types.IntValue(count[key(r)]))
			} else {
				all = append(all, aggregated(plan.Agg{Func: f.Func, Args: f.Args}, partitions[key(r)]))
			}
		}
		out = append(out, all)
	}
	return out
}

// sorted orders by the keys and then by the whole row, so that a limit always cuts at the same place.
func sorted(rows [][]types.Value, s plan.Schema, keys []plan.SortKey, outer row) [][]types.Value {
	out := slices.Clone(rows)
	byID := make([]int, len(s))
	for i := range byID {
		byID[i] = i
	}
	sort.Slice(byID, func(a, b int) bool { return s[byID[a]].ID < s[byID[b]].ID })
	sort.SliceStable(out, func(a, b int) bool {
		x, y := outer.and(s, out[a]), outer.and(s, out[b])
		for _, k := range keys {
			c := compareValues(eval(k.Expr, x), eval(k.Expr, y))
			if c != 0 {
				return c < 0 != k.Desc
			}
		}
		return false
	})
	return out
}

func compareValues(a, b types.Value) int {
	switch {
	case a.Null && b.Null:
		return 0
	case a.Null:
		return -1
	case b.Null:
		return 1
	case a.Int != b.Int:
		if a.Int < b.Int {
			return -1
		}
		return 1
	}
	return strings.Compare(a.Str, b.Str)
}

func (in *interpreter) join(n *plan.Join, outer row) ([][]types.Value, error) {
	left, err := in.run(n.Left, outer)
	if err != nil {
		return nil, err
	}
	right, err := in.run(n.Right, outer)
	if err != nil {
		return nil, err
	}
	if in.pairs += len(left) * len(right); in.pairs > mostPairs {
		return nil, errTooMuch
	}
	ls, rs := n.Left.Schema(), n.Right.Schema()
	var out [][]types.Value
	met := make([]bool, len(right))
	for _, l := range left {
		env := outer.and(ls, l)
		var matches [][]types.Value
		for i, r := range right {
			if holds(n.On, env.and(rs, r)) {
				matches = append(matches, append(slices.Clone(l), r...))
				met[i] = true
			}
		}
		rows, err := joinedRows(n, l, right, matches, env)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	if n.Kind == plan.Full {
		for i, r := range right {
			if !met[i] {
				out = append(out, append(nullRow(len(ls)), r...))
			}
		}
	}
	return out, nil
}

// joinedRows is what one left row yields.
func joinedRows(n *plan.Join, l []types.Value, right, matches [][]types.Value, env row) ([][]types.Value, error) {
	padded := append(slices.Clone(l), nullRow(len(n.Right.Schema()))...)
	switch n.Kind {
	case plan.Semi:
		if len(matches) > 0 {
			return [][]types.Value{l}, nil
		}
		return nil, nil
	case plan.Anti:
		if len(matches) == 0 {
			return [][]types.Value{l}, nil
		}
		return nil, nil
	case plan.NullAnti:
		if m := inResult(n, right, env); !m.Null && m.Int == 0 {
			return [][]types.Value{l}, nil
		}
		return nil, nil
	case plan.Mark:
		mark := types.BoolValue(len(matches) > 0)
		if n.NullAware {
			mark = inResult(n, right, env)
		}
		return [][]types.Value{append(slices.Clone(l), mark)}, nil
	case plan.Single:
		if len(matches) > 1 {
			return nil, errTwoRows
		}
	}
	if len(matches) == 0 && n.Kind != plan.Inner {
		return [][]types.Value{padded}, nil
	}
	return matches, nil
}

// inResult is the value of IN for one left row.
func inResult(n *plan.Join, right [][]types.Value, env row) types.Value {
	result := types.BoolValue(false)
	for _, r := range right {
		e := env.and(n.Right.Schema(), r)
		if !holds(n.On[1:], e) {
			continue
		}
		switch v := eval(n.On[0], e); {
		case v.Null:
			result = types.NullValue
		case v.Int != 0:
			return types.BoolValue(true)
		}
	}
	return result
}

func nullRow(n int) []types.Value {
	out := make([]types.Value, n)
	for i := range out {
		out[i] = types.NullValue
	}
	return out
}

// apply runs the inner side for each outer row, as the join of that row with its inner rows.
func (in *interpreter) apply(n *plan.Apply, outer row) ([][]types.Value, error) {
	rows, err := in.run(n.Outer, outer)
	if err != nil {
		return nil, err
	}
	as := map[plan.ApplyKind]plan.Join{
		plan.ApplyScalar: {Kind: plan.Single}, plan.ApplyExists: {Kind: plan.Mark},
		plan.ApplyIn: {Kind: plan.Mark, NullAware: true}, plan.ApplyInner: {Kind: plan.Inner},
		plan.ApplyLeft: {Kind: plan.Left},
	}[n.Kind]
	as.Left, as.Right, as.On = n.Outer, n.Inner, n.On
	if n.Kind == plan.ApplyIn {
		as.On = []expr.Expr{all(n.On)}
	}
	var out [][]types.Value
	for _, r := range rows {
		env := outer.and(n.Outer.Schema(), r)
		inner, err := in.run(n.Inner, env)
		if err != nil {
			return nil, err
		}
		if in.pairs += len(inner); in.pairs > mostPairs {
			return nil, errTooMuch
		}
		var matches [][]types.Value
		for _, i := range inner {
			if holds(as.On, env.and(n.Inner.Schema(), i)) {
				matches = append(matches, append(slices.Clone(r), i...))
			}
		}
		yield, err := joinedRows(&as, r, inner, matches, env)
		if err != nil {
			return nil, err
		}
		out = append(out, yield...)
	}
	return out, nil
}

func aggregate(n *plan.Aggregate, s plan.Schema, input [][]types.Value, outer row) [][]types.Value {
	groups := make(map[string][]row)
	keys := make(map[string][]types.Value)
	var order []string
	if len(n.Groups) == 0 {
		order, keys[""] = []string{""}, nil
	}
	for _, r := range input {
		env := outer.and(s, r)
		key := evalAll(projected(n.Groups), env)
		text := fmt.Sprint(key)
		if len(n.Groups) == 0 {
			text = ""
		}
		if _, ok := keys[text]; !ok {
			keys[text] = key
			order = append(order, text)
		}
		groups[text] = append(groups[text], env)
	}
	var out [][]types.Value
	for _, k := range order {
		r := slices.Clone(keys[k])
		for _, a := range n.Aggs {
			r = append(r, aggregated(a, groups[k]))
		}
		out = append(out, r)
	}
	return out
}

func aggregated(a plan.Agg, rows []row) types.Value {
	var values []types.Value
	seen := make(map[types.Value]bool)
	for _, r := range rows {
		if a.Func == plan.CountStar {
			values = append(values, types.IntValue(1))
			continue
		}
		v := eval(a.Args[0], r)
		if v.Null || a.Distinct && seen[v] {
			continue
		}
		seen[v] = true
		values = append(values, v)
	}
	switch {
	case a.Func == plan.Count || a.Func == plan.CountStar:
		return types.IntValue(int64(len(values)))
	case len(values) == 0 && a.Func == plan.SumCounts:
		return types.IntValue(0)
	case len(values) == 0:
		return types.NullValue
	}
	out := values[0]
	for _, v := range values[1:] {
		switch a.Func {
		case plan.Sum, plan.SumCounts:
			out.Int += v.Int
		case plan.Min:
			out.Int = min(out.Int, v.Int)
		case plan.Max:
			out.Int = max(out.Int, v.Int)
		}
	}
	return out
}

func holds(conds []expr.Expr, r row) bool {
	for _, c := range conds {
		if v := eval(c, r); v.Null || v.Int == 0 {
			return false
		}
	}
	return true
}

func evalAll(list []expr.Expr, r row) []types.Value {
	out := make([]types.Value, len(list))
	for i, e := range list {
		out[i] = eval(e, r)
	}
	return out
}

// eval evaluates what the reader can write.
func eval(e expr.Expr, r row) types.Value {
	switch e := e.(type) {
	case *expr.Column:
		v, ok := r[e.ID]
		if !ok {
			panic(fmt.Sprintf("column %s has no value", e))
		}
		return v
	case *expr.Literal:
		return e.Value
	case *expr.Case:
		for _, w := range e.Whens {
			if v := eval(w.Cond, r); !v.Null && v.Int != 0 {
				return eval(w.Then, r)
			}
		}
		if e.Else == nil {
			return types.NullValue
		}
		return eval(e.Else, r)
	case *expr.In:
		return evalIn(e, eval(e.Arg, r))
	case *expr.Call:
		return evalCall(e.Func, evalAll(e.Args, r))
	case *expr.Fallback:
		return types.IntValue(7)
	}
	panic(fmt.Sprintf("%T", e))
}

func evalIn(e *expr.In, v types.Value) types.Value {
	switch {
	case v.Null:
		return types.NullValue
	case slices.Contains(e.List, v):
		return types.BoolValue(!e.Not)
	case e.HasNull:
		return types.NullValue
	}
	return types.BoolValue(e.Not)
}

func evalCall(f expr.Func, args []types.Value) types.Value {
	switch f {
	case expr.And, expr.Or:
		return connective(args, f == expr.Or)
	case expr.IsNull:
		return types.BoolValue(args[0].Null)
	case expr.IsTrue:
		return types.BoolValue(!args[0].Null && args[0].Int != 0)
	case expr.IsFalse:
		return types.BoolValue(!args[0].Null && args[0].Int == 0)
	case expr.NullSafeEq:
		return types.BoolValue(compareValues(args[0], args[1]) == 0)
	case expr.Coalesce:
		for _, a := range args {
			if !a.Null {
				return a
			}
		}
		return types.NullValue
	}
	for _, a := range args {
		if a.Null {
			return types.NullValue
		}
	}
	c := 0
	if len(args) == 2 {
		c = compareValues(args[0], args[1])
	}
	switch f {
	case expr.Not:
		return types.BoolValue(args[0].Int == 0)
	case expr.Eq:
		return types.BoolValue(c == 0)
	case expr.Ne:
		return types.BoolValue(c != 0)
	case expr.Lt:
		return types.BoolValue(c < 0)
	case expr.Le:
		return types.BoolValue(c <= 0)
	case expr.Gt:
		return types.BoolValue(c > 0)
	case expr.Ge:
		return types.BoolValue(c >= 0)
	case expr.Add:
		return types.IntValue(args[0].Int + args[1].Int)
	case expr.Sub:
		return types.IntValue(args[0].Int - args[1].Int)
	case expr.Mul:
		return types.IntValue(args[0].Int * args[1].Int)
	}
	panic(string(f))
}

// connective is OR (wins) or AND (!wins) of truth values.
func connective(args []types.Value, wins bool) types.Value {
	out := types.BoolValue(!wins)
	for _, a := range args {
		switch {
		case a.Null:
			out = types.NullValue
		case (a.Int != 0) == wins:
			return types.BoolValue(wins)
		}
	}
	return out
}
