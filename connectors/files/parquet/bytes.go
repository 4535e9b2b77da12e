package parquet

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool"
)

// text decodes a column of byte strings, or of fixed-length values shown as text.
type text struct {
	flat
	width   int                          // bytes of a fixed-length value; 0: values carry their lengths
	format  func(dst, src []byte) []byte // appends the shown form of a fixed-length value; nil: the value itself
	average int                          // bytes of a value, to start with
	limit   int                          // bytes of an array: one that has so many ends early

	dict    stringTable
	source  byteSource // of a page without dictionary indices
	scratch [indices]uint32
}

// byteSource yields the values of a page.
type byteSource interface {
	take(out *stringList, n int) error
	// pick appends, of the next n values, those at the positions sel, counted from base on.
	pick(out *stringList, n int, sel []int32, base int) error
}

// stringList is an array of byte strings under construction.
type stringList struct {
	mem     memory.Allocator
	offsets []int32 // of the values so far, and the end
	data    *memory.Buffer
	size    int // bytes used
}

var errTooLong = errors.New("the texts of one batch exceed 2 GiB")

// reserve makes room for n more bytes and returns it.
func (s *stringList) reserve(n int) ([]byte, error) {
	need := s.size + n
	if need > math.MaxInt32 {
		return nil, errTooLong
	}
	if need > s.data.Len() {
		s.data.Resize(min(max(need, 2*s.data.Len()), math.MaxInt32))
	}
	return s.data.Bytes()[s.size:], nil
}

func (s *stringList) append(v []byte) error {
	dst, err := s.reserve(len(v))
	if err != nil {
		return err
	}
	s.size += copy(dst, v)
	s.offsets = append(s.offsets, int32(s.size))
	return nil
}

func (c *text) next(ctx context.Context, n int) (arrow.Array, error) {
	valid := &validity{mem: c.mem, rows: n}
	offsets, out := c.list(n)
	decode := func(from, k, present int) error {
		if err := c.values(out, present); err != nil {
			return err
		}
		if present < k {
			out.spread(present, from, k, valid)
		}
		return nil
	}
	rows := 0
	for rows < n && (rows == 0 || out.size < c.limit) {
		to := rows
		err := c.enter(ctx)
		if err == nil {
			to += c.stretch(n-rows, c.limit-out.size)
			err = c.each(ctx, c, rows, to, valid, decode)
		}
		if err != nil {
			offsets.Release()
			out.data.Release()
			valid.release()
			return nil, err
		}
		rows = to
	}
	valid.rows = rows
	c.average = out.size/rows + 1
	out.data.ResizeNoShrink(out.size)
	return finish(c.dtype, valid, offsets, out.data), nil
}

// list returns an empty list with room for n values.
func (c *text) list(n int) (offsets *memory.Buffer, out *stringList) {
	offsets = bufpool.NewBuffer(c.mem, (n+1)*4)
	out = &stringList{mem: c.mem, offsets: cast[int32](offsets.Bytes())[:1], data: bufpool.NewBuffer(c.mem, n*c.average+shortString)}
	out.offsets[0] = 0
	return offsets, out
}

// enter makes the page of the next value the one at hand.
func (c *text) enter(ctx context.Context) error {
	if err := c.settle(ctx, c); err != nil {
		return err
	}
	return c.turn(ctx, c)
}

// stretch is how many of the next n values, all of the page at hand, are decoded before the size is looked at, so that they
// take hardly more than room bytes. What values share with those before them may be long; others are bytes of a page.
func (c *text) stretch(n, room int) int {
	n = min(n, c.page.values, indices)
	if c.coded {
		return min(n, c.entriesAtOnce())
	}
	if d, ok := c.source.(*deltaStrings); ok {
		return d.within(n, room)
	}
	return n
}

// entriesAtOnce is how many entries of the dictionary are copied before the size is looked at: they may be long, and many
// values.
func (c *text) entriesAtOnce() int { return max(1, min(indices, c.limit/max(c.dict.longest, 1))) }

// spread inserts empty strings for the NULLs of the last k values, of which present were appended.
func (s *stringList) spread(present, from, k int, valid *validity) {
	ends := s.offsets[from+1 : from+1+k]
	end := int32(s.size)
	for i := k - 1; i >= 0; i-- {
		ends[i] = end
		if valid.present(from + i) {
			present--
			end = s.offsets[from+present]
		}
	}
	s.offsets = s.offsets[:from+1+k]
}

// pass passes over n values by picking none.
func (c *text) pass(n int) error {
	if c.source != nil {
		return c.source.pick(nil, n, nil, 0)
	}
	return c.index.pass(n)
}

func (c *text) begin(p page) (err error) {
	c.source, c.coded = nil, false
	switch p.encoding {
	case encodingPlainDictionary, encodingRLEDictionary:
		c.coded = true
		c.index, err = dictionaryIndices(p.data)
	case encodingPlain:
		c.source = &plainStrings{data: p.data, width: c.width, format: c.format}
	case encodingDeltaLength:
		c.source, err = newDeltaLengths(p.data)
	case encodingDeltaByteArray:
		c.source, err = newDeltaStrings(p.data, c.format)
	case encodingByteStreamSplit:
		if c.width == 0 {
			return fmt.Errorf("values in encoding %d", p.encoding)
		}
		split := &splitValues{data: p.data, size: c.width, stride: len(p.data) / c.width}
		data, err := split.take(split.stride)
		if err != nil {
			return err
		}
		c.source = &plainStrings{data: data, width: c.width, format: c.format}
	default:
		err = fmt.Errorf("values in encoding %d", p.encoding)
	}
	return err
}

// stringTable is a decoded dictionary.
type stringTable struct {
	offsets []int32
	longest int
	data    []byte // followed by shortString bytes that may be read
}

// shortString is how many bytes are copied at once where that is faster than a call.
const shortString = 16

func (c *text) readDictionary(data []byte, values int) error {
	if minimum := max(c.width, 4); c.width == 0 && values > len(data)/minimum || c.width > 0 && values > len(data)/c.width {
		return errShort
	}
	mem := memory.DefaultAllocator
	out := &stringList{mem: mem, offsets: make([]int32, 1, values+1), data: bufpool.NewBuffer(mem, len(data)+shortString)}
	source := &plainStrings{data: data, width: c.width, format: c.format}
	if err := source.take(out, values); err != nil {
		return err
	}
	if _, err := out.reserve(shortString); err != nil {
		return err
	}
	c.dict = stringTable{offsets: out.offsets, data: out.data.Bytes()[:out.size+shortString]}
	for i, end := range out.offsets[1:] {
		c.dict.longest = max(c.dict.longest, int(end-out.offsets[i]))
	}
	return nil
}

// values appends the next n values of the page.
func (c *text) values(out *stringList, n int) error {
	if n == 0 {
		return nil
	}
	if c.source != nil {
		return c.source.take(out, n)
	}
	for n > 0 {
		k := min(n, indices)
		list := c.scratch[:k]
		if err := c.index.next(list); err != nil {
			return err
		}
		if err := c.dict.gather(out, list); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// gather appends the entries of a list of indices.
func (t *stringTable) gather(out *stringList, list []uint32) error {
	offsets, data := t.offsets, t.data
	total := 0
	for _, ix := range list {
		if int(ix)+1 >= len(offsets) {
			return errIndex
		}
		total += int(offsets[ix+1] - offsets[ix])
	}
	dst, err := out.reserve(total + shortString)
	if err != nil {
		return err
	}
	at, base := 0, out.size
	for _, ix := range list {
		from, to := int(offsets[ix]), int(offsets[ix+1])
		if n := to - from; n <= shortString {
			*(*[shortString]byte)(dst[at:]) = *(*[shortString]byte)(data[from:])
			at += n
		} else {
			at += copy(dst[at:], data[from:to])
		}
		out.offsets = append(out.offsets, int32(base+at))
	}
	out.size += total
	return nil
}

// plainStrings are values in PLAIN encoding.
type plainStrings struct {
	data   []byte
	width  int
	format func(dst, src []byte) []byte
	shown  []byte
}

func (p *plainStrings) take(out *stringList, n int) error {
	if p.width > 0 {
		return p.takeFixed(out, n)
	}
	data := p.data
	for range n {
		if len(data) < 4 {
			return errShort
		}
		size := binary.LittleEndian.Uint32(data)
		if uint64(size) > uint64(len(data)-4) {
			return errShort
		}
		if err := out.append(data[4 : 4+size]); err != nil {
			return err
		}
		data = data[4+size:]
	}
	p.data = data
	return nil
}

func (p *plainStrings) takeFixed(out *stringList, n int) error {
	if n > len(p.data)/p.width {
		return errShort
	}
	for range n {
		v := p.data[:p.width]
		p.data = p.data[p.width:]
		if p.format != nil {
			p.shown = p.format(p.shown[:0], v)
			v = p.shown
		}
		if err := out.append(v); err != nil {
			return err
		}
	}
	return nil
}

// deltaLengths are values in DELTA_LENGTH_BYTE_ARRAY encoding: all lengths, then all bytes.
type deltaLengths struct {
	lengths delta
	data    []byte
	buf     [256]int64
}

func newDeltaLengths(data []byte) (*deltaLengths, error) {
	lengths, end, err := newDelta(data)
	if err != nil {
		return nil, err
	}
	return &deltaLengths{lengths: lengths, data: data[end:]}, nil
}

func (d *deltaLengths) take(out *stringList, n int) error {
	for n > 0 {
		list := d.buf[:min(n, len(d.buf))]
		if err := d.lengths.next(list); err != nil {
			return err
		}
		for _, size := range list {
			v, err := d.bytes(size)
			if err != nil {
				return err
			}
			if err := out.append(v); err != nil {
				return err
			}
		}
		n -= len(list)
	}
	return nil
}

func (d *deltaLengths) bytes(size int64) ([]byte, error) {
	if size < 0 || size > int64(len(d.data)) {
		return nil, errShort
	}
	v := d.data[:size]
	d.data = d.data[size:]
	return v, nil
}

// deltaStrings are values in DELTA_BYTE_ARRAY encoding: each shares a prefix with the one before.
type deltaStrings struct {
	prefixes delta
	suffixes *deltaLengths
	format   func(dst, src []byte) []byte
	last     []byte
	shown    []byte
}

func newDeltaStrings(data []byte, format func(dst, src []byte) []byte) (*deltaStrings, error) {
	prefixes, end, err := newDelta(data)
	if err != nil {
		return nil, err
	}
	suffixes, err := newDeltaLengths(data[end:])
	if err != nil {
		return nil, err
	}
	return &deltaStrings{prefixes: prefixes, suffixes: suffixes, format: format}, nil
}

// within returns how many of the next n values it takes to have at least so many bytes. What is malformed shows where it is
// read.
func (d *deltaStrings) within(n, bytes int) int {
	prefixes, sizes := d.prefixes, d.suffixes.lengths // which read ahead
	for k := 1; k < n; k++ {
		var prefix, size [1]int64
		if prefixes.next(prefix[:]) != nil || sizes.next(size[:]) != nil {
			break
		}
		if bytes -= int(prefix[0] + size[0]); bytes <= 0 {
			return k
		}
	}
	return n
}

// value decodes one value, valid until the next call.
func (d *deltaStrings) value() ([]byte, error) {
	var prefix, size [1]int64
	if err := d.prefixes.next(prefix[:]); err != nil {
		return nil, err
	}
	if err := d.suffixes.lengths.next(size[:]); err != nil {
		return nil, err
	}
	suffix, err := d.suffixes.bytes(size[0])
	if err != nil {
		return nil, err
	}
	if prefix[0] < 0 || prefix[0] > int64(len(d.last)) {
		return nil, errShort
	}
	d.last = append(d.last[:prefix[0]], suffix...)
	return d.last, nil
}

func (d *deltaStrings) take(out *stringList, n int) error {
	for range n {
		v, err := d.value()
		if err != nil {
			return err
		}
		if d.format != nil {
			d.shown = d.format(d.shown[:0], v)
			v = d.shown
		}
		if err := out.append(v); err != nil {
			return err
		}
	}
	return nil
}

// formatUUID appends the canonical text of a 16-byte UUID.
func formatUUID(dst, src []byte) []byte {
	const digits = "0123456789abcdef"
	for i, b := range src {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, digits[b>>4], digits[b&0xf])
	}
	return dst
}

// formatInterval appends the text of an INTERVAL: months, days and milliseconds that do not convert into each other.
func formatInterval(dst, src []byte) []byte {
	if len(src) < 12 {
		return dst
	}
	return fmt.Appendf(dst, "%d months %d days %d ms",
		binary.LittleEndian.Uint32(src), binary.LittleEndian.Uint32(src[4:]), binary.LittleEndian.Uint32(src[8:]))
}
