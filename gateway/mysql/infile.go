package mysql

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	vitess "github.com/dolthub/vitess/go/mysql"

	"github.com/silogate/silogate/gateway/mysql/wire"
)

// infile is a file of the client's, which comes in packets until an empty one.
type infile struct {
	conn  *connection
	ctx   context.Context // of the statement that reads it
	piece []byte          // of the packet read last, what is to be read of it
	err   error           // io.EOF: it was read to its end
	lift  func()          // the bounds of the wait for it

	mu       sync.Mutex
	patience time.Duration // how long the client may take for a packet
}

// loadInfile asks the client for a file (LOCAL INFILE Request). It is read from the connection as it is read here, and to its
// end by Close. A client that sends nothing any more is given up, soon if the statement was ended.
func (c *connection) loadInfile(ctx context.Context, name string) (io.ReadCloser, error) {
	if !c.has.Has(wire.LocalFiles) {
		return nil, vitess.NewSQLError(3948, "42000", "Loading local data is disabled; this must be enabled on both the client and server sides")
	}
	patience, err := seconds(c.session.context(), netReadTimeout)
	if err != nil {
		return nil, err
	}
	c.unwatch()
	if err := c.wire.RequestFile(name); err != nil {
		return nil, err
	}
	f := &infile{conn: c, ctx: ctx, patience: patience}
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(over)
		f.bound(hurryAfter)
	})
	f.lift = sync.OnceFunc(func() {
		if !stop() {
			<-over
		}
		f.bound(0)
	})
	return f, nil
}

// bound bounds the wait for the next packet: by as much as before, or from now on by another time.
func (f *infile) bound(patience ...time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, f.patience = range patience {
	}
	until := time.Time{}
	if f.patience > 0 {
		until = time.Now().Add(f.patience)
	}
	_ = f.conn.wire.WaitUntil(until) // what is closed needs none
}

// Read implements io.Reader.
func (f *infile) Read(p []byte) (int, error) {
	for len(f.piece) == 0 {
		if f.err != nil {
			return 0, f.err
		}
		f.next()
	}
	n := copy(p, f.piece)
	f.piece = f.piece[n:]
	return n, nil
}

// next reads a packet. A client that goes away has not sent all of its file.
func (f *infile) next() {
	const longest = 16 << 20 // clients send far less
	f.bound()
	p, err := f.conn.wire.ReadPacket(f.piece[:0], longest)
	switch {
	case err == nil && len(p) == 0:
		f.err = io.EOF
	case err == nil:
		f.piece = p
	case f.ctx.Err() != nil:
		f.err = context.Cause(f.ctx)
	case wire.Timeout(err):
		f.err = &wire.Error{Errno: 1159, State: "08S01", Message: "Got timeout reading communication packets"}
	case errors.Is(err, wire.ErrPacketTooLarge):
		f.err = packetTooLarge
	case errors.Is(err, wire.ErrOutOfOrder):
		f.err = outOfOrder
	default:
		f.err = &wire.Error{Errno: 1158, State: "08S01", Message: "Got an error reading communication packets"}
	}
}

// Close implements io.Closer.
func (f *infile) Close() error {
	defer f.lift()
	for f.err == nil {
		f.next()
	}
	f.piece = nil
	if errors.Is(f.err, io.EOF) {
		return nil
	}
	return f.err
}
