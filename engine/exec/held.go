package exec

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
)

// heldBytes is the memory a batch keeps alive: the whole of its buffers, also where its rows are only a slice of them.
func heldBytes(batch arrow.RecordBatch) int64 {
	var n int64
	var parent *memory.Buffer // that the last slice of a buffer was of: a batch read from a file is slices of one
	for _, c := range batch.Columns() {
		for _, b := range c.Data().Buffers() {
			if b == nil {
				continue
			}
			if whole := root(b); whole != b {
				if whole == parent {
					continue
				}
				b, parent = whole, whole
			}
			n += int64(b.Cap())
		}
	}
	return n
}

// root returns the buffer that b is a slice of, or b.
func root(b *memory.Buffer) *memory.Buffer {
	for b.Parent() != nil {
		b = b.Parent()
	}
	return b
}

// paddingBytes is what the buffers of a column may take beyond its values for being rounded up.
const paddingBytes = 256

// keep returns the batch to hold where the rows of a borrowed one are kept, and the memory that takes. It is the batch
// itself, or a copy if it is so small a part of its buffers that it would keep much more than its rows alive.
func keep(mem memory.Allocator, batch arrow.RecordBatch) (arrow.RecordBatch, int64, error) {
	held, rows := heldBytes(batch), batchBytes(batch)
	if held <= rows+rows/2+paddingBytes*batch.NumCols() {
		batch.Retain()
		return batch, held, nil
	}
	cols := make([]arrow.Array, 0, batch.NumCols())
	defer func() { releaseArrays(cols) }()
	for _, c := range batch.Columns() {
		own, err := kernel.Concat(mem, []arrow.Array{c})
		if err != nil {
			return nil, 0, err
		}
		cols = append(cols, own)
	}
	out := array.NewRecordBatch(batch.Schema(), cols, batch.NumRows())
	return out, heldBytes(out), nil
}

// rowWidths tells how many bytes single rows of columns take.
type rowWidths struct {
	fixed int64
	texts [][]int32 // offsets
}

func widthsOf(columns []arrow.Array) rowWidths {
	var w rowWidths
	for _, c := range columns {
		switch a := c.(type) {
		case *array.String:
			w.fixed, w.texts = w.fixed+4, append(w.texts, a.ValueOffsets())
		case *array.Binary:
			w.fixed, w.texts = w.fixed+4, append(w.texts, a.ValueOffsets())
		default:
			if t, ok := c.DataType().(arrow.FixedWidthDataType); ok {
				w.fixed += int64(t.BitWidth()+7) / 8
			}
		}
	}
	return w
}

// of returns the bytes of one row.
func (w *rowWidths) of(row int32) int64 {
	n := w.fixed
	for _, t := range w.texts {
		n += int64(t[row+1] - t[row])
	}
	return n
}

// most returns the bytes of the widest of so many rows.
func (w *rowWidths) most(rows int) int64 {
	if len(w.texts) == 0 {
		return w.fixed
	}
	var most int64
	for i := range rows {
		most = max(most, w.of(int32(i)))
	}
	return most
}

// eachPiece calls do with one slice after the other of a borrowed batch: each of at most limit rows, and of about so
// many bytes unless it is a single row.
func eachPiece(batch arrow.RecordBatch, limit int, bytes int64, do func(arrow.RecordBatch) error) error {
	rows := int(batch.NumRows())
	if rows <= limit && batchBytes(batch) <= bytes {
		return do(batch)
	}
	widths := widthsOf(batch.Columns())
	for from := 0; from < rows; {
		to, size := from+1, widths.of(int32(from))
		for to < rows && to-from < limit {
			if size += widths.of(int32(to)); size > bytes {
				break
			}
			to++
		}
		piece := batch.NewSlice(int64(from), int64(to))
		err := do(piece)
		piece.Release()
		if err != nil {
			return err
		}
		from = to
	}
	return nil
}

// picks are rows of several batches, in the order in which they make a new one.
type picks struct {
	sources []arrow.RecordBatch // borrowed
	from    []int32             // by row: the source
	rows    []int32             // and the row of it
}

func (p *picks) reset() {
	clear(p.sources)
	p.sources, p.from, p.rows = p.sources[:0], p.from[:0], p.rows[:0]
}

// gather makes the batch; nothing but its rows is copied.
func (p *picks) gather(mem memory.Allocator, asm *assembler) (arrow.RecordBatch, error) {
	cols := make([]arrow.Array, 0, p.sources[0].NumCols())
	parts := make([]arrow.Array, len(p.sources))
	for c := range int(p.sources[0].NumCols()) {
		for i, s := range p.sources {
			parts[i] = s.Column(c)
		}
		col, err := kernel.Interleave(mem, parts, p.from, p.rows)
		if err != nil {
			releaseArrays(cols)
			return nil, err
		}
		cols = append(cols, col)
	}
	return asm.batch(cols, len(p.rows)), nil
}
