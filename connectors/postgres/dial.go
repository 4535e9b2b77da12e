package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/silogate/silogate/connectors"
)

// dial is one attempt to connect, which the driver traces: it goes on when nobody waits for it any more, and the next
// may use what it gives.
type dial struct {
	source  *settings
	attempt *connectors.Attempt
}

// admitDials makes the driver ask the breaker before it connects.
func (s *settings) admitDials(b *connectors.Breaker) {
	s.pool.BeforeConnect = func(_ context.Context, cfg *pgx.ConnConfig) error {
		attempt, err := b.Try()
		if err == nil {
			cfg.Tracer = dial{s, attempt}
		}
		return err
	}
}

var _ pgx.ConnectTracer = dial{}

// TraceConnectStart implements pgx.ConnectTracer.
func (d dial) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	return ctx
}

// TraceConnectEnd implements pgx.ConnectTracer.
func (d dial) TraceConnectEnd(_ context.Context, data pgx.TraceConnectEndData) {
	if answered(data.Err) {
		d.attempt.Reached()
		return
	}
	d.attempt.Failed(d.source.noConnection(data.Err))
}

// TraceQueryStart implements pgx.QueryTracer, which a tracer must be. It does nothing.
func (d dial) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (d dial) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// answered reports whether an attempt to connect reached a server, though it may have refused.
func answered(err error) bool {
	_, said := errors.AsType[*pgconn.PgError](err)
	_, shown := errors.AsType[*tls.CertificateVerificationError](err)
	return err == nil || said || shown
}

// noConnection says in one line why there is none.
func (s *settings) noConnection(err error) error {
	if connect, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		err = attempts{errors.Unwrap(connect), s.host}
	}
	return fmt.Errorf("connect to %s: %w", s.host, err)
}

// reuse is the key of what a connection of the pool knows of itself: that it was used before.
const reuse = "silogate.reuse"

// reused notes the use of a connection and reports whether it was used before. Such a one may have broken while it was
// idle without a sign.
func reused(conn *pgconn.PgConn) bool { return noted(conn, reuse) }

// noted notes something of a connection and reports whether it was noted before.
func noted(conn *pgconn.PgConn, what string) bool {
	known := conn.CustomData()
	_, before := known[what]
	known[what] = true
	return before
}

// proven returns a connection that answers, in the place of one that turned out to be broken when it was used.
func proven(ctx context.Context, connect func(context.Context) (*slot, error)) (*slot, error) {
	for {
		s, err := connect(ctx)
		if err != nil || !s.reused {
			return s, err
		}
		if err = s.ping(ctx); err == nil {
			return s, nil
		}
		s.release()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// ping asks the server for an answer, and closes the connection if there is none in time.
func (s *slot) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	err := s.Conn.Ping(ctx)
	if err != nil {
		_ = s.Conn.Conn().Close(ctx) // the pool discards it
	}
	return err
}

// pingTimeout is how long a connection that was idle is waited for before it is replaced.
const pingTimeout = 2 * time.Second
