package mysql

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// deaf opens a source whose server takes connections and never says anything.
func deaf(t *testing.T, opts connectors.Options) (*connector, net.Listener) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	all := connectors.Options{"url": fmt.Sprintf("mysql://app@%s/shop", l.Addr())}
	for k, v := range opts {
		all[k] = v
	}
	c, err := Open(t.Context(), connectors.Config{Name: "shop", Options: all, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*connector), l
}

func describeNone(ctx context.Context, c *connector) error {
	_, err := c.Bind(connectors.Principal{}).Table(ctx, plan.TableName{Namespace: "shop", Name: "none"}, connectors.AsOf{})
	return err
}

// TestDialGivenUp says nothing against the server, and whoever needs a connection next waits for the same attempt.
func TestDialGivenUp(t *testing.T) {
	c, l := deaf(t, connectors.Options{"connect_timeout": "1h"})
	for range 2 * 5 { // more failures than a breaker takes
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- describeNone(ctx, c) }()
		for waiting := false; !waiting; {
			c.pool.mu.Lock()
			waiting = len(c.pool.dialings) == 1 && len(c.pool.orphans) == 0
			c.pool.mu.Unlock()
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err := c.Unreachable(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Accept(); err != nil {
		t.Fatal(err)
	}
	if err := l.(*net.TCPListener).SetDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Accept(); err == nil {
		t.Error("several attempts at a time")
	}
}

// TestDeafServer is unreachable when it does not answer in the time that connecting may take, and a statement's time is over only
// when its own is.
func TestDeafServer(t *testing.T) {
	c, _ := deaf(t, connectors.Options{"connect_timeout": "1010ms"})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if err := describeNone(ctx, c); !sqlerr.Is(err, sqlerr.SourceDown) {
		t.Errorf("connecting took too long: %v", err)
	}
	if err := c.Unreachable(); err == nil {
		t.Error("the breaker is closed")
	}
	c, _ = deaf(t, connectors.Options{"connect_timeout": "1h"})
	ctx, cancel = context.WithTimeoutCause(t.Context(), time.Millisecond, sqlerr.New(sqlerr.Timeout, "over"))
	defer cancel()
	if err := describeNone(ctx, c); !sqlerr.Is(err, sqlerr.Timeout) {
		t.Errorf("the statement's time is over: %v", err)
	}
}

// TestDialGivenUpFails opens the breaker when the attempt that nobody waits for fails.
func TestDialGivenUpFails(t *testing.T) {
	c, _ := deaf(t, connectors.Options{"connect_timeout": "1010ms"})
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := describeNone(ctx, c); sqlerr.Is(err, sqlerr.SourceDown) {
		t.Error(err)
	}
	if err := describeNone(t.Context(), c); !sqlerr.Is(err, sqlerr.SourceDown) {
		t.Error(err)
	}
	if err := c.Unreachable(); err == nil {
		t.Error("the breaker is closed")
	}
}
