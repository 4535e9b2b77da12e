package parquet

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/parquet/metadata"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Sizes of footers.
const (
	leastGuess  = 64 << 10  // read first, or this part of the file: nearly every footer fits, and a second round trip is saved
	guessedPart = 1 << 10   // a footer of many row groups and columns is about half of that part
	mostGuess   = 512 << 10 // a file of many GB need not have a long one
	maxFooter   = 256 << 20 // no honest footer is longer
	trailerSize = 8         // length and magic number
)

// File is one version of a Parquet file: its footer. It is immutable.
type File struct {
	Object   blob.Object
	Location string
	Columns  []Column // the top-level fields, in the file's order

	shown  files.Description
	meta   *metadata.FileMetaData
	codecs *codecs
	pages  *pageCache // nil: none
	cost   int64      // bytes of memory, roughly
}

// open reads and checks a footer.
func (p *Format) open(ctx context.Context, store blob.Store, o blob.Object, usage *connectors.Usage) (*File, error) {
	location := store.Location(o.Key)
	f := &File{Object: o, Location: location, codecs: p.codecs, pages: p.pages}
	if o.Size < trailerSize+4 {
		return nil, f.corrupt(errors.New("too short for a Parquet file"))
	}
	tail := make([]byte, min(o.Size, max(leastGuess, min(o.Size/guessedPart, mostGuess))))
	if err := blob.ReadMetered(ctx, store, o, o.Size-int64(len(tail)), tail, usage); err != nil {
		return nil, err
	}
	trailer := tail[len(tail)-trailerSize:]
	switch magic := string(trailer[4:]); magic {
	case "PAR1":
	case "PARE":
		return nil, sqlerr.New(sqlerr.Unsupported, "%s is encrypted", location)
	default:
		return nil, f.corrupt(errors.New("it does not end as a Parquet file does: truncated, or of another format"))
	}
	size := int64(binary.LittleEndian.Uint32(trailer))
	if size > maxFooter || size+trailerSize+4 > o.Size {
		return nil, f.corrupt(fmt.Errorf("a footer of %d bytes in a file of %d", size, o.Size))
	}
	footer := tail[:len(tail)-trailerSize]
	if missing := size - int64(len(footer)); missing > 0 {
		all := make([]byte, size)
		if err := blob.ReadMetered(ctx, store, o, o.Size-trailerSize-size, all[:missing], usage); err != nil {
			return nil, err
		}
		copy(all[missing:], footer)
		footer = all
	}
	if err := f.parse(footer[int64(len(footer))-size:]); err != nil {
		return nil, f.corrupt(err)
	}
	return f, nil
}

func (f *File) corrupt(err error) error { return files.Malformed("Parquet", f.Location, err) }

// parse fills the file from its footer. arrow-go panics on some malformed ones.
func (f *File) parse(footer []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("footer: %v", r)
		}
	}()
	if err := checkFooter(footer); err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	f.cost = int64(len(footer)) * 8
	if f.meta, err = metadata.NewFileMetaData(footer, nil); err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	if err := f.check(int64(len(footer))); err != nil {
		return err
	}
	f.Columns = columns(f.meta)
	f.shown = files.Description{Object: f.Object, Location: f.Location, Columns: make([]files.Column, len(f.Columns))}
	for i, c := range f.Columns {
		f.shown.Columns[i] = c.Column
	}
	return nil
}

// check proves that every row group has every column and that all chunks lie inside the file.
func (f *File) check(footer int64) error {
	leaves := f.meta.Schema.NumColumns()
	limit := f.Object.Size - footer - trailerSize
	name := func(leaf int) string { return f.meta.Schema.Column(leaf).Path() }
	for g, group := range f.meta.RowGroups {
		if group == nil || group.NumRows < 0 || len(group.Columns) != leaves {
			return fmt.Errorf("row group %d is incomplete", g)
		}
		for c, chunk := range group.Columns {
			if chunk == nil || chunk.MetaData == nil {
				return fmt.Errorf("row group %d, column %s: no metadata (encrypted columns are not supported)", g, name(c))
			}
			if chunk.FilePath != nil && *chunk.FilePath != "" {
				return sqlerr.New(sqlerr.Unsupported, "%s keeps its columns in other files", f.Location)
			}
			if got, want := chunk.MetaData.Type.String(), f.meta.Schema.Column(c).PhysicalType().String(); got != want {
				return fmt.Errorf("row group %d, column %s: %s in a column of %s", g, name(c), got, want)
			}
			r := f.chunkRange(g, c)
			if r.Off < 0 || r.Len < 0 || r.Off > limit || r.Len > limit-r.Off {
				return fmt.Errorf("row group %d, column %s: bytes %d+%d lie outside the file", g, name(c), r.Off, r.Len)
			}
			if chunk.MetaData.NumValues < 0 || chunk.MetaData.TotalUncompressedSize < 0 {
				return fmt.Errorf("row group %d, column %s: negative size", g, name(c))
			}
		}
	}
	return nil
}

// chunkRange is where a column chunk lies.
func (f *File) chunkRange(group, leaf int) blob.Range {
	m := f.meta.RowGroups[group].Columns[leaf].MetaData
	off := m.DataPageOffset
	if d := m.DictionaryPageOffset; d != nil && *d > 0 && *d < off {
		off = *d
	}
	return blob.Range{Off: off, Len: m.TotalCompressedSize}
}

// Parts implements files.File: the row groups.
func (f *File) Parts() int { return len(f.meta.RowGroups) }

// Rows returns the number of rows of a row group.
func (f *File) Rows(group int) int64 { return f.meta.RowGroups[group].NumRows }

// NumRows returns the number of rows of the file.
func (f *File) NumRows() int64 {
	n := int64(0)
	for _, g := range f.meta.RowGroups {
		n += g.NumRows
	}
	return n
}

// Ranges returns where the bytes of columns (positions in Columns) of a row group lie.
func (f *File) Ranges(group int, columns []int) []blob.Range {
	var ranges []blob.Range
	for _, c := range columns {
		for _, leaf := range f.Columns[c].leaves {
			ranges = append(ranges, f.chunkRange(group, leaf))
		}
	}
	return ranges
}

// Bytes returns the decoded size of columns of a row group as its writer counted it.
func (f *File) Bytes(group int, columns []int) int64 {
	n := int64(0)
	for _, c := range columns {
		for _, leaf := range f.Columns[c].leaves {
			n += f.meta.RowGroups[group].Columns[leaf].MetaData.TotalUncompressedSize
		}
	}
	return n
}
