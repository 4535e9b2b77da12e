package exec

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/exec/agg"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// aggCase is one aggregate function over a column.
type aggCase struct {
	f        plan.AggFunc
	arg      int // column; -1: none
	result   types.Type
	distinct bool
}

// naiveAgg computes an aggregate over the rows of one group from its definition.
func (c aggCase) naive(cols plan.Schema, rows [][]types.Value) types.Value {
	if c.f == plan.JSONArrayAgg {
		return c.array(rows)
	}
	var vals []types.Value
	seen := make(map[types.Value]bool)
	for _, r := range rows {
		if c.arg < 0 {
			vals = append(vals, types.IntValue(1))
		} else if v := r[c.arg]; !v.Null && (!c.distinct || !seen[v]) {
			seen[v] = true
			vals = append(vals, v)
		}
	}
	switch c.f {
	case plan.CountStar, plan.Count:
		return types.IntValue(int64(len(vals)))
	case plan.BitAnd, plan.BitOr, plan.BitXor:
		return c.bits(vals)
	}
	if len(vals) == 0 {
		return types.NullValue
	}
	t := cols[c.arg].Type
	switch c.f {
	case plan.Min, plan.Max:
		best := vals[0]
		for _, v := range vals {
			if less := order(t, v, best); less < 0 && c.f == plan.Min || less > 0 && c.f == plan.Max {
				best = v
			}
		}
		return best
	case plan.Sum, plan.Avg:
		if t.IsFloat() {
			sum := 0.0
			for _, v := range vals {
				sum += v.Float
			}
			if c.f == plan.Avg {
				sum /= float64(len(vals))
			}
			return types.FloatValue(sum)
		}
		return c.exact(t, vals)
	}
	return spread(c.f, t, vals)
}

// array is JSON_ARRAYAGG of texts taken for JSON.
func (c aggCase) array(rows [][]types.Value) types.Value {
	if len(rows) == 0 {
		return types.NullValue
	}
	items := make([]string, len(rows))
	for i, r := range rows {
		if items[i] = r[c.arg].Str; r[c.arg].Null {
			items[i] = "null"
		}
	}
	return types.Value{Str: "[" + strings.Join(items, ", ") + "]"}
}

// order compares two values that are not NULL.
func order(t types.Type, a, b types.Value) int {
	switch {
	case t.Kind == types.Decimal:
		return a.Dec.Cmp(b.Dec)
	case t.IsString():
		return strings.Compare(a.Str, b.Str)
	case t.IsFloat():
		return int(math.Copysign(1, a.Float-b.Float)) * boolInt(a.Float != b.Float)
	case t.IsUnsigned():
		return new(big.Int).SetUint64(uint64(a.Int)).Cmp(new(big.Int).SetUint64(uint64(b.Int)))
	}
	return big.NewInt(a.Int).Cmp(big.NewInt(b.Int))
}

func (c aggCase) exact(t types.Type, vals []types.Value) types.Value {
	sum := new(big.Int)
	for _, v := range vals {
		switch {
		case t.Kind == types.Decimal:
			sum.Add(sum, v.Dec.BigInt())
		case t.IsUnsigned():
			sum.Add(sum, new(big.Int).SetUint64(uint64(v.Int)))
		default:
			sum.Add(sum, big.NewInt(v.Int))
		}
	}
	if c.f == plan.Avg {
		scale := int64(c.result.Scale)
		if t.Kind == types.Decimal {
			scale -= int64(t.Scale)
		}
		sum.Mul(sum, new(big.Int).Exp(big.NewInt(10), big.NewInt(scale), nil))
		n := big.NewInt(int64(len(vals)))
		negative := sum.Sign() < 0
		q, r := new(big.Int).QuoRem(sum.Abs(sum), n, new(big.Int))
		if r.Lsh(r, 1).Cmp(n) >= 0 {
			q.Add(q, big.NewInt(1))
		}
		if sum = q; negative {
			sum.Neg(sum)
		}
	}
	return types.Value{Dec: decimal256.FromBigInt(sum)}
}

func (c aggCase) bits(vals []types.Value) types.Value {
	var x uint64
	if c.f == plan.BitAnd {
		x = ^x
	}
	for _, v := range vals {
		switch c.f {
		case plan.BitAnd:
			x &= uint64(v.Int)
		case plan.BitOr:
			x |= uint64(v.Int)
		default:
			x ^= uint64(v.Int)
		}
	}
	return types.UintValue(x)
}

func spread(f plan.AggFunc, t types.Type, vals []types.Value) types.Value {
	n, mean, m2 := float64(len(vals)), 0.0, 0.0
	for _, v := range vals {
		mean += v.Float / n
	}
	for _, v := range vals {
		m2 += (v.Float - mean) * (v.Float - mean)
	}
	if f == plan.VarSamp || f == plan.StddevSamp {
		if n--; n == 0 {
			return types.NullValue
		}
	}
	if m2 /= n; f == plan.StddevPop || f == plan.StddevSamp {
		m2 = math.Sqrt(m2)
	}
	return types.FloatValue(m2)
}

var (
	aggColumns = []types.Type{
		types.Of(types.Int64), types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900), types.NewDecimal(65, 2),
		types.Of(types.Float64), types.Of(types.Uint64), types.Of(types.Date), types.Of(types.Bool), types.Of(types.Int16),
	}
	mergeable = []aggCase{
		{plan.CountStar, -1, types.Of(types.Int64), false},
		{plan.Count, 1, types.Of(types.Int64), false},
		{plan.Sum, 0, types.NewDecimal(41, 0), false},
		{plan.Sum, 2, types.NewDecimal(65, 2), false},
		{plan.Sum, 4, types.NewDecimal(42, 0), false},
		{plan.Sum, 3, types.Of(types.Float64), false},
		{plan.Avg, 7, types.NewDecimal(24, 4), false},
		{plan.Avg, 2, types.NewDecimal(65, 6), false},
		{plan.Avg, 3, types.Of(types.Float64), false},
		{plan.Min, 0, aggColumns[0], false}, {plan.Max, 0, aggColumns[0], false},
		{plan.Min, 1, aggColumns[1], false}, {plan.Max, 1, aggColumns[1], false},
		{plan.Min, 2, aggColumns[2], false}, {plan.Max, 2, aggColumns[2], false},
		{plan.Min, 3, aggColumns[3], false}, {plan.Max, 4, aggColumns[4], false},
		{plan.Min, 5, aggColumns[5], false}, {plan.Max, 6, aggColumns[6], false}, {plan.Min, 6, aggColumns[6], false},
		{plan.VarPop, 3, types.Of(types.Float64), false}, {plan.StddevSamp, 3, types.Of(types.Float64), false},
		{plan.BitAnd, 4, types.Of(types.Uint64), false}, {plan.BitOr, 4, types.Of(types.Uint64), false},
		{plan.BitXor, 0, types.Of(types.Uint64), false},
	}
	distincts = []aggCase{
		{plan.Count, 1, types.Of(types.Int64), true}, {plan.Sum, 0, types.NewDecimal(41, 0), true},
		{plan.Sum, 2, types.NewDecimal(65, 2), true}, {plan.CountStar, -1, types.Of(types.Int64), false},
		{plan.Max, 1, aggColumns[1], true},
	}
)

// aggregation makes the operator's description of cases grouped by columns.
func aggregation(cols plan.Schema, groups []int, cases []aggCase) (*Aggregation, []int) {
	spec := &Aggregation{}
	var at []int
	for _, g := range groups {
		spec.Keys = append(spec.Keys, rowkey.Of(cols[g].Type, nil))
		spec.Groups = append(spec.Groups, cols[g])
		at = append(at, g)
	}
	for i, c := range cases {
		s := agg.Spec{Func: c.f, Result: c.result, Longest: 64 << 20}
		var args []int
		if c.arg >= 0 {
			s.Args = []types.Type{cols[c.arg].Type}
			args = []int{len(at)}
			at = append(at, c.arg)
		}
		spec.Distinct = append(spec.Distinct, c.distinct)
		spec.Specs, spec.Args = append(spec.Specs, s), append(spec.Args, args)
		spec.Aggs = append(spec.Aggs, column(100+i, fmt.Sprint(c.f), c.result))
	}
	for _, k := range at {
		spec.Terms = append(spec.Terms, cols[k].Type)
	}
	return spec, at
}

// rounded cuts floats to what different orders of addition agree on.
func rounded(cols plan.Schema, rows [][]types.Value) [][]types.Value {
	for _, row := range rows {
		for k, c := range cols {
			if c.Type.IsFloat() {
				row[k].Float = math.Round(row[k].Float*1e6) / 1e6
			}
		}
	}
	return rows
}

// TestAggregatesAgainstTheirDefinition compares every function, grouped by keys of every form, with sums over rows.
func TestAggregatesAgainstTheirDefinition(t *testing.T) {
	groupings := [][]int{nil, {0}, {1}, {2}, {0, 5}, {6, 7, 5}, {0, 1, 2}, {3, 4}}
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			h := newHarness(t, s.scaled(16), 5)
			for _, groups := range groupings {
				for _, cases := range [][]aggCase{mergeable, distincts, nil} {
					if len(groups) == 0 && cases == nil {
						continue
					}
					for _, size := range []int{0, 1, 400} {
						if s.sliced {
							size = max(size, 1)
						}
						r := h.random(1, size, 12, aggColumns...)
						what := fmt.Sprintf("groups %v, %d functions, %d rows", groups, len(cases), size)
						h.compareAggregate(what, r, groups, cases, nil)
					}
				}
			}
		})
	}
}

func (h *harness) compareAggregate(what string, r relation, groups []int, cases []aggCase, stats *NodeStats) {
	h.t.Helper()
	spec, at := aggregation(r.cols, groups, cases)
	streams := h.setting.streams
	if len(groups) == 0 {
		streams = 1
	}
	out, err := NewAggregate(h.rt, h.streams(r), termsFor(h.setting.streams, at...), spec, streams, h.reservation(stats), stats)
	if err != nil {
		h.t.Fatal(err)
	}
	got, err := h.run(out, spec.out())
	if err != nil {
		h.t.Fatalf("%s: %v", what, err)
	}
	byKey := make(map[string][][]types.Value)
	if len(groups) == 0 {
		byKey[""] = nil
	}
	for _, row := range r.rows {
		key := ""
		for _, g := range groups {
			key += row[g].Format(r.cols[g].Type, time.UTC) + fmt.Sprint(row[g].Null) + "|"
		}
		byKey[key] = append(byKey[key], row)
	}
	var want [][]types.Value
	for _, rows := range byKey {
		var row []types.Value
		for _, g := range groups {
			row = append(row, rows[0][g])
		}
		for _, c := range cases {
			row = append(row, c.naive(r.cols, rows))
		}
		want = append(want, row)
	}
	cols := spec.out()
	h.want(what, cols, rounded(cols, got), rounded(cols, want))
	h.empty()
}

func TestAggregateOfManyGroupsSpills(t *testing.T) {
	h := newHarness(t, setting{streams: 2, batch: 256, memory: 1 << 18}, 9)
	stats := new(NodeStats)
	r := h.random(1, 6000, 5000, aggColumns...)
	h.compareAggregate("many groups", r, []int{0, 1}, mergeable[:5], stats)
	if stats.Totals().Spilled == 0 {
		t.Error("nothing was spilled")
	}
	h.compareAggregate("many groups, distinct", r, []int{0}, distincts, stats)
}

// TestPartialTablesAreHandedOver exceeds the size of a partial table, with rows that it reduces and rows that it does
// not.
func TestPartialTablesAreHandedOver(t *testing.T) {
	h := newHarness(t, setting{streams: 2, batch: BatchRows}, 9)
	ids := plan.Schema{column(1, "id", types.Of(types.Int64)), column(2, "v", types.Of(types.Int64))}
	for name, groupOf := range map[string]func(i int) int{
		"reduced": func(i int) int { return i / 3 }, "all different": func(i int) int { return i },
	} {
		r := relation{cols: ids}
		for i := range 3 * partialGroups {
			r.rows = append(r.rows, []types.Value{types.IntValue(int64(groupOf(i))), types.IntValue(int64(i))})
		}
		cases := []aggCase{{plan.Sum, 1, types.NewDecimal(41, 0), false}, {plan.Count, 1, types.Of(types.Int64), false}}
		h.compareAggregate(name, r, []int{0}, cases, nil)
	}
}

func TestGroupConcat(t *testing.T) {
	text := types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)
	cols := plan.Schema{column(1, "g", types.Of(types.Int64)), column(2, "s", text), column(3, "k", types.Of(types.Int64))}
	r := relation{cols: cols}
	for _, row := range []struct {
		g int64
		s string
		k int64
	}{{1, "b", 2}, {1, "a", 1}, {1, "b", 3}, {2, "", 0}, {1, "ü", 9}, {3, "only NULL", 0}} {
		v := types.TextValue(row.s)
		if row.g == 3 {
			v = types.NullValue
		}
		r.rows = append(r.rows, []types.Value{types.IntValue(row.g), v, types.IntValue(row.k)})
	}
	for _, c := range []struct {
		name     string
		distinct bool
		desc     bool
		longest  int
		want     []string
	}{
		{"ordered", false, false, 1024, []string{"a, b, b, ü", "", "NULL"}},
		{"descending", false, true, 1024, []string{"ü, b, b, a", "", "NULL"}},
		{"distinct", true, false, 1024, []string{"a, b, ü", "", "NULL"}},
		{"cut before a character", false, false, 10, []string{"a, b, b, ", "", "NULL"}},
	} {
		for _, s := range settings {
			h := newHarness(t, s.scaled(16), 1)
			warnings := 0
			spec := &Aggregation{
				Keys: []rowkey.Field{rowkey.Of(cols[0].Type, nil)}, Groups: cols[:1],
				Aggs: plan.Schema{column(9, "c", text)}, Args: [][]int{{1, 2}},
				Terms: []types.Type{cols[0].Type, text, types.Of(types.Blob)},
				Specs: []agg.Spec{{
					Func: plan.GroupConcat, Args: []types.Type{text, types.Of(types.Blob)}, Result: text,
					Separator: ", ", Ordered: true, Longest: c.longest,
					Warn: func(int, string) { warnings++ },
				}},
				Distinct: []bool{c.distinct},
			}
			terms := termsFor(s.streams, 0, 1)
			for i := range terms {
				key := rowkey.Key{Field: rowkey.Of(cols[2].Type, nil), Desc: c.desc}
				terms[i] = append(terms[i], OrderTerm([]rowkey.Key{key}, []Term{{Column: 2}}))
			}
			out, err := NewAggregate(h.rt, h.streams(r), terms, spec, s.streams, h.reservation(nil), nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := h.run(out, spec.out())
			if err != nil {
				t.Fatal(err)
			}
			slices.SortFunc(got, func(a, b []types.Value) int { return int(a[0].Int - b[0].Int) })
			for i, w := range c.want {
				if g := got[i][1].Format(text, time.UTC); g != w {
					t.Errorf("%s, %s: group %d is %q, want %q", c.name, s.name, i+1, g, w)
				}
			}
			if cut := c.longest < 1024; cut != (warnings > 0) {
				t.Errorf("%s: %d warnings", c.name, warnings)
			}
		}
	}
}
