package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Every transaction begins like this. The settings that a query's meaning depends on are set here and not for the
// session, which a connection pooler may share. Names in rendered SQL are qualified or those of pg_catalog.
const begin = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;`

const beginSettings = `SET LOCAL search_path = pg_catalog; SET LOCAL IntervalStyle = postgres; ` +
	`SET LOCAL bytea_output = hex; SET LOCAL extra_float_digits = 1;` +
	`SET LOCAL array_nulls = on; SET LOCAL transform_null_equals = off;` +
	` SET LOCAL cursor_tuple_fraction = 1; SET LOCAL idle_in_transaction_session_timeout = 0;`

// statement is what all fragments of one statement of the gateway share on a source: a connection with a read-only
// transaction, whose snapshot other connections take over. Small results are read from cursors on it, batch by batch,
// by any number of readers in turn.
type statement struct {
	source *settings
	pool   *pool
	turn   chan struct{} // holds a token while nobody uses what follows
	wire   *wire
	admits *connectors.Reading
	begun  bool
	export string // the snapshot's name
	held   int    // how many of the tables are locked and checked
	opened int    // cursors
	failed error  // the transaction is lost
	rest   *reply // of a query whose rows are not needed any more

	mu     sync.Mutex
	unused string // CLOSE statements to send with the next query
}

// reply is what is still to come of the answer to a query, before the rows that it was made for.
type reply struct {
	tables []*plan.Table // whose shapes come, in one row
	usage  *connectors.Usage
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
		st := &statement{source: c.settings, pool: c.pool, turn: make(chan struct{}, 1), admits: reading}
		slot, err := c.pool.connect(ctx, nil)
		if err != nil {
			return nil, err
		}
		if st.wire, err = newWire(ctx, slot); err != nil {
			slot.release()
			return nil, err
		}
		st.wire.shared = true
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

// unlock lets the next one use the connection, once the rest of an unneeded answer is read.
func (st *statement) unlock() {
	if st.rest == nil {
		st.turn <- struct{}{}
		return
	}
	go func() {
		if err := sqlerr.Guarded(func() error { return st.read(st.rest, nil) })(); err != nil {
			st.lose(err)
		}
		st.rest = nil
		st.turn <- struct{}{}
	}()
}

// snapshot returns the name under which another transaction takes over the statement's snapshot.
func (st *statement) snapshot(ctx context.Context, usage *connectors.Usage) (string, error) {
	if err := st.lock(ctx); err != nil {
		return "", err
	}
	defer st.unlock()
	if !st.begun {
		if err := st.run(ctx, usage, "", nil); err != nil {
			return "", err
		}
	}
	return st.export, nil
}

// run sends statements in the transaction, which it begins if that was not done, and calls row for each row of the
// last of them. The caller holds the lock. After an error the transaction is lost, unless the error is that the rows are not
// needed any more. A connection that turns out to have broken while it was idle is replaced once.
func (st *statement) run(ctx context.Context, usage *connectors.Usage, sql string, row func([]byte) error) error {
	a, err := st.send(ctx, usage, sql, row)
	if err != nil && st.wire.stale() && ctx.Err() == nil {
		if err = st.reconnect(ctx); err == nil {
			a, err = st.send(ctx, usage, sql, row)
		}
	}
	switch {
	case err == nil:
	case st.wire.running && st.wire.broken == nil && errors.Is(context.Cause(ctx), connectors.ErrNotNeeded):
		st.rest = a
	default:
		st.lose(err)
	}
	return err
}

// reconnect puts a new connection in the place of one that broke before the transaction began.
func (st *statement) reconnect(ctx context.Context) error {
	st.wire.close()
	slot, err := proven(ctx, func(ctx context.Context) (*slot, error) { return st.pool.connect(ctx, nil) })
	if err != nil {
		return err
	}
	wire, err := newWire(ctx, slot)
	if err != nil {
		slot.release()
		return err
	}
	wire.shared = true
	st.wire = wire
	return nil
}

// send is one attempt of run, and returns what is still to come if it ends early.
func (st *statement) send(ctx context.Context, usage *connectors.Usage, sql string, row func([]byte) error) (*reply, error) {
	a := &reply{tables: st.admits.Since(st.held), usage: usage} // all there are, when the transaction begins
	limits := timeouts(ctx, st.admits.Since(0))
	prefix := limits + st.takeUnused()
	if !st.begun {
		prefix = await(a.tables, limits) + begin + beginSettings + limits + hold(a.tables) + "SELECT pg_export_snapshot();"
	}
	if len(a.tables) > 0 {
		prefix += shapes(a.tables)
	}
	err := st.wire.query(ctx, prefix+sql)
	if err == nil {
		stop := st.wire.watch(ctx, false)
		err = st.read(a, row)
		stop()
		if ctx.Err() != nil { // perhaps just after the last message
			st.wire.unwatch()
		}
	}
	return a, err
}

// read reads the answer to a query to its end and calls row, unless it is nil, for each row of the last statement.
func (st *statement) read(a *reply, row func([]byte) error) error {
	before := st.wire.bytes
	defer func() { a.usage.AddBytes(st.wire.bytes - before) }()
	for {
		kind, body, err := st.wire.next()
		switch {
		case err != nil:
			return err
		case kind == msgReady:
			return nil
		case kind == msgDataRow && !st.begun: // the first row is the snapshot's name
			name, err := textFields(body, 1)
			if err != nil {
				return err
			}
			st.export, st.begun = string(name[0]), true
		case kind == msgDataRow && len(a.tables) > 0: // the next the tables' shapes
			if err := checkShapes(body, a.tables); err != nil {
				return err
			}
			st.held += len(a.tables)
			a.tables = nil
		case kind == msgDataRow && row != nil:
			if err := row(body); err != nil {
				return err
			}
		}
	}
}

// lose gives the transaction up.
func (st *statement) lose(err error) {
	st.failed = err
	st.wire.stop()
}

// cursor returns the name of a new cursor.
func (st *statement) cursor() string {
	st.opened++
	return fmt.Sprintf("silogate_%d", st.opened)
}

// discard closes a cursor when the connection is used next. It waits for nobody.
func (st *statement) discard(cursor string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.unused += "CLOSE " + cursor + ";"
}

func (st *statement) takeUnused() string {
	st.mu.Lock()
	defer st.mu.Unlock()
	unused := st.unused
	st.unused = ""
	return unused
}

// Close ends the transaction and gives the connection back.
func (st *statement) Close() error {
	st.wire.interrupt() // an answer that nobody needs is not waited for
	<-st.turn
	st.failed = errors.New("the statement has ended")
	st.wire.close()
	st.unlock()
	return nil
}

// takeOver is the text that makes a transaction of another connection see the snapshot, for as long as limits admits.
func takeOver(snapshot, limits string) string {
	return begin + "SET TRANSACTION SNAPSHOT '" + strings.ReplaceAll(snapshot, "'", "''") + "';" + beginSettings + limits
}
