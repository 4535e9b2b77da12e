package expr

import (
	"slices"
	"strings"
	"time"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// ColumnID identifies a column of one bound statement. Two columns never share one, however they are named.
type ColumnID int32

// Expr is a scalar expression. The set is closed: Column, Literal, Param, Call, Case, In, Cast, Fallback.
type Expr interface {
	Type() types.Type
	Nullable() bool // false only where NULL is impossible
	Children() []Expr
	WithChildren([]Expr) Expr // same number and types
	String() string           // as EXPLAIN shows it: SQL-like, columns by name#id
	sealed()
}

// Column reads a column of the input.
type Column struct {
	ID   ColumnID
	Name string // for people; may be empty or repeat
	Typ  types.Type
	Null bool
}

// Literal is a constant that the statement's text fixes.
type Literal struct {
	Value types.Value
	Typ   types.Type
}

// Param is a constant known when the statement runs: a `?`, a user or session variable, NOW(). It is never folded
// into a cached plan; Env.Params[Ordinal] holds its value, of type Typ.
type Param struct {
	Ordinal int
	Name    string
	Typ     types.Type
}

// Call applies a function of the table in this package to arguments of the types it wants.
type Call struct {
	Func Func
	Args []Expr
	Typ  types.Type
	Null bool
}

// Case is CASE WHEN ... THEN ... ELSE ... END; the simple form is bound as equalities. The results have type Typ.
type Case struct {
	Whens []When
	Else  Expr // nil: NULL
	Typ   types.Type
}

// When is one arm of a Case.
type When struct {
	Cond, Then Expr
}

// In is Arg [NOT] IN (list of constants). The list has Arg's type, no duplicates and no NULL; HasNull says that one
// was written, which turns "no match" into NULL.
type In struct {
	Arg     Expr
	List    []types.Value
	HasNull bool
	Not     bool
}

// Cast converts Arg to type To by MySQL's rules. Implicit marks a conversion that New inserted. With a Column the value is
// stored into a column of that name, as in strict mode: what does not fit is an error.
type Cast struct {
	Arg      Expr
	To       types.Type
	Implicit bool
	Column   string
}

// Fallback is an expression without a kernel, evaluated row by row.
type Fallback struct {
	Row  RowFunc
	Args []Expr // what Row reads, in its order
	Typ  types.Type
	Text string // the SQL of the expression, for EXPLAIN
	// Volatile says that two evaluations may differ: RAND(), UUID(). A rule never duplicates or moves such an expression.
	Volatile bool
	// Ordered says that a row's value depends on the rows before: a plan with one runs in one stream. It is Volatile too.
	Ordered bool
	// Stateful says that it reads or assigns what other expressions of the statement assign or read, such as user variables: a row
	// is done with, up to where rows are gathered, before the next one is begun, and it is computed where nothing reads it. It is
	// Ordered too.
	Stateful bool
}

// RowFunc is the row-wise evaluator of a Fallback.
type RowFunc interface {
	// Clone returns an evaluator for another goroutine.
	Clone() RowFunc
	// Same reports whether o computes the same, of the same arguments, where two have one Text.
	Same(o RowFunc) bool
	// Eval computes one row; args are of the types of Fallback.Args, the result of Fallback.Typ.
	Eval(env *Env, args []types.Value) (types.Value, error)
}

// Env is what an evaluation may read besides its input. It is fixed for one statement, but for Warn.
type Env struct {
	Location *time.Location             // the session's time zone; never nil
	Now      time.Time                  // the statement's start
	Params   []types.Value              // by Param.Ordinal
	Warn     func(code int, msg string) // MySQL warning; safe for concurrent use; nil: dropped
	// StrictDivision makes division by zero an error instead of NULL (ERROR_FOR_DIVISION_BY_ZERO in a write).
	StrictDivision bool
	// MaxPacket is the bytes of the longest value that a function may make (max_allowed_packet); 0: MySQL's default.
	MaxPacket int64
	// Interrupted is asked now and then whether the statement is to end, and why, as context.Context.Err; nil: it goes on.
	// Safe for concurrent use.
	Interrupted func() error
	// Done is closed when the statement is to end, for a function that waits; nil: never.
	Done func() <-chan struct{}
	// Account is charged with what a function keeps of a long value; nil: no limit. Safe for concurrent use.
	Account kernel.Account
}

// userVariable reports a parameter that is @name.
func (e *Param) userVariable() bool {
	return strings.HasPrefix(e.Name, "@") && !strings.HasPrefix(e.Name, "@@")
}

func (*Column) sealed()   {}
func (*Literal) sealed()  {}
func (*Param) sealed()    {}
func (*Call) sealed()     {}
func (*Case) sealed()     {}
func (*In) sealed()       {}
func (*Cast) sealed()     {}
func (*Fallback) sealed() {}

func (e *Column) Type() types.Type   { return e.Typ }
func (e *Literal) Type() types.Type  { return e.Typ }
func (e *Param) Type() types.Type    { return e.Typ }
func (e *Call) Type() types.Type     { return e.Typ }
func (e *Case) Type() types.Type     { return e.Typ }
func (e *In) Type() types.Type       { return types.Of(types.Bool) }
func (e *Cast) Type() types.Type     { return e.To }
func (e *Fallback) Type() types.Type { return e.Typ }

func (e *Column) Nullable() bool   { return e.Null }
func (e *Literal) Nullable() bool  { return e.Value.Null }
func (e *Param) Nullable() bool    { return true }
func (e *Call) Nullable() bool     { return e.Null }
func (e *In) Nullable() bool       { return e.HasNull || e.Arg.Nullable() }
func (e *Fallback) Nullable() bool { return true }

// Nullable is false only where no value can be refused: a number or text of a source of the same family.
func (e *Cast) Nullable() bool {
	from := e.Arg.Type()
	safe := from.IsNumeric() && e.To.IsNumeric() || e.To.IsString() || from.Kind == e.To.Kind
	return !safe || e.Arg.Nullable()
}

func (e *Case) Nullable() bool {
	return e.Else == nil || e.Else.Nullable() ||
		slices.ContainsFunc(e.Whens, func(w When) bool { return w.Then.Nullable() })
}

func (*Column) Children() []Expr     { return nil }
func (*Literal) Children() []Expr    { return nil }
func (*Param) Children() []Expr      { return nil }
func (e *Call) Children() []Expr     { return e.Args }
func (e *In) Children() []Expr       { return []Expr{e.Arg} }
func (e *Cast) Children() []Expr     { return []Expr{e.Arg} }
func (e *Fallback) Children() []Expr { return e.Args }

// Children returns each condition and result in order, then Else where there is one.
func (e *Case) Children() []Expr {
	out := make([]Expr, 0, 2*len(e.Whens)+1)
	for _, w := range e.Whens {
		out = append(out, w.Cond, w.Then)
	}
	if e.Else != nil {
		out = append(out, e.Else)
	}
	return out
}

func (e *Column) WithChildren([]Expr) Expr  { return e }
func (e *Literal) WithChildren([]Expr) Expr { return e }
func (e *Param) WithChildren([]Expr) Expr   { return e }

func (e *Call) WithChildren(c []Expr) Expr {
	d := *e
	d.Args = c
	return &d
}

func (e *In) WithChildren(c []Expr) Expr {
	d := *e
	d.Arg = c[0]
	return &d
}

func (e *Cast) WithChildren(c []Expr) Expr {
	d := *e
	d.Arg = c[0]
	return &d
}

func (e *Fallback) WithChildren(c []Expr) Expr {
	d := *e
	d.Args = c
	return &d
}

func (e *Case) WithChildren(c []Expr) Expr {
	d := *e
	d.Whens = make([]When, len(e.Whens))
	for i := range d.Whens {
		d.Whens[i] = When{Cond: c[2*i], Then: c[2*i+1]}
	}
	if e.Else != nil {
		d.Else = c[len(c)-1]
	}
	return &d
}

// Walk calls visit on e and what is below it, parents first, until visit returns false for a subtree.
func Walk(e Expr, visit func(Expr) bool) {
	if !visit(e) {
		return
	}
	for _, c := range e.Children() {
		Walk(c, visit)
	}
}

// Transform rebuilds e bottom-up, replacing each node by what f returns for it. Unchanged subtrees are shared.
func Transform(e Expr, f func(Expr) Expr) Expr {
	children := e.Children()
	var changed []Expr
	for i, c := range children {
		d := Transform(c, f)
		if d != c && changed == nil {
			changed = slices.Clone(children)
		}
		if changed != nil {
			changed[i] = d
		}
	}
	if changed != nil {
		e = e.WithChildren(changed)
	}
	return f(e)
}

// Columns adds the ids of the columns e reads to set.
func Columns(e Expr, set map[ColumnID]bool) {
	Walk(e, func(e Expr) bool {
		if c, ok := e.(*Column); ok {
			set[c.ID] = true
		}
		return true
	})
}

// Volatile reports whether e holds a volatile Fallback.
func Volatile(e Expr) bool {
	found := false
	Walk(e, func(e Expr) bool {
		if f, ok := e.(*Fallback); ok && f.Volatile {
			found = true
		}
		return !found
	})
	return found
}

// Ordered reports whether e holds an ordered Fallback.
func Ordered(e Expr) bool {
	found := false
	Walk(e, func(e Expr) bool {
		f, ok := e.(*Fallback)
		found = found || ok && f.Ordered
		return !found
	})
	return found
}

// Stateful reports whether one of the list holds a stateful Fallback.
func Stateful(list ...Expr) bool {
	found := false
	for _, e := range list {
		Walk(e, func(e Expr) bool {
			f, ok := e.(*Fallback)
			found = found || ok && f.Stateful
			return !found
		})
	}
	return found
}

// Substitute replaces columns by expressions.
func Substitute(e Expr, with map[ColumnID]Expr) Expr {
	return Transform(e, func(e Expr) Expr {
		if c, ok := e.(*Column); ok {
			if r, ok := with[c.ID]; ok {
				return r
			}
		}
		return e
	})
}

// Conjuncts splits e at its top-level ANDs and appends the parts to dst.
func Conjuncts(dst []Expr, e Expr) []Expr {
	if c, ok := e.(*Call); ok && c.Func == And {
		for _, a := range c.Args {
			dst = Conjuncts(dst, a)
		}
		return dst
	}
	return append(dst, e)
}

// Strings renders a list, joined by sep.
func Strings(list []Expr, sep string) string {
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = e.String()
	}
	return strings.Join(parts, sep)
}
