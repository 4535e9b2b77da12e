package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/silogate/silogate/connectors"
)

const (
	receiveBuffer = 128 << 10      // bytes of a connection's receive buffer before a longer message makes it grow
	longestBody   = 1<<30 + 64<<20 // PostgreSQL's rows end at 1 GB
	patience      = time.Second    // for a cancelled statement to end, and for ROLLBACK
	copyHeaderLen = 11 + 4 + 4     // signature, flags, length of the extension
	copySignature = "PGCOPY\n\xff\r\n\x00"
)

// Types of backend messages (PostgreSQL, 55.7).
const (
	msgReady          = 'Z'
	msgRowDescription = 'T'
	msgDataRow        = 'D'
	msgCopyOut        = 'H'
	msgCopyData       = 'd'
	msgCopyDone       = 'c'
	msgComplete       = 'C'
	msgError          = 'E'
	msgNotice         = 'N'
	msgParameter      = 'S'
	msgNotification   = 'A'
	msgEmptyQuery     = 'I'
)

// wire runs simple queries on a connection and reads the answers straight from its socket. It belongs to one goroutine
// at a time. It is idle between the last message of one query and the next query.
type wire struct {
	slot    *slot
	socket  net.Conn
	buf     []byte
	r, w    int // what is received and not read yet is buf[r:w]
	running bool
	status  byte  // transaction status of the last ReadyForQuery: I, T or E
	failed  error // the server's error in the running query
	broken  error // the connection is lost
	heard   bool  // the server has answered something
	bytes   int64 // received
	shared  bool  // by readers of which one may end before the others
}

// newWire takes a connection over.
func newWire(ctx context.Context, s *slot) (*wire, error) {
	conn := s.Conn.Conn().PgConn()
	if err := conn.SyncConn(ctx); err != nil {
		return nil, err
	}
	return &wire{slot: s, socket: conn.Conn(), buf: make([]byte, receiveBuffer), status: conn.TxStatus()}, nil
}

// query sends statements as one simple query. The answer must be read to its end (next, drain) before the next.
func (c *wire) query(ctx context.Context, sql string) error {
	if c.broken != nil {
		return c.broken
	}
	message, err := (&pgproto3.Query{String: sql}).Encode(nil)
	if err != nil {
		return err
	}
	// TLS does not survive an interrupted write.
	defer c.watch(ctx, c.shared)()
	if _, err := c.socket.Write(message); err != nil {
		c.broken = err
		return err
	}
	c.running, c.failed = true, nil
	return nil
}

// next returns the type and body of the next message that matters; the body is valid until the next call. The answer
// ends with msgReady and, if the server refused the query, with its error instead.
func (c *wire) next() (kind byte, body []byte, err error) {
	for {
		kind, body, err := c.message()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, nil, err // interrupted by watch: what is received stays
		}
		if err != nil {
			if c.failed != nil { // the server said why it hung up
				err = c.failed
			}
			c.broken = err
			return 0, nil, err
		}
		switch kind {
		case msgNotice, msgParameter, msgNotification, msgEmptyQuery:
		case msgError:
			var e pgproto3.ErrorResponse
			if err := e.Decode(body); err != nil {
				c.broken = err
				return 0, nil, err
			}
			if c.failed == nil {
				c.failed = pgconn.ErrorResponseToPgError(&e)
			}
		case msgReady:
			if len(body) != 1 {
				c.broken = errors.New("malformed ReadyForQuery")
				return 0, nil, c.broken
			}
			c.running, c.status, c.heard = false, body[0], true
			return kind, body, c.failed
		default:
			c.heard = true
			return kind, body, nil
		}
	}
}

// holds reports that the next message is of this kind and received, so that next leaves what it returned before as it is.
func (c *wire) holds(kind byte) bool {
	return c.w-c.r >= 5 && c.buf[c.r] == kind && c.w-c.r > int(binary.BigEndian.Uint32(c.buf[c.r+1:]))
}

// stale reports that the connection has been broken since before it was taken over, as far as one can tell: it was used
// before, and nothing but a farewell came from the server. What was sent may be sent again on another.
func (c *wire) stale() bool { return c.broken != nil && c.slot.reused && !c.heard }

func (c *wire) message() (kind byte, body []byte, err error) {
	if c.w-c.r < 5 {
		if err := c.fill(5); err != nil {
			return 0, nil, err
		}
	}
	kind = c.buf[c.r]
	length := int(binary.BigEndian.Uint32(c.buf[c.r+1:])) + 1
	if length < 5 || length > longestBody {
		return 0, nil, fmt.Errorf("message %q of %d bytes", kind, length)
	}
	if c.w-c.r < length {
		if err := c.fill(length); err != nil {
			return 0, nil, err
		}
	}
	body = c.buf[c.r+5 : c.r+length]
	c.r += length
	return kind, body, nil
}

// fill receives until n bytes are unread.
func (c *wire) fill(n int) error {
	copy(c.buf, c.buf[c.r:c.w])
	c.r, c.w = 0, c.w-c.r
	if n > len(c.buf) {
		grown := make([]byte, max(n, 2*len(c.buf)))
		copy(grown, c.buf[:c.w])
		c.buf = grown
	}
	for c.w < n {
		got, err := c.socket.Read(c.buf[c.w:])
		c.w += got
		c.bytes += int64(got)
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// drain reads the running query to its end and returns its error.
func (c *wire) drain() error {
	for c.running {
		if _, _, err := c.next(); err != nil && c.running {
			return err
		}
	}
	return c.failed
}

var longAgo = time.Unix(1, 0)

// watch makes reads and writes fail when ctx ends, until the returned function is called. After that only close may
// be called, or unwatch. With needed it does not where only the rows are not needed any more.
func (c *wire) watch(ctx context.Context, needed bool) (stop func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	fired := make(chan struct{})
	unregister := context.AfterFunc(ctx, func() {
		if !needed || !errors.Is(context.Cause(ctx), connectors.ErrNotNeeded) {
			c.interrupt()
		}
		close(fired)
	})
	return func() {
		if !unregister() {
			<-fired
		}
	}
}

// interrupt makes reads and writes fail. It may be called while another goroutine reads.
func (c *wire) interrupt() { _ = c.socket.SetDeadline(longAgo) } // a socket that refuses is closed already

// unwatch lets reads go on.
func (c *wire) unwatch() { _ = c.socket.SetDeadline(time.Time{}) }

// cancel asks the server to stop what runs on the connection. It may be called while another goroutine reads.
func (c *wire) cancel() {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	_ = c.slot.Conn.Conn().PgConn().CancelRequest(ctx) // in vain: finish closes the connection
}

// stop ends what runs. A server that waits for its client to read does not hear a cancel request before it has gone on,
// so the rest of the answer is read too.
func (c *wire) stop() {
	if c.running && !c.stale() {
		c.cancel()
		c.finish()
	}
}

// finish reads a cancelled query to its end, or closes the connection if that takes too long.
func (c *wire) finish() {
	_ = c.socket.SetDeadline(time.Now().Add(patience))
	if err := c.drain(); c.running && c.broken == nil {
		c.broken = err
	}
	c.unwatch()
	if c.broken != nil {
		_ = c.socket.Close()
	}
}

// close ends whatever runs and the transaction, and gives the connection back, or up if it does not answer in time.
func (c *wire) close() {
	defer c.slot.release()
	c.stop()
	c.unwatch()
	if c.broken == nil && c.status != 'I' {
		if err := c.query(context.Background(), "ROLLBACK"); err == nil {
			c.finish()
		}
	}
	if c.broken != nil || c.status != 'I' {
		ctx, stop := context.WithTimeout(context.Background(), patience)
		defer stop()
		_ = c.socket.Close()
		_ = c.slot.Conn.Conn().Close(ctx) // the pool discards a closed connection
	}
}
