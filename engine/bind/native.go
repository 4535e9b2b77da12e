package bind

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/types"
)

// native is a call of a function of package expr that GMS has not, or has otherwise than MySQL. In what the engine imports it is
// that function; in what GMS runs itself it is evaluated by the engine too, a row at a time.
type native struct {
	function expr.Native
	name     string // as it was called
	args     []sql.Expression
	gms      sql.Expression // GMS's own, for arguments without a kernel; nil: it has none
}

var _ sql.FunctionExpression = (*native)(nil)

// natives are the functions of package expr that statements call by name, before GMS's of the same names.
var natives = func() map[string]sql.Function {
	all := make(map[string]sql.Function)
	builtIn := function.NewRegistry()
	for name, f := range expr.Natives() {
		gms, _ := builtIn.Function(nil, "", name)
		all[name] = sql.FunctionN{Name: name, Fn: func(ctx *sql.Context, args ...sql.Expression) (sql.Expression, error) {
			return newNative(ctx, f, name, gms, args)
		}}
	}
	return all
}()

// Function implements sql.FunctionProvider.
func (p *provider) Function(_ *sql.Context, _, name string) (sql.Function, bool) {
	f, ok := natives[strings.ToLower(name)]
	return f, ok
}

// emptyDocuments are the values of functions without arguments, which are no function's of package expr.
var emptyDocuments = map[string]string{"json_array": "[]", "json_object": "{}"}

func newNative(ctx *sql.Context, f expr.Native, name string, gms sql.Function, args []sql.Expression) (sql.Expression, error) {
	if document, ok := emptyDocuments[name]; ok && len(args) == 0 {
		return expression.NewConvert(expression.NewLiteral(document, gmstypes.LongText), expression.ConvertToJSON), nil
	}
	if len(args) < f.Min || f.Max >= 0 && len(args) > f.Max {
		return nil, sql.ErrInvalidArgumentNumber.New(strings.ToUpper(name), f.Min, len(args))
	}
	n := &native{function: f, name: name, args: args}
	if gms != nil {
		if e, err := gms.NewInstance(ctx, args); err == nil {
			n.gms = e
		}
	}
	return n, nil
}

// FunctionName implements sql.FunctionExpression.
func (n *native) FunctionName() string { return n.name }

// Description implements sql.FunctionExpression.
func (n *native) Description() string { return "computed by the engine" }

// Resolved implements sql.Expression.
func (n *native) Resolved() bool {
	for _, a := range n.args {
		if !a.Resolved() {
			return false
		}
	}
	return true
}

// String implements sql.Expression.
func (n *native) String() string {
	texts := make([]string, len(n.args))
	for i, a := range n.args {
		texts[i] = a.String()
	}
	return n.name + "(" + strings.Join(texts, ",") + ")"
}

// Type implements sql.Expression.
func (n *native) Type(ctx *sql.Context) sql.Type {
	columns, _ := n.columns(ctx)
	e, err := expr.New(n.function.Func, columns...)
	switch {
	case err == nil:
		return ToGMS(e.Type())
	case n.gms != nil:
		return n.gms.Type(ctx)
	}
	return gmstypes.LongText
}

// IsNullable implements sql.Expression.
func (n *native) IsNullable(*sql.Context) bool { return true }

// Children implements sql.Expression.
func (n *native) Children() []sql.Expression { return n.args }

// WithChildren implements sql.Expression.
func (n *native) WithChildren(ctx *sql.Context, args ...sql.Expression) (sql.Expression, error) {
	c := &native{function: n.function, name: n.name, args: args}
	if n.gms != nil {
		e, err := n.gms.WithChildren(ctx, args...)
		if err == nil {
			c.gms = e
		}
	}
	return c, nil
}

// columns are the arguments as the engine's function has them: literals, and columns of the other arguments' types, whose GMS
// types are returned too.
func (n *native) columns(ctx *sql.Context) (args []expr.Expr, from []sql.Type) {
	x := &expressions{importer: &importer{ctx: ctx}}
	args, from = make([]expr.Expr, len(n.args)), make([]sql.Type, len(n.args))
	for i, a := range n.args {
		if l, ok := a.(*expression.Literal); ok {
			if e, err := x.literal(l); err == nil {
				args[i] = e
				continue
			}
		}
		from[i] = a.Type(ctx)
		typ, err := FromGMS(from[i])
		if err != nil {
			typ = types.Of(types.Text)
		}
		args[i] = &expr.Column{ID: expr.ColumnID(i + 1), Typ: typ, Null: true}
	}
	return args, from
}

// Eval implements sql.Expression.
func (n *native) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	args, from := n.columns(ctx)
	for i, a := range args {
		if c, ok := a.(*expr.Column); ok {
			c.Name = n.args[i].String() // for errors
		}
	}
	e, err := expr.New(n.function.Func, args...)
	if err != nil {
		if isNoKernel(err) && n.gms != nil {
			return n.gms.Eval(ctx, row)
		}
		return nil, err
	}
	loc := sessionLocation(ctx)
	layout, fields, values := expr.Layout{}, []arrow.Field(nil), []arrow.Array(nil)
	for i, a := range args {
		c, ok := a.(*expr.Column)
		if !ok {
			continue
		}
		x, err := n.args[i].Eval(ctx, row)
		if err != nil {
			return nil, err
		}
		v, err := fromGMS(ctx, x, from[i], c.Typ, loc)
		if err != nil {
			return nil, err
		}
		layout[c.ID] = len(values)
		one := kernel.FromValues(memory.DefaultAllocator, c.Typ, []types.Value{v})
		values = append(values, one)
		fields = append(fields, arrow.Field{Name: c.Name, Type: one.DataType(), Nullable: true})
	}
	env := &expr.Env{Location: loc, Now: ctx.QueryTime(), MaxPacket: maxPacket(ctx), Warn: func(code int, message string) { ctx.Warn(code, "%s", message) }}
	evaluator, err := expr.Compile(e, layout, env)
	if err != nil {
		return nil, err
	}
	batch := array.NewRecordBatch(arrow.NewSchema(fields, nil), values, 1)
	out, err := evaluator.Eval(memory.DefaultAllocator, batch)
	if err != nil {
		return nil, err
	}
	return toGMS(ctx, kernel.ValueAt(out, 0), e.Type(), ToGMS(e.Type()), loc)
}

// native imports a call of a native function.
func (x *expressions) native(n *native) (expr.Expr, error) {
	list, err := x.list(n.args...)
	if err != nil {
		return nil, err
	}
	out, err := applied(n.function.Func, n.args, list)
	switch {
	case !isNoKernel(err):
		return out, err
	case n.gms != nil:
		return x.fallback(n.gms)
	}
	return nil, unsupported(n.name + " of arguments of these types")
}

// operatorsAsFunctions makes calls of the operators that GMS does not bind: ~a, and what the parser made of a MEMBER OF (b). The COLLATE behind
// _utf8mb4'a' is of that literal, not of 'a': of that GMS forgets that it was explicit.
func operatorsAsFunctions(stmt sqlparser.SQLNode) error {
	call := func(name string, args ...sqlparser.Expr) sqlparser.Expr {
		f := &sqlparser.FuncExpr{Name: sqlparser.NewColIdent(name)}
		for _, a := range args {
			f.Exprs = append(f.Exprs, &sqlparser.AliasedExpr{Expr: a})
		}
		return f
	}
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch e := n.(type) {
		case *sqlparser.UnaryExpr:
			if e.Operator == sqlparser.TildaStr {
				e.Operator, e.Expr = sqlparser.PlusStr, call(ownName("bit_not"), e.Expr)
			}
			if c, ok := e.Expr.(*sqlparser.CollateExpr); ok && e.Operator == sqlparser.Utf8mb4Str {
				introduced := &sqlparser.UnaryExpr{Operator: e.Operator, Expr: c.Expr}
				e.Operator, e.Expr = sqlparser.PlusStr, &sqlparser.CollateExpr{Expr: introduced, Collation: c.Collation}
			}
		case *sqlparser.FuncExpr:
			if e.Name.EqualString("current_role") && e.Qualifier.IsEmpty() && len(e.Exprs) == 0 {
				e.Name = sqlparser.NewColIdent(currentRoleName)
			}
			if e.Name.EqualString("user") && e.Qualifier.IsEmpty() && len(e.Exprs) == 0 { // which is GMS's and can't be replaced
				e.Name = sqlparser.NewColIdent("session_user")
			}
		case *sqlparser.ConvertExpr:
			charset := ""
			if e.Type != nil {
				charset = e.Type.Charset
			}
			e.Expr = call(ownName(castOperandFunction), e.Expr, sqlparser.NewStrVal([]byte(charset)))
		case *sqlparser.CharExpr:
			if e.Type == "" {
				e.Type = "binary" // GMS takes the session's character set
			}
		case *sqlparser.ComparisonExpr:
			if to, ok := soundsLike(e); ok {
				e.Operator, e.Left, e.Right = sqlparser.EqualStr, call("soundex", e.Left), call("soundex", to)
			}
			if f, ok := e.Right.(*sqlparser.FuncExpr); ok && e.Operator == sqlparser.RegexpStr && f.Name.EqualString(parse.MemberFunction) && len(f.Exprs) == 1 {
				if list, ok := f.Exprs[0].(*sqlparser.AliasedExpr); ok {
					e.Operator, e.Left, e.Right = sqlparser.EqualStr, call(ownName("member_of"), e.Left, list.Expr), sqlparser.NewIntVal([]byte("1"))
				}
			}
		}
		return true, nil
	}, stmt)
}

// soundsLike returns the right side of what was a SOUNDS LIKE (parse.Rewrite).
func soundsLike(e *sqlparser.ComparisonExpr) (sqlparser.Expr, bool) {
	outer, ok := e.Right.(*sqlparser.UnaryExpr)
	if !ok || e.Operator != sqlparser.LikeStr || outer.Operator != sqlparser.BinaryStr {
		return nil, false
	}
	inner, ok := outer.Expr.(*sqlparser.UnaryExpr)
	if !ok || inner.Operator != sqlparser.BinaryStr {
		return nil, false
	}
	return inner.Expr, true
}

const castOperandFunction = "cast_operand"

// castOperand is the operand of a CAST. GMS drops a cast to the type that the operand has, but to it CHAR(2) and CHAR(3) are one, and
// what it takes for an expression's type is not always right: so it is shown a type that equals none.
type castOperand struct {
	expression.UnaryExpressionStub
	set sql.CharacterSetID // that the cast says; unspecified: none
}

func newCastOperand(ctx *sql.Context, args ...sql.Expression) (sql.Expression, error) {
	charset, err := args[1].Eval(ctx, nil)
	if err != nil {
		return nil, err
	}
	operand := &castOperand{UnaryExpressionStub: expression.UnaryExpressionStub{Child: args[0]}}
	if name, _ := charset.(string); name != "" {
		operand.set, err = sql.ParseCharacterSet(name)
	}
	return operand, err
}

// String implements sql.Expression.
func (c *castOperand) String() string { return c.Child.String() }

// Eval implements sql.Expression.
func (c *castOperand) Eval(ctx *sql.Context, row sql.Row) (any, error) { return c.Child.Eval(ctx, row) }

// WithChildren implements sql.Expression.
func (c *castOperand) WithChildren(_ *sql.Context, args ...sql.Expression) (sql.Expression, error) {
	if len(args) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(c, len(args), 1)
	}
	return &castOperand{expression.UnaryExpressionStub{Child: args[0]}, c.set}, nil
}

// Type implements sql.Expression.
func (c *castOperand) Type(ctx *sql.Context) sql.Type {
	t := c.Child.Type(ctx)
	switch s := t.(type) {
	case sql.EnumType, sql.SetType:
		return t // casts ask for these
	case sql.StringType:
		return unequalText{s}
	}
	return unequal{t}
}

// unequal is a type that GMS takes for no other.
type unequal struct{ gmsType }

type gmsType = sql.Type // a field Type would hide the method

// Equals implements sql.Type.
func (unequal) Equals(sql.Type) bool { return false }

// unequalText is unequal of a text, which GMS asks for its collation.
type unequalText struct{ sql.StringType }

// Equals implements sql.Type.
func (unequalText) Equals(sql.Type) bool {
	return false
}
