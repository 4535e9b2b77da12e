package objectstore

import (
	"context"
	"iter"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// source is a bucket or folder. Credentials belong to the source, so all principals share it.
type source struct {
	name     string
	settings settings
	store    blob.Store
	formats  map[*kind]files.Format
	opened   *files.Cache
	bytes    *blob.Cache // nil: the store is no remote one
	turns    *connectors.Turns

	mu     sync.Mutex
	tables map[plan.TableName]described
}

// described is a table as it was with certain files.
type described struct {
	version string
	table   *plan.Table
	files   *lake.Listing
}

// mostDescribed bounds the tables that are remembered.
const mostDescribed = 1024

// Bind returns the source itself.
func (s *source) Bind(connectors.Principal) connectors.Source { return s }

// Caches implements connectors.Cacher.
func (s *source) Caches() []connectors.CacheUse { return append(s.bytes.Uses(), s.opened.Use()) }

// Close drops idle connections.
func (s *source) Close() error { return s.store.Close() }

// Unreachable implements connectors.Reachability. A folder always can be reached.
func (s *source) Unreachable() error {
	if r, ok := s.store.(connectors.Reachability); ok {
		return r.Unreachable()
	}
	return nil
}

// fail adds the source's name to an error, whose code stays.
func (s *source) fail(err error) error {
	return sqlerr.Wrap(sqlerr.CodeOf(err), err, "source %s", s.name)
}

// Pushdown takes scans with what prunes them.
func (s *source) Pushdown(_ context.Context, n plan.Node) (plan.Node, error) { return lake.Pushdown(n) }

// List yields the folders and data files under the prefix.
func (s *source) List(ctx context.Context, o connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	return func(yield func(connectors.Listed, error) bool) {
		for namespace, err := range s.namespaces(ctx, o.In) {
			if err != nil {
				yield(connectors.Listed{}, err)
				return
			}
			if o.Namespaces {
				if !yield(listed(namespace, ""), nil) {
					return
				}
				continue
			}
			for name, err := range merged(s.settings.declaredIn(namespace), s.names(ctx, s.root(namespace), true)) {
				if err != nil {
					yield(connectors.Listed{}, err)
					return
				}
				if !yield(listed(namespace, name), nil) {
					return
				}
			}
		}
	}
}

func listed(namespace, name string) connectors.Listed {
	return connectors.Listed{Name: plan.TableName{Namespace: namespace, Name: name}, Rows: plan.Unknown}
}

// root is the key prefix of a namespace's tables.
func (s *source) root(namespace string) string {
	if namespace == "" {
		return s.settings.place.Prefix
	}
	return s.settings.place.Prefix + namespace + "/"
}

// namespaces yields the namespaces: one without a name, or the folders of layout schema/table.
func (s *source) namespaces(ctx context.Context, only *string) iter.Seq2[string, error] {
	if only != nil {
		return func(yield func(string, error) bool) {
			if (*only == "") != s.settings.schemas && (*only == "" || validName(*only)) {
				yield(*only, nil)
			}
		}
	}
	if !s.settings.schemas {
		return func(yield func(string, error) bool) { yield("", nil) }
	}
	return merged(s.settings.declaredNamespaces(), s.names(ctx, s.settings.place.Prefix, false))
}

// names yields, ascending and once each, the names of folders under a prefix, and with files those of data files.
func (s *source) names(ctx context.Context, prefix string, files bool) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var order ascending
		for e, err := range s.store.List(ctx, blob.ListOptions{Prefix: prefix, Folders: true}) {
			if err != nil {
				yield("", s.fail(err))
				return
			}
			name := blob.Base(e.Key)
			if !e.Folder {
				var k *kind
				if name, k = s.settings.stem(name); !files || e.Size == 0 || k == nil {
					continue
				}
			}
			if !validName(name) {
				continue
			}
			for _, ready := range order.add(name, strings.TrimPrefix(e.Key, prefix)) {
				if !yield(ready, nil) {
					return
				}
			}
		}
		for _, ready := range order.rest() {
			if !yield(ready, nil) {
				return
			}
		}
	}
}

// validName reports a name that a table or namespace can have: hidden folders and partitions are none.
func validName(name string) bool {
	return name != "" && !hidden(name) && !strings.ContainsAny(name, "/=")
}

// hidden reports a file or folder that by convention holds no data.
func hidden(name string) bool { return strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") }

// isPartition reports a folder `_key=value`: it holds data, whatever its key begins with.
func isPartition(name string) bool {
	return strings.HasPrefix(name, "_") && strings.Contains(name, "=")
}

// Table lists a table's files and describes it.
func (s *source) Table(ctx context.Context, name plan.TableName, at connectors.AsOf) (*plan.Table, error) {
	if at != (connectors.AsOf{}) {
		return nil, sqlerr.New(sqlerr.Unsupported, "source %s, table %s: plain files have no earlier versions", s.name, name)
	}
	if !validName(name.Name) || (name.Namespace != "") != s.settings.schemas || name.Namespace != "" && !validName(name.Namespace) {
		return nil, s.unknown(name)
	}
	begun := time.Now()
	spec, err := s.find(ctx, name)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.CodeOf(err), err, "source %s, table %s", s.name, name)
	}
	if spec.Files == nil {
		return nil, s.unknown(name)
	}
	spec.Files.Begin(begun)
	version := spec.Files.Version()
	s.mu.Lock()
	cached, ok := s.tables[name]
	s.mu.Unlock()
	if ok && cached.version == version {
		cached.files.Begin(begun)
		return cached.table, nil
	}
	t, err := lake.Describe(ctx, spec)
	if err != nil {
		return nil, err
	}
	if version == "" {
		return t, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tables) >= mostDescribed {
		clear(s.tables)
	}
	s.tables[name] = described{version, t, spec.Files}
	return t, nil
}

func (s *source) unknown(name plan.TableName) error {
	place := s.place(name)
	at := s.store.Location(s.settings.place.Prefix + path.Join(place.path, path.Join(place.pattern...)))
	if place.pattern != nil {
		return sqlerr.New(sqlerr.UnknownTable, "source %s, table %s: no data files at %s", s.name, name, at)
	}
	return sqlerr.New(sqlerr.UnknownTable, "source %s, table %s: no data files at %s/ or %s%s", s.name, name, at, at, parquetKind.extensions[0])
}

// place is where a table lies: where options say, or else in the folder or file of its name.
func (s *source) place(name plan.TableName) place {
	if at := slices.IndexFunc(s.settings.declared, func(d declared) bool { return d.name == name }); at >= 0 {
		return s.settings.declared[at].place
	}
	key := name.Name
	if name.Namespace != "" {
		key = name.Namespace + "/" + name.Name
	}
	return place{path: key, reading: s.settings.reading, formats: s.formats}
}

// find looks for both forms of a table at once; no Files: there is none.
func (s *source) find(ctx context.Context, name plan.TableName) (lake.Spec, error) {
	at := s.place(name)
	key := s.settings.place.Prefix + at.path
	spec := lake.Spec{Source: s.name, Name: name, Store: s.store, Cache: s.opened, Bytes: s.bytes, Turns: s.turns, FailNonFinite: at.failNonFinite}
	var single []blob.Object
	folder := folder{place: at, store: s.store, prefix: key + "/"}
	if at.path == "" {
		folder.prefix = key
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(sqlerr.Guarded(func() (err error) {
		if at.pattern == nil {
			single, err = s.files(groupCtx, key, &at.reading)
		}
		return err
	}))
	group.Go(sqlerr.Guarded(func() error { return folder.list(groupCtx) }))
	if at.elsewhere {
		group.Go(sqlerr.Guarded(func() error { return refuseTables(groupCtx, s.store, s.settings.place.Prefix, folder.prefix) }))
	}
	if err := group.Wait(); err != nil {
		return spec, err
	}
	switch {
	case len(single) > 1:
		return spec, sqlerr.New(sqlerr.SourceError, "both %s and %s exist", s.store.Location(single[0].Key), s.store.Location(single[1].Key))
	case len(single) > 0 && len(folder.files) > 0:
		return spec, sqlerr.New(sqlerr.SourceError, "both %s and %s/ exist", s.store.Location(single[0].Key), s.store.Location(key))
	case len(single) > 0:
		_, k := at.stem(blob.Base(single[0].Key))
		spec.Location, spec.Format = s.store.Location(single[0].Key), at.formats[k]
		spec.Files = lake.Listed([]lake.Folder{{Files: single}})
	case len(folder.files) > 0:
		var err error
		spec.Location, spec.Format = s.store.Location(key), at.formats[folder.kind]
		if at.pattern != nil {
			spec.Location = s.store.Location(path.Join(key, path.Join(at.pattern...)))
		}
		if spec.Partitions, spec.Files, err = folder.listing(); err != nil {
			return spec, err
		}
	}
	return spec, nil
}

// files finds the objects that are a table by themselves: those whose key is the given one with the extension of a format.
func (s *source) files(ctx context.Context, key string, r *reading) ([]blob.Object, error) {
	var found []blob.Object
	for e, err := range s.store.List(ctx, blob.ListOptions{Prefix: key + ".", Folders: true}) {
		if err != nil {
			return nil, err
		}
		if stem, k := r.stem(blob.Base(e.Key)); k != nil && !e.Folder && e.Size > 0 && stem == blob.Base(key) {
			found = append(found, e.Object)
		}
	}
	return found, nil
}
