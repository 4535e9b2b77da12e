package mysql

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	sqle "github.com/dolthub/go-mysql-server"
	gms "github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	vitess "github.com/dolthub/vitess/go/mysql"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/silogate/silogate/catalog"
	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/gateway/mysql/scratchsql"
	"github.com/silogate/silogate/gateway/session"
	"github.com/silogate/silogate/gateway/shadow"
)

// Config is what a Server is made with. Everything but TLS and Users is required.
type Config struct {
	Catalog    *catalog.Catalog
	Engine     *engine.Engine
	Store      *store.Store   // keeps the accounts
	Scratch    *scratch.Store // keeps what clients make
	Users      []User         // made on the first start
	Shadow     *shadow.Shadow // checks a share of the statements
	ShadowRate float64        // that share, unless a session has another
	Rules      []string       // the names that silogate_disabled_rules may hold
	TLS        *tls.Config    // nil: connections are not encrypted
	Registry   prometheus.Registerer
	Log        *slog.Logger
}

// Server is the MySQL port.
type Server struct {
	cfg      Config
	binder   *bind.Binder
	gms      *sqle.Engine
	listener *gms.Server
	sessions *gms.SessionManager
	metrics  *metrics
	plans    *plans
	views    views
	results  sync.Map // uint32, a connection's id -> *engine.Result, which it streams

	closing     atomic.Bool
	connections sync.Map // uint32, the id of an authenticated connection -> net.Conn
	statements  sync.Map // uint32, a connection's id -> context.CancelCauseFunc of what it runs
}

// New makes a server on a listener, which it then owns. Serve accepts connections.
func New(ctx context.Context, listener net.Listener, cfg Config) (*Server, error) {
	v := &Server{cfg: cfg}
	if err := v.open(ctx, listener); err != nil {
		err = errors.Join(err, listener.Close())
		if v.binder != nil {
			err = errors.Join(err, v.binder.Close())
		}
		return nil, fmt.Errorf("mysql port: %w", err)
	}
	return v, nil
}

func (v *Server) open(ctx context.Context, listener net.Listener) (err error) {
	if err := registerVariables(session.Variables(v.cfg.Rules)); err != nil {
		return err
	}
	if err := sql.SystemVariables.AssignValues(map[string]any{session.ShadowRate: v.cfg.ShadowRate}); err != nil {
		return err
	}
	if v.metrics, err = newMetrics(v.cfg.Registry); err != nil {
		return err
	}
	if v.plans, err = newPlans(v.metrics.plans); err != nil {
		return err
	}
	kept, err := v.cfg.Store.Views(ctx)
	if err != nil {
		return err
	}
	v.views = views{kept}
	made, err := scratchsql.New(v.cfg.Scratch, v.views)
	if err != nil {
		return err
	}
	v.binder, err = bind.New(bind.Config{Resolver: v.cfg.Catalog, Views: v.views, Scratch: made, Runner: v.rows})
	if err != nil {
		return err
	}
	v.gms = v.binder.Engine()
	if err := loadAccounts(ctx, v.gms.Analyzer.Catalog.MySQLDb, v.cfg.Store, v.cfg.Users); err != nil {
		return err
	}
	warnOfOpenAccounts(v.cfg.Log, v.gms.Analyzer.Catalog.MySQLDb, listener.Addr())
	v.listener, err = gms.NewServer(gms.Config{
		Listener:                 listener,
		Address:                  listener.Addr().String(),
		Version:                  version(),
		TLSConfig:                v.cfg.TLS,
		DisableConnectionWatcher: true, // a statement has its own
		Options:                  []gms.Option{v.wrap},
	}, v.gms, sql.NewContext, v.newSession, nil)
	return err
}

// wrap puts the server's handler before GMS's.
func (v *Server) wrap(e *sqle.Engine, sessions *gms.SessionManager, next vitess.Handler) (*sqle.Engine, *gms.SessionManager, vitess.Handler) {
	v.sessions = sessions
	return e, sessions, &handler{Handler: next, server: v, sessions: sessions}
}

// version is the server's version in the handshake, the same as @@version.
func version() string {
	_, value, _ := sql.SystemVariables.GetGlobal("version")
	text, _ := value.(string)
	return text
}

// Addr is where the server listens.
func (v *Server) Addr() net.Addr { return v.listener.Listener.Addr() }

// Serve accepts connections until Close.
func (v *Server) Serve() error { return v.listener.Start() }

// shutdown is what MySQL says of a statement that it can't run since it stops.
var shutdown = sqlerr.New(sqlerr.Shutdown, "Server shutdown in progress")

// lastWords is how long a connection has to tell its client how a statement ended, once all were told to end.
const lastWords = time.Second

// Close stops accepting connections and statements, gives running statements until ctx ends, then ends them, closes all
// connections and waits for their end.
func (v *Server) Close(ctx context.Context) error {
	err := v.listener.Close()
	v.closing.Store(true)
	v.drain(ctx)
	v.statements.Range(func(_, cancel any) bool {
		cancel.(context.CancelCauseFunc)(shutdown)
		return true
	})
	v.dismiss()
	for _, p := range v.gms.ProcessList.Processes() {
		v.gms.ProcessList.Kill(p.Connection)
		err = errors.Join(err, v.sessions.KillConnection(p.Connection))
	}
	v.sessions.WaitForClosedConnections()
	return errors.Join(err, v.binder.Close())
}

// dismiss has connections end when they next wait for a command: what they are writing reaches the client.
func (v *Server) dismiss() {
	const interval = 10 * time.Millisecond
	for end := time.Now().Add(lastWords); time.Now().Before(end); time.Sleep(interval) {
		left := false
		v.connections.Range(func(_, conn any) bool {
			left = true
			_ = conn.(net.Conn).SetReadDeadline(time.Now()) // again and again: the watch of a statement lifts it
			return true
		})
		if !left {
			return
		}
	}
}

// drain waits until no statement runs, or ctx ends.
func (v *Server) drain(ctx context.Context) {
	const interval = 10 * time.Millisecond
	for ctx.Err() == nil && v.running() {
		select {
		case <-time.After(interval):
		case <-ctx.Done():
		}
	}
}

func (v *Server) running() bool {
	for _, p := range v.gms.ProcessList.Processes() {
		if p.Command == sql.ProcessCommandQuery {
			return true
		}
	}
	return false
}

// Warn makes a warning of what a catalog could not list, where ctx is a statement's: catalog.Config.Warn.
func Warn(ctx context.Context, message string) {
	if ctx, ok := ctx.(*sql.Context); ok {
		ctx.Warn(int(sqlerr.SourceDown.Identity().Errno), "%s", message)
	}
}
