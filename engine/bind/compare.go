package bind

import (
	"errors"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

func isNoKernel(err error) bool { return errors.Is(err, expr.ErrNoKernel) }

// comparators build GMS's comparison of two expressions.
var comparators = map[expr.Func]func(l, r sql.Expression) sql.Expression{
	expr.Eq:         func(l, r sql.Expression) sql.Expression { return expression.NewEquals(l, r) },
	expr.Ne:         func(l, r sql.Expression) sql.Expression { return expression.NewNot(expression.NewEquals(l, r)) },
	expr.NullSafeEq: nullSafeEquals,
	expr.Lt:         func(l, r sql.Expression) sql.Expression { return expression.NewLessThan(l, r) },
	expr.Le:         func(l, r sql.Expression) sql.Expression { return expression.NewLessThanOrEqual(l, r) },
	expr.Gt:         func(l, r sql.Expression) sql.Expression { return expression.NewGreaterThan(l, r) },
	expr.Ge:         func(l, r sql.Expression) sql.Expression { return expression.NewGreaterThanOrEqual(l, r) },
}

// nullSafeEquals is l <=> r without GMS's NullSafeEquals, which compares texts of different lengths under the default
// collation.
func nullSafeEquals(l, r sql.Expression) sql.Expression {
	equal := expression.NewIsTrue(expression.NewEquals(l, r))
	return expression.NewOr(equal, expression.NewAnd(expression.NewIsNull(l), expression.NewIsNull(r)))
}

// compare compares two imported expressions.
func (im *importer) compare(f expr.Func, l, r expr.Expr) (expr.Expr, error) {
	l, r, err := im.alignMoments(l, r)
	if err == nil && l.Type().Kind == types.Time && isMoment(r.Type()) {
		l, err = im.today(l)
	} else if err == nil && r.Type().Kind == types.Time && isMoment(l.Type()) {
		r, err = im.today(r)
	}
	if err != nil {
		return nil, err
	}
	out, err := expr.New(f, l, r)
	if !isNoKernel(err) {
		return out, err
	}
	return im.rowwiseCollated(f, []expr.Expr{l, r}, func(args []sql.Expression) (sql.Expression, error) {
		return comparators[f](args[0], args[1]), nil
	})
}

// comparison imports l f r, where both may be rows.
func (x *expressions) comparison(f expr.Func, l, r sql.Expression) (expr.Expr, error) {
	left, leftRow := l.(expression.Tuple)
	right, rightRow := r.(expression.Tuple)
	if leftRow && rightRow && len(left) == len(right) && len(left) > 1 {
		ls, err := x.list(left...)
		if err != nil {
			return nil, err
		}
		rs, err := x.list(right...)
		if err != nil {
			return nil, err
		}
		return x.compareRows(f, ls, rs)
	}
	if (isTuple(l) || isSubquery(l)) && (isTuple(r) || isSubquery(r)) && (x.columnsOf(l) > 1 || x.columnsOf(r) > 1) {
		ls, err := x.row(l)
		if err != nil {
			return nil, err
		}
		rs, err := x.row(r)
		if err != nil {
			return nil, err
		}
		if len(ls) != len(rs) {
			return nil, sqlerr.New(sqlerr.SubqueryColumns, "Operand should contain %d column(s)", len(ls))
		}
		return x.compareRows(f, ls, rs)
	}
	args, err := x.list(l, r)
	if err != nil {
		return nil, err
	}
	a, b := beside(l, r, args[0], args[1])
	return x.compare(f, a, b)
}

func isSubquery(e sql.Expression) bool {
	_, ok := e.(*gmsplan.Subquery)
	return ok
}

// columnsOf is how many columns a row has.
func (x *expressions) columnsOf(e sql.Expression) int {
	if sq, ok := e.(*gmsplan.Subquery); ok {
		return len(sq.Query.Schema(x.ctx))
	}
	tuple, _ := e.(expression.Tuple)
	return len(tuple)
}

// row imports the columns of a row, which a subquery has one of, or none: they are all NULL then.
func (x *expressions) row(e sql.Expression) ([]expr.Expr, error) {
	if sq, ok := e.(*gmsplan.Subquery); ok {
		return x.scalars(sq)
	}
	tuple, _ := e.(expression.Tuple)
	return x.list(tuple...)
}

// compareRows compares rows of the same number of columns, from the first that differs on.
func (x *expressions) compareRows(f expr.Func, ls, rs []expr.Expr) (expr.Expr, error) {
	if len(ls) == 1 {
		return x.compare(f, ls[0], rs[0])
	}
	if expr.Stateful(ls...) || expr.Stateful(rs...) {
		return nil, unsupported("a variable that is assigned in the comparison of rows")
	}
	switch f {
	case expr.Eq, expr.NullSafeEq:
		conds := make([]expr.Expr, len(ls))
		for i := range ls {
			c, err := x.compare(f, ls[i], rs[i])
			if err != nil {
				return nil, err
			}
			conds[i] = c
		}
		return expr.New(expr.And, conds...)
	case expr.Ne:
		same, err := x.compareRows(expr.Eq, ls, rs)
		if err != nil {
			return nil, err
		}
		return expr.New(expr.Not, same)
	}
	// (a, b) <= (c, d) is a < c OR a = c AND b <= d.
	strict := map[expr.Func]expr.Func{expr.Lt: expr.Lt, expr.Le: expr.Lt, expr.Gt: expr.Gt, expr.Ge: expr.Gt}[f]
	decided, err := x.compare(strict, ls[0], rs[0])
	if err != nil {
		return nil, err
	}
	same, err := x.compare(expr.Eq, ls[0], rs[0])
	if err != nil {
		return nil, err
	}
	rest, err := x.compareRows(f, ls[1:], rs[1:])
	if err != nil {
		return nil, err
	}
	tail, err := expr.New(expr.And, same, rest)
	if err != nil {
		return nil, err
	}
	return expr.New(expr.Or, decided, tail)
}

// between imports value BETWEEN lower AND upper.
func (x *expressions) between(e *expression.Between) (expr.Expr, error) {
	args, err := x.list(e.Val, e.Lower, e.Upper)
	if err != nil {
		return nil, err
	}
	if expr.Volatile(args[0]) || expr.Stateful(args...) {
		return x.fallback(e)
	}
	if args, err = x.ofOneClass(e, args); err != nil {
		return nil, err
	}
	lower, err := x.compare(expr.Ge, args[0], args[1])
	if err != nil {
		return nil, err
	}
	upper, err := x.compare(expr.Le, args[0], args[2])
	if err != nil {
		return nil, err
	}
	return expr.New(expr.And, lower, upper)
}

// ofOneClass brings the three arguments of a BETWEEN to the class that all are compared as: DOUBLE where texts stand beside numbers,
// or doubles beside exact ones; texts to one collation. Pairs with dates and times, NULL or JSON have rules of their own.
func (x *expressions) ofOneClass(e *expression.Between, args []expr.Expr) ([]expr.Expr, error) {
	texts, numbers, inexact := 0, 0, false
	for _, a := range args {
		switch t := a.Type(); {
		case t.IsNumeric():
			numbers++
			inexact = inexact || t.IsFloat()
		case t.IsString() && t.Kind != types.JSON && t.Kind != types.Enum && t.Kind != types.Set:
			texts++
		}
	}
	switch {
	case texts == len(args):
		return expr.OneCollation("between", args...)
	case texts+numbers != len(args) || numbers == 0 || texts == 0 && !inexact:
		return args, nil
	}
	for i, child := range []sql.Expression{e.Val, e.Lower, e.Upper} {
		args[i] = asNumber(child, args[i])
	}
	return expr.AsNumbers(args...)
}

// inList imports value [NOT] IN (list), where value and the members may be rows.
func (x *expressions) inList(e *expression.InTuple, not bool) (expr.Expr, error) {
	members, ok := e.Right().(expression.Tuple)
	if !ok {
		return nil, unsupported("IN of anything but a list or a query")
	}
	if row, ok := e.Left().(expression.Tuple); ok && len(row) > 1 {
		return x.inRows(row, members, not)
	}
	value, err := x.expr(e.Left())
	if err != nil {
		return nil, err
	}
	list, err := x.list(members...)
	if err != nil {
		return nil, err
	}
	if expr.Stateful(value) && slices.ContainsFunc(list, func(e expr.Expr) bool { return !isLiteral(e) }) {
		return nil, unsupported("a variable that is assigned before IN with more than constants")
	}
	numbers := true
	for i := range list {
		if value.Type().IsNumeric() {
			list[i] = asNumber(members[i], list[i])
		}
		numbers = numbers && list[i].Type().IsNumeric()
	}
	if numbers {
		value = asNumber(e.Left(), value)
	}
	if isMoment(value.Type()) {
		for i, member := range list {
			if text, ok := readsAsMoment(member); ok {
				list[i] = text
			}
		}
	}
	out, err := expr.NewIn(value, list, not)
	if isNoKernel(err) {
		out, err = x.rowwiseCollated("in", append([]expr.Expr{value}, list...), func(args []sql.Expression) (sql.Expression, error) {
			return expression.NewInTuple(args[0], expression.NewTuple(args[1:]...)), nil
		})
		if err == nil && not {
			return expr.New(expr.Not, out)
		}
	}
	return out, err
}

// inRows imports (a, b) IN ((1, 2), (3, 4)) as a chain of equalities.
func (x *expressions) inRows(row, members expression.Tuple, not bool) (expr.Expr, error) {
	values, err := x.list(row...)
	if err != nil {
		return nil, err
	}
	var any []expr.Expr
	for _, m := range members {
		tuple, ok := m.(expression.Tuple)
		if !ok || len(tuple) != len(values) {
			return nil, sql.ErrInvalidOperandColumns.New(len(values), 1)
		}
		list, err := x.list(tuple...)
		if err != nil {
			return nil, err
		}
		same, err := x.compareRows(expr.Eq, values, list)
		if err != nil {
			return nil, err
		}
		any = append(any, same)
	}
	out := any[0]
	if len(any) > 1 {
		if out, err = expr.New(expr.Or, any...); err != nil {
			return nil, err
		}
	}
	if not {
		return expr.New(expr.Not, out)
	}
	return out, nil
}

// truth makes a condition of a value.
func (im *importer) truth(e expr.Expr) (expr.Expr, error) {
	if e.Type().Kind == types.Bool {
		return e, nil
	}
	out, err := expr.Truth(e)
	if !isNoKernel(err) {
		return out, err
	}
	return im.rowwise([]expr.Expr{e}, func(args []sql.Expression) (sql.Expression, error) {
		return expression.NewNot(expression.NewNot(args[0])), nil
	})
}
