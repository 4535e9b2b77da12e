package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// BitOp is an operator on the bits of a BIGINT UNSIGNED or a byte string.
type BitOp uint8

// The bit operators.
const (
	BitAnd BitOp = iota
	BitOr
	BitXor
	BitNot
	ShiftLeft
	ShiftRight
)

// Bits returns the kernel of a bit operator on BIGINT UNSIGNED; BitNot has one argument.
func Bits(op BitOp) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		big := types.Of(types.Uint64)
		a, _ := integerOperand(args[0], big)
		b := scalarOperand(int64(-1))
		if op != BitNot {
			b, _ = integerOperand(args[1], big)
		}
		buf, out := newValues[uint64](ctx.Mem, n)
		switch op {
		case BitAnd:
			for i := range out {
				out[i] = uint64(a.at(i) & b.at(i))
			}
		case BitOr:
			for i := range out {
				out[i] = uint64(a.at(i) | b.at(i))
			}
		case BitXor, BitNot:
			for i := range out {
				out[i] = uint64(a.at(i) ^ b.at(i))
			}
		case ShiftLeft:
			for i := range out {
				out[i] = uint64(a.at(i)) << min(uint64(b.at(i)), 64)
			}
		case ShiftRight:
			for i := range out {
				out[i] = uint64(a.at(i)) >> min(uint64(b.at(i)), 64)
			}
		}
		return makeArray(big.Arrow(), n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

// ByteBits returns the kernel of a bit operator on byte strings, whose result has type t. Of a shift the second argument is a BIGINT.
func ByteBits(op BitOp, t types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		a := textsOf(args[0])
		var b textOperand
		var by operand[int64]
		switch op {
		case BitAnd, BitOr, BitXor:
			b = textsOf(args[1])
		case ShiftLeft, ShiftRight:
			by, _ = integerOperand(args[1], types.Of(types.Uint64))
		}
		valid := bothValid(ctx.Mem, args, n)
		var out textBuilder
		out.init(ctx, n, a.size(n))
		for i := range n {
			v := a.at(i)
			if valid != nil && !bitSet(valid.Bytes(), i) {
				v = nil // whatever stands there
			}
			from := len(out.data)
			out.data = append(out.data, v...)
			switch to := out.data[from:]; op {
			case BitNot:
				for k := range to {
					to[k] = ^to[k]
				}
			case ShiftLeft:
				shiftLeft(to, v, uint64(by.at(i)))
			case ShiftRight:
				shiftRight(to, v, uint64(by.at(i)))
			default:
				if v == nil {
					break
				}
				if err := CombineBits(op, to, b.at(i)); err != nil {
					release(valid, out.offsets, out.space)
					return nil, err
				}
			}
			if !out.end(i) {
				break
			}
		}
		return out.array(t.Arrow(), n, valid)
	}
}

// CombineBits changes a byte string by the bits of another of its length.
func CombineBits(op BitOp, to, with []byte) error {
	if len(to) != len(with) {
		return sqlerr.New(sqlerr.BitLengths, "Binary operands of bitwise operators must be of equal length")
	}
	switch op {
	case BitAnd:
		for i, v := range with {
			to[i] &= v
		}
	case BitOr:
		for i, v := range with {
			to[i] |= v
		}
	case BitXor:
		for i, v := range with {
			to[i] ^= v
		}
	}
	return nil
}

// MaxBitAggregate is the most bytes of a byte string that BIT_AND, BIT_OR and BIT_XOR take.
const MaxBitAggregate = 511

// BitAggregateTooLong is the error of a longer one.
func BitAggregateTooLong() error {
	return sqlerr.New(sqlerr.BitAggregateTooLong,
		"Aggregate bitwise functions cannot accept arguments longer than %d bytes; consider using the SUBSTRING() function", MaxBitAggregate)
}

// shiftLeft writes from, moved towards its first byte, to a slice of its length.
func shiftLeft(to, from []byte, by uint64) {
	clear(to)
	if by >= 8*uint64(len(from)) {
		return
	}
	whole, part := int(by/8), by%8
	for i := range len(from) - whole {
		to[i] = from[i+whole] << part
		if next := i + whole + 1; next < len(from) {
			to[i] |= from[next] >> (8 - part)
		}
	}
}

// shiftRight writes from, moved towards its last byte, to a slice of its length.
func shiftRight(to, from []byte, by uint64) {
	clear(to)
	if by >= 8*uint64(len(from)) {
		return
	}
	whole, part := int(by/8), by%8
	for i := whole; i < len(from); i++ {
		to[i] = from[i-whole] >> part
		if i > whole {
			to[i] |= from[i-whole-1] << (8 - part)
		}
	}
}
