package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	gms "github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	vitess "github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
)

// kind is who runs a statement.
type kind string

const (
	local     kind = "local"     // GMS
	federated kind = "federated" // the engine
	manage    kind = "manage"    // the catalog
)

// statement is one statement under way.
type statement struct {
	server *Server
	ctx    *sql.Context
	conn   *vitess.Conn
	kind   kind
	text   string // as the client sent it, or prepared it
	send   func(*sqltypes.Result) error
	binary bool // the binary protocol; its receiver may keep results
	begun  bool // the client was told the result's columns

	limited bool // by max_execution_time
	sleeps  bool // it does nothing but SLEEP
	ddl     bool // it is a transaction of its own

	parsed sqlparser.Statement

	key     *planKey    // of its plan; nil: it is not kept
	names   *bind.Names // what its names stood for when it was bound; nil without a key
	retried bool        // a table was not what the catalog remembered it as
}

// unparsed says what a text that the parser refused is.
func (s *statement) unparsed(err error) error {
	if errors.Is(err, sqlparser.ErrEmpty) {
		return s.send(&sqltypes.Result{})
	}
	return bind.Unparsed(err)
}

// execute binds a parsed statement and runs it where it belongs. A query that finds a table other than the catalog
// remembered it is bound and run once more, if the client has heard nothing of it yet.
func (s *statement) execute(parsed sqlparser.Statement, text string, args map[string]sqlparser.Expr) (err error) {
	if err := s.ctx.ValidateSession(s.ctx); err != nil {
		return err
	}
	if err := s.begin(parsed); err != nil {
		return err
	}
	s.text = text
	s.ctx = bind.NarrowListing(s.ctx, parsed, args)
	s.server.binder.Announce(s.ctx, parsed)
	if _, ok := parsed.(sqlparser.SelectStatement); !ok {
		s.key = nil
	} else { // binding counts, too
		s.sleeps = onlySleeps(parsed)
		lift, failure := s.limit()
		if failure != nil {
			return failure
		}
		defer func() { err = lift(err) }()
	}
	err = s.attempt(parsed, text, args)
	if s.kind == federated && !s.begun && !s.retried && stale(err) {
		err = s.attempt(parsed, text, args)
	}
	return err
}

func (s *statement) attempt(parsed sqlparser.Statement, text string, args map[string]sqlparser.Expr) error {
	before := len(s.ctx.Warnings())
	ctx := s.ctx
	if s.key != nil {
		ctx, s.names = bind.NoteNames(ctx)
	}
	restore := s.withinReach(parsed)
	root, err := s.server.gms.BoundQueryPlan(ctx, text, parsed, args)
	restore()
	if err != nil {
		return bind.UnknownQualifier(s.broken(parsed, dropped(parsed, err)), parsed)
	}
	s.renewWarnings(root, before)
	if leaf, ok := bind.LeafOf(root); ok {
		s.kind = federated
		return s.federated(leaf, nil)
	}
	if err := bind.Explainable(root); err != nil {
		return err
	}
	if err := s.mayRun(root); err != nil {
		return err
	}
	if done, err := s.view(root); done {
		return err
	}
	if done, err := s.showCreate(root); done {
		return err
	}
	return dropped(parsed, s.refused(root, s.local(root, text)))
}

// renewWarnings drops the warnings of the statement before, but for a statement that shows them; before is how many
// there were when binding began, which may have added some.
func (s *statement) renewWarnings(root sql.Node, before int) {
	for {
		switch n := root.(type) {
		case *gmsplan.Limit:
			root = n.Child
			continue
		case *gmsplan.Offset:
			root = n.Child
			continue
		case *gmsplan.Set:
			return
		case gmsplan.ShowWarnings:
			s.ctx.ClearWarningCount()
			return
		}
		break
	}
	added := s.ctx.Warnings() // the newest first
	added = added[:max(len(added)-before, 0)]
	s.ctx.ClearWarnings()
	for i := len(added) - 1; i >= 0; i-- {
		s.ctx.Session.Warn(added[i])
	}
}

// rowsPerResult is how many rows of GMS are sent together.
const rowsPerResult = 256

// local runs a statement of GMS's.
func (s *statement) local(root sql.Node, text string) (err error) {
	if err := s.lockTargets(root); err != nil {
		return err
	}
	schema, rows, _, err := s.server.gms.PrepQueryPlanForExecution(s.ctx, text, root, &sql.QueryFlags{})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = s.end(err) // before the rows are closed, which commits
		}
		if closeErr := rows.Close(s.ctx); err == nil {
			err = closeErr
		}
	}()
	if gmstypes.IsOkResultSchema(schema) {
		return s.sendOK(rows)
	}
	if _, ok := root.(*gmsplan.ShowProcessList); ok {
		rows = s.server.withStates(rows)
	}
	rows = showColumns(root, rows)
	longest, err := longestRow(s.ctx)
	if err != nil {
		return err
	}
	fields := localFields(s.ctx, schema)
	result := &sqltypes.Result{Fields: fields}
	for {
		row, err := rows.Next(s.ctx)
		if errors.Is(err, io.EOF) {
			return s.emit(result)
		}
		if err != nil && s.sleeps && isInterruption(context.Cause(s.ctx)) {
			result.Rows = [][]sqltypes.Value{{sqltypes.NewInt64(1)}} // as in MySQL it is no error then
			return s.emit(result)
		}
		if err != nil {
			return err
		}
		if gmstypes.IsOkResult(row) {
			return s.sendOK(sql.RowsToRowIter(row))
		}
		cells, err := gms.RowToSQL(s.ctx, schema, row, nil, nil)
		if err != nil {
			return err
		}
		if err := fits(cells, longest); err != nil {
			return err
		}
		result.Rows = append(result.Rows, cells)
		if len(result.Rows) == rowsPerResult {
			if err := s.emit(result); err != nil {
				return err
			}
			result = &sqltypes.Result{Fields: fields}
		}
	}
}

// onlySleeps reports SELECT SLEEP(n).
func onlySleeps(parsed sqlparser.Statement) bool {
	query, ok := parsed.(*sqlparser.Select)
	if !ok || len(query.SelectExprs) != 1 || query.Where != nil || query.Having != nil || query.With != nil || query.Into != nil {
		return false
	}
	for _, from := range query.From {
		t, ok := from.(*sqlparser.AliasedTableExpr)
		if !ok {
			return false
		}
		if name, ok := t.Expr.(sqlparser.TableName); !ok || !strings.EqualFold(name.Name.String(), "dual") {
			return false
		}
	}
	e, ok := query.SelectExprs[0].(*sqlparser.AliasedExpr)
	if !ok {
		return false
	}
	call, ok := e.Expr.(*sqlparser.FuncExpr)
	return ok && call.Name.EqualString("sleep")
}

// isInterruption reports that KILL QUERY or the limit on its time ended a statement.
func isInterruption(why error) bool {
	return sqlerr.Is(why, sqlerr.Timeout) || sqlerr.Is(why, sqlerr.Cancelled)
}

// sendOK sends the outcome of a statement that has one instead of rows.
func (s *statement) sendOK(rows sql.RowIter) error {
	row, err := rows.Next(s.ctx)
	if err != nil {
		return err
	}
	ok, isOK := row[0].(gmstypes.OkResult)
	if !isOK {
		return fmt.Errorf("a statement without rows gave a %T", row[0])
	}
	if _, err := rows.Next(s.ctx); !errors.Is(err, io.EOF) { // some statements do their last work here
		if err == nil {
			err = errors.New("a statement without rows gave two outcomes")
		}
		return err
	}
	if err := s.settle(rows); err != nil {
		return err
	}
	if err := s.flags(); err != nil { // it may have changed what they say
		return err
	}
	// The text of ok.Info stays here: the protocol layer puts a byte before it that clients read as its length, and some then
	// refuse the packet.
	return s.send(&sqltypes.Result{RowsAffected: ok.RowsAffected, InsertID: ok.InsertID})
}

// emit sends rows, the columns before the first of them. The columns go alone: once a second result is taken, a cursor
// that takes them is there to be seen (cursor).
func (s *statement) emit(result *sqltypes.Result) error {
	if !s.begun {
		s.begun = true
		if err := s.send(&sqltypes.Result{Fields: result.Fields}); err != nil {
			return err
		}
	}
	if len(result.Rows) == 0 {
		return nil
	}
	s.server.metrics.rows.Add(float64(len(result.Rows)))
	return s.send(result)
}

// fail turns a failure into what the handler returns for it: an error before the result began, else nothing once the
// client has its ERR packet.
func (s *statement) fail(err error) error {
	unexplained := s.kind != local && sqlerr.CodeOf(err) == sqlerr.Internal // GMS itself cancels a statement of its own that fails
	if cause := context.Cause(s.ctx); cause != nil && (unexplained || errors.Is(cause, shutdown)) {
		err = cause
	}
	failure := wireError(err)
	if sqlerr.CodeOf(err) == sqlerr.Internal {
		s.server.cfg.Log.Debug("statement failed", "connection", s.conn.ConnectionID, "errno", failure.Num, "error", failure.Message)
	}
	if !s.begun || s.binary && cursor(s.conn) {
		return failure
	}
	return abort(s.conn, failure)
}

// cursor reports whether the result goes to a cursor, which Vitess fetches from in another goroutine and keeps to itself.
func cursor(c *vitess.Conn) bool {
	return !reflect.ValueOf(c).Elem().FieldByName("cs").IsNil()
}

// noBackslashEscapes is SERVER_STATUS_NO_BACKSLASH_ESCAPES: clients that escape texts themselves do so by it.
const noBackslashEscapes = 0x0200

// flags sets what every answer says of the session.
func (s *statement) flags() error {
	value, err := s.ctx.GetSessionVariable(s.ctx, sql.AutoCommitSessionVar)
	if err != nil {
		return wireError(err)
	}
	auto, err := sql.ConvertToBool(s.ctx, value)
	if err != nil {
		return wireError(err)
	}
	setFlag(s.conn, vitess.ServerStatusAutocommit, auto)
	open, err := s.inTransaction()
	if err != nil {
		return wireError(err)
	}
	setFlag(s.conn, vitess.ServerInTransaction, open && (s.ctx.GetIgnoreAutoCommit() || s.session().scratch.Used()))
	setFlag(s.conn, noBackslashEscapes, bind.Mode(s.ctx).NoBackslashEscapes)
	return nil
}

func setFlag(c *vitess.Conn, flag uint16, on bool) {
	c.StatusFlags &^= flag
	if on {
		c.StatusFlags |= flag
	}
}

// describe checks a statement that is prepared and returns its columns.
func (s *statement) describe(parsed sqlparser.Statement, text string) ([]*querypb.Field, error) {
	restore := s.withinReach(parsed)
	root, err := s.server.gms.PrepareParsedQuery(s.ctx, text, text, parsed)
	restore()
	if err != nil {
		return nil, bind.UnknownQualifier(err, parsed)
	}
	if leaf, ok := bind.LeafOf(root); ok && leaf.Explain == bind.Run {
		return leafFields(leaf), nil
	}
	switch n := root.(type) {
	case *gmsplan.DescribeQuery: // of a federated query, as far as is known before it is analyzed
		return explainFields(), nil
	case *gmsplan.InsertInto:
		if n.Returning == nil {
			return nil, nil
		}
	case *gmsplan.Update, *gmsplan.UpdateJoin, *gmsplan.DeleteFrom:
		return nil, nil
	}
	schema := root.Schema(s.ctx)
	if gmstypes.IsOkResultSchema(schema) {
		return nil, nil
	}
	return localFields(s.ctx, schema), nil
}
