package kernel

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"

	"github.com/silogate/silogate/engine/types"
)

// Conv computes CONV(text, from, to): the number that text begins with, of one base in another. A negative from reads with a sign, a
// negative to shows one. NULL for a base out of range and for the empty text.
func Conv(r *Row, dst []byte) ([]byte, bool) {
	return appendConverted(dst, r.Text(0), r.Int(1), r.Int(2))
}

// ConvTo returns BIN or OCT: Conv of a decimal number.
func ConvTo(base int64) func(r *Row, dst []byte) ([]byte, bool) {
	return func(r *Row, dst []byte) ([]byte, bool) { return appendConverted(dst, r.Text(0), 10, base) }
}

func appendConverted(dst, s []byte, from, to int64) ([]byte, bool) {
	if !isBase(from) || !isBase(to) || len(s) == 0 {
		return dst, false
	}
	v := readBase(s, int(max(from, -from)), from < 0)
	if to < 0 {
		return append(dst, upperDigits(strconv.FormatInt(int64(v), int(-to)))...), true
	}
	return append(dst, upperDigits(strconv.FormatUint(v, int(to)))...), true
}

func isBase(b int64) bool { return b >= 2 && b <= 36 || b <= -2 && b >= -36 }

func upperDigits(s string) []byte {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return b
}

// readBase reads the digits at the start of s; what is too large is the largest.
func readBase(s []byte, base int, signed bool) uint64 {
	for len(s) > 0 && (s[0] == ' ' || s[0] >= '\t' && s[0] <= '\r') {
		s = s[1:]
	}
	negative := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	var v uint64
	over := false
	for _, c := range s {
		d := digitValue(c)
		if d >= base {
			break
		}
		hi, lo := bits.Mul64(v, uint64(base))
		sum, carry := bits.Add64(lo, uint64(d), 0)
		over = over || hi != 0 || carry != 0
		v = sum
	}
	switch {
	case signed && negative && (over || v > 1<<63):
		return 1 << 63
	case signed && !negative && (over || v > math.MaxInt64):
		return math.MaxInt64
	case over:
		return math.MaxUint64
	case negative:
		return -v
	}
	return v
}

func digitValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	}
	return 99
}

// BitCount computes BIT_COUNT(number).
func BitCount(r *Row) (int64, bool) { return int64(bits.OnesCount64(uint64(r.Int(0)))), true }

// BitCountBytes computes BIT_COUNT(byte string).
func BitCountBytes(r *Row) (int64, bool) {
	n := 0
	for _, c := range r.Text(0) {
		n += bits.OnesCount8(c)
	}
	return int64(n), true
}

// warnLocale is ER_UNKNOWN_LOCALE.
const warnLocale = 1649

// FormatNumber returns the function of FORMAT(number, digits[, locale]) of a number of type t, which is a DECIMAL or DOUBLE. It is
// lenient: a NULL locale is the usual one, with a warning.
func FormatNumber(t types.Type) func(r *Row, dst []byte) ([]byte, bool) {
	return func(r *Row, dst []byte) ([]byte, bool) {
		if r.Null(0) || r.Null(1) {
			return dst, false
		}
		digits := int(min(max(r.Int(1), 0), types.MaxScale))
		var text string
		if t.Kind == types.Decimal {
			text = roundedText(r.Decimal(0).BigInt(), int(t.Scale), digits)
		} else {
			text = strconv.FormatFloat(roundDouble(r.Double(0), int64(digits), halfAway), 'f', digits, 64)
		}
		shape := usualLocale
		if r.Len() == 3 {
			name := "NULL"
			if !r.Null(2) {
				name = string(r.Text(2))
			}
			var ok bool
			if shape, ok = localeOf(name); !ok {
				r.Warn(warnLocale, "Unknown locale: '"+name+"'")
			}
		}
		return shape.append(dst, text), true
	}
}

// roundedText prints an unscaled decimal with so many digits, halves away from zero.
func roundedText(v *big.Int, scale, digits int) string {
	if digits < scale {
		divideRounded(v, pow10Big(scale-digits))
	} else {
		v.Mul(v, pow10Big(digits-scale))
	}
	negative := v.Sign() < 0
	s := v.Abs(v).String()
	for len(s) <= digits {
		s = "0" + s
	}
	if digits > 0 {
		s = s[:len(s)-digits] + "." + s[len(s)-digits:]
	}
	if negative {
		return "-" + s
	}
	return s
}
