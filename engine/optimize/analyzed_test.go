package optimize

import (
	"errors"
	"log/slog"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// analyzedTable is a table t(a, b) of 1,000 rows by its source, and what was found out of it.
func analyzedTable(t *testing.T) (*plan.Scan, *Analyzed) {
	t.Helper()
	scan := read(t, "scan t\n").(*plan.Scan)
	scan.Table.Version = "v1"
	a := NewAnalyzed(scan.Site, scan.Table, 700)
	for i := range 2 {
		a = a.With(&scan.Table.Columns[i], plan.ColumnStatistics{
			Known: true, Distinct: []float64{7, plan.Unknown}[i], NullFrac: 0.25, Width: 8,
			Min: types.IntValue(1), Max: types.IntValue(7), HasRange: true,
			Common: []plan.CommonValue{{Value: types.IntValue(3), Share: 0.5}}, Bounds: []types.Value{types.IntValue(1), types.IntValue(7)},
		})
	}
	return scan, a
}

func keepAnalyzed(cache *StatsCache, scan *plan.Scan, a *Analyzed) {
	cache.Update(scan.Site, scan.Table, func(*Analyzed) *Analyzed { return a })
}

// What was analyzed counts for its version alone, in this process and the next.
func TestAnalyzedCounts(t *testing.T) {
	keeper, log := newMemoryKeeper(), slog.New(slog.DiscardHandler)
	scan, analyzed := analyzedTable(t)
	cache := NewStatsCache(keeper, log)
	check := func(what string, cache *StatsCache, rows float64, origin plan.Origin) {
		t.Helper()
		filter := &plan.Filter{Input: scan, Conds: read(t, "filter (= t.a 3)\n  scan t\n").(*plan.Filter).Conds}
		if got := NewEstimator(nil, cache, nil).Node(t.Context(), filter); got.Rows != rows || got.Origin != origin {
			t.Errorf("%s: %+v, want %v rows", what, got, rows)
		}
	}
	guessed := NewEstimator(nil, nil, nil).Node(t.Context(), read(t, "filter (= t.a 3)\n  scan t\n")).Rows
	check("not analyzed", cache, guessed, "")
	keepAnalyzed(cache, scan, analyzed)
	check("analyzed", cache, 350, plan.Analyzed)
	next := NewStatsCache(keeper, log)
	check("the next process", next, 350, plan.Analyzed)
	scan.Table.Version = "v2"
	check("another version", next, guessed, "")
	scan.Table.Version = ""
	check("no version", next, guessed, "")
	scan.Table.Version = "v1"
	scan.Site.Principal = "another"
	check("another user", next, 350, plan.Analyzed)
	scan.Table.Location = "another:"
	check("another place", next, guessed, "")
}

// A join of what was analyzed is a guess.
func TestOriginOfJoins(t *testing.T) {
	cache := NewStatsCache(nil, nil)
	join := read(t, "join inner (= t.b u.x)\n  scan t\n  scan u\n").(*plan.Join)
	scan := join.Left.(*plan.Scan)
	scan.Table.Version = "v1"
	keepAnalyzed(cache, scan, NewAnalyzed(scan.Site, scan.Table, 700))
	e := NewEstimator(nil, cache, nil)
	if got := e.Node(t.Context(), scan); got.Rows != 700 || got.Origin != plan.Analyzed {
		t.Errorf("the table: %+v", got)
	}
	limit := &plan.Limit{Input: scan, Count: 5}
	for _, n := range []plan.Node{join, limit} {
		if got := e.Node(t.Context(), n); got.Origin != "" {
			t.Errorf("%T: %+v", n, got)
		}
	}
}

func TestAnalyzedIsKeptWhole(t *testing.T) {
	scan, a := analyzedTable(t)
	wide := decimal256.New(1<<63, 2, 3, 4)
	a = a.With(&plan.TableColumn{Name: "d", Type: types.NewDecimal(65, 30)}, plan.ColumnStatistics{
		Known: true, Distinct: 2, Min: types.Value{Dec: wide}, Max: types.Value{Dec: wide.Negate()}, HasRange: true,
	})
	a = a.With(&plan.TableColumn{Name: "s", Type: types.Of(types.Text)}, plan.ColumnStatistics{
		Known: true, Distinct: 2, Common: []plan.CommonValue{{Value: types.TextValue("\xff\x00é"), Share: 1}, {Value: types.FloatValue(-math.MaxFloat64)}},
	})
	data, err := a.encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeAnalyzed(data)
	if err != nil {
		t.Fatal(err)
	}
	b := got.Columns["b"]
	if !math.IsNaN(b.Distinct) {
		t.Errorf("%v distinct values", b.Distinct)
	}
	for _, x := range []*Analyzed{a, got} { // NaN equals nothing
		c := x.Columns["b"]
		c.Distinct = 0
		x.Columns["b"] = c
	}
	if !reflect.DeepEqual(got, a) {
		t.Errorf("got  %+v\nwant %+v", got, a)
	}
	if _, ok := a.Column(&plan.TableColumn{Name: "a", Type: types.Of(types.Text)}); ok {
		t.Error("a column of another type has statistics")
	}
	if scan.Table.Columns[0].Name != "a" {
		t.Fatal(scan.Table.Columns)
	}
}

// What can't be read is dropped, what can't be kept is known to this process; both are said.
func TestAnalyzedOfBrokenKeeper(t *testing.T) {
	keeper := newMemoryKeeper()
	scan, a := analyzedTable(t)
	data, err := a.encode()
	if err != nil {
		t.Fatal(err)
	}
	keeper.kept[analyzedKey+"moved"] = data
	keeper.kept[a.key()] = data[1:]
	keeper.kept["another's"] = nil
	var said strings.Builder
	cache := NewStatsCache(keeper, slog.New(slog.NewTextHandler(&said, nil)))
	if n := cache.analyzed.Len(); n != 0 || len(keeper.kept) != 1 {
		t.Errorf("%d tables known, %d kept", n, len(keeper.kept))
	}
	keeper.err = errors.New("disk full")
	keepAnalyzed(cache, scan, a)
	if n := cache.analyzed.Len(); n != 1 || strings.Count(said.String(), "\n") != 3 {
		t.Errorf("%d tables known; said\n%s", n, said.String())
	}
}

func TestAnalyzedIsBounded(t *testing.T) {
	keeper := newMemoryKeeper()
	cache := NewStatsCache(keeper, slog.New(slog.DiscardHandler))
	for i := range mostTables + 10 {
		scan := &plan.Scan{Table: &plan.Table{Name: plan.TableName{Name: string(rune('A' + i))}, Version: "v"}}
		keepAnalyzed(cache, scan, NewAnalyzed(scan.Site, scan.Table, 1))
	}
	if len(keeper.kept) != mostTables || cache.analyzed.Len() != mostTables {
		t.Errorf("%d tables kept, %d known", len(keeper.kept), cache.analyzed.Len())
	}
}
