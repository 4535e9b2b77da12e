package parquet

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool"
)

var (
	errShort = errors.New("a page ends before its values do")
	errIndex = errors.New("a dictionary index past the end of the dictionary")
)

// decoder yields the values of one column of a row group as Arrow arrays.
type decoder interface {
	// next returns the next values, n of them, or fewer if they are very long; the caller releases them.
	next(ctx context.Context, n int) (arrow.Array, error)
	// pick returns, of the next n values, those at the positions sel, which ascend, and how many of the n it passed: fewer if
	// what it returns is very long.
	pick(ctx context.Context, n int, sel []int32) (arrow.Array, int, error)
	// skip passes the next n values over. What it can leave undecoded, such as whole pages, it does.
	skip(n int)
	close()
}

// form is how a page keeps the values of a flat column.
type form interface {
	// begin prepares a page.
	begin(p page) error
	readDictionary(data []byte, values int) error
	// pass passes over n values of the page that are not NULL.
	pass(n int) error
}

// flat is what the decoders of flat columns share: the walk over pages and definition levels.
type flat struct {
	pages   pages
	page    page // values counts down
	mem     memory.Allocator
	dtype   arrow.DataType
	skipped int // values to pass over before the next one

	index hybrid   // the values of a page that refers to the dictionary
	coded bool     // the page is one
	codes []uint32 // scratch
}

func (c *flat) close() { c.pages.close() }

func (c *flat) skip(n int) { c.skipped += n }

// turn begins the next page that was not skipped.
func (c *flat) turn(ctx context.Context, f form) error {
	for c.page.values == 0 {
		next, err := c.pages.next(ctx, f.readDictionary, &c.skipped)
		if err != nil {
			return err
		}
		if err := f.begin(next); err != nil {
			return err
		}
		c.page = next
	}
	return nil
}

// settle passes over what was skipped.
func (c *flat) settle(ctx context.Context, f form) error {
	for c.skipped > 0 {
		if c.page.values <= c.skipped { // the rest of the page
			c.skipped -= c.page.values
			c.page.values = 0
			if c.skipped == 0 {
				break
			}
			if err := c.turn(ctx, f); err != nil {
				return err
			}
			continue
		}
		present := c.skipped
		if c.pages.optional {
			var err error
			if present, err = c.page.levels.pass(present); err != nil {
				return err
			}
		}
		if err := f.pass(present); err != nil {
			return err
		}
		c.page.values -= c.skipped
		c.skipped = 0
	}
	return nil
}

// each covers the values from..to of an array by stretches that lie in one page each. It calls decode for each stretch of
// k values from position from on, of which present are not NULL; valid has their bits.
func (c *flat) each(ctx context.Context, f form, from, to int, valid *validity, decode func(from, k, present int) error) error {
	if err := c.settle(ctx, f); err != nil {
		return err
	}
	for from < to {
		if err := c.turn(ctx, f); err != nil {
			return err
		}
		k := min(to-from, c.page.values)
		present := k
		if c.pages.optional {
			var all bool
			var err error
			present, all, err = c.page.levels.next(k, func() []byte { return valid.bits(from) }, from)
			if err != nil {
				return err
			}
			if all && valid.buf != nil {
				setBits(valid.buf.Bytes(), from, k)
			}
			valid.nulls += k - present
		}
		if err := decode(from, k, present); err != nil {
			return err
		}
		c.page.values -= k
		from += k
	}
	return nil
}

// validity is the bitmap of an array under construction, made when the first NULL is met.
type validity struct {
	mem   memory.Allocator
	rows  int
	buf   *memory.Buffer
	nulls int
}

// bits returns the bitmap; when it is made, the bits before from are set.
func (v *validity) bits(from int) []byte {
	if v.buf == nil {
		v.buf = bufpool.NewBuffer(v.mem, (v.rows+7)/8)
		clear(v.buf.Bytes())
		setBits(v.buf.Bytes(), 0, from)
	}
	return v.buf.Bytes()
}

// clear makes a value NULL.
func (v *validity) clear(i int) {
	v.bits(v.rows)[i/8] &^= 1 << (i % 8)
	v.nulls++
}

func (v *validity) present(i int) bool { return v.buf.Bytes()[i/8]&(1<<(i%8)) != 0 }

func (v *validity) release() {
	if v.buf != nil {
		v.buf.Release()
	}
}

// finish makes an array of its buffers, which it takes over.
func finish(dtype arrow.DataType, v *validity, buffers ...*memory.Buffer) arrow.Array {
	return finishIn(nil, dtype, v, buffers...)
}

// finishIn is finish for indices into a dictionary, which it borrows.
func finishIn(dict *array.Data, dtype arrow.DataType, v *validity, buffers ...*memory.Buffer) arrow.Array {
	all := append([]*memory.Buffer{v.buf}, buffers...)
	data := array.NewDataWithDictionary(dtype, v.rows, all, v.nulls, 0, dict)
	defer data.Release()
	for _, b := range all {
		if b != nil {
			b.Release()
		}
	}
	return array.MakeFromData(data)
}

// cast views the bytes of a buffer as values.
func cast[T any](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	var t T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(t)))
}

// indices is how many dictionary indices are unpacked at once.
const indices = 1024

// dictionaryIndices reads a page of dictionary indices, the first byte of which is their width.
func dictionaryIndices(data []byte) (hybrid, error) {
	if len(data) == 0 { // a page of nothing but NULL
		return hybrid{}, nil
	}
	return newHybrid(data[1:], uint(data[0]))
}

// fixed decodes a column whose values have one size, here as O.
type fixed[O any] struct {
	flat
	size    int                             // bytes of a value in PLAIN encoding
	convert func(dst []O, src []byte) error // PLAIN values, len(dst)*size bytes of them
	drop    func(dst []O, v *validity)      // makes values NULL that MySQL does not have; may be nil
	asIs    bool                            // the vector has the values in PLAIN form
	dict    []O
	source  plainBytes // of a page without dictionary indices
	scratch [indices]uint32
	whole   []O    // scratch: a stretch with NULLs
	raw     []byte // scratch: picked values in PLAIN form
}

func (c *fixed[O]) next(ctx context.Context, n int) (arrow.Array, error) {
	var o O
	valid := &validity{mem: c.mem, rows: n}
	buf := bufpool.NewBuffer(c.mem, n*int(unsafe.Sizeof(o)))
	dst := cast[O](buf.Bytes())
	err := c.each(ctx, c, 0, n, valid, func(from, k, present int) error {
		if err := c.values(dst[from : from+present]); err != nil {
			return err
		}
		if present < k {
			spread(dst[from:from+k], present, from, valid)
		}
		return nil
	})
	if err != nil {
		buf.Release()
		valid.release()
		return nil, err
	}
	if c.drop != nil {
		c.drop(dst, valid)
	}
	return finish(c.dtype, valid, buf), nil
}

// spread moves the first present values of dst to the places of those that are not NULL.
func spread[O any](dst []O, present, from int, valid *validity) {
	var zero O
	for i := len(dst) - 1; i >= 0; i-- {
		if valid.present(from + i) {
			present--
			dst[i] = dst[present]
		} else {
			dst[i] = zero
		}
	}
}

// begin prepares a page.
func (c *fixed[O]) begin(p page) (err error) {
	c.source, c.coded = nil, false
	switch p.encoding {
	case encodingPlainDictionary, encodingRLEDictionary:
		c.coded = true
		c.index, err = dictionaryIndices(p.data)
	case encodingPlain:
		c.source = &plainValues{data: p.data, size: c.size}
	case encodingDeltaBinaryPacked:
		if c.size != 4 && c.size != 8 {
			return fmt.Errorf("delta encoding of %d-byte values", c.size)
		}
		var d delta
		d, _, err = newDelta(p.data)
		c.source = &deltaValues{delta: d, size: c.size}
	case encodingDeltaByteArray:
		var d *deltaStrings
		d, err = newDeltaStrings(p.data, nil)
		c.source = &deltaFixed{values: d, size: c.size}
	case encodingByteStreamSplit:
		c.source = &splitValues{data: p.data, size: c.size, stride: len(p.data) / c.size}
	default:
		err = fmt.Errorf("values in encoding %d", p.encoding)
	}
	return err
}

func (c *fixed[O]) readDictionary(data []byte, values int) error {
	if values > len(data)/c.size {
		return errShort
	}
	c.dict = make([]O, values)
	return c.convert(c.dict, data[:values*c.size])
}

func (c *fixed[O]) pass(n int) error {
	if c.source != nil {
		return c.source.skip(n)
	}
	return c.index.pass(n)
}

// values decodes the next len(dst) values of the page.
func (c *fixed[O]) values(dst []O) error {
	if len(dst) == 0 {
		return nil
	}
	if c.source != nil {
		src, err := c.source.take(len(dst))
		if err != nil {
			return err
		}
		return c.convert(dst, src)
	}
	dict := c.dict
	for len(dst) > 0 {
		if err := c.index.advance(); err != nil {
			return err
		}
		k := min(len(dst), c.index.left)
		if c.index.repeated {
			if int(c.index.value) >= len(dict) {
				return errIndex
			}
			v := dict[c.index.value]
			for i := range dst[:k] {
				dst[i] = v
			}
			c.index.skipRun(k)
		} else {
			k = min(k, indices)
			list := c.scratch[:k]
			c.index.unpack(list)
			part := dst[:k]
			for i, ix := range list {
				if int(ix) >= len(dict) {
					return errIndex
				}
				part[i] = dict[ix]
			}
		}
		dst = dst[k:]
	}
	return nil
}
