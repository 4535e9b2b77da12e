package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// subquery imports a scalar subquery, EXISTS or IN, each once.
func (x *expressions) subquery(e sql.Expression) (out expr.Expr, err error) {
	if done, ok := x.subqueries[e]; ok {
		return done, nil
	}
	if x.comparing {
		return x.subqueryAgain(e)
	}
	switch e := e.(type) {
	case *gmsplan.ExistsSubquery:
		out, err = x.exists(e)
	case *gmsplan.InSubquery:
		out, err = x.in(e)
	case *gmsplan.Subquery:
		out, err = x.scalar(e)
	}
	x.subqueries[e] = out
	return out, err
}

// inner imports the query of a subquery of x.
func (x *expressions) inner(sq *gmsplan.Subquery) (relation, error) { return x.innerOf(sq, false) }

// innerOf imports the query of a subquery of x, whose quotients keep their digits if asked to.
func (x *expressions) innerOf(sq *gmsplan.Subquery, digits bool) (relation, error) {
	return x.blockOf(sq.Query, &scope{rel: &x.rel, aliases: x.aliases, outer: x.outer}, digits)
}

// scalar makes the input yield the value of a scalar subquery and returns its column.
func (x *expressions) scalar(sq *gmsplan.Subquery) (expr.Expr, error) {
	rel, err := x.innerOf(sq, true)
	if err != nil {
		return nil, err
	}
	if len(rel.cols) != 1 {
		return nil, sqlerr.New(sqlerr.SubqueryColumns, "Operand should contain 1 column(s)")
	}
	return x.oneRow(rel)[0], nil
}

// scalars makes the input yield the values of a subquery of one row and returns its columns.
func (x *expressions) scalars(sq *gmsplan.Subquery) ([]expr.Expr, error) {
	if x.comparing {
		return nil, errNotComputed
	}
	rel, err := x.inner(sq)
	if err != nil {
		return nil, err
	}
	return x.oneRow(rel), nil
}

// oneRow makes the input yield the one row of a subquery, NULLs where it has none.
func (x *expressions) oneRow(rel relation) []expr.Expr {
	x.rel.node = &plan.Apply{Kind: plan.ApplyScalar, Outer: x.rel.node, Inner: rel.node}
	list := make([]expr.Expr, len(rel.cols))
	for i, c := range rel.cols {
		c.Nullable = true
		x.rel.grouped.reads(c.ID, rel.node)
		list[i] = c.asShown()
	}
	return list
}

// exists makes the input yield the truth value of EXISTS.
func (x *expressions) exists(e *gmsplan.ExistsSubquery) (expr.Expr, error) {
	sq, ok := e.Children()[0].(*gmsplan.Subquery)
	if !ok {
		return nil, unsupported("EXISTS of anything but a query")
	}
	rel, err := x.inner(sq)
	if err != nil {
		return nil, err
	}
	mark := x.mark("exists", false)
	x.rel.node = &plan.Apply{Kind: plan.ApplyExists, Outer: x.rel.node, Inner: rel.node, Mark: mark}
	x.rel.grouped.reads(mark.ID, rel.node)
	return mark.Ref(), nil
}

// in makes the input yield the truth value of left IN (subquery), NULL where that is unknown.
func (x *expressions) in(e *gmsplan.InSubquery) (expr.Expr, error) {
	sq, ok := e.Right().(*gmsplan.Subquery)
	if !ok {
		return nil, unsupported("IN of anything but a list or a query")
	}
	left := []sql.Expression{e.Left()}
	if tuple, ok := e.Left().(expression.Tuple); ok {
		left = tuple
	}
	values := make([]expr.Expr, len(left))
	for i := range left {
		v, err := x.expr(left[i])
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	rel, err := x.inner(sq)
	if err != nil {
		return nil, err
	}
	if len(rel.cols) != len(values) {
		return nil, sqlerr.New(sqlerr.SubqueryColumns, "Operand should contain %d column(s)", len(values))
	}
	apply := &plan.Apply{Kind: plan.ApplyIn, Outer: x.rel.node, Inner: rel.node, Mark: x.mark("in", true)}
	for i, v := range values {
		on, err := x.compare(expr.Eq, v, rel.cols[i].Ref())
		if err != nil {
			return nil, err
		}
		apply.On = append(apply.On, on)
	}
	x.rel.node = apply
	x.rel.grouped.reads(apply.Mark.ID, rel.node)
	x.rel.grouped.computes(apply.Mark.ID, values...)
	return apply.Mark.Ref(), nil
}

// mark returns the column of a subquery's truth value.
func (x *expressions) mark(name string, nullable bool) plan.Column {
	x.last++
	return plan.Column{ID: x.last, Name: name, Type: types.Of(types.Bool), Nullable: nullable}
}
