package agg

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

var jsonDocument = types.Of(types.JSON)

func jsonSpec(f plan.AggFunc, longest int) Spec {
	s := Spec{Func: f, Args: []types.Type{jsonDocument}, Result: jsonDocument, Longest: longest}
	if f == plan.JSONObjectAgg {
		s.Args = []types.Type{types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), jsonDocument}
	}
	return s
}

// jsonArgs makes the arguments of a function from keys and documents; an empty document is NULL.
func jsonArgs(mem memory.Allocator, f plan.AggFunc, keys, docs []string) []arrow.Array {
	values := make([]types.Value, len(docs))
	for i, d := range docs {
		values[i] = types.Value{Str: d, Null: d == ""}
	}
	args := []arrow.Array{kernel.FromValues(mem, jsonDocument, values)}
	if f == plan.JSONObjectAgg {
		for i, k := range keys {
			values[i] = types.TextValue(k)
		}
		args = []arrow.Array{kernel.FromValues(mem, types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), values), args[0]}
	}
	return args
}

// jsonDefined is what a function makes of rows, by the functions of JSON.
func jsonDefined(t *testing.T, f plan.AggFunc, keys, docs []string) types.Value {
	var items []jsondoc.Value
	var members []jsondoc.Member
	for i, d := range docs {
		v := jsondoc.Value{} // null
		if d != "" {
			var err error
			if v, err = jsondoc.Parse(d, true); err != nil {
				t.Fatal(err)
			}
		}
		items, members = append(items, v), append(members, jsondoc.Member{Key: keys[i], Value: v})
	}
	whole := jsondoc.OfItems(items)
	switch {
	case len(docs) == 0:
		return types.NullValue
	case f == plan.JSONObjectAgg:
		whole = jsondoc.OfMembers(members)
	}
	return types.TextValue(string(whole.Append(nil)))
}

// TestJSONAgainstItsDefinition gathers random groups in one accumulator and in several that are merged in order, and the frames
// of a window over the same rows.
func TestJSONAgainstItsDefinition(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	r := rand.New(rand.NewPCG(5, 5))
	words := []string{"a", "b", "B", "bb", "ä", `q"uote`, "tab\t", "", strings.Repeat("long", 30)}
	documents := []string{"", "1", "-2.50", `"text"`, `{"a": [1, null]}`, "[]", "true", `"` + strings.Repeat("x", 60) + `"`}
	for round := range 1000 {
		f := []plan.AggFunc{plan.JSONArrayAgg, plan.JSONObjectAgg}[round%2]
		spec := jsonSpec(f, 1<<20)
		keys, docs := make([]string, r.IntN(100)), make([]string, 0, 100)
		different := 1 + r.IntN(200)
		for i := range keys {
			keys[i] = words[r.IntN(len(words))] + fmt.Sprint(r.IntN(different))
			docs = append(docs, documents[r.IntN(len(documents))])
		}
		want := jsonDefined(t, f, keys, docs)
		for _, parts := range []int{1, 4} {
			all := newJSON(spec)
			all.Grow(2)
			for p := range parts {
				from, to := len(keys)*p/parts, len(keys)*(p+1)/parts
				part := newJSON(spec)
				part.Grow(1)
				args := jsonArgs(mem, f, keys[from:to], docs[from:to])
				if err := part.Update(nil, args, to-from); err != nil {
					t.Fatal(err)
				}
				release(args)
				states, err := part.States(mem, 0, 1)
				if err != nil {
					t.Fatal(err)
				}
				if err := all.Merge([]int32{1}, states, 1); err != nil {
					t.Fatal(err)
				}
				release(states)
			}
			checkJSON(t, fmt.Sprintf("round %d, %d parts", round, parts), func() (arrow.Array, error) { return all.Result(mem, 0, 2) }, types.NullValue, want)
		}
		from := r.IntN(len(keys) + 1)
		to := from + r.IntN(len(keys)-from+1)
		m, err := NewMoving(spec, true)
		if err != nil {
			t.Fatal(err)
		}
		args := jsonArgs(mem, f, keys, docs)
		m.Add(args, 0, from)
		m.Append(1)
		m.Add(args, from, to)
		m.Drop(args, 0, from)
		m.Append(2)
		inFrame := jsonDefined(t, f, keys[from:to], docs[from:to])
		checkJSON(t, fmt.Sprintf("round %d, rows %d to %d", round, from, to), func() (arrow.Array, error) { return m.Take(mem) },
			jsonDefined(t, f, keys[:from], docs[:from]), inFrame, inFrame)
		release(args)
	}
}

func checkJSON(t *testing.T, what string, result func() (arrow.Array, error), want ...types.Value) {
	t.Helper()
	got, err := result()
	if err != nil {
		t.Fatal(err)
	}
	defer got.Release()
	if got.Len() != len(want) {
		t.Fatalf("%s: %d values, want %d", what, got.Len(), len(want))
	}
	for i, w := range want {
		if v := kernel.ValueAt(got, i); v != w {
			t.Fatalf("%s: value %d is\n%+v, want\n%+v", what, i, v, w)
		}
	}
}

// TestJSONObjectKeepsLittle gives members of a few keys again and again: only the last of each is kept.
func TestJSONObjectKeepsLittle(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	acc := newJSON(jsonSpec(plan.JSONObjectAgg, 4096))
	acc.Grow(1)
	for range 200 {
		keys, docs := make([]string, 100), make([]string, 100)
		for i := range keys {
			keys[i], docs[i] = fmt.Sprint(i%10), `"`+strings.Repeat("v", 100)+`"`
		}
		args := jsonArgs(mem, plan.JSONObjectAgg, keys, docs)
		if err := acc.Update(nil, args, len(keys)); err != nil {
			t.Fatal(err)
		}
		release(args)
		if n := acc.Bytes(); n > 32<<10 {
			t.Fatalf("%d bytes for an object of 1200", n)
		}
	}
}

// TestJSONThatIsRefused has results that are too long, and a key that is NULL.
func TestJSONThatIsRefused(t *testing.T) {
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	many, docs := make([]string, 100), make([]string, 100)
	for i := range many {
		many[i], docs[i] = fmt.Sprint(i), `"0123456789"`
	}
	noKey := []arrow.Array{array.NewNull(1), array.NewNull(1)}
	for _, f := range []plan.AggFunc{plan.JSONArrayAgg, plan.JSONObjectAgg} {
		for _, c := range []struct {
			name string
			args []arrow.Array
			want sqlerr.Code
		}{
			{"too long", jsonArgs(mem, f, many, docs), sqlerr.TooLong},
			{"a little too long", jsonArgs(mem, f, many[:8], []string{"1", "2", "3", "4", "5", "6", "7", `"` + strings.Repeat("x", 180) + `"`}), sqlerr.TooLong},
			{"no key", noKey, sqlerr.JSONNullKey},
		} {
			if c.want == sqlerr.JSONNullKey && f == plan.JSONArrayAgg {
				continue
			}
			rows := c.args[0].Len()
			acc := newJSON(jsonSpec(f, 200))
			acc.Grow(1)
			err := acc.Update(nil, c.args, rows)
			if err == nil {
				_, err = acc.Result(mem, 0, 1)
			}
			if !sqlerr.Is(err, c.want) {
				t.Errorf("%s, %s: %v", f, c.name, err)
			}
			m, err := NewMoving(jsonSpec(f, 200), true)
			if err != nil {
				t.Fatal(err)
			}
			m.Add(c.args, 0, rows)
			m.Append(1)
			m.Drop(c.args, 0, rows)
			if _, err := m.Take(mem); !sqlerr.Is(err, c.want) {
				t.Errorf("%s over a window, %s: %v", f, c.name, err)
			}
			release(c.args)
		}
	}
}
