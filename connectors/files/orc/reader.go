package orc

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// section is files.Section of columns of a stripe, or of some of its row groups.
type section struct {
	file    *file
	part    int
	columns []int
	streams []*wanted
	ranges  [][]blob.Range
	index   *index // nil: all rows are read
	spans   []files.Span
}

// Section implements files.File.
func (f *file) Section(part int, columns []int, b files.Budget) files.Section {
	s := &section{file: f, part: part, columns: columns, spans: []files.Span{{From: 0, To: f.stripes[part].rows}}}
	s.want(func(_ *node, info *streamInfo) []blob.Range { return []blob.Range{{Off: info.off, Len: info.size}} })
	s.ranges = cut(s.streams, b)
	return s
}

// want lists the streams that are read, and the extents of each.
func (s *section) want(extents func(column *node, info *streamInfo) []blob.Range) {
	stripe := &s.file.stripes[s.part]
	for _, c := range s.columns {
		column := s.file.columns[c]
		column.walk(func(n *node) {
			list := stripe.of(n.column)
			for i := range list {
				if info := &list[i]; info.kind < rowIndex {
					s.streams = append(s.streams, &wanted{streamInfo: info, extents: extents(column, info)})
				}
			}
		})
	}
}

// Ranges implements files.Section.
func (s *section) Ranges() [][]blob.Range { return s.ranges }

// batchBytes is about how much a batch may decode to; wide values make shorter batches.
const batchBytes = 8 << 20

// reader yields the rows of a section.
type reader struct {
	*section
	options files.Options
	streams map[*streamInfo]*stream
	columns []window
	at      int64        // the next row of the stripe
	spans   []files.Span // not read to their ends
}

// window is a column, and rows of it that were decoded ahead of the others.
type window struct {
	name string
	column
	pending arrow.Array // nil: none
}

// Open implements files.Section.
func (s *section) Open(ctx context.Context, fetch files.Fetch, o files.Options) (_ files.Reader, err error) {
	r := &reader{section: s, options: o, streams: make(map[*streamInfo]*stream), spans: s.spans}
	defer func() {
		if err != nil {
			r.Close()
			err = r.failed(err)
		}
	}()
	maker := &stripeReader{file: s.file, stripe: &s.file.stripes[s.part], streams: r.streams, options: o}
	var first *files.Shared
	if len(s.ranges) > 0 {
		data, err := fetch(ctx, 0)
		if err != nil {
			return nil, err
		}
		first = files.Share(data)
		defer first.Release() // all streams are open
	}
	for _, w := range s.streams {
		src, err := newSource(w, first, fetch, o.Scratch)
		if err != nil {
			return nil, err
		}
		r.streams[w.streamInfo] = maker.newStream(src)
	}
	for i, c := range s.columns {
		n := s.file.columns[c]
		var shape *files.Shape
		if o.Shapes != nil {
			shape = o.Shapes[c]
		}
		col, err := maker.column(n, shape, batchBytes/len(s.columns), slices.Contains(o.Encoded, i) && !conditioned(o, i))
		if err != nil {
			return nil, err
		}
		r.columns = append(r.columns, window{name: n.name, column: col})
	}
	return r, nil
}

// conditioned reports whether a condition reads a column, which is then to be plain.
func conditioned(o files.Options, column int) bool {
	return slices.ContainsFunc(o.Conditions, func(c files.Condition) bool { return slices.Contains(c.Columns, column) })
}

// column makes a column of a type, which is written in a shape if it is nested, whose vectors have at most limit bytes of texts, and are codes of a dictionary if encoded.
func (r *stripeReader) column(n *node, shape *files.Shape, limit int, encoded bool) (column, error) {
	switch n.kind {
	case kindBoolean:
		return newBoolean(r, n), nil
	case kindByte:
		return newByte(r, n), nil
	case kindShort:
		return newInteger[int16](r, n), nil
	case kindInt:
		return newInteger[int32](r, n), nil
	case kindLong:
		if n.time {
			return newTime(r, n), nil
		}
		return newInteger[int64](r, n), nil
	case kindFloat:
		return newFloat(r, n, 4, float32Of), nil
	case kindDouble:
		return newFloat(r, n, 8, float64Of), nil
	case kindDecimal:
		if n.scale > types.MaxScale {
			return &texts{newDecimal(r, n), r.options.Memory}, nil
		}
		return newDecimal(r, n), nil
	case kindDate:
		return newDate(r, n), nil
	case kindTimestamp, kindInstant:
		return newMoment(r, n)
	case kindString, kindVarchar, kindChar, kindBinary:
		if n.uuid {
			return newUUID(r, n, limit), nil
		}
		return newText(r, n, limit, encoded), nil
	}
	return newDocument(r, n, shape, limit)
}

func (r *reader) failed(err error) error {
	return r.file.corrupt(fmt.Errorf("stripe %d: %w", r.part, err))
}

// Next implements files.Reader.
func (r *reader) Next(ctx context.Context) ([]arrow.Array, int, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	for _, s := range r.streams {
		s.ctx = ctx
	}
	for len(r.spans) > 0 && r.at >= r.spans[0].To {
		r.spans = r.spans[1:]
	}
	if len(r.spans) == 0 {
		return nil, 0, io.EOF
	}
	if from := r.spans[0].From; r.at < from {
		if err := r.seek(from); err != nil {
			return nil, 0, r.failed(err)
		}
	}
	rows := int(min(int64(r.options.BatchRows), r.spans[0].To-r.at))
	for i := range r.columns {
		w := &r.columns[i]
		if w.pending == nil {
			a, err := w.next(rows)
			if err != nil {
				return nil, 0, r.failed(fmt.Errorf("column %s: %w", w.name, err))
			}
			w.pending = a
		}
		rows = min(rows, w.pending.Len())
	}
	out := make([]arrow.Array, len(r.columns))
	for i := range r.columns {
		out[i] = r.columns[i].yield(rows)
	}
	r.at += int64(rows)
	return out, rows, nil
}

// yield hands out the first rows of what is pending.
func (w *window) yield(rows int) arrow.Array {
	a := w.pending
	if rows == a.Len() {
		w.pending = nil
		return a
	}
	defer a.Release()
	w.pending = array.NewSlice(a, int64(rows), int64(a.Len()))
	return array.NewSlice(a, 0, int64(rows))
}

// Close implements files.Reader.
func (r *reader) Close() {
	for i := range r.columns {
		w := &r.columns[i]
		if w.pending != nil {
			w.pending.Release()
			w.pending = nil
		}
		if c, ok := w.column.(interface{ close() }); ok {
			c.close()
		}
	}
	for _, s := range r.streams {
		s.close()
	}
	r.columns, r.spans = nil, nil
}
