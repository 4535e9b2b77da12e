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
	added, dropped *windowCursor // dropped is nil where no frame loses its first row
	from, to       int64         // the frame that moving is of
	args           []arrow.Array
	share          windowShare
}

func (e *aggEval) eval(ctx context.Context, c *windowChunk) (arrow.Array, error) {
	from, to, err := e.frame.of(ctx, c)
	if err != nil {
		return nil, err
	}
	same := 0 // rows with the frame of the last, whose value is not noted yet
	for i, start := range from {
		end := max(to[i], start)
		if start == e.from && end == e.to && i > 0 {
			same++
			continue
		}
		e.moving.Append(same)
		same = 1
		if err := e.move(ctx, start, end); err != nil {
			return nil, err
		}
	}
	e.moving.Append(same)
	e.added.done(e.to)
	if e.dropped != nil {
		e.dropped.done(e.from)
	}
	return e.moving.Take(e.rt.Mem)
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
func (e *aggEval) pass(ctx context.Context, at *windowCursor, row, end int64, do func([]arrow.Array, int, int)) error {
	for row < end {
		if _, err := at.at(ctx, row); err != nil {
			return err
		}
		page := at.page
		e.args = e.args[:0]
		for _, a := range e.f.Args {
			e.args = append(e.args, page.batch.Column(a))
		}
		stop := min(end, page.end)
		do(e.args, int(row-page.start), int(stop-page.start))
		row = stop
		if row < end || e.moving.Bytes() > 2*e.share.held {
			if err := e.share.set(e.moving.Bytes()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *aggEval) release() { e.share.free() }
