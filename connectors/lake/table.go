package lake

import (
	"context"
	"fmt"

	"github.com/zeebo/xxh3"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// sampled is how many footers are read to learn a table's columns and statistics; of more files an evenly spread sample
// is. What may change an answer is then not concluded from the sample: any column may be NULL, and a scan checks every
// file's types.
const sampled = 512

// Spec is where a table's data are.
type Spec struct {
	Source     string // the source's configured name, for messages
	Name       plan.TableName
	Location   string // canonical, for the catalog
	Comment    string
	Store      blob.Store
	Format     files.Format      // of all files
	Cache      *files.Cache      // of opened files
	Bytes      *blob.Cache       // of a remote store; nil: nothing is kept
	Turns      *connectors.Turns // of the source's statements
	Files      []File            // in the order they are read
	Partitions []plan.TableColumn
	// FailNonFinite makes a NaN or an infinity an error instead of NULL.
	FailNonFinite bool
}

// File is one data file of a table.
type File struct {
	Object blob.Object
	Values []types.Value // of Spec.Partitions
}

// table is what plan.Table.Handle holds: a Spec and the columns found.
type table struct {
	Spec
	columns []column
	names   names
	bytes   int64   // of all files
	first   *opened // of the sample, with which the others must agree; nil if there are no files
}

// complete reports that the columns are known from every file, not a sample.
func (s *Spec) complete() bool { return len(s.Files) <= sampled }

// column is where a table column's values come from.
type column struct {
	typ       types.Type
	partition int    // position in Spec.Partitions, or -1: the files' column that names finds
	native    string // the files' type
	file      string // the location of one that has it
}

// fail adds to an error of a lower layer where it happened; its code stays.
func (s *Spec) fail(err error) error {
	if err == nil {
		return nil
	}
	return sqlerr.Wrap(sqlerr.CodeOf(err), err, "source %s, table %s", s.Source, s.Name)
}

// Version is a token for a list of files: it changes when one is added, removed or replaced.
func Version(files []File) string {
	h := xxh3.New()
	for _, f := range files {
		_, _ = fmt.Fprintf(h, "%s\x00%s\x00", f.Object.Key, f.Object.ETag) // a hash takes everything
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// Describe reads the footers of a table's files, of many files a sample, and returns the table.
func Describe(ctx context.Context, spec Spec) (*plan.Table, error) {
	t := &table{Spec: spec}
	for _, p := range spec.Partitions {
		if !repeatable(p.Type) {
			return nil, spec.fail(sqlerr.New(sqlerr.Unsupported, "partition column %s of type %s", p.Name, p.Type))
		}
	}
	for _, f := range spec.Files {
		t.bytes += f.Object.Size
	}
	footers, err := t.sample(ctx)
	if err != nil {
		return nil, spec.fail(err)
	}
	out := &plan.Table{
		Name: spec.Name, Comment: spec.Comment, Version: Version(spec.Files), Location: spec.Location, Handle: t,
	}
	for i, f := range footers {
		if i == 0 {
			t.first = f
		}
		if err := t.agrees(f); err != nil {
			return nil, spec.fail(err)
		}
	}
	if out.Columns, err = t.unify(footers); err != nil {
		return nil, spec.fail(err)
	}
	out.Stats = t.statistics(footers)
	return out, nil
}

// bounded reports whether files have statistics.
func (t *table) bounded() bool { return t.first != nil && t.first.bounded != nil }

// agrees proves that a file differs from the first one in nothing that its columns don't show.
func (t *table) agrees(f *opened) error {
	if c, ok := f.File.(files.Consistent); ok && t.first != nil {
		return c.Agrees(t.first.File)
	}
	return nil
}

// sample opens the files that stand for all.
func (t *table) sample(ctx context.Context) ([]*opened, error) {
	var footers []*opened
	for f, err := range t.openAll(ctx, spread(t.Files), &connectors.Usage{}) {
		if err != nil {
			return nil, err
		}
		footers = append(footers, f)
	}
	return footers, nil
}

// spread returns the files of a sample: all, or evenly spread ones with the first and the last.
func spread(files []File) []File {
	n := len(files)
	if n <= sampled {
		return files
	}
	out := make([]File, sampled)
	for i := range out {
		out[i] = files[i*(n-1)/(sampled-1)]
	}
	return out
}
