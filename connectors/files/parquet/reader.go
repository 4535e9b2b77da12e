package parquet

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// batchBytes is about how much a batch may decode to; wide values make shorter batches.
const batchBytes = 8 << 20

// encodes reports whether vectors of a column of the reader may be dictionary-encoded.
func encodes(o *files.Options, column int) bool {
	return slices.Contains(o.Encoded, column) &&
		!slices.ContainsFunc(o.Conditions, func(c files.Condition) bool { return slices.Contains(c.Columns, column) })
}

// GroupReader yields the rows of one row group.
type GroupReader struct {
	file   *File
	group  int
	mem    memory.Allocator
	left   int64        // rows, with those of the window
	spans  []files.Span // the rows that are read; nil: all
	batch  int64
	window window
	tests  []test
	names  []string // of the columns, for messages
}

// openChunk opens the chunk of a leaf column.
type openChunk func(leaf int) (*chunk, error)

// ReadGroup opens columns (positions in Columns) of a row group over pieces made for them. No columns is fine: only the
// number of rows is of interest then, and nothing is fetched.
func (f *File) ReadGroup(ctx context.Context, group int, columns []int, pieces Pieces, fetch files.Fetch, o files.Options) (r *GroupReader, err error) {
	r = &GroupReader{file: f, group: group, mem: o.Memory, left: f.Rows(group), spans: pieces.spans, batch: int64(o.BatchRows)}
	var first *files.Shared
	if len(pieces.Ranges) > 0 {
		data, err := fetch(ctx, 0)
		if err != nil {
			return r, err
		}
		first = files.Share(data)
		defer first.Release() // all chunks are open
	}
	var chunks []*chunk // also of columns whose decoder was not made, where making it panics
	open := func(leaf int) (*chunk, error) {
		c, err := newChunk(leaf, pieces, first, fetch, o.Scratch)
		if err == nil {
			chunks = append(chunks, c)
		}
		return c, err
	}
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
		if err != nil {
			r.Close()
			for _, c := range chunks {
				c.close()
			}
			r, err = nil, f.corrupt(fmt.Errorf("row group %d: %w", group, err))
		}
	}()
	for i, c := range columns {
		d, err := f.decoder(ctx, group, c, open, batchBytes/len(columns), o)
		if err != nil {
			return r, fmt.Errorf("column %s: %w", f.Columns[c].Name, err)
		}
		if e, ok := d.(encodable); ok && encodes(&o, i) {
			d = newEncoded(e, f.Rows(group), o.BatchRows)
		}
		r.window.columns, r.names = append(r.window.columns, windowColumn{decoder: d}), append(r.names, f.Columns[c].Name)
	}
	for _, c := range o.Conditions {
		r.tests = append(r.tests, test{Condition: c})
	}
	if rows := f.Rows(group); rows > 0 {
		width := f.Bytes(group, columns)/rows + 1
		r.batch = max(1, min(r.batch, batchBytes/width))
	}
	return r, nil
}

// Next returns the next rows, one array for each column, and their number; or io.EOF. The caller releases the arrays.
func (r *GroupReader) Next(ctx context.Context) (out []arrow.Array, rows int, err error) {
	if r.left == 0 {
		return nil, 0, io.EOF
	}
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
		if err != nil && err != io.EOF {
			out, rows, err = nil, 0, r.file.corrupt(fmt.Errorf("row group %d: %w", r.group, err))
		}
	}()
	for r.left > 0 {
		if r.window.rows == 0 {
			rows := r.ahead()
			if rows == 0 {
				break
			}
			r.window.begin(rows)
			if err := r.narrow(ctx); err != nil {
				return nil, 0, err
			}
		}
		out, rows, passed, err := r.yield(ctx)
		r.left -= int64(passed)
		if rows > 0 || err != nil {
			return out, rows, err
		}
	}
	return nil, 0, io.EOF
}

// ahead passes over rows that are not read and returns how many the next window has; 0 at the end.
func (r *GroupReader) ahead() int {
	if r.spans == nil {
		return int(min(r.batch, r.left))
	}
	at := r.file.Rows(r.group) - r.left
	for len(r.spans) > 0 && r.spans[0].To <= at {
		r.spans = r.spans[1:]
	}
	if len(r.spans) == 0 {
		r.left = 0
		return 0
	}
	next := r.spans[0]
	if next.From > at {
		for i := range r.window.columns {
			r.window.columns[i].decoder.skip(int(next.From - at))
		}
		r.left -= next.From - at
		at = next.From
	}
	return int(min(r.batch, next.To-at))
}

// panicked is the error of a panic, of which arrow-go makes use.
func panicked(p any) error {
	if err, ok := p.(error); ok {
		return err
	}
	return fmt.Errorf("%v", p)
}

// Close frees what decoding holds. It is idempotent.
func (r *GroupReader) Close() {
	for i := range r.window.columns {
		r.window.columns[i].drop()
		r.window.columns[i].decoder.close()
	}
	r.window.columns = nil
}

// decoder makes the decoder of a column.
func (f *File) decoder(ctx context.Context, group, column int, open openChunk, limit int, o files.Options) (decoder, error) {
	c := f.Columns[column]
	if !c.flat {
		return newNested(ctx, f, group, column, open, o)
	}
	src, err := open(c.leaves[0])
	if err != nil {
		return nil, err
	}
	chunk := f.meta.RowGroups[group].Columns[c.leaves[0]].MetaData
	base := flat{
		pages: pages{codecs: f.codecs, codec: int(chunk.Codec), optional: c.leaf.optional, mem: o.Scratch, src: src, account: o.Account, cache: f.pages,
			of: versionKey{f.Location, f.Object.ETag}},
		mem:   o.Memory,
		dtype: c.Type.Arrow(),
	}
	average := int(min(chunk.TotalUncompressedSize/max(chunk.NumValues, 1), int64(limit/o.BatchRows)))
	d, err := base.decoder(f.Location, c, average, limit, o)
	if err != nil {
		src.close()
		return nil, err
	}
	if c.Type.IsTemporal() && !inRange(f.Bounds(group, column)) {
		guardRange(d, c.Type, warner(&o, c.Name))
	}
	return d, nil
}

// warner calls Unrepresentable for a column.
func warner(o *files.Options, column string) func() {
	return func() {
		if o.Unrepresentable != nil {
			o.Unrepresentable(column)
		}
	}
}

// decoder makes the decoder of a flat column by its physical type; texts take average bytes each.
func (base flat) decoder(location string, c Column, average, limit int, o files.Options) (decoder, error) {
	warn := warner(&o, c.Name)
	switch c.leaf.physical {
	case parquet.Types.Boolean:
		return &boolean{flat: base}, nil
	case parquet.Types.Int32:
		return int32Decoder(base, c)
	case parquet.Types.Int64:
		return int64Decoder(base, c)
	case parquet.Types.Int96:
		return &fixed[int64]{flat: base, size: 12, convert: int96}, nil
	case parquet.Types.Float:
		return &fixed[float32]{flat: base, size: 4, convert: same[float32], asIs: true, drop: dropNonFinite32(warn)}, nil
	case parquet.Types.Double:
		return &fixed[float64]{flat: base, size: 8, convert: same[float64], asIs: true, drop: dropNonFinite64(warn)}, nil
	case parquet.Types.ByteArray:
		return &text{flat: base, limit: limit, average: average}, nil
	case parquet.Types.FixedLenByteArray:
		return fixedLengthDecoder(base, c, limit, warn)
	}
	return nil, sqlerr.New(sqlerr.Unsupported, "%s: column %s has physical type %s", location, c.Name, c.leaf.physical)
}

func int32Decoder(base flat, c Column) (decoder, error) {
	switch c.Type.Kind {
	case types.Int8:
		return &fixed[int8]{flat: base, size: 4, convert: from32[int8]}, nil
	case types.Int16:
		return &fixed[int16]{flat: base, size: 4, convert: from32[int16]}, nil
	case types.Uint8:
		return &fixed[uint8]{flat: base, size: 4, convert: from32[uint8]}, nil
	case types.Uint16:
		return &fixed[uint16]{flat: base, size: 4, convert: from32[uint16]}, nil
	case types.Int32, types.Uint32, types.Date:
		return &fixed[int32]{flat: base, size: 4, convert: same[int32], asIs: true}, nil
	case types.Time:
		return &fixed[int64]{flat: base, size: 4, convert: temporal32(c.leaf.multiply)}, nil
	case types.Decimal:
		return narrowDecimal(base, c, 4, from32[int64]), nil
	}
	return nil, fmt.Errorf("no reader for %s", c.Native)
}

func int64Decoder(base flat, c Column) (decoder, error) {
	switch c.Type.Kind {
	case types.Int64, types.Uint64:
		return &fixed[int64]{flat: base, size: 8, convert: same[int64], asIs: true}, nil
	case types.Datetime, types.Timestamp, types.Time:
		return &fixed[int64]{flat: base, size: 8, convert: temporal64(c.leaf.multiply, c.leaf.divide)}, nil
	case types.Decimal:
		return narrowDecimal(base, c, 8, same[int64]), nil
	}
	return nil, fmt.Errorf("no reader for %s", c.Native)
}

// narrowDecimal decodes a decimal whose physical form proves that it fits an int64.
func narrowDecimal(base flat, c Column, size int, convert func([]int64, []byte) error) decoder {
	base.dtype = types.DecimalArrow(types.W64, int(c.Type.Scale))
	return &fixed[int64]{flat: base, size: size, convert: convert, asIs: size == 8}
}

func fixedLengthDecoder(base flat, c Column, limit int, warn func()) (decoder, error) {
	width := c.leaf.width
	if width <= 0 {
		return nil, fmt.Errorf("a fixed length of %d bytes", width)
	}
	switch c.Type.Kind {
	case types.Decimal:
		switch {
		case c.Type.Precision <= types.Digits64:
			return narrowDecimal(base, c, width, decimal64(width)), nil
		case c.Type.Precision <= types.Digits128:
			return &fixed[int128]{flat: base, size: width, convert: decimalWide[int128](width)}, nil
		}
		return &fixed[int256]{flat: base, size: width, convert: decimalWide[int256](width)}, nil
	case types.Float32:
		return &fixed[float32]{flat: base, size: 2, convert: half, drop: dropNonFinite32(warn)}, nil
	case types.Char:
		return &text{flat: base, limit: limit, width: width, average: 36, format: formatUUID}, nil
	case types.Text:
		return &text{flat: base, limit: limit, width: width, average: 32, format: formatInterval}, nil
	}
	return &text{flat: base, limit: limit, width: width, average: min(width, 1<<10)}, nil
}
