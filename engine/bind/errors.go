package bind

import (
	"cmp"
	"errors"
	"regexp"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// Unparsed is what an error of the parser means: mostly a syntax error, but the parser also refuses what it can tell is
// wrong in a well-formed text.
func Unparsed(err error) error {
	var known *sqlerr.Error
	if errors.As(err, &known) {
		return err
	}
	if errors.Is(err, sqlparser.ErrEmpty) {
		return sqlerr.New(sqlerr.Errno(1065), "Query was empty") // ER_EMPTY_QUERY
	}
	return sql.ErrSyntaxError.New(err.Error())
}

// errorText says what an error of GMS means that has a text alone.
type errorText struct {
	begins  string
	code    sqlerr.Code
	message string // "": GMS's words, though they mostly speak of itself
}

// texts are those that a client may see. The first that matches counts.
var texts = []errorText{
	{"expected insert destination to be resolved", sqlerr.ReadOnly, ofSourceReadOnly},
	{"bind variable not provided", sqlerr.BadArgument, "Incorrect arguments to EXECUTE: too few values for its parameters"},
	{"invalid arguments. expected", sqlerr.BadArgument, "Incorrect arguments to EXECUTE: too many values for its parameters"},
	{"invalid use of an interval", sqlerr.Syntax, "You have an error in your SQL syntax: an INTERVAL is added to a date, or subtracted from one"},
	{"Too-big precision", sqlerr.PrecisionTooBig, ""},
	{"no matching Full-Text index", sqlerr.NoFulltext, "Can't find FULLTEXT index matching the column list"},
	{"internal error: shouldn't be able to resolve", sqlerr.NoFulltext, "Can't find FULLTEXT index matching the column list"},
	{"BIGINT value is out of range", sqlerr.OutOfRange, ""},
	{"Invalid JSON path expression", sqlerr.BadJSONPath, ""},
	{"Path expressions may not contain", sqlerr.JSONWildcard, "In this situation, path expressions may not contain the * and ** tokens or an array range."},
	{"the oneOrAll argument", sqlerr.JSONOneOrAll, ""},
	{"incorrect arguments to ESCAPE", sqlerr.BadArgument, "Incorrect arguments to ESCAPE"},
	{"range bound type must match", sqlerr.WindowRangeMoment, ""},
	{"incorrect arguments to: NAME_CONST", sqlerr.BadArgument, "Incorrect arguments to NAME_CONST"},
	{"invalid system variable declaration", sqlerr.UnknownVariable, ""},
	{"empty statement", sqlerr.Errno(1065), "Query was empty"}, // ER_EMPTY_QUERY
	{"local_infile needs to be set", sqlerr.Errno(3948), // ER_CLIENT_LOCAL_FILES_DISABLED
		"Loading local data is disabled; this must be enabled on both the client and server sides"},
	{"SQLSTATE VALUE must be", sqlerr.Errno(1407), ""}, // ER_SP_BAD_SQLSTATE
	{"limit expression expected", sqlerr.Syntax, "You have an error in your SQL syntax: LIMIT and OFFSET take numbers and parameters"},
}

// missingInGMS finds what GMS says of character sets and collations that it knows by name alone.
var missingInGMS = regexp.MustCompile("^The (character set|collation) `(.*)` has not yet been implemented.*")

// goType finds the name of a type of the program in a message, which says nothing to a user.
var goType = regexp.MustCompile(`\*\w+\.[A-Z]\w*`)

// Translate gives an error of GMS the code a client can act on. An error that already is, or wraps, a sqlerr.Error is
// returned as it is; so is a kind of GMS's own statements that has an errno of MySQL's but no code here (a duplicate
// key in a scratch table), which sql.CastSQLError knows. Anything else is sqlerr.Internal.
func Translate(err error) error {
	if err == nil {
		return nil
	}
	var known *sqlerr.Error
	if errors.As(err, &known) {
		return err
	}
	if r := refused(err); r != nil {
		return r
	}
	for _, k := range kinds {
		if k.kind.Is(err) {
			out := worded(k, err)
			out.Message = missingInGMS.ReplaceAllString(out.Message, "Unknown $1: '$2'")
			return out
		}
	}
	for _, t := range texts {
		if strings.HasPrefix(err.Error(), t.begins) {
			return &sqlerr.Error{Code: t.code, Message: cmp.Or(t.message, err.Error())}
		}
	}
	if code := sqlerr.CodeOf(err); code != sqlerr.Internal {
		return sqlerr.Wrap(code, err, "the statement ended early")
	}
	if sql.CastSQLError(err).Number() != mysql.ERUnknownError {
		return err
	}
	return &sqlerr.Error{Code: sqlerr.Internal, Message: goType.ReplaceAllString(err.Error(), "what stands there")}
}
