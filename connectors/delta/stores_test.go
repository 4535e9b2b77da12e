//go:build integration

package delta

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/internal/testserver"
)

func TestS3(t *testing.T) {
	s := testserver.S3(t)
	file := filepath.Join(t.TempDir(), "object")
	options := connectors.Options{
		"url": "s3://" + s.Bucket + "/lake", "endpoint": s.Endpoint, "region": s.Region, "access_key": s.AccessKey, "secret_key": s.SecretKey,
	}
	readsTables(t, options, func(key string, content []byte) {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		s.Put(t, key, file)
	})
}

func TestGCS(t *testing.T) {
	bucket := testserver.GCS(t)
	options := connectors.Options{"url": "gs://" + bucket.Bucket + "/lake", "endpoint": bucket.Endpoint, "anonymous": "true"}
	readsTables(t, options, func(key string, content []byte) { bucket.Put(t, key, string(content)) })
}

func TestAzure(t *testing.T) {
	c := testserver.Azure(t)
	options := connectors.Options{"url": "az://" + c.Container + "/lake", "endpoint": c.Endpoint, "account": c.Account, "account_key": c.Key}
	readsTables(t, options, func(key string, content []byte) { c.Put(t, key, string(content)) })
}

func TestHDFS(t *testing.T) {
	folder := testserver.HDFS(t)
	options := connectors.Options{"url": "hdfs://" + folder.Namenode + folder.Dir + "/lake", "user": folder.User}
	readsTables(t, options, func(key string, content []byte) { folder.Put(t, key, string(content)) })
}

// readsTables has tables that Spark wrote in a store, the keys of which begin with lake: of deletion vectors, and of a checkpoint with sidecars. A new version is
// found, and what was current before it.
func readsTables(t *testing.T, options connectors.Options, put func(key string, content []byte)) {
	t.Helper()
	dir := sparkTables(t)
	for _, table := range []string{"vectors", "v2_json"} {
		err := filepath.WalkDir(filepath.Join(dir, table), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			put("lake"+filepath.ToSlash(path[len(dir):]), content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	c := connect(t, options)
	defer c.Close()
	src := c.Bind(connectors.Principal{User: "root"})
	var names []string
	for l, err := range src.List(t.Context(), connectors.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, l.Name.String())
	}
	if len(names) != 2 || names[0] != "v2_json" || names[1] != "vectors" {
		t.Errorf("tables %q", names)
	}
	for table, want := range map[string]int{"v2_json": 5, "vectors": 239} {
		if r, err := (query{table: table, columns: []string{"id"}}).run(t, src); err != nil || len(r.rows) != want {
			t.Errorf("%s has %d rows, want %d; %v", table, len(r.rows), want, err)
		}
	}
	history, err := query{table: "vectors$history"}.run(t, src)
	if err != nil || len(history.rows) == 0 {
		t.Fatalf("%q, %v", history.rows, err)
	}
	put("lake/vectors/_delta_log/"+versionPrefix(int64(len(history.rows)))+"json",
		[]byte(`{"commitInfo":{"operation":"TRUNCATE"}}`+"\n"+schemaLine("id long, other string")))
	table, err := src.Table(t.Context(), tableName("vectors"), connectors.AsOf{})
	if err != nil || len(table.Columns) != 2 {
		t.Errorf("%+v, %v", table, err)
	}
	snap, _, err := src.(*source).find(t.Context(), tableName("vectors"), connectors.AsOf{Version: "0"})
	if err != nil || snap == nil || snap.last.modified.IsZero() {
		t.Errorf("the store does not say when %+v was written; %v", snap, err)
	}
	if _, err := src.Table(t.Context(), tableName("none"), connectors.AsOf{}); !sqlerr.Is(err, sqlerr.UnknownTable) {
		t.Errorf("a table that is not there: %v", err)
	}
}
