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
	if state, ok := states[e.Num]; ok && e.State == vitess.SSUnknownSQLState {
		said.State = state
	}
	return said
}

// states are the SQLSTATEs of errors that GMS's own statements give (MySQL 8.0 Error Reference).
var states = map[int]string{
	vitess.ERBadDb:               "42000",
	vitess.ERBadFieldError:       "42S22",
	vitess.ERBadNullError:        "23000",
	vitess.ERCantDropFieldOrKey:  "42000",
	vitess.ERDupEntry:            "23000",
	vitess.ERFieldSpecifiedTwice: "42000",
	vitess.ERMultiplePriKey:      "42000",
	vitess.ErNoReferencedRow2:    "23000",
	vitess.ERNoSuchTable:         "42S02",
	vitess.EROperandColumns:      "21000",
	vitess.ERRowIsReferenced2:    "23000",
	vitess.ERSubqueryNo1Row:      "21000",
	vitess.ERTableExists:         "42S01",
	vitess.ERWrongAutoKey:        "42000",
}
