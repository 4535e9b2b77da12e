package arrowipc

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Format is files.Format of Arrow IPC.
type Format struct{}

// New returns the format.
func New() Format { return Format{} }

// Name implements files.Format.
func (Format) Name() string { return "Arrow IPC" }

// What files begin and end with.
var (
	magic      = []byte("ARROW1\x00\x00")
	magicEnd   = []byte("ARROW1")
	magicFirst = []byte("FEA1") // Feather V1, which is no Arrow IPC
)

const (
	headSize    = 64 << 10 // bytes that are read first: nearly every schema fits
	trailerSize = 10       // length of the footer, and magicEnd
)

// file is files.File.
type file struct {
	shown  files.Description
	schema []byte // the metadata of its message
	parts  []part
}

// part is bytes of a file that are read one after the other.
type part struct {
	extents []blob.Range
	size    int64
	least   int64
	about   float64
}

func (p *part) add(r blob.Range) {
	p.extents = append(p.extents, r)
	p.size += r.Len
}

// Open implements files.Format.
func (Format) Open(ctx context.Context, store blob.Store, o blob.Object, usage *connectors.Usage) (files.File, error) {
	f := &file{shown: files.Description{Object: o, Location: store.Location(o.Key)}}
	if err := f.open(ctx, store, usage); err != nil {
		return nil, f.corrupt(err)
	}
	return f, nil
}

func (f *file) corrupt(err error) error { return files.Malformed("Arrow IPC", f.shown.Location, err) }

// open reads the schema and, of a file, the footer.
func (f *file) open(ctx context.Context, store blob.Store, usage *connectors.Usage) error {
	size := f.shown.Object.Size
	read := func(off, n int64) ([]byte, error) {
		p := make([]byte, n)
		return p, blob.ReadMetered(ctx, store, f.shown.Object, off, p, usage)
	}
	head, err := read(0, min(size, headSize))
	if err != nil {
		return err
	}
	if bytes.HasPrefix(head, magicFirst) {
		return sqlerr.New(sqlerr.Unsupported, "%s is a Feather V1 file; Feather V2 is read", f.shown.Location)
	}
	if bytes.HasPrefix(head, magic) {
		return f.openFile(read)
	}
	if len(head) < 8 {
		return errors.New("too short")
	}
	start, length := prefix(head)
	whole := int64(start) + int64(length)
	if length < 8 || length > maxMetadata || whole > size {
		return fmt.Errorf("a schema of %d bytes in a file of %d", length, size)
	}
	if whole > int64(len(head)) {
		if head, err = read(0, whole); err != nil {
			return err
		}
	}
	f.schema = bytes.Clone(head[start:whole])
	if _, err := f.describe(); err != nil {
		return err
	}
	p := part{about: math.Max(1, float64(size-whole)/rowBytes)}
	p.add(blob.Range{Off: whole, Len: size - whole})
	f.parts = []part{p}
	return nil
}

// openFile reads the footer of a file.
func (f *file) openFile(read func(off, n int64) ([]byte, error)) error {
	size := f.shown.Object.Size
	trailer, err := read(max(size-trailerSize, 0), min(size, trailerSize))
	if err != nil {
		return err
	}
	if len(trailer) < trailerSize || !bytes.Equal(trailer[4:], magicEnd) {
		return errors.New("it does not end as a file does: truncated")
	}
	length := int64(binary.LittleEndian.Uint32(trailer))
	end := size - trailerSize - length
	if length < 8 || length > maxMetadata || end < int64(len(magic)) {
		return fmt.Errorf("a footer of %d bytes in a file of %d", length, size)
	}
	buf, err := read(end, length)
	if err != nil {
		return err
	}
	known, err := parseFooter(buf, end)
	if err != nil {
		return err
	}
	f.schema = known.schema
	coded, err := f.describe()
	if err != nil {
		return err
	}
	return f.divide(read, known, coded)
}

// divide makes the parts of a file.
func (f *file) divide(read func(off, n int64) ([]byte, error), known footer, coded bool) error {
	perByte := 0.0 // rows, of the first batch: those of the others are guessed
	for i, e := range known.recordBatches {
		p := part{about: math.Max(1, perByte*float64(e.body))}
		if i == 0 {
			least, err := f.rows(read, e)
			if err != nil {
				return err
			}
			p.least, p.about = least, float64(least)
			perByte = p.about / float64(max(e.body, 1))
		}
		p.add(e.bytes())
		f.parts = append(f.parts, p)
	}
	if !coded || len(f.parts) == 0 {
		return nil
	}
	all := part{}
	for _, e := range known.dictionaries {
		all.add(e.bytes())
	}
	for _, p := range f.parts {
		all.add(p.extents[0])
		all.least += p.least
		all.about += p.about
	}
	f.parts = []part{all}
	return nil
}

func (e extent) bytes() blob.Range { return blob.Range{Off: e.off, Len: e.metadata + e.body} }

// rows reads how many rows a record batch has.
func (f *file) rows(read func(off, n int64) ([]byte, error), e extent) (int64, error) {
	meta, err := read(e.off, e.metadata)
	if err != nil {
		return 0, err
	}
	start, length := prefix(meta)
	if length < 8 || start+length > len(meta) {
		return 0, fmt.Errorf("metadata of %d bytes in a block of %d", length, len(meta))
	}
	m, err := checkMessage(meta[start:start+length], e.body)
	if err == nil && m.kind != headerBatch {
		err = errors.New("the footer's record batch is none")
	}
	return m.rows, err
}

// rowBytes is what a row is taken to have where nothing is known of the number of rows.
const rowBytes = 64

// describe maps the columns of the schema.
func (f *file) describe() (coded bool, err error) {
	m, err := checkMessage(f.schema, 0)
	if err != nil {
		return false, err
	}
	if m.kind != headerSchema {
		return false, errors.New("it does not begin with a schema")
	}
	schema, err := schemaOf(f.schema)
	if err != nil {
		return false, err
	}
	for _, field := range schema.Fields() {
		f.shown.Columns = append(f.shown.Columns, describe(field))
	}
	return m.coded, nil
}

// schemaOf decodes the message of a schema that was checked.
func schemaOf(meta []byte) (s *arrow.Schema, err error) {
	defer recovered(&err)
	r, err := ipc.NewReaderFromMessageReader(&messages{first: meta})
	if err != nil {
		return nil, err
	}
	defer r.Release()
	return r.Schema(), nil
}

// Describe implements files.File.
func (f *file) Describe() *files.Description { return &f.shown }

// Parts implements files.File.
func (f *file) Parts() int { return len(f.parts) }

// Count implements files.File.
func (f *file) Count(i int) (least int64, about float64) { return f.parts[i].least, f.parts[i].about }

// Size implements files.File. A body is read as a whole, whatever columns are wanted.
func (f *file) Size(i int, columns []int) (stored, decoded int64) {
	size := f.parts[i].size
	return size, size * int64(len(columns)) / int64(max(len(f.shown.Columns), 1))
}

// Cost implements files.File.
func (f *file) Cost() int64 {
	return int64(len(f.schema))*4 + int64(len(f.parts))*100 + 200*int64(len(f.shown.Columns))
}
