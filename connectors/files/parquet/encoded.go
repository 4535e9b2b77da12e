package parquet

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/bufpool"
)

// encodable is a decoder whose values may stay in their dictionary.
type encodable interface {
	coded
	form
	column() *flat
	// pays reports whether the entries are worth it to consumers, each of which stands for rows/entries rows on average, in
	// vectors of so many rows at most.
	pays(rows int64, batch int) bool
}

// fewRepeats is how many rows an entry of the dictionary must stand for on average, so that what consumers find out once for
// an entry is worth it.
const fewRepeats = 4

func repeats(entries int, rows int64) bool { return int64(entries)*fewRepeats <= rows }

func (c *flat) column() *flat { return c }

// pays is also that a vector of plain values has room for the entries.
func (c *text) pays(rows int64, batch int) bool {
	return repeats(c.entries(), rows) && c.dict.longest*batch <= c.limit
}

// pays is never so of values that are looked at one by one.
func (c *fixed[O]) pays(rows int64, _ int) bool { return c.drop == nil && repeats(c.entries(), rows) }

// encoded is a column that stays in its dictionary: a vector is dictionary-encoded where the values lie so in the file, most
// of a window is wanted and it pays; else it is plain. The encoded vectors of a chunk share one dictionary.
type encoded struct {
	encodable
	dtype *arrow.DictionaryType
	rows  int64       // of the chunk
	batch int         // rows of a vector, at most
	dict  arrow.Array // made with the first encoded vector
}

func newEncoded(d encodable, rows int64, batch int) *encoded {
	dtype := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: d.column().dtype}
	return &encoded{encodable: d, dtype: dtype, rows: rows, batch: batch}
}

// ready reports whether the next values lie in a dictionary that pays.
func (c *encoded) ready(ctx context.Context) (bool, error) {
	f := c.column()
	if err := f.settle(ctx, c.encodable); err != nil {
		return false, err
	}
	if err := f.turn(ctx, c.encodable); err != nil {
		return false, err
	}
	return f.coded && c.pays(c.rows, c.batch), nil
}

func (c *encoded) next(ctx context.Context, n int) (arrow.Array, error) {
	ok, err := c.ready(ctx)
	if err != nil {
		return nil, err
	}
	if !ok {
		return c.encodable.next(ctx, n)
	}
	codes, err := c.read(ctx, n)
	if err != nil {
		return nil, err
	}
	return c.vector(codes), nil
}

func (c *encoded) pick(ctx context.Context, n int, sel []int32) (arrow.Array, int, error) {
	if len(sel)*sparse <= n { // pages without one of them are not looked at
		return c.encodable.pick(ctx, n, sel)
	}
	ok, err := c.ready(ctx)
	if err != nil {
		return nil, 0, err
	}
	if !ok {
		return c.encodable.pick(ctx, n, sel)
	}
	codes, err := c.read(ctx, n)
	if err != nil {
		return nil, 0, err
	}
	picked := codes[:below(sel, len(codes))]
	for i := range picked { // sel ascends, so that nothing is overwritten before it is read
		picked[i] = codes[sel[i]]
	}
	return c.vector(picked), len(codes), nil
}

// vector makes a vector of indices.
func (c *encoded) vector(codes []uint32) arrow.Array {
	if c.dict == nil {
		all := c.dictionary()
		defer all.Release()
		c.dict = array.NewSlice(all, 0, int64(c.entries())) // without the NULL
	}
	mem := c.column().mem
	valid := &validity{mem: mem, rows: len(codes)}
	buf := bufpool.NewBuffer(mem, 4*len(codes))
	out, null := cast[uint32](buf.Bytes()), uint32(c.entries())
	copy(out, codes)
	if c.column().pages.optional {
		for i, ix := range codes {
			if ix == null {
				valid.clear(i)
				out[i] = 0
			}
		}
	}
	return finishIn(c.dict.Data().(*array.Data), c.dtype, valid, buf)
}

func (c *encoded) close() {
	c.encodable.close()
	if c.dict != nil {
		c.dict.Release()
		c.dict = nil
	}
}
