package write

import (
	"slices"
	"unsafe"

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
	Joined bool
	// Later says that the rows are written after those of all other targets, for one before is the same table: MySQL collects such rows, too.
	Later bool

	written map[string]bool // the keys of rows that are done with
	waiting []assignment    // of a target that is written later
}

// assignment is what a row is assigned.
type assignment struct {
	key    string
	values []types.Value // in the order of Set
}

// Set is a column's new value.
type Set struct {
	Column int
	At     int
}

// Bytes of a key in a map, beside its own, and of a value in a row, beside those it points to.
const (
	keptKey   = 48
	keptValue = int64(unsafe.Sizeof(types.Value{}))
)

// row returns the target's row as it is by now; ok is false if it is written already, is gone, or is none: the outer join has no match.
func (t *Target) row(rows Rows, values []types.Value) (row Row, ok bool, err error) {
	key := values[t.Key]
	switch {
	case key.Null, t.written[key.Str]:
		return Row{}, false, nil
	case !t.Joined:
		return Row{key.Str, values[t.First : t.First+t.Width]}, true, nil
	case t.written == nil:
		t.written = make(map[string]bool)
	}
	t.written[key.Str] = true
	if err := rows.Keep(keptKey + int64(len(key.Str))); err != nil {
		return Row{}, false, err
	}
	return t.now(key.Str)
}

func (t *Target) now(key string) (row Row, ok bool, err error) {
	values, ok, err := t.Table.Row(key)
	return Row{key, values}, ok, err
}

// assigned are the values of Set.
func (t *Target) assigned(values []types.Value) []types.Value {
	list := make([]types.Value, len(t.Set))
	for i, s := range t.Set {
		list[i] = values[s.At]
	}
	return list
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
		if err != nil {
			return out, err
		}
		if values == nil {
			return out, u.later(&out)
		}
		for _, t := range u.Targets {
			row, ok, err := t.row(u.Rows, values)
			switch {
			case err != nil, !ok:
			case t.Later:
				err = t.wait(u.Rows, row.Key, t.assigned(values))
			default:
				err = u.write(t, row, t.assigned(values), &out)
			}
			if err != nil {
				return out, err
			}
		}
	}
}

// wait keeps what a row is assigned for later.
func (t *Target) wait(rows Rows, key string, values []types.Value) error {
	t.waiting = append(t.waiting, assignment{key, values}) // whose key is that of written
	bytes := keptKey + keptValue*int64(len(values))
	for _, v := range values {
		bytes += int64(len(v.Str))
	}
	return rows.Keep(bytes)
}

// later writes the rows that wait.
func (u *Update) later(out *Outcome) error {
	for _, t := range u.Targets {
		for _, a := range t.waiting {
			row, ok, err := t.now(a.key)
			if err == nil && ok {
				err = u.write(t, row, a.values, out)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes a row.
func (u *Update) write(t *Target, old Row, assigned []types.Value, out *Outcome) error {
	out.Rows++
	u.Rules.Row++
	changed, err := u.update(t, old, assigned)
	if err != nil && u.Ignore && ignorable(err) {
		warn(u.Rules, err)
		return nil
	}
	if changed {
		out.Affected++
	}
	return err
}

func (u *Update) update(t *Target, old Row, assigned []types.Value) (changed bool, err error) {
	next := slices.Clone(old.Values)
	for i, s := range t.Set {
		next[s.Column] = assigned[i]
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
			old, ok, err := t.row(d.Rows, values)
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
