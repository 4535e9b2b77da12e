package build

import (
	"reflect"
	"strings"
	"testing"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// inputs names the operators of a stream by their types, the last first.
func inputs(op exec.Operator) string {
	var names []string
	for v := reflect.ValueOf(op); v.Kind() == reflect.Pointer; {
		names = append(names, strings.TrimPrefix(v.Type().String(), "*exec."))
		next := v.Elem().FieldByName("input")
		if !next.IsValid() {
			break
		}
		v = next.Elem()
	}
	return strings.Join(names, " ")
}

// TestWindowsShareSorts builds windows on one another.
func TestWindowsShareSorts(t *testing.T) {
	cols := plan.Schema{
		{ID: 1, Name: "a", Type: bigint}, {ID: 2, Name: "b", Type: bigint}, {ID: 3, Name: "c", Type: bigint},
	}
	a, b, c := cols[0].Ref(), cols[1].Ref(), cols[2].Ref()
	var last expr.ColumnID = 10
	over := func(input plan.Node, partition []expr.Expr, order ...expr.Expr) *plan.Window {
		last++
		n := &plan.Window{Input: input, PartitionBy: partition}
		for _, e := range order {
			n.OrderBy = append(n.OrderBy, plan.SortKey{Expr: e})
		}
		n.Funcs = []plan.WindowFunc{{Col: plan.Column{ID: last, Name: "n", Type: types.Of(types.Uint64)}, Func: plan.RowNumber}}
		return n
	}
	values := func() plan.Node { return &plan.Values{Cols: cols} }
	by := func(list ...expr.Expr) []expr.Expr { return list }
	some, err := expr.New(expr.Gt, c, a)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name     string
		n        plan.Node
		one, two string // with so many streams
	}{
		{"alone", over(values(), by(a), b), "window sorter", "window dividedStream"},
		{"over all rows", over(values(), nil), "window constants", "window constants"},
		{"the same keys", over(over(values(), by(a), b), by(a), b), "window window sorter", "window window dividedStream"},
		{"the first keys", over(over(values(), by(a, b), c), by(a), b), "window window sorter", "window window dividedStream"},
		{"no partitions above", over(over(values(), by(a), b), nil, a), "window window sorter", "window window sorter"},
		{
			"divided by more keys", over(&plan.Filter{Input: over(values(), by(a, b), c), Conds: []expr.Expr{some}}, by(a), b),
			"window filter window sorter", "window dividedStream",
		},
		{"no partitions below", over(over(values(), nil, a, b), by(a)), "window window sorter", "window window sorter"},
		{"other keys", over(over(values(), by(a), b), by(b), a), "window sorter", "window dividedStream"},
		{"sorted as the window", &plan.Sort{Input: over(values(), nil, a, b), Keys: []plan.SortKey{{Expr: a}}}, "window sorter", "window sorter"},
		{"sorted otherwise", &plan.Sort{Input: over(values(), nil, a), Keys: []plan.SortKey{{Expr: b}}}, "sorter", "sorter"},
		{"sorted, divided", &plan.Sort{Input: over(values(), by(a), b), Keys: []plan.SortKey{{Expr: a}}}, "window sorter", "sorter"},
	} {
		for streams, want := range map[int]string{1: test.one, 2: test.two} {
			mem := bufpooltest.New()
			out, err := Build(test.n, Config{Allocator: mem, Env: &expr.Env{}, Parallelism: streams})
			if err != nil {
				t.Fatal(err)
			}
			if got := inputs(out[0]); got != want {
				t.Errorf("%s, %d streams: %s, want %s", test.name, streams, got, want)
			}
			for _, s := range out {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
			mem.AssertSize(t, 0)
		}
	}
}
