package testserver

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// LinkConfig is how slow a link is.
type LinkConfig struct {
	RoundTrip time.Duration
	Bandwidth int64  // bytes a second each way, shared by all connections; 0: no limit
	Trips     *Trips // shared by the links of one client; nil: the link's own
}

// Slow is the link of the benchmark: another city's data centre.
func Slow() LinkConfig { return LinkConfig{RoundTrip: 10 * time.Millisecond, Bandwidth: 25e6} }

// LinkCounts is what went over a link so far.
type LinkCounts struct {
	Connections int64
	Up, Down    int64 // bytes to the server, and from it
}

// Link is a slow network in front of a server: a TCP proxy that delays each byte by half a round trip and sends no more
// than its bandwidth. A connection costs a round trip before its first byte, as TCP's handshake does. It loses nothing,
// and knows neither slow start nor TLS.
type Link struct {
	target   string
	config   LinkConfig
	listener net.Listener
	up, down lane

	connections atomic.Int64
	running     sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
}

// NewLink starts a link to a server at host:port.
func NewLink(target string, c LinkConfig) (*Link, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if c.Trips == nil {
		c.Trips = &Trips{}
	}
	l := &Link{target: target, config: c, listener: listener, open: make(map[net.Conn]bool),
		up: lane{bandwidth: c.Bandwidth}, down: lane{bandwidth: c.Bandwidth}}
	l.running.Go(l.accept)
	return l, nil
}

// LinkTo starts a link that is closed at the end of the test.
func LinkTo(tb testing.TB, target string, c LinkConfig) *Link {
	tb.Helper()
	l, err := NewLink(target, c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(l.Close)
	return l
}

// Addr is the host:port that stands for the server.
func (l *Link) Addr() string { return l.listener.Addr().String() }

// Trips counts the round trips.
func (l *Link) Trips() *Trips { return l.config.Trips }

// Counts returns what went over the link.
func (l *Link) Counts() LinkCounts {
	return LinkCounts{Connections: l.connections.Load(), Up: l.up.bytes.Load(), Down: l.down.bytes.Load()}
}

// Close breaks all connections and waits until nothing runs.
func (l *Link) Close() {
	l.mu.Lock()
	l.closed = true
	_ = l.listener.Close()
	for c := range l.open {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.running.Wait()
}

// hold notes a connection to be closed with the link; false: the link is closed.
func (l *Link) hold(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		_ = c.Close()
		return false
	}
	l.open[c] = true
	return true
}

func (l *Link) drop(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
	_ = c.Close()
}

func (l *Link) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.connections.Add(1)
		if l.hold(client) {
			l.running.Go(func() { l.serve(client) })
		}
	}
}

// serve passes the bytes of one connection both ways until both ends are done.
func (l *Link) serve(client net.Conn) {
	defer l.drop(client)
	server, err := net.Dial("tcp", l.target)
	if err != nil || !l.hold(server) {
		return
	}
	defer l.drop(server)
	x := &exchange{trips: l.config.Trips}
	x.request() // the handshake
	time.Sleep(l.config.RoundTrip)
	x.response()
	var both sync.WaitGroup
	both.Go(func() { l.pass(&l.up, client, server, x.request, func() {}) })
	both.Go(func() { l.pass(&l.down, server, client, func() {}, x.response) })
	both.Wait()
}

// A packet is what is sent at once, a window what a connection may have on its way, and backlog how far ahead of what the
// lane can send a sender gets.
const (
	packetBytes = 16 << 10
	windowBytes = 4 << 20
	backlog     = 5 * time.Millisecond
)

// packet is bytes on their way; none: the sender has no more.
type packet struct {
	data []byte
	due  time.Time
}

// pass sends what comes from one end to the other. It calls sent when bytes begin their way and came when they have ended
// it, before the receiver sees them.
func (l *Link) pass(lane *lane, from, to net.Conn, sent, came func()) {
	way := make(chan packet, windowBytes/packetBytes)
	var receiving sync.WaitGroup
	receiving.Go(func() {
		broken := false
		for p := range way {
			if broken {
				continue // the sender hears of it by its own connection
			}
			time.Sleep(time.Until(p.due))
			came()
			if _, err := to.Write(p.data); err != nil {
				broken = true
				_ = from.Close()
			}
		}
		_ = to.(*net.TCPConn).CloseWrite() // closed already if it fails
	})
	for {
		data := make([]byte, packetBytes)
		n, err := from.Read(data)
		if n > 0 {
			sent()
			left := lane.send(time.Now(), n)
			way <- packet{data[:n], left.Add(l.config.RoundTrip / 2)}
			time.Sleep(time.Until(left.Add(-backlog)))
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				_ = to.Close()
			}
			break
		}
	}
	close(way)
	receiving.Wait()
}

// lane is one direction of a link: bytes leave it in the order they came.
type lane struct {
	bandwidth int64
	bytes     atomic.Int64

	mu   sync.Mutex
	free time.Time // when all is sent
}

// send returns when the last of n bytes that come now has left.
func (l *lane) send(now time.Time, n int) time.Time {
	l.bytes.Add(int64(n))
	if l.bandwidth == 0 {
		return now
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.free.Before(now) {
		l.free = now
	}
	l.free = l.free.Add(time.Duration(float64(n) / float64(l.bandwidth) * float64(time.Second)))
	return l.free
}

// Trips counts the dependent round trips of a client: how many requests, over all its connections, were each sent after
// an answer to the one before. It is the largest number of exchanges of which no two overlap; those that overlap cost
// their wait once.
type Trips struct {
	mu    sync.Mutex
	count int64
}

// Count returns the number so far.
func (t *Trips) Count() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

// exchange is the request that a connection waits for an answer to.
type exchange struct {
	trips   *Trips
	waiting bool
	began   int64 // the count when the request was sent
}

// request notes bytes to the server.
func (x *exchange) request() {
	x.trips.mu.Lock()
	defer x.trips.mu.Unlock()
	if !x.waiting {
		x.waiting, x.began = true, x.trips.count
	}
}

// response notes bytes from it. Of exchanges that end after a counted one, the first that also began after it counts:
// taking the one that ends first leaves most room for others.
func (x *exchange) response() {
	x.trips.mu.Lock()
	defer x.trips.mu.Unlock()
	if x.waiting && x.began == x.trips.count {
		x.trips.count++
	}
	x.waiting = false
}
