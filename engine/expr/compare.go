package expr

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// unify casts two operands of a comparison to one class (Reference Manual 14.3). Integers of any width and sign are one
// class, as are decimals of any scale: their kernels compare exactly. op names the comparison in an error.
func unify(op Func, a, b Expr) (Expr, Expr, error) {
	a, b = plain(a), plain(b)
	ta, tb := a.Type(), b.Type()
	switch {
	case ta.Kind == types.Null && tb.Kind == types.Null:
		return implicit(a, types.Of(types.Int64)), implicit(b, types.Of(types.Int64)), nil
	case ta.Kind == types.Null:
		return implicit(a, tb), b, nil
	case tb.Kind == types.Null:
		return a, implicit(b, ta), nil
	case ta.Kind == types.JSON || tb.Kind == types.JSON:
		return nil, nil, ErrNoKernel
	case ta.IsString() && tb.IsString():
		list, err := oneCollation(string(op), a, b)
		if err != nil {
			return nil, nil, err
		}
		if c := list[0].Type(); c.IsText() && !c.Collation.Bytewise() {
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
	a, b = inner(a), inner(b)
	ta, tb := a.Type(), b.Type()
	if ta.Kind == types.Enum || ta.Kind == types.Set || tb.Kind == types.Enum || tb.Kind == types.Set {
		return nil, nil, ErrNoKernel // they count as their number
	}
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

// Coercibility of a text expression's collation, lower wins (Reference Manual 12.8.4).
const (
	explicitCollation  = 0 // a COLLATE clause
	implicitCollation  = 2 // a column
	coercibleCollation = 4 // a literal, or text made from numbers and dates
)

// collationOf returns the collation of a text expression and its coercibility.
func collationOf(e Expr) (types.Collation, int) {
	c := e.Type().Collation
	switch e := e.(type) {
	case *Literal, *Param:
		return c, coercibleCollation
	case *Column, *Fallback:
		return c, implicitCollation
	case *Call:
		if e.Func == Collate {
			return c, explicitCollation
		}
	}
	lowest := coercibleCollation
	for _, child := range e.Children() {
		if child.Type().IsText() {
			_, k := collationOf(child)
			lowest = min(lowest, k)
		}
	}
	return c, lowest
}

// oneCollation brings strings under one collation, or all to bytes if one is a byte string. op names what joins them.
func oneCollation(op string, list ...Expr) ([]Expr, error) {
	out := make([]Expr, len(list))
	binary := false
	for _, e := range list {
		binary = binary || e.Type().IsBinary()
	}
	if binary {
		for i, e := range list {
			out[i] = implicit(e, asBinary(e.Type()))
		}
		return out, nil
	}
	best, rank := collationOf(list[0])
	for _, e := range list[1:] {
		c, r := collationOf(e)
		switch {
		case r < rank:
			best, rank = c, r
		case r > rank || c == best || wins(best, c):
		case wins(c, best):
			best = c
		default:
			return nil, sqlerr.New(sqlerr.CollationMix, "Illegal mix of collations (%s,%s) and (%s,%s) for operation '%s'",
				best, rankName(rank), c, rankName(r), op)
		}
	}
	for i, e := range list {
		out[i] = underCollation(e, best)
	}
	return out, nil
}

// OneCollation returns args with those that are CHAR, VARCHAR or TEXT under the one collation that f compares them in: that of
// a COLLATE clause before that of a column before that of a literal. The error is sqlerr.CollationMix.
func OneCollation(f Func, args ...Expr) ([]Expr, error) {
	var texts []Expr
	var where []int
	for i, a := range args {
		switch a.Type().Kind {
		case types.Char, types.Varchar, types.Text:
			texts, where = append(texts, a), append(where, i)
		}
	}
	if len(texts) < 2 {
		return args, nil
	}
	unified, err := oneCollation(string(f), texts...)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(args)
	for i, at := range where {
		out[at] = unified[i]
	}
	return out, nil
}

// wins reports whether a is the binary collation of a mix with b.
func wins(a, b types.Collation) bool {
	binary := func(c types.Collation) bool { return c == types.Utf8mb4Bin || c == types.Utf8mb4Bin0900 }
	return binary(a) && (!binary(b) || a == types.Utf8mb4Bin0900)
}

func rankName(rank int) string {
	switch rank {
	case explicitCollation:
		return "EXPLICIT"
	case implicitCollation:
		return "IMPLICIT"
	}
	return "COERCIBLE"
}

// underCollation gives a text expression another collation, which changes no byte of it.
func underCollation(e Expr, c types.Collation) Expr {
	t := e.Type()
	if t.Collation == c {
		return e
	}
	t.Collation = c
	return implicit(e, t)
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
