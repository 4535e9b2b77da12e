package expr

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/silogate/silogate/engine/types"
)

func (r reference) call(e *Call) (types.Value, error) {
	switch e.Func {
	case And, Or:
		return r.logic(e)
	case Coalesce, IfNull:
		for _, a := range e.Args {
			if v, err := r.eval(a); err != nil || !v.Null {
				return v, err
			}
		}
		return types.NullValue, nil
	case If:
		c, err := r.eval(e.Args[0])
		if err != nil {
			return c, err
		}
		if !c.Null && c.Int != 0 {
			return r.eval(e.Args[1])
		}
		return r.eval(e.Args[2])
	}
	args := make([]types.Value, len(e.Args))
	null := false
	for i, a := range e.Args {
		v, err := r.eval(a)
		if err != nil {
			return v, err
		}
		args[i] = v
		null = null || v.Null
		if known, _ := lookup(e.Func); v.Null && constant(a) && !known.lenient {
			return v, nil // whatever the other arguments are
		}
	}
	switch e.Func {
	case IsNull:
		return types.BoolValue(null), nil
	case IsTrue:
		return types.BoolValue(!null && args[0].Int != 0), nil
	case IsFalse:
		return types.BoolValue(!null && args[0].Int == 0), nil
	case NullSafeEq:
		if null {
			return types.BoolValue(args[0].Null && args[1].Null), nil
		}
		return types.BoolValue(r.compare(args[0], args[1], e.arg(0), e.arg(1)) == 0), nil
	case ConcatWS:
		return concatWS(args), nil
	}
	if known, _ := lookup(e.Func); null && known.lenient {
		return r.alone(e, args)
	}
	if null {
		return types.NullValue, nil
	}
	switch {
	case e.Func == memberNumber:
		return types.FloatValue(float64(slices.Index(e.arg(0).MemberNames(), args[0].Str) + 1)), nil
	case e.Func == Xor:
		return types.BoolValue(args[0].Int != args[1].Int), nil
	case e.Func == Not:
		return types.BoolValue(args[0].Int == 0), nil
	case isComparison(e.Func):
		return r.comparison(e, args)
	case e.Func == Greatest || e.Func == Least:
		best := 0
		for i := range args {
			c := r.compare(args[i], args[best], e.arg(i), e.arg(best))
			if e.Func == Greatest && c > 0 || e.Func == Least && c < 0 {
				best = i
			}
		}
		return args[best], nil
	}
	if v, ok, err := r.number(e, args); ok {
		return v, err
	}
	if v, ok := r.text(e, args); ok {
		return v, nil
	}
	return r.date(e, args)
}

func (r reference) logic(e *Call) (types.Value, error) {
	unknown := false
	for _, a := range e.Args {
		v, err := r.eval(a)
		if err != nil {
			return v, err
		}
		if v.Null {
			unknown = true
		} else if (v.Int != 0) == (e.Func == Or) {
			return types.BoolValue(e.Func == Or), nil
		}
	}
	if unknown {
		return types.NullValue, nil
	}
	return types.BoolValue(e.Func == And), nil
}

func isComparison(f Func) bool {
	return f == Eq || f == Ne || f == Lt || f == Le || f == Gt || f == Ge
}

func (r reference) comparison(e *Call, args []types.Value) (types.Value, error) {
	c := r.compare(args[0], args[1], e.arg(0), e.arg(1))
	ok := map[Func]bool{Eq: c == 0, Ne: c != 0, Lt: c < 0, Le: c <= 0, Gt: c > 0, Ge: c >= 0}[e.Func]
	return types.BoolValue(ok), nil
}

func concatWS(args []types.Value) types.Value {
	if args[0].Null {
		return types.NullValue
	}
	var parts []string
	for _, a := range args[1:] {
		if !a.Null {
			parts = append(parts, a.Str)
		}
	}
	return types.TextValue(strings.Join(parts, args[0].Str))
}

// number evaluates functions of numbers; ok is false for others.
func (r reference) number(e *Call, args []types.Value) (v types.Value, ok bool, err error) {
	if e.Typ.Kind == types.Float64 {
		v, err = doubleFunction(e.Func, args)
		return v, true, err
	}
	var n []*big.Rat
	for i := range args {
		if !e.arg(i).IsNumeric() {
			return v, false, nil
		}
		n = append(n, rat(args[i], e.arg(i)))
		if e.Func == IntDiv && e.arg(i).IsFloat() { // the decimal that it is written as
			n[i].SetString(strconv.FormatFloat(args[i].Float, 'e', -1, 64))
		}
	}
	out := new(big.Rat)
	switch e.Func {
	case Add:
		out.Add(n[0], n[1])
	case Sub:
		out.Sub(n[0], n[1])
	case Mul:
		out.Mul(n[0], n[1])
	case Neg:
		out.Neg(n[0])
	case Abs:
		out.Abs(n[0])
	case Sign:
		out.SetInt64(int64(n[0].Sign()))
	case Ceil:
		out.SetInt(floorRat(new(big.Rat).Neg(n[0])))
		out.Neg(out)
	case Floor:
		out.SetInt(floorRat(n[0]))
	case Div, IntDiv, Mod:
		if n[1].Sign() == 0 {
			return types.NullValue, true, nil
		}
		out.Quo(n[0], n[1])
		switch {
		case e.Func == Div && e.Typ.Kind == types.Decimal: // cut off where MySQL stops
			unit := new(big.Rat).SetInt(ten(types.QuotientScale(int(e.Args[0].Type().Scale), int(e.Args[1].Type().Scale))))
			out.Quo(new(big.Rat).SetInt(truncRat(out.Mul(out, unit))), unit)
		case e.Func != Div:
			q := new(big.Rat).SetInt(truncRat(out))
			if out = q; e.Func == Mod {
				out = new(big.Rat).Sub(n[0], q.Mul(q, n[1]))
			}
		}
	case Round, Truncate:
		out = roundTo(n[0], args[1].Int, e)
	case BitAnd, BitOr, BitXor, BitNot, ShiftLeft, ShiftRight:
		return bitFunction(e.Func, args), true, nil
	default:
		return v, false, nil
	}
	v, err = exact(out, e.Typ)
	return v, true, err
}

func roundTo(n *big.Rat, digits int64, e *Call) *big.Rat {
	keep := int(min(max(digits, -80), 30))
	var u *big.Int
	if e.Func == Round {
		u = roundRat(n, keep)
	} else {
		s := new(big.Rat).Mul(n, new(big.Rat).SetInt(ten(max(keep, 0))))
		s.Quo(s, new(big.Rat).SetInt(ten(max(-keep, 0))))
		u = truncRat(s)
	}
	out := new(big.Rat).SetInt(u)
	out.Quo(out, new(big.Rat).SetInt(ten(max(keep, 0))))
	return out.Mul(out, new(big.Rat).SetInt(ten(max(-keep, 0))))
}

func bitFunction(f Func, args []types.Value) types.Value {
	a := uint64(args[0].Int)
	var b uint64
	if len(args) > 1 {
		b = uint64(args[1].Int)
	}
	return types.UintValue(map[Func]uint64{
		BitAnd: a & b, BitOr: a | b, BitXor: a ^ b, BitNot: ^a, ShiftLeft: a << b, ShiftRight: a >> b,
	}[f])
}

func doubleFunction(f Func, args []types.Value) (types.Value, error) {
	a, b := args[0].Float, 0.0
	if len(args) > 1 {
		b = args[1].Float
	}
	positive := func(v float64) float64 {
		if a <= 0 {
			return math.NaN()
		}
		return v
	}
	var v float64
	switch f {
	case Add:
		v = a + b
	case Sub:
		v = a - b
	case Mul:
		v = a * b
	case Div, Mod:
		if b == 0 {
			return types.NullValue, nil
		}
		if v = a / b; f == Mod {
			v = math.Mod(a, b)
		}
	case Neg:
		v = -a
	case Abs:
		v = math.Abs(a)
	case Ceil:
		v = math.Ceil(a)
	case Floor:
		v = math.Floor(a)
	case Round, Truncate:
		return types.FloatValue(roundFloat(f, a, args[1].Int)), nil
	case Sqrt:
		v = math.Sqrt(a)
	case Pow:
		if v = math.Pow(a, b); v != v {
			return v2(v), errRange
		}
	case Exp:
		v = math.Exp(a)
	case Ln:
		v = positive(math.Log(a))
	case Log10:
		v = positive(math.Log10(a))
	case Log2:
		v = positive(math.Log2(a))
	case Log:
		if v = positive(math.Log(b) / math.Log(a)); b <= 0 || a == 1 {
			v = math.NaN()
		}
	case Sin:
		v = math.Sin(a)
	case Cos:
		v = math.Cos(a)
	case Tan:
		v = math.Tan(a)
	case Cot:
		v = 1 / math.Tan(a)
	case Asin:
		v = math.Asin(a)
	case Acos:
		v = math.Acos(a)
	case Atan:
		v = math.Atan(a)
	case Atan2:
		v = math.Atan2(a, b)
	case Degrees:
		v = a * (180 / math.Pi)
	case Radians:
		v = a * (math.Pi / 180)
	}
	switch {
	case v != v:
		return types.NullValue, nil
	case math.IsInf(v, 0):
		return v2(v), errRange
	}
	return v2(v), nil
}

func v2(v float64) types.Value { return types.FloatValue(v) }

func roundFloat(f Func, a float64, digits int64) float64 {
	p := math.Pow(10, math.Abs(float64(digits)))
	if math.IsInf(p, 0) {
		if digits < 0 {
			return 0
		}
		return a
	}
	cut := math.RoundToEven
	if f == Truncate {
		cut = math.Trunc
	}
	if digits < 0 {
		return cut(a/p) * p
	}
	if math.IsInf(a*p, 0) {
		return a
	}
	return cut(a*p) / p
}
