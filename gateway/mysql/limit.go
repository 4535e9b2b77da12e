package mysql

import (
	"context"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// netWriteTimeout is MySQL's variable for the seconds that a client may take nothing of a result: one that has stopped
// reading would hold its sources for ever.
const netWriteTimeout = "net_write_timeout"

// connectTimeout is MySQL's variable for the seconds that a client may take to say and prove who it is, netReadTimeout for those
// between the packets of a file of its own.
const (
	connectTimeout = "connect_timeout"
	netReadTimeout = "net_read_timeout"
)

// longestTimeout keeps the greatest values of timeouts within a time.Duration.
const longestTimeout = 365 * 24 * 60 * 60

// seconds returns a variable of the session that is a number of seconds.
func seconds(ctx *sql.Context, variable string) (time.Duration, error) {
	value, err := ctx.GetSessionVariable(ctx, variable)
	n, _ := value.(int64)
	return time.Duration(min(n, longestTimeout)) * time.Second, err
}

// globalVariable returns the value that a variable has for new sessions.
func globalVariable(name string) any {
	_, value, _ := sql.SystemVariables.GetGlobal(name)
	return value
}

// globalSeconds returns one that is a number of seconds.
func globalSeconds(name string) time.Duration {
	n, _ := globalVariable(name).(int64)
	return time.Duration(min(n, longestTimeout)) * time.Second
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

// maxExecutionTime is MySQL's variable for the milliseconds that a query may take; 0: any time.
const maxExecutionTime = "max_execution_time"

// limit bounds a query by its hint MAX_EXECUTION_TIME, and without one by the session's max_execution_time, if it is not bounded
// yet. The returned function lifts the bound; it takes what the query ended with and returns why: that its time was over,
// whatever failed first because of it.
func (s *statement) limit() (lift func(error) error, err error) {
	unlimited := func(err error) error { return err }
	if s.limited {
		return unlimited, nil
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
		return unlimited, nil
	}
	s.limited = true
	over := sqlerr.New(sqlerr.Timeout, "Query execution was interrupted, maximum statement execution time exceeded")
	stop := s.endAfter(time.Duration(milliseconds)*time.Millisecond, over)
	return func(err error) error {
		s.limited = false
		cause := context.Cause(s.ctx)
		stop()
		if err != nil && sqlerr.Is(cause, sqlerr.Timeout) {
			return cause
		}
		return err
	}, nil
}

// endAfter ends the statement after a time. Sources are told when, so that they can end what they run though they hear nothing
// more; but not for a cursor, which may wait for its client without end.
func (s *statement) endAfter(d time.Duration, why error) (stop func()) {
	if s.cursor != nil {
		timer := time.AfterFunc(d, func() { s.cancel(why) })
		return func() { timer.Stop() }
	}
	unlimited := s.ctx
	limited, end := context.WithTimeoutCause(unlimited, d, why)
	s.ctx = unlimited.WithContext(limited)
	unpass := passOn(limited, s.cancel)
	return func() {
		unpass()
		end()
		s.ctx = unlimited
	}
}

// longestPacket returns the session's max_allowed_packet.
func longestPacket(s *ownSession) int {
	n, err := longestRow(s.context())
	if err != nil {
		return standardPacket
	}
	return n
}
