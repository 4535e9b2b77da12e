package connectors

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/silogate/silogate/engine/plan"
)

// Admitter is a Fragment of a source that bounds how many statements read it at the same time.
type Admitter interface {
	// Admit waits, first come, first served, for the statement's turn at the source, which lasts until tx is closed. It
	// does no I/O: the statement may end up not reading the source, which may be down. All leaves of a statement share
	// a turn, so a later call with the same tx returns at once.
	Admit(ctx context.Context, tx *Tx) error
}

// Turns are what an Admitter hands out: so many statements at a time.
type Turns struct {
	free *semaphore.Weighted

	mu      sync.Mutex
	waiting int          // statements that somebody waits for
	give    map[*Tx]bool // those that have a turn and give way
}

// NewTurns admits n statements at a time.
func NewTurns(n int) *Turns {
	return &Turns{free: semaphore.NewWeighted(int64(n)), give: make(map[*Tx]bool)}
}

// Admit waits for the turn of tx, which has at most one. A statement that gives way (Tx.GiveWay) fails with ErrBusy instead.
func (t *Turns) Admit(ctx context.Context, tx *Tx) error {
	_, err := tx.Shared(ctx, t, func(ctx context.Context) (io.Closer, error) {
		err := t.acquire(ctx, tx)
		if err != nil {
			return nil, err
		}
		return turn{t, tx}, nil
	})
	return err
}

// ErrBusy is why a statement that gives way is not admitted.
var ErrBusy = errors.New("no turn is free")

func (t *Turns) acquire(ctx context.Context, tx *Tx) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.mu.Lock()
	if tx.GiveWay != nil {
		defer t.mu.Unlock()
		if t.waiting > 0 || !t.free.TryAcquire(1) {
			return ErrBusy
		}
		t.give[tx] = true
		return nil
	}
	if t.free.TryAcquire(1) {
		t.mu.Unlock()
		return nil
	}
	t.waiting++
	for other := range t.give {
		other.GiveWay()
	}
	t.mu.Unlock()
	err := t.free.Acquire(ctx, 1)
	t.mu.Lock()
	t.waiting--
	t.mu.Unlock()
	return err
}

// turn is a statement's right to read the source.
type turn struct {
	of *Turns
	tx *Tx
}

// Close ends the turn.
func (t turn) Close() error {
	t.of.mu.Lock()
	delete(t.of.give, t.tx)
	t.of.mu.Unlock()
	t.of.free.Release(1)
	return nil
}

// Admit waits for a statement's turn at every source that its placed plan may read, one after the other by name: since
// all statements wait in one order, and nowhere else once they hold a turn, none waits for one that waits for it. After
// an error the turns that were had end with their Tx. It says what it is about to wait for.
func Admit(ctx context.Context, root plan.Node, tx func(plan.Site) *Tx, waits func(plan.Site)) error {
	leaves := admitting(nil, root)
	slices.SortStableFunc(leaves, func(a, b *plan.Remote) int { return strings.Compare(a.Site.Source, b.Site.Source) })
	for _, leaf := range leaves {
		waits(leaf.Site)
		if err := leaf.Fragment.(Admitter).Admit(ctx, tx(leaf.Site)); err != nil {
			return err
		}
	}
	return nil
}

// admitting appends the leaves of a plan whose sources bound their statements, those of subplans included.
func admitting(dst []*plan.Remote, n plan.Node) []*plan.Remote {
	if leaf, ok := n.(*plan.Remote); ok {
		if _, bounded := leaf.Fragment.(Admitter); bounded {
			dst = append(dst, leaf)
		}
	}
	for _, c := range n.Children() {
		dst = admitting(dst, c)
	}
	return dst
}
