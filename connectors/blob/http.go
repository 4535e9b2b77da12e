package blob

import (
	"context"
	"io/fs"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

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
	*server
	config HTTPConfig
	files  []string // ascending
}

// NewHTTP returns the store, without I/O. It fails if CA holds no certificate.
func NewHTTP(config HTTPConfig) (*HTTP, error) {
	server, err := newServer(config.CA, config.Log)
	if err != nil {
		return nil, err
	}
	server.authorize = func(r *http.Request) error {
		if token := config.Token.Reveal(); token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		return nil
	}
	return &HTTP{server: server, config: config, files: slices.Compact(slices.Sorted(slices.Values(config.Files)))}, nil
}

// Location is the URL of a key.
func (h *HTTP) Location(key string) string { return h.config.Base.JoinPath(key).Redacted() }

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
	ask := h.ask(http.MethodHead, key)
	response, err := h.send(ctx, ask)
	if err != nil {
		return Object{}, err
	}
	response.Body.Close()
	size := response.ContentLength
	if response.StatusCode != http.StatusOK || size < 0 {
		ask.method, ask.header = http.MethodGet, http.Header{"Range": {"bytes=0-0"}}
		if response, err = h.send(ctx, ask); err != nil {
			return Object{}, err
		}
		response.Body.Close()
		if _, size = contentRange(response); response.StatusCode != http.StatusPartialContent {
			return Object{}, refusedByServer(ask, response)
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

// Read gets a range, of a file with a strong ETag under the condition that it still has it: no other may be asked for.
func (h *HTTP) Read(ctx context.Context, o Object, off int64, p []byte) error {
	ask := h.ask(http.MethodGet, o.Key)
	ask.header = make(http.Header)
	if strings.HasPrefix(o.ETag, `"`) {
		ask.header.Set("If-Match", o.ETag)
	}
	return h.read(ctx, ranged{ask: ask, version: validator, refused: refusedByServer}, o, off, p)
}

func (h *HTTP) ask(method, key string) ask {
	return ask{doing: "read", location: h.Location(key), method: method, url: h.config.Base.JoinPath(key)}
}

// refusedByServer says what a web server has answered instead of a file.
func refusedByServer(a ask, response *http.Response) error {
	switch status := response.StatusCode; status {
	case http.StatusNotFound, http.StatusGone:
		return sqlerr.Wrap(sqlerr.SourceError, fs.ErrNotExist, "%s", a.location)
	case http.StatusUnauthorized, http.StatusForbidden:
		return sqlerr.New(sqlerr.SourceAuth, "%s %s: the server refuses access: status %d", a.doing, a.location, status)
	case http.StatusOK:
		return sqlerr.New(sqlerr.Unsupported, "%s: the server does not answer requests for ranges", a.location)
	default:
		return sqlerr.New(sqlerr.SourceError, "%s %s: the server answers status %d", a.doing, a.location, status)
	}
}
