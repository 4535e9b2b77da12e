package expr

import (
	"errors"
	"slices"
	"testing"

	"github.com/silogate/silogate/engine/types"
)

// TestInterruption ends evaluations before a batch and between its rows.
func TestInterruption(t *testing.T) {
	const rows = 1000
	f := newFixture(t)
	text := f.column("s", types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), slices.Repeat([]string{"[1]"}, rows)...)
	number := f.column("i", types.Of(types.Int64), slices.Repeat([]string{"1"}, rows)...)
	stop := f.interruptible()
	for _, c := range []struct {
		call Func
		args []Expr
		rows bool // it asks between rows
	}{
		{"regexp_like", []Expr{text, textLit("(?=b)b")}, true},
		{"json_extract", []Expr{text, textLit("$[0]")}, true},
		{"soundex", []Expr{text}, true},
		{"bit_count", []Expr{number}, true},
		{Add, []Expr{number, number}, false},
	} {
		e, err := New(c.call, c.args...)
		if err != nil {
			t.Fatal(err)
		}
		for most := range 3 {
			stop.after(most)
			if _, err := f.eval(e); c.rows || most == 0 {
				if !errors.Is(err, stop.error) || stop.asked != most+1 {
					t.Errorf("%s, after %d questions: %v", e, most, err)
				}
			} else if err != nil {
				t.Errorf("%s: %v", e, err)
			}
		}
		if e, err = New(IsNull, e); err != nil {
			t.Fatal(err)
		}
		stop.after(0)
		filter, err := CompileFilter([]Expr{e}, f.layout(), f.env)
		if err != nil {
			t.Fatal(err)
		}
		b := f.batch()
		if _, _, err := filter.Select(f.mem, b); !errors.Is(err, stop.error) {
			t.Errorf("a filter by %s: %v", e, err)
		}
		b.Release()
	}
}

// interruption counts how often evaluations ask whether their statement goes on, and ends them after most questions.
type interruption struct {
	error
	asked, most int
}

// interruptible has what the fixture evaluates ask.
func (f *fixture) interruptible() *interruption {
	i := &interruption{error: errors.New("stop")}
	f.env.Interrupted = func() error {
		if i.asked++; i.asked > i.most {
			return i.error
		}
		return nil
	}
	return i
}

// after begins to count, and to end evaluations after so many questions.
func (i *interruption) after(most int) { i.asked, i.most = 0, most }
