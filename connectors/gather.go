package connectors

import (
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	// longAnswer is how many bytes an answer has when it is taken for one that goes on.
	longAnswer = 1 << 20
	// gathered is how many bytes of a long answer a waiting reader is woken for.
	gathered = 64 << 10
	// gatherTime is how long it waits for so many.
	gatherTime = 2 * time.Millisecond
)

// Gathering returns a connection whose reader is woken for many bytes of a long answer at once. A server that sends rows as it
// finds them, 8 KB at a time, wakes its reader for each otherwise, and on a fast link both sides then spend more on that
// than on the rows. It waits by the system's low-water mark (SO_RCVLOWAT, socket(7)), so that what is received is read
// whole; where there is none, c is returned. One goroutine reads from it and one writes at a time.
func Gathering(c net.Conn) net.Conn {
	tcp, ok := c.(*net.TCPConn)
	if !ok || !hasLowWater {
		return c
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return c
	}
	return gathering(c, raw, gatherTime)
}

func gathering(c net.Conn, raw syscall.RawConn, wait time.Duration) *gatheringConn {
	g := &gatheringConn{Conn: c, raw: raw, wait: wait}
	g.late = time.AfterFunc(wait, g.lower)
	g.late.Stop()
	return g
}

type gatheringConn struct {
	net.Conn
	raw  syscall.RawConn
	wait time.Duration
	late *time.Timer // ends the wait for many bytes

	mu     sync.Mutex
	answer int64 // bytes since the last write
	raised bool  // the low-water mark is above one byte
}

// NetConn returns the connection below.
func (c *gatheringConn) NetConn() net.Conn { return c.Conn }

// Write implements net.Conn.
func (c *gatheringConn) Write(b []byte) (int, error) {
	c.lower()
	c.mu.Lock()
	c.answer = 0
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// Read implements net.Conn.
func (c *gatheringConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer += int64(n)
	if err == nil && n < len(b) && c.answer >= longAnswer { // nothing is left: the next read waits
		if !c.raised {
			c.raised = true
			c.mark(gathered)
		}
		c.late.Reset(c.wait)
	}
	return n, err
}

// lower makes any byte wake the reader, also one that has come already.
func (c *gatheringConn) lower() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.raised {
		c.raised = false
		c.mark(1)
	}
}

// mark sets the low-water mark. A closed connection refuses; then nobody waits any more.
func (c *gatheringConn) mark(bytes int) {
	_ = c.raw.Control(func(fd uintptr) { _ = setLowWater(fd, bytes) })
}
