package store

import (
	"encoding/binary"
	"errors"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// number is an exact number, as most values are one on their way into a column.
type number struct {
	unscaled *big.Int
	scale    int // digits behind the point
}

// farExponent bounds the exponents of texts: what is beyond is no column's, or is 0.
const farExponent = 400

// readNumber reads the number at the start of a text. ok is false if there is none; rest is what follows it.
func readNumber(s string) (n number, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t\n\r\f\v")
	at := 0
	if s != "" && (s[0] == '+' || s[0] == '-') {
		at++
	}
	digits := make([]byte, 0, len(s))
	whole := digitsAt(s[at:])
	digits = append(digits, s[at:at+whole]...)
	negative := at > 0 && s[0] == '-'
	at += whole
	if at < len(s) && s[at] == '.' {
		n.scale = digitsAt(s[at+1:])
		digits = append(digits, s[at+1:at+1+n.scale]...)
		if whole+n.scale > 0 {
			at += 1 + n.scale
		}
	}
	if len(digits) == 0 {
		return number{new(big.Int), 0}, s, false
	}
	exponent := 0
	if at < len(s) && (s[at] == 'e' || s[at] == 'E') {
		sign := at + 1
		if sign < len(s) && (s[sign] == '+' || s[sign] == '-') {
			sign++
		}
		if run := digitsAt(s[sign:]); run > 0 {
			exponent = farExponent
			if e, err := strconv.Atoi(s[sign : sign+run]); err == nil {
				exponent = min(e, farExponent)
			}
			if s[sign-1] == '-' {
				exponent = -exponent
			}
			at = sign + run
		}
	}
	n.unscaled, _ = new(big.Int).SetString(string(digits), 10)
	if negative {
		n.unscaled.Neg(n.unscaled)
	}
	if n.scale -= exponent; n.scale < 0 {
		n.unscaled.Mul(n.unscaled, powerOfTen(-n.scale))
		n.scale = 0
	}
	return n, s[at:], true
}

func digitsAt(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func powerOfTen(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// rounded is the number with so many digits behind the point, halves away from zero, unscaled.
func (n number) rounded(scale int) (v *big.Int, exact bool) {
	if n.scale <= scale {
		return new(big.Int).Mul(n.unscaled, powerOfTen(scale-n.scale)), true
	}
	unit := powerOfTen(n.scale - scale)
	v, rest := new(big.Int).QuoRem(n.unscaled, unit, new(big.Int))
	exact = rest.Sign() == 0
	if rest.Lsh(rest.Abs(rest), 1).Cmp(unit) >= 0 {
		v.Add(v, big.NewInt(int64(n.unscaled.Sign())))
	}
	return v, exact
}

// numberOf is the number that a value has in an exact column, what = how MySQL calls the column's type in an error. Text may be less than one.
func (r *Rules) numberOf(v types.Value, from types.Type, to *Column, what string) (number, error) {
	switch {
	case from.IsUnsigned():
		return number{new(big.Int).SetUint64(uint64(v.Int)), 0}, nil
	case from.Kind == types.Bool || from.IsInteger():
		return number{big.NewInt(v.Int), 0}, nil
	case from.Kind == types.Decimal:
		return number{v.Dec.BigInt(), int(from.Scale)}, nil
	case from.IsFloat():
		n, _, _ := readNumber(strconv.FormatFloat(v.Float, 'e', -1, floatBits(from)))
		return n, nil
	case from.IsTemporal():
		digits, micros := r.digits(v, from)
		return number{new(big.Int).Add(new(big.Int).Mul(big.NewInt(digits), big.NewInt(1e6)), big.NewInt(micros)), types.MaxFSP}, nil
	case from.Kind == types.Enum, from.Kind == types.Set:
		return number{new(big.Int).SetUint64(memberNumber(v.Str, from)), 0}, nil
	}
	n, rest, ok := readNumber(v.Str)
	switch {
	case !ok:
		return n, r.incorrect(what, v.Str, to)
	case !blank(rest):
		return n, r.truncated(to)
	}
	return n, nil
}

func blank(s string) bool { return strings.TrimRight(s, " \t\n\r\f\v") == "" }

func floatBits(t types.Type) int {
	if t.Kind == types.Float32 {
		return 32
	}
	return 64
}

// memberNumber is the index of an ENUM's member, or the bits of a SET's.
func memberNumber(s string, t types.Type) uint64 {
	names := t.MemberNames()
	if t.Kind == types.Enum {
		return uint64(slices.Index(names, s) + 1)
	}
	var bits uint64
	for m := range strings.SplitSeq(s, ",") {
		if i := slices.Index(names, m); i >= 0 {
			bits |= 1 << i
		}
	}
	return bits
}

// bounds are the least and the greatest value of an integer column.
func (c *Column) bounds() (least int64, greatest uint64) {
	bits := c.Bits
	if bits == 0 {
		switch c.Type.Kind {
		case types.Bool, types.Int8, types.Uint8:
			bits = 8
		case types.Int16, types.Uint16:
			bits = 16
		case types.Int32, types.Uint32:
			bits = 32
		default:
			bits = 64
		}
	}
	if c.Type.IsUnsigned() {
		return 0, math.MaxUint64 >> (64 - bits)
	}
	return -1 << (bits - 1), 1<<(bits-1) - 1
}

// integer stores into TINYINT to BIGINT (11.1.2, 11.1.7). A DOUBLE's halves go to the even neighbour, all others away from zero.
func (r *Rules) integer(v types.Value, from types.Type, to *Column) (types.Value, error) {
	least, greatest := to.bounds()
	switch {
	case from.IsUnsigned():
		if u := uint64(v.Int); u > greatest {
			return types.UintValue(greatest), r.outOfRange(to)
		}
		return v, nil
	case from.Kind == types.Bool || from.IsInteger():
		switch {
		case v.Int < least:
			return types.IntValue(least), r.outOfRange(to)
		case v.Int > 0 && uint64(v.Int) > greatest:
			return types.UintValue(greatest), r.outOfRange(to)
		}
		return v, nil
	case from.IsFloat():
		f := math.RoundToEven(v.Float)
		switch {
		case f < float64(least):
			return types.IntValue(least), r.outOfRange(to)
		case f > float64(greatest) || f == float64(greatest) && greatest > 1<<53: // which has no double of its own
			return types.UintValue(greatest), r.outOfRange(to)
		case f < 0:
			return types.IntValue(int64(f)), nil
		}
		return types.UintValue(uint64(f)), nil
	}
	whole, err := r.whole(v, from, to, big.NewInt(least), new(big.Int).SetUint64(greatest))
	switch {
	case errors.Is(err, errBeyond) && whole.Sign() < 0:
		return types.IntValue(least), r.outOfRange(to)
	case errors.Is(err, errBeyond):
		return types.UintValue(greatest), r.outOfRange(to)
	case err != nil:
		return types.NullValue, err
	case whole.Sign() < 0:
		return types.IntValue(whole.Int64()), nil
	}
	return types.UintValue(whole.Uint64()), nil
}

// errBeyond says that a number is beyond a column.
var errBeyond = errors.New("out of range")

// whole is a value as a whole number, with errBeyond if it is not from low to high. A text that goes on behind a number is worth a word only
// if that is. Of a DOUBLE it is what stands before the point, as YEAR and BIT have it.
func (r *Rules) whole(v types.Value, from types.Type, to *Column, low, high *big.Int) (*big.Int, error) {
	beyond := func(n number) (*big.Int, bool) {
		whole, _ := n.rounded(0)
		if from.IsFloat() {
			whole.Quo(n.unscaled, powerOfTen(n.scale))
		}
		return whole, whole.Cmp(low) < 0 || whole.Cmp(high) > 0
	}
	if isText(from) {
		if n, _, ok := readNumber(v.Str); ok {
			if whole, out := beyond(n); out {
				return whole, errBeyond
			}
		}
	}
	n, err := r.numberOf(v, from, to, "integer")
	if err != nil {
		return nil, err
	}
	whole, out := beyond(n)
	if out {
		return whole, errBeyond
	}
	return whole, nil
}

// isText reports values that are texts or byte strings, not members of a list.
func isText(t types.Type) bool { return t.IsString() && t.Kind != types.Enum && t.Kind != types.Set }

// decimal stores into DECIMAL (11.1.3).
func (r *Rules) decimal(v types.Value, from types.Type, to *Column) (types.Value, error) {
	n, err := r.numberOf(v, from, to, "decimal")
	if err != nil {
		return types.NullValue, err
	}
	if to.Number.Unsigned && n.unscaled.Sign() < 0 {
		return types.Value{}, r.outOfRange(to)
	}
	d, exact := n.rounded(int(to.Type.Scale))
	if limit := powerOfTen(int(to.Type.Precision)); d.CmpAbs(limit) >= 0 {
		nearest := limit.Sub(limit, big.NewInt(1))
		if d.Sign() < 0 {
			nearest.Neg(nearest)
		}
		return types.Value{Dec: decimal256.FromBigInt(nearest)}, r.outOfRange(to)
	}
	if !exact {
		r.cut(to)
	}
	return types.Value{Dec: decimal256.FromBigInt(d)}, nil
}

// float stores into FLOAT and DOUBLE (11.1.4).
func (r *Rules) float(v types.Value, from types.Type, to *Column) (types.Value, error) {
	f := v.Float
	if !from.IsFloat() {
		n, err := r.doubleOf(v, from, to)
		if err != nil {
			return types.NullValue, err
		}
		f = n
	}
	if to.Number.Unsigned && f < 0 {
		return types.FloatValue(0), r.outOfRange(to)
	}
	greatest := math.MaxFloat64
	if to.Type.Kind == types.Float32 {
		greatest = math.MaxFloat32
	}
	if n := to.Number; n.Digits > 0 {
		greatest = min(greatest, math.Pow10(n.Digits-n.Decimals)-math.Pow10(-n.Decimals))
		f = roundedAt(f, n.Decimals)
	} else {
		f = nearest(f, to.Type)
	}
	if math.Abs(f) > greatest {
		return types.FloatValue(nearest(math.Copysign(greatest, f), to.Type)), r.outOfRange(to)
	}
	return types.FloatValue(nearest(f, to.Type)), nil
}

// nearest is the number of a type that is nearest to a double, which stays as it is beyond them.
func nearest(f float64, t types.Type) float64 {
	if narrow := float64(float32(f)); t.Kind == types.Float32 && !math.IsInf(narrow, 0) {
		return narrow
	}
	return f
}

// roundedAt is a double with so many digits after the point. The whole part stays as it is, for which there may be no more digits.
func roundedAt(f float64, decimals int) float64 {
	if math.IsInf(f, 0) {
		return f
	}
	whole, unit := math.Floor(f), math.Pow10(decimals)
	return whole + math.RoundToEven((f-whole)*unit)/unit
}

// doubleOf is the double nearest to a value, an infinity beyond all.
func (r *Rules) doubleOf(v types.Value, from types.Type, to *Column) (float64, error) {
	if isText(from) {
		s := strings.TrimLeft(v.Str, " \t\n\r\f\v")
		_, rest, ok := readNumber(s)
		if !ok || !blank(rest) { // one error for both, unlike that of exact numbers
			if err := r.truncated(to); err != nil || !ok {
				return 0, err
			}
		}
		f, err := strconv.ParseFloat(s[:len(s)-len(rest)], 64)
		if err != nil && !math.IsInf(f, 0) {
			return 0, err
		}
		return f, nil
	}
	n, err := r.numberOf(v, from, to, "double")
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(n.unscaled.String()+"e"+strconv.Itoa(-n.scale), 64)
}

// year stores into YEAR (11.2.4): of one or two digits it is one from 1970 to 2069, but for the number 0.
func (r *Rules) year(v types.Value, from types.Type, to *Column) (types.Value, error) {
	if from.Kind == types.Year {
		return v, nil
	}
	if from.IsTemporal() {
		moment, err := r.microsOf(v, from, to)
		return types.IntValue(int64(civil(moment).Year())), err
	}
	if n, _, ok := readNumber(v.Str); ok && isText(from) {
		if y, _ := n.rounded(0); y.Cmp(big.NewInt(99)) > 0 && y.Cmp(big.NewInt(1901)) < 0 { // which counts more than what follows
			return types.IntValue(0), r.outOfRange(to)
		}
	}
	whole, err := r.whole(v, from, to, new(big.Int), big.NewInt(2155))
	if errors.Is(err, errBeyond) {
		return types.IntValue(0), r.outOfRange(to)
	}
	if err != nil {
		return types.NullValue, err
	}
	text := isText(from) && len(strings.TrimSpace(v.Str)) != 4
	if _, _, number := readNumber(v.Str); !number {
		text = false
	}
	switch y := whole.Int64(); {
	case y == 0 && !text, y >= 1901:
		return types.IntValue(y), nil
	case y < 70:
		return types.IntValue(2000 + y), nil
	case y < 100:
		return types.IntValue(1900 + y), nil
	}
	return types.IntValue(0), r.outOfRange(to)
}

// bit stores into BIT(n) (11.1.5): a string is its bytes, anything else a number. What is too long is all ones.
func (r *Rules) bit(v types.Value, from types.Type, to *Column) (types.Value, error) {
	greatest := uint64(math.MaxUint64)
	if n := to.Type.Length; n > 0 && n < 64 {
		greatest = 1<<n - 1
	}
	var bits uint64
	long := false
	if isText(from) || from.IsTemporal() {
		s := strings.TrimLeft(r.shown(v, from), "\x00")
		if long = len(s) > 8; !long {
			var wide [8]byte
			copy(wide[8-len(s):], s)
			bits = binary.BigEndian.Uint64(wide[:])
		}
	} else {
		least := big.NewInt(math.MinInt64)
		if from.Kind == types.Decimal {
			least = new(big.Int)
		}
		whole, err := r.whole(v, from, to, least, new(big.Int).SetUint64(math.MaxUint64))
		switch {
		case errors.Is(err, errBeyond) && from.Kind == types.Decimal:
			if whole.Sign() < 0 {
				greatest = 0
			}
			return types.UintValue(greatest), r.outOfRange(to)
		case errors.Is(err, errBeyond):
			long = true
		case err != nil:
			return types.NullValue, err
		case whole.Sign() < 0:
			bits = uint64(whole.Int64())
		default:
			bits = whole.Uint64()
		}
	}
	if !long && bits <= greatest {
		return types.UintValue(bits), nil
	}
	if r.Strict {
		return types.NullValue, r.complain(sqlerr.DataTooLong, "Data too long for column '%s' at row %d", to.Name, r.Row)
	}
	return types.UintValue(greatest), r.outOfRange(to)
}
