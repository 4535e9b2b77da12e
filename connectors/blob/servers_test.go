//go:build integration

package blob

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

func TestS3(t *testing.T) {
	suite(t, func(t *testing.T) place {
		bucket := testserver.S3(t)
		store := NewS3(S3Config{
			Bucket: bucket.Bucket, Endpoint: bucket.Endpoint, Region: bucket.Region, PathStyle: true,
			AccessKey: bucket.AccessKey, SecretKey: connectors.Secret(bucket.SecretKey),
		})
		t.Cleanup(func() { store.Close() })
		put := func(t *testing.T, key, content string) {
			path := filepath.Join(t.TempDir(), "object")
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			bucket.Put(t, key, path)
		}
		return place{store, put, func(t *testing.T, key string) {
			if _, err := bucket.Client().DeleteObject(context.Background(), &awss3.DeleteObjectInput{Bucket: &bucket.Bucket, Key: aws.String(key)}); err != nil {
				t.Fatal(err)
			}
		}}
	})
}
