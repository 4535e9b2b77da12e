package blob

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// googleService is one with its own certificate; nobody else's is taken.
func googleService(t *testing.T, answer http.HandlerFunc) (endpoint *url.URL, certificate string) {
	t.Helper()
	server := httptest.NewTLSServer(answer)
	t.Cleanup(server.Close)
	endpoint, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return endpoint, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

// serviceAccount is the key of an account whose tokens come from an address, as Google gives it out.
func serviceAccount(t *testing.T, tokens string) connectors.Secret {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "reader@project.iam.gserviceaccount.com", "private_key_id": "1", "token_uri": tokens,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
	})
	if err != nil {
		t.Fatal(err)
	}
	return connectors.Secret(text)
}

// TestGCSTokens has those of a service account sent to the store, and kept.
func TestGCSTokens(t *testing.T) {
	given := 0
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("assertion") == "" || strings.HasSuffix(r.URL.Path, "/gone") {
			w.WriteHeader(http.StatusUnauthorized)
			io.WriteString(w, `{"error": "invalid_grant", "error_description": "account not found"}`)
			return
		}
		given++
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"access_token": "ticket", "token_type": "Bearer", "expires_in": 3600}`)
	}))
	defer tokens.Close()
	endpoint, certificate := googleService(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer ticket" || r.URL.Query().Get("userProject") != "payer" {
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, `{"error": {"code": 403, "message": "reader does not have storage.objects.list access."}}`)
			return
		}
		io.WriteString(w, `{"items": [{"name": "a", "size": "3", "generation": "7"}]}`)
	})
	config := GCSConfig{Bucket: "b", Endpoint: endpoint, CA: certificate, Credentials: serviceAccount(t, tokens.URL), UserProject: "payer"}
	open := func(change func(*GCSConfig)) *GCS {
		changed := config
		change(&changed)
		s, err := NewGCS(changed)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	s := open(func(*GCSConfig) {})
	for range 2 {
		if got := list(t, s, ListOptions{}); !slices.Equal(got, []string{"a"}) {
			t.Errorf("listed %q", got)
		}
	}
	if given != 1 {
		t.Errorf("%d tokens", given)
	}
	for want, s := range map[string]*GCS{
		"list gs://b/: there is no token of Google: oauth2: ":                                                   open(func(c *GCSConfig) { c.Credentials = serviceAccount(t, tokens.URL+"/gone") }),
		"list gs://b/: the store refuses access: status 403, reader does not have storage.objects.list access.": open(func(c *GCSConfig) { c.UserProject = "" }),
	} {
		for _, err := range s.List(t.Context(), ListOptions{}) {
			if !sqlerr.Is(err, sqlerr.SourceAuth) || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "assertion") {
				t.Errorf("%v\nwant %s", err, want)
			}
		}
	}
}

// TestGCSPages follows tokens, and has the folders of a page between its objects.
func TestGCSPages(t *testing.T) {
	endpoint, certificate := googleService(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, map[string]string{
			"":  `{"items": [{"name": "a.x", "size": "3", "generation": "1"}], "prefixes": ["a-b/"], "nextPageToken": "2"}`,
			"2": `{"nextPageToken": "3"}`,
			"3": `{"items": [{"name": "b", "size": "3", "generation": "1"}], "prefixes": ["a/", "c/"]}`,
		}[r.URL.Query().Get("pageToken")])
	})
	s, err := NewGCS(GCSConfig{Bucket: "b", Endpoint: endpoint, CA: certificate, Anonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got, want := list(t, s, ListOptions{Folders: true}), []string{"a-b/", "a.x", "a/", "b", "c/"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestGCSAsksForOneGeneration, which the service refuses if it is no longer the object's.
func TestGCSAsksForOneGeneration(t *testing.T) {
	endpoint, certificate := googleService(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.EscapedPath() != "/storage/v1/b/b/o/t%2Fx=1%2Fa%25.csv" || r.URL.Query().Get("ifGenerationMatch") != "7" || r.Header.Get("Range") != "bytes=2-3" {
			t.Errorf("asked for %s, range %s", r.URL, r.Header.Get("Range"))
		}
		w.WriteHeader(http.StatusPreconditionFailed)
	})
	s, err := NewGCS(GCSConfig{Bucket: "b", Endpoint: endpoint, CA: certificate, Anonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Read(t.Context(), Object{Key: "t/x=1/a%.csv", Size: 9, ETag: "7"}, 2, make([]byte, 2)); !sqlerr.Is(err, sqlerr.SourceChanged) {
		t.Errorf("replaced: %v", err)
	}
}

// TestGCSGuardsCredentials gives tokens to nobody who could use them elsewhere, and reads no files that options name.
func TestGCSGuardsCredentials(t *testing.T) {
	const external = `{"type": "external_account", "audience": "hunter2", "credential_source": {"file": "/etc/passwd"}}`
	for name, c := range map[string]struct {
		endpoint string
		config   GCSConfig
		fails    string
	}{
		"Google":           {"https://storage.googleapis.com", GCSConfig{}, ""},
		"private endpoint": {"https://restricted.storage.googleapis.com", GCSConfig{}, ""},
		"somebody else":    {"https://storage.googleapis.com.example.com", GCSConfig{}, "credentials of the environment are for endpoints of Google only"},
		"not encrypted":    {"http://storage.googleapis.com", GCSConfig{}, "over https:// only"},
		"a file":           {"https://storage.googleapis.com", GCSConfig{Credentials: external}, "credentials must be the JSON of a service account's key"},
		"no JSON":          {"https://storage.googleapis.com", GCSConfig{Credentials: "hunter2"}, "credentials must be the JSON of a service account's key"},
		"anonymous":        {"http://127.0.0.1:4443", GCSConfig{Anonymous: true}, ""},
	} {
		var err error
		if c.config.Endpoint, err = url.Parse(c.endpoint); err != nil {
			t.Fatal(err)
		}
		_, err = NewGCS(c.config)
		if c.fails == "" && err != nil || c.fails != "" && (!sqlerr.Is(err, sqlerr.BadOption) || !strings.Contains(err.Error(), c.fails) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: %v, want %q", name, err, c.fails)
		}
	}
}

// TestS3OfGoogle signs for Google's service what reaches it unchanged: it changes Accept-Encoding on the way.
func TestS3OfGoogle(t *testing.T) {
	var signed, encoding string
	server := httptest.NewServer(served(t, func(_ http.ResponseWriter, r *http.Request) bool {
		signed, encoding = r.Header.Get("Authorization"), r.Header.Get("Accept-Encoding")
		return false
	}))
	defer server.Close()
	for _, google := range []bool{true, false} {
		s := NewS3(S3Config{Bucket: "b", Endpoint: server.URL, PathStyle: true, AccessKey: "k", SecretKey: "hunter2", Region: "auto", Google: google})
		if err := readsAll(t, s); err != nil {
			t.Error(err)
		}
		if strings.Contains(signed, "accept-encoding") == google || encoding != "identity" {
			t.Errorf("of Google %v: Accept-Encoding is %q, and signed is %s", google, encoding, signed)
		}
		if got, want := s.Location("k"), map[bool]string{true: "gs://b/k", false: "s3://b/k"}[google]; got != want {
			t.Errorf("location %s, want %s", got, want)
		}
		s.Close()
	}
}
