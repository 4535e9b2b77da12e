package mysql

import (
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

const (
	windowRows = 256      // are measured, then written: what is written stays in a core's cache, column after column
	blockSize  = 64 << 10 // as many of them as have that many bytes together, or one row
)

// formatter turns batches of a schema into rows of the text or the binary protocol (Text Resultset Row, Binary Protocol Resultset Row).
//
// It goes through a window of rows twice, column by column: all cells are measured, which says where each will lie, and then written there.
// A loop over the values of one kind costs less than a call for each.
type formatter struct {
	schema  plan.Schema
	binary  bool
	clock   clock
	recode  recode // of texts; nil: they stay UTF-8
	columns []column
	kept    []*entries // the newest last

	// Of a window, by its rows:
	sizes  []int // bytes of the row
	starts []int // where the row starts
	at     []int // where its next cell goes

	every, present, absent []int // rows
}

// column is that of a batch.
type column struct {
	cells  cells
	nulls  []byte      // the validity bitmap; nil: none is NULL
	offset int         // of the bitmap's first row
	all    bool        // every one is NULL
	plain  arrow.Array // what the cells are of, in place of the batch's own vector; nil: that
	ready  arena
}

func (c *column) null(row int) bool {
	return c.all || c.nulls != nil && !bitutil.BitIsSet(c.nulls, c.offset+row)
}

// newFormatter returns a formatter that shows instants in loc.
func newFormatter(schema plan.Schema, loc *time.Location, binary bool, to recode) *formatter {
	return &formatter{schema: schema, binary: binary, clock: clock{loc: loc}, recode: to, columns: make([]column, len(schema))}
}

// format returns the rows of a batch, which must not be released while they are written. They end with the next call.
func (f *formatter) format(batch arrow.RecordBatch) (page, error) {
	if int(batch.NumCols()) != len(f.schema) {
		return page{}, sqlerr.New(sqlerr.Internal, "a batch has %d columns, its schema %d", batch.NumCols(), len(f.schema))
	}
	for i, col := range f.schema {
		if err := f.column(i, batch.Column(i), col); err != nil {
			f.release()
			return page{}, fmt.Errorf("column %s: %w", col.Name, err)
		}
	}
	rows := int(batch.NumRows())
	f.resize(min(rows, windowRows))
	return page{rows: rows, write: f.send, release: func() { f.release(); batch.Release() }}, nil
}

// release frees what was made of a batch.
func (f *formatter) release() {
	for i := range f.columns {
		if c := &f.columns[i]; c.plain != nil {
			c.plain.Release()
			c.plain = nil
		}
	}
}

func (f *formatter) column(at int, arr arrow.Array, col plan.Column) (err error) {
	c := &f.columns[at]
	_, all := arr.(*array.Null)
	*c = column{all: all, ready: c.ready}
	if all {
		return nil
	}
	if arr.NullN() > 0 {
		c.nulls, c.offset = arr.NullBitmapBytes(), arr.Data().Offset()
	}
	if d, ok := arr.(*array.Dictionary); ok {
		return f.coded(c, at, d, col)
	}
	c.cells, err = f.cellsOf(arr, col, &c.ready)
	return err
}

func (f *formatter) cellsOf(arr arrow.Array, col plan.Column, ready *arena) (cells, error) {
	if c := f.cells(arr, col.Type, ready); c != nil {
		return c, nil
	}
	return nil, sqlerr.New(sqlerr.Internal, "a vector of %s can't be sent as %s", arr.DataType(), col.Type)
}

func (f *formatter) resize(rows int) {
	for i := len(f.every); i < rows; i++ {
		f.every = append(f.every, i)
	}
	f.sizes = slices.Grow(f.sizes[:0], rows)[:rows]
	f.starts = slices.Grow(f.starts[:0], rows)[:rows]
	f.at = slices.Grow(f.at[:0], rows)[:rows]
}

// send writes rows as packets.
func (f *formatter) send(out *wire.Conn, from, to, longest int) error {
	for from < to {
		n := f.measure(from, to)
		for i := 0; i < n; {
			if f.sizes[i] > longest {
				return tooLong(f.sizes[i], longest)
			}
			end := f.block(i, n, longest)
			if err := f.sendBlock(out, from, i, end); err != nil {
				return err
			}
			i = end
		}
		from += n
	}
	return nil
}

// block returns where the block ends that starts at row i of a window of n rows. A row that is too long is in none.
func (f *formatter) block(i, n, longest int) (end int) {
	size := f.sizes[i]
	for end = i + 1; end < n && f.sizes[end] <= min(blockSize-size, longest); end++ {
		size += f.sizes[end]
	}
	return end
}

// sendBlock writes rows i to end of the window that starts at row first.
func (f *formatter) sendBlock(out *wire.Conn, first, i, end int) error {
	if end > i+1 {
		f.write(out.Packets(f.sizes[i:end], f.at[i:end]), first, i, end)
		return out.EndPackets()
	}
	buf := out.Begin() // one row may be longer than a packet
	f.at[i] = len(buf)
	buf = slices.Grow(buf, f.sizes[i])[:len(buf)+f.sizes[i]]
	f.write(buf, first, i, end)
	return out.End(buf)
}

// measure sets the sizes of the window that starts at row first of the batch, and returns how many rows that has, up to row last.
func (f *formatter) measure(first, last int) int {
	n := min(last-first, windowRows)
	header := 0
	if f.binary {
		header = binaryHeader(len(f.columns))
	}
	for i := range f.sizes[:n] {
		f.sizes[i] = header
	}
	for i := range f.columns {
		c := &f.columns[i]
		present, absent := f.split(c, first, 0, n)
		if !f.binary {
			for _, r := range absent {
				f.sizes[r]++
			}
		}
		if len(present) == 0 {
			continue
		}
		if taken := c.cells.measure(first, present, f.sizes); taken < len(present) {
			n = present[taken]
		}
	}
	return n
}

// write writes rows i to end of the window that starts at row first to where they go in dst.
func (f *formatter) write(dst []byte, first, i, end int) {
	if f.binary {
		header := binaryHeader(len(f.columns))
		for r := i; r < end; r++ {
			clear(dst[f.at[r]:][:header])
			f.starts[r] = f.at[r]
			f.at[r] += header
		}
	}
	for col := range f.columns {
		c := &f.columns[col]
		present, absent := f.split(c, first, i, end)
		for _, r := range absent {
			if f.binary {
				setNull(dst[f.starts[r]+1:], col)
				continue
			}
			dst[f.at[r]] = wire.NullText
			f.at[r]++
		}
		if len(present) > 0 {
			c.cells.write(dst, first, present, f.at)
		}
	}
}

// split returns which of rows i to end of the window that starts at row first have a value in a column, and which have none.
func (f *formatter) split(c *column, first, i, end int) (present, absent []int) {
	if c.nulls == nil && !c.all {
		return f.every[i:end], nil
	}
	f.present, f.absent = f.present[:0], f.absent[:0]
	for r := i; r < end; r++ {
		if c.null(first + r) {
			f.absent = append(f.absent, r)
		} else {
			f.present = append(f.present, r)
		}
	}
	return f.present, f.absent
}

// binaryHeader is how many bytes are before a binary row's values: a zero, and the bitmap of its NULLs, whose first two bits are unused.
func binaryHeader(columns int) int { return 1 + (columns+2+7)/8 }

// beginBinaryRow appends what is before a binary row's values, and returns where the bitmap of its NULLs starts.
func beginBinaryRow(dst []byte, columns int) ([]byte, int) {
	at := len(dst) + 1
	return append(dst, make([]byte, binaryHeader(columns))...), at
}

func setNull(nulls []byte, column int) {
	const unusedBits = 2
	nulls[(column+unusedBits)/8] |= 1 << ((column + unusedBits) % 8)
}
