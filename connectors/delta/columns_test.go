package delta

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// made writes a table t of one file, of columns with some values each, under a schema, and opens it.
func made(t *testing.T, schema string, names []string, ids []int, values ...[]any) *source {
	t.Helper()
	fields := make([]arrow.Field, len(names))
	for i, name := range names {
		fields[i] = arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true}
		if _, isNumber := values[i][0].(int); isNumber {
			fields[i].Type = arrow.PrimitiveTypes.Int64
		}
		if ids != nil {
			fields[i].Metadata = arrow.NewMetadata([]string{"PARQUET:field_id"}, []string{fmt.Sprint(ids[i])})
		}
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	for i := range fields {
		for _, v := range values[i] {
			if err := b.Field(i).AppendValueFromString(fmt.Sprint(v)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return madeOf(t, schema, parquetOf(t, b, 1<<20))
}

// madeOf writes a table t of one file, and opens it.
func madeOf(t *testing.T, schema string, content []byte) *source {
	t.Helper()
	root := t.TempDir()
	add, _ := json.Marshal(map[string]any{"add": map[string]any{"path": "a.parquet", "partitionValues": map[string]string{"part": "7", "col-p": "7"}, "size": len(content), "modificationTime": 1}})
	log := strings.Join([]string{`{"protocol":{"minReaderVersion":2,"minWriterVersion":5}}`, schema, string(add)}, "\n")
	err := errors.Join(os.MkdirAll(filepath.Join(root, "t", logFolder), 0o700), os.WriteFile(filepath.Join(root, "t", "a.parquet"), content, 0o600),
		os.WriteFile(filepath.Join(root, "t", logFolder, versionPrefix(0)+"json"), []byte(log), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return open(t, root)
}

// mappedSchema is a schema with a mode of column mapping, of fields as JSON.
func mappedSchema(mode string, fields ...string) string {
	m, _ := json.Marshal(map[string]any{"metaData": map[string]any{
		"id": "1", "format": map[string]any{"provider": "parquet"}, "partitionColumns": []string{"part"}, "configuration": map[string]string{"delta.columnMapping.mode": mode},
		"schemaString": `{"type":"struct","fields":[` + strings.Join(append(fields, mappedField("part", "long", 9, "col-p", "")), ",") + `]}`,
	}})
	return string(m)
}

func mappedField(name, of string, id int, physical, more string) string {
	return fmt.Sprintf(`{"name":%q,"type":%q,"nullable":true,"metadata":{"delta.columnMapping.id":%d,"delta.columnMapping.physicalName":%q%s}}`, name, of, id, physical, more)
}

// Columns are found by what the mode says, and by nothing else that a file has; a column that a table is partitioned by in no file.
func TestColumnsAreFound(t *testing.T) {
	x, y := mappedField("x", "long", 1, "col-x", ""), mappedField("y", "long", 2, "x", "")
	for _, c := range []struct {
		mode  string
		names []string
		ids   []int
		want  string
	}{
		{"none", []string{"x", "y", "part"}, nil, "1 2 7"},
		{"none", []string{"y", "x", "part"}, []int{1, 2, 9}, "2 1 7"},
		{"none", []string{"X", "col-x"}, nil, "1 (null) 7"},
		{"none", []string{"X", "x"}, nil, "2 (null) 7"},
		{"name", []string{"x", "col-x", "col-p"}, []int{1, 2, 9}, "2 1 7"},
		{"name", []string{"y", "col-p", "part"}, []int{1, 2, 9}, "(null) (null) 7"},
		{"id", []string{"x", "anything", "col-p"}, []int{1, 2, 9}, "1 2 7"},
		{"id", []string{"x", "part"}, []int{2, 9}, "(null) 1 7"},
	} {
		src := made(t, mappedSchema(c.mode, x, y), c.names, c.ids, []any{1}, []any{2}, []any{3})
		r, err := query{table: "t"}.run(t, src)
		if err != nil || !slices.Equal(r.rows, []string{c.want}) || len(r.warnings) > 0 {
			t.Errorf("%s, a file of %q with ids %v: %q, want %q; %v %q", c.mode, c.names, c.ids, r.rows, c.want, err, r.warnings)
		}
	}
	_, err := query{table: "t"}.run(t, made(t, mappedSchema("id", x), []string{"x"}, nil, []any{1}))
	if !sqlerr.Is(err, sqlerr.Unsupported) || !strings.Contains(err.Error(), "has no field ids") {
		t.Errorf("a file without ids: %v", err)
	}
}

// A CHAR has no spaces at its end, whether a writer filled it up or not, and none is missed for bounds with spaces.
func TestChar(t *testing.T) {
	schema := mappedSchema("none", mappedField("c", "string", 1, "c", `,"__CHAR_VARCHAR_TYPE_STRING":"char(5)"`), mappedField("v", "string", 2, "v", `,"__CHAR_VARCHAR_TYPE_STRING":"varchar(5)"`))
	src := made(t, schema, []string{"c", "v"}, nil, []any{"ab   ", "ab"}, []any{"ab   ", "ab"})
	described, err := src.Table(t.Context(), plan.TableName{Name: "t"}, connectors.AsOf{})
	if err != nil || described.Columns[0].Type.String() != "char(5)" || described.Columns[1].Type.String() != "varchar(5)" {
		t.Fatalf("%+v, %v", described, err)
	}
	r, err := query{table: "t"}.run(t, src)
	if want := []string{"ab ab    7", "ab ab 7"}; err != nil || !slices.Equal(r.rows, want) {
		t.Errorf("%q, want %q; %v", r.rows, want, err)
	}
	const rows = 20_000 // so that the index of pages is worth reading
	filled, texts := make([]any, rows), make([]any, rows)
	for i := range rows {
		filled[i], texts[i] = "ab   ", strings.Repeat(fmt.Sprint(i), 20)
	}
	src = made(t, schema, []string{"c", "v"}, nil, filled, texts)
	for op, want := range map[expr.Func]int{expr.Eq: rows, expr.Le: rows} {
		q := query{table: "t", columns: []string{"c", "v"}, where: func(col func(string) expr.Expr) expr.Expr {
			return compared(op, col("c"), literal(types.TextValue("ab"), types.Of(types.Text)))
		}}
		if r, err := q.run(t, src); err != nil || len(r.rows) != want {
			t.Errorf("%v: %q, want %d rows; %v", op, r.rows, want, err)
		}
	}
}

// A column of a type that is not known is refused, and the others are read.
func TestUnknownType(t *testing.T) {
	src := made(t, mappedSchema("none", mappedField("x", "long", 1, "x", ""), mappedField("w", "interval day to second", 2, "w", "")), []string{"x", "w"}, nil, []any{1}, []any{2})
	if r, err := (query{table: "t", columns: []string{"x", "part"}}).run(t, src); err != nil || !slices.Equal(r.rows, []string{"1 7"}) {
		t.Errorf("%q, %v", r.rows, err)
	}
	_, err := query{table: "t", columns: []string{"w"}}.run(t, src)
	if !sqlerr.Is(err, sqlerr.Unsupported) || !strings.Contains(err.Error(), "column w: type interval day to second") {
		t.Error(err)
	}
}

// A variant whose bytes are none is an error.
func TestMalformedVariant(t *testing.T) {
	typ := arrow.StructOf(arrow.Field{Name: "value", Type: arrow.BinaryTypes.Binary}, arrow.Field{Name: "metadata", Type: arrow.BinaryTypes.Binary})
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "v", Type: typ, Nullable: true}}, nil))
	defer b.Release()
	of := b.Field(0).(*array.StructBuilder)
	of.Append(true)
	of.FieldBuilder(0).(*array.BinaryBuilder).Append([]byte("no variant"))
	of.FieldBuilder(1).(*array.BinaryBuilder).Append([]byte{1, 0, 0})
	_, err := query{table: "t"}.run(t, madeOf(t, mappedSchema("none", mappedField("v", "variant", 1, "v", "")), parquetOf(t, b, 10)))
	if !sqlerr.Is(err, sqlerr.Corrupt) || !strings.Contains(err.Error(), "column v") || !strings.Contains(err.Error(), "a.parquet") {
		t.Error(err)
	}
}
