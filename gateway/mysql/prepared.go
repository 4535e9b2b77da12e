package mysql

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	vitess "github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// prepared is a statement that a client has prepared.
type prepared struct {
	id     uint32
	text   string
	parsed sqlparser.Statement // nil: it is own
	own    parse.Stmt          // one that is not of GMS's grammar
	under  settings            // that it was parsed under
	params int

	types     []wire.ParamType // that the last execution declared
	long      map[int][]byte   // what was sent of parameters ahead of the execution
	longBytes int              // of it
	tooBig    bool             // and was more than it may be

	cursor *cursor // open since the last execution, with rows that the client has not fetched
}

// mostParameters is how many of them the protocol can count.
const mostParameters = 1<<16 - 1

// prepare answers a COM_STMT_PREPARE: what the statement's result will be, and how many parameters it has.
func (c *connection) prepare(sent []byte) error {
	text, err := c.read(sent)
	if err != nil {
		return c.writeError(err)
	}
	text = strings.TrimRight(text, "; \t\r\n")
	_, err = c.run(text, func(s *statement) error {
		most, _ := globalVariable("max_prepared_stmt_count").(int64)
		if c.server.prepared.Load() >= most {
			return &wire.Error{Errno: 1461, State: "42000",
				Message: fmt.Sprintf("Can't create more than max_prepared_stmt_count statements (current value: %d)", most)}
		}
		p, columns, err := s.parsePrepared(text)
		if err != nil {
			return err
		}
		c.lastPrepared++
		p.id = c.lastPrepared
		c.prepared[p.id] = p
		c.server.prepared.Add(1)
		c.session.charsets().describe(columns)
		s.answered = true
		return c.wire.WritePrepared(p.id, p.params, columns, c.status(), c.session.WarningCount(), c.has)
	})
	return err
}

// parsePrepared parses and checks a statement that a client prepares.
func (s *statement) parsePrepared(text string) (*prepared, []wire.Column, error) {
	mode := bind.Mode(s.ctx)
	text, err := parse.Standard(text, mode)
	if err != nil {
		return nil, nil, err
	}
	p := &prepared{text: text, under: s.conn.session.settings()}
	if p.params = parse.Parameters(text, parse.Mode{AnsiQuotes: mode.AnsiQuotes}); p.params > mostParameters {
		return nil, nil, sqlerr.New(sqlerr.TooManyParameters, "Prepared statement contains too many placeholders")
	}
	if p.own, err = ownPrepared(text, mode.AnsiQuotes); err != nil {
		return nil, nil, err
	}
	if p.own != nil {
		return p, ownColumns(p.own), nil
	}
	p.parsed, _, _, err = s.server.gms.Parser.Parse(s.ctx, text, false)
	if err == nil && p.parsed == nil {
		err = sqlparser.ErrEmpty
	}
	if err != nil {
		return nil, nil, bind.Unparsed(err)
	}
	columns, err := s.describe(p.parsed, text, p.params)
	return p, columns, err
}

// unknownStatement is what MySQL says of a statement that was not prepared, or closed.
func unknownStatement(id uint32, command string) error {
	return vitess.NewSQLError(1243, vitess.SSUnknownSQLState,
		"Unknown prepared statement handler (%d) given to %s", id, command)
}

// execute answers a COM_STMT_EXECUTE.
func (c *connection) execute(packet []byte) error {
	id, err := wire.ExecutedStatement(packet)
	if err != nil {
		return c.writeError(malformed(err))
	}
	p, ok := c.prepared[id]
	if !ok {
		return c.writeError(unknownStatement(id, "mysqld_stmt_execute"))
	}
	c.closeCursor(p)
	long, tooBig := c.takeLong(p)
	e, err := wire.ParseExecute(packet, c.has, p.params, p.types, long)
	if err != nil {
		return c.writeError(malformed(err))
	}
	p.types = e.Types
	if tooBig {
		return c.writeError(vitess.NewSQLError(vitess.ERUnknownError, vitess.SSUnknownSQLState,
			"Parameter of prepared statement which is set through mysql_send_long_data() is longer than 'max_allowed_packet' bytes"))
	}
	defer c.session.attend(e.Attributes)()
	_, err = c.run(p.text, func(s *statement) error {
		s.binary = true
		if e.Cursor {
			s.cursor = p
		}
		if p.own != nil {
			return s.own(p.own)
		}
		if known, err := s.again(p.text, argumentsText(e.Params), &p.under); known {
			return err
		}
		args, err := c.arguments(e.Params)
		if err != nil {
			return err
		}
		return s.execute(p.parsed, p.text, args)
	})
	return err
}

// arguments are the parameters of a prepared statement as literals, by name.
func (c *connection) arguments(params []wire.Param) (map[string]sqlparser.Expr, error) {
	args := make(map[string]sqlparser.Expr, len(params))
	for i, p := range params {
		arg, err := c.argument(p)
		if err != nil {
			return nil, err
		}
		args["v"+strconv.Itoa(i+1)] = arg
	}
	return args, nil
}

// argument is a parameter as a literal.
func (c *connection) argument(p wire.Param) (sqlparser.Expr, error) {
	if p.Null {
		return new(sqlparser.NullVal), nil
	}
	switch p.Type {
	case wire.TypeTiny, wire.TypeShort, wire.TypeLong, wire.TypeLongLong, wire.TypeInt24, wire.TypeYear:
		return sqlparser.ExprFromValue(sqltypes.MakeTrusted(sqltypes.Int64, p.Text))
	case wire.TypeFloat, wire.TypeDouble:
		return sqlparser.ExprFromValue(sqltypes.MakeTrusted(sqltypes.Float64, p.Text))
	case wire.TypeDecimal, wire.TypeNewDecimal:
		return sqlparser.ExprFromValue(sqltypes.MakeTrusted(sqltypes.Decimal, p.Text))
	case wire.TypeDate, wire.TypeTime, wire.TypeDatetime, wire.TypeTimestamp:
		return sqlparser.NewStrVal(p.Text), nil
	case wire.TypeTinyBlob, wire.TypeMediumBlob, wire.TypeLongBlob, wire.TypeBlob, wire.TypeBit, wire.TypeGeometry:
	default:
		text, err := c.read(p.Text)
		if err != nil {
			return nil, err
		}
		p.Text = []byte(text)
	}
	if !utf8.Valid(p.Text) { // no text: the client was given bytes
		return sqlparser.NewHexVal(hex.AppendEncode(nil, p.Text)), nil
	}
	return sqlparser.NewStrVal(p.Text), nil
}

// longData keeps a piece of a parameter for the next execution. It has no answer.
func (c *connection) longData(packet []byte) error {
	d, err := wire.ParseLongData(packet)
	if err != nil {
		return err
	}
	p, ok := c.prepared[d.Statement]
	if !ok || d.Param >= p.params {
		return nil // the execution will tell
	}
	most := longestPacket(c.session)
	tooBig := p.tooBig || len(p.long[d.Param])+len(d.Piece) > most || c.long+len(d.Piece) > mostLong*most
	if tooBig {
		p.long, _ = c.takeLong(p)
		p.tooBig = true
		for param := range p.long {
			p.long[param] = []byte{} // which they are is still to be known
		}
	}
	if p.long == nil {
		p.long = make(map[int][]byte)
	}
	if p.long[d.Param] == nil {
		p.long[d.Param] = []byte{}
	}
	if tooBig {
		return nil
	}
	p.long[d.Param] = append(p.long[d.Param], d.Piece...)
	p.longBytes += len(d.Piece)
	c.long += len(d.Piece)
	return nil
}

// mostLong is how many times max_allowed_packet all that waits for executions may be. Each parameter may be that long.
const mostLong = 4

// takeLong takes what was sent of a statement's parameters ahead of its execution.
func (c *connection) takeLong(p *prepared) (long map[int][]byte, tooBig bool) {
	long, tooBig = p.long, p.tooBig
	c.long -= p.longBytes
	p.long, p.longBytes, p.tooBig = nil, 0, false
	return long, tooBig
}

// resetPrepared drops what was sent of a statement's parameters, and its cursor.
func (c *connection) resetPrepared(packet []byte) error {
	id, err := wire.ParseNumber(packet)
	if err != nil {
		return malformed(err)
	}
	p, ok := c.prepared[id]
	if !ok {
		return unknownStatement(id, "mysqld_stmt_reset")
	}
	c.takeLong(p)
	c.closeCursor(p)
	return nil
}

// closePrepared forgets a statement.
func (c *connection) closePrepared(id uint32) {
	if p, ok := c.prepared[id]; ok {
		c.closeCursor(p)
		c.takeLong(p)
		delete(c.prepared, id)
		c.server.prepared.Add(-1)
	}
}

// cursor is a result whose rows the client fetches.
type cursor struct {
	statement *statement
	rows      rows
	page      page // being fetched from
	at        int  // its next row
	failed    error
}

// openCursor leaves a result to the cursor of the prepared statement, whose rows the client will ask for.
func (s *statement) openCursor(columns []wire.Column, src rows) error {
	c := &cursor{statement: s, rows: src}
	// As MySQL does, which reads all of the result now, what fails at its start fails here.
	if err := c.advance(); err != nil && !errors.Is(err, io.EOF) {
		return errors.Join(err, src.close(s.ctx))
	}
	s.begun, s.fetched, s.cursor.cursor = true, true, c
	return s.conn.wire.WriteCursor(columns, s.status()|s.conn.status(), s.conn.session.WarningCount(), s.conn.has)
}

// advance makes page one that has rows left, or fails with io.EOF.
func (c *cursor) advance() error {
	if c.failed != nil {
		return c.failed
	}
	for c.at >= c.page.rows {
		c.page.done()
		c.page, c.at = page{}, 0
		var err error
		if c.page, err = c.rows.next(c.statement.ctx); err != nil {
			c.page = page{}
			return err
		}
	}
	return nil
}

// holdCursors has all cursors let go of their sources, whose turns the next statement may wait for: the client can't fetch while
// it waits. Clients that only fetch pay nothing for that. What fails is told with the next fetch.
func (c *connection) holdCursors() {
	for _, p := range c.prepared {
		if p.cursor == nil || p.cursor.failed != nil {
			continue
		}
		s := p.cursor.statement
		s.aside = &p.cursor.failed
		_, _ = s.command(p.text, func(*statement) (err error) { // it answers nothing
			lift, err := s.limit()
			if err != nil {
				return err
			}
			defer func() { err = lift(err) }()
			return p.cursor.rows.hold(s.ctx)
		})
		s.aside = nil
	}
}

// fetch answers a COM_STMT_FETCH with the next rows of a cursor.
func (c *connection) fetch(packet []byte) error {
	id, count, err := wire.ParseFetch(packet)
	if err != nil {
		return c.writeError(malformed(err))
	}
	p, ok := c.prepared[id]
	if !ok {
		return c.writeError(unknownStatement(id, "mysqld_stmt_fetch"))
	}
	if p.cursor == nil {
		return c.writeError(vitess.NewSQLError(1421, vitess.SSUnknownSQLState, "The statement (%d) has no open cursor.", id))
	}
	s := p.cursor.statement
	last := false
	ok, err = s.command(p.text, func(*statement) (err error) {
		lift, err := s.limit()
		if err != nil {
			return err
		}
		defer func() { err = lift(err) }()
		last, err = p.cursor.send(int(count))
		s.answered = true
		if err != nil {
			return err
		}
		status := wire.CursorExists
		if last {
			status = wire.LastRowSent
		}
		return c.wire.WriteEnd(wire.OK{Status: status | c.status(), Warnings: c.session.WarningCount()}, c.has)
	})
	if last || !ok {
		c.closeCursor(p)
	}
	return err
}

// send writes the next rows, at most count, and reports whether there are none after them.
func (c *cursor) send(count int) (last bool, err error) {
	longest, err := longestRow(c.statement.ctx)
	if err != nil {
		return false, err
	}
	for {
		// It looks ahead by a row, so that the client need not ask for nothing.
		if err := c.advance(); err != nil {
			if errors.Is(err, io.EOF) {
				return true, nil
			}
			return false, err
		}
		if count <= 0 {
			return false, nil
		}
		n := min(count, c.page.rows-c.at)
		if err := c.statement.send(c.page, c.at, c.at+n, longest); err != nil {
			return false, err
		}
		c.at += n
		count -= n
	}
}

// closeCursor ends a statement's cursor, if it has one.
func (c *connection) closeCursor(p *prepared) {
	if p.cursor == nil {
		return
	}
	s := p.cursor.statement
	p.cursor.page.done()
	if err := p.cursor.rows.close(s.ctx); err != nil && !errors.Is(err, context.Canceled) {
		c.server.cfg.Log.Debug("cursor closed", "connection", c.id, "error", err)
	}
	s.cancel(nil)
	p.cursor = nil
}
