package mysql

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
)

const (
	mostEntries = 512 << 10 // bytes of the cells of a dictionary: where there are more, those of the rows are made
	keptEntries = 4 << 20   // bytes of all that are kept: each stream of a scan is at dictionaries of its own
	entriesCost = 1 << 10   // about what is kept beside cells
)

// entries are the cells of a dictionary's entries: they are made once, whatever they are made of, and copied for each row.
type entries struct {
	of     arrow.ArrayData // the dictionary, of which it is held that no other one has its address
	column int
	starts []int32 // of each entry's cell, and where the last one ends
	cells  []byte
	large  bool // they were not made
}

func (e *entries) size() int { return len(e.cells) + 4*len(e.starts) + entriesCost }

// coded sets the cells of a vector with a dictionary.
func (f *formatter) coded(c *column, at int, d *array.Dictionary, col plan.Column) error {
	e, err := f.entriesOf(at, d, col)
	if err != nil {
		return err
	}
	if !e.large {
		c.cells = e.cellsAt(d.Indices().(*array.Int32).Int32Values())
		return nil
	}
	if c.plain, err = kernel.Plain(memory.DefaultAllocator, d); err != nil {
		return err
	}
	c.cells, err = f.cellsOf(c.plain, col, &c.ready)
	return err
}

// entriesOf returns the entries of a vector's dictionary, which those before it may have had, too.
func (f *formatter) entriesOf(at int, d *array.Dictionary, col plan.Column) (*entries, error) {
	of := d.Data().Dictionary()
	for _, e := range f.kept {
		if e.of == of && e.column == at {
			return e, nil
		}
	}
	e := &entries{of: of, column: at}
	if err := f.makeEntries(e, d.Dictionary(), col); err != nil {
		return nil, err
	}
	f.kept = append(f.kept, e)
	size := 0
	for _, k := range f.kept {
		size += k.size()
	}
	for ; size > keptEntries; f.kept = f.kept[1:] {
		size -= f.kept[0].size()
	}
	return e, nil
}

// makeEntries goes through a dictionary as send does through a batch.
func (f *formatter) makeEntries(e *entries, values arrow.Array, col plan.Column) error {
	var ready arena
	c, err := f.cellsOf(values, col, &ready)
	if err != nil {
		return err
	}
	f.resize(min(values.Len(), windowRows))
	e.starts = make([]int32, 1, values.Len()+1)
	for first := 0; first < values.Len(); {
		rows := f.every[:min(values.Len()-first, windowRows)]
		clear(f.sizes)
		rows = rows[:c.measure(first, rows, f.sizes)]
		end := len(e.cells)
		for _, r := range rows {
			f.at[r] = end
			end += f.sizes[r]
			e.starts = append(e.starts, int32(end))
		}
		if end > mostEntries {
			e.starts, e.cells, e.large = nil, nil, true
			return nil
		}
		e.cells = append(e.cells, make([]byte, end-len(e.cells))...)
		c.write(e.cells, first, rows, f.at)
		first += len(rows)
	}
	return nil
}

// cellsAt returns the cells of rows by the entries that they refer to.
func (e *entries) cellsAt(codes []int32) cells {
	n := len(e.starts) - 1
	if n == 0 {
		return coded{codes, e.starts, e.cells}
	}
	size := int(e.starts[1])
	for i, start := range e.starts {
		if int(start) != i*size {
			return coded{codes, e.starts, e.cells}
		}
	}
	return even{codes, size, e.cells}
}

// even are cells that all have the same size, as those of dates and of identifiers have: it need not be looked up.
type even struct {
	codes []int32
	size  int
	cells []byte
}

// measure implements cells.
func (c even) measure(_ int, rows, sizes []int) int {
	for _, r := range rows {
		sizes[r] += c.size
	}
	return len(rows)
}

// write implements cells.
func (c even) write(dst []byte, first int, rows, at []int) {
	codes, n := c.codes[first:], c.size
	switch {
	case n == 2: // a digit, or a flag
		for _, r := range rows {
			binary.LittleEndian.PutUint16(dst[at[r]:], binary.LittleEndian.Uint16(c.cells[2*int(codes[r]):]))
			at[r] += n
		}
	case n >= 8 && n <= 16:
		for _, r := range rows {
			putWords(dst[at[r]:][:n], c.cells[int(codes[r])*n:][:n])
			at[r] += n
		}
	default:
		for _, r := range rows {
			put(dst[at[r]:], c.cells[int(codes[r])*n:][:n])
			at[r] += n
		}
	}
}

// coded are the cells of rows by the entries that they refer to.
type coded struct {
	codes  []int32
	starts []int32
	cells  []byte
}

// measure implements cells.
func (c coded) measure(first int, rows, sizes []int) int {
	codes := c.codes[first:]
	for _, r := range rows {
		at := c.starts[codes[r]:][:2]
		sizes[r] += int(at[1] - at[0])
	}
	return len(rows)
}

// write implements cells.
func (c coded) write(dst []byte, first int, rows, at []int) {
	codes := c.codes[first:]
	for _, r := range rows {
		entry := c.starts[codes[r]:][:2]
		cell := c.cells[entry[0]:entry[1]]
		put(dst[at[r]:], cell)
		at[r] += len(cell)
	}
}

// putWords copies 8 to 16 bytes.
func putWords(dst, src []byte) {
	binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src))
	binary.LittleEndian.PutUint64(dst[len(src)-8:], binary.LittleEndian.Uint64(src[len(src)-8:]))
}

// put copies to dst: words that may overlap cost less than a call for a few bytes.
func put(dst, src []byte) {
	switch n := len(src); {
	case n > 16:
		copy(dst, src)
	case n >= 8:
		putWords(dst[:n], src)
	case n >= 4:
		dst = dst[:n]
		binary.LittleEndian.PutUint32(dst, binary.LittleEndian.Uint32(src))
		binary.LittleEndian.PutUint32(dst[n-4:], binary.LittleEndian.Uint32(src[n-4:]))
	case n >= 2:
		dst = dst[:n]
		binary.LittleEndian.PutUint16(dst, binary.LittleEndian.Uint16(src))
		dst[n-1] = src[n-1]
	case n == 1:
		dst[0] = src[0]
	}
}
