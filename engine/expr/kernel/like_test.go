package kernel

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/types"
)

// likeRegexp is a pattern with escape \ as a regular expression.
func likeRegexp(pattern string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	runes := []rune(pattern)
	for i := 0; i < len(runes); i++ {
		switch {
		case runes[i] == '\\' && i+1 < len(runes):
			i++
			b.WriteString(regexp.QuoteMeta(string(runes[i])))
		case runes[i] == '%':
			b.WriteString(`.*`)
		case runes[i] == '_':
			b.WriteString(`.`)
		default:
			b.WriteString(regexp.QuoteMeta(string(runes[i])))
		}
	}
	return regexp.MustCompile(b.String() + `\z`)
}

// FuzzLike compares the compiled matchers, over all rows and over selected ones, with a regular expression.
func FuzzLike(f *testing.F) {
	for _, p := range []string{"", "%", "a%", "%a", "%a%", "a%b", "%a%b%c%", "_", "%_%", "a_c", `a\%`, `\`, "%%a", "h_llo%", "%ö_", `%\_%`} {
		f.Add(p, "abc", "a%b", "hällo wörld")
	}
	f.Fuzz(func(t *testing.T, pattern, a, b, c string) {
		for _, s := range []string{pattern, a, b, c} {
			if !utf8.ValidString(s) {
				t.Skip("text is UTF-8")
			}
		}
		rows := []string{a, b, c, "", a + b, b + c, a + a, pattern}
		values := make([]types.Value, len(rows))
		sel := make([]int32, len(rows))
		for i, r := range rows {
			values[i], sel[i] = types.TextValue(r), int32(i)
		}
		array := FromValues(memory.DefaultAllocator, types.Of(types.Varchar), values)
		p, re := Like(pattern, '\\', types.Of(types.Varchar), nil), likeRegexp(pattern)
		bits := make([]byte, 1)
		p.Bits(bits, array)
		kept := map[int32]bool{}
		for _, i := range p.Filter(sel, array) {
			kept[i] = true
		}
		for i, r := range rows {
			if want := re.MatchString(r); bitSet(bits, i) != want || kept[int32(i)] != want {
				t.Errorf("%q LIKE %q: %v over all, %v over selected rows, want %v", r, pattern, bitSet(bits, i), kept[int32(i)], want)
			}
		}
	})
}

func TestLikeEscape(t *testing.T) {
	for _, c := range []struct {
		text, pattern string
		escape        rune
		binary, want  bool
	}{
		{"50%", `50|%`, '|', false, true},
		{"50x", `50|%`, '|', false, false},
		{`50\x`, `50\%`, NoEscape, false, true},
		{"ä", "_", '\\', false, true},
		{"ä", "_", '\\', true, false},
		{"ä", "__", '\\', true, true},
	} {
		a := FromValues(memory.DefaultAllocator, types.Of(types.Varchar), []types.Value{types.TextValue(c.text)})
		bits := make([]byte, 1)
		typ := types.Of(types.Varchar)
		if c.binary {
			typ = types.Of(types.Varbinary)
		}
		Like(c.pattern, c.escape, typ, nil).Bits(bits, a)
		if bitSet(bits, 0) != c.want {
			t.Errorf("%q LIKE %q escape %d is %v", c.text, c.pattern, c.escape, !c.want)
		}
	}
}
