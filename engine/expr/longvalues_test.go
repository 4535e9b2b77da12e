package expr

import (
	"errors"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// limitedAccount is one of few bytes.
type limitedAccount struct{ used, most, limit int64 }

func (a *limitedAccount) Reserve(n int64) error {
	if a.used+n > a.limit {
		return sqlerr.New(sqlerr.OutOfMemory, "out of memory")
	}
	a.used += n
	a.most = max(a.most, a.used)
	return nil
}

func (a *limitedAccount) Release(n int64) { a.used -= n }

func list(count int, item string) string {
	return "[" + strings.Repeat(item+",", count-1) + item + "]"
}

// TestInterruptionInsideOfRow ends the evaluation of one row whose value is long.
func TestInterruptionInsideOfRow(t *testing.T) {
	const count = 5000
	f := newFixture(t)
	doc := f.column("d", jsonType, list(count, "1"))
	other := f.column("o", jsonType, list(count, "[2]"))
	nested := f.column("n", jsonType, list(count, "[3]"))
	stop := f.interruptible()
	for _, c := range []struct {
		call Func
		args []Expr
	}{
		{"json_overlaps", []Expr{doc, other}},
		{"json_contains", []Expr{nested, other}}, // pairs of arrays
		{"json_merge_preserve", []Expr{doc, other}},
		{"json_search", []Expr{doc, textLit("all"), textLit("x%y")}},
		{"json_length", []Expr{doc}},
		{"json_extract", []Expr{doc, textLit("$[7]")}},
		{"json_extract", []Expr{doc, textLit("$[*]")}},
		{"json_set", []Expr{doc, textLit("$[7]"), textLit("x")}},
		{"json_pretty", []Expr{other}},
	} {
		e, err := New(c.call, c.args...)
		if err != nil {
			t.Fatal(err)
		}
		stop.after(1 << 20)
		if _, err := f.eval(e); err != nil {
			t.Fatal(err)
		}
		const before = 2 // the batch, and the row
		if stop.asked <= before {
			t.Errorf("%s: asked %d times", e, stop.asked)
		}
		stop.after(stop.asked - 1)
		if _, err := f.eval(e); !errors.Is(err, stop.error) {
			t.Errorf("%s: %v after %d questions", e, err, stop.most)
		}
	}
}

// TestMemoryOfDocuments charges the account with the trees of long documents, and gives all of it back.
func TestMemoryOfDocuments(t *testing.T) {
	const count = 100_000
	f := newFixture(t)
	long := list(count, "1")
	docs := f.column("d", jsonType, long, "[1]", long, list(count, "2"))
	account := &limitedAccount{limit: 1 << 40}
	f.env.Account = account
	for _, c := range []struct {
		call  Func
		args  []Expr
		least int64 // bytes that are reserved
	}{
		{"json_length", []Expr{docs}, 0},
		{"json_type", []Expr{docs}, 0},
		{"json_extract", []Expr{docs, textLit("$[7]")}, 0},
		{"json_contains_path", []Expr{docs, textLit("one"), textLit("$[9]")}, 16 * count},
		{"json_extract", []Expr{docs, textLit("$[*]")}, 16 * count},
		{"json_overlaps", []Expr{docs, docs}, 2 * 16 * count},
		{"json_set", []Expr{docs, textLit("$[0]"), textLit("a"), textLit("$[1]"), textLit("b"), textLit("$[2]"), textLit("c")}, 2 * 16 * count},
	} {
		e, err := New(c.call, c.args...)
		if err != nil {
			t.Fatal(err)
		}
		account.most, account.limit = 0, 1<<40
		if _, err := f.eval(e); err != nil {
			t.Fatal(err)
		}
		const tree = 5 << 20 // with its copy while it is made
		if account.most < c.least || account.most > 2*c.least+tree*c.least/max(c.least, 1) || account.used != 0 {
			t.Errorf("%s: %d bytes were reserved, %d are held", e, account.most, account.used)
		}
		if c.least == 0 {
			continue
		}
		account.limit = account.most / 2
		f.fails(e, sqlerr.OutOfMemory, "out of memory")
		if account.used != 0 {
			t.Errorf("%s: %d bytes are held after an error", e, account.used)
		}
	}
}

// TestRegexpEndsInsideOfRow asks between the matches of a row, and inside a match over a long text, whether the statement goes on.
func TestRegexpEndsInsideOfRow(t *testing.T) {
	f := newFixture(t)
	words := f.column("w", anyText, strings.Repeat("ab ", 100_000))
	stop := f.interruptible()
	for _, c := range []struct {
		call Func
		args []Expr
	}{
		{"regexp_replace", []Expr{words, textLit(`a`), textLit("-")}},
		{"regexp_replace", []Expr{words, textLit(`a(?=b)`), textLit("-")}},
		{"regexp_instr", []Expr{words, textLit(`\bab`), intLit(1), intLit(1 << 20)}},
		{"regexp_like", []Expr{words, textLit("(a|b| ){60}c")}},
		{"regexp_substr", []Expr{words, textLit("(a|b| ){60}c")}},
	} {
		e := call(c.call, c.args...)
		stop.after(1 << 30)
		if _, err := f.eval(e); err != nil {
			t.Fatal(err)
		}
		const before = 3 // the batch, the row, and another
		if stop.asked <= before {
			t.Errorf("%s: asked %d times", e, stop.asked)
		}
		stop.after(before)
		if _, err := f.eval(e); !errors.Is(err, stop.error) {
			t.Errorf("%s: %v", e, err)
		}
	}
}

// TestRegexpLimits refuses patterns that are too long or nest too deep.
func TestRegexpLimits(t *testing.T) {
	f := newFixture(t)
	s := f.column("s", anyText, "a")
	for _, pattern := range []string{strings.Repeat("a", 100_000), strings.Repeat("(", 1000) + "a" + strings.Repeat(")", 1000)} {
		f.fails(call("regexp_like", s, textLit(pattern)), sqlerr.RegexpTooBig, "exceeds limits")
	}
	f.check(call("regexp_like", s, textLit(strings.Repeat("(", 100)+"a"+strings.Repeat(")", 100))), "1")
	f.check(call("regexp_like", s, textLit(strings.Repeat("b|", 10_000)+"a")), "1")
}

// TestLikeEndsInsideOfRow asks inside a long text whether the statement goes on, and gives no answer if it does not.
func TestLikeEndsInsideOfRow(t *testing.T) {
	f := newFixture(t)
	bytewise, folded := types.NewText(types.Text, 0, types.Utf8mb4Bin0900), types.NewText(types.Text, 0, types.Utf8mb4AI0900)
	long := strings.Repeat("a", 100_000)
	pattern := "%" + strings.Repeat("a", 50) + "_b%"
	stop := f.interruptible()
	for _, typ := range []types.Type{bytewise, folded} {
		s, each := f.column("s", typ, long), f.column("p", typ, pattern)
		for _, e := range []Expr{call(Like, s, &Literal{types.TextValue(pattern), typ}), call(Like, s, each)} {
			if _, err := f.eval(e); !errors.Is(err, stop.error) || stop.asked != 1 {
				t.Errorf("%s of %s: %v", e, typ, err)
			}
			stop.after(1 << 20)
			if _, err := f.eval(e); err != nil || stop.asked < 10 {
				t.Errorf("%s of %s: %v, asked %d times", e, typ, err, stop.asked)
			}
			stop.after(2)
			if _, err := f.eval(e); !errors.Is(err, stop.error) || stop.asked != 3 {
				t.Errorf("%s of %s: %v, asked %d times", e, typ, err, stop.asked)
			}
			stop.after(2)
			if _, err := f.filter([]Expr{e}); !errors.Is(err, stop.error) || stop.asked != 3 {
				t.Errorf("a filter by %s of %s: %v, asked %d times", e, typ, err, stop.asked)
			}
			stop.after(0)
		}
	}
}

// TestLocateEndsInsideOfRow asks inside a long text whether the statement goes on.
func TestLocateEndsInsideOfRow(t *testing.T) {
	f := newFixture(t)
	s := f.column("s", types.NewText(types.Text, 0, types.Utf8mb4AI0900), strings.Repeat("a", 100_000))
	stop := f.interruptible()
	stop.after(2)
	e := call("locate", textLit(strings.Repeat("a", 50)+"b"), s)
	if _, err := f.eval(e); !errors.Is(err, stop.error) || stop.asked != 3 {
		t.Errorf("%s: %v, asked %d times", e, err, stop.asked)
	}
}
