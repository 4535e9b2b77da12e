package blob

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/silogate/silogate/connectors"
)

// tune has the connections of a client be those of a store: many, large, bounded in time, and made only if the breaker admits it.
func tune(t *http.Transport, breaker *connectors.Breaker) {
	t.DialContext = dialer(breaker)
	t.TLSHandshakeTimeout = connectTimeout
	t.ResponseHeaderTimeout = answerTimeout
	t.MaxIdleConnsPerHost = 64
	t.IdleConnTimeout = time.Minute
	t.ReadBufferSize = 64 << 10
	t.DisableCompression = true
}

// dialer connects if the breaker admits it. It goes on when nobody waits for it any more, and so learns how it ends.
func dialer(breaker *connectors.Breaker) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		attempt, err := breaker.Try()
		if err != nil {
			return nil, err
		}
		dialer := net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}
		conn, err := dialer.DialContext(context.WithoutCancel(ctx), network, address)
		if err != nil {
			attempt.Failed(err)
			return nil, err
		}
		attempt.Reached()
		return conn, nil
	}
}
