package shadow

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/internal/liar"
)

// TestRelease checks that a quarantine outlives the process, until it is released.
func TestRelease(t *testing.T) {
	h := start(t, Limits{})
	h.source.Lie = liar.Lying("like", types.Text)
	h.expect(likes, wrong)
	h.close()
	h.open(Limits{})
	if _, rows := h.ask(likes); rows != 1 || h.quarantined() != "liar/like of text" {
		t.Errorf("%d rows after a restart, quarantined: %s", rows, h.quarantined())
	}
	if err := h.Release(t.Context(), 77); err == nil {
		t.Error("a quarantine that there is not was released")
	}
	if err := h.Release(t.Context(), h.Quarantines()[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, rows := h.ask(likes); rows != 0 || h.quarantined() != "" {
		t.Errorf("%d rows after the release, quarantined: %s", rows, h.quarantined())
	}
	h.expect(likes, wrong)
	if h.Quarantines()[0].ID != 2 {
		t.Errorf("a number is given twice: %v", h.Quarantines())
	}
}

// TestScope checks that a quarantine is of a statement until another one is answered wrongly for the same reason.
func TestScope(t *testing.T) {
	h := start(t, Limits{})
	h.source.Lie = liar.Lying("like", types.Text)
	h.statement = "SELECT a"
	h.expect(likes, wrong)
	h.statement = "select A"
	if _, rows := h.ask(likes); rows != 1 || h.Quarantines()[0].Global {
		t.Errorf("the statement has %d rows", rows)
	}
	h.statement = "SELECT b"
	if _, rows := h.ask(likes); rows != 0 {
		t.Errorf("another statement has %d rows", rows)
	}
	h.expect(likes, wrong)
	h.statement = "SELECT c"
	if _, rows := h.ask(likes); rows != 1 || !h.Quarantines()[0].Global || len(h.Quarantines()) != 1 {
		t.Errorf("a third statement has %d rows: %v", rows, h.Quarantines())
	}
	h.close()
	h.open(Limits{})
	if _, rows := h.ask(likes); rows != 1 {
		t.Errorf("%d rows after a restart", rows)
	}
}

// TestSecondCause checks that what is quarantined for a statement is not put back by the search for another cause.
func TestSecondCause(t *testing.T) {
	h := start(t, Limits{})
	like, greater := liar.Lying("like", types.Text), liar.Lying(">", types.Int64)
	h.source.Lie = like
	h.expect(likes, wrong)
	h.source.Lie = func(n plan.Node) plan.Node { return like(greater(n)) }
	h.expect(likes, wrong)
	if got := h.quarantined(); got != "liar/like of text, liar/> of integer" {
		t.Errorf("guilty: %s", got)
	}
}

// deaf is a store that does not keep what it is told.
type deaf struct {
	*store.Store
	deaf bool
}

func (d *deaf) AddQuarantine(ctx context.Context, q store.Quarantine) (store.Quarantine, error) {
	if d.deaf {
		return store.Quarantine{}, errors.New("the disk is full")
	}
	return d.Store.AddQuarantine(ctx, q)
}

// TestKeeping checks that an accusation outlives the check that found it, and that what the store does not take has no number of
// the store's and is kept when it does.
func TestKeeping(t *testing.T) {
	h := start(t, Limits{})
	ended, end := context.WithCancel(t.Context())
	end()
	h.accuse(ended, "SELECT a", optimize.Bars{{Source: "liar", What: "join"}: ""})
	if list, err := h.store.Quarantines(t.Context()); err != nil || len(list) != 1 || list[0].ID != 1 {
		t.Errorf("kept: %v, %v", list, err)
	}
	other := &deaf{h.store, true}
	h.cfg.Store = other
	h.accuse(t.Context(), "SELECT a", optimize.Bars{{Source: "liar", What: "filter"}: ""})
	h.accuse(t.Context(), "SELECT a", optimize.Bars{{What: "prune"}: ""})
	// Meanwhile another gateway takes the next number.
	if _, err := h.store.AddQuarantine(t.Context(), store.Quarantine{Source: "x", What: "sort", Statement: "SELECT x"}); err != nil {
		t.Fatal(err)
	}
	ids := make(map[int64]bool)
	for _, q := range h.Quarantines() {
		if ids[q.ID] = true; q.ID == 2 || q.What != "join" && q.ID > 0 {
			t.Errorf("%s has the number %d", q.What, q.ID)
		}
	}
	if len(ids) != 3 {
		t.Errorf("numbers are given twice: %v", h.Quarantines())
	}
	other.deaf = false
	h.accuse(t.Context(), "SELECT b", optimize.Bars{{Source: "liar", What: "filter"}: ""})
	at := slices.IndexFunc(h.Quarantines(), func(q store.Quarantine) bool { return q.What == "filter" })
	if q := h.Quarantines()[at]; q.ID <= 2 || !q.Global || q.Statement != "SELECT a" {
		t.Errorf("kept at last: %+v", q)
	}
	if err := h.Release(t.Context(), -2); err != nil || len(h.Quarantines()) != 2 {
		t.Errorf("what is not kept can't be released: %v", err)
	}
}
