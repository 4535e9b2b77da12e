//go:build integration

package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/build"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// The tests of this file prove the contract of package connectors with three sources that have little in common: a database,
// files in an object store and an API with required keys. What they need of the engine, it had.

// drivers are the small sides of the lookup joins: of another source than the one that is looked up in.
var drivers = map[string]string{"pg_events": "lake_customers", "lake_events": "pg_customers", "api_events": "pg_customers", "api_keyed": "lake_customers"}

// leaf is a word of the leaf of a table.
var leaf = map[string]string{"pg_events": `"events"`, "lake_events": "events.parquet", "api_events": "v1/events", "api_keyed": "v1/events"}

// TestLookupJoin joins a few rows of one source with a large table of another, which is read by their keys.
func TestLookupJoin(t *testing.T) {
	w := newWorld(t)
	for table, driver := range drivers {
		t.Run(table, func(t *testing.T) {
			w := w.in(t)
			join := func(kind string) string {
				return fmt.Sprintf("project c.id, e.id\n join %s c.id = e.customer\n  filter c.id in (3, 7, 9)\n   scan %s c\n  scan %s e: id, customer", kind, driver, table)
			}
			var want []string
			for i := range eventCount {
				if id, customer, _ := event(i); customer == 3 || customer == 7 || customer == 9 {
					want = append(want, fmt.Sprintf("%d %d", customer, id))
				}
			}
			w.expect(join("inner"), settings0, want)
			w.expect(join("left"), settings0, want)
			ran := w.analyzed(join("inner"))
			if read := ran.remote(t, leaf[table]).Get("rows").Int(); read != 3*eventsOfOne {
				t.Errorf("%d rows of %s were read\n%s", read, table, ran.text)
			}
			if table != "api_keyed" { // what must be read by keys cannot be read without
				off := settings0
				off.DynamicFilters = false
				w.expect(join("inner"), off, want)
			}
		})
	}
	for _, request := range w.server.requests() {
		if strings.Contains(request, "/v1/keyed") && !strings.Contains(request, "customer=") {
			t.Errorf("a request without a key: %s", request)
		}
	}
}

// TestRequiredKeysThroughEngine reads a table without the keys that it needs: a clear error, whatever the plan.
func TestRequiredKeysThroughEngine(t *testing.T) {
	w := newWorld(t)
	w.server.requests()
	off := settings0
	off.DynamicFilters = false
	none := engine.Settings{DynamicFilters: true}
	for plan, s := range map[string]engine.Settings{
		"scan api_keyed: id":                                                                  settings0,
		"filter kind = 'buy'\n scan api_keyed: id, kind":                                      settings0,
		"aggregate | count(*) as n\n scan api_keyed: id":                                      settings0,
		"join inner c.id = e.customer\n scan pg_customers c\n scan api_keyed e: id, customer": off,
		"join full c.id = e.customer\n scan pg_customers c\n scan api_keyed e: id, customer":  settings0,
		"join inner c.id < e.customer\n scan pg_customers c\n scan api_keyed e: id, customer": settings0,
		"aggregate | count(*) as n\n filter kind = 'buy'\n  scan api_keyed: kind":             none,
	} {
		_, err := w.rows(plan, s)
		if sqlerr.CodeOf(err) != sqlerr.RequiredKeys {
			t.Errorf("code %d: %v\n%s", sqlerr.CodeOf(err), err, plan)
		}
		mention(t, err, "source api", "table keyed", "customer, or id")
	}
	if n := w.server.requests(); len(n) > 0 {
		t.Errorf("the API was asked: %v", n)
	}
	for _, s := range []engine.Settings{settings0, none} { // the keys that there are it is read by anyhow
		w.expect("project id\n filter customer = 3 and id < 905\n  scan api_keyed: id, customer", s, []string{"900", "901", "902", "903", "904"})
	}
	w.expect("project id\n filter id in (1, 2, 77777)\n  scan api_keyed: id", settings0, []string{"1", "2"})
	// No keys are no rows.
	w.expect("join inner c.id = e.customer\n filter c.id > 1000\n  scan pg_customers c\n scan api_keyed e: id, customer", settings0, nil)
}

// TestKeysThroughEngine runs joins with plan.Keys, whose rows the run brings along. The keys repeat, and one has no rows.
func TestKeysThroughEngine(t *testing.T) {
	w := newWorld(t)
	_, args := keysOf(t, ints(5, 8, 5, 12345))
	for _, table := range []string{"pg_events", "lake_events", "api_events", "api_keyed"} {
		for kind, times := range map[string]int{"inner": 2, "semi": 1} {
			t.Run(table+" "+kind, func(t *testing.T) {
				w := w.in(t)
				offered := w.parse(fmt.Sprintf("project id\n join %s e.customer = k\n  scan %s e: id, customer\n  keys k bigint", kind, table))
				source, _, _ := strings.Cut(table, "_")
				placed, err := w.sources[source].Pushdown(t.Context(), offered)
				if err = errors.Join(err, plan.Verify(placed)); err != nil {
					t.Fatal(err)
				}
				if sent := remoteOf(placed).Keys != nil; sent != (source != "lake") { // files have nobody to send keys to
					t.Errorf("keys are sent along: %t\n%s", sent, plan.Format(placed, plan.FormatOptions{}))
				}
				var want []string
				for i := range eventCount {
					switch id, customer, _ := event(i); customer {
					case 5:
						want = append(want, slices.Repeat([]string{fmt.Sprint(id)}, times)...)
					case 8:
						want = append(want, fmt.Sprint(id))
					}
				}
				got := w.run(placed, build.Config{Keys: func(*plan.Keys) (arrow.RecordBatch, error) { return args, nil }})
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("%d rows, want %d", len(got), len(want))
				}
			})
		}
	}
}

// TestPartialAggregate has each source do its part of an aggregate, which the engine finishes.
func TestPartialAggregate(t *testing.T) {
	w := newWorld(t)
	half := fmt.Sprint(eventCount / 2)
	regions := "aggregate region | count(*) as n\n join inner c.id = e.customer\n  scan %s c\n  scan %s e: id, customer"
	for table, driver := range map[string]string{"pg_events": "lake_customers", "api_events": "lake_customers", "lake_events": "pg_customers"} {
		w.expect(fmt.Sprintf(regions, driver, table), settings0, []string{"north " + half, "south " + half})
	}
	t.Run("pg", func(t *testing.T) { // groups by the join's key come over, which are added up by region here
		w := w.in(t)
		ran := w.analyzed(fmt.Sprintf(regions, "lake_customers", "pg_events"))
		if !strings.Contains(ran.text, "GROUP BY") || !strings.Contains(ran.text, "sum_counts") || ran.remote(t, `"events"`).Get("rows").Int() != customerCount {
			t.Errorf("plan\n%s", ran.text)
		}
	})
	t.Run("api", func(t *testing.T) { // the same of an endpoint that counts by key
		w := w.in(t)
		w.server.requests()
		ran := w.analyzed(fmt.Sprintf(regions, "lake_customers", "api_events"))
		if !strings.Contains(ran.text, "sum_counts") || ran.remote(t, "counts/events/customer").Get("rows").Int() != customerCount {
			t.Errorf("plan\n%s", ran.text)
		}
		for _, request := range w.server.requests() {
			if !strings.Contains(request, "/counts/") {
				t.Errorf("rows were read: %s", request)
			}
		}
	})
	t.Run("api in parts", func(t *testing.T) { // an endpoint that counts shard by shard
		w := w.in(t)
		query := "aggregate kind | count(*) as n\n scan api_events: kind"
		third := fmt.Sprint(eventCount / 3)
		w.expect(query, settings0, []string{"buy " + third, "click " + third, "view " + third})
		if ran := w.analyzed(query); !strings.Contains(ran.text, "sum_counts") || ran.remote(t, "counts/events/kind").Get("rows").Int() != 3*shards {
			t.Errorf("plan\n%s", ran.text)
		}
		off := settings0
		off.Pushdown = false
		w.expect(query, off, []string{"buy " + third, "click " + third, "view " + third})
	})
	t.Run("lake", func(t *testing.T) { // the footers know how many rows there are, the engine adds them up
		w := w.in(t)
		query := "aggregate | count(*) as n\n scan lake_events: id"
		w.expect(query, settings0, []string{fmt.Sprint(eventCount)})
		if ran := w.analyzed(query); ran.remote(t, "events.parquet").Get("remote.bytes").Int() != 0 {
			t.Errorf("data were read\n%s", ran.text)
		}
	})
}

func ints(list ...int64) (out []types.Value) {
	for _, n := range list {
		out = append(out, types.IntValue(n))
	}
	return out
}

// in is the world for a subtest.
func (w *world) in(t *testing.T) *world {
	of := *w
	of.TB = t
	return &of
}

func remoteOf(n plan.Node) *plan.Remote {
	if r, ok := n.(*plan.Remote); ok {
		return r
	}
	for _, c := range n.Children() {
		if r := remoteOf(c); r != nil {
			return r
		}
	}
	return nil
}

// run builds and runs a placed plan.
func (w *world) run(placed plan.Node, cfg build.Config) (out []string) {
	w.Helper()
	txs := make(map[string]*connectors.Tx)
	cfg.Tx = func(site plan.Site) *connectors.Tx {
		if txs[site.Source] == nil {
			txs[site.Source] = &connectors.Tx{}
		}
		return txs[site.Source]
	}
	defer func() {
		for _, tx := range txs {
			if err := tx.Close(); err != nil {
				w.Error(err)
			}
		}
	}()
	if err := connectors.Admit(w.Context(), placed, cfg.Tx, func(plan.Site) {}); err != nil {
		w.Fatal(err)
	}
	mem := bufpooltest.New()
	defer mem.AssertSize(w, 0)
	cfg.Allocator, cfg.Env, cfg.Parallelism = mem, session(), 2
	streams, err := build.Build(placed, cfg)
	if err != nil {
		w.Fatal(err)
	}
	all := exec.Gather(streams)
	defer all.Close()
	for {
		batch, err := all.Next(w.Context())
		if err == io.EOF {
			return out
		}
		if err != nil {
			w.Fatal(err)
		}
		out = append(out, show(batch, placed.Schema())...)
		batch.Release()
	}
}

// snapshots are scans of two splits, and what a change is to them. What comes is always one state, or an error.
var snapshots = []struct {
	name, table string
	rows        int
	before      bool // the change comes before the first split, else after it
	sees, fails bool // the state of before the change is read to its end; the change is an error
}{
	{"pg", "pg_large", largeCount, false, true, false},
	{"api with states", "api_kept", eventCount, false, true, false},
	{"api with an ETag", "api_tagged", eventCount, false, false, true},
	{"lake", "lake_large", largeCount, false, true, true}, // as far as it had read ahead
	{"lake, nothing read yet", "lake_large", largeCount, true, false, true},
}

// change moves the ids of what is scanned in two splits.
func (w *world) change() {
	w.Helper()
	w.pg.Exec(w, "UPDATE large SET id = id + 1000000")
	w.putLarge(1_000_000)
	w.server.mu.Lock()
	events := make([]record, eventCount)
	for i, row := range w.server.tables["events"] {
		events[i] = record{"id": row["id"].(int64) + 1_000_000, "customer": row["customer"], "kind": row["kind"]}
	}
	w.server.mu.Unlock()
	w.server.put("events", events...)
}

// TestSnapshot changes tables between the splits of a scan.
func TestSnapshot(t *testing.T) {
	for _, c := range snapshots {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			leaf := remoteOf(w.prepare(fmt.Sprintf("scan %s", c.table), settings0).Plan())
			mem := bufpooltest.New()
			defer mem.AssertSize(t, 0)
			tx := &connectors.Tx{}
			defer tx.Close()
			x := w.start(leaf, tx, mem)
			defer x.Close()
			if c.before {
				w.change()
			}
			rows, splits, changed := 0, 0, c.before
			var err error
			for s, e := range x.Splits(t.Context()) {
				if err = e; err != nil {
					break
				}
				splits++
				n, old, readErr := w.read(x, s, leaf.Cols)
				if err = readErr; err != nil {
					break
				}
				if n != old {
					t.Errorf("split %d: %d rows, %d of them as they were", splits, n, old)
				}
				rows += n
				if !changed {
					w.change()
					changed = true
				}
			}
			whole := err == nil && rows == c.rows && splits > 1
			detected := sqlerr.CodeOf(err) == sqlerr.SourceChanged && splits > 1 == !c.before
			if !(c.sees && whole || c.fails && detected) {
				t.Errorf("%d rows in %d splits, code %d: %v", rows, splits, sqlerr.CodeOf(err), err)
			}
			if err != nil {
				mention(t, err, "source ", leaf.Tables[0].Name)
			}
		})
	}
}

// start begins a run of a leaf for two readers.
func (w *world) start(leaf *plan.Remote, tx *connectors.Tx, mem bufpooltest.Allocator) connectors.Execution {
	w.Helper()
	if err := connectors.Admit(w.Context(), leaf, func(plan.Site) *connectors.Tx { return tx }, func(plan.Site) {}); err != nil {
		w.Fatal(err)
	}
	x, err := leaf.Fragment.(connectors.Fragment).Start(w.Context(), connectors.Scan{
		Memory: mem, BatchRows: 500, Parallel: 2, Env: session(), Tx: tx, Dynamic: connectors.NoFilter{}, Usage: &connectors.Usage{}})
	if err != nil {
		w.Fatal(err)
	}
	return x
}

// read reads a split and counts its rows, and those of before the change.
func (w *world) read(x connectors.Execution, s connectors.Split, cols plan.Schema) (n, old int, err error) {
	r, err := x.Open(w.Context(), s)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		batch, err := r.Next(w.Context())
		if err == io.EOF {
			return n, old, nil
		}
		if err != nil {
			return n, old, err
		}
		for _, row := range show(batch, cols) {
			n++
			if id, _, _ := strings.Cut(row, " "); len(id) < 7 {
				old++
			}
		}
		batch.Release()
	}
}

// TestCancelledScan ends a scan of two splits in its middle: all that it held is given back, so that the only turn at each
// source is the next statement's.
func TestCancelledScan(t *testing.T) {
	w := newWorld(t)
	var slow atomic.Bool
	asked := make(chan struct{}, 100)
	w.server.faults(func(_ http.ResponseWriter, r *http.Request) bool {
		if slow.Load() && r.URL.Query().Get("offset") != "0" {
			asked <- struct{}{}
			<-r.Context().Done() // it never answers
			return true
		}
		return false
	})
	for _, table := range []string{"pg_large", "lake_large", "api_tagged", "api_kept"} {
		t.Run(table, func(t *testing.T) {
			w := w.in(t)
			slow.Store(true)
			count := eventCount
			if !strings.HasPrefix(table, "api") {
				count = largeCount
			}
			query := fmt.Sprintf("scan %s", table)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r, err := w.prepare(query, settings0).Run(session())
			if err != nil {
				t.Fatal(err)
			}
			batch, err := r.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			batch.Release()
			if strings.HasPrefix(table, "api") { // both readers wait for the server
				<-asked
				<-asked
			}
			cancel()
			for err == nil {
				if batch, err = r.Next(ctx); err == nil {
					batch.Release()
				}
			}
			if !errors.Is(err, context.Canceled) {
				t.Errorf("after cancel: %v", err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			slow.Store(false)
			w.memory.AssertSize(t, 0)
			if n := w.engine.MemoryUsed(); n != 0 {
				t.Errorf("%d bytes are held", n)
			}
			w.idle()
			w.expect("aggregate | count(*) as n\n scan "+table+": id", settings0, []string{fmt.Sprint(count)})
		})
	}
}

// idle waits until no server does anything for the sources.
func (w *world) idle() {
	w.Helper()
	for w.server.running.Load() > 0 {
		if w.Context().Err() != nil {
			w.Fatal("requests go on")
		}
	}
	w.pg.Exec(w, `DO $$ BEGIN
		WHILE EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle') LOOP
			PERFORM pg_sleep(0.01);
			PERFORM pg_stat_clear_snapshot();
		END LOOP;
	END $$`)
}
