package kernel

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/types"
)

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
		c, bytewise := collated(t), s.bytesEach(t)
		buf, out := newValues[int64](ctx.Mem, n)
		ask := &asker{interrupted: ctx.Interrupted}
		for i := range out {
			if c != nil {
				if out[i] = locateCollated(c, needle.at(i), s.at(i), position.at(i), ask); ask.err != nil {
					buf.Release()
					return nil, ask.err
				}
				continue
			}
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
		return each(t, 2, func(dst, s []byte) []byte {
			start := len(dst)
			dst = hex.AppendEncode(dst, s)
			for i, c := range dst[start:] {
				dst[start+i] = c &^ (c & 0x40 >> 1) // a to f are 0x61 to 0x66
			}
			return dst
		})
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		values, _ := integerOperand(args[0], from)
		var b textBuilder
		b.init(ctx, n, n*maxHexDigits)
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
func Repeat(t types.Type) Func { return repeat(t, "repeat") }

func repeat(t types.Type, function string) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		s := textsOf(args[0])
		count, _ := integerOperand(args[1], types.Of(types.Int64))
		return sized(ctx, args, n, t, function, func(i int) int64 {
			text, times := int64(len(s.at(i))), max(count.at(i), 0)
			if text > 0 && times > math.MaxInt64/text {
				return math.MaxInt64
			}
			return text * times
		}, func(dst []byte, i int) []byte {
			text := s.at(i)
			for range max(count.at(i), 0) * int64(min(len(text), 1)) {
				dst = append(dst, text...)
			}
			return dst
		})
	}
}

// Space returns the kernel of SPACE.
func Space(t types.Type) Func {
	repeat := repeat(t, "space")
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		return repeat(ctx, []Datum{Scalar(types.TextValue(" ")), args[0]}, n)
	}
}

// padding is LPAD or RPAD of a row: string, length, padding.
type padding struct {
	s, pad   textOperand
	length   operand[int64]
	bytewise bool
}

// split returns what stays of string i and how many characters of the padding are added; ok is false for NULL: a negative
// length, or nothing to pad with.
func (p *padding) split(i int) (text []byte, add int64, ok bool) {
	text, want := p.s.at(i), p.length.at(i)
	chars := int64(len(text))
	if !p.bytewise {
		chars = int64(utf8.RuneCount(text))
	}
	switch {
	case want < 0:
		return nil, 0, false
	case chars < want:
		return text, want - chars, len(p.pad.at(i)) > 0
	case p.bytewise:
		return text[:want], 0, true
	}
	return text[:prefixBytes(text, int(want))], 0, true
}

// size is the bytes of row i, -1 for NULL.
func (p *padding) size(i int) int64 {
	text, add, ok := p.split(i)
	if !ok {
		return -1
	}
	if add == 0 {
		return int64(len(text))
	}
	pad := p.pad.at(i)
	if p.bytewise {
		return saturated(int64(len(text)), add)
	}
	chars := int64(utf8.RuneCount(pad))
	whole := add / chars
	if whole > math.MaxInt64/int64(len(pad)) {
		return math.MaxInt64
	}
	return saturated(whole*int64(len(pad)), int64(len(text)+prefixBytes(pad, int(add%chars))))
}

// saturated adds what is not negative.
func saturated(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// Pad returns the kernel of LPAD (LeftSide) or RPAD: string, length, padding.
func Pad(t types.Type, side Side) Func {
	function := "lpad"
	if side == RightSide {
		function = "rpad"
	}
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		p := padding{s: textsOf(args[0]), pad: textsOf(args[2])}
		p.length, _ = integerOperand(args[1], types.Of(types.Int64))
		p.bytewise = t.IsBinary() || p.s.ascii() && p.pad.ascii()
		return sized(ctx, args, n, t, function, p.size, func(dst []byte, i int) []byte {
			text, add, _ := p.split(i)
			if side == RightSide {
				dst = append(dst, text...)
			}
			if add > 0 {
				dst = appendRepeated(dst, p.pad.at(i), int(add), p.bytewise)
			}
			if side == LeftSide {
				dst = append(dst, text...)
			}
			return dst
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
