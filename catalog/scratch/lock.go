package scratch

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/silogate/silogate/engine/sqlerr"
)

// mode is what a session wants of a table, and what it leaves to others. A greater one is all that a lesser one is.
type mode int

const (
	passing   mode = iota + 1 // it reads, and holds nothing
	shared                    // nobody else writes
	exclusive                 // and nobody else locks
	sole                      // nor reads: LOCK TABLES ... WRITE
)

// bars reports whether others wait who want a table that is held so.
func (m mode) bars(wanted mode) bool {
	switch wanted {
	case passing:
		return m == sole
	case shared:
		return m > shared
	}
	return true
}

// locks are those of tables and databases, by name. Who waits is served in the order of coming.
type locks struct {
	mu    sync.Mutex
	held  map[name]*lock
	soles atomic.Int32 // how many are held by one alone: without any, who reads need not look
}

type lock struct {
	grants  map[*owner]grant
	waiting []*waiter
}

// grant is what a session holds of a lock: for its transaction, and by LOCK TABLES.
type grant struct{ tx, tables mode }

func (g grant) mode() mode { return max(g.tx, g.tables) }

// owner is a session, as one that holds locks.
type owner struct {
	tx, tables []name // what it holds for its transaction, and by LOCK TABLES
	waits      *lock
}

// request is what a session asks for.
type request struct {
	*owner
	name   name
	mode   mode
	tables bool // it is one of LOCK TABLES
}

type waiter struct {
	request
	given chan struct{} // closed once it is granted
	done  bool          // it is
}

// patience is how long a session waits.
type patience struct {
	rows   time.Duration // for transactions of others
	tables time.Duration // for their LOCK TABLES, and by its own
	none   bool          // not at all for transactions
}

// The ends of waiting but success.
var (
	errLockTimeout = sqlerr.New(sqlerr.LockTimeout, "Lock wait timeout exceeded; try restarting transaction")
	errDeadlock    = sqlerr.New(sqlerr.Deadlock, "Deadlock found when trying to get lock; try restarting transaction")
	errNoWait      = sqlerr.New(sqlerr.Errno(3572), // ER_LOCK_NOWAIT
		"Statement aborted because lock(s) could not be acquired immediately and NOWAIT is set.")
)

// acquire grants a request, and waits for that for a time.
func (l *locks) acquire(ctx context.Context, r request, patience patience) error {
	l.mu.Lock()
	held := l.held[r.name]
	if held == nil {
		held = &lock{grants: make(map[*owner]grant)}
		l.held[r.name] = held
	}
	byTables := r.tables || held.barredByTables(r)
	switch {
	case held.admits(r, held.waiting):
		l.grant(held, r)
		l.tidy(r.name, held)
		l.mu.Unlock()
		return nil
	case patience.none && !byTables:
		l.mu.Unlock()
		return errNoWait
	case held.circular(r.owner):
		l.mu.Unlock()
		return errDeadlock
	}
	w := &waiter{request: r, given: make(chan struct{})}
	held.waiting = append(held.waiting, w)
	r.waits = held
	l.mu.Unlock()

	wait := patience.rows
	if byTables {
		wait = patience.tables
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	var err error
	select {
	case <-w.given:
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-timer.C:
		err = errLockTimeout
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.done { // also one that came as the time was over
		return nil
	}
	r.waits = nil
	held.waiting = slices.DeleteFunc(held.waiting, func(other *waiter) bool { return other == w })
	l.wake(held) // who came later may only have waited for w
	return err
}

// admits reports whether a request can be granted, before which others are to be served.
func (k *lock) admits(r request, before []*waiter) bool {
	own := k.grants[r.owner].mode()
	if own >= r.mode {
		return true
	}
	for other, g := range k.grants {
		if other != r.owner && g.mode().bars(r.mode) {
			return false
		}
	}
	// Who has some of it already is not served in turn: those before it wait for what it has.
	return r.mode == passing || own > 0 || !slices.ContainsFunc(before, func(w *waiter) bool { return w.mode != passing })
}

// barredByTables reports whether a request waits for a LOCK TABLES.
func (k *lock) barredByTables(r request) bool {
	for other, g := range k.grants {
		if other != r.owner && g.tables > 0 && g.tables.bars(r.mode) {
			return true
		}
	}
	return false
}

// circular reports whether one whom o would wait for waits for o, through any number of others. Nobody who waits is in a circle: the last to come is
// refused.
func (k *lock) circular(o *owner) bool {
	seen := make(map[*lock]bool)
	for other := range k.grants {
		if other != o && other.waits != nil && other.waits.heldBy(o, other, seen) {
			return true
		}
	}
	return false
}

// heldBy reports whether one who waits for a lock waits for o in the end.
func (k *lock) heldBy(o, waiting *owner, seen map[*lock]bool) bool {
	if seen[k] {
		return false
	}
	seen[k] = true
	for other := range k.grants {
		if other == o || other != waiting && other.waits != nil && other.waits.heldBy(o, other, seen) {
			return true
		}
	}
	return false
}

func (l *locks) grant(held *lock, r request) {
	if r.mode == passing {
		return
	}
	g, all := held.grants[r.owner], &r.tx
	of := &g.tx
	if r.tables {
		of, all = &g.tables, &r.owner.tables
	}
	if *of == 0 {
		*all = append(*all, r.name)
	}
	if r.mode == sole && *of != sole {
		l.soles.Add(1)
	}
	*of = max(*of, r.mode)
	held.grants[r.owner] = g
}

// wake grants what can be granted by now.
func (l *locks) wake(held *lock) {
	for i := 0; i < len(held.waiting); {
		w := held.waiting[i]
		if !held.admits(w.request, held.waiting[:i]) {
			i++
			continue
		}
		l.grant(held, w.request)
		held.waiting = slices.Delete(held.waiting, i, i+1)
		w.waits, w.done = nil, true
		close(w.given)
	}
}

// tidy forgets a lock that nobody has or wants.
func (l *locks) tidy(n name, held *lock) {
	if len(held.grants)+len(held.waiting) == 0 {
		delete(l.held, n)
	}
}

// endTransaction gives up what a session holds for its transaction.
func (l *locks) endTransaction(o *owner) {
	l.release(o, &o.tx, func(g grant) grant { return grant{tables: g.tables} })
}

// unlockTables gives up what a session holds by LOCK TABLES.
func (l *locks) unlockTables(o *owner) {
	l.release(o, &o.tables, func(g grant) grant {
		if g.tables == sole {
			l.soles.Add(-1)
		}
		return grant{tx: g.tx}
	})
}

func (l *locks) release(o *owner, names *[]name, left func(grant) grant) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range *names {
		held := l.held[n]
		if g := left(held.grants[o]); g == (grant{}) {
			delete(held.grants, o)
		} else {
			held.grants[o] = g
		}
		l.wake(held)
		l.tidy(n, held)
	}
	*names = nil
}

// Waiting returns how many sessions wait for others.
func (s *Store) Waiting() int {
	s.locks.mu.Lock()
	defer s.locks.mu.Unlock()
	n := 0
	for _, l := range s.locks.held {
		n += len(l.waiting)
	}
	return n
}
