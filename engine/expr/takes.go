package expr

import (
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// read converts an argument to what a function reads.
type read func(e Expr) (Expr, error)

// takes is the rule of functions whose arguments are each converted on their own: the last read is for any further arguments too.
// The result has one type and may always be NULL.
func takes(result types.Type, reads ...read) rule {
	return func(f Func, args []Expr) (Expr, error) {
		list, err := readAll(args, reads...)
		if err != nil {
			return nil, err
		}
		c := typed(f, result, list...)
		c.Null = true
		return c, nil
	}
}

func readAll(args []Expr, reads ...read) ([]Expr, error) {
	list := make([]Expr, len(args))
	for i, a := range args {
		var err error
		if list[i], err = reads[min(i, len(reads)-1)](a); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// never is nullable made not: for functions that always answer.
func never(r rule) rule {
	return func(f Func, args []Expr) (Expr, error) {
		e, err := r(f, args)
		if c, ok := e.(*Call); ok {
			c.Null = false
		}
		return e, err
	}
}

// asText reads a string; a byte string stays one.
func asText(e Expr) (Expr, error) { return text(e) }

// momentText reads a text that is a moment or time; of JSON the string that it is.
func momentText(e Expr) (Expr, error) {
	if e.Type().Kind == types.JSON {
		return New("json_unquote", e)
	}
	return text(e)
}

// asInteger reads a BIGINT.
func asInteger(e Expr) (Expr, error) { return integer(e) }

// asDouble reads a DOUBLE.
func asDouble(e Expr) (Expr, error) {
	list, err := doubles([]Expr{e})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// asTime reads a TIME: of a text as it reads, of a DATETIME the time of day, of a number its digits.
func asTime(e Expr) (Expr, error) {
	t := e.Type()
	switch {
	case t.Kind == types.Time:
		return e, nil
	case t.Kind == types.Null:
		return implicit(e, types.NewTemporal(types.Time, 0)), nil
	case t.Kind == types.JSON:
		return implicit(e, types.NewTemporal(types.Time, types.MaxFSP)), nil
	case t.IsString():
		if lit, ok := timeText(e); ok {
			return lit, nil
		}
		return implicit(plainText(e), types.NewTemporal(types.Time, types.MaxFSP)), nil
	case t.Kind == types.Decimal:
		return implicit(e, types.NewTemporal(types.Time, int(t.Scale))), nil
	case t.IsFloat():
		return implicit(e, types.NewTemporal(types.Time, types.MaxFSP)), nil
	case t.IsNumeric():
		return implicit(plain(e), types.NewTemporal(types.Time, 0)), nil
	}
	return implicit(e, types.NewTemporal(types.Time, fraction(t))), nil
}

// plainText makes a string of the members of lists, which are read as the texts they are.
func plainText(e Expr) Expr {
	switch e.Type().Kind {
	case types.Enum, types.Set:
		return implicit(e, types.NewText(types.Text, 0, types.Utf8mb4Bin0900))
	}
	return e
}

// timeText reads a text literal as a TIME with the digits of its fraction.
func timeText(e Expr) (*Literal, bool) {
	lit, ok := e.(*Literal)
	if !ok || lit.Value.Null {
		return nil, false
	}
	us, fsp, ok := kernel.ParseTime(lit.Value.Str)
	if !ok {
		return nil, false
	}
	return &Literal{types.IntValue(us), types.NewTemporal(types.Time, fsp)}, true
}

// shown is the type of a text of a length that a function makes of something else.
func shown(length int) types.Type { return types.NewText(types.Varchar, length, types.Utf8mb4Bin0900) }

var (
	bigint = types.Of(types.Int64)
	truth  = types.Of(types.Bool)
)
