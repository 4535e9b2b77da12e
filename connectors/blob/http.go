package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// HTTPConfig says which files of a web server are objects. A server tells no listing, so these are named.
type HTTPConfig struct {
	Base  *url.URL // of the keys; its path ends in "/"
	Files []string // the keys
	Token connectors.Secret
	CA    string // certificates in PEM that the server's may be signed by, besides those of the system

	Log *slog.Logger // hears at level debug what errors hold besides; nil: nobody does
}

// HTTP is some files of a web server that answers requests for ranges (RFC 9110, section 14). It is asked for a file's version before each
// read of a query: the ETag, or where there is none when the file was last modified.
type HTTP struct {
	config  HTTPConfig
	files   []string // ascending
	meter   meter
	breaker *connectors.Breaker
	client  *http.Client
}

// NewHTTP returns the store, without I/O. It fails if CA holds no certificate.
func NewHTTP(config HTTPConfig) (*HTTP, error) {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	h := &HTTP{config: config, files: slices.Compact(slices.Sorted(slices.Values(config.Files))), breaker: connectors.NewBreaker(time.Now)}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	tune(transport, h.breaker)
	if config.CA != "" && !trust(transport, config.CA) {
		return nil, sqlerr.New(sqlerr.BadOption, "option ca holds no certificate in PEM")
	}
	h.client = &http.Client{Transport: transport}
	return h, nil
}

// Unreachable implements connectors.Reachability.
func (h *HTTP) Unreachable() error { return h.breaker.Err() }

// Location is the URL of a key.
func (h *HTTP) Location(key string) string { return h.config.Base.JoinPath(key).Redacted() }

// Profile follows from how far away the server has been so far.
func (h *HTTP) Profile() Profile {
	return Profile{Gap: h.meter.gap(), Request: 8 << 20, ReadAhead: 32 << 20, Parallel: h.meter.parallel()}
}

// Close drops idle connections.
func (h *HTTP) Close() error {
	h.client.CloseIdleConnections()
	return nil
}

// List asks for the versions of the files at the same time. One that is not there is an error: it was named.
func (h *HTTP) List(ctx context.Context, o ListOptions) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		entries := h.named(o)
		group, within := errgroup.WithContext(ctx)
		group.SetLimit(parallelStats)
		for i := range entries {
			if e := &entries[i]; !e.Folder {
				group.Go(func() (err error) {
					e.Object, err = h.Stat(within, e.Key)
					return err
				})
			}
		}
		if err := group.Wait(); err != nil {
			yield(Entry{}, err)
			return
		}
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// parallelStats is how many files are asked for at the same time.
const parallelStats = 16

// named are the files and folders of a listing, which know their keys alone.
func (h *HTTP) named(o ListOptions) (entries []Entry) {
	for _, key := range h.files {
		below, ok := strings.CutPrefix(key, o.Prefix)
		if !ok || key <= o.After {
			continue
		}
		if o.Limit > 0 && len(entries) == o.Limit {
			break
		}
		e := Entry{Object: Object{Key: key}}
		if at := strings.IndexByte(below, '/'); o.Folders && at >= 0 {
			e = folder(key[:len(o.Prefix)+at+1])
		}
		if len(entries) == 0 || entries[len(entries)-1].Key != e.Key {
			entries = append(entries, e)
		}
	}
	return entries
}

// Stat asks for a file's length and version, by a request for its first byte where the server answers none for the header alone.
func (h *HTTP) Stat(ctx context.Context, key string) (Object, error) {
	if !slices.Contains(h.files, key) {
		return Object{}, sqlerr.Wrap(sqlerr.SourceError, fs.ErrNotExist, "%s", h.Location(key))
	}
	response, err := h.send(ctx, http.MethodHead, key, nil)
	if err != nil {
		return Object{}, err
	}
	response.Body.Close()
	size := response.ContentLength
	if response.StatusCode != http.StatusOK || size < 0 {
		if response, err = h.send(ctx, http.MethodGet, key, http.Header{"Range": {"bytes=0-0"}}); err != nil {
			return Object{}, err
		}
		response.Body.Close()
		if _, size = contentRange(response); response.StatusCode != http.StatusPartialContent {
			return Object{}, h.refused(ctx, "read", key, response)
		}
	}
	o := Object{Key: key, Size: size, ETag: validator(response.Header)}
	switch {
	case size < 0:
		return o, sqlerr.New(sqlerr.SourceError, "%s: the server does not say how long it is", h.Location(key))
	case o.ETag == "":
		return o, sqlerr.New(sqlerr.Unsupported, "%s: the server says neither an ETag nor when it was last modified, and so not whether it has changed", h.Location(key))
	}
	return o, nil
}

// validator is what says of an answer which version of a file it is of; "": nothing does.
func validator(header http.Header) string {
	if tag := header.Get("ETag"); tag != "" {
		return tag
	}
	return header.Get("Last-Modified")
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

// Read gets a range. A body that breaks off is resumed where it did.
func (h *HTTP) Read(ctx context.Context, o Object, off int64, p []byte) error {
	for attempt := 1; len(p) > 0; attempt++ {
		n, err := h.get(ctx, o, off, p)
		off, p = off+int64(n), p[n:]
		if err == nil {
			break
		}
		if err := resumable(ctx, err, attempt, h.Location(o.Key)); err != nil {
			return err
		}
	}
	return nil
}

// get reads once and returns how many bytes came.
func (h *HTTP) get(ctx context.Context, o Object, off int64, p []byte) (n int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answer, done := h.meter.request(time.Now())
	defer func() { done(time.Now(), n) }()
	header := http.Header{"Range": {fmt.Sprintf("bytes=%d-%d", off, off+int64(len(p))-1)}}
	if strings.HasPrefix(o.ETag, `"`) { // a strong one: no other may be asked for
		header.Set("If-Match", o.ETag)
	}
	response, err := h.send(ctx, http.MethodGet, o.Key, header)
	if err != nil {
		return 0, err
	}
	answer(time.Now())
	defer response.Body.Close()
	switch from, size := contentRange(response); {
	case response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusGone:
		return 0, changed(fs.ErrNotExist, h.Location(o.Key))
	case response.StatusCode == http.StatusPreconditionFailed || response.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return 0, changed(nil, h.Location(o.Key))
	case response.StatusCode == http.StatusOK:
		return 0, sqlerr.New(sqlerr.Unsupported, "%s: the server does not answer requests for ranges", h.Location(o.Key))
	case response.StatusCode != http.StatusPartialContent:
		return 0, h.refused(ctx, "read", o.Key, response)
	case validator(response.Header) != o.ETag || size >= 0 && size != o.Size:
		return 0, changed(nil, h.Location(o.Key))
	case from != off:
		return 0, sqlerr.New(sqlerr.SourceError, "%s: the server ignored the range that was asked for", h.Location(o.Key))
	}
	return fill(response.Body, p, cancel)
}

// fill reads all of p, or ends what it reads for when no byte has come for too long. An error is a *broken.
func fill(body io.Reader, p []byte, end func()) (n int, err error) {
	watchdog := time.AfterFunc(stallTimeout, end)
	defer watchdog.Stop()
	for {
		m, err := body.Read(p[n:])
		n += m
		if n == len(p) {
			return n, nil
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return n, &broken{err}
		}
		watchdog.Reset(stallTimeout)
	}
}

// send sends a request, again where the server was too busy or did not answer.
func (h *HTTP) send(ctx context.Context, method, key string, header http.Header) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		request, err := http.NewRequestWithContext(ctx, method, h.config.Base.JoinPath(key).String(), nil)
		if err != nil {
			return nil, sqlerr.Wrap(sqlerr.BadOption, err, "%s", h.Location(key))
		}
		for name, values := range header {
			request.Header[name] = values
		}
		request.Header.Set("Accept-Encoding", "identity") // ranges are of the file's own bytes
		if token := h.config.Token.Reveal(); token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := h.client.Do(request)
		busy := err == nil && (response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= 500 && response.StatusCode != http.StatusNotImplemented)
		if err == nil && (!busy || attempt == attempts) {
			return response, nil
		}
		if err == nil {
			response.Body.Close()
		} else if ctx.Err() != nil || refusal(err) != nil || attempt == attempts {
			return nil, h.fail(ctx, err, key)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: %w", h.Location(key), context.Cause(ctx))
		case <-time.After(pause << attempt):
		}
	}
}

// pause is doubled before each further attempt.
const pause = 50 * time.Millisecond

// fail says why there was no answer. The error's own text may hold a URL that the server has redirected to, which is for the log.
func (h *HTTP) fail(ctx context.Context, err error, key string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", h.Location(key), ctx.Err())
	}
	h.config.Log.Debug("a request to a web server failed", "location", h.Location(key), "error", err)
	if refused := refusal(err); refused != nil {
		return sqlerr.Wrap(sqlerr.SourceDown, refused, "read %s", h.Location(key))
	}
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	return sqlerr.Wrap(sqlerr.SourceDown, err, "read %s: no answer", h.Location(key))
}

// refused says what the server has answered instead of a file.
func (h *HTTP) refused(ctx context.Context, doing, key string, response *http.Response) error {
	location := h.Location(key)
	switch status := response.StatusCode; {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", location, ctx.Err())
	case status == http.StatusNotFound || status == http.StatusGone:
		return sqlerr.Wrap(sqlerr.SourceError, fs.ErrNotExist, "%s", location)
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return sqlerr.New(sqlerr.SourceAuth, "%s %s: the server refuses access: status %d", doing, location, status)
	case status == http.StatusOK:
		return sqlerr.New(sqlerr.Unsupported, "%s: the server does not answer requests for ranges", location)
	default:
		return sqlerr.New(sqlerr.SourceError, "%s %s: the server answers status %d", doing, location, status)
	}
}
