package bind

import (
	"context"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/types"
)

// MySQL leaves the order of a query's assignments to user variables open (MySQL 8.0 Reference Manual, 11.4). Here it is what people
// write them for:
//
//   - derived tables that assign, or read what the statement assigns, are evaluated whole, once, in the order in which they stand, before
//     anything else;
//   - then a row is done with before the next is begun, but that what sorts or groups rows takes all of them first;
//   - of a row, WHERE comes before the SELECT list, and that, from the left to the right, after all of ORDER BY, HAVING and LIMIT that does
//     not read it (assignlist.go).
//
// A variable that a query assigns is read row by row. MySQL gives it the type that it has when the statement begins; here that is one
// that also holds whatever the statement assigns, so that a total of DECIMALs begun at 0 stays exact.

// assignment is @name := value.
type assignment struct {
	expression.BinaryExpressionStub
}

var _ sql.NonDeterministicExpression = (*assignment)(nil)

// newAssignment refuses what no @name := value was made of: somebody calls the function.
func newAssignment(_ *sql.Context, args ...sql.Expression) (sql.Expression, error) {
	if len(args) == 2 {
		if _, ok := args[0].(*expression.UserVar); ok {
			return &assignment{expression.BinaryExpressionStub{LeftChild: args[0], RightChild: args[1]}}, nil
		}
	}
	return nil, sql.ErrFunctionNotFound.New(parse.AssignFunction)
}

// variable is what is assigned to.
func (a *assignment) variable() *expression.UserVar { return a.LeftChild.(*expression.UserVar) }

// FunctionName implements sql.FunctionExpression.
func (a *assignment) FunctionName() string { return parse.AssignFunction }

// Description implements sql.FunctionExpression.
func (a *assignment) Description() string { return "assigns a value to a user variable" }

// IsNonDeterministic implements sql.NonDeterministicExpression.
func (a *assignment) IsNonDeterministic() bool { return true }

// String implements sql.Expression.
func (a *assignment) String() string { return a.LeftChild.String() + " := " + a.RightChild.String() }

// Type implements sql.Expression.
func (a *assignment) Type(ctx *sql.Context) sql.Type { return a.RightChild.Type(ctx) }

// IsNullable implements sql.Expression.
func (a *assignment) IsNullable(ctx *sql.Context) bool { return a.RightChild.IsNullable(ctx) }

// WithChildren implements sql.Expression.
func (a *assignment) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	return newAssignment(ctx, children...)
}

// Eval implements sql.Expression, for what GMS runs itself.
func (a *assignment) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	value := a.RightChild
	if gmstypes.IsTextOnly(value.Type(ctx)) {
		value = newAssignedText(value, a.variable().Name)
	}
	x, err := value.Eval(ctx, row)
	if err != nil {
		return nil, err
	}
	return x, ctx.SetUserVariable(ctx, a.variable().Name, x, gmstypes.ApproximateTypeFromValue(x))
}

// userVariables are those that a statement assigns. The expressions that read and assign them share it.
type userVariables struct {
	session sql.Session
	ctx     *sql.Context
	types   map[string]types.Type // as they are read, by lower-case name
	widened bool                  // one of the types since the import began
	final   bool                  // the types stay as they are

	mu   sync.Mutex
	last map[string]assignedValue // by name: what was assigned last
}

// assignedValue is a value as the session has it and as it was assigned.
type assignedValue struct {
	held  any
	value types.Value
	typ   types.Type
}

// assignedIn finds the variables that the relations of a statement assign; nil if there are none.
func assignedIn(ctx *sql.Context, relations ...sql.Node) (*userVariables, error) {
	vars := &userVariables{session: ctx.Session, types: make(map[string]types.Type), last: make(map[string]assignedValue)}
	var failed error
	for _, n := range relations {
		seenQueries{}.walk(ctx, n, anyNode, func(e sql.Expression) bool {
			if a, ok := e.(*assignment); ok && failed == nil {
				failed = vars.begin(ctx, a.variable())
			}
			return failed == nil
		})
	}
	if len(vars.types) == 0 {
		return nil, failed
	}
	vars.ctx = sql.NewContext(context.Background(), sql.WithSession(ctx.Session))
	return vars, failed
}

// begin notes the type that a variable has when the statement begins.
func (u *userVariables) begin(ctx *sql.Context, v *expression.UserVar) error {
	t, _, err := ctx.GetUserVariable(ctx, v.Name)
	if err != nil {
		return err
	}
	held := types.Of(types.Null)
	if t != nil {
		if held, err = FromGMS(t); err != nil {
			return err
		}
	}
	u.types[strings.ToLower(v.Name)] = heldAs(held)
	return nil
}

// heldAs is the type in which a variable holds values of t (MySQL 8.0 Reference Manual, 11.4): integers, DECIMAL, DOUBLE and strings.
func heldAs(t types.Type) types.Type {
	switch {
	case t.Kind == types.Null || t.Kind == types.Decimal:
		return t
	case t.IsUnsigned() || t.Kind == types.Bit:
		return types.Of(types.Uint64)
	case t.IsInteger() || t.Kind == types.Bool || t.Kind == types.Year:
		return types.Of(types.Int64)
	case t.IsFloat():
		return types.Of(types.Float64)
	case t.IsBinary():
		return types.Type{Kind: types.Blob}
	case t.IsText() && t.Kind != types.JSON:
		return types.NewText(types.Text, 0, t.Collation)
	}
	return types.NewText(types.Text, 0, types.Collation(sql.Collation_Default))
}

// assigns has a variable hold values of t too. A type only becomes wider, so that importing comes to an end: numbers as they have more
// digits, texts of whichever collation came first, bytes.
func (u *userVariables) assigns(name string, t types.Type) error {
	if u.final {
		return nil
	}
	have, t := u.types[name], heldAs(t)
	wide := have
	switch {
	case have.IsBinary() || t.Kind == types.Null || have.IsText() && !t.IsBinary():
	case t.IsString():
		wide = t
	default:
		common, err := expr.CommonType(have, t)
		if err != nil {
			return err
		}
		wide = heldAs(common)
	}
	if wide.Kind == types.Decimal { // all digits at once: where a value is computed of the one before, each has more
		scale := int(wide.Scale)
		if have.Kind == types.Decimal && scale > int(have.Scale) {
			scale = mostDecimalScale
		}
		wide = types.NewDecimal(mostDecimalDigits, scale)
	}
	if wide != have {
		u.types[name], u.widened = wide, true
	}
	return nil
}

// settle makes texts of all variables, which hold whatever is assigned.
func (u *userVariables) settle() {
	for name := range u.types {
		u.types[name] = types.NewText(types.Text, 0, types.Collation(sql.Collation_Default))
	}
	u.final = true
}

// in reports whether an expression reads or assigns one of the variables, at any depth.
func (u *userVariables) in(ctx *sql.Context, e sql.Expression) bool {
	found := false
	seenQueries{}.within(ctx, e, anyNode, func(e sql.Expression) bool {
		found = found || u.assigned(e)
		return !found
	})
	return found
}

// assigned reports whether a parameter is a variable that the statement assigns.
func (u *userVariables) assigned(e sql.Expression) bool {
	v, ok := e.(*expression.UserVar)
	if !ok || u == nil {
		return false
	}
	_, ok = u.types[strings.ToLower(v.Name)]
	return ok
}

// variable imports a read of a variable that the statement assigns.
func (x *expressions) variable(v *expression.UserVar) expr.Expr {
	name := strings.ToLower(v.Name)
	typ := x.variables.types[name]
	return stateful(&variableRead{vars: x.variables, name: name, to: typ}, typ, v.String())
}

// stateful is an expression whose value depends on what was evaluated before it, or that something after it depends on.
func stateful(row expr.RowFunc, typ types.Type, text string, args ...expr.Expr) *expr.Fallback {
	return &expr.Fallback{Row: row, Args: args, Typ: typ, Text: text, Volatile: true, Ordered: true, Stateful: true}
}

// assign imports an assignment.
func (x *expressions) assign(a *assignment) (expr.Expr, error) {
	value, err := x.expr(a.RightChild)
	if err != nil {
		return nil, err
	}
	if value.Type().Kind == types.Bool {
		if value, err = x.cast(value, types.Of(types.Int64)); err != nil {
			return nil, err
		}
	}
	name := strings.ToLower(a.variable().Name)
	if err := x.variables.assigns(name, value.Type()); err != nil {
		return nil, err
	}
	row := &variableAssignment{vars: x.variables, name: name, typ: value.Type(), held: heldAs(value.Type())}
	return stateful(row, value.Type(), unnumbered(a.String()), value), nil
}

// variableAssignment assigns its argument.
type variableAssignment struct {
	vars      *userVariables
	name      string
	typ, held types.Type // of the argument, and of what the variable holds
}

// Clone implements expr.RowFunc.
func (f *variableAssignment) Clone() expr.RowFunc { return f }

// Same implements expr.RowFunc.
func (f *variableAssignment) Same(o expr.RowFunc) bool {
	g, ok := o.(*variableAssignment)
	return ok && f.name == g.name && f.typ == g.typ
}

// Eval implements expr.RowFunc.
func (f *variableAssignment) Eval(env *expr.Env, args []types.Value) (types.Value, error) {
	v := args[0]
	held := v
	if f.held.IsText() && !f.typ.IsText() && !v.Null {
		held = types.TextValue(v.Format(f.typ, env.Location))
	}
	x, err := toGMS(f.vars.ctx, held, f.held, ToGMS(f.held), env.Location)
	if err != nil {
		return v, Translate(err)
	}
	f.vars.mu.Lock()
	defer f.vars.mu.Unlock()
	if keeper, ok := f.vars.session.(CollationKeeper); ok && f.held.IsText() {
		keeper.KeepCollation(f.name, collationToGMS(f.held.Collation))
	}
	f.vars.last[f.name] = assignedValue{x, held, f.held}
	return v, f.vars.session.SetUserVariable(f.vars.ctx, f.name, x, gmstypes.ApproximateTypeFromValue(x))
}

// get returns the value of a variable, and its type. What the session has is converted only if it is not what was assigned last.
func (u *userVariables) get(name string, env *expr.Env) (types.Value, types.Type, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	t, x, err := u.session.GetUserVariable(u.ctx, name)
	if err != nil || x == nil {
		return types.NullValue, types.Of(types.Null), err
	}
	if _, bytes := x.([]byte); !bytes {
		if last, ok := u.last[name]; ok && last.held == x {
			return last.value, last.typ, nil
		}
	}
	from, err := FromGMS(t)
	if err != nil {
		return types.NullValue, from, err
	}
	v, err := fromGMS(u.ctx, x, t, from, env.Location)
	return v, from, err
}

// variableRead is the value that a variable has, as a value of one type.
type variableRead struct {
	vars *userVariables
	name string
	to   types.Type

	from types.Type // of the last value
	cast *valueCast // from that; nil: none is needed
}

// Clone implements expr.RowFunc.
func (f *variableRead) Clone() expr.RowFunc {
	return &variableRead{vars: f.vars, name: f.name, to: f.to, from: f.to}
}

// Same implements expr.RowFunc.
func (f *variableRead) Same(o expr.RowFunc) bool {
	g, ok := o.(*variableRead)
	return ok && f.name == g.name && f.to == g.to
}

// Eval implements expr.RowFunc.
func (f *variableRead) Eval(env *expr.Env, _ []types.Value) (types.Value, error) {
	v, from, err := f.vars.get(f.name, env)
	if err != nil || v.Null || from == f.to || from.IsText() && f.to.IsText() ||
		from.Kind == types.Decimal && f.to.Kind == types.Decimal && from.Scale == f.to.Scale {
		return v, err
	}
	if f.cast == nil || f.from != from {
		if f.cast, err = newValueCast(env, from, f.to); err != nil {
			return types.NullValue, err
		}
		f.from = from
	}
	return f.cast.of(v)
}

// assigning reports an expression that assigns a variable.
func assigning(list ...expr.Expr) bool {
	found := false
	for _, e := range list {
		expr.Walk(e, func(e expr.Expr) bool {
			f, ok := e.(*expr.Fallback)
			if ok {
				_, ok = f.Row.(*variableAssignment)
			}
			found = found || ok
			return !found
		})
	}
	return found
}

// once returns what evaluates an expression, and what has the value that it had last in the same row: for what is compared several
// times but evaluated once.
func once(e expr.Expr, text string) (first, again expr.Expr) {
	kept := new(types.Value)
	return stateful(keptValue{kept}, e.Type(), text, e), stateful(keptValue{kept}, e.Type(), text)
}

// keptValue keeps its argument, or is what was kept. A plan with one runs in one stream.
type keptValue struct{ kept *types.Value }

// Clone implements expr.RowFunc.
func (k keptValue) Clone() expr.RowFunc { return k }

// Same implements expr.RowFunc.
func (k keptValue) Same(o expr.RowFunc) bool { return o == expr.RowFunc(k) }

// Eval implements expr.RowFunc.
func (k keptValue) Eval(_ *expr.Env, args []types.Value) (types.Value, error) {
	if len(args) > 0 {
		*k.kept = args[0]
	}
	return *k.kept, nil
}
