package expr

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/collation"
	"github.com/silogate/silogate/engine/types"
)

// reference evaluates expressions one row at a time, in the plainest way: exact numbers are big.Rat, dates time.Time, text
// []rune. It shares no code with the kernels.
type reference struct {
	row map[ColumnID]types.Value
	loc *time.Location
}

var errRange = errors.New("out of range")

func (r reference) eval(e Expr) (types.Value, error) {
	switch e := e.(type) {
	case *Column:
		return r.row[e.ID], nil
	case *Literal:
		return e.Value, nil
	case *Cast:
		v, err := r.eval(e.Arg)
		if err != nil || v.Null {
			return v, err
		}
		return r.cast(v, e.Arg.Type(), e.To)
	case *Case:
		for _, w := range e.Whens {
			c, err := r.eval(w.Cond)
			if err != nil {
				return c, err
			}
			if !c.Null && c.Int != 0 {
				return r.eval(w.Then)
			}
		}
		if e.Else == nil {
			return types.NullValue, nil
		}
		return r.eval(e.Else)
	case *In:
		return r.in(e)
	}
	return r.call(e.(*Call))
}

func (r reference) in(e *In) (types.Value, error) {
	v, err := r.eval(e.Arg)
	if err != nil || v.Null {
		return v, err
	}
	for _, m := range e.List {
		if r.compare(v, m, e.Arg.Type(), e.Arg.Type()) == 0 {
			return types.BoolValue(!e.Not), nil
		}
	}
	if e.HasNull {
		return types.NullValue, nil
	}
	return types.BoolValue(e.Not), nil
}

// rat is the exact value of a number.
func rat(v types.Value, t types.Type) *big.Rat {
	switch {
	case t.Kind == types.Decimal:
		return new(big.Rat).SetFrac(v.Dec.BigInt(), ten(int(t.Scale)))
	case t.IsUnsigned():
		return new(big.Rat).SetInt(new(big.Int).SetUint64(uint64(v.Int)))
	case t.Kind == types.Float64 || t.Kind == types.Float32:
		return new(big.Rat).SetFloat64(v.Float)
	}
	return new(big.Rat).SetInt64(v.Int)
}

func ten(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// roundRat rounds to a scale, halves away from zero, and returns the unscaled value.
func roundRat(v *big.Rat, scale int) *big.Int {
	s := new(big.Rat).Mul(v, new(big.Rat).SetInt(ten(max(scale, 0))))
	if scale < 0 {
		s.Quo(v, new(big.Rat).SetInt(ten(-scale)))
	}
	neg := s.Sign() < 0
	s.Abs(s)
	s.Add(s, big.NewRat(1, 2))
	q := new(big.Int).Quo(s.Num(), s.Denom())
	if neg {
		q.Neg(q)
	}
	return q
}

func truncRat(v *big.Rat) *big.Int { return new(big.Int).Quo(v.Num(), v.Denom()) }

func floorRat(v *big.Rat) *big.Int {
	q, m := new(big.Int).DivMod(v.Num(), v.Denom(), new(big.Int))
	_ = m
	return q
}

// exact makes a value of an exact type.
func exact(v *big.Rat, t types.Type) (types.Value, error) {
	if t.Kind == types.Decimal {
		u := roundRat(v, int(t.Scale))
		if u.CmpAbs(ten(65)) >= 0 {
			return types.Value{}, errRange
		}
		return types.Value{Dec: decimal256.FromBigInt(u)}, nil
	}
	n := truncRat(v)
	if t.IsUnsigned() {
		if !n.IsUint64() {
			return types.Value{}, errRange
		}
		return types.UintValue(n.Uint64()), nil
	}
	if !n.IsInt64() {
		return types.Value{}, errRange
	}
	return types.IntValue(n.Int64()), nil
}

// collationUnder is the collation that texts of type t are compared under; nil where bytes are.
func collationUnder(t types.Type) *collation.Collation {
	if !t.IsText() || t.Collation.Bytewise() {
		return nil
	}
	c, _ := collation.Of(t.Collation)
	return c
}

func (r reference) compare(a, b types.Value, ta, tb types.Type) int {
	switch {
	case ta.IsString():
		if c := collationUnder(ta); c != nil {
			return c.Compare(a.Str, b.Str)
		}
		return strings.Compare(a.Str, b.Str)
	case ta.Kind == types.Float64:
		return rat(a, ta).Cmp(rat(b, tb))
	case ta.IsTemporal():
		return big.NewInt(a.Int).Cmp(big.NewInt(b.Int))
	}
	return rat(a, ta).Cmp(rat(b, tb))
}

func (r reference) cast(v types.Value, from, to types.Type) (types.Value, error) {
	switch {
	case to.IsString():
		s := v.Format(from, r.loc)
		if from.Kind == types.Bool {
			s = strconv.FormatInt(v.Int, 10)
		}
		if to.Length > 0 && to.IsText() && utf8.RuneCountInString(s) > int(to.Length) {
			s = string([]rune(s)[:to.Length])
		} else if to.Length > 0 && to.IsBinary() && len(s) > int(to.Length) {
			s = s[:to.Length]
		}
		return types.TextValue(s), nil
	case from.Kind == types.JSON:
		return r.castFromJSON(v.Str, to)
	case to.IsTemporal() && from.IsNumeric():
		return r.castNumberToTemporal(v, from, to)
	case to.IsTemporal():
		return r.castTemporal(v, from, to)
	case from.IsTemporal():
		return r.castFromTemporal(v, from, to)
	case from.IsString():
		return castFromText(v.Str, to)
	case to.IsFloat():
		if from.IsFloat() {
			return v, nil
		}
		f, _ := rat(v, from).Float64()
		return types.FloatValue(f), nil
	case to.IsInteger() && from.IsInteger() && (to.Kind == types.Int64 || to.Kind == types.Uint64):
		return v, nil
	case to.IsInteger() && from.IsFloat():
		if v.Float < 0 {
			to = types.Of(types.Int64) // BIGINT UNSIGNED has its bits
		}
		return clampTo(new(big.Rat).SetFloat64(math.RoundToEven(v.Float)), to), nil
	case to.IsInteger():
		return clampTo(new(big.Rat).SetInt(roundRat(rat(v, from), 0)), to), nil
	}
	n := rat(v, from)
	if from.IsFloat() {
		n, _ = new(big.Rat).SetString(strconv.FormatFloat(v.Float, 'f', -1, 64))
	}
	return clampTo(n, to), nil
}

// clampTo keeps a number in the range of an exact type.
func clampTo(n *big.Rat, to types.Type) types.Value {
	var low, high *big.Int
	scale := 0
	switch {
	case to.Kind == types.Decimal:
		scale = int(to.Scale)
		high = new(big.Int).Sub(ten(int(to.Precision)), big.NewInt(1))
		low = new(big.Int).Neg(high)
	case to.IsUnsigned():
		low, high = big.NewInt(0), new(big.Int).SetUint64(math.MaxUint64)
	default:
		low, high = big.NewInt(math.MinInt64), big.NewInt(math.MaxInt64)
	}
	u := roundRat(n, scale)
	if u.Cmp(low) < 0 {
		u = low
	}
	if u.Cmp(high) > 0 {
		u = high
	}
	if to.Kind == types.Decimal {
		return types.Value{Dec: decimal256.FromBigInt(u)}
	}
	if to.IsUnsigned() {
		return types.UintValue(u.Uint64())
	}
	return types.IntValue(u.Int64())
}

var (
	numberPrefix  = regexp.MustCompile(`^\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?`)
	integerPrefix = regexp.MustCompile(`^\s*[-+]?\d+`)
)

func castFromText(s string, to types.Type) (types.Value, error) {
	if to.IsInteger() {
		n, _ := new(big.Rat).SetString(strings.TrimSpace(integerPrefix.FindString(s)))
		if n == nil {
			n = new(big.Rat)
		}
		if n.Sign() < 0 { // of an unsigned one the bits of a signed
			return clampTo(n, types.Of(types.Int64)), nil
		}
		return clampTo(n, types.Of(types.Uint64)), nil // and the other way round
	}
	prefix := strings.TrimSpace(numberPrefix.FindString(s))
	if to.IsFloat() {
		f, err := strconv.ParseFloat(prefix, 64)
		if err != nil && math.IsInf(f, 0) {
			f = math.Copysign(math.MaxFloat64, f)
		}
		return types.FloatValue(f), nil
	}
	n, ok := new(big.Rat).SetString(prefix)
	if !ok {
		n = new(big.Rat)
		if f, _ := strconv.ParseFloat(prefix, 64); math.IsInf(f, 0) { // an exponent that is too large for a Rat
			n.SetInt(ten(100))
			n.SetFrac(n.Num(), big.NewInt(int64(math.Copysign(1, f))))
		}
	}
	return clampTo(n, to), nil
}

// civil is a date and time of the session as if it were UTC.
func (r reference) civil(v types.Value, t types.Type) time.Time {
	switch t.Kind {
	case types.Date:
		return time.Unix(v.Int*86400, 0).UTC()
	case types.Timestamp:
		l := time.UnixMicro(v.Int).In(r.loc)
		return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), l.Nanosecond(), time.UTC)
	}
	return time.UnixMicro(v.Int).UTC()
}

func (r reference) castTemporal(v types.Value, from, to types.Type) (types.Value, error) {
	if from.IsString() {
		return r.parseTemporal(v.Str, to)
	}
	if from.Kind == types.Time || from.Kind == to.Kind && from.Kind != types.Date {
		return types.IntValue(roundMicros(v.Int, to)), nil
	}
	return r.temporal(r.civil(v, from), from, to)
}

func roundMicros(us int64, t types.Type) int64 {
	unit := ten(6 - int(t.Scale)).Int64()
	n := big.NewRat(us, unit)
	if t.Kind == types.Time && us < 0 {
		return roundRat(n, 0).Int64() * unit
	}
	n.Add(n, big.NewRat(1, 2))
	return floorRat(n).Int64() * unit
}

// temporal makes a value of a temporal type from a civil time.
func (r reference) temporal(c time.Time, from, to types.Type) (types.Value, error) {
	us := c.UnixMicro()
	switch to.Kind {
	case types.Date:
		return types.IntValue(c.Truncate(24*time.Hour).Unix() / 86400), nil
	case types.Time:
		us -= c.Truncate(24 * time.Hour).UnixMicro()
	}
	if to.Scale < from.Scale {
		us = roundMicros(us, to)
	}
	if to.Kind == types.Timestamp && from.Kind != types.Timestamp {
		c = time.UnixMicro(us).UTC()
		us = time.Date(c.Year(), c.Month(), c.Day(), c.Hour(), c.Minute(), c.Second(), c.Nanosecond(), r.loc).UnixMicro()
	}
	return types.IntValue(us), nil
}

var layouts = []string{"2006-01-02 15", "2006-01-02 15:04:05.999999", "2006-01-02T15:04:05.999999", "2006-01-02", "20060102", "20060102150405", "2006-01-02 15:04"}

var clock = regexp.MustCompile(`^(-?)(?:(\d+) )?(\d+)(?::(\d\d?))?(?::(\d\d?))?(\.\d+)?`)

// parseTime reads a TIME.
func parseTime(s string, to types.Type) types.Value {
	m := clock.FindStringSubmatch(s)
	if m == nil || len(m[3]) > 10 {
		return types.NullValue
	}
	var n [4]int64
	for i, part := range m[2:6] {
		n[i], _ = strconv.ParseInt(part, 10, 64)
	}
	if m[4] == "" && m[2] == "" { // hhmmss
		n = [4]int64{0, n[1] / 10000, n[1] / 100 % 100, n[1] % 100}
	}
	if n[2] > 59 || n[3] > 59 {
		return types.NullValue
	}
	fraction, _ := new(big.Rat).SetString("0" + m[6])
	us := (n[0]*86400+n[1]*3600+n[2]*60+n[3])*1e6 + roundRat(fraction, 6).Int64()
	if us = min(us, 3020399e6); m[1] == "-" {
		us = -us
	}
	return types.IntValue(roundMicros(us, to))
}

func (r reference) parseTemporal(s string, to types.Type) (types.Value, error) {
	s = strings.TrimSpace(s)
	if to.Kind == types.Time && len(s) < 12 {
		return parseTime(s, to), nil
	}
	for _, l := range layouts {
		if c, err := time.Parse(l, s); err == nil {
			return r.temporal(c, types.NewTemporal(types.Datetime, 6), to)
		}
	}
	if to.Kind == types.Time {
		return parseTime(s, to), nil
	}
	return types.NullValue, nil
}

// castNumberToTemporal reads a number's digits.
func (r reference) castNumberToTemporal(v types.Value, from, to types.Type) (types.Value, error) {
	n := rat(v, from)
	whole := truncRat(n)
	micros := roundRat(new(big.Rat).Sub(n, new(big.Rat).SetInt(whole)), 6)
	if from.IsFloat() {
		_, rest := math.Modf(v.Float)
		micros = big.NewInt(int64(math.Round(rest * 1e6)))
	}
	digits := new(big.Int).Abs(whole).String()
	if to.Kind == types.Time && (n.Sign() < 0 || len(digits) <= 10) {
		if len(digits) > 9 {
			digits = "999999999"
		}
		d, _ := strconv.ParseInt(digits, 10, 64)
		switch {
		case d > 8385959:
			return types.NullValue, nil
		case d/100%100 > 59 || d%100 > 59:
			return types.NullValue, nil
		}
		us := min(d/10000*3600e6+d/100%100*60e6+d%100*1e6+new(big.Int).Abs(micros).Int64(), 3020399e6)
		if n.Sign() < 0 {
			us = -us
		}
		return types.IntValue(roundMicros(us, to)), nil
	}
	if n.Sign() <= 0 || len(digits) > 14 {
		return types.NullValue, nil
	}
	for _, l := range []string{"060102", "20060102", "060102150405", "20060102150405"} {
		padded := digits
		for len(padded) < len(l) {
			padded = "0" + padded
		}
		if len(l) > 8 && len(digits) < 9 || len(l) == 8 && len(digits) < 7 {
			continue
		}
		if len(padded) != len(l) {
			continue
		}
		if c, err := time.Parse("2006"+strings.TrimPrefix(strings.TrimPrefix(l, "20"), "06"), centuryOf(padded, l)); err == nil {
			return r.temporal(c.Add(time.Duration(micros.Int64())*time.Microsecond), types.NewTemporal(types.Datetime, 6), to)
		}
	}
	return types.NullValue, nil
}

// centuryOf writes out a year of two digits.
func centuryOf(digits, layout string) string {
	if !strings.HasPrefix(layout, "06") {
		return digits
	}
	if digits < "70" {
		return "20" + digits
	}
	return "19" + digits
}

func (r reference) castFromTemporal(v types.Value, from, to types.Type) (types.Value, error) {
	if to.IsInteger() && from.Kind != types.Date { // the time is rounded, not the number: no second 60
		v.Int = roundMicros(v.Int, types.NewTemporal(from.Kind, 0))
	}
	var sign, digits string
	switch us := v.Int; from.Kind {
	case types.Time:
		if us < 0 {
			sign, us = "-", -us
		}
		digits = fmt.Sprintf("%d%02d%02d.%06d", us/3600e6, us/60e6%60, us/1e6%60, us%1e6)
	case types.Date:
		digits = r.civil(v, from).Format("20060102")
	default:
		digits = r.civil(v, from).Format("20060102150405.000000")
	}
	n, _ := new(big.Rat).SetString(sign + digits)
	if to.IsFloat() {
		f, _ := n.Float64()
		return types.FloatValue(f), nil
	}
	if to.IsInteger() {
		to = types.Of(types.Int64) // of a negative time BIGINT UNSIGNED has the bits
	}
	return clampTo(n, to), nil
}
