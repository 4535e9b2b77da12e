package parquet

import (
	"context"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
)

// Format is files.Format of Parquet, with the pages that its files share.
type Format struct {
	codecs *codecs
	pages  *pageCache // nil: none are kept
}

// New returns the format; it keeps pages bytes of decompressed pages that are read again and again.
func New(pages int64) *Format {
	f := &Format{codecs: &codecs{}}
	if pages > 0 {
		f.pages = newPageCache(pages)
	}
	return f
}

// Name implements files.Format.
func (*Format) Name() string { return "Parquet" }

// Open implements files.Format by reading the footer. The File is a *File.
func (p *Format) Open(ctx context.Context, store blob.Store, o blob.Object, usage *connectors.Usage) (files.File, error) {
	f, err := p.open(ctx, store, o, usage)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// versionKey is one version of a file.
type versionKey struct{ location, etag string }

// Describe implements files.File.
func (f *File) Describe() *files.Description { return &f.shown }

// Count implements files.File; both numbers are exact.
func (f *File) Count(group int) (least int64, about float64) {
	return f.Rows(group), float64(f.Rows(group))
}

// Size implements files.File.
func (f *File) Size(group int, columns []int) (stored, decoded int64) {
	for _, r := range f.Ranges(group, columns) {
		stored += r.Len
	}
	return stored, f.Bytes(group, columns)
}

// Cost implements files.File.
func (f *File) Cost() int64 { return f.cost }

// groupSection is columns of a row group in pieces.
type groupSection struct {
	file    *File
	group   int
	columns []int
	pieces  Pieces
}

// Section implements files.File.
func (f *File) Section(group int, columns []int, b files.Budget) files.Section {
	return &groupSection{f, group, columns, f.Pieces(group, columns, b.Bytes, b.Least, nil)}
}

// Ranges implements files.Section.
func (s *groupSection) Ranges() [][]blob.Range { return s.pieces.Ranges }

// Open implements files.Section.
func (s *groupSection) Open(ctx context.Context, fetch files.Fetch, o files.Options) (files.Reader, error) {
	r, err := s.file.ReadGroup(ctx, s.group, s.columns, s.pieces, fetch, o)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// groupIndex is the page index of columns of a row group.
type groupIndex struct {
	*PageIndex
	file    *File
	group   int
	columns []int
}

// Index implements files.Indexed.
func (f *File) Index(group int, columns, bounded []int, read func(blob.Range) []byte) files.Index {
	return &groupIndex{f.PageIndex(group, columns, bounded, read), f, group, columns}
}

// Section implements files.Index.
func (x *groupIndex) Section(spans []files.Span, gap int64, b files.Budget) files.Section {
	only := &Selection{Index: x.PageIndex, Spans: spans, Gap: gap}
	return &groupSection{x.file, x.group, x.columns, x.file.Pieces(x.group, x.columns, b.Bytes, b.Least, only)}
}
