package parquet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/arrowjson"
	"github.com/silogate/silogate/engine/types"
)

// nestedBuffer is how many bytes arrow-go reads of a chunk at once; a longer page makes the buffer grow.
const nestedBuffer = 64 << 10

// nestedColumn decodes through arrow-go what this package does not: nested fields, shown as JSON, and decimals of
// variable length or beyond MySQL's limits.
type nestedColumn struct {
	column  Column
	mem     memory.Allocator
	chunks  *section
	reader  *pqarrow.ColumnReader
	write   arrowjson.Writer // of a value as JSON
	bad     error            // why the first value that is malformed is so
	pending []arrow.Array    // decoded and not consumed; the first from at on
	at      int
	skipped int // values to pass over before the next one
}

// newNested opens a column of a row group. arrow-go leaks buffers of a malformed file, so what it decodes into is the
// garbage collector's; only the result is of o.Memory.
func newNested(ctx context.Context, f *File, group, column int, open openChunk, o files.Options) (c *nestedColumn, err error) {
	chunks := &section{ctx: ctx, size: f.Object.Size}
	c = &nestedColumn{column: f.Columns[column], mem: o.Memory, chunks: chunks}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	for _, leaf := range c.column.leaves {
		src, err := open(leaf)
		if err != nil {
			return nil, err
		}
		start := f.chunkRange(group, leaf).Off
		chunks.open = append(chunks.open, &checkedChunk{chunk: src, at: start, checked: start})
	}
	scratch := memory.NewGoAllocator()
	props := parquet.NewReaderProperties(scratch)
	props.BufferedStreamEnabled, props.BufferSize = true, nestedBuffer
	reader, err := file.NewParquetReader(chunks, file.WithMetadata(f.meta), file.WithReadProps(props))
	if err != nil {
		return nil, err
	}
	arrowReader, err := pqarrow.NewFileReader(reader, pqarrow.ArrowReadProperties{BatchSize: int64(o.BatchRows)}, scratch)
	if err != nil {
		return nil, err
	}
	leaves := make(map[int]bool)
	for _, leaf := range f.Columns[column].leaves {
		leaves[leaf] = true
	}
	fieldReader, err := arrowReader.GetFieldReader(ctx, column, leaves, []int{group})
	if err != nil {
		return nil, cmp.Or(chunks.err, err)
	}
	c.reader, c.write = fieldReader, arrowjson.Append
	if o.Shapes != nil && o.Shapes[column] != nil {
		if c.write, err = arrowjson.Shaped(fieldReader.Field().Type, o.Shapes[column], f.shown.Identified() && !o.Shapes[column].ByName, c.malformed); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.column.Name, err)
		}
	}
	return c, nil
}

func (c *nestedColumn) close() {
	for _, a := range c.pending {
		a.Release()
	}
	c.pending = nil
	if c.reader != nil {
		c.reader.Release()
		c.reader = nil
	}
	for _, src := range c.chunks.open {
		src.close()
	}
}

func (c *nestedColumn) malformed(err error) {
	c.bad = cmp.Or(c.bad, fmt.Errorf("column %s: %w", c.column.Name, err))
}

func (c *nestedColumn) skip(n int) { c.skipped += n }

func (c *nestedColumn) pick(ctx context.Context, n int, sel []int32) (arrow.Array, int, error) {
	return pickDecoded(ctx, c, c.mem, n, sel)
}

// front returns what is decoded and not consumed yet, after what was skipped; n more values are wanted.
func (c *nestedColumn) front(n int) (arrow.Array, error) {
	for {
		if len(c.pending) == 0 {
			if err := c.read(max(min(c.skipped, passBlock), n)); err != nil {
				return nil, err
			}
		}
		values := c.pending[0]
		k := min(c.skipped, values.Len()-c.at)
		c.skipped, c.at = c.skipped-k, c.at+k
		if c.at < values.Len() {
			return values, nil
		}
		values.Release()
		c.pending, c.at = c.pending[1:], 0
	}
}

func (c *nestedColumn) next(ctx context.Context, n int) (arrow.Array, error) {
	c.chunks.ctx = ctx
	build, err := c.builder()
	if err != nil {
		return nil, err
	}
	defer build.Release()
	var scratch []byte
	for n > 0 {
		values, err := c.front(n)
		if err != nil {
			return nil, err
		}
		for ; n > 0 && c.at < values.Len(); c.at++ {
			if scratch, err = c.appendValue(build, values, c.at, scratch); err != nil {
				return nil, err
			}
			n--
		}
	}
	return build.NewArray(), nil
}

// read decodes up to n more values.
func (c *nestedColumn) read(n int) error {
	chunked, err := c.reader.NextBatch(int64(n))
	if c.chunks.err != nil {
		if err == nil {
			chunked.Release()
		}
		return c.chunks.err
	}
	if err != nil {
		return err
	}
	defer chunked.Release()
	if chunked.Len() == 0 {
		return errors.New("fewer values than the footer says")
	}
	for _, a := range chunked.Chunks() {
		if a.Len() > 0 {
			a.Retain()
			c.pending = append(c.pending, a)
		}
	}
	return nil
}

func (c *nestedColumn) builder() (array.Builder, error) {
	switch t := c.column.Type.Arrow().(type) {
	case *arrow.StringType, *arrow.Decimal64Type, *arrow.Decimal128Type, *arrow.Decimal256Type:
		return array.NewBuilder(c.mem, t), nil
	default:
		return nil, fmt.Errorf("column %s: no reader for %s", c.column.Name, c.column.Native)
	}
}

// appendValue appends value i, using scratch for its text.
func (c *nestedColumn) appendValue(build array.Builder, values arrow.Array, i int, scratch []byte) ([]byte, error) {
	if values.IsNull(i) {
		build.AppendNull()
		return scratch, nil
	}
	switch b := build.(type) {
	case *array.StringBuilder:
		if c.column.Type.Kind != types.JSON {
			b.Append(arrowjson.DecimalText(values, i))
			return scratch, nil
		}
		scratch = c.write(scratch[:0], values, i)
		if c.bad != nil {
			return scratch, c.bad
		}
		b.BinaryBuilder.Append(scratch)
	default:
		// The text of a decimal is exact, and these columns are rare.
		return scratch, build.AppendValueFromString(arrowjson.DecimalText(values, i))
	}
	return scratch, nil
}

// section shows chunks as the file they are from, each of which is read from its start to its end.
type section struct {
	ctx  context.Context // of the call under way: io.ReaderAt has none
	err  error           // the first one, which arrow-go may have replaced by its own
	open []*checkedChunk
	size int64
	pos  int64
}

// checkedChunk checks the header of each page before arrow-go sees it, which would believe any size.
type checkedChunk struct {
	*chunk
	at, checked int64 // the offsets up to which bytes were read, and pages checked
}

func (s *section) ReadAt(p []byte, off int64) (n int, err error) {
	for _, c := range s.open {
		if c.at == off && c.size() > 0 {
			for n < len(p) && err == nil {
				var k int
				k, err = c.readChecked(s.ctx, p[n:])
				n += k
			}
			s.err = cmp.Or(s.err, err)
			return n, err
		}
	}
	return 0, fmt.Errorf("bytes %d to %d are not next", off, off+int64(len(p)))
}

func (c *checkedChunk) readChecked(ctx context.Context, p []byte) (int, error) {
	if c.at == c.checked {
		h, n, err := c.header(ctx)
		if err != nil {
			return 0, err
		}
		c.checked += int64(n) + h.compressed
	}
	n, err := c.read(ctx, p[:min(int64(len(p)), c.checked-c.at)])
	c.at += int64(n)
	return n, err
}

func (s *section) Read(p []byte) (int, error) {
	n, err := s.ReadAt(p, s.pos)
	s.pos += int64(n)
	return n, err
}

func (s *section) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.pos
	case io.SeekEnd:
		offset += s.size
	}
	s.pos = offset
	return offset, nil
}
