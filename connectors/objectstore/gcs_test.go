//go:build integration

package objectstore

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/internal/testserver"
)

func TestGCS(t *testing.T) {
	bucket := testserver.GCS(t)
	readsALake(t, connectors.Options{"url": "gs://" + bucket.Bucket + "/lake", "endpoint": bucket.Endpoint, "anonymous": "true"},
		func(key string, content []byte) { bucket.Put(t, key, string(content)) })
}

// TestGCSByKeys reads by the interface that is S3's, of another server, since that of Google's has none.
func TestGCSByKeys(t *testing.T) {
	bucket := testserver.S3(t)
	file := filepath.Join(t.TempDir(), "object")
	options := connectors.Options{"url": "gs://" + bucket.Bucket + "/lake", "endpoint": bucket.Endpoint, "region": bucket.Region, "access_key": bucket.AccessKey, "secret_key": bucket.SecretKey}
	readsALake(t, options, func(key string, content []byte) {
		if err := os.WriteFile(file, content, 0o644); err != nil {
			t.Fatal(err)
		}
		bucket.Put(t, key, file)
	})
}
