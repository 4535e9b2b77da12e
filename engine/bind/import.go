package bind

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// importer turns one query of GMS's into a plan.
type importer struct {
	ctx    *sql.Context
	binder *Binder
	last   expr.ColumnID // the last id given out
	params []param
	local  *localSource
	system connectors.Source // of the databases that describe the gateway; nil: none is read
	own    bool              // see Leaf
	ctes   sharedCTEs
	nodes  int // imported
	// working are the recursions whose step is being imported, by the table that GMS has for their rows.
	working   map[sql.TableId]*plan.Recursive
	root      sql.Node
	variables *userVariables // that the query assigns; nil: none
	// operands are what stands below other expressions; nil before it is asked for.
	operands *operands
	origins  map[expr.ColumnID]origin
	anyOf    map[expr.ColumnID]expr.ColumnID // what columns of groups hold any value of
	// relations are the outermost ones with a name that have a column.
	relations map[expr.ColumnID]Relation
	writing   *writing                               // nil: the statement does not write
	scans     map[*gmsplan.ResolvedTable]*storedScan // of the tables that it may write; nil: it can't tell rows apart
	written   *writtenRow                            // nil: no row is being written
	kept      kept
	fills     bool // a table: the rows of the query have all their digits
}

// importQuery imports a validated query.
func (b *Binder) importQuery(ctx *sql.Context, n sql.Node) (*Leaf, error) {
	return b.importRows(ctx, n, false)
}

// importRows imports a validated query. fills: its rows go into a table.
func (b *Binder) importRows(ctx *sql.Context, n sql.Node, fills bool) (*Leaf, error) {
	variables, err := assignedIn(ctx, n)
	if err != nil {
		return nil, err
	}
	return settled(variables, func() (*Leaf, error) {
		im := b.newImporter(ctx, n, variables)
		im.fills = fills
		return im.leaf(n)
	})
}

func (b *Binder) newImporter(ctx *sql.Context, n sql.Node, variables *userVariables) *importer {
	return &importer{ctx: ctx, binder: b, ctes: countCTEs(ctx, n), working: make(map[sql.TableId]*plan.Recursive), root: n, variables: variables,
		origins: make(map[expr.ColumnID]origin), anyOf: make(map[expr.ColumnID]expr.ColumnID), relations: make(map[expr.ColumnID]Relation),
		kept: kept{make(map[*gmsplan.Project]bool), make(map[sql.ColumnId]bool)}}
}

// settled imports until the types of the variables that the statement assigns stay as they are.
func settled[T any](variables *userVariables, imported func() (T, error)) (T, error) {
	for widenings := 0; ; widenings++ {
		out, err := imported()
		if err != nil || variables == nil || !variables.widened {
			return out, err
		}
		variables.widened = false // and what reads them is imported anew
		if widenings == mostWidenings {
			variables.settle()
		}
	}
}

// mostWidenings is how often the types of the variables that a query assigns become wider: a type does a few times, and once more for each
// variable that it depends on in a row.
const mostWidenings = 16

// leaf imports the query.
func (im *importer) leaf(n sql.Node) (*Leaf, error) {
	ctx := im.ctx
	rel, err := im.blockOf(n, nil, im.fills)
	if err != nil {
		return nil, err
	}
	leaf := im.leafOf(rel.node)
	names := n.Schema(ctx)
	for i, c := range leaf.Plan.Schema() {
		col := *names[i]
		col.Type, col.Nullable = ToGMS(c.Type), c.Nullable
		if c.Type.Kind == types.Bool && col.Source != "" {
			col.Type = columnType(c.Type)
		}
		col.Default, col.Generated, col.OnUpdate = nil, nil, nil
		col.AutoIncrement, col.PrimaryKey = false, false
		leaf.Columns = append(leaf.Columns, &col)
	}
	leaf.Shown, err = im.shown(leaf.Plan)
	return leaf, err
}

// leafOf makes a Leaf of an imported query, which is not shown to a client yet.
func (im *importer) leafOf(n plan.Node) *Leaf {
	leaf := &Leaf{Plan: n, params: im.params, runner: im.binder.runner, own: im.own || im.variables != nil, writing: im.writing}
	if len(im.ctes.bindings) > 0 {
		leaf.Plan = &plan.With{Bindings: im.ctes.bindings, Body: n}
	}
	leaf.Local = im.locals()
	return leaf
}

// column is a column of an imported relation: the id and name that GMS's references to it have where the relation is
// visible, and what it is in the plan.
type column struct {
	id   sql.ColumnId // 0: can only be meant by name
	name string
	plan.Column
	value expr.Expr  // what a reference reads instead of the column, if not nil
	shown types.Type // of a quotient that keeps its digits; else the zero Type
}

// read is what a reference to the column is.
func (c *column) read() expr.Expr {
	if c.value != nil {
		return c.value
	}
	return c.asShown()
}

// relation is an imported node. Its columns are those of GMS's node by position; the plan node may have more, which the
// import added, in another order.
type relation struct {
	node     plan.Node
	cols     []column
	computed *computed // nil: nothing
	// rolledUp is set between a GROUP BY WITH ROLLUP and the end of its query block.
	rolledUp *rolledUp
	grouped  *groupRows // the same; nil without groups
	// inSubqueries are, up to there, the block's aggregates that stand in its subqueries.
	inSubqueries []column
}

// scope is what the expressions of a node can name: the columns of its input, aliases of the SELECT list it is in, then
// what the queries around it can.
type scope struct {
	rel     *relation
	aliases map[sql.ColumnId]expr.Expr
	outer   *scope
}

// find resolves a reference of GMS's. at is where the reference stands in a list that mirrors the input's columns, or -1:
// GMS leaves references to unnamed columns without an id.
func (s *scope) find(id sql.ColumnId, name string, at int) (expr.Expr, bool) {
	if id == 0 && at >= 0 && at < len(s.rel.cols) && strings.EqualFold(s.rel.cols[at].name, name) {
		return s.rel.cols[at].read(), true
	}
	for in := s; in != nil && id != 0; in = in.outer {
		for i := range in.rel.cols {
			if in.rel.cols[i].id == id {
				return in.rel.cols[i].read(), true
			}
		}
		if e, ok := in.aliases[id]; ok {
			return e, true
		}
	}
	if id != 0 {
		if value := s.aggregate(id); value != nil {
			return value, true
		}
	}
	for in := s; in != nil; in = in.outer {
		for _, list := range [][]column{in.rel.cols, in.rel.inSubqueries} {
			for i := range list {
				if c := &list[i]; c.id == 0 && strings.EqualFold(c.name, name) {
					return c.read(), true
				}
			}
		}
	}
	return nil, false
}

// newColumn returns a column of a fresh id that holds values of e.
func (im *importer) newColumn(name string, e expr.Expr) plan.Column {
	im.last++
	return plan.Column{ID: im.last, Name: name, Type: e.Type(), Nullable: e.Nullable()}
}

// exact returns the relation with nothing but its columns, each once, in order, as they are shown or with all their digits.
func (r relation) exact(im *importer, digits bool) relation {
	r.computed, r.rolledUp, r.grouped, r.inSubqueries = nil, nil, nil, nil
	schema := r.node.Schema()
	same := len(schema) == len(r.cols)
	for i := 0; same && i < len(schema); i++ {
		same = schema[i].ID == r.cols[i].ID && (digits || !r.cols[i].isDeep())
	}
	if same {
		return r
	}
	list := make([]plan.Projection, len(r.cols))
	cols := make([]column, len(r.cols))
	used := make(map[expr.ColumnID]bool, len(r.cols))
	for i, c := range r.cols {
		list[i] = plan.Projection{Col: c.Column, Expr: c.Ref()}
		cols[i] = column{id: c.id, name: c.name, shown: c.shown}
		if !digits {
			list[i].Expr, cols[i].shown = c.asShown(), types.Type{}
		}
		if used[c.ID] || list[i].Expr.Type() != c.Type {
			list[i].Col = im.newColumn(c.name, list[i].Expr)
		}
		used[c.ID] = true
		cols[i].Column = list[i].Col
	}
	node := r.node
	if below, ok := node.(*plan.Project); ok {
		node, list = mergeProjections(below, list)
	}
	return relation{node: &plan.Project{Input: node, Exprs: list}, cols: cols}
}

// mergeProjections reads the columns of list, if all are plain, from below itself, so that one projection does for two.
func mergeProjections(below *plan.Project, list []plan.Projection) (plan.Node, []plan.Projection) {
	defined := make(map[expr.ColumnID]expr.Expr, len(below.Exprs))
	for _, p := range below.Exprs {
		defined[p.Col.ID] = p.Expr
	}
	merged := make([]plan.Projection, len(list))
	for i, p := range list {
		source, ok := p.Expr.(*expr.Column)
		if !ok {
			return below, list
		}
		e := defined[source.ID]
		if _, plain := e.(*expr.Column); !plain && source.ID != p.Col.ID {
			return below, list // a second copy would compute the expression twice
		}
		merged[i] = plan.Projection{Col: p.Col, Expr: e}
	}
	return below.Input, merged
}

// renamed returns the relation under the ids and names that references from outside use. Fewer ids than columns leave
// the columns to be found by name.
func (r relation) renamed(ids sql.ColSet, names []string) relation {
	cols := make([]column, len(r.cols))
	copy(cols, r.cols)
	if ids.Len() == len(cols) {
		i := 0
		ids.ForEach(func(id sql.ColumnId) {
			cols[i].id = id
			i++
		})
	}
	for i, name := range names {
		if i < len(cols) {
			cols[i].name = name
			cols[i].Name = name
		}
	}
	r.cols = cols
	return r
}

func unsupported(what string) error {
	return sqlerr.New(sqlerr.Unsupported, "%s over federated tables: not supported yet", what)
}
