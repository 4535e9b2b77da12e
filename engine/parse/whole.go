package parse

import (
	"slices"
	"strings"
)

// synonyms are beginnings of statements that the other grammar knows by others.
var synonyms = []struct{ words, instead string }{
	{"REVOKE ALL PRIVILEGES ON", "REVOKE ALL ON"},
	{"SHOW STORAGE ENGINES", "SHOW ENGINES"},
	{"SET LOCAL TRANSACTION", "SET SESSION TRANSACTION"},
	{"SHOW LOCAL VARIABLES", "SHOW SESSION VARIABLES"},
	{"SHOW LOCAL STATUS", "SHOW SESSION STATUS"},
	{"SHOW MASTER LOGS", "SHOW BINARY LOGS"},
	{"SHOW SCHEMAS", "SHOW DATABASES"},
	{"SHOW EXTENDED INDEX", "SHOW INDEX"},
	{"SHOW EXTENDED INDEXES", "SHOW INDEX"},
	{"SHOW EXTENDED KEYS", "SHOW INDEX"},
}

// flushed is what FLUSH may name and the gateway has not: logs, locks and counters of its own.
var flushed = []string{"BINARY", "ENGINE", "ERROR", "GENERAL", "RELAY", "SLOW", "LOGS", "HOSTS", "STATUS", "USER_RESOURCES", "OPTIMIZER_COSTS", "TABLES", "TABLE"}

// begins returns how many tokens from i on are the words, which blanks part; 0 if they are not.
func (w *rewriter) begins(i int, words string) int {
	n := 0
	for word := range strings.FieldsSeq(words) {
		if i+n >= len(w.tokens) || !w.tokens[i+n].is(word) && !w.tokens[i+n].isSymbol(word) {
			return 0
		}
		n++
	}
	return n
}

// statementEnd is the token that the first statement ends before.
func (w *rewriter) statementEnd() int {
	for i, t := range w.tokens {
		if t.isSymbol(";") {
			return i
		}
	}
	return len(w.tokens)
}

// whole returns what stands for a statement as a whole, if something has to.
func (w *rewriter) whole() (text string, ok bool) {
	end := w.statementEnd()
	if end < 2 {
		return "", false
	}
	for _, instead := range []func(int) (string, bool){w.show, w.flush} {
		if text, ok := instead(end); ok {
			return text + w.sql[w.tokens[end-1].end:], true
		}
	}
	return "", false
}

// beginning replaces the first words of a statement by their synonym and returns how many tokens it has read.
func (w *rewriter) beginning() int {
	for _, s := range synonyms {
		if n := w.begins(0, s.words); n > 0 {
			w.replace(token{start: w.tokens[0].start, end: w.tokens[n-1].end}, s.instead)
			return n
		}
	}
	return 0
}

// flush is FLUSH [LOCAL | NO_WRITE_TO_BINLOG] {PRIVILEGES | TABLES ... | ...}.
func (w *rewriter) flush(int) (string, bool) {
	at := 1
	if w.tokens[1].is("LOCAL") || w.tokens[1].is("NO_WRITE_TO_BINLOG") {
		at++
	}
	switch {
	case !w.tokens[0].is("FLUSH") || at >= len(w.tokens):
		return "", false
	case w.tokens[at].is("PRIVILEGES"):
		return "FLUSH PRIVILEGES", true
	}
	return "FLUSH TABLES", slices.ContainsFunc(flushed, w.tokens[at].is)
}
