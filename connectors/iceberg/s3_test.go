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

// A warehouse in a bucket is found by its folders and read without the versions of its files, which no metadata have. What was replaced by
// something else is noticed by its size.
func TestS3(t *testing.T) {
	s := testserver.S3(t)
	dir := t.TempDir()
	w := version3At(t, dir, "s3a://"+s.Bucket+"/lake/shop/vectors")
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
		s.Put(t, key, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	options := connectors.Options{
		"warehouse": "s3://" + s.Bucket + "/lake", "endpoint": s.Endpoint, "region": s.Region, "access_key": s.AccessKey, "secret_key": s.SecretKey,
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

	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("PAR1 and nothing else"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Put(t, data, other)
	_, err = query{table: "vectors", columns: []string{"id"}}.run(t, open(t, options))
	if !sqlerr.Is(err, sqlerr.SourceChanged) {
		t.Errorf("a file that was replaced: %v", err)
	}
}
