package lake

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files/parquet"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// sampled is how many footers are read to learn a table's columns and statistics; of more files an evenly spread sample
// is.
const sampled = 512

// Spec is where a table's data are.
type Spec struct {
	Source     string // the source's configured name, for messages
	Name       plan.TableName
	Location   string // canonical, for the catalog
	Comment    string
	Store      blob.Store
	Cache      *parquet.Cache
	Files      []File // in the order they are read
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
	bytes   int64 // of all files
}

// column is where a table column's values come from.
type column struct {
	name      string // in the files
	typ       types.Type
	partition int // position in Spec.Partitions, or -1: the files' column of that name
}

// find returns the position of the column in a file, or -1 if its values come from elsewhere: from the partition, or
// because the file holds nothing but NULL.
func (c column) find(f *parquet.File) int {
	if c.partition >= 0 {
		return -1
	}
	at := f.Find(c.name)
	if at >= 0 && f.Columns[at].Type.Kind == types.Null {
		return -1
	}
	return at
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
	if out.Columns, t.columns, err = unify(spec.Partitions, footers); err != nil {
		return nil, spec.fail(err)
	}
	out.Stats = t.statistics(footers)
	return out, nil
}

// sample opens the files that stand for all.
func (t *table) sample(ctx context.Context) ([]*parquet.File, error) {
	var footers []*parquet.File
	for f, err := range openAll(ctx, t.Store, t.Cache, spread(t.Files), &connectors.Usage{}) {
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

// unify merges the columns of files by name and adds the partition columns, which win over files' columns of their name.
func unify(partitions []plan.TableColumn, footers []*parquet.File) ([]plan.TableColumn, []column, error) {
	u := union{byName: make(map[string]*member), partitions: partitions}
	for _, f := range footers {
		if err := u.add(f); err != nil {
			return nil, nil, err
		}
	}
	var shown []plan.TableColumn
	var columns []column
	for _, m := range u.members {
		c := m.TableColumn
		c.Nullable = c.Nullable || m.files < len(footers)
		if c.Type.Kind == types.Null {
			c.Type = types.Of(types.Text)
		}
		c.Stats = columnStatistics(m.inFile, c.Type, footers)
		shown = append(shown, c)
		columns = append(columns, column{name: m.inFile, typ: c.Type, partition: -1})
	}
	for i, p := range partitions {
		shown = append(shown, p)
		columns = append(columns, column{name: p.Name, typ: p.Type, partition: i})
	}
	return shown, columns, nil
}

// union is the columns of the files seen so far.
type union struct {
	members    []*member
	byName     map[string]*member // by lower-case name
	partitions []plan.TableColumn
}

// member is a column that at least one file has.
type member struct {
	plan.TableColumn
	inFile string
	last   *parquet.File // that has it
	files  int           // that have it
}

func (u *union) add(f *parquet.File) error {
	for _, c := range f.Columns {
		key := strings.ToLower(c.Name)
		if slices.ContainsFunc(u.partitions, func(p plan.TableColumn) bool { return strings.EqualFold(p.Name, c.Name) }) {
			continue
		}
		m := u.byName[key]
		name := c.Name
		if m != nil && m.last == f { // a second name that differs by letters' case only: both are shown
			name += "_2"
			key = strings.ToLower(name)
			if m = u.byName[key]; m != nil && m.last == f {
				continue
			}
		}
		if m == nil {
			m = &member{inFile: c.Name, TableColumn: plan.TableColumn{
				Name: name, Type: c.Type, Nullable: c.Nullable, Native: c.Native, Warning: c.Warning,
			}}
			u.byName[key] = m
			u.members = append(u.members, m)
		} else if err := m.merge(c, f); err != nil {
			return err
		}
		m.last = f
		m.files++
	}
	return nil
}

// merge adds another file's column of the same name.
func (m *member) merge(c parquet.Column, f *parquet.File) error {
	merged, ok := mergeTypes(m.Type, c.Type)
	if !ok {
		return sqlerr.New(sqlerr.Corrupt, "column %s is %s in %s but %s in %s", c.Name, m.Native, m.last.Location, c.Native, f.Location)
	}
	if m.Type.Kind == types.Null {
		m.Native, m.Warning = c.Native, c.Warning
	}
	m.Type = merged
	m.Nullable = m.Nullable || c.Nullable
	return nil
}

// mergeTypes returns the type of a column that has two types in two files: those that a reader yields alike.
func mergeTypes(a, b types.Type) (types.Type, bool) {
	switch {
	case a == b || b.Kind == types.Null:
		return a, true
	case a.Kind == types.Null:
		return b, true
	case a.Kind != b.Kind:
		return a, false
	case a.Kind == types.Decimal && a.Scale == b.Scale:
		a.Precision = max(a.Precision, b.Precision)
		return a, true
	case a.IsTemporal():
		a.Scale = max(a.Scale, b.Scale)
		return a, true
	}
	return a, false
}

// statistics scales what the sampled footers say to all files.
func (t *table) statistics(footers []*parquet.File) plan.Statistics {
	rows, bytes := float64(0), float64(0)
	for _, f := range footers {
		rows += float64(f.NumRows())
		bytes += float64(f.Object.Size)
	}
	if len(footers) < len(t.Files) && bytes > 0 {
		rows *= float64(t.bytes) / bytes
	}
	return plan.Statistics{Rows: rows, Bytes: float64(t.bytes)}
}

// boundsRead is how many row groups' statistics of one column are read at most; an estimate needs no more.
const boundsRead = 1024

// columnStatistics merges the statistics of the row groups of the files' column of that name.
func columnStatistics(name string, typ types.Type, footers []*parquet.File) plan.ColumnStatistics {
	s := plan.ColumnStatistics{Distinct: plan.Unknown}
	rows, nulls, bytes, groups := float64(0), float64(0), float64(0), 0
	ranged := true
	for _, f := range footers {
		at := f.Find(name)
		if at < 0 || f.Columns[at].Type != typ {
			ranged = false
			continue
		}
		for g := 0; g < f.Groups() && groups < boundsRead; g++ {
			groups++
			b := f.Bounds(g, at)
			rows += float64(b.Rows)
			bytes += float64(f.Bytes(g, []int{at}))
			nulls += float64(max(b.Nulls, 0))
			if b.Nulls == b.Rows {
				continue // nothing but NULL restricts no range
			}
			if !b.HasMin || !b.HasMax {
				ranged = false
				continue
			}
			if !s.HasRange {
				s.Min, s.Max, s.HasRange = b.Min, b.Max, true
				continue
			}
			if order, ok := compare(b.Min, b.Type, s.Min, b.Type); ok && order < 0 {
				s.Min = b.Min
			}
			if order, ok := compare(b.Max, b.Type, s.Max, b.Type); ok && order > 0 {
				s.Max = b.Max
			}
		}
	}
	if rows == 0 {
		return plan.ColumnStatistics{}
	}
	s.Known, s.NullFrac, s.Width = true, nulls/rows, bytes/rows
	if s.HasRange = s.HasRange && ranged; !s.HasRange {
		s.Min, s.Max = types.Value{}, types.Value{}
	}
	return s
}
