package exec

import (
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// TestBackgroundGivesWay checks that work in the background takes no memory that queries may want, and that they do not notice it.
func TestBackgroundGivesWay(t *testing.T) {
	server := NewAccount(nil, 1000, "memory.server")
	told := 0
	b := server.Background(400, "the background", func() { told++ })
	res := b.NewReservation(nil)
	if err := res.Must(300); err != nil {
		t.Fatal(err)
	}
	if err := res.Must(101); !sqlerr.Is(err, sqlerr.OutOfMemory) {
		t.Errorf("more than its own limit: %v", err)
	}
	query := NewAccount(server, 0, "memory.query")
	q := query.NewReservation(nil)
	if err := q.Must(200); err != nil || server.Used() != 200 || server.Lent() != 300 || told != 0 {
		t.Errorf("%v, used %d, lent %d, told %d times", err, server.Used(), server.Lent(), told)
	}
	if err := res.Must(1); !sqlerr.Is(err, sqlerr.OutOfMemory) || !strings.Contains(err.Error(), "memory.server") || b.Used() != 300 {
		t.Errorf("more than half of the server's: %v, %d held", err, b.Used())
	}
	if err := q.Must(800); err != nil || told == 0 {
		t.Errorf("a query that needs all: %v, told %d times", err, told)
	}
	res.Free()
	b.Close()
	q.Free()
	query.Close()
	if told = 0; server.Lent() != 0 || server.Used() != 0 {
		t.Errorf("used %d, lent %d", server.Used(), server.Lent())
	}
	if err := server.Reserve(1000); err != nil || told != 0 {
		t.Errorf("after its end: %v, told %d times", err, told)
	}
}

// TestQueriesLeaveEachOtherTheirPart lets one query take all that it gets of a server's memory, and sorts more rows in
// another one than there is room for.
func TestQueriesLeaveEachOtherTheirPart(t *testing.T) {
	const limit, step = 1 << 20, 1 << 10
	server := NewAccount(nil, limit, "memory.server")
	h := newHarness(t, setting{streams: 2, batch: 64}, 1)
	r := h.random(1, 40_000, 1000, types.Of(types.Int64), types.Of(types.Varchar))
	h.account = NewAccount(server, limit, "memory.query")
	h.rt.Account = h.account
	sorted := NewSort(h.rt, h.streams(r), termsFor(2, 0), sortSpec(r.cols, []int{0}), h.reservation(nil), nil)

	greedy := NewAccount(server, limit, "memory.query")
	res := greedy.NewReservation(nil)
	var err error
	for err == nil {
		err = res.Grow(step)
	}
	if !sqlerr.Is(err, sqlerr.OutOfMemory) || !strings.Contains(err.Error(), "memory.server = 1048576") {
		t.Error(err)
	}
	if used := greedy.Used(); used < limit/2 || used > limit*3/4 {
		t.Errorf("a query took %d of %d bytes of which another one has a part", used, limit)
	}
	got, err := h.run(Streams{sorted}, r.cols)
	if err != nil || len(got) != len(r.rows) {
		t.Errorf("%d rows, error %v", len(got), err)
	}
	h.account.Close()
	h.account.Close()
	for err = nil; err == nil; err = res.Grow(step) {
	}
	if used := greedy.Used(); used != limit {
		t.Errorf("a query that is alone took %d of %d bytes", used, limit)
	}
	res.Free()
	greedy.Close()
	if server.Used() != 0 || server.reservations != 0 {
		t.Errorf("%d bytes and %d parts of the server are left", server.Used(), server.reservations)
	}
}

// TestServerLimitsQueriesWithoutOneOfTheirOwn has queries whose only limit is the server's.
func TestServerLimitsQueriesWithoutOneOfTheirOwn(t *testing.T) {
	server := NewAccount(nil, 1000, "memory.server")
	a, b := NewAccount(server, 0, "memory.query"), NewAccount(server, 0, "memory.query")
	first, second, other := a.NewReservation(nil), a.NewReservation(nil), b.NewReservation(nil)
	if own := first.guaranteed(); own != 62 {
		t.Errorf("an operator's part is %d bytes", own)
	}
	if err := first.Grow(751); err == nil {
		t.Error("a query took another one's part")
	}
	for _, grow := range []struct {
		r *Reservation
		n int64
	}{{first, 500}, {second, 62}, {other, 250}} {
		if err := grow.r.Grow(grow.n); err != nil {
			t.Error(err)
		}
	}
	if err := first.Grow(1); err == nil {
		t.Error("an operator took what may belong to others")
	}
	for _, r := range []*Reservation{first, second, other} {
		r.Free()
	}
	if server.Used() != 0 {
		t.Errorf("%d bytes are left", server.Used())
	}
}
