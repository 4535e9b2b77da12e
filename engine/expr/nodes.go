package expr

import (
	"slices"
	"strings"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// columnNode reads a column by its position.
type columnNode int

func (c columnNode) eval(f *frame) (kernel.Datum, error) {
	if f.value != nil {
		return kernel.Scalar(f.value(int(c))), nil
	}
	a, err := f.column(int(c))
	if err != nil {
		return kernel.Datum{}, err
	}
	a.Retain()
	return kernel.Vector(a), nil
}

// constNode is a value for all rows.
type constNode struct{ value types.Value }

func (c constNode) eval(*frame) (kernel.Datum, error) { return kernel.Scalar(c.value), nil }

// callNode runs a kernel on its arguments.
type callNode struct {
	args    []node
	f       kernel.Func
	first   types.Type // of the first argument
	lenient bool       // the kernel takes NULL values
	every   bool       // argument is evaluated, also behind a NULL
}

func (c *callNode) eval(f *frame) (kernel.Datum, error) {
	args := make([]kernel.Datum, 0, len(c.args))
	defer func() { releaseAll(args) }()
	scalars := true
	for _, a := range c.args {
		d, err := a.eval(f)
		if err != nil {
			return kernel.Datum{}, err
		}
		args = append(args, d)
		if d.IsScalar() && d.Value.Null && !c.lenient && !c.every {
			return kernel.Scalar(types.NullValue), nil
		}
		scalars = scalars && d.IsScalar()
	}
	if c.every && !c.lenient && slices.ContainsFunc(args, func(d kernel.Datum) bool { return d.IsScalar() && d.Value.Null }) {
		return kernel.Scalar(types.NullValue), nil
	}
	if scalars {
		return scalarCall(&f.ctx, c.f, args, c.first)
	}
	a, err := c.f(&f.ctx, args, f.n)
	if err != nil {
		return kernel.Datum{}, err
	}
	return kernel.Vector(a), nil
}

// scalarCall runs a kernel on values for all rows, once.
func scalarCall(ctx *kernel.Context, f kernel.Func, args []kernel.Datum, first types.Type) (kernel.Datum, error) {
	one := kernel.FromValues(ctx.Mem, first, []types.Value{args[0].Value})
	defer one.Release()
	a, err := f(ctx, append([]kernel.Datum{kernel.Vector(one)}, args[1:]...), 1)
	if err != nil {
		return kernel.Datum{}, err
	}
	defer a.Release()
	return kernel.Scalar(kernel.ValueAt(a, 0)), nil
}

func releaseAll(list []kernel.Datum) {
	for _, d := range list {
		d.Release()
	}
}

// test is a predicate and what its answers mean.
type test struct {
	p       kernel.Predicate
	unknown kernel.Unknown
}

// over applies the test to an argument of type t.
func (t test) over(arg node, typ types.Type) *testNode {
	return &testNode{t, callNode{args: []node{arg}, f: kernel.Test(t.p, t.unknown), first: typ}}
}

// inKernel is the test of an IN list, nil if its type has none.
func inKernel(in *In) *test {
	p := kernel.In(in.Arg.Type(), in.List)
	if p == nil {
		return nil
	}
	t := test{p: p}
	if in.Not {
		t.p = kernel.Negate(p)
	}
	if in.HasNull {
		t.unknown = kernel.UnknownIfFalse
		if in.Not {
			t.unknown = kernel.UnknownIfTrue
		}
	}
	return &t
}

// testNode applies a predicate to one argument. Over a column a Filter uses the predicate itself.
type testNode struct {
	test
	callNode
}

// logicNode is AND or OR. An argument is evaluated for the rows that the ones before it leave open.
type logicNode struct {
	args []node
	and  bool
}

func (l *logicNode) eval(f *frame) (kernel.Datum, error) {
	acc, err := l.args[0].eval(f)
	if err != nil {
		return kernel.Datum{}, err
	}
	combine := kernel.Or
	if l.and {
		combine = kernel.And
	}
	for _, arg := range l.args[1:] {
		open := l.open(acc, f.n)
		if open.Count == 0 {
			break
		}
		d, err := evalFor(f, arg, open)
		if err != nil {
			acc.Release()
			return kernel.Datum{}, err
		}
		next, err := combineLogic(f, combine, acc, d)
		acc.Release()
		d.Release()
		if err != nil {
			return kernel.Datum{}, err
		}
		acc = next
	}
	return acc, nil
}

func combineLogic(f *frame, combine kernel.Func, a, b kernel.Datum) (kernel.Datum, error) {
	pair := []kernel.Datum{a, b}
	if a.IsScalar() && b.IsScalar() {
		return scalarCall(&f.ctx, combine, pair, types.Of(types.Bool))
	}
	out, err := combine(&f.ctx, pair, f.n)
	if err != nil {
		return kernel.Datum{}, err
	}
	return kernel.Vector(out), nil
}

// open is the rows that acc does not decide: for AND those that are not false, for OR those that are not true.
func (l *logicNode) open(acc kernel.Datum, n int) kernel.Rows {
	decided := bitmap(n)
	if l.and {
		kernel.FalseBits(decided, acc)
	} else {
		kernel.TrueBits(decided, acc)
	}
	_, open := kernel.AllRows(n).Split(decided)
	return open
}

func bitmap(n int) []byte { return make([]byte, (n+7)/8) }

// caseNode is CASE and IF: of results the one of the first condition that is true, else the last, which may be missing.
type caseNode struct {
	conds   []node
	results []node // one for each condition, then ELSE if there is one
	typ     types.Type
}

func newCaseNode(e *Case, args []node) *caseNode {
	n := &caseNode{typ: e.Typ}
	for i := range e.Whens {
		n.conds = append(n.conds, args[2*i])
		n.results = append(n.results, args[2*i+1])
	}
	if e.Else != nil {
		n.results = append(n.results, args[len(args)-1])
	}
	return n
}

func (c *caseNode) eval(f *frame) (kernel.Datum, error) {
	chosen, err := c.choose(f)
	if err != nil {
		return kernel.Datum{}, err
	}
	choice := make([]uint16, f.n)
	arms := make([]kernel.Datum, 0, len(c.results))
	defer func() { releaseAll(arms) }()
	for k, rows := range chosen {
		if k == len(c.results) { // no ELSE: NULL
			rows.Mark(choice, uint16(k))
			break
		}
		d := kernel.Scalar(types.NullValue)
		if rows.Count > 0 {
			if d, err = evalFor(f, c.results[k], rows); err != nil {
				return kernel.Datum{}, err
			}
		}
		if rows.Count == f.n {
			return d, nil // one arm for all rows needs no copy
		}
		arms = append(arms, d)
		rows.Mark(choice, uint16(k))
	}
	a, err := kernel.Choose(&f.ctx, c.typ, arms, choice)
	if err != nil {
		return kernel.Datum{}, err
	}
	return kernel.Vector(a), nil
}

// choose evaluates the conditions, each for the rows that no earlier one took, and returns for every result its rows; the last are
// those that no condition took.
func (c *caseNode) choose(f *frame) ([]kernel.Rows, error) {
	chosen := make([]kernel.Rows, len(c.conds)+1)
	open, yes := kernel.AllRows(f.n), bitmap(f.n)
	for k, cond := range c.conds {
		if open.Count == 0 {
			chosen[k] = open
			continue
		}
		d, err := evalFor(f, cond, open)
		if err != nil {
			return nil, err
		}
		kernel.TrueBits(yes, d)
		d.Release()
		chosen[k], open = open.Split(yes)
	}
	chosen[len(c.conds)] = open
	return chosen, nil
}

// coalesceNode is COALESCE and IFNULL: an argument is evaluated for the rows where all before it are NULL.
type coalesceNode struct {
	args []node
	typ  types.Type
}

func (c *coalesceNode) eval(f *frame) (kernel.Datum, error) {
	choice := make([]uint16, f.n)
	arms := make([]kernel.Datum, 0, len(c.args))
	defer func() { releaseAll(arms) }()
	open, valid := kernel.AllRows(f.n), bitmap(f.n)
	for k, arg := range c.args {
		if open.Count == 0 {
			break
		}
		d, err := evalFor(f, arg, open)
		if err != nil {
			return kernel.Datum{}, err
		}
		kernel.ValidBits(valid, d)
		var taken kernel.Rows
		if taken, open = open.Split(valid); taken.Count == f.n {
			return d, nil
		}
		arms = append(arms, d)
		taken.Mark(choice, uint16(k))
	}
	open.Mark(choice, uint16(len(arms))) // NULL
	a, err := kernel.Choose(&f.ctx, c.typ, arms, choice)
	if err != nil {
		return kernel.Datum{}, err
	}
	return kernel.Vector(a), nil
}

// fallbackNode evaluates an expression row by row.
type fallbackNode struct {
	args  []node
	types []types.Type
	typ   types.Type
	row   RowFunc
	name  string // of the function, for a warning
	env   *Env
}

func newFallbackNode(e *Fallback, args []node, env *Env) *fallbackNode {
	n := &fallbackNode{args: args, typ: e.Typ, row: e.Row.Clone(), env: env}
	n.name, _, _ = strings.Cut(strings.ToLower(e.Text), "(")
	for _, a := range e.Args {
		n.types = append(n.types, a.Type())
	}
	return n
}

func (n *fallbackNode) eval(f *frame) (kernel.Datum, error) {
	args := make([]kernel.Datum, 0, len(n.args))
	defer func() { releaseAll(args) }()
	row := make([]types.Value, len(n.args))
	for i, a := range n.args {
		d, err := a.eval(f)
		if err != nil {
			return kernel.Datum{}, err
		}
		args = append(args, d)
		row[i] = d.Value
	}
	out := make([]types.Value, f.n)
	size := int64(0)
	for r := range out {
		if err := f.ctx.Interruption(); err != nil {
			return kernel.Datum{}, err
		}
		for i, d := range args {
			if !d.IsScalar() {
				row[i] = kernel.ValueAt(d.Array, r)
			}
		}
		v, err := n.row.Eval(n.env, row)
		if err != nil {
			return kernel.Datum{}, err
		}
		if f.ctx.TooLong(n.name, int64(len(v.Str))) {
			v = types.NullValue
		}
		size += int64(len(v.Str))
		if err := f.ctx.Fits(size, f.n); err != nil {
			return kernel.Datum{}, err
		}
		out[r] = v
	}
	f.ctx.Charge(size)
	return kernel.Vector(kernel.FromValues(f.ctx.Mem, n.typ, out)), nil
}

// rowwise reports whether a Fallback is in a node: computing it for rows in vain costs more than taking the others out.
func rowwise(n node) bool {
	var children []node
	switch n := n.(type) {
	case *fallbackNode:
		return true
	case *callNode:
		children = n.args
	case *testNode:
		children = n.args
	case *logicNode:
		children = n.args
	case *coalesceNode:
		children = n.args
	case *caseNode:
		children = append(append(children, n.conds...), n.results...)
	}
	for _, c := range children {
		if rowwise(c) {
			return true
		}
	}
	return false
}
