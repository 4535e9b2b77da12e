package bind

import (
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// setOp imports UNION, INTERSECT or EXCEPT with its order and limit.
func (im *importer) setOp(n *gmsplan.SetOp, outer *scope) (relation, error) {
	var rel relation
	var err error
	if n.SetOpType == gmsplan.UnionType {
		rel, err = im.unions(n, outer)
	} else {
		rel, err = im.difference(n, outer)
	}
	if err != nil {
		return relation{}, err
	}
	if rel, err = im.over(rel, outer).sort(n.SortConditions); err != nil {
		return relation{}, err
	}
	return im.slice(rel, n.Offset, n.Limit)
}

// difference imports INTERSECT or EXCEPT.
func (im *importer) difference(n *gmsplan.SetOp, outer *scope) (relation, error) {
	left, err := im.operand(n.Left(), outer)
	if err != nil {
		return relation{}, err
	}
	right, err := im.operand(n.Right(), outer)
	if err != nil {
		return relation{}, err
	}
	if left, right, err = im.alike(left, right); err != nil {
		return relation{}, err
	}
	kind := plan.Anti
	if n.SetOpType == gmsplan.IntersectType {
		kind = plan.Semi
	}
	return im.matching(kind, left, right, n.Distinct)
}

// branch is an operand of a chain of UNIONs.
type branch struct {
	relation
	distinct bool // the UNION before it leaves of equal rows, up to here, one
}

// unions imports a chain of UNIONs, whose columns have types that hold the values of all operands.
func (im *importer) unions(n *gmsplan.SetOp, outer *scope) (relation, error) {
	list, err := im.branches(n, outer)
	if err != nil {
		return relation{}, err
	}
	common := make([]types.Type, len(list[0].cols))
	for i := range common {
		whole := list[0].source(i)
		for _, b := range list[1:] {
			if common[i], err = expr.UnionType(whole, b.source(i)); err != nil {
				return relation{}, err
			}
			whole = &expr.Column{Typ: common[i]}
		}
	}
	var rel relation
	for i, b := range list {
		operand, err := im.castAll(b.relation, common)
		switch {
		case err != nil:
			return relation{}, err
		case i == 0:
			rel = operand
			continue
		}
		if rel = im.union(rel, operand); b.distinct {
			rel = im.distinctOver(rel)
		}
	}
	return rel, nil
}

// branches imports the operands of a chain of UNIONs. One with an order or limit is an operand by itself.
func (im *importer) branches(n *gmsplan.SetOp, outer *scope) ([]branch, error) {
	var list []branch
	left := n.Left()
	if p, ok := left.(*gmsplan.Project); ok && isMerge(im.ctx, p) {
		left = p.Child
	}
	below, ok := left.(*gmsplan.SetOp)
	if ok && below.SetOpType == gmsplan.UnionType && len(below.SortConditions) == 0 && below.Limit == nil && below.Offset == nil {
		var err error
		if list, err = im.branches(below, outer); err != nil {
			return nil, err
		}
	} else {
		first, err := im.operand(n.Left(), outer)
		if err != nil {
			return nil, err
		}
		list = []branch{{relation: first}}
	}
	right, err := im.operand(n.Right(), outer)
	return append(list, branch{right, n.Distinct}), err
}

// slice applies the OFFSET and LIMIT of a set operation, either of which may be nil.
func (im *importer) slice(rel relation, offset, limit sql.Expression) (relation, error) {
	if offset == nil && limit == nil {
		return rel, nil
	}
	node := &plan.Limit{Input: rel.node, Count: -1}
	var err error
	if offset != nil {
		if node.Offset, err = im.rowCount(offset); err != nil {
			return relation{}, err
		}
	}
	if limit != nil {
		if node.Count, err = im.rowCount(limit); err != nil {
			return relation{}, err
		}
	}
	rel.node = node
	return rel, nil
}

// operand imports one side without the conversions GMS put on top: they lose digits of decimals.
func (im *importer) operand(n sql.Node, outer *scope) (relation, error) {
	if p, ok := n.(*gmsplan.Project); ok && isMerge(im.ctx, p) {
		n = p.Child
	}
	return im.block(n, outer)
}

// isMerge reports whether p is the projection by which GMS brings an operand to the types of the other: every column of
// its child in order, at least one of them converted and named as before.
func isMerge(ctx *sql.Context, p *gmsplan.Project) bool {
	below := p.Child.Schema(ctx)
	if len(below) != len(p.Projections) {
		return false
	}
	converted := false
	for i, e := range p.Projections {
		if alias, ok := e.(*expression.Alias); ok {
			if alias.Name() != below[i].Name || alias.Id() != 0 {
				return false
			}
			converted = true
			e = alias.Child
			if convert, ok := e.(*expression.Convert); ok {
				e = convert.Child
			}
			if text, ok := e.(*expression.EnumToString); ok {
				e = text.Enum
			}
		}
		field, ok := e.(*expression.GetField)
		if !ok || field.TableId() != 0 || field.Name() != below[i].Name {
			return false
		}
	}
	return converted
}

// alike casts the columns of two operands to common types.
func (im *importer) alike(left, right relation) (relation, relation, error) {
	common := make([]types.Type, len(left.cols))
	for i := range common {
		typ, err := expr.UnionType(left.source(i), right.source(i))
		if err != nil {
			return left, right, err
		}
		common[i] = typ
	}
	left, err := im.castAll(left, common)
	if err != nil {
		return left, right, err
	}
	right, err = im.castAll(right, common)
	return left, right, err
}

// source is the expression that column i is computed by, as far as that is to be seen.
func (r relation) source(i int) expr.Expr {
	if p, ok := r.node.(*plan.Project); ok && len(p.Exprs) == len(r.cols) && p.Exprs[i].Col.ID == r.cols[i].ID {
		return p.Exprs[i].Expr
	}
	return r.cols[i].Ref()
}

// castAll casts the columns of rel that are of another type.
func (im *importer) castAll(rel relation, to []types.Type) (relation, error) {
	node := &plan.Project{Input: rel.node}
	cols := make([]column, len(rel.cols))
	changed := false
	for i, c := range rel.cols {
		e, err := im.cast(c.Ref(), to[i])
		if err != nil {
			return relation{}, err
		}
		if c.Type != to[i] {
			changed = true
			c.Column = im.newColumn(c.name, e)
		}
		node.Exprs = append(node.Exprs, plan.Projection{Col: c.Column, Expr: e})
		cols[i] = c
	}
	if !changed {
		return rel, nil
	}
	return relation{node: node, cols: cols}, nil
}

// union appends right to left. A chain of UNIONs becomes one node.
func (im *importer) union(left, right relation) relation {
	node := &plan.Union{Inputs: []plan.Node{left.node, right.node}}
	if below, ok := left.node.(*plan.Union); ok {
		node.Inputs = append(append([]plan.Node(nil), below.Inputs...), right.node)
	}
	rel := relation{node: node, cols: make([]column, len(left.cols))}
	for i, c := range left.cols {
		col := im.newColumn(c.name, c.Ref())
		col.Nullable = c.Nullable || right.cols[i].Nullable
		node.Cols = append(node.Cols, col)
		rel.cols[i] = column{id: c.id, name: c.name, Column: col}
	}
	return rel
}

// matching imports INTERSECT (Semi) and EXCEPT (Anti): the distinct rows of left that have, or lack, an equal row in
// right, NULL being equal to NULL.
func (im *importer) matching(kind plan.JoinKind, left, right relation, distinct bool) (relation, error) {
	if !distinct {
		return im.counted(kind, left, right)
	}
	left = im.distinctOver(left)
	on, err := im.sameRows(left, right)
	left.node = &plan.Join{Kind: kind, Left: left.node, Right: right.node, On: on}
	return left, err
}

// sameRows is the condition that rows of two operands are equal.
func (im *importer) sameRows(left, right relation) ([]expr.Expr, error) {
	var on []expr.Expr
	for i := range left.cols {
		same, err := im.compare(expr.NullSafeEq, left.cols[i].Ref(), right.cols[i].Ref())
		if err != nil {
			return nil, err
		}
		on = append(on, same)
	}
	return on, nil
}

// counted imports INTERSECT ALL and EXCEPT ALL: of n equal rows of left and m of right the first leaves the smaller number,
// the second n - m. Equal rows are counted on each side, where a source may do it, and repeated above the join of the counts.
func (im *importer) counted(kind plan.JoinKind, left, right relation) (relation, error) {
	left, n := im.countRows(left)
	right, m := im.countRows(right)
	on, err := im.sameRows(left, right)
	if err != nil {
		return relation{}, err
	}
	join := &plan.Join{Kind: plan.Inner, Left: left.node, Right: right.node, On: on}
	var times expr.Expr
	if kind == plan.Semi {
		times, err = expr.New(expr.Least, n.Ref(), m.Ref())
	} else {
		join.Kind = plan.Left
		m.Nullable = true
		var subtrahend expr.Expr
		if subtrahend, err = expr.New(expr.Coalesce, m.Ref(), integer(0)); err == nil {
			times, err = expr.New(expr.Sub, n.Ref(), subtrahend)
		}
	}
	left.node = &plan.Repeat{Input: join, Times: times}
	return left.exact(im, false), err
}

// countRows groups equal rows and returns the column of their number.
func (im *importer) countRows(rel relation) (relation, plan.Column) {
	rel = im.distinctOver(rel)
	im.last++
	n := plan.Column{ID: im.last, Name: "count", Type: types.Of(types.Int64)}
	grouped := *rel.node.(*plan.Aggregate)
	grouped.Aggs = []plan.Agg{{Col: n, Func: plan.CountStar}}
	rel.node = &grouped
	return rel, n
}

// isolateOperands puts a query block around the left operand of a set operation that is one itself, with an order or a
// limit: GMS would order and limit the result of both.
func isolateOperands(stmt sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		if s, ok := n.(*sqlparser.SetOp); ok && isSlice(s.Left) {
			s.Left = &sqlparser.Select{
				SelectExprs: sqlparser.SelectExprs{&sqlparser.StarExpr{}},
				From: sqlparser.TableExprs{&sqlparser.AliasedTableExpr{
					Auth: sqlparser.AuthInformation{AuthType: sqlparser.AuthType_IGNORE},
					Expr: &sqlparser.Subquery{Select: s.Left},
					As:   sqlparser.NewTableIdent("silogate_left"),
				}},
			}
		}
		return true, nil
	}, stmt)
}

// isSlice reports a set operation with an order or a limit of its own.
func isSlice(s sqlparser.SelectStatement) bool {
	switch s := s.(type) {
	case *sqlparser.ParenSelect:
		return isSlice(s.Select)
	case *sqlparser.SetOp:
		return len(s.OrderBy) > 0 || s.Limit != nil
	}
	return false
}

// nameOrdered names the expressions of the first query block of a set operation that is ordered by positions: GMS orders by a
// constant where a position means an expression that has no name.
func nameOrdered(stmt sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		s, ok := n.(*sqlparser.SetOp)
		if !ok || !slices.ContainsFunc(s.OrderBy, func(o *sqlparser.Order) bool { return isPosition(o.Expr) }) {
			return true, nil
		}
		first := firstBlock(s)
		if first == nil {
			return true, nil
		}
		for _, e := range first.SelectExprs {
			if e, ok := e.(*sqlparser.AliasedExpr); ok && e.As.IsEmpty() {
				if _, named := e.Expr.(*sqlparser.ColName); !named {
					e.As = sqlparser.NewColIdent(written(e))
				}
			}
		}
		return true, nil
	}, stmt)
}

// firstBlock is the query block that names the columns of a set operation; nil for VALUES.
func firstBlock(s sqlparser.SelectStatement) *sqlparser.Select {
	for {
		switch in := s.(type) {
		case *sqlparser.SetOp:
			s = in.Left
		case *sqlparser.ParenSelect:
			s = in.Select
		case *sqlparser.Select:
			return in
		default:
			return nil
		}
	}
}
