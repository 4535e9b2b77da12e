package scratch

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Tx is a transaction of a Session.
type Tx struct {
	store     *Store
	base      *state // nil until something is read
	fresh     bool   // nothing was, when the statement under way began
	reads     bool   // something was read before the statement under way
	databases map[string]*Database
	tables    map[name]*Table // the versions that are the transaction's own; nil: dropped
	accounts  map[string]*account

	statement  map[name]previous // what the statement under way has changed
	writes     bool              // the statement under way locks tables, of which it then sees the newest rows
	newest     *state            // what the statement under way reads of other tables; nil: the snapshot
	views      views
	locked     map[name]*Table // what the statement under way sees of tables that it locks as it reads them
	savepoints []savepoint
}

// views are what the statement under way sees of tables that the transaction writes (see view). Its reads may be concurrent.
type views struct {
	mu   sync.Mutex
	made map[name]*Table
}

// Session is a client's transactions, one after the other, and its temporary tables. It is used by one statement at a time, whose
// reads may be concurrent.
type Session struct {
	store     *Store
	temporary map[name]*Table // as they are committed
	tx        *Tx
	owner     owner

	LockWait  time.Duration // how long a statement waits for transactions of others
	TableWait time.Duration // and for what LOCK TABLES has locked
}

// Session makes a session. Close ends it.
func (s *Store) Session() *Session {
	return &Session{store: s, temporary: make(map[name]*Table), LockWait: 50 * time.Second, TableWait: 365 * 24 * time.Hour}
}

// Begin begins a transaction, if none is under way.
func (s *Session) Begin() {
	if s.tx == nil {
		s.tx = &Tx{store: s.store, databases: make(map[string]*Database), tables: make(map[name]*Table),
			accounts: make(map[string]*account), statement: make(map[name]previous), views: views{made: make(map[name]*Table)},
			locked: make(map[name]*Table)}
	}
}

// Snapshot has the transaction read what is committed now, not what is when it reads first.
func (s *Session) Snapshot() {
	s.Begin()
	s.tx.snapshot()
}

// Active reports a transaction under way.
func (s *Session) Active() bool { return s.tx != nil }

// Used reports whether the transaction under way has read or changed something.
func (s *Session) Used() bool { return s.tx != nil && (s.tx.base != nil || s.tx.reads || s.Wrote()) }

// Wrote reports whether the transaction under way has changed something.
func (s *Session) Wrote() bool { return s.tx != nil && len(s.tx.tables)+len(s.tx.databases) > 0 }

// Commit ends the transaction. Its changes are kept, or there is an error and none is.
func (s *Session) Commit(ctx context.Context) error {
	tx := s.tx
	if tx == nil {
		return nil
	}
	if s.Wrote() { // who only read waits for no commit
		if err := s.store.publish(ctx, tx); err != nil {
			s.Rollback()
			return err
		}
	}
	for n, t := range tx.tables {
		if n.temporary && t != nil {
			t.committed()
			s.temporary[n] = t
		}
	}
	s.end(true)
	return nil
}

// Rollback ends the transaction. Its changes are gone; temporary tables that it made stay, without rows.
func (s *Session) Rollback() {
	if s.tx != nil {
		s.end(false)
	}
}

func (s *Session) end(committed bool) {
	for _, a := range s.tx.accounts {
		a.settle(committed)
	}
	s.store.locks.endTransaction(&s.owner)
	s.tx = nil
}

// Close rolls back, unlocks tables and drops the temporary ones.
func (s *Session) Close() {
	s.Rollback()
	s.UnlockTables()
	for n, t := range s.temporary {
		s.store.ledger.restore(t.owner, -t.Bytes())
		delete(s.temporary, n)
	}
}

// Statement begins a statement: Undo goes back to here, and its queries see tables as they are now. latest has a transaction
// read what is committed now (READ COMMITTED).
func (s *Session) Statement(latest bool) {
	s.Begin()
	s.tx.reads = s.Used()
	s.tx.statement, s.tx.writes, s.tx.newest, s.tx.views.made = make(map[name]previous), false, nil, make(map[name]*Table)
	s.tx.locked = make(map[name]*Table)
	if latest {
		s.tx.base = nil
	}
	s.tx.fresh = s.tx.base == nil
}

// Writes has the statement under way see what is committed now, as one that writes does (MySQL 8.0 manual, 15.7.2.4).
func (s *Session) Writes() {
	s.Begin()
	s.tx.writes, s.tx.newest = true, s.store.current.Load()
}

// Undo takes back what the statement changed. Locks stay, as in MySQL.
func (s *Session) Undo() {
	if s.tx != nil {
		s.tx.restore(s, s.tx.statement)
		s.tx.statement = make(map[name]previous)
	}
}

// previous is what a name stood for before.
type previous struct {
	table *Table // nil: nothing
	own   bool   // the transaction had changed it
}

// restore makes names stand again for what they stood for.
func (tx *Tx) restore(s *Session, to map[name]previous) {
	for n, before := range to {
		if n.temporary && s.temporary[n] == nil {
			continue // dropped since, for good
		}
		if held := s.effective(n); held != nil {
			tx.account(held.owner).restore(-held.Bytes())
		}
		if before.table != nil {
			tx.account(before.table.owner).restore(before.table.Bytes())
		}
		if before.own {
			tx.tables[n] = before.table
		} else {
			delete(tx.tables, n)
		}
	}
}

// effective returns what a name stands for, nil for nothing: what the transaction made of it, else what is committed.
func (s *Session) effective(n name) *Table {
	if s.tx != nil {
		if t, own := s.tx.tables[n]; own {
			return t
		}
	}
	return s.committed(n)
}

func (s *Session) committed(n name) *Table {
	if n.temporary {
		return s.temporary[n]
	}
	return s.store.current.Load().table(n)
}

// visible is effective as a query sees it: of what others commit nothing, once the transaction has read.
func (s *Session) visible(n name) *Table {
	own, changed := s.tx.tables[n]
	if t := s.tx.locked[n]; t != nil {
		return t
	}
	switch {
	case n.temporary && !changed:
		return s.temporary[n]
	case !changed && s.tx.newest != nil:
		return s.tx.newest.table(n)
	case !changed:
		return s.tx.snapshot().table(n)
	case own == nil || n.temporary || s.tx.writes:
		return own
	}
	return s.tx.view(n, own)
}

// view is a version that the transaction writes as its queries see it: what it read first with its own changes, but none that others had committed when
// it locked the table (MySQL 8.0 manual, 15.7.2.3). A table that was defined otherwise then has none, see Redefined.
func (tx *Tx) view(n name, own *Table) *Table {
	first := tx.snapshot().table(n)
	if first == own.locked || tx.redefined(n) {
		return own
	}
	tx.views.mu.Lock()
	defer tx.views.mu.Unlock()
	if tx.views.made[n] == nil {
		seen, err := own.over(first)
		if err != nil { // which is that of who reads it, too
			return own
		}
		tx.views.made[n] = seen
	}
	return tx.views.made[n]
}

// Redefined reports a table that others have made, emptied or altered so that its rows are others since the transaction's snapshot, and that it has written since: what the snapshot has of
// it are no rows of the table that it is now.
func (s *Session) Redefined(database, table string) bool {
	n := permanent(database, table)
	return s.tx != nil && !s.tx.writes && s.tx.locked[n] == nil && s.tx.redefined(n)
}

func (tx *Tx) redefined(n name) bool {
	own, first := tx.tables[n], tx.snapshot().table(n)
	return own != nil && own.locked != nil && (first == nil || first.id != own.locked.id)
}

func (tx *Tx) snapshot() *state {
	if tx.base == nil {
		tx.base = tx.store.current.Load()
	}
	return tx.base
}

// Table returns the table that a name stands for in the session: a temporary one hides a permanent one.
func (s *Session) Table(database, table string) (*Table, bool) {
	if t, ok := s.Temporary(database, table); ok {
		return t, true
	}
	return s.Permanent(database, table)
}

// Temporary returns a temporary table.
func (s *Session) Temporary(database, table string) (*Table, bool) {
	t := s.effective(temporary(database, table))
	return t, t != nil
}

// HasTemporary reports whether the session has any temporary table.
func (s *Session) HasTemporary() bool { return len(s.temporary) > 0 }

// TemporaryTables returns the temporary tables of a database by ascending name.
func (s *Session) TemporaryTables(database string) []*Table {
	var list []*Table
	for n := range s.temporary {
		if n.database == strings.ToLower(database) {
			list = append(list, s.effective(n))
		}
	}
	slices.SortFunc(list, func(a, b *Table) int { return strings.Compare(a.def.Name, b.def.Name) })
	return list
}

// Permanent returns a table of a scratch database.
func (s *Session) Permanent(database, table string) (*Table, bool) {
	s.Begin()
	t := s.visible(permanent(database, table))
	return t, t != nil
}

// AtStart returns what Temporary or Permanent returned when the statement began.
func (s *Session) AtStart(database, table string, temporarily bool) (*Table, bool) {
	s.Begin()
	n := permanent(database, table)
	if temporarily {
		n = temporary(database, table)
	}
	before, changed := s.tx.statement[n]
	if !changed {
		before.table = s.visible(n)
	}
	return before.table, before.table != nil
}

// Latest are the permanent tables as they are committed now, and as the transaction has changed them, with the names of their databases: what
// definitions must agree with, whatever the transaction's snapshot is.
func (s *Session) Latest() iter.Seq2[string, *Table] {
	return func(yield func(string, *Table) bool) {
		state := s.store.current.Load()
		for key, db := range state.databases {
			for table, t := range db.tables {
				if s.tx != nil {
					if _, own := s.tx.tables[name{database: key, table: table}]; own {
						continue
					}
				}
				if !yield(db.Name, t) {
					return
				}
			}
		}
		if s.tx == nil {
			return
		}
		for n, t := range s.tx.tables {
			if db, ok := s.Database(n.database); ok && !n.temporary && t != nil && !yield(db.Name, t) {
				return
			}
		}
	}
}

// Current returns a permanent table as it is committed now, or as the transaction has changed it.
func (s *Session) Current(database, table string) (*Table, bool) {
	t := s.effective(permanent(database, table))
	return t, t != nil
}

// Database returns a scratch database.
func (s *Session) Database(database string) (*Database, bool) {
	key := strings.ToLower(database)
	if s.tx != nil {
		if db, changed := s.tx.databases[key]; changed {
			return db, db != nil
		}
	}
	db := s.store.current.Load().databases[key]
	return db, db != nil
}

// Databases returns the names of the databases that the session sees, ascending.
func (s *Session) Databases() []string {
	found := make(map[string]string)
	for _, db := range s.store.Databases() {
		found[strings.ToLower(db.Name)] = db.Name
	}
	if s.tx != nil {
		for key, db := range s.tx.databases {
			if delete(found, key); db != nil {
				found[key] = db.Name
			}
		}
	}
	return slices.Sorted(maps.Values(found))
}

// Names returns the names of a database's permanent tables, ascending.
func (s *Session) Names(database string) []string {
	s.Begin()
	found := make(map[string]string)
	if db := s.tx.snapshot().databases[strings.ToLower(database)]; db != nil {
		for key, t := range db.tables {
			found[key] = t.def.Name
		}
	}
	for n, t := range s.tx.tables {
		if n.temporary || n.database != strings.ToLower(database) {
			continue
		}
		if delete(found, n.table); t != nil {
			found[n.table] = t.def.Name
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
}

// account returns what the transaction has booked on a user.
func (tx *Tx) account(user string) *account {
	a := tx.accounts[user]
	if a == nil {
		a = &account{ledger: tx.store.ledger, user: user}
		tx.accounts[user] = a
	}
	return a
}
