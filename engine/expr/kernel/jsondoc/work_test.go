package jsondoc

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// array is one of count items.
func array(count int, item func(i int) string) string {
	items := make([]string, count)
	for i := range items {
		items[i] = item(i)
	}
	return "[" + strings.Join(items, ",") + "]"
}

func object(count int, key func(i int) string) string {
	members := make([]string, count)
	for i := range members {
		members[i] = fmt.Sprintf(`"%s": %d`, key(i), i)
	}
	return "{" + strings.Join(members, ",") + "}"
}

func parsed(t *testing.T, text string) Value {
	t.Helper()
	v, err := Parse(text, true)
	if err != nil {
		t.Fatalf("%.60s: %v", text, err)
	}
	return v
}

// operations are over two documents of so many items or members, which have nothing in common.
func operations(t *testing.T, count int) map[string]func(w *Work) {
	t.Helper()
	even := parsed(t, array(count, func(i int) string { return fmt.Sprint(2 * i) }))
	odd := parsed(t, array(count, func(i int) string { return fmt.Sprintf("%d.5", 2*i) }))
	texts := parsed(t, array(count, func(i int) string { return fmt.Sprintf(`"%d"`, i) }))
	left := parsed(t, object(count, func(i int) string { return fmt.Sprintf("a%d", i) }))
	right := parsed(t, object(count, func(i int) string { return fmt.Sprintf("b%d", i) }))
	reversed := object(count, func(i int) string { return fmt.Sprintf("k%09d", count-i) })
	paths := []Path{{{kind: anyCellLeg}}, {}}
	return map[string]func(w *Work){
		"contains": func(w *Work) { w.Contains(&even, &even) },
		"overlaps": func(w *Work) { w.Overlaps(&even, &odd) },
		"member":   func(w *Work) { w.IsMember(&texts, &even) },
		"preserve": func(w *Work) { w.MergePreserve(left, right) },
		"patch":    func(w *Work) { w.MergePatch(left, right) },
		"search":   func(w *Work) { w.Search(&texts, paths, func(string) bool { return true }, false) },
		"parse":    func(w *Work) { _, _ = w.Parse(reversed, true) },
		"lookup":   func(w *Work) { _, _, _ = w.Lookup(reversed, true, Path{{key: "k"}}) },
		"print":    func(w *Work) { w.Append(nil, &left) },
		"find":     func(w *Work) { w.Find(Path{{kind: deepLeg}, {kind: anyCellLeg}}, &even) },
	}
}

// TestStepsOfLongDocuments says that operations take steps about as many as there are items, and end where they are told to.
func TestStepsOfLongDocuments(t *testing.T) {
	const count = 20000
	for name, run := range operations(t, count) {
		asked := 0
		w := Work{Interrupted: func() error { asked++; return nil }}
		run(&w)
		if most := 100 * count / stepsBetween; asked == 0 || asked > most || w.Err() != nil {
			t.Errorf("%s: asked %d times, not between 1 and %d: %v", name, asked, most, w.Err())
		}
		asked = 0
		stop := errors.New("stop")
		w = Work{Interrupted: func() error { asked++; return stop }}
		run(&w)
		if !errors.Is(w.Err(), stop) || asked != 1 {
			t.Errorf("%s: asked %d times and ended with %v", name, asked, w.Err())
		}
	}
}

// TestMemoryOfLongDocuments says that what operations make is reserved, and given back.
func TestMemoryOfLongDocuments(t *testing.T) {
	const count = 50000
	full := errors.New("full")
	for name, run := range operations(t, count) {
		held, most := int64(0), int64(0)
		w := Work{
			Reserve: func(n int64) error { held += n; most = max(most, held); return nil },
			Release: func(n int64) { held -= n },
		}
		run(&w)
		if w.End(); held != 0 {
			t.Errorf("%s: %d bytes are not given back", name, held)
		}
		if least := int64(count * 8); most < least && !slices.Contains([]string{"member", "lookup", "print"}, name) {
			t.Errorf("%s: %d bytes were reserved, less than %d", name, most, least)
		}
		if most == 0 {
			continue
		}
		w = Work{Reserve: func(int64) error { return full }, Release: func(n int64) { held -= n }}
		if run(&w); !errors.Is(w.Err(), full) {
			t.Errorf("%s: %v", name, w.Err())
		}
	}
}

// TestCommonValues compares what finds values by their order with what looks at all.
func TestCommonValues(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	overlapping, containing := 0, 0
	for range 3000 {
		a, b := randomArray(r, 30), randomArray(r, 1+r.IntN(14))
		want := slices.ContainsFunc(a.Items(), func(x Value) bool {
			return slices.ContainsFunc(b.Items(), func(y Value) bool { return Compare(&x, &y) == 0 })
		})
		if got := (*Work)(nil).Overlaps(&a, &b); got != want {
			t.Fatalf("%s and %s overlap: %v", a.Append(nil), b.Append(nil), got)
		}
		all := !slices.ContainsFunc(b.Items(), func(y Value) bool { return !(*Work)(nil).holds(&a, &y) })
		if got := (*Work)(nil).Contains(&a, &b); got != all {
			t.Fatalf("%s contains %s: %v", a.Append(nil), b.Append(nil), got)
		}
		overlapping, containing = overlapping+int(b2u(want)), containing+int(b2u(all))
	}
	if overlapping == 0 || overlapping == 3000 || containing < 100 || containing > 2900 {
		t.Errorf("%d overlap, %d are contained: the test says little", overlapping, containing)
	}
}

func randomArray(r *rand.Rand, most int) Value {
	items := make([]Value, r.IntN(most+1))
	for i := range items {
		items[i] = random(r, 1)
	}
	return OfItems(items)
}

// TestLookup compares what reads a text as it goes by with what looks into a tree.
func TestLookup(t *testing.T) {
	docs := []string{
		`{"a": {"x": 1, "yy": {"x": 2}}, "b b": [{"x": 3}, 4, [5, 6]], "$é": null, "": true}`, `[[1, 2.50], [], {}, "\u00e9\n"]`, `7`, `"s"`,
		`{"a": 1, "a": {"x": [1, 2]}, "b": 3}`, `{"a": {"x": 1}, "a": 2}`, `{"a":`, `[1, 2`, `{"a": 1}}`, ``, ` `, `{"a": 1e999}`, `[1, x]`,
		strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1),
	}
	paths := []string{
		`$`, `$.a`, `$.a.x`, `$.a.x[last]`, `$.a[0].x`, `$[0][0].a`, `$."b b"[last - 2].x`, `$."b b"[2][1]`, `$[1]`, `$[last]`, `$[0][last]`, `$[last-9]`, `$.b`, `$.""`,
		`$` + strings.Repeat("[0]", MaxDepth+5),
	}
	var w *Work
	for _, doc := range docs {
		for _, path := range paths {
			for _, exact := range []bool{false, true} {
				p, err := ParsePath(path)
				if err != nil {
					t.Fatal(err)
				}
				tree, wantErr := Parse(doc, exact)
				var want []*Value
				if wantErr == nil {
					want = p.Find(&tree)
				}
				v, found, err := w.Lookup(doc, exact, p)
				length, _, lengthErr := w.Length(doc, exact, p)
				keys, isObject, keysErr := w.Keys(doc, exact, p)
				for _, err := range []error{err, lengthErr, keysErr} {
					if fmt.Sprint(err) != fmt.Sprint(wantErr) {
						t.Errorf("%s of %.40s fails with %v, not %v", path, doc, err, wantErr)
					}
				}
				if found != (len(want) > 0) {
					t.Errorf("%s of %.40s is found: %v", path, doc, found)
				}
				if len(want) == 0 || err != nil {
					continue
				}
				if got, want := string(v.Append(nil)), string(want[0].Append(nil)); got != want {
					t.Errorf("%s of %.40s is %s, not %s", path, doc, got, want)
				}
				if length != want[0].Length() || isObject != (want[0].Kind == Object) || isObject && keys.Length() != length {
					t.Errorf("%s of %.40s has length %d and the keys %s", path, doc, length, keys.Append(nil))
				}
			}
		}
	}
}

// TestLongPaths follows paths with more legs than a stack may have calls.
func TestLongPaths(t *testing.T) {
	var w Work
	p := make(Path, 4<<20)
	for i := range p {
		p[i].kind = cellLeg
	}
	one := parsed(t, "1")
	if v, found, err := w.Lookup("1", true, p); !found || err != nil || v.Text != "1" {
		t.Error(v, found, err)
	}
	if v := w.Put(Set, one, p, OfText("a")); v.Text != "a" {
		t.Error(v)
	}
	if v := w.ArrayAppend(one, p, OfText("a")); string(v.Append(nil)) != `[1, "a"]` {
		t.Error(v)
	}
}

// TestPrintingEnds prints no more than anything may be long.
func TestPrintingEnds(t *testing.T) {
	v := parsed(t, strings.Repeat("[", 90)+array(10000, func(int) string { return "1" })+strings.Repeat("]", 90))
	w := Work{Longest: 1000}
	for name, text := range map[string][]byte{"in lines": w.AppendPretty(nil, &v), "plainly": w.Append(nil, &v)} {
		if len(text) <= w.Longest || len(text) > 20*w.Longest {
			t.Errorf("%s: %d bytes", name, len(text))
		}
	}
}
