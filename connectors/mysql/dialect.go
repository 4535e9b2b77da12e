package mysql

import (
	"strconv"
	"sync"

	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// dialect is how SQL is written for a server, and what it is trusted with.
type dialect struct {
	sqlgen.Dialect
	server server
	zero   zeroDates
}

// dialects makes and keeps a dialect for each kind of server, of which a source has one: it may be exchanged.
type dialects struct {
	mu   sync.Mutex
	made map[server]*dialect
}

func (l *dialects) of(srv server, zero zeroDates) *dialect {
	l.mu.Lock()
	defer l.mu.Unlock()
	d, ok := l.made[srv]
	if !ok {
		if l.made == nil {
			l.made = make(map[server]*dialect)
		}
		d = newDialect(srv, zero)
		l.made[srv] = d
	}
	return d
}

func newDialect(srv server, zero zeroDates) *dialect {
	d := &dialect{server: srv, zero: zero}
	d.Dialect = sqlgen.Dialect{
		Quote:    quoteIdent,
		Column:   d.column,
		Output:   output,
		Literal:  literal,
		Funcs:    d.functions(),
		Cast:     d.cast,
		In:       d.in,
		Aggs:     d.aggregates(),
		Equality: d.equality,
		Ordering: d.ordering,
		Limit:    limit,
		Keys:     d.keysPlaceholder,
		Shares:   srv.maria && srv.version >= 100202 || !srv.maria && srv.version >= 80001,
		Sorts:    true,
		NoHaving: true,
	}
	return d
}

// columnOf returns how an origin's column is read.
func columnOf(o sqlgen.Origin) *column { return &o.Scan.Table.Handle.(*relation).columns[o.Pos] }

// column writes a table's column so that it yields MySQL's value, a text under the collation of its type.
func (d *dialect) column(w *sqlgen.Writer, scan *plan.Scan, pos int, ref string) {
	c := columnOf(sqlgen.Origin{Scan: scan, Pos: pos})
	switch {
	case c.read == unread:
		w.Refuse("values of type %s are only read", scan.Table.Columns[pos].Native)
	case c.guard != unguarded && d.zero == zeroError:
		w.Refuse("values of type %s may be errors", scan.Table.Columns[pos].Native)
	case c.guard != unguarded:
		w.Text("CASE WHEN ", c.guard.conditions(ref), " THEN ", ref, " END")
	case scan.Table.Columns[pos].Type.IsText() && !c.native:
		suffix, err := d.collate(scan.Table.Columns[pos].Type.Collation)
		if err != nil {
			w.Refuse("%s", err)
			return
		}
		w.Text("(", c.read.of(ref), suffix, ")")
	default:
		w.Text(c.read.of(ref))
	}
}

// of writes how a column is read.
func (r reading) of(ref string) string {
	switch r {
	case asUTF8:
		return "CONVERT(" + ref + " USING utf8mb4)"
	case asText:
		return "CAST(" + ref + " AS CHAR)"
	case asWKT:
		return "ST_AsText(" + ref + ")"
	case numeric:
		return "(" + ref + " + 0)"
	}
	return ref
}

// output writes a column of the result. Dates that are none come as they are, for the decoder, and floats, which are rounded
// when they are printed, as doubles.
func output(w *sqlgen.Writer, col plan.Column, value func()) {
	ref, stored := w.Stored(col.Ref())
	if !stored {
		if col.Type.Kind == types.Float32 {
			w.Text("(")
			value()
			w.Text(" * 1e0)")
			return
		}
		value()
		return
	}
	o, _ := w.Origin(col.Ref())
	c := columnOf(o)
	switch {
	case col.Type.Kind == types.Float32 || c.fixed:
		w.Text("(", ref, " * 1e0)")
	case c.guard != unguarded || c.read == asUTF8 || c.read == unread:
		w.Text(ref)
	default:
		w.Text(c.read.of(ref))
	}
}

// equality says under which collation the server groups values as MySQL does.
func (d *dialect) equality(w *sqlgen.Writer, e expr.Expr) (string, error) {
	t := e.Type()
	switch {
	case t.Kind == types.JSON:
		return "", sqlgen.Refuse("JSON compares otherwise there")
	case t.IsFloat():
		return "", sqlgen.Refuse("0 and -0 may be one there")
	case (t.IsBinary() || readable(t)) && !sorted(t):
		return "", sqlgen.Refuse("the server sorts long texts by their start")
	}
	return d.textSuffix(w, e)
}

// sorted reports strings whose sort keys the server does not cut.
func sorted(t types.Type) bool {
	return t.Length > 0 && int(t.Length)*keyBytes(t) <= longestSortKey
}

// keyBytes is the most bytes that a byte or character takes in a sort key. Those of the Unicode Collation Algorithm have up to
// 18 weights of two bytes on each level, of U+FDFA; all others one weight of up to four bytes.
func keyBytes(t types.Type) int {
	const code, level = 4, 2 * 18
	switch {
	case t.IsBinary():
		return 1
	case t.Collation.Bytewise():
		return code
	}
	switch t.Collation {
	case types.Utf8mb4Bin, types.Utf8mb3Bin, types.Utf8mb4General, types.Utf8mb3General:
		return code
	case types.Utf8mb4ASCI0900:
		return 2*level + 1
	case types.Utf8mb4ASCS0900:
		return 3*level + 2
	}
	return level
}

// textSuffix returns the suffix under which a text is compared as MySQL does.
func (d *dialect) textSuffix(w *sqlgen.Writer, e expr.Expr) (string, error) {
	if t := e.Type(); t.IsText() && !d.natural(w, e) {
		return d.collate(t.Collation)
	}
	return "", nil
}

// collate returns the suffix of a text that is compared under a collation.
func (d *dialect) collate(c types.Collation) (string, error) {
	name := d.server.nameOf(c)
	if name == "" {
		return "", sqlgen.Refuse("the server has no %s", c)
	}
	return " COLLATE " + name, nil
}

// natural reports a column's text that the server compares under its type's collation by itself.
func (d *dialect) natural(w *sqlgen.Writer, e expr.Expr) bool {
	o, ok := w.Origin(e)
	if !ok {
		return false
	}
	c := columnOf(o)
	return c.native && !c.ascii && e.Type().Collation == o.Column().Type.Collation
}

// ordering says under which collation values sort as MySQL's do.
func (d *dialect) ordering(w *sqlgen.Writer, e expr.Expr) (string, error) {
	t := e.Type()
	switch {
	case t.Kind == types.JSON || t.Kind == types.Enum || t.Kind == types.Set:
		return "", sqlgen.Refuse("%s sorts otherwise there", t)
	case t.IsFloat():
		return "", nil
	}
	return d.equality(w, e)
}

func limit(w *sqlgen.Writer, offset, count int64) {
	most := strconv.FormatInt(count, 10)
	if count < 0 {
		most = "18446744073709551615" // there is no OFFSET without it
	}
	w.Text(" LIMIT ", most)
	if offset > 0 {
		w.Text(" OFFSET ", strconv.FormatInt(offset, 10))
	}
}

// cast writes the conversions that change no value.
func (d *dialect) cast(w *sqlgen.Writer, c *expr.Cast) {
	from, to := c.Arg.Type(), c.To
	if text, ok := w.Instant(c, constant); ok {
		w.Text(text)
		return
	}
	switch {
	case from.Kind == types.Bool && to.IsInteger(), signed(from) && signed(to) && to.Kind >= from.Kind,
		from.IsUnsigned() && to.IsUnsigned() && from.Kind <= to.Kind && to.Kind != types.Bit,
		narrowUnsigned(from) && to.Kind == types.Int64:
		w.Expr(c.Arg)
	case exact(from) && to.Kind == types.Decimal && digitsBefore(from) <= int(to.Precision)-int(to.Scale) && int(from.Scale) <= int(to.Scale):
		w.Text("CAST(")
		w.Expr(c.Arg)
		w.Text(" AS ", decimalType(to), ")")
	case from.Kind == types.Float32 && to.Kind == types.Float64:
		w.Text("(")
		w.Expr(c.Arg)
		w.Text(" * 1e0)")
	case signed(from) && to.Kind == types.Float64:
		w.Text("(")
		w.Expr(c.Arg)
		w.Text(" + 0e0)")
	case from.Kind == types.Date && to.Kind == types.Datetime:
		w.Text("CAST(")
		w.Expr(c.Arg)
		w.Text(" AS DATETIME(", strconv.Itoa(int(to.Scale)), "))")
	case from.Kind == to.Kind && (from.Kind == types.Datetime || from.Kind == types.Timestamp || from.Kind == types.Time) && to.Scale >= from.Scale,
		from.IsBinary() && to.IsBinary() && from.Kind != types.Binary && to.Kind != types.Binary && to.Length == 0:
		w.Expr(c.Arg)
	case readable(from) && readable(to) && (to.Length == 0 || from.Length > 0 && to.Length >= from.Length):
		d.recollated(w, c)
	default:
		w.Refuse("the conversion of %s to %s is not proven there", from, to)
	}
}

// recollated writes a text under another collation.
func (d *dialect) recollated(w *sqlgen.Writer, c *expr.Cast) {
	if c.Arg.Type().Collation == c.To.Collation {
		w.Expr(c.Arg)
		return
	}
	suffix, err := d.collate(c.To.Collation)
	if err != nil {
		w.Refuse("%s", err)
		return
	}
	w.Text("(")
	w.Expr(c.Arg)
	w.Text(suffix, ")")
}

// readable reports text that is its own value.
func readable(t types.Type) bool {
	return t.Kind == types.Char || t.Kind == types.Varchar || t.Kind == types.Text
}

func signed(t types.Type) bool { return t.Kind >= types.Int8 && t.Kind <= types.Int64 }

// narrowUnsigned reports unsigned integers that BIGINT has.
func narrowUnsigned(t types.Type) bool { return t.Kind >= types.Uint8 && t.Kind <= types.Uint32 }

// exact reports an integer or decimal.
func exact(t types.Type) bool {
	return t.Kind >= types.Int8 && t.Kind <= types.Uint64 || t.Kind == types.Year || t.Kind == types.Decimal
}

// digitsBefore is the most digits before the point of an exact number.
func digitsBefore(t types.Type) int {
	switch t.Kind {
	case types.Decimal:
		return int(t.Precision) - int(t.Scale)
	case types.Int8, types.Uint8:
		return 3
	case types.Int16, types.Uint16, types.Year:
		return 5
	case types.Int32, types.Uint32:
		return 10
	case types.Int64:
		return 19
	}
	return 20
}
