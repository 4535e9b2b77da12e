package mysql

import (
	"encoding/binary"
	"net"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	vitess "github.com/dolthub/vitess/go/mysql"
)

// socket lets a handler end a result with an ERR packet, for which Vitess's connection has no call: it can only close.
// It also gives up a client that has stopped reading, which Vitess's connection can't per session. It lies between that
// connection and the network, above TLS.
type socket struct {
	net.Conn
	swallow  atomic.Bool // the next write is what Vitess would end the result with
	commands *commands   // what is read of the client

	mu       sync.Mutex
	patience time.Duration // with a client that takes nothing; 0: any
	deadline bool          // one was set that is not the socket's own
}

// writePiece is how much is written at once: a client has time for each piece anew.
const writePiece = 64 << 10

// Write writes to the network what is not to be swallowed.
func (s *socket) Write(p []byte) (n int, err error) {
	if s.swallow.Swap(false) {
		return len(p), nil
	}
	for n < len(p) && err == nil {
		if err = s.allow(); err != nil {
			return n, err
		}
		var k int
		k, err = s.Conn.Write(p[n:min(n+writePiece, len(p))])
		n += k
	}
	return n, err
}

// allow sets the time that the next piece may take.
func (s *socket) allow() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.patience == 0 || s.deadline {
		return nil
	}
	return s.Conn.SetWriteDeadline(time.Now().Add(s.patience))
}

// SetWriteDeadline implements net.Conn. No piece gets more time until it is lifted.
func (s *socket) SetWriteDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = !t.IsZero()
	return s.Conn.SetWriteDeadline(t)
}

// setPatience says how long a client may take nothing of what is written.
func setPatience(c *vitess.Conn, d time.Duration) {
	if s, ok := c.Conn.(*socket); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.patience = d
	}
}

// attach puts a socket under an authenticated connection, before the first command.
func attach(c *vitess.Conn) {
	if _, ok := c.Conn.(*socket); !ok {
		c.Conn = &socket{Conn: c.Conn, commands: listen(c)}
	}
}

// abort ends a result that has begun with an ERR packet. The handler then returns as if it had succeeded, and what
// Vitess writes to end a result goes nowhere.
func abort(c *vitess.Conn, failure *vitess.SQLError) error {
	s, ok := c.Conn.(*socket)
	if !ok {
		return failure
	}
	if err := c.FlushBuffer(); err != nil {
		return err
	}
	if _, err := s.Write(errPacket(sequence(c), failure)); err != nil {
		return err
	}
	s.swallow.Store(true)
	return nil
}

// sequence is the number of the connection's next packet. Vitess keeps it to itself.
func sequence(c *vitess.Conn) byte {
	return byte(reflect.ValueOf(c).Elem().FieldByName("sequence").Uint())
}

// errPacket is an ERR packet of protocol 4.1, with its header.
func errPacket(sequence byte, failure *vitess.SQLError) []byte {
	const header = 4
	p := make([]byte, header, header+9+len(failure.Message))
	p = append(p, vitess.ErrPacket)
	p = binary.LittleEndian.AppendUint16(p, uint16(failure.Num))
	p = append(p, '#')
	p = append(p, failure.State...)
	p = append(p, failure.Message...)
	size := len(p) - header
	p[0], p[1], p[2], p[3] = byte(size), byte(size>>8), byte(size>>16), sequence
	return p
}
