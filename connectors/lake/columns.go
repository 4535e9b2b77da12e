package lake

import (
	"fmt"
	"strings"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// names matches the columns of files with those of a table: one of exactly that name, else one whose name differs by
// letters' case. A file may have several such names, or one name twice: each goes to a column of its own.
type names struct {
	partitions map[string]bool // lower-case names, which win over files' columns
	exact      map[string][]int
	folded     map[string][]int // by lower-case name
}

func newNames() names {
	return names{partitions: make(map[string]bool), exact: make(map[string][]int), folded: make(map[string][]int)}
}

// add gives a table's column the name that a file has.
func (n *names) add(name string, column int) {
	n.exact[name] = append(n.exact[name], column)
	key := strings.ToLower(name)
	n.folded[key] = append(n.folded[key], column)
}

// none is the position of a file's column in a table that does not have it; hidden that of one hidden by a partition.
const (
	none   = -1
	hidden = -2
)

// match returns for each column of a file the table's column that shows it, or none, or hidden.
func (n *names) match(f *opened) []int {
	out := make([]int, len(f.Columns))
	taken := make(map[int]bool, len(f.Columns))
	take := func(candidates []int) int {
		for _, c := range candidates {
			if !taken[c] {
				taken[c] = true
				return c
			}
		}
		return none
	}
	for i, c := range f.Columns {
		out[i] = hidden
		if !n.partitions[strings.ToLower(c.Name)] {
			out[i] = take(n.exact[c.Name])
		}
	}
	for i, c := range f.Columns {
		if out[i] == none {
			out[i] = take(n.folded[strings.ToLower(c.Name)])
		}
	}
	return out
}

// positions returns for each of the table's columns its position in a file, or -1 if its values come from elsewhere: from
// the partition, or because the file holds nothing but NULL. Unknown is the first column of the file that the table does
// not show, or -1.
func (t *table) positions(f *opened) (at []int, unknown int) {
	if t.declared != nil && !t.declared.ByName {
		return t.byID(f), -1
	}
	at = make([]int, len(t.columns))
	for i := range at {
		at[i] = -1
	}
	unknown = -1
	for i, c := range t.names.match(f) {
		switch {
		case c == none && unknown < 0 && t.declared == nil:
			unknown = i
		case c >= 0 && (f.Columns[i].Type.Kind != types.Null || f.Columns[i].Inferred):
			at[c] = i
		}
	}
	return at, unknown
}

// unify merges the columns of files by name and adds the partition columns.
func (t *table) unify(footers []*opened) ([]plan.TableColumn, error) {
	t.names = newNames()
	shown := make(map[string]bool) // lower-case names
	for _, p := range t.Partitions {
		t.names.partitions[strings.ToLower(p.Name)] = true
		shown[strings.ToLower(p.Name)] = true
	}
	var members []*member
	for _, f := range footers {
		for i, at := range t.names.match(f) {
			switch c := f.Columns[i]; {
			case at >= 0:
				if err := members[at].merge(c, f); err != nil {
					return nil, err
				}
			case at == none:
				t.names.add(c.Name, len(members))
				members = append(members, newMember(c, f, unused(c.Name, shown)))
			}
		}
	}
	positions := make([][]int, len(footers))
	t.columns = make([]column, len(members))
	for i, f := range footers {
		positions[i], _ = t.positions(f)
	}
	var out []plan.TableColumn
	for i, m := range members {
		c := m.TableColumn
		c.Nullable = c.Nullable || m.files < len(footers) || !t.complete()
		if c.Type.Kind == types.Null {
			c.Type = types.Of(types.Text)
		}
		in := make([]int, len(footers))
		for f := range footers {
			in[f] = positions[f][i]
		}
		c.Stats = columnStatistics(c.Type, footers, in)
		out = append(out, c)
		t.columns[i] = column{typ: c.Type, partition: -1, native: c.Native, file: m.first.Location, missing: types.NullValue}
	}
	for i, p := range t.Partitions {
		out = append(out, p)
		t.columns = append(t.columns, column{typ: p.Type, partition: i})
	}
	return out, nil
}

// unused returns a name that is not among the lower-case names shown, and adds it.
func unused(name string, shown map[string]bool) string {
	out := name
	for n := 2; shown[strings.ToLower(out)]; n++ {
		out = fmt.Sprintf("%s_%d", name, n)
	}
	shown[strings.ToLower(out)] = true
	return out
}

// member is a column that at least one file has.
type member struct {
	plan.TableColumn
	first *opened // of its native type
	files int     // that have it
}

func newMember(c files.Column, f *opened, name string) *member {
	return &member{first: f, files: 1, TableColumn: plan.TableColumn{
		Name: name, Type: c.Type, Nullable: c.Nullable, Native: c.Native, Warning: c.Warning,
	}}
}

// merge adds another file's column of the same name.
func (m *member) merge(c files.Column, f *opened) error {
	merged, ok := widen(m.Type, c.Type)
	if c.Inferred {
		merged, ok = files.Widen(m.Type, c.Type), true
	}
	if !ok {
		return sqlerr.New(sqlerr.Corrupt, "column %s is %s in %s but %s in %s", c.Name, m.Native, m.first.Location, c.Native, f.Location)
	}
	if m.Type.Kind == types.Null {
		m.Native, m.Warning, m.first = c.Native, c.Warning, f
	}
	m.Type = merged
	m.Nullable = m.Nullable || c.Nullable
	m.files++
	return nil
}
