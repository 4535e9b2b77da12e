package kernel

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool"
	"github.com/silogate/silogate/engine/types"
)

// textOperand reads a string argument row by row, a vector or one value.
type textOperand struct {
	offsets []int32
	data    []byte
	mask    int
}

func (o textOperand) at(i int) []byte {
	i &= o.mask
	return o.data[o.offsets[i]:o.offsets[i+1]]
}

func vectorTexts(a arrow.Array) textOperand {
	offsets, data := texts(a)
	return textOperand{offsets, data, -1}
}

func scalarText(s string) textOperand { return textOperand{[]int32{0, int32(len(s))}, []byte(s), 0} }

func textsOf(d Datum) textOperand {
	if d.IsScalar() {
		return scalarText(d.Value.Str)
	}
	return vectorTexts(d.Array)
}

// ascii reports whether every character is one byte.
func (o textOperand) ascii() bool {
	b := o.data[o.offsets[0]:o.offsets[len(o.offsets)-1]]
	const high = 0x8080808080808080
	var or uint64
	for len(b) >= 8 {
		or |= binary.LittleEndian.Uint64(b)
		b = b[8:]
	}
	for _, c := range b {
		or |= uint64(c)
	}
	return or&high == 0
}

// size is the bytes that n rows read.
func (o textOperand) size(n int) int {
	all := int(o.offsets[len(o.offsets)-1] - o.offsets[0])
	if o.mask == 0 {
		return all * n
	}
	return all
}

// bytesEach reports whether positions in strings of type t count bytes in this batch.
func (o textOperand) bytesEach(t types.Type) bool { return t.IsBinary() || o.ascii() }

// textBuilder collects the texts of a vector row by row: append to data, then end the row.
type textBuilder struct {
	mem     memory.Allocator
	offsets *memory.Buffer
	to      []int32
	data    []byte
}

// init starts n rows of about size bytes in all.
func (b *textBuilder) init(mem memory.Allocator, n, size int) {
	b.mem = mem
	b.data = make([]byte, 0, size)
	b.offsets, b.to = newValues[int32](mem, n+1)
	b.to[0] = 0
}

// end closes row i.
func (b *textBuilder) end(i int) { b.to[i+1] = int32(len(b.data)) }

// array makes the vector and takes over valid.
func (b *textBuilder) array(dt arrow.DataType, n int, valid *memory.Buffer) (arrow.Array, error) {
	if len(b.data) > math.MaxInt32 {
		release(valid, b.offsets)
		return nil, fmt.Errorf("the texts of %d rows exceed 2 GiB", n)
	}
	data := bufpool.NewBuffer(b.mem, len(b.data))
	copy(data.Bytes(), b.data)
	return makeArray(dt, n, valid, b.offsets, data), nil
}

// ConcatTexts returns the kernel of CONCAT with a result of type t.
func ConcatTexts(t types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		parts := operandsOf(args)
		var b textBuilder
		b.init(ctx.Mem, n, sizeOf(parts, n))
		for i := range n {
			for _, p := range parts {
				b.data = append(b.data, p.at(i)...)
			}
			b.end(i)
		}
		return b.array(t.Arrow(), n, bothValid(ctx.Mem, args, n))
	}
}

// sizeOf is the bytes of all operands in n rows.
func sizeOf(parts []textOperand, n int) int {
	size := 0
	for _, p := range parts {
		size += p.size(n)
	}
	return size
}

func operandsOf(args []Datum) []textOperand {
	out := make([]textOperand, len(args))
	for i, d := range args {
		out[i] = textsOf(d)
	}
	return out
}

// ConcatWS returns the kernel of CONCAT_WS, separator first, which leaves NULLs out. It takes NULL values as arguments.
func ConcatWS(t types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		if args[0].IsScalar() && args[0].Value.Null {
			return allNull(ctx.Mem, t.Arrow(), n), nil
		}
		parts := operandsOf(args)
		valid := make([][]byte, len(args))
		absent := make([]bool, len(args))
		for k, d := range args {
			if d.IsScalar() {
				absent[k] = d.Value.Null
			} else {
				valid[k] = validBits(d.Array)
			}
		}
		var b textBuilder
		b.init(ctx.Mem, n, sizeOf(parts, n))
		for i := range n {
			first := true
			for k := 1; k < len(parts); k++ {
				if absent[k] || valid[k] != nil && !bitSet(valid[k], i) {
					continue
				}
				if !first {
					b.data = append(b.data, parts[0].at(i)...)
				}
				first = false
				b.data = append(b.data, parts[k].at(i)...)
			}
			b.end(i)
		}
		return b.array(t.Arrow(), n, bothValid(ctx.Mem, args[:1], n))
	}
}

// each returns the kernel of a function of one string: edit appends its result to dst.
func each(t types.Type, edit func(dst, s []byte) []byte) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		s := textsOf(args[0])
		var b textBuilder
		b.init(ctx.Mem, n, s.size(n))
		for i := range n {
			b.data = edit(b.data, s.at(i))
			b.end(i)
		}
		return b.array(t.Arrow(), n, bothValid(ctx.Mem, args, n))
	}
}

// Upper returns the kernel of UPPER.
func Upper(t types.Type) Func { return changeCase(t, 'a', unicode.ToUpper) }

// Lower returns the kernel of LOWER.
func Lower(t types.Type) Func { return changeCase(t, 'A', unicode.ToLower) }

// changeCase maps a batch of ASCII text in one pass over its bytes, other text rune by rune; first is the first letter of the case
// to change.
func changeCase(t types.Type, first byte, fold func(rune) rune) Func {
	slow := each(t, func(dst, s []byte) []byte {
		for len(s) > 0 {
			r, size := utf8.DecodeRune(s)
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[0])
			} else {
				dst = utf8.AppendRune(dst, fold(r))
			}
			s = s[size:]
		}
		return dst
	})
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		s := textsOf(args[0])
		if !s.ascii() {
			return slow(ctx, args, n)
		}
		start := s.offsets[0]
		src := s.data[start:s.offsets[n]]
		data := bufpool.NewBuffer(ctx.Mem, len(src))
		out := data.Bytes()[:len(src)]
		for i, c := range src {
			out[i] = c ^ b2u(c-first < 26)<<5
		}
		offsets, ends := newValues[int32](ctx.Mem, n+1)
		for i, o := range s.offsets {
			ends[i] = o - start
		}
		return makeArray(t.Arrow(), n, bothValid(ctx.Mem, args, n), offsets, data), nil
	}
}

// Reverse returns the kernel of REVERSE.
func Reverse(t types.Type) Func {
	if t.IsBinary() {
		return each(t, func(dst, s []byte) []byte {
			start := len(dst)
			dst = append(dst, s...)
			slices.Reverse(dst[start:])
			return dst
		})
	}
	return each(t, func(dst, s []byte) []byte {
		for len(s) > 0 {
			_, size := utf8.DecodeLastRune(s)
			dst = append(dst, s[len(s)-size:]...)
			s = s[:len(s)-size]
		}
		return dst
	})
}

// Side says which end of a string is meant.
type Side uint8

// The ends.
const (
	LeftSide Side = 1 << iota
	RightSide
	BothSides = LeftSide | RightSide
)

// Trim returns the kernel of TRIM, LTRIM and RTRIM: string[, what]; without what it removes spaces.
func Trim(t types.Type, side Side) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		s, what := textsOf(args[0]), scalarText(" ")
		if len(args) == 2 {
			what = textsOf(args[1])
		}
		var b textBuilder
		b.init(ctx.Mem, n, s.size(n))
		for i := range n {
			b.data = append(b.data, trimmed(s.at(i), what.at(i), side)...)
			b.end(i)
		}
		return b.array(t.Arrow(), n, bothValid(ctx.Mem, args, n))
	}
}

func trimmed(s, what []byte, side Side) []byte {
	if len(what) == 0 {
		return s
	}
	for side&LeftSide != 0 && bytes.HasPrefix(s, what) {
		s = s[len(what):]
	}
	for side&RightSide != 0 && bytes.HasSuffix(s, what) {
		s = s[:len(s)-len(what)]
	}
	return s
}

// Replace returns the kernel of REPLACE: string, from, to.
func Replace(t types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		s, from, to := textsOf(args[0]), textsOf(args[1]), textsOf(args[2])
		var b textBuilder
		b.init(ctx.Mem, n, s.size(n))
		for i := range n {
			b.data = replaced(b.data, s.at(i), from.at(i), to.at(i))
			b.end(i)
		}
		return b.array(t.Arrow(), n, bothValid(ctx.Mem, args, n))
	}
}

func replaced(dst, s, from, to []byte) []byte {
	if len(from) == 0 {
		return append(dst, s...)
	}
	for {
		at := bytes.Index(s, from)
		if at < 0 {
			return append(dst, s...)
		}
		dst = append(append(dst, s[:at]...), to...)
		s = s[at+len(from):]
	}
}

// Substring returns the kernel of SUBSTRING: string, position[, length]. Positions count from 1, negative ones from the end.
func Substring(t types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		s := textsOf(args[0])
		position, _ := integerOperand(args[1], types.Of(types.Int64))
		length := scalarOperand(int64(math.MaxInt64))
		if len(args) == 3 {
			length, _ = integerOperand(args[2], types.Of(types.Int64))
		}
		return cutEach(ctx, args, n, t, s, func(i int, chars int64) (from, to int64) {
			from = position.at(i)
			switch {
			case from > 0:
				from--
			case from == 0 || -from > chars:
				return 0, 0
			default:
				from += chars
			}
			return from, from + min(max(length.at(i), 0), max(chars-from, 0))
		})
	}
}

// Left returns the kernel of LEFT (LeftSide) or RIGHT: string, length.
func Left(t types.Type, side Side) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		s := textsOf(args[0])
		length, _ := integerOperand(args[1], types.Of(types.Int64))
		return cutEach(ctx, args, n, t, s, func(i int, chars int64) (from, to int64) {
			l := min(max(length.at(i), 0), chars)
			if side == LeftSide {
				return 0, l
			}
			return chars - l, chars
		})
	}
}

// cutEach takes from each string the characters in the range that span gives for its number of characters.
func cutEach(ctx *Context, args []Datum, n int, t types.Type, s textOperand, span func(i int, chars int64) (from, to int64)) (arrow.Array, error) {
	bytewise := s.bytesEach(t)
	var b textBuilder
	b.init(ctx.Mem, n, s.size(n))
	for i := range n {
		text := s.at(i)
		if bytewise {
			if from, to := span(i, int64(len(text))); from < to {
				b.data = append(b.data, text[from:to]...)
			}
		} else if from, to := span(i, int64(utf8.RuneCount(text))); from < to {
			text = text[prefixBytes(text, int(from)):]
			b.data = append(b.data, text[:prefixBytes(text, int(to-from))]...)
		}
		b.end(i)
	}
	return b.array(t.Arrow(), n, bothValid(ctx.Mem, args, n))
}

// SubstringIndex returns the kernel of SUBSTRING_INDEX: string, delimiter, count.
func SubstringIndex(t types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		s, delimiter := textsOf(args[0]), textsOf(args[1])
		count, _ := integerOperand(args[2], types.Of(types.Int64))
		var b textBuilder
		b.init(ctx.Mem, n, s.size(n))
		for i := range n {
			b.data = append(b.data, upToDelimiter(s.at(i), delimiter.at(i), count.at(i))...)
			b.end(i)
		}
		return b.array(t.Arrow(), n, bothValid(ctx.Mem, args, n))
	}
}

func upToDelimiter(s, delimiter []byte, count int64) []byte {
	if len(delimiter) == 0 || count == 0 {
		return nil
	}
	if count > 0 {
		for at := 0; ; at += len(delimiter) {
			hit := bytes.Index(s[at:], delimiter)
			if hit < 0 {
				return s
			}
			at += hit
			if count--; count == 0 {
				return s[:at]
			}
		}
	}
	for end := len(s); ; {
		hit := bytes.LastIndex(s[:end], delimiter)
		if hit < 0 {
			return s
		}
		if count++; count == 0 {
			return s[hit+len(delimiter):]
		}
		end = hit
	}
}
