package postgres

import (
	"slices"
	"strings"

	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// side is an operand of a comparison that is a table's own column, compared as it is stored so that its index serves.
type side struct {
	ref    string
	column *column
}

// storedSide returns e as a stored column, if it is one in sight.
func storedSide(w *sqlgen.Writer, e expr.Expr) (side, bool) {
	ref, ok := w.Stored(e)
	if !ok {
		return side{}, false
	}
	o, _ := w.Origin(e)
	return side{ref, columnOf(o)}, true
}

// comparison is the rule of a comparison operator.
func (d *dialect) comparison(op string) sqlgen.Rule {
	return sqlgen.Rule{Write: func(w *sqlgen.Writer, c *expr.Call) {
		a, b := c.Args[0], c.Args[1]
		if !d.comparable(w, a, b) || d.compareStored(w, op, a, b) || d.compareGuarded(w, op, a, b) {
			return
		}
		w.Text("(")
		d.operands(w, op, a, b)
		w.Text(")")
	}}
}

// comparable refuses operands that the server would compare by other rules.
func (d *dialect) comparable(w *sqlgen.Writer, a, b expr.Expr) bool {
	ta, tb := a.Type(), b.Type()
	switch {
	case ta.IsText() && tb.IsText(), ta.IsBinary() && tb.IsBinary(), ta.IsFloat() && tb.IsFloat(), ta.Kind == tb.Kind:
	case exact(ta) && exact(tb), ta.Kind == types.Null || tb.Kind == types.Null:
	default:
		w.Refuse("%s and %s are not compared there", ta, tb)
		return false
	}
	return true
}

// exact reports an integer or decimal.
func exact(t types.Type) bool { return t.IsInteger() || t.Kind == types.Decimal }

// operands writes a comparison of values, where the server must be told the collation if it has to choose one.
func (d *dialect) operands(w *sqlgen.Writer, op string, a, b expr.Expr) {
	if !ordered(op) && a.Type().IsText() && b.Type().IsText() && mixed(w, a, b) {
		d.collated(w, a)
	} else {
		d.operand(w, op, a)
	}
	w.Text(" ", op, " ")
	d.operand(w, op, b)
}

// collated writes a text that is compared by its bytes with others, whatever their collations.
func (d *dialect) collated(w *sqlgen.Writer, e expr.Expr) {
	if _, err := d.bytewise(w, e); err != nil {
		w.Refuse("%s", err)
	}
	w.Expr(e)
	w.Text(collateC)
}

// operand writes an operand that has MySQL's value, under a collation that compares as MySQL does.
func (d *dialect) operand(w *sqlgen.Writer, op string, e expr.Expr) {
	switch {
	case ordered(op):
		w.Ordered(e)
	case e.Type().IsFloat(): // which may be grouped otherwise, but 0 and -0 are equal in both
		w.Expr(e)
	default:
		w.Equated(e)
	}
}

// ordered reports an operator that asks for more than equality.
func ordered(op string) bool { return op != "=" && op != "<>" && !isDistinct(op) }

func isDistinct(op string) bool { return strings.HasPrefix(op, "IS ") }

// compareStored writes an equality of CHAR or UUID columns as they are stored, if their = is that of their MySQL values:
// = of character(n) ignores trailing spaces on both sides, so the other side must have none.
func (d *dialect) compareStored(w *sqlgen.Writer, op string, a, b expr.Expr) bool {
	if op != "=" && op != "<>" {
		return false
	}
	left, ok := storedSide(w, a)
	if !ok {
		if left, ok = storedSide(w, b); !ok {
			return false
		}
		a, b = b, a
	}
	form := left.column.stored
	if form != formPaddedText && form != formUUID || !left.column.bytes {
		return false
	}
	var other string
	if right, ok := storedSide(w, b); ok {
		if right.column.stored != form || !right.column.bytes {
			return false
		}
		other = right.ref
		if mixed(w, a, b) {
			other += collateC
		}
	} else if other, ok = d.storedConstant(w, form, b); !ok {
		return op == "=" && form == formPaddedText && d.comparePadded(w, left, a, b)
	}
	w.Text("(", left.ref, " ", op, " ", other, ")")
	return true
}

// comparePadded writes an equality of a CHAR column with another text column twice: as it is stored, for the index, and of
// the trimmed value, since the other text may end with spaces.
func (d *dialect) comparePadded(w *sqlgen.Writer, left side, a, b expr.Expr) bool {
	if _, ok := b.(*expr.Column); !ok {
		return false
	}
	w.Text("(", left.ref, " = (")
	if mixed(w, a, b) {
		d.collated(w, b)
	} else {
		w.Equated(b)
	}
	w.Text(")::bpchar AND ")
	d.operands(w, "=", a, b)
	w.Text(")")
	return true
}

// storedConstant returns a text constant as a value of a stored form.
func (d *dialect) storedConstant(w *sqlgen.Writer, f form, e expr.Expr) (string, bool) {
	v, ok := constantOf(w, e)
	if !ok || v.Null {
		return "", false
	}
	return d.storedText(f, v.Str)
}

// constantOf returns the value of a literal, or of a parameter when the statement runs.
func constantOf(w *sqlgen.Writer, e expr.Expr) (types.Value, bool) {
	switch e := e.(type) {
	case *expr.Literal:
		return e.Value, true
	case *expr.Param:
		if env := w.Env(); env != nil && e.Ordinal < len(env.Params) {
			return env.Params[e.Ordinal], true
		}
	}
	return types.Value{}, false
}

// storedText returns a text as a constant of a stored form, if the form has exactly that text.
func (d *dialect) storedText(f form, s string) (string, bool) {
	switch {
	case sendable(s, d.encoding) != nil:
		return "", false
	case f == formPaddedText && !strings.HasSuffix(s, " "):
		return quoteText(s) + "::bpchar", true
	case f == formUUID && isUUID(s):
		return quoteText(s) + "::uuid", true
	}
	return "", false
}

// isUUID reports whether s is a UUID as the server prints it.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

// compareGuarded writes a comparison of columns as they are stored, with conditions that keep out the values that are
// NULL in MySQL. Where only the truth matters that is the same, and an index serves.
func (d *dialect) compareGuarded(w *sqlgen.Writer, op string, a, b expr.Expr) bool {
	if !w.OnlyTruth() || d.strict || isDistinct(op) {
		return false
	}
	left, isLeft := storedSide(w, a)
	right, isRight := storedSide(w, b)
	isLeft = isLeft && left.column.guard != guard{}
	isRight = isRight && right.column.guard != guard{}
	if !isLeft && !isRight {
		return false
	}
	w.Text("(")
	d.guardedOperand(w, op, a, left, isLeft)
	w.Text(" ", op, " ")
	d.guardedOperand(w, op, b, right, isRight)
	// A value between two proper ones is proper: only the open ends need a condition.
	switch op {
	case "=":
		if isLeft && isRight {
			w.Text(left.conditions(true, true, true))
		}
	case "<>":
		w.Text(left.conditions(isLeft, true, true), right.conditions(isRight, true, true))
	case "<", "<=":
		w.Text(left.conditions(isLeft, true, false), right.conditions(isRight, false, true))
	default:
		w.Text(left.conditions(isLeft, false, true), right.conditions(isRight, true, false))
	}
	w.Text(")")
	return true
}

// guardedOperand writes an operand of a comparison with a guarded column: the column as it is stored, or another
// expression's value.
func (d *dialect) guardedOperand(w *sqlgen.Writer, op string, e expr.Expr, s side, guarded bool) {
	if guarded {
		w.Text(s.ref)
		return
	}
	d.operand(w, op, e)
}

// conditions returns the conditions that keep a guarded side above or below its bounds.
func (s side) conditions(guarded, lower, upper bool) string {
	if !guarded {
		return ""
	}
	return s.column.guard.conditions(s.ref, lower, upper)
}

// in writes a membership test: of columns as they are stored where that is exact, as an array where the list is long.
func (d *dialect) in(w *sqlgen.Writer, in *expr.In) {
	t := in.Arg.Type()
	onlyTruth := w.OnlyTruth()
	stored, ok := storedSide(w, in.Arg)
	_, listed := d.lists[in]
	switch {
	case ok && !listed && (stored.column.stored == formPaddedText || stored.column.stored == formUUID) && d.inStored(w, in, stored):
	case ok && stored.column.guard != (guard{}) && onlyTruth && !d.strict:
		guards := ""
		if in.Not {
			guards = stored.column.guard.conditions(stored.ref, true, true)
		}
		w.Text("(", stored.ref)
		d.members(w, in, in.List, t)
		w.Text(guards, ")")
	default:
		w.Text("(")
		d.operand(w, "=", in.Arg)
		d.members(w, in, in.List, t)
		w.Text(")")
	}
}

// longList is the length from which an IN list becomes an array, which the server parses faster and hashes.
const longList = 16

// members writes [NOT] IN (values) of type t, or the same with an array.
func (d *dialect) members(w *sqlgen.Writer, in *expr.In, values []types.Value, t types.Type) {
	if list, listed := d.lists[in]; listed {
		if arrayType(t) == "" {
			w.Refuse("arrays of %s are not sent there", t)
			return
		}
		w.Text(" = ANY (", quoteText(list), "::", arrayType(t), "[])")
		return
	}
	if name := arrayType(t); name != "" && len(values) >= longList {
		if in.HasNull {
			values = append(slices.Clip(values), types.NullValue)
		}
		d.array(w, in.Not, values, t, name)
		return
	}
	if in.Not {
		w.Text(" NOT")
	}
	w.Text(" IN (")
	for i, v := range values {
		if i > 0 {
			w.Text(", ")
		}
		d.literal(w, v, t)
	}
	if in.HasNull {
		if len(values) > 0 {
			w.Text(", ")
		}
		w.Text("NULL")
	}
	w.Text(")")
}

// array writes = ANY or <> ALL of an array of a type.
func (d *dialect) array(w *sqlgen.Writer, not bool, values []types.Value, t types.Type, name string) {
	text, err := d.arrayText(len(values), t, func(i int) types.Value { return values[i] })
	if err != nil {
		w.Refuse("%s", err)
		return
	}
	op := " = ANY ("
	if not {
		op = " <> ALL ("
	}
	w.Text(op, quoteText(text), "::", name, "[])")
}

// arrayType is the element type of arrays of t; empty: they are not sent.
func arrayType(t types.Type) string {
	if t.IsUnsigned() {
		return ""
	}
	return sqlType(t)
}

// inStored writes a test of a CHAR or UUID column. False if a member is not one as it is stored.
func (d *dialect) inStored(w *sqlgen.Writer, in *expr.In, s side) bool {
	if !s.column.bytes {
		return false
	}
	members := make([]string, 0, len(in.List)+1)
	for _, v := range in.List {
		text, ok := d.storedText(s.column.stored, v.Str)
		if !ok {
			return false
		}
		members = append(members, text)
	}
	if in.HasNull {
		members = append(members, "NULL")
	}
	if len(members) == 0 {
		return false
	}
	op := " IN ("
	if in.Not {
		op = " NOT IN ("
	}
	w.Text("(", s.ref, op, strings.Join(members, ", "), "))")
	return true
}
