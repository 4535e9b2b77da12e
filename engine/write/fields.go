package write

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
)

// Format is how a text file has rows (LOAD DATA, MySQL 8.0 manual, 13.2.9).
type Format struct {
	FieldEnd string
	Enclosed string // of one byte, or none
	Escape   string // of one byte, or none
	LineHead string
	LineEnd  string
}

// Field is a field of a row.
type Field struct {
	Text string
	Null bool
}

// FieldReader reads rows of a text file. It belongs to one goroutine.
type FieldReader struct {
	format Format
	in     *bufio.Reader
}

// NewFieldReader returns a reader of what in has.
func NewFieldReader(in io.Reader, format Format) *FieldReader {
	return &FieldReader{format, bufio.NewReaderSize(in, 64<<10)}
}

// Skip passes over lines.
func (r *FieldReader) Skip(lines int64) error {
	for ; lines > 0; lines-- {
		if err := r.pass(r.format.LineEnd); err != nil {
			return ended(err)
		}
	}
	return nil
}

// ended is what is left of an error of reading where the file may end.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// pass reads up to the end of the next occurrence of a text.
func (r *FieldReader) pass(text string) error {
	for {
		if r.follows(text) {
			_, err := r.in.Discard(len(text))
			return err
		}
		if _, err := r.in.ReadByte(); err != nil {
			return err
		}
	}
}

// follows reports whether a text, which is not empty, comes next.
func (r *FieldReader) follows(text string) bool {
	next, err := r.in.Peek(len(text))
	return err == nil && text != "" && string(next) == text
}

// took is follows that goes past the text.
func (r *FieldReader) took(text string) bool {
	if !r.follows(text) {
		return false
	}
	_, err := r.in.Discard(len(text))
	return err == nil
}

// Next returns the fields of the next row; nil: there is none.
func (r *FieldReader) Next() ([]Field, error) {
	if r.format.LineHead != "" {
		if err := r.pass(r.format.LineHead); err != nil {
			return nil, ended(err)
		}
	}
	if _, err := r.in.Peek(1); err != nil {
		return nil, ended(err)
	}
	var row []Field
	for {
		field, last, err := r.field()
		if err != nil {
			return nil, err
		}
		if row = append(row, field); last {
			return row, nil
		}
	}
}

// field reads a field and what ends it; last: it ended the row.
func (r *FieldReader) field() (field Field, last bool, err error) {
	enclosed := r.took(r.format.Enclosed)
	var text bytes.Buffer
	null := false // it began with the escape sequence of NULL
	for {
		if !enclosed {
			if over, last := r.over(); over {
				return r.finish(text, null, false), last, nil
			}
		}
		c, err := r.in.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return r.finish(text, null, enclosed), true, nil
			}
			return field, false, err
		}
		switch {
		case enclosed && string(c) == r.format.Enclosed:
			if r.took(r.format.Enclosed) {
				text.WriteByte(c)
				continue
			}
			if over, last := r.over(); over {
				return Field{Text: text.String()}, last, nil
			}
			if _, err := r.in.Peek(1); err != nil {
				return Field{Text: text.String()}, true, ended(err)
			}
			text.WriteByte(c)
		case string(c) == r.format.Escape:
			escaped, err := r.in.ReadByte()
			if err != nil {
				text.WriteByte(c)
				continue
			}
			null = null || escaped == 'N' && text.Len() == 0 && !enclosed
			text.WriteByte(unescaped(escaped))
		default:
			text.WriteByte(c)
		}
	}
}

// over reports whether the field ends here, and whether the row does; it goes past what ends it.
func (r *FieldReader) over() (over, last bool) {
	switch {
	case r.took(r.format.FieldEnd):
		return true, false
	case r.took(r.format.LineEnd):
		return true, true
	}
	return false, false
}

func (r *FieldReader) finish(text bytes.Buffer, null, enclosed bool) Field {
	field := Field{Text: text.String()}
	if null && field.Text == "N" || !enclosed && field.Text == "NULL" && (r.format.Enclosed != "" || r.format.Escape == "") {
		return Field{Null: true}
	}
	if enclosed { // and the file ended before it did
		field.Text = r.format.Enclosed + field.Text
	}
	return field
}

// unescaped is the character of an escape sequence.
func unescaped(c byte) byte {
	const letters, bytes = "0bnrtZ", "\x00\b\n\r\t\x1a"
	if i := slices.Index([]byte(letters), c); i >= 0 {
		return bytes[i]
	}
	return c
}
