package types

import "testing"

func TestLiterals(t *testing.T) {
	for text, want := range map[string]string{
		"": "''", "it's": "'it''s'", `a\b`: `'a\\b'`, "two\nlines\r": `'two\nlines\r'`, "\x00": `'\0'`, `\n`: `'\\n'`, `\\0`: `'\\\\0'`,
	} {
		got := QuoteLiteral(text)
		if back, ok := UnquoteLiteral(got); got != want || !ok || back != text {
			t.Errorf("%q is %s, want %s; and %q back", text, got, want, back)
		}
	}
	for _, sql := range []string{"", "'", "a", "'a", "a'"} {
		if text, ok := UnquoteLiteral(sql); ok || text != sql {
			t.Errorf("%s is a literal, %q", sql, text)
		}
	}
}
