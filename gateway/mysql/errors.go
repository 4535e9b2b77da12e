package mysql

import (
	"errors"

	"github.com/dolthub/go-mysql-server/sql"
	vitess "github.com/dolthub/vitess/go/mysql"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
)

// wireError is err as the protocol says it.
func wireError(err error) *vitess.SQLError {
	var wired *vitess.SQLError
	if errors.As(err, &wired) {
		return wired
	}
	err = bind.Translate(err)
	var coded *sqlerr.Error
	if !errors.As(err, &coded) && sqlerr.CodeOf(err) == sqlerr.Internal {
		return sql.CastSQLError(err)
	}
	id := sqlerr.CodeOf(err).Identity()
	return vitess.NewSQLError(int(id.Errno), id.State, "%s", err.Error())
}
