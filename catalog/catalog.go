package catalog

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/diskcache"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Config is what a Catalog is made with.
type Config struct {
	Types map[string]connectors.Open // by the word after FOREIGN DATA WRAPPER, or the configuration's type
	Store *store.Store               // of servers made by SQL; nil: there can be none
	Roots []string                   // local folders that such servers may read
	Disk  *diskcache.Cache           // of what sources read; nil, or without a store: none
	Log   *slog.Logger               // nil: nothing is logged
	// Warn hears what a listing could not reach; ctx is the listing's. nil: nobody.
	Warn func(ctx context.Context, message string)
	// Refused hears why a configured source can't be used. What it returns fails New; after nil the source stays, and every
	// use of it gives the reason. nil: each reason fails New.
	Refused func(server store.Server, reason error) error
	// Made lists the databases that clients have made, whose names no source may claim; nil: none.
	Made func() []string
	// TTL is how long listings and descriptions are kept; 0: DefaultTTL.
	TTL time.Duration
	// Stale is how much longer a listing is given while it is asked for anew; 0: DefaultStale.
	Stale time.Duration
	// Now is the time by which listings and descriptions age; nil: time.Now.
	Now func() time.Time
	// ListTimeout is how long a listing waits for one source; 0: DefaultListTimeout.
	ListTimeout time.Duration
}

// The defaults of Config.
const (
	DefaultTTL         = 5 * time.Second
	DefaultStale       = time.Minute
	DefaultListTimeout = 3 * time.Second
)

// Catalog is the gateway's sources and their names. It is safe for concurrent use.
type Catalog struct {
	cfg Config

	change sync.Mutex // held while a server is created, altered or dropped

	mu      sync.RWMutex
	sources map[string]*source // by lower-case name
}

// New makes a catalog of the configured sources and those of the store. A source that can't be opened, such as for an
// unknown option, or that claims another's database, is an error if it is configured; a stored one answers every use with
// the reason, which is logged, since only SQL can mend it.
func New(ctx context.Context, cfg Config, configured []store.Server) (*Catalog, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Warn == nil {
		cfg.Warn = func(context.Context, string) {}
	}
	if cfg.Refused == nil {
		cfg.Refused = func(_ store.Server, reason error) error { return reason }
	}
	if cfg.TTL == 0 {
		cfg.TTL = DefaultTTL
	}
	if cfg.Stale == 0 {
		cfg.Stale = DefaultStale
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.ListTimeout == 0 {
		cfg.ListTimeout = DefaultListTimeout
	}
	c := &Catalog{cfg: cfg, sources: make(map[string]*source)}
	var errs []error
	for _, server := range configured {
		s, err := c.open(ctx, server, FromFile)
		if err == nil {
			if err = c.collision(ctx, s); err != nil {
				err = closing(s, err)
			}
		}
		if err != nil {
			errs = append(errs, cfg.Refused(server, err))
			s = c.broken(server, FromFile, err)
		}
		c.sources[strings.ToLower(server.Name)] = s
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if err := c.openStored(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Catalog) openStored(ctx context.Context) error {
	if c.cfg.Store == nil {
		return nil
	}
	stored, err := c.cfg.Store.Servers(ctx)
	if err != nil {
		return err
	}
	for _, server := range stored {
		key := strings.ToLower(server.Name)
		if c.sources[key] != nil {
			c.cfg.Log.Warn("a stored server is hidden by the configured source of its name", "server", server.Name)
			continue
		}
		s, err := c.open(ctx, server, FromSQL)
		if err == nil {
			if err = c.collision(ctx, s); err != nil {
				err = closing(s, err)
			}
		}
		if err != nil {
			c.cfg.Log.Error("a stored server can't be used", "server", server.Name, "error", err)
			s = c.broken(server, FromSQL, err)
		}
		c.sources[key] = s
	}
	return nil
}

// Close closes every source.
func (c *Catalog) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, s := range c.sources {
		errs = append(errs, s.close())
	}
	c.sources = nil
	return errors.Join(errs...)
}

// Source returns a source as the site's principal sees it.
func (c *Catalog) Source(site plan.Site) (connectors.Source, error) {
	s := c.source(site.Source)
	if s == nil {
		return nil, sqlerr.New(sqlerr.UnknownServer, "there is no source %s", site.Source)
	}
	return s.bind(site.Principal)
}

// Forget drops what is cached of a source, for a statement that failed because its tables have changed.
func (c *Catalog) Forget(name string) {
	if s := c.source(name); s != nil {
		s.forget()
	}
}

func (c *Catalog) source(name string) *source {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.sources[strings.ToLower(name)]
}

// all returns the sources by ascending name.
func (c *Catalog) all() []*source {
	c.mu.RLock()
	defer c.mu.RUnlock()
	list := make([]*source, 0, len(c.sources))
	for _, s := range c.sources {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *source) int { return strings.Compare(a.name, b.name) })
	return list
}
