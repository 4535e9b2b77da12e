package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// server is one that stores read by requests over HTTP of their own. It has what all of them need: connections that the breaker admits,
// attempts, and ranges of one version of a file.
type server struct {
	client    *http.Client
	breaker   *connectors.Breaker
	meter     meter
	log       *slog.Logger
	authorize func(*http.Request) error // gives a request its credentials, anew for each attempt
}

// newServer fails if ca, unless it is empty, holds no certificate in PEM. A nil log is one that nobody reads.
func newServer(ca string, log *slog.Logger) (*server, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &server{breaker: connectors.NewBreaker(time.Now), log: log}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	tune(transport, s.breaker)
	if ca != "" && !trust(transport, ca) {
		return nil, sqlerr.New(sqlerr.BadOption, "option ca holds no certificate in PEM")
	}
	s.client = &http.Client{Transport: transport}
	return s, nil
}

// Unreachable implements connectors.Reachability.
func (s *server) Unreachable() error { return s.breaker.Err() }

// Profile follows from how far away the server has been so far.
func (s *server) Profile() Profile {
	return Profile{Gap: s.meter.gap(), Request: 8 << 20, ReadAhead: 32 << 20, Parallel: s.meter.parallel()}
}

// Close drops idle connections.
func (s *server) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

// ask is what a server is asked for; doing and location are for messages.
type ask struct {
	doing, location string
	method          string
	url             *url.URL
	header          http.Header
}

// send sends a request, again where the server was too busy or did not answer.
func (s *server) send(ctx context.Context, a ask) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		request, err := http.NewRequestWithContext(ctx, a.method, a.url.String(), nil)
		if err != nil {
			return nil, sqlerr.New(sqlerr.BadOption, "%s %s: the address is malformed", a.doing, a.location)
		}
		request.Header.Set("Accept-Encoding", "identity") // ranges are of the file's own bytes
		for name, values := range a.header {
			request.Header[name] = values
		}
		if err := s.authorize(request); err != nil {
			if ctx.Err() != nil {
				return nil, fmt.Errorf("%s: %w", a.location, ctx.Err())
			}
			return nil, sqlerr.Wrap(sqlerr.SourceAuth, err, "%s %s", a.doing, a.location)
		}
		response, err := s.client.Do(request)
		busy := err == nil && (response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= 500 && response.StatusCode != http.StatusNotImplemented)
		if err == nil && (!busy || attempt == attempts) {
			return response, nil
		}
		if err == nil {
			response.Body.Close()
		} else if ctx.Err() != nil || refusal(err) != nil || attempt == attempts {
			return nil, s.fail(ctx, err, a)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: %w", a.location, context.Cause(ctx))
		case <-time.After(pause << attempt):
		}
	}
}

// pause is doubled before each further attempt.
const pause = 50 * time.Millisecond

// fail says why there was no answer. The address, which the server may have redirected to, is for the log, and its parameters are for
// nobody: they may be a signature.
func (s *server) fail(ctx context.Context, err error, a ask) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", a.location, ctx.Err())
	}
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
		address, _, _ := strings.Cut(request.URL, "?")
		s.log.Debug("a request for a file failed", "location", a.location, "address", address, "error", err)
	}
	if refused := refusal(err); refused != nil {
		return sqlerr.Wrap(sqlerr.SourceDown, refused, "%s %s", a.doing, a.location)
	}
	return sqlerr.Wrap(sqlerr.SourceDown, err, "%s %s: no answer", a.doing, a.location)
}

// ranged is how a server gives ranges of a file.
type ranged struct {
	ask
	version func(http.Header) string        // the ETag of an object, as an answer tells it
	refused func(ask, *http.Response) error // what an answer is that is neither a range nor about the file's version
}

// read gets a range. A body that breaks off is resumed where it did.
func (s *server) read(ctx context.Context, r ranged, o Object, off int64, p []byte) error {
	for attempt := 1; len(p) > 0; attempt++ {
		n, err := s.get(ctx, r, o, off, p)
		off, p = off+int64(n), p[n:]
		if err == nil {
			break
		}
		if err := resumable(ctx, err, attempt, r.location); err != nil {
			return err
		}
	}
	return nil
}

// get reads once and returns how many bytes came.
func (s *server) get(ctx context.Context, r ranged, o Object, off int64, p []byte) (n int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answer, done := s.meter.request(time.Now())
	defer func() { done(time.Now(), n) }()
	r.header.Set("Range", fmt.Sprintf("bytes=%d-%d", off, off+int64(len(p))-1))
	response, err := s.send(ctx, r.ask)
	if err != nil {
		return 0, err
	}
	answer(time.Now())
	defer response.Body.Close()
	switch from, size := contentRange(response); {
	case response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusGone:
		return 0, changed(fs.ErrNotExist, r.location)
	case response.StatusCode == http.StatusPreconditionFailed || response.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return 0, changed(nil, r.location)
	case response.StatusCode != http.StatusPartialContent:
		return 0, r.refused(r.ask, response)
	case o.ETag != "" && r.version(response.Header) != o.ETag || size >= 0 && size != o.Size:
		return 0, changed(nil, r.location)
	case from != off:
		return 0, sqlerr.New(sqlerr.SourceError, "%s: the server ignored the range that was asked for", r.location)
	}
	return fill(response.Body, p, cancel)
}

// contentRange is where the part begins that an answer holds, and how long the whole is; -1 where the answer does not say.
func contentRange(response *http.Response) (from, size int64) {
	span, whole, _ := strings.Cut(strings.TrimPrefix(response.Header.Get("Content-Range"), "bytes "), "/")
	first, _, _ := strings.Cut(span, "-")
	number := func(text string) int64 {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return -1
		}
		return n
	}
	return number(first), number(whole)
}

// fetch sends a request and reads the whole answer, again where it broke off. The body of what it returns is in memory.
func (s *server) fetch(ctx context.Context, a ask) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		response, err := s.once(ctx, a)
		if err == nil {
			return response, nil
		}
		if err := resumable(ctx, err, attempt, a.location); err != nil {
			return nil, err
		}
	}
}

func (s *server) once(ctx context.Context, a ask) (*http.Response, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	response, err := s.send(ctx, a)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	watch := newWatched(response.Body, cancel)
	defer watch.watchdog.Stop()
	body, err := io.ReadAll(watch)
	if err != nil {
		return nil, &broken{err}
	}
	whole := *response
	whole.Body = io.NopCloser(bytes.NewReader(body))
	return &whole, nil
}

// watched is a body, of which what it is read for ends when no byte has come for too long.
type watched struct {
	body     io.Reader
	watchdog *time.Timer
}

func newWatched(body io.Reader, end func()) watched {
	return watched{body, time.AfterFunc(stallTimeout, end)}
}

// Read implements io.Reader.
func (w watched) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	w.watchdog.Reset(stallTimeout)
	return n, err
}

// fill reads all of p, or ends what it reads for when no byte has come for too long. An error is a *broken.
func fill(body io.Reader, p []byte, end func()) (n int, err error) {
	watch := newWatched(body, end)
	defer watch.watchdog.Stop()
	n, err = io.ReadFull(watch, p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return n, &broken{err}
	}
	return n, nil
}
