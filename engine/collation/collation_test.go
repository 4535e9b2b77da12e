package collation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/types"
)

func of(t testing.TB, id types.Collation) *Collation {
	t.Helper()
	c, ok := Of(id)
	if !ok {
		t.Fatalf("no collation %s", id)
	}
	return c
}

// all are the collations of utf8mb4; those of utf8mb3 are the same.
var all = []types.Collation{
	types.Utf8mb4General, types.Utf8mb4Bin, types.Utf8mb4Unicode, types.Utf8mb4Unicode520, types.Utf8mb4AI0900,
	types.Utf8mb4ASCI0900, types.Utf8mb4ASCS0900, types.Utf8mb4Bin0900,
}

const (
	gen = types.Utf8mb4General
	uni = types.Utf8mb4Unicode
	new = types.Utf8mb4Unicode520
	ai  = types.Utf8mb4AI0900
	asc = types.Utf8mb4ASCI0900
	as  = types.Utf8mb4ASCS0900
	bin = types.Utf8mb4Bin
	raw = types.Utf8mb4Bin0900
)

// TestEqual has the facts of the Reference Manual's chapter on character sets, and of the algorithm.
func TestEqual(t *testing.T) {
	for _, test := range []struct {
		a, b  string
		under []types.Collation // where they are equal
	}{
		{"a", "A", []types.Collation{gen, uni, new, ai, asc}},
		{"a", "ä", []types.Collation{gen, uni, new, ai}},
		{"Å", "a", []types.Collation{gen, uni, new, ai}},
		{"Å", "å", []types.Collation{gen, uni, new, ai, asc}},
		{"ß", "s", []types.Collation{gen}}, // 12.10.1: so it is in general_ci, and "ss" in unicode_ci
		{"ß", "ss", []types.Collation{uni, new, ai}},
		{"ß", "SS", []types.Collation{uni, new, ai}},
		{"æ", "ae", []types.Collation{new, ai}}, // a letter of its own in UCA 4
		{"Æ", "æ", []types.Collation{gen, uni, new, ai, asc}},
		{"œ", "oe", []types.Collation{uni, new, ai}},
		{"ﬁ", "fi", []types.Collation{uni, new, ai, asc}},
		{"ﬃ", "FFI", []types.Collation{uni, new, ai, asc}},
		{"e\u0301", "é", []types.Collation{uni, new, ai, asc, as}}, // the same weights
		{"e\u0301", "e", []types.Collation{uni, new, ai}},
		{"a\u0323\u0302", "a\u0302\u0323", []types.Collation{uni, new, ai}}, // not normalized
		{"ậ", "a\u0323\u0302", []types.Collation{uni, new, ai, asc, as}},
		{"a\u200db", "ab", []types.Collation{uni, new, ai, asc, as}}, // a joiner is ignored
		{"a\x00b", "ab", []types.Collation{uni, new, ai, asc, as}},
		{"a", "a  ", []types.Collation{gen, uni, new, bin}},
		{"", " ", []types.Collation{gen, uni, new, bin}},
		{"a", "a\t", nil},
		{"①", "1", []types.Collation{uni, new, ai, asc}},
		{"ａ", "a", []types.Collation{uni, new, ai, asc}}, // full width: the third level
		{"が", "か", []types.Collation{uni, new, ai}},
		{"か", "カ", []types.Collation{uni, new, ai, asc}},
		{"ｶ", "カ", []types.Collation{uni, new, ai, asc}},
		{"각", "\u1100\u1161\u11a8", []types.Collation{ai, asc, as}}, // a syllable and its letters
		{"힣", "\u1112\u1175\u11c2", []types.Collation{ai, asc}},
		{"Ĳ", "ij", []types.Collation{uni, new, ai, asc}},
		{"ı", "i", []types.Collation{gen}},
		{"İ", "i", []types.Collation{gen, uni, new, ai}},
		{"Ł", "l", []types.Collation{new, ai}}, // likewise
		{"ø", "o", []types.Collation{new, ai}},
		{"đ", "d", []types.Collation{new, ai}},
		{"Ж", "ж", []types.Collation{gen, uni, new, ai, asc}},
		{"ё", "е", []types.Collation{gen, uni, new, ai}},
		{"Σ", "ς", []types.Collation{gen, uni, new, ai, asc}},
		{"😀", "😁", []types.Collation{gen, uni}}, // 12.10.1: all supplementary characters are
		{"🍣", "🍺", []types.Collation{gen, uni}},
		{"𝒜", "a", []types.Collation{new, ai, asc}},
		{"ﷺ", "صلى", nil},
		{"½", "1⁄2", []types.Collation{uni, new, ai, asc}},
		{"-", "", nil}, // punctuation counts
		{"ab", "ba", nil},
	} {
		for _, id := range all {
			c := of(t, id)
			if got, want := c.Equal(test.a, test.b), slices.Contains(test.under, id); got != want {
				t.Errorf("%s: %q = %q is %v", id, test.a, test.b, got)
			}
		}
	}
}

// TestSorted compares every two of texts in the order in which a collation has them.
func TestSorted(t *testing.T) {
	for _, test := range []struct {
		id    types.Collation
		texts []string
	}{
		{ai, []string{"", "\t", " ", "_", "-", "a b", "a-b", "a$", "a1", "ab", "b", "z", "þ", "α", "я", "ا", "각", "あ", "一", "𠀀", "\U000E0FFF"}},
		{as, []string{"", " ", "1", "a", "A", "á", "Á", "ab", "aB", "Ab", "äb", "b"}},
		{asc, []string{"a", "á", "ab", "áb", "abc"}},
		{uni, []string{"a\t", "a\tb", "a", "a  b", "a b", "a!", "ab", "æ", "b", "ss", "t"}},
		{gen, []string{"a\x00", "a\t", "a", "a b", "a!", "ab", "z", "~"}},
		{bin, []string{"\x1f", "", "  !", " !", "!", "A", "a\x00", "a\t", "a \x01", "a  \x01", "a", "a  !", "a !", "ab", "z", "ä", "\ue000", "😀"}},
		{raw, []string{"", "\x00", "A", "a", "a ", "ä", "\ue000", "😀"}},
	} {
		c := of(t, test.id)
		for i, a := range test.texts {
			for j, b := range test.texts {
				want := min(max(i-j, -1), 1)
				if got := c.Compare(a, b); got != want {
					t.Errorf("%s: Compare(%q, %q) is %d", test.id, a, b, got)
				}
				if got := strings.Compare(key(c, a), key(c, b)); got != want {
					t.Errorf("%s: keys of %q and %q: %d", test.id, a, b, got)
				}
			}
		}
	}
}

func key(c *Collation, text string) string { return string(c.AppendKey(nil, text)) }

// TestWeights has the examples of WEIGHT_STRING() in the Reference Manual.
func TestWeights(t *testing.T) {
	for _, test := range []struct {
		id         types.Collation
		text, want string
	}{
		{gen, "aAÀá", "0041004100410041"},
		{gen, "😀", "FFFD"},
		{uni, "aAÀá", "0E330E330E330E33"},
		{uni, "ss", "0FEA0FEA"},
		{uni, "ß", "0FEA0FEA"},
		{uni, "ﷺ", "FBC1FDFA"},
		{uni, "각", "FBC1AC01"},
		{uni, "一", "FB40CE00"},
		{new, "ﷺ", "18FC192B194F020A18AD192B192B193D"},
		{new, "😀", "FBC3F600"},
		{new, "𠀀", "FBC48000"},
		{ai, "a", "1C47"},
		{asc, "A", "1C4700000020"},
		{as, "A", "1C470000002000000008"},
		{as, "é", "1CAA000000200024000000020002"},
		{ai, "𠀀", "FB848000"},
		{ai, "𗀀", "FB008000"},
		{ai, "각", "3BF53C733CD1"},
		{bin, "a😀", "00006101F600"},
		{types.Utf8mb3Bin, "a", "0061"},
		{raw, "aé", "61C3A9"},
	} {
		if got := strings.ToUpper(hex.EncodeToString(of(t, test.id).AppendWeights(nil, test.text))); got != test.want {
			t.Errorf("%s of %q: %s", test.id, test.text, got)
		}
	}
}

// TestEveryCharacter pins the weights of all characters. The sums are those of MySQL's own weights, but for U+FFFF in
// utf8mb4_unicode_ci.
func TestEveryCharacter(t *testing.T) {
	for id, want := range map[types.Collation]string{gen: "7e03abd796bfafaa", uni: "b84865f6f23f2581", new: "518a2348b6894b1e", ai: "f8604977b442d889", asc: "cb24daead865c18a", as: "a83f4cf29cc147b0", bin: "150fffc20f998640", raw: "cb4dfca5314353eb"} {
		c := of(t, id)
		sum := sha256.New()
		for r := range rune(0x110000) {
			if r < 0xd800 || r > 0xdfff {
				fmt.Fprintf(sum, "%x %x\n", r, c.AppendWeights(nil, string(r)))
			}
		}
		if got := hex.EncodeToString(sum.Sum(nil)[:8]); got != want {
			t.Errorf("%s: %s", id, got)
		}
	}
}

func TestUnknown(t *testing.T) {
	for _, id := range []types.Collation{types.NoCollation, 256, 8, 9999} {
		if c, ok := Of(id); ok || c != nil || Has(id) {
			t.Errorf("there is a collation %s", id)
		}
	}
	for _, id := range all {
		if c := of(t, id); c.ID() != id || !Has(id) {
			t.Errorf("%s is %s", id, c.ID())
		}
	}
}
