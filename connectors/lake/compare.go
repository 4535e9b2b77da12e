package lake

import (
	"cmp"
	"math/big"
	"strings"

	"github.com/silogate/silogate/engine/types"
)

// compare orders two values that are not NULL; ok is false where their types have no common order that pruning may rely
// on.
func compare(a types.Value, ta types.Type, b types.Value, tb types.Type) (order int, ok bool) {
	switch {
	case exact(ta) && exact(tb):
		return compareExact(a, ta, b, tb), true
	case ta.IsFloat() && tb.IsFloat():
		return cmp.Compare(a.Float, b.Float), true
	case ta.IsText() && tb.IsText():
		return strings.Compare(a.Str, b.Str), ta.Collation.Bytewise() && tb.Collation.Bytewise() && ta.Kind != types.JSON && tb.Kind != types.JSON
	case ta.IsBinary() && tb.IsBinary():
		return strings.Compare(a.Str, b.Str), true
	case ta.Kind == types.Time || ta.Kind == types.Timestamp || tb.Kind == types.Time || tb.Kind == types.Timestamp:
		return cmp.Compare(a.Int, b.Int), ta.Kind == tb.Kind
	case ta.IsTemporal() && tb.IsTemporal():
		return cmp.Compare(microseconds(a, ta), microseconds(b, tb)), true
	}
	return 0, false
}

// exact reports the types whose values are integers at a scale.
func exact(t types.Type) bool {
	return t.Kind == types.Bool || t.IsInteger() || t.Kind == types.Decimal
}

// compareExact orders integers and decimals of any scales.
func compareExact(a types.Value, ta types.Type, b types.Value, tb types.Type) int {
	if ta.Kind != types.Decimal && tb.Kind != types.Decimal {
		switch ua, ub := ta.IsUnsigned(), tb.IsUnsigned(); {
		case ua && ub:
			return cmp.Compare(uint64(a.Int), uint64(b.Int))
		case ua && a.Int < 0: // beyond every signed value
			return 1
		case ub && b.Int < 0:
			return -1
		}
		return cmp.Compare(a.Int, b.Int)
	}
	if ta.Kind == tb.Kind && ta.Scale == tb.Scale {
		return a.Dec.Cmp(b.Dec)
	}
	scale := max(ta.Scale, tb.Scale)
	return unscaled(a, ta, scale).Cmp(unscaled(b, tb, scale))
}

// unscaled returns an integer or decimal times ten to the scale.
func unscaled(v types.Value, t types.Type, scale uint8) *big.Int {
	n := new(big.Int)
	switch {
	case t.Kind == types.Decimal:
		n = v.Dec.BigInt()
	case t.IsUnsigned():
		n.SetUint64(uint64(v.Int))
	default:
		n.SetInt64(v.Int)
	}
	if t.Kind == types.Decimal {
		scale -= t.Scale
	}
	return n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
}

// dayMicros is the length of a day in microseconds.
const dayMicros = 86400_000_000

// microseconds returns a DATE or DATETIME as a DATETIME.
func microseconds(v types.Value, t types.Type) int64 {
	if t.Kind == types.Date {
		return v.Int * dayMicros
	}
	return v.Int
}
