package mysql

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/silogate/silogate/connectors"
)

// settings are a source's options, checked.
type settings struct {
	name      string
	server    *driver.Config // how to connect
	host      string         // host:port or the socket, for messages and locations
	database  string         // the default namespace
	databases []string       // the only ones to show; nil: all
	pool      int64          // most connections
	statement int64          // of them, those of statements that read the source at the same time
	timeout   time.Duration  // most time of a statement on the server; 0: any
	zeroDates zeroDates
}

// zeroDates says how dates are shown that are none, such as 0000-00-00 and 2024-02-00.
type zeroDates uint8

const (
	zeroNull  zeroDates = iota // NULL, with a warning
	zeroError                  // an error
	zeroRaw                    // dates are read as texts
)

const (
	defaultPort      = "3306"
	defaultPool      = 8
	defaultAdmission = 4
	defaultConnect   = 10 * time.Second
)

// parse checks a source's options:
//
//	url                mysql://user[:password]@host:port/database?ssl-mode=...&ssl-ca=...&socket=...; required
//	password           overrides the URL's
//	databases          comma-separated list of the only databases to show
//	pool               most connections, default 8, at least 2
//	admission          most statements at a time, default 4, less than pool
//	connect_timeout    default 10s
//	statement_timeout  most time of a statement on the server
//	zero_dates         null (default), error or raw
func parse(cfg connectors.Config) (*settings, error) {
	o := cfg.Reader("mysql")
	s := &settings{name: cfg.Name, server: driver.NewConfig()}
	rawURL := o.Take("url", "")
	if rawURL == "" {
		return nil, o.Bad("url", "is required (mysql://user@host:3306/database)")
	}
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "mysql" && u.Scheme != "mariadb" {
		return nil, o.Bad("url", "is not of the form mysql://user@host:3306/database")
	}
	if err := s.address(u, cfg.LocalRoots != nil); err != nil {
		return nil, o.Bad("url", err.Error())
	}
	if p, given := o.Lookup("password"); given {
		s.server.Passwd = p
	}
	s.server.Timeout = o.Duration("connect_timeout", defaultConnect)
	s.timeout = o.Duration("statement_timeout", 0)
	s.pool = o.Count("pool", defaultPool, 2)
	s.statement = o.Count("admission", min(defaultAdmission, s.pool-1), 1)
	if s.statement >= s.pool {
		o.Fail("admission", fmt.Sprintf("must be less than pool (%d): a connection is kept for metadata", s.pool))
	}
	if list := o.Take("databases", ""); list != "" {
		for database := range strings.SplitSeq(list, ",") {
			s.databases = append(s.databases, strings.TrimSpace(database))
		}
	}
	s.zeroDates = zeroDates(o.Choice("zero_dates", "null", "error", "raw"))
	return s, o.Finish()
}

// address reads a URL. One that is confined was made by SQL and names no file or socket of the gateway's machine.
func (s *settings) address(u *url.URL, confined bool) error {
	c := s.server
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	s.database = strings.TrimPrefix(u.Path, "/")
	if c.User == "" || s.database == "" || strings.Contains(s.database, "/") {
		return errors.New("names no user or no database (mysql://user@host:3306/database)")
	}
	query := u.Query()
	parameter := func(name string, file bool) (string, error) {
		value := query.Get(name)
		query.Del(name)
		if file && value != "" && confined {
			return "", errors.New("names a file or socket of the gateway's machine, as only the configuration file may")
		}
		return value, nil
	}
	port := u.Port()
	if port == "" {
		port = defaultPort
	}
	c.Net, c.Addr = "tcp", net.JoinHostPort(u.Hostname(), port)
	socket, err := parameter("socket", true)
	if err != nil {
		return err
	}
	if socket != "" {
		c.Net, c.Addr = "unix", socket
	} else if u.Hostname() == "" {
		return errors.New("names no host (mysql://user@host:3306/database)")
	}
	s.host = c.Addr
	mode, _ := parameter("ssl-mode", false)
	authority, err := parameter("ssl-ca", true)
	if err != nil {
		return err
	}
	if len(query) > 0 {
		return fmt.Errorf("has the unknown parameter %s", slices.Sorted(maps.Keys(query))[0])
	}
	return s.encryption(strings.ToUpper(mode), authority, u.Hostname())
}

// encryption sets TLS by the modes of MySQL's own clients.
func (s *settings) encryption(mode, authority, host string) error {
	var roots *x509.CertPool
	if authority != "" {
		pem, err := os.ReadFile(authority)
		if err != nil {
			return errors.New("names a file ssl-ca that cannot be read")
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return errors.New("names a file ssl-ca without a certificate")
		}
		if mode == "" {
			mode = "VERIFY_CA"
		}
	}
	switch mode {
	case "DISABLED":
	case "", "PREFERRED":
		s.server.TLS = &tls.Config{InsecureSkipVerify: true}
		s.server.AllowFallbackToPlaintext = true
	case "REQUIRED":
		s.server.TLS = &tls.Config{InsecureSkipVerify: true}
	case "VERIFY_CA":
		s.server.TLS = &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(state tls.ConnectionState) error {
			return verify(state, roots)
		}}
	case "VERIFY_IDENTITY":
		s.server.TLS = &tls.Config{RootCAs: roots, ServerName: host}
	default:
		return errors.New("has an ssl-mode other than DISABLED, PREFERRED, REQUIRED, VERIFY_CA and VERIFY_IDENTITY")
	}
	return nil
}

// verify checks who made a server's certificate, and not for which name.
func verify(state tls.ConnectionState, roots *x509.CertPool) error {
	between := x509.NewCertPool()
	for _, cert := range state.PeerCertificates[1:] {
		between.AddCert(cert)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	return err
}
