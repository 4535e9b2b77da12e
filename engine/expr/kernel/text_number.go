package kernel

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/types"
)

// longestText bounds what REPEAT, SPACE and padding may make: MySQL's default max_allowed_packet.
const longestText = 64 << 20

// warnTooLong is ER_WARN_ALLOWED_PACKET_OVERFLOWED.
const warnTooLong = 1301

// measure fills a BIGINT vector from each string.
func measure(size func(s []byte) int64) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		s := textsOf(args[0])
		buf, out := newValues[int64](ctx.Mem, n)
		for i := range out {
			out[i] = size(s.at(i))
		}
		return makeArray(arrow.PrimitiveTypes.Int64, n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

// Length is the kernel of LENGTH: bytes.
func Length(ctx *Context, args []Datum, n int) (arrow.Array, error) {
	offsets, _ := texts(args[0].Array)
	buf, out := newValues[int64](ctx.Mem, n)
	for i := range out {
		out[i] = int64(offsets[i+1] - offsets[i])
	}
	return makeArray(arrow.PrimitiveTypes.Int64, n, bothValid(ctx.Mem, args, n), buf), nil
}

// CharLength returns the kernel of CHAR_LENGTH of strings of type t.
func CharLength(t types.Type) Func {
	if t.IsBinary() {
		return Length
	}
	return measure(func(s []byte) int64 { return int64(utf8.RuneCount(s)) })
}

// Ascii returns the kernel of ASCII: the first byte, 0 of an empty string.
func Ascii() Func {
	return measure(func(s []byte) int64 {
		if len(s) == 0 {
			return 0
		}
		return int64(s[0])
	})
}

// Locate returns the kernel of LOCATE: needle, haystack of type t, position.
func Locate(t types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		needle, s := textsOf(args[0]), textsOf(args[1])
		position, _ := integerOperand(args[2], types.Of(types.Int64))
		bytewise := s.bytesEach(t)
		buf, out := newValues[int64](ctx.Mem, n)
		for i := range out {
			out[i] = locate(needle.at(i), s.at(i), position.at(i), bytewise)
		}
		return makeArray(arrow.PrimitiveTypes.Int64, n, bothValid(ctx.Mem, args, n), buf), nil
	}
}

func locate(needle, s []byte, position int64, bytewise bool) int64 {
	if position < 1 || position > int64(len(s))+1 {
		return 0
	}
	start := int(position) - 1
	if !bytewise {
		if start > utf8.RuneCount(s) {
			return 0
		}
		start = prefixBytes(s, start)
	}
	hit := bytes.Index(s[start:], needle)
	switch {
	case hit < 0:
		return 0
	case bytewise:
		return int64(start+hit) + 1
	}
	return int64(utf8.RuneCount(s[:start+hit])) + 1
}

const maxHexDigits = 16

// Hex returns the kernel of HEX of strings or integers of type from.
func Hex(from, t types.Type) Func {
	if from.IsString() {
		return each(t, func(dst, s []byte) []byte {
			start := len(dst)
			return append(dst[:start], bytes.ToUpper(hex.AppendEncode(nil, s))...)
		})
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		values, _ := integerOperand(args[0], from)
		var b textBuilder
		b.init(ctx.Mem, n, n*maxHexDigits)
		for i := range n {
			start := len(b.data)
			b.data = strconv.AppendUint(b.data, uint64(values.at(i)), 16)
			copy(b.data[start:], bytes.ToUpper(b.data[start:]))
			b.end(i)
		}
		return b.array(t.Arrow(), n, bothValid(ctx.Mem, args, n))
	}
}

// Repeat returns the kernel of REPEAT: string, count.
func Repeat(t types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		s := textsOf(args[0])
		count, _ := integerOperand(args[1], types.Of(types.Int64))
		return bounded(ctx, args, n, t, func(dst []byte, i int) ([]byte, bool) {
			text, times := s.at(i), max(count.at(i), 0)
			if len(text) > 0 && times > int64(longestText/len(text)) {
				return dst, tooLong(ctx, "repeat")
			}
			for range times * int64(min(len(text), 1)) {
				dst = append(dst, text...)
			}
			return dst, true
		})
	}
}

// Space returns the kernel of SPACE.
func Space(t types.Type) Func {
	repeat := Repeat(t)
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		return repeat(ctx, []Datum{Scalar(types.TextValue(" ")), args[0]}, n)
	}
}

// Pad returns the kernel of LPAD (LeftSide) or RPAD: string, length, padding. It is NULL for a negative length, and where there
// is nothing to pad with.
func Pad(t types.Type, side Side) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		s, padding := textsOf(args[0]), textsOf(args[2])
		length, _ := integerOperand(args[1], types.Of(types.Int64))
		bytewise := t.IsBinary() || s.ascii() && padding.ascii()
		return bounded(ctx, args, n, t, func(dst []byte, i int) ([]byte, bool) {
			text, pad, want := s.at(i), padding.at(i), length.at(i)
			chars := int64(len(text))
			if !bytewise {
				chars = int64(utf8.RuneCount(text))
			}
			switch {
			case want < 0:
				return dst, false
			case want > longestText:
				return dst, tooLong(ctx, "lpad")
			case chars >= want:
				if bytewise {
					return append(dst, text[:want]...), true
				}
				return append(dst, text[:prefixBytes(text, int(want))]...), true
			case len(pad) == 0:
				return dst, false
			}
			if side == RightSide {
				dst = append(dst, text...)
			}
			dst = appendRepeated(dst, pad, int(want-chars), bytewise)
			if side == LeftSide {
				dst = append(dst, text...)
			}
			return dst, true
		})
	}
}

// appendRepeated appends the first n characters of an endless repetition of pad.
func appendRepeated(dst, pad []byte, n int, bytewise bool) []byte {
	size := len(pad)
	if !bytewise {
		size = utf8.RuneCount(pad)
	}
	for ; n >= size; n -= size {
		dst = append(dst, pad...)
	}
	if bytewise {
		return append(dst, pad[:n]...)
	}
	return append(dst, pad[:prefixBytes(pad, n)]...)
}

func tooLong(ctx *Context, function string) bool {
	ctx.Warn(warnTooLong, "Result of "+function+"() was larger than max_allowed_packet ("+strconv.Itoa(longestText)+") - truncated")
	return false
}

// bounded builds texts row by row; a row for which add reports false is NULL.
func bounded(ctx *Context, args []Datum, n int, t types.Type, add func(dst []byte, i int) ([]byte, bool)) (arrow.Array, error) {
	valid := validOrAll(ctx.Mem, args, n)
	bits := valid.Bytes()
	var b textBuilder
	b.init(ctx.Mem, n, 0)
	for i := range n {
		if bitSet(bits, i) {
			var ok bool
			if b.data, ok = add(b.data, i); !ok {
				clearBit(bits, i)
			}
			if len(b.data) > math.MaxInt32 {
				break // array refuses it
			}
		}
		b.end(i)
	}
	return b.array(t.Arrow(), n, dropFull(valid, n))
}

// dropFull releases a validity bitmap without NULLs and returns nil for it.
func dropFull(valid *memory.Buffer, n int) *memory.Buffer {
	if countBits(valid.Bytes(), n) == n {
		valid.Release()
		return nil
	}
	return valid
}
