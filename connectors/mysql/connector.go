package mysql

import (
	"context"

	"github.com/silogate/silogate/connectors"
)

// Open makes a connector of a MySQL or MariaDB server. It does not connect.
func Open(_ context.Context, cfg connectors.Config) (connectors.Connector, error) {
	s, err := parse(cfg)
	if err != nil {
		return nil, err
	}
	c := &connector{settings: s, pool: newPool(s)}
	c.everyones = &source{c}
	return c, nil
}

var _ connectors.Open = Open

// connector is one server. All principals share its credentials.
type connector struct {
	*settings
	pool     *pool
	dialects dialects

	everyones *source
}

// Bind implements connectors.Connector.
func (c *connector) Bind(connectors.Principal) connectors.Source { return c.everyones }

// Close implements connectors.Connector.
func (c *connector) Close() error {
	c.pool.close()
	return nil
}

// Unreachable implements connectors.Reachability.
func (c *connector) Unreachable() error { return c.pool.breaker.Err() }

// source is a server as a principal sees it.
type source struct{ *connector }

var (
	_ connectors.Source       = (*source)(nil)
	_ connectors.StatsSource  = (*source)(nil)
	_ connectors.ColumnLister = (*source)(nil)
	_ connectors.Defaulter    = (*source)(nil)
	_ connectors.Checker      = (*source)(nil)
	_ connectors.Linked       = (*source)(nil)
	_ connectors.Admitter     = (*fragment)(nil)
	_ connectors.KeyLister    = (*fragment)(nil)
	_ connectors.Reachability = (*connector)(nil)
)

// Link implements connectors.Linked.
func (s *source) Link() connectors.Link { return s.pool.link.Link() }
