package mysql

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

const (
	// watchAfter is how long a statement runs before its client is watched: most never are.
	watchAfter = 20 * time.Millisecond
	// hurryAfter is how long a client has to take what is being written when its statement was ended.
	hurryAfter = 500 * time.Millisecond
)

// run makes a statement of text, has it done, and answers the client. ok is false if it failed; an error is that the
// connection can't go on.
func (c *connection) run(text string, do func(*statement) error) (ok bool, err error) {
	c.holdCursors()
	ctx, cancel := context.WithCancelCause(context.Background())
	s := &statement{server: c.server, conn: c, kind: local, ctx: c.context(ctx, text), cancel: cancel}
	defer func() {
		if !s.fetched {
			cancel(nil)
		}
	}()
	return s.command(text, do)
}

// command runs do as the connection's command of the moment: listed, watched, and ended by whatever ends commands.
func (s *statement) command(text string, do func(*statement) error) (ok bool, err error) {
	c, v := s.conn, s.server
	c.asked()
	c.running.Store(&s.cancel)
	defer c.running.Store(nil)
	if v.closing.Load() {
		return false, s.fail(shutdown)
	}
	patience, err := seconds(s.ctx, netWriteTimeout)
	if err == nil {
		err = setClock(s.ctx)
	}
	if err == nil {
		err = s.setStaleness()
	}
	if err != nil {
		return false, s.fail(err)
	}
	c.wire.SetPatience(patience)
	c.watch(s.cancel)
	defer c.unwatch()
	// The process list has a context of its own, which ends with the command. A cursor outlives that.
	listed, err := v.gms.ProcessList.BeginQuery(c.context(s.ctx, text), parse.Redact(text, bind.Mode(s.ctx)))
	if err != nil {
		return false, s.fail(err)
	}
	defer v.gms.ProcessList.EndQuery(listed)
	defer passOn(listed, s.cancel)()
	s.ctx.ProcessList = &ownProcesses{ProcessList: v.gms.ProcessList, server: v, ctx: s.ctx}
	defer c.hurry(s.ctx)()
	if err := sql.SessionCommandBegin(c.session); err != nil {
		return false, s.fail(err)
	}
	defer sql.SessionCommandEnd(c.session)
	if err := s.countDiagnostics(); err != nil {
		return false, s.fail(err)
	}
	start := time.Now()
	err = s.end(s.guarded(do))
	v.metrics.observe(s.kind, err, time.Since(start))
	if err != nil {
		return false, s.fail(err)
	}
	return true, s.finish()
}

// passOn ends with ctx what cancel ends, until the returned function is called.
func passOn(ctx context.Context, cancel context.CancelCauseFunc) (stop func()) {
	end := whenDone(ctx, func() { cancel(context.Cause(ctx)) })
	return func() { end() }
}

// whenDone calls f once ctx ends, unless it is stopped before: stop waits for an f that has begun, and reports whether one has.
func whenDone(ctx context.Context, f func()) (stop func() (ran bool)) {
	over := make(chan struct{})
	end := context.AfterFunc(ctx, func() {
		defer close(over)
		f()
	})
	return func() bool {
		if end() {
			return false
		}
		<-over
		return true
	}
}

// guarded runs do; a panic in it is a defect of the gateway, logged and told to the client, not the connection's end.
func (s *statement) guarded(do func(*statement) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.server.cfg.Log.Error("statement failed by a defect", "panic", p, "stack", string(debug.Stack()))
			err = sqlerr.New(sqlerr.Internal, "internal error: %v", p)
		}
	}()
	return do(s)
}

// watch cancels a statement whose client goes away, until unwatch.
func (c *connection) watch(cancel context.CancelCauseFunc) {
	ctx, end := context.WithCancel(context.Background())
	over := make(chan struct{})
	timer := time.AfterFunc(watchAfter, func() {
		defer close(over)
		if err := c.wire.Watch(ctx); err != nil {
			cancel(sqlerr.Wrap(sqlerr.Cancelled, err, "the client went away"))
		}
	})
	c.unwatching = func() {
		end()
		if !timer.Stop() {
			<-over
		}
	}
}

// unwatch ends the watch. What the client sends may be read again.
func (c *connection) unwatch() {
	if c.unwatching != nil {
		c.unwatching()
		c.unwatching = nil
	}
}

// hurry gives a client that does not read its result only a short time more once ctx ends, so that a statement that was
// killed does not wait for it with all it holds. The returned function lifts that.
func (c *connection) hurry(ctx context.Context) (lift func()) {
	stop := whenDone(ctx, func() { c.wire.Hurry(time.Now().Add(hurryAfter)) })
	return func() {
		if stop() {
			c.wire.Hurry(time.Time{})
		}
	}
}
