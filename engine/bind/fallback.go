package bind

import (
	"context"
	"fmt"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/transform"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// fallback imports an expression without a kernel: its children become the vectors that the row-wise evaluation reads.
// Literals and the structure of lists and intervals stay inside, where GMS wants them.
func (x *expressions) fallback(e sql.Expression) (expr.Expr, error) {
	var args []expr.Expr
	inside, err := x.inside(e, &args)
	if err != nil {
		return nil, err
	}
	return x.evaluator(inside, args, e.String(), nil)
}

// inside rebuilds e over fields that stand for its children, which it imports into args.
func (x *expressions) inside(e sql.Expression, args *[]expr.Expr) (sql.Expression, error) {
	children := e.Children()
	if len(children) == 0 {
		return e, nil
	}
	fields := make([]sql.Expression, len(children))
	for i, c := range children {
		switch c := c.(type) {
		case nil, *expression.Literal:
			fields[i] = c
			continue
		case *expression.Interval, expression.Tuple, *expression.DistinctExpression:
			rebuilt, err := x.inside(c, args)
			if err != nil {
				return nil, err
			}
			fields[i] = rebuilt
			continue
		}
		arg, err := x.expr(c)
		if err != nil {
			return nil, err
		}
		if _, ok := e.(sql.FunctionExpression); ok && arg.Type().Kind == types.JSON { // those that take documents have kernels
			if arg, err = x.cast(arg, types.NewText(types.Text, 0, types.Utf8mb4Bin)); err != nil {
				return nil, err
			}
		}
		fields[i] = field(len(*args), arg)
		*args = append(*args, arg)
	}
	return e.WithChildren(x.ctx, fields...)
}

// rowwise evaluates what build makes of args row by row.
func (im *importer) rowwise(args []expr.Expr, build func([]sql.Expression) (sql.Expression, error)) (expr.Expr, error) {
	return im.rowwiseOf(nil, args, args, build)
}

// rowwiseCollated is rowwise for a comparison, under the one collation that MySQL gives its operands. GMS would not find it: to
// it the operands are columns, none before the other.
func (im *importer) rowwiseCollated(f expr.Func, operands []expr.Expr, build func([]sql.Expression) (sql.Expression, error)) (expr.Expr, error) {
	unified, err := expr.OneCollation(f, operands...)
	if err != nil {
		return nil, err
	}
	if err := weighed(unified); err != nil {
		return nil, err
	}
	args := make([]expr.Expr, len(unified))
	for i, a := range unified {
		args[i] = expr.Fold(a)
	}
	return im.rowwiseOf(nil, args, operands, build)
}

// rowwiseAs is rowwise with a result of type typ.
func (im *importer) rowwiseAs(typ types.Type, args []expr.Expr, build func([]sql.Expression) (sql.Expression, error)) (expr.Expr, error) {
	return im.rowwiseOf(&typ, args, args, build)
}

// rowwiseOf evaluates what build makes of args; EXPLAIN shows what it makes of shown, which are the same as they were
// written.
func (im *importer) rowwiseOf(typ *types.Type, args, shown []expr.Expr, build func([]sql.Expression) (sql.Expression, error)) (expr.Expr, error) {
	var read []expr.Expr
	fields := make([]sql.Expression, len(args))
	texts := make([]sql.Expression, len(args))
	for i, a := range args {
		texts[i] = expression.NewGetField(i, gmstypes.Null, shown[i].String(), true)
		if l, ok := a.(*expr.Literal); ok {
			literal, err := im.gmsLiteral(l)
			if err != nil {
				return nil, err
			}
			fields[i] = literal
			continue
		}
		fields[i] = field(len(read), a)
		read = append(read, a)
	}
	e, err := build(fields)
	if err != nil {
		return nil, err
	}
	text, err := build(texts)
	if err != nil {
		return nil, err
	}
	return im.evaluator(e, read, text.String(), typ)
}

func (im *importer) gmsLiteral(l *expr.Literal) (sql.Expression, error) {
	as := evaluationType(l.Typ)
	v, err := toGMS(im.ctx, l.Value, l.Typ, as, time.UTC)
	return expression.NewLiteral(v, as), err
}

// field is how a GMS expression reads the i-th argument.
func field(i int, arg expr.Expr) sql.Expression {
	return expression.NewGetField(i, evaluationType(arg.Type()), arg.String(), arg.Nullable())
}

// evaluationType is the GMS type of an argument. GMS has no instants: a TIMESTAMP is given as the DATETIME that the
// session's clock shows.
func evaluationType(t types.Type) sql.Type {
	if t.Kind == types.Timestamp {
		t.Kind = types.Datetime
	}
	return ToGMS(t)
}

// evaluator makes a Fallback of a GMS expression whose fields are args. typ is its result type, or nil for GMS's.
func (im *importer) evaluator(e sql.Expression, args []expr.Expr, text string, typ *types.Type) (expr.Expr, error) {
	from := e.Type(im.ctx)
	if typ == nil {
		result, err := FromGMS(from)
		if err != nil {
			return nil, err
		}
		if from == gmstypes.Boolean {
			result = types.Of(types.Bool)
		}
		typ = &result
	}
	im.own = true
	row := &rowFunc{expr: e, from: from, to: *typ, session: im.ctx.Session, pid: im.ctx.Pid(), queryTime: im.ctx.QueryTime()}
	for _, a := range args {
		row.args = append(row.args, a.Type())
		row.as = append(row.as, evaluationType(a.Type()))
	}
	return &expr.Fallback{Row: row, Args: args, Typ: *typ, Text: unnumbered(text), Volatile: volatile(im.ctx, e)}, nil
}

// volatile reports whether two evaluations of e may differ within a statement.
func volatile(ctx *sql.Context, e sql.Expression) bool {
	return transform.InspectExpr(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		n, ok := e.(sql.NonDeterministicExpression)
		return ok && n.IsNonDeterministic() && !isParam(e)
	})
}

// rowFunc evaluates a GMS expression. It belongs to one goroutine; its session is shared, read only but for warnings, which
// go to the statement's Env.
type rowFunc struct {
	expr      sql.Expression
	args      []types.Type
	as        []sql.Type
	from      sql.Type
	to        types.Type
	session   sql.Session
	pid       uint64
	queryTime time.Time

	ctx *sql.Context // of this evaluator, made with its first row
	env *expr.Env    // that ctx was made for
	row sql.Row
}

var _ expr.RowFunc = (*rowFunc)(nil)

// Clone implements expr.RowFunc. GMS expressions cache what they derive from their first row, so each evaluator has its
// own.
func (f *rowFunc) Clone() expr.RowFunc {
	c := *f
	c.ctx, c.env, c.row = nil, nil, nil
	if e, err := transform.Clone(sql.NewEmptyContext(), f.expr); err == nil {
		c.expr = e
	}
	return &c
}

// Same implements expr.RowFunc.
func (f *rowFunc) Same(o expr.RowFunc) bool {
	g, ok := o.(*rowFunc)
	return ok && f.to == g.to && sameSource(f.expr, g.expr)
}

// Eval implements expr.RowFunc.
func (f *rowFunc) Eval(env *expr.Env, args []types.Value) (out types.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = Translate(fmt.Errorf("%s: %v", f.expr, r))
		}
	}()
	if f.ctx == nil || f.env != env {
		f.prepare(env)
	}
	for i, v := range args {
		if f.row[i], err = toGMS(f.ctx, v, f.args[i], f.as[i], env.Location); err != nil {
			return types.Value{}, Translate(err)
		}
	}
	x, err := f.expr.Eval(f.ctx, f.row)
	if err != nil {
		return types.Value{}, Translate(err)
	}
	if out, err = fromGMS(f.ctx, x, f.from, f.to, env.Location); err != nil {
		return types.Value{}, Translate(err)
	}
	return out, nil
}

// prepare makes the context of one execution. It ends with the statement, which a function that waits looks at.
func (f *rowFunc) prepare(env *expr.Env) {
	f.env, f.row = env, make(sql.Row, len(f.args))
	f.ctx = sql.NewContext(statement{context.Background(), env}, sql.WithSession(warnings{f.session, env}), sql.WithPid(f.pid))
	f.ctx.SetQueryTime(f.queryTime)
}

// statement is a context that ends when an evaluation is to.
type statement struct {
	context.Context
	env *expr.Env
}

// Done implements context.Context.
func (s statement) Done() <-chan struct{} {
	if s.env.Done == nil {
		return nil
	}
	return s.env.Done()
}

// Err implements context.Context.
func (s statement) Err() error {
	if s.env.Interrupted == nil {
		return nil
	}
	return s.env.Interrupted()
}

// warnings is a session that many evaluators share: what they warn of goes to the Env, which takes it from any of them.
type warnings struct {
	sql.Session
	env *expr.Env
}

// Warn implements sql.Session.
func (w warnings) Warn(warning *sql.Warning) {
	if w.env.Warn != nil {
		w.env.Warn(warning.Code, warning.Message)
	}
}
