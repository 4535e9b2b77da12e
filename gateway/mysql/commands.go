package mysql

import (
	"fmt"
	"strings"
	"time"

	vitess "github.com/dolthub/vitess/go/mysql"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/gateway/mysql/wire"
)

// do answers a command. An error is that the connection can't go on; what the client did wrong is answered.
func (c *connection) do(command wire.Command, p []byte) error {
	switch command {
	case wire.Query:
		return c.query(p)
	case wire.StmtPrepare:
		return c.prepare(p)
	case wire.StmtExecute:
		return c.execute(p)
	case wire.StmtFetch:
		return c.fetch(p)
	case wire.StmtSendLongData:
		return c.longData(p)
	case wire.StmtClose:
		if id, err := wire.ParseNumber(p); err == nil {
			c.closePrepared(id)
		}
		return nil // it has no answer
	case wire.StmtReset:
		return c.answer(c.resetPrepared(p))
	case wire.InitDB:
		return c.answer(c.initDB(p))
	case wire.Ping:
		return c.writeOK(wire.OK{})
	case wire.ChangeUser:
		return c.changeUser(p)
	case wire.ResetConnection:
		return c.answer(c.resetConnection())
	case wire.SetOption:
		return c.setOption(p)
	case wire.FieldList:
		return c.fieldList(p)
	case wire.Statistics:
		return c.wire.Packet(func(dst []byte) []byte { return append(dst, c.server.statistics()...) })
	case wire.ProcessInfo:
		return c.statement("SHOW PROCESSLIST")
	case wire.ProcessKill:
		id, err := wire.ParseNumber(p)
		if err != nil {
			return c.writeError(malformed(err))
		}
		return c.statement(fmt.Sprintf("KILL %d", id))
	case wire.Refresh, wire.Debug:
		return c.writeOK(wire.OK{}) // there is nothing to refresh, and no trace file
	}
	return c.writeError(vitess.NewSQLError(vitess.ERUnknownComError, "08S01", "Unknown command"))
}

// answer is OK, or what went wrong.
func (c *connection) answer(err error) error {
	if err != nil {
		return c.writeError(err)
	}
	c.session.ClearWarningCount() // of the statement before
	return c.writeOK(wire.OK{})
}

// malformed is what a client is told whose packet is not of the protocol.
func malformed(err error) error {
	return vitess.NewSQLError(1835, vitess.SSUnknownSQLState, "Malformed communication packet: %s", err)
}

// query runs the statements of a COM_QUERY.
func (c *connection) query(p []byte) error {
	sent, attributes, err := wire.ParseQuery(p, c.has)
	if err != nil {
		return c.writeError(malformed(err))
	}
	text, err := c.read(sent)
	if err != nil {
		return c.writeError(err)
	}
	if strings.Trim(text, "; \t\r\n") == "" { // a comment is a statement that does nothing
		return c.writeError(vitess.NewSQLError(vitess.EREmptyQuery, "42000", "Query was empty"))
	}
	defer c.session.attend(attributes)()
	return c.statement(text)
}

// read is what a client sent as a text.
func (c *connection) read(sent []byte) (string, error) {
	sets := c.session.charsets()
	text, ok := sets.read(sent)
	if !ok {
		return "", vitess.NewSQLError(1300, vitess.SSUnknownSQLState, "Invalid %s character string: '%x'", sets.statements.Name(), sent[:min(len(sent), 6)])
	}
	return text, nil
}

// statement runs statements one after the other, until one fails.
func (c *connection) statement(text string) error {
	for {
		rest, err := c.runText(text)
		if err != nil || rest == "" {
			return err
		}
		text = rest
	}
}

// runText runs the first statement of text and returns those after it, if it succeeded. An error is of the connection.
func (c *connection) runText(query string) (rest string, err error) {
	multi := c.has.Has(wire.MultiStatements)
	ok, err := c.run(query, func(s *statement) error {
		mode, text := bind.Mode(s.ctx), query
		if multi {
			text, rest = parse.Split(text, mode)
		}
		s.more = rest != ""
		if known, err := s.again(text, "", nil); known {
			return err
		}
		var err error
		if text, err = parse.Standard(text, mode); err != nil {
			return err
		}
		own, after, err := parse.Statement(text, parse.Mode{AnsiQuotes: mode.AnsiQuotes})
		switch {
		case err != nil:
			return err
		case own != nil && after != "":
			return oneStatement
		case own != nil:
			err := s.own(own)
			if c.leaving {
				rest, s.more = "", false
			}
			return err
		}
		// What follows a stored program is the parser's to find. It would give it back as it was made standard.
		programs := multi && rest == "" && !mode.NoBackslashEscapes
		parsed, text, after, err := c.server.gms.Parser.Parse(s.ctx, text, programs)
		if err != nil {
			return unparsed(err)
		}
		if after != "" {
			rest, s.key = rest+after, nil
			s.more = true
		}
		if parsed == nil {
			return nil
		}
		if err := bind.RefuseParameters(parsed); err != nil {
			return err
		}
		return s.execute(parsed, text, nil)
	})
	if !ok {
		rest = ""
	}
	return rest, err
}

// oneStatement refuses a second statement of a client that did not ask for several.
var oneStatement = sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: only one statement at a time is allowed")

// initDB makes a database the session's.
func (c *connection) initDB(p []byte) error {
	name, err := c.read(p)
	if err != nil {
		return err
	}
	return c.useDatabase(name)
}

// setOption lets the client send several statements at once, or no longer.
func (c *connection) setOption(p []byte) error {
	const multiOn, multiOff = 0, 1
	switch option, err := wire.ParseNumber(p); {
	case err != nil:
		return c.writeError(malformed(err))
	case option == multiOn:
		c.has |= wire.MultiStatements
	case option == multiOff:
		c.has &^= wire.MultiStatements
	default:
		return c.writeError(vitess.NewSQLError(vitess.ERUnknownComError, "08S01", "Unknown command"))
	}
	return c.wire.WriteEnd(wire.OK{Status: c.status()}, c.has)
}

// resetConnection makes the session as it was when the client connected, in the database that it is in.
func (c *connection) resetConnection() error {
	database := c.session.GetCurrentDatabase()
	c.endSession()
	if err := c.newSession(c.hello.Collation); err != nil {
		return err
	}
	if database != "" {
		return c.useDatabase(database)
	}
	return nil
}

// changeUser begins anew as another user. A client that fails to is not connected any more.
func (c *connection) changeUser(p []byte) error {
	hello, err := wire.ParseChangeUser(p, c.hello)
	if err != nil {
		return c.writeError(malformed(err))
	}
	c.endSession()
	c.hello = hello
	decode(hello)
	err = c.wire.WaitUntil(time.Now().Add(globalSeconds(connectTimeout)))
	if err == nil {
		err = c.logIn(hello)
	}
	if err == nil {
		err = c.wire.WaitUntil(time.Time{})
	}
	if err == nil {
		err = c.newSession(hello.Collation)
	}
	if err == nil {
		err = c.welcome()
	}
	if err == nil {
		return nil
	}
	if c.wire.WriteError(wireError(err)) == nil {
		_ = c.wire.Flush() // the client may be gone
	}
	return err
}

// fieldList describes a table's columns, as command-line clients ask for them to complete names.
func (c *connection) fieldList(p []byte) error {
	name, pattern, err := wire.ParseFieldList(p)
	if err != nil {
		return c.writeError(malformed(err))
	}
	table, err := c.read([]byte(name))
	if err != nil {
		return c.writeError(err)
	}
	text := "SELECT * FROM " + bind.QuotedName(table) + " LIMIT 0"
	_, err = c.run(text, func(s *statement) error {
		parsed, _, _, err := c.server.gms.Parser.Parse(s.ctx, text, false)
		if err != nil {
			return unparsed(err)
		}
		columns, err := s.describe(parsed, text, 0)
		if err != nil {
			return err
		}
		matches := func(string) bool { return true }
		if pattern != "" {
			matches = matcher(&pattern)
		}
		none := ""
		var listed []wire.Column
		for _, col := range columns {
			if matches(col.Name) {
				col.Default = &none
				listed = append(listed, col)
			}
		}
		c.session.charsets().describe(listed)
		s.begun = true
		return c.wire.WriteDefinitions(listed)
	})
	return err
}

// statistics is what COM_STATISTICS tells, in MySQL's words.
func (v *Server) statistics() string {
	return fmt.Sprintf("Uptime: %d  Threads: %d", int(time.Since(v.started).Seconds()), v.open.Load())
}
