package bind

import (
	"context"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"

	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// node imports a relation of GMS's; outer is what the queries around it offer to it.
func (im *importer) node(n sql.Node, outer *scope) (relation, error) {
	if im.ctx.Err() != nil {
		return relation{}, context.Cause(im.ctx)
	}
	if im.nodes++; im.nodes > maxNodes {
		return relation{}, tooComplex(maxNodes)
	}
	switch n := n.(type) {
	case *gmsplan.ResolvedTable:
		return im.resolvedTable(n)
	case *gmsplan.TableAlias:
		rel, err := im.node(n.Child, outer)
		im.called(n.Name(), rel)
		aliased(rel.node, n.Name())
		if _, ok := n.Child.(*gmsplan.RecursiveTable); ok {
			return rel, err // whose columns are known by their names
		}
		return rel.renamed(n.Columns(), schemaNames(n.Schema(im.ctx))), err
	case *gmsplan.SubqueryAlias:
		return im.derivedTable(n, outer)
	case *gmsplan.ValueDerivedTable:
		return im.values(n)
	case *gmsplan.Project:
		rel, _, err := im.selectList(n, outer)
		return rel, err
	case *gmsplan.Filter:
		return im.filter(n.Child, n.Expression, false, outer)
	case *gmsplan.Having:
		return im.having(n, outer)
	case *gmsplan.JoinNode:
		return im.join(n, outer)
	case *gmsplan.GroupBy:
		return im.groupBy(n, nil, outer)
	case *aboveGroups:
		return im.aboveGroups(n, outer)
	case *gmsplan.Distinct:
		return im.distinct(n, outer)
	case *gmsplan.Sort:
		return im.sort(n, outer)
	case *gmsplan.Limit:
		return im.limit(n, outer)
	case *gmsplan.Offset:
		return im.offset(n, outer)
	case *gmsplan.SetOp:
		return im.setOp(n, outer)
	case *gmsplan.RecursiveCte:
		return im.recursive(n, outer)
	case *gmsplan.RecursiveTable:
		return im.workingTable(n)
	case *gmsplan.JSONTable:
		return im.jsonTable(n, outer)
	case sql.TableFunction:
		return im.localNode(n, sql.ColSet{})
	}
	return relation{}, unsupported(statementKind(n))
}

func schemaNames(s sql.Schema) []string {
	names := make([]string, len(s))
	for i, c := range s {
		names[i] = c.Name
	}
	return names
}

// resolvedTable imports a scan: of a federated table, of a table that GMS owns, or of the one row of a SELECT without
// FROM.
func (im *importer) resolvedTable(n *gmsplan.ResolvedTable) (relation, error) {
	t, ok := n.UnderlyingTable().(*table)
	if !ok {
		if isDual(n) {
			return relation{node: &plan.Values{Rows: [][]expr.Expr{{}}}}, nil
		}
		return im.localNode(n, n.Columns())
	}
	if t.system != nil {
		im.readsSystem(t.system)
	}
	scan := &plan.Scan{Site: t.site, Table: t.source}
	rel := relation{node: scan}
	for i, c := range t.source.Columns {
		im.last++
		col := plan.Column{ID: im.last, Name: c.Name, Type: c.Type, Nullable: c.Nullable}
		scan.Cols = append(scan.Cols, col)
		scan.Pos = append(scan.Pos, i)
		rel.cols = append(rel.cols, column{name: c.Name, Column: col})
		im.origins[col.ID] = origin{database: t.db, table: t, column: t.schema[i]}
	}
	im.called(t.name, rel)
	return rel.renamed(n.Columns(), nil), nil
}

// derivedTable imports a derived table, view or CTE reference.
func (im *importer) derivedTable(n *gmsplan.SubqueryAlias, outer *scope) (relation, error) {
	rel, err := im.cteOrQuery(n, outer)
	if err != nil {
		return relation{}, err
	}
	names := schemaNames(n.Schema(im.ctx))
	if err := uniqueColumns(n.Name(), names); err != nil {
		return relation{}, err
	}
	im.derived(n, names, rel)
	return rel.renamed(n.Columns(), names), nil
}

// uniqueColumns refuses two columns of one name in a derived table that the user wrote.
func uniqueColumns(table string, names []string) error {
	if strings.HasPrefix(table, ownName("")) {
		return nil
	}
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		key := strings.ToLower(name)
		if seen[key] {
			return sqlerr.New(sqlerr.DuplicateColumn, "Duplicate column name '%s'", name)
		}
		seen[key] = true
	}
	return nil
}

// values imports a VALUES table.
func (im *importer) values(n *gmsplan.ValueDerivedTable) (relation, error) {
	in := im.over(relation{node: &plan.Values{}}, nil)
	v := &plan.Values{}
	for _, tuple := range n.ExpressionTuples {
		row := make([]expr.Expr, len(tuple))
		for i, e := range tuple {
			x, err := in.expr(e)
			if err != nil {
				return relation{}, err
			}
			row[i] = x
		}
		v.Rows = append(v.Rows, row)
	}
	if _, grown := in.rel.node.(*plan.Values); !grown {
		return relation{}, unsupported("a subquery in VALUES")
	}
	rel := relation{node: v}
	for i, name := range schemaNames(n.Schema(im.ctx)) {
		column, err := im.unify(v.Rows, i, name)
		if err != nil {
			return relation{}, err
		}
		v.Cols = append(v.Cols, column.Column)
		rel.cols = append(rel.cols, column)
	}
	return rel.renamed(n.Columns(), nil), nil
}

// unify casts the i-th expression of every row to their common type.
func (im *importer) unify(rows [][]expr.Expr, i int, name string) (column, error) {
	list := make([]types.Type, len(rows))
	nullable := false
	for r := range rows {
		list[r] = rows[r][i].Type()
		nullable = nullable || rows[r][i].Nullable()
	}
	typ, err := expr.CommonType(list...)
	if err != nil {
		return column{}, err
	}
	for r := range rows {
		if rows[r][i], err = im.cast(rows[r][i], typ); err != nil {
			return column{}, err
		}
	}
	im.last++
	return column{name: name, Column: plan.Column{ID: im.last, Name: name, Type: typ, Nullable: nullable}}, nil
}

// selectList imports a SELECT list. It also returns what imported its expressions.
func (im *importer) selectList(n *gmsplan.Project, outer *scope) (relation, *expressions, error) {
	child, err := im.node(n.Child, outer)
	if err != nil {
		return relation{}, nil, err
	}
	return im.projectOver(projections(n), im.kept.lists[n], child, outer)
}

// projections are the expressions of a SELECT list.
func projections(n *gmsplan.Project) []sql.Expression {
	if isDual(n.Child) {
		// Where GMS computes subqueries below the list it also passes on the one column that its table of one row has.
		return slices.DeleteFunc(slices.Clone(n.Projections), isUnnamed)
	}
	return n.Projections
}

// isDual reports GMS's table of a SELECT without FROM.
func isDual(n sql.Node) bool {
	if above, ok := n.(*aboveGroups); ok {
		n = above.Node
	}
	t, ok := n.(*gmsplan.ResolvedTable)
	return ok && t.Name() == gmsplan.DualTableName && gmsplan.IsDualTable(t.Table) // which makes a session to look closer
}

// isUnnamed reports the column of the table of one row: no other is without a name.
func isUnnamed(e sql.Expression) bool {
	field, ok := e.(*expression.GetField)
	return ok && field.Name() == ""
}

// projectOver imports a SELECT list over a relation, whose quotients keep their digits if asked to; see selectList.
func (im *importer) projectOver(list []sql.Expression, digits bool, child relation, outer *scope) (relation, *expressions, error) {
	in := im.over(child, outer)
	out := relation{computed: child.computed, rolledUp: child.rolledUp, grouped: child.grouped, inSubqueries: child.inSubqueries}
	node := &plan.Project{}
	used := make(map[expr.ColumnID]bool, len(list))
	add := func(p plan.Projection) {
		used[p.Col.ID] = true
		node.Exprs = append(node.Exprs, p)
	}
	for i, e := range list {
		in.at = i
		x, err := in.expr(e)
		if err != nil {
			return relation{}, nil, err
		}
		c := column{name: nameOf(im.ctx, e)}
		if shown := x.Type(); digits {
			if x = expr.Inner(x); x.Type() != shown {
				c.shown = shown
			}
		}
		if id, ok := e.(sql.IdExpression); ok {
			c.id = id.Id()
		}
		if ref, ok := x.(*expr.Column); ok && !used[ref.ID] && in.rel.node.Schema().Index(ref.ID) >= 0 {
			c.Column = plan.Column{ID: ref.ID, Name: unnumbered(c.name), Type: ref.Typ, Nullable: ref.Null}
		} else {
			c.Column = im.newColumn(unnumbered(c.name), x)
			if ok && out.rolledUp != nil {
				out.rolledUp.named(c.ID, ref.ID)
			}
		}
		add(plan.Projection{Col: c.Column, Expr: x})
		out.grouped.computes(c.ID, x)
		out.cols = append(out.cols, c)
		if alias, ok := e.(*expression.Alias); ok && !alias.Unreferencable() {
			in.aliases[alias.Id()] = x // for the later subqueries of the list
			out.grouped.named(alias.Name(), c.Column)
		}
	}
	in.at = -1
	pass := func(c plan.Column) {
		if !used[c.ID] {
			add(plan.Projection{Col: c, Expr: c.Ref()})
		}
	}
	for _, c := range out.computed.columns() {
		pass(c)
	}
	for _, c := range child.passed() {
		pass(c)
	}
	if out.rolledUp != nil {
		pass(out.rolledUp.level)
	}
	node.Input = in.rel.node
	out.node = node
	return out, in, nil
}

// nameOf is the name of a projected expression.
func nameOf(ctx *sql.Context, e sql.Expression) string {
	if named, ok := e.(sql.Nameable); ok {
		return named.Name()
	}
	return gmsplan.AliasSubqueryString(ctx, e)
}

// filter imports a condition on rows, or on groups.
func (im *importer) filter(child sql.Node, cond sql.Expression, groups bool, outer *scope) (relation, error) {
	rel, err := im.node(child, outer)
	if err != nil {
		return relation{}, err
	}
	if err := im.inTurn(cond); err != nil {
		return relation{}, err
	}
	in := im.over(rel, outer)
	in.having = groups
	conds, err := in.conditions(cond)
	if err != nil {
		return relation{}, err
	}
	if groups {
		rel.grouped.having(conds)
	}
	rel.node = &plan.Filter{Input: in.rel.node, Conds: conds}
	return rel, nil
}

// sort imports an ORDER BY.
func (im *importer) sort(n *gmsplan.Sort, outer *scope) (relation, error) {
	rel, err := im.node(n.Child, outer)
	if err != nil {
		return relation{}, err
	}
	in := im.over(rel, outer)
	_, in.distinct = n.Child.(*gmsplan.Distinct)
	return in.sort(n.SortConditions)
}

// sort is the input in an order.
func (x *expressions) sort(conditions sql.SortConditions) (relation, error) {
	keys, err := x.sortKeys(conditions)
	if err != nil {
		return relation{}, err
	}
	x.rel.grouped.ordered(keys)
	rel := x.rel
	if len(keys) > 0 {
		rel.node = &plan.Sort{Input: rel.node, Keys: keys}
	}
	return rel, nil
}

func sortedBy(keys []plan.SortKey) []expr.Expr {
	list := make([]expr.Expr, len(keys))
	for i, k := range keys {
		list[i] = k.Expr
	}
	return list
}

// sortKeys imports the keys of an order but for constants, by which nothing is ordered.
func (x *expressions) sortKeys(conditions sql.SortConditions) ([]plan.SortKey, error) {
	var keys []plan.SortKey
	for _, c := range conditions {
		key, err := x.expr(c.Expr)
		if err != nil {
			return nil, err
		}
		if _, constant := key.(*expr.Literal); !constant {
			keys = append(keys, plan.SortKey{Expr: key, Desc: c.Order == sql.Descending})
		}
	}
	return keys, nil
}

// limit imports LIMIT, with the OFFSET below it.
func (im *importer) limit(n *gmsplan.Limit, outer *scope) (relation, error) {
	if n.CalcFoundRows {
		return relation{}, unsupported("SQL_CALC_FOUND_ROWS")
	}
	rel, err := im.node(n.Child, outer)
	if err != nil {
		return relation{}, err
	}
	count, err := im.rowCount(n.Limit)
	if err != nil {
		return relation{}, err
	}
	rel.node = limited(rel.node, count)
	return rel, nil
}

// limited puts a limit on n, with the offset that n may be.
func limited(n plan.Node, count int64) plan.Node {
	if below, ok := n.(*plan.Limit); ok && below.Count < 0 {
		return &plan.Limit{Input: below.Input, Offset: below.Offset, Count: count}
	}
	return &plan.Limit{Input: n, Count: count}
}

func (im *importer) offset(n *gmsplan.Offset, outer *scope) (relation, error) {
	rel, err := im.node(n.Child, outer)
	if err != nil {
		return relation{}, err
	}
	offset, err := im.rowCount(n.Offset)
	if err != nil {
		return relation{}, err
	}
	rel.node = &plan.Limit{Input: rel.node, Offset: offset, Count: -1}
	return rel, nil
}

// rowCount evaluates the number of a LIMIT or OFFSET, which is a literal or a procedure's parameter.
func (im *importer) rowCount(e sql.Expression) (int64, error) {
	v, err := e.Eval(im.ctx, nil)
	if err != nil {
		return 0, err
	}
	i, _, err := gmstypes.Int64.Convert(im.ctx, v)
	if err != nil {
		return 0, err
	}
	count, ok := i.(int64)
	if !ok || count < 0 {
		return 0, sql.ErrInvalidSyntax.New("negative limit")
	}
	return count, nil
}

// statementKind names a node of GMS's without an importer of its own by its first word, as EXPLAIN prints it.
func statementKind(n sql.Node) string {
	name, _, _ := strings.Cut(strings.TrimSpace(n.String()), "\n")
	name, _, _ = strings.Cut(name, "(")
	return name
}
