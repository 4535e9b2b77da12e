package expr

import (
	"errors"
	"fmt"
	"slices"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// ErrNoKernel says that a function, or its arguments' types or collations, are evaluated row by row only: the binder
// then makes a Fallback.
var ErrNoKernel = errors.New("no kernel")

// New applies f: it finds the result type by MySQL's rules and casts the arguments where they must change. The result may
// be another expression that computes the same. ErrNoKernel where there is no kernel; sqlerr.CollationMix, BadDate and
// BadArgument where MySQL refuses the arguments.
func New(f Func, args ...Expr) (Expr, error) {
	row, ok := lookup(f)
	if !ok || row.rule == nil {
		return nil, fmt.Errorf("%s: %w", f, ErrNoKernel)
	}
	if len(args) < row.min || row.max >= 0 && len(args) > row.max {
		return nil, sqlerr.New(sqlerr.BadArgument, "Incorrect parameter count in the call to native function '%s'", f)
	}
	e, err := row.rule(f, args)
	if err != nil {
		return nil, err
	}
	if c, ok := e.(*Call); ok && c.Func == f && row.kernel != nil && row.kernel(c) == nil {
		return nil, fmt.Errorf("%s: %w", f, ErrNoKernel)
	}
	return e, nil
}

// typed makes a Call that is NULL where an argument is.
func typed(f Func, t types.Type, args ...Expr) *Call {
	return &Call{Func: f, Args: args, Typ: t, Null: slices.ContainsFunc(args, Expr.Nullable)}
}

// Truth is e as a condition: a number that is not 0 is true, text counts as its number.
func Truth(e Expr) (Expr, error) {
	if e.Type().Kind == types.Bool {
		return e, nil
	}
	if e.Type().Kind == types.Null {
		return implicit(e, types.Of(types.Bool)), nil
	}
	if e.Type().Kind == types.JSON {
		return New("json_truth", e)
	}
	n, err := number(e)
	if err != nil {
		return nil, err
	}
	if lit, ok := n.(*Literal); ok {
		return &Literal{truthOf(lit), types.Of(types.Bool)}, nil
	}
	a, zero, err := unify(Ne, n, &Literal{types.IntValue(0), types.Of(types.Int64)})
	if err != nil {
		return nil, err
	}
	return typed(Ne, types.Of(types.Bool), a, zero), nil
}

func truthOf(lit *Literal) types.Value {
	v := lit.Value
	if v.Null {
		return v
	}
	return types.BoolValue(v.Int != 0 || v.Float != 0 || v.Dec != types.Value{}.Dec)
}

// logicRule types AND, OR, XOR and NOT.
func logicRule(f Func, args []Expr) (Expr, error) {
	out := make([]Expr, len(args))
	for i, a := range args {
		t, err := Truth(a)
		if err != nil {
			return nil, err
		}
		out[i] = t
	}
	return typed(f, types.Of(types.Bool), out...), nil
}

// truthRule types IS TRUE and IS FALSE, which are never NULL.
func truthRule(f Func, args []Expr) (Expr, error) {
	t, err := Truth(args[0])
	if err != nil {
		return nil, err
	}
	return &Call{Func: f, Args: []Expr{t}, Typ: types.Of(types.Bool)}, nil
}

// isNullRule types IS NULL, of anything.
func isNullRule(f Func, args []Expr) (Expr, error) {
	return &Call{Func: f, Args: args, Typ: types.Of(types.Bool)}, nil
}
