package postgres

import (
	"errors"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

func TestConnectionErrorsSayEachThingOnce(t *testing.T) {
	c, err := Open(t.Context(), connectors.Config{Name: "pg", Options: connectors.Options{"url": "postgres://app@127.0.0.1:1/shop"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, err := range c.Bind(connectors.Principal{}).List(t.Context(), connectors.ListOptions{}) {
		const want = "source pg: list tables: connect to 127.0.0.1:1: connection refused"
		if !sqlerr.Is(err, sqlerr.SourceDown) || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	many := attempts{errors.New("db:5432 (10.0.0.1): dial error: dial tcp 10.0.0.1:5432: connect: connection refused\n\t" +
		"db:5432 (10.0.0.2): tls error: server refused TLS connection\n\tdb:5432 (10.0.0.1): dial error: dial tcp 10.0.0.1:5432: connect: connection refused"), "db:5432"}
	if got, want := many.Error(), "dial tcp 10.0.0.1:5432: connect: connection refused; tls error: server refused TLS connection"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
