package text

import (
	"bytes"
	"context"
	"io"
	"iter"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Sizes of the sample of a file that tells its columns, in bytes: a part of a large file.
const (
	leastSample = 256 << 10
	mostSample  = 4 << 20
	samplePart  = 64
	// SampleRows is how many rows of it are looked at.
	SampleRows = 20_480
)

// Syntax finds records and cells. It is immutable.
type Syntax interface {
	// Last returns the end of the last whole record of p, which begins where a record does; 0 if there is none.
	Last(p []byte) int
	// Records notes the cells of the records at the start of data in an empty grid, until it is full or the data end, and
	// returns how many bytes these are. The last record need not end in a line break.
	Records(data []byte, g *Grid) int
	// Unescape appends the value of an escaped cell.
	Unescape(dst, cell []byte) []byte
}

// Sample is the start of a file.
type Sample struct {
	Object   blob.Object
	Location string
	Data     []byte // decompressed, without a byte order mark
	Whole    bool   // it is all of the file

	mark       int64   // bytes of the byte order mark
	ratio      float64 // decompressed bytes for each byte of the file
	decompress func(io.Reader) (io.ReadCloser, error)
}

// The byte order marks.
var (
	markUTF8    = []byte("\xef\xbb\xbf")
	markUTF16LE = []byte("\xff\xfe")
	markUTF16BE = []byte("\xfe\xff")
)

// Read reads the start of a file.
func Read(ctx context.Context, store blob.Store, o blob.Object, usage *connectors.Usage) (*Sample, error) {
	s := &Sample{Object: o, Location: store.Location(o.Key), decompress: decompressor(o.Key), ratio: 1}
	raw := make([]byte, min(o.Size, max(leastSample, min(o.Size/samplePart, mostSample))))
	if err := blob.ReadMetered(ctx, store, o, 0, raw, usage); err != nil {
		return nil, err
	}
	s.Data, s.Whole = raw, int64(len(raw)) == o.Size
	if s.decompress != nil {
		if err := s.readCompressed(ctx, store, raw, usage); err != nil {
			return nil, err
		}
	}
	switch {
	case bytes.HasPrefix(s.Data, markUTF8):
		s.Data, s.mark = s.Data[len(markUTF8):], int64(len(markUTF8))
	case bytes.HasPrefix(s.Data, markUTF16LE), bytes.HasPrefix(s.Data, markUTF16BE):
		return nil, sqlerr.New(sqlerr.Unsupported, "%s is in UTF-16; only UTF-8 is read", s.Location)
	}
	if !s.Whole && bytes.IndexByte(s.Data, '\n') < 0 && bytes.IndexByte(s.Data, '\r') >= 0 {
		return nil, sqlerr.New(sqlerr.Unsupported, "%s ends its lines with CR alone; LF and CRLF are read", s.Location)
	}
	return s, nil
}

// readCompressed decompresses the sample, of which raw is the start, and reads more of the file until a line is whole: some codecs give nothing
// of a block whose end is not there, and a block of lz4 has up to 4 MiB.
func (s *Sample) readCompressed(ctx context.Context, store blob.Store, raw []byte, usage *connectors.Usage) error {
	for {
		all := int64(len(raw)) == s.Object.Size
		err := s.expand(raw, all)
		enough := all || len(s.Data) >= mostSample || bytes.IndexByte(s.Data, '\n') >= 0
		switch {
		case err != nil && (all || len(raw) >= 2*mostSample):
			return corrupt(s.Location, err)
		case err == nil && enough || len(raw) >= 2*mostSample:
			return nil
		}
		from := int64(len(raw))
		raw = append(raw, make([]byte, min(s.Object.Size, 2*from)-from)...)
		if err := blob.ReadMetered(ctx, store, s.Object, from, raw[from:], usage); err != nil {
			return err
		}
	}
}

// expand decompresses the start of the file as far as it goes; all: it is the whole file. What a codec says of one that was cut off counts
// if it gave nothing before: a scan will tell.
func (s *Sample) expand(raw []byte, all bool) error {
	compressed := bytes.NewReader(raw)
	s.Data, s.Whole = nil, false
	text, err := s.decompress(compressed)
	if err != nil {
		return err
	}
	defer text.Close()
	s.Data, err = io.ReadAll(io.LimitReader(text, mostSample))
	s.Whole = all && err == nil && len(s.Data) < mostSample
	if used := len(raw) - compressed.Len(); used > 0 {
		s.ratio = float64(len(s.Data)) / float64(used)
	}
	if !all && len(s.Data) > 0 {
		return nil
	}
	return err
}

// File is files.File of a text.
type File struct {
	shown      files.Description
	syntax     Syntax
	policy     files.BadRows
	decompress func(io.Reader) (io.ReadCloser, error)
	start      int64 // bytes of the text before the first record
	ratio      float64
	least      int64
	about      float64
}

// Content is what a format found out of a sample.
type Content struct {
	Columns []files.Column
	Syntax  Syntax
	Start   int   // bytes of Sample.Data before the first record of values
	Rows    int64 // records of the sample after it
	Bytes   int   // that these take
	BadRows files.BadRows
}

// NewFile makes a file of what was found out.
func NewFile(s *Sample, c Content) *File {
	f := &File{
		shown:  files.Description{Object: s.Object, Location: s.Location, Columns: c.Columns},
		syntax: c.Syntax, policy: c.BadRows, decompress: s.decompress,
		start: s.mark + int64(c.Start), ratio: s.ratio, least: c.Rows, about: float64(c.Rows),
	}
	if c.BadRows == files.BadRowsSkip {
		f.least = 0
	}
	if c.Rows > 0 && (!s.Whole || c.Start+c.Bytes < len(s.Data)) {
		bytes := float64(s.Object.Size)*s.ratio - float64(f.start)
		f.about = max(f.about, bytes/float64(c.Bytes)*float64(c.Rows))
	}
	if !s.Whole {
		f.about = max(f.about, 1)
	}
	return f
}

// Describe implements files.File.
func (f *File) Describe() *files.Description { return &f.shown }

// Parts implements files.File.
func (f *File) Parts() int { return 1 }

// Count implements files.File.
func (f *File) Count(int) (least int64, about float64) { return f.least, f.about }

// Size implements files.File. All of a text is read, whatever columns are wanted.
func (f *File) Size(_ int, columns []int) (stored, decoded int64) {
	size := f.shown.Object.Size
	return size, int64(float64(size) * f.ratio * float64(len(columns)) / float64(max(len(f.shown.Columns), 1)))
}

// Cost implements files.File.
func (f *File) Cost() int64 { return int64(len(f.shown.Columns))*200 + 500 }

// section is files.Section of a whole file.
type section struct {
	file    *File
	columns []int
	ranges  [][]blob.Range
}

// Section implements files.File.
func (f *File) Section(_ int, columns []int, b files.Budget) files.Section {
	return &section{f, columns, files.Cut(0, f.shown.Object.Size, b)}
}

// Ranges implements files.Section.
func (s *section) Ranges() [][]blob.Range { return s.ranges }

// Open implements files.Section.
func (s *section) Open(_ context.Context, fetch files.Fetch, o files.Options) (files.Reader, error) {
	return newReader(s.file, s.columns, s.cutter(fetch, o.Scratch), nil, o), nil
}

// Blocks implements files.Divisible.
func (s *section) Blocks(ctx context.Context, fetch files.Fetch, scratch memory.Allocator) iter.Seq2[files.Block, error] {
	return func(yield func(files.Block, error) bool) {
		c := s.cutter(fetch, scratch)
		defer c.close()
		for {
			b, err := c.next(ctx)
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			b.columns = s.columns
			if !yield(b, nil) {
				return
			}
		}
	}
}

// Open implements files.Block.
func (b *block) Open(o files.Options) files.Reader { return newReader(b.file, b.columns, nil, b, o) }
