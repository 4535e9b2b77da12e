package expr

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

var newYork = func() *time.Location {
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return loc
}()

// randomTypes are what random columns and casts are made of.
var randomTypes = []types.Type{
	types.Of(types.Bool), types.Of(types.Int8), types.Of(types.Int32), types.Of(types.Int64), types.Of(types.Uint8),
	types.Of(types.Uint32), types.Of(types.Uint64), types.Of(types.Float64),
	types.NewDecimal(5, 2), types.NewDecimal(15, 2), types.NewDecimal(18, 0), types.NewDecimal(30, 10), types.NewDecimal(65, 30), types.NewDecimal(65, 0),
	types.NewText(types.Varchar, 20, types.Utf8mb4Bin0900), types.NewText(types.Char, 5, types.Utf8mb4Bin0900), {Kind: types.Varbinary, Length: 20},
	types.Of(types.Date), types.NewTemporal(types.Datetime, 0), types.NewTemporal(types.Datetime, 6), types.NewTemporal(types.Timestamp, 6),
	types.NewTemporal(types.Timestamp, 0), types.NewTemporal(types.Time, 0), types.NewTemporal(types.Time, 3),
}

var sampleTexts = []string{
	"", " ", "a", "abc", "abcabc", "aXbXc", "héllo wörld", "日本語", "ß", "%", "_", "a_c", "a%c", `\`, "12", "-7.5", "1e3", "12abc", "  42 ", "abc ",
	"1996-02-29", "1996-02-30", "2020-01-01 10:20:30.5", "20200131", "A", "ABC", "b",
}

// generator makes random columns and expressions.
type generator struct {
	*rand.Rand
	f     *fixture
	years int    // how far dates go from 2000
	pool  []Expr // what arguments are drawn from
}

func (g generator) value(t types.Type) types.Value {
	switch {
	case g.IntN(8) == 0:
		return types.NullValue
	case t.Kind == types.Bool:
		return types.IntValue(int64(g.IntN(2)))
	case t.IsInteger():
		return g.integer(t)
	case t.Kind == types.Float64:
		return types.FloatValue([]float64{0, 1, -1, 0.5, 2.5, -2.5, 1e10, 1e300, -1e300, math.Pi, 1e-10, g.NormFloat64() * 100}[g.IntN(12)])
	case t.Kind == types.Decimal:
		return types.Value{Dec: decimal256.FromBigInt(g.unscaled(int(t.Precision)))}
	case t.IsString():
		s := sampleTexts[g.IntN(len(sampleTexts))]
		r := []rune(s)
		switch {
		case t.Length == 0 || len(r) <= int(t.Length):
		case t.Kind == types.Char:
			s = string(r[:t.Length])
		default: // part of a date is none that the reference knows
			s = sampleTexts[g.IntN(10)]
		}
		return types.TextValue(s)
	}
	return g.temporal(t)
}

func (g generator) integer(t types.Type) types.Value {
	if t.Kind == types.Year {
		return types.IntValue(int64(1901 + g.IntN(255)))
	}
	bits := map[types.Kind]uint{types.Int8: 8, types.Uint8: 8, types.Int32: 32, types.Uint32: 32}[t.Kind]
	if bits == 0 {
		bits = 64
	}
	v := int64(g.IntN(21) - 10)
	switch g.IntN(6) {
	case 0:
		v = math.MaxInt64
	case 1:
		v = math.MinInt64
	case 2:
		v = g.Int64()
	case 3:
		v = -1
	}
	if t.IsUnsigned() {
		return types.UintValue(uint64(v) << (64 - bits) >> (64 - bits))
	}
	return types.IntValue(v << (64 - bits) >> (64 - bits))
}

// unscaled is a number of up to so many digits, often small or all nines.
func (g generator) unscaled(digits int) *big.Int {
	n := 1 + g.IntN(digits)
	if g.IntN(2) == 0 {
		n = min(n, 6)
	}
	v := new(big.Int)
	for range n {
		v.Mul(v, big.NewInt(10))
		v.Add(v, big.NewInt(int64(g.IntN(10))))
	}
	switch g.IntN(10) {
	case 0:
		v.Sub(ten(digits), big.NewInt(1))
	case 1:
		v.SetInt64(0)
	case 2:
		v.Mul(big.NewInt(5), ten(n-1)) // halves
	}
	if g.IntN(2) == 0 {
		v.Neg(v)
	}
	return v
}

func (g generator) temporal(t types.Type) types.Value {
	unit := ten(6 - int(t.Scale)).Int64()
	if t.Kind == types.Time {
		return types.IntValue((g.Int64N(2*3020399e6) - 3020399e6) / unit * unit)
	}
	c := time.Date(2000-g.years+g.IntN(2*g.years), time.Month(1+g.IntN(12)), 1+g.IntN(28), g.IntN(24), g.IntN(60), g.IntN(60), g.IntN(1e6)*1e3, time.UTC)
	switch g.IntN(5) {
	case 0:
		c = time.Date(c.Year(), c.Month()+1, 0, 0, 0, 0, 0, time.UTC) // the last of a month
	case 1:
		c = time.Date(c.Year(), 1, 1+g.IntN(7), 23, 59, 59, 999999e3, time.UTC)
	case 2:
		c = time.Date(c.Year(), 12, 25+g.IntN(7), 12, 0, 0, 0, time.UTC)
	}
	if t.Kind == types.Date {
		return types.IntValue(int64(days(c)))
	}
	return types.IntValue(c.UnixMicro() / unit * unit)
}

// column adds a random column as a slice of a longer vector; a decimal vector sometimes in a wider width than it needs.
func (g generator) column(t types.Type, rows int) {
	values := make([]types.Value, rows+7)
	for i := range values {
		values[i] = g.value(t)
	}
	if g.IntN(3) == 0 {
		for i := range values {
			values[i].Null = false
		}
	}
	whole := kernel.FromValues(g.f.mem, t, values)
	if w := []types.Width{types.W64, types.W128, types.W256}[g.IntN(3)]; t.Kind == types.Decimal && w > kernel.Width(whole) {
		wide := kernel.Widen(g.f.mem, whole, w)
		whole.Release()
		whole = wide
	}
	from := int64(g.IntN(7))
	g.f.arrays = append(g.f.arrays, array.NewSlice(whole, from, from+int64(rows)))
	whole.Release()
	g.f.cols = append(g.f.cols, &Column{ID: ColumnID(len(g.f.cols) + 1), Name: fmt.Sprintf("c%d", len(g.f.cols)+1), Typ: t, Null: true})
}

// leaf is an expression of the pool, or sometimes a literal, of a type that want accepts.
func (g generator) leaf(want func(types.Type) bool) Expr {
	for {
		e := g.pool[g.IntN(len(g.pool))]
		if want != nil && !want(e.Type()) {
			continue
		}
		if g.IntN(4) == 0 {
			return &Literal{g.value(e.Type()), e.Type()}
		}
		return e
	}
}

func small(g generator) Expr {
	return &Literal{types.IntValue(int64(g.IntN(13) - 4)), types.Of(types.Int64)}
}

// args makes arguments that fit a function often enough.
func (g generator) args(f Func) []Expr {
	any1 := func() Expr { return g.leaf(nil) }
	number := func() Expr { return g.leaf(types.Type.IsNumeric) }
	str := func() Expr { return g.leaf(types.Type.IsString) }
	day := func() Expr {
		return g.leaf(func(t types.Type) bool { return t.IsTemporal() && t.Kind != types.Time })
	}
	unit := textLit([]string{"MICROSECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}[g.IntN(9)])
	switch f {
	case Not, IsNull, IsTrue, IsFalse:
		return []Expr{any1()}
	case And, Or, Coalesce, Greatest, Least:
		a := any1()
		b := g.leaf(func(t types.Type) bool { return t.Kind == a.Type().Kind || g.IntN(20) == 0 })
		return []Expr{a, b, g.leaf(func(t types.Type) bool { return t.Kind == a.Type().Kind || g.IntN(20) == 0 })}
	case If:
		return []Expr{number(), any1(), any1()}
	case Eq, Ne, Lt, Le, Gt, Ge, NullSafeEq, IfNull, NullIf, Xor:
		a := any1()
		if g.IntN(3) == 0 {
			return []Expr{a, any1()}
		}
		return []Expr{a, g.leaf(func(t types.Type) bool {
			return t.IsNumeric() == a.Type().IsNumeric() && t.IsTemporal() == a.Type().IsTemporal()
		})}
	case Add, Sub, Mul, Div, IntDiv, Mod, Pow, Log, Atan2, BitAnd, BitOr, BitXor:
		return []Expr{number(), number()}
	case ShiftLeft, ShiftRight:
		return []Expr{number(), small(g)}
	case Round, Truncate:
		if g.IntN(2) == 0 {
			return []Expr{number(), g.leaf(func(t types.Type) bool { return t.Kind == types.Int8 })}
		}
		return []Expr{number(), small(g)}
	case Like:
		if g.IntN(3) > 0 {
			return []Expr{str(), textLit([]string{"%", "a%", "%c", "%b%", "a%c", "%a%b%c%", "_bc", "a_c", "%_", "__%", "", "h_llo%", `a\%c`, `\`, "%ö%d"}[g.IntN(15)])}
		}
		return []Expr{str(), str()}
	case Substring:
		return []Expr{str(), small(g), small(g)}[:2+g.IntN(2)]
	case Left, Right, Repeat:
		return []Expr{str(), small(g)}
	case Space:
		return []Expr{small(g)}
	case Concat, ConcatWS:
		return []Expr{str(), any1(), any1()}
	case Trim, LTrim, RTrim:
		return []Expr{str(), str()}[:1+g.IntN(2)]
	case Replace:
		return []Expr{str(), str(), str()}
	case Locate:
		return []Expr{str(), str(), small(g)}[:2+g.IntN(2)]
	case LPad, RPad:
		return []Expr{str(), small(g), str()}
	case SubstrIndex:
		return []Expr{str(), str(), small(g)}
	case Length, CharLength, Upper, Lower, Reverse, Ascii:
		return []Expr{any1()}
	case Hex:
		return []Expr{g.leaf(func(t types.Type) bool { return t.IsString() || t.IsInteger() })}
	case DateAdd, DateSub:
		if g.IntN(3) == 0 {
			return []Expr{day(), g.leaf(types.Type.IsInteger), unit}
		}
		return []Expr{day(), small(g), unit}
	case TimestampDiff:
		return []Expr{unit, day(), day()}
	case DateDiff:
		return []Expr{day(), day()}
	case Week, YearWeek:
		return []Expr{day(), &Literal{types.IntValue(int64(g.IntN(8))), types.Of(types.Int64)}}
	case Hour, Minute, Second, Microsecond, TimeToSec:
		return []Expr{g.leaf(types.Type.IsTemporal)}
	case FromDays, FromUnixTime, CastYear:
		return []Expr{g.leaf(func(t types.Type) bool { return t.IsInteger() })}
	case MakeDate:
		return []Expr{g.leaf(types.Type.IsInteger), g.leaf(types.Type.IsInteger)}
	}
	if list := g.documents(f, any1, str); list != nil {
		return list
	}
	if r, _ := lookup(f); oracled(f) {
		n := r.min + g.IntN(3)
		if r.max >= 0 {
			n = r.min + g.IntN(r.max-r.min+1)
		}
		list := make([]Expr, n)
		for i := range list {
			list[i] = any1()
		}
		if f == Extract {
			list[0] = textLit([]string{"DAY_HOUR", "DAY_MICROSECOND", "HOUR_SECOND", "YEAR_MONTH", "SECOND_MICROSECOND"}[g.IntN(5)])
		}
		return list
	}
	if slices.ContainsFunc(temporalRows(), func(r row) bool { return r.name == f }) {
		return []Expr{day()}
	}
	return []Expr{number()}
}

// documents makes arguments of functions of JSON and regular expressions, nil for any other.
func (g generator) documents(f Func, value, str func() Expr) []Expr {
	pick := func(list ...string) Expr { return textLit(list[g.IntN(len(list))]) }
	doc := func() Expr {
		return pick(`{"a": [1, "x", {"b": null}], "bc": 1.50}`, `[1, 2.0, "a"]`, `"abc"`, `null`, `{}`, `[[1], {"a": "b"}]`)
	}
	path := func() Expr { return pick("$", "$.a", "$.a[1]", "$[0]", "$[last]", "$.x.y", "$.a[2].b") }
	switch f {
	case "json_set", "json_insert", "json_replace", "json_array_append":
		return []Expr{doc(), path(), value()}
	case "json_array_insert":
		return []Expr{doc(), pick("$[0]", "$.a[1]", "$[9]"), value()}
	case "json_object":
		return []Expr{str(), value(), textLit("k"), value()}
	case "json_array":
		return []Expr{value(), value()}
	case "json_valid", "json_quote", "json_unquote":
		return []Expr{str()}
	case "json_extract", "json_value", "json_length", "json_keys":
		return []Expr{doc(), path()}
	case "json_remove":
		return []Expr{doc(), pick("$.a", "$[1]")}
	case "json_merge_patch", "json_merge_preserve", "json_overlaps", "json_contains":
		return []Expr{doc(), doc()}
	case "json_contains_path":
		return []Expr{doc(), pick("one", "ALL"), path()}
	case "json_search":
		return []Expr{doc(), pick("one", "ALL"), str()}
	case "json_type", "json_depth", "json_pretty", "json_truth":
		return []Expr{doc()}
	case "member of":
		return []Expr{value(), doc()}
	case AsJSON, JSONKey:
		return []Expr{value()}
	case memberNumber:
		names := []string{"x", "y", "", "NULL"}
		enum := types.Type{Kind: types.Enum, Members: "x\x00y", Collation: types.Utf8mb4Bin0900}
		return []Expr{&Literal{parseValue(g.f.t, enum, names[g.IntN(len(names))]), enum}}
	case CastJSON:
		return []Expr{g.leaf(types.Type.IsNumeric)}
	case "regexp_like", "regexp_substr", "regexp_instr":
		return []Expr{str(), pick("a.c", "(?<=a)b", "^[[:alpha:]]+$", `(\w)\1?`, "ö|%")}
	case "regexp_replace":
		return []Expr{str(), pick("[abc]", "b*", `(a)(b)?`), pick("x", "$0$0", "")}
	}
	return nil
}

// TestDifferential evaluates random calls of every function over random columns and compares with the reference row by row.
func TestDifferential(t *testing.T) {
	skip := map[Func]string{
		DateFormat: "TestDateFormat", Collate: "TestCollation", "field": "a CASE", "elt": "a CASE",
	}
	rounds := 20
	if testing.Short() {
		rounds = 10
	}
	for f := range table() {
		if skip[f] != "" {
			continue
		}
		t.Run(string(f), func(t *testing.T) {
			done := 0
			for seed := range rounds * 4 {
				g := newGenerator(t, uint64(seed), 20+seed%3)
				e, err := New(f, g.args(f)...)
				if err != nil {
					if !refused(err) {
						t.Fatalf("seed %d: %v", seed, err)
					}
					continue
				}
				g.f.checkAgainstReference(e, fmt.Sprintf("seed %d", seed))
				done++
			}
			if done < rounds/2 {
				t.Errorf("only %d of %d calls were typed", done, rounds*4)
			}
		})
	}
}

func newGenerator(t *testing.T, seed uint64, rows int) generator {
	g := generator{rand.New(rand.NewPCG(seed, 7)), newFixture(t), 60, nil}
	g.f.env.Location = newYork
	if seed%10 == 9 {
		rows = 0
	}
	for _, typ := range randomTypes {
		g.column(typ, rows)
		g.pool = append(g.pool, g.f.cols[len(g.f.cols)-1])
	}
	return g
}

// grow adds n random calls over the pool to it.
func (g *generator) grow(t *testing.T, n int) {
	names := make([]Func, 0, len(table()))
	for f := range table() {
		switch f {
		case Repeat, Space: // which the reference bounds lower
		case "period_add", "period_diff", "uuid_to_bin", "bin_to_uuid": // which err for most arguments
		case DateFormat, Collate, "json_truth":
		default:
			names = append(names, f)
		}
	}
	slices.Sort(names)
	for n > 0 {
		e, err := g.any(names[g.IntN(len(names))])
		if err == nil && e.Type().Kind != types.Null {
			g.pool = append(g.pool, e)
			n--
		} else if err != nil && !refused(err) {
			t.Fatal(err)
		}
	}
}

// any makes a random expression: a call of f, or sometimes a CASE, an IN or a cast.
func (g *generator) any(f Func) (Expr, error) {
	switch g.IntN(8) {
	case 0:
		a := g.leaf(nil)
		like := func(t types.Type) bool { return t.Kind == a.Type().Kind }
		whens := []When{{g.leaf(types.Type.IsNumeric), a}, {g.leaf(types.Type.IsNumeric), g.leaf(like)}}
		if g.IntN(2) == 0 {
			return NewCase(whens, nil)
		}
		return NewCase(whens, g.leaf(like))
	case 1:
		arg := g.leaf(nil)
		list := make([]Expr, 1+g.IntN(10))
		for i := range list {
			t := arg.Type()
			if g.IntN(10) == 0 {
				t = randomTypes[g.IntN(len(randomTypes))]
			}
			list[i] = &Literal{g.value(t), t}
		}
		return NewIn(arg, list, g.IntN(2) == 0)
	case 2:
		to := randomTypes[1+g.IntN(len(randomTypes)-1)]
		if to.IsInteger() && to.Kind != types.Int64 && to.Kind != types.Uint64 {
			to = types.Of(types.Int64) // MySQL has no narrower CAST
		}
		return NewCast(g.leaf(nil), to)
	}
	return New(f, g.args(f)...)
}

// refused reports an error that MySQL's rules ask for, or a missing kernel.
func refused(err error) bool {
	return errors.Is(err, ErrNoKernel) || sqlerr.Is(err, sqlerr.BadDate) || sqlerr.Is(err, sqlerr.CollationMix)
}

// TestDifferentialNested evaluates random trees, folded too.
func TestDifferentialNested(t *testing.T) {
	for seed := range uint64(300) {
		g := newGenerator(t, seed, 20)
		g.grow(t, 40)
		for _, e := range g.pool {
			if !referable(e) {
				continue
			}
			g.f.checkAgainstReference(e, fmt.Sprintf("seed %d", seed))
			if folded := Fold(e); folded != e {
				if folded.Type() != e.Type() {
					t.Fatalf("seed %d: %s [%s] folds to %s [%s]", seed, e, e.Type(), folded, folded.Type())
				}
				g.f.checkAgainstReference(folded, fmt.Sprintf("seed %d folded", seed))
			}
		}
	}
}

// TestDifferentialFilter compares the rows that random conjuncts keep.
func TestDifferentialFilter(t *testing.T) {
	for seed := range uint64(400) {
		g := newGenerator(t, seed, 70)
		g.grow(t, 20)
		var conds []Expr
		for len(conds) < 1+int(seed%4) {
			e, err := g.any(Lt)
			if err != nil {
				continue
			}
			if cond, err := Truth(e); err == nil {
				conds = append(conds, cond)
			}
		}
		want, wantErr := g.f.referenceFilter(conds)
		got, err := g.f.filter(conds)
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("seed %d: %s: %v, want %v", seed, Strings(conds, " AND "), err, wantErr)
		}
		if err == nil && !slices.Equal(got, want) {
			t.Fatalf("seed %d: %s: %v, want %v", seed, Strings(conds, " AND "), got, want)
		}
	}
}

func (f *fixture) filter(conds []Expr) ([]int32, error) {
	flt, err := CompileFilter(conds, f.layout(), f.env)
	if err != nil {
		f.t.Fatal(err)
	}
	b := f.batch()
	defer b.Release()
	sel, all, err := flt.Select(f.mem, b)
	if all {
		sel = kernel.AllRows(f.rows()).List()
	}
	return slices.Clone(sel), err
}

func (f *fixture) referenceFilter(conds []Expr) ([]int32, error) {
	var keep []int32
	for i := range f.rows() {
		r := f.referenceRow(i)
		ok := true
		for _, c := range conds {
			v, err := r.eval(c)
			if err != nil {
				return nil, err
			}
			if ok = !v.Null && v.Int != 0; !ok {
				break
			}
		}
		if ok {
			keep = append(keep, int32(i))
		}
	}
	return keep, nil
}

// checkAgainstReference fails unless every row of e equals the reference's, computed with the others and by itself.
func (f *fixture) checkAgainstReference(e Expr, what string) {
	f.t.Helper()
	want, wantErr := f.reference(e)
	f.checkRows(f.eval, e, what, want, wantErr)
	f.checkRows(f.evalRows, e, what+", row by row", want, wantErr)
}

func (f *fixture) checkRows(eval func(Expr) ([]string, error), e Expr, what string, want []string, wantErr error) {
	f.t.Helper()
	got, err := eval(e)
	switch {
	case wantErr != nil && err == nil:
		f.t.Fatalf("%s: %s: no error, want %v", what, e, wantErr)
	case wantErr != nil && sqlerr.CodeOf(err) != sqlerr.OutOfRange && sqlerr.CodeOf(err) != sqlerr.CodeOf(wantErr):
		f.t.Fatalf("%s: %s: %v, want errno 1690", what, e, err)
	case wantErr == nil && err != nil:
		f.t.Fatalf("%s: %s: %v", what, e, err)
	case err != nil:
		return
	}
	for i := range want {
		if got[i] != want[i] {
			f.t.Fatalf("%s: %s [%s] row %d of %v: %s, want %s", what, e, e.Type(), i, f.rowText(i), got[i], want[i])
		}
	}
}

func (f *fixture) rows() int { return f.arrays[0].Len() }

func (f *fixture) rowText(i int) map[string]string {
	out := map[string]string{}
	for k, c := range f.cols {
		out[c.String()] = kernel.ValueAt(f.arrays[k], i).Format(c.Typ, f.env.Location)
	}
	return out
}

func (f *fixture) reference(e Expr) ([]string, error) {
	out := make([]string, f.rows())
	for i := range out {
		v, err := f.referenceRow(i).eval(e)
		if err != nil {
			return nil, err
		}
		out[i] = v.Format(e.Type(), f.env.Location)
	}
	return out, nil
}

func (f *fixture) referenceRow(i int) reference {
	r := reference{map[ColumnID]types.Value{}, f.env.Location}
	for k, c := range f.cols {
		r.row[c.ID] = kernel.ValueAt(f.arrays[k], i)
	}
	return r
}
