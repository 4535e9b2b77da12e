package postgres

import (
	"context"
	"slices"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
)

// Open makes a connector of a PostgreSQL database. It does not connect.
func Open(ctx context.Context, cfg connectors.Config) (connectors.Connector, error) {
	s, err := parse(cfg)
	if err != nil {
		return nil, err
	}
	p, err := openPool(ctx, s)
	if err != nil {
		return nil, err
	}
	c := &connector{
		settings: s, pool: p, dialects: dialects{strict: s.strict},
		estimates: newRecent[connectors.Estimate](), statistics: newRecent[[]plan.ColumnStatistics](), counted: newRecent[bool](),
	}
	c.everyones = &source{c}
	return c, nil
}

var _ connectors.Open = Open

// connector is one database. All principals share its credentials.
type connector struct {
	*settings
	pool       *pool
	dialects   dialects
	estimates  recent[connectors.Estimate]
	statistics recent[[]plan.ColumnStatistics]
	counted    recent[bool] // tables by name whose statistics were asked for
	wishes     wishes
	everyones  *source
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

// source is a database as a principal sees it.
type source struct{ *connector }

var (
	_ connectors.Source       = (*source)(nil)
	_ connectors.StatsSource  = (*source)(nil)
	_ connectors.ColumnLister = (*source)(nil)
	_ connectors.Defaulter    = (*source)(nil)
	_ connectors.Linked       = (*source)(nil)
	_ connectors.Admitter     = (*fragment)(nil)
	_ connectors.Reachability = (*connector)(nil)
)

// Link implements connectors.Linked.
func (s *source) Link() connectors.Link { return s.pool.link.Link() }

// DefaultNamespace implements connectors.Defaulter.
func (s *source) DefaultNamespace(context.Context) (string, error) {
	if len(s.schemas) > 0 && !slices.Contains(s.schemas, publicSchema) {
		return s.schemas[0], nil
	}
	return publicSchema, nil
}

const publicSchema = "public"
