package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
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
	admits *admitted
	begun  bool
	export string // the snapshot's name
	held   int    // how many of the tables are locked and checked
	opened int    // cursors
	unused string // CLOSE statements to send with the next query
	failed error  // the transaction is lost
}

// readBy is the key of what a statement was admitted to at a source.
type readBy struct{ *connector }

// admitted are the tables that a statement may read: those of all fragments that were admitted.
type admitted struct {
	mu     sync.Mutex
	tables []*plan.Table
}

func (a *admitted) add(tables []*plan.Table) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, table := range tables {
		if !slices.Contains(a.tables, table) {
			a.tables = append(a.tables, table)
		}
	}
}

// since returns the tables after the first n.
func (a *admitted) since(n int) []*plan.Table {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.tables[n:])
}

// Close does nothing: the turn ends by itself.
func (*admitted) Close() error { return nil }

// Admit implements connectors.Admitter. The turn is the right to use one connection for as long as the statement lasts.
func (f *fragment) Admit(ctx context.Context, tx *connectors.Tx) error {
	if err := f.pool.turns.Admit(ctx, tx); err != nil {
		return f.translate(ctx, err, f.doing())
	}
	tables, err := tx.Shared(ctx, readBy{f.connector}, func(context.Context) (io.Closer, error) { return &admitted{}, nil })
	if err != nil {
		return f.translate(ctx, err, f.doing())
	}
	tables.(*admitted).add(f.tables)
	return nil
}

// statementOf returns the statement that tx, which has been admitted, stands for on this source.
func (c *connector) statementOf(ctx context.Context, tx *connectors.Tx) (*statement, error) {
	tables, err := tx.Shared(ctx, readBy{c}, func(context.Context) (io.Closer, error) {
		return nil, sqlerr.New(sqlerr.Internal, "a statement without its turn at the source")
	})
	if err != nil {
		return nil, err
	}
	shared, err := tx.Shared(ctx, c, func(ctx context.Context) (io.Closer, error) {
		slot, err := c.pool.connect(ctx, nil)
		if err != nil {
			return nil, err
		}
		wire, err := newWire(ctx, slot)
		if err != nil {
			slot.release()
			return nil, err
		}
		st := &statement{source: c.settings, pool: c.pool, turn: make(chan struct{}, 1), wire: wire, admits: tables.(*admitted)}
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

// snapshot returns the name under which another transaction takes over the statement's snapshot.
func (st *statement) snapshot(ctx context.Context) (string, error) {
	if err := st.lock(ctx); err != nil {
		return "", err
	}
	defer st.unlock()
	if !st.begun {
		if err := st.run(ctx, "", nil); err != nil {
			return "", err
		}
	}
	return st.export, nil
}

// run sends statements in the transaction, which it begins if that was not done, and calls row for each row of the
// last of them. The caller holds the lock. After an error the transaction is lost.
func (st *statement) run(ctx context.Context, sql string, row func([]byte) error) (err error) {
	defer func() {
		if err != nil {
			st.failed = err
			st.wire.stop()
		}
	}()
	prefix := st.unused
	tables := st.admits.since(st.held) // all there are, when the transaction begins
	if !st.begun {
		prefix = await(tables) + begin + beginSettings + hold(tables) + "SELECT pg_export_snapshot();"
	}
	if len(tables) > 0 {
		prefix += shapes(tables)
	}
	if err := st.wire.query(ctx, prefix+sql); err != nil {
		return err
	}
	st.unused = ""
	defer st.wire.watch(ctx)()
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
		case kind == msgDataRow && len(tables) > 0: // the next the tables' shapes
			if err := checkShapes(body, tables); err != nil {
				return err
			}
			st.held += len(tables)
			tables = nil
		case kind == msgDataRow && row != nil:
			if err := row(body); err != nil {
				return err
			}
		}
	}
}

// cursor returns the name of a new cursor.
func (st *statement) cursor() string {
	st.opened++
	return fmt.Sprintf("silogate_%d", st.opened)
}

// discard closes a cursor when the connection is used next.
func (st *statement) discard(cursor string) {
	<-st.turn
	defer st.unlock()
	st.unused += "CLOSE " + cursor + ";"
}

// Close ends the transaction and gives the connection back.
func (st *statement) Close() error {
	<-st.turn
	st.failed = errors.New("the statement has ended")
	st.wire.close()
	st.unlock()
	return nil
}

// takeOver is the text that makes a transaction of another connection see the snapshot.
func takeOver(snapshot string) string {
	return begin + "SET TRANSACTION SNAPSHOT '" + strings.ReplaceAll(snapshot, "'", "''") + "';" + beginSettings
}
