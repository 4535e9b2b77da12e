package parquet

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/silogate/silogate/engine/bufpool"
)

// encoded is text that stays in its dictionary: a vector is dictionary-encoded where the values lie so in the file, most
// of a window is wanted and it pays; else it is plain. The encoded vectors of a chunk share one dictionary.
type encoded struct {
	*text
	dtype *arrow.DictionaryType
	rows  int64       // of the chunk
	batch int         // rows of a vector, at most
	dict  *array.Data // made with the first encoded vector
}

func newEncoded(t *text, rows int64, batch int) *encoded {
	dtype := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: t.dtype}
	return &encoded{text: t, dtype: dtype, rows: rows, batch: batch}
}

// fewRepeats is how many rows an entry of the dictionary must stand for on average, so that what consumers find out once for
// an entry is worth it.
const fewRepeats = 4

// ready reports whether the next values lie in a dictionary that pays and whose entries a batch of plain values has room for.
func (c *encoded) ready(ctx context.Context) (bool, error) {
	if err := c.settle(ctx, c.text); err != nil {
		return false, err
	}
	if err := c.turn(ctx, c.text); err != nil {
		return false, err
	}
	return c.coded && int64(c.entries())*fewRepeats <= c.rows && c.text.dict.longest*c.batch <= c.limit, nil
}

func (c *encoded) next(ctx context.Context, n int) (arrow.Array, error) {
	ok, err := c.ready(ctx)
	if err != nil {
		return nil, err
	}
	if !ok {
		return c.text.next(ctx, n)
	}
	codes, err := c.read(ctx, n)
	if err != nil {
		return nil, err
	}
	return c.vector(codes), nil
}

func (c *encoded) pick(ctx context.Context, n int, sel []int32) (arrow.Array, int, error) {
	if len(sel)*sparse <= n { // pages without one of them are not looked at
		return c.text.pick(ctx, n, sel)
	}
	ok, err := c.ready(ctx)
	if err != nil {
		return nil, 0, err
	}
	if !ok {
		return c.text.pick(ctx, n, sel)
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
		entries := c.text.dict.array(c.text.dtype, &validity{mem: c.mem, rows: c.entries()})
		defer entries.Release()
		c.dict = entries.Data().(*array.Data)
		c.dict.Retain()
	}
	valid := &validity{mem: c.mem, rows: len(codes)}
	buf := bufpool.NewBuffer(c.mem, 4*len(codes))
	out, null := cast[uint32](buf.Bytes()), uint32(c.entries())
	for i, ix := range codes {
		if ix == null {
			valid.clear(i)
			ix = 0
		}
		out[i] = ix
	}
	return finishIn(c.dict, c.dtype, valid, buf)
}

func (c *encoded) close() {
	c.text.close()
	if c.dict != nil {
		c.dict.Release()
		c.dict = nil
	}
}
