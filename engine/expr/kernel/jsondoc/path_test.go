package jsondoc

import (
	"errors"
	"strings"
	"testing"
)

func TestPaths(t *testing.T) {
	const doc = `{"a": {"x": 1, "yy": {"x": 2}}, "b b": [{"x": 3}, 4, [5, 6]], "$é": null, "": true}`
	for _, c := range []struct{ path, want string }{
		{`$`, doc},
		{` $ . a . x `, `1`},
		{`$."b b"[1]`, `4`},
		{`$."b b"[2][*]`, `5 6`},
		{`$."b b"[last]`, `[5, 6]`},
		{`$."b b"[last - 2]`, `{"x": 3}`},
		{`$."b b"[last-3]`, ``},
		{`$."b b"[1 to 2]`, `4 [5, 6]`},
		{`$."b b"[1 to 9]`, `4 [5, 6]`},
		{`$."b b"[last-9 to 0]`, `{"x": 3}`},
		{`$."b b"[2 to 1]`, ``},
		{`$."b b"[9]`, ``},
		{`$.a[0].x`, `1`}, // an object is an array of itself
		{`$.a[last].x[0][0]`, `1`},
		{`$.a[1]`, ``},
		{`$.a[*]`, ``},
		{`$.$é`, `null`},
		{`$.""`, `true`},
		{`$.*.x`, `1`},
		{`$**.x`, `1 2 3`},
		{`$.*`, `true {"x": 1, "yy": {"x": 2}} null [{"x": 3}, 4, [5, 6]]`},
		{`$.nothing`, ``},
		{`$**.x**.x`, ``},
		{`$.a.x.y`, ``},
	} {
		p, err := ParsePath(c.path)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		v, err := Parse(doc, true)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, x := range p.Find(&v) {
			found = append(found, string(x.Append(nil)))
		}
		want := c.want
		if c.path == `$` {
			want = `{"": true, "a": {"x": 1, "yy": {"x": 2}}, "$é": null, "b b": [{"x": 3}, 4, [5, 6]]}`
		}
		if got := strings.Join(found, " "); got != want {
			t.Errorf("%s: %s, want %s", c.path, got, want)
		}
	}
	for _, path := range []string{``, `a`, `$.`, `$.1`, `$[`, `$[1`, `$[-1]`, `$[1 to]`, `$[last+1]`, `$x`, `$**`, `$."a`, `$[99999999999]`, `$..a`} {
		var bad *PathError
		if p, err := ParsePath(path); !errors.As(err, &bad) {
			t.Errorf("%q is %v, %v", path, p, err)
		}
	}
}

// TestEachOnce finds a value once that several ways lead to, and writes paths.
func TestEachOnce(t *testing.T) {
	for text, want := range map[string]string{
		"$**.a**.a": `[{"a": 1}, 1]`, "$**.*": `[{"a": {"a": 1}}, {"a": 1}, 1]`, `$."a"[last-1 to last].a[0][0 to last]`: `[{"a": 1}]`,
	} {
		doc, err := Parse(`{"a": {"a": {"a": 1}}}`, false)
		if err != nil {
			t.Fatal(err)
		}
		path, err := ParsePath(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParsePath(path.String())
		if err != nil {
			t.Fatal(path, err)
		}
		var items []Value
		for _, v := range again.Find(&doc) {
			items = append(items, *v)
		}
		if list := OfItems(items); string(list.Append(nil)) != want {
			t.Errorf("%s: %s, want %s", path, list.Append(nil), want)
		}
	}
}
