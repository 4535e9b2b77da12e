package parse

import (
	"regexp"
	"strings"
)

// The other grammar has JSON_VALUE of two arguments alone. With a type, or with responses to an empty place and an error, it becomes the
// value of a table of one row:
//
//	JSON_VALUE(d, '$.a' RETURNING SIGNED DEFAULT 0 ON EMPTY)
//	(SELECT silogate_value FROM JSON_TABLE(d, '$' COLUMNS (silogate_value BIGINT PATH '$.a' DEFAULT '0' ON EMPTY)) AS silogate_json)
//
// The type as it was written stays behind as a comment, for Restore.
const (
	valueEdit  = "\r\t\r\t\r(SELECT silogate_value FROM JSON_TABLE"
	columnEdit = "\r\t\r\t\t\r, '$' COLUMNS (silogate_value "
	pathEdit   = " \r\t\r\t\t\t\rPATH"
	valueClose = "\r\t\r\t\t\t\t\r)) AS silogate_json)"
)

var (
	restoreColumn  = regexp.MustCompile(regexp.QuoteMeta(columnEdit) + "[^\r]*" + regexp.QuoteMeta(pathEdit))
	restoreComment = regexp.MustCompile(`/\*(RETURNING [^*]*)\*/`)
	restoreValue   = strings.NewReplacer(valueEdit, "JSON_VALUE", valueClose, ")")
)

// restoreJSONValue undoes what jsonValue did.
func restoreJSONValue(sql string) string {
	if !strings.Contains(sql, valueEdit) {
		return sql
	}
	return restoreComment.ReplaceAllString(restoreValue.Replace(restoreColumn.ReplaceAllLiteralString(sql, ",")), "$1")
}

// columnTypes are the types of columns that are called otherwise as those of a value.
var columnTypes = map[string]string{"SIGNED": "BIGINT", "UNSIGNED": "BIGINT UNSIGNED", "CHAR": "LONGTEXT", "": "VARCHAR(512)"}

// jsonValue changes the call at i if it has more than two arguments' words.
func (w *widener) jsonValue(i int) {
	last := w.match(i + 1)
	comma, returning, response := 0, 0, 0
	for k, t := range w.inside(i + 1) {
		switch {
		case t.isSymbol(",") && comma == 0:
			comma = k
		case t.is("RETURNING") && comma > 0:
			returning = k
		case (t.is("NULL") || t.is("ERROR")) && w.at(k+1).is("ON") || t.is("DEFAULT"):
			if response == 0 {
				response = k
			}
			if t.is("ERROR") {
				w.with[k] = edit{"DEFAULT '" + ErrorResponse + "'", k + 1}
			} else if value := w.at(k + 1); t.is("DEFAULT") && value.isNumber() && w.at(k+2).is("ON") {
				w.with[k+1] = edit{"'" + value.value + "'", k + 2}
			}
		}
	}
	if comma == 0 || returning == 0 && response == 0 {
		return
	}
	typ := ""
	if returning > 0 {
		end := last
		if response > 0 {
			end = response
		}
		if end == returning+1 {
			return
		}
		typ = w.sql[w.tokens[returning+1].start:w.tokens[end-1].end]
		w.with[returning] = edit{"/*RETURNING " + typ + "*/", end}
	}
	column := strings.ToUpper(strings.Join(strings.Fields(strings.TrimSuffix(strings.ToUpper(typ), "INTEGER")), " "))
	if known, ok := columnTypes[column]; ok {
		typ = known
	}
	w.with[i] = edit{valueEdit, i + 1}
	w.with[comma] = edit{columnEdit + typ + pathEdit, comma + 1}
	w.with[last] = edit{valueClose, last + 1}
}
