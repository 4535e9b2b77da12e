package mysql

import (
	"net"
	"sync/atomic"
	"time"
)

// traffic counts what goes over a connection, or over all of them.
type traffic struct {
	received, sent atomic.Int64 // bytes
	questions      atomic.Int64 // statements
}

// countedConn counts the bytes of a connection, encrypted ones if there is TLS.
type countedConn struct {
	net.Conn
	own, all *traffic
}

// Read implements net.Conn.
func (c countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.own.received.Add(int64(n))
	c.all.received.Add(int64(n))
	return n, err
}

// Write implements net.Conn.
func (c countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.own.sent.Add(int64(n))
	c.all.sent.Add(int64(n))
	return n, err
}

// asked counts a statement.
func (c *connection) asked() {
	c.traffic.questions.Add(1)
	c.server.traffic.questions.Add(1)
}

// status are the status variables that the gateway counts itself: those of a connection, or of the server for nil.
func (v *Server) status(c *connection) map[string]any {
	of := &v.traffic
	if c != nil {
		of = &c.traffic
	}
	up := int64(time.Since(v.started).Seconds())
	return map[string]any{
		"Uptime": up, "Uptime_since_flush_status": up, "Connections": int64(v.lastID.Load()), "Threads_connected": v.open.Load(),
		"Queries": v.traffic.questions.Load(), "Questions": of.questions.Load(), "Bytes_received": of.received.Load(), "Bytes_sent": of.sent.Load(),
	}
}
