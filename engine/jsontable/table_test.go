package jsontable

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/expr/kernel/jsondoc"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

func mustPath(t *testing.T, text string) jsondoc.Path {
	t.Helper()
	p, err := jsondoc.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var noDate = func(string, types.Type) (types.Value, error) { return types.Value{}, errors.New("no date") }

func rowsOf(table *Table, doc string, exact bool, kinds ...types.Type) (string, error) {
	var out []string
	for row, err := range table.Rows(nil, doc, exact, noDate) {
		if err != nil {
			return strings.Join(out, " "), err
		}
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = v.Format(kinds[i], nil)
		}
		out = append(out, strings.Join(cells, ","))
	}
	return strings.Join(out, " "), nil
}

func TestNestedPaths(t *testing.T) {
	number, ordinal := types.Of(types.Int32), types.Of(types.Uint32)
	col := func(at int, path string) Column {
		return Column{At: at, Name: fmt.Sprint("c", at), Type: number, Path: mustPath(t, path)}
	}
	nested := func(path string, cols ...Column) Column {
		return Column{Kind: Nested, Nested: &Level{Path: mustPath(t, path), Columns: cols}}
	}
	table := &Table{Name: "j", Root: &Level{Path: mustPath(t, "$[*]"), Columns: []Column{
		col(0, "$.a"),
		nested("$.b[*]", Column{Kind: Ordinality, At: 1, Type: ordinal}, col(2, "$"), nested("$[*]", col(3, "$"))),
		nested("$.c[*]", col(4, "$")),
		{Kind: Exists, At: 5, Type: number, Path: mustPath(t, "$.b")},
	}}}
	for doc, want := range map[string]string{
		`[]`: "", `7`: "",
		`[{"a": 1}]`:                      "1,NULL,NULL,NULL,NULL,0",
		`[{"a": 1, "b": [2, 3]}]`:         "1,1,2,NULL,NULL,1 1,2,3,NULL,NULL,1",
		`[{"b": [2], "c": [4, 5]}]`:       "NULL,1,2,NULL,NULL,1 NULL,NULL,NULL,NULL,4,1 NULL,NULL,NULL,NULL,5,1",
		`[{"b": []}, {"a": 9, "c": [1]}]`: "NULL,NULL,NULL,NULL,NULL,1 9,NULL,NULL,NULL,1,0",
		`[{"b": [[6, 7], 8]}]`:            "NULL,1,NULL,6,NULL,1 NULL,1,NULL,7,NULL,1 NULL,2,8,NULL,NULL,1",
	} {
		if got, err := rowsOf(table, doc, false, number, ordinal, number, number, number, number); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", doc, got, err, want)
		}
	}
	if _, err := rowsOf(table, `[1`, false); sqlerr.CodeOf(err) != sqlerr.BadJSON {
		t.Error(err)
	}
	if _, err := rowsOf(table, `[1] 2`, false); sqlerr.CodeOf(err) != sqlerr.BadJSON {
		t.Error(err)
	}
	for range table.Rows(nil, `[{"b": [[1], [2]]}, {}]`, false, noDate) {
		break // and nothing is yielded after that
	}
}

// TestWork ends inside a document, and where it takes more memory than there is.
func TestWork(t *testing.T) {
	doc := "[" + strings.Repeat("1,", 50_000) + "1]"
	table := &Table{Name: "j", Root: &Level{Path: mustPath(t, "$[*]"), Columns: []Column{{Type: types.Of(types.Int32), Path: mustPath(t, "$")}}}}
	stop, held := errors.New("stop"), int64(0)
	for name, w := range map[string]*jsondoc.Work{
		"interrupted": {Interrupted: func() error { return stop }},
		"full": {
			Reserve: func(n int64) error {
				if held += n; held > 1<<20 {
					return stop
				}
				return nil
			},
			Release: func(int64) {},
		},
	} {
		rows := 0
		for _, err := range table.Rows(w, doc, true, noDate) {
			if rows++; rows > 1 || !errors.Is(err, stop) {
				t.Errorf("%s: row %d and %v", name, rows, err)
			}
		}
		if rows == 0 {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestStore stores values into columns of every kind; where that fails there is NULL, a default or an error.
func TestStore(t *testing.T) {
	text := func(n int) types.Type { return types.NewText(types.Varchar, n, types.Utf8mb4Bin0900) }
	const failed = "!"
	for _, c := range []struct {
		typ       types.Type
		doc, want string
		code      sqlerr.Code // where it fails
	}{
		{types.Of(types.Int8), `127`, "127", 0},
		{types.Of(types.Int8), `128`, failed, sqlerr.JSONTableRange},
		{types.Of(types.Int8), `-128.4`, "-128", 0},
		{types.Of(types.Uint8), `255`, "255", 0},
		{types.Of(types.Uint8), `-1`, failed, sqlerr.JSONTableRange},
		{types.Of(types.Uint64), `18446744073709551615`, "18446744073709551615", 0},
		{types.Of(types.Uint64), `18446744073709551616`, failed, sqlerr.JSONTableRange},
		{types.Of(types.Int64), `1e18`, "1000000000000000000", 0},
		{types.Of(types.Int64), `1e999`, failed, sqlerr.JSONTableRange},
		{types.Of(types.Int64), `"-12"`, "-12", 0},
		{types.Of(types.Int64), `"12 "`, failed, sqlerr.JSONCast},
		{types.Of(types.Int64), `true`, "1", 0},
		{types.Of(types.Int64), `[1]`, failed, sqlerr.JSONTableScalar},
		{types.Of(types.Int64), `null`, "NULL", 0},
		{types.Of(types.Bool), `3`, "1", 0},
		{types.Of(types.Float64), `"1.5e3"`, "1500", 0},
		{types.Of(types.Float64), `"inf"`, failed, sqlerr.JSONCast},
		{types.Of(types.Float64), `false`, "0", 0},
		{types.Of(types.Float32), `1e39`, failed, sqlerr.JSONTableRange},
		{types.NewDecimal(5, 2), `2.345`, "2.35", 0},
		{types.NewDecimal(5, 2), `-2.345`, "-2.35", 0},
		{types.NewDecimal(5, 2), `"1e2"`, "100.00", 0},
		{types.NewDecimal(5, 2), `999.995`, failed, sqlerr.JSONTableRange},
		{types.NewDecimal(5, 2), `1e99999`, failed, sqlerr.JSONTableRange},
		{types.NewDecimal(5, 2), `"1/2"`, failed, sqlerr.JSONCast},
		{types.NewDecimal(5, 2), `true`, "1.00", 0},
		{text(3), `"äöü"`, "äöü", 0},
		{text(3), `"abcd"`, failed, sqlerr.JSONTableRange},
		{text(0), `1.0`, "1.0", 0},
		{text(0), `12e1`, "120.0", 0},
		{text(0), `true`, "true", 0},
		{text(0), `{"a": 1}`, failed, sqlerr.JSONTableScalar},
		{types.Of(types.JSON), `{"bb":1, "a":"<\n>"}`, `{"a": "<\n>", "bb": 1}`, 0},
		{types.Of(types.JSON), `null`, "null", 0},
		{types.Of(types.Date), `"2024-01-01"`, failed, sqlerr.JSONCast},
		{types.Of(types.Date), `20240101`, failed, sqlerr.JSONCast},
	} {
		col := Column{Name: "c", Type: c.typ, Path: mustPath(t, "$")}
		table := &Table{Name: "j", Root: &Level{Path: mustPath(t, "$"), Columns: []Column{col}}}
		exact := strings.Contains(c.doc, "e99") // a text of such a number is no document
		want := c.want
		if want == failed {
			want = "NULL"
		}
		if got, err := rowsOf(table, c.doc, exact, c.typ); err != nil || got != want {
			t.Errorf("%s into %s: %s, %v, want %s", c.doc, c.typ, got, err, want)
		}
		table.Root.Columns[0].OnError.Fail = true
		if _, err := rowsOf(table, c.doc, exact, c.typ); err == nil && c.want == failed || err != nil && sqlerr.CodeOf(err) != c.code {
			t.Errorf("%s into %s: %v", c.doc, c.typ, err)
		}
	}
	col := Column{Name: "c", Type: text(2), Path: mustPath(t, "$.x")}
	if _, err := col.Default(`"long"`, noDate); sqlerr.CodeOf(err) != sqlerr.BadDefault {
		t.Error(err)
	}
	if _, err := col.Default(`none`, noDate); sqlerr.CodeOf(err) != sqlerr.BadDefault {
		t.Error(err)
	}
	var err error
	if col.OnEmpty, err = col.Default(`"no"`, noDate); err != nil {
		t.Fatal(err)
	}
	table := &Table{Name: "j", Root: &Level{Path: mustPath(t, "$[*]"), Columns: []Column{col}}}
	if got, err := rowsOf(table, `[{}, {"x": 1}]`, false, text(2)); err != nil || got != "no 1" {
		t.Error(got, err)
	}
	table.Root.Columns[0].OnEmpty = Response{Fail: true}
	if _, err := rowsOf(table, `[{}]`, false, text(2)); sqlerr.CodeOf(err) != sqlerr.JSONTableEmpty {
		t.Error(err)
	}
}
