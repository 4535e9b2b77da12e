package parquet

import (
	"context"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/bufpool"
)

// coded is a decoder that can show the dictionary indices of values in their stead, so that what holds for an entry need
// not be found out for every value.
type coded interface {
	decoder
	// read returns the indices of the next n values, or of fewer, which end where the values are not of the dictionary. The
	// index of a NULL is the number of entries. They are valid until the next call.
	read(ctx context.Context, n int) ([]uint32, error)
	// entries returns how many entries the dictionary has.
	entries() int
	// dictionary returns the entries and then a NULL; the caller releases them.
	dictionary() arrow.Array
	// decode returns the values of indices, or of the first ones if they are very long.
	decode(codes []uint32) (arrow.Array, error)
}

// readCodes is coded.read of a form with a dictionary of so many entries, known after the first page.
func (c *flat) readCodes(ctx context.Context, f form, n int, entries func() int) ([]uint32, error) {
	if err := c.settle(ctx, f); err != nil {
		return nil, err
	}
	if cap(c.codes) < n {
		c.codes = make([]uint32, n)
	}
	at := 0
	for at < n {
		if err := c.turn(ctx, f); err != nil {
			return nil, err
		}
		if !c.coded {
			break
		}
		k := min(n-at, c.page.values)
		err := c.decodeStretch(stretch{n: k, present: k}, func(s stretch) error {
			return c.readStretch(c.codes[at:at+k], s, uint32(entries()))
		})
		if err != nil {
			return nil, err
		}
		c.page.values -= k
		at += k
	}
	return c.codes[:at], nil
}

func (c *flat) readStretch(dst []uint32, s stretch, entries uint32) error {
	if err := c.index.next(dst[:s.present]); err != nil {
		return err
	}
	most := uint32(0)
	for _, ix := range dst[:s.present] {
		most = max(most, ix)
	}
	if s.present > 0 && most >= entries {
		return errIndex
	}
	if s.present == s.n {
		return nil
	}
	spread(dst, s.present, 0, s.nulls)
	for i := range dst {
		if !s.nulls.present(i) {
			dst[i] = entries
		}
	}
	return nil
}

// read never shows a form whose values are looked at one by one.
func (c *fixed[O]) read(ctx context.Context, n int) ([]uint32, error) {
	if c.drop != nil {
		return nil, nil
	}
	return c.readCodes(ctx, c, n, c.entries)
}

func (c *fixed[O]) entries() int { return len(c.dict) }

func (c *fixed[O]) dictionary() arrow.Array {
	codes := make([]uint32, len(c.dict)+1)
	for i := range codes {
		codes[i] = uint32(i)
	}
	a, _ := c.decode(codes)
	return a
}

func (c *fixed[O]) decode(codes []uint32) (arrow.Array, error) {
	valid := &validity{mem: c.mem, rows: len(codes)}
	var o O
	buf := bufpool.NewBuffer(c.mem, len(codes)*int(unsafe.Sizeof(o)))
	dst, dict := cast[O](buf.Bytes())[:len(codes)], c.dict
	for i, ix := range codes {
		if int(ix) >= len(dict) {
			dst[i] = o
			valid.clear(i)
			continue
		}
		dst[i] = dict[ix]
	}
	return finish(c.dtype, valid, buf), nil
}

func (c *text) read(ctx context.Context, n int) ([]uint32, error) {
	return c.readCodes(ctx, c, n, c.entries)
}

func (c *text) entries() int { return max(len(c.dict.offsets)-1, 0) }

func (c *text) dictionary() arrow.Array {
	entries := c.entries()
	valid := &validity{mem: c.mem, rows: entries + 1}
	valid.clear(entries)
	return c.dict.array(c.dtype, valid)
}

// array returns the entries, and as many empty values more as valid has rows beyond them.
func (t *stringTable) array(dtype arrow.DataType, valid *validity) arrow.Array {
	offsets := bufpool.NewBuffer(valid.mem, (valid.rows+1)*4)
	to := cast[int32](offsets.Bytes())
	to[0] = 0
	n := max(copy(to, t.offsets), 1)
	end := to[n-1]
	for i := n; i < len(to); i++ {
		to[i] = end
	}
	data := bufpool.NewBuffer(valid.mem, int(end))
	copy(data.Bytes(), t.data)
	return finish(dtype, valid, offsets, data)
}

func (c *text) decode(codes []uint32) (arrow.Array, error) {
	valid := &validity{mem: c.mem, rows: len(codes)}
	offsets, out := c.list(len(codes))
	null := uint32(c.entries())
	for from := 0; from < len(codes) && (from == 0 || out.size < c.limit); {
		to := min(from+c.entriesAtOnce(), len(codes))
		if err := c.decodePart(out, codes[from:to], from, valid, null); err != nil {
			offsets.Release()
			out.data.Release()
			valid.release()
			return nil, err
		}
		from = to
	}
	valid.rows = len(out.offsets) - 1
	c.average = out.size/max(valid.rows, 1) + 1
	out.data.ResizeNoShrink(out.size)
	return finish(c.dtype, valid, offsets, out.data), nil
}

func (c *text) decodePart(out *stringList, codes []uint32, at int, valid *validity, null uint32) error {
	present := c.scratch[:0]
	for i, ix := range codes {
		if ix == null {
			valid.clear(at + i)
		} else {
			present = append(present, ix)
		}
	}
	if err := c.dict.gather(out, present); err != nil {
		return err
	}
	if len(present) < len(codes) {
		out.spread(len(present), at, len(codes), valid)
	}
	return nil
}
