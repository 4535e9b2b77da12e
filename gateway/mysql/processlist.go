package mysql

import (
	"net"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine"
)

// Columns of SHOW PROCESSLIST (MySQL 8.0 Reference Manual, 15.7.7.29).
const (
	processID    = 0
	processState = 6
)

// withStates says in the rows of SHOW PROCESSLIST which statements wait for their turn at a source, which GMS can't know.
func (v *Server) withStates(rows sql.RowIter) sql.RowIter { return &processRows{rows, v} }

type processRows struct {
	sql.RowIter
	server *Server
}

// Next implements sql.RowIter.
func (p *processRows) Next(ctx *sql.Context) (sql.Row, error) {
	row, err := p.RowIter.Next(ctx)
	if err != nil {
		return nil, err
	}
	id, ok := row[processID].(int64)
	if !ok {
		return row, nil
	}
	if state, ok := p.server.waiting(uint32(id)); ok {
		row[processState] = state
	}
	return row, nil
}

// place is where the client is: host:port, or localhost for a Unix socket.
func (c *connection) place() string {
	if _, port, err := net.SplitHostPort(c.address.String()); err == nil {
		return net.JoinHostPort(c.host(), port)
	}
	return c.host()
}

// waiting is the state of a connection whose query waits for its turn at a source.
func (v *Server) waiting(connection uint32) (state string, ok bool) {
	result, ok := v.results.Load(connection)
	if !ok {
		return "", false
	}
	source, ok := result.(*engine.Result).Waiting()
	return "waiting for source " + source, ok
}
