package scratchsql

import (
	"cmp"
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/sqlerr"
)

// What MySQL refuses of the expressions of a table's definition (MySQL 8.0 manual, 13.1.20.6 to 13.1.20.8 and 11.6; sql/table.cc,
// validate_value_generator_expr).

// owner is what an expression is of: a generated column, a default, a CHECK or a key.
type owner struct {
	*ownerKind
	name   string // of the column, constraint or key
	at     int    // of the column in the draft; without refersToLater nobody looks at it
	column string // the one that it may name; "": any
}

// ownerKind says how MySQL calls what the expressions of a kind of owner may not do.
type ownerKind struct {
	function      refusal // a function with its name
	unnamed       refusal // a subquery
	variable      refusal
	row           refusal
	counter       refusal // an AUTO_INCREMENT column
	unknown       refusal // a column that there is not
	refersToLater *refusal
	volatile      bool // functions may differ from one call to the next
}

// refusal is an error about an {owner}, and {what} its expression has or names.
type refusal struct {
	errno   uint16
	message string
}

func (o owner) refused(r refusal, what string) error {
	return sqlerr.New(sqlerr.Errno(r.errno), "%s", strings.NewReplacer("{owner}", o.name, "{what}", what).Replace(r.message))
}

var (
	otherColumn = refusal{3813, "Column check constraint '{owner}' references other column."}

	noVariable = refusal{3772, "Default value expression of column '{owner}' cannot refer user or system variables."} // also of generated columns

	ofGenerated = &ownerKind{
		function:      refusal{3763, "Expression of generated column '{owner}' contains a disallowed function: {what}."},
		unnamed:       refusal{3102, "Expression of generated column '{owner}' contains a disallowed function."},
		variable:      noVariable,
		row:           refusal{3764, "Expression of generated column '{owner}' cannot refer to a row value."},
		counter:       refusal{3109, "Generated column '{owner}' cannot refer to auto-increment column."},
		unknown:       refusal{1054, "Unknown column '{what}' in 'generated column function'"},
		refersToLater: &refusal{3107, "Generated column can refer only to generated columns defined prior to it."},
	}
	ofDefault = &ownerKind{
		function:      refusal{3770, "Default value expression of column '{owner}' contains a disallowed function: {what}."},
		unnamed:       refusal{3769, "Default value expression of column '{owner}' contains a disallowed function."},
		variable:      noVariable,
		row:           refusal{3771, "Default value expression of column '{owner}' cannot refer to a row value."},
		counter:       refusal{3768, "Default value expression of column '{owner}' cannot refer to an auto-increment column."},
		unknown:       refusal{1054, "Unknown column '{what}' in 'default value expression'"},
		refersToLater: &refusal{3767, "Default value expression of column '{owner}' cannot refer to a column defined after it if that column is a generated column or has an expression as default value."},
		volatile:      true,
	}
	ofCheck = &ownerKind{
		function: refusal{3814, "An expression of a check constraint '{owner}' contains disallowed function: {what}."},
		unnamed:  refusal{3815, "An expression of a check constraint '{owner}' contains disallowed function."},
		variable: refusal{3816, "An expression of a check constraint '{owner}' cannot refer to a user or system variable."},
		row:      refusal{3817, "Check constraint '{owner}' cannot refer to a row value."},
		counter:  refusal{3818, "Check constraint '{owner}' cannot refer to an auto-increment column."},
		unknown:  refusal{3820, "Check constraint '{owner}' refers to non-existing column '{what}'."},
	}
	ofKey = &ownerKind{
		function: refusal{3758, "Expression of functional index '{owner}' contains a disallowed function."},
		unnamed:  refusal{3758, "Expression of functional index '{owner}' contains a disallowed function."},
		variable: refusal{3758, "Expression of functional index '{owner}' contains a disallowed function."},
		row:      refusal{3800, "Expression of functional index '{owner}' cannot refer to a row value."},
		counter:  refusal{3754, "Functional index '{owner}' cannot refer to an auto-increment column."},
		unknown:  refusal{1054, "Unknown column '{what}' in 'functional index'"},
	}
)

var (
	// effects are the functions that no expression of a definition may call: those that do something, or tell of the connection's past.
	effects = set(`benchmark found_rows get_lock is_free_lock is_used_lock last_insert_id load_file master_pos_wait release_all_locks release_lock
		row_count sleep source_pos_wait statement_digest statement_digest_text version wait_for_executed_gtid_set`)
	// volatile are those whose value is not that of their arguments alone, which defaults may call.
	volatile = set(`connection_id curdate current_role current_user curtime database now rand random_bytes sysdate user utc_date utc_time
		utc_timestamp uuid uuid_short`)
	// synonyms are the other names of some of them.
	synonyms = map[string]string{"current_timestamp": "now", "localtime": "now", "localtimestamp": "now", "current_date": "curdate", "current_time": "curtime",
		"schema": "database", "session_user": "user", "system_user": "user"}
)

// checkExpressions refuses expressions that MySQL does not take. What a draft keeps of its old table was looked at before, but for the places of columns.
func (d *draft) checkExpressions() error {
	for at, c := range d.columns {
		if err := d.checkColumnExpressions(at, c); err != nil {
			return err
		}
	}
	for _, c := range d.checks {
		if c.kept == nil {
			if err := d.checkExpression(owner{ownerKind: ofCheck, name: c.name, column: c.column}, c.of); err != nil {
				return err
			}
		}
	}
	for _, k := range d.keys {
		for _, p := range k.parts {
			if p.of == nil {
				continue
			}
			if err := d.checkExpression(owner{ownerKind: ofKey, name: cmp.Or(k.Name, functionalIndex)}, p.of); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *draft) checkColumnExpressions(at int, c draftColumn) error {
	generated, ofDefaults := owner{ownerKind: ofGenerated, name: c.name, at: at}, owner{ownerKind: ofDefault, name: c.name, at: at}
	if c.written != nil {
		if c.written.Type.GeneratedExpr != nil {
			return d.checkExpression(generated, c.written.Type.GeneratedExpr)
		}
		return d.checkExpression(ofDefaults, expressionDefault(c.written.Type.Default))
	}
	if c.newDefault != nil {
		return d.checkExpression(ofDefaults, expressionDefault(c.newDefault))
	}
	for _, kept := range []struct {
		owner
		text *string
	}{{generated, c.kept.Generated}, {ofDefaults, c.kept.Default}} {
		if kept.text == nil || c.kept.Hidden || kept.ownerKind == ofDefault && !isExpression(*kept.text) {
			continue
		}
		for _, name := range columnsIn(*kept.text) {
			if err := d.checkReference(kept.owner, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// expressionDefault is a default that is an expression in parentheses; nil: it is a literal or the time.
func expressionDefault(of sqlparser.Expr) sqlparser.Expr {
	if parenthesized, ok := of.(*sqlparser.ParenExpr); ok {
		return parenthesized
	}
	return nil
}

// isExpression reports whether a default that is kept is an expression.
func isExpression(text string) bool { return strings.HasPrefix(text, "(") }

func (d *draft) checkExpression(o owner, e sqlparser.Expr) error {
	if e == nil {
		return nil
	}
	if row, ok := withoutParentheses(e).(sqlparser.ValTuple); ok && len(row) > 1 {
		return o.refused(o.row, "")
	}
	return bind.Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.Subquery:
			return false, o.refused(o.unnamed, "")
		case *sqlparser.FuncExpr:
			return true, o.checkCall(n)
		case *sqlparser.GroupConcatExpr:
			return false, errGroupFunction()
		case *sqlparser.ValuesFuncExpr:
			return false, o.refused(o.function, "values")
		case *sqlparser.MatchExpr:
			return false, o.refused(o.function, "match")
		case *sqlparser.ColName:
			if strings.HasPrefix(n.Name.String(), "@") {
				return false, o.refused(o.variable, "")
			}
			return true, d.checkReference(o, n.Name.String())
		}
		return true, nil
	}, e)
}

func withoutParentheses(e sqlparser.Expr) sqlparser.Expr {
	for {
		parenthesized, ok := e.(*sqlparser.ParenExpr)
		if !ok {
			return e
		}
		e = parenthesized.Expr
	}
}

func errGroupFunction() error {
	return sqlerr.New(sqlerr.GroupFunction, "Invalid use of group function")
}

// checkCall refuses a call of a function that is none of its arguments alone.
func (o owner) checkCall(f *sqlparser.FuncExpr) error {
	name := bind.FunctionName(f)
	name = cmp.Or(synonyms[name], name)
	switch {
	case f.Over != nil:
		return sqlerr.New(sqlerr.WindowPlace, "You cannot use the window function '%s' in this context.", name)
	case sqlparser.Aggregates[name]:
		return errGroupFunction()
	case effects[name], !o.volatile && volatile[name], !o.volatile && name == "unix_timestamp" && len(f.Exprs) == 0:
		return o.refused(o.function, name)
	}
	return nil
}

// checkReference refuses a column that an expression can't see: one that is computed later, or that is counted when all others are there.
func (d *draft) checkReference(o owner, column string) error {
	at := d.column(column)
	switch {
	case o.column != "" && !strings.EqualFold(o.column, column):
		return o.refused(otherColumn, "")
	case at < 0 || d.columns[at].kept.Hidden:
		return o.refused(o.unknown, column)
	case o.refersToLater != nil && at >= o.at && d.columns[at].computed():
		return o.refused(*o.refersToLater, "")
	case d.columns[at].counted():
		return o.refused(o.counter, "")
	}
	return nil
}

// computed reports whether a column is of an expression, as a generated one or by default.
func (c draftColumn) computed() bool {
	switch {
	case c.written != nil:
		return c.written.Type.GeneratedExpr != nil || expressionDefault(c.written.Type.Default) != nil
	case c.newDefault != nil:
		return expressionDefault(c.newDefault) != nil
	}
	return c.kept.Generated != nil || c.kept.Default != nil && isExpression(*c.kept.Default)
}

// counted reports an AUTO_INCREMENT column.
func (c draftColumn) counted() bool {
	if c.written != nil {
		return bool(c.written.Type.Autoincrement)
	}
	return c.kept.AutoIncrement
}
