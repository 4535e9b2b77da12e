package orc

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/codec"
)

// index is the row index of columns of a stripe ("Row Group Index"): for every stride of rows the statistics of a column, and where its values
// begin in each of its streams.
type index struct {
	file    *file
	part    int
	columns []int
	entries map[int][]indexEntry // by column of the table; absent: unknown
	bounded map[int]bool
}

type indexEntry struct {
	positions []uint64
	stats     message
}

// shortestStride is the least number of rows for which an index is used. A run of truth values has up to 1040 of them, and rows to begin at must
// lie in different ones.
const shortestStride = 1 << 11

// indexOf returns the stream of a column's index; nil if there is none, or none that is used.
func (f *file) indexOf(part, column int) *streamInfo {
	n := f.columns[column]
	if n.nested || f.stride < shortestStride {
		return nil
	}
	return f.stripes[part].stream(n.column, rowIndex)
}

// Indexed implements files.Indexed.
func (f *file) Indexed(part, column int) bool {
	return f.indexOf(part, column) != nil && f.stripes[part].rows > f.stride
}

// IndexRanges implements files.Indexed. Statistics and positions are in one stream.
func (f *file) IndexRanges(part int, columns, bounded []int) (out []blob.Range) {
	for _, c := range slices.Concat(columns, bounded) {
		info := f.indexOf(part, c)
		if info == nil {
			continue
		}
		if r := (blob.Range{Off: info.off, Len: info.size}); !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// Index implements files.Indexed.
func (f *file) Index(part int, columns, bounded []int, read func(blob.Range) []byte) files.Index {
	x := &index{file: f, part: part, columns: columns, entries: make(map[int][]indexEntry), bounded: make(map[int]bool)}
	for _, c := range slices.Concat(columns, bounded) {
		info := f.indexOf(part, c)
		if info == nil || x.entries[c] != nil {
			continue
		}
		raw, err := f.all(read(blob.Range{Off: info.off, Len: info.size}), mostMeta)
		if err != nil {
			continue
		}
		if list, err := parseIndex(raw); err == nil && int64(len(list)) == x.groups() {
			x.entries[c] = list
			x.bounded[c] = slices.Contains(bounded, c)
		}
	}
	return x
}

// parseIndex reads a RowIndex.
func parseIndex(b []byte) (list []indexEntry, err error) {
	err = message(b).fields(func(field int, v value) error {
		if field != 1 {
			return nil
		}
		var e indexEntry
		err := message(v.bytes).fields(func(field int, v value) (err error) {
			switch field {
			case 1:
				e.positions, err = v.numbers(e.positions)
			case 2:
				e.stats = slices.Clone(v.bytes)
			}
			return err
		})
		list = append(list, e)
		return err
	})
	return list, err
}

func (x *index) rows() int64 { return x.file.stripes[x.part].rows }

// groups is how many row groups there are.
func (x *index) groups() int64 { return (x.rows() + x.file.stride - 1) / x.file.stride }

// usable reports whether every column that is not nested can begin at any row group.
func (x *index) usable() bool {
	for _, c := range x.columns {
		if !x.file.columns[c].nested && x.entries[c] == nil {
			return false
		}
	}
	return true
}

// Spans implements files.Index.
func (x *index) Spans(mayPass func(bounds func(column int) (files.Bounds, bool)) bool) (out []files.Span) {
	if !x.usable() {
		return []files.Span{{From: 0, To: x.rows()}}
	}
	stride := x.file.stride
	for g := range x.groups() {
		from, to := g*stride, min((g+1)*stride, x.rows())
		passes := mayPass(func(column int) (files.Bounds, bool) {
			if !x.bounded[column] {
				return files.Bounds{}, false
			}
			return x.file.bounds(x.file.columns[column], to-from, x.entries[column][g].stats), true
		})
		switch n := len(out); {
		case !passes:
		case n > 0 && out[n-1].To == from:
			out[n-1].To = to
		default:
			out = append(out, files.Span{From: from, To: to})
		}
	}
	return out
}

// Section implements files.Index.
func (x *index) Section(spans []files.Span, gap int64, b files.Budget) files.Section {
	if !x.usable() {
		return x.file.Section(x.part, x.columns, b)
	}
	s := &section{file: x.file, part: x.part, columns: x.columns, spans: spans, index: x}
	s.want(func(column *node, info *streamInfo) []blob.Range { return x.extents(column, info, spans, gap) })
	s.ranges = cut(s.streams, b)
	return s
}

// extents returns the parts of a stream that have the rows of spans. Bytes of others that are fewer than gap are read all the same.
func (x *index) extents(column *node, info *streamInfo, spans []files.Span, gap int64) (out []blob.Range) {
	entries := x.entries[slices.Index(x.file.columns, column)]
	first, ok := x.file.positionOf(x.part, column, info)
	if column.nested || !ok {
		return []blob.Range{{Off: info.off, Len: info.size}}
	}
	bits := info.kind == present || column.kind == kindBoolean
	runs := info.kind != data || column.hasRuns(x.file.stripes[x.part].encodings[column.column].dictionary)
	for _, s := range spans {
		from := x.begin(entries, first, s.From/x.file.stride, info.size)
		end := x.end(entries, first, (s.To+x.file.stride-1)/x.file.stride, info.size, runs, bits)
		if from >= end {
			continue
		}
		if n := len(out); n > 0 && info.off+from-out[n-1].End() < gap {
			out[n-1].Len = max(out[n-1].End(), info.off+end) - out[n-1].Off
		} else {
			out = append(out, blob.Range{Off: info.off + from, Len: end - from})
		}
	}
	return out
}

// begin is where a row group begins in a stream of so many bytes; its end where the index says nothing that can be.
func (x *index) begin(entries []indexEntry, first int, group, size int64) int64 {
	if group >= int64(len(entries)) || first >= len(entries[group].positions) {
		return size
	}
	return int64(min(entries[group].positions[first], uint64(size)))
}

// longestBytes is how many bytes a run has at most: 512 integers of 64 bits, and what precedes and patches them.
const longestBytes = 8 << 10

// end is up to where a stream of so many bytes is needed for the rows before a row group: if there are runs, to the end of the one that has
// the last of these rows and is named by the index; with bits, a byte of it may have rows of both.
func (x *index) end(entries []indexEntry, first int, group, size int64, runs, bits bool) int64 {
	end := x.begin(entries, first, group, size)
	if end == size {
		return size
	}
	of, place := entries[group].positions[first:], x.file.placeSize()
	shared := runs && len(of) > place && of[place] > 0 || bits && len(of) > place+1 && of[place+1] > 0 // the run has rows of both
	block := x.file.chunks.block
	switch {
	case x.file.chunks.codec == codec.None && shared:
		return min(end+longestBytes, size)
	case x.file.chunks.codec == codec.None:
		return end
	}
	chunks := int64(0) // that are needed from there on
	if len(of) > 1 && of[1] > 0 {
		chunks = 1
	}
	if shared {
		chunks = 2 + longestBytes/block
	}
	most := min(end+chunks*(headerSize+block), size)
	for later := group + 1; chunks > 0 && later < int64(len(entries)); later++ { // where other row groups begin, a chunk does
		if at := x.begin(entries, first, later, size); at > end {
			end = at
			chunks--
		}
	}
	if chunks > 0 {
		return most
	}
	return min(end, most)
}

// hasRuns reports whether the stream DATA of a type is encoded by run lengths.
func (n *node) hasRuns(dictionary bool) bool {
	switch n.kind {
	case kindFloat, kindDouble, kindDecimal, kindBinary:
		return false
	case kindString, kindVarchar, kindChar:
		return dictionary
	}
	return true
}

// placeSize is how many numbers of the index a place in a stream takes.
func (f *file) placeSize() int {
	if f.chunks.codec == codec.None {
		return 1
	}
	return 2
}

// positionOf is which of the positions of a row group is the first one of a stream; false: a dictionary's, which is read as a whole.
func (f *file) positionOf(part int, n *node, of *streamInfo) (at int, ok bool) {
	s := &f.stripes[part]
	dictionary := s.encodings[n.column].dictionary
	place := f.placeSize()
	if dictionary && (of.kind == length || of.kind == dictionaryData || of.kind == dictionaryCount) {
		return 0, false
	}
	if of.kind == present {
		return 0, true
	}
	if s.stream(n.column, present) != nil {
		at += place + 2 // of a byte in a run, and of a bit
	}
	if of.kind == data {
		return at, true
	}
	switch n.kind { // what precedes LENGTH or SECONDARY: bytes as they are, or a run
	case kindTimestamp, kindInstant:
		return at + place + 1, true
	}
	return at + place, true
}

// seek goes to a row, at which a row group begins.
func (r *reader) seek(row int64) error {
	for i := range r.columns {
		w := &r.columns[i] // of which nothing is pending: spans end alike for all
		if d, ok := w.column.(*document); ok {
			if err := d.skip(row - r.at); err != nil {
				return err
			}
			continue
		}
		p := &positions{list: r.index.entries[r.section.columns[i]][row/r.file.stride].positions}
		if err := cmp.Or(w.column.seek(p), p.err); err != nil {
			return fmt.Errorf("column %s: row %d: %w", w.name, row, err)
		}
	}
	r.at = row
	return nil
}
