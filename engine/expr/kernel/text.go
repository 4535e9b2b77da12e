package kernel

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool"
	"github.com/silogate/silogate/engine/collation"
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

// widest is the bytes of the longest text.
func (o textOperand) widest() int {
	most := int32(0)
	for i, end := range o.offsets[1:] {
		most = max(most, end-o.offsets[i])
	}
	return int(most)
}

// bytesEach reports whether positions in strings of type t count bytes in this batch.
func (o textOperand) bytesEach(t types.Type) bool { return t.IsBinary() || o.ascii() }

// textBuilder collects the texts of a vector row by row: append to data, then end the row.
type textBuilder struct {
	ctx     *Context
	room    int // bytes that the texts may have
	offsets *memory.Buffer
	to      []int32
	space   *memory.Buffer // where data lies until it outgrows it
	data    []byte
}

// init starts n rows of about size bytes in all.
func (b *textBuilder) init(ctx *Context, n, size int) {
	b.ctx, b.room = ctx, ctx.room()
	b.space = bufpool.NewBuffer(ctx.Mem, min(size, b.room))
	whole := b.space.Buf()
	b.data = whole[:0:len(whole)]
	b.offsets, b.to = newValues[int32](ctx.Mem, n+1)
	b.to[0] = 0
}

// end closes row i. It returns false if there is no room for more rows, nor for this one: array then fails.
func (b *textBuilder) end(i int) bool {
	b.to[i+1] = int32(len(b.data))
	return len(b.data) <= b.room
}

// array makes the vector and takes over valid.
func (b *textBuilder) array(dt arrow.DataType, n int, valid *memory.Buffer) (arrow.Array, error) {
	size := len(b.data)
	if err := b.ctx.Fits(int64(size), n); err != nil {
		release(valid, b.offsets, b.space)
		return nil, err
	}
	b.ctx.Charge(int64(size))
	whole := b.space.Buf()
	if cap(b.data) == len(whole) && size >= len(whole)/4*3 { // nearly full and never outgrown: no copy
		b.space.ResizeNoShrink(size)
		return makeArray(dt, n, valid, b.offsets, b.space), nil
	}
	data := bufpool.NewBuffer(b.ctx.Mem, size)
	copy(data.Bytes(), b.data)
	b.space.Release()
	return makeArray(dt, n, valid, b.offsets, data), nil
}

// ConcatTexts returns the kernel of CONCAT with a result of type t.
func ConcatTexts(t types.Type) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		parts := operandsOf(args)
		size := sizeOf(parts, n)
		if err := ctx.Fits(int64(size), n); err != nil {
			return nil, err
		}
		if int64(size) > ctx.longest() { // one row may be too long
			return sized(ctx, args, n, t, "concat", func(i int) (size int64) {
				for _, p := range parts {
					size += int64(len(p.at(i)))
				}
				return size
			}, func(dst []byte, i int) []byte {
				for _, p := range parts {
					dst = append(dst, p.at(i)...)
				}
				return dst
			})
		}
		var b textBuilder
		b.init(ctx, n, size)
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
		join := func(dst []byte, i int) []byte {
			first := true
			for k := 1; k < len(parts); k++ {
				if absent[k] || valid[k] != nil && !bitSet(valid[k], i) {
					continue
				}
				if !first {
					dst = append(dst, parts[0].at(i)...)
				}
				first = false
				dst = append(dst, parts[k].at(i)...)
			}
			return dst
		}
		return joined(ctx, args[:1], n, t, parts, join, func(i int) (size int64) {
			separators := int64(-1)
			for k := 1; k < len(parts); k++ {
				if absent[k] || valid[k] != nil && !bitSet(valid[k], i) {
					continue
				}
				separators++
				size += int64(len(parts[k].at(i)))
			}
			return size + max(separators, 0)*int64(len(parts[0].at(i)))
		})
	}
}

// joined runs CONCAT_WS, whose rows are counted first where one may be too long or all too much.
func joined(ctx *Context, args []Datum, n int, t types.Type, parts []textOperand, join func([]byte, int) []byte, size func(int) int64) (arrow.Array, error) {
	most := int64(sizeOf(parts[1:], n)) + int64(parts[0].size(n))*int64(max(len(parts)-2, 0))
	if most > min(ctx.longest(), int64(ctx.room())) {
		return sized(ctx, args, n, t, "concat_ws", size, join)
	}
	var b textBuilder
	b.init(ctx, n, sizeOf(parts, n))
	for i := range n {
		b.data = join(b.data, i)
		b.end(i)
	}
	return b.array(t.Arrow(), n, bothValid(ctx.Mem, args, n))
}

// sized builds texts whose sizes are counted before any is made: size returns the bytes of row i, which add appends. It is
// not asked for NULL rows, and makes a row NULL by returning less than 0. A row longer than max_allowed_packet is NULL.
func sized(ctx *Context, args []Datum, n int, t types.Type, function string, size func(i int) int64, add func(dst []byte, i int) []byte) (arrow.Array, error) {
	valid := validOrAll(ctx.Mem, args, n)
	bits := valid.Bytes()
	total := int64(0)
	for i := range n {
		if !bitSet(bits, i) {
			continue
		}
		if s := size(i); s < 0 || ctx.TooLong(function, s) {
			clearBit(bits, i)
		} else {
			total += s
		}
	}
	if err := ctx.Fits(total, n); err != nil {
		valid.Release()
		return nil, err
	}
	var b textBuilder
	b.init(ctx, n, int(total))
	for i := range n {
		if bitSet(bits, i) {
			b.data = add(b.data, i)
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

// each returns the kernel of a function of one string: edit appends its result, of about growth times the bytes, to dst.
func each(t types.Type, growth int, edit func(dst, s []byte) []byte) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		s := textsOf(args[0])
		size := s.size(n) * growth
		if err := ctx.Fits(int64(size), n); err != nil {
			return nil, err
		}
		var b textBuilder
		b.init(ctx, n, size)
		for i := range n {
			b.data = edit(b.data, s.at(i))
			if !b.end(i) {
				break
			}
		}
		return b.array(t.Arrow(), n, bothValid(ctx.Mem, args, n))
	}
}

// Upper returns the kernel of UPPER.
func Upper(t types.Type) Func {
	if c, ok := collation.Of(t.Collation); ok {
		return changeCase(t, 'a', c.ToUpper)
	}
	return changeCase(t, 'a', unicode.ToUpper)
}

// Lower returns the kernel of LOWER.
func Lower(t types.Type) Func {
	if c, ok := collation.Of(t.Collation); ok {
		return changeCase(t, 'A', c.ToLower)
	}
	return changeCase(t, 'A', unicode.ToLower)
}

// changeCase maps a batch of ASCII text in one pass over its bytes, other text rune by rune; first is the first letter of the case
// to change.
func changeCase(t types.Type, first byte, fold func(rune) rune) Func {
	slow := each(t, 1, func(dst, s []byte) []byte {
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
		if err := ctx.Fits(int64(len(src)), n); err != nil {
			return nil, err
		}
		ctx.Charge(int64(len(src)))
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
		return each(t, 1, func(dst, s []byte) []byte {
			start := len(dst)
			dst = append(dst, s...)
			slices.Reverse(dst[start:])
			return dst
		})
	}
	return each(t, 1, func(dst, s []byte) []byte {
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
		b.init(ctx, n, s.size(n))
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
		most := int64(s.size(n)) * int64(1+to.widest())
		if most > min(ctx.longest(), int64(ctx.room())) { // one row may be too long, or all too much
			return sized(ctx, args, n, t, "replace", func(i int) int64 {
				return replacedSize(s.at(i), from.at(i), to.at(i))
			}, func(dst []byte, i int) []byte {
				return replaced(dst, s.at(i), from.at(i), to.at(i))
			})
		}
		b.init(ctx, n, s.size(n))
		for i := range n {
			b.data = replaced(b.data, s.at(i), from.at(i), to.at(i))
			b.end(i)
		}
		return b.array(t.Arrow(), n, bothValid(ctx.Mem, args, n))
	}
}

func replacedSize(s, from, to []byte) int64 {
	if len(from) == 0 {
		return int64(len(s))
	}
	return int64(len(s)) + int64(bytes.Count(s, from))*int64(len(to)-len(from))
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
	b.init(ctx, n, s.size(n))
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
		b.init(ctx, n, s.size(n))
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
