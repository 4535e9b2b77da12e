package bind

import (
	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// decimalLiteralType is the exact type of a decimal constant: as many digits as are written.
func decimalLiteralType(v any, gms types.Type) types.Type {
	d, ok := v.(*apd.Decimal)
	if !ok {
		return gms
	}
	scale := max(0, -int(d.Exponent))
	digits := int(d.NumDigits()) + max(0, int(d.Exponent))
	return types.NewDecimal(max(digits, scale), scale)
}

// cast converts an imported expression that no expression of GMS's converts.
func (im *importer) cast(e expr.Expr, to types.Type) (expr.Expr, error) {
	if e.Type() == to {
		return e, nil
	}
	out, err := expr.NewCast(e, to)
	if !isNoKernel(err) {
		return out, err
	}
	name, length, scale := castName(to)
	return im.rowwiseAs(to, []expr.Expr{e}, func(args []sql.Expression) (sql.Expression, error) {
		return expression.NewConvertWithLengthAndScale(args[0], name, length, scale), nil
	})
}

// castName spells a type as CAST does.
func castName(t types.Type) (name string, length, scale int) {
	switch {
	case t.IsUnsigned():
		return expression.ConvertToUnsigned, 0, 0
	case t.Kind == types.Year:
		return expression.ConvertToYear, 0, 0
	case t.Kind == types.Bool || t.IsInteger():
		return expression.ConvertToSigned, 0, 0
	case t.Kind == types.Float32:
		return expression.ConvertToFloat, 0, 0
	case t.Kind == types.Float64:
		return expression.ConvertToDouble, 0, 0
	case t.Kind == types.Decimal:
		return expression.ConvertToDecimal, int(t.Precision), int(t.Scale)
	case t.Kind == types.Date:
		return expression.ConvertToDate, 0, 0
	case t.Kind == types.Time:
		return expression.ConvertToTime, 0, 0
	case t.IsTemporal():
		return expression.ConvertToDatetime, int(t.Scale), 0
	case t.Kind == types.JSON:
		return expression.ConvertToJSON, 0, 0
	case t.IsBinary():
		return expression.ConvertToBinary, int(t.Length), 0
	}
	return expression.ConvertToChar, int(t.Length), 0
}

// castTo imports e as the conversion of child.
func (x *expressions) castTo(e, child sql.Expression, to types.Type) (expr.Expr, error) {
	var set sql.CharacterSetID // of CAST(x AS CHAR CHARACTER SET y)
	if operand, ok := child.(*castOperand); ok {
		child, set = operand.Child, operand.set
	}
	arg, err := x.expr(child)
	if err != nil {
		return nil, err
	}
	if to.IsBinary() {
		arg = inBytes(arg)
	}
	if to.IsNumeric() {
		arg = asNumber(child, arg)
	}
	if isMoment(to) && arg.Type().Kind == types.Time {
		if arg, err = x.today(arg); err != nil {
			return nil, err
		}
	}
	out, err := expr.NewCast(arg, to)
	if isNoKernel(err) {
		return x.fallback(e)
	}
	if err == nil && set != sql.CharacterSet_Unspecified && to.IsText() {
		return x.intoSet(out, set)
	}
	return out, err
}

// today is a time as a moment: of the current date.
func (im *importer) today(e expr.Expr) (expr.Expr, error) {
	date, err := im.param(function.NewCurrDate(im.ctx))
	if err != nil {
		return nil, err
	}
	midnight, err := im.cast(date, types.NewTemporal(types.Datetime, int(e.Type().Scale)))
	if err != nil {
		return nil, err
	}
	return expr.New("addtime", midnight, e)
}

// castPrecision is that of CAST(x AS DECIMAL).
const castPrecision = 10

// convert imports CAST and CONVERT.
func (x *expressions) convert(e *expression.Convert) (expr.Expr, error) {
	to, err := FromGMS(e.Type(x.ctx))
	if err != nil {
		return nil, err
	}
	if to.IsBinary() {
		to = types.Type{Kind: types.Binary, Length: uint32(castLength(e))}
		if to.Length == 0 {
			to.Kind = types.Varbinary
		}
	} else if to.Kind == types.Text {
		to = types.NewText(types.Varchar, castLength(e), types.Collation(x.ctx.GetCollation()))
	} else if to.Kind == types.Time {
		to = types.NewTemporal(types.Time, castLength(e))
	} else if to.Kind == types.Decimal { // GMS takes a scale of 0 for none
		precision := castLength(e)
		if precision == 0 {
			precision = castPrecision
		}
		to = types.NewDecimal(precision, castScale(e))
	}
	if to.Kind == types.JSON {
		return x.call(e, expr.CastJSON, e.Child)
	}
	if to.Kind == types.Year {
		return x.castYear(e.Child)
	}
	return x.castTo(e, e.Child, to)
}

// castYear imports CAST AS YEAR. A TIME is one of today.
func (x *expressions) castYear(e sql.Expression) (expr.Expr, error) {
	arg, err := x.expr(e)
	if err != nil {
		return nil, err
	}
	switch arg.Type().Kind {
	case types.Time:
		if arg, err = x.today(arg); err != nil {
			return nil, err
		}
	case types.Year:
		return arg, nil
	}
	return expr.New(expr.CastYear, arg)
}

// convertUsing imports CONVERT(x USING charset).
func (x *expressions) convertUsing(e *expression.ConvertUsing) (expr.Expr, error) {
	arg, err := x.expr(e.Child)
	if err != nil {
		return nil, err
	}
	out, err := x.intoSet(arg, e.TargetCharSet)
	if isNoKernel(err) {
		return x.fallback(e)
	}
	return out, err
}

func (x *expressions) collate(e *expression.CollatedExpression) (expr.Expr, error) {
	arg, err := x.expr(e.Children()[0])
	if err != nil {
		return nil, err
	}
	return x.collateTo(e, arg, collationOf(e))
}

func (x *expressions) collateTo(e sql.Expression, arg expr.Expr, c types.Collation) (expr.Expr, error) {
	out, err := expr.NewCollate(arg, c)
	if isNoKernel(err) {
		return x.fallback(e)
	}
	return out, err
}
