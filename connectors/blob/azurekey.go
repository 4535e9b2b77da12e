package blob

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// sharedKey signs requests with the key of an account (Azure Storage, "Authorize with Shared Key").
type sharedKey struct {
	account string
	key     []byte
}

func newSharedKey(account string, key connectors.Secret) (*sharedKey, error) {
	decoded, err := base64.StdEncoding.DecodeString(key.Reveal())
	if err != nil || len(decoded) == 0 {
		return nil, sqlerr.New(sqlerr.BadOption, "the key of the account is no Base64")
	}
	return &sharedKey{account, decoded}, nil
}

// sign gives a request, which has no body, its signature.
func (k *sharedKey) sign(r *http.Request) error {
	r.Header.Set("X-Ms-Date", time.Now().UTC().Format(http.TimeFormat))
	mac := hmac.New(sha256.New, k.key)
	mac.Write([]byte(k.text(r)))
	r.Header.Set("Authorization", "SharedKey "+k.account+":"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return nil
}

// text is what is signed.
func (k *sharedKey) text(r *http.Request) string {
	lines := []string{r.Method}
	for _, name := range []string{"Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date",
		"If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range"} {
		lines = append(lines, r.Header.Get(name))
	}
	var headers []string
	for name := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-ms-") {
			headers = append(headers, lower+":"+r.Header.Get(name))
		}
	}
	slices.Sort(headers)
	return strings.Join(append(append(lines, headers...), k.resource(r.URL)...), "\n")
}

// resource is an address in the form that is signed: the account, the path and the parameters, ascending.
func (k *sharedKey) resource(u *url.URL) []string {
	var parameters []string
	for name, values := range u.Query() {
		parameters = append(parameters, strings.ToLower(name)+":"+strings.Join(values, ","))
	}
	slices.Sort(parameters)
	return append([]string{"/" + k.account + u.EscapedPath()}, parameters...)
}
