package rest

import (
	"crypto/x509"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/silogate/silogate/connectors"
)

// settings are a source's options, checked.
type settings struct {
	name      string
	base      *url.URL
	header    http.Header // sent with each request, credentials included
	secrets   []string    // that no message may contain
	roots     *x509.CertPool
	timeout   time.Duration // of one attempt
	retries   int
	requests  int     // at a time
	rate      float64 // requests a second; 0: unlimited
	admission int
	page      int64 // bytes of a response
	keys      int   // requests of one scan by keys
	strict    bool  // NaN and infinities are errors
}

const (
	defaultTimeout   = 30 * time.Second
	defaultRetries   = 4
	defaultRequests  = 8
	defaultAdmission = 16
	defaultPage      = 64 << 20
	defaultKeys      = 10_000
)

// parse checks the options that every HTTP source has. The URL may hold no credentials: those have options of their own,
// which are shown as ***.
func parse(cfg connectors.Config, kind string) (*settings, error) {
	o := options{cfg.Reader(kind)}
	s := &settings{name: cfg.Name, header: make(http.Header)}
	s.base = o.url("url")
	s.credentials(o)
	s.roots = o.roots("ca_file", "ca_pem", cfg.LocalRoots)
	s.timeout = o.Duration("timeout", defaultTimeout)
	s.retries = int(o.Count("retries", defaultRetries, 0))
	s.requests = int(o.Count("requests", defaultRequests, 1))
	s.rate = o.rate("rate")
	s.admission = int(o.Count("admission", defaultAdmission, 1))
	s.page = o.Count("page_bytes", defaultPage, 1)
	s.keys = int(o.Count("key_requests", defaultKeys, 1))
	s.strict = o.Choice("unrepresentable", "null", "error") == 1
	return s, o.Finish()
}

// credentials are a bearer token, a user with a password, or a header of the server's own: one of them or none.
func (s *settings) credentials(o options) {
	token, user, password := o.Take("token", ""), o.Take("user", ""), connectors.Secret(o.Take("password", ""))
	header, value := o.Take("auth_header", ""), connectors.Secret(o.Take("auth_secret", ""))
	given := 0
	for _, set := range []bool{token != "", user != "", header != ""} {
		if set {
			given++
		}
	}
	switch {
	case given > 1:
		o.Fail("token", "user and auth_header exclude each other")
	case password != "" && user == "":
		o.Fail("password", "needs the option user")
	case (value != "") != (header != ""):
		o.Fail("auth_header", "and auth_secret belong together")
	case token != "":
		s.authorize("Authorization", "Bearer "+token, token)
	case user != "":
		r := http.Request{Header: s.header}
		r.SetBasicAuth(user, password.Reveal())
		s.authorize("Authorization", s.header.Get("Authorization"), password.Reveal())
	case header != "":
		s.authorize(header, value.Reveal(), value.Reveal())
	}
}

// authorize sets a header that hides.
func (s *settings) authorize(name, value, secret string) {
	s.header.Set(name, value)
	_, credential, found := strings.Cut(value, " ")
	if !found {
		credential = value
	}
	for _, hide := range []string{value, credential, secret} {
		if hide != "" && !slices.Contains(s.secrets, hide) {
			s.secrets = append(s.secrets, hide)
		}
	}
}

// hide removes the credentials from a text, should a server repeat them.
func (s *settings) hide(text string) string {
	for _, secret := range s.secrets {
		text = strings.ReplaceAll(text, secret, "***")
	}
	return text
}

// options reads the options that no other kind of source has.
type options struct{ *connectors.OptionReader }

func (o options) url(key string) *url.URL {
	u, err := url.Parse(o.Take(key, ""))
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		o.Fail(key, "must be http://host[:port][/path] or https://host[:port][/path]")
	case u.User != nil:
		o.Fail(key, "may not hold credentials: they have options of their own")
	case u.RawQuery != "" || u.Fragment != "":
		o.Fail(key, "may not hold a query or fragment")
	default:
		return u.JoinPath("/")
	}
	return &url.URL{}
}

func (o options) rate(key string) float64 {
	text, given := o.Lookup(key)
	if !given {
		return 0
	}
	r, err := strconv.ParseFloat(text, 64)
	if err != nil || !(r > 0) {
		o.Fail(key, "must be a number of requests a second")
	}
	return r
}

// roots returns the certificates that the server's is checked against; nil: the system's.
func (o options) roots(file, text string, within []string) *x509.CertPool {
	path, pem := o.Take(file, ""), []byte(o.Take(text, ""))
	if path == "" && len(pem) == 0 {
		return nil
	}
	if path != "" {
		if !underAny(path, within) {
			o.Fail(file, "is outside the directories that sources may read")
			return nil
		}
		var err error
		if pem, err = os.ReadFile(path); err != nil {
			o.Fail(file, "cannot be read")
			return nil
		}
		text = file
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		o.Fail(text, "holds no PEM certificate")
	}
	return pool
}

// underAny reports whether a file, its links followed, lies under one of the folders; nil allows any.
func underAny(path string, folders []string) bool {
	if folders == nil {
		return true
	}
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	for _, folder := range folders {
		if folder, err = filepath.EvalSymlinks(folder); err != nil {
			continue
		}
		if rel, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}
