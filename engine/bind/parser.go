package bind

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// parser is GMS's parser for a wider grammar. It changes the tree where GMS would not bind what MySQL means.
type parser struct {
	sql.Parser
	readers readers
	system  System // nil: none
}

// ParseSimple implements sql.Parser.
func (p parser) ParseSimple(query string) (sqlparser.Statement, error) {
	query, asked := rewrite(query, false)
	r, query := widening(query, false, func(query string) (r reading) {
		r.stmt, r.err = p.Parser.ParseSimple(query)
		return r
	})
	return prepared(query, asked, r.stmt, r.err)
}

// Parse implements sql.Parser.
func (p parser) Parse(ctx *sql.Context, query string, multi bool) (sqlparser.Statement, string, string, error) {
	ansiQuotes := sql.LoadSqlMode(ctx).AnsiQuotes()
	query, asked := rewrite(query, ansiQuotes)
	r, query := widening(query, ansiQuotes, func(query string) (r reading) {
		r.stmt, r.parsed, r.rest, r.err = p.Parser.Parse(ctx, query, multi)
		return r
	})
	stmt, err := prepared(query, asked, r.stmt, r.err)
	if err == nil {
		err = ofSession(ctx, stmt)
	}
	if err == nil {
		err = tablesBesideGrants(ctx, p.system, stmt)
	}
	return stmt, r.parsed, r.rest, err
}

// ParseWithOptions implements sql.Parser.
func (p parser) ParseWithOptions(ctx context.Context, query string, delimiter rune, multi bool, options sqlparser.ParserOptions) (sqlparser.Statement, string, string, error) {
	query, asked := rewrite(query, options.AnsiQuotes)
	r, query := widening(query, options.AnsiQuotes, func(query string) (r reading) {
		r.stmt, r.parsed, r.rest, r.err = p.Parser.ParseWithOptions(ctx, query, delimiter, multi, options)
		return r
	})
	stmt, err := prepared(query, asked, r.stmt, r.err)
	if err == nil {
		err = p.readers.expandView(stmt)
	}
	if err == nil {
		err = underVariables(ctx, stmt)
	}
	return stmt, r.parsed, r.rest, err
}

// ParseOneWithOptions implements sql.Parser. The position it returns is that in the rewritten text.
func (p parser) ParseOneWithOptions(ctx context.Context, query string, options sqlparser.ParserOptions) (sqlparser.Statement, int, error) {
	query, asked := rewrite(query, options.AnsiQuotes)
	r, query := widening(query, options.AnsiQuotes, func(query string) (r reading) {
		r.stmt, r.next, r.err = p.Parser.ParseOneWithOptions(ctx, query, options)
		return r
	})
	stmt, err := prepared(query, asked, r.stmt, r.err)
	if err == nil {
		err = underVariables(ctx, stmt)
	}
	return stmt, r.next, err
}

// asked is what a statement says that GMS's grammar has no words for.
type asked struct {
	format *string // of an EXPLAIN
	alters bool    // it is ALTER VIEW
	ignore bool    // it is DELETE IGNORE
}

// rewrite returns a statement in words that GMS's parser knows, and what those leave out. It begins with its first word: GMS cuts what is
// before that off, and the positions that it finds in a text are in the rest.
func rewrite(query string, ansiQuotes bool) (rewritten string, more asked) {
	if standard, err := parse.Standard(query, parse.Mode{AnsiQuotes: ansiQuotes}); err == nil {
		query = standard
	}
	query, more.format = parse.CutFormat(query)
	query, more.alters = parse.AlterView(query)
	query = parse.ConvertTo(query, ansiQuotes)
	query, more.ignore = parse.CutIgnore(parse.Rewrite(query, ansiQuotes), ansiQuotes)
	return strings.TrimSpace(query), more
}

// reading is what GMS's parser makes of a text: the first statement of it, and what of the text that is and what is left, or where that
// begins.
type reading struct {
	stmt         sqlparser.Statement
	parsed, rest string
	next         int
	err          error
}

// widening reads a text, or one in fewer words if that is refused and the other is not, and returns which of them it read.
func widening(query string, ansiQuotes bool, read func(string) reading) (reading, string) {
	first := read(query)
	if first.err == nil || errors.Is(first.err, sqlparser.ErrEmpty) {
		return first, query
	}
	wider := parse.Widen(query, ansiQuotes)
	if wider == query {
		return first, query
	}
	again := read(wider)
	if again.err == nil {
		return again, wider
	}
	if position, err := asWritten(again.err, wider); position > syntaxPosition(first.err) { // it got farther
		again.err = err
		return again, query
	}
	return first, query
}

// syntaxPlace finds where an error of syntax says that it is.
var syntaxPlace = regexp.MustCompile(`at position (\d+) near '`)

// partOfEdit is the beginning of what Widen has put into a text, at the end of a part of it.
var partOfEdit = regexp.MustCompile(`\r[\t\r\n]*$`)

// syntaxPosition is where an error of syntax says that it is; 0: it does not.
func syntaxPosition(err error) int {
	at := syntaxPlace.FindStringSubmatch(err.Error())
	if at == nil {
		return 0
	}
	n, _ := strconv.Atoi(at[1])
	return n
}

// asWritten has an error of syntax in a widened text speak of the text as it was written, and returns its position there.
func asWritten(err error, wider string) (int, error) {
	message := err.Error()
	at := syntaxPlace.FindStringSubmatchIndex(message)
	if at == nil {
		return 0, err
	}
	n := syntaxPosition(err)
	whole := partOfEdit.ReplaceAllString(wider[:min(n, len(wider))], "")
	position := len(parse.Restore(whole)) + max(n-len(wider), 0)
	return position, errors.New(message[:at[2]] + strconv.Itoa(position) + parse.Restore(message[at[3]:]))
}

// prepared makes a statement ready for GMS's binder.
func prepared(query string, asked asked, stmt sqlparser.Statement, err error) (sqlparser.Statement, error) {
	if errors.Is(err, sqlparser.ErrEmpty) {
		return nil, err
	}
	if err != nil {
		if bad := frameError(err); bad != nil {
			return nil, bad
		}
		if strings.Contains(err.Error(), "Every derived table must have its own alias") {
			return nil, sqlerr.New(sqlerr.Errno(1248), "Every derived table must have its own alias") // ER_DERIVED_MUST_HAVE_ALIAS
		}
		if strings.Contains(err.Error(), "incorrect usage of DISTINCT and ALL") {
			return nil, sqlerr.New(sqlerr.Errno(1221), "Incorrect usage of ALL and DISTINCT") // ER_WRONG_USAGE
		}
		return nil, &sqlerr.Error{Code: sqlerr.Syntax, Message: syntaxMessage(query, err.Error())}
	}
	if stmt == nil {
		return nil, nil
	}
	if use, ok := stmt.(*sqlparser.Use); ok && use.DBName.IsEmpty() {
		return nil, sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: USE without a database")
	}
	if ddl, ok := stmt.(*sqlparser.DDL); ok && asked.alters {
		ddl.IfExists = true // what GMS makes nothing of in a CREATE
	}
	if asked.ignore {
		deleteIgnoring(stmt)
	}
	alterRights(stmt, query)
	if ddl, ok := stmt.(*sqlparser.DDL); ok && ddl.ViewSpec != nil {
		ddl.Table.DbQualifier = ddl.ViewSpec.ViewName.DbQualifier // where GMS looks for it
		// Else GMS cuts it from what the client wrote.
		ddl.SubStatementStr = strings.TrimSpace(query[ddl.SubStatementPositionStart:min(ddl.SubStatementPositionEnd, len(query))])
	}
	if err := boundDepth(stmt); err != nil { // before all that recurses
		return nil, err
	}
	if err := explainFormat(stmt, asked.format); err != nil {
		return nil, err
	}
	for _, change := range []func(sqlparser.SQLNode) error{
		ownRights, grantTargets, databaseCharset, readBeside, emptyNames, knownVariables, scopedCharacteristics, sharedLocks, callForms, doubles,
		columnDefaults, foldColumns, uniqueTables, uniqueCTEs, viewVariables, castBounds,
		nameOrdered, recursions, columnTimes, jsonTimes, windows, groupKeys,
		isolateOperands, orderByArguments, bitLiterals, resolveAggregates, quantified, nameVariables, numbered, renameExtremes, renameGrowing,
		renameLoadFile, operatorsAsFunctions, constantOrders, boundCTEs, writtenRows,
	} {
		if err := change(stmt); err != nil {
			return nil, err
		}
	}
	return stmt, nil
}

// Walk is sqlparser.Walk that also visits what that passes over: the common table expressions, order and limit of a set
// operation, and the statement of an EXPLAIN.
func Walk(visit sqlparser.Visit, n sqlparser.SQLNode) error {
	return sqlparser.Walk(func(n sqlparser.SQLNode) (bool, error) {
		more, err := visit(n)
		if err != nil || !more {
			return more, err
		}
		for _, r := range passedOver(n) {
			if err := Walk(visit, r); err != nil {
				return false, err
			}
		}
		return true, nil
	}, n)
}

// passedOver lists what sqlparser.Walk passes over below a node.
func passedOver(n sqlparser.SQLNode) []sqlparser.SQLNode {
	switch n := n.(type) {
	case *sqlparser.SetOp:
		return []sqlparser.SQLNode{n.With, n.OrderBy, n.Limit}
	case *sqlparser.Explain:
		return []sqlparser.SQLNode{n.Statement}
	}
	return nil
}

// walkBlock visits parts of a query block, but no subqueries, which are blocks of their own. Where visit returns false it passes over what
// is in a node.
func walkBlock(visit func(sqlparser.SQLNode) bool, parts ...sqlparser.SQLNode) {
	_ = sqlparser.Walk(func(n sqlparser.SQLNode) (bool, error) { // nothing here fails
		if _, ok := n.(*sqlparser.Subquery); ok {
			return false, nil
		}
		return visit(n), nil
	}, parts...)
}

// partsOverGroups are the parts of a block that its aggregates may stand in.
func partsOverGroups(s *sqlparser.Select) []sqlparser.SQLNode {
	parts := []sqlparser.SQLNode{s.SelectExprs, s.OrderBy}
	if s.Having != nil {
		parts = append(parts, s.Having)
	}
	return parts
}
