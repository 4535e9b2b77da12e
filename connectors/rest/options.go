package rest

import (
	"crypto/x509"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
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
func parse(cfg connectors.Config) (*settings, error) {
	o := options{name: cfg.Name, left: maps.Clone(map[string]string(cfg.Options))}
	s := &settings{name: cfg.Name, header: make(http.Header)}
	s.base = o.url("url")
	s.credentials(&o)
	s.roots = o.roots("ca_file", "ca_pem", cfg.LocalRoots)
	s.timeout = o.duration("timeout", defaultTimeout)
	s.retries = o.count("retries", defaultRetries, 0)
	s.requests = o.count("requests", defaultRequests, 1)
	s.rate = o.rate("rate")
	s.admission = o.count("admission", defaultAdmission, 1)
	s.page = int64(o.count("page_bytes", defaultPage, 1))
	s.keys = o.count("key_requests", defaultKeys, 1)
	return s, o.finish()
}

// credentials are a bearer token, a user with a password, or a header of the server's own: one of them or none.
func (s *settings) credentials(o *options) {
	token, user, password := o.take("token"), o.take("user"), connectors.Secret(o.take("password"))
	header, value := o.take("auth_header"), connectors.Secret(o.take("auth_secret"))
	given := 0
	for _, set := range []bool{token != "", user != "", header != ""} {
		if set {
			given++
		}
	}
	switch {
	case given > 1:
		o.fail("token", "user and auth_header exclude each other")
	case password != "" && user == "":
		o.fail("password", "needs the option user")
	case (value != "") != (header != ""):
		o.fail("auth_header", "and auth_secret belong together")
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

// options collects what is wrong with a source's options.
type options struct {
	name string
	left map[string]string
	err  error
}

func (o *options) fail(key, why string) {
	if o.err == nil {
		o.err = sqlerr.New(sqlerr.BadOption, "source %s: option %s %s", o.name, key, why)
	}
}

func (o *options) take(key string) string {
	v := o.left[key]
	delete(o.left, key)
	return v
}

func (o *options) url(key string) *url.URL {
	u, err := url.Parse(o.take(key))
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		o.fail(key, "must be http://host[:port][/path] or https://host[:port][/path]")
	case u.User != nil:
		o.fail(key, "may not hold credentials: they have options of their own")
	case u.RawQuery != "" || u.Fragment != "":
		o.fail(key, "may not hold a query or fragment")
	default:
		return u.JoinPath("/")
	}
	return &url.URL{}
}

func (o *options) count(key string, otherwise, least int) int {
	text := o.take(key)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least {
		o.fail(key, fmt.Sprintf("must be a number, at least %d", least))
	}
	return n
}

func (o *options) duration(key string, otherwise time.Duration) time.Duration {
	text := o.take(key)
	if text == "" {
		return otherwise
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		o.fail(key, "must be a duration such as 30s")
	}
	return d
}

func (o *options) rate(key string) float64 {
	text := o.take(key)
	if text == "" {
		return 0
	}
	r, err := strconv.ParseFloat(text, 64)
	if err != nil || !(r > 0) {
		o.fail(key, "must be a number of requests a second")
	}
	return r
}

// roots returns the certificates that the server's is checked against; nil: the system's.
func (o *options) roots(file, text string, within []string) *x509.CertPool {
	path, pem := o.take(file), []byte(o.take(text))
	if path == "" && len(pem) == 0 {
		return nil
	}
	if path != "" {
		if !underAny(path, within) {
			o.fail(file, "is outside the directories that sources may read")
			return nil
		}
		var err error
		if pem, err = os.ReadFile(path); err != nil {
			o.fail(file, "cannot be read")
			return nil
		}
		text = file
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		o.fail(text, "holds no PEM certificate")
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

// finish returns the first error. A key that nobody took is one.
func (o *options) finish() error {
	for _, key := range slices.Sorted(maps.Keys(o.left)) {
		o.fail(key, "is not one of this source")
	}
	return o.err
}
