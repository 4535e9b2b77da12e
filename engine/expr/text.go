package expr

import (
	"unicode/utf8"

	"github.com/silogate/silogate/engine/types"
)

// text turns an argument of a string function into a string: numbers and dates as MySQL prints them.
func text(e Expr) (Expr, error) {
	t := e.Type()
	switch {
	case t.Kind == types.JSON:
		return implicit(e, documentText), nil
	case t.Kind == types.Null:
		return implicit(e, types.Of(types.Varchar)), nil
	case t.Kind == types.Bool:
		e = implicit(e, types.Of(types.Int64))
	case t.IsString():
		return e, nil
	}
	return implicit(e, types.NewText(types.Varchar, shownLength(e.Type()), types.Utf8mb4Bin0900)), nil
}

func textArgs(args []Expr) ([]Expr, error) {
	out := make([]Expr, len(args))
	for i, a := range args {
		s, err := text(a)
		if err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}

// shownLength is the most characters a value of t prints as; 0: unknown.
func shownLength(t types.Type) int {
	fsp := 0
	if t.IsTemporal() && t.Scale > 0 {
		fsp = 1 + int(t.Scale)
	}
	switch {
	case t.IsString():
		return int(t.Length)
	case t.Kind == types.Bool:
		return 1
	case t.IsInteger():
		return integerDigits(t.Kind) + 1
	case t.Kind == types.Decimal:
		return int(t.Precision) + 3
	case t.Kind == types.Float32:
		return 12
	case t.Kind == types.Float64:
		return 23
	case t.Kind == types.Date:
		return 10
	case t.Kind == types.Time:
		return 10 + fsp
	case t.IsTemporal():
		return 19 + fsp
	}
	return 0
}

// stringOf is the type of a string made of strings like t, of a length (0: unknown).
func stringOf(t types.Type, length int) types.Type {
	switch {
	case t.IsBinary():
		return types.Type{Kind: types.Varbinary, Length: uint32(length)}
	case t.Kind == types.Text:
		return types.NewText(types.Text, 0, t.Collation)
	}
	return types.NewText(types.Varchar, length, t.Collation)
}

// lengths adds up the lengths of list; 0 if one is unknown.
func lengths(list []Expr) int {
	n := 0
	for _, e := range list {
		l := int(e.Type().Length)
		if l == 0 {
			return 0
		}
		n += l
	}
	return n
}

// joinRule types CONCAT and CONCAT_WS: strings under one collation.
func joinRule(f Func, args []Expr) (Expr, error) {
	args, err := textArgs(args)
	if err != nil {
		return nil, err
	}
	if args, err = unifyCollations(string(f), looseMix, args); err != nil {
		return nil, err
	}
	n := lengths(args)
	if f == ConcatWS {
		n = 0
	}
	c := typed(f, stringOf(args[0].Type(), n), args...)
	if f == ConcatWS {
		c.Null = args[0].Nullable()
	}
	return c, nil
}

// stringRule types functions whose first argument is a string and gives the result's type, and whose others are integers.
func stringRule(f Func, args []Expr) (Expr, error) {
	s, err := text(args[0])
	if err != nil {
		return nil, err
	}
	out := []Expr{s}
	for _, a := range args[1:] {
		n, err := integer(a)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	t := s.Type()
	length := int(t.Length)
	if f == Repeat {
		length = 0
	}
	return typed(f, stringOf(t, length), out...), nil
}

// spaceRule types SPACE.
func spaceRule(f Func, args []Expr) (Expr, error) {
	n, err := integer(args[0])
	if err != nil {
		return nil, err
	}
	return typed(f, types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), n), nil
}

// caseRule types UPPER and LOWER, which leave byte strings alone.
func caseRule(f Func, args []Expr) (Expr, error) {
	s, err := text(args[0])
	if err != nil || s.Type().IsBinary() {
		return s, err
	}
	return typed(f, stringOf(s.Type(), int(s.Type().Length)), s), nil
}

// stringsRule types functions of strings alone: TRIM with what to trim, REPLACE.
func stringsRule(f Func, args []Expr) (Expr, error) {
	args, err := textArgs(args)
	if err != nil {
		return nil, err
	}
	if args, err = oneCollation(string(f), args...); err != nil {
		return nil, err
	}
	t := args[0].Type()
	length := int(t.Length)
	if f == Replace {
		length = 0
	}
	return typed(f, stringOf(t, length), args...), nil
}

// padRule types LPAD and RPAD: string, length, padding.
func padRule(f Func, args []Expr) (Expr, error) {
	list, err := textArgs([]Expr{args[0], args[2]})
	if err != nil {
		return nil, err
	}
	if list, err = unifyCollations(string(f), looseMix, list); err != nil {
		return nil, err
	}
	n, err := integer(args[1])
	if err != nil {
		return nil, err
	}
	length := 0
	if lit, ok := n.(*Literal); ok && lit.Value.Int > 0 && lit.Value.Int < 1<<16 {
		length = int(lit.Value.Int)
	}
	c := typed(f, stringOf(list[0].Type(), length), list[0], n, list[1])
	c.Null = true // a negative length, or nothing to pad with
	return c, nil
}

// substringIndexRule types SUBSTRING_INDEX: string, delimiter, count.
func substringIndexRule(f Func, args []Expr) (Expr, error) {
	list, err := textArgs(args[:2])
	if err != nil {
		return nil, err
	}
	if list, err = oneCollation(string(f), list...); err != nil {
		return nil, err
	}
	n, err := integer(args[2])
	if err != nil {
		return nil, err
	}
	t := list[0].Type()
	return typed(f, stringOf(t, int(t.Length)), list[0], list[1], n), nil
}

// lengthRule types functions of a string that give an integer.
func lengthRule(f Func, args []Expr) (Expr, error) {
	s, err := text(args[0])
	if err != nil {
		return nil, err
	}
	return typed(f, types.Of(types.Int64), s), nil
}

// hexRule types HEX of a string or an integer.
func hexRule(f Func, args []Expr) (Expr, error) {
	a := plain(args[0])
	if !a.Type().IsInteger() {
		var err error
		switch t := a.Type(); {
		case t.IsFloat():
			if a, err = hexDouble(a); err != nil {
				return nil, err
			}
		case t.IsNumeric(): // its integer
			a, err = integer(a)
		default:
			a, err = asText(a)
		}
		if err != nil {
			return nil, err
		}
	}
	return typed(f, types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), a), nil
}

// hexDouble is the integer of a DOUBLE that HEX shows: halves away from zero.
func hexDouble(e Expr) (Expr, error) {
	half, err := New(If, typed(Lt, truth, e, &Literal{Typ: types.Of(types.Float64)}),
		&Literal{types.FloatValue(-0.5), types.Of(types.Float64)}, &Literal{types.FloatValue(0.5), types.Of(types.Float64)})
	if err != nil {
		return nil, err
	}
	moved := typed(Add, types.Of(types.Float64), e, half)
	return implicit(typed(Truncate, types.Of(types.Float64), moved, &Literal{Typ: bigint}), bigint), nil
}

// locateRule types LOCATE: needle, haystack[, position]. It finds what is equal under the collation.
func locateRule(f Func, args []Expr) (Expr, error) {
	list, err := textArgs(args[:2])
	if err != nil {
		return nil, err
	}
	if list, err = comparableStrings(string(f), list); err != nil {
		return nil, err
	}
	position := Expr(&Literal{types.IntValue(1), types.Of(types.Int64)})
	if len(args) == 3 {
		if position, err = integer(args[2]); err != nil {
			return nil, err
		}
	}
	return typed(f, types.Of(types.Int64), list[0], list[1], position), nil
}

// comparableStrings brings strings under one collation; ErrNoKernel if kernels do not have it.
func comparableStrings(op string, list []Expr) ([]Expr, error) {
	out, err := oneCollation(op, list...)
	if err != nil {
		return nil, err
	}
	if !hasCollation(out[0].Type()) {
		return nil, ErrNoKernel
	}
	return out, nil
}

// likeRule types LIKE: value, pattern[, escape].
func likeRule(f Func, args []Expr) (Expr, error) {
	list, err := textArgs(args[:2])
	if err != nil {
		return nil, err
	}
	if list, err = comparableStrings(string(f), list); err != nil {
		return nil, err
	}
	if len(args) == 3 {
		escape, ok := args[2].(*Literal)
		if !ok || escape.Value.Null || utf8.RuneCountInString(escape.Value.Str) > 1 {
			return nil, ErrNoKernel
		}
		list = append(list, escape)
	}
	return typed(f, types.Of(types.Bool), list...), nil
}
