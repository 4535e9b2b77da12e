package expr

import (
	"slices"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// bitRule types the bit operators. They compute in BIGINT UNSIGNED, but on the bits of byte strings where all operands are some; of a
// shift the first operand decides. A literal that counts as a number is one already (Reference Manual 14.12).
func bitRule(f Func, args []Expr) (Expr, error) {
	shift := f == ShiftLeft || f == ShiftRight
	operands := args
	if shift {
		operands = args[:1]
	}
	if !slices.ContainsFunc(operands, func(e Expr) bool { return !e.Type().IsBinary() }) {
		out := slices.Clone(args)
		if shift {
			n, err := bits(args[1])
			if err != nil {
				return nil, err
			}
			out[1] = n
		}
		return typed(f, bytesType(operands), out...), nil
	}
	out := make([]Expr, len(args))
	for i, a := range args {
		n, err := bits(a)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return typed(f, types.Of(types.Uint64), out...), nil
}

// bytesType is the type of a byte string as long as the operands are.
func bytesType(operands []Expr) types.Type {
	t := types.Of(types.Varbinary)
	for _, e := range operands {
		length := e.Type().Length
		if length == 0 || e.Type().Kind == types.Blob {
			return types.Of(types.Varbinary)
		}
		t.Length = max(t.Length, length)
	}
	return t
}

// bits reads an integer, signed or not.
func bits(e Expr) (Expr, error) {
	if plain(e).Type().IsInteger() {
		return plain(e), nil
	}
	return integer(e)
}

// bitKernel is the factory of a bit operator.
func bitKernel(op kernel.BitOp) factory {
	return func(c *Call) kernel.Func {
		if c.Typ.IsBinary() {
			return kernel.ByteBits(op, c.Typ)
		}
		return kernel.Bits(op)
	}
}

// bitAggregateArg is the argument of BIT_AND, BIT_OR and BIT_XOR: a byte string, or an integer.
func bitAggregateArg(e Expr) (Expr, error) {
	t := e.Type()
	switch {
	case !t.IsBinary():
		return bits(e)
	case t.Kind == types.Blob || t.Length > kernel.MaxBitAggregate:
		return nil, kernel.BitAggregateTooLong()
	}
	return e, nil
}

// bitAggregateType is the type of BIT_AND, BIT_OR and BIT_XOR.
func bitAggregateType(arg Expr) types.Type {
	if arg.Type().IsBinary() {
		return bytesType([]Expr{arg})
	}
	return types.Of(types.Uint64)
}
