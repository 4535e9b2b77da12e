package blob

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"

	"github.com/silogate/silogate/connectors"
)

// tune has the connections of a client be those of a store: many, large, bounded in time, and made only if the breaker admits it.
func tune(t *http.Transport, breaker *connectors.Breaker) {
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		return breaker.Dial(ctx, network, address, connectTimeout)
	}
	t.TLSHandshakeTimeout = connectTimeout
	t.ResponseHeaderTimeout = answerTimeout
	t.MaxIdleConnsPerHost = 64
	t.IdleConnTimeout = time.Minute
	t.ReadBufferSize = 64 << 10
	t.DisableCompression = true
}

// trust has a client accept what certificates in PEM have signed, besides those that it accepts; false: there is none in them.
func trust(t *http.Transport, certificates string) bool {
	if t.TLSClientConfig == nil { // of the default transport without HTTP/2
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	roots := t.TLSClientConfig.RootCAs
	if roots == nil {
		var err error
		if roots, err = x509.SystemCertPool(); err != nil {
			roots = x509.NewCertPool()
		}
	}
	t.TLSClientConfig.RootCAs = roots
	return roots.AppendCertsFromPEM([]byte(certificates))
}
