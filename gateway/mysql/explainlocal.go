package mysql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	gmsplan "github.com/dolthub/go-mysql-server/sql/plan"
	gmstypes "github.com/dolthub/go-mysql-server/sql/types"
	vitess "github.com/dolthub/vitess/go/mysql"

	"github.com/silogate/silogate/engine"
	"github.com/silogate/silogate/engine/bind"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
)

// explainLocal explains a statement that GMS runs, and runs nothing: writes, and queries of its own tables.
func (s *statement) explainLocal(n *gmsplan.DescribeQuery) error {
	if n.Format.Analyze {
		return sqlerr.New(sqlerr.Unsupported, "EXPLAIN ANALYZE measures queries of sources' tables, scratch tables and constants; this statement runs in the gateway itself")
	}
	o := outliner{s}
	d, err := o.outline(n.Query())
	if err != nil {
		return err
	}
	return s.explain(engine.Outlined(d), bind.ExplainsJSON(n))
}

// outliner describes trees of GMS's, and the plans of the engine that stand in them.
type outliner struct{ *statement }

func (o outliner) outline(n sql.Node) (*plan.Description, error) {
	if leaf, ok := n.(*bind.Leaf); ok {
		prepared, err := o.server.plan(o.ctx, leaf, o.server.cfg.Shadow.Bars(func() string { return o.digest(leaf) }))
		if err != nil {
			return nil, err
		}
		return prepared.Explain().Plan(), nil
	}
	d, err := o.node(n)
	if err != nil {
		return nil, err
	}
	e, ok := n.(sql.Expressioner)
	if !ok {
		return d, nil
	}
	var queries []sql.Node
	for _, e := range e.Expressions() {
		sql.Inspect(o.ctx, e, func(_ *sql.Context, e sql.Expression) bool {
			if sq, ok := e.(*gmsplan.Subquery); ok {
				queries = append(queries, sq.Query)
				return false
			}
			return true
		})
	}
	for _, q := range queries {
		in, err := o.outline(q)
		if err != nil {
			return nil, err
		}
		d.Inputs = append(d.Inputs, plan.Outline(engine.Subquery, "Subquery", nil, in))
	}
	return d, nil
}

// node is outline without the subqueries in the node's own expressions.
func (o outliner) node(n sql.Node) (*plan.Description, error) {
	if in, ok := passed(n); ok {
		return o.outline(in)
	}
	operator, operation, properties, children := o.step(n)
	d := plan.Outline(operator, operation, properties)
	if rt, ok := n.(*gmsplan.ResolvedTable); ok {
		if t, ok := rt.UnderlyingTable().(bind.Stored); ok {
			d.Estimate = &plan.Statistics{Rows: t.Describe(o.ctx).Stats.Rows, Bytes: plan.Unknown}
		}
	}
	for _, c := range children {
		in, err := o.outline(c)
		if err != nil {
			return nil, err
		}
		d.Inputs = append(d.Inputs, in)
	}
	return d, nil
}

// passed returns what a node passes on that tells nobody anything.
func passed(n sql.Node) (sql.Node, bool) {
	switch n := n.(type) {
	case *gmsplan.Project: // of an INSERT's rows, to its columns
		switch n.Child.(type) {
		case *gmsplan.Values, *bind.Leaf:
			return n.Child, true
		}
	case *gmsplan.Filter: // which bind gives a DELETE without a condition
		if always, ok := n.Expression.(*expression.Literal); ok && always.Value() == true {
			return n.Child, true
		}
	case *gmsplan.UpdateSource:
		return n.Child, true
	case *gmsplan.UpdateJoin:
		return n.Child, true
	case *gmsplan.TableAlias:
		return n.Child, true
	case *gmsplan.SubqueryAlias:
		return n.Child, true
	case *gmsplan.ForeignKeyHandler:
		return n.OriginalNode, true
	}
	return nil, false
}

// step says what a node does, over which others.
func (o outliner) step(n sql.Node) (operator, operation string, properties map[string]any, children []sql.Node) {
	tables := func(verb string, of ...sql.Node) (string, map[string]any) {
		var names []string
		for _, t := range of {
			names = append(names, o.tablesIn(t)...)
		}
		slices.Sort(names)
		names = slices.Compact(names)
		return verb + strings.Join(names, ", "), map[string]any{"tables": names}
	}
	children = n.Children()
	switch n := n.(type) {
	case *gmsplan.InsertInto:
		operator, operation = "insert", "Insert into "
		if n.IsReplace {
			operator, operation = "replace", "Replace into "
		}
		children = []sql.Node{n.Source}
		operation, properties = tables(operation, n.Destination)
		if n.OnDupExprs.HasUpdates() {
			properties["on_duplicate_key_update"] = true
			operation += " (on duplicate key update)"
		}
	case *gmsplan.Update:
		operator = "update"
		targets := []sql.Node{n.Child}
		if join := joinOf(n.Child); join != nil {
			targets = targets[:0]
			for _, t := range join.UpdateTargets {
				targets = append(targets, t)
			}
		}
		operation, properties = tables("Update ", targets...)
	case *gmsplan.DeleteFrom:
		operator = "delete"
		operation, properties = tables("Delete from ", n.GetDeleteTargets()...)
	case *gmsplan.ResolvedTable:
		if gmsplan.IsDualTable(n.Table) {
			return "values", "Values: 1 rows", map[string]any{"row_count": 1}, nil
		}
		operator, children = "table_scan", nil
		operation, properties = tables("Table scan on ", n)
	case *gmsplan.IndexedTableAccess:
		operator, children = "index_lookup", nil
		operation, properties = tables("Index lookup on ", n)
	case *gmsplan.Values:
		operator, operation = "values", fmt.Sprintf("Values: %d rows", len(n.ExpressionTuples))
		properties = map[string]any{"row_count": len(n.ExpressionTuples)}
	case *gmsplan.Filter:
		var conditions []string
		for _, e := range expression.SplitConjunction(o.ctx, n.Expression) {
			conditions = append(conditions, o.inWords(e))
		}
		operator, operation = "filter", "Filter "+strings.Join(conditions, " AND ")
		properties = map[string]any{"conditions": conditions}
	case *gmsplan.JoinNode:
		operator, operation = "join", "Join"
		if n.Filter != nil {
			operation += " on " + o.inWords(n.Filter)
			properties = map[string]any{"on": []string{o.inWords(n.Filter)}}
		}
	default:
		operation, _, _ = strings.Cut(n.String(), "\n")
		operation, _, _ = strings.Cut(operation, "(")
		operator = strings.ToLower(operation)
	}
	return operator, operation, properties, children
}

// inWords is an expression in one line. GMS prints those with subqueries as trees, or with the text that it was given.
func (o outliner) inWords(e sql.Expression) string {
	line, _, _ := strings.Cut(o.withoutQueries(e).String(), "\n")
	return line
}

// withoutQueries puts a word in the place of each subquery.
func (o outliner) withoutQueries(e sql.Expression) sql.Expression {
	word := func(text string) sql.Expression { return expression.NewGetField(0, gmstypes.Null, text, true) }
	switch e := e.(type) {
	case *gmsplan.Subquery:
		return word("(subquery)")
	case *gmsplan.InSubquery:
		return word("(" + o.inWords(e.LeftChild) + " IN (subquery))")
	case *gmsplan.ExistsSubquery:
		return word("EXISTS (subquery)")
	}
	children := slices.Clone(e.Children())
	for i, c := range children {
		children[i] = o.withoutQueries(c)
	}
	if plain, err := e.WithChildren(o.ctx, children...); err == nil {
		return plain
	}
	return e
}

// joinOf is the join that an UPDATE writes tables of; nil: it writes one.
func joinOf(n sql.Node) *gmsplan.UpdateJoin {
	for n != nil {
		if join, ok := n.(*gmsplan.UpdateJoin); ok {
			return join
		}
		in, ok := passed(n)
		if !ok {
			return nil
		}
		n = in
	}
	return nil
}

// tablesIn names the tables of a relation with their databases, without those of subqueries.
func (o outliner) tablesIn(n sql.Node) (names []string) {
	if t, ok := n.(sql.TableNode); ok {
		if db := t.Database(); db != nil && db.Name() != "" {
			return []string{db.Name() + "." + t.UnderlyingTable().Name()}
		}
		return []string{t.UnderlyingTable().Name()}
	}
	if in, ok := passed(n); ok {
		return o.tablesIn(in)
	}
	for _, c := range n.Children() {
		names = append(names, o.tablesIn(c)...)
	}
	return names
}

// explainConnection is EXPLAIN FOR CONNECTION: nobody keeps the plan of a statement under way for others.
func (s *statement) explainConnection(id uint64) error {
	for _, p := range s.server.gms.ProcessList.Processes() {
		if uint64(p.Connection) != id {
			continue
		}
		switch {
		case p.User != s.ctx.Client().User && !s.server.has(s.ctx, sql.PrivilegeType_Process):
			return sqlerr.New(sqlerr.AccessDenied, "Access denied; you need (at least one of) the PROCESS privilege(s) for this operation")
		case p.Command != sql.ProcessCommandQuery:
			return vitess.NewSQLError(3012, vitess.SSUnknownSQLState, "EXPLAIN FOR CONNECTION command is supported only for SELECT/UPDATE/INSERT/DELETE/REPLACE")
		}
		return sqlerr.New(sqlerr.Unsupported, "EXPLAIN FOR CONNECTION is not supported: the plan is that of EXPLAIN for the statement's text")
	}
	return vitess.NewSQLError(vitess.ERNoSuchThread, vitess.SSUnknownSQLState, "Unknown thread id: %d", id)
}
