package mysql

import (
	"encoding/binary"
	"net"
	"reflect"
	"sync/atomic"

	vitess "github.com/dolthub/vitess/go/mysql"
)

// socket lets a handler end a result with an ERR packet, for which Vitess's connection has no call: it can only close.
// It lies between that connection and the network, above TLS.
type socket struct {
	net.Conn
	swallow atomic.Bool // the next write is what Vitess would end the result with
}

// Write writes to the network what is not to be swallowed.
func (s *socket) Write(p []byte) (int, error) {
	if s.swallow.Swap(false) {
		return len(p), nil
	}
	return s.Conn.Write(p)
}

// attach puts a socket under an authenticated connection, before the first command.
func attach(c *vitess.Conn) {
	if _, ok := c.Conn.(*socket); !ok {
		c.Conn = &socket{Conn: c.Conn}
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
