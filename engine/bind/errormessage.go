package bind

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"
	"github.com/dolthub/vitess/go/vt/sqlparser"
	goerrors "gopkg.in/src-d/go-errors.v1"

	"github.com/silogate/silogate/engine/parse"
	"github.com/silogate/silogate/engine/sqlerr"
)

// messages are MySQL's words for kinds of errors that GMS has others for. Each is formatted with the arguments of GMS's.
var messages = map[*goerrors.Kind]string{
	sql.ErrTableNotFound:                "Table '%s' doesn't exist",
	sql.ErrTableAlreadyExists:           "Table '%s' already exists",
	sql.ErrDatabaseNotFound:             "Unknown database '%s'",
	sql.ErrNoDatabaseSelected:           "No database selected",
	sql.ErrColumnNotFound:               "Unknown column '%s' in 'field list'",
	sql.ErrTableColumnNotFound:          "Unknown column '%s.%s' in 'field list'",
	sql.ErrFunctionNotFound:             "FUNCTION %s does not exist",
	sql.ErrTableFunctionNotFound:        "FUNCTION %s does not exist",
	sql.ErrStoredProcedureDoesNotExist:  "PROCEDURE %s does not exist",
	sql.ErrInvalidArgumentNumber:        "Incorrect parameter count in the call to native function '%s'",
	sql.ErrInvalidOperandColumns:        "Operand should contain %s column(s)",
	sql.ErrInvalidColumnNumber:          "Operand should contain %s column(s)",
	sql.ErrAmbiguousColumnName:          "Column '%s' in field list is ambiguous",
	sql.ErrAmbiguousColumnOrAliasName:   "Column '%s' in field list is ambiguous",
	sql.ErrInvalidTimeZone:              "Unknown or incorrect time zone: '%s'",
	sql.ErrCollationUnknown:             "Unknown collation: '%s'",
	sql.ErrCharSetUnknown:               "Unknown character set: '%s'",
	sql.ErrInsertIntoMismatchValueCount: "Column count doesn't match value count at row 1",
	sql.ErrTriggerDoesNotExist:          "Trigger does not exist",
}

// ownGrammar are functions whose arguments MySQL's grammar counts.
var ownGrammar = strings.Fields(`adddate ascii avg bit_and bit_or bit_xor char charset coalesce collation count date date_add date_sub day hour if
	insert left max microsecond min minute mod month quarter repeat replace reverse right second std stddev subdate substring sum time timestamp
	trim truncate var_pop variance week weight_string year`)

// errorArguments are what a kind's message was formatted with in err; nil if err is of another kind.
func errorArguments(kind *goerrors.Kind, err error) []string {
	if !kind.Is(err) {
		return nil
	}
	pattern := regexp.QuoteMeta(kind.Message)
	for _, verb := range []string{"%s", "%d", "%v"} {
		pattern = strings.ReplaceAll(pattern, verb, "(.*?)")
	}
	pattern = strings.ReplaceAll(pattern, "%q", `"(.*?)"`)
	found := regexp.MustCompile("(?s)^" + pattern + "$").FindStringSubmatch(err.Error())
	if found == nil {
		return nil
	}
	for i, arg := range found {
		found[i], _, _ = strings.Cut(arg, similar)
	}
	return found[1:]
}

// similar begins what GMS adds to a name that is not there: names like it, be they for the user to see or not.
const similar = ", maybe you mean "

// worded gives an error of a kind MySQL's words, and the code that depends on what it is about.
func worded(k errorKind, err error) *sqlerr.Error {
	args := errorArguments(k.kind, err)
	out := &sqlerr.Error{Code: k.code, Message: err.Error()}
	if template, ok := messages[k.kind]; ok && (args != nil || !strings.Contains(template, "%s")) {
		list := make([]any, min(strings.Count(template, "%s"), len(args)))
		for i := range list {
			list[i] = args[i]
		}
		out.Message = fmt.Sprintf(template, list...)
	}
	switch {
	case args == nil:
	case k.kind == sql.ErrInvalidArgumentNumber && isAny(ownGrammar, args[0]):
		out.Code, out.Message = sqlerr.Syntax, "You have an error in your SQL syntax: incorrect number of arguments of "+args[0]
	case k.kind == sql.ErrUnknownSystemVariable:
		out.Message = fmt.Sprintf("Unknown system variable '%s'", strings.TrimLeft(args[0], "@"))
	case k.kind == sql.ErrInvalidSystemVariableValue && wrongType(args[0], args[1]):
		out.Code, out.Message = sqlerr.Errno(1232), fmt.Sprintf("Incorrect argument type to variable '%s'", args[0]) // ER_WRONG_TYPE_FOR_VAR
	}
	return out
}

func isAny(list []string, name string) bool {
	for _, other := range list {
		if strings.EqualFold(other, name) {
			return true
		}
	}
	return false
}

// wrongType reports a value that is no number, of a variable that is one.
func wrongType(variable, value string) bool {
	v, _, ok := sql.SystemVariables.GetGlobal(variable)
	if !ok || !gmstypes.IsNumber(v.GetType()) || v.GetType().Type() == sqltypes.Int8 { // which switches are
		return false
	}
	_, err := strconv.ParseFloat(value, 64)
	return err != nil
}

// unparsed is what the parser says of a text that it can't read: a position behind what it can't go on with, and the last word before that.
var unparsed = regexp.MustCompile(`(?s)^syntax error at position (\d+)(?: near '(.*)')?$`)

// longestNear bounds what a message shows of a text, as in MySQL.
const longestNear = 80

// syntaxMessage says in MySQL's words what the parser says of a text.
func syntaxMessage(query, message string) string {
	at := unparsed.FindStringSubmatch(message)
	if at == nil {
		return message
	}
	n, _ := strconv.Atoi(at[1])
	start := unreadFrom(query, min(max(n-1, 0), len(query)), at[2])
	edit := partOfEdit.FindString(query[:start])
	near := []rune(strings.TrimLeft(parse.Restore(edit+query[start:]), "\r\n\t"))
	return fmt.Sprintf("You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '%s' at line %d",
		string(near[:min(len(near), longestNear)]), 1+strings.Count(parse.Restore(query[:start]), "\n"))
}

// afterAll is a word that the parser can't go on with at the end of a text either.
const afterAll = " silogate_end"

// unreadFrom returns where what the parser can't go on with begins: it ends at end, and is the word if that ends there.
func unreadFrom(query string, end int, word string) int {
	if text := strings.TrimRight(query, "; \t\r\n"); end >= len(text) {
		_, err := sqlparser.Parse(text + afterAll)
		if err == nil || strings.HasSuffix(err.Error(), "near '"+strings.TrimSpace(afterAll)+"'") {
			return len(query) // it is the end
		}
	}
	quoted := strings.TrimRight(query[:end], "'\"`")
	if word != "" && strings.HasSuffix(quoted, word) {
		start := len(quoted) - len(word)
		if end > len(quoted) && start > 0 { // its quote
			start--
		}
		return start
	}
	return max(end-1, 0)
}
