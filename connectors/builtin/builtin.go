// Package builtin names the connectors that are linked into the gateway. To add one is to add a line here.
package builtin

import (
	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/delta"
	"github.com/silogate/silogate/connectors/iceberg"
	"github.com/silogate/silogate/connectors/mlflow"
	"github.com/silogate/silogate/connectors/mysql"
	"github.com/silogate/silogate/connectors/objectstore"
	"github.com/silogate/silogate/connectors/postgres"
	"github.com/silogate/silogate/connectors/sqlite"
)

// Types returns the connectors by the type that a configuration or CREATE SERVER names.
func Types() map[string]connectors.Open {
	return map[string]connectors.Open{
		"delta":       delta.Open,
		"iceberg":     iceberg.Open,
		"mlflow":      mlflow.Open,
		"mysql":       mysql.Open,
		"objectstore": objectstore.Open,
		"postgres":    postgres.Open,
		"sqlite":      sqlite.Open,
	}
}
