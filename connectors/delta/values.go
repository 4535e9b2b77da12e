package delta

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// integer reads a number that the log writes in decimal.
func integer(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }

// integerBits are the sizes of the integer types.
var integerBits = map[types.Kind]int{types.Int8: 8, types.Int16: 16, types.Int32: 32, types.Int64: 64}

// partitionValue converts the value that all rows of a file have in a column; nil and "" are NULL.
func partitionValue(text *string, t types.Type) (types.Value, error) {
	if text == nil || *text == "" {
		return types.NullValue, nil
	}
	v, ok := parseValue(*text, t)
	if !ok {
		return v, sqlerr.New(sqlerr.Corrupt, "%q is no %s", *text, t)
	}
	return v, nil
}

// parseValue reads a text of the log's. Numbers that MySQL does not have are NULL, as readers of files have it.
func parseValue(text string, t types.Type) (types.Value, bool) {
	switch {
	case t.IsInteger():
		n, err := strconv.ParseInt(text, 10, integerBits[t.Kind])
		return types.IntValue(n), err == nil
	case t.IsFloat():
		bits := 64
		if t.Kind == types.Float32 {
			bits = 32
		}
		f, err := strconv.ParseFloat(text, bits)
		if math.IsNaN(f) || math.IsInf(f, 0) && err == nil {
			return types.NullValue, true
		}
		return types.FloatValue(f), err == nil
	case t.Kind == types.Decimal:
		n, exact := parseDecimal(text, int(t.Scale), big.ToZero)
		if n == nil || !exact || len(new(big.Int).Abs(n).String()) > int(t.Precision) {
			return types.Value{}, false
		}
		return types.Value{Dec: decimal256.FromBigInt(n)}, true
	case t.Kind == types.Bool:
		return types.BoolValue(strings.EqualFold(text, "true")), strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
	case t.IsTemporal():
		m, ok := parseMoment(text)
		if t.Kind == types.Date {
			return types.IntValue(m.Unix() / secondsOfDay), ok && m.Unix()%secondsOfDay == 0 && m.Nanosecond() == 0
		}
		return types.IntValue(m.UnixMicro()), ok
	}
	return types.TextValue(text), t.IsString() && t.Kind != types.JSON
}

const secondsOfDay = 24 * 60 * 60

// The forms of moments. Those without a zone are taken as UTC's; any may have a fraction of the second.
var momentForms = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05", time.DateOnly, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00",
}

// parseMoment reads a date or moment that MySQL has.
func parseMoment(text string) (time.Time, bool) {
	for _, form := range momentForms {
		if m, err := time.Parse(form, text); err == nil {
			m = m.UTC()
			return m, m.Year() >= 1 && m.Year() <= 9999
		}
	}
	return time.Time{}, false
}

// largestExponent is that of the texts of decimals that are read.
const largestExponent = 100

// parseDecimal reads a number, perhaps with an exponent, as an integer at a scale: exactly, or else rounded. nil: it is no such number.
func parseDecimal(text string, scale int, rounding big.RoundingMode) (n *big.Int, exact bool) {
	exponent := 0
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		var err error
		if exponent, err = strconv.Atoi(text[at+1:]); err != nil || exponent > largestExponent || exponent < -largestExponent {
			return nil, false
		}
		text = text[:at]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	digits, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok || len(text) > largestExponent || strings.ContainsAny(text[1:], "+-_") {
		return nil, false
	}
	shift := scale + exponent - len(fraction)
	if shift >= 0 {
		return digits.Mul(digits, powerOfTen(shift)), true
	}
	quotient, rest := new(big.Int).DivMod(digits, powerOfTen(-shift), new(big.Int)) // rounds down
	if rest.Sign() != 0 && rounding == big.ToPositiveInf {
		quotient.Add(quotient, big.NewInt(1))
	}
	return quotient, rest.Sign() == 0
}

func powerOfTen(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }
