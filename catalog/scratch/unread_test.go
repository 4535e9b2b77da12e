package scratch

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/types"
)

// TestATableThatCantBeRead is one that another version has written: the others are there, and it is again for who can read it.
func TestATableThatCantBeRead(t *testing.T) {
	dir := t.TempDir()
	var warned []string
	odd := func(sqlType string) (types.Type, error) { return typeOf(strings.Replace(sqlType, "oddity", "int", 1)) }
	open := func(read func(string) (types.Type, error)) *Store {
		s, err := Open(t.Context(), Config{Path: filepath.Join(dir, "scratch.db"), Type: read, Quota: Quota{User: 1 << 30, Total: 1 << 30},
			Warn: func(err error) { warned = append(warned, err.Error()) }})
		must(t, err)
		return s
	}
	s := open(odd)
	session := s.Session()
	must(t, session.CreateDatabase(t.Context(), Database{Name: "d"}))
	for _, name := range []string{"good", "odd"} {
		def := define(name, []int{0}, "a int")
		if name == "odd" {
			def.Columns[0].SQLType = "oddity"
		}
		v, err := session.Create(t.Context(), "d", def, "anna", false)
		must(t, err)
		must(t, v.Insert([]types.Value{number(1)}))
	}
	must(t, session.Commit(t.Context()))
	must(t, s.Close())

	s = open(typeOf)
	if names := s.Session().Names("d"); len(names) != 1 || names[0] != "good" {
		t.Errorf("tables %q", names)
	}
	if len(warned) != 1 || !strings.Contains(warned[0], "column a of table d.odd") {
		t.Errorf("warnings %q", warned)
	}
	session = s.Session()
	v, err := session.Create(t.Context(), "d", define("later", []int{0}, "a int"), "anna", false)
	must(t, err)
	must(t, v.Insert([]types.Value{number(2)}))
	must(t, session.Commit(t.Context()))
	must(t, s.Close())

	s = open(odd)
	defer s.Close()
	if names := s.Session().Names("d"); len(names) != 3 {
		t.Errorf("tables %q", names)
	}
	if v, _ := s.Session().Permanent("d", "odd"); v.Rows() != 1 {
		t.Errorf("%d rows of what could not be read", v.Rows())
	}
}

// TestADefinitionThatReadsAsAnother refuses a column that would be of another type once the store is opened again, in each way that a table gets one.
func TestADefinitionThatReadsAsAnother(t *testing.T) {
	session := newStore(t).Session()
	_, err := session.Create(t.Context(), "d", define("t", nil, "a int"), "anna", false)
	must(t, err)
	for _, wrong := range []Column{{Name: "a", SQLType: "double", Type: types.Of(types.Int32)}, {Name: "a", SQLType: "oddity", Type: types.Of(types.Int32)}} {
		def := &Definition{Name: "u", Columns: []Column{wrong}}
		if _, err := session.Create(t.Context(), "d", def, "anna", false); err == nil {
			t.Errorf("a table was made with %+v", wrong)
		}
		if _, err := session.Rewrite(t.Context(), "d", "t", def); err == nil {
			t.Errorf("a table was written anew with %+v", wrong)
		}
		err := session.Alter(t.Context(), "d", "t", func(def *Definition) error {
			def.Columns[0] = wrong
			return nil
		})
		if err == nil {
			t.Errorf("a table was altered to %+v", wrong)
		}
	}
}

func TestUnmatched(t *testing.T) {
	s := newStore(t)
	session := s.Session()
	fill := func(name string, rows ...[]types.Value) *Table {
		v, err := session.Create(t.Context(), "d", define(name, nil, "a int", "b text ci"), "anna", false)
		must(t, err)
		for _, r := range rows {
			must(t, v.Insert(r))
		}
		return v
	}
	parent := fill("parent", []types.Value{number(1), text("x")}, []types.Value{number(2), text("y")})
	for name, c := range map[string]struct {
		rows [][]types.Value
		want bool
	}{
		"none":      {nil, false},
		"all":       {[][]types.Value{{number(2), text("Y")}, {number(1), text("x")}}, false},
		"nulls":     {[][]types.Value{{number(9), types.NullValue}, {types.NullValue, text("z")}}, false},
		"lost":      {[][]types.Value{{number(1), text("x")}, {number(1), text("y")}}, true},
		"lost only": {[][]types.Value{{number(3), text("x")}}, true},
	} {
		got, err := fill(name, c.rows...).Unmatched([]string{"A", "b"}, parent, []string{"a", "B"})
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	session.Rollback()
}
