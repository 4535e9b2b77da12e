package randsql

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/silogate/silogate/internal/testdb"
)

// Twins are two expressions that differ in one constant alone: in the case of a word, in the last member of a list that is
// longer than a plan shows, or in LIKE's escape character. What knows expressions by their text may take them for one.

// escape is what tells a LIKE from its twin.
const escape = " ESCAPE '|'"

// longList begins a list of numbers that no table has.
const longList = "101, 102, 103, 104, 105, 106, 107, 108, "

var word = regexp.MustCompile(`'[A-Za-z]+'`)

// twin returns the twin of e; e itself if it has no such constant.
func twin(e string) string {
	if strings.Contains(e, escape) {
		return strings.Replace(e, escape, "", 1)
	}
	if before, after, ok := strings.Cut(e, longList); ok {
		last := map[byte]string{'1': "2", '2': "3", '3': "1"}[after[0]]
		return before + longList + last + after[1:]
	}
	at := word.FindStringIndex(e)
	if at == nil {
		return e
	}
	return e[:at[0]] + strings.Map(func(r rune) rune {
		if unicode.IsLower(r) {
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, e[at[0]:at[1]]) + e[at[1]:]
}

// test writes a condition that has a twin, on a column of the scope; ok is false if there is none.
func (g *generator) test(s scope) (condition string, ok bool) {
	k := pick(g, testdb.Integer, testdb.Text, testdb.Text)
	if !s.has(k) {
		return "", false
	}
	c := g.column(s, k)
	if k == testdb.Integer {
		return fmt.Sprintf("(%s IN (%s%d))", c, longList, 1+g.r.IntN(3)), true
	}
	if g.one(4) {
		return fmt.Sprintf("(%s LIKE %s%s)", c, pick(g, "'a|_b'", "'_|%%'", "'100|%'"), escape), true
	}
	return fmt.Sprintf("(%s %s %s)", c, pick(g, "=", "<>", "<=>"), pick(g, "'apple'", "'APPLE'", "'x'", "'X'", "'banana'", "'BANANA'")), true
}

// has reports whether a column is of a kind.
func (s scope) has(k testdb.Kind) bool {
	for _, c := range s {
		if c.kind == k {
			return true
		}
	}
	return false
}
