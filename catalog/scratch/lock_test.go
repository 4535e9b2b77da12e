package scratch

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// newPair returns two sessions of a store with the tables a and b.
func newPair(t *testing.T) (one, two *Session) {
	s := newStore(t)
	one, two = s.Session(), s.Session()
	t.Cleanup(one.Close)
	t.Cleanup(two.Close)
	for _, name := range []string{"a", "b"} {
		_, err := one.Create(t.Context(), "d", define(name, []int{0}, "id int"), "anna", false)
		must(t, err)
	}
	must(t, one.Commit(t.Context()))
	return one, two
}

// waiting returns once the session waits for a lock.
func waiting(t *testing.T, s *Session) {
	t.Helper()
	for {
		s.store.locks.mu.Lock()
		waits := s.owner.waits != nil
		s.store.locks.mu.Unlock()
		if waits {
			return
		}
		if t.Context().Err() != nil {
			t.Fatal("nobody waits")
		}
	}
}

func TestWritersWaitForEachOther(t *testing.T) {
	one, two := newPair(t)
	must(t, writable(t, one, "a").Insert([]types.Value{number(1)}))
	if v, _ := two.Table("d", "a"); len(contents(t, v)) != 0 {
		t.Error("a row that is not committed is seen")
	}
	two.Begin()
	done := make(chan error)
	go func() {
		v, err := two.Write(context.Background(), "d", "a")
		if err == nil {
			err = v.Insert([]types.Value{number(2)})
		}
		done <- err
	}()
	waiting(t, two)
	must(t, one.Commit(t.Context()))
	must(t, <-done)
	if v, _ := two.Table("d", "a"); !reflect.DeepEqual(contents(t, v), []string{"1", "2"}) {
		t.Errorf("who waited sees %q", contents(t, v))
	}
	if v, _ := one.Table("d", "a"); !reflect.DeepEqual(contents(t, v), []string{"1"}) {
		t.Errorf("others see %q", contents(t, v))
	}
}

// TestLockDatabase waits for who writes a table, and then sees what was committed meanwhile.
func TestLockDatabase(t *testing.T) {
	one, two := newPair(t)
	must(t, writable(t, one, "a").Insert([]types.Value{number(1)}))
	if names := two.Names("d"); len(names) != 2 {
		t.Fatalf("tables %q", names)
	}
	done := make(chan error)
	go func() { done <- two.LockDatabase(context.Background(), "D") }()
	waiting(t, two)
	_, err := one.Create(t.Context(), "d", define("c", nil, "id int"), "anna", false)
	must(t, err)
	must(t, one.Commit(t.Context()))
	must(t, <-done)
	if names := two.Names("d"); len(names) != 3 {
		t.Errorf("tables %q", names)
	}
	one.LockWait = 0
	if _, err := one.Write(t.Context(), "d", "b"); sqlerr.CodeOf(err) != sqlerr.LockTimeout {
		t.Errorf("a table of a locked database is written: %v", err)
	}
}

func TestRepeatableReads(t *testing.T) {
	one, two := newPair(t)
	if v, _ := two.Table("d", "a"); len(contents(t, v)) != 0 {
		t.Fatal(contents(t, v))
	}
	must(t, writable(t, one, "a").Insert([]types.Value{number(1)}))
	must(t, one.Commit(t.Context()))
	if v, _ := two.Table("d", "a"); len(contents(t, v)) != 0 {
		t.Error("a transaction sees what was committed after it began to read")
	}
	two.Statement(true)
	if v, _ := two.Table("d", "a"); len(contents(t, v)) != 1 {
		t.Error("READ COMMITTED does not see what is committed")
	}
	must(t, writable(t, two, "a").Insert([]types.Value{number(2)}))
	if v, _ := two.AtStart("d", "a", false); len(contents(t, v)) != 1 {
		t.Errorf("a statement sees its own rows: %q", contents(t, v))
	}
}

// TestSnapshotOfWhatIsWritten reads a table that the transaction has written: with its own rows, without those that others committed before it did.
func TestSnapshotOfWhatIsWritten(t *testing.T) {
	one, two := newPair(t)
	for n := range int64(3) {
		must(t, writable(t, one, "a").Insert([]types.Value{number(n)}))
	}
	must(t, one.Commit(t.Context()))
	two.Statement(false)
	two.Table("d", "a")
	change := writable(t, one, "a")
	must(t, change.Insert([]types.Value{number(7)}))
	for _, n := range []int64{0, 1} {
		_, err := change.Delete([]types.Value{number(n)})
		must(t, err)
	}
	must(t, one.Commit(t.Context()))
	read := func() []string {
		two.Statement(false)
		v, _ := two.Table("d", "a")
		return contents(t, v)
	}
	two.Statement(false)
	own := writable(t, two, "a")
	if got := contents(t, own); !slices.Equal(got, []string{"2", "7"}) {
		t.Errorf("a write sees %q", got)
	}
	two.Undo()
	if got := read(); !slices.Equal(got, []string{"0", "1", "2"}) {
		t.Errorf("after a write that failed: %q", got)
	}
	two.Statement(false)
	own = writable(t, two, "a")
	must(t, own.Insert([]types.Value{number(1)}))
	_, err := own.Delete([]types.Value{number(7)})
	must(t, err)
	if got := read(); !slices.Equal(got, []string{"0", "1", "2"}) {
		t.Errorf("what is written over the snapshot: %q", got)
	}
	must(t, two.Commit(t.Context()))
	if got := read(); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("what was committed: %q", got)
	}
}

func TestDeadlock(t *testing.T) {
	one, two := newPair(t)
	writable(t, one, "a")
	writable(t, two, "b")
	done := make(chan error)
	go func() { done <- one.Lock(context.Background(), [2]string{"d", "b"}) }()
	waiting(t, one)
	if _, err := two.Write(t.Context(), "d", "a"); !sqlerr.Is(err, sqlerr.Deadlock) {
		t.Errorf("%v", err)
	}
	two.Rollback()
	must(t, <-done)
}

func TestLockWaitEnds(t *testing.T) {
	one, two := newPair(t)
	writable(t, one, "a")
	two.LockWait = time.Nanosecond
	if err := two.Lock(t.Context(), [2]string{"d", "a"}); !sqlerr.Is(err, sqlerr.LockTimeout) {
		t.Errorf("%v", err)
	}
	two.LockWait = time.Hour
	why := errors.New("killed")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error)
	go func() { done <- two.Lock(ctx, [2]string{"d", "a"}) }()
	waiting(t, two)
	cancel(why)
	if err := <-done; !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	one.Rollback()
	must(t, two.Lock(t.Context(), [2]string{"d", "a"}))
}

func TestTemporaryTables(t *testing.T) {
	one, two := newPair(t)
	must(t, writable(t, one, "a").Insert([]types.Value{number(1)}))
	must(t, one.Commit(t.Context()))
	_, err := one.Create(t.Context(), "D", define("A", nil, "x int"), "anna", true)
	must(t, err)
	must(t, writable(t, one, "a").Insert([]types.Value{number(7)}))
	if v, _ := one.Table("d", "a"); !v.Temporary() || !reflect.DeepEqual(contents(t, v), []string{"7"}) {
		t.Errorf("%v", contents(t, v))
	}
	if v, _ := two.Table("d", "a"); v.Temporary() {
		t.Error("another session sees the table")
	}
	one.Rollback()
	if v, ok := one.Temporary("d", "a"); !ok || v.Rows() != 0 {
		t.Error("a rollback takes the rows and leaves the table")
	}
	must(t, writable(t, one, "a").Insert([]types.Value{number(8)}))
	must(t, one.Rename(t.Context(), "d", "a", "d", "c"))
	must(t, one.Commit(t.Context()))
	if v, _ := one.Table("d", "a"); v.Temporary() {
		t.Error("the old name still hides")
	}
	if v, _ := one.Temporary("d", "c"); v == nil || !reflect.DeepEqual(contents(t, v), []string{"8"}) {
		t.Error("the rows did not move")
	}
	must(t, one.Drop(t.Context(), "d", "c"))
	one.Rollback()
	if one.HasTemporary() {
		t.Error("a dropped table came back")
	}
}
