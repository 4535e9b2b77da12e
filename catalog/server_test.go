package catalog

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// gateway is a catalog with a store that can be restarted.
type gateway struct {
	*Catalog
	t          *testing.T
	dir        string
	fakes      map[string]*fake
	configured []store.Server
	store      *store.Store
}

func (g *gateway) start() {
	g.t.Helper()
	var err error
	if g.store, err = store.Open(ctx, g.dir); err != nil {
		g.t.Fatal(err)
	}
	g.Catalog, err = New(ctx, Config{
		Types: map[string]connectors.Open{"fake": fakes(g.fakes)},
		Store: g.store,
		Roots: []string{"/srv"},
	}, g.configured)
	if err != nil {
		g.t.Fatal(err)
	}
}

func (g *gateway) stop() {
	g.t.Helper()
	if err := g.Close(); err != nil {
		g.t.Error(err)
	}
	if err := g.store.Close(); err != nil {
		g.t.Error(err)
	}
}

func TestServersOverARestart(t *testing.T) {
	g := &gateway{t: t, dir: t.TempDir(), fakes: map[string]*fake{"fixed": {}}, configured: []store.Server{{Name: "fixed", Type: "fake"}}}
	g.start()
	options := connectors.Options{"url": "fake://user:hunter2@host/db", "password": "hunter2", "pool": "8"}
	if err := g.CreateServer(ctx, store.Server{Name: "shop", Type: "fake", Options: options}); err != nil {
		t.Fatal(err)
	}
	if err := g.CreateServer(ctx, store.Server{Name: "gone", Type: "fake"}); err != nil {
		t.Fatal(err)
	}
	if err := g.AlterServer(ctx, "SHOP", connectors.Options{"password": "hunter3", "admission": "2"}, []string{"pool"}); err != nil {
		t.Fatal(err)
	}
	if err := g.DropServer(ctx, "gone"); err != nil || !g.fakes["gone"].closed.Load() {
		t.Errorf("drop: %v; closed %v", err, g.fakes["gone"].closed.Load())
	}
	g.stop()

	g.start()
	defer g.stop()
	want := connectors.Options{"url": "fake://user:hunter2@host/db", "password": "hunter3", "admission": "2"}
	if got := g.fakes["shop"].options; !reflect.DeepEqual(got, want) {
		t.Errorf("after the restart shop was opened with %v, want %v", got, want)
	}
	if got := g.fakes["shop"].roots; !reflect.DeepEqual(got, []string{"/srv"}) {
		t.Errorf("a server made by SQL may read %q", got)
	}
	if got := g.fakes["fixed"].roots; got != nil {
		t.Errorf("a configured source is held to %q", got)
	}
	infos := []ServerInfo{
		{Name: "fixed", Type: "fake", Options: connectors.Options{}, Origin: FromFile},
		{Name: "shop", Type: "fake", Options: connectors.Options{"url": "fake://user:***@host/db", "password": "***", "admission": "2"}, Origin: FromSQL},
	}
	if got := g.Servers(); !reflect.DeepEqual(got, infos) {
		t.Errorf("servers %+v, want %+v", got, infos)
	}
}

func TestRefusedServers(t *testing.T) {
	g := &gateway{t: t, dir: t.TempDir(), configured: []store.Server{{Name: "a", Type: "fake"}, {Name: "b_c", Type: "fake"}}}
	g.fakes = map[string]*fake{
		"a":   {tables: map[string][]string{"b_c": nil, "x": nil}},
		"a_b": {tables: map[string][]string{"C": nil}},
		"b":   {tables: map[string][]string{"c": nil}},
	}
	g.start()
	defer g.stop()
	for _, c := range []struct {
		do   error
		code sqlerr.Code
		want string
	}{
		{g.CreateServer(ctx, store.Server{Name: "A", Type: "fake"}), sqlerr.DuplicateServer, "A"},
		{g.CreateServer(ctx, store.Server{Name: "a_b", Type: "fake"}), sqlerr.DuplicateServer, "a_b_C"}, // a's b_c, a_b's C
		{g.CreateServer(ctx, store.Server{Name: "a_x", Type: "fake"}), sqlerr.DuplicateServer, "a_x"},
		{g.CreateServer(ctx, store.Server{Name: "b", Type: "fake"}), sqlerr.DuplicateServer, "b_c"},
		{g.CreateServer(ctx, store.Server{Name: "mysql", Type: "fake"}), sqlerr.BadOption, "reserved"},
		{g.CreateServer(ctx, store.Server{Name: "a b", Type: "fake"}), sqlerr.BadOption, "name"},
		{g.CreateServer(ctx, store.Server{Name: "n", Type: "nope"}), sqlerr.BadOption, "nope"},
		{g.CreateServer(ctx, store.Server{Name: "n", Type: "fake", Options: connectors.Options{"bad": "1"}}), sqlerr.BadOption, "source n: unknown option bad"},
		{g.AlterServer(ctx, "nope", nil, nil), sqlerr.UnknownServer, "nope"},
		{g.AlterServer(ctx, "a", nil, nil), sqlerr.Unsupported, "configuration file"},
		{g.DropServer(ctx, "nope"), sqlerr.UnknownServer, "nope"},
		{g.DropServer(ctx, "a"), sqlerr.Unsupported, "configuration file"},
	} {
		if !sqlerr.Is(c.do, c.code) || !strings.Contains(c.do.Error(), c.want) {
			t.Errorf("error %v (code %d), want code %d and %q", c.do, sqlerr.CodeOf(c.do), c.code, c.want)
		}
	}
	for _, name := range []string{"a_b", "b"} {
		if !g.fakes[name].closed.Load() {
			t.Errorf("refused server %s was left open", name)
		}
	}
	if err := g.CreateServer(ctx, store.Server{Name: "down", Type: "fake"}); err != nil {
		t.Fatal(err)
	}
	if err := g.AlterServer(ctx, "down", connectors.Options{"bad": "1"}, nil); !sqlerr.Is(err, sqlerr.BadOption) || g.fakes["down"].closed.Load() {
		t.Errorf("a refused ALTER: %v; closed %v", err, g.fakes["down"].closed.Load())
	}
	if err := g.AlterServer(ctx, "down", nil, []string{"nope"}); !sqlerr.Is(err, sqlerr.BadOption) {
		t.Errorf("dropping an option that is not set: %v", err)
	}
}

func TestAStoredServerThatNoLongerOpensCanBeMended(t *testing.T) {
	g := &gateway{t: t, dir: t.TempDir(), fakes: map[string]*fake{}}
	g.start()
	defer func() { g.stop() }()
	if err := g.store.PutServer(ctx, store.Server{Name: "old", Type: "fake", Options: connectors.Options{"bad": "1"}}); err != nil {
		t.Fatal(err)
	}
	g.stop()
	g.start()
	if got := g.Servers(); len(got) != 1 || !strings.Contains(got[0].Problem, "unknown option bad") {
		t.Errorf("servers %+v", got)
	}
	if _, _, err := g.Resolve(ctx, "ann", "old", "t"); !sqlerr.Is(err, sqlerr.BadOption) {
		t.Errorf("resolve: %v", err)
	}
	if err := g.AlterServer(ctx, "old", nil, []string{"bad"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.Resolve(ctx, "ann", "old", "t"); !sqlerr.Is(err, sqlerr.UnknownTable) {
		t.Errorf("once mended: %v", err)
	}
}

func TestTheFileHidesAStoredServer(t *testing.T) {
	g := &gateway{t: t, dir: t.TempDir(), fakes: map[string]*fake{}}
	g.start()
	defer func() { g.stop() }()
	if err := g.CreateServer(ctx, store.Server{Name: "shop", Type: "fake", Options: connectors.Options{"from": "sql"}}); err != nil {
		t.Fatal(err)
	}
	g.stop()
	g.configured = []store.Server{{Name: "Shop", Type: "fake", Options: connectors.Options{"from": "file"}}}
	g.start()
	if got := g.Servers(); len(got) != 1 || got[0].Origin != FromFile || got[0].Options["from"] != "file" {
		t.Errorf("servers %+v", got)
	}
}

func TestAConfiguredSourceThatCannotBeOpenedIsAnError(t *testing.T) {
	good := &fake{}
	_, err := New(context.Background(), Config{Types: map[string]connectors.Open{"fake": fakes(map[string]*fake{"good": good})}}, []store.Server{
		{Name: "good", Type: "fake"}, {Name: "shop", Type: "fake", Options: connectors.Options{"bad": "1"}}, {Name: "lake", Type: "nope"}})
	if err == nil || !strings.Contains(err.Error(), "source shop: unknown option bad") || !strings.Contains(err.Error(), "source lake: there is no connector of type nope") {
		t.Errorf("error %v", err)
	}
	if !good.closed.Load() {
		t.Error("the source that opened was left open")
	}
}

func TestConfiguredSourcesThatClaimOneDatabase(t *testing.T) {
	all := map[string]*fake{
		"pg":       {standard: "public", tables: map[string][]string{"public": {"t"}, "sales": {"t"}}},
		"pg_sales": {tables: map[string][]string{"": {"t"}}},
	}
	cfg := Config{Types: map[string]connectors.Open{"fake": fakes(all)}}
	const want = "server pg_sales: sources pg_sales and pg would both have a database pg_sales"
	configured := []store.Server{{Name: "pg", Type: "fake"}, {Name: "pg_sales", Type: "fake"}}
	_, err := New(ctx, cfg, configured)
	if !sqlerr.Is(err, sqlerr.DuplicateServer) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	for name, f := range all {
		if !f.closed.Load() {
			t.Errorf("%s is still open", name)
		}
	}
	_, err = New(ctx, cfg, []store.Server{configured[1], configured[0]})
	if !sqlerr.Is(err, sqlerr.DuplicateServer) {
		t.Errorf("in the other order: %v", err)
	}

	refused := map[string]string{}
	cfg.Refused = func(server store.Server, reason error) error {
		refused[server.Name] = reason.Error()
		return nil
	}
	c, err := New(ctx, cfg, append(configured, store.Server{Name: "x", Type: "fake", Options: connectors.Options{"bad": "1"}}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if want := map[string]string{"pg_sales": want, "x": "source x: unknown option bad"}; !reflect.DeepEqual(refused, want) {
		t.Errorf("refused %v, want %v", refused, want)
	}
	if _, _, err := c.Resolve(ctx, "root", "pg", "t"); err != nil {
		t.Errorf("the other source: %v", err)
	}
	if _, err := c.Inspect(ctx, "root", "x"); !sqlerr.Is(err, sqlerr.BadOption) {
		t.Errorf("the refused source: %v", err)
	}
	if infos := c.Servers(); infos[2].Origin != FromFile || infos[2].Problem == "" {
		t.Errorf("%+v", infos[2])
	}

	all["pg"].down.Store(true)
	c, err = New(ctx, Config{Types: cfg.Types}, configured)
	if err != nil {
		t.Fatalf("a source that is away keeps the gateway from starting: %v", err)
	}
	c.Close()

	var warnings []string
	all["pg"].down.Store(false)
	all["pg"].tables = map[string][]string{"public": {"t"}}
	c = mustNew(t, all, &warnings)
	all["pg"].tables = map[string][]string{"public": {"t"}, "sales": {"t"}} // made while the gateway runs
	c.Forget("pg")
	names, err := c.Databases(ctx, "root")
	if want := []string{"sources pg_sales and pg both have a database pg_sales: rename one of the two"}; err != nil || !reflect.DeepEqual(warnings, want) {
		t.Errorf("databases %v, %v, warnings %v, want %v", names, err, warnings, want)
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"postgres://app:p@ss:w@host:5432/db?x=1":   "postgres://app:***@host:5432/db?x=1",
		"app:secret@tcp(host)/db":                  "app:***@tcp(host)/db",
		"postgres://host/db?user=a&password=b&x=y": "postgres://host/db?user=a&password=***&x=y",
		"host=h password='a b' sslmode=disable":    "host=h password=*** sslmode=disable",
		"https://host/path?X-Amz-Signature=abc":    "https://host/path?X-Amz-Signature=***",
		"postgres://host/db":                       "postgres://host/db",
		"s3://bucket/prefix":                       "s3://bucket/prefix",
		"http://127.0.0.1:9000":                    "http://127.0.0.1:9000",
	} {
		if got := Redact(connectors.Options{"url": in})["url"]; got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	for _, key := range []string{"password", "secret_key", "TOKEN", "access_key", "private_key_file"} {
		if got := Redact(connectors.Options{key: "x"})[key]; got != "***" {
			t.Errorf("%s: %s", key, got)
		}
	}
	if got := Redact(connectors.Options{"region": "eu"})["region"]; got != "eu" {
		t.Errorf("region: %s", got)
	}
}

func TestInspect(t *testing.T) {
	shop := &fake{standard: "public", tables: map[string][]string{"public": {"orders"}, "v": {"a", "b"}}}
	var warnings []string
	c := mustNew(t, map[string]*fake{"shop": shop}, &warnings)
	got, err := c.Inspect(ctx, "root", "shop")
	if want := map[string][]string{"shop": {"orders"}, "shop_v": {"a", "b"}}; err != nil || !reflect.DeepEqual(got.Databases, want) || got.Doubt != nil {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	shop.doubt = errors.New("there is no schema w")
	if got, err := c.Inspect(ctx, "root", "shop"); err != nil || !errors.Is(got.Doubt, shop.doubt) {
		t.Errorf("%v, %v; want %v", got, err, shop.doubt)
	}
	c.Forget("shop")
	shop.down.Store(true)
	if _, err := c.Inspect(ctx, "root", "shop"); !sqlerr.Is(err, sqlerr.SourceDown) {
		t.Error(err)
	}
	if _, err := c.Inspect(ctx, "root", "nope"); !sqlerr.Is(err, sqlerr.UnknownServer) {
		t.Error(err)
	}
}
