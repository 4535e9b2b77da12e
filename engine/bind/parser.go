package bind

import (
	"context"
	"errors"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// parser is GMS's parser for a wider grammar. It changes the tree where GMS would not bind what MySQL means.
type parser struct{ sql.Parser }

// ParseSimple implements sql.Parser.
func (p parser) ParseSimple(query string) (sqlparser.Statement, error) {
	query, format := rewrite(query, false)
	stmt, err := p.Parser.ParseSimple(query)
	if wider, ok := widened(query, false, err); ok {
		if again, failed := p.Parser.ParseSimple(wider); failed == nil {
			query, stmt, err = wider, again, nil
		}
	}
	return prepared(query, format, stmt, err)
}

// Parse implements sql.Parser.
func (p parser) Parse(ctx *sql.Context, query string, multi bool) (sqlparser.Statement, string, string, error) {
	ansiQuotes := sql.LoadSqlMode(ctx).AnsiQuotes()
	query, format := rewrite(query, ansiQuotes)
	stmt, parsed, rest, err := p.Parser.Parse(ctx, query, multi)
	if wider, ok := widened(query, ansiQuotes, err); ok {
		if again, text, behind, failed := p.Parser.Parse(ctx, wider, multi); failed == nil {
			query, stmt, parsed, rest, err = wider, again, text, behind, nil
		}
	}
	if stmt, err = prepared(query, format, stmt, err); err == nil {
		err = ofSession(ctx, stmt)
	}
	return stmt, parsed, rest, err
}

// ParseWithOptions implements sql.Parser.
func (p parser) ParseWithOptions(ctx context.Context, query string, delimiter rune, multi bool, options sqlparser.ParserOptions) (sqlparser.Statement, string, string, error) {
	query, format := rewrite(query, options.AnsiQuotes)
	stmt, parsed, rest, err := p.Parser.ParseWithOptions(ctx, query, delimiter, multi, options)
	if wider, ok := widened(query, options.AnsiQuotes, err); ok {
		if again, text, behind, failed := p.Parser.ParseWithOptions(ctx, wider, delimiter, multi, options); failed == nil {
			query, stmt, parsed, rest, err = wider, again, text, behind, nil
		}
	}
	if stmt, err = prepared(query, format, stmt, err); err == nil {
		err = underVariables(ctx, stmt)
	}
	return stmt, parsed, rest, err
}

// ParseOneWithOptions implements sql.Parser. The position it returns is that in the rewritten text.
func (p parser) ParseOneWithOptions(ctx context.Context, query string, options sqlparser.ParserOptions) (sqlparser.Statement, int, error) {
	query, format := rewrite(query, options.AnsiQuotes)
	stmt, next, err := p.Parser.ParseOneWithOptions(ctx, query, options)
	if wider, ok := widened(query, options.AnsiQuotes, err); ok {
		if again, behind, failed := p.Parser.ParseOneWithOptions(ctx, wider, options); failed == nil {
			query, stmt, next, err = wider, again, behind, nil
		}
	}
	if stmt, err = prepared(query, format, stmt, err); err == nil {
		err = underVariables(ctx, stmt)
	}
	return stmt, next, err
}

// rewrite returns a statement in words that GMS's parser knows, and the format that an EXPLAIN asks for, if it does.
func rewrite(query string, ansiQuotes bool) (rewritten string, format *string) {
	if standard, err := parse.Standard(query, parse.Mode{AnsiQuotes: ansiQuotes}); err == nil {
		query = standard
	}
	query, format = parse.CutFormat(query)
	return parse.Rewrite(query, ansiQuotes), format
}

// widened returns what to parse instead of a text that GMS's parser refuses, if that is anything else.
func widened(query string, ansiQuotes bool, err error) (string, bool) {
	if err == nil || errors.Is(err, sqlparser.ErrEmpty) {
		return query, false
	}
	wider := parse.Widen(query, ansiQuotes)
	return wider, wider != query
}

// prepared makes a statement ready for GMS's binder.
func prepared(query string, format *string, stmt sqlparser.Statement, err error) (sqlparser.Statement, error) {
	if errors.Is(err, sqlparser.ErrEmpty) {
		return nil, err
	}
	if err != nil {
		if bad := frameError(err); bad != nil {
			return nil, bad
		}
		if parse.Assigns(query) {
			return nil, sqlerr.New(sqlerr.Unsupported, "an assignment to a user variable within a query is not supported yet: "+
				"SET @name = (SELECT ...) and SELECT ... INTO @name assign too")
		}
		return nil, &sqlerr.Error{Code: sqlerr.Syntax, Message: sql.ErrSyntaxError.New(err.Error()).Error()}
	}
	if stmt == nil {
		return nil, nil
	}
	if err := boundDepth(stmt); err != nil { // before all that recurses
		return nil, err
	}
	if err := explainFormat(stmt, format); err != nil {
		return nil, err
	}
	for _, change := range []func(sqlparser.SQLNode) error{
		ownRights, knownVariables, callForms, doubles, foldColumns, uniqueTables, uniqueCTEs, castBounds, nameOrdered, recursions, jsonTimes, windows, groupKeys,
		isolateOperands, orderByArguments, bitLiterals, resolveAggregates, quantified, numbered, renameExtremes, renameGrowing,
		renameLoadFile, operatorsAsFunctions, constantOrders, boundCTEs,
	} {
		if err := change(stmt); err != nil {
			return nil, err
		}
	}
	return stmt, nil
}

// walkStatement is sqlparser.Walk that also visits what that passes over: the common table expressions, order and limit of a set
// operation, and the statement of an EXPLAIN.
func walkStatement(visit sqlparser.Visit, n sqlparser.SQLNode) error {
	return sqlparser.Walk(func(n sqlparser.SQLNode) (bool, error) {
		more, err := visit(n)
		if err != nil || !more {
			return more, err
		}
		for _, r := range passedOver(n) {
			if err := walkStatement(visit, r); err != nil {
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
