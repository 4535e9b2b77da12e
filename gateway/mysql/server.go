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
	"syscall"
	"time"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/silogate/silogate/catalog"
	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/gateway/mysql/scratchsql"
	"github.com/silogate/silogate/gateway/mysql/wire"
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
	listener net.Listener
	sha2     *wire.SHA2
	decoys   *decoys
	metrics  *metrics
	plans    *plans
	views    views
	made     *scratchsql.Databases
	defaults defaults
	results  sync.Map // uint32, a connection's id -> *engine.Result, which it streams

	closing     atomic.Bool
	started     time.Time
	traffic     traffic       // of all connections
	lastID      atomic.Uint32 // of a connection
	lastPid     atomic.Uint64 // of a statement
	prepared    atomic.Int64  // statements of all connections
	open        atomic.Int64  // connections, those that are not authenticated included
	connections sync.Map      // uint32, its id -> *connection
	serving     sync.WaitGroup
}

// New makes a server on a listener, which it then owns. Serve accepts connections.
func New(ctx context.Context, listener net.Listener, cfg Config) (*Server, error) {
	v := &Server{cfg: cfg, listener: listener, sha2: wire.NewSHA2(), started: time.Now()}
	if err := v.setUp(ctx); err != nil {
		err = errors.Join(err, listener.Close())
		if v.binder != nil {
			err = errors.Join(err, v.binder.Close())
		}
		return nil, fmt.Errorf("mysql port: %w", err)
	}
	return v, nil
}

func (v *Server) setUp(ctx context.Context) (err error) {
	if err := registerVariables(session.Variables(v.cfg.Rules)); err != nil {
		return err
	}
	if err := sql.SystemVariables.AssignValues(map[string]any{session.ShadowRate: v.cfg.ShadowRate}); err != nil {
		return err
	}
	if tcp, ok := v.listener.Addr().(*net.TCPAddr); ok {
		if err := sql.SystemVariables.AssignValues(map[string]any{"port": int64(tcp.Port)}); err != nil {
			return err
		}
	}
	if v.decoys, err = newDecoys(); err != nil {
		return err
	}
	if v.metrics, err = newMetrics(v.cfg.Registry); err != nil {
		return err
	}
	if v.plans, err = newPlans(v.metrics.plans); err != nil {
		return err
	}
	system := newSystem(v)
	kept, err := v.cfg.Store.Views(ctx)
	if err != nil {
		return err
	}
	v.views = views{kept}
	if v.made, err = scratchsql.New(v.cfg.Scratch, v.views); err != nil {
		return err
	}
	v.binder, err = bind.New(bind.Config{Resolver: v.cfg.Catalog, System: system, Views: v.views, Scratch: v.made, Runner: v.rows})
	if err != nil {
		return err
	}
	v.gms = v.binder.Engine()
	if err := system.open(ctx); err != nil {
		return err
	}
	if err := loadAccounts(ctx, v.gms.Analyzer.Catalog.MySQLDb, v.cfg.Store, v.cfg.Users, v.cfg.Log); err != nil {
		return err
	}
	warnOfOpenAccounts(v.cfg.Log, v.gms.Analyzer.Catalog.MySQLDb, v.listener.Addr())
	return nil
}

// version is the server's version in the handshake, the same as @@version.
func version() string {
	_, value, _ := sql.SystemVariables.GetGlobal("version")
	text, _ := value.(string)
	return text
}

// Addr is where the server listens.
func (v *Server) Addr() net.Addr { return v.listener.Addr() }

// Serve accepts connections until Close.
func (v *Server) Serve() error {
	for {
		conn, err := v.listener.Accept()
		if err != nil {
			if v.closing.Load() || errors.Is(err, net.ErrClosed) {
				return nil
			}
			if temporary(err) {
				v.cfg.Log.Warn("a connection was not accepted", "error", err)
				time.Sleep(acceptPause)
				continue
			}
			return fmt.Errorf("mysql port: %w", err)
		}
		v.serving.Add(1)
		go func() {
			defer v.serving.Done()
			v.serve(conn)
		}()
	}
}

// acceptPause is how long the server waits when it can't accept: most often for file descriptors.
const acceptPause = 100 * time.Millisecond

// temporary reports an error of Accept that does not end the listener.
func temporary(err error) bool {
	for _, errno := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// shutdown is what MySQL says of a statement that it can't run since it stops.
var shutdown = sqlerr.New(sqlerr.Shutdown, "Server shutdown in progress")

// lastWords is how long a connection has to tell its client how a statement ended, once all were told to end.
const lastWords = time.Second

// Close stops accepting connections and statements, gives running statements until ctx ends, then ends them, closes all
// connections and waits for their end.
func (v *Server) Close(ctx context.Context) error {
	v.closing.Store(true)
	err := v.listener.Close()
	over := make(chan struct{})
	go func() {
		defer close(over)
		v.serving.Wait()
	}()
	v.each(func(c *connection) { c.drain() })
	select {
	case <-over:
	case <-ctx.Done():
		v.each(func(c *connection) { c.interrupt(shutdown) })
		select {
		case <-over:
		case <-time.After(lastWords):
			v.each(func(c *connection) { err = errors.Join(err, c.wire.Close()) })
			<-over
		}
	}
	return errors.Join(err, v.binder.Close())
}

// each calls f with all connections.
func (v *Server) each(f func(*connection)) {
	v.connections.Range(func(_, c any) bool {
		f(c.(*connection))
		return true
	})
}

// kill closes a connection.
func (v *Server) kill(id uint32) error {
	if c, ok := v.connections.Load(id); ok {
		return c.(*connection).wire.Close()
	}
	return nil
}

// Warn makes a warning of what a catalog could not list, where ctx is a statement's: catalog.Config.Warn.
func Warn(ctx context.Context, message string) {
	if ctx, ok := ctx.(*sql.Context); ok {
		ctx.Warn(int(sqlerr.SourceDown.Identity().Errno), "%s", message)
	}
}
