package bind

import (
	"context"

	"github.com/silogate/silogate/engine/plan"
)

// Resolver is the catalog of federated tables, as each user sees it. It is safe for concurrent use. Names match as the
// catalog decides; errors are sqlerr.Errors: UnknownDatabase and UnknownTable where there is none.
type Resolver interface {
	// Databases lists the databases the user may see.
	Databases(ctx context.Context, user string) ([]string, error)
	// Tables lists the tables of a database.
	Tables(ctx context.Context, user, db string) ([]string, error)
	// Resolve describes one table and says where it is read.
	Resolve(ctx context.Context, user, db, table string) (plan.Site, *plan.Table, error)
}

// DatabaseChecker is a Resolver that knows whether a database exists without listing them all.
type DatabaseChecker interface {
	HasDatabase(ctx context.Context, user, db string) (bool, error)
}

// Rememberer is a Resolver that can say what it would answer without asking a source.
type Rememberer interface {
	// Remember is Resolve for what is remembered; ok is false for anything else.
	Remember(ctx context.Context, user, db, table string) (site plan.Site, t *plan.Table, ok bool)
}

// Announcer is a Resolver that uses the time until it is asked for tables it knows will be. It does not wait for their
// descriptions, and tells of failures when it is asked.
type Announcer interface {
	// Announce names tables by their databases.
	Announce(ctx context.Context, user string, tables []plan.TableName)
}
