package parquet

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// batchBytes is about how much of one column a batch may decode to; wide values make shorter batches.
const batchBytes = 64 << 20

// Options say how a row group is read.
type Options struct {
	Memory    memory.Allocator // of the arrays
	Scratch   memory.Allocator // of decompressed pages: short-lived, large; blob.Pool serves well
	BatchRows int
	// NonFinite is called for each batch of a column that had NaN or an infinity, which are read as NULL.
	NonFinite func(column string)
}

// GroupReader yields the rows of one row group.
type GroupReader struct {
	file    *File
	group   int
	columns []decoder
	left    int64
	batch   int64
}

// ReadGroup opens columns (positions in Columns) of a row group over its bytes, which must stay until Close. No columns is
// fine: only the number of rows is of interest then.
func (f *File) ReadGroup(ctx context.Context, group int, columns []int, data *blob.Data, o Options) (r *GroupReader, err error) {
	r = &GroupReader{file: f, group: group, left: f.Rows(group), batch: int64(o.BatchRows)}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		if err != nil {
			r.Close()
			r, err = nil, f.corrupt(fmt.Errorf("row group %d: %w", group, err))
		}
	}()
	for _, c := range columns {
		d, err := f.decoder(ctx, group, c, data, o)
		if err != nil {
			return r, fmt.Errorf("column %s: %w", f.Columns[c].Name, err)
		}
		r.columns = append(r.columns, d)
		if rows := f.Rows(group); rows > 0 {
			width := f.Bytes(group, []int{c})/rows + 1
			r.batch = max(1, min(r.batch, batchBytes/width))
		}
	}
	return r, nil
}

// Next returns the next rows, one array for each column, and their number; or io.EOF. The caller releases the arrays.
func (r *GroupReader) Next() (out []arrow.Array, rows int, err error) {
	if r.left == 0 {
		return nil, 0, io.EOF
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
		if err != nil {
			for _, a := range out {
				a.Release()
			}
			out, rows, err = nil, 0, r.file.corrupt(fmt.Errorf("row group %d: %w", r.group, err))
		}
	}()
	rows = int(min(r.batch, r.left))
	for i, c := range r.columns {
		a, err := c.next(rows)
		if err != nil {
			return out, 0, fmt.Errorf("column %d of those read: %w", i+1, err)
		}
		out = append(out, a)
	}
	r.left -= int64(rows)
	return out, rows, nil
}

// Close frees what decoding holds. It is idempotent.
func (r *GroupReader) Close() {
	for _, c := range r.columns {
		c.close()
	}
	r.columns = nil
}

// decoder makes the decoder of a column.
func (f *File) decoder(ctx context.Context, group, column int, data *blob.Data, o Options) (decoder, error) {
	c := f.Columns[column]
	if !c.flat {
		return newNested(ctx, f, group, column, data, o)
	}
	chunk := f.meta.RowGroups[group].Columns[c.leaves[0]].MetaData
	src := data.Bytes(f.chunkRange(group, c.leaves[0]))
	if src == nil && f.Rows(group) > 0 {
		return nil, fmt.Errorf("its bytes were not fetched")
	}
	base := flat{
		pages: pages{codecs: f.codecs, codec: int(chunk.Codec), optional: c.leaf.optional, mem: o.Scratch, src: src},
		mem:   o.Memory,
		dtype: c.Type.Arrow(),
	}
	warn := func() {
		if o.NonFinite != nil {
			o.NonFinite(c.Name)
		}
	}
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
		return &fixed[float32]{flat: base, size: 4, convert: same[float32], drop: dropNonFinite32(warn)}, nil
	case parquet.Types.Double:
		return &fixed[float64]{flat: base, size: 8, convert: same[float64], drop: dropNonFinite64(warn)}, nil
	case parquet.Types.ByteArray:
		average := chunk.TotalUncompressedSize / max(chunk.NumValues, 1)
		return &text{flat: base, average: int(min(average, batchBytes/int64(o.BatchRows)))}, nil
	case parquet.Types.FixedLenByteArray:
		return fixedLengthDecoder(base, c, warn)
	}
	return nil, sqlerr.New(sqlerr.Unsupported, "%s: column %s has physical type %s", f.Location, c.Name, c.leaf.physical)
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
		return &fixed[int32]{flat: base, size: 4, convert: same[int32]}, nil
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
		return &fixed[int64]{flat: base, size: 8, convert: same[int64]}, nil
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
	return &fixed[int64]{flat: base, size: size, convert: convert}
}

func fixedLengthDecoder(base flat, c Column, warn func()) (decoder, error) {
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
		return &text{flat: base, width: width, average: 36, format: formatUUID}, nil
	case types.Text:
		return &text{flat: base, width: width, average: 32, format: formatInterval}, nil
	}
	return &text{flat: base, width: width, average: min(width, 1<<10)}, nil
}
