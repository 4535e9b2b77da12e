package kernel

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/types"
)

// Row reads the arguments of one row. It serves the functions whose own work per row is far more than a call: they are
// written for one row and made kernels by IntegerRows, DoubleRows, DecimalRows and TextRows.
type Row struct {
	*Context
	args []argument
	n    int // rows in all
	i    int
	err  error
	ends []func() // called when all rows are done
	work int      // since it was last asked whether the statement goes on
}

// argument reads one argument row by row; which field counts follows from its type.
type argument struct {
	ints     operand[int64] // integers, truth values, dates and times
	doubles  operand[float64]
	decimals operand[decimal256.Num]
	texts    textOperand
	valid    []byte // nil: no NULL
	null     bool   // one NULL for all rows
	constant bool   // one value for all rows
}

// Len is the number of arguments.
func (r *Row) Len() int { return len(r.args) }

// Null reports whether argument k is NULL.
func (r *Row) Null(k int) bool {
	a := &r.args[k]
	return a.null || a.valid != nil && !bitSet(a.valid, r.i)
}

// Int is argument k, an integer, date or time.
func (r *Row) Int(k int) int64 { return r.args[k].ints.at(r.i) }

// Double is argument k, a DOUBLE.
func (r *Row) Double(k int) float64 { return r.args[k].doubles.at(r.i) }

// Decimal is argument k, a DECIMAL, unscaled.
func (r *Row) Decimal(k int) decimal256.Num { return r.args[k].decimals.at(r.i) }

// Text is argument k, a string. It is borrowed.
func (r *Row) Text(k int) []byte { return r.args[k].texts.at(r.i) }

// Fail ends the evaluation with an error.
func (r *Row) Fail(err error) { r.err = err }

// atEnd calls end when the evaluation of the rows has ended.
func (r *Row) atEnd(end func()) { r.ends = append(r.ends, end) }

func newRow(ctx *Context, args []Datum, n int) *Row {
	r := &Row{Context: ctx, args: make([]argument, len(args)), n: n}
	for k, d := range args {
		r.args[k] = newArgument(d)
	}
	return r
}

func newArgument(d Datum) argument {
	if v := d.Value; d.IsScalar() {
		return argument{scalarOperand(v.Int), scalarOperand(v.Float), scalarOperand(v.Dec), scalarText(v.Str), nil, v.Null, true}
	}
	a := argument{valid: validBits(d.Array)}
	switch d.Array.DataType().ID() {
	case arrow.NULL:
		a.null = true
	case arrow.BOOL:
		values := make([]int64, d.Array.Len())
		for i, bits := 0, boolBits(d.Array); i < len(values); i++ {
			values[i] = int64(bits[i>>3] >> (i & 7) & 1)
		}
		a.ints = vectorOperand(values)
	case arrow.FLOAT64:
		a.doubles = vectorOperand(fixed[float64](d.Array))
	case arrow.DECIMAL64, arrow.DECIMAL128, arrow.DECIMAL256:
		a.decimals = decimalOperand(d).widen(types.W256).v256
	case arrow.STRING, arrow.BINARY:
		a.texts = vectorTexts(d.Array)
	default:
		a.ints = vectorOperand(wide(d.Array))
	}
	return a
}

// Nulls says which rows a function of rows is called for.
type Nulls bool

// What a NULL argument does.
const (
	Strict  Nulls = false // makes the row NULL
	Lenient Nulls = true  // is looked at by the function
)

// rowsBetween is after how many rows it is asked again whether the statement goes on.
const rowsBetween = 64

// interrupted reports whether the statement is to end; the row fails then.
func (r *Row) interrupted() bool {
	if err := r.Interruption(); err != nil {
		r.err = err
	}
	return r.err != nil
}

// bytesBetween is after how many bytes of a long value it is asked again whether the statement goes on.
const bytesBetween = 64 << 10

// goesOn counts bytes that a row reads and reports whether to go on; if not, the row fails.
func (r *Row) goesOn(bytes int) bool {
	if r.work += bytes; r.work < bytesBetween {
		return true
	}
	r.work = 0
	return !r.interrupted()
}

// eachRow calls f for every row without NULL among the arguments, or for every row, and returns the bitmap of those for which f is true,
// nil if that is all of them.
func eachRow(ctx *Context, args []Datum, n int, nulls Nulls, f func(r *Row) bool) (*memory.Buffer, error) {
	var valid *memory.Buffer
	if nulls == Strict {
		valid = validOrAll(ctx.Mem, args, n)
	} else {
		valid = allValid(ctx.Mem, n)
	}
	r, bits := newRow(ctx, args, n), valid.Bytes()
	defer func() {
		for _, end := range r.ends {
			end()
		}
	}()
	for r.i = range n {
		if bitSet(bits, r.i) && !f(r) {
			clearBit(bits, r.i)
		}
		if r.err != nil || r.i%rowsBetween == rowsBetween-1 && r.interrupted() {
			valid.Release()
			return nil, r.err
		}
	}
	return dropFull(valid, n), nil
}

// IntegerRows makes a kernel of a function of one row with a result of type t: an integer, truth value, date or time. The function
// returns false for NULL.
func IntegerRows(t types.Type, nulls Nulls, f func(r *Row) (int64, bool)) Func {
	dt := t.Arrow()
	switch {
	case t.Kind == types.Bool:
		return rowTruth(nulls, f)
	case dt.ID() == arrow.DATE32:
		return rowValues(dt, nulls, func(r *Row) (int32, bool) {
			v, ok := f(r)
			return int32(v), ok
		})
	case dt.ID() == arrow.INT16:
		return rowValues(dt, nulls, func(r *Row) (int16, bool) {
			v, ok := f(r)
			return int16(v), ok
		})
	}
	return rowValues(dt, nulls, f)
}

// DoubleRows is IntegerRows for a DOUBLE.
func DoubleRows(nulls Nulls, f func(r *Row) (float64, bool)) Func {
	return rowValues(arrow.PrimitiveTypes.Float64, nulls, f)
}

func rowValues[T arrow.FixedWidthType](dt arrow.DataType, nulls Nulls, f func(r *Row) (T, bool)) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newValues[T](ctx.Mem, n)
		clear(out)
		valid, err := eachRow(ctx, args, n, nulls, func(r *Row) (ok bool) {
			out[r.i], ok = f(r)
			return ok
		})
		if err != nil {
			buf.Release()
			return nil, err
		}
		return makeArray(dt, n, valid, buf), nil
	}
}

func rowTruth(nulls Nulls, f func(r *Row) (int64, bool)) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		buf, out := newBitmap(ctx.Mem, n)
		clear(out)
		valid, err := eachRow(ctx, args, n, nulls, func(r *Row) bool {
			v, ok := f(r)
			if ok && v != 0 {
				setBit(out, r.i)
			}
			return ok
		})
		if err != nil {
			buf.Release()
			return nil, err
		}
		return makeArray(arrow.FixedWidthTypes.Boolean, n, valid, buf), nil
	}
}

// DecimalRows is IntegerRows for a DECIMAL of type t; the function returns it unscaled.
func DecimalRows(t types.Type, nulls Nulls, f func(r *Row) (decimal256.Num, bool)) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		values := make([]decimal256.Num, n)
		valid, err := eachRow(ctx, args, n, nulls, func(r *Row) (ok bool) {
			values[r.i], ok = f(r)
			return ok
		})
		if err != nil {
			return nil, err
		}
		return decimalsOf(ctx.Mem, int(t.Scale), valid, n, func(i int) decimal256.Num { return values[i] }), nil
	}
}

// TextRows is IntegerRows for a string of type t: the function appends it to dst. One longer than max_allowed_packet is NULL, with a
// warning that names the function; without a name it is not, since no statement sees it.
func TextRows(t types.Type, function string, nulls Nulls, f func(r *Row, dst []byte) ([]byte, bool)) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		var b textBuilder
		b.init(ctx, n, n*printedSize)
		done := 0 // rows
		valid, err := eachRow(ctx, args, n, nulls, func(r *Row) bool {
			for ; done < r.i; done++ { // NULLs
				b.end(done)
			}
			data, ok := f(r, b.data)
			if !ok || r.err != nil || function != "" && ctx.TooLong(function, int64(len(data)-len(b.data))) {
				return false
			}
			b.data = data
			if done++; !b.end(r.i) {
				r.Fail(ctx.Fits(int64(len(data)), n))
			}
			return true
		})
		if err != nil {
			release(b.offsets, b.space)
			return nil, err
		}
		for ; done < n; done++ {
			b.end(done)
		}
		return b.array(t.Arrow(), n, valid)
	}
}
