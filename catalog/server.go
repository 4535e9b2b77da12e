package catalog

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/silogate/silogate/catalog/store"
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// ServerInfo is a source as SHOW SERVERS lists it.
type ServerInfo struct {
	Name    string
	Type    string
	Options connectors.Options // secrets as ***
	Origin  Origin
	Problem string // why it can't be used at all, or not be reached when that was tried last; or empty
}

// Servers returns all sources by ascending name.
func (c *Catalog) Servers() []ServerInfo {
	sources := c.all()
	list := make([]ServerInfo, len(sources))
	for i, s := range sources {
		list[i] = ServerInfo{Name: s.name, Type: s.server.Type, Options: Redact(s.server.Options), Origin: s.origin}
		problem := s.err
		if r, ok := s.connector.(connectors.Reachability); ok {
			problem = r.Unreachable()
		}
		if problem != nil {
			list[i].Problem = problem.Error()
		}
	}
	return list
}

var serverName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)

// reserved are the databases that MySQL has itself; no source can be named so.
var reserved = map[string]bool{"information_schema": true, "mysql": true, "performance_schema": true, "sys": true}

// CreateServer adds a source and keeps it. It is refused if its name is taken, its options are wrong, or one of its
// databases would have the name of another source's. A source that can't be reached is not: it may come up later.
func (c *Catalog) CreateServer(ctx context.Context, server store.Server) error {
	c.change.Lock()
	defer c.change.Unlock()
	switch {
	case c.cfg.Store == nil:
		return sqlerr.New(sqlerr.Unsupported, "there is no catalog store to keep server %s in", server.Name)
	case !serverName.MatchString(server.Name):
		return sqlerr.New(sqlerr.BadOption, "server %q: a name is a letter and then letters, digits and underscores, at most 63 in all", server.Name)
	case c.source(server.Name) != nil:
		return sqlerr.New(sqlerr.DuplicateServer, "The foreign server, %s, you are trying to create already exists.", server.Name)
	}
	s, err := c.open(ctx, server, FromSQL)
	if err != nil {
		return err
	}
	if err := c.collision(ctx, s); err != nil {
		return closing(s, err)
	}
	if err := c.cfg.Store.PutServer(ctx, server); err != nil {
		return closing(s, err)
	}
	return c.replace(server.Name, s)
}

// AlterServer changes options of a source made by SQL: those in set get new values, those in drop go. Statements that
// are reading the source fail.
func (c *Catalog) AlterServer(ctx context.Context, name string, set connectors.Options, drop []string) error {
	c.change.Lock()
	defer c.change.Unlock()
	old, err := c.changeable(name)
	if err != nil {
		return err
	}
	server := old.server
	server.Options = connectors.Options{}
	maps.Copy(server.Options, old.server.Options)
	for _, key := range drop {
		if _, ok := server.Options[key]; !ok {
			return sqlerr.New(sqlerr.BadOption, "server %s has no option %s", old.name, key)
		}
		delete(server.Options, key)
	}
	maps.Copy(server.Options, set)
	s, err := c.open(ctx, server, FromSQL)
	if err != nil {
		return err
	}
	if err := c.cfg.Store.PutServer(ctx, server); err != nil {
		return closing(s, err)
	}
	return c.replace(name, s)
}

// DropServer removes a source made by SQL. Statements that are reading it fail.
func (c *Catalog) DropServer(ctx context.Context, name string) error {
	c.change.Lock()
	defer c.change.Unlock()
	old, err := c.changeable(name)
	if err != nil {
		return err
	}
	if err := c.cfg.Store.DeleteServer(ctx, old.name); err != nil {
		return err
	}
	return c.replace(name, nil)
}

// changeable returns the source if SQL may change it.
func (c *Catalog) changeable(name string) (*source, error) {
	s := c.source(name)
	switch {
	case s == nil:
		return nil, sqlerr.New(sqlerr.UnknownServer,
			"The foreign server name you are trying to reference does not exist. Data source error:  %s", name)
	case s.origin != FromSQL:
		return nil, sqlerr.New(sqlerr.Unsupported, "server %s is defined in the configuration file: change it there", s.name)
	}
	return s, nil
}

// replace puts s in the place of the source of its name, or only removes that for nil, and closes the old one.
func (c *Catalog) replace(name string, s *source) error {
	key := strings.ToLower(name)
	c.mu.Lock()
	old := c.sources[key]
	if s != nil {
		c.sources[key] = s
	} else {
		delete(c.sources, key)
	}
	c.mu.Unlock()
	if old == nil {
		return nil
	}
	if err := old.close(); err != nil {
		return fmt.Errorf("server %s: close: %w", old.name, err)
	}
	return nil
}

// closing closes a source that is not to be used after all.
func closing(s *source, err error) error {
	if closeErr := s.close(); closeErr != nil {
		return fmt.Errorf("%w (and closing it again: %w)", err, closeErr)
	}
	return err
}

// collision refuses a source that would share a database name with another: a+b_c and a_b+c. Only sources of which one's
// name begins the other's can collide. One that can't be reached is not asked further: its tables are then ambiguous
// until one of the two is renamed.
func (c *Catalog) collision(ctx context.Context, s *source) error {
	const operator = "" // namespaces as the gateway itself sees them
	if c.cfg.Made != nil {
		if err := c.collisionWithMade(ctx, s); err != nil {
			return err
		}
	}
	for _, other := range c.all() {
		short, long := s, other
		if len(short.name) > len(long.name) {
			short, long = long, short
		}
		if !short.mayHave(long.name) {
			continue
		}
		taken := []string{long.name}
		for _, x := range []*source{short, long} {
			var names []string
			err := x.patiently(ctx, func(ctx context.Context) (err error) {
				names, err = x.databases(ctx, operator)
				return err
			})
			if err != nil {
				c.warn(ctx, "whether databases collide is not known: "+err.Error())
				c.cfg.Log.Warn("whether databases collide is not known", "source", s.name, "other", other.name, "error", err)
				break
			}
			for _, name := range names {
				for _, t := range taken {
					if strings.EqualFold(t, name) {
						return sqlerr.New(sqlerr.DuplicateServer, "server %s: sources %s and %s would both have a database %s", s.name, s.name, other.name, name)
					}
				}
			}
			taken = append(taken, names...)
		}
	}
	return nil
}

// collisionWithMade refuses a source with a database that a client has made already.
func (c *Catalog) collisionWithMade(ctx context.Context, s *source) error {
	const operator = ""
	for _, made := range c.cfg.Made() {
		claimed := strings.EqualFold(made, s.name)
		if !claimed && s.mayHave(made) {
			err := s.patiently(ctx, func(ctx context.Context) error {
				names, err := s.databases(ctx, operator)
				claimed = slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(made, name) })
				return err
			})
			if err != nil {
				c.cfg.Log.Warn("whether databases collide is not known", "source", s.name, "scratch database", made, "error", err)
			}
		}
		if claimed {
			return sqlerr.New(sqlerr.DuplicateServer, "server %s: there is a scratch database %s already", s.name, made)
		}
	}
	return nil
}
