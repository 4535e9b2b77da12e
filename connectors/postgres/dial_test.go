package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
)

// TestDialGivenUp says nothing against the server.
func TestDialGivenUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := Open(t.Context(), connectors.Config{Name: "shop", Log: slog.New(slog.DiscardHandler),
		Options: connectors.Options{"url": fmt.Sprintf("postgres://app@%s/shop", l.Addr()), "connect_timeout": "1h"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 2 * 5 { // more failures than a breaker takes
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			_, err := c.Bind(connectors.Principal{}).Table(ctx, plan.TableName{Namespace: publicSchema, Name: "none"}, connectors.AsOf{})
			done <- err
		}()
		for c.(*connector).pool.pg.Stat().ConstructingConns() == 0 {
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err := c.(connectors.Reachability).Unreachable(); err != nil {
			t.Fatal(err)
		}
	}
}
