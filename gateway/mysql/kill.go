package mysql

import (
	"cmp"
	"fmt"
	"math"

	vitess "github.com/dolthub/vitess/go/mysql"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// killedVariable is the user variable that the connection of a KILL is computed into. A client may have one of that name, which stays what it was.
const killedVariable = "silogate_killed"

// kill computes which connection a KILL is about, and has GMS end that one.
func (s *statement) kill(stmt *parse.Kill) error {
	connection, err := s.killed(stmt)
	if err != nil {
		return err
	}
	if connection < 0 || connection > math.MaxUint32 {
		return vitess.NewSQLError(vitess.ERNoSuchThread, vitess.SSUnknownSQLState, "Unknown thread id: %d", uint64(connection))
	}
	what := "CONNECTION"
	if stmt.Query {
		what = "QUERY"
	}
	return s.runAs(fmt.Sprintf("KILL %s %d", what, connection))
}

// killed computes the connection. NULL is none, like 0.
func (s *statement) killed(stmt *parse.Kill) (connection int64, err error) {
	typ, before, err := s.ctx.GetUserVariable(s.ctx, killedVariable)
	if err != nil {
		return 0, err
	}
	defer func() { err = cmp.Or(err, s.ctx.SetUserVariable(s.ctx, killedVariable, before, typ)) }()
	if err := s.runAs(fmt.Sprintf("SELECT CAST((%s) AS SIGNED) INTO @%s", stmt.ID, killedVariable)); err != nil {
		return 0, err
	}
	s.outcome = wire.OK{}
	_, value, err := s.ctx.GetUserVariable(s.ctx, killedVariable)
	connection, _ = value.(int64)
	return connection, err
}

// runAs runs a statement that stands for a part of the client's.
func (s *statement) runAs(text string) error {
	parsed, _, _, err := s.server.gms.Parser.Parse(s.ctx, text, false)
	if err != nil {
		return unparsed(err)
	}
	if err := bind.RefuseParameters(parsed); err != nil {
		return err
	}
	return s.execute(parsed, text, nil)
}
