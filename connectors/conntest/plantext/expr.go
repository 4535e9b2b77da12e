package plantext

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// reader reads the expressions of one line.
type reader struct {
	parser *Parser
	tokens []token
	scope  []named
}

// named is a column that expressions can name.
type named struct {
	table  string
	column *expr.Column
}

func (r *reader) peek() token { return r.tokens[0] }

func (r *reader) next() token {
	t := r.tokens[0]
	if t.kind != end {
		r.tokens = r.tokens[1:]
	}
	return t
}

// accept consumes the next token if it is that word or operator.
func (r *reader) accept(text string) bool {
	if t := r.peek(); (t.kind == word || t.kind == operator) && t.text == text {
		r.next()
		return true
	}
	return false
}

func (r *reader) expect(text string) error {
	if !r.accept(text) {
		return fmt.Errorf("expected %q before %q", text, r.peek().raw)
	}
	return nil
}

// condition reads an expression and makes it a truth value.
func (r *reader) condition() (expr.Expr, error) {
	e, err := r.expression()
	if err != nil {
		return nil, err
	}
	return expr.Truth(e)
}

func (r *reader) expression() (expr.Expr, error) { return r.logical(0) }

// logicalOps are the truth operators from the loosest.
var logicalOps = []struct {
	word string
	f    expr.Func
}{{"or", expr.Or}, {"xor", expr.Xor}, {"and", expr.And}}

func (r *reader) logical(level int) (expr.Expr, error) {
	if level == len(logicalOps) {
		return r.not()
	}
	left, err := r.logical(level + 1)
	for err == nil && r.accept(logicalOps[level].word) {
		var right expr.Expr
		if right, err = r.logical(level + 1); err == nil {
			left, err = expr.New(logicalOps[level].f, left, right)
		}
	}
	return left, err
}

func (r *reader) not() (expr.Expr, error) {
	if !r.accept("not") {
		return r.comparison()
	}
	e, err := r.not()
	if err != nil {
		return nil, err
	}
	return expr.New(expr.Not, e)
}

var comparisons = map[string]expr.Func{
	"=": expr.Eq, "<>": expr.Ne, "!=": expr.Ne, "<": expr.Lt, "<=": expr.Le, ">": expr.Gt, ">=": expr.Ge,
	"<=>": expr.NullSafeEq,
}

func (r *reader) comparison() (expr.Expr, error) {
	left, err := r.sum()
	for err == nil {
		t := r.peek()
		f, isComparison := comparisons[t.text]
		switch {
		case t.kind == operator && isComparison:
			r.next()
			var right expr.Expr
			if right, err = r.sum(); err == nil {
				left, err = expr.New(f, left, right)
			}
		case t.kind == word && t.text == "is":
			r.next()
			left, err = r.is(left)
		case t.kind == word && (t.text == "not" || t.text == "in" || t.text == "between" || t.text == "like"):
			not := r.accept("not")
			left, err = r.predicate(left, not)
		default:
			return left, nil
		}
	}
	return nil, err
}

func (r *reader) is(e expr.Expr) (expr.Expr, error) {
	not := r.accept("not")
	f, ok := map[string]expr.Func{"null": expr.IsNull, "true": expr.IsTrue, "false": expr.IsFalse}[r.next().text]
	if !ok {
		return nil, fmt.Errorf("IS needs NULL, TRUE or FALSE")
	}
	if f != expr.IsNull {
		var err error
		if e, err = expr.Truth(e); err != nil {
			return nil, err
		}
	}
	return negated(not)(expr.New(f, e))
}

func negated(not bool) func(expr.Expr, error) (expr.Expr, error) {
	return func(e expr.Expr, err error) (expr.Expr, error) {
		if err != nil || !not {
			return e, err
		}
		return expr.New(expr.Not, e)
	}
}

func (r *reader) predicate(e expr.Expr, not bool) (expr.Expr, error) {
	switch op := r.next().text; op {
	case "in":
		list, err := r.arguments()
		if err != nil {
			return nil, err
		}
		return expr.NewIn(e, list, not)
	case "between":
		low, err := r.sum()
		if err != nil {
			return nil, err
		}
		if err := r.expect("and"); err != nil {
			return nil, err
		}
		high, err := r.sum()
		if err != nil {
			return nil, err
		}
		ge, err := expr.New(expr.Ge, e, low)
		if err != nil {
			return nil, err
		}
		le, err := expr.New(expr.Le, e, high)
		if err != nil {
			return nil, err
		}
		return negated(not)(expr.New(expr.And, ge, le))
	case "like":
		pattern, err := r.sum()
		if err != nil {
			return nil, err
		}
		args := []expr.Expr{e, pattern}
		if r.accept("escape") {
			escape, err := r.sum()
			if err != nil {
				return nil, err
			}
			args = append(args, escape)
		}
		return negated(not)(expr.New(expr.Like, args...))
	default:
		return nil, fmt.Errorf("unexpected %q", op)
	}
}

var sumOps = map[string]expr.Func{"+": expr.Add, "-": expr.Sub}

var productOps = map[string]expr.Func{"*": expr.Mul, "/": expr.Div, "div": expr.IntDiv, "%": expr.Mod}

func (r *reader) sum() (expr.Expr, error) { return r.binary(sumOps, r.product) }

func (r *reader) product() (expr.Expr, error) { return r.binary(productOps, r.unary) }

func (r *reader) binary(ops map[string]expr.Func, operand func() (expr.Expr, error)) (expr.Expr, error) {
	left, err := operand()
	for err == nil {
		f, ok := ops[r.peek().text]
		if !ok || r.peek().kind == quoted {
			return left, nil
		}
		r.next()
		var right expr.Expr
		if right, err = operand(); err == nil {
			left, err = expr.New(f, left, right)
		}
	}
	return nil, err
}

func (r *reader) unary() (expr.Expr, error) {
	if !r.accept("-") {
		return r.primary()
	}
	if t := r.peek(); t.kind == number {
		r.next()
		return numberLiteral("-" + t.text)
	}
	e, err := r.unary()
	if err != nil {
		return nil, err
	}
	return expr.New(expr.Neg, e)
}

func (r *reader) primary() (expr.Expr, error) {
	t := r.next()
	switch {
	case t.kind == number:
		return numberLiteral(t.text)
	case t.kind == quoted:
		return textLiteral(t.text), nil
	case t.kind == operator && t.text == "(":
		e, err := r.expression()
		if err != nil {
			return nil, err
		}
		return e, r.expect(")")
	case t.kind == operator && t.text == ":":
		return r.parser.parameter(r.next().text)
	case t.kind != word:
		return nil, fmt.Errorf("unexpected %q", t.raw)
	}
	if lit, ok, err := r.literal(t); ok {
		return lit, err
	}
	switch {
	case t.text == "case":
		return r.caseWhen()
	case t.text == "cast":
		return r.cast()
	case r.peek().kind == operator && r.peek().text == "(":
		args, err := r.arguments()
		if err != nil {
			return nil, err
		}
		return expr.New(expr.Func(t.text), args...)
	case r.accept("."):
		return r.column(t.text, r.next().raw)
	}
	return r.column("", t.raw)
}

// literal reads a constant that begins with a word.
func (r *reader) literal(t token) (lit expr.Expr, ok bool, err error) {
	switch t.text {
	case "null":
		return &expr.Literal{Value: types.NullValue, Typ: types.Of(types.Null)}, true, nil
	case "true", "false":
		return &expr.Literal{Value: types.BoolValue(t.text == "true"), Typ: types.Of(types.Bool)}, true, nil
	}
	if r.peek().kind != quoted {
		return nil, false, nil
	}
	switch t.text {
	case "date":
		day, err := time.Parse(time.DateOnly, r.next().text)
		return &expr.Literal{Value: types.IntValue(day.Unix() / 86400), Typ: types.Of(types.Date)}, true, err
	case "timestamp":
		text := r.next().text
		_, fraction, _ := strings.Cut(text, ".")
		moment, err := time.Parse("2006-01-02 15:04:05.999999", text)
		typ := types.NewTemporal(types.Datetime, len(fraction))
		return &expr.Literal{Value: types.IntValue(moment.UnixMicro()), Typ: typ}, true, err
	case "x":
		b, err := hex.DecodeString(r.next().text)
		typ := types.Type{Kind: types.Varbinary, Length: uint32(len(b))}
		return &expr.Literal{Value: types.TextValue(string(b)), Typ: typ}, true, err
	}
	return nil, false, nil
}

func textLiteral(s string) expr.Expr {
	typ := types.NewText(types.Varchar, len([]rune(s)), types.Utf8mb4AI0900)
	return &expr.Literal{Value: types.TextValue(s), Typ: typ}
}

func numberLiteral(s string) (expr.Expr, error) {
	if strings.ContainsAny(s, "eE") {
		f, err := strconv.ParseFloat(s, 64)
		return &expr.Literal{Value: types.FloatValue(f), Typ: types.Of(types.Float64)}, err
	}
	if !strings.Contains(s, ".") {
		n, err := strconv.ParseInt(s, 10, 64)
		return &expr.Literal{Value: types.IntValue(n), Typ: types.Of(types.Int64)}, err
	}
	v, typ, err := types.ParseDecimal(s)
	return &expr.Literal{Value: v, Typ: typ}, err
}

// arguments reads (a, b, ...).
func (r *reader) arguments() ([]expr.Expr, error) {
	if err := r.expect("("); err != nil {
		return nil, err
	}
	var list []expr.Expr
	for !r.accept(")") {
		if len(list) > 0 {
			if err := r.expect(","); err != nil {
				return nil, err
			}
		}
		e, err := r.expression()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

func (r *reader) caseWhen() (expr.Expr, error) {
	var whens []expr.When
	var els expr.Expr
	for {
		switch t := r.next(); t.text {
		case "when":
			cond, err := r.condition()
			if err != nil {
				return nil, err
			}
			if err := r.expect("then"); err != nil {
				return nil, err
			}
			then, err := r.expression()
			if err != nil {
				return nil, err
			}
			whens = append(whens, expr.When{Cond: cond, Then: then})
		case "else":
			var err error
			if els, err = r.expression(); err != nil {
				return nil, err
			}
		case "end":
			return expr.NewCase(whens, els)
		default:
			return nil, fmt.Errorf("unexpected %q in CASE", t.raw)
		}
	}
}

func (r *reader) cast() (expr.Expr, error) {
	if err := r.expect("("); err != nil {
		return nil, err
	}
	e, err := r.expression()
	if err != nil {
		return nil, err
	}
	if err := r.expect("as"); err != nil {
		return nil, err
	}
	to, err := r.typ()
	if err != nil {
		return nil, err
	}
	if err := r.expect(")"); err != nil {
		return nil, err
	}
	return expr.NewCast(e, to)
}

// typ reads a type such as bigint, decimal(10,2) or varchar.
func (r *reader) typ() (types.Type, error) {
	name := r.next().text
	var args []int
	if r.accept("(") {
		for !r.accept(")") {
			n, err := strconv.Atoi(r.next().text)
			if err != nil {
				return types.Type{}, err
			}
			args = append(args, n)
			r.accept(",")
		}
	}
	kind, ok := kinds[name]
	switch {
	case !ok:
		return types.Type{}, fmt.Errorf("unknown type %q", name)
	case kind == types.Decimal && len(args) == 2:
		return types.NewDecimal(args[0], args[1]), nil
	case kind == types.Datetime || kind == types.Timestamp || kind == types.Time:
		return types.NewTemporal(kind, sum(args)), nil
	}
	t := types.Of(kind)
	t.Length = uint32(sum(args))
	return t, nil
}

func sum(list []int) int {
	total := 0
	for _, n := range list {
		total += n
	}
	return total
}

var kinds = map[string]types.Kind{
	"tinyint": types.Int8, "smallint": types.Int16, "int": types.Int32, "bigint": types.Int64, "double": types.Float64,
	"float": types.Float32, "decimal": types.Decimal, "date": types.Date, "datetime": types.Datetime,
	"timestamp": types.Timestamp, "time": types.Time, "char": types.Char, "varchar": types.Varchar, "text": types.Text,
	"blob": types.Blob, "json": types.JSON,
}

func (r *reader) column(table, name string) (expr.Expr, error) {
	var found *expr.Column
	for _, n := range r.scope {
		if strings.EqualFold(n.column.Name, name) && (table == "" || strings.EqualFold(n.table, table)) {
			if found != nil && found.ID != n.column.ID {
				return nil, fmt.Errorf("column %s is ambiguous", name)
			}
			found = n.column
		}
	}
	if found == nil {
		return nil, UnknownColumn(name)
	}
	return found, nil
}
