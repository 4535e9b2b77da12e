package mysql

import (
	"context"
	"errors"

	"github.com/dolthub/go-mysql-server/sql"
	vitess "github.com/dolthub/vitess/go/mysql"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// interrupted is what MySQL says of a statement that was killed.
const interrupted = "Query execution was interrupted"

// wireError is err as the protocol says it.
func wireError(err error) *wire.Error {
	if said, ok := errors.AsType[*wire.Error](err); ok {
		return said
	}
	if said, ok := errors.AsType[*vitess.SQLError](err); ok {
		return withState(said)
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
	return &wire.Error{Errno: id.Errno, State: id.State, Message: err.Error()}
}

// withState gives an error of GMS the SQLSTATE of its errno, which GMS mostly leaves open.
func withState(e *vitess.SQLError) *wire.Error {
	said := &wire.Error{Errno: uint16(e.Num), State: e.State, Message: e.Message}
	if e.State == vitess.SSUnknownSQLState {
		said.State = sqlerr.State(said.Errno)
	}
	return said
}
