package mysql

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// statement is what all fragments of one statement of the gateway share on a source: a connection with a read-only
// transaction, whose snapshot no other connection can take over. One result at a time comes over it: who needs the connection
// while another's result has not ended first puts the rest of that aside.
type statement struct {
	connector *connector
	turn      chan struct{} // holds a token while nobody uses what follows
	conn      *conn
	admits    *connectors.Reading
	held      int     // how many of the tables are locked and checked
	read      bool    // rows were read of the transaction's snapshot
	current   *reader // whose result has not ended
	failed    error   // the transaction is lost

	mu     sync.Mutex // also held while conn changes
	active *reader    // that waits for the server
}

// Admit implements connectors.Admitter. The turn is the right to use one connection for as long as the statement lasts.
func (f *fragment) Admit(ctx context.Context, tx *connectors.Tx) error {
	if err := f.pool.turns.Admit(ctx, tx); err != nil {
		return f.translate(ctx, err, f.doing())
	}
	if err := connectors.AdmitTables(ctx, tx, f.connector, f.tables); err != nil {
		return f.translate(ctx, err, f.doing())
	}
	return nil
}

// statementOf returns the statement that tx, which has been admitted, stands for on this source.
func (c *connector) statementOf(ctx context.Context, tx *connectors.Tx) (*statement, error) {
	reading, err := connectors.Admitted(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	shared, err := tx.Shared(ctx, c, func(ctx context.Context) (io.Closer, error) {
		st := &statement{connector: c, turn: make(chan struct{}, 1), admits: reading}
		var err error
		if st.conn, err = c.pool.connect(ctx); err != nil {
			return nil, err
		}
		st.turn <- struct{}{}
		return st, nil
	})
	if err != nil {
		return nil, err
	}
	return shared.(*statement), nil
}

// lock waits for the statement's connection.
func (st *statement) lock(ctx context.Context) error {
	select {
	case <-st.turn:
		if st.failed != nil {
			st.unlock()
			return st.failed
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (st *statement) unlock() { st.turn <- struct{}{} }

// begin sends a query in the transaction, which it begins if that was not done, and returns its rows. The caller holds the
// lock. Tables that are read for the first time are locked against change before it is asked whether they are as they were
// described: the query itself is sent along.
func (st *statement) begin(ctx context.Context, query string) (sqldriver.Rows, error) {
	rows, err := st.send(ctx, query)
	if err != nil && st.conn.stale() && !st.read && ctx.Err() == nil {
		if err := st.reconnect(ctx); err != nil {
			return nil, err
		}
		unattend := st.conn.attend()
		rows, err = st.send(ctx, query)
		unattend()
	}
	return rows, err
}

// reconnect replaces the connection. If there is no other the broken one stays the statement's.
func (st *statement) reconnect(ctx context.Context) error {
	fresh, err := st.connector.pool.connect(ctx)
	if err != nil {
		return err
	}
	st.connector.pool.release(st.conn)
	st.mu.Lock()
	defer st.mu.Unlock()
	st.conn = fresh
	return nil
}

// send is one attempt of begin.
func (st *statement) send(ctx context.Context, query string) (sqldriver.Rows, error) {
	text := st.limits(ctx)
	first := 0
	if !st.read {
		text += "START TRANSACTION READ ONLY; "
	} else {
		first = st.held
	}
	tables := st.admits.Since(first) // all there are, when the transaction begins
	for _, t := range tables {
		text += "SELECT 1 FROM " + qualified(t) + " LIMIT 0; "
	}
	for _, t := range tables {
		text += shapeOf(t)
	}
	rows, err := st.conn.query(text + query)
	if err != nil || len(tables) == 0 {
		return rows, err
	}
	if err := st.check(rows, tables); err != nil {
		st.conn.kill() // what was sent along
		_ = st.conn.note(rows.Close())
		st.conn.settle()
		return nil, err
	}
	st.held = first + len(tables)
	return rows, nil
}

// limits is the text that makes the server itself end what runs when ctx's deadline is over, or the option's: the gateway may
// be lost by then. It gives no more time than the server does.
func (st *statement) limits(ctx context.Context) string {
	left := time.Duration(math.MaxInt64)
	if deadline, ok := ctx.Deadline(); ok {
		left = max(time.Until(deadline), 0).Truncate(granule) + 2*granule
	}
	if t := st.connector.timeout; t > 0 {
		left = min(left, (t + time.Millisecond - 1).Truncate(time.Millisecond)) // no time is any time to servers
	}
	switch maria := st.conn.server.maria; {
	case left == math.MaxInt64:
		return noLimit(st.conn.server)
	case maria:
		return fmt.Sprintf("SET SESSION max_statement_time = IF(@@GLOBAL.max_statement_time > 0, LEAST(@@GLOBAL.max_statement_time, %[1]g), %[1]g); ",
			min(left, longestTimeout).Seconds())
	}
	return fmt.Sprintf("SET SESSION max_execution_time = IF(@@GLOBAL.max_execution_time > 0, LEAST(@@GLOBAL.max_execution_time, %[1]d), %[1]d); ",
		min(left, longestTimeout).Milliseconds())
}

// noLimit is the text that leaves a session no limit but the server's own.
func noLimit(srv server) string {
	if srv.maria {
		return "SET SESSION max_statement_time = DEFAULT; "
	}
	return "SET SESSION max_execution_time = DEFAULT; "
}

const (
	granule        = 100 * time.Millisecond // what limits on the server are rounded up to, by one at least: the gateway is to be first
	longestTimeout = 24 * 24 * time.Hour    // that servers take
)

// qualified is a table's name.
func qualified(t *plan.Table) string {
	return quoteIdent(t.Name.Namespace) + "." + quoteIdent(t.Name.Name)
}

// shapeOf is the text of two queries for what a table is now. They are of one table: for several MariaDB looks at all there are.
func shapeOf(t *plan.Table) string {
	of := "TABLE_SCHEMA = " + quoteText(t.Name.Namespace) + " AND TABLE_NAME = " + quoteText(t.Name.Name)
	return "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME, IS_NULLABLE FROM information_schema.COLUMNS WHERE " + of + orderOfColumns + "; " +
		"SELECT TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE, SUB_PART FROM information_schema.STATISTICS WHERE " + of + orderOfKeys + "; "
}

// check reads the results that come before the query's, and compares the tables' shapes with what they were described with.
func (st *statement) check(rows sqldriver.Rows, tables []*plan.Table) error {
	read := func(row func([]sqldriver.Value) error) error {
		if err := st.conn.rows(rows, row); err != nil {
			return err
		}
		return st.conn.note(rows.(sqldriver.RowsNextResultSet).NextResultSet())
	}
	for range tables {
		if err := read(func([]sqldriver.Value) error { return nil }); err != nil {
			return err
		}
	}
	for _, t := range tables {
		var now shape
		named := func(add func([]sqldriver.Value)) func([]sqldriver.Value) error {
			return func(row []sqldriver.Value) error {
				if textOf(row[0]) == t.Name.Name { // not one that differs by case alone
					add(row)
				}
				return nil
			}
		}
		if err := read(named(now.column)); err != nil {
			return err
		}
		if err := read(named(now.key)); err != nil {
			return err
		}
		if now.sum() != t.Handle.(*relation).shape {
			return sqlerr.New(sqlerr.SourceChanged, "table %s changed since it was described", t.Name)
		}
	}
	return nil
}

// working notes who waits for the server; nil: nobody does.
func (st *statement) working(r *reader) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.active = r
}

// interrupt ends what runs if it runs for r. Until the server was told, nobody else is given the connection: the kill would
// hit what they run.
func (st *statement) interrupt(r *reader) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.active == r {
		st.conn.kill()
	}
}

// stop ends the result that has not ended, so that the connection can be used again. The caller holds the lock.
func (st *statement) stop() {
	r := st.current
	if r == nil {
		return
	}
	st.current = nil
	settled := func() {}
	if !st.conn.killed.Load() && !st.conn.broken {
		settled = st.conn.killAfter(lingering)
	}
	_ = st.conn.note(r.rows.Close()) // it reads to the end, or says that the statement was killed
	settled()
	st.rest(r)
}

// lingering is how long the rest of a result that nobody needs is read before the server is asked to stop. That of most results is
// on its way by then, and a KILL takes another connection.
const lingering = 5 * time.Millisecond

// rest settles the connection after the result of r has ended early.
func (st *statement) rest(r *reader) {
	r.rows = nil
	st.conn.settle()
	if st.conn.broken {
		st.lose(errors.New("the connection was lost"))
	}
}

// lose gives the transaction up.
func (st *statement) lose(err error) {
	if st.failed == nil {
		st.failed = err
	}
}

// Close ends the transaction and gives the connection back.
func (st *statement) Close() error {
	<-st.turn
	st.failed = errors.New("the statement has ended")
	if st.conn != nil {
		st.stop()
		if !st.conn.broken {
			_ = st.conn.socket.SetDeadline(time.Now().Add(patience))
			if err := st.conn.exec("ROLLBACK; " + noLimit(st.conn.server)); err != nil {
				st.conn.broken = true
			}
			_ = st.conn.socket.SetDeadline(time.Time{})
		}
		st.connector.pool.release(st.conn)
		st.conn = nil
	}
	st.unlock()
	return nil
}
