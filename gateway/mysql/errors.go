package mysql

import (
	"context"
	"errors"

	"github.com/dolthub/go-mysql-server/sql"
	vitess "github.com/dolthub/vitess/go/mysql"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
)

// interrupted is what MySQL says of a statement that was killed.
const interrupted = "Query execution was interrupted"

// wireError is err as the protocol says it.
func wireError(err error) *vitess.SQLError {
	var wired *vitess.SQLError
	if errors.As(err, &wired) {
		return withState(wired)
	}
	if errors.Is(err, context.Canceled) && sqlerr.Is(err, sqlerr.Cancelled) {
		err = sqlerr.New(sqlerr.Cancelled, interrupted)
	}
	err = bind.Translate(err)
	var coded *sqlerr.Error
	if !errors.As(err, &coded) && sqlerr.CodeOf(err) == sqlerr.Internal {
		return withState(sql.CastSQLError(err))
	}
	id := sqlerr.CodeOf(err).Identity()
	return vitess.NewSQLError(int(id.Errno), id.State, "%s", err.Error())
}

// withState gives an error of GMS the SQLSTATE of its errno, which GMS mostly leaves open.
func withState(e *vitess.SQLError) *vitess.SQLError {
	if e.State == vitess.SSUnknownSQLState {
		e.State = sqlerr.State(uint16(e.Num))
	}
	return e
}
