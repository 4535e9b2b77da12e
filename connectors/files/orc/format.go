package orc

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/codec"
)

// Format is files.Format of ORC.
type Format struct{ decoder *codec.Decoder }

// New returns the format.
func New() Format { return Format{&codec.Decoder{}} }

// Name implements files.Format.
func (Format) Name() string { return "ORC" }

// Sizes in bytes.
const (
	leastTail = 64 << 10  // read first, or this part of the file: nearly every footer fits
	tailPart  = 1 << 10   // a file of many stripes has statistics for each
	mostTail  = 512 << 10 // a file of many GB need not have many
	mostMeta  = 256 << 20 // of a footer, the metadata, or a stripe's footer, compressed or not
)

// file is files.File: its stripes are the parts.
type file struct {
	footer
	postScript
	chunks
	shown   files.Description
	columns []*node     // of the table
	stats   [][]message // by stripe and column of the table; nil: there are none
	cost    int64
}

// Open implements files.Format.
func (p Format) Open(ctx context.Context, store blob.Store, o blob.Object, usage *connectors.Usage) (files.File, error) {
	f := &file{shown: files.Description{Object: o, Location: store.Location(o.Key)}}
	f.decoder = p.decoder
	if err := f.open(ctx, store, usage); err != nil {
		return nil, f.corrupt(err)
	}
	return f, nil
}

func (f *file) corrupt(err error) error { return files.Malformed("ORC", f.shown.Location, err) }

// tail is the end of a file.
type tail struct {
	off  int64 // of bytes in the file
	data []byte
}

// bytes returns a range of the file that lies in the tail; nil if it does not.
func (t tail) bytes(r blob.Range) []byte {
	if r.Off < t.off {
		return nil
	}
	return t.data[r.Off-t.off : r.End()-t.off]
}

// open reads the postscript, the footer, the statistics and the footers of stripes.
func (f *file) open(ctx context.Context, store blob.Store, usage *connectors.Usage) error {
	size := f.shown.Object.Size
	if size < 4 {
		return errors.New("too short for an ORC file")
	}
	n := min(size, max(leastTail, min(size/tailPart, mostTail)))
	t := tail{off: size - n, data: make([]byte, n)}
	if err := blob.ReadMetered(ctx, store, f.shown.Object, t.off, t.data, usage); err != nil {
		return err
	}
	last := int64(t.data[n-1])
	if last+1 > n {
		return fmt.Errorf("a postscript of %d bytes in a file of %d", last, size)
	}
	var err error
	if f.postScript, err = parsePostScript(t.data[n-1-last : n-1]); err != nil {
		return err
	}
	f.chunks.codec, f.chunks.block = f.postScript.codec, f.postScript.block
	end := size - 1 - last // of the footer
	if f.postScript.footer > mostMeta || f.metadata > mostMeta || f.postScript.footer+f.metadata > end {
		return fmt.Errorf("a footer of %d bytes and metadata of %d in a file of %d", f.postScript.footer, f.metadata, size)
	}
	if start := end - f.postScript.footer - f.metadata; start < t.off {
		all := make([]byte, size-start)
		if err := blob.ReadMetered(ctx, store, f.shown.Object, start, all[:t.off-start], usage); err != nil {
			return err
		}
		copy(all[t.off-start:], t.data)
		t = tail{off: start, data: all}
	}
	return f.parse(ctx, store, usage, t, end)
}

// parse reads the footer, which ends at an offset, and what it refers to.
func (f *file) parse(ctx context.Context, store blob.Store, usage *connectors.Usage, t tail, end int64) error {
	start := end - f.postScript.footer
	raw, err := f.all(t.bytes(blob.Range{Off: start, Len: f.postScript.footer}), mostMeta)
	if err == nil {
		f.footer, err = parseFooter(raw)
	}
	if err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	root, err := tree(f.types)
	if err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	if f.shown.Columns, f.columns, err = columnsOf(root); err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	if f.rootNull && root.kind == kindStruct {
		return files.Unsupported("has rows that are NULL as a whole")
	}
	if err := f.checkStripes(start - f.metadata); err != nil {
		return err
	}
	metadata, err := f.all(t.bytes(blob.Range{Off: start - f.metadata, Len: f.metadata}), mostMeta)
	if err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	if err := f.statistics(metadata); err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	f.cost = int64(4*len(raw)+2*len(metadata)) + 200*int64(len(f.columns))
	return f.stripeFooters(ctx, store, usage, t)
}

// checkStripes proves that stripes follow each other and end where the rest of the file begins.
func (f *file) checkStripes(end int64) error {
	at, rows := int64(0), int64(0)
	for i, s := range f.stripes {
		left := end - s.off
		if s.off < at || s.index > left || s.data > left-s.index || s.footerSize > left-s.index-s.data || s.footerSize > mostMeta {
			return fmt.Errorf("stripe %d: %d bytes at byte %d, where there are %d", i, s.index+s.data+s.footerSize, s.off, end)
		}
		at = s.footerOff() + s.footerSize
		rows = min(rows+s.rows, 1<<62)
	}
	if rows != f.footer.rows {
		return fmt.Errorf("%d rows in stripes, where the footer says %d", rows, f.footer.rows)
	}
	return nil
}

// statistics keeps those of the table's columns.
func (f *file) statistics(metadata []byte) error {
	at := make(map[int]bool)
	for _, n := range f.columns {
		at[n.column] = true
	}
	list, err := parseMetadata(metadata, func(column int) bool { return at[column] })
	if err != nil || len(list) != len(f.stripes) {
		return err
	}
	for _, columns := range list {
		if len(columns) != len(f.columns) {
			return nil
		}
	}
	f.stats = list
	return nil
}

// stripeFooters reads the footers of stripes that are not in the tail.
func (f *file) stripeFooters(ctx context.Context, store blob.Store, usage *connectors.Usage, t tail) error {
	var missing []blob.Range
	for i := range f.stripes {
		if r := f.stripes[i].footerRange(); t.bytes(r) == nil && r.Len > 0 {
			missing = append(missing, r)
		}
	}
	read := t.bytes
	if len(missing) > 0 {
		fetch := blob.NewFetcher(store, memory.DefaultAllocator, usage)
		defer fetch.Close()
		got, err := fetch.Get(ctx, fetch.Add(blob.Segment{Object: f.shown.Object, Ranges: missing}))
		if err != nil {
			return err
		}
		defer got.Release()
		read = func(r blob.Range) []byte {
			if b := t.bytes(r); b != nil {
				return b
			}
			return got.Bytes(r)
		}
	}
	for i := range f.stripes {
		s := &f.stripes[i]
		raw, err := f.all(read(s.footerRange()), mostMeta)
		if err == nil {
			err = s.parseStripeFooter(raw, len(f.types))
		}
		if err != nil {
			return fmt.Errorf("stripe %d: footer: %w", i, err)
		}
		sort.SliceStable(s.streams, func(a, b int) bool { return s.streams[a].column < s.streams[b].column })
		f.cost += int64(40*len(s.streams) + 16*len(s.encodings))
	}
	return nil
}

func (s *stripe) footerRange() blob.Range { return blob.Range{Off: s.footerOff(), Len: s.footerSize} }

// of returns the streams of a column.
func (s *stripe) of(column int) []streamInfo {
	from := sort.Search(len(s.streams), func(i int) bool { return s.streams[i].column >= column })
	to := from
	for to < len(s.streams) && s.streams[to].column == column {
		to++
	}
	return s.streams[from:to]
}

// stream returns a stream of a column; nil if it is absent.
func (s *stripe) stream(column int, kind streamKind) *streamInfo {
	list := s.of(column)
	for i := range list {
		if list[i].kind == kind {
			return &list[i]
		}
	}
	return nil
}

// Describe implements files.File.
func (f *file) Describe() *files.Description { return &f.shown }

// Parts implements files.File.
func (f *file) Parts() int { return len(f.stripes) }

// Count implements files.File; both numbers are exact.
func (f *file) Count(part int) (least int64, about float64) {
	return f.stripes[part].rows, float64(f.stripes[part].rows)
}

// guessedRatio is what texts and nested values are taken to be compressed by where statistics do not say how long they are.
const guessedRatio = 3

// Size implements files.File.
func (f *file) Size(part int, columns []int) (stored, decoded int64) {
	s := &f.stripes[part]
	for _, c := range columns {
		bytes := int64(0)
		f.columns[c].walk(func(n *node) {
			for _, info := range s.of(n.column) {
				if info.kind < rowIndex {
					bytes += info.size
				}
			}
		})
		stored += bytes
		decoded += f.width(part, c, bytes)
	}
	return stored, decoded
}

// width is about how many bytes a column of a stripe decodes to.
func (f *file) width(part, column int, stored int64) int64 {
	n := f.columns[column]
	rows := min(f.stripes[part].rows, 1<<40)
	switch n.kind {
	case kindBoolean:
		return rows / 8
	case kindByte:
		return rows
	case kindShort:
		return 2 * rows
	case kindInt, kindFloat, kindDate:
		return 4 * rows
	case kindLong, kindDouble, kindTimestamp, kindInstant:
		return 8 * rows
	case kindDecimal:
		return 16 * rows
	}
	if f.stats != nil {
		if sum := textBytes(f.stats[part][column]); sum > 0 {
			return sum + 4*rows
		}
	}
	return guessedRatio*stored + 4*rows
}

// Cost implements files.File.
func (f *file) Cost() int64 { return f.cost }

// Bounds implements files.Bounded by the statistics of a stripe.
func (f *file) Bounds(part, column int) files.Bounds {
	var m message
	if f.stats != nil {
		m = f.stats[part][column]
	}
	return f.bounds(f.columns[column], f.stripes[part].rows, m)
}

// Distinct implements files.Bounded: a dictionary has each text of its stripe.
func (f *file) Distinct(part, column int) float64 {
	n := f.columns[column]
	e := f.stripes[part].encodings[n.column]
	if !e.dictionary || n.nested {
		return 0
	}
	return float64(min(e.entries, f.stripes[part].rows))
}
