package optimize

import (
	"context"
	"slices"

	"github.com/silogate/silogate/engine/plan"
)

// order removes sorts whose order nothing above keeps, and DISTINCT over rows that already differ. Where expressions assign what others
// read, every order may be seen.
func order(_ context.Context, _ *planner, root plan.Node) (plan.Node, error) {
	if !plan.Stateful(root) {
		root = unsorted(root, true)
	}
	return transform(root, distinctTwice), nil
}

// unsorted removes the sorts of n; the topmost one stays if the order of n's rows is seen.
func unsorted(n plan.Node, seen bool) plan.Node {
	switch n := n.(type) {
	case *plan.Sort:
		if !seen {
			return unsorted(n.Input, false)
		}
		return n.WithChildren([]plan.Node{unsorted(n.Input, false)})
	case *plan.Limit:
		return n.WithChildren([]plan.Node{unsorted(n.Input, len(n.Keys) == 0)})
	case *plan.Project, *plan.Filter:
		return mapChildren(n, func(c plan.Node) plan.Node { return unsorted(c, seen) })
	case *plan.With:
		m := n.WithChildren(n.Children()).(*plan.With)
		for i, b := range m.Bindings {
			m.Bindings[i].Plan = unsorted(b.Plan, false)
		}
		m.Body = unsorted(n.Body, seen)
		return m
	}
	return mapChildren(n, func(c plan.Node) plan.Node { return unsorted(c, false) })
}

// distinctTwice replaces DISTINCT over rows without duplicates by a projection. A key that may be NULL does not do: a
// table can hold NULL more than once.
func distinctTwice(n plan.Node) plan.Node {
	agg, ok := n.(*plan.Aggregate)
	if !ok || len(agg.Aggs) > 0 || len(agg.Groups) == 0 {
		return n
	}
	in := agg.Input.Schema()
	kept := make(set)
	for _, id := range passedColumns(agg.Groups) {
		i := in.Index(id)
		kept[id] = i >= 0 && !in[i].Nullable
	}
	_, grouped := agg.Input.(*plan.Aggregate) // whose keys differ as wholes, NULLs included
	if grouped {
		for id := range kept {
			kept[id] = true
		}
	}
	differ := slices.ContainsFunc(uniqueKeys(agg.Input), func(k set) bool {
		for id := range k {
			if !kept[id] {
				return false
			}
		}
		return true
	})
	if !differ {
		return n
	}
	return &plan.Project{Input: agg.Input, Exprs: agg.Groups}
}
