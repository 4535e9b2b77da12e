package mysql

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	driver "github.com/go-sql-driver/mysql"
)

// conn is a connection whose session has the settings that the meaning of SQL depends on. It belongs to one goroutine at a
// time, but for kill.
type conn struct {
	pool     *pool
	driver   sqldriver.Conn
	socket   net.Conn // below TLS
	id       uint64   // of the session on the server
	server   server
	received atomic.Int64 // bytes
	killed   atomic.Bool  // the statement that ran was to be ended: the server may still mean the next one
	silent   atomic.Bool  // the server did not answer for so long that it is taken for dead
	heard    bool         // since it was taken from the pool the server has answered something
	reused   bool         // it was idle
	broken   bool
	since    time.Time // idle
	expiry   *time.Timer
}

// server is what reading and writing SQL depends on.
type server struct {
	maria   bool
	version int // 8.0.36 is 80036
	packet  int // bytes of the longest statement
	// joinsLists: IN with a long list becomes a join, which no setting prevents (MariaDB 10.3.3 to 10.3.17, 10.4.0 to 10.4.7).
	joinsLists bool
}

// textOf is a value of a row as text; NULL is empty.
func textOf(v sqldriver.Value) string {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case uint64:
		return strconv.FormatUint(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}

// query sends statements as one text and returns the result of the first that has one. The rows are read, or closed, before
// the next query.
func (c *conn) query(text string) (sqldriver.Rows, error) {
	rows, err := c.driver.(sqldriver.QueryerContext).QueryContext(context.Background(), text, nil)
	return rows, c.note(err)
}

// note remembers whether the connection survived.
func (c *conn) note(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		c.heard = true
		return err
	}
	if _, said := errors.AsType[*driver.MySQLError](err); said {
		c.heard = true
		return err
	}
	c.broken = true
	if c.silent.Load() {
		return errSilent
	}
	return err
}

// errSilent is why a connection fails whose server does not answer any more.
var errSilent = errors.New("the server does not answer")

// each runs statements and calls f for each row of the result of the first that has one; the row is valid until f returns.
func (c *conn) each(text string, f func([]sqldriver.Value) error) error {
	rows, err := c.query(text)
	if err != nil {
		return err
	}
	err = c.rows(rows, f)
	return errors.Join(err, c.note(rows.Close()))
}

// rows calls f for each row of a result.
func (c *conn) rows(rows sqldriver.Rows, f func([]sqldriver.Value) error) error {
	row := make([]sqldriver.Value, len(rows.Columns()))
	for {
		err := c.note(rows.Next(row))
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = f(row)
		}
		if err != nil {
			return err
		}
	}
}

// exec runs statements without results.
func (c *conn) exec(text string) error {
	_, err := c.driver.(sqldriver.ExecerContext).ExecContext(context.Background(), text, nil)
	return c.note(err)
}

// watch calls end when ctx ends, until the returned function is called. That waits for an end that has begun.
func watch(ctx context.Context, end func()) (stop func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	fired := make(chan struct{})
	unregister := context.AfterFunc(ctx, func() {
		defer close(fired)
		end()
	})
	return func() {
		if !unregister() {
			<-fired
		}
	}
}

// settle makes a connection usable again on which kill has been called and nothing runs any more: the server may end the next
// statement instead of one that had ended before it heard of it.
func (c *conn) settle() {
	if !c.killed.Load() || c.broken {
		return
	}
	_ = c.exec("DO 0") // which it may be
	_ = c.socket.SetDeadline(time.Time{})
	c.killed.Store(false)
}

// stale reports that the connection has been broken since before it was taken from the pool, as far as one can tell.
func (c *conn) stale() bool { return c.broken && c.reused && !c.heard }

// unusable reports a connection that is not to be given to others.
func (c *conn) unusable() bool {
	valid, ok := c.driver.(sqldriver.Validator)
	return c.broken || c.silent.Load() || c.killed.Load() || ok && !valid.IsValid()
}

// ping asks the server for an answer.
func (c *conn) ping(ctx context.Context) bool {
	began := time.Now()
	deadline := began.Add(pingTimeout)
	if sooner, ok := ctx.Deadline(); ok && sooner.Before(deadline) {
		deadline = sooner
	}
	_ = c.socket.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { _ = c.socket.SetDeadline(time.Unix(1, 0)) })
	err := c.note(c.driver.(sqldriver.Pinger).Ping(context.Background()))
	if !stop() {
		c.broken = true
	}
	if err != nil {
		c.broken = true
		c.silent.Store(time.Since(began) >= patience)
	}
	_ = c.socket.SetDeadline(time.Time{})
	return err == nil && !c.broken
}

// close ends the session.
func (c *conn) close() {
	if c.driver == nil {
		return
	}
	_ = c.socket.SetDeadline(time.Now().Add(patience))
	_ = c.driver.Close()
	_ = c.socket.Close()
}

// counted counts what comes over a connection.
type counted struct {
	net.Conn
	bytes *atomic.Int64
}

// Read implements net.Conn.
func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.bytes.Add(int64(n))
	return n, err
}

// NetConn returns the connection that is counted.
func (c counted) NetConn() net.Conn { return c.Conn }
