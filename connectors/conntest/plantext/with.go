package plantext

import (
	"fmt"

	"github.com/silogate/silogate/engine/plan"
)

// bound is what a bind line makes, for the with above it.
type bound struct {
	plan.Node
	id int
}

// bind names its input for the reads after it.
func (p *Parser) bind(r *reader, input plan.Node) plan.Node {
	name := r.next().raw
	p.shared = append(p.shared, plan.CTE{ID: len(p.shared), Name: name, Plan: input})
	return bound{input, len(p.shared) - 1}
}

func (p *Parser) with(inputs []plan.Node) (plan.Node, error) {
	n := &plan.With{}
	for i, in := range inputs {
		b, binding := in.(bound)
		switch {
		case binding:
			n.Bindings = append(n.Bindings, p.shared[b.id])
		case i == 0 || i < len(inputs)-1:
			return nil, fmt.Errorf("with has bindings and one body")
		default:
			n.Body = in
		}
	}
	if n.Body == nil {
		return nil, fmt.Errorf("with has bindings and one body")
	}
	return n, nil
}

func (p *Parser) read(r *reader) (plan.Node, []named, error) {
	name := r.next().raw
	alias := name
	if r.peek().kind == word {
		alias = r.next().raw
	}
	for _, cte := range p.shared {
		if cte.Name != name {
			continue
		}
		n := &plan.CTERef{ID: cte.ID, Name: name}
		var scope []named
		for _, c := range cte.Plan.Schema() {
			c.ID = p.newID()
			n.Cols = append(n.Cols, c)
			scope = append(scope, named{alias, c.Ref()})
		}
		return n, scope, nil
	}
	return nil, nil, UnknownTable(name)
}
