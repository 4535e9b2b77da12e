package conntest

import (
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// listing checks List.
func (s *suite) listing(t *testing.T) {
	s.run(t, "tables", func(t *testing.T) {
		var names []string
		for entry, err := range s.source.List(t.Context(), connectors.ListOptions{In: &s.Namespace}) {
			if err != nil {
				t.Fatal(err)
			}
			if entry.Name.Namespace != s.Namespace || entry.Rows < 0 {
				t.Errorf("entry %+v", entry)
			}
			names = append(names, entry.Name.Name)
		}
		if !slices.IsSorted(names) {
			t.Errorf("not in order: %s", strings.Join(names, " "))
		}
		for _, table := range s.tables {
			if !slices.Contains(names, table.Name) {
				t.Errorf("%s is missing", table.Name)
			}
		}
	})
	s.run(t, "namespaces", func(t *testing.T) {
		var names []string
		for entry, err := range s.source.List(t.Context(), connectors.ListOptions{Namespaces: true}) {
			if err != nil {
				t.Fatal(err)
			}
			if entry.Name.Name != "" {
				t.Errorf("entry %+v is not a namespace", entry)
			}
			names = append(names, entry.Name.Namespace)
		}
		if !slices.IsSorted(names) || !slices.Contains(names, s.Namespace) {
			t.Errorf("namespaces %q, want %q among them, in order", names, s.Namespace)
		}
	})
	s.run(t, "pattern", func(t *testing.T) {
		found := false
		for entry, err := range s.source.List(t.Context(), connectors.ListOptions{In: &s.Namespace, Pattern: "ord%"}) {
			if err != nil {
				t.Fatal(err)
			}
			found = found || entry.Name.Name == "orders"
		}
		if !found {
			t.Error("orders is not listed under the pattern ord%")
		}
	})
	s.run(t, "other namespace", func(t *testing.T) {
		other := "no_such_namespace"
		for entry, err := range s.source.List(t.Context(), connectors.ListOptions{In: &other}) {
			if err != nil {
				if !sqlerr.Is(err, sqlerr.UnknownDatabase) {
					t.Error(err)
				}
				continue
			}
			t.Errorf("%v is listed in %s", entry.Name, other)
		}
	})
	s.run(t, "stop early", func(t *testing.T) {
		for _, err := range s.source.List(t.Context(), connectors.ListOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	})
}

// metadata checks Table.
func (s *suite) metadata(t *testing.T) {
	for i := range s.tables {
		table := &s.tables[i]
		s.run(t, table.Name, func(t *testing.T) { s.describes(t, table) })
	}
	s.run(t, "together", s.together)
	s.run(t, "unknown", func(t *testing.T) {
		_, err := s.source.Table(t.Context(), s.name("no_such_table"), connectors.AsOf{})
		s.checkError(t, err, sqlerr.UnknownTable, "no_such_table")
	})
}

// together checks a ColumnLister: it says of all tables what Table says of each.
func (s *suite) together(t *testing.T) {
	lister, ok := s.source.(connectors.ColumnLister)
	if !ok {
		t.Skip("the source describes tables one by one")
	}
	all := make(map[string]*plan.Table)
	var names []string
	for table, err := range lister.Tables(t.Context(), s.Namespace) {
		if err != nil {
			t.Fatal(err)
		}
		all[table.Name.Name] = table
		names = append(names, table.Name.Name)
	}
	if !slices.IsSorted(names) {
		t.Errorf("not in order: %s", strings.Join(names, " "))
	}
	for _, fixture := range s.tables {
		got, want := all[fixture.Name], s.describe(t, fixture.Name)
		if got == nil {
			t.Errorf("%s is missing", fixture.Name)
			continue
		}
		sameColumn := func(a, b plan.TableColumn) bool {
			return a.Name == b.Name && a.Type == b.Type && a.Nullable == b.Nullable && a.Comment == b.Comment && a.Native == b.Native && a.Warning == b.Warning
		}
		if got.Name != want.Name || got.Kind != want.Kind || got.Comment != want.Comment || got.Primary != want.Primary ||
			!slices.EqualFunc(got.Columns, want.Columns, sameColumn) || !slices.EqualFunc(got.Keys, want.Keys, slices.Equal) {
			t.Errorf("%s is described as %+v, alone as %+v", fixture.Name, got, want)
		}
	}
	for table, err := range lister.Tables(t.Context(), "no_such_namespace") {
		if err == nil || !sqlerr.Is(err, sqlerr.UnknownDatabase) {
			t.Errorf("table %v of a namespace that is not there, %v", table, err)
		}
	}
	for _, err := range lister.Tables(t.Context(), s.Namespace) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
}

func (s *suite) describes(t *testing.T, want *Table) {
	got := s.describe(t, want.Name)
	if got.Name != s.name(want.Name) || got.Kind != plan.BaseTable {
		t.Errorf("described as %v, kind %d", got.Name, got.Kind)
	}
	if len(got.Columns) != len(want.Columns) {
		t.Fatalf("%d columns, want %d", len(got.Columns), len(want.Columns))
	}
	for i, c := range want.Columns {
		typ, _ := s.Reads(c.Type)
		if g := got.Columns[i]; g.Name != c.Name || g.Type != typ || c.Nullable && !g.Nullable {
			t.Errorf("column %d is %s %s (nullable %t), want %s %s (%t)", i, g.Name, g.Type, g.Nullable, c.Name, typ, c.Nullable)
		}
	}
	if want.Key != nil && got.Primary && !slices.Equal(got.Keys[0], want.Key) {
		t.Errorf("primary key %v, want %v", got.Keys[0], want.Key)
	}
	rows := float64(len(want.Rows))
	if r := got.Stats.Rows; r < 0 || rows >= 1000 && (r < rows/10 || r > rows*10) {
		t.Errorf("%g rows estimated of %g", r, rows)
	}
}
