package sqlgen

import (
	"strconv"

	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// Render writes tree as one SELECT. The error is a Refusal where the dialect does not take the tree.
func (d *Dialect) Render(tree plan.Node, opts Options) (Query, error) {
	w := d.write(tree, opts)
	if w.err != nil {
		return Query{}, w.err
	}
	return Query{Text: string(w.text), Args: w.args, Cols: tree.Schema()}, nil
}

// Take answers pushdown.Source's question by rendering the step.
func (d *Dialect) Take(step plan.Node) pushdown.Answer {
	if _, ok := step.(*plan.Sort); ok && !d.Sorts {
		return pushdown.No("a full sort runs here")
	}
	w := d.write(step, Options{})
	if w.err != nil {
		return pushdown.No("%s", w.err)
	}
	if f, ok := step.(*plan.Filter); ok {
		for _, c := range f.Conds {
			if reason, ok := w.loose[c]; ok {
				return pushdown.Superset(nil, "%s", reason)
			}
		}
	}
	return pushdown.Exact()
}

func (d *Dialect) write(tree plan.Node, opts Options) *Writer {
	w := &Writer{
		dialect: d, opts: opts,
		sources: make(map[expr.ColumnID]Origin), loose: make(map[expr.Expr]string),
	}
	b := w.build(tree)
	if w.err == nil {
		w.bindings()
		w.selectBlock(b, outermost)
	}
	return w
}

func (d *Dialect) joins(k plan.JoinKind) bool {
	switch k {
	case plan.Inner, plan.Left, plan.Semi, plan.Anti:
		return d.Joins == nil || d.Joins(k)
	}
	return false
}

// from is an item of a FROM clause.
type from interface{ write(*Writer) }

type table struct {
	scan  *plan.Scan
	alias string
}

type derived struct {
	block *block
	alias string
}

type unionAll struct {
	arms  []*block
	alias string
}

type keyList struct {
	keys  *plan.Keys
	alias string
}

type joined struct {
	kind        plan.JoinKind
	left, right from
	on          []piece
}

func (f table) write(w *Writer) {
	t := f.scan.Table
	if w.dialect.Table != nil {
		w.Text(w.dialect.Table(t))
	} else {
		if t.Name.Namespace != "" {
			w.Ident(t.Name.Namespace)
			w.Text(".")
		}
		w.Ident(t.Name.Name)
	}
	w.Text(" AS ", f.alias)
}

func (f derived) write(w *Writer) {
	w.Text("(")
	w.selectBlock(f.block, nested)
	w.Text(") AS ", f.alias)
}

func (f unionAll) write(w *Writer) {
	w.Text("(")
	for i, arm := range f.arms {
		if i > 0 {
			w.Text(" UNION ALL ")
		}
		w.selectBlock(arm, nested)
	}
	w.Text(") AS ", f.alias)
}

func (f keyList) write(w *Writer) {
	if w.dialect.Keys == nil {
		w.Refuse("keys that the query finds are not sent there")
		return
	}
	w.dialect.Keys(w, f.keys, f.alias)
}

func (f joined) write(w *Writer) {
	f.left.write(w)
	switch {
	case f.kind == plan.Left:
		w.Text(" LEFT JOIN ")
	case len(f.on) == 0:
		w.Text(" CROSS JOIN ")
	default:
		w.Text(" JOIN ")
	}
	if _, ok := f.right.(joined); ok {
		w.Text("(")
		f.right.write(w)
		w.Text(")")
	} else {
		f.right.write(w)
	}
	switch {
	case len(f.on) > 0:
		w.Text(" ON ")
		w.all(f.on)
	case f.kind == plan.Left:
		w.Text(" ON 1 = 1")
	}
}

// all writes conditions joined by AND, many of them as a tree (see Infix).
func (w *Writer) all(conds []piece) {
	if half := len(conds) / 2; len(conds) > longestChain {
		w.Text("(")
		w.all(conds[:half])
		w.Text(") AND (")
		w.all(conds[half:])
		w.Text(")")
		return
	}
	for i, c := range conds {
		if i > 0 {
			w.Text(" AND ")
		}
		c(w)
	}
}

// place is where a SELECT stands, which decides how it names its columns.
type place uint8

const (
	outermost place = iota // by position; through the dialect's Output
	nested                 // c1, c2, ...
	tested                 // EXISTS: there are none
)

// scope is the columns a SELECT can read: its own and, in EXISTS, those of the SELECTs around it.
type scope struct {
	block  *block
	outer  *scope
	groups bool // the clause being written sees groups, not rows
}

func (s *scope) lookup(id expr.ColumnID) piece {
	for ; s != nil; s = s.outer {
		if p, ok := s.block.defs[id]; ok {
			return p
		}
	}
	return nil
}

func (s *scope) stored(id expr.ColumnID) string {
	for ; s != nil; s = s.outer {
		if _, ok := s.block.defs[id]; !ok {
			continue
		}
		if s.groups {
			return ""
		}
		return s.block.stored[id]
	}
	return ""
}

// exists returns the condition that b has a row, or none.
func exists(b *block, not bool) piece {
	return func(w *Writer) {
		if not {
			w.Text("NOT ")
		}
		w.Text("EXISTS (")
		w.selectBlock(b, tested)
		w.Text(")")
	}
}

// selectBlock writes a block as a SELECT.
func (w *Writer) selectBlock(b *block, at place) {
	w.scope = &scope{b, w.scope, b.grouped}
	defer func() { w.scope = w.scope.outer }()
	w.Text("SELECT ")
	w.outputs(b, at)
	w.scope.groups = false
	w.Text(" FROM ")
	b.from.write(w)
	if len(b.where) > 0 {
		w.Text(" WHERE ")
		w.all(b.where)
	}
	w.scope.groups = b.grouped
	for i, g := range b.groups {
		w.Text(separator(i, " GROUP BY "))
		g(w)
	}
	if len(b.having) > 0 {
		w.Text(" HAVING ")
		w.all(b.having)
	}
	w.orderBy(b)
	if b.limited {
		w.limit(b.offset, b.count)
	}
}

func separator(i int, first string) string {
	if i == 0 {
		return first
	}
	return ", "
}

func (w *Writer) outputs(b *block, at place) {
	if at == tested || len(b.output) == 0 {
		w.Text("1")
		return
	}
	for i, c := range b.output {
		w.Text(separator(i, ""))
		value := func() { w.Expr(c.Ref()) }
		if at == nested {
			value()
			w.Text(" AS ")
			w.Ident(columnAlias(i))
			continue
		}
		if w.dialect.Output != nil {
			w.dialect.Output(w, c, value)
		} else {
			value()
		}
	}
}

func (w *Writer) agg(a *plan.Agg) {
	rule, ok := w.dialect.Aggs[a.Func]
	if !ok {
		w.Refuse("the aggregate %s is not proven there", a.Func)
		return
	}
	if rule.Guard != nil {
		if err := rule.Guard(w, a); err != nil {
			w.fail(err)
			return
		}
	}
	rule.Write(w, a)
}

func (w *Writer) orderBy(b *block) {
	written := 0
	for _, k := range b.order {
		if b.isConstant(k.Expr) {
			continue // a bare number would name an output column
		}
		w.Text(separator(written, " ORDER BY "))
		written++
		w.Ordered(k.Expr)
		if k.Desc {
			w.Text(" DESC")
		}
		if w.dialect.ExplicitNulls && k.Expr.Nullable() {
			if k.Desc {
				w.Text(" NULLS LAST")
			} else {
				w.Text(" NULLS FIRST")
			}
		}
	}
}

func (w *Writer) limit(offset, count int64) {
	if w.dialect.Limit != nil {
		w.dialect.Limit(w, offset, count)
		return
	}
	if count >= 0 {
		w.Text(" LIMIT ", strconv.FormatInt(count, 10))
	}
	if offset > 0 {
		w.Text(" OFFSET ", strconv.FormatInt(offset, 10))
	}
}
