//go:build integration

package blob

import (
	"errors"
	"io/fs"
	"net/url"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/testserver"
)

func gcs(t *testing.T, bucket testserver.GCSStore) *GCS {
	t.Helper()
	endpoint, err := url.Parse(bucket.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	store, err := NewGCS(GCSConfig{Bucket: bucket.Bucket, Endpoint: endpoint, Anonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func TestGCS(t *testing.T) {
	suite(t, func(t *testing.T) place {
		bucket := testserver.GCS(t)
		put := func(t *testing.T, key, content string) { bucket.Put(t, key, content) }
		return place{gcs(t, bucket), put, func(t *testing.T, key string) { bucket.Remove(t, key) }}
	})
}

func TestGCSWithoutABucket(t *testing.T) {
	bucket := testserver.GCS(t)
	bucket.Bucket = "none"
	for _, err := range gcs(t, bucket).List(t.Context(), ListOptions{Prefix: "lake/"}) {
		if !sqlerr.Is(err, sqlerr.SourceError) || err.Error() != "list gs://none/lake/: the bucket none does not exist" || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v", err)
		}
	}
	bucket.Endpoint = "http://127.0.0.1:1"
	for _, err := range gcs(t, bucket).List(t.Context(), ListOptions{}) {
		if !sqlerr.Is(err, sqlerr.SourceDown) || !strings.Contains(err.Error(), "gs://none/: no answer") {
			t.Errorf("%v", err)
		}
	}
}
