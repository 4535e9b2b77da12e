package blob

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/engine/sqlerr"
)

// site is a web server of files, each with the validators that its headers say; look may answer first.
type site struct {
	files   map[string]string
	headers http.Header
	look    func(w http.ResponseWriter, r *http.Request) bool
	asked   []string // "HEAD a", "GET a bytes=0-1"
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := strings.TrimPrefix(r.URL.Path, "/data/")
	s.asked = append(s.asked, strings.TrimSpace(r.Method+" "+key+" "+r.Header.Get("Range")))
	if s.look != nil && s.look(w, r) {
		return
	}
	content, ok := s.files[key]
	if !ok {
		http.NotFound(w, r)
		return
	}
	for name, values := range s.headers {
		w.Header()[name] = values
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
}

// web is the store of some files of a site.
func web(t *testing.T, s *site, files ...string) *HTTP {
	t.Helper()
	server := httptest.NewServer(s)
	base, err := url.Parse(server.URL + "/data/")
	if err != nil {
		t.Fatal(err)
	}
	h, err := NewHTTP(HTTPConfig{Base: base, Files: files, Token: "ticket"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.Close()
		server.Close()
	})
	return h
}

func tagged(tag string) http.Header { return http.Header{"Etag": {tag}} }

func TestHTTPListsItsFiles(t *testing.T) {
	s := &site{files: map[string]string{"b.csv": "12345", "t/x=1/a": "1", "t/x=2/a": "22", "other": ""}, headers: tagged(`"1"`)}
	h := web(t, s, "t/x=2/a", "b.csv", "t/x=1/a", "b.csv")
	for _, c := range []struct {
		options ListOptions
		want    []string
	}{
		{ListOptions{}, []string{"b.csv", "t/x=1/a", "t/x=2/a"}},
		{ListOptions{Folders: true}, []string{"b.csv", "t/"}},
		{ListOptions{Prefix: "t/", Folders: true}, []string{"t/x=1/", "t/x=2/"}},
		{ListOptions{Prefix: "t/", Limit: 1}, []string{"t/x=1/a"}},
		{ListOptions{After: "t/x=1/a"}, []string{"t/x=2/a"}},
		{ListOptions{Prefix: "c"}, nil},
	} {
		if got := list(t, h, c.options); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.options, got, c.want)
		}
	}
	if o, err := h.Stat(t.Context(), "t/x=2/a"); err != nil || o != (Object{Key: "t/x=2/a", Size: 2, ETag: `"1"`}) {
		t.Errorf("%+v, %v", o, err)
	}
	if _, err := h.Stat(t.Context(), "other"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that was not named: %v", err)
	}
	delete(s.files, "b.csv")
	for _, err := range h.List(t.Context(), ListOptions{}) {
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "/data/b.csv") {
			t.Errorf("a file that is gone: %v", err)
		}
	}
}

func TestHTTPReadsOneVersion(t *testing.T) {
	modified := http.Header{"Last-Modified": {"Mon, 02 Jan 2006 15:04:05 GMT"}}
	later := http.Header{"Last-Modified": {"Mon, 02 Jan 2006 15:04:06 GMT"}}
	for name, c := range map[string]struct{ before, after http.Header }{
		"strong tag": {tagged(`"1"`), tagged(`"2"`)}, "weak tag": {tagged(`W/"1"`), tagged(`W/"2"`)}, "time": {modified, later}, "length": {tagged(`W/"1"`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := &site{files: map[string]string{"a": "0123456789"}, headers: c.before}
			h := web(t, s, "a")
			o, err := h.Stat(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			p := make([]byte, 4)
			if err := h.Read(t.Context(), o, 3, p); err != nil || string(p) != "3456" {
				t.Errorf("%s, %v", p, err)
			}
			if c.after != nil {
				s.headers = c.after
			} else {
				s.files["a"] += "0"
			}
			if err := h.Read(t.Context(), o, 3, p); !sqlerr.Is(err, sqlerr.SourceChanged) {
				t.Errorf("replaced: %v", err)
			}
			delete(s.files, "a")
			if err := h.Read(t.Context(), o, 3, p); !sqlerr.Is(err, sqlerr.SourceChanged) {
				t.Errorf("removed: %v", err)
			}
		})
	}
}

// TestHTTPServers meets servers that answer less than a file server does.
func TestHTTPReadsWhatIsWrittenOnce(t *testing.T) {
	s := &site{files: map[string]string{}, headers: tagged(`"1"`)}
	put := func(_ *testing.T, key, content string) { s.files[key] = content }
	remove := func(_ *testing.T, key string) { delete(s.files, key) }
	readsWrittenOnce(t, place{web(t, s, "d/f"), put, remove})
}

func TestHTTPServers(t *testing.T) {
	busy := 0
	for name, c := range map[string]struct {
		look  func(w http.ResponseWriter, r *http.Request) bool
		bare  bool // no validators
		code  sqlerr.Code
		want  string
		asked []string
	}{
		"no HEAD": {look: func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodHead {
				w.WriteHeader(http.StatusMethodNotAllowed)
			}
			return r.Method == http.MethodHead
		}, asked: []string{"HEAD a", "GET a bytes=0-0", "GET a bytes=3-6"}},
		"busy": {look: func(w http.ResponseWriter, _ *http.Request) bool {
			if busy++; busy%2 == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return busy%2 == 1
		}, asked: []string{"HEAD a", "HEAD a", "GET a bytes=3-6", "GET a bytes=3-6"}},
		"breaks off": {look: func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodHead || r.Header.Get("Range") != "bytes=3-6" {
				return false
			}
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("Content-Range", "bytes 3-6/10")
			w.Header().Set("Content-Length", "4")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write([]byte("34"))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, asked: []string{"HEAD a", "GET a bytes=3-6", "GET a bytes=5-6"}},
		"no ranges": {look: func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("ETag", `"1"`)
			_, _ = w.Write([]byte("0123456789"))
			return true
		}, code: sqlerr.Unsupported, want: "does not answer requests for ranges"},
		"another range": {look: func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodGet {
				r.Header.Set("Range", "bytes=0-3")
			}
			return false
		}, code: sqlerr.SourceError, want: "ignored the range"},
		"no validators": {bare: true, code: sqlerr.Unsupported, want: "neither an ETag nor when it was last modified"},
		"refuses": {look: func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusForbidden)
			return true
		}, code: sqlerr.SourceAuth, want: "refuses access: status 403"},
		"fails": {look: func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}, code: sqlerr.SourceError, want: "answers status 500"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &site{files: map[string]string{"a": "0123456789"}, headers: tagged(`"1"`), look: c.look}
			if c.bare {
				s.headers = nil
			}
			h := web(t, s, "a")
			p := make([]byte, 4)
			o, err := h.Stat(t.Context(), "a")
			if err == nil {
				err = h.Read(t.Context(), o, 3, p)
			}
			switch {
			case c.want != "":
				if !sqlerr.Is(err, c.code) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "/data/a") {
					t.Errorf("error %v", err)
				}
			case err != nil || string(p) != "3456" || !slices.Equal(s.asked, c.asked):
				t.Errorf("%s, asked %q, error %v", p, s.asked, err)
			}
		})
	}
}

// TestHTTPRedirects checks that a server may send requests elsewhere, and that the token stays at home.
func TestHTTPRedirects(t *testing.T) {
	var told []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told = append(told, r.Header.Get("Authorization"))
		w.Header().Set("ETag", `"1"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader([]byte("0123456789")))
	}))
	defer elsewhere.Close()
	var own string
	s := &site{look: func(w http.ResponseWriter, r *http.Request) bool {
		own = r.Header.Get("Authorization")
		http.Redirect(w, r, strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)+"/signed?signature=hunter2", http.StatusFound)
		return true
	}}
	h := web(t, s, "a")
	o, err := h.Stat(t.Context(), "a")
	p := make([]byte, 4)
	if err == nil {
		err = h.Read(t.Context(), o, 3, p)
	}
	if err != nil || string(p) != "3456" || own != "Bearer ticket" || !slices.Equal(told, []string{"", ""}) {
		t.Errorf("%s, home was told %q, elsewhere %q, error %v", p, own, told, err)
	}
	elsewhere.Close()
	if _, err := h.Stat(t.Context(), "a"); !sqlerr.Is(err, sqlerr.SourceDown) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "ticket") {
		t.Error(err)
	}
}
