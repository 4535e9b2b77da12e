package bind

import (
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// param is a constant of one execution: a variable, or a function of the session or of the statement's start.
type param struct {
	source sql.Expression
	typ    types.Type
}

// value evaluates the parameter.
func (p param) value(ctx *sql.Context) (types.Value, error) {
	x, err := p.source.Eval(ctx, nil)
	if err != nil {
		return types.Value{}, err
	}
	v, err := fromGMS(ctx, x, p.source.Type(ctx), p.typ, sessionLocation(ctx))
	if f, ok := p.source.(sql.FunctionExpression); ok && statementFunctions[strings.ToLower(f.FunctionName())] {
		v = cutFraction(v, p.typ)
	}
	return v, err
}

// cutFraction cuts a time or moment to the digits of its type: of UTC_TIMESTAMP() GMS gives all that the clock has.
func cutFraction(v types.Value, t types.Type) types.Value {
	if v.Null || !t.IsTemporal() || t.Kind == types.Date {
		return v
	}
	unit := int64(1)
	for range types.MaxFSP - int(t.Scale) {
		unit *= 10
	}
	v.Int -= (v.Int%unit + unit) % unit
	return v
}

// statementFunctions have one value for a whole statement.
var statementFunctions = map[string]bool{
	"now": true, "current_timestamp": true, "localtime": true, "localtimestamp": true, "utc_timestamp": true,
	"curdate": true, "current_date": true, "utc_date": true, "curtime": true, "current_time": true, "utc_time": true,
	"database": true, "schema": true, "user": true, "current_user": true, "session_user": true, "system_user": true,
	"connection_id": true, "version": true, "last_insert_id": true, "row_count": true, "found_rows": true,
	queryAttributeName: true, currentRoleName: true,
}

// isParam reports whether e is constant during an execution but not known from the statement's text.
func isParam(e sql.Expression) bool {
	switch e := e.(type) {
	case *expression.UserVar, *expression.SystemVar, *expression.ProcedureParam, *expression.BindVar:
		return true
	case sql.FunctionExpression:
		name := strings.ToLower(e.FunctionName())
		if !statementFunctions[name] && (name != "unix_timestamp" || len(e.Children()) > 0) {
			return false
		}
		for _, c := range e.Children() {
			if _, ok := c.(*expression.Literal); !ok {
				return false
			}
		}
		return true
	}
	return false
}

// param imports a run-time constant. The same one twice is one parameter.
func (im *importer) param(e sql.Expression) (expr.Expr, error) {
	name := e.String()
	for i := range im.params {
		if im.params[i].source.String() == name {
			return &expr.Param{Ordinal: i, Name: name, Typ: im.params[i].typ}, nil
		}
	}
	typ, err := paramType(im.ctx, e)
	if err != nil {
		return nil, err
	}
	im.params = append(im.params, param{source: e, typ: typ})
	return &expr.Param{Ordinal: len(im.params) - 1, Name: name, Typ: typ}, nil
}

// now imports a run-time constant of a statement that runs once, at once: its value is a constant, by which rows can be found.
func (im *importer) now(e sql.Expression) (expr.Expr, error) {
	typ, err := paramType(im.ctx, e)
	if err != nil {
		return nil, err
	}
	v, err := param{source: e, typ: typ}.value(im.ctx)
	return &expr.Literal{Value: v, Typ: typ}, err
}

// The most characters of a name that a function of the session returns.
const (
	longestIdentifier = 64
	longestAccount    = 288 // user@host
)

// paramType is the type of a run-time constant. GMS calls dates that it computes and names text, gives moments all digits,
// and shows variables that hold one of a list of words by that list.
func paramType(ctx *sql.Context, e sql.Expression) (types.Type, error) {
	t, err := FromGMS(e.Type(ctx))
	if err != nil {
		return t, err
	}
	if f, ok := e.(sql.FunctionExpression); ok {
		switch strings.ToLower(f.FunctionName()) {
		case "curdate", "current_date", "utc_date":
			return types.Of(types.Date), nil
		case "now", "current_timestamp", "localtime", "localtimestamp", "utc_timestamp":
			return types.NewTemporal(types.Datetime, digits(e)), nil
		case "curtime", "current_time", "utc_time":
			return types.NewTemporal(types.Time, digits(e)), nil
		case "database", "schema", "version":
			return types.NewText(types.Varchar, longestIdentifier, t.Collation), nil
		case "user", "current_user", "session_user", "system_user":
			return types.NewText(types.Varchar, longestAccount, t.Collation), nil
		}
	}
	if t.Kind == types.Enum || t.Kind == types.Set {
		return types.NewText(types.Varchar, 0, t.Collation), nil
	}
	return t, nil
}

// digits is the n of NOW(n) and its kin; 0 if there is none.
func digits(e sql.Expression) int {
	text := e.String()
	n, _ := strconv.Atoi(strings.TrimSuffix(text[strings.LastIndexByte(text, '(')+1:], ")"))
	return n
}
