package build

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/engine/bufpool/bufpooltest"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/exec/spill"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

const enough = 1000

func nullableColumn(id int, name string, t types.Type) plan.Column {
	return plan.Column{ID: expr.ColumnID(id), Name: name, Type: t, Nullable: true}
}

// reached is the rows that edges lead to from the edges that begin at 1: WITH RECURSIVE c(a, b) AS (SELECT a, b FROM edges
// WHERE a = 1 UNION SELECT e.a, e.b FROM c JOIN edges e ON e.a = c.b).
func reached(t *testing.T, seed, edges *table, distinct bool) *plan.Recursive {
	t.Helper()
	working := &plan.Working{ID: 7, Name: "c", Cols: plan.Schema{nullableColumn(91, "a", bigint), nullableColumn(92, "b", bigint)}}
	join := &plan.Join{Left: working, Right: edges.remote(), On: []expr.Expr{call(t, expr.Eq, edges.col(0), working.Cols[1].Ref())}}
	return &plan.Recursive{
		ID: 7, Name: "c", Distinct: distinct, Rounds: enough, Most: -1,
		Seed: filter(t, seed.remote(), seed.col(0), number(1)), Step: pickColumns(join, edges.cols[0], edges.cols[1]),
		Cols: plan.Schema{nullableColumn(93, "a", bigint), nullableColumn(94, "b", bigint)},
	}
}

// series counts from 1 to n.
func series(t *testing.T, n int64) *plan.Recursive {
	t.Helper()
	working := &plan.Working{ID: 1, Name: "s", Cols: plan.Schema{nullableColumn(2, "n", bigint)}}
	one := plan.Column{ID: 1, Name: "1", Type: bigint}
	step := &plan.Project{
		Input: &plan.Filter{Input: working, Conds: []expr.Expr{call(t, expr.Lt, working.Cols[0].Ref(), number(n))}},
		Exprs: []plan.Projection{define(3, "n", call(t, expr.Add, working.Cols[0].Ref(), number(1)))},
	}
	return &plan.Recursive{
		ID: 1, Name: "s", Rounds: enough, Most: -1, Cols: plan.Schema{nullableColumn(4, "n", bigint)},
		Seed: &plan.Values{Rows: [][]expr.Expr{{number(1)}}, Cols: plan.Schema{one}}, Step: step,
	}
}

func TestRecursive(t *testing.T) {
	rows := [][]any{{1, 2}, {2, 3}, {2, 4}, {4, 2}, {5, 6}, {3, nil}, {nil, 1}}
	seed, edges := newTable(11, "a b", rows...), newTable(21, "a b", rows...)
	expect(t, reached(t, seed, edges, true), false, "1 2", "2 3", "2 4", "3 NULL", "4 2")
	rows = slices.Delete(rows, 3, 4) // without the cycle
	seed, edges = newTable(11, "a b", rows...), newTable(21, "a b", append(rows, []any{2, 4})...)
	expect(t, reached(t, seed, edges, false), false, "1 2", "2 3", "2 4", "2 4", "3 NULL")
	expect(t, series(t, 5), true, "1", "2", "3", "4", "5")
}

// The side of a join that no round changes is read once.
func TestRecursiveReadsASourceOnce(t *testing.T) {
	var rows [][]any
	for i := range 50 {
		rows = append(rows, []any{i, i + 1})
	}
	seed, edges := newTable(11, "a b", rows...), newTable(21, "a b", rows...)
	stats := exec.NewStats()
	n := reached(t, seed, edges, false)
	got, err := run(t, n, Config{Parallelism: 3, Stats: stats})
	if err != nil || len(got) != 49 {
		t.Fatal(got, err)
	}
	if n := edges.started.Load(); n != 1 {
		t.Errorf("the table of edges was read %d times", n)
	}
	join := n.Step.Children()[0]
	if rows := stats.Node(join).Totals().Rows; rows != 48 {
		t.Errorf("the join's counter shows %d rows of all rounds", rows)
	}
}

func TestRecursiveEnds(t *testing.T) {
	for _, c := range []struct {
		n, rounds, most int64
		rows            int
		code            sqlerr.Code
	}{
		{n: 1000, rounds: 1000, most: -1, rows: 1000},
		{n: 1001, rounds: 1000, most: -1, code: sqlerr.RecursionDepth},
		{n: 1 << 40, rounds: 1000, most: 10, rows: 10},
		{n: 1 << 40, rounds: 3, most: 10, code: sqlerr.RecursionDepth},
		{n: 1 << 40, rounds: 0, most: 1, rows: 1},
		{n: 1, rounds: 0, most: -1, code: sqlerr.RecursionDepth},
		{n: 3, rounds: 9, most: 0, rows: 0},
	} {
		r := series(t, c.n)
		r.Rounds, r.Most = c.rounds, c.most
		got, err := run(t, r, Config{Parallelism: 2})
		if len(got) != c.rows || err == nil && c.code != 0 || err != nil && sqlerr.CodeOf(err) != c.code {
			t.Errorf("%+v: %d rows, %v", c, len(got), err)
		}
		// A limit above it changes nothing: all its rows are made.
		_, err = run(t, &plan.Limit{Input: r, Count: 1}, Config{Parallelism: 2})
		if err == nil && c.code != 0 || err != nil && sqlerr.CodeOf(err) != c.code {
			t.Errorf("%+v under a limit: %v", c, err)
		}
	}
}

// A batch that holds more rows than are wanted is cut.
func TestRecursiveEndsWithinABatch(t *testing.T) {
	rows := [][]any{{1, 2}, {1, 2}, {1, 3}, {2, 1}, {2, 4}, {3, 9}}
	for _, distinct := range []bool{false, true} {
		for most := range int64(6) {
			seed, edges := newTable(11, "a b", rows...), newTable(21, "a b", rows...)
			n := reached(t, seed, edges, distinct)
			n.Most = most
			got, err := run(t, n, Config{Parallelism: 1})
			if err != nil || int64(len(got)) != most {
				t.Errorf("distinct %v: %d rows of %d, %v", distinct, len(got), most, err)
			}
		}
	}
}

func TestRecursiveIsCancelled(t *testing.T) {
	n := series(t, 1<<60)
	n.Rounds = 1 << 60
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	streams, err := Build(n, Config{Parallelism: 2, Allocator: mem, Env: &expr.Env{Location: time.UTC}})
	if err != nil {
		t.Fatal(err)
	}
	root := exec.Gather(streams)
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if _, err := root.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := root.Close(); err != nil {
		t.Error(err)
	}
}

func TestRecursiveFails(t *testing.T) {
	broken := errors.New("the source is gone")
	seed, edges := newTable(11, "a b", []any{1, 2}), newTable(21, "a b", []any{2, 3})
	edges.fail = broken
	if _, err := run(t, reached(t, seed, edges, true), Config{Parallelism: 2}); !errors.Is(err, broken) {
		t.Error(err)
	}
	seed.fail, edges.fail = broken, nil
	if _, err := run(t, reached(t, seed, edges, true), Config{Parallelism: 2}); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// A random graph's closure, in ever less memory, against a search through it.
func TestRecursiveSpills(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	var rows [][]any
	const nodes = 700
	for range 4 * nodes {
		rows = append(rows, []any{r.IntN(nodes), r.IntN(nodes)})
	}
	rows = append(rows, []any{1, 2})
	want := search(rows)
	for _, limit := range []int64{0, 1 << 20, 1 << 18, 1 << 16} {
		seed, edges := newTable(11, "a b", rows...), newTable(21, "a b", rows...)
		stats := exec.NewStats()
		n := reached(t, seed, edges, true)
		got, err := run(t, n, Config{
			Parallelism: 2, BatchRows: 64, Stats: stats, Memory: exec.NewAccount(nil, limit, "memory.query"),
		})
		if err != nil {
			t.Fatalf("%d bytes: %v", limit, err)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%d bytes: %d rows, want %d", limit, len(got), len(want))
		}
		if spilled := stats.Node(n).Totals().Spilled; spilled == 0 && limit == 1<<16 || spilled > 0 && limit == 0 {
			t.Errorf("%d bytes: %d spilled", limit, spilled)
		}
	}
}

// search walks the edges from those at 1.
func search(rows [][]any) []string {
	next := make(map[any][]any)
	for _, r := range rows {
		if !slices.Contains(next[r[0]], r[1]) {
			next[r[0]] = append(next[r[0]], r[1])
		}
	}
	var out []string
	seen, work := map[any]bool{1: true}, []any{1}
	for len(work) > 0 {
		a := work[0]
		work = work[1:]
		for _, b := range next[a] {
			out = append(out, fmt.Sprint(a, b))
			if !seen[b] {
				seen[b] = true
				work = append(work, b)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Rounds of many rows that are all kept go to disk too, and keep their order.
func TestRecursiveSpillsAllRows(t *testing.T) {
	working := &plan.Working{ID: 1, Name: "c", Cols: plan.Schema{nullableColumn(91, "n", bigint), nullableColumn(92, "s", text)}}
	seed := newTable(11, "n s$")
	for i := range 300 {
		seed.splits[0] = append(seed.splits[0], []types.Value{types.IntValue(int64(i)), types.TextValue(strings.Repeat("x", 100))})
	}
	step := &plan.Project{
		Input: &plan.Filter{Input: working, Conds: []expr.Expr{call(t, expr.Lt, working.Cols[0].Ref(), number(9700))}},
		Exprs: []plan.Projection{define(95, "n", call(t, expr.Add, working.Cols[0].Ref(), number(300))), {Col: working.Cols[1], Expr: working.Cols[1].Ref()}},
	}
	n := &plan.Recursive{
		ID: 1, Name: "c", Rounds: enough, Most: -1, Seed: seed.remote(), Step: step,
		Cols: plan.Schema{nullableColumn(93, "n", bigint), nullableColumn(94, "s", text)},
	}
	for _, limit := range []int64{0, 1 << 17} {
		stats := exec.NewStats()
		got, err := run(t, pickColumns(n, n.Cols[0]), Config{
			Parallelism: 1, BatchRows: 128, Stats: stats, Memory: exec.NewAccount(nil, limit, "memory.query"),
		})
		if err != nil || len(got) != 10000-300+300 {
			t.Fatalf("%d bytes: %d rows, %v", limit, len(got), err)
		}
		for i, row := range got {
			if row != fmt.Sprint(i) {
				t.Fatalf("%d bytes: row %d is %s", limit, i, row)
			}
		}
		if spilled := stats.Node(n).Totals().Spilled; (spilled > 0) != (limit > 0) {
			t.Errorf("%d bytes: %d spilled", limit, spilled)
		}
	}
}

// A spill quota that is used up ends the query.
func TestRecursiveSpillQuota(t *testing.T) {
	dir, err := spill.Open(t.TempDir(), 1<<12)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	mem := bufpooltest.New()
	defer mem.AssertSize(t, 0)
	n := series(t, 1<<40)
	n.Rounds = 1 << 40
	account := exec.NewAccount(nil, 1<<14, "memory.query")
	streams, err := Build(n, Config{Parallelism: 1, Allocator: mem, Env: &expr.Env{Location: time.UTC}, Memory: account, Spill: dir})
	if err != nil {
		t.Fatal(err)
	}
	root := exec.Gather(streams)
	if _, err := root.Next(t.Context()); sqlerr.CodeOf(err) != sqlerr.OutOfSpill && sqlerr.CodeOf(err) != sqlerr.OutOfMemory {
		t.Error(err)
	}
	if err := root.Close(); err != nil {
		t.Error(err)
	}
	if account.Used() != 0 || dir.Used() != 0 {
		t.Errorf("%d bytes reserved, %d on disk", account.Used(), dir.Used())
	}
}
