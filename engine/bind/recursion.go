package bind

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// recursive imports a recursive common table expression. As in MySQL its columns have the types of the non-recursive part,
// into which the recursive one is stored, and are nullable.
func (im *importer) recursive(n *gmsplan.RecursiveCte, outer *scope) (relation, error) {
	seed, err := im.operand(n.Left(), outer)
	if err != nil {
		return relation{}, err
	}
	rounds, err := im.sessionNumber("cte_max_recursion_depth")
	if err != nil {
		return relation{}, err
	}
	union := n.Union()
	node := &plan.Recursive{
		ID: im.ctes.next(), Name: n.Name(), Seed: seed.node, Distinct: union.Distinct, Rounds: rounds, Most: -1,
	}
	rel := relation{node: node}
	names := schemaNames(n.Schema(im.ctx))
	for i, c := range seed.cols {
		col := im.newColumn(names[i], c.Ref())
		col.Nullable = true
		node.Cols = append(node.Cols, col)
		rel.cols = append(rel.cols, column{name: names[i], Column: col})
	}
	if union.Limit != nil {
		if node.Most, err = im.rowCount(union.Limit); err != nil {
			return relation{}, err
		}
	}
	// A copy of the tree, at another reference, has a working table of the same id.
	id := n.Working.Id()
	around := im.working[id]
	im.working[id] = node
	step, err := im.operand(n.Right(), outer)
	im.working[id] = around
	if err != nil {
		return relation{}, err
	}
	if node.Step, err = im.stored(step, node.Cols); err != nil {
		return relation{}, err
	}
	return rel.renamed(n.Columns(), nil), nil
}

// workingTable imports a recursive reference. GMS tells nobody what ids it gives the columns of one, so they are known by
// their names; a query block has only one such reference.
func (im *importer) workingTable(n *gmsplan.RecursiveTable) (relation, error) {
	of := im.working[n.Id()]
	if of == nil {
		return relation{}, sqlerr.New(sqlerr.Internal, "recursive CTE %s is read outside of its recursion", n.Name())
	}
	node := &plan.Working{ID: of.ID, Name: of.Name}
	rel := relation{node: node}
	for _, c := range of.Cols {
		col := im.newColumn(c.Name, c.Ref())
		node.Cols = append(node.Cols, col)
		rel.cols = append(rel.cols, column{name: c.Name, Column: col})
	}
	return rel, nil
}

// stored brings a relation to the types of columns: as in MySQL what does not fit is an error in strict mode, and
// otherwise cut.
func (im *importer) stored(rel relation, cols plan.Schema) (plan.Node, error) {
	strict := sql.LoadSqlMode(im.ctx).Strict()
	node := &plan.Project{Input: rel.node}
	changed := false
	for i, c := range rel.cols {
		p := plan.Projection{Col: c.Column, Expr: c.Ref()}
		if to := cols[i]; c.Type != to.Type {
			e, err := im.store(c.Ref(), to, strict)
			if err != nil {
				return nil, err
			}
			p = plan.Projection{Col: im.newColumn(c.name, e), Expr: e}
			changed = true
		}
		node.Exprs = append(node.Exprs, p)
	}
	if !changed {
		return rel.node, nil
	}
	return node, nil
}

func (im *importer) store(e expr.Expr, to plan.Column, strict bool) (expr.Expr, error) {
	if to.Type.Kind == types.Null {
		return nil, sqlerr.New(sqlerr.DataTooLong,
			"Data too long for column '%s': it is NULL in the non-recursive part and has no type; CAST(NULL AS ...) gives it one", to.Name)
	}
	if strict {
		out, err := expr.NewStore(e, to.Type, to.Name)
		if !isNoKernel(err) {
			return out, err
		}
	}
	return im.cast(e, to.Type)
}

// sessionNumber is the value of an integer system variable.
func (im *importer) sessionNumber(name string) (int64, error) {
	v, err := im.ctx.GetSessionVariable(im.ctx, name)
	if err != nil {
		return 0, err
	}
	switch n := v.(type) {
	case int64:
		return n, nil
	case uint64:
		return int64(min(n, math.MaxInt64)), nil
	}
	return 0, sqlerr.New(sqlerr.Internal, "system variable %s is a %T", name, v)
}

// recursions checks the recursive common table expressions of a statement by MySQL's rules, of which GMS knows few, and
// prepares them for GMS, which passes over an OFFSET.
func recursions(stmt sqlparser.SQLNode) error {
	return Walk(func(n sqlparser.SQLNode) (bool, error) {
		with, ok := n.(*sqlparser.With)
		if !ok || with == nil || !with.Recursive {
			return true, nil
		}
		var all []*sqlparser.CommonTableExpr
		for _, cte := range with.Ctes {
			more, err := recursion(cte)
			if err != nil {
				return false, err
			}
			all = append(all, more...)
		}
		with.Ctes = all
		return true, nil
	}, stmt)
}

// recursion checks one common table expression and returns what it becomes.
func recursion(cte *sqlparser.CommonTableExpr) ([]*sqlparser.CommonTableExpr, error) {
	keep := []*sqlparser.CommonTableExpr{cte}
	body, ok := cte.Expr.(*sqlparser.Subquery)
	name := cte.As.String()
	if !ok || !references(body.Select, name).any() {
		return keep, nil
	}
	union, ok := body.Select.(*sqlparser.SetOp)
	if !ok {
		return nil, sqlerr.New(sqlerr.RecursionUnion, "Recursive Common Table Expression '%s' should contain a UNION", name)
	}
	if len(union.OrderBy) > 0 {
		return nil, notYet("ORDER BY over UNION in recursive Common Table Expression")
	}
	if err := recursiveBlocks(union, name); err != nil {
		return nil, err
	}
	if union.Limit == nil || union.Limit.Offset == nil {
		return keep, nil
	}
	return skipping(cte, union)
}

// notYet is the error of what MySQL does not do either.
func notYet(what string) error {
	return sqlerr.New(sqlerr.Unsupported, "This version of MySQL doesn't yet support '%s'", what)
}

// skipping takes the OFFSET out of a recursive CTE: the recursion becomes one of another name, of which the CTE selects the
// rows.
func skipping(cte *sqlparser.CommonTableExpr, union *sqlparser.SetOp) ([]*sqlparser.CommonTableExpr, error) {
	slice := union.Limit
	hidden := sqlparser.NewTableIdent("silogate_" + cte.As.String())
	offset, known := literalCount(slice.Offset)
	count, also := literalCount(slice.Rowcount)
	if !known || !also {
		return nil, sqlerr.New(sqlerr.Unsupported, "a parameter as the LIMIT or OFFSET of recursive CTE %s is not supported yet", cte.As.String())
	}
	most := offset + min(count, math.MaxInt64) // both may be as large as they get
	if most < offset || most > math.MaxInt64 {
		most = math.MaxInt64
	}
	union.Limit = &sqlparser.Limit{Rowcount: sqlparser.NewIntVal(strconv.AppendUint(nil, most, 10))}
	// Nothing but a recursive reference has the name: the rules are checked.
	_ = sqlparser.Walk(func(n sqlparser.SQLNode) (bool, error) {
		if from, ok := n.(*sqlparser.AliasedTableExpr); ok && isReference(from, cte.As.String()) {
			if from.As.IsEmpty() {
				from.As = cte.As
			}
			from.Expr = sqlparser.TableName{Name: hidden}
		}
		return true, nil
	}, union)
	inner := *cte.AliasedTableExpr
	inner.As = hidden
	outer := *cte.AliasedTableExpr
	outer.Expr = &sqlparser.Subquery{Select: &sqlparser.Select{
		SelectExprs: sqlparser.SelectExprs{&sqlparser.StarExpr{}},
		From: sqlparser.TableExprs{&sqlparser.AliasedTableExpr{
			Auth: sqlparser.AuthInformation{AuthType: sqlparser.AuthType_IGNORE},
			Expr: sqlparser.TableName{Name: hidden},
		}},
		Limit: slice,
	}}
	return []*sqlparser.CommonTableExpr{
		{AliasedTableExpr: &inner, Columns: cte.Columns},
		{AliasedTableExpr: &outer, Columns: slices.Clone(cte.Columns)},
	}, nil
}

// literalCount is the number of a LIMIT or OFFSET that is written out.
func literalCount(e sqlparser.Expr) (uint64, bool) {
	v, ok := e.(*sqlparser.SQLVal)
	if !ok || v.Type != sqlparser.IntVal {
		return 0, false
	}
	n, err := strconv.ParseUint(string(v.Val), 10, 64)
	return n, err == nil
}

// member is a query block of a union and how it is appended to those before it.
type member struct {
	block sqlparser.SelectStatement
	all   bool
}

// members lists the blocks of a chain of unions.
func members(s sqlparser.SelectStatement, all bool, name string) []member {
	union, ok := s.(*sqlparser.SetOp)
	if !ok || !references(union.Right, name).any() && !references(union.Left, name).any() {
		return []member{{s, all}}
	}
	return append(members(union.Left, all, name), member{union.Right, union.Type == sqlparser.UnionAllStr})
}

// recursiveBlocks checks the query blocks of a recursive union.
func recursiveBlocks(union *sqlparser.SetOp, name string) error {
	list := members(union, true, name)
	first := slices.IndexFunc(list, func(m member) bool { return references(m.block, name).any() })
	if first == 0 {
		return sqlerr.New(sqlerr.RecursionSeed,
			"Recursive Common Table Expression '%s' should have one or more non-recursive query blocks followed by one or more recursive ones", name)
	}
	for _, m := range list[first:] {
		if err := recursiveBlock(m.block, name); err != nil {
			return err
		}
		if !m.all && list[len(list)-1].all {
			return notYet("recursive query blocks with UNION DISTINCT then UNION ALL, in recursive Common Table Expression")
		}
	}
	return nil
}

func recursiveBlock(s sqlparser.SelectStatement, name string) error {
	for {
		paren, ok := s.(*sqlparser.ParenSelect)
		if !ok {
			break
		}
		s = paren.Select
	}
	refs := references(s, name)
	block, ok := s.(*sqlparser.Select)
	switch {
	case !refs.any():
		return sqlerr.New(sqlerr.RecursionSeed,
			"Recursive Common Table Expression '%s' should have one or more non-recursive query blocks followed by one or more recursive ones", name)
	case !ok || refs.nested > 0 || refs.direct > 1:
		return sqlerr.New(sqlerr.RecursionReference,
			"In recursive query block of Recursive Common Table Expression '%s', the recursive table must be referenced only once, and not in any subquery", name)
	case refs.optional > 0:
		return sqlerr.New(sqlerr.RecursionOuterJoin,
			"In recursive query block of Recursive Common Table Expression '%s', the recursive table must neither be in the right argument of a LEFT JOIN, nor be forced to be non-first with join order hints", name)
	case len(block.GroupBy) > 0 || len(aggregatesIn(partsOverGroups(block)...)) > 0 || len(windowFunctions(partsOverGroups(block)...)) > 0:
		return sqlerr.New(sqlerr.RecursionAggregate,
			"Recursive Common Table Expression '%s' can contain neither aggregation nor window functions in recursive query block", name)
	case block.QueryOpts.Distinct || len(block.OrderBy) > 0 || block.Limit != nil:
		return notYet("ORDER BY / LIMIT / SELECT DISTINCT in recursive query block of Common Table Expression")
	}
	return nil
}

// recursiveRefs counts the references of a statement to a table's name.
type recursiveRefs struct {
	direct   int // in its own FROM
	optional int // of these, on the inner side of an outer join
	nested   int // in subqueries and derived tables
}

func (r recursiveRefs) any() bool { return r.direct+r.nested > 0 }

// references counts the references to a name in a query, but for those that mean a CTE of that name inside of it.
func references(s sqlparser.SelectStatement, name string) recursiveRefs {
	var r recursiveRefs
	switch s := s.(type) {
	case *sqlparser.ParenSelect:
		return references(s.Select, name)
	case *sqlparser.SetOp:
		if hides(s.With, name) {
			return r
		}
		left, right := references(s.Left, name), references(s.Right, name)
		return recursiveRefs{left.direct + right.direct, left.optional + right.optional, left.nested + right.nested}
	case *sqlparser.Select:
		if hides(s.With, name) {
			return r
		}
		for _, from := range s.From {
			r.from(from, name, false)
		}
		r.subqueries(s, name)
	}
	return r
}

// hides reports whether a WITH clause gives the name another meaning.
func hides(with *sqlparser.With, name string) bool {
	return with != nil && slices.ContainsFunc(with.Ctes, func(c *sqlparser.CommonTableExpr) bool {
		return strings.EqualFold(c.As.String(), name)
	})
}

// from counts the references in a table expression.
func (r *recursiveRefs) from(e sqlparser.TableExpr, name string, optional bool) {
	switch e := e.(type) {
	case *sqlparser.JoinTableExpr:
		r.from(e.LeftExpr, name, optional || isRightJoin(e.Join) || e.Join == sqlparser.FullOuterJoinStr)
		r.from(e.RightExpr, name, optional || isLeftJoin(e.Join) || e.Join == sqlparser.FullOuterJoinStr)
	case *sqlparser.ParenTableExpr:
		for _, inner := range e.Exprs {
			r.from(inner, name, optional)
		}
	case *sqlparser.AliasedTableExpr:
		if isReference(e, name) {
			r.direct++
			if optional {
				r.optional++
			}
		}
	}
}

func isLeftJoin(join string) bool {
	return join == sqlparser.LeftJoinStr || join == sqlparser.NaturalLeftJoinStr
}

func isRightJoin(join string) bool {
	return join == sqlparser.RightJoinStr || join == sqlparser.NaturalRightJoinStr
}

func isReference(e *sqlparser.AliasedTableExpr, name string) bool {
	table, ok := e.Expr.(sqlparser.TableName)
	return ok && table.DbQualifier.IsEmpty() && strings.EqualFold(table.Name.String(), name)
}

// subqueries counts the references in the subqueries, derived tables and CTEs of a query block.
func (r *recursiveRefs) subqueries(s *sqlparser.Select, name string) {
	_ = Walk(func(n sqlparser.SQLNode) (bool, error) {
		if sub, ok := n.(*sqlparser.Subquery); ok {
			in := references(sub.Select, name)
			r.nested += in.direct + in.nested
			return false, nil
		}
		return true, nil
	}, s)
}
