package bind

import (
	"fmt"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// isMoment reports a type with a date in it.
func isMoment(t types.Type) bool { return t.IsTemporal() && t.Kind != types.Time }

// readsAsMoment reports whether an integer compared with a moment is read as one, as in day = 20240131: MySQL does so with
// constants.
func readsAsMoment(e expr.Expr) (text expr.Expr, ok bool) {
	l, ok := expr.Fold(e).(*expr.Literal)
	if !ok || l.Value.Null || l.Typ.Kind != types.Int64 && l.Typ.Kind != types.Uint64 {
		return nil, false
	}
	written, ok := digitsOfMoment(l.Value.Int)
	if !ok {
		return nil, false
	}
	if _, _, ok := kernel.ParseDatetime(written); !ok { // of no day: a number
		return nil, false
	}
	return &expr.Literal{Value: types.TextValue(written), Typ: types.NewText(types.Varchar, len(written), types.Utf8mb4Bin0900)}, true
}

// digitsOfMoment reads YYMMDD, YYYYMMDD, YYMMDDhhmmss and YYYYMMDDhhmmss. Two digits of a year are of 1970 to 2069.
func digitsOfMoment(n int64) (string, bool) {
	const dayDigits = 100_000_000 // a number below has no time of day
	date, clock := n, int64(0)
	if n >= dayDigits {
		date, clock = n/1_000_000, n%1_000_000
	}
	year, month, day := date/10_000, date/100%100, date%100
	switch {
	case n <= 0 || date >= dayDigits || date > 991231 && date < 10_000_000:
		return "", false
	case year < 70 && date <= 991231:
		year += 2000
	case year < 100 && date <= 991231:
		year += 1900
	}
	text := fmt.Sprintf("%04d-%02d-%02d", year, month, day)
	if n >= dayDigits {
		text += fmt.Sprintf(" %02d:%02d:%02d", clock/10_000, clock/100%100, clock%100)
	}
	return text, true
}

// alignMoments prepares two sides of a comparison of a moment with a number: a constant number is read as a moment, any
// other is compared with the moment written as one.
func (im *importer) alignMoments(l, r expr.Expr) (left, right expr.Expr, err error) {
	switch {
	case isMoment(l.Type()) && r.Type().IsNumeric():
		return im.alignMoment(l, r)
	case isMoment(r.Type()) && l.Type().IsNumeric():
		right, left, err = im.alignMoment(r, l)
		return left, right, err
	}
	return l, r, nil
}

func (im *importer) alignMoment(moment, number expr.Expr) (expr.Expr, expr.Expr, error) {
	if text, ok := readsAsMoment(number); ok {
		return moment, text, nil
	}
	to := types.Of(types.Int64)
	if moment.Type().Scale > 0 {
		to = types.NewDecimal(14+int(moment.Type().Scale), int(moment.Type().Scale))
	}
	written, err := im.cast(moment, to)
	return written, number, err
}
