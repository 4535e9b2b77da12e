package bind

import (
	"context"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// VersionResolver is a Resolver of tables that have earlier versions.
type VersionResolver interface {
	// ResolveAsOf is Resolve for a version of a table.
	ResolveAsOf(ctx context.Context, user, db, table string, at connectors.AsOf) (plan.Site, *plan.Table, error)
}

// GetTableInsensitiveAsOf implements sql.VersionedDatabase.
func (d *database) GetTableInsensitiveAsOf(ctx *sql.Context, name string, asOf any) (sql.Table, bool, error) {
	noted(ctx).doubt() // a plan of it is not kept
	resolver, ok := d.provider.resolver.(VersionResolver)
	if !ok {
		return nil, false, sql.ErrAsOfNotSupported.New(d.name)
	}
	if d.reader == nil {
		if _, temporary := d.provider.scratch.TemporaryTable(ctx, d.name, name); temporary {
			return nil, false, sql.ErrAsOfNotSupported.New(name)
		}
	}
	at, err := versionOf(asOf, sessionLocation(ctx))
	if err != nil {
		return nil, false, err
	}
	site, t, err := resolver.ResolveAsOf(ctx, d.user(ctx), d.name, name, at)
	switch {
	case sqlerr.Is(err, sqlerr.UnknownTable):
		return nil, false, nil
	case sqlerr.Is(err, sqlerr.UnknownDatabase):
		return nil, false, sql.ErrDatabaseNotFound.New(d.name)
	case err != nil:
		return nil, false, err
	}
	return newTable(d.name, name, site, t), true, nil
}

// GetTableNamesAsOf implements sql.VersionedDatabase. Sources list what there is now.
func (d *database) GetTableNamesAsOf(ctx *sql.Context, _ any) ([]string, error) {
	return d.GetTableNames(ctx)
}

var _ sql.VersionedDatabase = (*database)(nil)

// versionOf reads what is behind AS OF: a moment in the session's time zone, also as a text, or else the source's own name of a version.
func versionOf(asOf any, loc *time.Location) (connectors.AsOf, error) {
	switch v := asOf.(type) {
	case time.Time: // the digits of the session's clock, as GMS has all moments
		wall := time.Date(v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(), v.Nanosecond(), loc)
		return connectors.AsOf{UnixMicro: wall.UnixMicro()}, nil
	case string:
		for _, layout := range []string{time.DateTime, time.DateOnly} { // the first also with a fraction of a second
			if moment, err := time.ParseInLocation(layout, v, loc); err == nil {
				return connectors.AsOf{UnixMicro: moment.UnixMicro()}, nil
			}
		}
		return connectors.AsOf{Version: v}, nil
	}
	return connectors.AsOf{}, sql.ErrInvalidAsOfExpression.New(asOf)
}
