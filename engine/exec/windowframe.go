package exec

import (
	"bytes"
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
)

// frames computes the frames of rows, chunk by chunk: they begin at a row and end before another. Neither ever goes back.
type frames struct {
	frame      WindowFrame
	start, end *valueBound // of bounds by value
	from, to   []int64
}

func (w *window) newFrames(f WindowFrame) *frames {
	fr := &frames{frame: f}
	if f.Start.Kind == plan.Value {
		fr.start = w.newValueBound(f.Start, false)
	}
	if f.End.Kind == plan.Value {
		fr.end = w.newValueBound(f.End, true)
	}
	return fr
}

// of returns the first row of each frame, and the one behind its last; of an empty frame that is no larger.
func (f *frames) of(ctx context.Context, c *windowChunk) (from, to []int64, err error) {
	if from, err = f.starts(ctx, c); err != nil {
		return nil, nil, err
	}
	to, err = f.ends(ctx, c)
	return from, to, err
}

func (f *frames) starts(ctx context.Context, c *windowChunk) ([]int64, error) {
	switch b := f.frame.Start; b.Kind {
	case plan.Peers:
		return c.firstPeer, nil
	case plan.CurrentRow:
		f.from = f.around(f.from, c, b.Rows, 0)
		return f.from, nil
	case plan.Value:
		return f.start.of(ctx, c)
	}
	return c.first, nil
}

func (f *frames) ends(ctx context.Context, c *windowChunk) ([]int64, error) {
	switch b := f.frame.End; b.Kind {
	case plan.Peers:
		return c.peerEnds(), nil
	case plan.CurrentRow:
		f.to = f.around(f.to, c, b.Rows, 1)
		return f.to, nil
	case plan.Value:
		return f.end.of(ctx, c)
	}
	return c.ends(), nil
}

// around returns for each row the one so many rows from it, one more with plus 1, inside the partition.
func (f *frames) around(out []int64, c *windowChunk, rows, plus int64) []int64 {
	n := int(c.end - c.start)
	out = slices.Grow(out[:0], n)[:n]
	ends := c.last
	if rows > 0 {
		ends = c.ends()
	}
	for i := range out {
		at := c.start + int64(i)
		switch {
		case rows <= 0:
			out[i] = max(at+rows+plus, c.first[i])
		case rows >= ends[i]-at: // the sum might overflow
			out[i] = ends[i]
		default:
			out[i] = min(at+rows+plus, ends[i])
		}
	}
	return out
}

// valueBound finds the rows whose key has passed a bound.
type valueBound struct {
	bound  WindowBound
	end    bool
	cursor *windowCursor
	order  *rowkey.Order
	keys   rowKeys // of the cursor's page
	limits rowKeys // of the chunk
	row    int64   // the bound of the last frame
	out    []int64
}

func (w *window) newValueBound(b WindowBound, end bool) *valueBound {
	return &valueBound{bound: b, end: end, cursor: w.log.newCursor(), order: rowkey.NewOrder([]rowkey.Key{b.Order})}
}

func (v *valueBound) of(ctx context.Context, c *windowChunk) ([]int64, error) {
	n := int(c.end - c.start)
	v.out = slices.Grow(v.out[:0], n)[:n]
	limits, keys := c.batch.Column(v.bound.Limit), c.batch.Column(v.bound.Key)
	v.limits.text, v.limits.ends = v.order.Append(v.limits.text[:0], v.limits.ends[:0], []arrow.Array{limits}, n)
	ends := c.ends()
	for i := range v.out {
		v.row = max(v.row, c.first[i])
		endless := nullAt(limits, i) && !nullAt(keys, i)
		if err := v.advance(ctx, v.limits.key(int32(i)), endless, ends[i]); err != nil {
			return nil, err
		}
		v.out[i] = v.row
	}
	v.cursor.done(v.row)
	return v.out, nil
}

// advance moves the bound behind the rows that are before the limit, and, as an end, those at the limit. Without a limit,
// where the key has no such distant neighbour, it goes as far as there are rows, or no further than NULL keys.
func (v *valueBound) advance(ctx context.Context, limit []byte, endless bool, end int64) error {
	if endless && v.bound.Following {
		v.row = end
		return nil
	}
	for v.row < end {
		turned, err := v.cursor.at(ctx, v.row)
		if err != nil {
			return err
		}
		page := v.cursor.page
		if turned || len(v.keys.ends) == 0 {
			col := page.batch.Column(v.bound.Key)
			v.keys.text, v.keys.ends = v.order.Append(v.keys.text[:0], v.keys.ends[:0], []arrow.Array{col}, col.Len())
		}
		at := int32(v.row - page.start)
		if endless {
			if v.end || !nullAt(page.batch.Column(v.bound.Key), int(at)) {
				return nil
			}
		} else if order := bytes.Compare(v.keys.key(at), limit); order > 0 || order == 0 && !v.end {
			return nil
		}
		v.row++
	}
	return nil
}

func nullAt(a arrow.Array, i int) bool { return a.DataType().ID() == arrow.NULL || a.IsNull(i) }
