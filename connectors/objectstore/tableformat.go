package objectstore

import (
	"context"
	"strings"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/engine/sqlerr"
)

// tableMarkers are the folders in which table formats keep what they know of a table, and the types of sources that read it.
var tableMarkers = []struct{ format, folder, suffix, source string }{
	{"Delta", "_delta_log/", "", "delta"},
	{"Hudi", ".hoodie/", "", ""},
	{"Iceberg", "metadata/", ".metadata.json", "iceberg"},
}

// refuseTable returns an error if a key is that of metadata of a table format: read as plain files, the table would show deleted
// rows. Root, which ends in a slash or is empty, is where the source's tables are looked for.
func refuseTable(store blob.Store, root, key string) error {
	relative := strings.TrimPrefix(key, root)
	for _, m := range tableMarkers {
		if !strings.HasSuffix(relative, m.suffix) {
			continue
		}
		above, found := "", strings.HasPrefix(relative, m.folder)
		if !found {
			above, _, found = strings.Cut(relative, "/"+m.folder)
		}
		if found {
			hint := ""
			if m.source != "" {
				hint = ", and one of type " + m.source + " reads it"
			}
			return sqlerr.New(sqlerr.Unsupported, "%s is a table of %s; this source reads plain files%s", store.Location(root+above), m.format, hint)
		}
	}
	return nil
}

// refuseTables looks for such metadata in a folder and in those above it, down from root.
func refuseTables(ctx context.Context, store blob.Store, root, folder string) error {
	for at := len(root); ; {
		for _, m := range tableMarkers {
			for e, err := range store.List(ctx, blob.ListOptions{Prefix: folder[:at] + m.folder}) {
				if err == nil {
					err = refuseTable(store, root, e.Key)
				}
				if err != nil {
					return err
				}
			}
		}
		next := strings.IndexByte(folder[at:], '/')
		if next < 0 {
			return nil
		}
		at += next + 1
	}
}
