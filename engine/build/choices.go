package build

import (
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// Choices are what Build decides of a plan beside its nodes.
type Choices struct {
	Keys     map[*plan.Join][]expr.Expr     // the conjuncts of On by which rows are looked up in a hash table
	Narrowed map[*plan.Remote][]plan.Column // columns of remote scans whose keys joins tell while the query runs
}

// Choose returns what Build would decide of root with cfg, of which it needs Dynamic, Unnarrowed and Weights alone.
func Choose(root plan.Node, cfg Config) Choices {
	c := Choices{Keys: make(map[*plan.Join][]expr.Expr), Narrowed: make(map[*plan.Remote][]plan.Column)}
	c.add(&builder{cfg: cfg}, root)
	return c
}

func (c Choices) add(b *builder, n plan.Node) {
	if join, ok := n.(*plan.Join); ok {
		cond := b.split(join)
		c.Keys[join] = cond.keys
		for _, scans := range b.narrowed(join, cond) {
			for _, s := range scans {
				col := s.remote.Cols[s.at]
				if plan.Schema(c.Narrowed[s.remote]).Index(col.ID) < 0 {
					c.Narrowed[s.remote] = append(c.Narrowed[s.remote], col)
				}
			}
		}
	}
	for _, in := range n.Children() {
		c.add(b, in)
	}
}
