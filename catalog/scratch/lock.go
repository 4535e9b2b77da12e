package scratch

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/silogate/silogate/engine/sqlerr"
)

// locks are the names that transactions write. Who waits is served in the order of coming.
type locks struct {
	mu   sync.Mutex
	held map[name]*lock
}

type lock struct {
	owner   *Tx
	waiting []*waiter
}

type waiter struct {
	tx    *Tx
	given chan struct{} // closed once tx is the owner
}

// lockDenied are the ends of waiting but success.
var (
	errLockTimeout = sqlerr.New(sqlerr.LockTimeout, "Lock wait timeout exceeded; try restarting transaction")
	errDeadlock    = sqlerr.New(sqlerr.Deadlock, "Deadlock found when trying to get lock; try restarting transaction")
)

// acquire makes tx the owner of a name, and waits for it for a time.
func (l *locks) acquire(ctx context.Context, tx *Tx, n name, patience time.Duration) error {
	l.mu.Lock()
	held := l.held[n]
	switch {
	case held == nil:
		l.held[n] = &lock{owner: tx}
		tx.locked = append(tx.locked, n)
		l.mu.Unlock()
		return nil
	case held.owner == tx:
		l.mu.Unlock()
		return nil
	case l.circular(tx, held.owner):
		l.mu.Unlock()
		return errDeadlock
	}
	w := &waiter{tx: tx, given: make(chan struct{})}
	held.waiting = append(held.waiting, w)
	tx.waits = held
	l.mu.Unlock()

	timer := time.NewTimer(patience)
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
	tx.waits = nil
	if held.owner == tx { // also one that came as the time was over
		tx.locked = append(tx.locked, n)
		return nil
	}
	held.waiting = slices.DeleteFunc(held.waiting, func(other *waiter) bool { return other == w })
	return err
}

// circular reports whether owner waits for tx, through any number of others. Nobody who waits is in a circle: the last to
// come is refused.
func (l *locks) circular(tx, owner *Tx) bool {
	for owner.waits != nil {
		if owner = owner.waits.owner; owner == tx {
			return true
		}
	}
	return false
}

// release gives what tx owns to who waits first.
func (l *locks) release(tx *Tx) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range tx.locked {
		held := l.held[n]
		if len(held.waiting) == 0 {
			delete(l.held, n)
			continue
		}
		next := held.waiting[0]
		held.waiting = held.waiting[1:]
		held.owner, next.tx.waits = next.tx, nil
		close(next.given)
	}
	tx.locked = nil
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
