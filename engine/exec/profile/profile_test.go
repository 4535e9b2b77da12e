package profile

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// profiled adds rows 0 to n-1 of a table in batches.
func profiled(t *testing.T, columns []types.Type, n int, row func(i int) []types.Value, sized ...sample) *Profile {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	p, err := New(columns, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(sized) > 0 {
		p.sample = sized[0]
	}
	const batch = 1000
	for from := 0; from < n || from == 0; from += batch {
		values := make([][]types.Value, len(columns))
		rows := min(batch, n-from)
		for i := range rows {
			for k, v := range row(from + i) {
				values[k] = append(values[k], v)
			}
		}
		arrays := make([]arrow.Array, len(columns))
		fields := make([]arrow.Field, len(columns))
		for k, typ := range columns {
			arrays[k] = kernel.FromValues(mem, typ, values[k])
			fields[k] = arrow.Field{Name: fmt.Sprint(k), Type: arrays[k].DataType(), Nullable: true}
		}
		b := array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, int64(rows))
		if err := p.Add(b); err != nil {
			t.Error(err)
		}
		b.Release()
		for _, a := range arrays {
			a.Release()
		}
	}
	return p
}

func statistics(t *testing.T, p *Profile, i, buckets int) plan.ColumnStatistics {
	t.Helper()
	s, err := p.Column(i, buckets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// described is a column's statistics as text.
func described(s plan.ColumnStatistics, t types.Type) string {
	text := func(v types.Value) string { return v.Format(t, nil) }
	var b strings.Builder
	fmt.Fprintf(&b, "distinct %v, nulls %v, width %v", s.Distinct, s.NullFrac, s.Width)
	if s.HasRange {
		fmt.Fprintf(&b, ", %s to %s", text(s.Min), text(s.Max))
	}
	for i, c := range s.Common {
		fmt.Fprintf(&b, "%s%s %.3f", []string{"; common ", ", "}[min(i, 1)], text(c.Value), c.Share)
	}
	for i, v := range s.Bounds {
		fmt.Fprintf(&b, "%s%s", []string{"; bounds ", " "}[min(i, 1)], text(v))
	}
	return b.String()
}

// Of few rows everything is exact.
func TestFewRows(t *testing.T) {
	integers := []types.Value{types.IntValue(3), types.IntValue(-1), types.IntValue(3), types.NullValue}
	wide := decimal256.FromI64(1 << 62).Mul(decimal256.FromI64(1 << 62))
	for _, c := range []struct {
		typ    types.Type
		values []types.Value
		most   int
		want   string
	}{
		{types.Of(types.Int64), nil, 5, "distinct 0, nulls 0, width 0"},
		{types.Of(types.Int64), []types.Value{types.NullValue, types.NullValue}, 5, "distinct 0, nulls 1, width 0"},
		{types.Of(types.Int64), integers, 5, "distinct 2, nulls 0.25, width 0, -1 to 3; common 3 0.500, -1 0.250"},
		{types.Of(types.Int64), integers, 1, "distinct 2, nulls 0.25, width 0, -1 to 3; common 3 0.500; bounds -1 3"},
		{types.Of(types.Uint64), []types.Value{types.UintValue(math.MaxUint64), types.UintValue(1)}, 5,
			"distinct 2, nulls 0, width 0, 1 to 18446744073709551615; common 1 0.500, 18446744073709551615 0.500"},
		{types.Of(types.Bool), []types.Value{types.BoolValue(true), types.BoolValue(false), types.BoolValue(true)}, 5,
			"distinct 2, nulls 0, width 0, 0 to 1; common 1 0.667, 0 0.333"},
		{types.NewDecimal(40, 2), []types.Value{{Dec: decimal256.FromI64(-150)}, {Dec: wide}, {Dec: decimal256.FromI64(-150)}}, 5,
			"distinct 2, nulls 0, width 0, -1.50 to 212676479325586539664609129644855132.16; common -1.50 0.667, 212676479325586539664609129644855132.16 0.333"},
		{types.Of(types.Float64), []types.Value{types.FloatValue(1.5), types.FloatValue(-2)}, 5,
			"distinct 2, nulls 0, width 0, -2 to 1.5; common -2 0.500, 1.5 0.500"},
		{types.Of(types.Text), []types.Value{types.TextValue("b"), types.TextValue("bbb"), types.TextValue("b"), types.NullValue}, 5,
			"distinct 2, nulls 0.25, width 6; common b 0.500, bbb 0.250"},
		{types.Of(types.Text), []types.Value{types.TextValue("b"), types.TextValue(strings.Repeat("x", longestText+1))}, 5,
			"distinct 2, nulls 0, width 517"},
		{types.Of(types.JSON), []types.Value{types.TextValue("1"), types.TextValue("1")}, 5, "distinct 1, nulls 0, width 5"},
		{types.Of(types.Date), []types.Value{types.IntValue(0), types.IntValue(1), types.IntValue(2)}, 2,
			"distinct 3, nulls 0, width 0, 1970-01-01 to 1970-01-03; bounds 1970-01-01 1970-01-02 1970-01-03"},
	} {
		p := profiled(t, []types.Type{c.typ}, len(c.values), func(i int) []types.Value { return c.values[i : i+1] })
		if got := described(statistics(t, p, 0, c.most), c.typ); got != c.want || p.Rows() != int64(len(c.values)) {
			t.Errorf("%s of %d rows:\ngot  %s\nwant %s", c.typ, p.Rows(), got, c.want)
		}
	}
}

// Of many rows distinct values, shares and quantiles are near.
func TestManyRows(t *testing.T) {
	const n = 120_000
	columns := []types.Type{types.Of(types.Int64), types.Of(types.Int32), types.Of(types.Text), types.NewDecimal(12, 2), types.Of(types.Datetime), types.Of(types.Float64)}
	p := profiled(t, columns, n, func(i int) []types.Value {
		skewed := int64(i * 7919 % n)
		if i%4 == 0 {
			skewed = 42 // a quarter of the rows
		}
		name := types.TextValue(fmt.Sprintf("customer#%06d", i%20_000))
		if i%10 == 0 {
			name = types.NullValue
		}
		return []types.Value{
			types.IntValue(int64(i)), types.IntValue(skewed), name, {Dec: decimal256.FromI64(int64(i % 1000))},
			types.IntValue(int64(i) / 10 * 1_000_000), types.FloatValue(math.Sqrt(float64(i))),
		}
	})
	for i, want := range []float64{n, n * 3 / 4, 18_000, 1000, n / 10, n} {
		if s := statistics(t, p, i, 100); math.Abs(s.Distinct-want) > 0.03*want {
			t.Errorf("column %d: %v distinct values, want %v", i, s.Distinct, want)
		}
	}
	unique := statistics(t, p, 0, 100)
	if len(unique.Common) > 0 || len(unique.Bounds) != 101 {
		t.Errorf("a unique column has %d common values, %d bounds", len(unique.Common), len(unique.Bounds))
	}
	for i, b := range unique.Bounds {
		if want := float64(i) / 100 * n; math.Abs(float64(b.Int)-want) > 0.02*n || unique.Min.Int != 0 || unique.Max.Int != n-1 {
			t.Errorf("bound %d is %d, want about %v", i, b.Int, want)
		}
	}
	skewed := statistics(t, p, 1, 10)
	if len(skewed.Common) == 0 || skewed.Common[0].Value.Int != 42 || math.Abs(skewed.Common[0].Share-0.25) > 0.02 {
		t.Errorf("common %v", skewed.Common)
	}
	if len(skewed.Bounds) != 11 || math.Abs(float64(skewed.Bounds[5].Int)-n/2) > 0.03*n {
		t.Errorf("bounds %v", skewed.Bounds)
	}
	if names := statistics(t, p, 2, 100); names.NullFrac != 0.1 || names.Width != 19 || names.Bounds != nil {
		t.Errorf("%+v", names)
	}
	if few := statistics(t, p, 3, 1000); len(few.Common) != 1000 || few.Bounds != nil {
		t.Errorf("all of 1000 values are common: %d, %d bounds", len(few.Common), len(few.Bounds))
	}
}

// A sample is bounded in bytes and drawn from all rows alike.
func TestSampleIsBounded(t *testing.T) {
	const n, limit = 50_000, 200 << 10
	columns := []types.Type{types.Of(types.Int64), types.Of(types.Text)}
	p := profiled(t, columns, n, func(i int) []types.Value {
		return []types.Value{types.IntValue(int64(i)), types.TextValue(strings.Repeat("x", 100+i%400))}
	}, newSample(len(columns), 5000, limit))
	s := &p.sample
	if s.bytes > limit || s.bytes < limit/4 || s.rows() > s.most || s.seen != n {
		t.Errorf("%d rows of %d seen, %d bytes", s.rows(), s.seen, s.bytes)
	}
	bytes, sum := int64(0), 0.0
	for i := range s.rows() {
		if text := s.cells[1][i].Str; len(text) != 100+int(s.cells[0][i].Int)%400 {
			t.Fatalf("row %d has a text of another: %d bytes", s.cells[0][i].Int, len(text))
		}
		bytes += s.cells[0][i].bytes() + s.cells[1][i].bytes()
		sum += float64(s.cells[0][i].Int)
	}
	if bytes != s.bytes {
		t.Errorf("%d bytes are counted as %d", bytes, s.bytes)
	}
	// The mean of k rows lies within four standard errors.
	k := float64(s.rows())
	if mean := sum / k; math.Abs(mean-n/2) > 4*n/math.Sqrt(12*k) {
		t.Errorf("%v rows with a mean of %v", k, mean)
	}
	if p.Bytes() < s.bytes+2*sketchBytes {
		t.Errorf("%d bytes in all", p.Bytes())
	}
}

// BenchmarkAdd adds batches of an integer, a decimal, a date and a text; its unit is a row.
func BenchmarkAdd(b *testing.B) {
	columns := []types.Type{types.Of(types.Int64), types.NewDecimal(12, 2), types.Of(types.Date), types.Of(types.Text)}
	const rows = 8192
	values := make([][]types.Value, len(columns))
	for i := range rows {
		values[0] = append(values[0], types.IntValue(int64(i*7919)))
		values[1] = append(values[1], types.Value{Dec: decimal256.FromI64(int64(i % 977))})
		values[2] = append(values[2], types.IntValue(int64(i%2500)))
		values[3] = append(values[3], types.TextValue(fmt.Sprintf("carefully final deposits %d", i)))
	}
	arrays, fields := make([]arrow.Array, len(columns)), make([]arrow.Field, len(columns))
	for k, typ := range columns {
		arrays[k] = kernel.FromValues(memory.DefaultAllocator, typ, values[k])
		fields[k] = arrow.Field{Name: fmt.Sprint(k), Type: arrays[k].DataType(), Nullable: true}
	}
	batch := array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, rows)
	p, err := New(columns, 0)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := p.Add(batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows/float64(len(columns)), "ns/value")
}
