package mysql

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// pairs are the numbers from 00 to 99.
const pairs = "0001020304050607080910111213141516171819" +
	"2021222324252627282930313233343536373839" +
	"4041424344454647484950515253545556575859" +
	"6061626364656667686970717273747576777879" +
	"8081828384858687888990919293949596979899"

// powers are those of ten that an uint64 holds.
var powers = func() (p [20]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

// digits is how many v has. No branch depends on v: there would be no foretelling it.
func digits(v uint64) int {
	const log2of10 = 1233 // of 4096
	v |= 1                // 0 has a digit; no other number of digits changes
	n := bits.Len64(v) * log2of10 >> 12
	_, fewer := bits.Sub64(v, powers[n], 0)
	return n + 1 - int(fewer)
}

// eightDigits is the first number that has more of them.
const eightDigits = 100_000_000

// eight returns the digits of v, which is below eightDigits, as the bytes of a word, the first one lowest, with zeros before them. It divides
// all parts of the word at once, each by multiplying.
func eight(v uint64) uint64 {
	const (
		hundredth, hundredthBits = 10486, 20 // of what is below 10000
		tenth, tenthBits         = 103, 10   // of what is below 100
	)
	v = v/10000 | v%10000<<32
	q := v * hundredth >> hundredthBits & 0x7f_0000_007f
	v = q | (v-100*q)<<16
	q = v * tenth >> tenthBits & 0xf_000f_000f_000f
	return q | (v-10*q)<<8
}

// putEight writes the last digits of a word of eight, as many as dst takes, which is one to eight.
func putEight(dst []byte, word uint64) {
	word |= 0x3030303030303030
	n := len(dst)
	first := word >> (8 * (8 - uint(n)) & 63)
	switch {
	case n >= 4: // words that may overlap
		binary.LittleEndian.PutUint32(dst, uint32(first))
		binary.LittleEndian.PutUint32(dst[n-4:], uint32(word>>32))
	case n >= 2:
		binary.LittleEndian.PutUint16(dst, uint16(first))
		binary.LittleEndian.PutUint16(dst[n-2:], uint16(word>>48))
	default:
		dst[0] = byte(first)
	}
}

// putDigits writes the last digits of v, as many as dst takes, with zeros before them, and returns the number that those before them make.
func putDigits(dst []byte, v uint64) (rest uint64) {
	i := len(dst)
	for ; i >= 2; i -= 2 {
		pair := v % 100 * 2
		v /= 100
		dst[i-1], dst[i-2] = pairs[pair+1], pairs[pair]
	}
	if i > 0 {
		dst[0] = '0' + byte(v%10)
		v /= 10
	}
	return v
}

// appendPadded appends the last width digits of v, with zeros before it.
func appendPadded(dst []byte, v uint64, width int) []byte {
	at := len(dst)
	dst = slices.Grow(dst, width)[:at+width]
	putDigits(dst[at:], v)
	return dst
}

func appendUint(dst []byte, v uint64) []byte { return appendPadded(dst, v, digits(v)) }

func appendInt(dst []byte, v int64) []byte {
	if v < 0 {
		return appendUint(append(dst, '-'), -uint64(v))
	}
	return appendUint(dst, uint64(v))
}

// appendTwo appends n, which is below 100, with two digits.
func appendTwo(dst []byte, n int) []byte { return append(dst, pairs[2*n], pairs[2*n+1]) }

// appendDecimal appends v * 10^-scale in plain notation with all digits of the scale, which is below 20.
func appendDecimal(dst []byte, v int64, scale int) []byte {
	magnitude := uint64(v)
	if v < 0 {
		dst = append(dst, '-')
		magnitude = -magnitude
	}
	if scale == 0 {
		return appendUint(dst, magnitude)
	}
	dst = append(appendUint(dst, magnitude/powers[scale]), '.')
	return appendPadded(dst, magnitude%powers[scale], scale)
}
