package types

import "strings"

var (
	// literalEscapes are what MySQL escapes in the literals that it shows (append_unescaped): clients read SHOW CREATE TABLE line by line.
	literalEscapes   = strings.NewReplacer("'", "''", `\`, `\\`, "\n", `\n`, "\r", `\r`, "\x00", `\0`)
	literalUnescapes = strings.NewReplacer("''", "'", `\\`, `\`, `\n`, "\n", `\r`, "\r", `\0`, "\x00")
)

// QuoteLiteral is a text as the literal that MySQL shows for it.
func QuoteLiteral(text string) string { return "'" + literalEscapes.Replace(text) + "'" }

// UnquoteLiteral is what such a literal stands for; ok is false for what is none.
func UnquoteLiteral(sql string) (text string, ok bool) {
	if len(sql) < 2 || !strings.HasPrefix(sql, "'") || !strings.HasSuffix(sql, "'") {
		return sql, false
	}
	return literalUnescapes.Replace(sql[1 : len(sql)-1]), true
}
