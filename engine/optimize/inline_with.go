package optimize

import (
	"context"

	"github.com/silogate/silogate/engine/plan"
)

// inlineWith puts a CTE that is read once in the place of its read, and drops one that is never read. Inside the inner
// side of an Apply or the step of a recursion, which run many times, a volatile CTE stays shared. An eager one stays what it is.
func inlineWith(_ context.Context, _ *planner, root plan.Node) (plan.Node, error) {
	in := &inliner{reads: make(map[int]int), repeated: make(map[int]bool), plans: make(map[int]plan.Node)}
	in.count(root, false)
	return in.inline(root), nil
}

type inliner struct {
	reads    map[int]int
	repeated map[int]bool // read inside an Apply's inner side or a recursion's step
	plans    map[int]plan.Node
}

func (in *inliner) count(n plan.Node, repeated bool) {
	switch n := n.(type) {
	case *plan.CTERef:
		in.reads[n.ID]++
		in.repeated[n.ID] = in.repeated[n.ID] || repeated
	case *plan.Apply:
		in.count(n.Outer, repeated)
		in.count(n.Inner, true)
		return
	case *plan.Recursive:
		in.count(n.Seed, repeated)
		in.count(n.Step, true)
		return
	}
	for _, c := range n.Children() {
		in.count(c, repeated)
	}
}

func (in *inliner) inline(n plan.Node) plan.Node {
	switch n := n.(type) {
	case *plan.CTERef:
		if bound, ok := in.plans[n.ID]; ok {
			return renamed(bound, n.Cols)
		}
		return n
	case *plan.With:
		var kept []plan.CTE
		for _, b := range n.Bindings {
			if in.reads[b.ID] == 0 && !b.Eager {
				in.forget(b.Plan)
				continue
			}
			b.Plan = in.inline(b.Plan)
			if in.reads[b.ID] == 1 && !b.Eager && (!in.repeated[b.ID] || !volatile(b.Plan)) {
				in.plans[b.ID] = b.Plan
				continue
			}
			kept = append(kept, b)
		}
		body := in.inline(n.Body)
		if len(kept) == 0 {
			return body
		}
		return &plan.With{Bindings: kept, Body: body}
	}
	return mapChildren(n, in.inline)
}

// forget takes back the reads of a plan that is dropped. A CTE that only it read, bound before it, stays for the next
// run of the rule.
func (in *inliner) forget(n plan.Node) {
	walk(n, func(n plan.Node) {
		if ref, ok := n.(*plan.CTERef); ok {
			in.reads[ref.ID]--
		}
	})
}
