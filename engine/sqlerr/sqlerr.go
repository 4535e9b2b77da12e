// Package sqlerr is the one vocabulary of failures a client can see.
//
// A connector translates what its source says at its boundary (wrong password, unknown table, lost
// connection) into an Error; every layer above wraps with %w and adds where it happened. The gateway
// turns the first Error of the chain into a MySQL error packet, so Code decides what a client can act on
// and Message is what a person reads: it names the source, the table or the key.
//
// A panic becomes part of it too (Guarded): whoever starts a goroutine for a query guards it.
//
// The package does not log and does not format for any protocol but MySQL's errno and SQLSTATE
// (MySQL 8.0 Error Reference).
package sqlerr

import (
	"context"
	"errors"
	"fmt"
)

// Error is a failure with a MySQL identity.
type Error struct {
	Code    Code
	Message string
	Cause   error
}

// New makes an Error; format and args give its message.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes an Error that keeps cause in its chain. The cause's text ends the message, so format says
// only what was being done and to what: Wrap(SourceDown, err, "source shop: connect").
func Wrap(code Code, cause error, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Cause: cause}
}

func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.Cause.Error()
}

func (e *Error) Unwrap() error { return e.Cause }

// CodeOf returns the code of the outermost Error in err's chain. A bare context error is Cancelled or
// Timeout; anything else is Internal.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	case errors.Is(err, context.Canceled):
		return Cancelled
	}
	return Internal
}

// Is reports whether err carries code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }
