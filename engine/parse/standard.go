package parse

import (
	"slices"
	"strings"
)

// unusual are what Standard may have to change in a text that has escapes.
var unusual = []string{"/*!", "/*M!", "--", "//"}

// Standard returns sql, which is written under mode, in such words that the other grammar and this package read the same texts,
// names and comments in it as MySQL does under mode:
//
//	'a\' under NO_BACKSLASH_ESCAPES   'a\\'
//	/*!80000 x */                     x; nothing for a version after Version
//	/*M! x */                         nothing: it is another server's
//	5--1, a//b                        5- -1, a/ /b: no comments
//
// What mode says of double quotes stays as it is. An error means that sql can't be read.
func Standard(sql string, mode Mode) (string, error) {
	if !mode.NoBackslashEscapes && !slices.ContainsFunc(unusual, func(u string) bool { return strings.Contains(sql, u) }) {
		return sql, nil
	}
	var b strings.Builder
	var last token
	for s := (scanner{sql: sql, mode: mode}); ; {
		t, err := s.next()
		if err != nil {
			return "", err
		}
		between := sql[last.end:t.start]
		if s.parted || between == "" && t.kind == symbol && (t.value == "-" || t.value == "/") && last.isSymbol(t.value) {
			between = " "
		}
		b.WriteString(between)
		written := sql[t.start:t.end]
		if t.kind == text && mode.NoBackslashEscapes {
			written = strings.ReplaceAll(written, `\`, `\\`)
		}
		b.WriteString(written)
		if t.kind == end {
			return b.String(), nil
		}
		last = t
	}
}

// Split returns the first statement of sql and what follows its semicolon, to be read under the mode that the first one leaves.
// The body of a stored program is not split. What can't be read is returned as it is.
func Split(sql string, mode Mode) (first, rest string) {
	creates, program := false, false
	for s := (scanner{sql: sql, mode: mode}); ; {
		t, err := s.next()
		switch {
		case err != nil || t.kind == end || program && t.is("BEGIN"):
			return sql, ""
		case t.isSymbol(";") && !s.executable:
			return sql[:t.start], strings.TrimRight(strings.TrimSpace(sql[t.end:]), "; \t\r\n")
		case t.is("CREATE"):
			creates = true
		}
		program = program || creates && slices.ContainsFunc(programs, t.is)
	}
}

// programs are what has statements for its body.
var programs = []string{"PROCEDURE", "FUNCTION", "TRIGGER", "EVENT"}
