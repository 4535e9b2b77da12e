package blob

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/colinmarc/hdfs/v2"
)

// hdfsSession is a client that one request uses at a time. The library knows no contexts: what ends a request is that its connections do.
type hdfsSession struct {
	client *hdfs.Client
	ended  context.Context
	end    context.CancelFunc
	expiry *time.Timer

	mu   sync.Mutex
	data []net.Conn // to data nodes, of the request
}

// sessionIdle is how long a session waits for another request. Each tells the namenode every second meanwhile that it is there.
const sessionIdle = 10 * time.Second

// session returns an idle session or a new one. A connection goes on when nobody waits for it any more, as those of the breaker do.
func (h *HDFS) session(ctx context.Context) (*hdfsSession, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	h.mu.Lock()
	if last := len(h.idle) - 1; last >= 0 {
		s := h.idle[last]
		h.idle = h.idle[:last]
		h.mu.Unlock()
		s.expiry.Stop()
		return s, nil
	}
	h.mu.Unlock()
	type connected struct {
		session *hdfsSession
		err     error
	}
	done := make(chan connected)
	go func() {
		s, err := h.connect()
		select {
		case done <- connected{s, err}:
		case <-ctx.Done():
			if err == nil {
				h.keep(s)
			}
		}
	}()
	select {
	case c := <-done:
		return c.session, c.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// connect reaches the active namenode, or one that says that it is not.
func (h *HDFS) connect() (*hdfsSession, error) {
	attempt, err := h.breaker.Try()
	if err != nil {
		return nil, err
	}
	s := new(hdfsSession)
	s.ended, s.end = context.WithCancel(context.Background())
	s.client, err = hdfs.NewClient(hdfs.ClientOptions{
		Addresses: h.config.Namenodes, User: h.config.User, UseDatanodeHostname: h.config.DatanodeHostnames,
		NamenodeDialFunc: s.dial, DatanodeDialFunc: s.dialData,
	})
	if err != nil {
		s.end()
		attempt.Failed(err)
		return nil, err
	}
	attempt.Reached()
	return s, nil
}

// keep has a session wait for another request.
func (h *HDFS) keep(s *hdfsSession) {
	s.endData()
	h.mu.Lock()
	if h.closed || len(h.idle) >= mostHDFSRequests {
		h.mu.Unlock()
		s.close()
		return
	}
	s.expiry = time.AfterFunc(h.patience, func() { h.expire(s) })
	h.idle = append(h.idle, s)
	h.mu.Unlock()
}

// expire ends a session unless it has been taken.
func (h *HDFS) expire(s *hdfsSession) {
	h.mu.Lock()
	at := slices.Index(h.idle, s)
	if at >= 0 {
		h.idle = slices.Delete(h.idle, at, at+1)
	}
	h.mu.Unlock()
	if at >= 0 {
		s.close()
	}
}

// endIdle ends the sessions that wait.
func (h *HDFS) endIdle() {
	h.mu.Lock()
	idle := h.idle
	h.idle = nil
	h.mu.Unlock()
	for _, s := range idle {
		s.expiry.Stop()
		s.close()
	}
}

// close ends the session, and with it a request in it.
func (s *hdfsSession) close() {
	s.end()
	_ = s.client.Close() // its connection is closed
}

// endData closes the connections to data nodes: the library leaves one open whose node has refused.
func (s *hdfsSession) endData() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.data {
		c.Close()
	}
	s.data = nil
}

func (s *hdfsSession) dial(_ context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}
	conn, err := dialer.DialContext(s.ended, network, address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(s.ended, func() { conn.Close() })
	return &hdfsConn{conn, stop}, nil
}

func (s *hdfsSession) dialData(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := s.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = append(s.data, conn)
	return conn, nil
}

// hdfsConn is a connection that ends when no byte has come for too long, and of which nothing is read after it has failed: the library
// would take the rest of one answer for the next.
type hdfsConn struct {
	net.Conn
	stop func() bool
}

// Read implements net.Conn.
func (c *hdfsConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(stallTimeout)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	if err != nil {
		_ = c.Close() // why it is closed is news
	}
	return n, err
}

// Write implements net.Conn.
func (c *hdfsConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(stallTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// Close implements net.Conn.
func (c *hdfsConn) Close() error {
	c.stop()
	return c.Conn.Close()
}
