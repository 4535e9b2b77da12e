package kernel

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/types"
)

// MySQL's warnings of conversions.
const (
	warnUnknown    = 1105 // ER_UNKNOWN_ERROR
	warnOutOfRange = 1264 // ER_WARN_DATA_OUT_OF_RANGE
	warnTruncated  = 1292 // ER_TRUNCATED_WRONG_VALUE
)

// Cast returns the kernel of CAST(from AS to), or nil. What does not fit is clamped with a warning, as MySQL does; a narrower
// integer than BIGINT, which MySQL has no cast to, is errno 1690 instead. Text that is no number counts as far as it is one, text
// that is no date is NULL, both with a warning.
func Cast(from, to types.Type, where fmt.Stringer) Func {
	switch {
	case from.Kind == types.Null:
		return castNull(to)
	case to.IsString():
		return castToString(from, to)
	case from.Kind == types.JSON:
		return castFromJSON(to, where)
	case from.Kind == types.Enum || from.Kind == types.Set:
		if to.IsTemporal() { // which the name of a member is read as
			return castToTemporal(types.Of(types.Varchar), to)
		}
		return nil
	case to.Kind == types.Bool:
		return nil
	case to.IsInteger():
		return castToInteger(from, to, where)
	case to.IsFloat():
		return castToDouble(from, to, where)
	case to.Kind == types.Decimal:
		return castToDecimal(from, to, where)
	case to.IsTemporal():
		return castToTemporal(from, to)
	}
	return nil
}

func castNull(to types.Type) Func {
	return func(ctx *Context, _ []Datum, n int) (arrow.Array, error) { return allNull(ctx.Mem, to.Arrow(), n), nil }
}

// Identity is the kernel that passes its argument on.
func Identity(_ *Context, args []Datum, _ int) (arrow.Array, error) {
	args[0].Array.Retain()
	return args[0].Array, nil
}

// retyped is Identity with another Arrow type of the same layout.
func retyped(dt arrow.DataType) Func {
	return func(_ *Context, args []Datum, _ int) (arrow.Array, error) {
		d := args[0].Array.Data()
		data := array.NewData(dt, d.Len(), d.Buffers(), nil, d.NullN(), d.Offset())
		defer data.Release()
		return array.MakeFromData(data), nil
	}
}

// then runs one cast after another.
func then(first, second Func) Func {
	if first == nil || second == nil {
		return nil
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		mid, err := first(ctx, args, n)
		if err != nil {
			return nil, err
		}
		defer mid.Release()
		return second(ctx, []Datum{Vector(mid)}, n)
	}
}

// printedSize is a guess of the bytes a number or date prints as.
const printedSize = 12

// castToString prints values as MySQL does in the text protocol.
func castToString(from, to types.Type) Func {
	if to.Kind == types.JSON || to.Kind == types.Enum || to.Kind == types.Set {
		return nil
	}
	if to.Kind == types.Binary && to.Length > 0 && from != to {
		wide := types.Type{Kind: types.Varbinary, Length: to.Length}
		return then(castToString(from, wide), padBinary(int(to.Length)))
	}
	if from.IsString() {
		return castStringToString(from, to)
	}
	format := formatter(from)
	if format == nil {
		return nil
	}
	printed := func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		a := args[0].Array
		var b textBuilder
		b.init(ctx, n, n*printedSize)
		format(ctx, a, &b)
		return b.array(to.Arrow(), n, bothValid(ctx.Mem, args, n))
	}
	if to.Length == 0 {
		return printed
	}
	return then(printed, cutLength(to))
}

func castStringToString(from, to types.Type) Func {
	if from.IsBinary() && to.IsText() {
		return nil // the bytes may not be UTF-8
	}
	identity, longest := Func(Identity), from.Length
	if from.IsBinary() != to.IsBinary() {
		identity = retyped(to.Arrow())
		longest *= utf8.UTFMax // a length in bytes now
	}
	if to.Length == 0 || longest != 0 && longest <= to.Length {
		return identity
	}
	return then(identity, cutLength(to))
}

// cutLength cuts strings to the length of their type, with a warning.
func cutLength(to types.Type) Func {
	limit := int(to.Length)
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		a := args[0].Array
		offsets, data := texts(a)
		var b textBuilder
		b.init(ctx, n, len(data))
		for i := range n {
			s := data[offsets[i]:offsets[i+1]]
			short := s
			if len(s) > limit {
				short = s[:limit]
				if to.IsText() {
					short = s[:prefixBytes(s, limit)]
				}
			}
			if len(short) < len(s) && !a.IsNull(i) {
				ctx.Warn(warnTruncated, fmt.Sprintf("Truncated incorrect CHAR(%d) value: '%s'", limit, s))
			}
			b.data = append(b.data, short...)
			b.end(i)
		}
		return b.array(to.Arrow(), n, bothValid(ctx.Mem, args, n))
	}
}

// padBinary lengthens byte strings with zero bytes, as CAST AS BINARY(n) does.
func padBinary(length int) Func {
	return TextRows(types.Of(types.Binary), "cast_as_binary", Strict, func(r *Row, dst []byte) ([]byte, bool) {
		end := len(dst) + length
		for dst = append(dst, r.Text(0)...); len(dst) < end; {
			dst = append(dst, 0)
		}
		return dst, true
	})
}

// prefixBytes is the length in bytes of the first n characters of s, all of it if there are fewer.
func prefixBytes(s []byte, n int) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		at += runeBytes(s[at:])
	}
	return at
}

// runeBytes is the length of the first character of s; a byte that starts none counts as one.
func runeBytes(s []byte) int {
	if s[0] < utf8.RuneSelf {
		return 1
	}
	_, size := utf8.DecodeRune(s)
	return size
}

// formatter returns the loop that prints every row of a vector.
func formatter(from types.Type) func(ctx *Context, a arrow.Array, b *textBuilder) {
	fsp := int(from.Scale)
	switch {
	case from.Kind == types.Bool:
		return func(_ *Context, a arrow.Array, b *textBuilder) {
			bits := boolBits(a)
			for i := range a.Len() {
				b.data = append(b.data, '0'+bits[i>>3]>>(i&7)&1)
				b.end(i)
			}
		}
	case from.Kind == types.Year:
		return func(_ *Context, a arrow.Array, b *textBuilder) {
			for i, v := range fixed[int16](a) {
				b.data = appendPadded(b.data, int(v), 4)
				b.end(i)
			}
		}
	case from.IsUnsigned():
		return func(_ *Context, a arrow.Array, b *textBuilder) {
			for i, v := range wide(a) {
				b.data = strconv.AppendUint(b.data, uint64(v), 10)
				b.end(i)
			}
		}
	case from.IsInteger():
		return func(_ *Context, a arrow.Array, b *textBuilder) {
			for i, v := range wide(a) {
				b.data = strconv.AppendInt(b.data, v, 10)
				b.end(i)
			}
		}
	case from.IsFloat():
		return formatFloats(from)
	case from.Kind == types.Decimal:
		return func(_ *Context, a arrow.Array, b *textBuilder) {
			for i := range a.Len() {
				v := ValueAt(a, i)
				if !v.Null {
					b.data = append(b.data, v.Dec.ToString(int32(from.Scale))...)
				}
				b.end(i)
			}
		}
	case from.Kind == types.Date:
		return func(_ *Context, a arrow.Array, b *textBuilder) {
			for i, v := range fixed[int32](a) {
				b.data = appendDate(b.data, dateOf(int64(v)))
				b.end(i)
			}
		}
	case from.Kind == types.Time:
		return func(_ *Context, a arrow.Array, b *textBuilder) {
			for i, v := range fixed[int64](a) {
				b.data = appendTime(b.data, v, fsp)
				b.end(i)
			}
		}
	case from.Kind == types.Datetime:
		return func(_ *Context, a arrow.Array, b *textBuilder) {
			for i, v := range fixed[int64](a) {
				b.data = appendDatetime(b.data, v, fsp)
				b.end(i)
			}
		}
	case from.Kind == types.Timestamp:
		return func(ctx *Context, a arrow.Array, b *textBuilder) {
			z := newZone(ctx.Location)
			for i, v := range fixed[int64](a) {
				b.data = appendDatetime(b.data, z.civil(v), fsp)
				b.end(i)
			}
		}
	}
	return nil
}

func formatFloats(from types.Type) func(ctx *Context, a arrow.Array, b *textBuilder) {
	if from.Kind == types.Float32 {
		return func(_ *Context, a arrow.Array, b *textBuilder) {
			for i, v := range fixed[float32](a) {
				b.data = append(b.data, types.FormatFloat(float64(v), 32)...)
				b.end(i)
			}
		}
	}
	return func(_ *Context, a arrow.Array, b *textBuilder) {
		for i, v := range fixed[float64](a) {
			b.data = append(b.data, types.FormatFloat(v, 64)...)
			b.end(i)
		}
	}
}

func copyValues[T arrow.FixedWidthType](mem memory.Allocator, values []T) *memory.Buffer {
	buf, out := newValues[T](mem, len(values))
	copy(out, values)
	return buf
}
