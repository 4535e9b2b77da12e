package mysql

import (
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

func TestOptions(t *testing.T) {
	s, err := parse(connectors.Config{Name: "shop", Options: connectors.Options{
		"url": "mysql://app:a%40b@db.example:3307/crm?ssl-mode=verify_identity", "pool": "5", "databases": "crm, shop", "zero_dates": "raw", "statement_timeout": "90s",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if c := s.server; c.Addr != "db.example:3307" || c.User != "app" || c.Passwd != "a@b" || c.TLS.ServerName != "db.example" || c.TLS.InsecureSkipVerify {
		t.Errorf("%+v", c)
	}
	if s.database != "crm" || s.pool != 5 || s.statement != 4 || strings.Join(s.databases, "|") != "crm|shop" || s.zeroDates != zeroRaw || s.timeout.Seconds() != 90 {
		t.Errorf("%+v", s)
	}
	s, err = parse(connectors.Config{Name: "shop", Options: connectors.Options{"url": "mariadb://app@[::1]/crm", "password": "x"}})
	if err != nil || s.server.Addr != "[::1]:3306" || s.server.Passwd != "x" || !s.server.AllowFallbackToPlaintext {
		t.Errorf("%+v %v", s, err)
	}
}

func TestBadOptions(t *testing.T) {
	const url = "mysql://app:hunter2@h/d"
	for _, c := range []struct {
		options connectors.Options
		want    string
	}{
		{nil, "option url is required"},
		{connectors.Options{"url": "postgres://app@h/d"}, "option url is not of the form mysql://"},
		{connectors.Options{"url": "mysql://h/d"}, "names no user or no database"},
		{connectors.Options{"url": "mysql://app@h"}, "names no user or no database"},
		{connectors.Options{"url": "mysql:///d"}, "names no user or no database"},
		{connectors.Options{"url": "mysql://app@/d"}, "names no host"},
		{connectors.Options{"url": url + "?ssl-mode=on"}, "has an ssl-mode other than"},
		{connectors.Options{"url": url + "?allowAllFiles=true"}, "has the unknown parameter allowAllFiles"},
		{connectors.Options{"url": url + "?ssl-ca=/none.pem"}, "names a file ssl-ca that cannot be read"},
		{connectors.Options{"url": url, "pool": "1"}, "option pool must be a whole number of at least 2"},
		{connectors.Options{"url": url, "pool": "4", "admission": "4"}, "option admission must be less than pool (4)"},
		{connectors.Options{"url": url, "connect_timeout": "soon"}, "option connect_timeout must be a positive duration"},
		{connectors.Options{"url": url, "zero_dates": "maybe"}, "option zero_dates must be null, error or raw"},
		{connectors.Options{"url": url, "schemas": "a"}, "option schemas is not known to mysql sources"},
	} {
		_, err := parse(connectors.Config{Name: "shop", Options: c.options})
		if !sqlerr.Is(err, sqlerr.BadOption) || !strings.Contains(err.Error(), "source shop: "+c.want) && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.options, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("a secret is printed: %v", err)
		}
	}
}

// TestConfinedOptions refuses what CREATE SERVER may not name.
func TestConfinedOptions(t *testing.T) {
	for _, parameter := range []string{"socket=/run/mysqld.sock", "ssl-ca=/etc/passwd"} {
		_, err := parse(connectors.Config{Name: "shop", LocalRoots: []string{}, Options: connectors.Options{"url": "mysql://app@h/d?" + parameter}})
		if !sqlerr.Is(err, sqlerr.BadOption) || !strings.Contains(err.Error(), "only the configuration file may") {
			t.Errorf("%s: %v", parameter, err)
		}
	}
}

func TestServers(t *testing.T) {
	for version, want := range map[string]server{
		"8.0.36": {version: 80036}, "8.4.0-debug": {version: 80400}, "5.7.44-log": {version: 50744}, "10.11.6-MariaDB-0+deb12u1": {maria: true, version: 101106},
		"5.5.5-10.6.12-MariaDB": {maria: true, version: 100612}, "8.0.11-TiDB-v7.5.0": {version: 80011}, "9.1.0": {version: 90100},
	} {
		if got := serverOf(version); got != want {
			t.Errorf("%s: %+v", version, got)
		}
	}
}

func TestErrorCodes(t *testing.T) {
	s := &settings{name: "shop", host: "h:3306"}
	for number, want := range map[uint16]sqlerr.Code{
		1045: sqlerr.SourceAuth, 1142: sqlerr.SourceAuth, 1146: sqlerr.UnknownTable, 1054: sqlerr.SourceChanged, 1690: sqlerr.OutOfRange, 1040: sqlerr.SourceDown,
		3024: sqlerr.Timeout, 1969: sqlerr.Timeout, 1064: sqlerr.SourceError,
	} {
		err := s.translate(t.Context(), &driver.MySQLError{Number: number, SQLState: [5]byte{'H', 'Y', '0', '0', '0'}, Message: "no"}, "read d.t")
		if sqlerr.CodeOf(err) != want || !strings.HasPrefix(err.Error(), "source shop: read d.t: no (") {
			t.Errorf("%d: %v", number, err)
		}
	}
	if err := s.translate(t.Context(), driver.ErrInvalidConn, "read d.t"); !sqlerr.Is(err, sqlerr.SourceDown) || !strings.Contains(err.Error(), "connection to h:3306 lost") {
		t.Error(err)
	}
}

// TestUnquote reads members of ENUM as COLUMN_TYPE shows them.
func TestUnquote(t *testing.T) {
	for list, want := range map[string][2]string{
		`'a','b'`:          {"a", ",'b'"},
		`'it''s'`:          {"it's", ""},
		`'a\\b\n\r\0','x'`: {"a\\b\n\r\x00", ",'x'"},
		`'''\\','x'`:       {`'\`, ",'x'"},
		`''`:               {"", ""},
	} {
		if name, rest := unquote(list); name != want[0] || rest != want[1] {
			t.Errorf("%s: %q, %q", list, name, rest)
		}
	}
}
