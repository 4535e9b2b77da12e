package avro

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/codec"
)

// Format is files.Format of Avro.
type Format struct{ decoder *codec.Decoder }

// New returns the format.
func New() Format { return Format{&codec.Decoder{}} }

// Name implements files.Format.
func (Format) Name() string { return "Avro" }

// How many bytes are read first, which nearly every header fits, and the most of a header.
const (
	headSize   = 64 << 10
	mostHeader = 16 << 20
)

// file is files.File: one part.
type file struct {
	header
	shown   files.Description
	fields  []*schema // of the columns
	decoder *codec.Decoder
	least   int64   // rows
	about   float64 // rows
}

// Open implements files.Format.
func (p Format) Open(ctx context.Context, store blob.Store, o blob.Object, usage *connectors.Usage) (files.File, error) {
	f := &file{shown: files.Description{Object: o, Location: store.Location(o.Key)}, decoder: p.decoder}
	if err := f.open(ctx, store, usage); err != nil {
		return nil, f.corrupt(err)
	}
	return f, nil
}

func (f *file) corrupt(err error) error { return files.Malformed("Avro", f.shown.Location, err) }

// open reads the header, and how many rows the first block has.
func (f *file) open(ctx context.Context, store blob.Store, usage *connectors.Usage) error {
	size := f.shown.Object.Size
	var head []byte
	for n := min(size, int64(headSize)); ; n = min(size, 8*n) {
		more := make([]byte, n-int64(len(head)))
		if err := blob.ReadMetered(ctx, store, f.shown.Object, int64(len(head)), more, usage); err != nil {
			return err
		}
		head = append(head, more...)
		h, err := parseHeader(head)
		if err == nil {
			f.header = h
			break
		}
		if !errors.Is(err, errMore) {
			return err
		}
		if n == size {
			return fmt.Errorf("%w: truncated", err)
		}
		if n >= mostHeader {
			return fmt.Errorf("a header of more than %d MiB", mostHeader>>20)
		}
	}
	f.shown.Columns, f.fields = columnsOf(f.schema)
	f.count(&cursor{data: head, at: int(f.size)})
	return nil
}

// count guesses the number of rows by the first block.
func (f *file) count(c *cursor) {
	rest := f.shown.Object.Size - f.size
	rows, size := c.long(), c.long()
	switch whole := int64(c.at) - f.size + size + markerSize; {
	case rest == 0:
	case c.err != nil || rows < 0 || size < 0 || whole > rest:
		f.about = 1 // for the scan to say what is wrong
	default:
		f.least = rows
		f.about = math.Max(1, float64(rows)*float64(rest)/float64(whole))
	}
}

// Describe implements files.File.
func (f *file) Describe() *files.Description { return &f.shown }

// Parts implements files.File.
func (f *file) Parts() int { return 1 }

// Count implements files.File.
func (f *file) Count(int) (least int64, about float64) { return f.least, f.about }

// guessedRatio is what blocks are taken to be compressed by.
const guessedRatio = 3

// Size implements files.File. All of a file is read, whatever columns are wanted.
func (f *file) Size(_ int, columns []int) (stored, decoded int64) {
	size := f.shown.Object.Size - f.size
	decoded = size * int64(len(columns)) / int64(max(len(f.fields), 1))
	if f.codec.codec != codec.None {
		decoded *= guessedRatio
	}
	return size, decoded
}

// Cost implements files.File.
func (f *file) Cost() int64 { return 8*f.size + 200*int64(len(f.fields)) }

// section is files.Section of a file.
type section struct {
	file    *file
	columns []int
	ranges  [][]blob.Range
}

// Section implements files.File.
func (f *file) Section(_ int, columns []int, b files.Budget) files.Section {
	return &section{f, columns, files.Cut(f.size, f.shown.Object.Size, b)}
}

// Ranges implements files.Section.
func (s *section) Ranges() [][]blob.Range { return s.ranges }

// Open implements files.Section.
func (s *section) Open(_ context.Context, fetch files.Fetch, o files.Options) (files.Reader, error) {
	return newReader(s, s.cutter(fetch, o.Scratch), nil, o), nil
}
