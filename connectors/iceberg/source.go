package iceberg

import (
	"context"
	"errors"
	"iter"
	"math"
	"slices"
	"strconv"

	format "github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/lake"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// source is a warehouse and its catalog. Credentials belong to the source, so all principals share it.
type source struct {
	*warehouse
	name     string
	catalog  catalog
	formats  map[format.FileFormat]files.Format
	opened   *files.Cache
	bytes    *blob.Cache // nil: the store is no remote one
	turns    *connectors.Turns
	metadata *lru.Cache[string, table.Metadata] // by where they lie
}

// Bind returns the source itself.
func (s *source) Bind(connectors.Principal) connectors.Source { return s }

// Caches implements connectors.Cacher.
func (s *source) Caches() []connectors.CacheUse { return append(s.bytes.Uses(), s.opened.Use()) }

// Close drops idle connections.
func (s *source) Close() error { return errors.Join(s.catalog.close(), s.store.Close()) }

// Unreachable implements connectors.Reachability. A folder always can be reached.
func (s *source) Unreachable() error {
	if r, ok := s.store.(connectors.Reachability); ok {
		return r.Unreachable()
	}
	return nil
}

// Pushdown takes scans with what prunes them.
func (s *source) Pushdown(_ context.Context, n plan.Node) (plan.Node, error) {
	return lake.Pushdown(n)
}

// io gives iceberg-go the warehouse to read; usage counts what was read.
func (s *source) io(usage *connectors.Usage) table.FSysF {
	return func(ctx context.Context) (io.IO, error) { return fileIO{s.warehouse, ctx, usage}, nil }
}

// List yields what the catalog has.
func (s *source) List(ctx context.Context, o connectors.ListOptions) iter.Seq2[connectors.Listed, error] {
	return func(yield func(connectors.Listed, error) bool) {
		namespaces, err := s.namespaces(ctx, o.In)
		if err != nil {
			yield(connectors.Listed{}, s.fail(err))
			return
		}
		for _, namespace := range sorted(namespaces) {
			names := []string{""}
			if !o.Namespaces {
				if names, err = s.catalog.tables(ctx, namespace); err != nil {
					yield(connectors.Listed{}, s.fail(err))
					return
				}
			}
			for _, name := range sorted(names) {
				if !yield(connectors.Listed{Name: plan.TableName{Namespace: namespace, Name: name}, Rows: plan.Unknown}, nil) {
					return
				}
			}
		}
	}
}

// namespaces returns the catalog's namespaces, or only the one that is asked for.
func (s *source) namespaces(ctx context.Context, only *string) ([]string, error) {
	if only != nil {
		return []string{*only}, nil
	}
	return s.catalog.namespaces(ctx)
}

// fail adds the source's name to an error, whose code stays.
func (s *source) fail(err error) error {
	return sqlerr.Wrap(sqlerr.CodeOf(err), err, "source %s", s.name)
}

// Table describes a table as its metadata are now. Its files are those of one snapshot, however long the table is used.
func (s *source) Table(ctx context.Context, name plan.TableName, at connectors.AsOf) (*plan.Table, error) {
	m, location, err := s.catalog.load(ctx, name.Namespace, name.Name)
	kind := ""
	if of, k, ok := metadataName(name.Name); err == nil && m == nil && ok {
		kind = k
		m, location, err = s.catalog.load(ctx, name.Namespace, of)
	}
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.CodeOf(err), err, "source %s, table %s", s.name, name)
	}
	if m == nil {
		return nil, sqlerr.New(sqlerr.UnknownTable, "source %s: table %s does not exist", s.name, name)
	}
	t, err := s.describe(name, kind, m, location, at)
	if err != nil {
		return nil, sqlerr.Wrap(sqlerr.CodeOf(err), err, "source %s, table %s", s.name, name)
	}
	return t, nil
}

// describe makes a table of a version that metadata have, or one that tells of it.
func (s *source) describe(name plan.TableName, kind string, m table.Metadata, location string, at connectors.AsOf) (*plan.Table, error) {
	v, err := versionOf(m, at)
	if err != nil {
		return nil, err
	}
	schema := v.schema
	declared, err := columns(schema, m.NameMapping())
	if err != nil {
		return nil, err
	}
	p := &planner{source: s, metadata: m, location: location, version: v, columns: declared, fields: schema.Fields()}
	if kind != "" {
		return s.metadataTable(name, kind, p), nil
	}
	d := lake.Declared{Columns: declared, Version: location + v.id(), Plan: p.plan}
	if snapshot := v.snapshot; snapshot != nil {
		d.Rows = count(snapshot, "total-records")
		if gone := count(snapshot, "total-position-deletes"); gone > 0 {
			d.Rows -= gone
		}
		d.Bytes, d.Files = count(snapshot, "total-files-size"), -1
		if files := count(snapshot, "total-data-files"); !math.IsNaN(files) {
			d.Files = int(files)
		}
	}
	spec := s.spec(name)
	spec.Location, spec.Comment = m.Location(), m.Properties()["comment"]
	return lake.Declare(spec, d)
}

// spec is how files are read.
func (s *source) spec(name plan.TableName) lake.Spec {
	return lake.Spec{Source: s.name, Name: name, Store: s.store, Format: s.formats[format.ParquetFile], Cache: s.opened, Bytes: s.bytes, Turns: s.turns}
}

// count returns a total of a snapshot's summary; NaN if its writer did not say.
func count(s *table.Snapshot, key string) float64 {
	if s.Summary == nil {
		return plan.Unknown
	}
	if n, err := strconv.ParseInt(s.Summary.Properties[key], 10, 64); err == nil {
		return float64(n)
	}
	return plan.Unknown
}

// planner plans the scans of a table in one state of its metadata.
type planner struct {
	*source
	metadata table.Metadata
	location string // of the metadata
	version  version
	columns  []lake.DeclaredColumn
	fields   []format.NestedField // of the columns
}

// plan implements lake.Declared.
func (p *planner) plan(ctx context.Context, where lake.Predicate, usage *connectors.Usage) ([]lake.File, error) {
	f := filter{where, p.fields, p.columns}
	t := table.New(table.Identifier{""}, p.metadata, p.location, p.io(usage), nil)
	tasks, err := p.version.plan(ctx, t, f.translate())
	if errors.Is(err, format.ErrInvalidBinSerialization) {
		// iceberg-go does not decode the bounds of columns that were promoted since; package lake prunes by them.
		tasks, err = p.version.plan(ctx, t, format.AlwaysTrue{})
	}
	if err != nil {
		return nil, corrupt(err, p.location)
	}
	out, gone := make([]lake.File, 0, len(tasks)), &deleteFiles{p, make(map[string]*deleteFile)}
	for _, task := range tasks {
		file, err := p.file(task, gone)
		if err != nil {
			return nil, err
		}
		out = append(out, file)
	}
	return out, nil
}

// file is a data file as package lake reads it.
func (p *planner) file(task table.FileScanTask, gone *deleteFiles) (lake.File, error) {
	data := task.File
	key, err := p.key(data.FilePath())
	if err != nil {
		return lake.File{}, err
	}
	of, ok := p.formats[data.FileFormat()]
	if !ok {
		return lake.File{}, sqlerr.New(sqlerr.Unsupported, "%s is a data file of format %s", data.FilePath(), data.FileFormat())
	}
	rows, err := gone.of(task)
	if err != nil {
		return lake.File{}, err
	}
	specs := p.metadata.PartitionSpecs()
	at := slices.IndexFunc(specs, func(s format.PartitionSpec) bool { return int32(s.ID()) == data.SpecID() })
	if at < 0 {
		return lake.File{}, sqlerr.New(sqlerr.Corrupt, "%s is of partition spec %d, which the table does not have", data.FilePath(), data.SpecID())
	}
	return lake.File{
		Object:   blob.Object{Key: key, Size: data.FileSizeBytes()},
		Format:   of,
		Metadata: &manifested{data, p.columns, p.fields, &specs[at]},
		Deletes:  rows,
	}, nil
}
