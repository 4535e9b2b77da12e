package kernel

import (
	"math/big"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
)

// Arithmetic in two's complement of 128 and 256 bits, modulo their size: the caller has proven that nothing overflows.

func add128(a, b decimal128.Num) decimal128.Num {
	lo, carry := bits.Add64(a.LowBits(), b.LowBits(), 0)
	return decimal128.New(a.HighBits()+b.HighBits()+int64(carry), lo)
}

func sub128(a, b decimal128.Num) decimal128.Num {
	lo, borrow := bits.Sub64(a.LowBits(), b.LowBits(), 0)
	return decimal128.New(a.HighBits()-b.HighBits()-int64(borrow), lo)
}

func mul128(a, b decimal128.Num) decimal128.Num {
	hi, lo := bits.Mul64(a.LowBits(), b.LowBits())
	hi += uint64(a.HighBits())*b.LowBits() + a.LowBits()*uint64(b.HighBits())
	return decimal128.New(int64(hi), lo)
}

func cmp128(a, b decimal128.Num) int {
	switch {
	case a.HighBits() != b.HighBits():
		if a.HighBits() < b.HighBits() {
			return -1
		}
		return 1
	case a.LowBits() < b.LowBits():
		return -1
	case a.LowBits() > b.LowBits():
		return 1
	}
	return 0
}

func add256(a, b decimal256.Num) decimal256.Num {
	x, y := a.Array(), b.Array()
	r0, c := bits.Add64(x[0], y[0], 0)
	r1, c := bits.Add64(x[1], y[1], c)
	r2, c := bits.Add64(x[2], y[2], c)
	r3, _ := bits.Add64(x[3], y[3], c)
	return decimal256.New(r3, r2, r1, r0)
}

func sub256(a, b decimal256.Num) decimal256.Num {
	x, y := a.Array(), b.Array()
	r0, c := bits.Sub64(x[0], y[0], 0)
	r1, c := bits.Sub64(x[1], y[1], c)
	r2, c := bits.Sub64(x[2], y[2], c)
	r3, _ := bits.Sub64(x[3], y[3], c)
	return decimal256.New(r3, r2, r1, r0)
}

func mul256(a, b decimal256.Num) decimal256.Num {
	x, y := a.Array(), b.Array()
	var r [4]uint64
	for i := range 4 {
		var carry uint64
		for j := range 4 - i {
			hi, lo := bits.Mul64(x[i], y[j])
			var c uint64
			lo, c = bits.Add64(lo, carry, 0)
			hi += c
			r[i+j], c = bits.Add64(r[i+j], lo, 0)
			carry = hi + c
		}
	}
	return decimal256.New(r[3], r[2], r[1], r[0])
}

func cmp256(a, b decimal256.Num) int {
	x, y := a.Array(), b.Array()
	if x[3] != y[3] {
		if int64(x[3]) < int64(y[3]) {
			return -1
		}
		return 1
	}
	for i := 2; i >= 0; i-- {
		if x[i] != y[i] {
			if x[i] < y[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// sign256 is -1 or 1; for 0 it is 1.
func sign256(v decimal256.Num) int {
	if int64(v.Array()[3]) < 0 {
		return -1
	}
	return 1
}

// bits64, bits128 and bits256 bound magnitudes: |v| <= 2^bits for every v.

func bits64(values []int64) int {
	var m0, m1, m2, m3 uint64
	for len(values) >= 4 {
		a, b, c, d := values[0], values[1], values[2], values[3]
		m0 |= uint64(a ^ a>>63)
		m1 |= uint64(b ^ b>>63)
		m2 |= uint64(c ^ c>>63)
		m3 |= uint64(d ^ d>>63)
		values = values[4:]
	}
	for _, v := range values {
		m0 |= uint64(v ^ v>>63)
	}
	return bits.Len64(m0 | m1 | m2 | m3)
}

func bits128(values []decimal128.Num) int {
	var hi, lo uint64
	for _, v := range values {
		s := uint64(v.HighBits() >> 63)
		hi |= uint64(v.HighBits()) ^ s
		lo |= v.LowBits() ^ s
	}
	if hi != 0 {
		return 64 + bits.Len64(hi)
	}
	return bits.Len64(lo)
}

func bits256(values []decimal256.Num) int {
	var m [4]uint64
	for _, v := range values {
		a := v.Array()
		s := uint64(int64(a[3]) >> 63)
		for i := range m {
			m[i] |= a[i] ^ s
		}
	}
	for i := 3; i > 0; i-- {
		if m[i] != 0 {
			return 64*i + bits.Len64(m[i])
		}
	}
	return bits.Len64(m[0])
}

// powers of ten that fit 64 and 256 bits, by exponent.
var (
	pow10Int = func() (p [19]int64) {
		p[0] = 1
		for i := 1; i < len(p); i++ {
			p[i] = 10 * p[i-1]
		}
		return p
	}()
	pow10Wide = func() (p [77]decimal256.Num) {
		ten := decimal256.FromI64(10)
		p[0] = decimal256.FromI64(1)
		for i := 1; i < len(p); i++ {
			p[i] = mul256(p[i-1], ten)
		}
		return p
	}()
)

// pow10Big is a power of ten of any size.
func pow10Big(exponent int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exponent)), nil)
}

// bitsOfPow10 bounds 10^k: 10^k <= 2^bitsOfPow10(k).
func bitsOfPow10(k int) int { return (k*10 + 2) / 3 }
