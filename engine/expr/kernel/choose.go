package kernel

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/types"
)

// Choose takes row i from arms[choice[i]], NULL where choice[i] is len(arms). All arms are of type t; a value arm may be NULL.
func Choose(ctx *Context, t types.Type, arms []Datum, choice []uint16) (arrow.Array, error) {
	n, mem := len(choice), ctx.Mem
	if t.Kind == types.Null {
		return array.NewNull(n), nil
	}
	vectors := make([]arrow.Array, 0, len(arms))
	defer func() {
		for _, a := range vectors {
			a.Release()
		}
	}()
	widest := types.W64
	for _, d := range arms {
		a := d.Array
		if d.IsScalar() {
			a = FromValues(mem, t, []types.Value{d.Value})
		} else {
			a.Retain()
		}
		vectors = append(vectors, a)
		widest = max(widest, Width(a))
	}
	if t.Kind == types.Decimal {
		for i, a := range vectors {
			vectors[i] = Widen(mem, a, widest)
			a.Release()
		}
	}
	c := chooser{ctx, vectors, arms, choice}
	valid := c.valid()
	dt := t.Arrow()
	if t.Kind == types.Decimal {
		dt = types.DecimalArrow(widest, int(t.Scale))
	}
	switch layout := dt.(type) {
	case *arrow.BooleanType:
		return makeArray(dt, n, valid, c.bools()), nil
	case arrow.BinaryDataType:
		return c.texts(dt, valid)
	case arrow.FixedWidthDataType:
		switch layout.Bytes() {
		case 1:
			return makeArray(dt, n, valid, chooseFixed[uint8](c)), nil
		case 2:
			return makeArray(dt, n, valid, chooseFixed[uint16](c)), nil
		case 4:
			return makeArray(dt, n, valid, chooseFixed[uint32](c)), nil
		case 8:
			return makeArray(dt, n, valid, chooseFixed[uint64](c)), nil
		case 16:
			return makeArray(dt, n, valid, chooseFixed[decimal128.Num](c)), nil
		case 32:
			return makeArray(dt, n, valid, chooseFixed[decimal256.Num](c)), nil
		}
	}
	release(valid)
	return nil, fmt.Errorf("choose: no rows can be taken of a vector of %s", dt)
}

type chooser struct {
	ctx     *Context
	vectors []arrow.Array // one row where the arm is a value
	arms    []Datum
	choice  []uint16
}

// mask turns a row number into the arm's own.
func (c chooser) mask(arm int) int {
	if c.arms[arm].IsScalar() {
		return 0
	}
	return -1
}

// valid returns the validity of the chosen rows, nil if all are.
func (c chooser) valid() *memory.Buffer {
	bits := make([][]byte, len(c.vectors)+1)
	masks := make([]int, len(bits))
	all := true
	for k, a := range c.vectors {
		bits[k], masks[k] = validBits(a), c.mask(k)
		all = all && bits[k] == nil
	}
	bits[len(c.vectors)] = []byte{0} // no arm
	if all {
		none := false
		for _, k := range c.choice {
			none = none || int(k) == len(c.vectors)
		}
		if !none {
			return nil
		}
	}
	buf, out := newBitmap(c.ctx.Mem, len(c.choice))
	clear(out)
	for i, k := range c.choice {
		b, j := bits[k], i&masks[k]
		if b == nil || bitSet(b, j) {
			setBit(out, i)
		}
	}
	return buf
}

func chooseFixed[T arrow.FixedWidthType](c chooser) *memory.Buffer {
	var zero T
	arms := make([]operand[T], len(c.vectors)+1)
	for k, a := range c.vectors {
		arms[k] = operand[T]{fixed[T](a), c.mask(k)}
	}
	arms[len(c.vectors)] = scalarOperand(zero)
	buf, out := newValues[T](c.ctx.Mem, len(c.choice))
	for i, k := range c.choice {
		out[i] = arms[k].at(i)
	}
	return buf
}

func (c chooser) bools() *memory.Buffer {
	arms := make([][]byte, len(c.vectors)+1)
	masks := make([]int, len(arms))
	for k, a := range c.vectors {
		arms[k], masks[k] = boolBits(a), c.mask(k)
	}
	arms[len(c.vectors)] = []byte{0}
	buf, out := newBitmap(c.ctx.Mem, len(c.choice))
	clear(out)
	for i, k := range c.choice {
		if bitSet(arms[k], i&masks[k]) {
			setBit(out, i)
		}
	}
	return buf
}

func (c chooser) texts(dt arrow.DataType, valid *memory.Buffer) (arrow.Array, error) {
	arms := make([]textOperand, len(c.vectors)+1)
	for k, a := range c.vectors {
		arms[k] = vectorTexts(a)
		arms[k].mask = c.mask(k)
	}
	arms[len(c.vectors)] = scalarText("")
	var b textBuilder
	b.init(c.ctx, len(c.choice), sizeOf(arms, 1))
	for i, k := range c.choice {
		b.data = append(b.data, arms[k].at(i)...)
		if !b.end(i) {
			break
		}
	}
	return b.array(dt, len(c.choice), valid)
}

// Extreme returns the kernel of GREATEST (most) or LEAST of values of type t, or nil.
func Extreme(t types.Type, most bool) Func {
	op := Lt
	if most {
		op = Gt
	}
	compare := Compare(op, t, t)
	if compare == nil {
		return nil
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		best := args[0]
		best.retain()
		for _, d := range args[1:] {
			next, err := better(ctx, t, compare, d, best, n)
			best.Release()
			if err != nil {
				return nil, err
			}
			best = Vector(next)
		}
		return best.Array, nil
	}
}

func (d Datum) retain() {
	if d.Array != nil {
		d.Array.Retain()
	}
}

// better takes d where it compares with best, else best; NULL where either is. Two values give a vector too.
func better(ctx *Context, t types.Type, compare Func, d, best Datum, n int) (arrow.Array, error) {
	if d.IsScalar() && best.IsScalar() {
		if err := ctx.Fits(int64(len(d.Value.Str))*int64(n), n); err != nil {
			return nil, err
		}
		d = Vector(Broadcast(ctx.Mem, t, d.Value, n))
		defer d.Release()
	}
	wins, err := compare(ctx, []Datum{d, best}, n)
	if err != nil {
		return nil, err
	}
	defer wins.Release()
	choice := make([]uint16, n)
	bits, valid := boolBits(wins), validBits(wins)
	for i := range choice {
		switch {
		case valid != nil && !bitSet(valid, i):
			choice[i] = 2
		case !bitSet(bits, i):
			choice[i] = 1
		}
	}
	return Choose(ctx, t, []Datum{d, best}, choice)
}
