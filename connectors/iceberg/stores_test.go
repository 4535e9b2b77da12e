//go:build integration

package iceberg

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	format "github.com/apache/iceberg-go"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

func TestS3(t *testing.T) {
	s := testserver.S3(t)
	file := filepath.Join(t.TempDir(), "object")
	options := connectors.Options{
		"warehouse": "s3://" + s.Bucket + "/lake", "endpoint": s.Endpoint, "region": s.Region, "access_key": s.AccessKey, "secret_key": s.SecretKey,
	}
	readsAWarehouse(t, options, "s3a://"+s.Bucket+"/lake", func(key string, content []byte) {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		s.Put(t, key, file)
	})
}

func TestGCS(t *testing.T) {
	bucket := testserver.GCS(t)
	options := connectors.Options{"warehouse": "gs://" + bucket.Bucket + "/lake", "endpoint": bucket.Endpoint, "anonymous": "true"}
	readsAWarehouse(t, options, "gs://"+bucket.Bucket+"/lake", func(key string, content []byte) { bucket.Put(t, key, string(content)) })
}

func TestAzure(t *testing.T) {
	c := testserver.Azure(t)
	options := connectors.Options{"warehouse": "az://" + c.Container + "/lake", "endpoint": c.Endpoint, "account": c.Account, "account_key": c.Key}
	readsAWarehouse(t, options, "abfss://"+c.Container+"@"+c.Account+".dfs.core.windows.net/lake", func(key string, content []byte) { c.Put(t, key, string(content)) })
}

func TestHDFS(t *testing.T) {
	folder := testserver.HDFS(t)
	address := "hdfs://" + folder.Namenode + folder.Dir + "/lake"
	readsAWarehouse(t, connectors.Options{"warehouse": address, "user": folder.User}, address,
		func(key string, content []byte) { folder.Put(t, key, string(content)) })
}

// readsAWarehouse has one in a store, the keys of which begin with lake, and metadata that name its files by an address of their writer's. It is
// found by its folders and read without the versions of its files, which no metadata have. What was replaced by something else is noticed by
// its size.
func readsAWarehouse(t *testing.T, options connectors.Options, address string, put func(key string, content []byte)) {
	t.Helper()
	dir := t.TempDir()
	w := version3At(t, dir, address+"/shop/vectors")
	if _, err := w.current.Delete(t.Context(), format.LessThan(format.Reference("id"), int64(3)), nil); err != nil {
		t.Fatal(err)
	}
	var data string // the key of a data file
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		key := "lake/shop/vectors/" + filepath.ToSlash(path[len(dir)+1:])
		if filepath.Ext(key) == ".parquet" {
			data = key
		}
		content, err := os.ReadFile(path)
		put(key, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	src := open(t, options)
	var names []string
	for l, err := range src.List(t.Context(), connectors.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, l.Name.String())
	}
	if len(names) != 1 || names[0] != "shop.vectors" {
		t.Errorf("tables %q", names)
	}
	found, err := src.Table(t.Context(), plan.TableName{Namespace: "shop", Name: "vectors"}, connectors.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	if ids := textsOf(t, src, found, 0); len(ids) != 197 {
		t.Errorf("%d rows, want 197", len(ids))
	}
	put(data, []byte("PAR1 and nothing else"))
	_, err = query{table: "vectors", columns: []string{"id"}}.run(t, open(t, options))
	if !sqlerr.Is(err, sqlerr.SourceChanged) {
		t.Errorf("a file that was replaced: %v", err)
	}
}
