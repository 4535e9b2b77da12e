package scratch

import (
	"context"
	"slices"
	"strings"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// own makes a version of a name the transaction's, with what it stood for kept for Undo.
func (s *Session) own(n name, t *Table) {
	tx := s.tx
	if _, noted := tx.statement[n]; !noted {
		before := previous{table: s.effective(n)}
		_, before.own = tx.tables[n]
		if before.own && before.table != nil && before.table == t {
			before.table = t.copy()
		}
		tx.statement[n] = before
	}
	if t != nil {
		t.charge = tx.account(t.owner).add
	}
	tx.tables[n] = t
}

// Lock makes the transaction the only writer of permanent tables. Temporary tables and what is not there need no lock.
func (s *Session) Lock(ctx context.Context, tables ...[2]string) error {
	s.Begin()
	s.tx.writes = true
	for _, n := range s.lockable(tables) {
		if err := s.lock(ctx, n, exclusive, false); err != nil {
			return err
		}
	}
	return nil
}

// lockable are the names of the permanent tables among some, in the order in which they are locked.
func (s *Session) lockable(tables [][2]string) []name {
	s.Begin()
	names := make(map[name]struct{})
	for _, t := range tables {
		n := permanent(t[0], t[1])
		if _, hidden := s.Temporary(t[0], t[1]); !hidden && s.effective(n) != nil {
			names[n] = struct{}{}
		}
	}
	return ordered(names)
}

// lock locks a name for the transaction; atOnce: or fails, if it would have to wait for another one.
func (s *Session) lock(ctx context.Context, n name, want mode, atOnce bool) error {
	if n.temporary {
		return nil
	}
	s.Begin()
	if err := s.acquire(ctx, request{name: n, mode: want}, atOnce); err != nil || want < exclusive {
		return err
	}
	if _, own := s.tx.tables[n]; !own {
		if t := s.committed(n); t != nil { // what the transaction writes is the newest
			own := t.copy()
			own.locked, own.charge = t, s.tx.account(t.owner).add
			s.tx.tables[n] = own
		}
	}
	return nil
}

// lockAlone makes the transaction the only writer of what a name stands for.
func (s *Session) lockAlone(ctx context.Context, n name) error {
	return s.lock(ctx, n, exclusive, false)
}

// Write returns the version of a table that the transaction writes.
func (s *Session) Write(ctx context.Context, database, table string) (*Table, error) {
	s.Begin()
	s.tx.writes = true
	n := temporary(database, table)
	if s.effective(n) == nil {
		n = permanent(database, table)
		if err := s.lockAlone(ctx, n); err != nil {
			return nil, err
		}
	}
	t := s.effective(n)
	if t == nil {
		return nil, unknownTable(database, table)
	}
	if _, own := s.tx.tables[n]; !own {
		t = t.copy()
	}
	s.own(n, t)
	return t, nil
}

func unknownTable(database, table string) error {
	return sqlerr.New(sqlerr.UnknownTable, "Table '%s.%s' doesn't exist", database, table)
}

// Create makes a table.
func (s *Session) Create(ctx context.Context, database string, def *Definition, owner string, temp bool) (*Table, error) {
	if err := s.store.keepable(def); err != nil {
		return nil, err
	}
	s.Begin()
	n := permanent(database, def.Name)
	n.temporary = temp
	if err := s.lockAlone(ctx, n); err != nil {
		return nil, err
	}
	if s.effective(n) != nil {
		return nil, sqlerr.New(sqlerr.TableExists, "Table '%s' already exists", def.Name)
	}
	t := newTable(s.store.lastID.Add(1), def, owner)
	if t.temporary = temp; temp {
		s.temporary[n] = t.copy() // it is there whatever becomes of the transaction
	}
	s.own(n, t)
	return t, nil
}

// Drop drops a table: a temporary one at once, a permanent one with the transaction.
func (s *Session) Drop(ctx context.Context, database, table string) error {
	s.Begin()
	n := temporary(database, table)
	if t := s.effective(n); t != nil {
		kept := s.temporary[n]
		s.tx.account(t.owner).restore(kept.Bytes() - t.Bytes())
		s.store.ledger.restore(t.owner, -kept.Bytes())
		delete(s.temporary, n)
		delete(s.tx.tables, n)
		delete(s.tx.statement, n)
		return nil
	}
	n.temporary = false
	if err := s.lockAlone(ctx, n); err != nil {
		return err
	}
	t := s.effective(n)
	if t == nil {
		return unknownTable(database, table)
	}
	s.own(n, nil)
	s.tx.account(t.owner).restore(-t.Bytes())
	return nil
}

// Rename gives a table another name, in the same database or another one.
func (s *Session) Rename(ctx context.Context, database, table, toDatabase, to string) error {
	t, err := s.Write(ctx, database, table)
	if err != nil {
		return err
	}
	from, target := permanent(database, table), permanent(toDatabase, to)
	from.temporary, target.temporary = t.temporary, t.temporary
	if err := s.lockAlone(ctx, target); err != nil {
		return err
	}
	if s.effective(target) != nil && from != target {
		return sqlerr.New(sqlerr.TableExists, "Table '%s' already exists", to)
	}
	renamed := t.copy()
	renamed.def = t.def.Clone()
	renamed.def.Name = to
	if t.temporary {
		kept := s.temporary[from].copy()
		kept.def = renamed.def
		s.temporary[target] = kept
		delete(s.temporary, from)
		delete(s.tx.tables, from)
	} else {
		s.own(from, nil)
	}
	s.own(target, renamed)
	return nil
}

// Alter gives a table another definition, under which its rows read as before. Unique keys that are new are checked.
func (s *Session) Alter(ctx context.Context, database, table string, change func(*Definition) error) error {
	t, err := s.Write(ctx, database, table)
	if err != nil {
		return err
	}
	def := t.def.Clone()
	if err := change(def); err != nil {
		return err
	}
	if err := s.store.keepable(def); err != nil {
		return err
	}
	if slices.EqualFunc(def.uniques(), t.def.uniques(), func(a, b Key) bool { return slices.Equal(a.Parts, b.Parts) }) {
		t.def, t.uniques = def, def.uniques()
		return nil
	}
	all := make([]int, len(def.Columns))
	for i := range all {
		all[i] = i
	}
	next, err := s.Rewrite(ctx, database, table, def)
	if err != nil {
		return err
	}
	cursor, row := t.Read(all), make([]types.Value, len(all))
	for {
		ok, err := cursor.Next(row)
		if err == nil && !ok {
			return s.Replace(ctx, database, table, next)
		}
		if err == nil {
			err = next.Insert(row)
		}
		if err != nil {
			s.Abandon(next)
			return err
		}
	}
}

// Abandon gives up what Rewrite began.
func (s *Session) Abandon(next *Table) { s.tx.account(next.owner).restore(-next.Bytes()) }

// Rewrite begins a table of another definition that Replace puts in the place of one. It goes on with its counters.
func (s *Session) Rewrite(ctx context.Context, database, table string, def *Definition) (*Table, error) {
	if err := s.store.keepable(def); err != nil {
		return nil, err
	}
	t, err := s.Write(ctx, database, table)
	if err != nil {
		return nil, err
	}
	next := newTable(s.store.lastID.Add(1), def, t.owner)
	next.temporary = t.temporary
	next.counters.auto.Store(t.counters.auto.Load())
	next.charge = s.tx.account(t.owner).add
	return next, nil
}

// Replace puts what Rewrite began in the place of a table.
func (s *Session) Replace(ctx context.Context, database, table string, next *Table) error {
	t, err := s.Write(ctx, database, table)
	if err != nil {
		return err
	}
	n := permanent(database, table)
	n.temporary = t.temporary
	s.tx.tables[n] = next
	s.tx.account(t.owner).restore(-t.Bytes())
	return nil
}

// Truncate empties a table, begins its counters anew, and returns how many rows it had.
func (s *Session) Truncate(ctx context.Context, database, table string) (int, error) {
	t, err := s.Write(ctx, database, table)
	if err != nil {
		return 0, err
	}
	next, err := s.Rewrite(ctx, database, table, t.def)
	if err != nil {
		return 0, err
	}
	next.counters.auto.Store(1)
	return t.Rows(), s.Replace(ctx, database, table, next)
}

// CreateDatabase makes a database.
func (s *Session) CreateDatabase(ctx context.Context, db Database) error {
	key := strings.ToLower(db.Name)
	if err := s.lockAlone(ctx, name{database: key}); err != nil {
		return err
	}
	if _, exists := s.Database(db.Name); exists {
		return sqlerr.New(sqlerr.DatabaseExists, "Can't create database '%s'; database exists", db.Name)
	}
	s.tx.databases[key] = &db
	return nil
}

// LockDatabase makes the transaction the only writer of a database and its tables. What it reads from then on is what is committed by then.
func (s *Session) LockDatabase(ctx context.Context, database string) error {
	if err := s.lockAlone(ctx, name{database: strings.ToLower(database)}); err != nil {
		return err
	}
	s.tx.base = nil
	for _, table := range s.Names(database) {
		if err := s.lockAlone(ctx, permanent(database, table)); err != nil {
			return err
		}
	}
	s.tx.base = nil
	return nil
}

// DropDatabase drops a database and its tables.
func (s *Session) DropDatabase(ctx context.Context, database string) error {
	if err := s.LockDatabase(ctx, database); err != nil {
		return err
	}
	if _, exists := s.Database(database); !exists {
		return sqlerr.New(sqlerr.DatabaseMissing, "Can't drop database '%s'; database doesn't exist", database)
	}
	for _, table := range s.Names(database) {
		if t := s.effective(permanent(database, table)); t != nil {
			s.own(permanent(database, table), nil)
			s.tx.account(t.owner).restore(-t.Bytes())
		}
	}
	s.tx.databases[strings.ToLower(database)] = nil
	return nil
}

// AlterDatabase changes what tables of a database are made with.
func (s *Session) AlterDatabase(ctx context.Context, database string, collation uint16) error {
	if err := s.lockAlone(ctx, name{database: strings.ToLower(database)}); err != nil {
		return err
	}
	db, exists := s.Database(database)
	if !exists {
		return sqlerr.New(sqlerr.UnknownDatabase, "Unknown database '%s'", database)
	}
	changed := *db
	changed.Collation = collation
	s.tx.databases[strings.ToLower(database)] = &changed
	return nil
}
