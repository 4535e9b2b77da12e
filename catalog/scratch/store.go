package scratch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Config is what a Store is opened with.
type Config struct {
	Path  string // of the file
	Quota Quota
	// Type reads the type of a column, as it is written in CREATE TABLE.
	Type func(sqlType string) (types.Type, error)
	// Warn is told of tables that can't be read, which nobody sees then; nil: nobody is told.
	Warn func(error)
}

// Store holds the scratch databases. It is safe for concurrent use.
type Store struct {
	file   *file
	typeOf func(sqlType string) (types.Type, error)
	ledger *ledger
	locks  locks
	lastID atomic.Int64

	commit  sync.Mutex // one at a time
	current atomic.Pointer[state]
}

// state is what is committed. It is immutable, but for the marks of copies in its tables.
type state struct{ databases map[string]*Database } // by lower-case name

// Database is a scratch database.
type Database struct {
	Name      string
	Owner     string // who made it
	Collation uint16 // of tables that name none
	tables    map[string]*Table
}

// name is where a table is, in lower case. Temporary tables have a space of names of their own; a database itself has no table.
type name struct {
	database, table string
	temporary       bool
}

func permanent(database, table string) name {
	return name{database: strings.ToLower(database), table: strings.ToLower(table)}
}

func temporary(database, table string) name {
	return name{database: strings.ToLower(database), table: strings.ToLower(table), temporary: true}
}

func (s *state) table(n name) *Table {
	if db := s.databases[n.database]; db != nil {
		return db.tables[n.table]
	}
	return nil
}

// Open opens the store, making its file as needed.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	f, err := openFile(ctx, cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("scratch databases in %s: %w", cfg.Path, err)
	}
	s := &Store{file: f, typeOf: cfg.Type, ledger: newLedger(cfg.Quota), locks: locks{held: make(map[name]*lock)}}
	warn := cfg.Warn
	if warn == nil {
		warn = func(error) {}
	}
	loaded, last, err := f.load(ctx, cfg.Type, warn)
	if err != nil {
		return nil, fmt.Errorf("scratch databases in %s: %w", cfg.Path, errors.Join(err, f.close()))
	}
	s.lastID.Store(last)
	for _, db := range loaded.databases {
		for _, t := range db.tables {
			s.ledger.restore(t.owner, t.bytes)
		}
	}
	s.current.Store(loaded)
	return s, nil
}

// Close closes the file. What transactions have not committed is gone.
func (s *Store) Close() error { return s.file.close() }

// keepable refuses a definition that is not the same when it is read again: its rows would be read by other types than they were written by.
func (s *Store) keepable(def *Definition) error {
	for _, c := range def.Columns {
		again, err := s.typeOf(c.SQLType)
		if err != nil {
			return sqlerr.Wrap(sqlerr.Unsupported, err, "column '%s' of type %s", c.Name, c.SQLType)
		}
		if again != c.Type {
			return sqlerr.New(sqlerr.Internal, "column '%s' of table %s is a %s, and would be a %s when it is read again", c.Name, def.Name, c.Type, again)
		}
	}
	return def.comparable()
}

// Has reports a database of this name.
func (s *Store) Has(database string) bool {
	return s.current.Load().databases[strings.ToLower(database)] != nil
}

// Databases returns the committed databases by ascending name.
func (s *Store) Databases() []*Database {
	return slices.SortedFunc(maps.Values(s.current.Load().databases), func(a, b *Database) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
}

// Names returns the names of the committed databases.
func (s *Store) Names() []string {
	var names []string
	for _, db := range s.Databases() {
		names = append(names, db.Name)
	}
	return names
}

// publish makes what a transaction changed the committed state, on disk first.
func (s *Store) publish(ctx context.Context, tx *Tx) error {
	s.commit.Lock()
	defer s.commit.Unlock()
	before := s.current.Load()
	after := &state{databases: maps.Clone(before.databases)}
	for key, db := range tx.databases {
		if db == nil {
			delete(after.databases, key)
			continue
		}
		changed := *db
		if held := before.databases[key]; held != nil {
			changed.tables = held.tables
		}
		after.databases[key] = &changed
	}
	cloned := make(map[string]bool)
	changes := &change{databases: tx.databases}
	for n, t := range tx.tables {
		if n.temporary {
			continue
		}
		changes.add(n, before.table(n), t)
		db := after.databases[n.database]
		switch {
		case db == nil && t != nil:
			return sqlerr.New(sqlerr.UnknownDatabase, "Unknown database '%s'", n.database)
		case db == nil:
			continue
		}
		if !cloned[n.database] {
			own := *db
			own.tables = maps.Clone(db.tables)
			if own.tables == nil {
				own.tables = make(map[string]*Table)
			}
			db, cloned[n.database] = &own, true
			after.databases[n.database] = db
		}
		if t == nil {
			delete(db.tables, n.table)
		} else {
			db.tables[n.table] = t
		}
	}
	if changes.empty() {
		return nil
	}
	// A commit that has begun is not broken off: nobody could tell whether it is one.
	if err := s.file.write(context.WithoutCancel(ctx), changes); err != nil {
		return sqlerr.Wrap(sqlerr.OutOfDisk, err, "scratch databases: the transaction can't be kept and was rolled back")
	}
	for _, t := range tx.tables {
		if t != nil {
			t.committed()
		}
	}
	for key, db := range before.databases {
		if after.databases[key] != nil {
			continue
		}
		for table, t := range db.tables { // that were made as the database was dropped
			if _, dropped := tx.tables[permanent(key, table)]; !dropped {
				s.ledger.restore(t.owner, -t.Bytes())
			}
		}
	}
	s.current.Store(after)
	return nil
}
