package bind

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// expressions imports the expressions of one node. Each subquery in them grows the node's input by an Apply.
type expressions struct {
	*importer
	rel     relation // the input
	aliases map[sql.ColumnId]expr.Expr
	outer   *scope
	at      int  // see scope.find
	having  bool // whether it is HAVING's
	// distinct says that the input is the rows of a SELECT DISTINCT: what its list computes is one of its columns.
	distinct bool
	// subqueries are those imported already: an expression that turns out to have no kernel is imported twice.
	subqueries map[sql.Expression]expr.Expr
	// comparing says that what is imported is only to be compared with what has been: nothing is added to the input.
	comparing bool
	added     bool                        // whether rel.computed is its own
	averages  map[expr.ColumnID]expr.Expr // see windowAverage
	repeats   repeats
}

func (im *importer) over(rel relation, outer *scope) *expressions {
	return &expressions{
		importer: im, rel: rel, outer: outer, at: -1,
		aliases: make(map[sql.ColumnId]expr.Expr), subqueries: make(map[sql.Expression]expr.Expr),
	}
}

// conditions imports a condition as conjuncts.
func (x *expressions) conditions(e sql.Expression) ([]expr.Expr, error) {
	cond, err := x.condition(e)
	if err != nil {
		return nil, err
	}
	return expr.Conjuncts(nil, cond), nil
}

// condition imports e as a truth value.
func (x *expressions) condition(e sql.Expression) (expr.Expr, error) {
	cond, err := x.expr(e)
	if err != nil {
		return nil, err
	}
	return x.truth(asNumber(e, cond))
}

// expr imports a scalar expression.
func (x *expressions) expr(e sql.Expression) (expr.Expr, error) {
	out, err := x.scalarOf(e)
	if err == nil {
		err = x.repeats.bound(out)
	}
	return out, err
}

func (x *expressions) scalarOf(e sql.Expression) (expr.Expr, error) {
	if c, ok := x.computed(e); ok {
		return c, nil
	}
	if x.variables.assigned(e) {
		return x.variable(e.(*expression.UserVar)), nil
	}
	if isParam(e) {
		if x.writing != nil {
			return x.now(e)
		}
		return x.param(e)
	}
	switch e := e.(type) {
	case *columnDefault:
		return x.columnDefault(e)
	case *writtenColumn:
		return x.writtenColumn(e)
	case *expression.GetField:
		return x.field(e)
	case *expression.Alias:
		return x.alias(e)
	case *expression.Literal:
		return x.literal(e)
	case *temporalLiteral:
		return e.typed, nil
	case *expression.Wrapper:
		return x.expr(e.Children()[0])
	case *outerAggregate:
		return x.outerAggregate(e)
	case *rollupCall:
		return x.grouping(e)
	case *blockArg:
		return x.expr(e.Expression)
	case *windowCall:
		return x.window(e)
	case *castOperand:
		return x.expr(e.Child)
	case *assignment:
		return x.assign(e)
	case *gmsplan.Subquery, *gmsplan.ExistsSubquery, *gmsplan.InSubquery:
		return x.subquery(e)
	case expression.Tuple:
		if len(e) == 1 {
			return x.expr(e[0])
		}
		return nil, sql.ErrInvalidOperandColumns.New(1, len(e))
	case *expression.SetField:
		return nil, unsupported("assigning to a variable in a query")
	}
	if out, known, err := x.operator(e); known || err != nil {
		return out, err
	}
	if out, known, err := x.function(e); known || err != nil {
		return out, err
	}
	return x.fallback(e)
}

// computed finds what the input has already computed.
func (x *expressions) computed(e sql.Expression) (expr.Expr, bool) {
	switch e := e.(type) {
	case *expression.GetField, *expression.Literal:
		return nil, false
	case *expression.Alias:
		return x.computed(e.Child)
	}
	c, ok := x.rel.computed.find(e)
	if !ok {
		return nil, false
	}
	if value, ok := x.averages[c.ID]; ok {
		return value, true
	}
	return c.Ref(), true
}

func (x *expressions) field(e *expression.GetField) (expr.Expr, error) {
	in := scope{rel: &x.rel, aliases: x.aliases, outer: x.outer}
	if ref, ok := in.find(e.Id(), e.Name(), x.at); ok {
		if x.having {
			ref = x.rel.grouped.behind(e.Name(), ref)
		}
		return ref, nil
	}
	return nil, sql.ErrColumnNotFound.New(e.String())
}

// alias imports a named expression, or finds it in the input, where a projection below has computed it.
func (x *expressions) alias(e *expression.Alias) (expr.Expr, error) {
	if e.Id() != 0 {
		for i := range x.rel.cols {
			if x.rel.cols[i].id == e.Id() {
				return x.rel.cols[i].asShown(), nil
			}
		}
	}
	if x.distinct {
		for _, c := range x.rel.cols {
			if strings.EqualFold(c.name, e.Name()) {
				return c.Ref(), nil
			}
		}
	}
	return x.expr(e.Child)
}

// literal imports a constant with its exact type.
func (x *expressions) literal(e *expression.Literal) (expr.Expr, error) {
	v := e.Value()
	if v == nil {
		return &expr.Literal{Value: types.NullValue}, nil
	}
	typ, err := literalType(x.ctx, v, e.Type(x.ctx))
	if err != nil {
		return nil, err
	}
	value, err := fromGMS(x.ctx, v, e.Type(x.ctx), typ, sessionLocation(x.ctx))
	if err != nil {
		return nil, err
	}
	return &expr.Literal{Value: value, Typ: typ}, nil
}

// literalType is the type MySQL gives a constant: integers are BIGINT, text is as long as it is, at least 1
// because a Length of 0 is the longest.
func literalType(ctx *sql.Context, v any, gms sql.Type) (types.Type, error) {
	switch v := v.(type) {
	case bool:
		return types.Of(types.Bool), nil
	case int8, int16, int32, int64, int, uint8, uint16, uint32:
		return types.Of(types.Int64), nil
	case uint64:
		if v <= 1<<63-1 && gms.Type() != sqltypes.Uint64 {
			return types.Of(types.Int64), nil
		}
		return types.Of(types.Uint64), nil
	case string:
		if typ, err := FromGMS(gms); err == nil && typ.IsText() && typ.Kind != types.Enum && typ.Kind != types.Set && typ.Kind != types.JSON {
			return types.NewText(types.Varchar, max(1, utf8.RuneCountInString(v)), typ.Collation), nil
		}
	case []byte:
		return types.Type{Kind: types.Varbinary, Length: uint32(max(1, len(v)))}, nil
	}
	typ, err := FromGMS(gms)
	if typ.Kind == types.Decimal {
		return decimalLiteralType(v, typ), nil
	}
	return typ, err
}

// operator imports the operators of SQL. known is false for any other expression.
func (x *expressions) operator(e sql.Expression) (out expr.Expr, known bool, err error) {
	switch e := e.(type) {
	case *expression.And:
		out, err = x.logic(expr.And, e.LeftChild, e.RightChild)
	case *expression.Or:
		out, err = x.logic(expr.Or, e.LeftChild, e.RightChild)
	case *expression.Xor:
		out, err = x.logic(expr.Xor, e.LeftChild, e.RightChild)
	case *expression.Not:
		out, err = x.not(e)
	case *expression.Equals:
		out, err = x.comparison(expr.Eq, e.Left(), e.Right())
	case *expression.NullSafeEquals:
		out, err = x.comparison(expr.NullSafeEq, e.Left(), e.Right())
	case *expression.LessThan:
		out, err = x.comparison(expr.Lt, e.Left(), e.Right())
	case *expression.LessThanOrEqual:
		out, err = x.comparison(expr.Le, e.Left(), e.Right())
	case *expression.GreaterThan:
		out, err = x.comparison(expr.Gt, e.Left(), e.Right())
	case *expression.GreaterThanOrEqual:
		out, err = x.comparison(expr.Ge, e.Left(), e.Right())
	case *expression.Between:
		out, err = x.between(e)
	case *expression.InTuple:
		out, err = x.inList(e, false)
	case *expression.IsNull:
		out, err = x.call(e, expr.IsNull, e.Child)
	case *expression.IsTrue:
		out, err = x.truthTest(e)
	case *expression.Case:
		out, err = x.caseWhen(e)
	case *expression.Arithmetic:
		out, err = x.arithmetic(e)
	case *expression.Div:
		out, err = x.call(e, expr.Div, e.LeftChild, e.RightChild)
	case *expression.IntDiv:
		out, err = x.call(e, expr.IntDiv, e.LeftChild, e.RightChild)
	case *expression.Mod:
		out, err = x.call(e, expr.Mod, e.LeftChild, e.RightChild)
	case *expression.BitOp:
		out, err = x.call(e, bitOperators[e.Op], e.LeftChild, e.RightChild)
	case *expression.UnaryMinus:
		out, err = x.minus(e)
	case *expression.Like:
		out, err = x.like(e)
	case *expression.Convert:
		out, err = x.convert(e)
	case *expression.ConvertUsing:
		out, err = x.convertUsing(e)
	case *expression.CollatedExpression:
		out, err = x.collate(e)
	case *expression.Binary:
		out, err = x.castTo(e, e.Child, types.Of(types.Varbinary))
	case *expression.EnumToString:
		out, err = x.castTo(e, e.Enum, types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900))
	default:
		return nil, false, nil
	}
	return out, true, err
}

var bitOperators = map[string]expr.Func{
	"&": expr.BitAnd, "|": expr.BitOr, "^": expr.BitXor, "<<": expr.ShiftLeft, ">>": expr.ShiftRight,
}

// list imports several expressions.
func (x *expressions) list(es ...sql.Expression) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		arg, err := x.expr(e)
		if err != nil {
			return nil, err
		}
		out[i] = arg
	}
	return out, nil
}

// call applies f to the imports of args, which are the children of e in f's order; e is evaluated row by row if there is
// no kernel.
func (x *expressions) call(e sql.Expression, f expr.Func, args ...sql.Expression) (expr.Expr, error) {
	list, err := x.list(args...)
	if err != nil {
		return nil, err
	}
	return x.callOf(e, f, args, list)
}

// callOf imports a call whose arguments have been imported.
func (x *expressions) callOf(e sql.Expression, f expr.Func, args []sql.Expression, list []expr.Expr) (expr.Expr, error) {
	out, err := applied(f, args, list)
	if isNoKernel(err) {
		return x.fallback(e)
	}
	return out, err
}

// logic imports AND, OR and XOR. A chain of ANDs or ORs is one call, made once: a chain may have thousands.
func (x *expressions) logic(f expr.Func, left, right sql.Expression) (expr.Expr, error) {
	operands := []sql.Expression{left, right}
	if f != expr.Xor {
		operands = chained(f, left, right)
	}
	var args []expr.Expr
	for _, e := range operands {
		if err := x.ctx.Err(); err != nil { // of a chain that takes long
			return nil, err
		}
		arg, err := x.condition(e)
		if err != nil {
			return nil, err
		}
		if c, ok := arg.(*expr.Call); ok && c.Func == f && f != expr.Xor {
			args = append(args, c.Args...)
		} else {
			args = append(args, arg)
		}
	}
	return expr.New(f, args...)
}

// chained lists the operands of a chain of ANDs or ORs in order.
func chained(f expr.Func, left, right sql.Expression) []sql.Expression {
	var operands []sql.Expression
	rest := []sql.Expression{right, left}
	for len(rest) > 0 {
		e := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		and, isAnd := e.(*expression.And)
		or, isOr := e.(*expression.Or)
		switch {
		case isAnd && f == expr.And:
			rest = append(rest, and.RightChild, and.LeftChild)
		case isOr && f == expr.Or:
			rest = append(rest, or.RightChild, or.LeftChild)
		default:
			operands = append(operands, e)
		}
	}
	return operands
}

func (x *expressions) not(e *expression.Not) (expr.Expr, error) {
	switch child := e.Child.(type) {
	case *expression.InTuple:
		return x.inList(child, true)
	case *expression.Equals:
		if !isTuple(child.Left()) {
			return x.comparison(expr.Ne, child.Left(), child.Right())
		}
	}
	arg, err := x.condition(e.Child)
	if err != nil {
		return nil, err
	}
	return expr.New(expr.Not, arg)
}

func isTuple(e sql.Expression) bool {
	tuple, ok := e.(expression.Tuple)
	return ok && len(tuple) > 1
}

func (x *expressions) truthTest(e *expression.IsTrue) (expr.Expr, error) {
	arg, err := x.condition(e.Child)
	if err != nil {
		return nil, err
	}
	if isFalseTest(e) {
		return expr.New(expr.IsFalse, arg)
	}
	return expr.New(expr.IsTrue, arg)
}

func (x *expressions) caseWhen(e *expression.Case) (expr.Expr, error) {
	conditions, err := x.caseConditions(e)
	if err != nil {
		return nil, err
	}
	var results []sql.Expression
	for _, b := range e.Branches {
		results = append(results, b.Value)
	}
	if e.Else != nil {
		results = append(results, e.Else)
	}
	values, err := x.list(results...)
	if err != nil {
		return nil, err
	}
	if err := x.dateTimes(values); err != nil {
		return nil, err
	}
	whens := make([]expr.When, len(e.Branches))
	for i := range whens {
		whens[i] = expr.When{Cond: conditions[i], Then: values[i]}
	}
	var els expr.Expr
	if e.Else != nil {
		els = values[len(whens)]
	}
	out, err := expr.NewCase(whens, els)
	if isNoKernel(err) {
		return x.fallback(e)
	}
	return out, err
}

// caseConditions imports what stands behind each WHEN; in CASE subject WHEN e it is an equality, under the one collation of the
// subject and every e.
func (x *expressions) caseConditions(e *expression.Case) ([]expr.Expr, error) {
	out := make([]expr.Expr, len(e.Branches))
	var err error
	if e.Expr == nil {
		for i, b := range e.Branches {
			if out[i], err = x.condition(b.Cond); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	compared := []sql.Expression{e.Expr}
	for _, b := range e.Branches {
		compared = append(compared, b.Cond)
	}
	list, err := x.list(compared...)
	if err != nil {
		return nil, err
	}
	if list, err = expr.OneCollation("case", list...); err != nil {
		return nil, err
	}
	subjects := slices.Repeat(list[:1], len(e.Branches))
	if len(subjects) > 1 && expr.Stateful(list[0]) {
		first, again := once(list[0], unnumbered(e.Expr.String()))
		subjects = slices.Repeat([]expr.Expr{again}, len(subjects))
		subjects[0] = first
	}
	for i, value := range list[1:] {
		subject, value, err := documentsAsTexts(beside(e.Expr, e.Branches[i].Cond, subjects[i], value))
		if err != nil {
			return nil, err
		}
		if out[i], err = x.compare(expr.Eq, subject, value); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// documentsAsTexts has CASE compare a document with a text, or with a document, as the text that it is shown as: only = compares
// documents as such.
func documentsAsTexts(a, b expr.Expr) (expr.Expr, expr.Expr, error) {
	document := func(e expr.Expr) bool { return e.Type().Kind == types.JSON }
	if !document(a) && !document(b) || !a.Type().IsText() || !b.Type().IsText() {
		return a, b, nil
	}
	var err error
	for _, side := range []*expr.Expr{&a, &b} {
		if !document(*side) {
			continue
		}
		if *side, err = expr.NewCast(*side, types.NewText(types.Text, 0, types.Utf8mb4Bin)); err != nil {
			return nil, nil, err
		}
	}
	return a, b, nil
}

// arithmetic imports +, - and *, and a date moved by an interval.
func (x *expressions) arithmetic(e *expression.Arithmetic) (expr.Expr, error) {
	f, ok := map[string]expr.Func{"+": expr.Add, "-": expr.Sub, "*": expr.Mul}[e.Op]
	if !ok {
		return nil, fmt.Errorf("the operator %s is unknown", e.Op)
	}
	left, leftOK := e.LeftChild.(*expression.Interval)
	right, rightOK := e.RightChild.(*expression.Interval)
	switch {
	case leftOK:
		return x.move(e, expr.DateAdd, e.RightChild, left)
	case rightOK && f == expr.Add:
		return x.move(e, expr.DateAdd, e.LeftChild, right)
	case rightOK:
		return x.move(e, expr.DateSub, e.LeftChild, right)
	}
	return x.call(e, f, e.LeftChild, e.RightChild)
}

// minus imports a negation; that of a literal is a literal. The one BIGINT whose negation is none becomes a DECIMAL.
func (x *expressions) minus(e *expression.UnaryMinus) (expr.Expr, error) {
	arg, err := x.expr(e.Child)
	if err != nil {
		return nil, err
	}
	least, ok := arg.(*expr.Literal)
	if !ok || least.Typ.Kind != types.Int64 || least.Value.Int != math.MinInt64 {
		return x.callOf(e, expr.Neg, []sql.Expression{e.Child}, []expr.Expr{arg})
	}
	exact, err := expr.NewCast(arg, types.NewDecimal(len("9223372036854775808"), 0))
	if err != nil {
		return nil, err
	}
	return expr.New(expr.Neg, exact)
}

// like imports value LIKE pattern [ESCAPE character].
func (x *expressions) like(e *expression.Like) (expr.Expr, error) {
	operands := []sql.Expression{e.Left(), e.Right()}
	if e.Escape != nil {
		operands = append(operands, e.Escape)
	}
	list, err := x.list(operands...)
	if err != nil {
		return nil, err
	}
	out, err := expr.New(expr.Like, list...)
	if !isNoKernel(err) {
		return out, err
	}
	out, err = x.rowwiseCollated(expr.Like, list, func(args []sql.Expression) (sql.Expression, error) {
		if e.Escape == nil {
			return expression.NewLike(args[0], args[1], nil), nil
		}
		return expression.NewLike(args[0], args[1], args[2]), nil
	})
	if row, ok := out.(*expr.Fallback); ok && e.Escape != nil {
		row.Text += " ESCAPE " + list[2].String() //nolint:forbidigo // for people, to whom GMS does not show it
	}
	return out, err
}
