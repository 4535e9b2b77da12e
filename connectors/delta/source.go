package delta

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// source is a bucket or folder with tables. Credentials belong to the source, so all principals share it.
type source struct {
	settings
	name      string
	store     blob.Store
	parquet   files.Format
	opened    *files.Cache
	bytes     *blob.Cache // nil: the store is no remote one
	turns     *connectors.Turns
	snapshots *snapshots
}

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

// Pushdown takes scans with what prunes them.
func (s *source) Pushdown(_ context.Context, n plan.Node) (plan.Node, error) { return lake.Pushdown(n) }

// List yields the folders that have a log.
func (s *source) List(ctx context.Context, o connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	return func(yield func(connectors.Listed, error) bool) {
		for namespace, err := range s.namespaces(ctx, o.In) {
			if err != nil {
				yield(connectors.Listed{}, s.fail(err))
				return
			}
			names := each([]string{""})
			if !o.Namespaces {
				names = s.tables(ctx, namespace)
			}
			for name, err := range names {
				if err != nil {
					yield(connectors.Listed{}, s.fail(err))
					return
				}
				if !yield(connectors.Listed{Name: plan.TableName{Namespace: namespace, Name: name}, Rows: plan.Unknown}, nil) {
					return
				}
			}
		}
	}
}

// fail adds the source's name to an error, whose code stays.
func (s *source) fail(err error) error {
	return sqlerr.Wrap(sqlerr.CodeOf(err), err, "source %s", s.name)
}

// failTable adds the source's and a table's name.
func (s *source) failTable(err error, name plan.TableName) error {
	return sqlerr.Wrap(sqlerr.CodeOf(err), err, "source %s, table %s", s.name, name)
}

// Table describes a version of a table. It has that version's files, however long it is used.
func (s *source) Table(ctx context.Context, name plan.TableName, at connectors.AsOf) (*plan.Table, error) {
	snap, kind, err := s.find(ctx, name, at)
	if err != nil {
		return nil, s.failTable(err, name)
	}
	if snap == nil {
		return nil, sqlerr.New(sqlerr.UnknownTable, "source %s: table %s does not exist", s.name, name)
	}
	spec := s.spec(name)
	spec.Location, spec.Comment = s.store.Location(strings.TrimSuffix(snap.folder, "/")), snap.metadata.Description
	if kind != "" {
		return s.metadataTable(spec, kind, snap), nil
	}
	version := fmt.Sprintf("%s@%s:%d", spec.Location, snap.metadata.ID, snap.version)
	d := lake.Declared{
		Columns: snap.schema.columns, ByName: snap.schema.byName, Version: version, Files: len(snap.files),
		Plan: func(context.Context, lake.Predicate, *connectors.Usage) ([]lake.File, error) { return s.plan(snap) },
	}
	for _, f := range snap.files {
		d.Bytes += float64(f.size)
		if n, ok := f.rows(); ok {
			d.Rows += float64(n)
		} else {
			d.Rows = plan.Unknown
		}
	}
	return lake.Declare(spec, d)
}

// find finds the version of a table that is asked for, with a kind if the name is that of what is known of it; nil: there is no such table.
func (s *source) find(ctx context.Context, name plan.TableName, at connectors.AsOf) (*snapshot, string, error) {
	for _, c := range s.candidates(name) {
		if snap, err := s.version(ctx, c.folder, at); snap != nil || err != nil {
			return snap, c.kind, err
		}
	}
	return nil, "", nil
}

// plan lists the files of a version for one execution. Package lake leaves out those that conditions rule out.
func (s *source) plan(snap *snapshot) ([]lake.File, error) {
	snap.plan.Do(func() { snap.planned, snap.failed = s.list(snap) })
	if snap.failed != nil {
		return nil, snap.failed
	}
	out := slices.Clone(snap.planned)
	for i, f := range snap.files {
		if f.vector != nil {
			out[i].Deletes = &deleted{source: s, folder: snap.folder, file: f}
		}
	}
	return out, nil
}

// list lists the files of a version, with what the log says of them.
func (s *source) list(snap *snapshot) ([]lake.File, error) {
	out := make([]lake.File, len(snap.files))
	for i, f := range snap.files {
		known, err := newLogged(snap.schema, f)
		if err != nil {
			return nil, sqlerr.Wrap(sqlerr.Corrupt, err, "the partition of %s", f.path)
		}
		key, err := s.key(snap.folder, f.path)
		if err != nil {
			return nil, err
		}
		out[i] = lake.File{Object: blob.Object{Key: key, Size: f.size}, Metadata: known}
	}
	return out, nil
}

// spec is how files are read.
func (s *source) spec(name plan.TableName) lake.Spec {
	return lake.Spec{Source: s.name, Name: name, Store: s.store, Format: s.parquet, Cache: s.opened, Bytes: s.bytes, Turns: s.turns}
}

// isMissing reports that there is no such file.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// each yields what is known.
func each[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, x := range list {
			if !yield(x, nil) {
				return
			}
		}
	}
}
