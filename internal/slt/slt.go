// Package slt runs sqllogictest files against a MySQL connection.
//
// The format is the sqllogictest project's: records separated by blank lines, each `statement ok`, `statement error
// [ERRNO]` or `query TYPES [nosort|rowsort|valuesort] [label]` with the SQL, `----` and the expected values, one a
// line, or `N values hashing to MD5`; skipif and onlyif conditions name a database (Record.For); `halt` and
// `hash-threshold` are known. Two additions for this project's own files: with types given as T only, a row may be
// written on one line, its values separated by tabs; `statement error` may carry the errno it must end with, or be
// `query error ERRNO`.
package slt

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Record is one test of a file.
type Record struct {
	Line     int
	Query    bool // else a statement
	SQL      string
	Types    string // of the columns: I integer, R number, T text
	Sort     Sort
	Expected []string // lines after ----
	Error    bool     // must fail
	Errno    uint16   // with this one; 0: any
	Halt     bool     // nothing: the file ends here

	skip, only []string // databases of the conditions
}

// For reports whether the record's conditions let it run on a database, such as "mysql".
func (r *Record) For(database string) bool {
	other := func(name string) bool { return name != database }
	return !slices.Contains(r.skip, database) && !slices.ContainsFunc(r.only, other)
}

// Sort says how rows are brought into order before they are compared.
type Sort uint8

// The sort modes.
const (
	NoSort Sort = iota
	RowSort
	ValueSort
)

// Parse reads the records of all databases.
func Parse(r io.Reader) ([]Record, error) {
	p := parser{scanner: bufio.NewScanner(r)}
	p.scanner.Buffer(nil, 16<<20)
	var records []Record
	for {
		record, ok, err := p.next()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", p.line, err)
		}
		if !ok {
			return records, p.scanner.Err()
		}
		records = append(records, *record)
	}
}

type parser struct {
	scanner *bufio.Scanner
	line    int
}

func (p *parser) read() (string, bool) {
	if !p.scanner.Scan() {
		return "", false
	}
	p.line++
	return strings.TrimRight(p.scanner.Text(), "\r"), true
}

// next returns the next record; false at the end.
func (p *parser) next() (*Record, bool, error) {
	var skip, only []string
	for {
		text, ok := p.read()
		if !ok {
			return nil, false, nil
		}
		fields := strings.Fields(text)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		switch fields[0] {
		case "hash-threshold":
		case "halt":
			return &Record{Line: p.line, Halt: true, skip: skip, only: only}, true, nil
		case "skipif", "onlyif":
			if len(fields) < 2 {
				return nil, false, fmt.Errorf("%s without a database", fields[0])
			}
			if fields[0] == "skipif" {
				skip = append(skip, fields[1])
			} else {
				only = append(only, fields[1])
			}
		case "statement", "query":
			record, err := p.body(fields)
			if err != nil {
				return nil, false, err
			}
			record.skip, record.only = skip, only
			return record, true, nil
		default:
			return nil, false, fmt.Errorf("unknown record %q", text)
		}
	}
}

// body reads a record's SQL and expected values up to a blank line.
func (p *parser) body(header []string) (*Record, error) {
	if len(header) < 2 {
		return nil, fmt.Errorf("incomplete record %q", strings.Join(header, " "))
	}
	r := &Record{Line: p.line, Query: header[0] == "query"}
	if err := r.header(header[1:]); err != nil {
		return nil, err
	}
	var sql []string
	inResult := false
	for {
		text, ok := p.read()
		if !ok || text == "" {
			break
		}
		switch {
		case !inResult && text == "----":
			inResult = true
		case inResult:
			r.Expected = append(r.Expected, text)
		default:
			sql = append(sql, text)
		}
	}
	r.SQL = strings.Join(sql, "\n")
	return r, nil
}

func (r *Record) header(words []string) error {
	if words[0] == "error" {
		r.Error = true
		if len(words) > 1 {
			n, err := strconv.ParseUint(words[1], 10, 16)
			if err != nil {
				return fmt.Errorf("errno %q", words[1])
			}
			r.Errno = uint16(n)
		}
		return nil
	}
	if !r.Query {
		return nil
	}
	r.Types = words[0]
	if len(words) > 1 {
		switch words[1] {
		case "nosort":
		case "rowsort":
			r.Sort = RowSort
		case "valuesort":
			r.Sort = ValueSort
		default:
			return fmt.Errorf("unknown sort mode %q", words[1])
		}
	}
	return nil
}
