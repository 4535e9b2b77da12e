package lake

import (
	"context"
	"iter"

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

// sampledFolders is how many folders are listed for a sample where not all of them are.
const sampledFolders = 16

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
	Files      *Listing          // of at least one folder
	Partitions []plan.TableColumn
	// FailNonFinite makes a NaN or an infinity an error instead of NULL.
	FailNonFinite bool
}

// table is what plan.Table.Handle holds: a Spec and the columns found.
type table struct {
	Spec
	columns []column
	names   names
	bytes   float64 // of all files, about
	count   int     // of files; -1: not all are listed
	first   *opened // of the sample, with which the others must agree; nil if there are no files

	declared *Declared      // nil: columns and files are what was found
	ids      map[int]int    // the positions of its columns by their ids in files
	mapped   map[string]int // and by their names in files without ids
}

// complete reports that the columns are known from every file, not a sample.
func (t *table) complete() bool { return t.count >= 0 && t.count <= sampled }

// column is where a table column's values come from.
type column struct {
	typ       types.Type
	partition int         // position in Spec.Partitions, or -1: the files' column that names finds
	native    string      // the files' type
	file      string      // the location of one that has it
	missing   types.Value // of the rows of files that do not have it
	shape     *files.Shape
	refused   error // why it is not read
}

// fail adds to an error of a lower layer where it happened; its code stays. Files without a source are part of something that says so itself.
func (s *Spec) fail(err error) error {
	if err == nil || s.Source == "" {
		return err
	}
	return sqlerr.Wrap(sqlerr.CodeOf(err), err, "source %s, table %s", s.Source, s.Name)
}

// Describe reads the footers of a table's files, of many files a sample, and returns the table.
func Describe(ctx context.Context, spec Spec) (*plan.Table, error) {
	t := &table{Spec: spec}
	for _, p := range spec.Partitions {
		if !repeatable(p.Type) {
			return nil, spec.fail(sqlerr.New(sqlerr.Unsupported, "partition column %s of type %s", p.Name, p.Type))
		}
	}
	footers, err := t.sample(ctx)
	if err != nil {
		return nil, spec.fail(err)
	}
	out := &plan.Table{
		Name: spec.Name, Comment: spec.Comment, Version: spec.Files.Version(), Location: spec.Location, Handle: t,
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

// bounded reports whether files have statistics, or the table's format has some of them.
func (t *table) bounded() bool { return t.declared != nil || t.first != nil && t.first.bounded != nil }

// agrees proves that a file differs from the first one in nothing that its columns don't show.
func (t *table) agrees(f *opened) error {
	if c, ok := f.File.(files.Consistent); ok && t.first != nil {
		return c.Agrees(t.first.File)
	}
	return nil
}

// sample opens the files that stand for all, and estimates how many these are.
func (t *table) sample(ctx context.Context) ([]*opened, error) {
	folders := t.Files.sample(t.Files.all())
	var list []File
	for f, err := range t.Files.files(ctx, folders, &connectors.Usage{}) {
		if err != nil {
			return nil, err
		}
		list = append(list, f)
		t.bytes += float64(f.Object.Size)
	}
	t.count = len(list)
	if !t.Files.whole {
		t.count = -1
		t.bytes *= float64(len(t.Files.folders)) / float64(len(folders))
	}
	var footers []*opened
	for f, err := range t.openAll(ctx, t.Bytes.Opening(t.Store), each(spread(list, sampled)), &connectors.Usage{}) {
		if err != nil {
			return nil, err
		}
		footers = append(footers, f.opened)
	}
	return footers, nil
}

// each yields files that are known.
func each(list []File) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		for _, f := range list {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// spread returns at most so many elements of a list: all, or evenly spread ones with the first and the last.
func spread[T any](list []T, most int) []T {
	n := len(list)
	if n <= most {
		return list
	}
	out := make([]T, most)
	for i := range out {
		out[i] = list[i*(n-1)/(most-1)]
	}
	return out
}
