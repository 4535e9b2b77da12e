package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/silogate/silogate/engine/sqlerr"
)

// translate turns a failure of the source into the gateway's vocabulary. doing names what was done, such as the
// table that was read. An error of the context stays one, whatever the server made of it.
func (s *settings) translate(ctx context.Context, err error, doing string) error {
	if err == nil {
		return nil
	}
	where := "source " + s.name + ": " + doing
	var known *sqlerr.Error
	if errors.As(err, &known) {
		return sqlerr.Wrap(known.Code, err, "%s", where)
	}
	if ended(ctx) {
		return fmt.Errorf("%s: %w", where, reasonOf(ctx))
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return sqlerr.Wrap(codeOf(pg.Code), serverError{pg}, "%s", where)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return sqlerr.Wrap(sqlerr.SourceDown, s.noConnection(err), "%s", where)
	}
	if errors.Is(err, net.ErrClosed) || errors.Is(err, errClosed) { // pool.close
		return sqlerr.Wrap(sqlerr.SourceDown, errClosed, "%s", where)
	}
	return sqlerr.Wrap(sqlerr.SourceDown, err, "%s: connection to %s lost", where, s.host)
}

// ended reports whether a context is over. It is when its deadline has passed, though a process that was stopped for a while
// hears of what the server made of that (timeouts) before it notices.
func ended(ctx context.Context) bool {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		<-ctx.Done()
	}
	return ctx.Err() != nil
}

// reasonOf returns why a context ended: its cause where that says more than that it did.
func reasonOf(ctx context.Context) error {
	if cause := context.Cause(ctx); sqlerr.CodeOf(cause) != sqlerr.Internal {
		return cause
	}
	return ctx.Err()
}

// codeOf maps an SQLSTATE (PostgreSQL, appendix A).
func codeOf(state string) sqlerr.Code {
	switch state {
	case "42501": // insufficient_privilege
		return sqlerr.SourceAuth
	case "42P01", "3F000": // undefined_table, invalid_schema_name
		return sqlerr.UnknownTable
	case "42703", "42804", "42883": // a column of the plan is gone or has another type now
		return sqlerr.SourceChanged
	case "22003": // numeric_value_out_of_range
		return sqlerr.OutOfRange
	case "22008": // datetime_field_overflow
		return sqlerr.BadDate
	case "22021": // character_not_in_repertoire: the text of a database without an encoding is not UTF-8
		return sqlerr.BadValue
	case "3D000", "57P01", "57P02", "57P03", "53300": // no such database; shutting down, crashed, starting; full
		return sqlerr.SourceDown
	case "XX001", "XX002": // data_corrupted, index_corrupted
		return sqlerr.Corrupt
	}
	switch {
	case strings.HasPrefix(state, "28"): // invalid_authorization_specification
		return sqlerr.SourceAuth
	case strings.HasPrefix(state, "08"): // connection_exception
		return sqlerr.SourceDown
	}
	return sqlerr.SourceError
}

// serverError prints what a person needs of a server's error. Its detail and context may quote data: they are left out.
type serverError struct{ *pgconn.PgError }

func (e serverError) Error() string { return fmt.Sprintf("%s (SQLSTATE %s)", e.Message, e.Code) }

func (e serverError) Unwrap() error { return e.PgError }

// attempts prints in one line why no connection came about, each reason once: a server is tried at each of its addresses,
// with TLS and without.
type attempts struct {
	error
	host string // as the message has it already
}

// attempted is what the driver puts before a reason: the server by name and address, and that it was dialled.
var attempted = regexp.MustCompile(`^\S+ \([^)]*\): (?:dial error: )?`)

func (a attempts) Error() string {
	var reasons []string
	for line := range strings.SplitSeq(a.error.Error(), "\n") {
		line = attempted.ReplaceAllString(strings.TrimSpace(line), "")
		line = strings.TrimPrefix(strings.TrimPrefix(line, "dial tcp "+a.host+": "), "connect: ")
		if !slices.Contains(reasons, line) {
			reasons = append(reasons, line)
		}
	}
	return strings.Join(reasons, "; ")
}

func (a attempts) Unwrap() error { return a.error }
