package avro

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors/files"
)

// batchBytes is about how much a batch may decode to; long texts make shorter batches.
const batchBytes = 8 << 20

// reader decodes the chunks of a file, or one of them.
type reader struct {
	*section
	options files.Options
	cutter  *cutter // nil: there is only the chunk of now
	chunk   *chunk  // nil: none yet, or no more

	block  stored // of the chunk
	left   int64  // rows of the block
	cursor cursor // in its rows
	room   []byte // of scratch, for decompressing

	failed  error // why columns can't be read in the shapes that are wanted
	vectors []*vector
	steps   []step // of a row; none: nothing is decoded
}

// step is a column of the file, or several neighbours that are passed over.
type step struct {
	name string
	read read
}

func newReader(s *section, c *cutter, k *chunk, o files.Options) *reader {
	r := &reader{section: s, options: o, cutter: c, chunk: k}
	if len(s.columns) == 0 {
		return r
	}
	for _, at := range s.columns {
		r.vectors = append(r.vectors, newVector(o.Memory, s.file.shown.Columns[at], s.file.fields[at], r.shape(at)))
	}
	passed := int64(0) // bytes
	flush := func() {
		if n := passed; n > 0 {
			r.steps = append(r.steps, step{"", func(c *cursor) { c.take(n) }})
		}
		passed = 0
	}
	for at, f := range s.file.fields {
		wanted := slices.Index(s.columns, at)
		if wanted < 0 && f.exact {
			passed += f.least
			continue
		}
		flush()
		next := func(c *cursor) { c.skip(f, 0) }
		if wanted >= 0 {
			next = r.vectors[wanted].append
		}
		r.steps = append(r.steps, step{s.file.shown.Columns[at].Name, next})
	}
	flush()
	return r
}

// shape is that of a column as JSON; nil: as the file has it.
func (r *reader) shape(at int) *shaped {
	if r.options.Shapes == nil || r.options.Shapes[at] == nil {
		return nil
	}
	shape, err := newShaped(r.file.fields[at], r.options.Shapes[at], r.file.shown.Identified())
	if err != nil && r.failed == nil {
		r.failed = fmt.Errorf("column %s: %w", r.file.shown.Columns[at].Name, err)
	}
	return shape
}

// Next implements files.Reader.
func (r *reader) Next(ctx context.Context) ([]arrow.Array, int, error) {
	if r.failed != nil {
		return nil, 0, r.file.corrupt(r.failed)
	}
	for _, v := range r.vectors {
		v.builder.Reserve(r.options.BatchRows)
		v.bytes = 0
	}
	rows := 0
	for rows < r.options.BatchRows && !r.full() {
		if r.left == 0 {
			if err := r.advance(ctx); err == io.EOF {
				break
			} else if err != nil {
				return nil, 0, err
			}
			continue
		}
		n, err := r.decode(int(min(r.left, int64(r.options.BatchRows-rows))))
		if err != nil {
			return nil, 0, r.file.corrupt(err)
		}
		rows += n
		r.left -= int64(n)
	}
	if rows == 0 {
		return nil, 0, io.EOF
	}
	out := make([]arrow.Array, len(r.vectors))
	for i, v := range r.vectors {
		out[i] = v.builder.NewArray()
		if v.lost && r.options.Unrepresentable != nil {
			r.options.Unrepresentable(v.name)
		}
		v.lost = false
	}
	return out, rows, nil
}

// full reports a batch of as many bytes as one may have.
func (r *reader) full() bool {
	bytes := int64(0)
	for _, v := range r.vectors {
		bytes += v.bytes
	}
	return bytes >= batchBytes
}

// fewRows is after how many rows the size of a batch is looked at.
const fewRows = 16

// decode reads up to n of the block's rows, fewer where they are large, and returns how many these are.
func (r *reader) decode(n int) (int, error) {
	if len(r.steps) == 0 {
		return n, nil
	}
	c := &r.cursor
	for row := range n {
		for i := range r.steps {
			if r.steps[i].read(c); c.err != nil {
				err := c.err
				if name := r.steps[i].name; name != "" {
					err = fmt.Errorf("column %s: %w", name, err)
				}
				return 0, inBlock(r.block.at, fmt.Errorf("row %d: %w", r.block.rows-r.left+int64(row), err))
			}
		}
		if row%fewRows == fewRows-1 && r.full() {
			return row + 1, nil
		}
	}
	if int64(n) == r.left && c.at != len(c.data) {
		return 0, inBlock(r.block.at, fmt.Errorf("%d bytes follow its rows", len(c.data)-c.at))
	}
	return n, nil
}

// advance goes to the next block; io.EOF at the end.
func (r *reader) advance(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for r.chunk == nil || len(r.chunk.blocks) == 0 {
		if r.chunk != nil {
			r.chunk.Release()
			r.chunk = nil
		}
		if r.cutter == nil {
			return io.EOF
		}
		k, err := r.cutter.chunk(ctx)
		if err != nil {
			return err
		}
		r.chunk = k
	}
	r.block, r.chunk.blocks = r.chunk.blocks[0], r.chunk.blocks[1:]
	r.left = r.block.rows
	if len(r.steps) == 0 {
		if err := r.file.holds(r.left, mostRoom(int64(r.block.to-r.block.from))); err != nil {
			return r.file.corrupt(inBlock(r.block.at, err))
		}
		return nil
	}
	data, room, err := r.file.decompress(r.room, r.chunk.data[r.block.from:r.block.to], r.options.Scratch)
	r.room = room
	if err == nil {
		err = r.file.holds(r.left, int64(len(data)))
	}
	if err != nil {
		return r.file.corrupt(inBlock(r.block.at, err))
	}
	r.cursor = cursor{data: data}
	return nil
}

// holds says why a block can't have so many rows in so many bytes.
func (f *file) holds(rows, bytes int64) error {
	least := f.schema.least
	if least > 0 && rows > bytes/least || least == 0 && rows > max(bytes, mostEmpty) {
		return fmt.Errorf("%d rows in %d bytes", rows, bytes)
	}
	return nil
}

// Close implements files.Reader.
func (r *reader) Close() {
	if r.chunk != nil {
		r.chunk.Release()
		r.chunk = nil
	}
	if r.cutter != nil {
		r.cutter.close()
	}
	if r.room != nil {
		r.options.Scratch.Free(r.room)
		r.room = nil
	}
	for _, v := range r.vectors {
		v.builder.Release()
	}
	r.vectors, r.steps, r.left = nil, nil, 0
}
