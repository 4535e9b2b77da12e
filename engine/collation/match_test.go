package collation

import (
	"slices"
	"testing"

	"github.com/silogate/silogate/engine/types"
)

func TestLike(t *testing.T) {
	for _, test := range []struct {
		text, pattern string
		escape        rune
		under         []types.Collation // where it matches
	}{
		{"abc", "A_C", '\\', []types.Collation{gen, uni, new, ai, asc}},
		{"abc", "a%", '\\', all},
		{"abc", "%C", '\\', []types.Collation{gen, uni, new, ai, asc}},
		{"ß", "ss", '\\', nil}, // 12.8.1: a character at a time
		{"ß", "s", '\\', []types.Collation{gen}},
		{"ß", "ẞ", '\\', []types.Collation{new, ai, asc}},
		{"é", "e", '\\', []types.Collation{gen, uni, new, ai}},
		{"e\u0301", "e", '\\', nil},
		{"e\u0301", "é", '\\', nil},
		{"e\u0301", "e_", '\\', all},
		{"a ", "a", '\\', nil}, // 12.8.1: trailing spaces count
		{"a", "a ", '\\', nil},
		{"", "", '\\', all},
		{"", "%", '\\', all},
		{"", "_", '\\', nil},
		{"a%c", `A\%C`, '\\', []types.Collation{gen, uni, new, ai, asc}},
		{"abc", `A\%C`, '\\', nil},
		{"a_c", "aéé_c", 'é', nil},
		{"aé_c", "aéé_c", 'é', all},
		{`a\`, `a\`, '\\', all},
		{`a\%`, `a\%`, NoEscape, all},
		{"xaxbxc", "%A%B%C", '\\', []types.Collation{gen, uni, new, ai, asc}},
		{"aab", "%ab", '\\', all},
		{"aaab", "%a%ab", '\\', all},
		{"äöü", "_%_", '\\', all},
		{"ä", "__", '\\', nil},
		{"😀", "😁", '\\', []types.Collation{gen}}, // without an entry a character equals itself alone
		{"각", "각", '\\', all},
	} {
		for _, id := range all {
			if got, want := of(t, id).NewPattern(test.pattern, test.escape).Match(test.text), slices.Contains(test.under, id); got != want {
				t.Errorf("%s: %q LIKE %q is %v", id, test.text, test.pattern, got)
			}
		}
	}
}

func TestIndex(t *testing.T) {
	for _, test := range []struct {
		id         types.Collation
		text, what string
		want       int
	}{
		{ai, "Straße", "SS", 4}, // two bytes, as 'ß' is
		{ai, "Straße", "s", 0},
		{as, "Straße", "s", -1},
		{ai, "été", "E", -1}, // 'é' is two bytes long
		{ai, "été", "É", 0},
		{ai, "eé", "É", 1}, // not "e" and half an 'é', where MySQL finds it
		{ai, "abc", "", 0},
		{ai, "", "", 0},
		{ai, "", "a", -1},
		{ai, "a b", "a ", 0},
		{uni, "a", "a ", -1}, // trailing spaces count here
		{gen, "ÀB", "b", 2},
		{gen, "aÀ", "À", 1},
		{bin, "aA", "A", 1},
		{raw, "aA", "b", -1},
	} {
		if got := of(t, test.id).Index(test.text, test.what); got != test.want {
			t.Errorf("%s: Index(%q, %q) is %d", test.id, test.text, test.what, got)
		}
	}
}

func TestFindInSet(t *testing.T) {
	for _, test := range []struct {
		id         types.Collation
		text, list string
		want       int
	}{
		{ai, "B", "a,b,c", 2}, {as, "B", "a,b,c", 0}, {ai, "ss", "x,ß", 2}, {ai, "", "a,,b", 2}, {ai, "", "", 0}, {ai, "a", "", 0},
		{ai, "a,b", "a,b", 0}, {uni, "a", "a ,b", 0}, {bin, "a ", "a ,b", 1}, {gen, "É", "e,f", 1}, {ai, "c", "a,b,", 0}, {ai, "", "a,", 2},
		{gen, "ß", "s", 0}, {gen, "ß", "s,t", 1},
	} {
		if got := of(t, test.id).FindInSet(test.text, test.list); got != test.want {
			t.Errorf("%s: FindInSet(%q, %q) is %d", test.id, test.text, test.list, got)
		}
	}
}
