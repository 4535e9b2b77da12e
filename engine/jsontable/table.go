package jsontable

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Table is a JSON_TABLE: how a document becomes rows.
type Table struct {
	Name string
	Root *Level
}

// Level is a path and the columns of what it finds: a row for each.
type Level struct {
	Path    Path
	Columns []Column
}

// Kind says what a column holds.
type Kind uint8

// The kinds of columns.
const (
	Value      Kind = iota // what the path finds
	Exists                 // 1 if the path finds something, else 0
	Ordinality             // the number of the row
	Nested                 // no column but more of them: a row for each thing found
)

// Column is a column of a level.
type Column struct {
	Kind    Kind
	At      int // of the columns of the whole table in their order; not of a Nested
	Name    string
	Type    types.Type
	Path    Path     // Value, Exists
	OnEmpty Response // Value: nothing is found
	OnError Response // Value: what is found can't be stored
	Nested  *Level
}

// Response is what a column has instead of a value; the zero value is NULL.
type Response struct {
	Fail    bool        // an error
	Default types.Value // with HasDefault
	Has     bool
}

// Default is the response DEFAULT text, a JSON document that c can store.
func (c *Column) Default(text string, convert Convert) (Response, error) {
	v, err := Parse(text)
	if err == nil {
		if value, err := c.store(v, convert); err == nil {
			return Response{Has: true, Default: value}, nil
		}
	}
	return Response{}, sqlerr.New(sqlerr.BadDefault, "Invalid default value for '%s'", c.Name)
}

// Parse reads a document. Numbers stay text.
func Parse(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, &json.SyntaxError{Offset: d.InputOffset()}
	}
	return v, nil
}

// Width is the number of a table's columns.
func (t *Table) Width() int { return t.Root.width() }

func (l *Level) width() int {
	n := 0
	for i := range l.Columns {
		if c := &l.Columns[i]; c.Kind == Nested {
			n += c.Nested.width()
		} else {
			n++
		}
	}
	return n
}

// Rows calls emit with each row of a document, which emit copies.
func (t *Table) Rows(text string, convert Convert, emit func([]types.Value) error) error {
	doc, err := Parse(text)
	if err != nil {
		return sqlerr.New(sqlerr.BadJSON, "Invalid JSON text in argument 1 to function json_table: %s", reason(err))
	}
	e := expansion{table: t, convert: convert, emit: emit, row: make([]types.Value, t.Width())}
	for i := range e.row {
		e.row[i] = types.NullValue
	}
	_, err = e.level(t.Root, doc)
	return err
}

// reason is what is wrong with a text, without Go's words for where.
func reason(err error) string {
	text := err.Error()
	if text == "" {
		return "something stands after the document"
	}
	return text
}

// expansion makes the rows of one document.
type expansion struct {
	table   *Table
	convert Convert
	emit    func([]types.Value) error
	row     []types.Value // the columns that are set; the others are NULL
}

// level emits the rows of a level over a part of the document, and reports whether there are any.
func (e *expansion) level(l *Level, in any) (found bool, err error) {
	for i, v := range l.Path.Find(in) {
		if err := e.match(l, v, i+1); err != nil {
			return false, err
		}
		found = true
	}
	e.unset(l)
	return found, nil
}

// match emits the rows of one thing that the path of a level found. Nested paths beside each other have rows one after the
// other, in which the columns of the others are NULL; where none of them finds anything there is one row.
func (e *expansion) match(l *Level, v any, number int) error {
	for i := range l.Columns {
		if c := &l.Columns[i]; c.Kind != Nested {
			value, err := e.column(c, v, number)
			if err != nil {
				return err
			}
			e.row[c.At] = value
		}
	}
	several := false
	for i := range l.Columns {
		if c := &l.Columns[i]; c.Kind == Nested {
			found, err := e.level(c.Nested, v)
			if err != nil {
				return err
			}
			several = several || found
		}
	}
	if several {
		return nil
	}
	return e.emit(e.row)
}

// unset makes the columns of a level NULL.
func (e *expansion) unset(l *Level) {
	for i := range l.Columns {
		if c := &l.Columns[i]; c.Kind == Nested {
			e.unset(c.Nested)
		} else {
			e.row[c.At] = types.NullValue
		}
	}
}

func (e *expansion) column(c *Column, in any, number int) (types.Value, error) {
	if c.Kind == Ordinality {
		return types.IntValue(int64(number)), nil
	}
	found := c.Path.Find(in)
	if c.Kind == Exists {
		return c.store(json.Number(map[bool]string{false: "0", true: "1"}[len(found) > 0]), e.convert)
	}
	var v any
	switch len(found) {
	case 0:
		if c.OnEmpty.Fail {
			return types.Value{}, sqlerr.New(sqlerr.JSONTableEmpty, "Missing value for JSON_TABLE column '%s'", c.Name)
		}
		return c.OnEmpty.value(), nil
	case 1:
		v = found[0]
	default:
		v = found // as an array
	}
	value, err := c.store(v, e.convert)
	switch {
	case err == nil:
		return value, nil
	case !c.OnError.Fail:
		return c.OnError.value(), nil
	case isCompound(v) && c.Type.Kind != types.JSON:
		return types.Value{}, sqlerr.New(sqlerr.JSONTableScalar,
			"Can't store an array or an object in the scalar column '%s' of JSON_TABLE '%s'", c.Name, e.table.Name)
	}
	return types.Value{}, err
}

func (r Response) value() types.Value {
	if r.Has {
		return r.Default
	}
	return types.NullValue
}

func isCompound(v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		return true
	}
	return false
}

// Text prints a document as MySQL does: keys by length and then by bytes, a blank after each comma and colon.
func Text(v any) string {
	var b bytes.Buffer
	write(&b, v)
	return b.String()
}

func write(b *bytes.Buffer, v any) {
	switch v := v.(type) {
	case []any:
		b.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			write(b, x)
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, k := range keysOf(v) {
			if i > 0 {
				b.WriteString(", ")
			}
			quote(b, k)
			b.WriteString(": ")
			write(b, v[k])
		}
		b.WriteByte('}')
	case string:
		quote(b, v)
	case json.Number:
		b.WriteString(number(v))
	case bool:
		b.WriteString(map[bool]string{false: "false", true: "true"}[v])
	default:
		b.WriteString("null")
	}
}

// quote writes a string in quotes. HTML is nothing special to it.
func quote(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string into memory can't fail
	b.Truncate(b.Len() - 1)
}
