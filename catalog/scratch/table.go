package scratch

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tidwall/btree"
	"github.com/zeebo/xxh3"

	"github.com/silogate/silogate/engine/types"
)

// Table is a version of a table. One that is committed, or was put aside, does not change.
type Table struct {
	id        int64 // of the content: a table that is written anew has another
	def       *Definition
	uniques   []Key // of def
	owner     string
	temporary bool
	counters  *counters
	charge    func(bytes int64) error // to the owner's quota; nil: the version is not a transaction's
	locked    *Table                  // what was committed when the transaction locked the table; nil: the version is not one's, or is all its own

	mu     sync.Mutex // of the trees: a copy marks what it was made of
	rows   *btree.Map[string, string]
	unique []*btree.Map[string, string] // from the entries of uniques to keys of rows
	whole  *btree.Map[string, struct{}] // without a primary key: the hash of a row and its key; nil until rows are looked for
	dirty  *btree.Map[string, struct{}] // the keys that may differ from what is kept under id
	bytes  int64
}

// counters are what all versions of a table share: numbers that were given are not given again, whatever becomes of the
// transaction.
type counters struct {
	auto atomic.Uint64 // the next AUTO_INCREMENT
	row  atomic.Uint64 // the last key of a table without a primary key
}

// entryOverhead is what a row or an entry of a key takes beside its bytes.
const entryOverhead = 64

func newTable(id int64, def *Definition, owner string) *Table {
	t := &Table{id: id, def: def, uniques: def.uniques(), owner: owner, counters: &counters{},
		rows: new(btree.Map[string, string]), dirty: new(btree.Map[string, struct{}])}
	t.counters.auto.Store(1)
	for range t.uniques {
		t.unique = append(t.unique, new(btree.Map[string, string]))
	}
	return t
}

// Definition returns what the table is made of.
func (t *Table) Definition() *Definition { return t.def }

// Temporary reports a table that only its session has.
func (t *Table) Temporary() bool { return t.temporary }

// Rows returns the number of rows.
func (t *Table) Rows() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rows.Len()
}

// Bytes returns what the table takes of its owner's quota.
func (t *Table) Bytes() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bytes
}

// copy returns a version that changes apart from t.
func (t *Table) copy() *Table {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &Table{id: t.id, def: t.def, uniques: t.uniques, owner: t.owner, temporary: t.temporary, counters: t.counters, charge: t.charge, locked: t.locked,
		rows: t.rows.Copy(), dirty: t.dirty.Copy(), bytes: t.bytes}
	for _, u := range t.unique {
		c.unique = append(c.unique, u.Copy())
	}
	if t.whole != nil {
		c.whole = t.whole.Copy()
	}
	return c
}

// over returns a version that has the rows of another, but those that t has changed as they are in t.
func (t *Table) over(other *Table) (*Table, error) {
	out := other.copy()
	out.def, out.uniques = t.def, t.uniques // under which its rows read as before
	t.mu.Lock()
	defer t.mu.Unlock()
	var own []entry
	var err error
	t.dirty.Scan(func(key string, _ struct{}) bool {
		var e entry
		var ok bool
		if e, ok, err = out.at(key); ok {
			out.unset(e)
		}
		if err == nil {
			if e, ok, err = t.at(key); ok {
				own = append(own, e)
			}
		}
		return err == nil
	})
	for _, e := range own {
		out.set(e)
	}
	return out, err
}

// DuplicateError is a row that has a key that another row has (errno 1062).
type DuplicateError struct {
	Key      string // its name
	Primary  bool
	Columns  []int         // of the key
	Refused  []types.Value // the row
	Existing []types.Value // the row that has the key
}

// Error implements error.
func (e *DuplicateError) Error() string { return fmt.Sprintf("duplicate entry for key '%s'", e.Key) }

// Insert adds a row.
func (t *Table) Insert(row []types.Value) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entry(t.key(row), row)
	if e.key == "" {
		e.key = string(binary.BigEndian.AppendUint64(nil, t.counters.row.Add(1)))
	}
	if err := t.clash(e, row, ""); err != nil {
		return err
	}
	if err := t.pay(e.size()); err != nil {
		return err
	}
	t.set(e)
	for i, c := range t.def.Columns {
		if v := row[i]; c.AutoIncrement && !v.Null && (v.Int > 0 || c.Type.IsUnsigned()) {
			t.RaiseAutoIncrement(uint64(v.Int))
		}
	}
	return nil
}

// Clash is the error that Insert of a row would have for a key that another row has.
func (t *Table) Clash(row []types.Value) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.clash(t.entry(t.key(row), row), row, "")
}

// Delete removes a row, which it finds by its primary key, or by all its values in a table without one. ok is false if there is
// no such row.
func (t *Table) Delete(row []types.Value) (ok bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok, err := t.find(row)
	if !ok || err != nil {
		return false, err
	}
	return true, t.remove(e)
}

// DeleteAt is Delete of the row under a key that a Cursor told.
func (t *Table) DeleteAt(key string) (ok bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok, err := t.at(key)
	if !ok || err != nil {
		return false, err
	}
	return true, t.remove(e)
}

func (t *Table) remove(e entry) error {
	t.unset(e)
	return t.pay(-e.size())
}

// Update replaces a row. Where the new one is refused the old one stays. ok is false if there is no such row.
func (t *Table) Update(old, row []types.Value) (ok bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, ok, err := t.find(old)
	if !ok || err != nil {
		return false, err
	}
	return true, t.change(before, row)
}

// UpdateAt is Update of the row under a key that a Cursor told.
func (t *Table) UpdateAt(key string, row []types.Value) (ok bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, ok, err := t.at(key)
	if !ok || err != nil {
		return false, err
	}
	return true, t.change(before, row)
}

func (t *Table) change(before entry, row []types.Value) error {
	after := t.entry(t.key(row), row)
	if after.key == "" {
		after.key = before.key
	}
	if err := t.clash(after, row, before.key); err != nil {
		return err
	}
	if err := t.pay(after.size() - before.size()); err != nil {
		return err
	}
	t.unset(before)
	t.set(after)
	return nil
}

// at returns the entry under a key.
func (t *Table) at(key string) (e entry, ok bool, err error) {
	data, ok := t.rows.Get(key)
	if !ok {
		return entry{}, false, nil
	}
	held, err := t.decode(data)
	return t.entry(key, held), err == nil, err
}

// Row returns the row under a key that a Cursor told; ok is false if there is none any more.
func (t *Table) Row(key string) (row []types.Value, ok bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	data, ok := t.rows.Get(key)
	if !ok {
		return nil, false, nil
	}
	row, err = t.decode(data)
	return row, err == nil, err
}

// entry is a row as the trees have it.
type entry struct {
	key, data string
	unique    []string // the entries of uniques; empty: one that is NULL, which is equal to no other
}

func (e entry) size() int64 {
	size := int64(len(e.key)+len(e.data)) + entryOverhead
	for _, u := range e.unique {
		if u != "" {
			size += int64(len(u)+len(e.key)) + entryOverhead
		}
	}
	return size
}

func (t *Table) entry(key string, row []types.Value) entry {
	e := entry{key: key, data: string(appendRow(nil, row, t.def.Columns)), unique: make([]string, len(t.unique))}
	for i, k := range t.uniques {
		if u, null := appendKey(nil, row, k.Parts, t.def.Columns); !null {
			e.unique[i] = string(u)
		}
	}
	return e
}

// key returns the key that a row has by its primary key, empty in a table without one.
func (t *Table) key(row []types.Value) string {
	if len(t.def.Primary) == 0 {
		return ""
	}
	key, _ := appendKey(nil, row, t.def.Primary, t.def.Columns)
	return string(key)
}

// clash refuses a row with a key that another row has than that of key except.
func (t *Table) clash(e entry, row []types.Value, except string) error {
	if _, taken := t.rows.Get(e.key); taken && e.key != except {
		return t.duplicate("PRIMARY", true, row, t.def.Primary, e.key)
	}
	for i, k := range t.uniques {
		if e.unique[i] == "" {
			continue
		}
		if holder, taken := t.unique[i].Get(e.unique[i]); taken && holder != except {
			return t.duplicate(k.Name, false, row, k.Parts, holder)
		}
	}
	return nil
}

func (t *Table) duplicate(name string, primary bool, row []types.Value, parts []Part, holder string) error {
	e := &DuplicateError{Key: name, Primary: primary, Refused: row}
	for _, p := range parts {
		e.Columns = append(e.Columns, p.Column)
	}
	data, _ := t.rows.Get(holder)
	var err error
	if e.Existing, err = t.decode(data); err != nil {
		return err
	}
	return e
}

func (t *Table) decode(data string) ([]types.Value, error) {
	all := make([]int, len(t.def.Columns))
	for i := range all {
		all[i] = i
	}
	row := make([]types.Value, len(all))
	return row, newDecoder(t.def.Columns, all).read("", data, row)
}

func (t *Table) pay(bytes int64) error {
	if t.charge != nil {
		if err := t.charge(bytes); err != nil {
			return err
		}
	}
	t.bytes += bytes
	return nil
}

func (t *Table) set(e entry) {
	t.rows.Set(e.key, e.data)
	t.dirty.Set(e.key, struct{}{})
	for i, u := range e.unique {
		if u != "" {
			t.unique[i].Set(u, e.key)
		}
	}
	if t.whole != nil {
		t.whole.Set(wholeKey(e.data, e.key), struct{}{})
	}
}

func (t *Table) unset(e entry) {
	t.rows.Delete(e.key)
	t.dirty.Set(e.key, struct{}{})
	for i, u := range e.unique {
		if u != "" {
			t.unique[i].Delete(u)
		}
	}
	if t.whole != nil {
		t.whole.Delete(wholeKey(e.data, e.key))
	}
}

// find returns the entry of a row.
func (t *Table) find(row []types.Value) (e entry, ok bool, err error) {
	if key := t.key(row); key != "" {
		return t.at(key) // the row there may differ where its key does not, in case or in trailing spaces
	}
	if t.whole == nil {
		t.whole = new(btree.Map[string, struct{}])
		t.rows.Scan(func(key, data string) bool {
			t.whole.Set(wholeKey(data, key), struct{}{})
			return true
		})
	}
	e = t.entry("", row)
	first := wholeKey(e.data, "")
	t.whole.Ascend(first, func(found string, _ struct{}) bool {
		if !strings.HasPrefix(found, first) {
			return false
		}
		if data, _ := t.rows.Get(found[len(first):]); data == e.data {
			e.key = found[len(first):]
		}
		return e.key == ""
	})
	return e, e.key != "", nil
}

// wholeKey is the key that finds a row by all of it.
func wholeKey(data, key string) string {
	sum := xxh3.HashString128(data).Bytes()
	return string(sum[:]) + key
}

// Cursor reads the rows of a version, in the order of their keys.
type Cursor struct {
	iter    btree.MapIter[string, string]
	begun   bool
	decoder *decoder
}

// Read returns a cursor over what the table holds now; later changes of the table don't show. The rows have the columns at
// pos; the position behind the last column is that of the key under which the row is (UpdateAt, DeleteAt), a byte string.
func (t *Table) Read(pos []int) *Cursor {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &Cursor{iter: t.rows.Copy().Iter(), decoder: newDecoder(t.def.Columns, pos)}
}

// Next reads the next row into row, which is as long as pos; false: there is none.
func (c *Cursor) Next(row []types.Value) (bool, error) {
	if !c.begun {
		c.begun = true
		if !c.iter.First() {
			return false, nil
		}
	} else if !c.iter.Next() {
		return false, nil
	}
	return true, c.decoder.read(c.iter.Key(), c.iter.Value(), row)
}

// NextAutoIncrement returns the value that the next row gets.
func (t *Table) NextAutoIncrement() uint64 { return t.counters.auto.Load() }

// TakeAutoIncrement returns the value that the next row gets, which no other row then gets.
func (t *Table) TakeAutoIncrement() uint64 { return t.counters.auto.Add(1) - 1 }

// RaiseAutoIncrement has the next row get a value beyond one that was given; what is greater stays.
func (t *Table) RaiseAutoIncrement(given uint64) {
	for {
		next := t.counters.auto.Load()
		if next > given || given == math.MaxUint64 || t.counters.auto.CompareAndSwap(next, given+1) {
			return
		}
	}
}

// SetAutoIncrement has the next row get a value, or one beyond those that are there.
func (t *Table) SetAutoIncrement(next uint64) error {
	column := slices.IndexFunc(t.def.Columns, func(c Column) bool { return c.AutoIncrement })
	t.counters.auto.Store(next)
	if column < 0 {
		return nil
	}
	cursor, row := t.Read([]int{column}), make([]types.Value, 1)
	for {
		ok, err := cursor.Next(row)
		if !ok || err != nil {
			return err
		}
		if row[0].Int > 0 || t.def.Columns[column].Type.IsUnsigned() {
			t.RaiseAutoIncrement(uint64(row[0].Int))
		}
	}
}

// Freeze returns a version that does not change, whatever becomes of t.
func (t *Table) Freeze() *Table { return t.copy() }

// committed makes a transaction's version one that does not change.
func (t *Table) committed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.charge, t.locked = nil, nil
	t.dirty = new(btree.Map[string, struct{}])
}

// Find returns the columns at pos, as Read has them, of the row that has the same unique key as row; ok is false if there is none.
func (t *Table) Find(key string, row []types.Value, pos []int) (found []types.Value, ok bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.key(row)
	if key != "PRIMARY" {
		i := slices.IndexFunc(t.uniques, func(k Key) bool { return k.Name == key })
		if i < 0 {
			return nil, false, nil
		}
		entry, null := appendKey(nil, row, t.uniques[i].Parts, t.def.Columns)
		if null {
			return nil, false, nil
		}
		at, ok = t.unique[i].Get(string(entry))
		if !ok {
			return nil, false, nil
		}
	}
	data, ok := t.rows.Get(at)
	if !ok {
		return nil, false, nil
	}
	found = make([]types.Value, len(pos))
	return found, true, newDecoder(t.def.Columns, pos).read(at, data, found)
}
