// Package csv reads files of separated values: CSV as RFC 4180 has it, and what else goes by that name.
//
// Records end in LF or CRLF. A field that begins with the quote ends with it, and has delimiters, line breaks and doubled
// quotes in between; a quote anywhere else is a character as any. With an escape character, that and the character after it
// in a quoted field are the latter. Empty lines are no records, unless there is one column only. An unquoted field that
// equals the text of NULL, empty by default, is NULL; so is an empty one of a column that is no text.
//
// What Options leave open is detected for each file from its start (sniff.go): the delimiter and the escape character by
// which most records have the same number of fields, and the header. The first record is a header if its fields are
// texts, and over a column of other values, or over texts throughout, where nothing tells it from a record of values.
// Without a header the columns are column0, column1 and so on.
//
// The decoder is the package's own: encoding/csv, on which arrow-go's reader is built, makes a string of every record, takes several times as
// long, and can neither cut a file nor pass over columns.
package csv
