package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/gateway/mysql/wire"
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
	conn   *connection
	ctx    *sql.Context
	cancel context.CancelCauseFunc // ends ctx
	kind   kind
	text   string // as the client sent it, or prepared it

	binary   bool      // the binary protocol
	cursor   *prepared // the statement whose cursor takes the rows; nil: the client does
	fetched  bool      // the client is to fetch rows, for which ctx goes on
	aside    *error    // where a failure goes that the client is not told of now
	begun    bool      // the client was told the result's columns
	answered bool      // the client has all of the answer, if nothing failed
	more     bool      // another statement follows
	outcome  wire.OK   // of a statement without rows

	limited bool // by max_execution_time
	sleeps  bool // it does nothing but SLEEP
	ddl     bool // it is a transaction of its own

	parsed sqlparser.Statement

	key     *planKey    // of its plan; nil: it is not kept
	names   *bind.Names // what its names stood for when it was bound; nil without a key
	retried bool        // a table was not what the catalog remembered it as
}

// unparsed says what a text that the parser refused is; one without a statement is none.
func unparsed(err error) error {
	if errors.Is(err, sqlparser.ErrEmpty) {
		return nil
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
	if parsed, err = s.server.binder.Shown(s.ctx, parsed); err != nil {
		return err
	}
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
	if done, err := s.tables(parsed, args); done {
		if err == nil {
			return nil
		}
		return bind.UnknownQualifier(s.ctx, s.broken(parsed, err), parsed)
	}
	switch parsed.(type) {
	case *sqlparser.Insert, *sqlparser.Update, *sqlparser.Delete, *sqlparser.Load:
		for _, right := range bind.WriteRights(parsed) {
			if err := s.authorize(right); err != nil {
				return err
			}
		}
		s.session().scratch.Writes()
	}
	restore := s.withinReach(parsed)
	root, err := s.server.gms.BoundQueryPlan(ctx, text, parsed, args)
	restore()
	if err != nil {
		return bind.UnknownQualifier(s.ctx, s.broken(parsed, s.notView(parsed, dropped(parsed, columnList(parsed, err)))), parsed)
	}
	if err := s.mayExplain(parsed); err != nil {
		return err
	}
	if err := s.mayUpdate(root); err != nil {
		return err
	}
	s.renewWarnings(root, before)
	if err := s.lockRead(parsed, root); err != nil {
		return err
	}
	if leaf, ok := bind.LeafOf(root); ok {
		s.kind = federated
		return s.federated(leaf, nil)
	}
	if w, ok := bind.WriteOf(root); ok {
		bound, err := s.lockWritten(w)
		if err != nil {
			return err
		}
		if !bound {
			return s.attempt(parsed, text, args)
		}
		return s.write(w)
	}
	if err := s.mayRun(root); err != nil {
		return err
	}
	if explained, ok := root.(*gmsplan.DescribeQuery); ok {
		return s.explainLocal(explained)
	}
	if done, err := s.transact(root); done {
		return err
	}
	if done, err := s.view(root); done {
		return err
	}
	if done, err := s.showCreate(root); done {
		return err
	}
	return bind.UnknownQualifier(s.ctx, dropped(parsed, s.refused(root, s.local(root, text))), parsed)
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
		case gmsplan.ShowWarnings:
			s.ctx.ClearWarningCount()
			return
		}
		break
	}
	added := s.ctx.Warnings() // the newest first
	if _, ok := root.(*gmsplan.CreateDB); ok {
		added = nil // GMS says of any character set that it would not keep it
	}
	s.keepWarnings(added[:max(len(added)-before, 0)])
}

// local runs a statement of GMS's.
func (s *statement) local(root sql.Node, text string) error {
	schema, iter, _, err := s.server.gms.PrepQueryPlanForExecution(s.ctx, text, root, &sql.QueryFlags{})
	if err != nil {
		return err
	}
	if _, ok := root.(*gmsplan.ShowProcessList); ok {
		iter = s.server.withStates(iter)
	}
	if gmstypes.IsOkResultSchema(schema) {
		return s.finishLocal(iter)
	}
	iter = showColumns(root, iter)
	// Some statements have no rows, whatever their schema says.
	first, err := iter.Next(s.ctx)
	if err == nil && gmstypes.IsOkResult(first) {
		return errors.Join(s.finishLocal(sql.RowsToRowIter(first)), iter.Close(s.ctx))
	}
	if len(schema) == 0 { // such as SET
		if err == nil {
			err = fmt.Errorf("a statement without columns gave the row %v", first)
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
		return errors.Join(err, iter.Close(s.ctx))
	}
	return s.rows(localColumns(s.ctx, schema), &localRows{
		iter: iter, first: first, failed: err, schema: schema, binary: s.binary, recode: s.conn.session.charsets().recode(),
		interrupted: func(error) bool { return s.sleeps && isInterruption(context.Cause(s.ctx)) }, // MySQL's SLEEP then is 1
	})
}

// finishLocal keeps the outcome of a statement that has one instead of rows.
func (s *statement) finishLocal(iter sql.RowIter) (err error) {
	defer func() {
		if err != nil {
			err = s.end(err) // before the rows are closed, which commits
		}
		if closeErr := iter.Close(s.ctx); err == nil {
			err = closeErr
		}
	}()
	row, err := iter.Next(s.ctx)
	if err != nil {
		return err
	}
	ok, isOK := row[0].(gmstypes.OkResult)
	if !isOK {
		return fmt.Errorf("a statement without rows gave a %T", row[0])
	}
	if _, err := iter.Next(s.ctx); !errors.Is(err, io.EOF) { // some statements do their last work here
		if err == nil {
			err = errors.New("a statement without rows gave two outcomes")
		}
		return err
	}
	s.outcome = wire.OK{AffectedRows: ok.RowsAffected, InsertID: ok.InsertID}
	if ddl, ok := s.parsed.(*sqlparser.DDL); ok && ddl.Action == sqlparser.TruncateStr { // which counts none
		s.outcome.AffectedRows = 0
	}
	if ok.Info != nil {
		s.outcome.Info = ok.Info.String()
	}
	return nil
}

// rows sends a result to the client, or leaves it to the statement's cursor. It closes src.
func (s *statement) rows(columns []wire.Column, src rows) (err error) {
	s.conn.session.charsets().describe(columns)
	if s.cursor != nil {
		return s.openCursor(columns, src)
	}
	defer func() {
		if closeErr := src.close(s.ctx); err == nil {
			err = closeErr
		}
	}()
	longest, err := longestRow(s.ctx)
	if err != nil {
		return err
	}
	// The first page is read before the client is told the columns: most failures show there and are then an ordinary error.
	for {
		p, err := src.next(s.ctx)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if !s.begun {
			s.begun = true
			if err := s.conn.wire.WriteColumns(columns, s.status()|s.conn.status(), s.conn.session.WarningCount(), s.conn.has); err != nil {
				p.done()
				return err
			}
		}
		if err != nil {
			return nil
		}
		if err := s.sendAll(p, longest); err != nil {
			return err
		}
	}
}

// sendAll writes a page and ends it, be it by a panic.
func (s *statement) sendAll(p page, longest int) error {
	defer p.done()
	return s.send(p, 0, p.rows, longest)
}

// send writes some rows of a page.
func (s *statement) send(p page, from, to, longest int) error {
	if err := p.write(s.conn.wire, from, to, longest); err != nil {
		return err
	}
	s.server.metrics.rows.Add(float64(to - from))
	return nil
}

// values sends rows that are there already.
func (s *statement) values(columns []wire.Column, table [][]sqltypes.Value) error {
	return s.rows(columns, &valueRows{table: table, binary: s.binary, recode: s.conn.session.charsets().recode()})
}

// texts sends rows of texts.
func (s *statement) texts(columns []wire.Column, table [][]string) error {
	values := make([][]sqltypes.Value, len(table))
	for i, row := range table {
		for _, text := range row {
			values[i] = append(values[i], sqltypes.MakeTrusted(sqltypes.Text, []byte(text)))
		}
	}
	return s.values(columns, values)
}

// finish tells the client that the statement is over.
func (s *statement) finish() error {
	if s.fetched || s.answered {
		return nil
	}
	s.outcome.Status = s.status()
	if !s.begun {
		return s.conn.writeOK(s.outcome)
	}
	end := wire.OK{Status: s.outcome.Status | s.conn.status(), Warnings: s.conn.session.WarningCount()}
	if s.conn.has.Has(wire.DeprecateEOF) { // an EOF packet can't tell
		end.Changes = s.conn.changes()
	}
	return s.conn.wire.WriteEnd(end, s.conn.has)
}

// status is what the statement's answer says beyond what the session does.
func (s *statement) status() wire.Status {
	if s.more {
		return wire.MoreResults
	}
	return 0
}

// fail tells the client why the statement failed, be it in the middle of its rows.
func (s *statement) fail(err error) error {
	unexplained := s.kind != local && sqlerr.CodeOf(err) == sqlerr.Internal // GMS itself cancels a statement of its own that fails
	if cause := context.Cause(s.ctx); cause != nil && (unexplained || errors.Is(cause, shutdown)) {
		err = cause
	}
	if s.aside != nil {
		*s.aside = err
		return nil
	}
	s.keepFailure(wireError(err))
	if sqlerr.CodeOf(err) == sqlerr.Internal {
		failure := wireError(err)
		s.server.cfg.Log.Debug("statement failed", "connection", s.conn.id, "errno", failure.Errno, "error", failure.Message)
	}
	if err := s.conn.writeError(err); err != nil {
		return err
	}
	if context.Cause(s.ctx) == nil {
		return nil
	}
	s.conn.wire.Hurry(time.Now().Add(hurryAfter)) // anew: what was ended may have waited for the client until now
	return s.conn.wire.Flush()
}

// describe checks a statement that is prepared, with so many parameters, and returns its columns; none: it has no rows.
func (s *statement) describe(parsed sqlparser.Statement, text string, params int) ([]wire.Column, error) {
	shown, err := s.server.binder.Shown(s.ctx, parsed)
	if err != nil {
		return nil, err
	}
	if definesTables(shown) {
		return nil, nil
	}
	restore := s.withinReach(shown)
	defer restore()
	root, err := s.server.gms.PrepareParsedQuery(s.ctx, text, text, shown)
	s.conn.session.UnprepareQuery(text) // what is prepared is kept by the connection
	if err != nil {
		return nil, bind.UnknownQualifier(s.ctx, err, parsed)
	}
	if _, ok := shown.(sqlparser.SelectStatement); ok {
		root = s.foreseen(root, shown, text, params)
	}
	if leaf, ok := bind.LeafOf(root); ok && leaf.Explain == bind.Run {
		return leafColumns(leaf), nil
	}
	switch n := root.(type) {
	case *gmsplan.DescribeQuery: // of a federated query, as far as is known before it is analyzed
		return explainColumns(), nil
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
	return localColumns(s.ctx, schema), nil
}

// foreseen is a query as it will run, with an integer for each parameter; root, which was bound only, if it can't be told so.
func (s *statement) foreseen(root sql.Node, parsed sqlparser.Statement, text string, params int) sql.Node {
	args := make(map[string]sqlparser.Expr, params)
	for i := range params {
		args["v"+strconv.Itoa(i+1)] = sqlparser.NewIntVal([]byte("1"))
	}
	warned := s.ctx.Warnings() // the newest first
	analyzed, err := s.server.gms.BoundQueryPlan(s.ctx, text, parsed, args)
	if len(s.ctx.Warnings()) != len(warned) { // of this binding, of which the client knows nothing
		s.keepWarnings(warned)
	}
	if err != nil {
		return root
	}
	return analyzed
}
