package exec

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
)

// pickEval computes the functions that are the value of another row: LAG, LEAD, FIRST_VALUE, LAST_VALUE and NTH_VALUE. The
// rows asked for never go back.
type pickEval struct {
	rt     *Runtime
	f      WindowFunc
	cursor *windowCursor
	frame  *frames
	widest *widestText

	rows []int64     // by row of the chunk: the row asked for, or one of the below
	held arrow.Array // the value of the last row that was asked for
	row  int64       // and the row
	// The values that are being gathered.
	parts []arrow.Array
	picks []int32
}

// Instead of a row.
const (
	pickNull    = -1
	pickDefault = -2
)

func (e *pickEval) width() int64 { return e.widest.bytes }

func (e *pickEval) eval(ctx context.Context, c *windowChunk) (arrow.Array, error) {
	low, err := e.locate(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() {
		releaseArrays(e.parts)
		e.parts = e.parts[:0]
	}()
	for i := 0; i < len(e.rows); {
		if i, err = e.gather(ctx, c, i); err != nil {
			return nil, err
		}
	}
	if e.held != nil {
		low = max(low, e.row+1)
		if s := e.f.Frame.Start.Kind; e.row == e.rows[len(e.rows)-1] && e.f.Func != plan.LastValue && (s == plan.Unbounded || s == plan.Peers) {
			low = c.end // the next rows ask for the held one, or for one of a later partition or group
		}
	}
	e.cursor.done(low)
	if len(e.parts) == 1 {
		e.parts[0].Retain()
		return e.parts[0], nil
	}
	return kernel.Concat(e.rt.Mem, e.parts)
}

// locate finds the rows asked for and returns a row before which none will be asked for.
func (e *pickEval) locate(ctx context.Context, c *windowChunk) (low int64, err error) {
	e.rows = e.rows[:0]
	missing := int64(pickNull)
	if len(e.f.Args) > 1 {
		missing = pickDefault
	}
	n := e.f.Count
	switch e.f.Func {
	case plan.Lag:
		for i, first := range c.first {
			at := c.start + int64(i)
			if n > at-first {
				e.rows = append(e.rows, missing)
			} else {
				e.rows = append(e.rows, at-n)
			}
		}
		return max(c.end-min(n, c.end), c.partition), nil
	case plan.Lead:
		for i, end := range c.ends() {
			at := c.start + int64(i)
			if n >= end-at {
				e.rows = append(e.rows, missing)
			} else {
				e.rows = append(e.rows, at+n)
			}
		}
		return c.end, nil
	}
	from, to, err := e.frame.of(ctx, c)
	if err != nil {
		return 0, err
	}
	for i := range from {
		at := from[i]
		switch {
		case from[i] >= to[i]:
			at = pickNull
		case e.f.Func == plan.LastValue:
			at = to[i] - 1
		case e.f.Func == plan.NthValue && n > to[i]-from[i]:
			at = pickNull
		case e.f.Func == plan.NthValue:
			at += n - 1
		}
		e.rows = append(e.rows, at)
	}
	return from[len(from)-1], nil
}

// gather takes the values of the rows from the i-th on that are in one page, or have none, and returns where it ended.
func (e *pickEval) gather(ctx context.Context, c *windowChunk, i int) (int, error) {
	if e.held != nil && e.rows[i] == e.row {
		n := i
		for n < len(e.rows) && e.rows[n] == e.row {
			n++
		}
		return n, e.repeat(n - i)
	}
	var page *windowPage
	for _, row := range e.rows[i:] {
		if row >= 0 && !(e.held != nil && row == e.row) {
			if _, err := e.cursor.at(ctx, row); err != nil {
				return 0, err
			}
			page = e.cursor.page
			break
		}
		if row >= 0 {
			break
		}
	}
	source := c.batch
	if page != nil {
		source = page.batch
	}
	values := source.Column(e.f.Args[0])
	var defaults arrow.Array
	if len(e.f.Args) > 1 {
		defaults = c.batch.Column(e.f.Args[1])
	}
	e.picks = e.picks[:0]
	from := make([]int32, 0, len(e.rows)-i)
	last := int64(-1)
	n := i
	for ; n < len(e.rows); n++ {
		row := e.rows[n]
		switch {
		case row == pickNull:
			e.picks, from = append(e.picks, -1), append(from, 0)
			continue
		case row == pickDefault:
			e.picks, from = append(e.picks, int32(n)), append(from, 1)
			continue
		}
		if page == nil || row < page.start || row >= page.end {
			break
		}
		e.picks, from = append(e.picks, int32(row-page.start)), append(from, 0)
		last = row
	}
	var part arrow.Array
	var err error
	if defaults != nil {
		part, err = kernel.Interleave(e.rt.Mem, []arrow.Array{values, defaults}, from, e.picks)
	} else {
		part, err = kernel.Take(e.rt.Mem, values, e.picks)
	}
	if err != nil {
		return 0, err
	}
	e.parts = append(e.parts, part)
	if last < 0 {
		return n, nil
	}
	return n, e.hold(values, last, last-page.start)
}

// hold keeps the value of a row, so that its page need not stay for it.
func (e *pickEval) hold(values arrow.Array, row, at int64) error {
	if e.f.Func == plan.Lag || e.f.Func == plan.Lead {
		return nil // a row is asked for once
	}
	one, err := kernel.Take(e.rt.Mem, values, []int32{int32(at)})
	if err != nil {
		return err
	}
	e.release()
	e.held, e.row = one, row
	return nil
}

// repeat takes the held value n times.
func (e *pickEval) repeat(n int) error {
	part, err := kernel.Take(e.rt.Mem, e.held, make([]int32, n))
	if err != nil {
		return err
	}
	e.parts = append(e.parts, part)
	return nil
}

func (e *pickEval) release() {
	if e.held != nil {
		e.held.Release()
		e.held = nil
	}
}
