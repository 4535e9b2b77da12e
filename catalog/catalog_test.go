package catalog

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

// mustNew makes a catalog of the fakes, all of them configured, that appends what it warns of to warnings.
func mustNew(t *testing.T, all map[string]*fake, warnings *[]string) *Catalog {
	t.Helper()
	var configured []store.Server
	for name := range all {
		configured = append(configured, store.Server{Name: name, Type: "fake"})
	}
	c, err := New(ctx, Config{
		Types: map[string]connectors.Open{"fake": fakes(all)},
		Warn:  func(_ context.Context, m string) { *warnings = append(*warnings, m) },
	}, configured)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestReservedNamesAreNoSources(t *testing.T) {
	for _, name := range []string{"mysql", "Information_Schema", "performance_schema", "sys"} {
		_, err := New(ctx, Config{Types: map[string]connectors.Open{"fake": fakes(map[string]*fake{name: {}})}},
			[]store.Server{{Name: name, Type: "fake"}})
		if !sqlerr.Is(err, sqlerr.BadOption) || !strings.Contains(err.Error(), "source "+name+": the name is reserved") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNamesOfDatabasesAndTables(t *testing.T) {
	long := strings.Repeat("long_", 20)
	var warnings []string
	c := mustNew(t, map[string]*fake{
		"shop": {standard: "public", tables: map[string][]string{
			"public": {"Both", "Mixed", "both", "orders", "Ab", "aB"}, "v": {"orders"}, "Sales": {"t"}, long: {long}}},
		"lake": {tables: map[string][]string{"": {"reviews"}}},
	}, &warnings)

	alias := shown("shop_" + long)
	databases, err := c.Databases(ctx, "root")
	if want := []string{"lake", "shop", "shop_Sales", alias, "shop_v"}; err != nil || !reflect.DeepEqual(databases, want) {
		t.Errorf("databases %q, %v; want %q", databases, err, want)
	}
	if len(alias) != 64 || shown(alias) != alias {
		t.Errorf("alias %q has %d characters", alias, len(alias))
	}
	tables, err := c.Tables(ctx, "root", "SHOP")
	if want := []string{"Ab", "Both", "Mixed", "aB", "both", "orders"}; err != nil || !reflect.DeepEqual(tables, want) {
		t.Errorf("tables %q, %v; want %q", tables, err, want)
	}

	for _, r := range []struct{ db, table, namespace, name string }{
		{"shop", "orders", "public", "orders"},
		{"SHOP", "ORDERS", "public", "orders"},
		{"shop", "mixed", "public", "Mixed"},
		{"shop", "Both", "public", "Both"}, // both stay reachable
		{"shop", "both", "public", "both"},
		{"shop", "BOTH", "public", "both"},
		{"shop_v", "Orders", "v", "orders"},
		{"shop_sales", "t", "Sales", "t"},
		{alias, shown(long), long, long},
		{"shop_" + long, long, long, long},
		{"lake", "reviews", "", "reviews"},
	} {
		site, table, err := c.Resolve(ctx, "root", r.db, r.table)
		want := connectors.TableName{Namespace: r.namespace, Name: r.name}
		if err != nil || table.Name != want || site.Principal != "root" || !strings.HasPrefix(strings.ToLower(r.db), site.Source) {
			t.Errorf("%s.%s: %v %v, %v; want %v", r.db, r.table, site, table, err, want)
		}
	}
	for _, r := range []struct {
		db, table string
		code      sqlerr.Code
	}{
		{"shop", "nope", sqlerr.UnknownTable},
		{"shop", "AB", sqlerr.UnknownTable}, // Ab or aB?
		{"shop_nope", "t", sqlerr.UnknownDatabase},
		{"nope", "t", sqlerr.UnknownDatabase},
		{"shop_public", "orders", sqlerr.UnknownDatabase}, // the default namespace has one name only
	} {
		if _, _, err := c.Resolve(ctx, "ann", r.db, r.table); !sqlerr.Is(err, r.code) {
			t.Errorf("%s.%s: %v", r.db, r.table, err)
		}
	}
	if _, err := c.Tables(ctx, "ann", "nope"); !sqlerr.Is(err, sqlerr.UnknownDatabase) {
		t.Errorf("tables of an unknown database: %v", err)
	}
	if len(warnings) > 0 {
		t.Errorf("warnings %q", warnings)
	}
}

func TestMetadataRequestsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := &fake{standard: "public", tables: map[string][]string{"public": {"orders"}}}
		var warnings []string
		c := mustNew(t, map[string]*fake{"shop": shop}, &warnings)
		resolve := func(user string) {
			t.Helper()
			if _, _, err := c.Resolve(ctx, user, "shop", "orders"); err != nil {
				t.Error(err)
			}
		}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { resolve("ann") })
		}
		wg.Wait()
		if lists, asked := shop.lists.Load(), shop.asked.Load(); lists != 0 || asked != 1 {
			t.Errorf("20 SELECTs took %d listings and %d descriptions, want one description", lists, asked)
		}
		if resolve("bob"); shop.asked.Load() != 2 {
			t.Error("one user's description was given to another")
		}
		c.Forget("shop")
		if resolve("bob"); shop.asked.Load() != 3 {
			t.Error("Forget kept a description")
		}
		time.Sleep(DefaultTTL)
		if resolve("bob"); shop.asked.Load() != 4 {
			t.Error("a description outlived its time")
		}
	})
}

// A statement may say how old descriptions may be: less than they are kept otherwise, or more.
func TestStaleness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := &fake{standard: "public", tables: map[string][]string{"public": {"orders"}}}
		var warnings []string
		c := mustNew(t, map[string]*fake{"shop": shop}, &warnings)
		begins := func(most time.Duration) context.Context { return connectors.WithStaleness(ctx, time.Now(), most) }
		asks := func(ctx context.Context, want int64) {
			t.Helper()
			before := shop.asked.Load()
			for range 2 {
				if _, _, err := c.Resolve(ctx, "ann", "shop", "orders"); err != nil {
					t.Fatal(err)
				}
				if _, _, ok := c.Remember(ctx, "ann", "shop", "orders"); !ok {
					t.Error("what was just found is not remembered")
				}
			}
			if asked := shop.asked.Load() - before; asked != want {
				t.Errorf("%d descriptions, want %d", asked, want)
			}
		}
		asks(begins(-1), 1)
		time.Sleep(time.Second)
		asks(begins(-1), 0)
		asks(begins(time.Second), 0)
		if _, _, ok := c.Remember(begins(time.Second-1), "ann", "shop", "orders"); ok {
			t.Error("what is too old is remembered")
		}
		asks(begins(time.Second-1), 1)
		time.Sleep(time.Nanosecond)
		asks(begins(0), 1) // but once for a statement
		time.Sleep(time.Hour)
		asks(begins(time.Hour), 0)
		asks(begins(-1), 1)

		// What others asked for before the statement began does not answer it.
		c.Forget("shop")
		shop.hang.Store(true)
		awaited, cancel := context.WithCancel(begins(-1))
		c.Announce(awaited, "ann", []plan.TableName{{Namespace: "shop", Name: "orders"}})
		synctest.Wait()
		shop.hang.Store(false)
		time.Sleep(time.Nanosecond)
		asks(begins(0), 1)
		cancel()
		synctest.Wait()
	})
}

// Tables that are announced are asked for at the same time, and no more often.
func TestAnnouncedTablesAreDescribedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := &fake{standard: "public", tables: map[string][]string{"public": {"orders", "items"}}}
		var warnings []string
		c := mustNew(t, map[string]*fake{"shop": shop}, &warnings)
		tables := []plan.TableName{{Namespace: "shop", Name: "orders"}, {Namespace: "shop", Name: "items"}, {Namespace: "gone", Name: "x"}}
		c.Announce(ctx, "ann", tables)
		synctest.Wait()
		if asked := shop.asked.Load(); asked != 2 {
			t.Errorf("%d descriptions were asked for", asked)
		}
		for _, n := range tables[:2] {
			if _, found, err := c.Resolve(ctx, "ann", n.Namespace, n.Name); err != nil || found.Name.Name != n.Name {
				t.Error(found, err)
			}
		}
		if asked := shop.asked.Load(); asked != 2 || len(warnings) > 0 {
			t.Errorf("%d descriptions, warnings %v", asked, warnings)
		}
	})
}

// What is remembered is told without asking for anything, and nothing else is.
func TestRememberedTables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := &fake{standard: "public", tables: map[string][]string{"public": {"orders"}, "x": {"t"}}}
		var warnings []string
		c := mustNew(t, map[string]*fake{"shop": shop}, &warnings)
		for _, n := range []plan.TableName{{Namespace: "shop", Name: "orders"}, {Namespace: "shop_x", Name: "t"}} {
			remembers := func(want bool) {
				t.Helper()
				asked, listed := shop.asked.Load(), shop.lists.Load()
				_, _, ok := c.Remember(ctx, "ann", n.Namespace, n.Name)
				if now := shop.asked.Load() + shop.lists.Load(); ok != want || now != asked+listed {
					t.Errorf("%s: %v, %d requests", n, ok, now-asked-listed)
				}
			}
			remembers(false)
			site, table, err := c.Resolve(ctx, "ann", n.Namespace, n.Name)
			if err != nil {
				t.Fatal(err)
			}
			if again, same, ok := c.Remember(ctx, "ann", n.Namespace, n.Name); !ok || again != site || same != table {
				t.Errorf("%s: %v, %v, %v", n, again, same, ok)
			}
			if _, _, ok := c.Remember(ctx, "bob", n.Namespace, n.Name); ok {
				t.Error("remembered for another user")
			}
			time.Sleep(DefaultTTL - time.Millisecond)
			remembers(true)
			time.Sleep(time.Millisecond)
			remembers(false)
			if _, _, err := c.Resolve(ctx, "ann", n.Namespace, n.Name); err != nil {
				t.Fatal(err)
			}
			c.Forget("shop")
			remembers(false)
			shop.hang.Store(true)
			awaited, cancel := context.WithCancel(ctx)
			c.Announce(awaited, "ann", []plan.TableName{n})
			synctest.Wait()
			remembers(false) // while it is asked for
			cancel()
			synctest.Wait()
			shop.hang.Store(false)
		}
	})
}

func TestADeadSourceDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead := &fake{tables: map[string][]string{"": {"t"}, "x": {"t"}}}
		dead.hang.Store(true)
		var warnings []string
		c := mustNew(t, map[string]*fake{"dead": dead, "lake": {tables: map[string][]string{"": {"reviews"}, "s": nil}}}, &warnings)

		start := time.Now()
		names, err := c.Databases(ctx, "root")
		if want := []string{"dead", "lake", "lake_s"}; err != nil || !reflect.DeepEqual(names, want) {
			t.Errorf("databases %q, %v; want %q", names, err, want)
		}
		if waited := time.Since(start); waited != DefaultListTimeout {
			t.Errorf("waited %s", waited)
		}
		if len(warnings) != 1 || !strings.Contains(warnings[0], "source dead") {
			t.Errorf("warnings %q", warnings)
		}

		start = time.Now()
		for range 3 {
			if names, err := c.Tables(ctx, "root", "dead"); err != nil || len(names) > 0 {
				t.Errorf("tables of the dead source: %q, %v", names, err)
			}
			if _, err := c.Databases(ctx, "root"); err != nil {
				t.Error(err)
			}
			if _, err := c.Tables(ctx, "root", "lake"); err != nil {
				t.Error(err)
			}
			if _, _, err := c.Resolve(ctx, "root", "lake", "reviews"); err != nil {
				t.Error(err)
			}
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("listings waited %s more for a source known to be silent", waited)
		}

		dead.hang.Store(false)
		time.Sleep(DefaultTTL)
		if names, err := c.Databases(ctx, "root"); err != nil || !slices.Contains(names, "dead_x") {
			t.Errorf("after it came back: %q, %v", names, err)
		}
	})
}

func TestResolveIsStrict(t *testing.T) {
	shop := &fake{tables: map[string][]string{"": {"t"}, "s": {"t"}}}
	shop.down.Store(true)
	var warnings []string
	c := mustNew(t, map[string]*fake{"shop": shop}, &warnings)
	for _, db := range []string{"shop", "shop_s"} {
		if _, _, err := c.Resolve(ctx, "ann", db, "t"); !sqlerr.Is(err, sqlerr.SourceDown) {
			t.Errorf("%s: %v", db, err)
		}
	}
	if ok, err := c.HasDatabase(ctx, "ann", "shop"); !ok || err != nil {
		t.Errorf("the source's own database: %v, %v", ok, err)
	}
	if _, err := c.HasDatabase(ctx, "ann", "shop_s"); !sqlerr.Is(err, sqlerr.SourceDown) {
		t.Errorf("a namespace: %v", err)
	}
	shop.down.Store(false)
	for _, db := range []string{"shop", "shop_s"} {
		if _, _, err := c.Resolve(ctx, "ann", db, "t"); err != nil {
			t.Errorf("%s, once it is up: %v", db, err)
		}
	}
	for db, want := range map[string]bool{"shop": true, "SHOP_S": true, "shop_t": false, "other": false} {
		if ok, err := c.HasDatabase(ctx, "ann", db); ok != want || err != nil {
			t.Errorf("%s, once it is up: %v, %v", db, ok, err)
		}
	}
}

func TestAPanicOfASourceIsAnError(t *testing.T) {
	shop := &fake{tables: map[string][]string{"": {"t"}}}
	shop.defect.Store(true)
	var warnings []string
	c := mustNew(t, map[string]*fake{"shop": shop}, &warnings)
	if _, _, err := c.Resolve(ctx, "ann", "shop", "t"); !sqlerr.Is(err, sqlerr.Internal) {
		t.Errorf("error %v", err)
	}
	if names, err := c.Databases(ctx, "ann"); err != nil || len(names) != 1 || len(warnings) != 1 {
		t.Errorf("databases %v, error %v, warnings %v", names, err, warnings)
	}
}

func TestTheLastCallerToLeaveCancelsTheRequest(t *testing.T) {
	shop := &fake{}
	shop.hang.Store(true)
	var warnings []string
	c := mustNew(t, map[string]*fake{"shop": shop}, &warnings)
	patient, cancelPatient := context.WithCancel(ctx)
	hasty, cancelHasty := context.WithCancel(ctx)
	errs := make(chan error, 2)
	for _, ctx := range []context.Context{hasty, patient} {
		go func() {
			_, _, err := c.Resolve(ctx, "ann", "shop", "t")
			errs <- err
		}()
	}
	cancelHasty()
	if err := <-errs; !sqlerr.Is(err, sqlerr.Cancelled) {
		t.Errorf("the one who left: %v", err)
	}
	cancelPatient() // the request ends: goleak sees that it did
	if err := <-errs; !sqlerr.Is(err, sqlerr.Cancelled) {
		t.Errorf("the other: %v", err)
	}
}

func TestANamespaceJustMadeIsFound(t *testing.T) {
	shop := &fake{tables: map[string][]string{"s": {"t"}}}
	var warnings []string
	c := mustNew(t, map[string]*fake{"shop": shop}, &warnings)
	if _, _, err := c.Resolve(ctx, "ann", "shop_s", "t"); err != nil {
		t.Fatal(err)
	}
	shop.tables["new"] = []string{"t"}
	if _, _, err := c.Resolve(ctx, "ann", "shop_new", "t"); err != nil {
		t.Error(err)
	}
}

// TestPrincipals checks that users are one principal where a source makes no difference between them, and only there.
func TestPrincipals(t *testing.T) {
	shared, own := &fake{tables: map[string][]string{"": {"t"}}}, &fake{tables: map[string][]string{"": {"t"}}, apart: true}
	c := mustNew(t, map[string]*fake{"shared": shared, "own": own}, new([]string))
	sites := func(db string) (all []string) {
		for _, user := range []string{"ann", "bob", "ann"} {
			site, _, err := c.Resolve(context.Background(), user, db, "t")
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, site.Principal)
		}
		return all
	}
	if got := sites("shared"); !slices.Equal(got, []string{"ann", "ann", "ann"}) {
		t.Errorf("of one account: %q", got)
	}
	if got := sites("own"); !slices.Equal(got, []string{"ann", "bob", "ann"}) {
		t.Errorf("of an account for each user: %q", got)
	}
}

func TestSource(t *testing.T) {
	shop := &fake{}
	var warnings []string
	c := mustNew(t, map[string]*fake{"shop": shop}, &warnings)
	for range 2 {
		if s, err := c.Source(plan.Site{Source: "shop", Principal: "ann"}); s != connectors.Source(shop) || err != nil {
			t.Errorf("%v, %v", s, err)
		}
	}
	if shop.users.Load() != 1 {
		t.Errorf("bound %d times for one user", shop.users.Load())
	}
	if _, err := c.Source(plan.Site{Source: "nope"}); !sqlerr.Is(err, sqlerr.UnknownServer) {
		t.Error(err)
	}
}
