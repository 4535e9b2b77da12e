package connectors

import (
	"math"
	"net"
	"sync"
	"time"
)

// Link is what a source's traffic has shown of the way to it. Zero is unknown.
type Link struct {
	RoundTrip time.Duration // from a request until its answer begins, of late at the quickest
	Bandwidth float64       // bytes a second in which an answer comes to one connection, of late at the most
}

// Linked is a Source that knows its link.
type Linked interface {
	Link() Link
}

// LinkMeter measures a link by the traffic of connections over it. The zero value is ready; it is safe for concurrent use.
// What makes an answer late or slow is often something else, such as the work behind it: so the best counts, but not for ever.
type LinkMeter struct {
	mu    sync.Mutex
	waits recent // seconds
	pace  recent // seconds for a byte
}

// Link returns what is known by now.
func (m *LinkMeter) Link() Link {
	m.mu.Lock()
	defer m.mu.Unlock()
	var l Link
	if wait, ok := m.waits.least(); ok {
		l.RoundTrip = max(time.Duration(wait*float64(time.Second)), 1)
	}
	if pace, ok := m.pace.least(); ok {
		l.Bandwidth = 1 / math.Max(pace, leastPace)
	}
	return l
}

// leastPace is the pace of a link that is too quick to be measured.
const leastPace = 1e-12

// recent knows the least of the last samples, between one and two windows of them.
type recent struct {
	now, before float64 // the least of this window and of the last
	n           int     // samples of this window
	whole       bool    // there was a last one
}

// window is how many samples are one.
const window = 32

func (r *recent) add(v float64) {
	if r.n == window {
		r.before, r.n, r.whole = r.now, 0, true
	}
	if r.n == 0 || v < r.now {
		r.now = v
	}
	r.n++
}

func (r *recent) least() (float64, bool) {
	switch {
	case r.n == 0:
		return 0, false
	case r.whole:
		return min(r.now, r.before), true
	}
	return r.now, true
}

// Conn returns c with its traffic measured; it goes below TLS. One goroutine reads from it and one writes at a time.
func (m *LinkMeter) Conn(c net.Conn) net.Conn { return &measuredConn{Conn: c, meter: m, now: time.Now} }

// measuredConn is a connection whose traffic is measured. A read that returns less than it asked for has emptied the buffer
// of the system: what comes between two of them was on its way in the meantime.
type measuredConn struct {
	net.Conn
	meter *LinkMeter
	now   func() time.Time

	mu      sync.Mutex
	asked   time.Time // of the first write since the last read; zero: none
	emptied time.Time // since when bytes are counted; zero: since nothing is known
	bytes   int64
}

// sampleBytes tell a bandwidth.
const sampleBytes = 256 << 10

// NetConn returns the connection that is measured.
func (c *measuredConn) NetConn() net.Conn { return c.Conn }

// Write implements net.Conn.
func (c *measuredConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	if c.asked.IsZero() {
		c.asked = c.now()
	}
	c.mu.Unlock()
	return c.Conn.Write(b)
}

// Read implements net.Conn.
func (c *measuredConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.received(n, n < len(b))
	}
	return n, err
}

func (c *measuredConn) received(n int, emptied bool) {
	at := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += int64(n)
	if !c.asked.IsZero() { // it was waited for: nothing of the answer had come
		c.meter.add(&c.meter.waits, at.Sub(c.asked).Seconds())
		c.asked, c.emptied = time.Time{}, time.Time{}
	}
	switch {
	case !emptied:
		return
	case c.emptied.IsZero():
	case c.bytes >= sampleBytes:
		c.meter.add(&c.meter.pace, at.Sub(c.emptied).Seconds()/float64(c.bytes))
	default:
		return
	}
	c.emptied, c.bytes = at, 0
}

func (m *LinkMeter) add(r *recent, v float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.add(v)
}
