package rest

import (
	"context"
	"iter"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// connector is an API whose tables are declared. Credentials belong to it, so all principals share it.
type connector struct {
	*client
	turns  *connectors.Turns
	names  []string // of the tables, ascending
	tables map[string]*table
}

// Open makes the connector of a source whose tables are declared, without I/O. The options are those of every HTTP source;
// a connector with some of its own takes them out before. Messages call the source one of its kind.
func Open(cfg connectors.Config, kind string, tables []Table) (connectors.Connector, error) {
	s, err := parse(cfg, kind)
	if err != nil {
		return nil, err
	}
	c := &connector{client: newClient(s), turns: connectors.NewTurns(s.admission), tables: make(map[string]*table)}
	return c, c.compile(tables)
}

// Bind returns the source itself.
func (c *connector) Bind(connectors.Principal) connectors.Source { return c }

// Close ends requests that run.
func (c *connector) Close() error {
	c.close()
	return nil
}

// Unreachable implements connectors.Reachability.
func (c *connector) Unreachable() error { return c.breaker.Err() }

// Link implements connectors.Linked.
func (c *connector) Link() connectors.Link { return c.link.Link() }

// List yields the declared tables, which are there even while the server is not.
func (c *connector) List(_ context.Context, o connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	return func(yield func(connectors.Listed, error) bool) {
		switch {
		case o.In != nil && *o.In != "":
			return
		case o.Namespaces:
			yield(connectors.Listed{Rows: plan.Unknown}, nil)
			return
		}
		for _, name := range c.names {
			t := c.tables[name]
			rows := plan.Unknown
			if t.Size > 0 {
				rows = t.Size
			}
			if !yield(connectors.Listed{Name: t.described.Name, Comment: t.Comment, Rows: rows}, nil) {
				return
			}
		}
	}
}

// Check implements connectors.Checker: the tables are there whatever the server says, so it is asked for one of them.
func (c *connector) Check(ctx context.Context) error {
	for _, name := range c.names {
		t := c.tables[name]
		if len(t.Required) > 0 {
			continue
		}
		l := &call{table: t, endpoint: &t.Rows, most: 1}
		_, err := l.fetch(ctx, c, nil, budget{usage: &connectors.Usage{}})
		return err
	}
	return nil
}

// Table returns a declared table.
func (c *connector) Table(_ context.Context, name plan.TableName, at connectors.AsOf) (*plan.Table, error) {
	t := c.tables[name.Name]
	if t == nil || name.Namespace != "" {
		return nil, sqlerr.New(sqlerr.UnknownTable, "source %s: there is no table %s", c.name, name)
	}
	if at != (connectors.AsOf{}) {
		return nil, sqlerr.New(sqlerr.Unsupported, "source %s, table %s: it has no earlier versions", c.name, name)
	}
	return t.described, nil
}
