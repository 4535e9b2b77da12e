package postgres

import (
	"cmp"
	"strings"
	"sync"

	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// dialect is how SQL is written for a server, and what it is trusted with.
type dialect struct {
	sqlgen.Dialect
	encoding string                 // of the database
	keys     map[expr.ColumnID]bool // columns of the run-time relations of the tree
	lists    map[*expr.In]string    // arrays that stand for the lists of memberships, as they are written
	strict   bool                   // values without a MySQL counterpart are errors, which only the decoder raises
}

// dialects makes and keeps a dialect for each encoding, of which a source has one: its server may be exchanged.
type dialects struct {
	strict bool
	mu     sync.Mutex
	made   map[string]*dialect
}

func (l *dialects) of(encoding string) *dialect {
	l.mu.Lock()
	defer l.mu.Unlock()
	d, ok := l.made[encoding]
	if !ok {
		if l.made == nil {
			l.made = make(map[string]*dialect)
		}
		d = newDialect(encoding, l.strict)
		l.made[encoding] = d
	}
	return d
}

// newDialect makes the dialect of databases in an encoding.
func newDialect(encoding string, strict bool) *dialect {
	d := &dialect{encoding: encoding, strict: strict}
	d.Dialect = sqlgen.Dialect{
		Quote:         quoteIdent,
		Column:        d.column,
		Literal:       d.literal,
		Funcs:         d.functions(),
		Cast:          d.cast,
		In:            d.in,
		Aggs:          d.aggregates(),
		Equality:      d.equality,
		Ordering:      d.ordering,
		ExplicitNulls: true,
		Shares:        true,
		Sorts:         true,
		Keys:          keysPlaceholder,
	}
	return d
}

// columnOf returns how an origin's column is read.
func columnOf(o sqlgen.Origin) *column { return &o.Scan.Table.Handle.(*relation).columns[o.Pos] }

// column writes a table's column so that it yields MySQL's value.
func (d *dialect) column(w *sqlgen.Writer, scan *plan.Scan, pos int, ref string) {
	c := columnOf(sqlgen.Origin{Scan: scan, Pos: pos})
	switch {
	case c.read == unread:
		w.Refuse("values of type %s are only read", scan.Table.Columns[pos].Native)
	case c.read == asText:
		w.Text(ref, "::text")
	case c.read == asNumeric:
		w.Text(ref, "::numeric")
	case c.read == asJSON:
		w.Text("to_json(", ref, ")::text")
	case c.guard == guard{}:
		w.Text(ref)
	case d.strict:
		w.Refuse("values of type %s may be errors", scan.Table.Columns[pos].Native)
	default:
		w.Text("CASE WHEN ", strings.TrimPrefix(c.guard.conditions(ref, true, true), " AND "), " THEN ", ref, " END")
	}
}

// conditions returns the conditions that a column keeps the lower and the upper bound, each after AND.
func (g guard) conditions(ref string, lower, upper bool) string {
	equal := "= '"
	if g.exclusively {
		equal = " '"
	}
	text := ""
	if lower && g.lower != "" {
		text += " AND " + ref + " >" + equal + g.lower + "'::" + g.typ
	}
	if upper {
		text += " AND " + ref + " <" + equal + g.upper + "'::" + g.typ
	}
	return text
}

// equality says under which collation values compare as MySQL's do.
func (d *dialect) equality(w *sqlgen.Writer, e expr.Expr) (string, error) {
	t := e.Type()
	switch {
	case t.Kind == types.JSON:
		return "", sqlgen.Refuse("JSON compares otherwise there")
	case t.IsFloat():
		return "", sqlgen.Refuse("0 and -0 are one there")
	case t.IsText():
		return d.bytewise(w, e)
	}
	return "", nil
}

// bytewise returns the suffix under which = of texts compares bytes: none where no column has another equality, and the
// server can tell under which collation to compare.
func (d *dialect) bytewise(w *sqlgen.Writer, e expr.Expr) (string, error) {
	if !e.Type().Collation.Bytewise() {
		return "", sqlgen.Refuse("its collation is not PostgreSQL's")
	}
	suffix := ""
	if mixed(w, e) {
		suffix = collateC
	}
	expr.Walk(e, func(e expr.Expr) bool {
		if c, ok := e.(*expr.Column); ok && c.Typ.IsText() {
			if o, known := w.Origin(c); known && !columnOf(o).bytes || !known && !d.keys[c.ID] {
				suffix = collateC
			}
		}
		return true
	})
	return suffix, nil
}

// mixed reports expressions with columns of several collations, between which the server does not choose.
func mixed(w *sqlgen.Writer, exprs ...expr.Expr) bool {
	first, several := uint32(0), false
	for _, e := range exprs {
		expr.Walk(e, func(e expr.Expr) bool {
			if o, known := w.Origin(e); known {
				other := columnOf(o).collation
				first = cmp.Or(first, other)
				several = several || other != 0 && other != first
			}
			return true
		})
	}
	return several
}

const collateC = ` COLLATE "C"`

// ordering says under which collation values sort as MySQL's do.
func (d *dialect) ordering(_ *sqlgen.Writer, e expr.Expr) (string, error) {
	t := e.Type()
	switch {
	case t.Kind == types.JSON || t.Kind == types.Enum:
		return "", sqlgen.Refuse("%s sorts otherwise there", t)
	case t.IsText() && !t.Collation.Bytewise():
		return "", sqlgen.Refuse("its collation is not PostgreSQL's")
	case t.IsText() && d.encoding != utf8Encoding:
		return "", sqlgen.Refuse("text sorts by its bytes in %s there", d.encoding)
	case t.IsText():
		return collateC, nil
	}
	return "", nil
}

// cast writes the conversions that change no value.
func (d *dialect) cast(w *sqlgen.Writer, c *expr.Cast) {
	from, to := c.Arg.Type(), c.To
	if literal, ok := w.Instant(c, d.constant); ok {
		w.Text(literal)
		return
	}
	as := ""
	switch {
	case from.Kind == types.Bool && to.IsInteger() && !to.IsUnsigned():
		as = "::int4"
	case signed(from) && signed(to) && to.Kind >= from.Kind:
		as = "::int8"
	case signed(from) && to.Kind == types.Decimal && int(to.Precision)-int(to.Scale) >= integerDigits(from.Kind):
		as = "::numeric"
	case from.Kind == types.Decimal && to.Kind == types.Decimal && to.Scale >= from.Scale &&
		to.Precision-to.Scale >= from.Precision-from.Scale:
	case (from.Kind == types.Float32 || signed(from)) && to.Kind == types.Float64:
		as = "::float8"
	case from.Kind == types.Date && to.Kind == types.Datetime:
		as = "::timestamp"
	case from.Kind == to.Kind && (from.Kind == types.Datetime || from.Kind == types.Timestamp || from.Kind == types.Time) &&
		to.Scale >= from.Scale:
	case readable(from) && (to.Kind == types.Varchar || to.Kind == types.Text || to.Kind == from.Kind) &&
		(to.Length == 0 || from.Length > 0 && to.Length >= from.Length):
	default:
		w.Refuse("the conversion of %s to %s is not proven there", from, to)
		return
	}
	if as == "" {
		w.Expr(c.Arg)
		return
	}
	w.Text("(")
	w.Expr(c.Arg)
	w.Text(")", as)
}

// readable reports text that is its own value.
func readable(t types.Type) bool {
	return t.Kind == types.Char || t.Kind == types.Varchar || t.Kind == types.Text
}

func signed(t types.Type) bool { return t.Kind >= types.Int8 && t.Kind <= types.Int64 }

// integerDigits is the most digits of a signed integer.
func integerDigits(k types.Kind) int {
	switch k {
	case types.Int8:
		return 3
	case types.Int16:
		return 5
	case types.Int32:
		return 10
	}
	return 19
}
