package orc

import (
	"encoding/binary"
	"fmt"
)

// longestRun is how many integers a run has at most, in either version.
const longestRun = 512

// ints decodes integers by run lengths, of version 1 or 2 ("Integer Run Length Encoding").
type ints struct {
	*stream
	signed   bool // negative ones occur: zigzag form
	version2 bool

	runs
	size   int // of the run
	at     int // values of it that were taken
	values [longestRun]int64
}

// next decodes len(dst) integers.
func (d *ints) next(dst []int64) error {
	for len(dst) > 0 {
		if d.at == d.size && !d.run() {
			return d.err
		}
		n := copy(dst, d.values[d.at:d.size])
		d.take(n)
		dst = dst[n:]
	}
	return nil
}

// run decodes the next run.
func (d *ints) run() bool {
	d.begin(d.here())
	d.at, d.size = 0, 0
	if d.version2 {
		d.run2()
	} else {
		d.run1()
	}
	if d.err != nil {
		d.size = 0
	}
	return d.err == nil
}

func (d *ints) take(n int) {
	d.at += n
	d.count += int64(n)
}

// seekRun goes to a position: a run, and how many values come before from there on.
func (d *ints) seekRun(p *positions) {
	to, passed := d.locate(p), p.next()
	skip, known := d.ahead(to, passed)
	if !known {
		d.at, d.size, skip = 0, 0, passed
		d.forget()
		d.seek(to)
	}
	if skip < 0 || skip > mostPassed {
		d.fail(errPosition)
	}
	for skip > 0 && d.err == nil {
		if d.at == d.size && !d.run() {
			return
		}
		n := min(int(skip), d.size-d.at)
		d.take(n)
		skip -= int64(n)
	}
}

// integer reads one of base 128.
func (d *ints) integer() int64 {
	v := d.varint()
	if d.signed {
		return zigzag(v)
	}
	return int64(v)
}

// run1 decodes a run of version 1: values at one distance from each other, or literal ones.
func (d *ints) run1() {
	control := d.byte()
	if control >= 0x80 {
		d.size = 0x100 - int(control)
		for i := range d.values[:d.size] {
			d.values[i] = d.integer()
		}
		return
	}
	d.size = int(control) + 3
	delta := int64(int8(d.byte()))
	v := d.integer()
	for i := range d.values[:d.size] {
		d.values[i] = v
		v += delta
	}
}

// Encodings of runs of version 2, in the two highest bits of their first byte.
const (
	shortRepeat = iota
	direct
	patchedBase
	deltas
)

// run2 decodes a run of version 2.
func (d *ints) run2() {
	first := d.byte()
	switch first >> 6 {
	case shortRepeat:
		width := int(first>>3&7) + 1
		d.size = int(first&7) + 3
		v := d.bigEndian(width)
		if d.signed {
			v = uint64(zigzag(v))
		}
		for i := range d.values[:d.size] {
			d.values[i] = int64(v)
		}
	case direct:
		width := widths[first>>1&31]
		d.size = (int(first&1)<<8 | int(d.byte())) + 1
		d.unpack(d.values[:d.size], width)
		if d.signed {
			for i, v := range d.values[:d.size] {
				d.values[i] = zigzag(uint64(v))
			}
		}
	case patchedBase:
		d.patched(first)
	default:
		d.deltas(first)
	}
}

// bigEndian reads an unsigned integer of some bytes.
func (d *ints) bigEndian(width int) (v uint64) {
	for range width {
		v = v<<8 | uint64(d.byte())
	}
	return v
}

// patched decodes values above a base, most of them of few bits, and patches with the further bits of the others.
func (d *ints) patched(first byte) {
	width := widths[first>>1&31]
	d.size = (int(first&1)<<8 | int(d.byte())) + 1
	third, fourth := d.byte(), d.byte()
	baseWidth := int(third>>5) + 1
	patchWidth := widths[third&31]
	gapWidth := int(fourth>>5) + 1
	patches := int(fourth & 31)
	base := int64(d.bigEndian(baseWidth))
	if sign := int64(1) << (8*baseWidth - 1); base&sign != 0 { // sign and magnitude
		base = -(base &^ sign)
	}
	if patchWidth+gapWidth > 64 {
		d.fail(fmt.Errorf("patches of %d bits with gaps of %d", patchWidth, gapWidth))
		return
	}
	values := d.values[:d.size]
	d.unpack(values, width)
	var list [31]int64
	d.unpack(list[:patches], roundedWidth(patchWidth+gapWidth))
	at := 0
	for _, p := range list[:patches] {
		at += int(uint64(p) >> patchWidth)
		patch := p & (1<<patchWidth - 1)
		if patch == 0 && at < len(values) {
			continue // a gap that is longer than one can be
		}
		if at >= len(values) {
			d.fail(fmt.Errorf("a patch of value %d of %d", at, len(values)))
			return
		}
		values[at] |= patch << width
	}
	for i := range values {
		values[i] += base
	}
}

// deltas decodes values by their differences, which have the sign of the first one.
func (d *ints) deltas(first byte) {
	code := first >> 1 & 31
	size := (int(first&1)<<8 | int(d.byte())) + 1
	v := d.integer()
	delta := zigzag(d.varint())
	d.size = size
	values := d.values[:size]
	values[0] = v
	if code == 0 {
		for i := range values[1:] {
			v += delta
			values[i+1] = v
		}
		return
	}
	if size == 1 {
		return
	}
	v += delta
	values[1] = v
	rest := values[2:]
	d.unpack(rest, widths[code])
	for i, step := range rest {
		if delta < 0 {
			step = -step
		}
		v += step
		rest[i] = v
	}
}

// widths are the bits of values by their code ("Direct").
var widths = [32]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 26, 28, 30, 32, 40, 48, 56, 64}

// roundedWidth is the least of widths for so many bits.
func roundedWidth(n int) int {
	for _, w := range widths {
		if w >= n {
			return w
		}
	}
	return 64
}

// unpack reads unsigned integers of some bits each, the most significant first, which end at a byte.
func (d *ints) unpack(dst []int64, width int) {
	packed := d.stream.take((len(dst)*width + 7) / 8)
	if packed == nil {
		clear(dst)
		return
	}
	if width == 8 {
		for i, b := range packed {
			dst[i] = int64(b)
		}
		return
	}
	pos := 0
	for i := range dst {
		at, shift := pos>>3, pos&7
		pos += width
		if at+8 <= len(packed) && width <= 56 {
			dst[i] = int64(binary.BigEndian.Uint64(packed[at:]) << shift >> (64 - width))
			continue
		}
		v := uint64(packed[at]) & (0xff >> shift)
		for missing := width - (8 - shift); ; missing -= 8 {
			if missing <= 0 {
				v >>= -missing
				break
			}
			at++
			if missing < 8 {
				v = v<<missing | uint64(packed[at])>>(8-missing)
				break
			}
			v = v<<8 | uint64(packed[at])
		}
		dst[i] = int64(v)
	}
}
