package rest

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/silogate/silogate/engine/sqlerr"
)

// statusError is a server's refusal.
type statusError struct {
	status  int
	message string
	after   time.Duration // Retry-After; < 0: none
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("%d %s", e.status, http.StatusText(e.status))
	if e.message != "" {
		text += ": " + e.message
	}
	return text
}

// lostError is an answer that did not come, or not to its end.
type lostError struct{ error }

func (e *lostError) Unwrap() error { return e.error }

// Error leaves out the URL, which may hold values.
func (e *lostError) Error() string {
	if u, ok := errors.AsType[*url.Error](e.error); ok {
		return u.Err.Error()
	}
	return e.error.Error()
}

// redirectError is a redirect that is not followed.
type redirectError struct{ why string }

func (e *redirectError) Error() string { return e.why }

// settled reports a failure that is the same each time: of certificates, of what is no HTTPS server, of redirects.
func settled(err error) bool {
	_, redirect := errors.AsType[*redirectError](err)
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	return redirect || certificate || plain || errors.Is(err, http.ErrSchemeMismatch)
}

// retryable reports whether a request may succeed when it is sent again, and when the server wants it; < 0: it does not say.
func retryable(err error) (again bool, after time.Duration) {
	if status, ok := errors.AsType[*statusError](err); ok {
		switch status.status {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true, status.after
		}
		return false, -1
	}
	_, lost := errors.AsType[*lostError](err)
	return lost && !settled(err), -1
}

// failed translates what an endpoint made of a request. What the context or the source ended is told as that.
func (c *client) failed(ctx context.Context, r *request, err error) error {
	where := "source " + c.name + ": " + r.where()
	if ctx.Err() != nil {
		if errors.Is(context.Cause(ctx), errClosed) {
			return sqlerr.Wrap(sqlerr.SourceDown, errClosed, "%s", where)
		}
		return fmt.Errorf("%s: %w", where, reasonOf(ctx))
	}
	if known, ok := errors.AsType[*sqlerr.Error](err); ok {
		return sqlerr.Wrap(known.Code, known, "%s", where)
	}
	if status, ok := errors.AsType[*statusError](err); ok {
		return sqlerr.Wrap(codeOf(status.status), status, "%s", where)
	}
	return sqlerr.Wrap(sqlerr.SourceDown, errors.New(c.hide(err.Error())), "%s", where)
}

// reasonOf returns why a context ended: its cause where that says more than that it did.
func reasonOf(ctx context.Context) error {
	if cause := context.Cause(ctx); sqlerr.CodeOf(cause) != sqlerr.Internal {
		return cause
	}
	return ctx.Err()
}

func codeOf(status int) sqlerr.Code {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return sqlerr.SourceAuth
	case http.StatusPreconditionFailed:
		return sqlerr.SourceChanged
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return sqlerr.SourceDown
	}
	return sqlerr.SourceError
}

// gone reports that a server has nothing at the path of a request.
func gone(err error) bool {
	status, ok := errors.AsType[*statusError](err)
	return ok && status.status == http.StatusNotFound
}

// longestMessage is how much of a server's message is repeated.
const longestMessage = 300

// messageOf finds the message in the body of a refusal: the member that servers put it in, or the body itself where it is
// a short text. What hide hides is hidden before the text is cut.
func messageOf(body []byte, hide func(string) string) string {
	text := ""
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) == nil {
		text = messageIn(members)
	} else if !strings.HasPrefix(strings.TrimSpace(string(body)), "<") { // no HTML
		text = string(body)
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(strings.TrimSpace(text), "?"))
	text = hide(text)
	if runes := []rune(text); len(runes) > longestMessage {
		text = string(runes[:longestMessage]) + "..."
	}
	return text
}

func messageIn(members map[string]json.RawMessage) string {
	for _, name := range []string{"message", "error", "detail", "title", "error_description", "Message"} {
		var text string
		var nested map[string]json.RawMessage
		switch raw := members[name]; {
		case raw == nil:
		case json.Unmarshal(raw, &text) == nil && text != "":
			return text
		case json.Unmarshal(raw, &nested) == nil:
			if text = messageIn(nested); text != "" {
				return text
			}
		}
	}
	return ""
}
