package arrowjson

import (
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/files"
)

// identified is a field with the id of a Parquet file.
func identified(name string, t arrow.DataType, id string) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true, Metadata: arrow.NewMetadata([]string{"PARQUET:field_id"}, []string{id})}
}

func named(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

func TestShaped(t *testing.T) {
	field := func(id int, name string, s files.Shape) files.Field {
		return files.Field{Shape: s, Name: name, ID: id, Names: []string{"was " + name}, Missing: `"none"`}
	}
	structOf := func(fields ...files.Field) files.Shape { return files.Shape{Form: files.Struct, Fields: fields} }
	scalar := files.Shape{}
	inner := arrow.StructOf(identified("x", arrow.PrimitiveTypes.Float32, "11"), identified("y", arrow.FixedWidthTypes.Date32, "12"))
	innerShape := structOf(field(12, "day", files.Shape{As: files.AsMicros}), field(11, "wide", files.Shape{As: files.AsDouble}))
	for name, c := range map[string]struct {
		typ        arrow.DataType
		shape      files.Shape
		identified bool
		json, want string
	}{
		"fields by id, others left out": {arrow.StructOf(identified("a", arrow.PrimitiveTypes.Int32, "1"), identified("b", arrow.BinaryTypes.String, "2"), identified("c", arrow.BinaryTypes.String, "3")),
			structOf(field(2, "a", scalar), field(1, "b", scalar), field(4, "c", scalar)), true, `{"a": 1, "b": "x", "c": "gone"}`, `{"a": "x", "b": 1, "c": "none"}`},
		"moments that are instants": {arrow.ListOf(&arrow.TimestampType{Unit: arrow.Nanosecond}), files.Shape{Form: files.List, Items: []files.Shape{{As: files.AsInstant}}}, false,
			`[1709209815123456789]`, `["2024-02-29 12:30:15.123456Z"]`},
		"fields by name": {arrow.StructOf(named("was a", arrow.PrimitiveTypes.Int32), named("b", arrow.BinaryTypes.String)),
			structOf(field(1, "a", scalar), field(2, "b", scalar)), false, `{"was a": 1, "b": "x"}`, `{"a": 1, "b": "none"}`},
		"of lists, promoted": {arrow.ListOf(inner), files.Shape{Form: files.List, Items: []files.Shape{innerShape}}, true,
			`[{"x": 0.1, "y": "2024-02-29"}, null, {}]`, `[{"day": "2024-02-29 00:00:00.000000", "wide": 0.10000000149011612}, null, {"day": null, "wide": null}]`},
		"of maps": {arrow.MapOf(arrow.PrimitiveTypes.Int32, inner), files.Shape{Form: files.Map, Items: []files.Shape{scalar, structOf(field(12, "day", files.Shape{As: files.AsNanos}))}}, true,
			`[{"key": 7, "value": {"y": "1969-12-31"}}]`, `{"7": {"day": "1969-12-31 00:00:00.000000000"}}`},
		"none of the fields":  {arrow.StructOf(identified("a", arrow.PrimitiveTypes.Int32, "1")), structOf(field(2, "b", scalar)), true, `{"a": 1}`, `{"b": "none"}`},
		"null":                {arrow.StructOf(identified("a", arrow.PrimitiveTypes.Int32, "1")), structOf(field(1, "b", scalar)), true, `null`, `null`},
		"a struct without id": {arrow.StructOf(named("a", arrow.PrimitiveTypes.Int32)), structOf(field(1, "a", scalar)), true, "", "a struct of the file has no field ids"},
		"another form": {arrow.StructOf(identified("a", arrow.ListOf(arrow.PrimitiveTypes.Int32), "1")), structOf(field(1, "b", scalar)), true, "",
			"field b: a nested value is list<item: int32, nullable> in the file, and something else in the table"},
	} {
		write, err := Shaped(c.typ, &c.shape, c.identified, func(err error) { t.Error(err) })
		if err != nil {
			if c.json != "" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		a, _, err := array.FromJSON(memory.DefaultAllocator, c.typ, strings.NewReader("["+c.json+"]"))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := string(write(nil, a, 0)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		a.Release()
	}
}
