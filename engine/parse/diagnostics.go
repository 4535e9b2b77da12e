package parse

import (
	"strconv"
	"strings"
)

// ShowDiagnostics is SHOW {ERRORS | WARNINGS} [LIMIT [offset,] count].
type ShowDiagnostics struct {
	Warnings      bool // and notes, too
	Offset, Count uint64
}

// GetDiagnostics is GET [CURRENT] DIAGNOSTICS @variable = item, ... of the statement, or of a condition of it.
type GetDiagnostics struct {
	Condition *Number // nil: of the statement
	Items     []DiagnosticsItem
}

// Number is a number as it is written, or that of a variable.
type Number struct {
	Value    uint64
	Variable string // "": Value
}

// DiagnosticsItem is what a variable is assigned.
type DiagnosticsItem struct {
	Variable string
	Item     string // in upper case
}

func (*ShowDiagnostics) sealed() {}
func (*GetDiagnostics) sealed()  {}

// The items of a statement, and those of a condition.
var (
	statementItems = []string{"NUMBER", "ROW_COUNT"}
	conditionItems = []string{"CLASS_ORIGIN", "SUBCLASS_ORIGIN", "RETURNED_SQLSTATE", "MESSAGE_TEXT", "MYSQL_ERRNO", "CONSTRAINT_CATALOG",
		"CONSTRAINT_SCHEMA", "CONSTRAINT_NAME", "CATALOG_NAME", "SCHEMA_NAME", "TABLE_NAME", "COLUMN_NAME", "CURSOR_NAME"}
)

func (r *reader) showErrors() Stmt { return r.diagnostics(false) }

func (r *reader) showWarnings() Stmt { return r.diagnostics(true) }

func (r *reader) diagnostics(warnings bool) Stmt {
	s := &ShowDiagnostics{Warnings: warnings, Count: 1<<64 - 1}
	if r.accept("LIMIT") {
		s.Count = r.count()
		if r.comma() {
			s.Offset, s.Count = s.Count, r.count()
		} else if r.accept("OFFSET") {
			s.Offset = r.count()
		}
	}
	return s
}

func (r *reader) getCurrentDiagnostics() Stmt {
	r.expect("DIAGNOSTICS")
	return r.getDiagnostics()
}

func (r *reader) getDiagnostics() Stmt {
	s := &GetDiagnostics{}
	items := statementItems
	if r.accept("CONDITION") {
		items = conditionItems
		s.Condition = &Number{}
		if r.peek().isSymbol("@") {
			s.Condition.Variable = r.variable()
		} else {
			s.Condition.Value = r.count()
		}
	}
	for r.err == nil {
		item := DiagnosticsItem{Variable: r.variable()}
		r.symbol("=")
		t := r.next()
		for _, known := range items {
			if t.is(known) {
				item.Item = known
			}
		}
		if item.Item == "" {
			r.fail(t, "one of "+strings.Join(items, ", "))
		}
		s.Items = append(s.Items, item)
		if !r.comma() {
			break
		}
	}
	return s
}

// variable reads the name of a user variable.
func (r *reader) variable() string {
	r.symbol("@")
	name := r.ident("a variable's name")
	for r.peek().isSymbol(".") {
		r.next()
		name += "." + r.ident("a variable's name")
	}
	if !plainVariable.MatchString(name) {
		name = spelt(name)
	}
	return name
}

// count reads a number without a sign.
func (r *reader) count() uint64 {
	t := r.next()
	n, err := strconv.ParseUint(t.value, 10, 64)
	if t.kind != word || err != nil {
		r.fail(t, "a number")
	}
	return n
}
