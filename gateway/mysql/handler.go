package mysql

import (
	"context"
	"runtime/debug"
	"time"

	gms "github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	vitess "github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// handler answers a connection's commands. What it does not define is GMS's.
type handler struct {
	vitess.Handler
	server   *Server
	sessions *gms.SessionManager
}

// ConnectionAuthenticated implements vitess.Handler.
func (h *handler) ConnectionAuthenticated(c *vitess.Conn) error {
	attach(c)
	h.server.connections.Store(c.ConnectionID, c.Conn)
	return h.Handler.ConnectionAuthenticated(c)
}

// NewConnection implements vitess.Handler.
func (h *handler) NewConnection(c *vitess.Conn) {
	h.server.metrics.connections.Inc()
	_, modes, _ := sql.SystemVariables.GetGlobal(sql.SqlModeSessionVar)
	if text, ok := modes.(string); ok {
		setFlag(c, noBackslashEscapes, sql.NewSqlModeFromString(text).ModeEnabled(sql.NoBackslashEscapes))
	}
	h.Handler.NewConnection(c)
}

// ConnectionClosed implements vitess.Handler.
func (h *handler) ConnectionClosed(c *vitess.Conn) {
	h.server.connections.Delete(c.ConnectionID)
	h.Handler.ConnectionClosed(c)
	h.server.metrics.connections.Dec()
}

// ComInitDB implements vitess.Handler.
func (h *handler) ComInitDB(c *vitess.Conn, db string) error {
	if err := h.Handler.ComInitDB(c, db); err != nil {
		return wireError(err)
	}
	return nil
}

// ComQuery implements vitess.Handler.
func (h *handler) ComQuery(ctx context.Context, c *vitess.Conn, query string, callback vitess.ResultSpoolFn) error {
	_, err := h.query(ctx, c, query, false, callback)
	return err
}

// ComMultiQuery implements vitess.Handler: it runs the first statement of query and returns the others.
func (h *handler) ComMultiQuery(ctx context.Context, c *vitess.Conn, query string, callback vitess.ResultSpoolFn) (string, error) {
	return h.query(ctx, c, query, true, callback)
}

func (h *handler) query(ctx context.Context, c *vitess.Conn, query string, multi bool, callback vitess.ResultSpoolFn) (rest string, err error) {
	err = h.run(ctx, c, query, func(s *statement) error {
		s.send = func(r *sqltypes.Result) error { return callback(r, rest != "") }
		mode, text := bind.Mode(s.ctx), query
		if multi {
			text, rest = parse.Split(text, mode)
		}
		if known, err := s.again(text, "", false); known {
			return err
		}
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
			return s.own(own)
		}
		// What follows a stored program is the parser's to find. It would give it back as it was made standard.
		programs := multi && rest == "" && !mode.NoBackslashEscapes
		parsed, text, after, err := h.server.gms.Parser.Parse(s.ctx, text, programs)
		if err != nil {
			return s.unparsed(err)
		}
		if after != "" {
			rest, s.key = rest+after, nil
		}
		if parsed != nil {
			if err := bind.RefuseParameters(parsed); err != nil {
				return err
			}
		}
		return s.execute(parsed, text, nil)
	})
	if err != nil {
		return "", err
	}
	return rest, nil
}

// ComPrepare implements vitess.Handler: it checks a statement and describes its result, nil if it has none.
func (h *handler) ComPrepare(ctx context.Context, c *vitess.Conn, query string, prepared *vitess.PrepareData) (fields []*querypb.Field, err error) {
	query = commandsOf(c).prepared(query)
	err = h.run(ctx, c, query, func(s *statement) error {
		mode := bind.Mode(s.ctx)
		if query, err = parse.Standard(query, mode); err != nil {
			return err
		}
		stmt, err := ownPrepared(query, mode.AnsiQuotes)
		if err != nil {
			return err
		}
		if stmt != nil {
			fields = analyzeFields()
			return declare(prepared, query, mode.AnsiQuotes)
		}
		parsed, _, _, err := h.server.gms.Parser.Parse(s.ctx, query, false)
		if err == nil && parsed == nil {
			err = sqlparser.ErrEmpty
		}
		if err != nil {
			return bind.Unparsed(err)
		}
		if fields, err = s.describe(parsed, query); err != nil {
			return err
		}
		return declare(prepared, query, mode.AnsiQuotes)
	})
	return fields, err
}

// ComStmtExecute implements vitess.Handler.
func (h *handler) ComStmtExecute(ctx context.Context, c *vitess.Conn, prepared *vitess.PrepareData, callback func(*sqltypes.Result) error) error {
	return h.run(ctx, c, prepared.PrepareStmt, func(s *statement) error {
		s.send, s.binary = callback, true
		stmt, err := ownPrepared(prepared.PrepareStmt, bind.Mode(s.ctx).AnsiQuotes)
		if err != nil {
			return err
		}
		if stmt != nil {
			return s.analyze(stmt)
		}
		parsed, ok := s.ctx.GetPreparedQuery(prepared.PrepareStmt)
		if !ok {
			return sqlerr.New(sqlerr.Internal, "the prepared statement is gone")
		}
		if known, err := s.again(prepared.PrepareStmt, argumentsText(prepared.BindVars), true); known {
			return err
		}
		args, err := arguments(prepared.BindVars)
		if err != nil {
			return err
		}
		return s.execute(parsed, prepared.PrepareStmt, args)
	})
}

// ownPrepared reads an ANALYZE TABLE: of the statements that are not of GMS's grammar the one that can be prepared. It returns
// nil for any other.
func ownPrepared(query string, ansiQuotes bool) (*parse.Analyze, error) {
	own, after, err := parse.Statement(query, parse.Mode{AnsiQuotes: ansiQuotes})
	stmt, ok := own.(*parse.Analyze)
	if ok && after != "" {
		err = oneStatement
	}
	return stmt, err
}

// oneStatement refuses a second statement of a client that did not ask for several.
var oneStatement = sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: only one statement at a time is allowed")

// run makes a statement of text, has it done, and turns a failure into what the client gets.
func (h *handler) run(ctx context.Context, c *vitess.Conn, text string, do func(*statement) error) (err error) {
	defer commandsOf(c).run()()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	h.server.statements.Store(c.ConnectionID, cancel)
	defer h.server.statements.Delete(c.ConnectionID)
	if h.server.closing.Load() {
		return wireError(shutdown)
	}
	sqlCtx, err := h.sessions.NewContextWithQuery(ctx, c, text)
	if err != nil {
		return wireError(err)
	}
	patience, err := writeTimeout(sqlCtx)
	if err != nil {
		return wireError(err)
	}
	setPatience(c, patience)
	if err := setClock(sqlCtx); err != nil {
		return wireError(err)
	}
	defer watch(c, cancel)()
	sqlCtx, err = sqlCtx.ProcessList.BeginQuery(sqlCtx, parse.Redact(text, bind.Mode(sqlCtx)))
	if err != nil {
		return wireError(err)
	}
	defer sqlCtx.ProcessList.EndQuery(sqlCtx)
	sqlCtx.ProcessList = &ownProcesses{ProcessList: sqlCtx.ProcessList, server: h.server, ctx: sqlCtx}
	defer hurry(sqlCtx, c)()
	if err := sql.SessionCommandBegin(sqlCtx.Session); err != nil {
		return wireError(err)
	}
	defer sql.SessionCommandEnd(sqlCtx.Session)

	s := &statement{server: h.server, ctx: sqlCtx, conn: c, kind: local}
	start := time.Now()
	err = s.end(s.guarded(do))
	h.server.metrics.observe(s.kind, err, time.Since(start))
	if err != nil {
		return s.fail(err)
	}
	return s.flags()
}

// guarded runs do; a panic in it is a defect of the gateway, logged and told to the client, not the connection's end.
func (s *statement) guarded(do func(*statement) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.server.cfg.Log.Error("statement failed by a defect", "panic", p, "stack", string(debug.Stack()))
			err = sqlerr.New(sqlerr.Internal, "internal error: %v", p)
		}
	}()
	return do(s)
}
