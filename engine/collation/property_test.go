package collation

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// pieces are what random texts are made of: characters that are equal, ignored, expanded, made up or not UTF-8.
var pieces = []string{
	"a", "A", "á", "a\u0301", "\u0301", "\u0323", "b", "s", "ss", "ß", "ẞ", "æ", "ae", "ﬃ", "f", "i", " ", "  ", "\t", "\x00", "\u200d", "!",
	"각", "\u1100", "\u1161", "힣", "一", "𠀀", "ﷺ", "😀", "😁", "か", "が", "カ", "ｶ", "\uffff", "\ue000", "\U000e0100", "1", "①", "\x1f",
	"\xff", "\xc3", "\xe2\x82",
}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func TestKeysOrderAsTextsCompare(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5_000 {
		checkPair(t, randomText(r), randomText(r))
	}
	for n := 200; n < 300; n++ { // runs of spaces around the length that takes more bytes
		checkPair(t, "a"+strings.Repeat(" ", n)+"b", "a"+strings.Repeat(" ", 500-n)+"\x01")
		checkPair(t, "a"+strings.Repeat(" ", n)+"b", "a"+strings.Repeat(" ", n+1)+"b")
		checkPair(t, "a"+strings.Repeat(" ", n)+"\x01", "a"+strings.Repeat(" ", n+1)+"\x01")
	}
}

func checkPair(t *testing.T, a, b string) {
	t.Helper()
	for _, id := range all {
		c := of(t, id)
		got := c.Compare(a, b)
		if want := strings.Compare(key(c, a), key(c, b)); got != want {
			t.Errorf("%s: Compare(%q, %q) is %d, of keys %d", id, a, b, got, want)
		}
		if c.Compare(b, a) != -got {
			t.Errorf("%s: %q and %q compare otherwise the other way", id, a, b)
		}
		if c.Equal(a, b) != (got == 0) {
			t.Errorf("%s: Equal(%q, %q), but Compare is %d", id, a, b, got)
		}
		if got != naive(c, a, b) {
			t.Errorf("%s: Compare(%q, %q) is %d, by the definition %d", id, a, b, got, naive(c, a, b))
		}
	}
}

// naive compares texts by the definition: the weights of a level one after the other, and under PAD SPACE as many spaces
// after the shorter text as make it longer than the other.
func naive(c *Collation, a, b string) int {
	if c.pad {
		n := 2 * max(len(a), len(b)) * mostElements
		a, b = a+strings.Repeat(" ", n), b+strings.Repeat(" ", n)
	}
	x, y := c.AppendWeights(nil, a), c.AppendWeights(nil, b)
	if c.kind == byBytes {
		x, y = []byte(a), []byte(b)
	}
	if c.pad {
		n := min(len(x), len(y))
		x, y = x[:n], y[:n]
	}
	return strings.Compare(string(x), string(y))
}

func TestTransitive(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5_000 {
		x, y, z := randomText(r), randomText(r), randomText(r)
		for _, id := range all {
			c := of(t, id)
			if c.Compare(x, y) <= 0 && c.Compare(y, z) <= 0 && c.Compare(x, z) > 0 {
				t.Errorf("%s: %q <= %q <= %q, but not the first the last", id, x, y, z)
			}
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("straße", "STRASSE")
	f.Add("e\u0301", "é ")
	f.Add("a\xff", "a\t")
	f.Add("각", "\u1100\u1161\u11a8")
	f.Fuzz(checkPair)
}

func FuzzLike(f *testing.F) {
	f.Add("straße", "STRA_E")
	f.Add("100%", `1%\%`)
	f.Add("ééé", "%e%_")
	f.Fuzz(func(t *testing.T, text, pattern string) {
		if !utf8.ValidString(text) || !utf8.ValidString(pattern) || len(text) > 30 || len(pattern) > 12 {
			return
		}
		for _, id := range all {
			c := of(t, id)
			if got, want := c.NewPattern(pattern, '\\').Match(text), like(c, []rune(text), []rune(pattern)); got != want {
				t.Errorf("%s: %q LIKE %q is %v", id, text, pattern, got)
			}
		}
	})
}

// like is LIKE by the definition.
func like(c *Collation, text, pattern []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(text) == 0
	case pattern[0] == '%':
		return like(c, text, pattern[1:]) || len(text) > 0 && like(c, text[1:], pattern)
	case len(text) == 0:
		return false
	case pattern[0] == '_':
		return like(c, text[1:], pattern[1:])
	case pattern[0] == '\\' && len(pattern) > 1:
		pattern = pattern[1:]
	}
	return c.EqualRunes(pattern[0], text[0]) && like(c, text[1:], pattern[1:])
}
