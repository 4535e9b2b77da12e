package expr

import (
	"slices"

	"github.com/silogate/silogate/engine/types"
)

// number turns an argument of arithmetic into what MySQL computes with: an integer, a decimal or a double, which NULL is too.
func number(e Expr) (Expr, error) {
	e = plain(e)
	t := e.Type()
	switch {
	case t.Kind == types.Null:
		return implicit(e, types.Of(types.Float64)), nil
	case t.IsNumeric():
		return e, nil
	case t.Kind == types.Enum || t.Kind == types.Set:
		return memberAsNumber(e)
	case t.IsString():
		return implicit(e, types.Of(types.Float64)), nil
	case t.Scale > 0:
		return implicit(e, types.NewDecimal(20, int(t.Scale))), nil
	}
	return implicit(e, types.Of(types.Int64)), nil
}

// memberNumber is the function of an ENUM or SET that gives its number.
const memberNumber Func = "member_number"

// memberAsNumber is an ENUM or SET as the double that it counts as, and anything else as it is.
func memberAsNumber(e Expr) (Expr, error) {
	if k := e.Type().Kind; k != types.Enum && k != types.Set {
		return e, nil
	}
	return New(memberNumber, e)
}

// numbers applies number to all arguments.
func numbers(args []Expr) ([]Expr, error) {
	out := make([]Expr, len(args))
	for i, a := range args {
		n, err := number(a)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

// doubles casts all arguments to DOUBLE.
func doubles(args []Expr) ([]Expr, error) {
	out, err := numbers(args)
	for i := range out {
		out[i] = implicit(inner(out[i]), types.Of(types.Float64))
	}
	return out, err
}

// Inner is e as it is stored: with the digits that a quotient does not show.
func Inner(e Expr) Expr { return inner(e) }

// inner is e as an operand. MySQL shows a quotient with four more digits than the dividend has, but computes on with more: 1/3*3
// is 1.0000. As an operand a quotient, and what was computed or chosen from one, therefore has the scale that MySQL's arithmetic
// gives it.
func inner(e Expr) Expr {
	if e.Type().Kind != types.Decimal {
		return e
	}
	switch c := e.(type) {
	case *Cast:
		return innerCast(c)
	case *Case:
		return innerCase(c)
	case *Call:
		return innerCall(c)
	}
	return e
}

// innerCast is a cast that New inserted without the digits that it dropped.
func innerCast(c *Cast) Expr {
	if !c.Implicit || c.Arg.Type().Kind != types.Decimal {
		return c
	}
	if arg := inner(c.Arg); arg.Type().Scale > c.To.Scale {
		return arg
	}
	return c
}

func innerCase(c *Case) Expr {
	results := make([]Expr, 0, len(c.Whens)+1)
	for _, w := range c.Whens {
		results = append(results, w.Then)
	}
	if c.Else != nil {
		results = append(results, c.Else)
	}
	results, t := deepened(c.Typ, results)
	if t == c.Typ {
		return c
	}
	d := &Case{Whens: slices.Clone(c.Whens), Typ: t}
	for i := range d.Whens {
		d.Whens[i].Then = results[i]
	}
	if c.Else != nil {
		d.Else = results[len(c.Whens)]
	}
	return d
}

func innerCall(c *Call) Expr {
	d := *c
	scale := int(c.Typ.Scale)
	switch c.Func {
	case If:
		var results []Expr
		results, d.Typ = deepened(c.Typ, c.Args[1:])
		d.Args = append([]Expr{c.Args[0]}, results...)
		return &d
	case IfNull, Coalesce:
		d.Args, d.Typ = deepened(c.Typ, c.Args)
		return &d
	case Div:
		scale = types.QuotientScale(int(c.arg(0).Scale), int(c.arg(1).Scale))
	case Mul:
		scale = int(c.arg(0).Scale) + int(c.arg(1).Scale)
	case Add, Sub, Mod:
		scale = max(int(c.arg(0).Scale), int(c.arg(1).Scale))
	case Neg, Abs:
		scale = int(c.arg(0).Scale)
	}
	d.Typ = withScale(c.Typ, scale)
	return &d
}

// withScale is a decimal type with more digits after the point.
func withScale(t types.Type, scale int) types.Type {
	scale = min(scale, types.MaxScale)
	if scale <= int(t.Scale) {
		return t
	}
	return types.NewDecimal(int(t.Precision)+scale-int(t.Scale), scale)
}

// deepened are expressions of a type as operands, and the type that then holds them all.
func deepened(t types.Type, list []Expr) ([]Expr, types.Type) {
	out, deep := make([]Expr, len(list)), t
	for i, e := range list {
		out[i] = inner(e)
		deep = withScale(deep, int(out[i].Type().Scale))
	}
	if deep == t {
		return list, t
	}
	for i := range out {
		out[i] = implicit(out[i], deep)
	}
	return out, deep
}

// integerDigits is the most digits of an integer kind.
func integerDigits(k types.Kind) int {
	switch k {
	case types.Bool:
		return 1
	case types.Int8, types.Uint8:
		return 3
	case types.Int16, types.Uint16:
		return 5
	case types.Year:
		return 4
	case types.Int32, types.Uint32:
		return 10
	case types.Int64:
		return 19
	}
	return 20
}

// exactType is the DECIMAL type of an exact number: of a literal its own digits, of an integer those of its kind.
func exactType(e Expr) types.Type {
	t := e.Type()
	if t.Kind == types.Decimal {
		return t
	}
	if lit, ok := e.(*Literal); ok && !lit.Value.Null {
		digits := len(lit.Value.Format(t, nil))
		if lit.Value.Int < 0 && !t.IsUnsigned() {
			digits--
		}
		return types.NewDecimal(digits, 0)
	}
	return types.NewDecimal(integerDigits(t.Kind), 0)
}

// shape says what a list of numbers is computed in.
func shape(args []Expr) types.Kind {
	k := types.Int64
	for _, a := range args {
		switch t := a.Type(); {
		case t.IsFloat():
			return types.Float64
		case t.Kind == types.Decimal:
			k = types.Decimal
		case t.IsUnsigned() && k != types.Decimal:
			k = types.Uint64
		}
	}
	return k
}

// arithmeticRule types + - * % DIV: doubles if one is a double, else decimals if one is a decimal, else BIGINT, unsigned
// if one is.
func arithmeticRule(f Func, args []Expr) (Expr, error) {
	if f == IntDiv {
		list, err := memberNumbers(args)
		if err != nil {
			return nil, err
		}
		if c, ok := exactQuotient(f, list); ok {
			return c, nil
		}
		args = exactDocuments(list)
	}
	args, err := numbers(args)
	if err != nil {
		return nil, err
	}
	a, b := args[0], args[1]
	k := shape(args)
	switch k {
	case types.Float64:
		return maybeNull(f, typed(f, types.Of(k), implicit(inner(a), types.Of(k)), implicit(inner(b), types.Of(k)))), nil
	case types.Decimal:
		return maybeNull(f, typed(f, decimalResult(f, exactType(a), exactType(b)), exactNumber(a), exactNumber(b))), nil
	case types.Uint64:
		if f == Mod && !a.Type().IsUnsigned() {
			k = types.Int64
		}
	}
	return maybeNull(f, typed(f, types.Of(k), a, b)), nil
}

// exactQuotient types DIV of operands that are not all integers or decimals alike: MySQL divides the decimals that they are written
// as, and the integer is unsigned if an operand is. ok is false for any other operands.
func exactQuotient(f Func, args []Expr) (e Expr, ok bool) {
	t, inexact, decimal := bigint, false, false
	list := make([]Expr, len(args))
	for i, a := range args {
		a = plain(a)
		switch k := a.Type().Kind; {
		case k == types.Null:
			return &Literal{types.NullValue, bigint}, true
		case a.Type().IsFloat() || a.Type().IsString() && k != types.JSON:
			inexact = true
		default:
			n, err := number(exactDocuments([]Expr{a})[0])
			if err != nil {
				return nil, false
			}
			a = inner(n)
		}
		decimal = decimal || a.Type().Kind == types.Decimal
		if a.Type().IsUnsigned() {
			t = types.Of(types.Uint64)
		}
		list[i] = a
	}
	if !inexact && !(decimal && t.IsUnsigned()) {
		return nil, false
	}
	return maybeNull(f, typed(f, t, list...)), true
}

// memberNumbers reads members of ENUM and SET as the integers that they are, not as the doubles that other arithmetic has them be.
func memberNumbers(args []Expr) ([]Expr, error) {
	out := slices.Clone(args)
	for i, a := range out {
		n, err := memberAsNumber(a)
		if err != nil {
			return nil, err
		}
		switch a.Type().Kind {
		case types.Enum:
			out[i] = implicit(n, types.Of(types.Int64))
		case types.Set:
			out[i] = implicit(n, types.Of(types.Uint64))
		}
	}
	return out, nil
}

// exactDocuments reads JSON as DECIMAL.
func exactDocuments(args []Expr) []Expr {
	out := slices.Clone(args)
	for i, a := range out {
		if a.Type().Kind == types.JSON {
			out[i] = implicit(a, types.NewDecimal(types.MaxPrecision, types.MaxScale))
		}
	}
	return out
}

// maybeNull marks what a zero divisor makes NULL.
func maybeNull(f Func, c *Call) *Call {
	if f == Div || f == IntDiv || f == Mod {
		c.Null = true
	}
	return c
}

// decimalResult is the type of an operation on decimals.
func decimalResult(f Func, a, b types.Type) types.Type {
	pa, sa, pb, sb := int(a.Precision), int(a.Scale), int(b.Precision), int(b.Scale)
	scale := max(sa, sb)
	switch f {
	case Mul:
		return types.NewDecimal(pa+pb, sa+sb)
	case Div:
		return types.NewDecimal(pa+sb+types.DivisionDigits, sa+types.DivisionDigits)
	case Mod:
		return types.NewDecimal(max(pa-sa, pb-sb)+scale, scale)
	case IntDiv:
		return types.Of(types.Int64)
	}
	return types.NewDecimal(max(pa-sa, pb-sb)+1+scale, scale)
}

// divideRule types /, which is never done in integers.
func divideRule(f Func, args []Expr) (Expr, error) {
	args, err := numbers(args)
	if err != nil {
		return nil, err
	}
	a, b := args[0], args[1]
	if shape(args) == types.Float64 {
		double := types.Of(types.Float64)
		return maybeNull(f, typed(f, double, implicit(inner(a), double), implicit(inner(b), double))), nil
	}
	return maybeNull(f, typed(f, decimalResult(f, exactType(a), exactType(b)), exactNumber(a), exactNumber(b))), nil
}

// exactNumber is an operand of decimal arithmetic.
func exactNumber(e Expr) Expr { return inner(implicit(e, exactType(e))) }

// negateRule types unary minus; a literal is negated at once.
func negateRule(f Func, args []Expr) (Expr, error) {
	args, err := numbers(args)
	if err != nil {
		return nil, err
	}
	a := args[0]
	t := a.Type()
	if t.IsInteger() {
		if lit, ok := a.(*Literal); ok && t.Kind == types.Uint64 && lit.Value.Int == -1<<63 {
			return &Literal{types.IntValue(lit.Value.Int), types.Of(types.Int64)}, nil // -9223372036854775808
		}
		t = types.Of(types.Int64)
	}
	return typed(f, t, inner(a)), nil
}

// sameNumberRule types ABS: the argument's type, integers widened.
func sameNumberRule(f Func, args []Expr) (Expr, error) {
	args, err := numbers(args)
	if err != nil {
		return nil, err
	}
	return typed(f, widened(args[0].Type()), inner(args[0])), nil
}

// widened is BIGINT for an integer, signed or not, else t.
func widened(t types.Type) types.Type {
	switch {
	case t.IsUnsigned():
		return types.Of(types.Uint64)
	case t.IsInteger():
		return types.Of(types.Int64)
	}
	return t
}

// signRule types SIGN.
func signRule(f Func, args []Expr) (Expr, error) {
	args, err := numbers(args)
	if err != nil {
		return nil, err
	}
	return typed(f, types.Of(types.Int64), inner(args[0])), nil
}

// integerPartRule types CEIL and FLOOR: BIGINT where the integer part surely fits, else DECIMAL.
func integerPartRule(f Func, args []Expr) (Expr, error) {
	args, err := numbers(args)
	if err != nil {
		return nil, err
	}
	t := args[0].Type()
	if t.Kind != types.Decimal {
		return typed(f, widened(t), args[0]), nil
	}
	whole := int(t.Precision) - int(t.Scale)
	if whole < types.Digits64 {
		return typed(f, types.Of(types.Int64), inner(args[0])), nil
	}
	return typed(f, types.NewDecimal(whole+1, 0), inner(args[0])), nil
}

// roundRule types ROUND and TRUNCATE. A decimal gets the scale that constant digits ask for; where they vary by row it keeps
// its own.
func roundRule(f Func, args []Expr) (Expr, error) {
	n, err := numbers(args[:1])
	if err != nil {
		return nil, err
	}
	a := n[0]
	digits := Expr(&Literal{types.IntValue(0), types.Of(types.Int64)})
	if len(args) == 2 {
		if digits, err = integer(args[1]); err != nil {
			return nil, err
		}
	}
	t := widened(a.Type())
	lit, ok := constantOf(digits)
	if t.Kind == types.Decimal && ok && !lit.Value.Null {
		scale := int(min(max(lit.Value.Int, 0), types.MaxScale))
		whole := int(t.Precision) - int(t.Scale)
		if f == Round && scale < int(t.Scale) {
			whole++ // 9.9 rounds to 10
		}
		t = types.NewDecimal(whole+scale, scale)
	}
	return typed(f, t, inner(a), digits), nil
}

// integer casts an argument that MySQL reads as an integer to BIGINT.
func integer(e Expr) (Expr, error) {
	if t := e.Type(); t.Kind == types.JSON || t.IsString() && t.Kind != types.Enum && t.Kind != types.Set {
		return implicit(e, bigint), nil // of a text the integer that it begins with
	}
	n, err := number(e)
	if err != nil {
		return nil, err
	}
	if n.Type().IsInteger() && n.Type().Kind == types.Int64 {
		return n, nil
	}
	return implicit(n, types.Of(types.Int64)), nil
}

// doubleRule types functions of DOUBLEs; outside their domain they are NULL.
func doubleRule(f Func, args []Expr) (Expr, error) {
	args, err := doubles(args)
	if err != nil {
		return nil, err
	}
	c := typed(f, types.Of(types.Float64), args...)
	switch f {
	case Sqrt, Ln, Log2, Log10, Log, Asin, Acos:
		c.Null = true
	}
	return c, nil
}

// sumType is the type of SUM over t: exact numbers add 22 digits.
func sumType(e Expr) types.Type {
	t := e.Type()
	if !t.IsFloat() {
		d := exactType(e)
		return types.NewDecimal(int(d.Precision)+22, int(d.Scale))
	}
	return types.Of(types.Float64)
}

// avgType is the type of AVG over t.
func avgType(e Expr) types.Type {
	t := e.Type()
	if !t.IsFloat() {
		d := exactType(e)
		return types.NewDecimal(int(d.Precision)+types.DivisionDigits, int(d.Scale)+types.DivisionDigits)
	}
	return types.Of(types.Float64)
}
