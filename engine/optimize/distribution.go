package optimize

import (
	"math"
	"slices"
	"sort"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// distribution is how often the values of a column occur: those that are common each by itself, the others by a
// histogram. It is immutable. Shares are of all rows.
type distribution struct {
	common []commonValue
	others float64 // share of the rows whose value is neither common nor NULL
	curve  []point // how the others lie, ascending from below 0 to below 1; nil where the type has no order like that of numbers
}

// commonValue is a value and the share of rows that have it.
type commonValue struct {
	at    float64 // its position, if the type has one
	text  string  // else
	share float64
}

// point says which part of the values lies below a position.
type point struct{ at, below float64 }

// distributionOf reads the statistics of a column, nil if they do not say how its values are distributed.
func distributionOf(known *plan.ColumnStatistics, t types.Type) *distribution {
	if len(known.Common) == 0 && len(known.Bounds) < 2 {
		return nil
	}
	d := &distribution{others: 1 - clamp(known.NullFrac)}
	for _, c := range known.Common {
		v, ok := commonOf(c.Value, t)
		if !ok {
			continue
		}
		v.share = c.Share
		d.common = append(d.common, v)
		d.others -= c.Share
	}
	d.others = clamp(d.others)
	for i, b := range known.Bounds {
		at, ok := position(b, t)
		if !ok || len(d.curve) > 0 && at < d.curve[len(d.curve)-1].at {
			d.curve = nil
			break
		}
		d.curve = append(d.curve, point{at, float64(i) / float64(len(known.Bounds)-1)})
	}
	return d
}

// commonOf makes a common value of a value of a type, without its share.
func commonOf(v types.Value, t types.Type) (commonValue, bool) {
	if t.IsText() {
		return commonValue{text: v.Str}, !v.Null
	}
	at, ok := position(v, t)
	return commonValue{at: at}, ok
}

// equal is the share of rows that have a value, of a column with so many distinct values. What is not common is no more
// frequent than what is.
func (d *distribution) equal(v types.Value, t types.Type, distinct float64) (share float64, ok bool) {
	want, ok := commonOf(v, t)
	if !ok {
		return 0, false
	}
	most := d.others
	for _, c := range d.common {
		if c.at == want.at && c.text == want.text {
			return c.share, true
		}
		most = math.Min(most, c.share)
	}
	if len(d.curve) > 0 && (want.at < d.curve[0].at || want.at > d.curve[len(d.curve)-1].at) {
		return 0, true
	}
	return math.Min(most, d.others/math.Max(distinct-float64(len(d.common)), 1)), true
}

// within is the share of rows for whose value a comparison with a position is true; false if nothing is known of the values
// that are not common.
func (d *distribution) within(op expr.Func, at float64) (share float64, ok bool) {
	if len(d.curve) == 0 && d.others > rareShare {
		return 0, false
	}
	share = d.others * d.part(op, at)
	for _, c := range d.common {
		if satisfies(c.at, op, at) {
			share += c.share
		}
	}
	return share, true
}

// rareShare is a share of rows that does not matter.
const rareShare = 0.01

// part is the part of the values that are not common for which a comparison is true.
func (d *distribution) part(op expr.Func, at float64) float64 {
	if len(d.curve) == 0 {
		return rangeUnknown
	}
	if op == expr.Lt || op == expr.Le {
		return d.below(at)
	}
	return 1 - d.below(at)
}

// below is the part of the values that are not common that lie below a position.
func (d *distribution) below(at float64) float64 {
	i := sort.Search(len(d.curve), func(i int) bool { return d.curve[i].at >= at })
	switch i {
	case 0:
		return d.curve[0].below
	case len(d.curve):
		return d.curve[i-1].below
	}
	lo, hi := d.curve[i-1], d.curve[i]
	return lo.below + (hi.below-lo.below)*(at-lo.at)/(hi.at-lo.at)
}

func satisfies(a float64, op expr.Func, b float64) bool {
	switch op {
	case expr.Lt:
		return a < b
	case expr.Le:
		return a <= b
	case expr.Gt:
		return a > b
	case expr.Ge:
		return a >= b
	}
	return a == b
}

// restricted is the distribution of the rows for which a comparison other than equality is true, nil if it is unknown, and
// the part of the distinct values that are not common that they have.
func (d *distribution) restricted(op expr.Func, at float64) (left *distribution, part float64) {
	total, ok := d.within(op, at)
	if !ok || total <= 0 {
		return nil, 0
	}
	part = d.part(op, at)
	left = &distribution{others: d.others * part / total}
	for _, c := range d.common {
		if satisfies(c.at, op, at) {
			c.share /= total
			left.common = append(left.common, c)
		}
	}
	if part > 0 {
		left.curve = d.cut(op, at)
	}
	return left, part
}

// cut is the curve of the values on one side of a position.
func (d *distribution) cut(op expr.Func, at float64) []point {
	if len(d.curve) == 0 {
		return nil
	}
	edge := point{at, d.below(at)}
	var kept []point
	for _, p := range d.curve {
		if satisfies(p.at, op, at) {
			kept = append(kept, p)
		}
	}
	if op == expr.Lt || op == expr.Le {
		kept = append(kept, edge)
	} else {
		kept = slices.Insert(kept, 0, edge)
	}
	from, to := kept[0].below, kept[len(kept)-1].below
	if from == to {
		return nil
	}
	for i := range kept {
		kept[i].below = (kept[i].below - from) / (to - from)
	}
	return kept
}
