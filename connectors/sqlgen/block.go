package sqlgen

import (
	"fmt"
	"maps"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// piece writes a part of a statement.
type piece func(*Writer)

// block is one SELECT under construction. Its clauses apply in SQL's order: from, where, groups and aggregates,
// having, output, order, limit; a step that would come too late wraps the block as a subquery of a new one.
type block struct {
	from     from
	where    []piece
	grouped  bool
	groups   []piece
	having   []piece
	order    []plan.SortKey
	limited  bool
	offset   int64
	count    int64
	output   plan.Schema
	defs     map[expr.ColumnID]piece  // how each column, also an intermediate one, is written in this block
	computed map[expr.ColumnID]bool   // those of defs that are not a column of from
	constant map[expr.ColumnID]bool   // those of defs that are a bare constant
	stored   map[expr.ColumnID]string // the plain references of those of defs that are a table's column
	subquery bool                     // where has an EXISTS
}

func newBlock(f from, output plan.Schema) *block {
	return &block{
		from: f, output: output, count: -1,
		defs:     make(map[expr.ColumnID]piece, len(output)),
		computed: make(map[expr.ColumnID]bool),
		constant: make(map[expr.ColumnID]bool),
		stored:   make(map[expr.ColumnID]string),
	}
}

// bare reports a block that is only FROM and WHERE; its order does not matter to who asks.
func (b *block) bare() bool { return !b.grouped && !b.limited }

// build turns a tree into blocks.
func (w *Writer) build(n plan.Node) *block {
	switch n := n.(type) {
	case *plan.Scan:
		return w.scan(n)
	case *plan.Keys:
		return w.keys(n)
	case *plan.Filter:
		return w.filter(n)
	case *plan.Project:
		return w.project(n)
	case *plan.Aggregate:
		return w.aggregate(n)
	case *plan.Sort:
		return w.sort(w.build(n.Input), n.Keys)
	case *plan.Limit:
		b := w.sort(w.build(n.Input), n.Keys)
		b.limit(n.Offset, n.Count)
		return b
	case *plan.Join:
		return w.join(n)
	case *plan.Union:
		return w.union(n)
	case *plan.With:
		if w.dialect.Shares {
			return w.with(n)
		}
	case *plan.CTERef:
		if w.dialect.Shares {
			return w.read(n)
		}
	}
	w.Refuse("%s runs here", nodeName(n))
	return newBlock(nil, n.Schema())
}

func nodeName(n plan.Node) string {
	switch n.(type) {
	case *plan.Values:
		return "a list of rows"
	case *plan.Apply:
		return "a correlated subquery"
	case *plan.JSONTable:
		return "JSON_TABLE"
	case *plan.With, *plan.CTERef, *plan.Recursive, *plan.Working:
		return "a shared subquery"
	}
	return fmt.Sprintf("%T", n)
}

func (w *Writer) alias() string {
	w.aliases++
	return fmt.Sprintf("t%d", w.aliases)
}

// columnAlias names column i of a subquery.
func columnAlias(i int) string { return fmt.Sprintf("c%d", i+1) }

// limit keeps count rows after offset of those the block keeps already.
func (b *block) limit(offset, count int64) {
	if b.limited && b.count >= 0 {
		left := max(b.count-offset, 0)
		if count < 0 || count > left {
			count = left
		}
	}
	b.limited, b.offset, b.count = true, b.offset+offset, count
}

// wrap makes b a subquery of a new block with the same output and order.
func (w *Writer) wrap(b *block) *block {
	output := b.output
	order := w.exposeOrder(b)
	if !b.limited {
		b.order = nil // inside it would mean nothing
	}
	alias := w.alias()
	outer := newBlock(derived{b, alias}, output)
	outer.order = order
	w.defineDerived(outer, alias, b.output)
	return outer
}

// exposeOrder returns the keys of b's order as columns that it outputs, adding those that it does not.
func (w *Writer) exposeOrder(b *block) []plan.SortKey {
	output := slices.Clone(b.output)
	keys := make([]plan.SortKey, len(b.order))
	for i, k := range b.order {
		keys[i] = k
		if b.isConstant(k.Expr) {
			continue
		}
		if c, ok := k.Expr.(*expr.Column); ok {
			if output.Index(c.ID) < 0 {
				output = append(output, plan.Column{ID: c.ID, Name: c.Name, Type: c.Typ, Nullable: c.Null})
			}
			continue
		}
		w.hidden--
		c := plan.Column{ID: w.hidden, Name: "order", Type: k.Expr.Type(), Nullable: k.Expr.Nullable()}
		w.define(b, []plan.Projection{{Col: c, Expr: k.Expr}})
		output = append(output, c)
		keys[i].Expr = c.Ref()
	}
	b.output = output
	return keys
}

// isConstant reports a key that orders nothing.
func (b *block) isConstant(e expr.Expr) bool {
	switch e := e.(type) {
	case *expr.Literal, *expr.Param:
		return true
	case *expr.Column:
		return b.constant[e.ID]
	}
	return false
}

// defineDerived makes columns c1, c2, ... of the FROM item alias known to b.
func (w *Writer) defineDerived(b *block, alias string, columns plan.Schema) {
	for i, c := range columns {
		ref := alias + "." + w.dialect.Quote(columnAlias(i))
		b.defs[c.ID] = func(w *Writer) { w.Text(ref) }
	}
}

func (w *Writer) scan(n *plan.Scan) *block {
	alias := w.alias()
	b := newBlock(table{n, alias}, n.Cols)
	for i, c := range n.Cols {
		pos := n.Pos[i]
		w.sources[c.ID] = Origin{n, pos}
		ref := alias + "." + w.dialect.Quote(n.Table.Columns[pos].Name)
		b.stored[c.ID] = ref
		b.defs[c.ID] = func(w *Writer) {
			if w.dialect.Column != nil {
				w.dialect.Column(w, n, pos, ref)
				return
			}
			w.Text(ref)
		}
	}
	if w.opts.Restrict != nil {
		if cond := w.opts.Restrict(n, alias); cond != "" {
			b.where = append(b.where, func(w *Writer) { w.Text("(", cond, ")") })
		}
	}
	return b
}

func (w *Writer) keys(n *plan.Keys) *block {
	alias := w.alias()
	b := newBlock(keyList{n, alias}, n.Cols)
	w.defineDerived(b, alias, b.output)
	return b
}

func (w *Writer) filter(n *plan.Filter) *block {
	b := w.build(n.Input)
	if b.limited || b.grouped && w.dialect.NoHaving {
		b = w.wrap(b)
	}
	for _, c := range n.Conds {
		cond := func(w *Writer) { w.condition(c) }
		if b.grouped {
			b.having = append(b.having, cond)
		} else {
			b.where = append(b.where, cond)
		}
	}
	return b
}

func (w *Writer) project(n *plan.Project) *block {
	b := w.build(n.Input)
	if b.repeats(n.Exprs) || b.grouped && len(b.groups) == 0 && !b.readsAny(n.Exprs) {
		b = w.wrap(b)
	}
	w.define(b, n.Exprs)
	b.output = n.Schema()
	return b
}

// define adds projections to the columns of b.
func (w *Writer) define(b *block, list []plan.Projection) {
	for _, p := range list {
		if c, ok := p.Expr.(*expr.Column); ok {
			if c.ID == p.Col.ID {
				continue
			}
			if o, ok := w.sources[c.ID]; ok {
				w.sources[p.Col.ID] = o
			}
			if b.computed[c.ID] {
				b.computed[p.Col.ID] = true
			}
			if ref, ok := b.stored[c.ID]; ok {
				b.stored[p.Col.ID] = ref
			}
		} else {
			b.computed[p.Col.ID] = true
		}
		b.constant[p.Col.ID] = b.isConstant(p.Expr)
		b.defs[p.Col.ID] = func(w *Writer) { w.Expr(p.Expr) }
	}
}

// repeats reports whether the projections would write a computed column of b more than once: nested projections
// could otherwise double a text at every level.
func (b *block) repeats(list []plan.Projection) bool {
	seen := make(map[expr.ColumnID]int)
	for _, p := range list {
		expr.Walk(p.Expr, func(e expr.Expr) bool {
			if c, ok := e.(*expr.Column); ok && b.computed[c.ID] {
				seen[c.ID]++
			}
			return true
		})
	}
	for _, n := range seen {
		if n > 1 {
			return true
		}
	}
	return false
}

// readsAny reports whether the projections read any column at all. Over an aggregate without groups each column is
// an aggregate, and without one in its list SQL's SELECT would not aggregate.
func (b *block) readsAny(list []plan.Projection) bool {
	read := make(map[expr.ColumnID]bool)
	for _, p := range list {
		expr.Columns(p.Expr, read)
	}
	return len(read) > 0
}

func (w *Writer) aggregate(n *plan.Aggregate) *block {
	if len(n.Groups) == 0 && len(n.Aggs) == 0 {
		w.Refuse("an aggregate of nothing runs here")
	}
	b := w.build(n.Input)
	groups := n.Groups
	if !b.limited {
		b.order = nil
	}
	if !b.bare() {
		b = w.wrap(b)
	}
	if slices.ContainsFunc(groups, b.isComputed) {
		// A computed key is written once, in a subquery: as an expression it could hold placeholders, and the one in
		// GROUP BY would not be known to equal the one in the SELECT list.
		b, groups = w.computeKeys(b, n)
	}
	b.order = nil
	b.grouped = true
	w.define(b, groups)
	for _, g := range groups {
		// The key is written alike wherever it is read, or it would not be known to be the key.
		plain := b.defs[g.Expr.(*expr.Column).ID]
		key := func(w *Writer) { w.equated(g.Expr, plain) }
		b.groups = append(b.groups, key)
		b.defs[g.Col.ID] = key
	}
	for i := range n.Aggs {
		b.computed[n.Aggs[i].Col.ID] = true
		b.defs[n.Aggs[i].Col.ID] = func(w *Writer) { w.agg(&n.Aggs[i]) }
	}
	b.output = n.Schema()
	return b
}

func (b *block) isComputed(p plan.Projection) bool {
	c, ok := p.Expr.(*expr.Column)
	return !ok || b.computed[c.ID]
}

// computeKeys wraps b, extended by n's group keys, and returns the keys as columns of the new block.
func (w *Writer) computeKeys(b *block, n *plan.Aggregate) (*block, []plan.Projection) {
	read := make(map[expr.ColumnID]bool)
	for _, a := range n.Aggs {
		for _, arg := range a.Args {
			expr.Columns(arg, read)
		}
		for _, k := range a.OrderBy {
			expr.Columns(k.Expr, read)
		}
	}
	var output plan.Schema
	for _, c := range b.output {
		if read[c.ID] {
			output = append(output, c)
		}
	}
	w.define(b, n.Groups)
	keys := make([]plan.Projection, len(n.Groups))
	for i, g := range n.Groups {
		if output.Index(g.Col.ID) < 0 {
			output = append(output, g.Col)
		}
		keys[i] = plan.Projection{Col: g.Col, Expr: g.Col.Ref()}
	}
	b.output = output
	return w.wrap(b), keys
}

func (w *Writer) sort(b *block, keys []plan.SortKey) *block {
	if len(keys) == 0 {
		return b
	}
	if b.limited {
		b = w.wrap(b)
	}
	// Sorting is stable: an order that was there decides among equals.
	b.order = append(slices.Clone(keys), b.order...)
	return b
}

func (w *Writer) join(n *plan.Join) *block {
	if !w.dialect.joins(n.Kind) {
		w.Refuse("this kind of join runs here")
		return newBlock(nil, n.Schema())
	}
	left, right := w.build(n.Left), w.build(n.Right)
	for _, b := range []*block{left, right} {
		if !b.limited {
			b.order = nil
		}
	}
	if !left.bare() {
		left = w.wrap(left)
	}
	if !right.bare() || n.Kind == plan.Left && (right.subquery || right.computesOutput()) {
		right = w.wrap(right)
	}
	on := make([]piece, 0, len(n.On)+len(right.where))
	for _, c := range n.On {
		on = append(on, func(w *Writer) { w.match(c) })
	}
	left.order = nil
	if n.Kind == plan.Semi || n.Kind == plan.Anti {
		right.where = append(right.where, on...)
		left.where = append(left.where, exists(right, n.Kind == plan.Anti))
		left.subquery = true
		return left
	}
	switch n.Kind {
	case plan.Left:
		// What limits the right side must not remove left rows: it belongs to the match.
		on = append(on, right.where...)
	default:
		left.where = append(left.where, right.where...)
		left.subquery = left.subquery || right.subquery
	}
	left.from = joined{n.Kind, left.from, right.from, on}
	maps.Copy(left.defs, right.defs)
	maps.Copy(left.computed, right.computed)
	maps.Copy(left.constant, right.constant)
	maps.Copy(left.stored, right.stored)
	left.output = n.Schema()
	return left
}

// computesOutput reports whether an output column is an expression, which a left join would have to make NULL.
func (b *block) computesOutput() bool {
	return slices.ContainsFunc(b.output, func(c plan.Column) bool { return b.computed[c.ID] })
}

func (w *Writer) union(n *plan.Union) *block {
	arms := make([]*block, len(n.Inputs))
	for i, in := range n.Inputs {
		arms[i] = w.build(in)
		if arms[i].limited {
			arms[i] = w.wrap(arms[i])
		}
		arms[i].order = nil
	}
	alias := w.alias()
	b := newBlock(unionAll{arms, alias}, n.Cols)
	w.defineDerived(b, alias, b.output)
	return b
}
