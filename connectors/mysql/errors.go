package mysql

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/silogate/silogate/engine/sqlerr"
)

// errClosed is what remains to be had of a source that was altered or dropped.
var errClosed = errors.New("the source was altered or dropped")

// translate turns a failure of the source into the gateway's vocabulary. doing names what was done, such as the
// table that was read. An error of the context stays one, whatever the server made of it.
func (s *settings) translate(ctx context.Context, err error, doing string) error {
	if err == nil {
		return nil
	}
	where := "source " + s.name + ": " + doing
	if ended(ctx) {
		return fmt.Errorf("%s: %w", where, reasonOf(ctx))
	}
	if known, ok := errors.AsType[*sqlerr.Error](err); ok {
		return sqlerr.Wrap(known.Code, err, "%s", where)
	}
	if refused, ok := errors.AsType[*driver.MySQLError](err); ok {
		return sqlerr.Wrap(codeOf(refused.Number), serverError{refused}, "%s", where)
	}
	if _, ok := errors.AsType[unconnected](err); ok {
		return sqlerr.Wrap(sqlerr.SourceDown, err, "%s", where)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", where, err)
	}
	if errors.Is(err, errClosed) || errors.Is(err, net.ErrClosed) {
		return sqlerr.Wrap(sqlerr.SourceDown, errClosed, "%s", where)
	}
	return sqlerr.Wrap(sqlerr.SourceDown, err, "%s: connection to %s lost", where, s.host)
}

// ended reports whether a context is over. It is when its deadline has passed, though a process that was stopped for a while
// hears of what the server made of that before it notices.
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

// codeOf maps an error number (MySQL 8.0 Error Reference; MariaDB's own are from 1900 to 1999 and from 4000).
func codeOf(number uint16) sqlerr.Code {
	switch number {
	case 1044, 1045, 1142, 1143, 1227, 1130, 1698, 1820, 1862, 3118, 4151: // denied to the user, host, table or column
		return sqlerr.SourceAuth
	case 1049:
		return sqlerr.UnknownDatabase
	case 1146, 1109:
		return sqlerr.UnknownTable
	case 1054, 1412, 1253, 1267, 1270, 1271: // a column of the plan is gone or has another type or collation now
		return sqlerr.SourceChanged
	case 1690, 1264, 1916:
		return sqlerr.OutOfRange
	case 1292, 1525:
		return sqlerr.BadDate
	case 1040, 1203, 1226, 1053, 1129, 1927, 3159: // full; shutting down; blocked; killed; TLS is required
		return sqlerr.SourceDown
	case 1030, 1034, 1194, 1712: // the storage engine failed, mostly
		return sqlerr.Corrupt
	case 3024, 1969: // max_execution_time, max_statement_time
		return sqlerr.Timeout
	}
	return sqlerr.SourceError
}

// serverError prints what a person needs of a server's error.
type serverError struct{ *driver.MySQLError }

func (e serverError) Error() string {
	return fmt.Sprintf("%s (%d, SQLSTATE %s)", e.Message, e.Number, e.SQLState[:])
}

func (e serverError) Unwrap() error { return e.MySQLError }

// unconnected is why no connection came about.
type unconnected struct {
	error
	host string
}

func (u unconnected) Error() string {
	text := strings.TrimPrefix(u.error.Error(), "dial tcp "+u.host+": ")
	return "connect to " + u.host + ": " + strings.TrimPrefix(text, "connect: ")
}

func (u unconnected) Unwrap() error { return u.error }

// said reports what the server said, or is said of it, in words of its own.
func said(err error) bool {
	_, server := errors.AsType[*driver.MySQLError](err)
	_, known := errors.AsType[*sqlerr.Error](err)
	return server || known
}

// answered reports whether an attempt to connect reached a server, though it may have refused.
func answered(err error) bool {
	_, shown := errors.AsType[*tls.CertificateVerificationError](err)
	return err == nil || said(err) || shown || errors.Is(err, driver.ErrNoTLS)
}
