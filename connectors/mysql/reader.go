package mysql

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/sqlerr"
)

// reader streams the result of a query over the statement's connection. The query is sent when the first batch is asked for.
type reader struct {
	source  *settings
	doing   string // for messages
	st      *statement
	sql     string
	decoder *decoder
	usage   *connectors.Usage
	account kernel.Account // is charged with what is put aside; nil: no limit
	row     []sqldriver.Value

	// The holder of the statement's lock uses what follows.
	rows   sqldriver.Rows // while the result is being read
	sent   bool           // the query
	ended  bool           // the result was read to its end
	failed error          // it was not
	ready  []held         // to be handed out

	over    atomic.Bool // the context of Open has ended
	unwatch func() bool
	watched chan struct{} // closed when what its end entails is done
	closed  bool
}

// held is a batch and how much of the query's memory it was charged with.
type held struct {
	arrow.RecordBatch
	charged int64
}

// newReader returns a reader whose query is ended when ctx is.
func newReader(ctx context.Context, r *reader) *reader {
	r.watched = make(chan struct{})
	r.unwatch = context.AfterFunc(ctx, func() {
		defer close(r.watched)
		_ = sqlerr.Guarded(func() error { r.end(reasonOf(ctx)); return nil })()
	})
	return r
}

// end ends the query.
func (r *reader) end(why error) {
	r.over.Store(true)
	r.st.interrupt(r)
	<-r.st.turn
	defer r.st.unlock()
	if r.st.current == r {
		r.st.stop()
	}
	if r.failed == nil && !r.ended {
		r.failed = why
	}
}

// Next implements connectors.Reader.
func (r *reader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	batch, err := r.next(ctx)
	if err != nil && err != io.EOF {
		return nil, r.source.translate(ctx, err, r.doing)
	}
	if err == nil {
		r.usage.AddRows(batch.NumRows())
	}
	return batch, err
}

func (r *reader) next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := r.st.lock(ctx); err != nil {
		return nil, err
	}
	defer r.st.unlock()
	if len(r.ready) == 0 {
		if err := r.receive(ctx); err != nil {
			return nil, err
		}
	}
	if len(r.ready) == 0 {
		return nil, io.EOF
	}
	batch := r.ready[0]
	r.ready = r.ready[1:]
	if batch.charged > 0 {
		r.account.Release(batch.charged)
	}
	return batch.RecordBatch, nil
}

// receive reads one batch, if there is one. The caller holds the lock.
func (r *reader) receive(ctx context.Context) error {
	if r.ended || r.failed != nil {
		return r.failed
	}
	if other := r.st.current; other != nil && other != r {
		if err := other.putAside(ctx); err != nil {
			return err
		}
	}
	start, before := time.Now(), r.st.conn.received.Load()
	conn := r.st.conn
	defer func() {
		r.usage.AddBytes(conn.received.Load() - before)
		r.usage.AddRemoteTime(time.Since(start))
	}()
	r.st.working(r)
	stop, unattend := watch(ctx, func() { r.st.interrupt(r) }), conn.attend()
	err := r.fill(ctx)
	unattend()
	stop()
	r.st.working(nil)
	if err == nil && (ctx.Err() != nil || r.over.Load()) && !r.ended {
		err = context.Canceled // just after the last row: the server may not have heard of it
	}
	if err != nil {
		r.fail(err)
	} else if r.st.conn.killed.Load() {
		r.st.conn.settle()
	}
	return err
}

// fail ends the result for an error.
func (r *reader) fail(err error) {
	r.failed = err
	if r.st.current == r {
		r.st.stop()
		return
	}
	r.st.rest(r)
}

// fill sends the query, if it was not, and reads rows until a batch is full or the result ends.
func (r *reader) fill(ctx context.Context) error {
	if !r.sent {
		if r.over.Load() || ctx.Err() != nil {
			return context.Canceled
		}
		r.sent = true
		r.usage.AddRequest()
		rows, err := r.st.begin(ctx, r.sql)
		if err != nil {
			return err
		}
		r.rows, r.st.read, r.st.current = rows, true, r
		r.row = make([]sqldriver.Value, len(rows.Columns()))
	}
	for !r.decoder.full() {
		err := r.st.conn.note(r.rows.Next(r.row))
		if err == io.EOF {
			return r.finish()
		}
		if err == nil {
			err = r.decoder.row(r.row)
		}
		if err != nil {
			return err
		}
	}
	r.ready = append(r.ready, held{RecordBatch: r.decoder.batch()})
	return nil
}

// finish ends a result that was read to its end.
func (r *reader) finish() error {
	err := r.st.conn.note(r.rows.Close())
	r.rows, r.st.current = nil, nil
	if err != nil {
		return err
	}
	r.ended = true
	if r.decoder.rows > 0 {
		r.ready = append(r.ready, held{RecordBatch: r.decoder.batch()})
	}
	return nil
}

// putAside reads the rest of the result, since another needs the connection, as long as ctx lasts. Where only the other's rows
// are not needed any more the server goes on.
func (r *reader) putAside(ctx context.Context) error {
	conn := r.st.conn
	before := conn.received.Load()
	defer func() { r.usage.AddBytes(conn.received.Load() - before) }()
	watched, done := context.WithCancelCause(context.WithoutCancel(ctx))
	defer done(nil)
	stopWatching := context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); !errors.Is(cause, connectors.ErrNotNeeded) {
			done(cause)
		}
	})
	defer stopWatching()
	r.st.working(r)
	stop, unattend := watch(watched, func() { r.st.interrupt(r) }), conn.attend()
	var err error
	for err == nil && !r.ended && ctx.Err() == nil {
		if err = r.fill(ctx); err == nil {
			err = r.charge()
		}
	}
	unattend()
	stop()
	r.st.working(nil)
	if err == nil && r.st.conn.killed.Load() && !r.ended {
		err = context.Canceled
	}
	if err != nil {
		r.fail(err)
	} else if r.st.conn.killed.Load() {
		r.st.conn.settle()
	}
	switch {
	case r.st.failed != nil:
		return r.st.failed
	case sqlerr.Is(err, sqlerr.OutOfMemory):
		return err
	}
	return ctx.Err()
}

// charge charges the query with the batches that were put aside.
func (r *reader) charge() error {
	if r.account == nil {
		return nil
	}
	for i := range r.ready {
		b := &r.ready[i]
		if b.charged > 0 {
			continue
		}
		n := bytesOf(b.RecordBatch)
		if err := r.account.Reserve(n); err != nil {
			return err
		}
		b.charged = n
	}
	return nil
}

// bytesOf is the memory of a batch that shares none with others.
func bytesOf(b arrow.RecordBatch) (n int64) {
	for _, c := range b.Columns() {
		for _, buffer := range c.Data().Buffers() {
			if buffer != nil {
				n += int64(buffer.Cap())
			}
		}
	}
	return n
}

// Close implements connectors.Reader. A query that still runs is ended.
func (r *reader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	if !r.unwatch() {
		<-r.watched
	}
	<-r.st.turn
	defer r.st.unlock()
	if r.st.current == r {
		r.st.stop()
	}
	for _, b := range r.ready {
		b.Release()
		if b.charged > 0 {
			r.account.Release(b.charged)
		}
	}
	r.ready = nil
	r.decoder.release()
	return nil
}
