package conntest

import (
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// executions checks the life of a run.
func (s *suite) executions(t *testing.T) {
	s.run(t, "splits", s.splits)
	s.run(t, "splits at the same time", s.parallelSplits)
	s.run(t, "small batches", s.smallBatches)
	s.run(t, "twice", s.twice)
	s.run(t, "at the same time", s.concurrent)
	s.run(t, "one transaction", s.oneTransaction)
	s.run(t, "admission", s.admission)
	s.run(t, "estimate", s.estimates)
	s.run(t, "dynamic filter", s.dynamic)
	s.run(t, "cancel", s.cancel)
	s.run(t, "cancelled before", s.cancelledBefore)
	s.run(t, "not needed", s.notNeeded)
	s.run(t, "closed early", s.closedEarly)
	s.run(t, "never opened", s.neverOpened)
}

func (s *suite) bigLeaf(t *testing.T) *plan.Remote {
	t.Helper()
	return s.leafOf(t, s.scanOf(t, "big", nil))
}

// splits checks that many splits are the same multiset as one.
func (s *suite) splits(t *testing.T) {
	leaf := s.bigLeaf(t)
	for _, parallel := range []int{1, 8} {
		scan := scanWith(t, checked(t))
		scan.Parallel = parallel
		rows, splits, err := readAll(t.Context(), start(t, leaf, scan), leaf.Cols)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d splits for %d readers", splits, parallel)
		sameRows(t, rows, s.expected(s.fixture("big"), leaf.Cols))
	}
}

// parallelSplits opens every split at the same time.
func (s *suite) parallelSplits(t *testing.T) {
	leaf := s.bigLeaf(t)
	scan := scanWith(t, checked(t))
	scan.Parallel = 4
	e := start(t, leaf, scan)
	var mu sync.Mutex
	var rows []string
	var wg sync.WaitGroup
	for split, err := range e.Splits(t.Context()) {
		if err != nil {
			t.Error(err)
			break
		}
		wg.Go(func() {
			r, err := e.Open(t.Context(), split)
			if err != nil {
				t.Error(err)
				return
			}
			part, err := readSplit(t.Context(), r, leaf.Cols, nil)
			if err = errors.Join(err, r.Close()); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			rows = append(rows, part...)
		})
	}
	wg.Wait()
	sameRows(t, rows, s.expected(s.fixture("big"), leaf.Cols))
}

// smallBatches checks that no batch is larger than asked for.
func (s *suite) smallBatches(t *testing.T) {
	leaf := s.leafOf(t, s.scanOf(t, "orders", nil))
	scan := scanWith(t, checked(t))
	scan.BatchRows = 7
	e := start(t, leaf, scan)
	var rows []string
	for split, err := range e.Splits(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Open(t.Context(), split)
		if err != nil {
			t.Fatal(err)
		}
		for {
			batch, err := r.Next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if batch.NumRows() > 7 {
				t.Errorf("a batch of %d rows", batch.NumRows())
			}
			rows, err = appendRows(rows, batch, leaf.Cols)
			batch.Release()
			if err != nil {
				t.Fatal(err)
			}
		}
		closeTwice(t, r)
	}
	sameRows(t, rows, s.expected(s.fixture("orders"), leaf.Cols))
}

// twice runs one fragment two times.
func (s *suite) twice(t *testing.T) {
	leaf := s.leafOf(t, s.scanOf(t, "customers", nil))
	for range 2 {
		rows, _, err := readAll(t.Context(), start(t, leaf, scanWith(t, checked(t))), leaf.Cols)
		if err != nil {
			t.Fatal(err)
		}
		sameRows(t, rows, s.expected(s.fixture("customers"), leaf.Cols))
	}
}

// concurrent runs one fragment in several statements at the same time.
func (s *suite) concurrent(t *testing.T) {
	leaf := s.leafOf(t, s.scanOf(t, "orders", nil))
	var wg sync.WaitGroup
	for range 8 {
		scan := scanWith(t, checked(t))
		wg.Go(func() {
			e, err := begin(t.Context(), leaf, scan)
			if err != nil {
				t.Error(err)
				return
			}
			defer closeTwice(t, e)
			rows, _, err := readAll(t.Context(), e, leaf.Cols)
			if err != nil {
				t.Error(err)
				return
			}
			sameRows(t, rows, s.expected(s.fixture("orders"), leaf.Cols))
		})
	}
	wg.Wait()
}

// oneTransaction runs two fragments of one statement, taking turns.
func (s *suite) oneTransaction(t *testing.T) {
	scan := scanWith(t, checked(t))
	var readers []connectors.Reader
	var leaves []*plan.Remote
	for _, table := range []string{"orders", "big"} {
		leaf := s.leafOf(t, s.scanOf(t, table, nil))
		e := start(t, leaf, scan)
		for split, err := range e.Splits(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			r, err := e.Open(t.Context(), split)
			if err != nil {
				t.Fatal(err)
			}
			readers, leaves = append(readers, r), append(leaves, leaf)
			break
		}
	}
	for i, r := range readers {
		batch, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := appendRows(nil, batch, leaves[i].Cols); err != nil {
			t.Error(err)
		}
		batch.Release()
	}
}

// admission checks that all leaves of a statement share a turn, and that nobody waits for one whose context has ended.
func (s *suite) admission(t *testing.T) {
	leaf := s.bigLeaf(t)
	fragment, bounded := leaf.Fragment.(connectors.Admitter)
	if !bounded {
		t.Skip("the source bounds no statements")
	}
	const more = 100 // than any source admits
	tx := &connectors.Tx{}
	for range more {
		if err := fragment.Admit(t.Context(), tx); err != nil {
			t.Fatal(err)
		}
	}
	closeTwice(t, tx)
	if err := fragment.Admit(t.Context(), tx); err == nil {
		t.Error("a statement that has ended was admitted")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	late := &connectors.Tx{}
	if err := fragment.Admit(ctx, late); !cancelled(err) {
		t.Errorf("under an ended context: %v", err)
	}
	closeTwice(t, late)
}

// estimates checks that guesses are numbers that make sense, or NaN.
func (s *suite) estimates(t *testing.T) {
	for _, table := range []string{"big", "nothing"} {
		leaf := s.leafOf(t, s.scanOf(t, table, nil))
		e, err := leaf.Fragment.(connectors.Fragment).Estimate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []float64{e.Rows, e.Bytes, e.StartCost, e.Cost, float64(e.Splits)} {
			if v < 0 || math.IsInf(v, 0) {
				t.Errorf("%s: estimate %+v", table, e)
			}
		}
		rows := float64(len(s.fixture(table).Rows))
		if rows > 0 && (e.Rows < rows/10 || e.Rows > rows*10) {
			t.Errorf("%s: %g rows estimated of %g", table, e.Rows, rows)
		}
	}
}

// known is a dynamic filter that is complete.
type known struct{ conds []expr.Expr }

func (k known) Ready() <-chan struct{} { return connectors.NoFilter{}.Ready() }

func (k known) Conds() []expr.Expr { return k.conds }

func (known) Keys() []connectors.ColumnKeys { return nil }

// dynamic checks that a dynamic filter loses no row that passes it.
func (s *suite) dynamic(t *testing.T) {
	leaf := s.bigLeaf(t)
	id := leaf.Cols[0]
	list := []types.Value{types.IntValue(17), types.IntValue(70_001), types.IntValue(-5)}
	scan := scanWith(t, checked(t))
	scan.Dynamic = known{[]expr.Expr{&expr.In{Arg: id.Ref(), List: list}}}
	rows, _, err := readAll(t.Context(), start(t, leaf, scan), leaf.Cols)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d rows were read", len(rows), bigRows)
	all := s.expected(s.fixture("big"), leaf.Cols)
	for _, want := range []string{all[17], all[70_001]} {
		if !strings.Contains(strings.Join(rows, "\n"), want) {
			t.Errorf("row %s is missing", want)
		}
	}
}

// cancel ends the context in mid-scan: the error must come within a second, and the source be free.
func (s *suite) cancel(t *testing.T) {
	leaf := s.bigLeaf(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	e, err := begin(ctx, leaf, scanWith(t, checked(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer closeTwice(t, e)
	r := openFirst(t, ctx, e)
	batch, err := r.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	batch.Release()
	stop()
	began := time.Now()
	for err == nil {
		if batch, err = r.Next(ctx); err == nil {
			batch.Release()
		}
	}
	if took := time.Since(began); took > patience {
		t.Errorf("it took %s", took)
	}
	if !cancelled(err) {
		t.Errorf("after cancel: %v", err)
	}
	closeTwice(t, r)
}

func openFirst(t *testing.T, ctx context.Context, e connectors.Execution) connectors.Reader {
	t.Helper()
	for split, err := range e.Splits(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Open(ctx, split)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	t.Fatal("no split")
	return nil
}

// cancelledBefore starts under a context that has ended.
func (s *suite) cancelledBefore(t *testing.T) {
	leaf := s.bigLeaf(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	e, err := begin(ctx, leaf, scanWith(t, checked(t)))
	if err == nil {
		_, _, err = readAll(ctx, e, leaf.Cols)
		closeTwice(t, e)
	}
	if !cancelled(err) {
		t.Errorf("under an ended context: %v", err)
	}
}

// notNeeded ends the contexts of runs as the engine does where it has enough rows: another run of the statement goes on.
func (s *suite) notNeeded(t *testing.T) {
	leaf := s.bigLeaf(t)
	scan := scanWith(t, checked(t))
	scan.BatchRows = 100 // many requests
	other := start(t, leaf, scan)
	r := openFirst(t, t.Context(), other)
	defer closeTwice(t, r)
	for range 50 {
		ctx, stop := context.WithCancelCause(t.Context())
		e, err := begin(ctx, leaf, scan)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() {
			defer close(ended)
			for split, err := range e.Splits(ctx) {
				if err != nil {
					ended <- err
					return
				}
				r, err := e.Open(ctx, split)
				if err != nil {
					ended <- err
					return
				}
				for err == nil {
					var batch arrow.RecordBatch
					if batch, err = r.Next(ctx); err == nil {
						batch.Release()
					}
				}
				ended <- errors.Join(err, r.Close())
				return
			}
		}()
		batch, err := r.Next(t.Context())
		if err == nil {
			batch.Release()
		} else if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		stop(connectors.ErrNotNeeded)
		if err := <-ended; !cancelled(err) && !errors.Is(err, io.EOF) {
			t.Errorf("the run that was not needed: %v", err)
		}
		closeTwice(t, e)
	}
}

// closedEarly closes a reader, and an execution under its reader, in mid-scan.
func (s *suite) closedEarly(t *testing.T) {
	leaf := s.bigLeaf(t)
	for _, readerFirst := range []bool{true, false} {
		e := start(t, leaf, scanWith(t, checked(t)))
		r := openFirst(t, t.Context(), e)
		batch, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		batch.Release()
		if readerFirst {
			closeTwice(t, r)
		}
		closeTwice(t, e)
		closeTwice(t, r)
	}
}

// neverOpened starts and closes.
func (s *suite) neverOpened(t *testing.T) {
	e := start(t, s.bigLeaf(t), scanWith(t, checked(t)))
	closeTwice(t, e)
}

// failures checks the errors of connectors that can't work.
func (s *suite) failures(t *testing.T) {
	for _, b := range s.Broken {
		s.run(t, b.Name, func(t *testing.T) {
			c := b.Open(t)
			defer closeTwice(t, c)
			source := c.Bind(connectors.Principal{User: "conntest"})
			var err error
			for _, err = range source.List(t.Context(), connectors.ListOptions{}) {
			}
			s.checkError(t, err, b.Code, "")
			_, err = source.Table(t.Context(), s.name("orders"), connectors.AsOf{})
			if err == nil || sqlerr.CodeOf(err) != b.Code {
				t.Errorf("table: %v", err)
			}
		})
	}
}
