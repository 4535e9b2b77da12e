package text

import (
	"math"
	"strconv"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/types"
)

// trim drops spaces around a value that is no text.
func trim(v []byte) []byte {
	for len(v) > 0 && v[0] == ' ' {
		v = v[1:]
	}
	for len(v) > 0 && v[len(v)-1] == ' ' {
		v = v[:len(v)-1]
	}
	return v
}

// shape is how a number is written.
type shape struct {
	ok       bool
	negative bool
	whole    int // digits before the point
	scale    int // digits after it
	exponent bool
}

// shapeOf looks at a number: an optional minus sign, digits without leading zeros, a point, an exponent.
func shapeOf(v []byte) (s shape) {
	i := 0
	if len(v) > 0 && v[0] == '-' {
		s.negative = true
		i++
	}
	from := i
	for i < len(v) && isDigit(v[i]) {
		i++
	}
	s.whole = i - from
	if s.whole > 1 && v[from] == '0' {
		return shape{}
	}
	if i < len(v) && v[i] == '.' {
		i++
		from = i
		for i < len(v) && isDigit(v[i]) {
			i++
		}
		s.scale = i - from
		if s.scale == 0 {
			return shape{}
		}
	}
	if s.whole+s.scale == 0 {
		return shape{}
	}
	if i < len(v) && (v[i] == 'e' || v[i] == 'E') {
		s.exponent = true
		i++
		if i < len(v) && (v[i] == '-' || v[i] == '+') {
			i++
		}
		from = i
		for i < len(v) && isDigit(v[i]) {
			i++
		}
		if i == from {
			return shape{}
		}
	}
	s.ok = i == len(v)
	return s
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// parseInt reads a whole number of 64 bits.
func parseInt(v []byte) (int64, bool) {
	i, negative := 0, false
	if len(v) > 0 && v[0] == '-' {
		i, negative = 1, true
	}
	digits := len(v) - i
	if digits == 0 || digits > 19 || digits > 1 && v[i] == '0' {
		return 0, false
	}
	n := uint64(0)
	for ; i < len(v); i++ {
		d := v[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + uint64(d) // 19 digits fit
	}
	switch {
	case negative:
		return -int64(n), n <= 1<<63
	default:
		return int64(n), n <= math.MaxInt64
	}
}

// parseDecimal64 reads a decimal number times ten to the scale. fits is false if it is a number of more than 18 digits then.
func parseDecimal64(v []byte, scale int) (n int64, ok, fits bool) {
	s := shapeOf(v)
	if !s.ok || s.exponent {
		return 0, false, true
	}
	if s.scale > scale {
		for v[len(v)-1] == '0' && s.scale > scale { // digits that say nothing
			v, s.scale = v[:len(v)-1], s.scale-1
		}
		if s.scale > scale {
			return 0, false, true
		}
	}
	if s.whole+scale > types.Digits64 {
		return 0, true, false
	}
	for _, c := range v {
		if d := c - '0'; d <= 9 {
			n = n*10 + int64(d)
		}
	}
	for range scale - s.scale {
		n *= 10
	}
	if s.negative {
		n = -n
	}
	return n, true, true
}

// parseDecimal256 reads a decimal number of at most precision digits, times ten to the scale.
func parseDecimal256(v []byte, precision, scale int) (n decimal256.Num, ok bool) {
	s := shapeOf(v)
	if !s.ok || s.exponent {
		return n, false
	}
	for s.scale > scale && v[len(v)-1] == '0' {
		v, s.scale = v[:len(v)-1], s.scale-1
	}
	if s.scale > scale || s.whole > precision-scale && !(s.whole == 1 && leadingZero(v)) {
		return n, false
	}
	// Eighteen digits at a time.
	part, digits := int64(0), 0
	flush := func() {
		n = n.Mul(decimal256.FromI64(pow10[digits])).Add(decimal256.FromI64(part))
		part, digits = 0, 0
	}
	push := func(d byte) {
		part = part*10 + int64(d)
		if digits++; digits == types.Digits64 {
			flush()
		}
	}
	for _, c := range v {
		if isDigit(c) {
			push(c - '0')
		}
	}
	for range scale - s.scale {
		push(0)
	}
	flush()
	if s.negative {
		n = n.Negate()
	}
	return n, true
}

func leadingZero(v []byte) bool { return v[0] == '0' || len(v) > 1 && v[1] == '0' }

var pow10 = func() (p [types.Digits64 + 1]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// parseFloat reads a number; lost is one that MySQL does not have.
func parseFloat(v []byte) (f float64, ok, lost bool) {
	if isNonFinite(v) {
		return 0, true, true
	}
	if !shapeOf(v).ok {
		return 0, false, false
	}
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(v), len(v)), 64)
	return f, err == nil, false // an error is a number beyond a double's
}

// isNonFinite reports NaN and infinities as other systems write them.
func isNonFinite(v []byte) bool {
	if len(v) > 0 && (v[0] == '-' || v[0] == '+') {
		v = v[1:]
	}
	return equalFold(v, "nan") || equalFold(v, "inf") || equalFold(v, "infinity")
}

// equalFold compares with a word in lower case, ASCII letters' case aside.
func equalFold(v []byte, word string) bool {
	if len(v) != len(word) {
		return false
	}
	for i, c := range v {
		if c|0x20 != word[i] {
			return false
		}
	}
	return true
}

// parseBool reads true or false.
func parseBool(v []byte) (value, ok bool) {
	switch {
	case equalFold(v, "true"):
		return true, true
	case equalFold(v, "false"):
		return false, true
	}
	return false, false
}
