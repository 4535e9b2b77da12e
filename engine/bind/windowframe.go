package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// frame imports the frame of a call: without one it ends with the row's peers, which without an order are the partition.
func (x *expressions) frame(w *windowCall, order, amounts []sql.Expression) (f plan.Frame, err error) {
	spec := w.spec.Frame
	if spec == nil {
		if len(order) > 0 {
			f.End.Kind = plan.Peers
		}
		return f, nil
	}
	for _, at := range []struct {
		written boundSpec
		bound   *plan.Bound
	}{{spec.Start, &f.Start}, {spec.End, &f.End}} {
		var amount sql.Expression
		if at.written.hasAmount() {
			amount, amounts = amounts[0], amounts[1:]
		}
		switch {
		case at.written.Type == sqlparser.UnboundedPreceding || at.written.Type == sqlparser.UnboundedFollowing:
		case spec.Rows:
			at.bound.Kind = plan.CurrentRow
			if amount != nil {
				at.bound.Rows, err = x.rows(w, amount, at.written.Type == sqlparser.ExprPreceding)
			}
		case amount == nil:
			at.bound.Kind = plan.Peers
		default:
			*at.bound, err = x.valueBound(w, at.written, order[0], amount)
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

func errFrame(window string) error {
	return sqlerr.New(sqlerr.WindowFrame, "Window '%s': frame start or end is negative, NULL or of non-integral type", window)
}

// rows is the number of rows from the current one to a bound.
func (x *expressions) rows(w *windowCall, amount sql.Expression, preceding bool) (int64, error) {
	e, err := x.expr(amount)
	if err != nil {
		return 0, err
	}
	l, ok := e.(*expr.Literal)
	if !ok || l.Value.Null || !l.Typ.IsInteger() || l.Value.Int < 0 && l.Typ.Kind != types.Uint64 {
		return 0, errFrame(w.spec.Window)
	}
	n := l.Value.Int
	if n < 0 { // more rows than there are
		n = 1<<63 - 1
	}
	if preceding {
		return -n, nil
	}
	return n, nil
}

// valueBound is the bound of a RANGE frame an amount from the row's order key.
func (x *expressions) valueBound(w *windowCall, written boundSpec, key, amount sql.Expression) (plan.Bound, error) {
	b := plan.Bound{Kind: plan.Value, Following: written.Type == sqlparser.ExprFollowing}
	forward := b.Following != w.spec.Desc[0] // towards larger keys
	value, err := x.expr(key)
	if err != nil {
		return b, err
	}
	switch t := value.Type(); {
	case t.IsNumeric() && written.Unit != "":
		return b, sqlerr.New(sqlerr.WindowRangeNumber,
			"Window '%s' with RANGE frame has ORDER BY expression of numeric type, INTERVAL bound value not allowed.", w.spec.Window)
	case t.IsNumeric():
		b.Limit, b.Key, err = x.numberBound(w, value, amount, forward)
	case !t.IsTemporal():
		return b, errRangeOrder(w.spec.Window)
	case written.Unit == "":
		return b, sqlerr.New(sqlerr.WindowRangeMoment,
			"Window '%s' with RANGE frame has ORDER BY expression of datetime type. Only INTERVAL bound value allowed.", w.spec.Window)
	default:
		b.Limit, b.Key, err = x.momentBound(w, written.Unit, key, value, amount, forward)
	}
	return b, err
}

// numberBound moves a number. Integers become decimals, which have no end.
func (x *expressions) numberBound(w *windowCall, key expr.Expr, amount sql.Expression, forward bool) (limit, same expr.Expr, err error) {
	n, err := x.expr(amount)
	if err != nil {
		return nil, nil, err
	}
	l, ok := n.(*expr.Literal)
	if !ok {
		return nil, nil, sqlerr.New(sqlerr.WindowNotConstant, "Window '%s' has a non-constant frame bound.", w.spec.Window)
	}
	if l.Value.Null || !l.Typ.IsNumeric() || negative(l) {
		return nil, nil, errFrame(w.spec.Window)
	}
	if !key.Type().IsFloat() && key.Type().Kind != types.Decimal {
		const digits = 20 // of the largest integer
		if key, err = x.cast(key, types.NewDecimal(digits, 0)); err != nil {
			return nil, nil, err
		}
	}
	move := expr.Sub
	if forward {
		move = expr.Add
	}
	if limit, err = expr.New(move, key, n); err != nil {
		return nil, nil, err
	}
	same, err = x.cast(key, limit.Type())
	return limit, same, err
}

func negative(l *expr.Literal) bool {
	switch {
	case l.Typ.IsFloat():
		return l.Value.Float < 0
	case l.Typ.Kind == types.Decimal:
		return l.Value.Dec.Sign() < 0
	}
	return l.Value.Int < 0 && !l.Typ.IsUnsigned()
}

// momentBound moves a temporal value by an interval.
func (x *expressions) momentBound(w *windowCall, unit string, key sql.Expression, value expr.Expr, amount sql.Expression, forward bool) (limit, same expr.Expr, err error) {
	l, ok := amount.(*expression.Literal)
	if !ok {
		if amount, err = x.constantOf(w, amount); err != nil {
			return nil, nil, err
		}
	} else if l.Value() == nil || strings.HasPrefix(strings.Trim(l.String(), "'"), "-") {
		return nil, nil, errFrame(w.spec.Window)
	}
	interval := expression.NewInterval(amount, unit)
	f, make := expr.DateSub, function.NewDateSub
	if forward {
		f, make = expr.DateAdd, function.NewDateAdd
	}
	moved, err := make(x.ctx, key, interval)
	if err != nil {
		return nil, nil, err
	}
	if limit, err = x.move(moved, f, key, interval); err != nil {
		return nil, nil, err
	}
	if limit.Type().IsText() { // an amount that GMS moves by, of a time for instance
		if limit, err = x.cast(limit, value.Type()); err != nil {
			return nil, nil, err
		}
	}
	same, err = x.cast(value, limit.Type())
	return limit, same, err
}

// constantOf is an amount that is not written as a literal but is one.
func (x *expressions) constantOf(w *windowCall, amount sql.Expression) (sql.Expression, error) {
	e, err := x.expr(amount)
	if err != nil {
		return nil, err
	}
	l, ok := expr.Fold(e).(*expr.Literal)
	switch {
	case !ok:
		return nil, sqlerr.New(sqlerr.WindowNotConstant, "Window '%s' has a non-constant frame bound.", w.spec.Window)
	case l.Value.Null || l.Typ.IsNumeric() && negative(l):
		return nil, errFrame(w.spec.Window)
	}
	return x.gmsLiteral(l)
}
