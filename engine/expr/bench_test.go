//go:build unix

package expr

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

const benchRows = 8192

// benchTable has lineitem's kinds of columns in one batch.
type benchTable struct {
	layout Layout
	batch  arrow.RecordBatch
	cols   map[string]*Column
}

func newBenchTable() benchTable {
	rng := rand.New(rand.NewPCG(1, 2))
	t := benchTable{layout: Layout{}, cols: map[string]*Column{}}
	var arrays []arrow.Array
	var fields []arrow.Field
	add := func(name string, typ types.Type, value func(i int) types.Value) {
		values := make([]types.Value, benchRows)
		for i := range values {
			values[i] = value(i)
		}
		a := kernel.FromValues(memory.DefaultAllocator, typ, values)
		c := &Column{ID: ColumnID(len(arrays) + 1), Name: name, Typ: typ}
		t.cols[name], t.layout[c.ID] = c, len(arrays)
		arrays = append(arrays, a)
		fields = append(fields, arrow.Field{Name: name, Type: a.DataType(), Nullable: true})
	}
	money := func(most int64) func(int) types.Value {
		return func(int) types.Value {
			v, _, _ := types.ParseDecimal(fmt.Sprintf("%d.%02d", rng.Int64N(most), rng.Int64N(100)))
			return v
		}
	}
	add("key", types.Of(types.Int64), func(int) types.Value { return types.IntValue(rng.Int64N(6_000_000)) })
	add("other", types.Of(types.Int64), func(int) types.Value { return types.IntValue(rng.Int64N(6_000_000)) })
	add("sparse", types.Of(types.Int64), func(int) types.Value {
		if rng.IntN(4) == 0 {
			return types.NullValue
		}
		return types.IntValue(rng.Int64N(6_000_000))
	})
	add("price", types.NewDecimal(15, 2), money(100_000))
	add("discount", types.NewDecimal(15, 2), func(int) types.Value {
		v, _, _ := types.ParseDecimal(fmt.Sprintf("0.%02d", rng.IntN(11)))
		return v
	})
	add("ship", types.Of(types.Date), func(int) types.Value { return types.IntValue(8000 + rng.Int64N(2500)) })
	add("mode", types.NewText(types.Char, 10, types.Utf8mb4Bin0900), func(int) types.Value {
		return types.TextValue([]string{"AIR", "MAIL", "SHIP", "TRUCK", "RAIL", "FOB", "REG AIR"}[rng.IntN(7)])
	})
	words := []string{"almond", "green", "antique", "special", "blue", "requests", "furiously", "packages", "carefully"}
	add("comment", types.NewText(types.Varchar, 44, types.Utf8mb4Bin0900), func(int) types.Value {
		s := ""
		for range 5 {
			s += words[rng.IntN(len(words))] + " "
		}
		return types.TextValue(s)
	})
	t.batch = array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, benchRows)
	return t
}

func intLit(n int64) *Literal { return &Literal{types.IntValue(n), types.Of(types.Int64)} }

func textLit(s string) *Literal {
	return &Literal{types.TextValue(s), types.NewText(types.Varchar, len(s), types.Utf8mb4AI0900)}
}

func decLit(s string) *Literal {
	v, t, err := types.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return &Literal{v, t}
}

func must(e Expr, err error) Expr {
	if err != nil {
		panic(err)
	}
	return e
}

func call(f Func, args ...Expr) Expr { return must(New(f, args...)) }

// perSecond runs op until the benchmark ends and reports rows per second of processor time, which other load on the machine
// disturbs less than the wall clock.
func perSecond(b *testing.B, rows int, op func()) {
	b.ReportAllocs()
	runtime.GC()
	start := processorTime()
	for b.Loop() {
		op()
	}
	b.ReportMetric(float64(b.N)*float64(rows)/(processorTime()-start).Seconds()/1e6, "Mrows/cpu-s")
}

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchEnv() *Env { return &Env{Location: time.UTC} }

func BenchmarkEval(b *testing.B) {
	t := newBenchTable()
	c := func(name string) Expr { return t.cols[name] }
	list := []Expr{textLit("MAIL"), textLit("SHIP")}
	keys := make([]Expr, 1000)
	for i := range keys {
		keys[i] = intLit(int64(i) * 5999)
	}
	for _, bench := range []struct {
		name string
		e    Expr
	}{
		{"int64<const", call(Lt, c("key"), intLit(3_000_000))},
		{"int64=int64", call(Eq, c("key"), c("other"))},
		{"int64<const/nulls", call(Lt, c("sparse"), intLit(3_000_000))},
		{"int64+const", call(Add, c("key"), intLit(7))},
		{"dec64*dec64", call(Mul, c("price"), c("discount"))},
		{"dec64<const", call(Lt, c("price"), decLit("24.00"))},
		{"price*(1-discount)", call(Mul, c("price"), call(Sub, intLit(1), c("discount")))},
		{"dec64/dec64", call(Div, c("price"), c("discount"))},
		{"date<const", call(Lt, c("ship"), textLit("1995-01-01"))},
		{"year", call(Year, c("ship"))},
		{"date+month", call(DateAdd, c("ship"), intLit(3), textLit("MONTH"))},
		{"text=const", call(Eq, c("mode"), textLit("AIR"))},
		{"text in 2", must(NewIn(c("mode"), list, false))},
		{"int64 in 1000", must(NewIn(c("key"), keys, false))},
		{"like contains", call(Like, c("comment"), textLit("%green%"))},
		{"like two parts", call(Like, c("comment"), textLit("%special%requests%"))},
		{"like prefix", call(Like, c("comment"), textLit("almond%"))},
		{"substring", call(Substring, c("comment"), intLit(1), intLit(2))},
		{"upper", call(Upper, c("comment"))},
		{"concat", call(Concat, c("mode"), textLit("-"), c("comment"))},
		{"case", must(NewCase([]When{{call(Eq, c("mode"), textLit("AIR")), c("price")}}, intLit(0)))},
		{"and", call(And, call(Lt, c("key"), intLit(3_000_000)), call(Lt, c("ship"), textLit("1995-01-01")))},
		{"round", call(Round, c("price"), intLit(1))},
		{"int to text", must(NewCast(c("key"), types.NewText(types.Varchar, 0, types.Utf8mb4Bin0900)))},
	} {
		b.Run(bench.name, func(b *testing.B) {
			ev, err := Compile(bench.e, t.layout, benchEnv())
			if err != nil {
				b.Fatal(err)
			}
			perSecond(b, benchRows, func() {
				a, err := ev.Eval(memory.DefaultAllocator, t.batch)
				if err != nil {
					b.Fatal(err)
				}
				a.Release()
			})
		})
	}
}

func BenchmarkFilter(b *testing.B) {
	t := newBenchTable()
	c := func(name string) Expr { return t.cols[name] }
	for _, bench := range []struct {
		name  string
		conds []Expr
	}{
		{"one", []Expr{call(Lt, c("key"), intLit(3_000_000))}},
		{"q6", []Expr{
			call(Ge, c("ship"), textLit("1994-01-01")), call(Lt, c("ship"), textLit("1995-01-01")),
			call(Ge, c("discount"), decLit("0.05")), call(Le, c("discount"), decLit("0.07")), call(Lt, c("price"), intLit(24000)),
		}},
		{"columns", []Expr{call(Lt, c("key"), c("other"))}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			f, err := CompileFilter(bench.conds, t.layout, benchEnv())
			if err != nil {
				b.Fatal(err)
			}
			perSecond(b, benchRows, func() {
				if _, _, err := f.Select(memory.DefaultAllocator, t.batch); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

func BenchmarkTake(b *testing.B) {
	t := newBenchTable()
	rng := rand.New(rand.NewPCG(3, 4))
	random, half := make([]int32, benchRows), []int32{}
	for i := range random {
		random[i] = rng.Int32N(benchRows)
		if rng.IntN(2) == 0 {
			half = append(half, int32(i))
		}
	}
	for _, col := range []string{"key", "sparse", "price", "mode", "comment"} {
		a := t.batch.Column(t.layout[t.cols[col].ID])
		for name, idx := range map[string][]int32{"random": random, "half": half} {
			b.Run(col+"/"+name, func(b *testing.B) {
				perSecond(b, len(idx), func() {
					out, err := kernel.Take(memory.DefaultAllocator, a, idx)
					if err != nil {
						b.Fatal(err)
					}
					out.Release()
				})
			})
		}
	}
}
