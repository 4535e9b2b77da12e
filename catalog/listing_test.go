package catalog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// names lists a database's tables.
func names(t *testing.T, c *Catalog, db string) []string {
	t.Helper()
	list, err := c.Tables(ctx, "ann", db)
	if err != nil {
		t.Error(err)
	}
	return list
}

// A listing that has become old is given once more while it is asked for anew, behind the back of who got it.
func TestOldListingsAreGivenWhileTheyAreRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := &fake{standard: "public", tables: map[string][]string{"public": {"orders"}}}
		var warnings []string
		c := mustNew(t, map[string]*fake{"shop": shop}, &warnings)
		wants := func(want ...string) {
			t.Helper()
			if got := names(t, c, "shop"); !reflect.DeepEqual(got, want) {
				t.Errorf("listed %q, want %q", got, want)
			}
			synctest.Wait()
		}
		age := func() Age {
			t.Helper()
			ages := c.Ages("ann")
			if len(ages) != 1 || len(c.Ages("bob")) != 0 {
				t.Fatalf("ages %+v, bob's %+v", ages, c.Ages("bob"))
			}
			return ages[0]
		}
		wants("orders")
		first := age()
		if first.Source != "shop" || first.Database != "shop" || first.Items != 1 || first.Failure != nil || first.Renewing {
			t.Errorf("%+v", first)
		}
		shop.tables = map[string][]string{"public": {"items", "orders"}}
		wants("orders") // is not old
		time.Sleep(DefaultTTL)
		wants("orders")
		wants("items", "orders")
		if got := age(); got.Items != 2 || got.Made.Sub(first.Made) != DefaultTTL {
			t.Errorf("%+v, which was renewed after %s", got, got.Made.Sub(first.Made))
		}
		if n := shop.lists.Load(); n != 2 {
			t.Errorf("%d listings", n)
		}

		// A source that fails meanwhile is asked again, but not each time; what it said stays, until it is too old.
		shop.down.Store(true)
		time.Sleep(DefaultTTL)
		wants("items", "orders")
		wants("items", "orders")
		if got := age(); got.Failure == nil || !strings.Contains(got.Failure.Error(), "connection refused") {
			t.Errorf("%+v", got)
		}
		if n := shop.lists.Load(); n != 3 {
			t.Errorf("%d listings", n)
		}
		time.Sleep(DefaultStale)
		if len(warnings) > 0 {
			t.Errorf("warnings %q", warnings)
		}
		wants()
		if want := "the tables of shop are missing from the list: connection refused"; !slices.Contains(warnings, want) {
			t.Errorf("warnings %q, want %q", warnings, want)
		}
	})
}

// What is remembered is not renewed by who wants nothing requested.
func TestRememberingRenewsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := &fake{standard: "public", tables: map[string][]string{"public": {"orders"}, "x": {"t"}}}
		var warnings []string
		c := mustNew(t, map[string]*fake{"shop": shop}, &warnings)
		if _, _, err := c.Resolve(ctx, "ann", "shop_x", "t"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(DefaultTTL)
		before := shop.lists.Load()
		if _, _, ok := c.Remember(ctx, "ann", "shop_x", "t"); ok {
			t.Error("a description is remembered that is too old")
		}
		synctest.Wait()
		if n := shop.lists.Load() - before; n != 0 {
			t.Errorf("%d listings", n)
		}
	})
}

// What is asked for behind the back of everyone ends with the catalog.
func TestRenewalsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := &fake{standard: "public", tables: map[string][]string{"public": {"orders"}}}
		c, err := New(ctx, Config{Types: map[string]connectors.Open{"fake": fakes(map[string]*fake{"shop": shop})}},
			[]store.Server{{Name: "shop", Type: "fake"}})
		if err != nil {
			t.Fatal(err)
		}
		names(t, c, "shop")
		shop.hang.Store(true)
		time.Sleep(DefaultTTL)
		names(t, c, "shop")
		synctest.Wait()
		if ages := c.Ages("ann"); len(ages) != 1 || !ages[0].Renewing {
			t.Errorf("ages %+v", ages)
		}
		if err := c.Close(); err != nil { // waits for what hangs
			t.Error(err)
		}
		if !shop.closed.Load() {
			t.Error("the source is open")
		}
	})
}

// Where a source is down others' databases are listed, and it says so to whom the context names.
func TestDatabasesAmong(t *testing.T) {
	var warnings []string
	down := &fake{tables: map[string][]string{"": {"t"}, "x": {"t"}}}
	down.down.Store(true)
	up := &fake{tables: map[string][]string{"": {"t"}, "x": {"t"}}}
	c := mustNew(t, map[string]*fake{"down": down, "up": up}, &warnings)
	var heard []string
	within := WithWarn(ctx, func(m string) { heard = append(heard, m) })
	for _, l := range []struct {
		among []string
		want  string
		heard int
	}{
		{nil, "down up up_x", 1}, {[]string{"up_x"}, "up up_x", 0}, {[]string{"UP", "nope"}, "up up_x", 0}, {[]string{"upper"}, "", 0},
		{[]string{"down_x"}, "down", 1}, {[]string{strings.Repeat("a", maxName)}, "down up up_x", 1},
	} {
		heard = nil
		got, err := c.DatabasesAmong(within, "ann", l.among)
		if err != nil || strings.Join(got, " ") != l.want || len(heard) != l.heard {
			t.Errorf("among %q: %q, %v, %q; want %s", l.among, got, err, heard, l.want)
		}
	}
	if len(warnings) > 0 {
		t.Errorf("warnings %q", warnings)
	}
}

// whole is a fake that describes all tables of a namespace at once.
type whole struct {
	fake
	wholes int
}

func (w *whole) Bind(connectors.Principal) connectors.Source { return w }

func (w *whole) Tables(ctx context.Context, namespace string) iter.Seq2[*plan.Table, error] {
	return func(yield func(*plan.Table, error) bool) {
		w.wholes++
		if err := w.reach(ctx); err != nil {
			yield(nil, err)
			return
		}
		for _, name := range w.tables[namespace] {
			if name != "gone" && !yield(&plan.Table{Name: plan.TableName{Namespace: namespace, Name: name}}, nil) {
				return
			}
		}
	}
}

// Tables are described by one request, or each by its own where there are few or the source knows no other way.
func TestDescribe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var many []string
		for i := range 20 {
			many = append(many, fmt.Sprintf("t%02d", i))
		}
		all := &whole{fake: fake{tables: map[string][]string{"": append(slices.Clone(many), "gone")}}}
		each := &fake{tables: map[string][]string{"": many}}
		c, err := New(ctx, Config{Types: map[string]connectors.Open{"whole": func(context.Context, connectors.Config) (connectors.Connector, error) { return all, nil },
			"fake": fakes(map[string]*fake{"each": each})}}, []store.Server{{Name: "all", Type: "whole"}, {Name: "each", Type: "fake"}})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		describe := func(db string, most int) (described, failed int, err error) {
			t.Helper()
			entries, err := c.List(ctx, "ann", db)
			if err != nil {
				t.Fatal(err)
			}
			err = c.Describe(ctx, "ann", db, entries[:min(most, len(entries))], func(e Entry, table *plan.Table, err error) {
				if err != nil {
					failed++
					return
				}
				if described++; table.Name.Name != e.Name {
					t.Errorf("%s is described as %s", e.Name, table.Name)
				}
			})
			return described, failed, err
		}
		if n, _, err := describe("all", 21); n != 20 || err != nil || all.wholes != 1 || all.asked.Load() != 0 {
			t.Errorf("%d tables, %v, of %d requests for all and %d for one", n, err, all.wholes, all.asked.Load())
		}
		if n, _, err := describe("all", fewTables); n != fewTables || err != nil || all.wholes != 1 || all.asked.Load() != fewTables {
			t.Errorf("%d tables, %v, of %d requests for all and %d for one", n, err, all.wholes, all.asked.Load())
		}
		if n, _, err := describe("each", 20); n != 20 || err != nil || each.asked.Load() != 20 {
			t.Errorf("%d tables, %v, of %d requests", n, err, each.asked.Load())
		}
		each.tables[""] = many[:19]
		c.source("each").tables.forget()
		if n, failed, err := describe("each", 20); n != 19 || failed != 1 || err != nil {
			t.Errorf("%d tables and %d not, %v", n, failed, err)
		}

		// A source that is down is asked no more than a few times, one that hangs for a while.
		for _, source := range []*fake{&all.fake, each} {
			source.down.Store(true)
			source.asked.Store(0)
		}
		c.source("each").tables.forget()
		for _, db := range []string{"all", "each"} {
			if n, _, err := describe(db, 20); n != 0 || !sqlerr.Is(err, sqlerr.SourceDown) {
				t.Errorf("%s is down: %d tables, %v", db, n, err)
			}
		}
		if n := each.asked.Load(); n > 2*describers {
			t.Errorf("%d requests of a source that is down", n)
		}
		for _, source := range []*fake{&all.fake, each} {
			source.hang.Store(true)
		}
		for _, db := range []string{"all", "each"} {
			start := time.Now()
			if n, _, err := describe(db, 20); n != 0 || !sqlerr.Is(err, sqlerr.SourceDown) || time.Since(start) != firstAnswer*DefaultListTimeout {
				t.Errorf("%s hangs: %d tables, %v after %s", db, n, err, time.Since(start))
			}
		}
		ended, end := context.WithCancelCause(ctx)
		end(errors.New("enough"))
		entries, _ := c.List(ctx, "ann", "each")
		if err := c.Describe(ended, "ann", "each", entries, func(Entry, *plan.Table, error) {}); err == nil || err.Error() != "enough" {
			t.Error(err)
		}
	})
}

func TestWrapper(t *testing.T) {
	var warnings []string
	c := mustNew(t, map[string]*fake{"a": {}, "a_b": {}}, &warnings)
	c.source("a_b").server.Type = "other"
	for db, want := range map[string]string{"A": "fake", "a_x": "fake", "a_b": "other", "a_b_c": "other", "nope": ""} {
		if got := c.Wrapper(db); got != want {
			t.Errorf("%s: %q, want %q", db, got, want)
		}
	}
}
