package postgres

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/silogate/silogate/connectors"
)

// settings are a source's options, checked.
type settings struct {
	name      string
	pool      *pgxpool.Config
	host      string // host:port, for messages and locations
	database  string
	statement int64 // statements that read the source at the same time
	extra     int64 // connections for big scans
	schemas   []string
	strict    bool // unrepresentable values are errors
}

const (
	defaultPool      = 8
	defaultAdmission = 4
	defaultConnect   = 10 * time.Second
	idleConnection   = 5 * time.Minute
)

// parse checks a source's options:
//
//	url               postgres://user[:password]@host:port/database?sslmode=...; required
//	password          overrides the URL's
//	pool              most connections, default 8, at least 2
//	admission         most statements at a time, default 4, less than pool
//	connect_timeout   default 10s
//	application_name  default silogate
//	schemas           comma-separated list of the only schemas to show
//	unrepresentable   null (default) or error: values such as NaN that MySQL does not have
func parse(cfg connectors.Config) (*settings, error) {
	o := cfg.Reader("postgres")
	rawURL := o.Take("url", "")
	if rawURL == "" {
		return nil, o.Bad("url", "is required (postgres://user@host:5432/database)")
	}
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, o.Bad("url", "is not of the form postgres://user@host:5432/database")
	}
	confined := cfg.LocalRoots != nil // made by SQL
	if confined {
		if why := refused(u, rawURL); why != "" {
			return nil, o.Bad("url", why)
		}
	}
	pool, err := pgxpool.ParseConfig(rawURL)
	if err != nil {
		return nil, o.Bad("url", "cannot be used: "+withoutURL(err))
	}
	if confined { // else the driver may have found one in the gateway's environment or home
		pool.ConnConfig.Password = passwordOf(u)
	}
	s := &settings{name: cfg.Name, pool: pool, database: pool.ConnConfig.Database}
	s.host = net.JoinHostPort(pool.ConnConfig.Host, strconv.Itoa(int(pool.ConnConfig.Port)))

	if p, given := o.Lookup("password"); given {
		pool.ConnConfig.Password = p
	}
	size := o.Count("pool", defaultPool, 2)
	admission := o.Count("admission", min(defaultAdmission, size-1), 1)
	if admission >= size {
		o.Fail("admission", fmt.Sprintf("must be less than pool (%d): one connection is kept for metadata", size))
	}
	s.statement, s.extra = admission, size-1-admission
	pool.MaxConns = int32(size)
	pool.MinConns, pool.MinIdleConns = 0, 0
	pool.MaxConnIdleTime = idleConnection
	pool.ConnConfig.ConnectTimeout = o.Duration("connect_timeout", defaultConnect)
	pool.PingTimeout = min(pool.ConnConfig.ConnectTimeout, pingTimeout)

	params := pool.ConnConfig.RuntimeParams
	params["application_name"] = o.Take("application_name", "silogate")
	// The settings that a text or literal depends on, of those that connection poolers keep per client too.
	params["client_encoding"] = "UTF8"
	params["standard_conforming_strings"] = "on"
	params["DateStyle"] = "ISO, YMD"
	params["TimeZone"] = "UTC"

	if list := o.Take("schemas", ""); list != "" {
		for schema := range strings.SplitSeq(list, ",") {
			s.schemas = append(s.schemas, strings.TrimSpace(schema))
		}
	}
	s.strict = o.Choice("unrepresentable", "null", "error") == 1
	return s, o.Finish()
}

// fileParameters make the driver read files.
var fileParameters = []string{"passfile", "service", "servicefile", "sslcert", "sslkey", "sslrootcert"}

// refused says why a URL is not one for servers made by SQL, which reach no file and no socket of the gateway's machine.
// The driver is let know no parameter but those that were looked at.
func refused(u *url.URL, rawURL string) string {
	const local = "names a file or socket of the gateway's machine, as only the configuration file may"
	known := []string{"host", "port", "user", "password", "database", "sslmode"}
	for key := range u.Query() {
		if slices.Contains(fileParameters, key) {
			return local
		}
		known = append(known, key)
	}
	cfg, err := pgconn.ParseConfigWithOptions(rawURL, pgconn.ParseConfigOptions{ConnStringAllowedKeys: known})
	if err != nil {
		return "cannot be used: " + withoutURL(err)
	}
	hosts := []string{cfg.Host}
	for _, f := range cfg.Fallbacks {
		hosts = append(hosts, f.Host)
	}
	for _, host := range hosts {
		if network, _ := pgconn.NetworkAddress(host, cfg.Port); network == "unix" {
			return local
		}
	}
	return ""
}

// passwordOf returns the password that a URL itself has.
func passwordOf(u *url.URL) string {
	if q := u.Query(); q.Has("password") {
		return q.Get("password")
	}
	password, _ := u.User.Password()
	return password
}

// withoutURL keeps of a parse error what does not repeat the connection string.
func withoutURL(err error) string {
	text := err.Error()
	if i := strings.LastIndexByte(text, '('); i >= 0 {
		return strings.TrimSuffix(text[i+1:], ")")
	}
	return "it does not parse"
}
