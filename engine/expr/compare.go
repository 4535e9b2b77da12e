package expr

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// unify casts two operands of a comparison to one class (Reference Manual 14.3). Integers of any width and sign are one
// class, as are decimals of any scale: their kernels compare exactly. JSON, and what is compared with it, becomes bytes. op names the comparison in an error.
func unify(op Func, a, b Expr) (Expr, Expr, error) {
	ta, tb := a.Type(), b.Type()
	if (ta.Kind == types.JSON || tb.Kind == types.JSON) && ta.Kind != types.Null && tb.Kind != types.Null {
		return jsonKeys(a, b)
	}
	a, b = plain(a), plain(b)
	ta, tb = a.Type(), b.Type()
	switch {
	case ta.Kind == types.Null && tb.Kind == types.Null:
		return implicit(a, types.Of(types.Int64)), implicit(b, types.Of(types.Int64)), nil
	case ta.Kind == types.Null:
		return implicit(a, tb), b, nil
	case tb.Kind == types.Null:
		return a, implicit(b, ta), nil
	case ta.IsString() && tb.IsString():
		list, err := oneCollation(string(op), a, b)
		if err != nil {
			return nil, nil, err
		}
		if !hasCollation(list[0].Type()) {
			return nil, nil, ErrNoKernel
		}
		return list[0], list[1], nil
	case ta.IsTemporal():
		return unifyTemporal(a, b)
	case tb.IsTemporal():
		b, a, err := unifyTemporal(b, a)
		return a, b, err
	}
	return unifyNumbers(a, b)
}

// plain turns a truth value into the integer MySQL compares and adds, and FLOAT into DOUBLE.
func plain(e Expr) Expr {
	switch e.Type().Kind {
	case types.Bool:
		return implicit(e, types.Of(types.Int64))
	case types.Float32:
		return implicit(e, types.Of(types.Float64))
	}
	return e
}

// unifyNumbers unifies operands of which one is a number and the other a number or a string.
func unifyNumbers(a, b Expr) (Expr, Expr, error) {
	a, err := memberAsNumber(inner(a))
	if err != nil {
		return nil, nil, err
	}
	b, err = memberAsNumber(inner(b))
	if err != nil {
		return nil, nil, err
	}
	ta, tb := a.Type(), b.Type()
	if ta.IsInteger() && tb.IsString() {
		if n, ok := integerText(b, ta); ok {
			return a, n, nil
		}
	}
	if tb.IsInteger() && ta.IsString() {
		if n, ok := integerText(a, tb); ok {
			return n, b, nil
		}
	}
	switch {
	case ta.IsInteger() && tb.IsInteger():
		return a, b, nil
	case ta.IsFloat() || tb.IsFloat() || ta.IsString() || tb.IsString():
		return implicit(a, types.Of(types.Float64)), implicit(b, types.Of(types.Float64)), nil
	}
	return implicit(a, exactType(a)), implicit(b, exactType(b)), nil
}

// AsNumbers are numbers and texts as what MySQL compares them as together: beside integers text literals that are integers are, too;
// else all are DOUBLE.
func AsNumbers(args ...Expr) ([]Expr, error) {
	whole := make([]Expr, len(args))
	for i, a := range args {
		whole[i] = plain(a)
		if !whole[i].Type().IsInteger() {
			n, ok := integerText(a, bigint)
			if !ok {
				return doubles(args)
			}
			whole[i] = n
		}
	}
	return whole, nil
}

// integerText reads a text literal that is exactly an integer as one of type t: MySQL converts such a constant once instead
// of comparing every row as DOUBLE.
func integerText(e Expr, t types.Type) (Expr, bool) {
	lit, ok := e.(*Literal)
	if !ok || lit.Value.Null {
		return nil, false
	}
	digits := strings.TrimPrefix(lit.Value.Str, "-")
	if digits == "" || len(digits) > types.Digits64 || strings.Trim(digits, "0123456789") != "" {
		return nil, false
	}
	n, err := castLiteral(lit, types.Of(types.Int64))
	if err != nil {
		return nil, false
	}
	return n, true
}

// unifyTemporal unifies a, which is temporal, with b.
func unifyTemporal(a, b Expr) (Expr, Expr, error) {
	ta, tb := a.Type(), b.Type()
	switch {
	case tb.IsString():
		return unifyTemporalText(a, b)
	case !tb.IsTemporal():
		return nil, nil, ErrNoKernel // a number read as YYYYMMDD
	case ta.Kind == tb.Kind:
		return a, b, nil
	case ta.Kind == types.Time || tb.Kind == types.Time:
		return nil, nil, ErrNoKernel // a time gets the current date
	case ta.Kind == types.Timestamp && constant(b):
		return a, implicit(b, ta), nil
	case tb.Kind == types.Timestamp && constant(a):
		return implicit(a, tb), b, nil
	}
	t := types.NewTemporal(types.Datetime, max(fraction(ta), fraction(tb)))
	return implicit(a, t), implicit(b, t), nil
}

// fraction returns the digits of the second's fraction.
func fraction(t types.Type) int {
	if t.IsTemporal() {
		return int(t.Scale)
	}
	return 0
}

// unifyTemporalText compares a temporal expression with text: a constant becomes a literal of the temporal type, other text
// is parsed row by row.
func unifyTemporalText(a, b Expr) (Expr, Expr, error) {
	ta := a.Type()
	if ta.Kind == types.Time {
		return a, implicit(b, types.NewTemporal(types.Time, types.MaxFSP)), nil
	}
	lit, ok := Fold(b).(*Literal)
	if !ok {
		t := types.NewTemporal(types.Datetime, types.MaxFSP)
		return implicit(a, t), implicit(b, t), nil
	}
	if lit.Value.Null {
		return a, &Literal{types.NullValue, ta}, nil
	}
	us, fsp, ok := kernel.ParseDatetime(lit.Value.Str)
	if !ok {
		if _, fsp, ok = kernel.ParseInstant(lit.Value.Str); ok {
			t := types.NewTemporal(types.Datetime, max(fsp, fraction(ta)))
			if ta.Kind == types.Timestamp {
				t.Kind = types.Timestamp
			}
			return implicit(a, t), implicit(lit, t), nil
		}
		return nil, nil, badDate(ta, lit.Value.Str)
	}
	const day = int64(24 * time.Hour / time.Microsecond)
	if ta.Kind == types.Date && us%day == 0 {
		return a, &Literal{types.IntValue(us / day), ta}, nil
	}
	moment := &Literal{types.IntValue(us), types.NewTemporal(types.Datetime, fsp)}
	switch ta.Kind {
	case types.Timestamp:
		return a, implicit(moment, types.NewTemporal(types.Timestamp, max(fsp, fraction(ta)))), nil
	case types.Date:
		return implicit(a, moment.Typ), moment, nil
	}
	return a, moment, nil
}

// constant reports whether e reads no column: its value is one for all rows.
func constant(e Expr) bool {
	ok := true
	Walk(e, func(e Expr) bool {
		switch e.(type) {
		case *Column, *Fallback:
			ok = false
		}
		return ok
	})
	return ok
}

// asBinary is the byte string that holds what t prints as.
func asBinary(t types.Type) types.Type {
	switch {
	case t.IsBinary():
		return t
	case !t.IsText():
		return types.Type{Kind: types.Varbinary, Length: uint32(shownLength(t))}
	}
	return types.Type{Kind: types.Varbinary, Length: utf8.UTFMax * t.Length}
}

// compareRule types the comparison operators.
func compareRule(f Func, args []Expr) (Expr, error) {
	a, b, err := unify(f, args[0], args[1])
	if err != nil {
		return nil, err
	}
	return typed(f, types.Of(types.Bool), a, b), nil
}

// nullSafeRule types <=>, which is never NULL.
func nullSafeRule(f Func, args []Expr) (Expr, error) {
	e, err := compareRule(f, args)
	if err != nil {
		return nil, err
	}
	e.(*Call).Null = false
	return e, nil
}

// nullIfRule is CASE WHEN a = b THEN NULL ELSE a END.
func nullIfRule(_ Func, args []Expr) (Expr, error) {
	eq, err := New(Eq, args...)
	if err != nil {
		return nil, fmt.Errorf("nullif: %w", err)
	}
	t := args[0].Type()
	return &Case{Whens: []When{{eq, &Literal{types.NullValue, t}}}, Else: args[0], Typ: t}, nil
}
