package text

import (
	"bytes"
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// reader decodes the blocks of a section, or one of them.
type reader struct {
	file    *File
	options files.Options
	cutter  *cutter // nil: there is only the block of now
	block   *block
	at      int   // in the block's data
	line    int64 // of the record there
	failed  error // of the row after those that were yielded last

	grid    *Grid
	wanted  []*column // those of the section
	checked []*column // wanted ones, each once, and those that decide which rows there are
}

func newReader(f *File, columns []int, c *cutter, b *block, o files.Options) *reader {
	r := &reader{file: f, options: o, cutter: c, block: b}
	if b != nil {
		r.line = b.line
	}
	needed := columns
	if f.policy == files.BadRowsSkip { // the rows must not depend on what is read of them
		needed = nil
		for i := range f.shown.Columns {
			needed = append(needed, i)
		}
	}
	r.grid = newGrid(len(f.shown.Columns), needed, o.BatchRows)
	made := make(map[int]*column)
	for _, at := range needed {
		if made[at] == nil {
			made[at] = newColumn(f, at, r.grid.At[at], o)
			r.checked = append(r.checked, made[at])
		}
	}
	for _, at := range columns {
		r.wanted = append(r.wanted, made[at])
	}
	return r
}

func newColumn(f *File, at, place int, o files.Options) *column {
	c := f.shown.Columns[at]
	out := &column{name: c.Name, typ: c.Type, place: place, syntax: f.syntax, width: types.W64}
	if at < len(o.Types) && o.Types[at].Kind != types.Null {
		out.typ = o.Types[at]
	}
	if out.typ.Kind == types.Null {
		out.typ = types.Of(types.Text)
	}
	return out
}

// Next implements files.Reader.
func (r *reader) Next(ctx context.Context) ([]arrow.Array, int, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		if r.failed != nil {
			return nil, 0, r.failed
		}
		if r.block == nil || r.at == len(r.block.data) {
			if err := r.advance(ctx); err != nil {
				return nil, 0, err
			}
		}
		arrays, rows := r.decode()
		if rows > 0 {
			return arrays, rows, nil
		}
		release(arrays) // of rows that were all left out
	}
}

// advance goes to the next block.
func (r *reader) advance(ctx context.Context) error {
	if r.block != nil {
		r.block.Release()
		r.block = nil
	}
	if r.cutter == nil {
		return io.EOF
	}
	b, err := r.cutter.next(ctx)
	if err != nil {
		return err
	}
	r.block, r.at, r.line = b, 0, b.line
	return nil
}

// decode converts the next records.
func (r *reader) decode() ([]arrow.Array, int) {
	data := r.block.data[r.at:]
	r.grid.reset()
	n := r.file.syntax.Records(data, r.grid)
	data = data[:n]
	line := r.line
	r.at += n
	r.line += int64(bytes.Count(data, newline))
	r.malformed(line)
	if r.grid.other != "" && r.options.Unknown != nil {
		r.options.Unknown(r.grid.other)
	}
	b := &batch{mem: r.options.Memory, data: data, grid: r.grid}
	arrays := r.convert(b, line)
	out := make([]arrow.Array, len(r.wanted))
	for i, c := range r.wanted {
		for j, other := range r.checked {
			if c == other {
				arrays[j].Retain()
				out[i] = arrays[j]
			}
		}
	}
	release(arrays)
	return out, r.grid.rows
}

// fail ends the batch before a row, which the next call of Next fails with: a small LIMIT need not reach it.
func (r *reader) fail(row int, what files.Rejection) {
	r.grid.rows, r.failed = row, what.Err()
}

// malformed treats rows that are none.
func (r *reader) malformed(line int64) {
	g := r.grid
	if len(g.bad) == 0 {
		return
	}
	drop := make(map[int]bool)
	for row := range g.rows {
		why := g.bad[row]
		if why == "" {
			continue
		}
		what := files.Rejection{
			Location: r.file.shown.Location, Line: line + int64(g.lines[row]), Why: why, Dropped: r.file.policy == files.BadRowsSkip,
		}
		if r.file.policy == files.BadRowsFail {
			r.fail(row, what)
			return
		}
		drop[row] = true
		r.reject(what)
	}
	if r.file.policy == files.BadRowsSkip {
		g.drop(drop)
	}
}

// convert converts the checked columns and treats cells that have no value of their column's type.
func (r *reader) convert(b *batch, line int64) []arrow.Array {
	arrays := make([]arrow.Array, len(r.checked))
	for i, c := range r.checked {
		arrays[i] = c.array(b)
		if c.lost && r.options.Unrepresentable != nil {
			r.options.Unrepresentable(c.name)
		}
		c.lost = false
	}
	if len(b.rejected) == 0 {
		return arrays
	}
	drop := make(map[int]bool)
	first := b.rejected[0]
	for _, x := range b.rejected {
		if x.row < first.row {
			first = x
		}
		if r.file.policy == files.BadRowsNull || r.file.policy == files.BadRowsSkip && !drop[x.row] {
			r.reject(r.rejection(b, x, line))
		}
		drop[x.row] = true
	}
	switch r.file.policy {
	case files.BadRowsNull:
		return arrays
	case files.BadRowsFail:
		r.fail(first.row, r.rejection(b, first, line))
	case files.BadRowsSkip:
		b.grid.drop(drop)
	}
	release(arrays)
	return r.convert(&batch{mem: b.mem, data: b.data, grid: b.grid}, line)
}

func (r *reader) rejection(b *batch, x rejected, line int64) files.Rejection {
	cell := b.grid.cell(x.row, x.column.place)
	return files.Rejection{
		Location: r.file.shown.Location, Line: line + int64(b.grid.lines[x.row]), Column: x.column.name, Type: x.column.typ,
		Value: files.Shown(b.data[cell.From:cell.To]), Dropped: r.file.policy == files.BadRowsSkip,
	}
}

func (r *reader) reject(what files.Rejection) {
	if r.options.Rejected != nil {
		r.options.Rejected(what)
	}
}

// Close implements files.Reader.
func (r *reader) Close() {
	if r.block != nil {
		r.block.Release()
		r.block = nil
	}
	if r.cutter != nil {
		r.cutter.close()
	}
}

func release(arrays []arrow.Array) {
	for _, a := range arrays {
		a.Release()
	}
}
