package parquet

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

var errHybrid = errors.New("malformed run of levels or dictionary indices")

// hybrid decodes the RLE/bit-packing hybrid encoding: runs of one value, or groups of eight values packed into width bits.
type hybrid struct {
	src   []byte // after the current run
	width uint   // bits of a value, at most 32

	left     int    // values left of the current run
	repeated bool   // the run repeats value; else it is packed
	value    uint32 // of a repeated run
	packed   []byte // the whole packed run
	at       int    // values taken from packed
}

func newHybrid(src []byte, width uint) (hybrid, error) {
	if width > 32 {
		return hybrid{}, errHybrid
	}
	return hybrid{src: src, width: width}, nil
}

// advance begins the next run if the current one has ended.
func (h *hybrid) advance() error {
	for h.left == 0 {
		head, n := binary.Uvarint(h.src)
		if n <= 0 {
			return errHybrid
		}
		h.src = h.src[n:]
		if head&1 == 0 {
			size := int(h.width+7) / 8
			if len(h.src) < size || head>>1 > maxValues {
				return errHybrid
			}
			h.repeated, h.left, h.value = true, int(head>>1), 0
			for i := size - 1; i >= 0; i-- {
				h.value = h.value<<8 | uint32(h.src[i])
			}
			h.src = h.src[size:]
			continue
		}
		groups := head >> 1
		if groups > maxValues/8 {
			return errHybrid
		}
		h.repeated, h.left, h.at = false, int(groups)*8, 0
		size := int(groups) * int(h.width)
		if size > len(h.src) { // some writers cut the padding of the last group
			size = len(h.src)
			if h.width > 0 {
				h.left = size * 8 / int(h.width)
			}
			if h.left == 0 {
				return errHybrid
			}
		}
		h.packed, h.src = h.src[:size], h.src[size:]
	}
	return nil
}

// unpack decodes the next len(dst) values of a packed run.
func (h *hybrid) unpack(dst []uint32) {
	unpack(dst, h.packed, h.at, h.width)
	h.at += len(dst)
	h.left -= len(dst)
}

// skipRun passes over n values of the current run.
func (h *hybrid) skipRun(n int) {
	h.at += n
	h.left -= n
}

// pass passes over n values.
func (h *hybrid) pass(n int) error {
	for n > 0 {
		if err := h.advance(); err != nil {
			return err
		}
		k := min(n, h.left)
		h.skipRun(k)
		n -= k
	}
	return nil
}

// sparse is the part of a packed run's values, one of so many, up to which they are looked up one by one.
const sparse = 4

// pick decodes, of the next k values, those at the positions sel, counted from base on, into dst.
func (h *hybrid) pick(dst []uint32, k int, sel []int32, base int) error {
	for k > 0 {
		if err := h.advance(); err != nil {
			return err
		}
		run := min(k, h.left)
		m := 0
		for m < len(sel) && int(sel[m]) < base+run {
			m++
		}
		switch {
		case m == 0:
		case h.repeated:
			for i := range dst[:m] {
				dst[i] = h.value
			}
		case m*sparse < run:
			mask := uint64(1)<<h.width - 1
			for i, p := range sel[:m] {
				pos := uint(h.at+int(p)-base) * h.width
				dst[i] = uint32(loadTail(h.packed, pos/8) >> (pos % 8) & mask)
			}
		default:
			h.pickDense(dst[:m], run, sel[:m], base)
		}
		h.skipRun(run)
		dst, sel, base, k = dst[m:], sel[m:], base+run, k-run
	}
	return nil
}

// pickDense is pick within a packed run, for positions that lie close together.
func (h *hybrid) pickDense(dst []uint32, run int, sel []int32, base int) {
	var all [256]uint32
	for from := 0; from < run && len(sel) > 0; from += len(all) {
		part := all[:min(len(all), run-from)]
		unpack(part, h.packed, h.at+from, h.width)
		m := 0
		for m < len(sel) && int(sel[m])-base-from < len(part) {
			dst[m] = part[int(sel[m])-base-from]
			m++
		}
		dst, sel = dst[m:], sel[m:]
	}
}

// next decodes len(dst) values.
func (h *hybrid) next(dst []uint32) error {
	for len(dst) > 0 {
		if err := h.advance(); err != nil {
			return err
		}
		k := min(len(dst), h.left)
		if h.repeated {
			for i := range dst[:k] {
				dst[i] = h.value
			}
			h.skipRun(k)
		} else {
			h.unpack(dst[:k])
		}
		dst = dst[k:]
	}
	return nil
}

// unpack extracts len(dst) values of width bits, from the at'th on, out of src, least significant bits first. Bits past
// src are zero.
func unpack(dst []uint32, src []byte, at int, width uint) {
	if width == 0 {
		clear(dst)
		return
	}
	pos := uint(at) * width
	var done int
	switch { // by how many values one load holds wherever in its first byte they begin
	case width <= (64-7)/8:
		done = unpack8(dst, src, pos, width)
	case width <= (64-7)/4:
		done = unpack4(dst, src, pos, width)
	case width <= (64-7)/2:
		done = unpack2(dst, src, pos, width)
	}
	pos += uint(done) * width
	mask := uint64(1)<<width - 1
	for i := done; i < len(dst); i++ {
		dst[i] = uint32(loadTail(src, pos/8) >> (pos % 8) & mask)
		pos += width
	}
}

// unpack8, unpack4 and unpack2 are unpack for so many values at a time, while eight bytes can be loaded. They return how
// many they extracted. Shifts are masked to the 63 that they never exceed, which the compiler does not know.

func unpack8(dst []uint32, src []byte, pos, width uint) (n int) {
	mask := uint64(1)<<(width&63) - 1
	for ; n+8 <= len(dst) && pos/8+8 <= uint(len(src)); n += 8 {
		word := binary.LittleEndian.Uint64(src[pos/8:]) >> (pos % 8)
		out := (*[8]uint32)(dst[n:])
		out[0] = uint32(word & mask)
		out[1] = uint32(word >> (width & 63) & mask)
		out[2] = uint32(word >> (2 * width & 63) & mask)
		out[3] = uint32(word >> (3 * width & 63) & mask)
		out[4] = uint32(word >> (4 * width & 63) & mask)
		out[5] = uint32(word >> (5 * width & 63) & mask)
		out[6] = uint32(word >> (6 * width & 63) & mask)
		out[7] = uint32(word >> (7 * width & 63) & mask)
		pos += 8 * width
	}
	return n
}

func unpack4(dst []uint32, src []byte, pos, width uint) (n int) {
	mask := uint64(1)<<(width&63) - 1
	for ; n+4 <= len(dst) && pos/8+8 <= uint(len(src)); n += 4 {
		word := binary.LittleEndian.Uint64(src[pos/8:]) >> (pos % 8)
		out := (*[4]uint32)(dst[n:])
		out[0] = uint32(word & mask)
		out[1] = uint32(word >> (width & 63) & mask)
		out[2] = uint32(word >> (2 * width & 63) & mask)
		out[3] = uint32(word >> (3 * width & 63) & mask)
		pos += 4 * width
	}
	return n
}

func unpack2(dst []uint32, src []byte, pos, width uint) (n int) {
	mask := uint64(1)<<(width&63) - 1
	for ; n+2 <= len(dst) && pos/8+8 <= uint(len(src)); n += 2 {
		word := binary.LittleEndian.Uint64(src[pos/8:]) >> (pos % 8)
		out := (*[2]uint32)(dst[n:])
		out[0] = uint32(word & mask)
		out[1] = uint32(word >> (width & 63) & mask)
		pos += 2 * width
	}
	return n
}

// loadTail loads eight bytes of which those past src are zero.
func loadTail(src []byte, at uint) uint64 {
	if at+8 <= uint(len(src)) {
		return binary.LittleEndian.Uint64(src[at:])
	}
	var word uint64
	for i := uint(0); at+i < uint(len(src)); i++ {
		word |= uint64(src[at+i]) << (8 * i)
	}
	return word
}

// levels decodes definition levels of 0 and 1 into a validity bitmap.
type levels struct {
	hybrid
}

// next sets the bits from..from+n of bitmap for values that are present and returns how many are. The bits are clear
// before. Where all are present it may leave the bitmap alone, which all reports.
func (l *levels) next(n int, bitmap func() []byte, from int) (present int, all bool, err error) {
	if err := l.advance(); err != nil {
		return 0, false, err
	}
	if l.repeated && l.value == 1 && l.left >= n {
		l.skipRun(n)
		return n, true, nil
	}
	dst := bitmap()
	for n > 0 {
		if err := l.advance(); err != nil {
			return 0, false, err
		}
		k := min(n, l.left)
		switch {
		case !l.repeated:
			present += copyBits(dst, from, l.packed, l.at, k)
		case l.value == 1:
			setBits(dst, from, k)
			present += k
		case l.value > 1:
			return 0, false, errHybrid
		}
		l.skipRun(k)
		from, n = from+k, n-k
	}
	return present, false, nil
}

// pass passes over n values and returns how many are present.
func (l *levels) pass(n int) (present int, err error) {
	for n > 0 {
		if err := l.advance(); err != nil {
			return 0, err
		}
		k := min(n, l.left)
		switch {
		case !l.repeated:
			present += countBits(l.packed, l.at, k)
		case l.value == 1:
			present += k
		case l.value > 1:
			return 0, errHybrid
		}
		l.skipRun(k)
		n -= k
	}
	return present, nil
}

// countBits counts those of n bits, from the at'th on, that are set.
func countBits(src []byte, at, n int) int {
	count := 0
	for n > 0 {
		k := min(n, 8-at%8)
		count += bits.OnesCount8(src[at/8] >> (at % 8) & byte(1<<k-1))
		at, n = at+k, n-k
	}
	return count
}

// setBits sets n bits from the from'th on.
func setBits(dst []byte, from, n int) {
	for n > 0 && from%8 != 0 {
		dst[from/8] |= 1 << (from % 8)
		from, n = from+1, n-1
	}
	for ; n >= 8; n -= 8 {
		dst[from/8] = 0xff
		from += 8
	}
	if n > 0 {
		dst[from/8] |= 1<<n - 1
	}
}

// copyBits ors n bits of src, from the at'th on, into dst at from, and counts those that are set.
func copyBits(dst []byte, from int, src []byte, at, n int) int {
	count := 0
	for n > 0 {
		k := min(n, 8-from%8)
		b := src[at/8] >> (at % 8)
		if at%8 != 0 && at/8+1 < len(src) {
			b |= src[at/8+1] << (8 - at%8)
		}
		b &= byte(1<<k - 1)
		count += bits.OnesCount8(b)
		dst[from/8] |= b << (from % 8)
		from, at, n = from+k, at+k, n-k
	}
	return count
}
