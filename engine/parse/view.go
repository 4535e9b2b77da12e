package parse

import "regexp"

// alterView finds the beginning of an ALTER VIEW.
var alterView = regexp.MustCompile("(?is)^(\\s*)ALTER(\\s+(?:ALGORITHM\\s*=\\s*\\w+\\s+)?(?:DEFINER\\s*=\\s*(?:[^\\s`'\"]|`[^`]*`|'[^']*'|\"[^\"]*\")+\\s+)?(?:SQL\\s+SECURITY\\s+\\w+\\s+)?VIEW\\s)")

// AlterView returns ALTER VIEW as CREATE OR REPLACE VIEW, which does the same to a view that is there; ok is false for any other
// statement.
func AlterView(sql string) (create string, ok bool) {
	if !alterView.MatchString(sql) {
		return sql, false
	}
	return alterView.ReplaceAllString(sql, "${1}CREATE OR REPLACE${2}"), true
}
