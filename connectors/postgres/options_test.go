package postgres

import (
	"fmt"
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
