package shadow

import (
	"context"
	"time"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/optimize"
)

// check is one statement's. All of its runs are as if of one statement: they see one snapshot where a source has such.
type check struct {
	*Shadow
	*Watch
	runs    *engine.Background
	giveWay func()
}

// begin begins the runs, in place of those that were.
func (c *check) begin() error {
	var err error
	if c.runs != nil {
		err = c.runs.Close()
	}
	l := c.cfg.Limits
	c.runs = c.cfg.Engine.Background(engine.Limits{Rows: l.Rows, Bytes: l.Bytes, Memory: l.Memory}, c.giveWay)
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
	reference, want, err := c.reference(ctx)
	if err != nil || want.equal(w.answer.digest) {
		return agreed, err
	}
	ctx, stop := context.WithTimeout(ctx, searchTimes*s.cfg.Limits.Time)
	defer stop()
	if confirmed, err := c.confirm(ctx, reference, want); !confirmed {
		return changed, err
	}
	guilty, err := c.blame(ctx, want)
	if err != nil {
		s.cfg.Log.Error("a statement was answered wrongly, and the search for its cause ended", "statement", w.statement, "error", err)
		return wrong, nil
	}
	if again, err := c.run(ctx, reference); err != nil || !again.equal(want) {
		return changed, err
	}
	return wrong, s.accuse(ctx, w.statement, guilty)
}

// run runs a plan and digests its answer.
func (c *check) run(ctx context.Context, p *engine.Prepared) (digest, error) {
	comparison, _ := c.prepared.Comparison()
	d, err := newDigester(p.Schema(), comparison, c.cfg.Weights)
	if err != nil {
		return digest{}, err
	}
	err = c.runs.Run(ctx, p, c.env, d.add)
	return d.digest, err
}

// reference runs the statement without pushdown: without rules, or with them if that takes more than a check may, as it does
// where only rules make joins of products.
func (c *check) reference(ctx context.Context) (p *engine.Prepared, d digest, err error) {
	for _, rules := range []bool{false, true} {
		if p, d, err = c.referenceBy(ctx, rules); err == nil || ctx.Err() != nil || resultOf(err) != limited {
			return p, d, err
		}
		if err := c.begin(); err != nil { // a run that is cut off may end a source's snapshot
			return nil, d, err
		}
	}
	return p, d, err
}

func (c *check) referenceBy(ctx context.Context, rules bool) (*engine.Prepared, digest, error) {
	ctx, stop := context.WithTimeout(ctx, c.cfg.Limits.Time)
	defer stop()
	p, err := c.prepared.Reference(ctx, rules)
	if err != nil {
		return nil, digest{}, err
	}
	if p.MostRows() > float64(c.cfg.Limits.Rows) {
		return nil, digest{}, context.DeadlineExceeded // it would be
	}
	d, err := c.run(ctx, p)
	return p, d, err
}

// confirm runs both ways once more and the pushed one twice. Each has to agree with itself: what changes the tables in between
// is not likely to do so to and fro.
func (c *check) confirm(ctx context.Context, reference *engine.Prepared, want digest) (bool, error) {
	first, err := c.run(ctx, c.prepared)
	if err != nil || first.equal(want) {
		return false, err
	}
	again, err := c.run(ctx, reference)
	if err != nil || !again.equal(want) {
		return false, err
	}
	second, err := c.run(ctx, c.prepared)
	return err == nil && second.equal(first), err
}

// blame returns as little as the plan has to do without to answer as wanted: nothing if it does not help.
func (c *check) blame(ctx context.Context, want digest) (optimize.Bars, error) {
	var good *engine.Prepared // the last plan that answered right
	return least(c.prepared.Suspects(), func(without optimize.Bars) (bool, error) {
		p, err := c.prepared.Without(ctx, without)
		if err != nil {
			return false, err
		}
		if good == nil || !p.Same(good) {
			d, err := c.run(ctx, p)
			if err != nil && ctx.Err() == nil && resultOf(err) == limited {
				return false, nil // it is not known to be right
			}
			if err != nil || !d.equal(want) {
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
