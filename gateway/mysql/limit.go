package mysql

import (
	"context"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// netWriteTimeout is MySQL's variable for the seconds that a client may take nothing of a result: one that has stopped
// reading would hold its sources for ever.
const netWriteTimeout = "net_write_timeout"

// longestTimeout keeps the variable's greatest values within a time.Duration.
const longestTimeout = 365 * 24 * 60 * 60

// writeTimeout returns the session's net_write_timeout.
func writeTimeout(ctx *sql.Context) (time.Duration, error) {
	value, err := ctx.GetSessionVariable(ctx, netWriteTimeout)
	seconds, _ := value.(int64)
	return time.Duration(min(seconds, longestTimeout)) * time.Second, err
}

// maxAllowedPacket is MySQL's variable for the bytes that a row may have on the wire, standardPacket what it is at first.
const (
	maxAllowedPacket = "max_allowed_packet"
	standardPacket   = 64 << 20
)

// longestRow returns the session's max_allowed_packet.
func longestRow(ctx *sql.Context) (int, error) {
	value, err := ctx.GetSessionVariable(ctx, maxAllowedPacket)
	switch bytes := value.(type) {
	case int64:
		return int(bytes), err
	case uint64:
		return int(bytes), err
	}
	return standardPacket, err
}

// fits refuses a row that clients could not take.
func fits(row []sqltypes.Value, longest int) error {
	bytes := 0
	for _, cell := range row {
		bytes += cell.Len()
	}
	if bytes > longest {
		return sqlerr.New(sqlerr.TooLong, "A row of the result has %d bytes, which is more than max_allowed_packet (%d)", bytes, longest)
	}
	return nil
}

// maxExecutionTime is MySQL's variable for the milliseconds that a query may take; 0: any time.
const maxExecutionTime = "max_execution_time"

// limit bounds a query by its hint MAX_EXECUTION_TIME, and without one by the session's max_execution_time, if it is not bounded
// yet. The returned function lifts the bound; it takes what the query ended with and returns why: that its time was over,
// whatever failed first because of it.
func (s *statement) limit() (lift func(error) error, err error) {
	if s.limited {
		return func(err error) error { return err }, nil
	}
	value, err := s.ctx.GetSessionVariable(s.ctx, maxExecutionTime)
	if err != nil {
		return nil, err
	}
	milliseconds, _ := value.(int64)
	if hint := parse.ExecutionTime(s.text); hint > 0 {
		milliseconds = hint
	}
	if milliseconds <= 0 {
		return func(err error) error { return err }, nil
	}
	unlimited := s.ctx
	limited, cancel := context.WithTimeoutCause(unlimited, time.Duration(milliseconds)*time.Millisecond,
		sqlerr.New(sqlerr.Timeout, "Query execution was interrupted, maximum statement execution time exceeded"))
	s.ctx = unlimited.WithContext(limited)
	s.limited = true
	unhurry := hurry(limited, s.conn)
	return func(err error) error {
		s.limited = false
		unhurry()
		cause := context.Cause(limited)
		cancel()
		s.ctx = unlimited
		if err != nil && sqlerr.Is(cause, sqlerr.Timeout) {
			return cause
		}
		return err
	}, nil
}
