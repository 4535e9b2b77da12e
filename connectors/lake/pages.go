package lake

import (
	"context"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/diskcache"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/expr"
)

// worthOfIndex is the size of a row group, in bytes to be read, from which on reading its page index first pays.
const worthOfIndex = 256 << 10

// Indexes are read of so many row groups at once, or of so many bytes: one after the other, each would cost a round trip.
const (
	indexesAtOnce    = 64
	indexBytesAtOnce = 8 << 20
)

// indexedPart is a part, and the columns that its page index has bounds of; none: it is read whole.
type indexedPart struct {
	part
	bounded []int
}

// indexedParts are parts whose page indexes are to be read together.
type indexedParts struct {
	list  []indexedPart
	bytes int64
}

// add appends a part and reports whether it is to wait for others.
func (l *indexedParts) add(p indexedPart) (more bool) {
	l.list = append(l.list, p)
	for _, r := range p.indexRanges() {
		l.bytes += r.Len
	}
	return l.bytes > 0 && len(l.list) < indexesAtOnce && l.bytes < indexBytesAtOnce
}

func (p *indexedPart) indexRanges() []blob.Range {
	if len(p.bounded) == 0 {
		return nil
	}
	return p.file.indexed.IndexRanges(p.group, p.columns.read, p.bounded)
}

// indexed finds out of which columns a part's page index is worth reading. A limit counts rows that it must see.
func (x *execution) indexed(p part) indexedPart {
	if p.file.indexed == nil || x.scan.limit >= 0 || p.values.Deletes != nil { // deletes count the rows
		return indexedPart{part: p}
	}
	if stored, _ := p.file.Size(p.group, p.columns.read); stored < worthOfIndex {
		return indexedPart{part: p}
	}
	return indexedPart{p, x.bounded(p, x.filter().pruner)}
}

// selection is what an index leaves of a part.
type selection struct {
	index files.Index
	spans []files.Span
}

// prunePages reads page indexes and returns the rows that they leave of each part: nil: all, or nobody knows.
func (x *execution) prunePages(ctx context.Context, parts []indexedPart) ([]*selection, error) {
	var objects []blob.Object
	ranges := make(map[blob.Object][]blob.Range)
	for i := range parts {
		o := parts[i].values.Object
		if more := parts[i].indexRanges(); len(more) > 0 {
			if ranges[o] == nil {
				objects = append(objects, o)
			}
			ranges[o] = append(ranges[o], more...)
		}
	}
	var segments []blob.Segment
	for _, o := range objects {
		segments = append(segments, blob.Segment{Object: o, Ranges: ranges[o], Kind: diskcache.Footer})
	}
	first := x.fetch.Add(segments...)
	read := make(map[blob.Object]*blob.Data)
	defer func() {
		for _, data := range read {
			data.Release()
		}
	}()
	for i, o := range objects {
		data, err := x.fetch.Get(ctx, first+i)
		if err != nil {
			return nil, err
		}
		read[o] = data
	}
	out := make([]*selection, len(parts))
	for i, p := range parts {
		if len(p.bounded) > 0 {
			out[i] = x.selection(p, read[p.values.Object].Bytes)
		}
	}
	return out, nil
}

// selection returns the rows of a part that its page index leaves; nil: all.
func (x *execution) selection(p indexedPart, read func(blob.Range) []byte) *selection {
	dynamic := x.filter()
	index := p.file.indexed.Index(p.group, p.columns.read, p.bounded, read)
	whole := x.scan.groupIntervals(p.values, p.file, p.columns, p.group)
	spans := index.Spans(func(bounds func(int) (files.Bounds, bool)) bool {
		intervals := func(id expr.ColumnID) (interval, bool) {
			if pos, ok := x.scan.reads[id]; ok && p.columns.at[pos] >= 0 {
				if b, ok := bounds(p.columns.at[pos]); ok {
					return intervalOf(b), true
				}
			}
			return whole(id)
		}
		return x.prune.mayPass(intervals) && dynamic.mayPass(intervals)
	})
	if rows, _ := p.file.Count(p.group); len(spans) == 1 && spans[0].To-spans[0].From == rows {
		return nil
	}
	return &selection{index, spans}
}

// bounded returns the columns of a part's file that conjuncts read and that have bounds for their pages.
func (x *execution) bounded(p part, dynamic *pruner) []int {
	read := make(map[expr.ColumnID]bool)
	for _, c := range x.prune.conds {
		expr.Columns(c, read)
	}
	for _, c := range dynamic.conds {
		expr.Columns(c, read)
	}
	var out []int
	for id := range read {
		pos, ok := x.scan.reads[id]
		if !ok {
			continue
		}
		if at := p.columns.at[pos]; at >= 0 && p.file.indexed.Indexed(p.group, at) && !x.scan.table.trims(pos, p.file, at) {
			out = append(out, at)
		}
	}
	return out
}
