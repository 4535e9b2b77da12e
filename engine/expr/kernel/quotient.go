package kernel

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/types"
)

// inexact reports a type whose values DIV takes for the decimals that they are written as.
func inexact(t types.Type) bool { return t.IsString() || t.IsFloat() }

// exactIntDiv is DIV of operands as decimals of any scale, with a result of type t.
func exactIntDiv(l, r, t types.Type, where fmt.Stringer) Func {
	return func(ctx *Context, args []Datum, n int) (arrow.Array, error) {
		zero := byZero(false)
		divide := IntegerRows(t, Strict, func(row *Row) (int64, bool) {
			x, xExponent := row.exact(0, l)
			y, yExponent := row.exact(1, r)
			if y.Sign() == 0 {
				zero = true
				return 0, false
			}
			x.Mul(x, pow10Big(max(xExponent-yExponent, 0)))
			y.Mul(y, pow10Big(max(yExponent-xExponent, 0)))
			x.Quo(x, y)
			if t.IsUnsigned() && !x.IsUint64() || !t.IsUnsigned() && !x.IsInt64() {
				row.Fail(outOfRange(integerName(t), where))
				return 0, false
			}
			if t.IsUnsigned() {
				return int64(x.Uint64()), true
			}
			return x.Int64(), true
		})
		out, err := divide(ctx, args, n)
		return checkZero(ctx, out, err, zero)
	}
}

// exact is argument k, which is of type t, as an integer times a power of ten.
func (r *Row) exact(k int, t types.Type) (n *big.Int, exponent int) {
	switch {
	case t.Kind == types.Decimal:
		return r.Decimal(k).BigInt(), -int(t.Scale)
	case t.IsFloat():
		return exactNumber(strconv.FormatFloat(r.Double(k), 'e', -1, 64))
	case t.IsUnsigned():
		return new(big.Int).SetUint64(uint64(r.Int(k))), 0
	case !t.IsString():
		return big.NewInt(r.Int(k)), 0
	}
	raw := string(r.Text(k))
	s := strings.TrimLeft(raw, " \t\n\r\f\v")
	number := s[:numberRun(s)]
	if number == "" || strings.TrimRight(s[len(number):], " ") != "" {
		r.Warn(warnTruncated, fmt.Sprintf("Truncated incorrect DECIMAL value: '%s'", raw))
	}
	return exactNumber(number)
}

// exactNumber reads a number as an integer times a power of ten. One of more digits than a decimal has, before or behind the point, is
// the largest or 0.
func exactNumber(s string) (n *big.Int, exponent int) {
	const most = 81 // digits of MySQL's decimals as it computes
	mantissa, power, _ := strings.Cut(strings.ToLower(s), "e")
	exponent, err := strconv.Atoi(power)
	if power != "" && err != nil { // beyond all
		exponent = map[bool]int{true: -1, false: 1}[strings.HasPrefix(power, "-")] << 20
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if cut := len(whole) - 4*most; cut > 0 { // as good as all, and quickly read
		whole, fraction, exponent = whole[:4*most], "", exponent+cut
	}
	fraction = fraction[:min(len(fraction), 4*most)]
	n, _ = new(big.Int).SetString(whole+fraction, 10)
	if n == nil || n.Sign() == 0 {
		return new(big.Int), 0
	}
	exponent -= len(fraction)
	digits := len(strings.TrimLeft(n.String(), "-")) + exponent // before the point
	switch {
	case digits > most:
		largest := new(big.Int).Sub(pow10Big(most), big.NewInt(1))
		return largest.Mul(largest, big.NewInt(int64(n.Sign()))), 0
	case digits < -most:
		return new(big.Int), 0
	}
	return n, exponent
}
