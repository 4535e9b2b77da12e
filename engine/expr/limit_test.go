package expr

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

var anyText = types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)

// TestLongerThanMaxPacket makes values of about max_allowed_packet bytes by every function that can make them longer than
// its arguments.
func TestLongerThanMaxPacket(t *testing.T) {
	f := newFixture(t)
	f.env.MaxPacket = 10
	var messages []string
	f.env.Warn = func(code int, msg string) {
		f.warned = append(f.warned, code)
		messages = append(messages, msg)
	}
	n := f.column("n", types.Of(types.Int64), "10", "11", "NULL", "9223372036854775807", "2")
	s := f.column("s", anyText, "1234567890", "12345678901", "NULL", "xxxxxxxxxx", "é")
	null := "NULL"
	for _, c := range []struct {
		e        Expr
		rows     string
		function string
	}{
		{call(Repeat, textLit("a"), n), "aaaaaaaaaa,NULL,NULL,NULL,aa", "repeat"},
		{call(Space, n), "          ,NULL,NULL,NULL,  ", "space"},
		{call(LPad, textLit("é"), n, textLit("a")), "NULL,NULL,NULL,NULL,aé", "lpad"},
		{call(RPad, textLit("a"), n, textLit("b")), "abbbbbbbbb,NULL,NULL,NULL,ab", "rpad"},
		{call(Concat, s, textLit("")), "1234567890,NULL,NULL,xxxxxxxxxx,é", "concat"},
		{call(Concat, s, textLit("!")), "NULL,NULL,NULL,NULL,é!", "concat"},
		{call(ConcatWS, textLit("-"), s, textLit("")), "NULL,NULL,,NULL,é-", "concat_ws"},
		{call(Replace, s, textLit("x"), textLit("yy")), "1234567890,NULL,NULL,NULL,é", "replace"},
		{&Fallback{Row: longRow{}, Args: []Expr{n}, Typ: anyText, Text: "insert(x)"}, "aaaaaaaaaa,NULL,NULL,NULL,aa", "insert"},
	} {
		f.warned, messages = nil, nil
		got, err := f.eval(c.e)
		if err != nil {
			t.Errorf("%s: %v", c.e, err)
			continue
		}
		if s := strings.Join(got, ","); s != c.rows {
			t.Errorf("%s: %s, want %s", c.e, s, c.rows)
		}
		if len(messages) == 0 || len(messages) > strings.Count(c.rows, null) {
			t.Errorf("%s warns %d times", c.e, len(messages))
		}
		want := "Result of " + c.function + "() was larger than max_allowed_packet (10) - truncated"
		for i, m := range messages {
			if f.warned[i] != 1301 || m != want {
				t.Errorf("%s warns %d: %s, want %s", c.e, f.warned[i], m, want)
			}
		}
	}
}

// longRow makes a text of as many characters as its argument says, up to a few.
type longRow struct{ warns bool }

func (l longRow) Clone() RowFunc { return l }

func (l longRow) Same(o RowFunc) bool { return l == o }

func (l longRow) Eval(env *Env, args []types.Value) (types.Value, error) {
	if l.warns {
		env.Warn(1, "evaluated")
	}
	if args[0].Null {
		return types.NullValue, nil
	}
	return types.TextValue(strings.Repeat("a", int(min(args[0].Int, 1<<20)))), nil
}

// many adds a column of rows times the same text.
func (f *fixture) many(name string, t types.Type, rows int, text string) *Column {
	return f.column(name, t, slices.Repeat([]string{text}, rows)...)
}

// TestTooWide makes each kind of expression exceed what the texts of several rows may take.
func TestTooWide(t *testing.T) {
	const rows = 64
	f := newFixture(t)
	n := f.many("n", types.Of(types.Int64), rows, "600000")
	s := f.many("s", anyText, rows, strings.Repeat("x", 200_000))
	wide := call(Repeat, textLit("a"), n)
	row := &Fallback{Row: longRow{warns: true}, Args: []Expr{n}, Typ: anyText, Text: "f(n)"}
	for _, e := range []Expr{
		wide, call(Length, wide), call(Space, n), call(LPad, s, n, textLit("y")), call(RPad, textLit("é"), n, textLit("y")),
		call(Concat, s, s), call(ConcatWS, textLit(","), s, s), call(ConcatWS, s, textLit("a"), textLit("b"), textLit("c")),
		call(Replace, s, textLit("x"), textLit("yy")), call(Hex, s), call(Upper, call(Concat, s, textLit("é"))),
		call(Reverse, call(Upper, s)), call(Length, call(Concat, call(Reverse, s), call(Lower, s))),
		call(Left, call(Repeat, s, intLit(2)), intLit(3)),
		call(If, call(Gt, n, intLit(0)), wide, s), call(Coalesce, wide, s),
		&Param{Name: "p", Typ: anyText}, call(Greatest, s, call(Coalesce, s, wide), wide),
		row, call(Length, row),
	} {
		f.env.Params = []types.Value{types.TextValue(strings.Repeat("p", 600_000))}
		f.warned = nil
		if _, err := f.eval(e); !errors.Is(err, ErrTooWide) {
			t.Errorf("%s: %v", e, err)
		}
		if len(f.warned) > 0 {
			t.Errorf("%s, which is to be evaluated again, warned", e)
		}
	}
	// A filter needs nobody to ask for less, and warns once for each row.
	f.warned = nil
	sel, all, err := mustFilter(t, f, call(Eq, call(Length, wide), intLit(600_000)), call(Gt, call(Length, row), intLit(1)))
	if err != nil || !all || sel != nil || len(f.warned) != rows {
		t.Errorf("filter: %v %v %v with %d warnings", sel, all, err, len(f.warned))
	}
	if sel, _, err = mustFilter(t, f, call(Lt, call(Length, wide), intLit(600_000))); err != nil || len(sel) != 0 {
		t.Errorf("filter: %v %v", sel, err)
	}
}

func TestFilterInHalves(t *testing.T) {
	f := newFixture(t)
	texts := make([]string, 101)
	var want []int32
	for i := range texts {
		texts[i] = fmt.Sprint(500_000 + i%3)
		if i%3 == 1 {
			want = append(want, int32(i))
		}
	}
	n := f.column("n", types.Of(types.Int64), texts...)
	sel, all, err := mustFilter(t, f, call(Eq, call(Length, call(Repeat, textLit("a"), n)), intLit(500_001)))
	if err != nil || all || !slices.Equal(sel, want) {
		t.Errorf("%v %v %v, want %v", sel, all, err, want)
	}
}

// TestWideRowsAmongOthers evaluates what is wide only for the few rows that need it.
func TestWideRowsAmongOthers(t *testing.T) {
	f := newFixture(t)
	texts := slices.Repeat([]string{"1000000"}, 100)
	texts[7] = "3"
	n := f.column("n", types.Of(types.Int64), texts...)
	e := must(NewCase([]When{{call(Lt, n, intLit(10)), call(Repeat, textLit("a"), n)}}, textLit("")))
	want := make([]string, 100)
	want[7] = "aaa"
	f.check(e, strings.Join(want, ","))
}

// TestOneRowIsTooMuch has nothing to divide.
func TestOneRowIsTooMuch(t *testing.T) {
	f := newFixture(t)
	f.env.MaxPacket = rowText + 1
	n := f.column("n", types.Of(types.Int64), fmt.Sprint(rowText+1))
	f.fails(call(Repeat, textLit("a"), n), sqlerr.OutOfMemory, "in one row")
}

// TestLongWarning does not keep the value it shows.
func TestLongWarning(t *testing.T) {
	f := newFixture(t)
	longest := 0
	f.env.Warn = func(_ int, msg string) { longest = max(longest, len(msg)) }
	s := f.column("s", anyText, strings.Repeat("x", 1<<20))
	if _, err := f.eval(must(NewCast(s, types.NewText(types.Char, 3, types.Utf8mb4Bin0900)))); err != nil {
		t.Fatal(err)
	}
	if longest == 0 || longest > longestMessage {
		t.Errorf("a warning of %d bytes", longest)
	}
}

// TestFoldLeavesLongTexts since a session may have a smaller max_allowed_packet.
func TestFoldLeavesLongTexts(t *testing.T) {
	long := call(Repeat, textLit("a"), intLit(leastPacket+1))
	if _, ok := Fold(long).(*Literal); ok {
		t.Error("folded")
	}
	f := newFixture(t)
	f.env.MaxPacket = leastPacket
	f.check(long, "NULL", 1301)
	if kernel.DefaultMaxPacket != 64<<20 {
		t.Error("MySQL's default is 64 MiB")
	}
}
