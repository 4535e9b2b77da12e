package avro

import (
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors/files"
)

// Values are written as the table has them: fields found by their ids, floats as doubles, arrays of pairs as maps.
func TestShaped(t *testing.T) {
	scalar, double := files.Shape{}, files.Shape{As: files.AsDouble}
	field := func(id int, name string, s files.Shape) files.Field {
		return files.Field{Shape: s, Name: name, ID: id, Names: []string{"was " + name}, Missing: `"none"`}
	}
	structOf := func(fields ...files.Field) files.Shape { return files.Shape{Form: files.Struct, Fields: fields} }
	const record = `{"type": "record", "name": "r", "fields": [{"name": "a", "type": "int", "field-id": 1}, {"name": "b", "type": ["null", "string"], "field-id": 2}, {"name": "c", "type": "float", "field-id": 3}]}`
	const row = "\x0e" + "\x02\x02x" + "\xcd\xcc\xcc\x3d" // 7, "x", 0.1
	for name, c := range map[string]struct {
		schema, data string
		shape        files.Shape
		identified   bool
		want         string
	}{
		"fields in another order, others passed over": {record, row, structOf(field(3, "c", double), field(9, "d", scalar), field(1, "b", scalar)), true,
			`{"c": 0.10000000149011612, "d": "none", "b": 7}`},
		"all fields": {record, row, structOf(field(1, "x", scalar), field(2, "y", scalar), field(3, "z", scalar)), true, `{"x": 7, "y": "x", "z": 0.1}`},
		"by names": {`{"type": "record", "name": "r", "fields": [{"name": "was a", "type": "int"}]}`, "\x0e", structOf(field(1, "a", scalar), field(2, "b", scalar)), false,
			`{"a": 7, "b": "none"}`},
		"a list of structs or null": {`{"type": "array", "items": ["null", ` + record + `]}`, "\x04" + "\x02" + row + "\x00" + "\x00",
			files.Shape{Form: files.List, Items: []files.Shape{structOf(field(2, "b", scalar))}}, true, `[{"b": "x"}, null]`},
		"a map": {`{"type": "map", "values": "float"}`, "\x02\x02k\xcd\xcc\xcc\x3d\x00", files.Shape{Form: files.Map, Items: []files.Shape{scalar, double}}, true, `{"k": 0.10000000149011612}`},
		"a map whose keys are no texts": {`{"type": "array", "items": {"type": "record", "name": "p", "fields": [{"name": "key", "type": "int"}, {"name": "value", "type": "float"}]}}`,
			"\x02\x0e\xcd\xcc\xcc\x3d\x00", files.Shape{Form: files.Map, Items: []files.Shape{scalar, double}}, true, `{"7": 0.10000000149011612}`},
		"a day that is a moment by now": {`{"type": "record", "name": "r", "fields": [{"name": "d", "type": {"type": "int", "logicalType": "date"}, "field-id": 1}]}`, "\x02",
			structOf(field(1, "d", files.Shape{As: files.AsMicros})), true, `{"d": "1970-01-02 00:00:00.000000"}`},
		"a moment without a zone": {`{"type": "record", "name": "r", "fields": [{"name": "m", "type": {"type": "long", "logicalType": "timestamp-micros", "adjust-to-utc": false}, "field-id": 1}]}`, "\x02",
			structOf(field(1, "m", scalar)), true, `{"m": "1970-01-01 00:00:00.000001"}`},
		"no ids":         {`{"type": "record", "name": "r", "fields": [{"name": "a", "type": "int"}]}`, "\x0e", structOf(field(1, "a", scalar)), true, "a struct of the file has no field ids"},
		"another form":   {`{"type": "array", "items": "int"}`, "", structOf(field(1, "a", scalar)), true, "a nested value is array in the file, and something else in the table"},
		"no pairs":       {`{"type": "array", "items": "int"}`, "", files.Shape{Form: files.Map, Items: []files.Shape{scalar, scalar}}, true, "and something else in the table"},
		"a field's form": {`{"type": "record", "name": "r", "fields": [{"name": "a", "type": {"type": "map", "values": "int"}, "field-id": 1}]}`, "", structOf(field(1, "a", scalar)), true, "field a: a nested value is map"},
	} {
		s, err := parseSchema([]byte(c.schema))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		shape, err := newShaped(s, &c.shape, c.identified)
		got := ""
		if err == nil {
			in := &cursor{data: []byte(c.data)}
			got = string(in.shaped(nil, shape, 0))
			if err = in.err; err == nil && in.at != len(c.data) {
				t.Errorf("%s: %d bytes were read of %d", name, in.at, len(c.data))
			}
		}
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
