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

	Set []Set // what the statement assigns
	Dependents

	// Joined says that the query may have a row several times, which is written the first time alone, and that what the statement writes of
	// other tables may change the row before: by a cascade, or because they are the same table under another name.
	Joined  bool
	written map[string]bool // the keys of rows that are done with
}

// Set is a column's new value.
type Set struct {
	Column int
	At     int
}

// row returns the target's row as it is by now; ok is false if it is written already, is gone, or is none: the outer join has no match.
func (t *Target) row(values []types.Value) (row Row, ok bool, err error) {
	key := values[t.Key]
	if key.Null {
		return Row{}, false, nil
	}
	row = Row{Key: key.Str, Values: values[t.First : t.First+t.Width]}
	if !t.Joined {
		return row, true, nil
	}
	if t.written[row.Key] {
		return row, false, nil
	}
	if t.written == nil {
		t.written = make(map[string]bool)
	}
	t.written[row.Key] = true
	row.Values, ok, err = t.Table.Row(row.Key)
	return row, ok, err
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
			old, ok, err := t.row(values)
			if err != nil {
				return out, err
			}
			if !ok {
				continue
			}
			out.Rows++
			u.Rules.Row++
			changed, err := u.update(t, old, values)
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

func (u *Update) update(t *Target, old Row, values []types.Value) (changed bool, err error) {
	next := slices.Clone(old.Values)
	for _, s := range t.Set {
		next[s.Column] = values[s.At]
	}
	if slices.Equal(next, old.Values) {
		return false, nil
	}
	if err := t.follow(u.Rules, next); err != nil {
		return false, err
	}
	return t.Table.Update(old, next)
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
			old, ok, err := t.row(values)
			if err != nil {
				return out, err
			}
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
