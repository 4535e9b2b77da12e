package build

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// listedShare is how many rows of a scan are expected for each key that is sent along with it: with fewer, the keys take as
// many bytes as they may save.
const listedShare = 2

// told is what a join tells scans of its keys.
type told struct {
	keys    int                         // of how many keys
	listed  int                         // the most of their values that are listed
	onBuilt func(columns []arrow.Array) // the join calls it when its build side is complete; nil if there is no such scan
}

// target is a column of a scan that is told of a key.
type target struct {
	column *expr.Column
	filter *exec.ScanFilter
	most   int // values that are listed for it
}

// fulfil tells the column of the values of a key, and of the set of them.
func (t target) fulfil(key types.Type, values arrow.Array, set *rowkey.Set) {
	// What cannot be expressed is only a missed chance.
	conds, _ := exec.KeyConds(t.column, key, values)
	list, _ := exec.ListKeys(t.column.Typ, key, values, t.most)
	t.filter.Fulfil(conds, connectors.ColumnKeys{Column: t.column.ID, Set: set, Values: list})
}

// narrowed finds, by key of a join, the columns of the remote scans that its probe keys come from: those that the join
// can tell of the keys of its build side.
func (b *builder) narrowed(n *plan.Join, cond joinCondition) [][]scanColumn {
	if b.cfg.Dynamic == DynamicOff || !drops(n) {
		return nil
	}
	probe := n.Left
	if n.BuildLeft {
		probe = n.Right
	}
	buildKeys, probeKeys := cond.sides(n)
	scans := make([][]scanColumn, len(probeKeys))
	for i, e := range probeKeys {
		col, ok := e.(*expr.Column)
		if ok && cond.fields[i].IsStrict() && exec.Comparable(col.Typ, buildKeys[i].Type()) {
			scans[i] = slices.DeleteFunc(scansOf(probe, col.ID), func(s scanColumn) bool {
				return b.cfg.Unnarrowed != nil && b.cfg.Unnarrowed(s.remote.Site.Source)
			})
		}
	}
	return scans
}

// promise connects a join with the scans that it narrows.
func (b *builder) promise(n *plan.Join, cond joinCondition) (p told) {
	buildKeys, _ := cond.sides(n)
	scans := b.narrowed(n, cond)
	targets := make([][]target, len(scans)) // by key
	for i := range scans {
		for _, s := range scans[i] {
			t := target{s.column(), b.filterOf(s.remote), b.mostKeys(s.remote)}
			t.filter.Promise()
			targets[i] = append(targets[i], t)
			p.listed += t.most
		}
		if len(targets[i]) > 0 {
			p.keys++
		}
	}
	if p.keys == 0 || b.cfg.Dynamic == DynamicLate {
		return told{} // promised and never kept: the filter stays unready
	}
	p.onBuilt = func(columns []arrow.Array) {
		for i, of := range targets {
			if len(of) == 0 {
				continue
			}
			var set *rowkey.Set
			if columns != nil {
				set = rowkey.NewSet(cond.fields[i], columns[i])
			}
			for _, t := range of {
				if columns == nil {
					t.filter.Fulfil(nil)
				} else {
					t.fulfil(buildKeys[i].Type(), columns[i], set)
				}
			}
		}
	}
	return p
}

func (b *builder) filterOf(n *plan.Remote) *exec.ScanFilter {
	f := b.filters[n]
	if f == nil {
		f = exec.NewScanFilter()
		b.filters[n] = f
	}
	return f
}

// mostKeys is how many values of a key pay to be sent along with a scan.
func (b *builder) mostKeys(n *plan.Remote) int {
	lister, ok := n.Fragment.(connectors.KeyLister)
	if !ok || b.cfg.Estimate == nil {
		return 0
	}
	if rows := b.cfg.Estimate(b.origin(n)).Rows; rows > 0 {
		return int(min(float64(lister.MostKeys()), rows/listedShare))
	}
	return 0
}

// drops reports whether probe rows without a match are not in the result.
func drops(n *plan.Join) bool {
	if n.BuildLeft {
		return n.Kind != plan.Full && !(n.Kind == plan.NullAnti || n.Kind == plan.Mark && n.NullAware)
	}
	return n.Kind == plan.Inner || n.Kind == plan.Semi
}

// scanColumn is a column of a remote scan.
type scanColumn struct {
	remote *plan.Remote
	at     int // its position
}

// column reads it by the fragment's own id.
func (s scanColumn) column() *expr.Column { return s.remote.Fragment.Schema()[s.at].Ref() }

// scansOf finds the scans whose rows may be dropped by their value of column id without changing other rows of n.
func scansOf(n plan.Node, id expr.ColumnID) []scanColumn {
	switch n := n.(type) {
	case *plan.Remote:
		at := n.Cols.Index(id)
		if at < 0 || at >= len(n.Fragment.Schema()) {
			return nil
		}
		return []scanColumn{{n, at}}
	case *plan.Filter:
		return scansOf(n.Input, id)
	case *plan.Sort:
		return scansOf(n.Input, id)
	case *plan.Project:
		return scansOfProjection(n.Input, n.Exprs, id)
	case *plan.Aggregate:
		return scansOfProjection(n.Input, n.Groups, id)
	case *plan.Join:
		if n.Left.Schema().Index(id) >= 0 && n.Kind != plan.Full {
			return scansOf(n.Left, id)
		}
		if n.Kind == plan.Inner && n.Right.Schema().Index(id) >= 0 {
			return scansOf(n.Right, id)
		}
	case *plan.Union:
		at := n.Cols.Index(id)
		if at < 0 {
			return nil
		}
		var all []scanColumn
		for _, in := range n.Inputs {
			all = append(all, scansOf(in, in.Schema()[at].ID)...)
		}
		return all
	}
	return nil
}

func scansOfProjection(input plan.Node, list []plan.Projection, id expr.ColumnID) []scanColumn {
	for _, p := range list {
		if c, ok := p.Expr.(*expr.Column); ok && p.Col.ID == id {
			return scansOf(input, c.ID)
		}
	}
	return nil
}
