package mysql

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	driver "github.com/go-sql-driver/mysql"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/sqlerr"
)

// session is the text of the settings of every connection. What others do not have stands in comments of MariaDB's. settable:
// the server's in_predicate_conversion_threshold, which some of its versions know by name only.
func session(settable bool) string {
	threshold := ""
	if settable {
		threshold = " /*M!100303 , in_predicate_conversion_threshold = 0 */"
	}
	return strings.Join([]string{
		"SET NAMES utf8mb4 COLLATE utf8mb4_bin",
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
		"SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', autocommit = 1, sql_auto_is_null = 0," +
			// A result waits for its reader, and a transaction for what else its statement reads.
			" net_write_timeout = 86400, wait_timeout = 86400 /*M!100300 , idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0 */," +
			" sql_select_limit = 18446744073709551615, div_precision_increment = 4, max_sort_length = " + strconv.Itoa(longestSortKey) +
			" /*M!100500 , old_mode = '' */" + threshold,
		"SELECT CONNECTION_ID(), VERSION(), @@max_allowed_packet",
	}, "; ")
}

// longestSortKey is the bytes of what the server sorts a text by: a VARCHAR(255) under a collation of Unicode's algorithm. It
// puts fifteen in a buffer that may be of 256 KiB.
const longestSortKey = 9216

// dialing is an attempt to connect. It goes on when who began it has gone: how it ends tells whether the source can be reached,
// and who needs a connection next takes what it gives.
type dialing struct {
	done   chan struct{} // closed when it has ended
	cancel context.CancelFunc
	conn   *conn
	err    error
}

// fresh makes a connection if the breaker lets it, or takes one that is being made for nobody.
func (p *pool) fresh(ctx context.Context) (*conn, error) {
	d, err := p.attempt(ctx)
	if err != nil {
		return nil, err
	}
	select {
	case <-d.done:
		return d.conn, d.err
	case <-ctx.Done():
		p.abandon(d)
		return nil, ctx.Err()
	}
}

// attempt returns an attempt that nobody waits for.
func (p *pool) attempt(ctx context.Context) (*dialing, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	if last := len(p.orphans) - 1; last >= 0 {
		d := p.orphans[last]
		p.orphans = p.orphans[:last]
		return d, nil
	}
	attempt, err := p.breaker.Try()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	d := &dialing{done: make(chan struct{}), cancel: cancel}
	p.dialings[d] = true
	go func() {
		defer cancel()
		d.err = sqlerr.Guarded(func() (err error) {
			d.conn, err = p.dial(ctx)
			return err
		})()
		p.finish(d, attempt)
	}()
	return d, nil
}

// finish tells how an attempt ended. A connection that nobody waits for becomes an idle one.
func (p *pool) finish(d *dialing, attempt *connectors.Attempt) {
	reached := answered(d.err)
	if d.err != nil && !said(d.err) {
		d.err = unconnected{d.err, p.settings.host}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	defer close(d.done)
	delete(p.dialings, d)
	switch {
	case p.closed:
		if d.conn != nil {
			d.conn.close()
		}
		d.conn, d.err = nil, errClosed
		return
	case reached:
		attempt.Reached()
	default:
		attempt.Failed(d.err)
	}
	waiting := true
	p.orphans = slices.DeleteFunc(p.orphans, func(other *dialing) bool {
		waiting = waiting && other != d
		return other == d
	})
	switch {
	case d.conn == nil:
	case waiting:
		p.inUse[d.conn] = true
	default:
		p.rest(d.conn)
	}
}

// abandon leaves an attempt to whoever needs a connection next.
func (p *pool) abandon(d *dialing) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-d.done:
		if d.conn != nil {
			delete(p.inUse, d.conn)
			p.rest(d.conn)
		}
	default:
		p.orphans = append(p.orphans, d)
	}
}

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
	if c.driver, err = connector.Connect(ctx); err == nil {
		stop := context.AfterFunc(ctx, func() { _ = c.socket.Close() })
		err = c.introduce()
		if !stop() {
			err = ctx.Err()
		}
	}
	switch {
	case err == nil:
		return c, nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("no answer within %s", cfg.Timeout)
	case ctx.Err() != nil:
		err = ctx.Err()
	}
	c.close()
	return nil, err
}

// introduce sets the session up and learns who answers.
func (c *conn) introduce() error {
	err := c.introduced(true)
	if refused, ok := errors.AsType[*driver.MySQLError](err); ok && refused.Number == unknownVariable {
		err = c.introduced(false)
		c.server.joinsLists = true
	}
	return err
}

// unknownVariable is the number of the error of a variable that a server does not have (ER_UNKNOWN_SYSTEM_VARIABLE).
const unknownVariable = 1193

func (c *conn) introduced(settable bool) error {
	return c.each(session(settable), func(row []sqldriver.Value) error {
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
