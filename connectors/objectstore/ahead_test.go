package objectstore

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/engine/expr"
)

// far is a store that answers no request of a wave before all of it were sent.
type far struct {
	blob.Store
	mu    sync.Mutex
	waves []int // requests of each wave to come; none: every request is answered
	sent  int   // of the first wave
	whole chan struct{}
}

func (f *far) Profile() blob.Profile {
	return blob.Profile{Gap: 1 << 10, Request: 8 << 20, ReadAhead: 32 << 20, Parallel: 64}
}

func (f *far) Read(ctx context.Context, o blob.Object, off int64, p []byte) error {
	f.mu.Lock()
	wait := f.whole
	if len(f.waves) > 0 {
		if f.sent++; f.sent == f.waves[0] {
			f.waves, f.sent = f.waves[1:], 0
			f.whole = make(chan struct{})
			close(wait)
		}
	} else {
		wait = nil
	}
	f.mu.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return f.Store.Read(ctx, o, off, p)
}

// The requests of a scan do not wait for each other: the row groups' chunks, the page indexes, the pages.
func TestRequestsAreSentTogether(t *testing.T) {
	const groups, rows = 8, 64 << 10
	b := array.NewRecordBuilder(memory.DefaultAllocator, ids)
	defer b.Release()
	for id := range groups * rows {
		b.Field(0).(*array.Int64Builder).Append(int64(id))
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	few := func(col func(string) expr.Expr) []expr.Expr { // one of each row group
		in := &expr.In{Arg: col("id")}
		for g := range int64(groups) {
			in.List = append(in.List, intLiteral(g*rows+rows/2+g).(*expr.Literal).Value)
		}
		return []expr.Expr{in}
	}
	for name, c := range map[string]struct {
		where   func(func(string) expr.Expr) []expr.Expr
		indexed bool
		waves   []int
	}{
		"chunks": {indexed: false, waves: []int{groups}},
		"pages":  {where: few, indexed: true, waves: []int{1, groups}},
	} {
		dir := t.TempDir()
		write(t, dir, "orders.parquet", written(t, batch, parquet.WithPageIndexEnabled(c.indexed), parquet.WithDictionaryDefault(false),
			parquet.WithMaxRowGroupLength(rows), parquet.WithDataPageSize(8<<10), parquet.WithBatchSize(500)))
		src := open(t, connectors.Options{"url": dir})
		store := &far{Store: src.(*source).store}
		src.(*source).store = store
		q := query{table: orders(), where: c.where}
		if _, err := src.Table(t.Context(), q.table, connectors.AsOf{}); err != nil { // reads the footer
			t.Fatal(err)
		}
		store.waves, store.whole = slices.Clone(c.waves), make(chan struct{})
		r, err := q.run(t, src)
		if err != nil {
			t.Fatal(err)
		}
		if want := groups; c.where != nil && len(r.rows) < want || c.where == nil && len(r.rows) != groups*rows {
			t.Errorf("%s: %d rows", name, len(r.rows))
		}
		sum := int64(0)
		for _, n := range c.waves {
			sum += int64(n)
		}
		if r.usage.Requests != sum {
			t.Errorf("%s: %d requests, want %v", name, r.usage.Requests, c.waves)
		}
	}
}

// As many files are opened at once as the store needs requests in flight.
func TestFilesAreOpenedTogether(t *testing.T) {
	dir := t.TempDir()
	for i := range 64 {
		write(t, dir, fmt.Sprintf("orders/%02d.parquet", i), parquetOf(t, 10, ids, idRows(i, i+1)))
	}
	src := open(t, connectors.Options{"url": dir})
	store := &far{Store: src.(*source).store, waves: []int{64}, whole: make(chan struct{})}
	src.(*source).store = store
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if table, err := src.Table(ctx, orders(), connectors.AsOf{}); err != nil || table.Stats.Rows != 64 {
		t.Errorf("%+v, error %v", table, err)
	}
}
