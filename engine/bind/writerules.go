package bind

import (
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/mysql"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/store"
	"github.com/silogate/silogate/engine/types"
)

// writing is how a write evaluates and stores: under the session's modes (MySQL 8.0 manual, 5.1.11). It is shared by the goroutines of one
// execution.
type writing struct {
	ctx    *sql.Context
	ignore bool
	strict bool // and no IGNORE
	// division makes division by zero worth a warning (ERROR_FOR_DIVISION_BY_ZERO), or in strict mode an error.
	division bool
	single   bool // INSERT of one row

	mu      sync.Mutex
	warned  int
	failure error // the first warning that is an error in strict mode
}

func newWriting(ctx *sql.Context, ignore bool) *writing {
	mode := sql.LoadSqlMode(ctx)
	strict := mode.Strict() && !ignore
	return &writing{ctx: ctx, ignore: ignore, strict: strict, division: warnsOfDivision(mode)}
}

// rules are the rules for one goroutine.
func (w *writing) rules() *store.Rules {
	return &store.Rules{
		Strict: w.strict, RefuseNull: w.single && !w.ignore, Location: sessionLocation(w.ctx), Now: w.ctx.QueryTime(),
		Warn: func(code sqlerr.Code, message string) { w.say("Warning", int(code.Identity().Errno), message) },
		Note: func(code sqlerr.Code, message string) { w.say("Note", int(code.Identity().Errno), message) },
	}
}

// StrictRules are the rules of a statement that makes or changes a table: strict in any mode, and nobody is told of what is rounded.
func StrictRules(ctx *sql.Context) *store.Rules {
	silent := func(sqlerr.Code, string) {}
	return &store.Rules{Strict: true, Location: sessionLocation(ctx), Now: ctx.QueryTime(), Warn: silent, Note: silent}
}

func (w *writing) say(level string, errno int, message string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.warned++; w.warned <= mostWarnings {
		w.ctx.Session.Warn(&sql.Warning{Level: level, Code: errno, Message: message})
	}
}

// strictErrors are the warnings of expressions that end a write in strict mode: what they say is that the value is not what was meant
// (MySQL's Strict_error_handler).
var strictErrors = map[int]bool{
	1264: true, 1265: true, 1292: true, divisionByZero: true, 1366: true, 1406: true, 1411: true, 1441: true, 1690: true,
	1260: true, // ER_CUT_VALUE_GROUP_CONCAT
	3020: true, // ER_INVALID_ARGUMENT_FOR_LOGARITHM
}

const divisionByZero = 1365 // ER_DIVISION_BY_ZERO

// warnsOfDivision reports whether division by zero is worth a warning.
func warnsOfDivision(mode *sql.SqlMode) bool {
	return mode.ModeEnabled(sql.ErrorForDivisionByZero) || mode.ModeEnabled(sql.Traditional)
}

// warn takes a warning of an expression.
func (w *writing) warn(errno int, message string) {
	if errno == divisionByZero && !w.division {
		return
	}
	if !w.strict || !strictErrors[errno] {
		w.say("Warning", errno, message)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failure == nil {
		w.failure = sqlerr.New(sqlerr.Errno(uint16(errno)), "%s", message)
	}
}

// govern has an evaluation follow the write's modes.
func (w *writing) govern(env *expr.Env) {
	env.Warn, env.StrictDivision = w.warn, w.strict && w.division
}

// env is what expressions that are no part of a query are evaluated with.
func (w *writing) env() *expr.Env {
	env := newEnv(w.ctx)
	w.govern(env)
	return env
}

// foundRows reports a client that counts the rows that a write finds, not those that it changes (CLIENT_FOUND_ROWS).
func (w *writing) foundRows() bool {
	return w.ctx.Client().Capabilities&mysql.CapabilityClientFoundRows != 0
}

// failed returns what warn has made an error.
func (w *writing) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failure
}

// storing is the row-wise evaluator of an assignment: its argument as a column holds it.
type storing struct {
	rules  *store.Rules
	column *store.Column
	from   types.Type
}

// stored is e as a column holds it. text is how it is written, of which a query is one line.
func (w *writing) stored(e expr.Expr, column *store.Column, text string) expr.Expr {
	text, _, _ = strings.Cut(unnumbered(text), "\n")
	row := &storing{rules: w.rules(), column: column, from: e.Type()}
	return &expr.Fallback{Row: row, Args: []expr.Expr{e}, Typ: column.Type, Text: text, Volatile: true, Ordered: true}
}

// Clone implements expr.RowFunc. A plan with one runs in one stream: there is none but this.
func (s *storing) Clone() expr.RowFunc { return s }

// Same implements expr.RowFunc.
func (s *storing) Same(o expr.RowFunc) bool { return o == expr.RowFunc(s) }

// Eval implements expr.RowFunc.
func (s *storing) Eval(_ *expr.Env, args []types.Value) (types.Value, error) {
	s.rules.Row++
	return s.rules.Assign(args[0], s.from, s.column)
}
