package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

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

// noticedLate is a context whose deadline has passed and that ends when its timer is heard of, which is when somebody waits.
type noticedLate struct {
	context.Context
	end context.CancelCauseFunc
}

func (noticedLate) Deadline() (time.Time, bool) { return time.Now().Add(-time.Second), true }

func (c noticedLate) Done() <-chan struct{} {
	c.end(sqlerr.New(sqlerr.Timeout, "too late"))
	return c.Context.Done()
}

// The server's timeout is an error of the statement's deadline, also where that has not been noticed.
func TestAPassedDeadlineIsTheReason(t *testing.T) {
	ctx, end := context.WithCancelCause(t.Context())
	s := &settings{name: "pg"}
	timeout := &pgconn.PgError{Code: "57014", Message: "canceling statement due to statement timeout"}
	if err := s.translate(ctx, timeout, "read t"); !sqlerr.Is(err, sqlerr.SourceError) {
		t.Errorf("without a deadline: %v", err)
	}
	if err := s.translate(noticedLate{ctx, end}, timeout, "read t"); !sqlerr.Is(err, sqlerr.Timeout) {
		t.Errorf("after the deadline: %v", err)
	}
}
