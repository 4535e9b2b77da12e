package orc

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/bufpool"
)

// column makes vectors of a column of a stripe.
type column interface {
	// next decodes the next rows, n or fewer where texts are long, and at least one; n is at least 1.
	next(n int) (arrow.Array, error)
	// seek goes to a row group, which lies ahead.
	seek(p *positions) error
}

// base is what columns of every type have.
type base struct {
	mem     memory.Allocator
	dtype   arrow.DataType
	present *runBits // nil: no value is NULL
	lost    func()   // says that a value was one that MySQL does not have
	scratch []int64
}

// validity says which of some rows have a value.
type validity struct {
	mem   memory.Allocator
	rows  int
	buf   *memory.Buffer // a bitmap; nil: all have
	nulls int
}

// valid reads which of the next n rows have a value.
func (c *base) valid(n int) (*validity, error) {
	v := &validity{mem: c.mem, rows: n}
	if c.present == nil {
		return v, nil
	}
	v.make()
	set, err := c.present.next(v.buf.Bytes(), n)
	if err != nil {
		v.release()
		return nil, fmt.Errorf("NULLs: %w", err)
	}
	if v.nulls = n - set; v.nulls == 0 {
		v.release()
		v.buf = nil
	}
	return v, nil
}

func (v *validity) make() {
	v.buf = bufpool.NewBuffer(v.mem, (v.rows+7)/8)
	clear(v.buf.Bytes())
}

// values is how many rows have a value.
func (v *validity) values() int { return v.rows - v.nulls }

func (v *validity) has(i int) bool { return v.buf == nil || bitutil.BitIsSet(v.buf.Bytes(), i) }

// clear makes a value NULL.
func (v *validity) clear(i int) {
	if v.buf == nil {
		v.make()
		bitutil.SetBitsTo(v.buf.Bytes(), 0, int64(v.rows), true)
	}
	bitutil.ClearBit(v.buf.Bytes(), i)
	v.nulls++
}

func (v *validity) release() {
	if v.buf != nil {
		v.buf.Release()
	}
}

// slice is the validity of some of the rows.
func (v *validity) slice(from, n int) *validity {
	out := &validity{mem: v.mem, rows: n}
	if v.buf != nil {
		out.make()
		bitutil.CopyBitmap(v.buf.Bytes(), from, n, out.buf.Bytes(), 0)
		out.nulls = n - bitutil.CountSetBits(out.buf.Bytes(), 0, n)
	}
	return out
}

// spread moves values, which lie at the start of dst, to the rows that have one; the others are zero.
func spread[T any](v *validity, dst []T) {
	if v.nulls == 0 {
		return
	}
	var zero T
	k := v.values()
	for i := v.rows - 1; i >= 0; i-- {
		if v.has(i) {
			k--
			dst[i] = dst[k]
		} else {
			dst[i] = zero
		}
	}
}

// finish makes an array of buffers, which it takes over; dict is nil but for indices into a dictionary.
func (v *validity) finish(dtype arrow.DataType, dict arrow.ArrayData, buffers ...*memory.Buffer) arrow.Array {
	all := append([]*memory.Buffer{v.buf}, buffers...)
	var entries *array.Data
	if dict != nil {
		entries = dict.(*array.Data)
	}
	made := array.NewDataWithDictionary(dtype, v.rows, all, v.nulls, 0, entries)
	defer made.Release()
	for _, b := range all {
		if b != nil {
			b.Release()
		}
	}
	return array.MakeFromData(made)
}

// view is the bytes of a buffer as values.
func view[T any](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	var t T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(t)))
}

// integers reads n integers into scratch.
func (c *base) integers(d *ints, n int) ([]int64, error) {
	if cap(c.scratch) < n {
		c.scratch = make([]int64, n)
	}
	out := c.scratch[:n]
	return out, d.next(out)
}

// seekPresent goes to a row group.
func (c *base) seekPresent(p *positions) {
	if c.present != nil {
		c.present.seekBit(p)
	}
}

// fixed are values of one size. read decodes values, not yet at their rows; check, if set, makes NULL what MySQL does not have.
type fixed[T any] struct {
	base
	read  func(dst []T) error
	check func(dst []T, v *validity)
	to    func(p *positions) error // goes to a row group
}

func (c *fixed[T]) next(n int) (arrow.Array, error) {
	v, err := c.valid(n)
	if err != nil {
		return nil, err
	}
	var t T
	buf := bufpool.NewBuffer(c.mem, n*int(unsafe.Sizeof(t)))
	dst := view[T](buf.Bytes())
	if err := c.read(dst[:v.values()]); err != nil {
		buf.Release()
		v.release()
		return nil, err
	}
	spread(v, dst)
	if c.check != nil {
		c.check(dst, v)
	}
	return v.finish(c.dtype, nil, buf), nil
}

func (c *fixed[T]) seek(p *positions) error {
	c.seekPresent(p)
	return c.to(p)
}

// boolean are truth values.
type boolean struct {
	base
	data *runBits
	bits []byte
}

func (c *boolean) next(n int) (arrow.Array, error) {
	v, err := c.valid(n)
	if err != nil {
		return nil, err
	}
	k := v.values()
	c.bits = append(c.bits[:0], make([]byte, (k+7)/8)...)
	if _, err := c.data.next(c.bits, k); err != nil {
		v.release()
		return nil, err
	}
	buf := bufpool.NewBuffer(c.mem, (n+7)/8)
	if v.nulls == 0 {
		copy(buf.Bytes(), c.bits)
		return v.finish(c.dtype, nil, buf), nil
	}
	clear(buf.Bytes())
	k = 0
	for i := range n {
		if v.has(i) {
			bitutil.SetBitTo(buf.Bytes(), i, bitutil.BitIsSet(c.bits, k))
			k++
		}
	}
	return v.finish(c.dtype, nil, buf), nil
}

func (c *boolean) seek(p *positions) error {
	c.seekPresent(p)
	c.data.seekBit(p)
	return c.data.err
}

// stripeReader makes the columns of a stripe.
type stripeReader struct {
	file    *file
	stripe  *stripe
	streams map[*streamInfo]*stream
	options files.Options
}

// streamOf returns a stream of a column; one that is absent is empty.
func (r *stripeReader) streamOf(column int, kind streamKind) *stream {
	if info := r.stripe.stream(column, kind); info != nil {
		return r.streams[info]
	}
	return r.newStream(&source{release: func() {}})
}

func (r *stripeReader) newStream(src *source) *stream {
	return &stream{
		chunks: r.file.chunks, src: src, scratch: r.options.Scratch, account: r.options.Account, start: -1, before: place{-1, -1},
		ctx: context.Background(), // until a call has one
	}
}

// base returns what columns have in common; dtype is that of vectors.
func (r *stripeReader) base(n *node, dtype arrow.DataType) base {
	b := base{mem: r.options.Memory, dtype: dtype, lost: func() {
		if r.options.Unrepresentable != nil {
			r.options.Unrepresentable(n.name)
		}
	}}
	if r.stripe.stream(n.column, present) != nil {
		b.present = &runBits{runBytes: runBytes{stream: r.streamOf(n.column, present)}}
	}
	return b
}

// ints returns what decodes a stream of integers.
func (r *stripeReader) ints(column int, kind streamKind, signed bool) *ints {
	return &ints{stream: r.streamOf(column, kind), signed: signed, version2: r.stripe.encodings[column].version2}
}
