package avro

import (
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/arrowjson"
)

// shaped is a type whose values are written as JSON in the shape that a table has for them.
type shaped struct {
	*schema
	shape    *files.Shape
	branches []*shaped // of a union; of null none is asked
	fields   []*shaped // of a record; nil: the table does not have it
	at       []int     // for each field of the shape its position among those of the record; -1: the file does not have it
	items    *shaped   // of an array, and the values of a map
}

// newShaped proves that a type has values of a shape; identified says that the file has ids of fields.
func newShaped(s *schema, shape *files.Shape, identified bool) (*shaped, error) {
	out, ok := &shaped{schema: s, shape: shape}, shape.Form == files.Scalar
	var err error
	switch s.kind {
	case kindNull:
		ok = true
	case kindUnion:
		ok = true
		for _, b := range s.branches {
			branch, err := newShaped(b, shape, identified)
			if err != nil {
				return nil, err
			}
			out.branches = append(out.branches, branch)
		}
	case kindRecord:
		ok = shape.Form == files.Struct
		if ok {
			err = out.record(identified)
		}
	case kindArray:
		switch {
		case shape.Form == files.List:
			ok = true
			out.items, err = newShaped(s.items, &shape.Items[0], identified)
		case shape.Form == files.Map:
			ok = s.items.isPair()
			if ok {
				err = out.pairs(identified)
			}
		default:
			ok = false
		}
	case kindMap:
		ok = shape.Form == files.Map
		if ok {
			out.items, err = newShaped(s.items, &shape.Items[1], identified)
		}
	}
	if !ok {
		return nil, files.Misshapen(s.String())
	}
	return out, err
}

// record finds the fields of a struct.
func (s *shaped) record(identified bool) (err error) {
	of := s.schema.fields
	s.at, err = s.shape.Find(identified, len(of), func(i int) int { return of[i].id }, func(i int) string { return of[i].name })
	if err != nil {
		return err
	}
	s.fields = make([]*shaped, len(of))
	for i, at := range s.at {
		if at < 0 {
			continue
		}
		if s.fields[at], err = newShaped(of[at].typ, &s.shape.Fields[i].Shape, identified); err != nil {
			return fmt.Errorf("field %s: %w", s.shape.Fields[i].Name, err)
		}
	}
	return nil
}

// isPair reports a record of a key and a value, of which a map is an array whose keys are no texts.
func (s *schema) isPair() bool {
	return s.kind == kindRecord && len(s.fields) == 2 && s.fields[0].name == "key" && s.fields[1].name == "value"
}

// pairs has such a record, of an array that is a map.
func (s *shaped) pairs(identified bool) error {
	key, err := newShaped(s.schema.items.fields[0].typ, &s.shape.Items[0], identified)
	if err != nil {
		return err
	}
	value, err := newShaped(s.schema.items.fields[1].typ, &s.shape.Items[1], identified)
	s.items = &shaped{schema: s.schema.items, fields: []*shaped{key, value}}
	return err
}

// shaped reads a value and appends it as JSON in its shape.
func (c *cursor) shaped(dst []byte, s *shaped, depth int) []byte {
	if depth > mostJSONDepth {
		c.fail(fmt.Errorf("a value nests deeper than %d, and MySQL's JSON no deeper", mostJSONDepth))
	}
	if len(dst) > mostText {
		c.fail(errText)
	}
	if c.err != nil {
		return dst
	}
	switch {
	case s.kind == kindUnion:
		if i := c.branch(s.schema); c.err == nil {
			return c.shaped(dst, s.branches[i], depth)
		}
		return dst
	case s.kind == kindRecord:
		return c.shapedRecord(dst, s, depth)
	case s.kind == kindArray, s.kind == kindMap:
		return c.shapedItems(dst, s, depth)
	case s.kind == kindFloat && s.shape.As == files.AsDouble:
		return arrowjson.AppendFloat(dst, float64(c.float()), 64)
	case s.logical == date && (s.shape.As == files.AsMicros || s.shape.As == files.AsNanos):
		return arrowjson.AppendDay(dst, arrow.Date32(c.int()), s.shape.As)
	}
	return c.json(dst, s.schema, depth)
}

// shapedRecord reads the fields in the file's order and puts them in the table's.
func (c *cursor) shapedRecord(dst []byte, s *shaped, depth int) []byte {
	start, ends := len(dst), make([]int, len(s.fields))
	for i, f := range s.fields {
		if f == nil {
			c.skip(s.schema.fields[i].typ, depth+1)
		} else {
			dst = c.shaped(dst, f, depth+1)
		}
		if ends[i] = len(dst); c.err != nil {
			return dst
		}
	}
	read := slices.Clone(dst[start:])
	dst = append(dst[:start], '{')
	for i, at := range s.at {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(arrowjson.AppendText(dst, s.shape.Fields[i].Name), ": "...)
		if at < 0 {
			dst = append(dst, s.shape.Fields[i].Missing...)
			continue
		}
		from := 0
		if at > 0 {
			from = ends[at-1] - start
		}
		dst = append(dst, read[from:ends[at]-start]...)
	}
	return append(dst, '}')
}

// shapedItems appends an array or map.
func (c *cursor) shapedItems(dst []byte, s *shaped, depth int) []byte {
	open, end, least := byte('['), byte(']'), s.schema.items.least
	if s.shape.Form == files.Map {
		open, end = '{', '}'
	}
	if s.kind == kindMap {
		least++
	}
	dst = append(dst, open)
	for first := true; ; {
		items, _ := c.run(least)
		if items == 0 {
			return append(dst, end)
		}
		if least == 0 && items > mostEmpty {
			c.fail(errEmpty)
		}
		for ; items > 0 && c.err == nil; items-- {
			if !first {
				dst = append(dst, ", "...)
			}
			first = false
			dst = c.shapedItem(dst, s, depth+1)
		}
	}
}

var errEmpty = errors.New("too many items of no bytes")

// shapedItem appends an element of an array, or a key and a value of a map. A key that is no text is its JSON as text.
func (c *cursor) shapedItem(dst []byte, s *shaped, depth int) []byte {
	switch {
	case s.kind == kindMap:
		dst = append(arrowjson.AppendText(dst, text(c.bytes())), ": "...)
	case s.shape.Form == files.Map:
		start := len(dst)
		if dst = c.shaped(dst, s.items.fields[0], depth); len(dst) == start || dst[start] != '"' {
			key := string(dst[start:])
			dst = arrowjson.AppendText(dst[:start], key)
		}
		return c.shaped(append(dst, ": "...), s.items.fields[1], depth)
	}
	return c.shaped(dst, s.items, depth)
}
