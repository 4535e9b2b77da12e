package plan

import (
	"errors"
	"fmt"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// PassThrough reports whether the projection hands a column of its input on under the same id.
func (p Projection) PassThrough() bool {
	c, ok := p.Expr.(*expr.Column)
	return ok && c.ID == p.Col.ID
}

// Verify checks what every plan promises: each id is defined once, expressions read only columns that reach them (of
// the inputs or of an enclosing Apply's outer side) and by their type, conditions are truth values, functions have as many
// arguments as they take and columns that can hold what they yield, union inputs, CTE reads and the parts of a recursion agree in
// types, a working table is read where its rounds run, and a Remote's columns have its fragment's types. The error names
// the node.
func Verify(n Node) error {
	v := verifier{defined: make(map[expr.ColumnID]bool), ctes: make(map[int]Schema), working: make(map[int]Schema)}
	return v.node(n, nil)
}

type verifier struct {
	defined map[expr.ColumnID]bool
	ctes    map[int]Schema
	working map[int]Schema // of the recursions whose step is looked at
}

// scope is the columns an expression may read: the inputs of its node, then those of enclosing applies.
type scope []Schema

func (s scope) find(id expr.ColumnID) (Column, bool) {
	for _, schema := range s {
		if i := schema.Index(id); i >= 0 {
			return schema[i], true
		}
	}
	return Column{}, false
}

func (v *verifier) node(n Node, outer scope) error {
	if n == nil {
		return fmt.Errorf("a node is missing")
	}
	if err := v.inputs(n, outer); err != nil {
		return err
	}
	if err := v.check(n, outer); err != nil {
		return fmt.Errorf("%s: %w", operation(n), err)
	}
	return nil
}

func (v *verifier) inputs(n Node, outer scope) error {
	switch n := n.(type) {
	case *Apply:
		if err := v.node(n.Outer, outer); err != nil {
			return err
		}
		return v.node(n.Inner, append(scope{n.Outer.Schema()}, outer...))
	case *With:
		for _, b := range n.Bindings {
			if err := v.node(b.Plan, outer); err != nil {
				return err
			}
			if _, twice := v.ctes[b.ID]; twice {
				return fmt.Errorf("CTE %s#%d is bound twice", b.Name, b.ID)
			}
			v.ctes[b.ID] = b.Plan.Schema()
		}
		return v.node(n.Body, outer)
	}
	if r, ok := n.(*Recursive); ok {
		return v.rounds(r, outer)
	}
	for _, c := range n.Children() {
		if err := v.node(c, outer); err != nil {
			return err
		}
	}
	return nil
}

// rounds checks the inputs of a recursion.
func (v *verifier) rounds(n *Recursive, outer scope) error {
	if err := v.node(n.Seed, outer); err != nil {
		return err
	}
	if _, twice := v.ctes[n.ID]; twice {
		return fmt.Errorf("CTE %s#%d is bound twice", n.Name, n.ID)
	}
	v.ctes[n.ID] = nil
	v.working[n.ID] = n.Cols
	defer delete(v.working, n.ID)
	return v.node(n.Step, outer)
}

func (v *verifier) check(n Node, outer scope) error {
	in := scopeOf(n, outer)
	switch n := n.(type) {
	case *Scan:
		return v.scan(n)
	case *Remote:
		return v.remote(n)
	case *Filter:
		if len(n.Conds) == 0 {
			return fmt.Errorf("no condition")
		}
		return in.conds(n.Conds)
	case *Project:
		return v.projections(n.Exprs, in)
	case *Join:
		return v.join(n, in)
	case *Apply:
		return v.apply(n, in)
	case *Aggregate:
		return v.aggregate(n, in)
	case *Repeat:
		if t := n.Times.Type(); t.Kind != types.Int64 {
			return fmt.Errorf("a number of times is %s", t)
		}
		return in.expr(n.Times)
	case *Rollup:
		return v.rollup(n, in)
	case *Window:
		return v.window(n, in)
	case *Sort:
		return in.keys(n.Keys)
	case *Limit:
		if n.Offset < 0 {
			return fmt.Errorf("offset %d", n.Offset)
		}
		if n.Count < -1 {
			return fmt.Errorf("count %d", n.Count)
		}
		return in.keys(n.Keys)
	case *JSONTable:
		return v.jsonTable(n, in)
	case *Union:
		return v.union(n)
	case *Values:
		return v.values(n)
	case *CTERef:
		bound, ok := v.ctes[n.ID]
		if !ok {
			return fmt.Errorf("no such CTE is in scope")
		}
		if err := sameTypes(n.Cols, bound); err != nil {
			return err
		}
		return v.define(n.Cols...)
	case *Recursive:
		for _, in := range n.Children() {
			if err := sameTypes(n.Cols, in.Schema()); err != nil {
				return err
			}
		}
		return v.define(n.Cols...)
	case *Working:
		table, ok := v.working[n.ID]
		if !ok {
			return fmt.Errorf("it is read outside of its rounds")
		}
		if err := sameTypes(n.Cols, table); err != nil {
			return err
		}
		return v.define(n.Cols...)
	case *Keys:
		return v.define(n.Cols...)
	}
	return nil
}

// scopeOf returns what n's own expressions may read.
func scopeOf(n Node, outer scope) scope {
	var in scope
	for _, c := range n.Children() {
		in = append(in, c.Schema())
	}
	return append(in, outer...)
}

// define notes new ids.
func (v *verifier) define(cols ...Column) error {
	for _, c := range cols {
		if v.defined[c.ID] {
			return fmt.Errorf("column %s is defined twice", c.Ref())
		}
		v.defined[c.ID] = true
	}
	return nil
}

func (v *verifier) scan(n *Scan) error {
	if len(n.Pos) != len(n.Cols) {
		return fmt.Errorf("%d positions for %d columns", len(n.Pos), len(n.Cols))
	}
	for i, p := range n.Pos {
		if p < 0 || p >= len(n.Table.Columns) {
			return fmt.Errorf("column %s is at position %d of %d", n.Cols[i].Ref(), p, len(n.Table.Columns))
		}
		if t := n.Table.Columns[p].Type; t != n.Cols[i].Type {
			return fmt.Errorf("column %s is %s, the table's is %s", n.Cols[i].Ref(), n.Cols[i].Type, t)
		}
	}
	return v.define(n.Cols...)
}

func (v *verifier) remote(n *Remote) error {
	if n.Fragment == nil {
		return fmt.Errorf("no fragment")
	}
	if err := sameTypes(n.Cols, n.Fragment.Schema()); err != nil {
		return err
	}
	return v.define(n.Cols...)
}

func (v *verifier) projections(list []Projection, in scope) error {
	for _, p := range list {
		if err := in.expr(p.Expr); err != nil {
			return err
		}
		if t := p.Expr.Type(); t != p.Col.Type {
			return fmt.Errorf("column %s is %s, its expression %s", p.Col.Ref(), p.Col.Type, t)
		}
		if p.PassThrough() {
			if in[0].Index(p.Col.ID) < 0 {
				return fmt.Errorf("column %s is passed on and not of the input", p.Col.Ref())
			}
			continue
		}
		if err := v.define(p.Col); err != nil {
			return err
		}
	}
	return unique(projected(list))
}

// unique checks that no column is passed on twice.
func unique(s Schema) error {
	if set := s.Set(); len(set) != len(s) {
		return fmt.Errorf("a column stands twice in [%s]", columnList(s))
	}
	return nil
}

func (v *verifier) join(n *Join, in scope) error {
	if n.Kind == NullAnti || n.Kind == Mark && n.NullAware {
		if len(n.On) == 0 {
			return fmt.Errorf("a null-aware join has no equality")
		}
	}
	if err := in.conds(n.On); err != nil {
		return err
	}
	if n.Kind != Mark {
		return nil
	}
	return v.mark(n.Mark)
}

func (v *verifier) mark(c Column) error {
	if c.Type.Kind != types.Bool {
		return fmt.Errorf("mark %s is %s", c.Ref(), c.Type)
	}
	return v.define(c)
}

func (v *verifier) apply(n *Apply, in scope) error {
	if err := in.conds(n.On); err != nil {
		return err
	}
	switch n.Kind {
	case ApplyScalar:
		if len(n.Inner.Schema()) == 0 {
			return errors.New("a scalar subquery has no columns")
		}
	case ApplyExists, ApplyIn:
		return v.mark(n.Mark)
	}
	return nil
}

func (v *verifier) aggregate(n *Aggregate, in scope) error {
	if err := v.projections(n.Groups, in); err != nil {
		return err
	}
	for _, a := range n.Aggs {
		for _, e := range a.Args {
			if err := in.expr(e); err != nil {
				return err
			}
		}
		if err := in.keys(a.OrderBy); err != nil {
			return err
		}
		if err := function(a.Col, a.Func, a.Args); err != nil {
			return err
		}
		if err := v.define(a.Col); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) rollup(n *Rollup, in scope) error {
	for _, k := range n.Keys {
		if k.PassThrough() || !k.Col.Nullable {
			return fmt.Errorf("key %s is not a new column that can be NULL", k.Col.Ref())
		}
	}
	if n.Level.Type.Kind != types.Int64 || n.Level.Nullable {
		return fmt.Errorf("level %s is %s", n.Level.Ref(), n.Level.Type)
	}
	if err := v.projections(n.Keys, in); err != nil {
		return err
	}
	return v.define(n.Level)
}

func (v *verifier) jsonTable(n *JSONTable, in scope) error {
	if err := in.expr(n.Doc); err != nil {
		return err
	}
	if t := n.Doc.Type(); !t.IsText() {
		return fmt.Errorf("document %s is %s", n.Doc, t)
	}
	if w := n.Table.Width(); w != len(n.Cols) {
		return fmt.Errorf("%d columns over %d", len(n.Cols), w)
	}
	return v.define(n.Cols...)
}

func (v *verifier) union(n *Union) error {
	for _, in := range n.Inputs {
		if err := sameTypes(n.Cols, in.Schema()); err != nil {
			return err
		}
	}
	return v.define(n.Cols...)
}

func (v *verifier) values(n *Values) error {
	for _, row := range n.Rows {
		if len(row) != len(n.Cols) {
			return fmt.Errorf("a row of %d values for %d columns", len(row), len(n.Cols))
		}
		for i, e := range row {
			if err := (scope{}).expr(e); err != nil {
				return err
			}
			if t := e.Type(); t != n.Cols[i].Type {
				return fmt.Errorf("value %s is %s, column %s is %s", e, t, n.Cols[i].Ref(), n.Cols[i].Type)
			}
		}
	}
	return v.define(n.Cols...)
}

func sameTypes(cols, source Schema) error {
	if len(cols) != len(source) {
		return fmt.Errorf("%d columns over %d", len(cols), len(source))
	}
	for i, c := range cols {
		if c.Type != source[i].Type {
			return fmt.Errorf("column %s is %s over %s", c.Ref(), c.Type, source[i].Type)
		}
	}
	return nil
}

// expr checks that what e reads is in scope and of the type e takes it for.
func (s scope) expr(e expr.Expr) error {
	if e == nil {
		return fmt.Errorf("an expression is missing")
	}
	var err error
	expr.Walk(e, func(e expr.Expr) bool {
		c, ok := e.(*expr.Column)
		if !ok || err != nil {
			return err == nil
		}
		switch def, ok := s.find(c.ID); {
		case !ok:
			err = fmt.Errorf("column %s is not in scope", c)
		case def.Type != c.Typ:
			err = fmt.Errorf("column %s is read as %s and is %s", c, c.Typ, def.Type)
		case def.Nullable && !c.Null:
			err = fmt.Errorf("column %s is read as NOT NULL and is nullable", c)
		}
		return true
	})
	return err
}

func (s scope) conds(list []expr.Expr) error {
	for _, e := range list {
		if err := s.expr(e); err != nil {
			return err
		}
		if e.Type().Kind != types.Bool {
			return fmt.Errorf("condition %s is %s", e, e.Type())
		}
	}
	return nil
}

func (s scope) keys(list []SortKey) error {
	for _, k := range list {
		if err := s.expr(k.Expr); err != nil {
			return err
		}
	}
	return nil
}
