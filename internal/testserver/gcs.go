package testserver

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// GCSStore is a fresh bucket on the shared server of Google's Cloud Storage, which asks nobody for credentials.
type GCSStore struct {
	Endpoint string // http://127.0.0.1:port
	Bucket   string
}

// do sends a request and fails unless it succeeds.
func (s GCSStore) do(method, path, content string) error {
	request, err := http.NewRequestWithContext(context.Background(), method, s.Endpoint+path, strings.NewReader(content))
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s: %s: %s", method, path, response.Status, said)
	}
	return err
}

// Put stores content under a key.
func (s GCSStore) Put(tb testing.TB, key, content string) {
	tb.Helper()
	parameters := url.Values{"uploadType": {"media"}, "name": {key}}
	if err := s.do(http.MethodPost, "/upload/storage/v1/b/"+s.Bucket+"/o?"+parameters.Encode(), content); err != nil {
		tb.Fatal(err)
	}
}

// Remove deletes an object.
func (s GCSStore) Remove(tb testing.TB, key string) {
	tb.Helper()
	if err := s.do(http.MethodDelete, "/storage/v1/b/"+s.Bucket+"/o/"+url.PathEscape(key), ""); err != nil {
		tb.Fatal(err)
	}
}

// GCS returns a fresh bucket. It goes with the server.
func GCS(tb testing.TB) GCSStore {
	tb.Helper()
	store, err := fakeGCS.get()
	require(tb, err)
	store.Bucket = uniqueName()
	if err := store.do(http.MethodPost, "/storage/v1/b?project=test", `{"name": "`+store.Bucket+`"}`); err != nil {
		tb.Fatal(err)
	}
	return store
}

// GCSEnv names the environment variable with the URL of a running server.
const GCSEnv = "SILOGATE_TEST_GCS"

var fakeGCS = shared[GCSStore]{env: GCSEnv, start: startGCS, decode: func(v string) GCSStore { return GCSStore{Endpoint: v} }}

// gcsServer is the server; scripts/deps builds this version.
const gcsServer = "github.com/fsouza/fake-gcs-server@v1.56.0"

func startGCS() (GCSStore, *process, error) {
	fail := func(err error) (GCSStore, *process, error) { return GCSStore{}, nil, fmt.Errorf("gcs: %w", err) }
	cache, err := CacheDir()
	if err != nil {
		return fail(err)
	}
	program := filepath.Join(cache, "bin", "fake-gcs-server")
	if _, err := os.Stat(program); err != nil {
		if program, err = exec.LookPath("fake-gcs-server"); err != nil {
			return fail(errMissing{"fake-gcs-server", "make deps, or go install " + gcsServer})
		}
	}
	dir, err := workDir("gcs", nil)
	if err != nil {
		return fail(err)
	}
	port, err := freePort()
	if err != nil {
		return fail(err)
	}
	store := GCSStore{Endpoint: fmt.Sprintf("http://127.0.0.1:%d", port)}
	p, err := launch(dir, nil, nil, program, "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", fmt.Sprint(port),
		"-data", dir, "-log-level", "error")
	if err != nil {
		return fail(err)
	}
	if err := p.ready(func() error { return store.do(http.MethodGet, "/storage/v1/b?project=test", "") }); err != nil {
		return fail(err)
	}
	return store, p, nil
}
