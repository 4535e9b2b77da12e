package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/exec/agg"
)

// aggEval computes an aggregate over frames.
type aggEval struct {
	rt             *Runtime
	f              WindowFunc
	moving         agg.Moving
	frame          *frames
	running        agg.Running    // moving, if it is one
	collecting     agg.Collecting // moving, if it is one
	widest         *widestText    // of a text that is one of the frame's; nil: it is none
	added, dropped *argsCursor    // dropped is nil where no frame loses its first row
	from, to       int64          // the frame that moving is of
	args           []arrow.Array
	share          windowShare
}

func (e *aggEval) width() int64 {
	switch {
	case e.collecting != nil: // the frame may come to be all rows
		return e.collecting.Held() + e.share.log.sizeFrom(e.to, e.f.Args)
	case e.widest != nil:
		return e.widest.bytes
	}
	return 0
}

func (e *aggEval) eval(ctx context.Context, c *windowChunk) (arrow.Array, error) {
	from, to, err := e.frame.of(ctx, c)
	if err != nil {
		return nil, err
	}
	same := 0 // rows with the frame of the last, whose value is not noted yet
	for i := 0; i < len(from); {
		start, end := from[i], max(to[i], from[i])
		if n := e.grows(c, from[i:], to[i:], i); n > 0 {
			e.moving.Append(same)
			same = 0
			e.args = e.columns(e.args, c.batch)
			e.running.Run(e.args, i, i+n)
			i += n
			e.to = c.start + int64(i)
			continue
		}
		if i == 0 || start != e.from || end != e.to {
			e.moving.Append(same)
			same = 0
			if err := e.move(ctx, start, end); err != nil {
				return nil, err
			}
		}
		same++
		i++
	}
	e.moving.Append(same)
	e.added.cursor.done(e.to)
	if e.dropped != nil {
		e.dropped.cursor.done(e.from)
	}
	return e.moving.Take(e.rt.Mem)
}

// grows returns for how many rows of the chunk, from the i-th on, the frame only takes in the row itself.
func (e *aggEval) grows(c *windowChunk, from, to []int64, i int) int {
	row := c.start + int64(i)
	if e.running == nil || e.to != row || e.from == e.to {
		return 0
	}
	n := 0
	for n < len(from) && from[n] == e.from && to[n] == row+1 {
		n, row = n+1, row+1
	}
	return n
}

// move makes the frame [from, to), which neither begins nor ends before the last.
func (e *aggEval) move(ctx context.Context, from, to int64) error {
	if from >= e.to {
		e.moving.Restart()
		e.from, e.to = from, from
	}
	if err := e.pass(ctx, e.added, e.to, to, e.moving.Add); err != nil {
		return err
	}
	e.to = to
	if e.dropped != nil {
		if err := e.pass(ctx, e.dropped, e.from, from, e.moving.Drop); err != nil {
			return err
		}
	}
	e.from = from
	return nil
}

// pass calls do with rows [row, end), page by page.
func (e *aggEval) pass(ctx context.Context, at *argsCursor, row, end int64, do func([]arrow.Array, int, int)) error {
	for row < end {
		turned, err := at.cursor.at(ctx, row)
		if err != nil {
			return err
		}
		page := at.cursor.page
		if turned {
			at.args = e.columns(at.args, page.batch)
			if err := e.share.set(e.moving.Bytes()); err != nil {
				return err
			}
		}
		stop := min(end, page.end)
		do(at.args, int(row-page.start), int(stop-page.start))
		row = stop
	}
	return nil
}

// columns are the function's arguments in a batch.
func (e *aggEval) columns(out []arrow.Array, batch arrow.RecordBatch) []arrow.Array {
	out = out[:0]
	for _, a := range e.f.Args {
		out = append(out, batch.Column(a))
	}
	return out
}

// argsCursor is a cursor with the arguments in its page.
type argsCursor struct {
	cursor *windowCursor
	args   []arrow.Array
}

func (e *aggEval) release() { e.share.free() }
