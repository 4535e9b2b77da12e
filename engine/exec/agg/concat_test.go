package agg

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

type concatInput struct {
	text string
	null bool
	key  string
}

func concatArgs(mem memory.Allocator, rows []concatInput, ordered bool) []arrow.Array {
	text, key := array.NewStringBuilder(mem), array.NewBinaryBuilder(mem, arrow.BinaryTypes.Binary)
	defer text.Release()
	defer key.Release()
	for _, r := range rows {
		if r.null {
			text.AppendNull()
		} else {
			text.Append(r.text)
		}
		key.AppendString(r.key)
	}
	args := []arrow.Array{text.NewArray()}
	if ordered {
		args = append(args, key.NewArray())
	}
	return args
}

func release(arrays []arrow.Array) {
	for _, a := range arrays {
		a.Release()
	}
}

// concatSpec makes a specification whose warnings go to warn.
func concatSpec(separator string, ordered bool, longest int, warn *[]string) Spec {
	text := types.NewText(types.Text, 0, types.Utf8mb4Bin0900)
	s := Spec{
		Func: plan.GroupConcat, Args: []types.Type{text}, Result: text, Separator: separator, Ordered: ordered,
		Longest: longest, Warn: func(code int, msg string) { *warn = append(*warn, fmt.Sprint(code, " ", msg)) },
	}
	if ordered {
		s.Args = append(s.Args, types.Of(types.Blob))
	}
	return s
}

// defined is GROUP_CONCAT by its definition, and its warning.
func defined(rows []concatInput, separator string, ordered bool, longest int) (string, bool, string) {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r concatInput) bool { return r.null })
	if len(rows) == 0 {
		return "", true, ""
	}
	if ordered {
		slices.SortStableFunc(rows, func(a, b concatInput) int { return cmp.Compare(a.key, b.key) })
	}
	var out strings.Builder
	for i, r := range rows {
		if i > 0 {
			out.WriteString(separator)
		}
		out.WriteString(r.text)
		if out.Len() > longest {
			s := out.String()[:longest]
			for !utf8.ValidString(s) {
				s = s[:len(s)-1]
			}
			return s, false, fmt.Sprintf("1260 Row %d was cut by GROUP_CONCAT()", i+1)
		}
	}
	return out.String(), false, ""
}

// TestGroupConcatAgainstItsDefinition gathers random groups in one accumulator, and in several that are merged in order.
func TestGroupConcatAgainstItsDefinition(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	r := rand.New(rand.NewPCG(4, 4))
	words := []string{"", "a", "bc", "ü", "naïve", "😀", strings.Repeat("long", 20)}
	for round := range 3000 {
		separator := []string{",", "", "; ", "üü", strings.Repeat("-", 70)}[r.IntN(5)]
		ordered, longest := r.IntN(2) == 0, 4+r.IntN(60)
		rows := make([]concatInput, r.IntN(120))
		for i := range rows {
			rows[i] = concatInput{text: words[r.IntN(len(words))], null: r.IntN(9) == 0, key: fmt.Sprint(r.IntN(30))}
		}
		want, null, warning := defined(rows, separator, ordered, longest)
		for _, parts := range []int{1, 3} {
			var warned []string
			spec := concatSpec(separator, ordered, longest, &warned)
			all := newGroupConcat(spec)
			all.Grow(1)
			for p := range parts {
				part := newGroupConcat(spec)
				part.Grow(1)
				args := concatArgs(mem, rows[len(rows)*p/parts:len(rows)*(p+1)/parts], ordered)
				if err := part.Update(nil, args, args[0].Len()); err != nil {
					t.Fatal(err)
				}
				release(args)
				states, err := part.States(mem, 0, 1)
				if err != nil {
					t.Fatal(err)
				}
				if err := all.Merge(nil, states, 1); err != nil {
					t.Fatal(err)
				}
				release(states)
			}
			got, err := all.Result(mem, 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			what := fmt.Sprintf("round %d, %d rows in %d parts, separator %q, ordered %v, longest %d",
				round, len(rows), parts, separator, ordered, longest)
			if got.IsNull(0) != null || !null && textAt(got, 0) != want {
				t.Fatalf("%s: %q, want %q", what, textAt(got, 0), want)
			}
			if text := strings.Join(warned, "; "); text != warning && separator != "" { // empty texts without a separator are dropped
				t.Fatalf("%s: the warning is %q, want %q", what, text, warning)
			}
			got.Release()
		}
	}
}

// TestGroupConcatKeepsLittle gathers a hundred megabytes that are cut to a kilobyte.
func TestGroupConcatKeepsLittle(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	for _, ordered := range []bool{false, true} {
		var warned []string
		c := newGroupConcat(concatSpec(",", ordered, 1024, &warned))
		c.Grow(1)
		for batch := range 100 {
			rows := make([]concatInput, 1000)
			for i := range rows {
				// The keys descend: every row comes before all others.
				rows[i] = concatInput{text: strings.Repeat("y", 1000), key: fmt.Sprintf("%08d", 1_000_000-batch*1000-i)}
			}
			args := concatArgs(mem, rows, ordered)
			if err := c.Update(nil, args, len(rows)); err != nil {
				t.Fatal(err)
			}
			release(args)
			if n := c.Bytes(); n > 16<<10 {
				t.Fatalf("ordered %v: %d bytes for a result of 1024", ordered, n)
			}
		}
	}
}
