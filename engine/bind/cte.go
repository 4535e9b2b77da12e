package bind

import (
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/silogate/silogate/engine/plan"
)

// sharedCTEs finds the references to one CTE. GMS puts a copy of the CTE's tree at each of them: the copies have one text
// and one set of table ids, which two derived tables that were written separately never do.
type sharedCTEs struct {
	references map[string]int // by cteKey
	bound      map[string]int // cteKey -> index of bindings
	bindings   []plan.CTE
	ids        int // given out
}

// cteKey identifies the query of a derived table; "" if it can't be shared: it reads the queries around it, gives another
// result each time, or reads no table.
func cteKey(ctx *sql.Context, n *gmsplan.SubqueryAlias) string {
	if !n.Correlated.Empty() || n.Volatile || n.IsLateral {
		return ""
	}
	var key strings.Builder
	transform.InspectWithOpaque(ctx, n.Child, func(_ *sql.Context, n sql.Node) bool {
		switch n.(type) {
		case *gmsplan.ResolvedTable, *gmsplan.RecursiveCte:
			if id := n.(gmsplan.TableIdNode).Id(); id != 0 {
				key.WriteString(strconv.Itoa(int(id)))
				key.WriteByte(' ')
			}
		}
		return true
	})
	if key.Len() == 0 {
		return ""
	}
	key.WriteString(n.TextDefinition)
	return key.String()
}

// next is a new id.
func (s *sharedCTEs) next() int {
	s.ids++
	return s.ids - 1
}

// countCTEs counts the references to each shareable query. Inside a shared one nothing is counted twice.
func countCTEs(ctx *sql.Context, n sql.Node) sharedCTEs {
	s := sharedCTEs{references: make(map[string]int), bound: make(map[string]int)}
	s.count(ctx, n)
	return s
}

func (s *sharedCTEs) count(ctx *sql.Context, n sql.Node) {
	transform.InspectWithOpaque(ctx, n, func(ctx *sql.Context, n sql.Node) bool {
		if e, ok := n.(sql.Expressioner); ok {
			for _, e := range e.Expressions() {
				inspectSubqueries(ctx, e, func(sq *gmsplan.Subquery) { s.count(ctx, sq.Query) })
			}
		}
		alias, ok := n.(*gmsplan.SubqueryAlias)
		if !ok {
			return true
		}
		key := cteKey(ctx, alias)
		if key == "" {
			return true
		}
		s.references[key]++
		return s.references[key] == 1
	})
}

// cteOrQuery imports the query of a derived table, or a reference to it where another has the same.
func (im *importer) cteOrQuery(n *gmsplan.SubqueryAlias, outer *scope) (relation, error) {
	key := cteKey(im.ctx, n)
	if key == "" || im.ctes.references[key] < 2 {
		return im.block(n.Child, outer)
	}
	at, ok := im.ctes.bound[key]
	if !ok {
		rel, err := im.block(n.Child, nil)
		if err != nil {
			return relation{}, err
		}
		at = len(im.ctes.bindings)
		im.ctes.bound[key] = at
		im.ctes.bindings = append(im.ctes.bindings, plan.CTE{ID: im.ctes.next(), Name: n.Name(), Plan: rel.node})
	}
	binding := im.ctes.bindings[at]
	ref := &plan.CTERef{ID: binding.ID, Name: binding.Name}
	rel := relation{node: ref}
	for _, c := range binding.Plan.Schema() {
		col := im.newColumn(c.Name, c.Ref())
		ref.Cols = append(ref.Cols, col)
		rel.cols = append(rel.cols, column{name: c.Name, Column: col})
	}
	return rel, nil
}
