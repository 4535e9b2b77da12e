package mysql

import (
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
