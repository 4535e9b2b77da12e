// Package shape says how the values of a plan's columns look when they are shown: how long they are at most, how many
// digits they have after the point, whether a column is one of a table. Types say less than MySQL tells its clients: the
// sum of two INTs has 12 characters, LEFT(name, 3) has 3.
//
// The lengths are those of MySQL's Item::max_length, in characters, of byte strings in bytes. Nothing here changes a value or a type.
package shape

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Unbounded is the length of what has no other limit than its kind's.
const Unbounded = math.MaxUint32

// NotFixed is the number of decimals of what shows as many as it has (DECIMAL_NOT_SPECIFIED).
const NotFixed = 31

// The lengths that MySQL declares for results of expressions.
const (
	bigintLength = 21 // a BIGINT's
	doubleLength = 23 // of a DOUBLE with NotFixed decimals
	doubleDigits = 17 // of a DOUBLE without decimals
)

// Shape is how a column looks.
type Shape struct {
	// Column is the column of a scan that is shown as it is, through whatever is above; 0: an expression.
	Column expr.ColumnID
	// Named are the columns on the way there, the outermost first: what a relation in between is called, each may know.
	Named    []expr.ColumnID
	Length   uint64 // at most; see the package
	Decimals uint8  // of a number or moment; NotFixed for texts of expressions
	NotNull  bool   // it is never NULL, whatever the plan can tell of it
	Unsigned bool   // it is told to have no sign, whatever its type
	Long     bool   // it is a TEXT, however short
	Stored   bool   // of rows that are put together, which have columns and no expressions
}

// definition is what defines a column: one of the fields.
type definition struct {
	scanned *plan.Column
	e       expr.Expr
	shape   *Shape          // of an aggregate or window function, from its arguments
	union   []expr.ColumnID // one of each input
	apart   bool            // it is the value of a subquery, which is an expression
}

// tracer finds the definitions of columns.
type tracer struct {
	defs  map[expr.ColumnID]*definition
	known map[expr.ColumnID]Shape
	ctes  map[int]plan.Schema
	deep  int
}

// deepest bounds the recursion: what is nested deeper is as long as its type says.
const deepest = 200

// Of returns the shapes of a plan's columns. The plan is one that was not optimized.
func Of(root plan.Node) []Shape {
	t := &tracer{defs: make(map[expr.ColumnID]*definition), known: make(map[expr.ColumnID]Shape), ctes: make(map[int]plan.Schema)}
	t.collect(root)
	schema := root.Schema()
	shapes := make([]Shape, len(schema))
	for i, c := range schema {
		shapes[i] = t.column(c.ID, c.Type)
	}
	return shapes
}

// collect gathers the definitions of n and what is below it.
func (t *tracer) collect(n plan.Node) {
	if with, ok := n.(*plan.With); ok {
		for _, b := range with.Bindings {
			t.ctes[b.ID] = b.Plan.Schema()
		}
	}
	for _, c := range n.Children() {
		t.collect(c)
	}
	switch n := n.(type) {
	case *plan.Scan:
		for i := range n.Cols {
			t.defs[n.Cols[i].ID] = &definition{scanned: &n.Cols[i]}
		}
	case *plan.Project:
		t.projected(n.Exprs)
	case *plan.Rollup:
		t.projected(n.Keys)
	case *plan.Aggregate:
		t.projected(n.Groups)
		for i := range n.Aggs {
			a := &n.Aggs[i]
			t.computed(a.Col, a.Func, a.Args, a.Longest)
		}
	case *plan.Window:
		for i := range n.Funcs {
			f := &n.Funcs[i]
			t.computed(f.Col, f.Func, f.Args, 0)
		}
	case *plan.Apply:
		if n.Kind == plan.ApplyScalar {
			t.valued(n.Inner)
		}
	case *plan.Join:
		if n.Kind == plan.Single {
			t.valued(n.Right)
		}
	case *plan.Union:
		for i, c := range n.Cols {
			def := &definition{}
			for _, in := range n.Inputs {
				def.union = append(def.union, in.Schema()[i].ID)
			}
			t.defs[c.ID] = def
		}
	case *plan.CTERef:
		schema := t.ctes[n.ID]
		for i, c := range n.Cols {
			if i < len(schema) {
				t.defs[c.ID] = &definition{e: schema[i].Ref()}
			}
		}
	}
}

// projected takes the definitions of a list; a column that passes has one already.
func (t *tracer) projected(list []plan.Projection) {
	for _, p := range list {
		if c, ok := p.Expr.(*expr.Column); !ok || c.ID != p.Col.ID {
			t.defs[p.Col.ID] = &definition{e: p.Expr}
		}
	}
}

// valued marks the columns of a subquery that is used as a value.
func (t *tracer) valued(inner plan.Node) {
	for _, c := range inner.Schema() {
		if def := t.defs[c.ID]; def != nil {
			def.apart = true
		}
	}
}

// computed takes the shape of a function of many rows.
func (t *tracer) computed(col plan.Column, f plan.AggFunc, args []expr.Expr, longest int) {
	s := ofType(col.Type)
	switch f {
	case plan.Min, plan.Max, plan.AnyValue, plan.Lag, plan.Lead, plan.FirstValue, plan.LastValue, plan.NthValue:
		if len(args) > 0 {
			s = t.expression(args[0])
			if (f == plan.Lag || f == plan.Lead) && len(args) > 2 {
				s = t.merged(col.Type, []expr.Expr{args[0], args[2]})
			}
		}
	case plan.GroupConcat:
		const longestVarchar = 512 // of group_concat_max_len (MySQL 8.0 Reference Manual, 14.19.1)
		if longest > 0 {
			s.Length = uint64(longest)
		}
		s.Long = longest > longestVarchar
	case plan.Sum:
		if arg := inner(args[0]); col.Type.Kind == types.Decimal && arg.Type().Kind != types.Decimal {
			const most = 22 // the digits of how many rows there may be
			s.Length = t.digits(arg) + most + 1
		}
	case plan.BitAnd, plan.BitOr, plan.BitXor:
		s.NotNull = col.Type.IsInteger()
	}
	s = s.computed(col.Type)
	t.defs[col.ID] = &definition{shape: &s}
}

// computed is s as that of an expression.
func (s Shape) computed(t types.Type) Shape {
	s.Column, s.Named, s.Stored = 0, nil, false
	if t.IsString() {
		s.Decimals = NotFixed
	}
	return s
}

// column is the shape of a column. Each is found once: columns of columns of columns would be exponentially many.
func (t *tracer) column(id expr.ColumnID, typ types.Type) Shape {
	if s, ok := t.known[id]; ok {
		return s
	}
	def := t.defs[id]
	if def == nil || t.deep > deepest {
		return ofType(typ)
	}
	t.deep++
	defer func() { t.deep-- }()
	s := t.defined(id, def, typ)
	s.NotNull = s.NotNull && def.union == nil
	if def.apart {
		s = s.computed(typ)
		s.NotNull = false
	}
	t.known[id] = s
	return s
}

func (t *tracer) defined(id expr.ColumnID, def *definition, typ types.Type) Shape {
	switch {
	case def.scanned != nil:
		s := OfColumn(def.scanned.Type)
		s.Column, s.Named = id, []expr.ColumnID{id}
		return s
	case def.shape != nil:
		s := *def.shape
		s.Named = []expr.ColumnID{id}
		return s
	case def.union != nil:
		refs := make([]expr.Expr, len(def.union))
		for i, in := range def.union {
			refs[i] = &expr.Column{ID: in, Typ: typ}
		}
		s := t.merged(typ, refs)
		s.Named, s.Stored = []expr.ColumnID{id}, true
		if typ.IsString() {
			s.Decimals = 0
		}
		return s
	}
	s := t.expression(def.e)
	s.Named = append([]expr.ColumnID{id}, s.Named...)
	return s
}

// expression is the shape of an expression.
func (t *tracer) expression(e expr.Expr) Shape {
	if t.deep > deepest {
		return ofType(e.Type())
	}
	t.deep++
	defer func() { t.deep-- }()
	switch e := e.(type) {
	case *expr.Column:
		return t.column(e.ID, e.Typ)
	case *expr.Literal:
		return ofLiteral(e)
	case *expr.Param:
		s := ofType(e.Typ)
		s.NotNull = neverNull(e.Name)
		return s
	case *expr.Fallback:
		s := ofType(e.Typ)
		s.NotNull = len(e.Args) == 0 && neverNull(e.Text)
		return s
	case *expr.Case:
		results := make([]expr.Expr, 0, len(e.Whens)+1)
		for _, w := range e.Whens {
			results = append(results, w.Then)
		}
		if e.Else != nil {
			results = append(results, e.Else)
		}
		return t.merged(e.Typ, results)
	case *expr.Cast:
		return t.cast(e)
	case *expr.Call:
		return t.call(e)
	}
	return ofType(e.Type())
}

// never are the functions of a statement that are always something.
var never = map[string]bool{
	"now": true, "current_timestamp": true, "localtime": true, "localtimestamp": true, "utc_timestamp": true,
	"curdate": true, "current_date": true, "utc_date": true, "curtime": true, "current_time": true, "utc_time": true,
	"connection_id": true, "version": true, "last_insert_id": true, "rand": true, "uuid": true,
}

func neverNull(text string) bool {
	name, _, call := strings.Cut(text, "(")
	return call && never[strings.ToLower(name)]
}

// cast is the shape of a conversion. One that no user wrote shows what is converted.
func (t *tracer) cast(e *expr.Cast) Shape {
	s := ofType(e.To)
	from := e.Arg.Type()
	switch {
	case e.To.IsString() && (e.Implicit || e.To.Length == 0) && e.To.Kind != types.JSON:
		s.Length = t.length(e.Arg)
		if e.To.IsBinary() && from.IsText() {
			s.Length = min(s.Length*bytesPerChar, Unbounded)
		}
	case e.To.IsInteger() && (from.IsInteger() || from.Kind == types.Bool || from.IsString()):
		s.Length = min(t.length(e.Arg), bigintLength)
		if e.To.IsUnsigned() && !e.Implicit {
			s.Length = max(s.Length, bigintLength-1)
		}
	}
	return s
}

// bytesPerChar is the most bytes of a character in utf8mb4.
const bytesPerChar = 4

// length is that of an expression.
func (t *tracer) length(e expr.Expr) uint64 { return t.expression(e).Length }

// merged is the shape of what is one of several values of one type.
func (t *tracer) merged(typ types.Type, list []expr.Expr) Shape {
	s := ofType(typ)
	if !typ.IsString() && !typ.IsInteger() && typ.Kind != types.Bool || typ.Kind == types.JSON {
		return s
	}
	s.Length = 0
	for _, e := range list {
		s.Length = max(s.Length, t.length(e))
	}
	return s
}

// digits are those of an integer expression, without its sign: of a moment those that it has as a number.
func (t *tracer) digits(e expr.Expr) uint64 {
	switch inner(e).Type().Kind {
	case types.Date:
		return 8
	case types.Time:
		return 7
	case types.Datetime, types.Timestamp:
		return 14
	}
	length := t.length(e)
	if !e.Type().IsUnsigned() && length > 1 {
		length--
	}
	return max(length, 1)
}

// ofDigits is the length of an integer of so many digits.
func ofDigits(digits uint64, t types.Type) uint64 {
	if t.IsUnsigned() {
		return digits
	}
	return digits + 1
}

// ofLiteral is the shape of a constant: its own digits and characters.
func ofLiteral(l *expr.Literal) Shape {
	s := ofType(l.Typ)
	v := l.Value
	switch {
	case v.Null && l.Typ.Kind == types.Null:
		s.Length = 0
	case v.Null:
	case l.Typ.Kind == types.Bool:
		s.Length = 1
	case l.Typ.IsUnsigned():
		s.Length = uint64(len(strconv.FormatUint(uint64(v.Int), 10)))
	case l.Typ.IsInteger():
		s.Length = uint64(len(strconv.FormatInt(v.Int, 10)))
		if v.Int >= 0 {
			s.Length++
		}
	case l.Typ.Kind == types.Decimal:
		s.Length += uint64(max(int(l.Typ.Scale)+1-int(l.Typ.Precision), 0)) // a zero before the point
	case l.Typ.IsBinary():
		s.Length, s.Unsigned = uint64(len(v.Str)), true // as MySQL has it, which reads them as numbers too
	case l.Typ.IsText() && l.Typ.Kind != types.JSON:
		s.Length = uint64(utf8.RuneCountInString(v.Str))
	}
	return s
}

// lengths are the characters of a column of a kind without parameters.
var lengths = map[types.Kind]uint64{
	types.Bool: 1, types.Int8: 4, types.Int16: 6, types.Int32: 11, types.Int64: 20,
	types.Uint8: 3, types.Uint16: 5, types.Uint32: 10, types.Uint64: 20, types.Year: 4,
	types.Float32: 12, types.Float64: 22, types.Date: 10, types.Datetime: 19, types.Timestamp: 19, types.Time: 10,
}

// OfColumn is the shape of a column of a table.
func OfColumn(t types.Type) Shape {
	s := Shape{Length: lengths[t.Kind]}
	switch {
	case t.Kind == types.Decimal:
		s.Decimals = t.Scale
		s.Length = uint64(t.Precision) + 1 // the sign
		if t.Scale > 0 {
			s.Length++
		}
	case t.IsFloat():
		s.Decimals = NotFixed
	case t.IsTemporal() && t.Scale > 0:
		s.Decimals = t.Scale
		s.Length += 1 + uint64(t.Scale)
	case t.Kind == types.Bit:
		s.Length = uint64(max(t.Length, 1))
	case t.Kind == types.JSON:
		s.Length = Unbounded
	case t.Kind == types.Text, t.Kind == types.Blob:
		s.Length = uint64(types.Declare(t).Octets) // MySQL counts as many characters as there are bytes
	case t.Kind == types.Enum, t.Kind == types.Set:
		s.Length = uint64(max(types.Declare(t).Characters, 0))
	case t.IsString():
		s.Length = uint64(t.Length)
		if t.Length == 0 { // of a source that knows no limit
			s.Length = Unbounded
		}
	}
	return s
}

// ofType is the shape of an expression of which the type alone is known.
func ofType(t types.Type) Shape {
	s := OfColumn(t)
	switch {
	case t.Kind == types.Int64, t.Kind == types.Uint64:
		s.Length = bigintLength
	case t.Kind == types.Float64:
		s.Length = doubleLength
	case t.IsString():
		s.Decimals = NotFixed
	}
	return s
}
