package agg

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"runtime"
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
	r := rand.New(rand.NewPCG(4, 4))
	words := []string{"", "a", "bc", "ü", "naïve", "😀", strings.Repeat("long", 20)}
	for range 3000 {
		rows := make([]concatInput, r.IntN(120))
		for i := range rows {
			rows[i] = concatInput{text: words[r.IntN(len(words))], null: r.IntN(9) == 0, key: fmt.Sprint(r.IntN(30))}
		}
		separator := []string{",", "", "; ", "üü", strings.Repeat("-", 70)}[r.IntN(5)]
		testConcat(t, rows, separator, r.IntN(2) == 0, 4+r.IntN(60))
	}
	// Groups of several chunks, cut in any of them or not at all.
	for range 40 {
		rows := make([]concatInput, r.IntN(120))
		for i := range rows {
			rows[i] = concatInput{text: strings.Repeat("é", r.IntN(1<<r.IntN(17))), key: fmt.Sprint(r.IntN(30))}
		}
		testConcat(t, rows, ",", r.IntN(2) == 0, 4+r.IntN(3<<20))
	}
}

func testConcat(t *testing.T, rows []concatInput, separator string, ordered bool, longest int) {
	t.Helper()
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
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
			if part.bytes != held(part) {
				t.Fatalf("%d bytes of chunks are counted, of %d", part.bytes, held(part))
			}
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
		what := fmt.Sprintf("%d rows in %d parts, separator %q, ordered %v, longest %d", len(rows), parts, separator, ordered, longest)
		if got.IsNull(0) != null || !null && textAt(got, 0) != want {
			t.Fatalf("%s: %.200q, want %.200q", what, textAt(got, 0), want)
		}
		if text := strings.Join(warned, "; "); text != warning && separator != "" { // empty texts without a separator are dropped
			t.Fatalf("%s: the warning is %q, want %q", what, text, warning)
		}
		got.Release()
	}
}

// held is what the chunks of an accumulator's groups take.
func held(c *groupConcat) (n int64) {
	for i := range c.groups {
		g := &c.groups[i]
		g.chunks(func(chunk []byte) { n += int64(cap(chunk)) })
		n += int64(concatChunkBytes * cap(g.earlier))
	}
	return n
}

// TestGroupConcatDoesNotCopy gathers a long group; all that is allocated on the way is hardly more than the group.
func TestGroupConcatDoesNotCopy(t *testing.T) {
	var warned []string
	c := newGroupConcat(concatSpec(",", false, 1<<30, &warned))
	c.Grow(1)
	row := concatRow{text: make([]byte, 10_000)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const rows = 5000
	for range rows {
		c.add(0, row)
	}
	runtime.ReadMemStats(&after)
	if n, want := after.TotalAlloc-before.TotalAlloc, uint64(rows*len(row.text)); n > want*5/4 {
		t.Errorf("%d bytes were allocated for %d of text", n, want)
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
