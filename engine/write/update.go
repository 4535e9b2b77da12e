package write

import (
	"slices"

	"github.com/silogate/silogate/engine/store"
	"github.com/silogate/silogate/engine/types"
)

// Target is a table that an UPDATE or DELETE writes: where a row of the query has the table's row, and what it becomes.
type Target struct {
	Table Table
	Key   int // of the row's key
	First int // of the table's columns
	Width int // how many they are

	Set     []Set   // what the statement assigns
	Derived []Set   // generated columns, and those with ON UPDATE, which change with a row alone
	Checks  []Check // of the new row

	written map[string]bool          // the keys of rows that are done with; nil: the query has each once
	now     map[string][]types.Value // what rows have become, by their keys; nil: no other target is the same table
}

// Set is a column's new value.
type Set struct {
	Column int
	At     int
}

// Once has a row that a join yields several times be written once: the first time.
func (t *Target) Once() { t.written = make(map[string]bool) }

// Share tells targets that they are one table under several names: a row that one has changed the others change further.
func Share(targets ...*Target) {
	now := make(map[string][]types.Value)
	for _, t := range targets {
		t.now = now
	}
}

// row returns the target's row; ok is false if it is written already, or is none: the outer join has no match.
func (t *Target) row(values []types.Value) (row Row, ok bool) {
	key := values[t.Key]
	if key.Null {
		return Row{}, false
	}
	row = Row{Key: key.Str, Values: values[t.First : t.First+t.Width]}
	if t.written == nil {
		return row, true
	}
	if t.written[row.Key] {
		return row, false
	}
	t.written[row.Key] = true
	return row, true
}

// Update is an UPDATE.
type Update struct {
	Targets []*Target
	Rows    Rows
	Rules   *store.Rules
	Ignore  bool
}

// Run updates.
func (u *Update) Run() (out Outcome, err error) {
	for {
		values, err := u.Rows.Next()
		if err != nil || values == nil {
			return out, err
		}
		for _, t := range u.Targets {
			old, ok := t.row(values)
			if !ok {
				continue
			}
			out.Rows++
			changed, err := t.update(old, values)
			switch {
			case err != nil && u.Ignore && ignorable(err):
				warn(u.Rules, err)
			case err != nil:
				return out, err
			case changed:
				out.Affected++
			}
		}
	}
}

func (t *Target) update(old Row, values []types.Value) (changed bool, err error) {
	if now := t.now[old.Key]; now != nil {
		old.Values = now
	}
	next := slices.Clone(old.Values)
	for _, s := range t.Set {
		next[s.Column] = values[s.At]
	}
	if slices.Equal(next, old.Values) {
		return false, nil
	}
	for _, s := range t.Derived {
		next[s.Column] = values[s.At]
	}
	for _, c := range t.Checks {
		if err := violated(c.Name, values[c.At]); err != nil {
			return false, err
		}
	}
	changed, err = t.Table.Update(old, next)
	if t.now != nil && err == nil {
		t.now[old.Key] = next
	}
	return changed, err
}

// Delete is a DELETE.
type Delete struct {
	Targets []*Target
	Rows    Rows
	Rules   *store.Rules
	Ignore  bool
}

// Run deletes.
func (d *Delete) Run() (out Outcome, err error) {
	for {
		values, err := d.Rows.Next()
		if err != nil || values == nil {
			return out, err
		}
		for _, t := range d.Targets {
			old, ok := t.row(values)
			if !ok {
				continue
			}
			deleted, err := t.Table.Delete(old)
			switch {
			case err != nil && d.Ignore && ignorable(err):
				warn(d.Rules, err)
			case err != nil:
				return out, err
			case deleted:
				out.Affected++
			}
		}
	}
}
