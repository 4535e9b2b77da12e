package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

func TestOptions(t *testing.T) {
	const good = "postgres://app:hunter2@db.example:6432/shop?sslmode=disable"
	for name, c := range map[string]struct {
		options connectors.Options
		names   string // what the error names; empty: there is none
	}{
		"url alone":        {connectors.Options{"url": good}, ""},
		"all":              {connectors.Options{"url": good, "password": "x", "pool": "5", "admission": "4", "connect_timeout": "3s", "application_name": "a", "schemas": "a, b", "unrepresentable": "error"}, ""},
		"no url":           {connectors.Options{}, "url"},
		"other scheme":     {connectors.Options{"url": "mysql://app:hunter2@h/db"}, "url"},
		"bad port":         {connectors.Options{"url": "postgres://app:hunter2@h:x/db"}, "url"},
		"bad sslmode":      {connectors.Options{"url": good + "&sslmode=perhaps"}, "url"},
		"unknown key":      {connectors.Options{"url": good, "pol": "5"}, "pol"},
		"pool of one":      {connectors.Options{"url": good, "pool": "1"}, "pool"},
		"pool of text":     {connectors.Options{"url": good, "pool": "many"}, "pool"},
		"no admission":     {connectors.Options{"url": good, "admission": "0"}, "admission"},
		"whole pool":       {connectors.Options{"url": good, "pool": "4", "admission": "4"}, "admission"},
		"bad timeout":      {connectors.Options{"url": good, "connect_timeout": "soon"}, "connect_timeout"},
		"negative timeout": {connectors.Options{"url": good, "connect_timeout": "-1s"}, "connect_timeout"},
		"bad choice":       {connectors.Options{"url": good, "unrepresentable": "maybe"}, "unrepresentable"},
	} {
		s, err := parse(connectors.Config{Name: "shop", Options: c.options})
		switch {
		case c.names == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.names == "" && s.statement+s.extra+1 != int64(s.pool.MaxConns):
			t.Errorf("%s: shares %d and %d of %d connections", name, s.statement, s.extra, s.pool.MaxConns)
		case c.names != "" && (!sqlerr.Is(err, sqlerr.BadOption) || !strings.Contains(err.Error(), "option "+c.names) || !strings.Contains(err.Error(), "shop")):
			t.Errorf("%s: %v", name, err)
		case strings.Contains(fmt.Sprint(err), "hunter2"):
			t.Errorf("%s: the password is printed: %v", name, err)
		}
	}
}

// A server made by SQL uses nothing of the gateway's machine: no file, no socket, no password of the environment's.
func TestOptionsFromSQL(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("PGPASSWORD", "sesame")
	passwords := filepath.Join(home, ".pgpass")
	if err := os.WriteFile(passwords, []byte("*:*:*:*:sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	parseAs := func(url string, roots []string) (*settings, error) {
		return parse(connectors.Config{Name: "shop", Options: connectors.Options{"url": url}, LocalRoots: roots})
	}
	const good = "postgres://app@db.example:6432/shop?sslmode=disable"
	for url, password := range map[string]string{
		good:                        "",
		good + "&password=a":        "a",
		good + "&search_path=sales": "",
		"postgres://app:b@h/shop?sslmode=verify-full": "b",
	} {
		s, err := parseAs(url, []string{home})
		if err != nil || s.pool.ConnConfig.Password != password {
			t.Errorf("%s: %v", url, err)
		}
	}
	if s, err := parseAs(good, nil); err != nil || s.pool.ConnConfig.Password != "sesame" {
		t.Errorf("of the configuration file: %v", err)
	}
	for _, url := range []string{
		good + "&passfile=" + passwords, good + "&%70assfile=" + passwords, good + "&service=x&servicefile=" + passwords,
		good + "&sslrootcert=" + passwords, good + "&sslcert=" + passwords + "&sslkey=" + passwords,
		good + "&host=" + home, "postgres:///shop?host=" + home, "postgres://%2Ftmp/shop", good + "&passfile=" + passwords + ";",
	} {
		if _, err := parseAs(url, []string{home}); !sqlerr.Is(err, sqlerr.BadOption) || strings.Contains(err.Error(), home) {
			t.Errorf("%s: %v", url, err)
		}
	}
}
