package objectstore

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
)

// TestFilesOfAWebServer reads files of a server as tables: one by its URL, and several of a folder, with partitions.
func TestFilesOfAWebServer(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"one.csv": "id,n\n1,a\n2,b\n", "t/year=2023/a.csv": "id\n1\n", "t/year=2024/b.csv": "id\n2\n3\n", "hidden.csv": "x\n1\n"} {
		write(t, dir, name, []byte(content))
		path := filepath.Join(dir, name)
		if err := os.Chtimes(path, time.Unix(0, 0), time.Unix(1_700_000_000, 0)); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	alone := open(t, connectors.Options{"url": server.URL + "/one.csv"})
	read := func(src connectors.Source, table string) []string {
		t.Helper()
		r, err := query{table: plan.TableName{Name: table}}.run(t, src)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(r.rows)
		return r.rows
	}
	if got := read(alone, "one"); !slices.Equal(got, []string{"1 a", "2 b"}) {
		t.Errorf("%q", got)
	}
	folder := open(t, connectors.Options{"url": server.URL, "files": "one.csv, t/year=2024/b.csv,t/year=2023/a.csv"})
	if got := read(folder, "t"); !slices.Equal(got, []string{"1 2023", "2 2024", "3 2024"}) {
		t.Errorf("%q", got)
	}
}
