package shadow

import (
	"context"
	"time"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/optimize"
)

// check is one statement's. Its runs are as if of one statement: they see one snapshot where a source has such, as long as the time
// of a transaction does.
type check struct {
	*Shadow
	*Watch
	runs       *engine.Background
	giveWay    func()
	end        time.Time        // of the transactions that the runs have at sources
	reference  *engine.Prepared // without pushdown
	magnitudes []int            // of its columns
	want       digest           // its answer
}

// begin begins the runs, in place of those that were.
func (c *check) begin() error {
	var err error
	if c.runs != nil {
		err = c.runs.Close()
	}
	l := c.cfg.Limits
	c.runs = c.cfg.Engine.Background(engine.Limits{Rows: l.Rows, Bytes: l.Bytes, Memory: l.Memory}, c.giveWay)
	c.end = time.Now().Add(l.Time)
	return err
}

// fresh begins the runs anew if what is left of their time may not do for another: a transaction is in the way of who changes the
// tables' columns.
func (c *check) fresh(ctx context.Context) error {
	if time.Until(c.end) > c.cfg.Limits.Time/2 {
		return nil
	}
	err := c.begin()
	if err == nil {
		c.want, err = c.run(ctx, c.reference, c.magnitudes)
	}
	return err
}

// check compares the answer that was sent with one without pushdown, and looks for the cause if it was wrong.
func (s *Shadow) check(ctx context.Context, w *Watch) (r result, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &check{Shadow: s, Watch: w, giveWay: func() { cancel(errGiveWay) }}
	if err := c.begin(); err != nil {
		return failed, err
	}
	defer func() {
		if closeErr := c.runs.Close(); err == nil {
			err = closeErr
		}
	}()
	if err := c.refer(ctx); err != nil || c.want.equal(c.want, w.answer.digest) {
		return agreed, err
	}
	w.doubt = max(w.doubt, differs)
	ctx, stop := context.WithTimeout(ctx, searchTimes*s.cfg.Limits.Time)
	defer stop()
	if confirmed, err := c.confirm(ctx); !confirmed {
		return changed, err
	}
	w.doubt = isWrong
	guilty, err := c.blame(ctx)
	if err != nil {
		return failed, err
	}
	if again, err := c.run(ctx, c.reference, nil); err != nil || !c.want.equal(c.want, again) {
		return changed, err
	}
	s.accuse(ctx, w.statement, guilty)
	return wrong, nil
}

// run runs a plan and digests its answer; what has magnitudes is the reference.
func (c *check) run(ctx context.Context, p *engine.Prepared, magnitudes []int) (digest, error) {
	ctx, stop := context.WithDeadline(ctx, c.end)
	defer stop()
	comparison, _ := c.prepared.Comparison()
	d, err := newDigester(p.Schema(), comparison, magnitudes, c.cfg.Weights)
	if err != nil {
		return digest{}, err
	}
	if err = c.runs.Run(ctx, p, c.env, d.add); err != nil {
		c.end = time.Time{} // a run that is cut off may end a source's snapshot
	}
	return d.digest, err
}

// refer runs the statement without pushdown: without rules, or with them if that takes more than a check may, as it does
// where only rules make joins of products, or if only they bring keys to a table that can't be read without.
func (c *check) refer(ctx context.Context) error {
	err := c.referBy(ctx, false)
	if r := resultOf(err); err == nil || ctx.Err() != nil || r != limited && r != unchecked {
		return err
	}
	if err := c.begin(); err != nil {
		return err
	}
	return c.referBy(ctx, true)
}

func (c *check) referBy(ctx context.Context, rules bool) (err error) {
	preparing, stop := context.WithDeadline(ctx, c.end)
	defer stop()
	if c.reference, c.magnitudes, err = c.prepared.Reference(preparing, rules); err != nil {
		return err
	}
	if c.reference.MostRows() > float64(c.cfg.Limits.Rows) {
		return context.DeadlineExceeded // it would be
	}
	c.want, err = c.run(ctx, c.reference, c.magnitudes)
	return err
}

// confirm runs both ways once more and the pushed one twice. Each has to agree with itself: what changes the tables in between
// is not likely to do so to and fro.
func (c *check) confirm(ctx context.Context) (bool, error) {
	if err := c.fresh(ctx); err != nil {
		return false, err
	}
	first, err := c.run(ctx, c.prepared, nil)
	if err != nil || c.want.equal(c.want, first) {
		return false, err
	}
	again, err := c.run(ctx, c.reference, nil)
	if err != nil || !c.want.equal(c.want, again) {
		return false, err
	}
	second, err := c.run(ctx, c.prepared, nil)
	return err == nil && c.want.equal(first, second), err
}

// blame returns as little as the plan has to do without to answer as wanted: nothing if it does not help.
func (c *check) blame(ctx context.Context) (optimize.Bars, error) {
	var good *engine.Prepared // the last plan that answered right
	return least(c.prepared.Suspects(), func(without optimize.Bars) (bool, error) {
		p, err := c.prepared.Without(ctx, without)
		if err != nil {
			return false, err
		}
		if good == nil || !p.Same(good) {
			if err := c.fresh(ctx); err != nil {
				return false, err
			}
			d, err := c.run(ctx, p, nil)
			if err != nil && ctx.Err() == nil && resultOf(err) == limited {
				return false, nil // it is not known to be right
			}
			if err != nil || !c.want.equal(c.want, d) {
				return false, err
			}
		}
		good = p
		return true, nil
	})
}

// least returns suspects without which a plan is right, of which it needs to be without each: none if it is not right without
// all of them. Those that are first come back first.
func least(suspects []optimize.Bar, right func(without optimize.Bars) (bool, error)) (optimize.Bars, error) {
	const why = "it is under suspicion"
	without := make(optimize.Bars)
	for _, b := range suspects {
		without[b] = why
	}
	if ok, err := right(without); !ok {
		return nil, err
	}
	for _, b := range suspects {
		delete(without, b)
		ok, err := right(without)
		if err != nil {
			return nil, err
		}
		if !ok {
			without[b] = why
		}
	}
	return without, nil
}

// now is the time of an accusation, as people read it.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }
