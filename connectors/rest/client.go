package rest

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// client sends requests to one server. It is safe for concurrent use.
type client struct {
	*settings
	http    *http.Client
	breaker *connectors.Breaker
	link    connectors.LinkMeter
	slots   *semaphore.Weighted // requests at a time
	pace    *rate.Limiter

	ended context.Context // with the source
	end   context.CancelCauseFunc

	mu    sync.Mutex
	pause time.Time // until when the server wants no request
}

// errClosed is what remains to be had of a source that was altered or dropped.
var errClosed = errors.New("the source was altered or dropped")

const (
	connectTimeout = 10 * time.Second
	firstBackoff   = 100 * time.Millisecond // before the second attempt; it doubles
	mostBackoff    = 5 * time.Second
	mostPatience   = time.Minute // that a server may ask for by Retry-After
)

// newClient connects to nothing yet.
func newClient(s *settings) *client {
	limit := rate.Inf
	if s.rate > 0 {
		limit = rate.Limit(s.rate)
	}
	c := &client{
		settings: s, breaker: connectors.NewBreaker(time.Now), slots: semaphore.NewWeighted(int64(s.requests)),
		pace: rate.NewLimiter(limit, max(1, int(s.rate))),
	}
	c.ended, c.end = context.WithCancelCause(context.Background())
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: c.dial, ForceAttemptHTTP2: true,
			TLSClientConfig: &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: connectTimeout,
			MaxIdleConnsPerHost: s.requests, IdleConnTimeout: time.Minute, DisableCompression: true, // counted as it comes
		},
		CheckRedirect: c.redirect,
	}
	return c
}

// close ends all requests.
func (c *client) close() {
	c.end(errClosed)
	c.http.CloseIdleConnections()
}

// dial connects if the breaker admits it. It goes on when nobody waits for it any more, and so learns how it ends.
func (c *client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	attempt, err := c.breaker.Try()
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}
	conn, err := dialer.DialContext(context.WithoutCancel(ctx), network, address)
	if err != nil {
		attempt.Failed(err)
		return nil, err
	}
	attempt.Reached()
	return c.link.Conn(conn), nil
}

// redirect follows a server to itself alone: others must not see the credentials, and a statement reads one source.
func (c *client) redirect(to *http.Request, via []*http.Request) error {
	const most = 5
	if to.URL.Host != c.base.Host || to.URL.Scheme != c.base.Scheme || len(via) > most {
		return fmt.Errorf("it redirects to %s", to.URL.Host)
	}
	if to.Method != via[0].Method { // what the request asked for is lost with its body
		return fmt.Errorf("it redirects a %s to a %s", via[0].Method, to.Method)
	}
	return nil
}

// request is one call of an endpoint.
type request struct {
	method string
	path   string // relative to the source's URL, escaped
	shown  string // the path as messages have it: without values
	query  url.Values
	header http.Header
	body   []byte   // JSON
	next   *url.URL // of the page, if an answer gave it: instead of path and query
}

// where names the endpoint in messages.
func (r *request) where() string { return r.method + " " + r.shown }

// response is the answer of a server that had one.
type response struct {
	header http.Header
	body   []byte
	url    *url.URL
}

// do sends a request and reads the whole answer, so that what fails can be sent again: nobody has seen any of it yet. All
// requests only read, so that repeating one is safe. Its slot is not kept while somebody decodes: a statement never waits
// for what another one holds.
func (c *client) do(ctx context.Context, r *request, usage *connectors.Usage) (*response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.ended, func() { cancel(context.Cause(c.ended)) })()
	if err := c.slots.Acquire(ctx, 1); err != nil {
		return nil, c.failed(ctx, r, err)
	}
	defer c.slots.Release(1)
	for tries := 0; ; tries++ {
		if err := c.wait(ctx); err != nil {
			return nil, c.failed(ctx, r, err)
		}
		out, err := c.attempt(ctx, r, usage)
		if err == nil {
			return out, nil
		}
		again, pause := retryable(err)
		if !again || tries >= c.retries || ctx.Err() != nil || c.breaker.Err() != nil {
			return nil, c.failed(ctx, r, err)
		}
		if pause < 0 {
			pause = min(firstBackoff<<min(tries, 10), mostBackoff)
			pause = pause/2 + rand.N(pause/2) // so that not all come again at once
		}
		if deadline, ok := ctx.Deadline(); pause > mostPatience || ok && time.Until(deadline) < pause {
			return nil, c.failed(ctx, r, err)
		}
		c.postpone(pause)
	}
}

// postpone makes all requests wait.
func (c *client) postpone(pause time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until := time.Now().Add(pause); until.After(c.pause) {
		c.pause = until
	}
}

// wait waits until the server wants requests again and the rate allows one.
func (c *client) wait(ctx context.Context) error {
	for {
		c.mu.Lock()
		pause := time.Until(c.pause)
		c.mu.Unlock()
		if pause <= 0 {
			return c.pace.Wait(ctx)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
	}
}

// attempt sends a request once.
func (c *client) attempt(ctx context.Context, r *request, usage *connectors.Usage) (*response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errSlow)
	defer cancel()
	u := r.next
	if u == nil {
		u = c.base.JoinPath(r.path)
		u.RawQuery = r.query.Encode()
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, u.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	for _, h := range []http.Header{{"Accept": {"application/json"}, "Accept-Encoding": {"gzip"}}, c.header, r.header} {
		for k, v := range h {
			sent.Header[http.CanonicalHeaderKey(k)] = v
		}
	}
	if r.body != nil {
		sent.Header.Set("Content-Type", "application/json")
	}
	usage.AddRequest()
	began := time.Now()
	defer func() { usage.AddRemoteTime(time.Since(began)) }()
	answer, err := c.http.Do(sent)
	if err != nil {
		if errors.Is(context.Cause(ctx), errSlow) {
			err = errSlow
		}
		return nil, &lostError{err}
	}
	defer answer.Body.Close()
	body, err := c.read(answer, usage)
	if err != nil {
		if errors.Is(context.Cause(ctx), errSlow) {
			err = &lostError{errSlow}
		}
		return nil, err
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return nil, &statusError{answer.StatusCode, messageOf(body, c.hide), retryAfter(answer.Header)}
	}
	return &response{answer.Header, body, answer.Request.URL}, nil
}

// errSlow ends an attempt.
var errSlow = errors.New("no answer in time")

// read reads a body, which may be compressed, up to the largest that is allowed.
func (c *client) read(answer *http.Response, usage *connectors.Usage) ([]byte, error) {
	raw := &countedReader{answer.Body, usage}
	body := io.Reader(raw)
	if strings.EqualFold(answer.Header.Get("Content-Encoding"), "gzip") {
		unzip, err := gzip.NewReader(raw)
		if err != nil {
			return nil, &lostError{err}
		}
		body = unzip
	}
	var out bytes.Buffer
	if n := answer.ContentLength; n > 0 && n <= c.page {
		out.Grow(int(n) + bytes.MinRead)
	}
	n, err := out.ReadFrom(io.LimitReader(body, c.page+1))
	if err != nil {
		return nil, &lostError{err}
	}
	if n > c.page {
		return nil, sqlerr.New(sqlerr.ScanTooBig, "the answer is larger than %d bytes (option page_bytes)", c.page)
	}
	return out.Bytes(), nil
}

// countedReader counts bytes as they come.
type countedReader struct {
	io.Reader
	usage *connectors.Usage
}

func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.usage.AddBytes(int64(n))
	return n, err
}

// retryAfter is what a server asks for in seconds or as a date; < 0: nothing.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 && seconds < 1<<31 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(time.Until(at), 0)
	}
	return -1
}
