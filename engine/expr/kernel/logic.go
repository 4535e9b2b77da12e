package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// planes are the rows for which a condition is true and those for which it is false; the others are NULL.
type planes struct{ yes, no []byte }

// set writes the planes of an argument.
func (p planes) set(d Datum) {
	if d.IsScalar() {
		truth := d.Value.Int != 0
		for i := range p.yes {
			p.yes[i] = -b2u(!d.Value.Null && truth)
			p.no[i] = -b2u(!d.Value.Null && !truth)
		}
		return
	}
	values, valid := boolBits(d.Array), validBits(d.Array)
	for i, v := range values {
		k := byte(0xff)
		if valid != nil {
			k = valid[i]
		}
		p.yes[i], p.no[i] = v&k, ^v&k
	}
}

// And is the kernel of AND over any number of conditions; it takes NULL values as arguments.
func And(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	return combine(ctx, args, n, func(acc, p planes) {
		for i := range acc.yes {
			acc.yes[i] &= p.yes[i]
			acc.no[i] |= p.no[i]
		}
	})
}

// Or is the kernel of OR over any number of conditions; it takes NULL values as arguments.
func Or(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	return combine(ctx, args, n, func(acc, p planes) {
		for i := range acc.yes {
			acc.yes[i] |= p.yes[i]
			acc.no[i] &= p.no[i]
		}
	})
}

// combine folds the planes of all arguments.
func combine(ctx *Context, args []Datum, n int, fold func(acc, p planes)) (arrow.Array, error) {
	buf, yes := newBitmap(ctx.Mem, n)
	valid, no := newBitmap(ctx.Mem, n)
	acc := planes{yes, no}
	acc.set(args[0])
	scratch := make([]byte, 2*len(yes))
	p := planes{scratch[:len(yes)], scratch[len(yes):]}
	for _, d := range args[1:] {
		p.set(d)
		fold(acc, p)
	}
	for i := range no {
		no[i] |= yes[i] // known either way
	}
	trimBits(yes, n)
	trimBits(no, n)
	return makeBools(n, valid, buf), nil
}

// makeBools makes a Boolean array, without a validity bitmap where all rows are valid.
func makeBools(n int, valid, buf *memory.Buffer) arrow.Array {
	if valid != nil && countBits(valid.Bytes(), n) == n {
		valid.Release()
		valid = nil
	}
	return makeArray(arrow.FixedWidthTypes.Boolean, n, valid, buf)
}

// Not is the kernel of NOT.
func Not(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	buf, out := newBitmap(ctx.Mem, n)
	for i, v := range boolBits(args[0].Array) {
		out[i] = ^v
	}
	trimBits(out, n)
	return makeArray(arrow.FixedWidthTypes.Boolean, n, bothValid(ctx.Mem, args, n), buf), nil
}

// Xor is the kernel of XOR.
func Xor(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	buf, out := newBitmap(ctx.Mem, n)
	clear(out)
	for _, d := range args {
		if d.IsScalar() {
			flip := -b2u(d.Value.Int != 0)
			for i := range out {
				out[i] ^= flip
			}
			continue
		}
		for i, v := range boolBits(d.Array) {
			out[i] ^= v
		}
	}
	trimBits(out, n)
	return makeArray(arrow.FixedWidthTypes.Boolean, n, bothValid(ctx.Mem, args, n), buf), nil
}

// IsNull is the kernel of IS NULL, of any type.
func IsNull(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	buf, out := newBitmap(ctx.Mem, n)
	clear(out)
	if v := validBits(args[0].Array); v != nil {
		for i := range out {
			out[i] = ^v[i]
		}
	}
	trimBits(out, n)
	return makeArray(arrow.FixedWidthTypes.Boolean, n, nil, buf), nil
}

// IsTrue is the kernel of IS TRUE.
func IsTrue(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	return plane(ctx, args, n, func(p planes) []byte { return p.yes })
}

// IsFalse is the kernel of IS FALSE.
func IsFalse(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	return plane(ctx, args, n, func(p planes) []byte { return p.no })
}

func plane(ctx *Context, args []Datum, n int, pick func(planes) []byte) (arrow.Array, error) {
	buf, out := newBitmap(ctx.Mem, n)
	p := planes{make([]byte, len(out)), make([]byte, len(out))}
	p.set(args[0])
	copy(out, pick(p))
	trimBits(out, n)
	return makeArray(arrow.FixedWidthTypes.Boolean, n, nil, buf), nil
}

// TrueBits writes the rows for which a condition, a vector or a value, is true.
func TrueBits(out []byte, d Datum) {
	if d.IsScalar() {
		setAll(out, !d.Value.Null && d.Value.Int != 0)
		return
	}
	copy(out, boolBits(d.Array))
	if v := validBits(d.Array); v != nil {
		andBits(out, v)
	}
}

// FalseBits writes the rows for which a condition is false.
func FalseBits(out []byte, d Datum) {
	if d.IsScalar() {
		setAll(out, !d.Value.Null && d.Value.Int == 0)
		return
	}
	for i, v := range boolBits(d.Array) {
		out[i] = ^v
	}
	if v := validBits(d.Array); v != nil {
		andBits(out, v)
	}
}

// ValidBits writes the rows where d is not NULL.
func ValidBits(out []byte, d Datum) {
	if d.IsScalar() {
		setAll(out, !d.Value.Null)
		return
	}
	if v := validBits(d.Array); v != nil {
		copy(out, v)
		return
	}
	setAll(out, true)
}

func setAll(b []byte, on bool) {
	fill := -b2u(on)
	for i := range b {
		b[i] = fill
	}
}
