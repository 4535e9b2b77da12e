package expr

import (
	"math/big"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/types"
)

// NewIn is arg [NOT] IN (list). Where a member is not a literal of arg's comparison class it is a chain of comparisons.
func NewIn(arg Expr, list []Expr, not bool) (Expr, error) {
	// A member that is folded has lost its COLLATE clause.
	unified, err := OneCollation("in", append([]Expr{arg}, list...)...)
	if err != nil {
		return nil, err
	}
	arg, list = unified[0], unified[1:]
	if arg.Type().Kind == types.JSON {
		if arg, list, err = keysOf(arg, list); err != nil {
			return nil, err
		}
	}
	in := &In{Arg: plain(arg), Not: not}
	t := in.Arg.Type()
	seen := make(map[types.Value]bool, len(list))
	for _, member := range list {
		lit, ok := Fold(member).(*Literal)
		if !ok {
			return inChain(arg, list, not)
		}
		if lit.Value.Null {
			in.HasNull = true
			continue
		}
		v, fate, err := memberOf(in.Arg, t, lit)
		switch {
		case err != nil:
			return nil, err
		case fate == otherClass:
			return inChain(arg, list, not)
		case fate == possible && !seen[v]:
			seen[v] = true
			in.List = append(in.List, v)
		}
	}
	if inKernel(in) == nil {
		return nil, ErrNoKernel
	}
	return in, nil
}

// keysOf are what compares like JSON and the members of a list.
func keysOf(arg Expr, list []Expr) (Expr, []Expr, error) {
	key, err := New(JSONKey, arg)
	if err != nil {
		return nil, nil, err
	}
	keys := make([]Expr, len(list))
	for i, member := range list {
		if keys[i] = Fold(member); keys[i].Type().Kind == types.Null {
			continue
		}
		k, err := New(JSONKey, keys[i])
		if err != nil {
			return nil, nil, err
		}
		keys[i] = foldConstant(k)
	}
	return key, keys, nil
}

// fate says what becomes of a member of an IN list.
type fate uint8

const (
	possible   fate = iota // a value of the argument's type
	impossible             // no value of the argument's type equals it
	otherClass             // argument and member are compared as another type
)

// memberOf brings a literal to type t of arg.
func memberOf(arg Expr, t types.Type, lit *Literal) (types.Value, fate, error) {
	v := lit.Value
	switch exact := lit.Typ.IsInteger() || lit.Typ.Kind == types.Decimal; {
	case exact && t.Kind == types.Decimal:
		n, fits := rescaled(decimalValue(lit), int(lit.Typ.Scale), int(t.Scale))
		if !fits {
			return v, impossible, nil
		}
		return types.Value{Dec: n}, possible, nil
	case exact && t.IsInteger():
		n := decimalValue(lit)
		if lit.Typ.Kind == types.Decimal {
			var whole bool
			if n, whole = rescaled(n, int(lit.Typ.Scale), 0); !whole {
				return v, impossible, nil
			}
		}
		i, fits := integerIn(t, n)
		if !fits {
			return v, impossible, nil
		}
		return i, possible, nil
	}
	a, m, err := unify("in", arg, lit)
	if err != nil {
		return v, otherClass, err
	}
	if converted, ok := m.(*Literal); ok && a.Type() == t {
		return converted.Value, possible, nil
	}
	return v, otherClass, nil
}

// decimalValue returns an exact literal's unscaled value.
func decimalValue(lit *Literal) decimal256.Num {
	switch {
	case lit.Typ.Kind == types.Decimal:
		return lit.Value.Dec
	case lit.Typ.IsUnsigned():
		return decimal256.FromU64(uint64(lit.Value.Int))
	}
	return decimal256.FromI64(lit.Value.Int)
}

// rescaled brings an unscaled decimal from one scale to another; fits is false where digits would be lost.
func rescaled(v decimal256.Num, from, to int) (n decimal256.Num, fits bool) {
	b := v.BigInt()
	factor := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(from-to, to-from))), nil)
	if to >= from {
		b.Mul(b, factor)
	} else {
		var rest big.Int
		b.QuoRem(b, factor, &rest)
		if rest.Sign() != 0 {
			return n, false
		}
	}
	if b.BitLen() > 255 { // FromBigInt panics
		return n, false
	}
	return decimal256.FromBigInt(b), true
}

// integerIn is n as a value of the integer type t, if t has it.
func integerIn(t types.Type, n decimal256.Num) (types.Value, bool) {
	b := n.BigInt()
	if t.IsUnsigned() {
		width := map[types.Kind]int{types.Uint8: 8, types.Uint16: 16, types.Uint32: 32}[t.Kind]
		if width == 0 {
			width = 64
		}
		return types.UintValue(b.Uint64()), b.Sign() >= 0 && b.BitLen() <= width
	}
	width := map[types.Kind]int{types.Int8: 8, types.Int16: 16, types.Year: 16, types.Int32: 32}[t.Kind]
	if width == 0 {
		width = 64
	}
	if b.Sign() < 0 {
		b.Not(b) // -2^(width-1) fits, 2^(width-1) does not
		return types.IntValue(int64(n.LowBits())), b.BitLen() < width
	}
	return types.IntValue(b.Int64()), b.BitLen() < width
}

// inChain is IN as a chain of comparisons.
func inChain(arg Expr, list []Expr, not bool) (Expr, error) {
	op, join := Eq, Or
	if not {
		op, join = Ne, And
	}
	terms := make([]Expr, len(list))
	for i, m := range list {
		term, err := New(op, arg, m)
		if err != nil {
			return nil, err
		}
		terms[i] = term
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return New(join, terms...)
}
