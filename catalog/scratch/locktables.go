package scratch

import (
	"context"
	"slices"
	"strings"
)

// TableLock is a table that LOCK TABLES names, or one that writes of those lock, too.
type TableLock struct {
	Database, Table string
	Write           bool
	Linked          bool // others may read it all the same
}

// LockTables gives the session tables until UnlockTables: others don't write those that it reads, and neither write nor read those that it writes. What
// is not there is locked as a name. After an error it has none.
func (s *Session) LockTables(ctx context.Context, tables []TableLock) error {
	s.UnlockTables()
	wanted := make(map[name]mode)
	for _, t := range tables {
		n := permanent(t.Database, t.Table)
		switch {
		case t.Linked:
			wanted[n] = max(wanted[n], exclusive)
		case t.Write:
			wanted[n] = sole
		default:
			wanted[n] = max(wanted[n], shared)
		}
	}
	for {
		err := s.lockAll(ctx, wanted)
		if err == nil {
			return nil
		}
		s.UnlockTables()
		if err != errDeadlock {
			return err
		} // else who waits for the session goes on, and it comes again behind him
	}
}

func (s *Session) lockAll(ctx context.Context, wanted map[name]mode) error {
	for _, n := range ordered(wanted) {
		if err := s.acquire(ctx, request{name: n, mode: wanted[n], tables: true}, false); err != nil {
			return err
		}
	}
	return nil
}

// UnlockTables gives back what LockTables has given.
func (s *Session) UnlockTables() { s.store.locks.unlockTables(&s.owner) }

// Pass waits until nobody else has one of the tables for himself alone, as a statement does before it reads.
func (s *Session) Pass(ctx context.Context, tables ...[2]string) error {
	for _, t := range tables {
		if err := s.acquire(ctx, request{name: permanent(t[0], t[1]), mode: passing}, false); err != nil {
			return err
		}
	}
	return nil
}

// Passes reports whether there is nothing that Pass waits for, whatever the tables are.
func (s *Session) Passes() bool { return s.store.locks.soles.Load() == 0 }

// acquire has the session's request granted; atOnce: or refused, if it is a transaction that it would wait for.
func (s *Session) acquire(ctx context.Context, r request, atOnce bool) error {
	r.owner = &s.owner
	return s.store.locks.acquire(ctx, r, patience{rows: s.LockWait, tables: s.TableWait, none: atOnce})
}

// ordered are names in an order in which nobody who locks several waits for another who does.
func ordered[V any](names map[name]V) []name {
	var list []name
	for n := range names {
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b name) int {
		return strings.Compare(a.database+"\x00"+a.table, b.database+"\x00"+b.table)
	})
	return list
}

// LockedRead is how a SELECT locks what it reads.
type LockedRead struct {
	Shared bool // others may lock it so, too: FOR SHARE
	NoWait bool // what others have locked ends the statement
	Skip   bool // what others have locked has no rows for it
	Rest   bool // what the statement has locked already stays as it is
}

// LockRead locks permanent tables for the transaction. The statement under way then sees them as they are now. Temporary tables need no lock.
func (s *Session) LockRead(ctx context.Context, how LockedRead, tables ...[2]string) error {
	want := exclusive
	if how.Shared {
		want = shared
	}
	for _, n := range s.lockable(tables) {
		if _, locked := s.tx.locked[n]; locked && how.Rest {
			continue
		}
		err := s.lock(ctx, n, want, how.NoWait || how.Skip)
		seen := s.effective(n)
		if err == errNoWait && how.Skip && seen != nil {
			seen, err = newTable(seen.id, seen.def, seen.owner), nil
		}
		if err != nil {
			return err
		}
		s.tx.locked[n] = seen
	}
	if s.tx.fresh { // what is locked is no part of a snapshot: one that is taken now has what others have done before they gave way
		s.tx.base = nil
	}
	return nil
}
