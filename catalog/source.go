package catalog

import (
	"context"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Origin says where a source was defined.
type Origin string

// The origins.
const (
	FromFile Origin = "configuration"
	FromSQL  Origin = "sql"
)

// source is one configured source and what is cached of it.
type source struct {
	name      string
	server    store.Server
	origin    Origin
	connector connectors.Connector // nil: could not be opened, for the reason err
	err       error
	timeout   time.Duration // for listings

	mu    sync.Mutex
	bound map[string]bound // by user

	silent atomic.Pointer[time.Time] // listings don't wait for the source until then

	renewal    *renewal
	defaults   cache[string, string]      // the default namespace, by user
	namespaces cache[string, []string]    // as the source has them, ascending; by user
	listings   cache[listingKey, []Entry] // tables, ascending by the names that clients see
	tables     cache[tableKey, *plan.Table]
}

// bound is the source as a user sees it.
type bound struct {
	source    connectors.Source
	principal string // of all users who see the same, the first
}

type listingKey struct{ user, namespace string }

type tableKey struct {
	user string
	name connectors.TableName
	at   connectors.AsOf
}

// open makes a source of its definition.
func (c *Catalog) open(ctx context.Context, server store.Server, origin Origin) (*source, error) {
	if reserved[strings.ToLower(server.Name)] {
		return nil, sqlerr.New(sqlerr.BadOption, "source %s: the name is reserved", server.Name)
	}
	open, ok := c.cfg.Types[server.Type]
	if !ok {
		return nil, sqlerr.New(sqlerr.BadOption, "source %s: there is no connector of type %s", server.Name, server.Type)
	}
	cfg := connectors.Config{
		Name:    server.Name,
		Options: maps.Clone(server.Options),
		Log:     c.cfg.Log.With(slog.String("source", server.Name)),
	}
	if c.cfg.Disk != nil && c.cfg.Store != nil {
		secret, err := c.cfg.Store.Fingerprint(server)
		if err != nil {
			return nil, err
		}
		cfg.Disk = c.cfg.Disk.Scope(secret)
	}
	if origin == FromSQL {
		cfg.LocalRoots = append([]string{}, c.cfg.Roots...)
	}
	connector, err := open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := c.broken(server, origin, nil)
	s.connector = connector
	return s, nil
}

// broken makes a source that answers every use with err.
func (c *Catalog) broken(server store.Server, origin Origin, err error) *source {
	s := &source{name: server.Name, server: server, origin: origin, err: err, timeout: c.cfg.ListTimeout}
	s.defaults.now, s.namespaces.now, s.listings.now, s.tables.now = c.cfg.Now, c.cfg.Now, c.cfg.Now, c.cfg.Now
	s.defaults.ttl, s.namespaces.ttl, s.listings.ttl, s.tables.ttl = c.cfg.TTL, c.cfg.TTL, c.cfg.TTL, c.cfg.TTL
	s.defaults.stale, s.namespaces.stale, s.listings.stale = c.cfg.Stale, c.cfg.Stale, c.cfg.Stale
	s.renewal = newRenewal(renewTimeout)
	s.defaults.renewal, s.namespaces.renewal, s.listings.renewal = s.renewal, s.renewal, s.renewal
	return s
}

// renewTimeout is how long a source may take to list something anew, for which nobody waits.
const renewTimeout = time.Minute

func (s *source) close() error {
	s.renewal.close()
	if s.connector == nil {
		return nil
	}
	return s.connector.Close()
}

// bind returns the source as user sees it.
func (s *source) bind(user string) (connectors.Source, error) {
	b, err := s.boundTo(user)
	return b.source, err
}

func (s *source) boundTo(user string) (bound, error) {
	if s.err != nil {
		return bound{}, s.err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.bound[user]
	if !ok {
		b = bound{source: s.connector.Bind(connectors.Principal{User: user}), principal: user}
		for _, other := range s.bound {
			if same(other.source, b.source) {
				b.principal = other.principal
				break
			}
		}
		if s.bound == nil {
			s.bound = make(map[string]bound)
		}
		s.bound[user] = b
	}
	return b, nil
}

// same reports whether two users see the same source. Of what can't be compared, it is not known.
func same(a, b connectors.Source) bool {
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}

func (s *source) forget() {
	s.defaults.forget()
	s.namespaces.forget()
	s.listings.forget()
	s.tables.forget()
}

// standard returns the namespace that is the database named like the source.
func (s *source) standard(ctx context.Context, user string) (string, error) {
	src, err := s.bind(user)
	if err != nil {
		return "", err
	}
	d, ok := src.(connectors.Defaulter)
	if !ok {
		return "", nil
	}
	return s.defaults.get(ctx, user, d.DefaultNamespace)
}

// listNamespaces returns the names of the source's namespaces, as the source has them.
func (s *source) listNamespaces(ctx context.Context, user string) ([]string, error) {
	return s.namespaces.get(ctx, user, func(ctx context.Context) ([]string, error) {
		listed, err := s.list(ctx, user, connectors.ListOptions{Namespaces: true})
		names := make([]string, len(listed))
		for i, l := range listed {
			names[i] = l.Name.Namespace
		}
		return names, err
	})
}

// listTables returns a namespace's tables, which nobody changes.
func (s *source) listTables(ctx context.Context, user, namespace string) ([]Entry, error) {
	return s.listings.get(ctx, listingKey{user, namespace}, func(ctx context.Context) ([]Entry, error) {
		listed, err := s.list(ctx, user, connectors.ListOptions{In: &namespace})
		if err != nil {
			return nil, err
		}
		entries := make([]Entry, len(listed))
		for i, l := range listed {
			entries[i] = Entry{Listed: l, Name: shown(l.Name.Name)}
		}
		slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
		return entries, nil
	})
}

func (s *source) list(ctx context.Context, user string, opts connectors.ListOptions) ([]connectors.Listed, error) {
	src, err := s.bind(user)
	if err != nil {
		return nil, err
	}
	var all []connectors.Listed
	for listed, err := range src.List(ctx, opts) {
		if err != nil {
			return nil, err
		}
		all = append(all, listed)
	}
	return all, nil
}

// describe returns a version of one table of the exact name.
func (s *source) describe(ctx context.Context, user string, name connectors.TableName, at connectors.AsOf) (*plan.Table, error) {
	return s.tables.get(ctx, tableKey{user, name, at}, func(ctx context.Context) (*plan.Table, error) {
		src, err := s.bind(user)
		if err != nil {
			return nil, err
		}
		return src.Table(ctx, name, at)
	})
}

// patiently runs ask for a listing, which waits for a source only so long, and not at all for one that was just found
// silent.
func (s *source) patiently(ctx context.Context, ask func(context.Context) error) error {
	if until := s.silent.Load(); until != nil && time.Now().Before(*until) {
		return s.slow()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, s.slow())
	defer cancel()
	err := ask(ctx)
	if err != nil && context.Cause(ctx) != nil && sqlerr.Is(context.Cause(ctx), sqlerr.SourceDown) {
		until := time.Now().Add(s.tables.ttl)
		s.silent.Store(&until)
		return context.Cause(ctx)
	}
	return err
}

func (s *source) slow() error {
	return sqlerr.New(sqlerr.SourceDown, "source %s: no answer within %s", s.name, s.timeout)
}
