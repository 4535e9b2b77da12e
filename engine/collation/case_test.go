package collation

import (
	"strings"
	"testing"
)

func TestCase(t *testing.T) {
	for _, c := range []struct {
		text, upper, lower string // 0900
		old                string // the capitals of utf8mb4_general_ci
	}{
		{"aZ09", "AZ09", "az09", "AZ09"},
		{"éßÿ", "ÉßŸ", "éßÿ", "ÉßŸ"}, // no capital of one character
		{"ﬁ", "ﬁ", "ﬁ", "ﬁ"},
		{"Σς", "ΣΣ", "σς", "ΣΣ"},
		{"ǆ", "Ǆ", "ǆ", "Ǆ"},
		{"ıİ", "Iİ", "ıi", "Iİ"},
		{"ẞ", "ẞ", "ß", "ẞ"},
		{"ა", "ა", "ა", "ა"}, // a capital since Unicode 11
		{"ꭰ", "Ꭰ", "ꭰ", "ꭰ"}, // since Unicode 8
		{"𐐨", "𐐀", "𐐨", "𐐨"},
		{"ϲ", "Ϲ", "ϲ", "Σ"},
		{"ӎ", "Ӎ", "ӎ", "ӎ"},
	} {
		now, old := of(t, ai), of(t, gen)
		if got := strings.Map(now.ToUpper, c.text); got != c.upper {
			t.Errorf("the capitals of %q are %q", c.text, got)
		}
		if got := strings.Map(now.ToLower, c.text); got != c.lower {
			t.Errorf("the small letters of %q are %q", c.text, got)
		}
		if got := strings.Map(old.ToUpper, c.text); got != c.old {
			t.Errorf("once the capitals of %q were %q", c.text, got)
		}
	}
}
