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

func (r reference) compare(a, b types.Value, ta, tb types.Type) int {
	switch {
	case ta.IsString():
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
		if to.IsUnsigned() && n.Sign() < 0 { // as a signed one, its bits
			v := clampTo(n, types.Of(types.Int64))
			return v, nil
		}
		return clampTo(n, to), nil
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

var layouts = []string{"2006-01-02 15:04:05.999999", "2006-01-02T15:04:05.999999", "2006-01-02", "20060102", "20060102150405", "2006-01-02 15:04"}

var clock = regexp.MustCompile(`^(-?)(?:(\d+) )?(\d+)(?::(\d\d?))?(?::(\d\d?))?(\.\d+)?$`)

// parseTime reads a TIME.
func parseTime(s string, to types.Type) types.Value {
	m := clock.FindStringSubmatch(s)
	if m == nil {
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
	return types.NullValue, nil
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

func (r reference) call(e *Call) (types.Value, error) {
	switch e.Func {
	case And, Or:
		return r.logic(e)
	case Coalesce, IfNull:
		for _, a := range e.Args {
			if v, err := r.eval(a); err != nil || !v.Null {
				return v, err
			}
		}
		return types.NullValue, nil
	case If:
		c, err := r.eval(e.Args[0])
		if err != nil {
			return c, err
		}
		if !c.Null && c.Int != 0 {
			return r.eval(e.Args[1])
		}
		return r.eval(e.Args[2])
	}
	args := make([]types.Value, len(e.Args))
	null := false
	for i, a := range e.Args {
		v, err := r.eval(a)
		if err != nil {
			return v, err
		}
		args[i] = v
		null = null || v.Null
		if known, _ := lookup(e.Func); v.Null && constant(a) && !known.lenient {
			return v, nil // whatever the other arguments are
		}
	}
	switch e.Func {
	case IsNull:
		return types.BoolValue(null), nil
	case IsTrue:
		return types.BoolValue(!null && args[0].Int != 0), nil
	case IsFalse:
		return types.BoolValue(!null && args[0].Int == 0), nil
	case NullSafeEq:
		if null {
			return types.BoolValue(args[0].Null && args[1].Null), nil
		}
		return types.BoolValue(r.compare(args[0], args[1], e.arg(0), e.arg(1)) == 0), nil
	case ConcatWS:
		return concatWS(args), nil
	}
	if null {
		return types.NullValue, nil
	}
	switch {
	case e.Func == Xor:
		return types.BoolValue(args[0].Int != args[1].Int), nil
	case e.Func == Not:
		return types.BoolValue(args[0].Int == 0), nil
	case isComparison(e.Func):
		return r.comparison(e, args)
	case e.Func == Greatest || e.Func == Least:
		best := 0
		for i := range args {
			c := r.compare(args[i], args[best], e.arg(i), e.arg(best))
			if e.Func == Greatest && c > 0 || e.Func == Least && c < 0 {
				best = i
			}
		}
		return args[best], nil
	}
	if v, ok, err := r.number(e, args); ok {
		return v, err
	}
	if v, ok := r.text(e, args); ok {
		return v, nil
	}
	return r.date(e, args)
}

func (r reference) logic(e *Call) (types.Value, error) {
	unknown := false
	for _, a := range e.Args {
		v, err := r.eval(a)
		if err != nil {
			return v, err
		}
		if v.Null {
			unknown = true
		} else if (v.Int != 0) == (e.Func == Or) {
			return types.BoolValue(e.Func == Or), nil
		}
	}
	if unknown {
		return types.NullValue, nil
	}
	return types.BoolValue(e.Func == And), nil
}

func isComparison(f Func) bool {
	return f == Eq || f == Ne || f == Lt || f == Le || f == Gt || f == Ge
}

func (r reference) comparison(e *Call, args []types.Value) (types.Value, error) {
	c := r.compare(args[0], args[1], e.arg(0), e.arg(1))
	ok := map[Func]bool{Eq: c == 0, Ne: c != 0, Lt: c < 0, Le: c <= 0, Gt: c > 0, Ge: c >= 0}[e.Func]
	return types.BoolValue(ok), nil
}

func concatWS(args []types.Value) types.Value {
	if args[0].Null {
		return types.NullValue
	}
	var parts []string
	for _, a := range args[1:] {
		if !a.Null {
			parts = append(parts, a.Str)
		}
	}
	return types.TextValue(strings.Join(parts, args[0].Str))
}

// number evaluates functions of numbers; ok is false for others.
func (r reference) number(e *Call, args []types.Value) (v types.Value, ok bool, err error) {
	if e.Typ.Kind == types.Float64 {
		v, err = doubleFunction(e.Func, args)
		return v, true, err
	}
	var n []*big.Rat
	for i := range args {
		if !e.arg(i).IsNumeric() {
			return v, false, nil
		}
		n = append(n, rat(args[i], e.arg(i)))
	}
	out := new(big.Rat)
	switch e.Func {
	case Add:
		out.Add(n[0], n[1])
	case Sub:
		out.Sub(n[0], n[1])
	case Mul:
		out.Mul(n[0], n[1])
	case Neg:
		out.Neg(n[0])
	case Abs:
		out.Abs(n[0])
	case Sign:
		out.SetInt64(int64(n[0].Sign()))
	case Ceil:
		out.SetInt(floorRat(new(big.Rat).Neg(n[0])))
		out.Neg(out)
	case Floor:
		out.SetInt(floorRat(n[0]))
	case Div, IntDiv, Mod:
		if n[1].Sign() == 0 {
			return types.NullValue, true, nil
		}
		out.Quo(n[0], n[1])
		if e.Func != Div {
			q := new(big.Rat).SetInt(truncRat(out))
			if out = q; e.Func == Mod {
				out = new(big.Rat).Sub(n[0], q.Mul(q, n[1]))
			}
		}
	case Round, Truncate:
		out = roundTo(n[0], args[1].Int, e)
	case BitAnd, BitOr, BitXor, BitNot, ShiftLeft, ShiftRight:
		return bitFunction(e.Func, args), true, nil
	default:
		return v, false, nil
	}
	v, err = exact(out, e.Typ)
	return v, true, err
}

func roundTo(n *big.Rat, digits int64, e *Call) *big.Rat {
	keep := int(min(max(digits, -80), 30))
	var u *big.Int
	if e.Func == Round {
		u = roundRat(n, keep)
	} else {
		s := new(big.Rat).Mul(n, new(big.Rat).SetInt(ten(max(keep, 0))))
		s.Quo(s, new(big.Rat).SetInt(ten(max(-keep, 0))))
		u = truncRat(s)
	}
	out := new(big.Rat).SetInt(u)
	out.Quo(out, new(big.Rat).SetInt(ten(max(keep, 0))))
	return out.Mul(out, new(big.Rat).SetInt(ten(max(-keep, 0))))
}

func bitFunction(f Func, args []types.Value) types.Value {
	a := uint64(args[0].Int)
	var b uint64
	if len(args) > 1 {
		b = uint64(args[1].Int)
	}
	return types.UintValue(map[Func]uint64{
		BitAnd: a & b, BitOr: a | b, BitXor: a ^ b, BitNot: ^a, ShiftLeft: a << b, ShiftRight: a >> b,
	}[f])
}

func doubleFunction(f Func, args []types.Value) (types.Value, error) {
	a, b := args[0].Float, 0.0
	if len(args) > 1 {
		b = args[1].Float
	}
	positive := func(v float64) float64 {
		if a <= 0 {
			return math.NaN()
		}
		return v
	}
	var v float64
	switch f {
	case Add:
		v = a + b
	case Sub:
		v = a - b
	case Mul:
		v = a * b
	case Div, Mod:
		if b == 0 {
			return types.NullValue, nil
		}
		if v = a / b; f == Mod {
			v = math.Mod(a, b)
		}
	case Neg:
		v = -a
	case Abs:
		v = math.Abs(a)
	case Ceil:
		v = math.Ceil(a)
	case Floor:
		v = math.Floor(a)
	case Round, Truncate:
		return types.FloatValue(roundFloat(f, a, args[1].Int)), nil
	case Sqrt:
		v = math.Sqrt(a)
	case Pow:
		v = math.Pow(a, b)
	case Exp:
		v = math.Exp(a)
	case Ln:
		v = positive(math.Log(a))
	case Log10:
		v = positive(math.Log10(a))
	case Log2:
		v = positive(math.Log2(a))
	case Log:
		if v = positive(math.Log(b) / math.Log(a)); b <= 0 || a == 1 {
			v = math.NaN()
		}
	case Sin:
		v = math.Sin(a)
	case Cos:
		v = math.Cos(a)
	case Tan:
		v = math.Tan(a)
	case Cot:
		v = 1 / math.Tan(a)
	case Asin:
		v = math.Asin(a)
	case Acos:
		v = math.Acos(a)
	case Atan:
		v = math.Atan(a)
	case Atan2:
		v = math.Atan2(a, b)
	case Degrees:
		v = a * (180 / math.Pi)
	case Radians:
		v = a * (math.Pi / 180)
	}
	switch {
	case v != v:
		return types.NullValue, nil
	case math.IsInf(v, 0):
		return v2(v), errRange
	}
	return v2(v), nil
}

func v2(v float64) types.Value { return types.FloatValue(v) }

func roundFloat(f Func, a float64, digits int64) float64 {
	p := math.Pow(10, math.Abs(float64(digits)))
	if math.IsInf(p, 0) {
		if digits < 0 {
			return 0
		}
		return a
	}
	cut := math.RoundToEven
	if f == Truncate {
		cut = math.Trunc
	}
	if digits < 0 {
		return cut(a/p) * p
	}
	if math.IsInf(a*p, 0) {
		return a
	}
	return cut(a*p) / p
}

// text evaluates functions of strings.
func (r reference) text(e *Call, args []types.Value) (types.Value, bool) {
	s := args[0].Str
	chars := split(s, e.arg(0))
	integer := func(n int) (types.Value, bool) { return types.IntValue(int64(n)), true }
	text := func(s string) (types.Value, bool) { return types.TextValue(s), true }
	arg := func(i int) int64 { return args[i].Int }
	switch e.Func {
	case Like:
		return types.BoolValue(likePattern(args[1].Str, e.arg(0).IsBinary()).MatchString(latin(s, e.arg(0)))), true
	case Concat:
		for _, a := range args[1:] {
			s += a.Str
		}
		return text(s)
	case Substring:
		from := arg(1)
		switch n := int64(len(chars)); {
		case from < 0:
			from += n
		case from > n:
			return text("")
		default:
			from--
		}
		if from < 0 {
			return text("")
		}
		chars = chars[from:]
		if len(args) == 3 {
			chars = chars[:min(max(arg(2), 0), int64(len(chars)))]
		}
		return text(strings.Join(chars, ""))
	case Left:
		return text(strings.Join(chars[:min(max(arg(1), 0), int64(len(chars)))], ""))
	case Right:
		return text(strings.Join(chars[int64(len(chars))-min(max(arg(1), 0), int64(len(chars))):], ""))
	case Length:
		return integer(len(s))
	case CharLength:
		return integer(len(chars))
	case Ascii:
		if s == "" {
			return integer(0)
		}
		return integer(int(s[0]))
	case Upper:
		return text(strings.ToUpper(s))
	case Lower:
		return text(strings.ToLower(s))
	case Trim, LTrim, RTrim:
		what := " "
		if len(args) == 2 {
			what = args[1].Str
		}
		for what != "" && e.Func != RTrim && strings.HasPrefix(s, what) {
			s = s[len(what):]
		}
		for what != "" && e.Func != LTrim && strings.HasSuffix(s, what) {
			s = s[:len(s)-len(what)]
		}
		return text(s)
	case Replace:
		if args[1].Str == "" {
			return text(s)
		}
		return text(strings.ReplaceAll(s, args[1].Str, args[2].Str))
	case Locate:
		hay := split(args[1].Str, e.arg(1))
		start := arg(2) - 1
		if start < 0 || start > int64(len(hay)) {
			return integer(0)
		}
		at := strings.Index(strings.Join(hay[start:], ""), s)
		if at < 0 {
			return integer(0)
		}
		return integer(int(start) + len(split(strings.Join(hay[start:], "")[:at], e.arg(1))) + 1)
	case LPad, RPad:
		return pad(e.Func, chars, arg(1), split(args[2].Str, e.arg(2)))
	case Reverse:
		var b strings.Builder
		for i := len(chars) - 1; i >= 0; i-- {
			b.WriteString(chars[i])
		}
		return text(b.String())
	case SubstrIndex:
		return text(substringIndex(s, args[1].Str, arg(2)))
	case Repeat:
		if arg(1) > 1000 && s != "" {
			return types.NullValue, true
		}
		return text(strings.Repeat(s, int(min(max(arg(1), 0), 1000))))
	case Space:
		if arg(0) > 1000 {
			return types.NullValue, true
		}
		return text(strings.Repeat(" ", int(max(arg(0), 0))))
	case Hex:
		if e.arg(0).IsInteger() {
			return text(strings.ToUpper(strconv.FormatUint(uint64(arg(0)), 16)))
		}
		return text(fmt.Sprintf("%X", s))
	case Collate:
		return args[0], true
	}
	return types.Value{}, false
}

// split cuts a string into characters, a byte string into bytes.
func split(s string, t types.Type) []string {
	if !t.IsBinary() {
		return strings.Split(s, "")
	}
	var out []string
	for i := range len(s) {
		out = append(out, s[i:i+1])
	}
	return out
}

// latin makes each byte a rune of its own, so that a regular expression sees bytes.
func latin(s string, t types.Type) string {
	if !t.IsBinary() {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

func likePattern(p string, binary bool) *regexp.Regexp {
	t := types.Of(types.Varchar)
	if binary {
		t = types.Of(types.Varbinary)
	}
	chars := split(latin(p, t), types.Of(types.Varchar))
	var b strings.Builder
	b.WriteString(`(?s)^`)
	for i := 0; i < len(chars); i++ {
		switch c := chars[i]; {
		case c == `\` && i+1 < len(chars):
			i++
			b.WriteString(regexp.QuoteMeta(chars[i]))
		case c == "%":
			b.WriteString(".*")
		case c == "_":
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(c))
		}
	}
	return regexp.MustCompile(b.String() + "$")
}

func pad(f Func, chars []string, n int64, with []string) (types.Value, bool) {
	switch {
	case n < 0 || n > 1000:
		return types.NullValue, true
	case int64(len(chars)) >= n:
		return types.TextValue(strings.Join(chars[:n], "")), true
	case len(with) == 0:
		return types.NullValue, true
	}
	var fill []string
	for i := 0; len(fill)+len(chars) < int(n); i++ {
		fill = append(fill, with[i%len(with)])
	}
	if f == LPad {
		return types.TextValue(strings.Join(append(fill, chars...), "")), true
	}
	return types.TextValue(strings.Join(append(chars, fill...), "")), true
}

func substringIndex(s, d string, n int64) string {
	if d == "" || n == 0 {
		return ""
	}
	var cuts []int
	if n > 0 {
		for at := 0; ; {
			i := strings.Index(s[at:], d)
			if i < 0 {
				break
			}
			cuts = append(cuts, at+i)
			at += i + len(d)
		}
		if int64(len(cuts)) < n {
			return s
		}
		return s[:cuts[n-1]]
	}
	for end := len(s); ; {
		i := strings.LastIndex(s[:end], d)
		if i < 0 {
			break
		}
		cuts = append(cuts, i)
		end = i
	}
	if int64(len(cuts)) < -n {
		return s
	}
	return s[cuts[-n-1]+len(d):]
}

// date evaluates functions of dates.
func (r reference) date(e *Call, args []types.Value) (types.Value, error) {
	integer := func(n int) (types.Value, error) { return types.IntValue(int64(n)), nil }
	var c time.Time
	if e.arg(0).IsTemporal() {
		c = r.civil(args[0], e.arg(0))
	}
	switch e.Func {
	case Year:
		return integer(c.Year())
	case Quarter:
		return integer((int(c.Month())-1)/3 + 1)
	case Month:
		return integer(int(c.Month()))
	case Day:
		return integer(c.Day())
	case DayOfWeek:
		return integer(int(c.Weekday()) + 1)
	case Weekday:
		return integer((int(c.Weekday()) + 6) % 7)
	case DayOfYear:
		return integer(c.YearDay())
	case ToDays:
		return integer(int(c.Truncate(24*time.Hour).Unix()/86400) + 719528)
	case Hour, Minute, Second, Microsecond, TimeToSec:
		return r.timePart(e, args, c)
	case Week, YearWeek:
		return r.week(e.Func, c, args[1].Int)
	case DayName:
		return types.TextValue(c.Weekday().String()), nil
	case MonthName:
		return types.TextValue(c.Month().String()), nil
	case DateOf:
		return r.temporal(c, e.arg(0), e.Typ)
	case LastDay:
		return r.temporal(time.Date(c.Year(), c.Month()+1, 0, 0, 0, 0, 0, time.UTC), e.arg(0), e.Typ)
	case DateDiff:
		return integer(days(c) - days(r.civil(args[1], e.arg(1))))
	case DateAdd, DateSub:
		return r.interval(e, args, c)
	case TimestampDiff:
		return r.difference(args[0].Str, r.civil(args[1], e.arg(1)), r.civil(args[2], e.arg(2)))
	case FromDays:
		if n := args[0].Int; n < 0 || n > 3652424 {
			return types.NullValue, nil
		}
		return integer(int(args[0].Int - 719528))
	case MakeDate:
		y, d := args[0].Int, args[1].Int
		if y < 0 || y > 9999 || d < 1 || d > 4000000 {
			return types.NullValue, nil
		}
		if y < 70 {
			y += 2000
		} else if y < 100 {
			y += 1900
		}
		if c = time.Date(int(y), 1, int(d), 0, 0, 0, 0, time.UTC); c.Year() > 9999 {
			return types.NullValue, nil
		}
		return integer(days(c))
	case UnixTimestamp:
		n := big.NewRat(max(args[0].Int, 0), 1e6)
		scale := new(big.Rat).SetInt(ten(int(e.Typ.Scale)))
		return exact(n.Quo(new(big.Rat).SetInt(floorRat(n.Mul(n, scale))), scale), e.Typ)
	case FromUnixTime:
		if s := args[0].Int; s < 0 || s > 32536771199 {
			return types.NullValue, nil
		}
		return types.IntValue(r.civil(types.IntValue(args[0].Int*1e6), types.Of(types.Timestamp)).UnixMicro()), nil
	}
	return types.Value{}, fmt.Errorf("no reference for %s", e.Func)
}

func days(c time.Time) int { return int(c.Truncate(24*time.Hour).Unix() / 86400) }

func (r reference) timePart(e *Call, args []types.Value, c time.Time) (types.Value, error) {
	us := c.Sub(c.Truncate(24 * time.Hour)).Microseconds()
	sign := int64(1)
	if e.arg(0).Kind == types.Time {
		if us = args[0].Int; us < 0 {
			us, sign = -us, -1
		}
	}
	return types.IntValue(map[Func]int64{
		Hour: us / 3600e6, Minute: us / 60e6 % 60, Second: us / 1e6 % 60, Microsecond: us % 1e6, TimeToSec: sign * (us / 1e6),
	}[e.Func]), nil
}

// week follows the table of modes in the Reference Manual, by search: week 1 is the first that starts on the mode's weekday
// within the year, or the first with four or more days in it.
func (r reference) week(f Func, c time.Time, mode int64) (types.Value, error) {
	if f == YearWeek {
		mode |= 2
	}
	first := time.Sunday
	if mode&1 != 0 {
		first = time.Monday
	}
	fourDays := map[int64]bool{1: true, 3: true, 4: true, 6: true}[mode]
	start := func(year int) time.Time { // of week 1
		d := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		for d.Weekday() != first {
			d = d.AddDate(0, 0, 1)
		}
		if fourDays && d.Day() > 4 {
			d = d.AddDate(0, 0, -7)
		}
		return d
	}
	c = c.Truncate(24 * time.Hour)
	year := c.Year()
	if zero := mode&2 == 0; zero {
		if c.Before(start(year)) {
			return types.IntValue(0), nil
		}
	} else if c.Before(start(year)) {
		year--
	} else if !c.Before(start(year + 1)) {
		year++
	}
	n := int64(c.Sub(start(year)).Hours())/(7*24) + 1
	if f == YearWeek {
		n += int64(year) * 100
	}
	return types.IntValue(n), nil
}

func (r reference) interval(e *Call, args []types.Value, c time.Time) (types.Value, error) {
	n := args[1].Int
	if e.Func == DateSub {
		n = -n
	}
	if n > 4e6*86400*1e3 || n < -4e6*86400*1e3 {
		if args[2].Str != "MICROSECOND" {
			return types.NullValue, nil
		}
	}
	months := map[string]int64{"MONTH": 1, "QUARTER": 3, "YEAR": 12}[args[2].Str]
	if months > 0 {
		if n > 200000 || n < -200000 {
			return types.NullValue, nil
		}
		day := c.Day()
		c = c.AddDate(0, 0, 1-day).AddDate(0, int(n*months), 0)
		c = c.AddDate(0, 0, min(day, c.AddDate(0, 1, -1).Day())-1)
	} else {
		unit := map[string]int64{"MICROSECOND": 1, "SECOND": 1e6, "MINUTE": 60e6, "HOUR": 3600e6, "DAY": 86400e6, "WEEK": 7 * 86400e6}[args[2].Str]
		total := new(big.Int).Mul(big.NewInt(n), big.NewInt(unit))
		total.Add(total, big.NewInt(c.UnixMicro()))
		if !total.IsInt64() {
			return types.NullValue, nil
		}
		c = time.UnixMicro(total.Int64()).UTC()
	}
	if c.Year() < 0 || c.Year() > 9999 {
		return types.NullValue, nil
	}
	return r.temporal(c, e.arg(0), e.Typ)
}

func (r reference) difference(unit string, from, to time.Time) (types.Value, error) {
	months := map[string]int64{"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit]
	if months == 0 {
		us := to.UnixMicro() - from.UnixMicro()
		return types.IntValue(us / map[string]int64{"MICROSECOND": 1, "SECOND": 1e6, "MINUTE": 60e6, "HOUR": 3600e6, "DAY": 86400e6, "WEEK": 7 * 86400e6}[unit]), nil
	}
	sign := int64(1)
	if to.Before(from) {
		from, to, sign = to, from, -1
	}
	n := int64(0)
	step := func(n int64) bool { // whether n months after from is not later than to, by day of month and time
		y, m := to.Year(), int(to.Month())
		total := int64(y-from.Year())*12 + int64(m-int(from.Month()))
		if n < total {
			return true
		}
		if n > total {
			return false
		}
		rest := func(t time.Time) time.Duration {
			return time.Duration(t.Day())*24*time.Hour + t.Sub(t.Truncate(24*time.Hour))
		}
		return rest(to) >= rest(from)
	}
	for step(n + 1) {
		n++
	}
	return types.IntValue(sign * n / months), nil
}
