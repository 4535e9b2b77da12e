package postgres

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// A numeric is sent as four 16-bit words - the number of digits, the weight of the first, the sign, the display scale -
// and its digits to base 10,000, without zeros at either end (numeric_send). The value is the sum of
// digit[i] * 10000^(weight-i).
const (
	numericHeader = 8
	signPositive  = 0x0000
	signNegative  = 0x4000
	signNaN       = 0xC000
	signInfinity  = 0xD000
	signMinusInf  = 0xF000
	digitBase     = 10000
	digitWidth    = 4
)

var powersOf10 = [...]uint64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

// numeric stores a numeric in a decimal vector, which it widens where the value needs it.
func (d *decoder) numeric(v *vector, row int, b []byte) error {
	if len(b) < numericHeader {
		return corrupt("column %s: a numeric has %d bytes", v.out.name, len(b))
	}
	count := int(binary.BigEndian.Uint16(b))
	weight := int(int16(binary.BigEndian.Uint16(b[2:])))
	sign := binary.BigEndian.Uint16(b[4:])
	digits := b[numericHeader:]
	if len(digits) != 2*count {
		return corrupt("column %s: a numeric has %d bytes for %d digits", v.out.name, len(digits), count)
	}
	switch sign {
	case signPositive, signNegative:
	case signNaN, signInfinity, signMinusInf:
		return d.lose(v, row)
	default:
		return corrupt("column %s: a numeric has sign %#x", v.out.name, sign)
	}
	// The unscaled value is the digits as one number, times ten to this power.
	power := digitWidth*(weight-count+1) + int(v.out.typ.Scale)
	if count == 0 {
		power = 0
	}
	if v.decimal == types.W64 && digitWidth*count+max(power, 0) <= types.Digits64 {
		n := uint64(0)
		for i := 0; i < len(digits); i += 2 {
			n = n*digitBase + uint64(binary.BigEndian.Uint16(digits[i:]))
		}
		if power >= 0 {
			n *= powersOf10[power]
		} else {
			if n != 0 && (power < -types.Digits64 || n%powersOf10[-power] != 0) {
				return d.misfit(v)
			}
			n /= powersOf10[min(-power, types.Digits64)]
		}
		if sign == signNegative {
			n = -n
		}
		v.w64[row] = n
		return nil
	}
	n, ok := wide(digits, power)
	if !ok || !n.less(v.limit) {
		return d.misfit(v)
	}
	v.putWide(row, n, sign == signNegative)
	return nil
}

func (d *decoder) misfit(v *vector) error {
	return sqlerr.New(sqlerr.OutOfRange, "column %s: a numeric does not fit %s", v.out.name, v.out.typ)
}

// magnitude is an unsigned number, least significant word first.
type magnitude [4]uint64

// mulAdd returns m*by+add and whether it fits.
func (m magnitude) mulAdd(by, add uint64) (magnitude, bool) {
	for i := range m {
		hi, lo := bits.Mul64(m[i], by)
		var carry uint64
		m[i], carry = bits.Add64(lo, add, 0)
		add = hi + carry
	}
	return m, add == 0
}

// divide returns m/by and the remainder.
func (m magnitude) divide(by uint64) (magnitude, uint64) {
	rest := uint64(0)
	for i := len(m) - 1; i >= 0; i-- {
		m[i], rest = bits.Div64(rest, m[i], by)
	}
	return m, rest
}

// wide returns the digits as one number times 10^power, and false if that is no whole number or has over 256 bits.
func wide(digits []byte, power int) (m magnitude, ok bool) {
	ok = true
	for i := 0; i < len(digits) && ok; i += 2 {
		m, ok = m.mulAdd(digitBase, uint64(binary.BigEndian.Uint16(digits[i:])))
	}
	for power > 0 && ok {
		step := min(power, digitWidth)
		m, ok = m.mulAdd(powersOf10[step], 0)
		power -= step
	}
	for power < 0 && ok {
		step := min(-power, digitWidth)
		var rest uint64
		m, rest = m.divide(powersOf10[step])
		ok = rest == 0
		power += step
	}
	return m, ok
}

// less reports m < n.
func (m magnitude) less(n magnitude) bool {
	for i := len(m) - 1; i >= 0; i-- {
		if m[i] != n[i] {
			return m[i] < n[i]
		}
	}
	return false
}

// powerOf10 returns 10^n, for n up to 76.
func powerOf10(n int) magnitude {
	m := magnitude{1}
	for range n {
		m, _ = m.mulAdd(10, 0)
	}
	return m
}

// putWide stores a decimal of any size.
func (v *vector) putWide(row int, m magnitude, negative bool) {
	switch {
	case m[3]|m[2] != 0 || m[1] > math.MaxInt64:
		v.widen(types.W256, row)
	case m[1] != 0 || m[0] > math.MaxInt64:
		v.widen(types.W128, row)
	}
	switch v.decimal {
	case types.W64:
		v.w64[row] = m[0]
		if negative {
			v.w64[row] = -m[0]
		}
	case types.W128:
		n := decimal128.New(int64(m[1]), m[0])
		if negative {
			n = n.Negate()
		}
		v.w128[row] = n
	default:
		n := decimal256.New(m[3], m[2], m[1], m[0])
		if negative {
			n = n.Negate()
		}
		v.w256[row] = n
	}
}
