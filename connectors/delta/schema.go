package delta

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// schema is what a table's metadata say of its columns.
type schema struct {
	columns    []lake.DeclaredColumn
	sources    []columnSource // of each column
	partitions int            // how many columns the table is partitioned by
	byName     bool           // columns are found in files by their names
}

// columnSource is where the log has what it says of a column.
type columnSource struct {
	key       string // of its values and bounds
	typ       string // by its name in the log; "": it is nested
	partition int    // its position among those that the log has the values of, and no file; -1: it is none of them
	widened   bool   // files have it in a type whose texts are not those of the table's
}

// field is a column, or a field within one.
type field struct {
	Name     string          `json:"name"`
	Type     json.RawMessage `json:"type"`
	Nullable bool            `json:"nullable"`
	Metadata fieldMetadata   `json:"metadata"`
}

// fieldMetadata are what engines note of a field.
type fieldMetadata struct {
	Comment      string `json:"comment"`
	ID           int    `json:"delta.columnMapping.id"`
	PhysicalName string `json:"delta.columnMapping.physicalName"`
	Declared     string `json:"__CHAR_VARCHAR_TYPE_STRING"`
	TypeChanges  []struct {
		From json.RawMessage `json:"fromType"`
	} `json:"delta.typeChanges"`
}

// nestedType is a type that is no name.
type nestedType struct {
	Type    string          `json:"type"`
	Fields  []field         `json:"fields"`
	Element json.RawMessage `json:"elementType"`
	Key     json.RawMessage `json:"keyType"`
	Value   json.RawMessage `json:"valueType"`
}

// Modes of column mapping: how columns are found in files.
const (
	mappingNone = "none" // by their names
	mappingName = "name" // by names that they keep when they are renamed
	mappingID   = "id"   // by ids
)

// deepest is how deep types may be nested.
const deepest = 100

// schemaOf reads the schema of a version.
func schemaOf(p *protocol, m *metadata) (*schema, error) {
	var root nestedType
	if err := json.Unmarshal([]byte(m.SchemaString), &root); err != nil {
		return nil, sqlerr.Wrap(sqlerr.Corrupt, err, "the table's schema")
	}
	if root.Type != "struct" {
		return nil, sqlerr.New(sqlerr.Corrupt, "the table's schema is a %q", root.Type)
	}
	mode := mappingNone
	if text := m.Configuration["delta.columnMapping.mode"]; p.mapped() && text != "" {
		mode = text
	}
	if !slices.Contains([]string{mappingNone, mappingName, mappingID}, mode) {
		return nil, sqlerr.New(sqlerr.Unsupported, "the table has the column mapping %q", mode)
	}
	out := &schema{byName: mode != mappingID}
	for i, f := range root.Fields {
		if err := out.add(f, mode, slices.Contains(m.PartitionColumns, f.Name), i); err != nil {
			return nil, sqlerr.Wrap(sqlerr.CodeOf(err), err, "column %s", f.Name)
		}
	}
	for _, name := range m.PartitionColumns {
		if !slices.ContainsFunc(root.Fields, func(f field) bool { return f.Name == name }) {
			return nil, sqlerr.New(sqlerr.Corrupt, "the table is partitioned by %s, which is none of its columns", name)
		}
	}
	return out, nil
}

// add adds the column at a position.
func (s *schema) add(f field, mode string, partition bool, pos int) error {
	names, id, err := f.identity(mode)
	if err != nil {
		return err
	}
	source := columnSource{key: names[0], partition: -1}
	for _, change := range f.Metadata.TypeChanges {
		source.widened = source.widened || string(change.From) == `"float"`
	}
	switch {
	case partition:
		source.partition, names, id = s.partitions, nil, -1-pos // it is in no file
		s.partitions++
	case mode == mappingID:
		names = nil
	}
	c := lake.DeclaredColumn{ID: id, Names: names, Default: types.NullValue, TableColumn: plan.TableColumn{Name: f.Name, Comment: f.Metadata.Comment}}
	source.typ, err = f.describe(&c, mode)
	if sqlerr.Is(err, sqlerr.Unsupported) {
		c.Type, c.Warning, c.Refused = types.Of(types.JSON), "is not read", sqlerr.Wrap(sqlerr.Unsupported, err, "column %s", f.Name)
	} else if err != nil {
		return err
	}
	if partition && c.Type.Kind == types.JSON {
		return sqlerr.New(sqlerr.Corrupt, "the table is partitioned by it, and it is a %s", c.Native)
	}
	c.Nullable = f.Nullable || partition || c.Type.IsTemporal() || c.Type.IsFloat()
	s.columns, s.sources = append(s.columns, c), append(s.sources, source)
	return nil
}

// describe gives a column its type, and returns the type's name if it has one.
func (f *field) describe(c *lake.DeclaredColumn, mode string) (name string, err error) {
	if json.Unmarshal(f.Type, &name) != nil || name == variantType {
		var shape files.Shape
		shape, c.Native, err = shapeOf(f.Type, mode, 0)
		shape.ByName = mode != mappingID
		c.Type, c.Warning, c.Shape = types.Of(types.JSON), "shown as JSON", &shape
		return "", err
	}
	c.Native = name
	c.Type, c.Warning, err = scalarType(name)
	if t, ok := limitedText(f.Metadata.Declared); ok && c.Type.Kind == types.Text {
		c.Type, c.Native = t, f.Metadata.Declared
	}
	return name, err
}

// identity is by what a field is found in files; the first of its names is what the log calls it.
func (f *field) identity(mode string) (names []string, id int, err error) {
	if mode == mappingNone {
		return []string{f.Name}, 0, nil
	}
	if f.Metadata.PhysicalName == "" || mode == mappingID && f.Metadata.ID == 0 {
		return nil, 0, sqlerr.New(sqlerr.Corrupt, "it has no physical name or id")
	}
	if mode == mappingName {
		return []string{f.Metadata.PhysicalName}, 0, nil
	}
	return []string{f.Metadata.PhysicalName}, f.Metadata.ID, nil
}

// shapeOf is how values of a type are written as JSON, and what the type is called.
func shapeOf(t json.RawMessage, mode string, depth int) (out files.Shape, native string, err error) {
	if depth > deepest {
		return out, "", sqlerr.New(sqlerr.Unsupported, "its type is nested too deep")
	}
	var name string
	if json.Unmarshal(t, &name) == nil {
		if name == variantType {
			return files.Shape{Form: files.Variant}, name, nil
		}
		out.As = promotions[name]
		_, _, err = scalarType(name)
		return out, name, err
	}
	var nested nestedType
	if err := json.Unmarshal(t, &nested); err != nil {
		return out, "", sqlerr.Wrap(sqlerr.Corrupt, err, "its type")
	}
	var natives []string
	item := func(of json.RawMessage) {
		var s files.Shape
		if err == nil {
			s, native, err = shapeOf(of, mode, depth+1)
		}
		out.Items, natives = append(out.Items, s), append(natives, native)
	}
	switch nested.Type {
	case "struct":
		out.Form = files.Struct
		for _, f := range nested.Fields {
			names, id, err := f.identity(mode)
			if err != nil {
				return out, "", sqlerr.Wrap(sqlerr.CodeOf(err), err, "field %s", f.Name)
			}
			shape, native, err := shapeOf(f.Type, mode, depth+1)
			if err != nil {
				return out, "", sqlerr.Wrap(sqlerr.CodeOf(err), err, "field %s", f.Name)
			}
			out.Fields = append(out.Fields, files.Field{Shape: shape, Name: f.Name, ID: id, Names: names, Missing: "null"})
			natives = append(natives, f.Name+":"+native)
		}
	case "array":
		out.Form = files.List
		item(nested.Element)
	case "map":
		out.Form = files.Map
		item(nested.Key)
		item(nested.Value)
	default:
		return out, "", sqlerr.New(sqlerr.Unsupported, "type %s", t)
	}
	return out, nested.Type + "<" + strings.Join(natives, ",") + ">", err
}

// variantType is the name of the type of values that tell their own types.
const variantType = "variant"

// promotions are how values are written whose type was a narrower one in older files, or is one that files do not tell.
var promotions = map[string]files.Promotion{"double": files.AsDouble, "timestamp_ntz": files.AsMicros, "timestamp": files.AsInstant}

var decimalType = regexp.MustCompile(`^decimal\((\d{1,2}), ?(-?\d{1,2})\)$`)

// scalarType maps a type that has a name.
func scalarType(name string) (t types.Type, warning string, err error) {
	switch name {
	case "boolean":
		return types.Of(types.Bool), "", nil
	case "byte":
		return types.Of(types.Int8), "", nil
	case "short":
		return types.Of(types.Int16), "", nil
	case "integer":
		return types.Of(types.Int32), "", nil
	case "long":
		return types.Of(types.Int64), "", nil
	case "float":
		return types.Of(types.Float32), "", nil
	case "double":
		return types.Of(types.Float64), "", nil
	case "date":
		return types.Of(types.Date), "", nil
	case "timestamp":
		return types.NewTemporal(types.Timestamp, types.MaxFSP), "", nil
	case "timestamp_ntz":
		return types.NewTemporal(types.Datetime, types.MaxFSP), "", nil
	case "string":
		return types.Of(types.Text), "", nil
	case "binary":
		return types.Of(types.Blob), "", nil
	case "void":
		return types.Of(types.Text), "holds nothing but NULL", nil
	case "decimal":
		name = "decimal(10,0)"
	}
	m := decimalType.FindStringSubmatch(name)
	if m == nil {
		return types.Type{}, "", sqlerr.New(sqlerr.Unsupported, "type %s", name)
	}
	precision, _ := strconv.Atoi(m[1]) // two digits
	scale, _ := strconv.Atoi(m[2])
	switch {
	case precision < 1 || precision > decimalDigits || scale < 0 || scale > precision:
		return types.Type{}, "", sqlerr.New(sqlerr.Corrupt, "type %s", name)
	case scale > types.MaxScale:
		return types.Of(types.Text), name + " exceeds MySQL's limits and is shown as text", nil
	}
	return types.NewDecimal(precision, scale), "", nil
}

// decimalDigits is how many digits decimals have at most.
const decimalDigits = 38

// longestChar and longestVarchar are those that MySQL's types have: a row has room for a VARCHAR of so many characters of four bytes each.
const (
	longestChar    = 255
	longestVarchar = 16383
)

var limited = regexp.MustCompile(`^(var)?char\((\d{1,9})\)$`)

// limitedText is the type of a text whose length engines limit.
func limitedText(declared string) (types.Type, bool) {
	m := limited.FindStringSubmatch(declared)
	if m == nil {
		return types.Type{}, false
	}
	n, _ := strconv.Atoi(m[2]) // nine digits
	kind := types.Varchar
	if m[1] == "" && n <= longestChar {
		kind = types.Char
	}
	return types.NewText(kind, n, types.Utf8mb4Bin0900), n >= 1 && n <= longestVarchar
}
