package parquet

import (
	"encoding/binary"
	"errors"
	"math"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/float16"
)

// plainBytes yields the values of a page in PLAIN form, whatever their encoding.
type plainBytes interface {
	// take returns the next n values; they are valid until the next call.
	take(n int) ([]byte, error)
	// skip passes over the next n values.
	skip(n int) error
}

// passBlock is how many values are decoded at once only to pass over them.
const passBlock = 1024

// passDecoded passes over n values that have to be decoded for it.
func passDecoded(n int, take func(n int) ([]byte, error)) error {
	for n > 0 {
		k := min(n, passBlock)
		if _, err := take(k); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// plainValues are values in PLAIN encoding.
type plainValues struct {
	data []byte
	size int
}

func (p *plainValues) take(n int) ([]byte, error) {
	if n > len(p.data)/p.size {
		return nil, errShort
	}
	out := p.data[:n*p.size]
	p.data = p.data[n*p.size:]
	return out, nil
}

func (p *plainValues) skip(n int) error {
	_, err := p.take(n)
	return err
}

// deltaValues are 4 or 8-byte integers in DELTA_BINARY_PACKED encoding.
type deltaValues struct {
	delta delta
	size  int
	ints  []int64
}

func (d *deltaValues) take(n int) ([]byte, error) {
	if cap(d.ints) < n {
		d.ints = make([]int64, n)
	}
	ints := d.ints[:n]
	if err := d.delta.next(ints); err != nil {
		return nil, err
	}
	out := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(ints))), n*8)
	if d.size == 4 {
		narrow := cast[int32](out)
		for i, v := range ints {
			narrow[i] = int32(v)
		}
		return out[:n*4], nil
	}
	return out, nil
}

func (d *deltaValues) skip(n int) error { return passDecoded(n, d.take) }

// splitValues are values in BYTE_STREAM_SPLIT encoding: all first bytes, then all second bytes, and so on.
type splitValues struct {
	data   []byte
	size   int
	stride int // values in the page
	at     int
	out    []byte
}

func (s *splitValues) take(n int) ([]byte, error) {
	if n > s.stride-s.at {
		return nil, errShort
	}
	if cap(s.out) < n*s.size {
		s.out = make([]byte, n*s.size)
	}
	out := s.out[:n*s.size]
	for b := range s.size {
		stream := s.data[b*s.stride+s.at:][:n]
		for i, v := range stream {
			out[i*s.size+b] = v
		}
	}
	s.at += n
	return out, nil
}

func (s *splitValues) skip(n int) error {
	if n > s.stride-s.at {
		return errShort
	}
	s.at += n
	return nil
}

// deltaFixed are values of one size in DELTA_BYTE_ARRAY encoding.
type deltaFixed struct {
	values *deltaStrings
	size   int
	out    []byte
}

func (d *deltaFixed) take(n int) ([]byte, error) {
	d.out = d.out[:0]
	for range n {
		v, err := d.values.value()
		if err != nil {
			return nil, err
		}
		if len(v) != d.size {
			return nil, errShort
		}
		d.out = append(d.out, v...)
	}
	return d.out, nil
}

func (d *deltaFixed) skip(n int) error { return passDecoded(n, d.take) }

// The conversions of PLAIN values into vectors. Each gets as many bytes as its values take.

// same copies values that need no conversion.
func same[O any](dst []O, src []byte) error {
	var o O
	copy(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(dst))), len(dst)*int(unsafe.Sizeof(o))), src)
	return nil
}

// from32 converts 4-byte integers.
func from32[O int8 | int16 | uint8 | uint16 | int64](dst []O, src []byte) error {
	for i := range dst {
		dst[i] = O(int32(binary.LittleEndian.Uint32(src[4*i:])))
	}
	return nil
}

// temporal32 converts 4-byte times to microseconds.
func temporal32(multiply int64) func([]int64, []byte) error {
	return func(dst []int64, src []byte) error {
		for i := range dst {
			dst[i] = int64(int32(binary.LittleEndian.Uint32(src[4*i:]))) * multiply
		}
		return nil
	}
}

// farAway is a moment in no year that MySQL has, for those too far from 1970 for microseconds.
const farAway = math.MaxInt64

// temporal64 converts 8-byte times to microseconds; what lies between two is rounded down.
func temporal64(multiply, divide int64) func([]int64, []byte) error {
	if multiply == 1 && divide == 1 {
		return same[int64]
	}
	return func(dst []int64, src []byte) error {
		for i := range dst {
			v := int64(binary.LittleEndian.Uint64(src[8*i:]))
			if v > math.MaxInt64/multiply || v < math.MinInt64/multiply {
				dst[i] = farAway
				continue
			}
			dst[i] = floorDiv(v*multiply, divide)
		}
		return nil
	}
}

func floorDiv(v, by int64) int64 {
	q := v / by
	if v%by < 0 {
		q--
	}
	return q
}

const (
	julianEpoch = 2440588 // 1970-01-01 as a Julian day
	dayMicros   = 86400_000_000
	maxDay      = math.MaxInt64/dayMicros - 1_000_000 // with room for any number of nanoseconds
)

// int96 converts Impala's timestamps: nanoseconds of the day, then the Julian day.
func int96(dst []int64, src []byte) error {
	for i := range dst {
		nanos := int64(binary.LittleEndian.Uint64(src[12*i:]))
		day := int64(binary.LittleEndian.Uint32(src[12*i+8:])) - julianEpoch
		if day > maxDay || day < -maxDay {
			dst[i] = farAway
			continue
		}
		dst[i] = day*dayMicros + floorDiv(nanos, 1000)
	}
	return nil
}

func half(dst []float32, src []byte) error {
	for i := range dst {
		dst[i] = float16.FromBits(binary.LittleEndian.Uint16(src[2*i:])).Float32()
	}
	return nil
}

// int128 and int256 are two's complement integers as Arrow's decimals have them: least significant word first.
type (
	int128 [2]uint64
	int256 [4]uint64
)

var errDecimal = errors.New("a decimal that exceeds its declared precision")

// decimal64 converts big-endian decimals of size bytes that fit an int64.
func decimal64(size int) func([]int64, []byte) error {
	return func(dst []int64, src []byte) error {
		for i := range dst {
			v, ok := bigEndian[int128](src[i*size:][:size])
			if !ok || v[1] != signWord(v[0]) {
				return errDecimal
			}
			dst[i] = int64(v[0])
		}
		return nil
	}
}

// decimalWide converts big-endian decimals of size bytes.
func decimalWide[O int128 | int256](size int) func([]O, []byte) error {
	return func(dst []O, src []byte) error {
		for i := range dst {
			v, ok := bigEndian[O](src[i*size:][:size])
			if !ok {
				return errDecimal
			}
			dst[i] = v
		}
		return nil
	}
}

// bigEndian sign-extends a two's complement integer; ok is false if it does not fit.
func bigEndian[O int128 | int256](b []byte) (v O, ok bool) {
	if len(b) == 0 {
		return v, false
	}
	fillWord := uint64(int64(int8(b[0])) >> 63)
	for w := range len(v) {
		end := len(b) - 8*w
		switch {
		case end >= 8:
			v[w] = binary.BigEndian.Uint64(b[end-8:])
		case end > 0:
			word := fillWord
			for _, c := range b[:end] {
				word = word<<8 | uint64(c)
			}
			v[w] = word
		default:
			v[w] = fillWord
		}
	}
	ok = true
	if extra := len(b) - 8*len(v); extra > 0 {
		for _, c := range b[:extra] {
			ok = ok && c == byte(fillWord)
		}
		ok = ok && signWord(v[len(v)-1]) == fillWord
	}
	return v, ok
}

func signWord(w uint64) uint64 { return uint64(int64(w) >> 63) }

// dropNonFinite32 makes NaN and infinities NULL and calls warn if there was one.
func dropNonFinite32(warn func()) func([]float32, *validity) {
	const exponent = 0xff << 23
	return func(dst []float32, v *validity) {
		dropped := false
		for i, f := range dst {
			if math.Float32bits(f)&exponent == exponent {
				dst[i], dropped = 0, true
				v.clear(i)
			}
		}
		if dropped {
			warn()
		}
	}
}

// dropNonFinite64 makes NaN and infinities NULL and calls warn if there was one.
func dropNonFinite64(warn func()) func([]float64, *validity) {
	const exponent = 0x7ff << 52
	return func(dst []float64, v *validity) {
		dropped := false
		for i, f := range dst {
			if math.Float64bits(f)&exponent == exponent {
				dst[i], dropped = 0, true
				v.clear(i)
			}
		}
		if dropped {
			warn()
		}
	}
}

// delta decodes DELTA_BINARY_PACKED: blocks of miniblocks, each with a bit width of its own.
type delta struct {
	src     []byte // after the current miniblock
	perMini int    // values of a miniblock
	minis   int    // miniblocks of a block
	total   int    // values not yet yielded
	first   bool   // the next value is the one in the header
	value   int64  // the last one

	minDelta int64
	widths   []byte // of the miniblocks left in the block
	packed   []byte // the current miniblock
	width    uint
	at, left int // values taken and left of the miniblock
}

var errDelta = errors.New("malformed delta encoding")

// newDelta reads the header, and says where the encoded values end in data.
func newDelta(data []byte) (d delta, end int, err error) {
	c := &compact{buf: data}
	block, minis, total, first := c.uvarint(), c.uvarint(), c.uvarint(), c.int()
	if c.failed || minis == 0 || minis > 1<<16 || block > 1<<24 || block%minis != 0 || (block/minis)%32 != 0 || block == 0 || total > maxValues {
		return delta{}, 0, errDelta
	}
	d = delta{src: data[c.pos:], perMini: int(block / minis), minis: int(minis), total: int(total), first: true, value: first}
	rest := d
	for left := rest.total - 1; left > 0; left -= rest.perMini {
		if err := rest.advance(); err != nil {
			return delta{}, 0, err
		}
	}
	return d, len(data) - len(rest.src), nil
}

// advance begins the next miniblock.
func (d *delta) advance() error {
	if len(d.widths) == 0 {
		c := &compact{buf: d.src}
		d.minDelta = c.int()
		if c.failed || c.left() < d.minis {
			return errDelta
		}
		d.widths, d.src = d.src[c.pos:c.pos+d.minis], d.src[c.pos+d.minis:]
	}
	d.width, d.widths = uint(d.widths[0]), d.widths[1:]
	if d.width > 64 {
		return errDelta
	}
	size := min(d.perMini/8*int(d.width), len(d.src)) // the last one may be cut
	d.packed, d.src = d.src[:size], d.src[size:]
	d.at, d.left = 0, d.perMini
	return nil
}

// next decodes len(dst) values.
func (d *delta) next(dst []int64) error {
	if len(dst) > d.total {
		return errShort
	}
	d.total -= len(dst)
	if d.first && len(dst) > 0 {
		dst[0], dst, d.first = d.value, dst[1:], false
	}
	for len(dst) > 0 {
		if d.left == 0 {
			if err := d.advance(); err != nil {
				return err
			}
		}
		k := min(len(dst), d.left)
		if (d.at+k)*int(d.width) > len(d.packed)*8 {
			return errShort
		}
		for i := range dst[:k] {
			d.value += d.minDelta + int64(d.bits(uint(d.at+i)*d.width))
			dst[i] = d.value
		}
		d.at, d.left = d.at+k, d.left-k
		dst = dst[k:]
	}
	return nil
}

// bits extracts width bits at a bit position.
func (d *delta) bits(pos uint) uint64 {
	word := loadTail(d.packed, pos/8) >> (pos % 8)
	if over := pos%8 + d.width; over > 64 {
		word |= uint64(d.packed[pos/8+8]) << (64 - pos%8)
	}
	return word & (1<<d.width - 1)
}
