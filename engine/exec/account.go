package exec

import (
	"math"
	"sync"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Account limits the memory that queries accumulate. A server has one; each query has one under it. It counts what
// operators say they keep, not what is in flight. Safe for concurrent use.
type Account struct {
	parent  *Account
	limit   int64 // bytes; 0: no limit of its own
	setting string
	refuse  func() bool

	mu           sync.Mutex
	used, peak   int64
	reservations int64
}

// NewAccount returns an account of limit bytes (0: none of its own) under parent (nil: the root). The setting is what
// an error tells the user to raise, such as "memory.query".
func NewAccount(parent *Account, limit int64, setting string) *Account {
	return &Account{parent: parent, limit: limit, setting: setting}
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
	a.mu.Unlock()
	if a.parent != nil {
		if err := a.parent.Reserve(n); err != nil {
			a.mu.Lock()
			a.used -= n
			a.mu.Unlock()
			return err
		}
	}
	return nil
}

// Release gives n reserved bytes back.
func (a *Account) Release(n int64) {
	a.mu.Lock()
	a.used -= n
	a.mu.Unlock()
	if a.parent != nil {
		a.parent.Release(n)
	}
}

// Reservation is the share of an account that one operator holds. Half of the account's limit is divided evenly among
// its reservations as a part that nobody else can take, so that an operator which spills always has room to work in;
// the other half goes to whoever asks first. Safe for concurrent use.
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
		a.mu.Lock()
		a.reservations++
		a.mu.Unlock()
	}
	return &Reservation{account: a, stats: stats}
}

// Sibling registers another reservation for the same operator, for a part of it that must make progress whatever its
// other parts hold.
func (r *Reservation) Sibling() *Reservation { return r.account.NewReservation(r.stats) }

// guaranteed is the part of the account that belongs to each reservation.
func (a *Account) guaranteed() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.limit / 2 / max(a.reservations, 1)
}

// guaranteed is the part of the account that nobody else can take from the operator; without a limit it has no end.
func (r *Reservation) guaranteed() int64 {
	if r.account == nil || r.account.limit == 0 {
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
	if !r.account.grants(used, n) {
		return sqlerr.New(sqlerr.OutOfMemory, "out of memory: an operator holds %d bytes of %s = %d and needs %d more",
			used, r.account.setting, r.account.limit, n)
	}
	return r.take(n)
}

// grants reports whether a reservation that holds used bytes may have n more without taking what belongs to others.
func (a *Account) grants(used, n int64) bool {
	if a.refuse != nil && a.refuse() {
		return false
	}
	if a.limit == 0 {
		return true
	}
	own := a.guaranteed()
	return used+n <= own || a.Used()+n <= a.limit-a.limit/2+own
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
	r.account.mu.Lock()
	r.account.reservations--
	r.account.mu.Unlock()
}
