package write

import (
	"slices"

	"github.com/silogate/silogate/engine/store"
	"github.com/silogate/silogate/engine/types"
)

// Amendment is ON DUPLICATE KEY UPDATE (13.2.6.2). Its terms read a frame of the row that is there, which changes as it is assigned, the row
// that was to be inserted, and the row that came.
type Amendment struct {
	Set []SetTerm
	Dependents
}

// Dependents are what depends on a row that changes. Their terms read a frame that begins with the row.
type Dependents struct {
	Columns []store.Column
	Derived []SetTerm // generated columns, and those with ON UPDATE, which change with a row alone
	Checks  []CheckTerm
}

// follow computes what depends on a row, whose values are those of a frame's first columns.
func (d *Dependents) follow(rules *store.Rules, values []types.Value) error {
	if err := assign(rules, d.Columns, d.Derived, values); err != nil {
		return err
	}
	return holds(d.Checks, values)
}

// SetTerm assigns a column.
type SetTerm struct {
	Column int
	Type   types.Type // of what is assigned
	Value  func(values []types.Value) (types.Value, error)
}

// amend changes the row that is in the way of another.
func (s *Insert) amend(existing, row []types.Value, cells []Cell) error {
	width := len(s.Columns)
	values := slices.Concat(existing, row)
	for i := range cells {
		values = append(values, cells[i].Value)
	}
	if err := assign(s.Rules, s.Amend.Columns, s.Amend.Set, values); err != nil {
		return err
	}
	if slices.Equal(values[:width], existing) {
		if s.FoundRows {
			s.out.Affected++
		}
		return nil
	}
	s.out.Doubles++
	if err := s.Amend.follow(s.Rules, values); err != nil {
		return err
	}
	if _, err := s.Table.Update(Row{Values: existing}, values[:width]); err != nil {
		return err
	}
	s.out.Affected += 2
	s.told(values[:width], false)
	return nil
}

// assign computes columns one after the other, each of what those before have become.
func assign(rules *store.Rules, columns []store.Column, list []SetTerm, values []types.Value) error {
	for _, set := range list {
		v, err := set.Value(values)
		if err == nil {
			values[set.Column], err = rules.Assign(v, set.Type, &columns[set.Column])
		}
		if err != nil {
			return err
		}
	}
	return nil
}
