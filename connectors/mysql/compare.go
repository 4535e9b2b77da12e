package mysql

import (
	"slices"

	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// side is an operand that is a table's own column, compared as it is stored so that its index serves.
type side struct {
	ref    string
	column *column
	typ    types.Type // that the table has
}

// storedSide returns e as a stored column, if it is one in sight.
func storedSide(w *sqlgen.Writer, e expr.Expr) (side, bool) {
	ref, ok := w.Stored(e)
	if !ok {
		return side{}, false
	}
	o, _ := w.Origin(e)
	return side{ref, columnOf(o), o.Column().Type}, true
}

// nullSafe is the rule of <=>. As a condition by itself MariaDB looks it up in an index, and forgets an = of the same columns.
func (d *dialect) nullSafe() sqlgen.Rule {
	compare := d.comparison("<=>")
	return sqlgen.Rule{Write: func(w *sqlgen.Writer, c *expr.Call) {
		w.Text("(")
		compare.Write(w, c)
		w.Text(" IS TRUE)")
	}}
}

// comparison is the rule of a comparison operator.
func (d *dialect) comparison(op string) sqlgen.Rule {
	return sqlgen.Rule{Write: func(w *sqlgen.Writer, c *expr.Call) {
		a, b := c.Args[0], c.Args[1]
		ta, tb := a.Type(), b.Type()
		w.Text("(")
		switch {
		case ta.IsText() && tb.IsText():
			d.compareTexts(w, op, a, b)
		case !comparable(ta, tb):
			w.Refuse("%s and %s are not compared there", ta, tb)
		case d.compareGuarded(w, op, a, b):
		default:
			w.Expr(a)
			w.Text(" ", op, " ")
			w.Expr(b)
		}
		w.Text(")")
	}}
}

// comparable reports types that the server compares by MySQL's rules as they are.
func comparable(a, b types.Type) bool {
	switch {
	case a.Kind == types.JSON || b.Kind == types.JSON:
		return false
	case a.Kind == types.Null || b.Kind == types.Null, numeral(a) && numeral(b), a.IsFloat() && b.IsFloat(), a.IsBinary() && b.IsBinary():
		return true
	}
	return a.Kind == b.Kind
}

// numeral reports an exact number, which BIT is too.
func numeral(t types.Type) bool { return exact(t) || t.Kind == types.Bit }

// compareTexts writes a comparison under the collation that both sides have: as columns are stored where the server has it of
// its own accord.
func (d *dialect) compareTexts(w *sqlgen.Writer, op string, a, b expr.Expr) {
	if left, right, ok := d.asStored(w, a, b); ok {
		w.Text(left, " ", op, " ", right)
		return
	}
	if s, text, ok := d.identified(w, op, a, b); ok {
		w.Text(s, " ", op, " ", text)
		return
	}
	// The bytes are equal under any collation if they are under the strictest: that of the column lets its index serve.
	if s, other, ok := d.indexed(w, op, a, b); ok {
		w.Text(s, " = ", other, " AND ")
	}
	suffix, err := d.collate(a.Type().Collation)
	if err != nil || !readable(a.Type()) && !isMember(a.Type()) || !readable(b.Type()) && !isMember(b.Type()) {
		w.Refuse("%s and %s of %s are not compared there", a.Type(), b.Type(), a.Type().Collation)
		return
	}
	w.Expr(a)
	w.Text(suffix, " ", op, " ")
	w.Expr(b)
	w.Text(suffix)
}

func isMember(t types.Type) bool { return t.Kind == types.Enum || t.Kind == types.Set }

// asStored returns the sides of a comparison that needs no collation.
func (d *dialect) asStored(w *sqlgen.Writer, a, b expr.Expr) (left, right string, ok bool) {
	one, isOne := d.own(w, a)
	two, isTwo := d.own(w, b)
	switch {
	case isOne && isTwo:
		return one.ref, two.ref, !one.column.ascii && !two.column.ascii
	case isOne:
		right, ok = d.matching(w, one, b)
		return one.ref, right, ok
	case isTwo:
		left, ok = d.matching(w, two, a)
		return left, two.ref, ok
	}
	return "", "", false
}

// own returns a stored column that the server compares under the collation of e.
func (d *dialect) own(w *sqlgen.Writer, e expr.Expr) (side, bool) {
	s, ok := storedSide(w, e)
	return s, ok && s.column.native && e.Type().Collation == s.typ.Collation
}

// matching returns a constant that can be compared with a stored column.
func (d *dialect) matching(w *sqlgen.Writer, s side, e expr.Expr) (string, bool) {
	v, ok := constantOf(w, e)
	if !ok || v.Null || s.column.ascii && !isASCII(v.Str) {
		return "", false
	}
	text, err := constant(v, types.Of(types.Text))
	return text, err == nil
}

// indexed returns a stored text column and a constant, of which equality is asked under a collation that tells all texts apart.
func (d *dialect) indexed(w *sqlgen.Writer, op string, a, b expr.Expr) (ref, other string, ok bool) {
	if op != "=" || !a.Type().Collation.Bytewise() || !w.OnlyTruth() {
		return "", "", false
	}
	for _, pair := range [][2]expr.Expr{{a, b}, {b, a}} {
		s, stored := storedSide(w, uncollated(pair[0]))
		if !stored || s.column.read != plain || !readable(s.typ) {
			continue
		}
		if other, ok := d.matching(w, s, pair[1]); ok {
			return s.ref, other, true
		}
	}
	return "", "", false
}

// identified returns a stored UUID and a constant that is the text of one: it is the same UUID if it is the same text.
func (d *dialect) identified(w *sqlgen.Writer, op string, a, b expr.Expr) (ref, text string, ok bool) {
	if op != "=" && op != "<>" && op != "<=>" || !a.Type().Collation.Bytewise() {
		return "", "", false
	}
	for _, pair := range [][2]expr.Expr{{a, b}, {b, a}} {
		s, stored := storedSide(w, pair[0])
		if v, known := constantOf(w, pair[1]); stored && s.column.uuid && known && !v.Null && isUUID(v.Str) {
			return s.ref, quoteText(v.Str), true
		}
	}
	return "", "", false
}

// isUUID reports a text that is printed of a UUID.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || !dash && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// uncollated is a text below the conversions that only bring it under another collation.
func uncollated(e expr.Expr) expr.Expr {
	for {
		c, ok := e.(*expr.Cast)
		if !ok || !readable(c.Arg.Type()) || !readable(c.To) {
			return e
		}
		e = c.Arg
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
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

// compareGuarded writes a comparison of columns as they are stored, with conditions that keep out the values that are
// NULL. Where only the truth matters that is the same, and an index serves.
func (d *dialect) compareGuarded(w *sqlgen.Writer, op string, a, b expr.Expr) bool {
	if !w.OnlyTruth() || d.zero == zeroError || op == "<=>" {
		return false
	}
	left, isLeft := storedSide(w, a)
	right, isRight := storedSide(w, b)
	isLeft = isLeft && left.column.guard != unguarded
	isRight = isRight && right.column.guard != unguarded
	if !isLeft && !isRight {
		return false
	}
	operand := func(e expr.Expr, s side, guarded bool) {
		if guarded {
			w.Text(s.ref)
		} else {
			w.Expr(e)
		}
	}
	operand(a, left, isLeft)
	w.Text(" ", op, " ")
	operand(b, right, isRight)
	if isLeft && (op != "=" || isRight) {
		w.Text(" AND ", left.column.guard.conditions(left.ref))
	}
	if isRight && op != "=" {
		w.Text(" AND ", right.column.guard.conditions(right.ref))
	}
	return true
}

// longList is of how many values MariaDB makes a join where that cannot be prevented (its in_predicate_conversion_threshold).
const longList = 1000

// in writes a membership test: of columns as they are stored where that is the same.
func (d *dialect) in(w *sqlgen.Writer, in *expr.In) {
	if d.server.joinsLists && len(in.List) >= longList {
		w.Refuse("the server makes a join of a list of %d values", len(in.List))
		return
	}
	t := in.Arg.Type()
	onlyTruth := w.OnlyTruth()
	s, stored := storedSide(w, in.Arg)
	w.Text("(")
	switch {
	case t.IsText():
		if !d.inStored(w, in, s, stored) {
			suffix, err := d.collate(t.Collation)
			if err != nil || !readable(t) && !isMember(t) {
				w.Refuse("%s of %s is not compared there", t, t.Collation)
			}
			w.Expr(in.Arg)
			w.Text(suffix)
		}
	case t.Kind == types.JSON || t.Kind == types.Bool:
		w.Refuse("%s is not compared there", t)
	case stored && s.column.guard != unguarded && onlyTruth && d.zero != zeroError:
		if in.Not {
			w.Text(s.column.guard.conditions(s.ref), " AND ")
		}
		w.Text(s.ref)
	default:
		w.Expr(in.Arg)
	}
	if in.Not {
		w.Text(" NOT")
	}
	w.Text(" IN (")
	for i, v := range in.List {
		if i > 0 {
			w.Text(", ")
		}
		if isMember(t) {
			literal(w, v, types.Of(types.Text))
		} else {
			literal(w, v, t)
		}
	}
	if in.HasNull {
		if len(in.List) > 0 {
			w.Text(", ")
		}
		w.Text("NULL")
	}
	w.Text("))")
}

// inStored writes a text column as it is stored if its members can be compared with it.
func (d *dialect) inStored(w *sqlgen.Writer, in *expr.In, s side, stored bool) bool {
	if stored && s.column.uuid && !slices.ContainsFunc(in.List, func(v types.Value) bool { return !isUUID(v.Str) }) {
		w.Text(s.ref)
		return true
	}
	if !stored || !s.column.native || in.Arg.Type().Collation != s.typ.Collation {
		return false
	}
	for _, v := range in.List {
		if s.column.ascii && !isASCII(v.Str) {
			return false
		}
	}
	w.Text(s.ref)
	return true
}
