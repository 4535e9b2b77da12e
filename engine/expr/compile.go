package expr

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// Layout is where the columns of a relation lie in its batches.
type Layout map[ColumnID]int

// Evaluator computes an expression over batches. It has scratch space: one goroutine at a time.
type Evaluator interface {
	// Eval returns one value per row of batch, in the expression's type; the caller releases it. It fails with ErrTooWide
	// where the texts of more than one row take too much: ask for fewer rows.
	Eval(mem memory.Allocator, batch arrow.RecordBatch) (arrow.Array, error)
}

// Compile prepares e for batches of a layout.
func Compile(e Expr, layout Layout, env *Env) (Evaluator, error) { return compile(e, layout, env) }

func compile(e Expr, layout Layout, env *Env) (*evaluator, error) {
	c := newCompiler(layout, env)
	root, err := c.node(e)
	if err != nil {
		return nil, err
	}
	return &evaluator{ctx: c.ctx, warned: c.warned, root: root, typ: e.Type()}, nil
}

type evaluator struct {
	ctx    kernel.Context
	warned *warnings
	root   node
	typ    types.Type
	row    *frame // of EvalRow
}

func (e *evaluator) Eval(mem memory.Allocator, batch arrow.RecordBatch) (arrow.Array, error) {
	f := batchFrame(&e.ctx, mem, batch)
	if f.n == 0 { // not even a constant is computed for no row
		return kernel.FromValues(mem, e.typ, nil), nil
	}
	if err := e.ctx.Interruption(); err != nil {
		return nil, err
	}
	out, err := e.eval(f)
	return out, e.warned.settle(err, f.n)
}

func (e *evaluator) eval(f *frame) (arrow.Array, error) {
	d, err := e.root.eval(f)
	if err != nil {
		return nil, err
	}
	if !d.IsScalar() {
		return d.Array, nil
	}
	if err := f.ctx.Fits(int64(len(d.Value.Str))*int64(f.n), f.n); err != nil {
		return nil, err
	}
	return kernel.Broadcast(f.ctx.Mem, e.typ, d.Value, f.n), nil
}

// node is a compiled expression.
type node interface {
	// eval computes the rows of a frame; the caller releases the result. A value for all rows may be returned as one.
	eval(f *frame) (kernel.Datum, error)
}

// compiler turns expressions into nodes.
type compiler struct {
	layout Layout
	env    *Env           // that warns as ctx does
	ctx    kernel.Context // without memory
	warned *warnings
}

func newCompiler(layout Layout, env *Env) *compiler {
	warned := &warnings{to: env.Warn}
	own := *env
	own.Warn = warned.add
	ctx := kernel.Context{
		Location: env.Location, Warn: own.Warn, StrictDivision: env.StrictDivision, MaxPacket: env.MaxPacket,
		Interrupted: env.Interrupted, Account: env.Account,
	}
	return &compiler{layout, &own, ctx, warned}
}

func (c *compiler) node(e Expr) (node, error) {
	switch e := e.(type) {
	case *Column:
		at, ok := c.layout[e.ID]
		if !ok {
			return nil, fmt.Errorf("compile %s: no such column in the input", e)
		}
		return columnNode(at), nil
	case *Literal:
		return constNode{e.Value}, nil
	case *Param:
		if e.Ordinal >= len(c.env.Params) {
			return nil, fmt.Errorf("compile %s: parameter %d of %d", e, e.Ordinal, len(c.env.Params))
		}
		return constNode{c.env.Params[e.Ordinal]}, nil
	}
	args, err := c.nodes(e.Children())
	if err != nil {
		return nil, err
	}
	n, err := c.parent(e, args)
	if err != nil {
		return nil, err
	}
	return c.once(n, args), nil
}

func (c *compiler) nodes(list []Expr) ([]node, error) {
	out := make([]node, len(list))
	for i, e := range list {
		n, err := c.node(e)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

// parent makes the node of an expression over the nodes of its children.
func (c *compiler) parent(e Expr, args []node) (node, error) {
	switch e := e.(type) {
	case *Call:
		return c.call(e, args)
	case *Case:
		return newCaseNode(e, args), nil
	case *In:
		test := inKernel(e)
		if test == nil {
			return nil, fmt.Errorf("compile %s: %w", e, ErrNoKernel)
		}
		return test.over(args[0], e.Arg.Type()), nil
	case *Cast:
		f, err := castKernel(e)
		if err != nil {
			return nil, fmt.Errorf("compile %s: %w", e, err)
		}
		return &callNode{args: args, f: f, first: e.Arg.Type()}, nil
	case *Fallback:
		return newFallbackNode(e, args, c.env), nil
	}
	return nil, fmt.Errorf("compile %s: unknown expression", e)
}

func (c *compiler) call(e *Call, args []node) (node, error) {
	switch e.Func {
	case And, Or:
		return &logicNode{args: args, and: e.Func == And}, nil
	case If:
		return &caseNode{conds: args[:1], results: args[1:], typ: e.Typ}, nil
	case IfNull, Coalesce:
		return &coalesceNode{args, e.Typ}, nil
	case Like:
		if pattern, ok := args[1].(constNode); ok && !pattern.value.Null {
			p := kernel.Like(pattern.value.Str, likeEscape(e), e.arg(0), c.ctx.Interrupted)
			return test{p, kernel.NeverUnknown}.over(args[0], e.arg(0)), nil
		}
	}
	if p, col := comparison(e, args); p != nil {
		return test{p, kernel.NeverUnknown}.over(args[col], e.arg(col)), nil
	}
	r, ok := lookup(e.Func)
	if !ok {
		return nil, fmt.Errorf("compile %s: %w", e, ErrNoKernel)
	}
	f := r.kernel(e)
	if f == nil {
		return nil, fmt.Errorf("compile %s: %w", e, ErrNoKernel)
	}
	// Comparisons do not look behind a NULL, here as in MySQL.
	return &callNode{args: args, f: f, first: e.arg(0), lenient: r.lenient, every: Stateful(e.Args...) && !slices.Contains(comparisons, e.Func)}, nil
}

var comparisons = []Func{Eq, Ne, Lt, Le, Gt, Ge}

// comparison recognizes the comparison of an expression with a constant; col is the argument that varies.
func comparison(e *Call, args []node) (p kernel.Predicate, col int) {
	ops := map[Func][2]kernel.Op{
		Eq: {kernel.Eq, kernel.Eq}, Ne: {kernel.Ne, kernel.Ne}, Lt: {kernel.Lt, kernel.Gt},
		Le: {kernel.Le, kernel.Ge}, Gt: {kernel.Gt, kernel.Lt}, Ge: {kernel.Ge, kernel.Le},
	}
	op, ok := ops[e.Func]
	if !ok {
		return nil, 0
	}
	for col := range 2 {
		if k, ok := args[1-col].(constNode); ok && !k.value.Null {
			return kernel.CompareConst(op[col], e.arg(col), k.value, e.arg(1-col)), col
		}
	}
	return nil, 0
}

// once evaluates a node over constants now, unless it fails or warns, which it then does when it runs.
func (c *compiler) once(n node, args []node) node {
	if _, rowwise := n.(*fallbackNode); rowwise || len(args) == 0 {
		return n
	}
	for _, a := range args {
		if _, ok := a.(constNode); !ok {
			return n
		}
	}
	f := &frame{ctx: c.ctx, n: 1}
	f.ctx.Mem = memory.DefaultAllocator
	d, ok := speculate(f, n)
	if !ok || !d.IsScalar() {
		d.Release()
		return n
	}
	return constNode{d.Value}
}

// frame is the rows that a node computes: a batch, or some rows of another frame.
type frame struct {
	ctx   kernel.Context
	n     int
	batch arrow.RecordBatch
	// value: the frame is one row, of which it returns columns; nil: they are those of the batch.
	value func(column int) types.Value

	base  *frame
	rows  []int32             // of base
	taken map[int]arrow.Array // columns of those rows, as they are needed
	texts kernel.Texts        // made by the evaluation, whose first frame has the count
}

func newFrame(ctx *kernel.Context, mem memory.Allocator, rows int) *frame {
	f := &frame{ctx: *ctx, n: rows}
	f.ctx.Mem, f.ctx.Texts = mem, &f.texts
	f.texts.Limit = BatchText
	if f.n == 1 {
		f.texts.Limit = rowText
	}
	return f
}

func batchFrame(ctx *kernel.Context, mem memory.Allocator, batch arrow.RecordBatch) *frame {
	f := newFrame(ctx, mem, int(batch.NumRows()))
	f.batch = batch
	return f
}

// subset is the frame of some rows, to be released.
func (f *frame) subset(rows []int32) *frame {
	if f.value != nil {
		return &frame{ctx: f.ctx, n: len(rows), value: f.value}
	}
	return &frame{ctx: f.ctx, n: len(rows), base: f, rows: rows, taken: map[int]arrow.Array{}}
}

func (f *frame) release() {
	for _, a := range f.taken {
		a.Release()
	}
}

// column returns column i of the batch in the frame's rows; the frame owns it.
func (f *frame) column(i int) (arrow.Array, error) {
	if f.base == nil {
		return f.batch.Column(i), nil
	}
	if a, ok := f.taken[i]; ok {
		return a, nil
	}
	all, err := f.base.column(i)
	if err != nil {
		return nil, err
	}
	a, err := kernel.Take(f.ctx.Mem, all, f.rows)
	if err != nil {
		return nil, err
	}
	f.taken[i] = a
	return a, nil
}

// speculate evaluates a node for all rows of a frame although only some are wanted; ok is false if that fails or warns, which
// the rows that are not wanted may be to blame for.
func speculate(f *frame, n node) (d kernel.Datum, ok bool) {
	trial := *f
	warned, before := false, f.made()
	trial.ctx.Warn = func(int, string) { warned = true }
	d, err := n.eval(&trial)
	if err == nil && !warned {
		return d, true
	}
	if err == nil {
		d.Release()
	}
	if t := f.ctx.Texts; t != nil {
		t.Made = before // all of it was dropped
	}
	return kernel.Datum{}, false
}

// made is how much text the evaluation has made.
func (f *frame) made() int64 {
	if f.ctx.Texts == nil {
		return 0
	}
	return f.ctx.Texts.Made
}

// sparse is the share of rows up to which they are taken out instead of computing all.
const sparse = 8

// evalFor evaluates a node for the given rows of a frame, and for no other row an error or warning comes out. The result has all
// rows of the frame; those not asked for hold anything.
func evalFor(f *frame, n node, rows kernel.Rows) (kernel.Datum, error) {
	if rows.Count == f.n || cheap(n) {
		return n.eval(f)
	}
	if rows.Count > f.n/sparse && !rowwise(n) {
		if d, ok := speculate(f, n); ok {
			return d, nil
		}
	}
	list := rows.List()
	sub := f.subset(list)
	defer sub.release()
	d, err := n.eval(sub)
	if err != nil || d.IsScalar() {
		return d, err
	}
	defer d.Release()
	back := make([]int32, f.n)
	for i := range back {
		back[i] = -1
	}
	for i, r := range list {
		back[r] = int32(i)
	}
	a, err := kernel.Take(f.ctx.Mem, d.Array, back)
	return kernel.Vector(a), err
}

// cheap reports a node that is read, not computed.
func cheap(n node) bool {
	switch n.(type) {
	case columnNode, constNode:
		return true
	}
	return false
}
