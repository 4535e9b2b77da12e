package postgres

import (
	"strconv"
	"strings"

	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// divisionScale is how many digits after the point PostgreSQL must compute of a quotient a/b before rounding it to scale,
// so that rounding twice is rounding once: a quotient that is not half-way between two results is at least
// 1/(2*|b|*10^(scale+scale of b)) away from there, and b has no more digits than its type.
func divisionScale(scale int, b types.Type) int {
	digits := integerDigits(b.Kind)
	if b.Kind == types.Decimal {
		digits = int(b.Precision)
	}
	return scale + digits + 2
}

const longestNumeric = 1000 // digits that numeric(p,s) can declare

// quotientGuard admits / of exact numbers.
func quotientGuard(_ *sqlgen.Writer, c *expr.Call) error {
	for _, a := range c.Args {
		if err := exactOperand(a); err != nil {
			return err
		}
	}
	t := c.Typ
	fits := t.Kind == types.Decimal && t.Scale < types.MaxScale
	if fits && t.Precision == types.MaxPrecision {
		// The type may have been cut. A divisor that is not 0 is at least 1 in its last digit.
		fits = wholeDigits(c.Args[0])+int(c.Args[1].Type().Scale) <= int(t.Precision-t.Scale)
	}
	return refuseUnless(fits, "a quotient that may not fit %s", t)
}

// wholeDigits is the most digits before the point of an exact number.
func wholeDigits(e expr.Expr) int {
	if c, ok := e.(*expr.Call); ok && c.Func == expr.Mul {
		for i, factor := range c.Args {
			if lit, ok := factor.(*expr.Literal); ok && !isConstant(c.Args[1-i]) {
				return wholeDigits(c.Args[1-i]) + powerOfTen(lit)
			}
		}
	}
	t := e.Type()
	if t.Kind == types.Decimal {
		return int(t.Precision) - int(t.Scale)
	}
	return integerDigits(t.Kind)
}

func isConstant(e expr.Expr) bool {
	_, ok := e.(*expr.Literal)
	return ok
}

// powerOfTen is the least n for which a constant is at most 10^n, and -10^n at least.
func powerOfTen(lit *expr.Literal) int {
	whole, fraction, _ := strings.Cut(lit.Value.Format(lit.Typ, nil), ".")
	whole = strings.TrimLeft(whole, "-0")
	if strings.HasPrefix(whole, "1") && strings.Trim(whole[1:]+fraction, "0") == "" {
		return len(whole) - 1
	}
	return len(whole)
}

// rounding is the function that shortens a quotient to a scale: trunc where MySQL computes no more digits.
func rounding(scale int, a, b types.Type) string {
	if scale < types.QuotientScale(int(a.Scale), int(b.Scale)) {
		return "round"
	}
	return "trunc"
}

// writeQuotient writes a/b at MySQL's scale, rounded half away from zero; NULL for b = 0.
func writeQuotient(w *sqlgen.Writer, c *expr.Call) {
	scale := int(c.Typ.Scale)
	w.Text(rounding(scale, c.Args[0].Type(), c.Args[1].Type()), "((")
	w.Expr(c.Args[0])
	w.Text(")::", wideNumeric(divisionScale(scale, c.Args[1].Type())), " / nullif((")
	w.Expr(c.Args[1])
	w.Text(")::numeric, 0), ", strconv.Itoa(scale), ")")
}

// wideNumeric is a numeric type with a scale, which a quotient takes over from its dividend.
func wideNumeric(scale int) string {
	return "numeric(" + strconv.Itoa(longestNumeric) + ", " + strconv.Itoa(scale) + ")"
}
