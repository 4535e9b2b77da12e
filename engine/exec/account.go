package exec

import (
	"math"
	"sync"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Account limits the memory that queries accumulate. A server has one; each query has one under it. It counts what
// operators say they keep, not what is in flight.
//
// Half of an account's limit is divided evenly among those who have a part in it, which nobody else can take: of a query's
// account the operators that accumulate memory, of the server's the queries that have such operators. The other half goes
// to whoever asks first. So an operator which spills has room to work in, whatever other operators and other queries hold;
// only a query that comes when others hold all may find less. Safe for concurrent use.
type Account struct {
	parent  *Account
	limit   int64 // bytes; 0: no limit of its own
	setting string
	refuse  func() bool

	mu           sync.Mutex
	used, peak   int64
	reservations int64 // parts in it
	joined       bool  // it has a part in its parent

	borrows   *Account            // what a background account takes its bytes from; nil: it is none
	lent      int64               // to background accounts
	borrowers map[*Account]func() // background accounts, and what tells each to end
}

// NewAccount returns an account of limit bytes (0: none of its own) under parent (nil: the root). The setting is what
// an error tells the user to raise, such as "memory.query".
func NewAccount(parent *Account, limit int64, setting string) *Account {
	return &Account{parent: parent, limit: limit, setting: setting}
}

// Background returns an account of work that nobody waits for: limit bytes at most, of what is beyond the half of a that
// queries are sure of. It has no part in a, and queries never see what it holds: where that is in their way, giveWay is called,
// after which the account gets no more. It must not wait.
func (a *Account) Background(limit int64, setting string, giveWay func()) *Account {
	b := &Account{limit: limit, setting: setting, borrows: a}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.borrowers == nil {
		a.borrowers = make(map[*Account]func())
	}
	a.borrowers[b] = giveWay
	return b
}

// lend gives a background account n bytes.
func (a *Account) lend(n int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.limit > 0 && a.used+a.lent+n > a.limit/2 {
		return sqlerr.New(sqlerr.OutOfMemory, "out of memory: %d bytes more in the background exceed what queries leave of %s = %d", n, a.setting, a.limit)
	}
	a.lent += n
	return nil
}

// reclaim tells who holds what was lent to end if queries need it. The caller holds mu.
func (a *Account) reclaim() {
	if a.lent == 0 || a.limit == 0 || a.used+a.lent <= a.limit {
		return
	}
	for _, giveWay := range a.borrowers {
		giveWay()
	}
}

// Lent returns the bytes that background accounts hold now.
func (a *Account) Lent() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.lent
}

// RefuseIf makes operators that could spill do so whenever refuse says so, whatever memory there is: for tests of what only
// happens where memory is short. It is for before the first reservation; refuse is called by many goroutines.
func (a *Account) RefuseIf(refuse func() bool) { a.refuse = refuse }

// Used returns the bytes reserved now.
func (a *Account) Used() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.used
}

// Peak returns the most bytes that were reserved at once.
func (a *Account) Peak() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.peak
}

// Reserve takes n bytes or fails with sqlerr.OutOfMemory, which names the limit and its setting.
func (a *Account) Reserve(n int64) error {
	a.mu.Lock()
	if a.limit > 0 && a.used+n > a.limit {
		used := a.used
		a.mu.Unlock()
		return sqlerr.New(sqlerr.OutOfMemory, "out of memory: %d bytes more than the %d in use exceed %s = %d",
			n, used, a.setting, a.limit)
	}
	a.used += n
	a.peak = max(a.peak, a.used)
	a.reclaim()
	a.mu.Unlock()
	var err error
	switch {
	case a.parent != nil:
		err = a.parent.Reserve(n)
	case a.borrows != nil:
		err = a.borrows.lend(n)
	}
	if err != nil {
		a.mu.Lock()
		a.used -= n
		a.mu.Unlock()
	}
	return err
}

// Release gives n reserved bytes back.
func (a *Account) Release(n int64) {
	a.mu.Lock()
	a.used -= n
	a.mu.Unlock()
	if a.parent != nil {
		a.parent.Release(n)
	}
	if b := a.borrows; b != nil {
		b.mu.Lock()
		b.lent -= n
		b.mu.Unlock()
	}
}

// join gives the account its part in the parent.
func (a *Account) join() {
	a.mu.Lock()
	joined := a.joined
	a.joined = true
	a.mu.Unlock()
	if !joined && a.parent != nil {
		a.parent.share(1)
	}
}

// Close gives up the account's part in its parent. It is idempotent and for when all reservations were freed.
func (a *Account) Close() {
	a.mu.Lock()
	joined := a.joined
	a.joined = false
	a.mu.Unlock()
	if joined && a.parent != nil {
		a.parent.share(-1)
	}
	if b := a.borrows; b != nil {
		b.mu.Lock()
		delete(b.borrowers, a)
		b.mu.Unlock()
	}
}

// share changes the number of parts.
func (a *Account) share(n int64) {
	a.mu.Lock()
	a.reservations += n
	a.mu.Unlock()
}

// Reservation is the share of an account that one operator holds. Safe for concurrent use.
type Reservation struct {
	account *Account
	stats   *NodeStats

	mu    sync.Mutex
	used  int64
	freed bool
}

// NewReservation registers an operator that accumulates memory. The account
// may be nil: nothing is limited. Stats, if not nil, learns the peak.
func (a *Account) NewReservation(stats *NodeStats) *Reservation {
	if a != nil {
		a.join()
		a.share(1)
	}
	return &Reservation{account: a, stats: stats}
}

// Sibling registers another reservation for the same operator, for a part of it that must make progress whatever its
// other parts hold.
func (r *Reservation) Sibling() *Reservation { return r.account.NewReservation(r.stats) }

// part is what belongs to each who has a part in the account; without a limit it has no end.
func (a *Account) part() int64 { return a.partOf(math.MaxInt64) }

// partOf is part where the account is sure of so many bytes.
func (a *Account) partOf(sure int64) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.limit > 0 {
		sure = min(sure, a.limit)
	}
	if sure == math.MaxInt64 {
		return sure
	}
	return sure / 2 / max(a.reservations, 1)
}

// guaranteed is the part that belongs to each of a query's reservations, whatever other queries hold.
func (a *Account) guaranteed() int64 {
	if a.parent == nil {
		return a.part()
	}
	return a.partOf(a.parent.part())
}

// guaranteed is the part of the account that nobody else can take from the operator; without a limit it has no end.
func (r *Reservation) guaranteed() int64 {
	if r.account == nil {
		return math.MaxInt64
	}
	return r.account.guaranteed()
}

// Grow takes n bytes more if that leaves the others their part. It is refused with sqlerr.OutOfMemory: spill, or Must.
func (r *Reservation) Grow(n int64) error {
	if r.account == nil {
		return r.take(n)
	}
	r.mu.Lock()
	used := r.used
	r.mu.Unlock()
	if a := r.account.refusing(used, n); a != nil {
		return sqlerr.New(sqlerr.OutOfMemory, "out of memory: an operator holds %d bytes of %s = %d and needs %d more",
			used, a.setting, a.limit, n)
	}
	return r.take(n)
}

// refusing returns the account of which a reservation that holds used bytes may not have n more without taking what
// belongs to others, of the same query or other ones; nil: there is none.
func (a *Account) refusing(used, n int64) *Account {
	if a.refuse != nil && a.refuse() {
		return a
	}
	own := a.guaranteed()
	if used+n <= own {
		return nil
	}
	all := a.Used()
	if a.limit > 0 && all+n > a.limit-a.limit/2+a.part() {
		return a
	}
	if p := a.parent; p != nil && p.limit > 0 {
		sure := p.part()
		sure += own - sure/2 // but for the parts of the query's other reservations
		if all+n > sure && p.Used()+n > p.limit-p.limit/2+sure {
			return p
		}
	}
	return nil
}

// Must takes n bytes even from what belongs to others, for an operator that has nothing left to spill. It fails with
// sqlerr.OutOfMemory only at the account's limit.
func (r *Reservation) Must(n int64) error { return r.take(n) }

func (r *Reservation) take(n int64) error {
	if r.account != nil {
		if err := r.account.Reserve(n); err != nil {
			return err
		}
	}
	r.mu.Lock()
	r.used += n
	used := r.used
	r.mu.Unlock()
	if r.stats != nil {
		r.stats.memory(used)
	}
	return nil
}

// Shrink gives n bytes back.
func (r *Reservation) Shrink(n int64) {
	r.mu.Lock()
	r.used -= n
	r.mu.Unlock()
	if r.account != nil {
		r.account.Release(n)
	}
}

// Free gives everything back, the guaranteed part too. It is idempotent and the last call.
func (r *Reservation) Free() {
	r.mu.Lock()
	n, first := r.used, !r.freed
	r.used, r.freed = 0, true
	r.mu.Unlock()
	if r.account == nil || !first {
		return
	}
	r.account.Release(n)
	r.account.share(-1)
}
