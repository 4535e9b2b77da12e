package iceberg

import (
	"context"
	"iter"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/iceberg-go/table"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/engine/sqlerr"
)

// catalog knows which tables there are and which metadata are current. A namespace of several levels has dots between them.
type catalog interface {
	// namespaces returns the namespaces, in any order.
	namespaces(context.Context) ([]string, error)
	// tables returns the names of a namespace's tables, in any order; none if there is no such namespace.
	tables(ctx context.Context, namespace string) ([]string, error)
	// load returns the metadata of a table and where they lie; nil if there is no such table.
	load(ctx context.Context, namespace, name string) (table.Metadata, string, error)
	// close drops connections.
	close() error
}

// folderCatalog is a warehouse without a catalog: tables are folders with a folder `metadata`, at the top or, in a namespace, one
// folder deeper. The warehouse may also be the folder of a single table, which has the name of that folder.
type folderCatalog struct{ *source }

// metadataFolder is where a table keeps its metadata, below its own folder.
const metadataFolder = "metadata/"

func (c *folderCatalog) close() error { return nil }

func (c *folderCatalog) namespaces(ctx context.Context) ([]string, error) {
	out := []string{""}
	for name, err := range c.folders(ctx, c.place.Prefix) {
		if err != nil {
			return nil, err
		}
		isTable, err := c.isTable(ctx, c.place.Prefix+name+"/")
		if err != nil {
			return nil, err
		}
		if !isTable {
			out = append(out, name)
		}
	}
	return out, nil
}

func (c *folderCatalog) tables(ctx context.Context, namespace string) ([]string, error) {
	prefix := c.place.Prefix
	if namespace != "" {
		prefix += namespace + "/"
	}
	var out []string
	if namespace == "" {
		isTable, err := c.isTable(ctx, prefix)
		if isTable || err != nil {
			return []string{path.Base(c.location())}, err
		}
	}
	for name, err := range c.folders(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		isTable, err := c.isTable(ctx, prefix+name+"/")
		if err != nil {
			return nil, err
		}
		if isTable {
			out = append(out, name)
		}
	}
	return out, nil
}

// folders yields the names of the folders below a prefix, hidden ones aside.
func (c *folderCatalog) folders(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for e, err := range c.store.List(ctx, blob.ListOptions{Prefix: prefix, Folders: true}) {
			if err != nil {
				yield("", err)
				return
			}
			name := blob.Base(e.Key)
			if !e.Folder || name == "" || strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
				continue
			}
			if !yield(name, nil) {
				return
			}
		}
	}
}

// isTable reports a folder that has metadata files.
func (c *folderCatalog) isTable(ctx context.Context, folder string) (bool, error) {
	for e, err := range c.store.List(ctx, blob.ListOptions{Prefix: folder + metadataFolder}) {
		if err != nil {
			return false, err
		}
		if metadataFile.MatchString(blob.Base(e.Key)) {
			return true, nil
		}
	}
	return false, nil
}

func (c *folderCatalog) load(ctx context.Context, namespace, name string) (table.Metadata, string, error) {
	folder := c.place.Prefix
	if namespace != "" {
		folder += namespace + "/"
	}
	single := namespace == "" && name == path.Base(c.location())
	key, err := c.current(ctx, folder+name+"/")
	if key == "" && err == nil && single {
		key, err = c.current(ctx, folder)
	}
	if key == "" || err != nil {
		return nil, "", err
	}
	m, err := c.parse(ctx, c.store.Location(key))
	return m, c.store.Location(key), err
}

// metadataFile matches the names of metadata files: of a Hadoop table v3.metadata.json, of a catalog 00003-<uuid>.metadata.json, both
// perhaps compressed. The number is that of the version.
var metadataFile = regexp.MustCompile(`^v?(\d+)(-[^.]*)?(\.gz|\.zstd)?\.metadata\.json(\.gz|\.zstd)?$`)

// current finds the newest metadata file of a table's folder; "": there is none. A hint of Hadoop may be older than that file, which is
// written first.
func (c *folderCatalog) current(ctx context.Context, folder string) (string, error) {
	newest, newestKey, other := -1, "", ""
	for e, err := range c.store.List(ctx, blob.ListOptions{Prefix: folder + metadataFolder}) {
		if err != nil {
			return "", err
		}
		parts := metadataFile.FindStringSubmatch(strings.TrimPrefix(e.Key, folder+metadataFolder))
		if parts == nil {
			continue
		}
		n, err := strconv.Atoi(parts[1])
		switch {
		case err != nil || n < newest:
		case n == newest:
			other = e.Key
		default:
			newest, newestKey, other = n, e.Key, ""
		}
	}
	if other != "" {
		return "", sqlerr.New(sqlerr.SourceError, "%s and %s are of the same version: only the table's catalog knows which one is current",
			c.store.Location(newestKey), c.store.Location(other))
	}
	return newestKey, nil
}

// parse reads a metadata file, unless it is known.
func (s *source) parse(ctx context.Context, address string) (table.Metadata, error) {
	if m, ok := s.metadata.Get(address); ok {
		return m, nil
	}
	t, err := table.NewFromLocation(ctx, table.Identifier{""}, address, s.io(&connectors.Usage{}), nil)
	if err != nil {
		return nil, corrupt(err, address)
	}
	s.metadata.Add(address, t.Metadata())
	return t.Metadata(), nil
}

// corrupt adds to what iceberg-go says which file it is about; errors of the store keep their code.
func corrupt(err error, what string) error {
	if sqlerr.CodeOf(err) != sqlerr.Internal {
		return err
	}
	return sqlerr.Wrap(sqlerr.Corrupt, err, "%s", what)
}

// sorted returns names in ascending order, each once.
func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
