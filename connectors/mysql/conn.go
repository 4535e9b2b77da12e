package mysql

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/silogate/silogate/engine/sqlerr"
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
}

// session are the settings of every connection. What others do not have stands in comments of MariaDB's.
var session = strings.Join([]string{
	"SET NAMES utf8mb4 COLLATE utf8mb4_bin",
	"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
	"SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', autocommit = 1, sql_auto_is_null = 0," +
		// A result waits for its reader, and a transaction for what else its statement reads.
		" net_write_timeout = 86400, wait_timeout = 86400 /*M!100300 , idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0 */," +
		" sql_select_limit = 18446744073709551615, div_precision_increment = 4, max_sort_length = " + strconv.Itoa(longestSortKey) +
		" /*M!100500 , old_mode = '' */ /*M!100303 , in_predicate_conversion_threshold = 0 */",
	"SELECT CONNECTION_ID(), VERSION(), @@max_allowed_packet",
}, "; ")

// longestSortKey is the bytes of what the server sorts a text by. It puts several in a buffer that may be of 256 KiB.
const longestSortKey = 8192

// dial connects.
func (p *pool) dial(ctx context.Context) (*conn, error) {
	c := &conn{pool: p}
	cfg := p.settings.server.Clone()
	cfg.MultiStatements, cfg.Logger, cfg.CheckConnLiveness = true, &driver.NopLogger{}, false
	cfg.MaxAllowedPacket = 1 << 30 // the server's own limit counts
	cfg.ConnectionAttributes = "program_name:silogate"
	cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		var d net.Dialer
		socket, err := d.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		c.socket = counted{p.link.Conn(socket), &c.received}
		return c.socket, nil
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	if c.driver, err = connector.Connect(ctx); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.socket.Close() })
	err = c.introduce()
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// introduce sets the session up and learns who answers.
func (c *conn) introduce() error {
	return c.each(session, func(row []sqldriver.Value) error {
		if len(row) != 3 {
			return errors.New("the server answers as no MySQL server does")
		}
		var err error
		if c.id, err = strconv.ParseUint(textOf(row[0]), 10, 64); err != nil {
			return err
		}
		c.server = serverOf(textOf(row[1]))
		if oldest := map[bool]int{true: 100200, false: 50700}[c.server.maria]; c.server.version < oldest {
			return sqlerr.New(sqlerr.Unsupported, "the server's version %s is too old: MySQL 5.7 or MariaDB 10.2 is needed", textOf(row[1]))
		}
		c.server.packet, err = strconv.Atoi(textOf(row[2]))
		return err
	})
}

// serverOf reads a version such as 8.0.36-debug or 10.11.6-MariaDB-log.
func serverOf(version string) server {
	s := server{maria: strings.Contains(strings.ToLower(version), "mariadb")}
	var major, minor, patch int
	_, _ = fmt.Sscanf(strings.TrimPrefix(version, "5.5.5-"), "%d.%d.%d", &major, &minor, &patch) // a development version may have less
	s.version = 10000*major + 100*minor + patch
	return s
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
	return err
}

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

// kill asks the server, over another connection, to end the statement that runs. If nothing of its end is heard in time, the
// connection fails. It may be called while another goroutine reads.
func (c *conn) kill() {
	c.killed.Store(true)
	_ = c.socket.SetDeadline(time.Now().Add(patience)) // a socket that refuses is closed already
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if !c.killOver(ctx, c.pool.take) && !c.killOver(ctx, func() (*conn, error) { return c.pool.dial(ctx) }) {
		_ = c.socket.SetDeadline(time.Unix(1, 0))
	}
}

// killAfter calls kill when a time is over, unless the returned function is called before. That waits for a kill which has
// begun.
func (c *conn) killAfter(d time.Duration) (stop func()) {
	killed := make(chan struct{})
	timer := time.AfterFunc(d, func() {
		defer close(killed)
		c.kill()
	})
	return func() {
		if !timer.Stop() {
			<-killed
		}
	}
}

// killOver sends KILL QUERY over a connection that get returns, if it does, and reports whether the server took it.
func (c *conn) killOver(ctx context.Context, get func() (*conn, error)) bool {
	other, err := get()
	if err != nil || other == nil {
		return false
	}
	defer c.pool.release(other)
	_ = other.socket.SetDeadline(time.Now().Add(patience / 2))
	stop := context.AfterFunc(ctx, func() { _ = other.socket.SetDeadline(time.Unix(1, 0)) })
	err = other.exec("KILL QUERY " + strconv.FormatUint(c.id, 10))
	if !stop() {
		other.broken = true
	}
	_ = other.socket.SetDeadline(time.Time{})
	return err == nil
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
	return c.broken || c.killed.Load() || ok && !valid.IsValid()
}

// ping asks the server for an answer.
func (c *conn) ping(ctx context.Context) bool {
	deadline := time.Now().Add(pingTimeout)
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
