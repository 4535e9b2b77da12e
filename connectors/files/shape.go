package files

import (
	"errors"
	"fmt"
	"slices"
)

// Shape is how a nested column is written as JSON where a table's format declares what is within: fields of structs are found in a file by
// their ids, whatever their names were when it was written. The zero value is a value that is not nested.
type Shape struct {
	Form   Form
	Fields []Field   // of a struct
	Items  []Shape   // of a list: of its elements; of a map: of its keys and its values
	As     Promotion // of a value that is not nested
	ByName bool      // of a whole column: fields are found by their Names in every file, whatever ids that has
}

// Form tells shapes apart.
type Form uint8

// The forms of values.
const (
	Scalar Form = iota
	Struct
	List
	Map
	Variant // a value that tells its own type
)

// Field is a field of a struct.
type Field struct {
	Shape
	Name    string
	ID      int
	Names   []string // of it in files that have no ids
	Missing string   // JSON of the values of a file that does not have it
}

// Promotion is how values are written whose type in the table is another one than in a file.
type Promotion uint8

// Promotions that change the text of a value. Integers and decimals have the same digits in a wider type.
const (
	AsStored  Promotion = iota
	AsDouble            // floats
	AsMicros            // dates, as a moment in microseconds
	AsNanos             // dates, as a moment in nanoseconds
	AsInstant           // moments that are instants, whether the file says so or not, in microseconds
)

// Find returns for each field of a struct its position among the n that a file has, whose ids and names are told; -1: it does not have it. A
// file has ids, or is read by the names that the table gives to fields of such files.
func (s *Shape) Find(identified bool, n int, id func(int) int, name func(int) string) ([]int, error) {
	out, found := make([]int, len(s.Fields)), n == 0
	for i := range out {
		out[i] = -1
	}
	for at := range n {
		found = found || id(at) != 0
		pos := slices.IndexFunc(s.Fields, func(f Field) bool {
			if identified {
				return f.ID == id(at)
			}
			return slices.Contains(f.Names, name(at))
		})
		if pos >= 0 {
			out[pos] = at
		}
	}
	if identified && !found {
		return nil, errors.New("a struct of the file has no field ids")
	}
	return out, nil
}

// Misshapen says that a file has values of another form than its table.
func Misshapen(native string) error {
	return fmt.Errorf("a nested value is %s in the file, and something else in the table", native)
}

// Identified reports whether the columns of a file have ids.
func (d *Description) Identified() bool {
	return slices.ContainsFunc(d.Columns, func(c Column) bool { return c.ID != 0 })
}
