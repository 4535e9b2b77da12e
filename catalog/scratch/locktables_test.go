package scratch

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

var a, b = [2]string{"d", "a"}, [2]string{"d", "b"}

// TestLockModes has one session lock a table and another want it, at once and later.
func TestLockModes(t *testing.T) {
	locks := func(write bool) func(*Session) error {
		return func(s *Session) error {
			return s.LockTables(context.Background(), []TableLock{{Database: "d", Table: "a", Write: write}})
		}
	}
	reads := func(s *Session) error { return s.Pass(context.Background(), a) }
	share := func(s *Session) error { return s.LockRead(context.Background(), LockedRead{Shared: true}, a) }
	update := func(s *Session) error { return s.LockRead(context.Background(), LockedRead{}, a) }
	writes := func(s *Session) error { _, err := s.Write(context.Background(), "d", "a"); return err }
	for _, c := range []struct {
		name           string
		first          func(*Session) error
		waits, goesOn  map[string]func(*Session) error
		waitsForTables bool
	}{
		{"LOCK TABLES READ", locks(false), map[string]func(*Session) error{"write": writes, "update": update, "lock": locks(true)},
			map[string]func(*Session) error{"read": reads, "share": share, "lock": locks(false)}, true},
		{"LOCK TABLES WRITE", locks(true), map[string]func(*Session) error{"write": writes, "update": update, "lock": locks(true), "read": reads, "share": share, "locks": locks(false)},
			nil, true},
		{"write", writes, map[string]func(*Session) error{"write": writes, "update": update, "lock": locks(true), "share": share, "locks": locks(false)},
			map[string]func(*Session) error{"read": reads}, false},
		{"FOR SHARE", share, map[string]func(*Session) error{"write": writes, "update": update, "lock": locks(true)},
			map[string]func(*Session) error{"read": reads, "share": share, "lock": locks(false)}, false},
	} {
		one, two := newPair(t)
		must(t, c.first(one))
		must(t, c.first(one)) // it has it already
		two.LockWait, two.TableWait = time.Hour, time.Hour
		for name, second := range c.waits {
			done := make(chan error)
			go func() { done <- second(two) }()
			waiting(t, two)
			one.Rollback()
			one.UnlockTables()
			if err := <-done; err != nil {
				t.Errorf("%s, then %s: %v", c.name, name, err)
			}
			two.Rollback()
			two.UnlockTables()
			must(t, c.first(one))
		}
		if two.TableWait = time.Nanosecond; !c.waitsForTables {
			two.LockWait, two.TableWait = time.Nanosecond, time.Hour
		}
		for name, second := range c.waits {
			if name == "lock" || name == "locks" { // which always waits as for tables
				two.TableWait = time.Nanosecond
			}
			if err := second(two); !sqlerr.Is(err, sqlerr.LockTimeout) {
				t.Errorf("%s, then %s for no time: %v", c.name, name, err)
			}
		}
		two.LockWait, two.TableWait = time.Hour, time.Hour
		for name, second := range c.goesOn {
			if err := second(two); err != nil {
				t.Errorf("%s, then %s: %v", c.name, name, err)
			}
			two.Rollback()
			two.UnlockTables()
		}
		one.Rollback()
		one.UnlockTables()
		if !one.Passes() || len(one.store.locks.held) != 0 {
			t.Errorf("%s leaves locks", c.name)
		}
	}
}

// TestUpgrades has sessions that share a table want it alone: the first waits for the others, the second would wait for itself.
func TestUpgrades(t *testing.T) {
	one, two := newPair(t)
	three := one.store.Session()
	t.Cleanup(three.Close)
	for _, s := range []*Session{one, two} {
		must(t, s.LockRead(t.Context(), LockedRead{Shared: true}, a))
	}
	behind := make(chan error)
	go func() { behind <- three.Lock(context.Background(), a) }()
	waiting(t, three)
	first := make(chan error)
	go func() { first <- one.Lock(context.Background(), a) }()
	waiting(t, one)
	if err := two.Lock(t.Context(), a); !sqlerr.Is(err, sqlerr.Deadlock) {
		t.Errorf("two that would give up what the other waits for: %v", err)
	}
	two.Rollback()
	must(t, <-first)
	one.Rollback()
	must(t, <-behind)
}

// TestSharersWaitTheirTurn has one that would share a table wait behind one who waits for it alone, who else might wait for ever; and no longer than that.
func TestSharersWaitTheirTurn(t *testing.T) {
	one, two := newPair(t)
	three := one.store.Session()
	t.Cleanup(three.Close)
	must(t, one.LockRead(t.Context(), LockedRead{Shared: true}, a))
	must(t, three.Lock(t.Context(), b))
	ctx, cancel := context.WithCancel(t.Context())
	second, third := make(chan error), make(chan error)
	go func() { second <- two.Lock(ctx, a) }()
	waiting(t, two)
	go func() { third <- three.LockRead(context.Background(), LockedRead{Shared: true}, a) }()
	waiting(t, three)
	if err := one.Lock(t.Context(), b); !sqlerr.Is(err, sqlerr.Deadlock) {
		t.Errorf("one who waits for who waits behind who waits for him: %v", err)
	}
	cancel()
	if err := <-second; err == nil {
		t.Error("a lock after the end of waiting")
	}
	must(t, <-third)
}

// TestLocksThatDoNotWait reads what another session writes: as an error, or as if nothing were there.
func TestLocksThatDoNotWait(t *testing.T) {
	one, two := newPair(t)
	must(t, writable(t, one, "a").Insert([]types.Value{number(1)}))
	must(t, writable(t, one, "b").Insert([]types.Value{number(2)}))
	must(t, one.Commit(t.Context()))
	must(t, one.Lock(t.Context(), a))
	two.Statement(false)
	if err := two.LockRead(t.Context(), LockedRead{NoWait: true}, b, a); !sqlerr.Is(err, sqlerr.Errno(3572)) {
		t.Errorf("NOWAIT: %v", err)
	}
	for _, shared := range []bool{false, true} {
		two.Statement(false)
		must(t, two.LockRead(t.Context(), LockedRead{Shared: shared, Skip: true}, a, b))
		for table, rows := range map[string]int{"a": 0, "b": 1} {
			if v, _ := two.Table("d", table); len(contents(t, v)) != rows {
				t.Errorf("SKIP LOCKED: %q in %s", contents(t, v), table)
			}
		}
	}
	two.Statement(false)
	if v, _ := two.Table("d", "a"); len(contents(t, v)) != 1 {
		t.Errorf("after SKIP LOCKED: %q", contents(t, v))
	}
}

// TestManyWhoLock has sessions lock two tables in any way and order: nobody waits for ever, and who has a table alone is alone.
func TestManyWhoLock(t *testing.T) {
	one, _ := newPair(t)
	const sessions, each = 8, 300
	var inside [2]atomic.Int64 // who has a table: a sharer counts one, any other many
	const alone = 1 << 20
	var refused atomic.Int64
	var all sync.WaitGroup
	for seed := range uint64(sessions) {
		all.Go(func() {
			s, r := one.store.Session(), rand.New(rand.NewPCG(seed, 1))
			defer s.Close()
			s.LockWait, s.TableWait = time.Minute, time.Minute
			for range each {
				var held [2]int64
				for range 2 {
					i, weight := r.IntN(2), int64(alone)
					table := [][2]string{a, b}[i]
					var err error
					switch r.IntN(4) {
					case 0:
						err = s.Lock(context.Background(), table)
					case 1:
						weight = 1
						err = s.LockRead(context.Background(), LockedRead{Shared: true, NoWait: r.IntN(2) == 0}, table)
					case 2:
						err = s.LockRead(context.Background(), LockedRead{NoWait: r.IntN(2) == 0}, table)
					default:
						weight = 0
						err = s.Pass(context.Background(), table)
					}
					if err != nil { // a deadlock, or NOWAIT
						if sqlerr.Is(err, sqlerr.LockTimeout) {
							t.Error(err)
						}
						refused.Add(1)
						break
					}
					if weight > held[i] {
						now := inside[i].Add(weight - held[i])
						if held[i] = weight; weight == alone && now != alone || weight == 1 && now >= alone {
							t.Errorf("%d at a table", now)
						}
					}
				}
				for i := range held {
					inside[i].Add(-held[i])
				}
				if s.Rollback(); r.IntN(4) > 0 {
					continue
				}
				write := r.IntN(2) == 0
				if err := s.LockTables(context.Background(), []TableLock{{Database: "d", Table: "b", Write: true}, {Database: "d", Table: "a", Write: write}}); err != nil {
					t.Error(err)
					continue
				}
				if inside[1].Load() != 0 || write && inside[0].Load() != 0 {
					t.Error("LOCK TABLES ... WRITE beside others")
				}
				s.UnlockTables()
			}
		})
	}
	all.Wait()
	if refused.Load() == 0 || len(one.store.locks.held) != 0 || !one.Passes() {
		t.Errorf("%d were refused, %d locks are left", refused.Load(), len(one.store.locks.held))
	}
}
