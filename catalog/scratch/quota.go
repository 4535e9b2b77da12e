package scratch

import (
	"sync"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Quota bounds what tables hold, in bytes.
type Quota struct {
	User  int64 // the tables that one user made
	Total int64 // all
}

// ledger says who holds how much. Transactions hold what they added until they end, when it is found out anew.
type ledger struct {
	quota Quota
	mu    sync.Mutex
	held  map[string]int64 // by user
	total int64
}

func newLedger(q Quota) *ledger { return &ledger{quota: q, held: make(map[string]int64)} }

// add books bytes on a user, or refuses to. What gives room is never refused.
func (l *ledger) add(user string, bytes int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case bytes > 0 && l.held[user]+bytes > l.quota.User:
		return sqlerr.New(sqlerr.TableFull, "The scratch tables of user '%s' would hold more than their quota of %d bytes (scratch.user)",
			user, l.quota.User)
	case bytes > 0 && l.total+bytes > l.quota.Total:
		return sqlerr.New(sqlerr.TableFull, "The scratch tables of all users would hold more than their quota of %d bytes (scratch.total)",
			l.quota.Total)
	}
	l.book(user, bytes)
	return nil
}

// restore books without a refusal what was held before.
func (l *ledger) restore(user string, bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.book(user, bytes)
}

func (l *ledger) book(user string, bytes int64) {
	l.held[user] += bytes
	l.total += bytes
	if l.held[user] == 0 {
		delete(l.held, user)
	}
}

// account is what a transaction has booked on one user: never less than nothing, since others could fill the room that a
// rollback takes back.
type account struct {
	ledger *ledger
	user   string
	change int64 // what the transaction's versions hold more than what is committed
}

func (a *account) add(bytes int64) error {
	before := max(a.change, 0)
	after := max(a.change+bytes, 0)
	if after != before {
		if err := a.ledger.add(a.user, after-before); err != nil {
			return err
		}
	}
	a.change += bytes
	return nil
}

// restore books what the transaction held before.
func (a *account) restore(bytes int64) {
	a.ledger.restore(a.user, max(a.change+bytes, 0)-max(a.change, 0))
	a.change += bytes
}

// settle ends the account: what was booked becomes what is held.
func (a *account) settle(committed bool) {
	kept := int64(0)
	if committed {
		kept = a.change
	}
	a.ledger.restore(a.user, kept-max(a.change, 0))
	a.change = 0
}
