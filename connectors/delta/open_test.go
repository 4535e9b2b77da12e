package delta

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		options connectors.Options
		want    string
	}{
		{connectors.Options{}, "option url is missing"},
		{connectors.Options{"url": "https://server/folder/"}, "url must be s3://bucket/prefix"},
		{connectors.Options{"url": "/lake", "warehouse": "x"}, "unknown option warehouse (known: url, layout, admission)"},
		{connectors.Options{"url": "/lake", "endpoint": "http://x"}, "option endpoint is for s3://"},
		{connectors.Options{"url": "/lake", "layout": "deep"}, "layout must be table or schema/table"},
		{connectors.Options{"url": "/lake", "admission": "0"}, "admission must be a number"},
		{connectors.Options{"url": "s3://bucket", "access_key": "x"}, "access_key and secret_key belong together"},
	} {
		_, err := Open(context.Background(), connectors.Config{Name: "lake", Options: c.options})
		if !sqlerr.Is(err, sqlerr.BadOption) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.options, err, c.want)
		}
	}
	if _, err := Open(context.Background(), connectors.Config{Name: "lake", Options: connectors.Options{"url": "/etc"}, LocalRoots: []string{"/srv"}}); !sqlerr.Is(err, sqlerr.BadOption) {
		t.Errorf("a folder outside the roots: %v", err)
	}
}

// tree makes logs of tables without files.
func tree(t *testing.T, tables ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range tables {
		log := filepath.Join(root, name, logFolder)
		err := errors.Join(os.MkdirAll(log, 0o700), os.WriteFile(filepath.Join(log, versionPrefix(0)+"json"), []byte(expand("protocol\nschema id long")), 0o600))
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// Tables are named by their folders, in the order of their names.
func TestNames(t *testing.T) {
	root := tree(t, "a", "a-b", "a.b", "B", "_hidden", ".hidden", "x=1", "sales/orders", "sales/_x", "zoë", "o$files")
	if err := os.MkdirAll(filepath.Join(root, "empty", logFolder), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		options connectors.Options
		listing connectors.ListOptions
		want    string
	}{
		{connectors.Options{"url": root}, connectors.ListOptions{}, "B a a-b a.b o$files zoë"},
		{connectors.Options{"url": root}, connectors.ListOptions{Namespaces: true}, ""},
		{connectors.Options{"url": root}, connectors.ListOptions{In: new("sales")}, ""},
		{connectors.Options{"url": root, "layout": "schema/table"}, connectors.ListOptions{}, "sales.orders"},
		{connectors.Options{"url": root, "layout": "schema/table"}, connectors.ListOptions{In: new("sales")}, "sales.orders"},
		{connectors.Options{"url": root, "layout": "schema/table"}, connectors.ListOptions{In: new("")}, ""},
		{connectors.Options{"url": root, "layout": "schema/table"}, connectors.ListOptions{In: new("../sales")}, ""},
		{connectors.Options{"url": root + "/sales/orders"}, connectors.ListOptions{}, "orders"},
		{connectors.Options{"url": root + "/sales/"}, connectors.ListOptions{}, "orders"},
	} {
		src := connect(t, c.options).Bind(connectors.Principal{})
		var names []string
		for l, err := range src.List(t.Context(), c.listing) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, l.Name.String())
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%v, %+v: %q, want %q", c.options, c.listing, got, c.want)
		}
	}
	for _, c := range []struct {
		options connectors.Options
		name    plan.TableName
		found   bool
	}{
		{connectors.Options{"url": root}, tableName("a"), true},
		{connectors.Options{"url": root}, tableName("a$history"), true},
		{connectors.Options{"url": root}, tableName("o$files"), true}, // a folder of that name
		{connectors.Options{"url": root}, tableName("o$history"), false},
		{connectors.Options{"url": root}, tableName("empty"), false},
		{connectors.Options{"url": root}, tableName("_hidden"), false},
		{connectors.Options{"url": root}, tableName("sales/orders"), false},
		{connectors.Options{"url": root}, tableName(".."), false},
		{connectors.Options{"url": root}, plan.TableName{Namespace: "sales", Name: "orders"}, false},
		{connectors.Options{"url": root, "layout": "schema/table"}, plan.TableName{Namespace: "sales", Name: "orders"}, true},
		{connectors.Options{"url": root, "layout": "schema/table"}, plan.TableName{Namespace: "..", Name: "orders"}, false},
		{connectors.Options{"url": root, "layout": "schema/table"}, tableName("a"), false},
		{connectors.Options{"url": root + "/sales/orders"}, tableName("orders"), true},
		{connectors.Options{"url": root + "/sales/orders"}, tableName("orders$files"), true},
		{connectors.Options{"url": root + "/sales/orders"}, tableName("other"), false},
	} {
		table, err := connect(t, c.options).Bind(connectors.Principal{}).Table(t.Context(), c.name, connectors.AsOf{})
		if c.found != (err == nil) || err != nil && !sqlerr.Is(err, sqlerr.UnknownTable) {
			t.Errorf("%v, %s: %+v, %v", c.options, c.name, table, err)
		}
	}
}

// What is kept of snapshots is bounded, the least recently used one dropped first.
func TestSnapshotsAreBounded(t *testing.T) {
	of := func(files int) *snapshot {
		s := &snapshot{metadata: &metadata{}}
		for range files {
			s.files = append(s.files, &dataFile{stats: strings.Repeat("x", 1000)})
		}
		return s
	}
	c := newSnapshots(of(150).cost())
	c.put("a", of(60))
	c.put("b", of(60))
	c.get("a")
	c.put("c", of(60))
	kept := func() []string {
		var out []string
		for _, key := range []string{"a", "b", "c", "d"} {
			if c.get(key) != nil {
				out = append(out, key)
			}
		}
		return out
	}
	if got := kept(); !slices.Equal(got, []string{"a", "c"}) {
		t.Errorf("%q are kept", got)
	}
	c.put("a", of(1))
	c.put("d", of(300))
	if got := kept(); !slices.Equal(got, []string{"a", "c"}) || c.size != of(1).cost()+of(60).cost() {
		t.Errorf("%q are kept, of %d bytes", got, c.size)
	}
}
