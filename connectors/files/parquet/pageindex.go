package parquet

import (
	"cmp"
	"errors"
	"slices"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
)

// PageIndex is where the pages of flat columns of a row group lie, and the bounds of their values: the format's OffsetIndex
// and ColumnIndex (parquet.thrift).
type PageIndex struct {
	rows    int64
	columns map[int]*indexedColumn // by position in Columns
}

type indexedColumn struct {
	pages  []indexedPage
	bounds []files.Bounds // by page; nil: unknown
}

type indexedPage struct {
	off, size int64 // bytes of the file, the page's header included
	row       int64 // the first one
}

// maxIndex bounds the index of one column chunk.
const maxIndex = 16 << 20

// Indexed reports whether a column (a position in Columns) has bounds for its pages in a row group.
func (f *File) Indexed(group, column int) bool {
	c := f.Columns[column]
	return c.flat && f.columnIndexRange(group, c.leaves[0]).Len > 0 && f.offsetIndexRange(group, c.leaves[0]).Len > 0
}

func (f *File) columnIndexRange(group, leaf int) blob.Range {
	chunk := f.meta.RowGroups[group].Columns[leaf]
	return f.indexRange(chunk.ColumnIndexOffset, chunk.ColumnIndexLength)
}

func (f *File) offsetIndexRange(group, leaf int) blob.Range {
	chunk := f.meta.RowGroups[group].Columns[leaf]
	return f.indexRange(chunk.OffsetIndexOffset, chunk.OffsetIndexLength)
}

// indexRange is empty where there is no index, or none that can lie there.
func (f *File) indexRange(off *int64, size *int32) blob.Range {
	if off == nil || size == nil || *off < 0 || *size <= 0 || *size > maxIndex || *off > f.Object.Size-int64(*size) {
		return blob.Range{}
	}
	return blob.Range{Off: *off, Len: int64(*size)}
}

// IndexRanges returns where the index of columns (positions in Columns) of a row group lies, as far as they have one: where
// the pages of columns lie, and the bounds of those of bounded. No two are the same.
func (f *File) IndexRanges(group int, columns, bounded []int) []blob.Range {
	var out []blob.Range
	add := func(r blob.Range) {
		if r.Len > 0 && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	for _, c := range slices.Concat(columns, bounded) {
		if f.Columns[c].flat {
			add(f.offsetIndexRange(group, f.Columns[c].leaves[0]))
		}
	}
	for _, c := range bounded {
		if f.Columns[c].flat {
			add(f.columnIndexRange(group, f.Columns[c].leaves[0]))
		}
	}
	return out
}

// PageIndex parses the index of columns of a row group, of whose IndexRanges read has the bytes; they are not needed any
// more when it returns. What contradicts itself is left out.
func (f *File) PageIndex(group int, columns, bounded []int, read func(blob.Range) []byte) *PageIndex {
	x := &PageIndex{rows: f.Rows(group), columns: make(map[int]*indexedColumn)}
	for _, c := range slices.Concat(columns, bounded) {
		if x.columns[c] != nil || !f.Columns[c].flat {
			continue
		}
		leaf := f.Columns[c].leaves[0]
		pages, err := readOffsetIndex(bytesOf(read, f.offsetIndexRange(group, leaf)), f.chunkRange(group, leaf), x.rows)
		if err != nil || len(pages) == 0 {
			continue
		}
		x.columns[c] = &indexedColumn{pages: pages}
		if slices.Contains(bounded, c) {
			x.columns[c].bounds = f.pageBounds(c, x.columns[c], x.rows, bytesOf(read, f.columnIndexRange(group, leaf)))
		}
	}
	return x
}

// bytesOf returns the bytes of a range that was read; nil of an empty one.
func bytesOf(read func(blob.Range) []byte, r blob.Range) []byte {
	if r.Len == 0 {
		return nil
	}
	return read(r)
}

var errIndexOrder = errors.New("the pages of an index do not follow each other")

// readOffsetIndex parses an OffsetIndex of a chunk and proves that its pages lie there in order.
func readOffsetIndex(data []byte, chunk blob.Range, rows int64) ([]indexedPage, error) {
	if data == nil {
		return nil, nil
	}
	var pages []indexedPage
	c := &compact{buf: data}
	c.fields(0, func(id int16, kind byte) bool {
		if id != 1 || kind != thriftList {
			return false
		}
		n, kind := c.list()
		if kind != thriftStruct {
			c.fail()
		}
		for i := 0; i < n && !c.failed; i++ {
			var p indexedPage
			c.fields(1, func(id int16, kind byte) bool {
				switch {
				case id == 1 && kind == thriftI64:
					p.off = c.int()
				case id == 2 && kind == thriftI32:
					p.size = c.int()
				case id == 3 && kind == thriftI64:
					p.row = c.int()
				default:
					return false
				}
				return true
			})
			pages = append(pages, p)
		}
		return true
	})
	if c.failed {
		return nil, errThrift
	}
	end, row := chunk.Off, int64(-1)
	for i, p := range pages {
		if p.size <= 0 || p.off < end || p.size > chunk.End()-p.off || p.row <= row || i == 0 && p.row != 0 || p.row >= rows {
			return nil, errIndexOrder
		}
		end, row = p.off+p.size, p.row
	}
	return pages, nil
}

// pageBounds parses a ColumnIndex; nil if it is not one of these pages.
func (f *File) pageBounds(column int, x *indexedColumn, rows int64, data []byte) []files.Bounds {
	if data == nil {
		return nil
	}
	var empty []bool
	var low, high [][]byte
	var nulls []int64
	c := &compact{buf: data}
	c.fields(0, func(id int16, kind byte) bool {
		if kind != thriftList || id < 1 || id > 5 || id == 4 {
			return false
		}
		n, kind := c.list()
		for i := 0; i < n && !c.failed; i++ {
			switch {
			case id == 1 && (kind == thriftTrue || kind == thriftFalse):
				empty = append(empty, c.byte() == thriftTrue)
			case id == 2 && kind == thriftBinary:
				low = append(low, c.binary())
			case id == 3 && kind == thriftBinary:
				high = append(high, c.binary())
			case id == 5 && kind == thriftI64:
				nulls = append(nulls, c.int())
			default:
				c.fail()
			}
		}
		return true
	})
	n := len(x.pages)
	if c.failed || len(empty) != n || len(low) != n || len(high) != n || nulls != nil && len(nulls) != n {
		return nil
	}
	out := make([]files.Bounds, n)
	for i, p := range x.pages {
		s := statistic{rows: x.end(i, rows) - p.row, low: low[i], high: high[i]}
		if empty[i] {
			s.low, s.high, s.nulls = nil, nil, &s.rows
		} else if nulls != nil {
			s.nulls = &nulls[i]
		}
		out[i] = f.bounds(column, s)
	}
	return out
}

// Spans returns the rows that may pass, as far as the bounds of pages tell: mayPass is asked of rows whose pages of every
// column are the same, and bounds gives it those of a column; ok is false where they are unknown.
func (x *PageIndex) Spans(mayPass func(bounds func(column int) (b files.Bounds, ok bool)) bool) []files.Span {
	var cuts []int64
	for _, c := range x.columns {
		for i := range c.bounds {
			cuts = append(cuts, c.pages[i].row)
		}
	}
	cuts = append(cuts, 0, x.rows)
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []files.Span
	for i := range len(cuts) - 1 {
		from, to := cuts[i], cuts[i+1]
		passes := mayPass(func(column int) (files.Bounds, bool) {
			c := x.columns[column]
			if c == nil || c.bounds == nil {
				return files.Bounds{}, false
			}
			return c.bounds[c.page(from)], true
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

// page returns the page that has a row.
func (c *indexedColumn) page(row int64) int {
	i, found := slices.BinarySearchFunc(c.pages, row, func(p indexedPage, row int64) int { return cmp.Compare(p.row, row) })
	if found {
		return i
	}
	return i - 1
}

// gap is pages of a chunk that are not read.
type gap struct {
	after int64 // bytes of the chunk that are read before
	to    int64 // where the first page after it lies in the file
	row   int64 // the first one
	rows  int64
}

// extents returns the parts of a column's chunk that have the dictionary and the rows of spans, and the gaps between them.
// Pages that take fewer than through bytes are read all the same.
func (x *PageIndex) extents(column int, chunk blob.Range, spans []files.Span, through int64) (extents []blob.Range, gaps []gap) {
	c := x.columns[column]
	if c == nil {
		return []blob.Range{chunk}, nil
	}
	extents = []blob.Range{{Off: chunk.Off, Len: c.pages[0].off - chunk.Off}}
	bytes, skipped := extents[0].Len, int64(0)
	for i, p := range c.pages {
		to := c.end(i, x.rows)
		for len(spans) > 0 && spans[0].To <= p.row {
			spans = spans[1:]
		}
		if len(spans) == 0 || spans[0].From >= to {
			skipped += to - p.row
			continue
		}
		last := &extents[len(extents)-1]
		if between := p.off - last.End(); skipped == 0 || between < through {
			bytes += between + p.size
			last.Len += between + p.size
		} else {
			gaps = append(gaps, gap{after: bytes, to: p.off, row: p.row - skipped, rows: skipped})
			bytes += p.size
			extents = append(extents, blob.Range{Off: p.off, Len: p.size})
		}
		skipped = 0
	}
	if extents[0].Len == 0 {
		extents = extents[1:]
	}
	return extents, gaps
}

// end returns the row behind page i.
func (c *indexedColumn) end(i int, rows int64) int64 {
	if i+1 < len(c.pages) {
		return c.pages[i+1].row
	}
	return rows
}
