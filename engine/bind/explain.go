package bind

import (
	"strings"

	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/sqlerr"
)

// jsonFormat is a format of GMS's that no user can ask for: it brings JSON through GMS's binder, as the flag Debug.
const jsonFormat = sqlparser.TreeStr + "_debug"

// explainFormat gives an EXPLAIN the format that was cut from its text (parse.CutFormat), if there was one.
func explainFormat(stmt sqlparser.Statement, cut *string) error {
	explain, ok := stmt.(*sqlparser.Explain)
	switch {
	case !ok && cut == nil:
		return nil
	case !ok || cut != nil && !explain.Analyze && explain.ExplainFormat != "":
		return sqlerr.New(sqlerr.Syntax, "You have an error in your SQL syntax: FORMAT stands once, before the statement that EXPLAIN is about")
	}
	format := explain.ExplainFormat
	if cut != nil {
		format = *cut
	} else if format == "" {
		return nil
	}
	switch strings.ToLower(format) {
	case sqlparser.TreeStr:
		explain.ExplainFormat = sqlparser.TreeStr
	case sqlparser.JsonStr:
		explain.ExplainFormat = jsonFormat
	case sqlparser.TraditionalStr:
		if explain.Analyze {
			return sqlerr.New(sqlerr.Unsupported, "EXPLAIN ANALYZE has the formats TREE and JSON, not TRADITIONAL")
		}
		explain.ExplainFormat = ""
	default:
		return sqlerr.New(sqlerr.ExplainFormat, "Unknown EXPLAIN format name: '%s'", format)
	}
	return nil
}

// ExplainsJSON reports whether an EXPLAIN that GMS has bound asks for JSON.
func ExplainsJSON(n *gmsplan.DescribeQuery) bool { return n.Format.Debug }
