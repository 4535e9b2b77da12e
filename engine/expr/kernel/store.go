package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Store makes the kernel of a cast one that stores into a column, as in strict mode: where the cast would change a value, with
// a warning, it is an error.
func Store(cast Func, from, to types.Type, column string) Func {
	if cast == nil {
		return nil
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		if from.IsInteger() && to.IsInteger() && from.IsUnsigned() != to.IsUnsigned() && storedNegative(args[0].Array) {
			return nil, unstorable(warnOutOfRange, to, column)
		}
		own, code := *ctx, 0
		own.Warn = func(c int, _ string) { code = c }
		out, err := cast(&own, args, n)
		if sqlerr.CodeOf(err) == sqlerr.OutOfRange && err != nil {
			return nil, unstorable(warnOutOfRange, to, column)
		}
		if err == nil && code != 0 {
			out.Release()
			return nil, unstorable(code, to, column)
		}
		return out, err
	}
}

// storedNegative reports a value beyond what both BIGINT and BIGINT UNSIGNED hold.
func storedNegative(a arrow.Array) bool {
	for i, v := range wide(a) {
		if v < 0 && a.IsValid(i) {
			return true
		}
	}
	return false
}

// unstorable is the error of a value that a cast to a column's type changes with a warning.
func unstorable(warning int, to types.Type, column string) error {
	switch {
	case to.IsString():
		return sqlerr.New(sqlerr.DataTooLong, "Data too long for column '%s'", column)
	case warning == warnOutOfRange || to.IsInteger() || to.Kind == types.Decimal:
		return sqlerr.New(sqlerr.ColumnRange, "Out of range value for column '%s'", column)
	}
	return sqlerr.New(sqlerr.BadValue, "Incorrect %s value for column '%s'", to, column)
}
