package mysql

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/silogate/silogate/catalog"
	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/sqlite"
	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	operators "github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql/scratchsql"
	"github.com/silogate/silogate/gateway/shadow"
	"github.com/silogate/silogate/internal/liar"
)

func TestMain(m *testing.M) {
	RouteLibraryLogs(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

var background = context.Background()

// gateway is a server under test, with a source fake of made-up tables.
type gateway struct {
	*Server
	t       testing.TB
	dir     string // of the store
	fake    *fake
	liar    *liar.Source // behind the wrapper liar
	many    *many        // behind the wrapper many
	each    *perUser     // behind the wrapper each
	alarms  alarms       // errors that were logged
	mem     bufpooltest.Allocator
	catalog *catalog.Catalog
	store   *store.Store
	scratch *scratch.Store
	shadow  *shadow.Shadow
	served  chan error
	now     func() time.Time // by which listings age; nil: the time
	tls     *tls.Config      // nil: none
}

// start starts a gateway; cleanup stops it and checks that nothing is left of what it ran.
func start(t testing.TB) *gateway {
	g := &gateway{t: t, dir: t.TempDir(), fake: &fake{rows: 2500, reading: make(chan struct{})}}
	g.start()
	t.Cleanup(func() { g.stop() })
	return g
}

func (g *gateway) start() {
	g.t.Helper()
	var err error
	if g.store, err = store.Open(background, g.dir); err != nil {
		g.t.Fatal(err)
	}
	g.scratch, err = scratch.Open(background, scratch.Config{Path: filepath.Join(g.dir, "scratch.db"), Type: scratchsql.TypeOf,
		Quota: scratch.Quota{User: 64 << 20, Total: 64 << 20}})
	if err != nil {
		g.t.Fatal(err)
	}
	g.catalog, err = catalog.New(background, catalog.Config{
		Types: map[string]connectors.Open{
			"fake":   func(context.Context, connectors.Config) (connectors.Connector, error) { return g.fake, nil },
			"sqlite": sqlite.Open,
			"many":   func(context.Context, connectors.Config) (connectors.Connector, error) { return g.many, nil },
			"each":   func(context.Context, connectors.Config) (connectors.Connector, error) { return g.each, nil },
			"liar":   func(context.Context, connectors.Config) (connectors.Connector, error) { return g.liar, nil },
		},
		Store: g.store, Roots: []string{g.dir}, Warn: Warn, Made: g.scratch.Names, Now: g.now,
	}, []store.Server{{Name: "fake", Type: "fake"}})
	if err != nil {
		g.t.Fatal(err)
	}
	g.mem = bufpooltest.New()
	log := slog.New(slog.NewTextHandler(&g.alarms, &slog.HandlerOptions{Level: slog.LevelError}))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		g.t.Fatal(err)
	}
	weights := func(c types.Collation) operators.WeightFunc {
		key, _ := bind.Weights(c)
		return key
	}
	e, registry := engine.New(engine.Config{Sources: g.catalog, Log: log, Allocator: g.mem, Weights: weights}), prometheus.NewRegistry()
	if g.shadow, err = shadow.New(background, shadow.Config{Engine: e, Store: g.store, Registry: registry, Log: log}); err != nil {
		g.t.Fatal(err)
	}
	g.Server, err = New(background, listener, Config{
		Catalog:  g.catalog,
		Engine:   e,
		Shadow:   g.shadow,
		Store:    g.store,
		Scratch:  g.scratch,
		Users:    []User{{Name: "root", Password: "sesame"}},
		Rules:    []string{"simplify", "prune"},
		Registry: registry,
		Log:      log,
		TLS:      g.tls,
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.served = make(chan error, 1)
	go func() { g.served <- g.Serve() }()
}

func (g *gateway) stop() {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(background, 5*time.Second)
	defer cancel()
	if err := errors.Join(g.Close(ctx), <-g.served, g.closeRest()); err != nil {
		g.t.Error(err)
	}
	if open := g.fake.open.Load(); open != 0 {
		g.t.Errorf("%d executions were left open", open)
	}
	g.mem.AssertSize(g.t, 0)
}

// closeRest closes what the server is made of, once that is closed.
func (g *gateway) closeRest() error {
	g.shadow.Close()
	return errors.Join(g.catalog.Close(), g.scratch.Close(), g.store.Close())
}

// dsn names the gateway for the driver, as root; params is a query string.
func (g *gateway) dsn(params string) string {
	return fmt.Sprintf("root:sesame@tcp(%s)/fake?%s", g.Addr(), params)
}

// open connects a pool.
func (g *gateway) open(params string) *sql.DB {
	g.t.Helper()
	db, err := sql.Open("mysql", g.dsn(params))
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { db.Close() })
	return db
}

// conn opens one connection and returns its id.
func (g *gateway) conn(db *sql.DB) (*sql.Conn, int64) {
	g.t.Helper()
	c, err := db.Conn(background)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { c.Close() })
	var id int64
	if err := c.QueryRowContext(background, "SELECT CONNECTION_ID()").Scan(&id); err != nil {
		g.t.Fatal(err)
	}
	return c, id
}

// querier is a pool or a connection.
type querier interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

// texts runs a query and returns its rows as texts, NULL as "NULL", up to the error that ends them.
func texts(q querier, query string, args ...any) (rows [][]string, err error) {
	r, err := q.QueryContext(background, query, args...)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	columns, err := r.Columns()
	if err != nil {
		return nil, err
	}
	for r.Next() {
		cells := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := r.Scan(into...); err != nil {
			return rows, err
		}
		row := make([]string, len(columns))
		for i, c := range cells {
			if row[i] = c.String; !c.Valid {
				row[i] = "NULL"
			}
		}
		rows = append(rows, row)
	}
	return rows, r.Err()
}

// drain runs queries and returns the error that ends their rows.
func drain(ctx context.Context, db *sql.DB, query string) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() || rows.NextResultSet() {
	}
	return rows.Err()
}

// wantErrno checks that err is the server's with an errno and SQLSTATE.
func wantErrno(t *testing.T, what string, err error, errno uint16, state string) {
	t.Helper()
	var e *driver.MySQLError
	if !errors.As(err, &e) || e.Number != errno || string(e.SQLState[:]) != state {
		t.Errorf("%s: %v, want errno %d (%s)", what, err, errno, state)
	}
}

// eventually waits until ok, which something that has begun will make true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come true", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func tlsOf(pair tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{pair}}
}
