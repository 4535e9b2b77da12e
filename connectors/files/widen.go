package files

import (
	"github.com/silogate/silogate/engine/types"
)

// inferredPrecision is that of an inferred DECIMAL, unless values need more: the later values of a column are not known, and
// the width of vectors follows from their values.
const inferredPrecision = 38

// InferredDecimal returns the DECIMAL of a column of which values with so many digits before and after the point were seen.
// DECIMAL has no room for all of them from 65 on; the type is DOUBLE then.
func InferredDecimal(whole, scale int) types.Type {
	switch {
	case scale > types.MaxScale || whole+scale > types.MaxPrecision:
		return types.Of(types.Float64)
	case whole+scale > inferredPrecision:
		return types.NewDecimal(types.MaxPrecision, scale)
	}
	return types.NewDecimal(inferredPrecision, scale)
}

// Widen returns the narrowest inferred type that has the values of both of two.
func Widen(a, b types.Type) types.Type {
	if rank(a) > rank(b) {
		a, b = b, a
	}
	switch {
	case a == b || a.Kind == types.Null:
		return b
	case a.Kind == types.JSON || b.Kind == types.JSON:
		return types.Of(types.JSON)
	case a.Kind == types.Int64 && b.Kind == types.Decimal:
		return InferredDecimal(max(wholeDigits(b), int64Digits), int(b.Scale))
	case a.Kind == types.Decimal && b.Kind == types.Decimal:
		return InferredDecimal(max(wholeDigits(a), wholeDigits(b)), int(max(a.Scale, b.Scale)))
	case (a.Kind == types.Int64 || a.Kind == types.Decimal) && b.Kind == types.Float64:
		return b
	case a.Kind == types.Date && b.Kind == types.Datetime:
		return b
	case a.Kind == b.Kind && a.IsTemporal():
		a.Scale = max(a.Scale, b.Scale)
		return a
	}
	return types.Of(types.Text)
}

// int64Digits is how many digits a BIGINT may have.
const int64Digits = 19

// wholeDigits is how many digits before the point a DECIMAL has room for.
func wholeDigits(t types.Type) int { return int(t.Precision) - int(t.Scale) }

// rank orders kinds such that of two that have a common wider type this is not the first.
func rank(t types.Type) int {
	switch t.Kind {
	case types.Null:
		return 0
	case types.Int64, types.Date:
		return 1
	case types.Decimal, types.Datetime:
		return 2
	}
	return 3
}
