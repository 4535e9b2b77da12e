package optimize

import (
	"math"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// column is what is guessed about one column; unlike plan.ColumnStatistics it always has a number.
type column struct {
	distinct float64 // values other than NULL, at least 1
	nulls    float64 // share of NULLs
	width    float64 // bytes
	lo, hi   float64 // the range of a column that is ordered like numbers
	ranged   bool
	dist     *distribution // nil: unknown
	guessed  bool          // nothing is known of how many values there are
}

func guess(t types.Type, rows float64) *column {
	return &column{distinct: defaultDistinct(t, rows), width: defaultWidth(t), guessed: true}
}

func columnOf(known plan.ColumnStatistics, t types.Type, rows float64) *column {
	c := guess(t, rows)
	c.nulls = clamp(known.NullFrac)
	if known.Width > 0 {
		c.width = known.Width
	}
	if known.HasRange {
		lo, ok := position(known.Min, t)
		hi, ok2 := position(known.Max, t)
		c.lo, c.hi, c.ranged = lo, hi, ok && ok2 && lo <= hi
	}
	switch {
	case known.Distinct >= 1: // false for NaN
		c.distinct, c.guessed = known.Distinct, false
	case c.ranged && (t.IsInteger() || t.Kind == types.Date):
		c.distinct, c.guessed = c.hi-c.lo+1, false
	}
	c.distinct = math.Min(c.distinct, math.Max(rows, 1))
	c.dist = distributionOf(&known, t)
	return c
}

// position maps a value of a type that is ordered like numbers onto the line of numbers.
func position(v types.Value, t types.Type) (float64, bool) {
	switch {
	case v.Null:
		return 0, false
	case t.IsFloat():
		return v.Float, true
	case t.Kind == types.Decimal:
		return v.Dec.ToFloat64(int32(t.Scale)), true
	case t.IsUnsigned():
		return float64(uint64(v.Int)), true
	case t.IsNumeric() || t.IsTemporal():
		return float64(v.Int), true
	}
	return 0, false
}

func defaultDistinct(t types.Type, rows float64) float64 {
	d := math.Max(unknownDistinct, rows/10)
	switch t.Kind {
	case types.Bool:
		d = 2
	case types.Enum:
		d = float64(len(t.MemberNames()))
	}
	return math.Max(math.Min(d, rows), 1)
}

func defaultWidth(t types.Type) float64 {
	switch {
	case t.Kind == types.Bool || t.Kind == types.Null:
		return 1
	case t.IsString() && t.Length > 0:
		return math.Min(4+float64(t.Length), unknownText)
	case t.IsString():
		return unknownText
	case t.Kind == types.Decimal:
		return float64(types.WidthFor(int(t.Precision))) / 8
	case t.Kind == types.Int32 || t.Kind == types.Uint32 || t.Kind == types.Float32 || t.Kind == types.Date:
		return 4
	case t.Kind == types.Int8 || t.Kind == types.Uint8:
		return 1
	case t.Kind == types.Int16 || t.Kind == types.Uint16 || t.Kind == types.Year:
		return 2
	}
	return 8
}
