package optimize

import (
	"context"
	"slices"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// windows arranges windows that stand on one another so that few sorts do for all: those of the same partitions and order
// become one, and one whose keys are the first of another's stands right above it, on rows that are in its order already.
// Keys of a partition may be sorted by in any order.
func windows(_ context.Context, _ *planner, root plan.Node) (plan.Node, error) {
	return arrange(root), nil
}

func arrange(n plan.Node) plan.Node {
	stack := stackOf(n)
	if len(stack) < 2 || !independent(stack) {
		return mapChildren(n, arrange)
	}
	out := arrange(stack[0].Input)
	for _, w := range arranged(merged(stack)) {
		w.Input = out
		out = w
	}
	return restore(out, n.Schema())
}

// stackOf lists the windows from n down, the lowest first.
func stackOf(n plan.Node) []*plan.Window {
	var stack []*plan.Window
	for w, ok := n.(*plan.Window); ok; w, ok = w.Input.(*plan.Window) {
		stack = append(stack, w)
	}
	slices.Reverse(stack)
	return stack
}

// independent reports whether no window reads what another computes.
func independent(stack []*plan.Window) bool {
	computed := make(set)
	for _, w := range stack {
		if overlaps(columnsOf(plan.Expressions(w)...), computed) {
			return false
		}
		for _, f := range w.Funcs {
			computed[f.Col.ID] = true
		}
	}
	return true
}

// merged makes one of the windows with the same partitions and order. The windows are new.
func merged(stack []*plan.Window) []*plan.Window {
	var out []*plan.Window
	for _, w := range stack {
		i := slices.IndexFunc(out, func(o *plan.Window) bool {
			return len(o.PartitionBy) == len(w.PartitionBy) && slices.EqualFunc(o.OrderBy, w.OrderBy, sameKey) &&
				!slices.ContainsFunc(w.PartitionBy, func(e expr.Expr) bool { return !contains(o.PartitionBy, e) }) &&
				!slices.ContainsFunc(o.PartitionBy, func(e expr.Expr) bool { return !contains(w.PartitionBy, e) })
		})
		if i >= 0 {
			out[i].Funcs = append(slices.Clone(out[i].Funcs), w.Funcs...)
			continue
		}
		m := *w
		out = append(out, &m)
	}
	return out
}

// arranged puts windows into an order from the lowest up in which each sort serves as many as it can.
func arranged(list []*plan.Window) []*plan.Window {
	size := func(w *plan.Window) int { return len(w.PartitionBy) + len(w.OrderBy) }
	slices.SortStableFunc(list, func(a, b *plan.Window) int { return size(b) - size(a) })
	var out []*plan.Window
	for len(list) > 0 {
		s := newSortOf(list[0])
		served := make(map[*plan.Window]bool)
		for i := len(list) - 1; i > 0; i-- { // the fewest keys first: they leave the others most freedom
			served[list[i]] = s.serves(list[i])
		}
		list[0].PartitionBy = keyExprs(s.keys[:len(list[0].PartitionBy)])
		var rest []*plan.Window
		for i, w := range list {
			if i == 0 || served[w] {
				out = append(out, w)
			} else {
				rest = append(rest, w)
			}
		}
		list = rest
	}
	return out
}

// sortOf is the sort that a window needs, as far as it is decided.
type sortOf struct {
	keys     []plan.SortKey
	fixed    int // keys whose place is decided, beside those of the order
	partKeys int
}

func newSortOf(w *plan.Window) *sortOf {
	s := &sortOf{partKeys: len(w.PartitionBy)}
	for _, e := range w.PartitionBy {
		s.keys = append(s.keys, plan.SortKey{Expr: e})
	}
	s.keys = append(s.keys, w.OrderBy...)
	return s
}

// serves reports whether the rows can be sorted so that they are in the order of another window too; then they will be,
// and the keys of that window's partition are in that order.
func (s *sortOf) serves(w *plan.Window) bool {
	if len(w.PartitionBy)+len(w.OrderBy) > len(s.keys) {
		return false
	}
	keys := slices.Clone(s.keys)
	// place decides on one of wanted for the key at a position.
	place := func(at int, wanted []plan.SortKey) bool {
		last := at + 1
		if at >= s.fixed && at < s.partKeys {
			last = s.partKeys
		}
		for i := at; i < last; i++ {
			if slices.ContainsFunc(wanted, func(k plan.SortKey) bool { return sameKey(k, keys[i]) }) {
				key := keys[i]
				keys = slices.Insert(slices.Delete(keys, i, i+1), at, key)
				return true
			}
		}
		return false
	}
	partition := make([]plan.SortKey, len(w.PartitionBy))
	for i, e := range w.PartitionBy {
		partition[i].Expr = e
	}
	for at := range partition {
		wanted := slices.DeleteFunc(slices.Clone(partition), func(k plan.SortKey) bool { // a key may stand in the order again
			return slices.ContainsFunc(keys[:at], func(placed plan.SortKey) bool { return sameKey(k, placed) })
		})
		if !place(at, wanted) {
			return false
		}
	}
	for i, k := range w.OrderBy {
		if !place(len(partition)+i, []plan.SortKey{k}) {
			return false
		}
	}
	s.keys = keys
	s.fixed = max(s.fixed, min(len(partition)+len(w.OrderBy), s.partKeys))
	w.PartitionBy = keyExprs(keys[:len(partition)])
	return true
}
