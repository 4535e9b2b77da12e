package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/catalog"
	"github.com/silogate/silogate/catalog/scratch"
	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/connectors/builtin"
	"github.com/silogate/silogate/connectors/diskcache"
	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/exec/spill"
	"github.com/silogate/silogate/engine/optimize"
	"github.com/silogate/silogate/engine/types"
	"github.com/silogate/silogate/gateway/mysql"
	"github.com/silogate/silogate/gateway/mysql/scratchsql"
	"github.com/silogate/silogate/gateway/shadow"
	"github.com/silogate/silogate/gateway/web"
	"github.com/silogate/silogate/internal/config"
)

// drainTime is how long running statements may take to end when the gateway is told to.
const drainTime = 10 * time.Second

// gateway is everything a running gateway is made of.
type gateway struct {
	store   *store.Store
	scratch *scratch.Store
	disk    *diskcache.Cache
	catalog *catalog.Catalog
	spill   *spill.Manager
	engine  *engine.Engine
	shadow  *shadow.Shadow
	mysql   *mysql.Server
	web     *http.Server // nil: off
	webAt   net.Listener
}

// open makes a gateway that listens; serve lets it answer. What was made before an error is closed again. Tests tune
// the executor.
func open(ctx context.Context, cfg config.Config, log *slog.Logger, tune ...func(*engine.Config)) (*gateway, error) {
	g := &gateway{}
	if err := g.open(ctx, cfg, log, tune); err != nil {
		return nil, errors.Join(err, g.close())
	}
	return g, nil
}

func (g *gateway) open(ctx context.Context, cfg config.Config, log *slog.Logger, tune []func(*engine.Config)) (err error) {
	if err := supported(cfg); err != nil {
		return err
	}
	certificate, err := encryption(cfg)
	if err != nil {
		return err
	}
	if g.store, err = store.Open(ctx, cfg.Data); err != nil {
		return err
	}
	g.scratch, err = scratch.Open(ctx, scratch.Config{Path: filepath.Join(cfg.Data, "scratch.db"), Type: scratchsql.TypeOf,
		Quota: scratch.Quota{User: int64(cfg.Scratch.User), Total: int64(cfg.Scratch.Total)},
		Warn:  func(err error) { log.Error("a scratch table can't be read, it is left out", "error", err) }})
	if err != nil {
		return err
	}
	g.disk = diskcache.Open(diskcache.Config{Dir: cmp.Or(cfg.Cache.Path, filepath.Join(cfg.Data, "cache")), Limit: int64(cfg.Cache.Disk), Log: log})
	if g.catalog, err = openCatalog(ctx, cfg, kept{g.store, g.disk}, g.scratch.Names, log, nil); err != nil {
		return err
	}
	if g.spill, err = spill.Open(filepath.Join(cfg.Data, "spill"), int64(cfg.Memory.Spill)); err != nil {
		return err
	}
	settings := engine.Config{
		Sources:     g.catalog,
		Log:         log,
		Memory:      int64(cfg.Memory.Server),
		QueryMemory: int64(cfg.Memory.Query),
		Spill:       g.spill,
		Weights:     weights,
	}
	if settings.Keeper, err = g.store.Cache("statistics", log); err != nil {
		return err
	}
	for _, t := range tune {
		t(&settings)
	}
	g.engine = engine.New(settings)
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		cacheMetrics{g.catalog, g.disk},
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "silogate_query_memory_bytes", Help: "Memory that running queries hold."},
			func() float64 { return float64(g.engine.MemoryUsed()) }))
	g.shadow, err = shadow.New(ctx, shadow.Config{Engine: g.engine, Store: g.store, Registry: registry, Log: log, Weights: weights})
	if err != nil {
		return err
	}
	var network net.ListenConfig
	listener, err := network.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	g.mysql, err = mysql.New(ctx, listener, mysql.Config{
		Catalog: g.catalog, Engine: g.engine, Store: g.store, Scratch: g.scratch, Users: users(cfg.Users), Rules: optimize.RuleNames(),
		Shadow: g.shadow, ShadowRate: cfg.Shadow, TLS: certificate, Registry: registry, Log: log,
	})
	if err != nil || cfg.Web == "" {
		return err
	}
	if g.webAt, err = network.Listen(ctx, "tcp", cfg.Web); err != nil {
		return fmt.Errorf("web: %w", err)
	}
	g.web = web.New(registry, g.healthy)
	return nil
}

// supported refuses settings that only another version knows.
func supported(cfg config.Config) error {
	if cfg.Flight != "" {
		return errors.New("flight: Arrow Flight SQL is not part of this version")
	}
	return nil
}

// kept is what of the data folder the catalog needs; the zero value is none.
type kept struct {
	store *store.Store
	disk  *diskcache.Cache
}

// openCatalog opens the sources. Those that can't be used, and why, are collected in refused, by name; with nil they
// are its error.
func openCatalog(ctx context.Context, cfg config.Config, kept kept, made func() []string, log *slog.Logger, refused map[string]error) (*catalog.Catalog, error) {
	var sources []store.Server
	at := make(map[string]config.Source, len(cfg.Sources))
	for _, s := range cfg.Sources {
		sources = append(sources, store.Server{Name: s.Name, Type: s.Type, Options: s.Options})
		at[s.Name] = s
	}
	return catalog.New(ctx, catalog.Config{
		Types: builtin.Types(), Store: kept.store, Disk: kept.disk, Roots: cfg.Roots, Log: log, Warn: mysql.Warn, Made: made,
		Refused: func(server store.Server, reason error) error {
			reason = at[server.Name].At(reason)
			if refused == nil {
				return reason
			}
			refused[server.Name] = reason
			return nil
		},
	}, sources)
}

func users(configured []config.User) []mysql.User {
	var list []mysql.User
	for _, u := range configured {
		list = append(list, mysql.User{Name: u.Name, Password: u.Password.Reveal()})
	}
	return list
}

// encryption is what the MySQL port encrypts with: the files of the configuration, else a certificate of the gateway's own,
// without which some clients refuse to connect.
func encryption(cfg config.Config) (*tls.Config, error) {
	if cfg.TLS.Cert != "" {
		return loadTLS(cfg.TLS)
	}
	pair, err := mysql.OwnCertificate(filepath.Join(cfg.Data, "tls"))
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, err
}

// loadTLS reads the files of the configuration; nil: there are none.
func loadTLS(files config.TLS) (*tls.Config, error) {
	if files.Cert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if files.CA != "" {
		authorities, err := os.ReadFile(files.CA)
		if err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		c.ClientCAs, c.ClientAuth = x509.NewCertPool(), tls.VerifyClientCertIfGiven
		if !c.ClientCAs.AppendCertsFromPEM(authorities) {
			return nil, fmt.Errorf("tls: %s holds no certificate", files.CA)
		}
	}
	return c, nil
}

// weights gives the executor the sort keys of MySQL's collations.
func weights(c types.Collation) exec.WeightFunc {
	key, ok := bind.Weights(c)
	if !ok {
		return nil
	}
	return key
}

// healthy reports whether the gateway can do its work.
func (g *gateway) healthy(ctx context.Context) error {
	if _, err := g.store.Servers(ctx); err != nil {
		return err
	}
	return nil
}

// serve answers until ctx ends, then ends what runs, and closes everything.
func (g *gateway) serve(ctx context.Context, log *slog.Logger) error {
	group, ending := errgroup.WithContext(ctx)
	group.Go(g.mysql.Serve)
	if g.web != nil {
		group.Go(func() error {
			if err := g.web.Serve(g.webAt); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("web: %w", err)
			}
			return nil
		})
	}
	<-ending.Done()
	log.Info("stopping", "patience", drainTime)
	err := g.close()
	return errors.Join(err, group.Wait())
}

// close ends what runs, after a time to finish, and closes everything that was opened, the last first.
func (g *gateway) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	var errs []error
	if g.web != nil {
		errs = append(errs, g.web.Shutdown(ctx))
	} else if g.webAt != nil {
		errs = append(errs, g.webAt.Close())
	}
	if g.mysql != nil {
		errs = append(errs, g.mysql.Close(ctx))
	}
	if g.shadow != nil {
		g.shadow.Close()
	}
	if g.engine != nil {
		g.engine.Close()
	}
	if g.spill != nil {
		errs = append(errs, g.spill.Close())
	}
	if g.catalog != nil {
		errs = append(errs, g.catalog.Close())
	}
	if g.disk != nil {
		errs = append(errs, g.disk.Close())
	}
	if g.scratch != nil {
		errs = append(errs, g.scratch.Close())
	}
	if g.store != nil {
		errs = append(errs, g.store.Close())
	}
	return errors.Join(errs...)
}
