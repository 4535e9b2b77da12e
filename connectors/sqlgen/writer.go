package sqlgen

import (
	"fmt"
	"strings"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// Refusal is why a dialect does not render something.
type Refusal struct{ Reason string }

func (r *Refusal) Error() string { return r.Reason }

// Refuse makes a Refusal for guards: a phrase, without the expression, such as "its order depends on the locale".
func Refuse(format string, args ...any) error {
	return &Refusal{fmt.Sprintf(format, args...)}
}

// Writer writes one statement. The first refusal sticks and everything after it is discarded, so that hooks need no
// error handling between writes.
type Writer struct {
	dialect *Dialect
	opts    Options
	text    []byte
	args    []Arg
	err     error
	scope   *scope
	sources map[expr.ColumnID]Origin
	aliases int
	hidden  expr.ColumnID // the last id of a column that only this text has; negative
	shared  []sharedBlock // of the Withs, in the order in which they may read one another

	conjunct expr.Expr            // the conjunct of a WHERE or HAVING being written
	at       position             // of what is written next
	rule     position             // of the call, IN or cast whose rule runs
	loose    map[expr.Expr]string // the filters that keep more rows than they should, and why
}

// position is what the text around an expression makes of its value. The zero value is anywhere: every value counts.
type position struct {
	monotonic bool // only AND and OR stand between it and a filter: more rows are a superset
	truth     bool // false and NULL are one
}

// Origin is the table column that a column of the plan is.
type Origin struct {
	Scan *plan.Scan
	Pos  int // in Scan.Table.Columns
}

// Column returns the table's description of the column.
func (o Origin) Column() *plan.TableColumn { return &o.Scan.Table.Columns[o.Pos] }

// Text writes SQL.
func (w *Writer) Text(parts ...string) {
	for _, p := range parts {
		w.text = append(w.text, p...)
	}
}

// Ident writes a quoted identifier.
func (w *Writer) Ident(name string) { w.Text(w.dialect.Quote(name)) }

// Bind writes a placeholder for a value.
func (w *Writer) Bind(v types.Value, t types.Type) { w.bind(Scalar{v, t}) }

// BindList writes a placeholder for an array of values of type t.
func (w *Writer) BindList(values []types.Value, t types.Type) { w.bind(List{values, t}) }

// BindKeys writes a placeholder for the array of column pos of keys.
func (w *Writer) BindKeys(keys *plan.Keys, pos int) { w.bind(KeyColumn{pos, keys.Cols[pos].Type}) }

func (w *Writer) bind(a Arg) {
	w.args = append(w.args, a)
	w.Text(w.dialect.Placeholder(len(w.args)))
}

// Refuse refuses the statement; the first reason counts.
func (w *Writer) Refuse(format string, args ...any) { w.fail(Refuse(format, args...)) }

func (w *Writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// Origin returns the table column that e reads unchanged, through whatever projections and subqueries; ok is false
// if e computes something.
func (w *Writer) Origin(e expr.Expr) (o Origin, ok bool) {
	if c, isColumn := e.(*expr.Column); isColumn {
		o, ok = w.sources[c.ID]
	}
	return o, ok
}

// Stored returns the plain reference of the table's column that e reads, which Dialect.Column would change, and false if
// e is anything else or the column is out of sight in a subquery or behind a GROUP BY.
func (w *Writer) Stored(e expr.Expr) (ref string, ok bool) {
	if c, isColumn := e.(*expr.Column); isColumn {
		ref = w.scope.stored(c.ID)
	}
	return ref, ref != ""
}

// Env returns what the statement that runs may read besides its input; nil while it is planned.
func (w *Writer) Env() *expr.Env { return w.opts.Env }

// Ordered writes e for a place where its order matters, with the dialect's suffix, or refuses.
func (w *Writer) Ordered(e expr.Expr) {
	suffix, err := w.dialect.Ordering(w, e)
	if err != nil {
		w.fail(err)
		return
	}
	w.Expr(e)
	w.Text(suffix)
}

// Equated writes e for a place where its equality matters, with the dialect's suffix, or refuses.
func (w *Writer) Equated(e expr.Expr) { w.equated(e, func(w *Writer) { w.Expr(e) }) }

// equated writes e by write.
func (w *Writer) equated(e expr.Expr, write piece) {
	suffix, err := w.dialect.Equality(w, e)
	if err != nil {
		w.fail(err)
		return
	}
	write(w)
	w.Text(suffix)
}

// List writes expressions separated by sep.
func (w *Writer) List(list []expr.Expr, sep string) {
	for i, e := range list {
		if i > 0 {
			w.Text(sep)
		}
		w.Expr(e)
	}
}

// Expr writes an expression, in parentheses of its own where it needs them, or refuses.
func (w *Writer) Expr(e expr.Expr) {
	if w.err != nil {
		return
	}
	switch e := e.(type) {
	case *expr.Column:
		w.column(e)
	case *expr.Literal:
		w.dialect.Literal(w, e.Value, e.Typ)
	case *expr.Param:
		w.param(e)
	case *expr.Call:
		w.call(e)
	case *expr.Case:
		defer w.enter(position{})()
		w.caseWhen(e)
	case *expr.In:
		defer w.enter(position{})()
		w.in(e)
	case *expr.Cast:
		defer w.enter(position{})()
		w.cast(e)
	case *expr.Fallback:
		w.Refuse("%s is evaluated here row by row", e.Text)
	}
}

func (w *Writer) column(c *expr.Column) {
	if p := w.scope.lookup(c.ID); p != nil {
		p(w)
		return
	}
	w.fail(fmt.Errorf("column %s is not in scope", c))
}

func (w *Writer) param(p *expr.Param) {
	if w.opts.Env == nil {
		// What would refuse the value once there is one refuses now, by its type.
		text, args := len(w.text), len(w.args)
		w.dialect.Literal(w, types.Value{}, p.Typ)
		w.text, w.args = w.text[:text], w.args[:args]
		w.Text(":", p.Name)
		return
	}
	if p.Ordinal >= len(w.opts.Env.Params) {
		w.fail(fmt.Errorf("parameter %s has no value", p))
		return
	}
	w.dialect.Literal(w, w.opts.Env.Params[p.Ordinal], p.Typ)
}

func (w *Writer) cast(c *expr.Cast) {
	if w.dialect.Cast == nil || c.Column != "" {
		w.Refuse("no conversion is proven there")
		return
	}
	w.dialect.Cast(w, c)
}

func (w *Writer) call(c *expr.Call) {
	rule, ok := w.dialect.Funcs[c.Func]
	if !ok {
		w.Refuse("the function %s is not proven there", strings.ToUpper(string(c.Func)))
		return
	}
	inside := position{}
	if c.Func == expr.Or || c.Func == expr.And {
		inside = w.at
	}
	defer w.enter(inside)()
	if rule.Guard != nil {
		if err := rule.Guard(w, c); err != nil {
			w.fail(err)
			return
		}
	}
	if c.Func == expr.And && inside.monotonic {
		w.conjunction(rule, c)
		return
	}
	rule.Write(w, c)
}

func (w *Writer) caseWhen(c *expr.Case) {
	w.Text("CASE")
	for _, arm := range c.Whens {
		w.Text(" WHEN ")
		w.Expr(arm.Cond)
		w.Text(" THEN ")
		w.Expr(arm.Then)
	}
	if c.Else != nil {
		w.Text(" ELSE ")
		w.Expr(c.Else)
	}
	w.Text(" END")
}

func (w *Writer) in(in *expr.In) {
	if len(in.List) == 0 && !in.HasNull { // no member can be equal: the answer is known but for NULL
		w.Text("(")
		w.Expr(in.Arg)
		if in.Not {
			w.Text(" IS NOT NULL OR NULL)")
		} else {
			w.Text(" IS NULL AND NULL)")
		}
		return
	}
	if w.dialect.In != nil {
		w.dialect.In(w, in)
		return
	}
	w.Text("(")
	w.Equated(in.Arg)
	if in.Not {
		w.Text(" NOT")
	}
	w.Text(" IN (")
	for i, v := range in.List {
		if i > 0 {
			w.Text(", ")
		}
		w.dialect.Literal(w, v, in.Arg.Type())
	}
	if in.HasNull {
		if len(in.List) > 0 {
			w.Text(", ")
		}
		w.Text("NULL")
	}
	w.Text("))")
}
