package bind

import (
	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/silogate/silogate/engine/plan"
)

// sharedCTEs finds the references to one CTE. GMS puts the CTE's tree at each of them: derived tables of one query are references to
// one CTE.
type sharedCTEs struct {
	references map[sql.Node]int // by the derived table's query
	bound      map[sql.Node]int // the same -> index of bindings
	bindings   []plan.CTE
	columns    [][]column // of each binding
	ids        int        // given out
	sizes      sizes
}

// smallCTE is how many nodes a CTE that reads no table may have to be bound at each reference: what is constant there is known to the
// optimizer.
const smallCTE = 64

// isShareable reports whether a derived table can be bound once for all references: it does not read the queries around it nor gives
// another result each time.
func (s *sharedCTEs) isShareable(ctx *sql.Context, n *gmsplan.SubqueryAlias) bool {
	if !n.Correlated.Empty() || n.Volatile || n.IsLateral {
		return false
	}
	return s.sizes.of(ctx, n) > smallCTE || readsTable(ctx, n.Child)
}

// readsTable reports whether a query reads more than constants, outside of the subqueries in its expressions.
func readsTable(ctx *sql.Context, n sql.Node) bool {
	found := false
	seenQueries{}.inspect(ctx, n, func(_ *sql.Context, n sql.Node) bool {
		switch n := n.(type) {
		case *gmsplan.ResolvedTable, *gmsplan.RecursiveCte:
			found = found || n.(gmsplan.TableIdNode).Id() != 0
		}
		return !found
	})
	return found
}

// next is a new id.
func (s *sharedCTEs) next() int {
	s.ids++
	return s.ids - 1
}

// countCTEs counts the references to each query, up to 2. Inside a shared one nothing is counted twice.
func countCTEs(ctx *sql.Context, n sql.Node) sharedCTEs {
	s := sharedCTEs{references: make(map[sql.Node]int), bound: make(map[sql.Node]int), sizes: make(sizes)}
	s.count(ctx, n, make(seenQueries))
	return s
}

func (s *sharedCTEs) count(ctx *sql.Context, n sql.Node, seen seenQueries) {
	transform.InspectWithOpaque(ctx, n, func(ctx *sql.Context, n sql.Node) bool {
		if e, ok := n.(sql.Expressioner); ok {
			for _, e := range e.Expressions() {
				inspectSubqueries(ctx, e, func(sq *gmsplan.Subquery) {
					if seen.firstQuery(sq) {
						s.count(ctx, sq.Query, seen)
					}
				})
			}
		}
		alias, ok := n.(*gmsplan.SubqueryAlias)
		if !ok {
			return true
		}
		known := s.references[alias.Child]
		s.references[alias.Child] = min(known+1, 2)
		if known == 1 && !s.isShareable(ctx, alias) {
			s.count(ctx, alias.Child, make(seenQueries))
		}
		return known == 0
	})
}

// cteOrQuery imports the query of a derived table, or a reference to it where another has the same.
func (im *importer) cteOrQuery(n *gmsplan.SubqueryAlias, outer *scope) (relation, error) {
	at, ok := im.ctes.bound[n.Child]
	if !ok {
		shared := im.ctes.references[n.Child] >= 2 && im.ctes.isShareable(im.ctx, n)
		if shared {
			outer = nil
		}
		rel, err := im.blockOf(n.Child, outer, im.variables == nil && im.isMerged(n))
		if err != nil {
			return relation{}, err
		}
		eager := im.variables != nil && n.Correlated.Empty() && !n.IsLateral && plan.Stateful(rel.node)
		if !shared && !eager {
			return rel, nil
		}
		at = len(im.ctes.bindings)
		im.ctes.bound[n.Child] = at
		im.ctes.bindings = append(im.ctes.bindings, plan.CTE{ID: im.ctes.next(), Name: n.Name(), Plan: rel.node, Eager: eager})
		im.ctes.columns = append(im.ctes.columns, rel.cols)
	}
	binding := im.ctes.bindings[at]
	ref := &plan.CTERef{ID: binding.ID, Name: binding.Name}
	rel := relation{node: ref}
	for i, c := range binding.Plan.Schema() {
		col := im.newColumn(c.Name, c.Ref())
		ref.Cols = append(ref.Cols, col)
		rel.cols = append(rel.cols, column{name: c.Name, Column: col, shown: im.ctes.columns[at][i].shown})
	}
	return rel, nil
}
