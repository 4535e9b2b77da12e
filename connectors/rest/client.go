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

	mu     sync.Mutex
	pauses map[string]time.Time // until when the server wants no request, by class of endpoints
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
		pace: rate.NewLimiter(limit, max(1, int(s.rate))), pauses: make(map[string]time.Time),
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

// dial connects if the breaker admits it, and counts what goes through.
func (c *client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.breaker.Dial(ctx, network, address, connectTimeout)
	if err != nil {
		return nil, err
	}
	return c.link.Conn(conn), nil
}

// redirect follows a server to itself alone: others must not see the credentials, and a statement reads one source.
func (c *client) redirect(to *http.Request, via []*http.Request) error {
	const most = 5
	if to.URL.Host != c.base.Host || to.URL.Scheme != c.base.Scheme || len(via) > most {
		return &redirectError{"it redirects to " + to.URL.Host}
	}
	if to.Method != via[0].Method { // what the request asked for is lost with its body
		return &redirectError{"it redirects a " + via[0].Method + " to a " + to.Method}
	}
	return nil
}

// request is one call of an endpoint.
type request struct {
	method string
	path   string // relative to the source's URL, escaped
	shown  string // the path as messages have it: without values
	number int    // of the page, from 1; 0: there is one
	class  string // of endpoints that the server limits together
	query  url.Values
	header http.Header
	body   []byte   // JSON
	next   *url.URL // of the page, if an answer gave it: instead of path and query
}

// where names the endpoint and the page in messages.
func (r *request) where() string {
	if r.number == 0 {
		return r.method + " " + r.shown
	}
	return fmt.Sprintf("%s %s, page %d", r.method, r.shown, r.number)
}

// response is the answer of a server that had one.
type response struct {
	header http.Header
	body   string
	url    *url.URL
	held   int64 // bytes that the statement's account is charged with
}

// do sends a request and reads the whole answer, so that what fails can be sent again: nobody has seen any of it yet. All
// requests only read, so that repeating one is safe. Its slot is kept neither while it waits to be sent again nor while
// somebody decodes: a statement never waits for what another one holds.
func (c *client) do(ctx context.Context, r *request, b budget) (*response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.ended, func() { cancel(context.Cause(c.ended)) })()
	for tries := 0; ; tries++ {
		out, err := c.inTurn(ctx, r, b)
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
		c.postpone(r.class, pause)
	}
}

// inTurn sends a request once when its endpoints are not paused, a slot is free and the rate allows it.
func (c *client) inTurn(ctx context.Context, r *request, b budget) (*response, error) {
	for {
		if err := c.wait(ctx, r.class); err != nil {
			return nil, err
		}
		if err := c.slots.Acquire(ctx, 1); err != nil {
			return nil, err
		}
		if c.paused(r.class) <= 0 {
			break
		}
		c.slots.Release(1) // whoever may be answered has it
	}
	defer c.slots.Release(1)
	if err := c.pace.Wait(ctx); err != nil {
		return nil, err
	}
	return c.attempt(ctx, r, b)
}

// postpone makes the requests of a class of endpoints wait.
func (c *client) postpone(class string, pause time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until := time.Now().Add(pause); until.After(c.pauses[class]) {
		c.pauses[class] = until
	}
}

func (c *client) paused(class string) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Until(c.pauses[class])
}

// wait waits until the server wants requests of a class of endpoints again.
func (c *client) wait(ctx context.Context, class string) error {
	for {
		pause := c.paused(class)
		if pause <= 0 {
			return ctx.Err()
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
func (c *client) attempt(ctx context.Context, r *request, b budget) (*response, error) {
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
	b.usage.AddRequest()
	began := time.Now()
	defer func() { b.usage.AddRemoteTime(time.Since(began)) }()
	answer, err := c.http.Do(sent)
	if err != nil {
		if errors.Is(context.Cause(ctx), errSlow) {
			err = errSlow
		}
		return nil, &lostError{err}
	}
	defer answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return nil, &statusError{answer.StatusCode, messageOf(c.refusal(answer, b), c.hide), retryAfter(answer.Header)}
	}
	body, held, err := c.read(answer, b)
	if err != nil {
		if _, lost := errors.AsType[*lostError](err); lost && errors.Is(context.Cause(ctx), errSlow) {
			err = &lostError{errSlow}
		}
		return nil, err
	}
	return &response{answer.Header, body, answer.Request.URL, held}, nil
}

// errSlow ends an attempt.
var errSlow = errors.New("no answer in time")

// unpacked is a body that may be compressed. It is counted as it comes.
func unpacked(answer *http.Response, usage *connectors.Usage) (io.Reader, error) {
	raw := &countedReader{answer.Body, usage}
	if strings.EqualFold(answer.Header.Get("Content-Encoding"), "gzip") {
		return gzip.NewReader(raw)
	}
	return raw, nil
}

// longestRefusal is how much is read of the answer of a server that refuses.
const longestRefusal = 64 << 10

// refusal reads what a server says to a request that it refuses, as far as that comes.
func (c *client) refusal(answer *http.Response, b budget) []byte {
	body, err := unpacked(answer, b.usage)
	if err != nil {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(body, longestRefusal)) // the status says enough
	return text
}

// read reads a body, which may be compressed, up to the largest that is allowed, and says what it was charged with.
func (c *client) read(answer *http.Response, b budget) (text string, held int64, err error) {
	body, err := unpacked(answer, b.usage)
	if err != nil {
		return "", 0, &lostError{err}
	}
	out := paidText{budget: b}
	defer func() {
		if err != nil {
			b.release(out.held)
		}
	}()
	if n := answer.ContentLength; n > 0 && n <= c.page { // where it is compressed, at least that much
		if err := out.room(int(n)); err != nil {
			return "", 0, err
		}
	}
	chunk := make([]byte, 32<<10)
	for {
		n, err := body.Read(chunk)
		if int64(out.Len()+n) > c.page {
			return "", 0, sqlerr.New(sqlerr.ScanTooBig, "the answer is larger than %d bytes (option page_bytes)", c.page)
		}
		if err := out.room(n); err != nil {
			return "", 0, err
		}
		out.Write(chunk[:n])
		if err == io.EOF {
			return out.String(), out.held, nil
		}
		if err != nil {
			return "", 0, &lostError{err}
		}
	}
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
