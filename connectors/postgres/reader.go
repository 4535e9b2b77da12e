package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors"
)

// copyReader streams a query's result as COPY binary over a connection of its own. If that had broken while it was idle,
// the result comes from a cursor on the statement's connection.
type copyReader struct {
	source  *settings
	doing   string // for messages
	cursor  *cursorReader
	instead bool       // the cursor is read
	mu      sync.Mutex // held while the wire or the decoder is used
	wire    *wire
	decoder *decoder
	usage   *connectors.Usage
	part    []byte // the start of a row whose rest has not come
	header  bool   // COPY's header has been read
	ended   bool   // COPY's trailer has been read
	unwatch func() bool
	watched chan struct{} // closed when a cancellation by the context of Open is done
	closed  bool
}

// newCopyReader starts a cursor's query in the transaction that opening begins. The reader owns the wire, also when the start
// fails.
func newCopyReader(ctx context.Context, w *wire, opening string, c *cursorReader) (*copyReader, error) {
	r := &copyReader{source: c.source, doing: c.doing, cursor: c, wire: w, decoder: c.decoder, usage: c.usage, watched: make(chan struct{})}
	r.unwatch = context.AfterFunc(ctx, func() {
		defer close(r.watched)
		w.cancel()
		r.mu.Lock()
		defer r.mu.Unlock()
		if w.running {
			w.finish()
		}
	})
	r.usage.AddRequest()
	r.mu.Lock()
	err := w.query(ctx, opening+"COPY ("+c.sql+") TO STDOUT (FORMAT binary);COMMIT")
	r.mu.Unlock()
	if err != nil && !w.stale() {
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

// Next implements connectors.Reader.
func (r *copyReader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.instead {
		return r.cursor.Next(ctx)
	}
	batch, err := r.next(ctx)
	if err != nil && !errors.Is(err, io.EOF) {
		if r.wire.stale() && ctx.Err() == nil && r.unwatch() {
			r.instead = true
			r.wire.close()
			return r.cursor.Next(ctx)
		}
		r.wire.stop()
		return nil, r.source.translate(ctx, err, r.doing)
	}
	return batch, err
}

func (r *copyReader) next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	defer r.wire.watch(ctx, false)()
	start, before := time.Now(), r.wire.bytes
	defer func() {
		r.usage.AddBytes(r.wire.bytes - before)
		r.usage.AddRemoteTime(time.Since(start))
	}()
	if len(r.part) > 0 { // a batch that was full left rows behind
		if err := r.data(nil); err != nil {
			return nil, err
		}
	}
	if r.wire.failed != nil { // the context of Open has ended since
		return nil, r.wire.failed
	}
	for r.wire.running && !r.decoder.full() {
		if !r.wire.holds(msgCopyData) { // what is framed lies where the wire receives
			if err := r.decoder.decode(); err != nil {
				return nil, err
			}
		}
		kind, body, err := r.wire.next()
		if err != nil {
			return nil, err
		}
		if kind == msgCopyData {
			if err := r.data(body); err != nil {
				return nil, err
			}
		}
	}
	if err := r.decoder.decode(); err != nil {
		return nil, err
	}
	if r.decoder.rows > 0 {
		r.usage.AddRows(int64(r.decoder.rows))
		return r.decoder.batch(), nil
	}
	if !r.ended {
		return nil, errors.New("the result ended early")
	}
	return nil, io.EOF
}

// data decodes a piece of the stream. PostgreSQL sends a row a message; what lies between may cut it elsewhere.
func (r *copyReader) data(b []byte) error {
	if len(r.part) > 0 {
		r.part = append(r.part, b...)
		b = r.part
	}
	if !r.header {
		n, err := copyHeader(b)
		if err != nil {
			return err
		}
		if n == 0 {
			return r.keep(b)
		}
		r.header, b = true, b[n:]
	}
	for len(b) >= 2 && !r.decoder.full() {
		if r.ended {
			return corrupt("data after the end of COPY")
		}
		if int16(binary.BigEndian.Uint16(b)) == -1 {
			r.ended, b = true, b[2:]
			continue
		}
		n, err := r.decoder.frame(b)
		if errors.Is(err, errPartial) {
			break
		}
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return r.keep(b)
}

// keep puts what is left of a piece aside; b, and rows that are framed, may lie in what was put aside before.
func (r *copyReader) keep(b []byte) error {
	if len(r.part) > 0 {
		if err := r.decoder.decode(); err != nil {
			return err
		}
	}
	r.part = append(r.part[:0], b...)
	return nil
}

// copyHeader returns the length of COPY's header, 0 if it is not all there.
func copyHeader(b []byte) (int, error) {
	if n := min(len(b), len(copySignature)); !bytes.Equal(b[:n], []byte(copySignature[:n])) {
		return 0, corrupt("the stream is not in COPY's binary format")
	}
	if len(b) < copyHeaderLen {
		return 0, nil
	}
	extension := int(binary.BigEndian.Uint32(b[copyHeaderLen-4:]))
	if extension > longestBody {
		return 0, corrupt("COPY's header is %d bytes long", extension)
	}
	if len(b) < copyHeaderLen+extension {
		return 0, nil
	}
	return copyHeaderLen + extension, nil
}

// Close implements connectors.Reader. A query that still runs is cancelled.
func (r *copyReader) Close() error {
	r.mu.Lock()
	closed, instead := r.closed, r.instead
	r.closed = true
	r.mu.Unlock()
	if closed {
		return nil
	}
	if instead {
		return r.cursor.Close()
	}
	if !r.unwatch() {
		<-r.watched
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.decoder.release()
	r.wire.close()
	return nil
}

// cursorReader fetches batches from a cursor on the statement's connection.
type cursorReader struct {
	source  *settings
	doing   string
	st      *statement
	sql     string
	name    string // of the cursor; empty until it is declared
	decoder *decoder
	usage   *connectors.Usage
	fetch   int // rows of the next FETCH
	ready   []arrow.RecordBatch
	done    bool
	closed  bool
}

// Next implements connectors.Reader.
func (r *cursorReader) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if len(r.ready) == 0 && !r.done {
		if err := r.receive(ctx); err != nil {
			return nil, r.source.translate(ctx, err, r.doing)
		}
	}
	if len(r.ready) == 0 {
		return nil, io.EOF
	}
	batch := r.ready[0]
	r.ready = r.ready[1:]
	r.usage.AddRows(batch.NumRows())
	return batch, nil
}

// receive fetches once. What it gets is one batch, or several where rows were longer than foreseen.
func (r *cursorReader) receive(ctx context.Context) error {
	if err := r.st.lock(ctx); err != nil {
		return err
	}
	defer r.st.unlock()
	start, before := time.Now(), r.st.wire.bytes
	sql := ""
	if r.name == "" {
		r.name = r.st.cursor()
		sql = "DECLARE " + r.name + " BINARY NO SCROLL CURSOR FOR " + r.sql + ";"
	}
	rows := 0
	r.usage.AddRequest()
	err := r.st.run(ctx, r.usage, fmt.Sprintf("%sFETCH FORWARD %d FROM %s", sql, r.fetch, r.name), func(row []byte) error {
		n, err := r.decoder.row(row)
		if errors.Is(err, errPartial) || err == nil && n != len(row) {
			return corrupt("a row ends early or late")
		}
		if err != nil {
			return err
		}
		rows++
		if r.decoder.full() {
			r.ready = append(r.ready, r.decoder.batch())
		}
		return nil
	})
	r.usage.AddRemoteTime(time.Since(start))
	if err != nil {
		return err
	}
	if r.decoder.rows > 0 {
		r.ready = append(r.ready, r.decoder.batch())
	}
	r.done = rows < r.fetch
	r.fetch = fetchRows(r.decoder.most, float64(r.st.wire.bytes-before)/float64(max(rows, 1)))
	return nil
}

// fetchRows returns how many rows of a width to fetch at once: a batch, or less where that would take much memory.
func fetchRows(batch int, width float64) int {
	if !(width*float64(batch) > batchBytes) { // also for NaN
		return batch
	}
	return max(1, int(batchBytes/width))
}

// Close implements connectors.Reader.
func (r *cursorReader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	for _, b := range r.ready {
		b.Release()
	}
	r.ready = nil
	r.decoder.release()
	if r.name != "" {
		r.st.discard(r.name)
	}
	return nil
}
