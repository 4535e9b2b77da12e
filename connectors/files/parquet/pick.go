package parquet

import (
	"context"
	"encoding/binary"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool"
	"github.com/silogate/silogate/engine/expr/kernel"
)

// pickDecoded is decoder.pick for a decoder that has to decode every value.
func pickDecoded(ctx context.Context, d decoder, mem memory.Allocator, n int, sel []int32) (arrow.Array, int, error) {
	all, err := d.next(ctx, n)
	if err != nil {
		return nil, 0, err
	}
	defer all.Release()
	out, err := kernel.Take(mem, all, sel[:below(sel, all.Len())])
	return out, all.Len(), err
}

// below returns how many of the ascending positions lie below n.
func below(sel []int32, n int) int {
	k := len(sel)
	for k > 0 && int(sel[k-1]) >= n {
		k--
	}
	return k
}

// stretch is a part of the values to pick from that lies in one page.
type stretch struct {
	base, n int     // the position of its first value, and how many there are
	present int     // of them not NULL
	sel     []int32 // the positions to pick, counted as base is
	at      int     // where they go in the result
	nulls   *validity
}

// null reports whether the value at position p is NULL.
func (s *stretch) null(p int32) bool {
	return s.present < s.n && !s.nulls.present(int(p)-s.base)
}

// picked covers the values at positions base..n by stretches that lie in one page each and calls decode for those that
// have a position of sel in them.
func (c *flat) picked(ctx context.Context, f form, base, n int, sel []int32, decode func(stretch) error) error {
	at := 0
	for len(sel) > 0 {
		if c.page.values <= c.skipped { // pages may be passed over whole
			c.skipped += int(sel[0]) - base
			base = int(sel[0])
		}
		if err := c.settle(ctx, f); err != nil {
			return err
		}
		if err := c.turn(ctx, f); err != nil {
			return err
		}
		k := min(n-base, c.page.values)
		m := 0
		for m < len(sel) && int(sel[m]) < base+k {
			m++
		}
		if m == 0 {
			c.skipped, base = k, base+k
			continue
		}
		if err := c.decodeStretch(stretch{base: base, n: k, present: k, sel: sel[:m], at: at}, decode); err != nil {
			return err
		}
		c.page.values -= k
		base, sel, at = base+k, sel[m:], at+m
	}
	c.skipped += n - base
	return nil
}

// decodeStretch reads the definition levels of a stretch and calls decode.
func (c *flat) decodeStretch(s stretch, decode func(stretch) error) error {
	if !c.pages.optional {
		return decode(s)
	}
	s.nulls = &validity{mem: c.mem, rows: s.n}
	defer s.nulls.release()
	var err error
	if s.present, _, err = c.page.levels.next(s.n, func() []byte { return s.nulls.bits(0) }, 0); err != nil {
		return err
	}
	return decode(s)
}

func (c *fixed[O]) pick(ctx context.Context, n int, sel []int32) (arrow.Array, int, error) {
	var o O
	valid := &validity{mem: c.mem, rows: len(sel)}
	buf := bufpool.NewBuffer(c.mem, len(sel)*int(unsafe.Sizeof(o)))
	dst := cast[O](buf.Bytes())
	err := c.picked(ctx, c, 0, n, sel, func(s stretch) error {
		part := dst[s.at : s.at+len(s.sel)]
		switch {
		case s.present < s.n:
			return c.pickAmongNulls(part, s, valid)
		case len(part) == s.n:
			return c.values(part)
		case c.source != nil:
			src, err := c.source.take(s.n)
			if err != nil {
				return err
			}
			return c.gather(part, src, s)
		}
		return c.pickIndexed(part, s)
	})
	if err != nil {
		buf.Release()
		valid.release()
		return nil, 0, err
	}
	if c.drop != nil {
		c.drop(dst, valid)
	}
	return finish(c.dtype, valid, buf), n, nil
}

func (c *fixed[O]) pickAmongNulls(dst []O, s stretch, valid *validity) error {
	if cap(c.whole) < s.n {
		c.whole = make([]O, s.n)
	}
	all := c.whole[:s.n]
	if err := c.values(all[:s.present]); err != nil {
		return err
	}
	spread(all, s.present, 0, s.nulls)
	for i, p := range s.sel {
		dst[i] = all[int(p)-s.base]
		if s.null(p) {
			valid.clear(s.at + i)
		}
	}
	return nil
}

// gather converts the picked ones of src, values in PLAIN form.
func (c *fixed[O]) gather(dst []O, src []byte, s stretch) error {
	var o O
	out := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(dst))), len(dst)*int(unsafe.Sizeof(o)))
	if !c.asIs {
		if need := len(dst) * c.size; cap(c.raw) < need {
			c.raw = make([]byte, need)
		}
		out = c.raw[:len(dst)*c.size]
	}
	switch c.size {
	case 4:
		gatherFixed[[4]byte](out, src, s)
	case 8:
		gatherFixed[[8]byte](out, src, s)
	default:
		for i, p := range s.sel {
			copy(out[i*c.size:][:c.size], src[(int(p)-s.base)*c.size:])
		}
	}
	if c.asIs {
		return nil
	}
	return c.convert(dst, out)
}

func gatherFixed[B [4]byte | [8]byte](out, src []byte, s stretch) {
	to, from := cast[B](out), cast[B](src)
	to = to[:len(s.sel)]
	for i, p := range s.sel {
		to[i] = from[int(p)-s.base]
	}
}

// dense reports so many picked values that all of a stretch are decoded for them.
func (s *stretch) dense() bool { return len(s.sel)*sparse > s.n }

func (c *fixed[O]) pickIndexed(dst []O, s stretch) error {
	if s.dense() {
		return c.pickDense(dst, s)
	}
	list, err := c.pickIndices(s)
	if err != nil {
		return err
	}
	dict, list := c.dict, list[:len(dst)]
	for i, ix := range list {
		if int(ix) >= len(dict) {
			return errIndex
		}
		dst[i] = dict[ix]
	}
	return nil
}

// pickDense decodes all values and picks of them.
func (c *fixed[O]) pickDense(dst []O, s stretch) error {
	if cap(c.whole) < indices {
		c.whole = make([]O, indices)
	}
	sel := s.sel
	for len(sel) > 0 {
		all := c.whole[:min(indices, s.n)]
		if err := c.values(all); err != nil {
			return err
		}
		m := 0
		for m < len(sel) && int(sel[m]) < s.base+len(all) {
			m++
		}
		for i, p := range sel[:m] {
			dst[i] = all[int(p)-s.base]
		}
		dst, sel = dst[m:], sel[m:]
		s.n, s.base = s.n-len(all), s.base+len(all)
	}
	return c.index.pass(s.n)
}

// pickIndices reads the picked ones of a stretch of dictionary indices without NULLs.
func (c *flat) pickIndices(s stretch) ([]uint32, error) {
	if cap(c.codes) < len(s.sel) {
		c.codes = make([]uint32, len(s.sel))
	}
	list := c.codes[:len(s.sel)]
	return list, c.index.pick(list, s.n, s.sel, s.base)
}

func (c *text) pick(ctx context.Context, n int, sel []int32) (arrow.Array, int, error) {
	valid := &validity{mem: c.mem, rows: len(sel)}
	offsets, out := c.list(len(sel))
	release := func() {
		offsets.Release()
		out.data.Release()
		valid.release()
	}
	passed := 0
	for passed < n && (passed == 0 || out.size < c.limit) {
		to := n
		if len(sel) > 0 {
			if c.page.values <= c.skipped { // pages may be passed over whole
				c.skipped += int(sel[0]) - passed
				passed = int(sel[0])
			}
			if err := c.enter(ctx); err != nil {
				release()
				return nil, 0, err
			}
			to = passed + c.stretch(n-passed, c.limit-out.size)
		}
		m := 0
		for m < len(sel) && int(sel[m]) < to {
			m++
		}
		first := len(out.offsets) - 1
		err := c.picked(ctx, c, passed, to, sel[:m], func(s stretch) error {
			s.at += first
			return c.pickStretch(out, s, valid)
		})
		if err != nil {
			release()
			return nil, 0, err
		}
		passed, sel = to, sel[m:]
	}
	valid.rows = len(out.offsets) - 1
	c.average = out.size/max(valid.rows, 1) + 1
	out.data.ResizeNoShrink(out.size)
	return finish(c.dtype, valid, offsets, out.data), passed, nil
}

func (c *text) pickStretch(out *stringList, s stretch, valid *validity) error {
	switch {
	case s.present < s.n:
		return c.pickAmongNulls(out, s, valid)
	case len(s.sel) == s.n:
		return c.values(out, s.n)
	case c.source != nil:
		return c.source.pick(out, s.n, s.sel, s.base)
	}
	list, err := c.pickIndices(s)
	if err != nil {
		return err
	}
	return c.dict.gather(out, list)
}

// pickAmongNulls picks the values that are not NULL by their number among these.
func (c *text) pickAmongNulls(out *stringList, s stretch, valid *validity) error {
	var sel []int32
	before, p := 0, s.base
	for _, to := range s.sel {
		for ; p < int(to); p++ {
			if s.nulls.present(p - s.base) {
				before++
			}
		}
		if !s.null(to) {
			sel = append(sel, int32(before))
		}
	}
	switch {
	case c.source != nil:
		if err := c.source.pick(out, s.present, sel, 0); err != nil {
			return err
		}
	default:
		list, err := c.pickIndices(stretch{n: s.present, sel: sel})
		if err != nil {
			return err
		}
		if err := c.dict.gather(out, list); err != nil {
			return err
		}
	}
	if len(sel) < len(s.sel) {
		for i, p := range s.sel {
			if s.null(p) {
				valid.clear(s.at + i)
			}
		}
		out.spread(len(sel), s.at, len(s.sel), valid)
	}
	return nil
}

// The texts that are picked of a page.

func (p *plainStrings) pick(out *stringList, n int, sel []int32, base int) error {
	if p.width > 0 {
		return p.pickFixed(out, n, sel, base)
	}
	for i := range n {
		if len(p.data) < 4 {
			return errShort
		}
		size := uint64(binary.LittleEndian.Uint32(p.data))
		if size > uint64(len(p.data)-4) {
			return errShort
		}
		if len(sel) > 0 && int(sel[0]) == base+i {
			if err := out.append(p.data[4 : 4+size]); err != nil {
				return err
			}
			sel = sel[1:]
		}
		p.data = p.data[4+size:]
	}
	return nil
}

func (p *plainStrings) pickFixed(out *stringList, n int, sel []int32, base int) error {
	if n > len(p.data)/p.width {
		return errShort
	}
	all := p.data
	for _, at := range sel {
		p.data = all[(int(at)-base)*p.width:]
		if err := p.takeFixed(out, 1); err != nil {
			return err
		}
	}
	p.data = all[n*p.width:]
	return nil
}

func (d *deltaLengths) pick(out *stringList, n int, sel []int32, base int) error {
	for at := 0; at < n; {
		list := d.buf[:min(n-at, len(d.buf))]
		if err := d.lengths.next(list); err != nil {
			return err
		}
		for i, size := range list {
			v, err := d.bytes(size)
			if err != nil {
				return err
			}
			if len(sel) > 0 && int(sel[0]) == base+at+i {
				if err := out.append(v); err != nil {
					return err
				}
				sel = sel[1:]
			}
		}
		at += len(list)
	}
	return nil
}

func (d *deltaStrings) pick(out *stringList, n int, sel []int32, base int) error {
	for i := range n {
		if len(sel) > 0 && int(sel[0]) == base+i {
			if err := d.take(out, 1); err != nil {
				return err
			}
			sel = sel[1:]
		} else if _, err := d.value(); err != nil {
			return err
		}
	}
	return nil
}
