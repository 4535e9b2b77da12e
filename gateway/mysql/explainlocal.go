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
	if w, ok := n.(*bind.Write); ok {
		return o.write(w)
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
		d, err := o.outline(in)
		if alias, ok := n.(*gmsplan.TableAlias); ok && err == nil {
			if tables, ok := d.Properties["tables"].([]string); ok && len(tables) == 1 {
				d.Properties["alias"] = calledIn(tables[0], alias.Name())
			}
		}
		return d, err
	}
	d, children := o.step(n)
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
	case *gmsplan.TableAlias:
		return n.Child, true
	case *gmsplan.SubqueryAlias:
		return n.Child, true
	}
	return nil, false
}

// step says what a node does, and over which others.
func (o outliner) step(n sql.Node) (d *plan.Description, children []sql.Node) {
	switch n := n.(type) {
	case *gmsplan.ResolvedTable:
		if gmsplan.IsDualTable(n.Table) {
			return plan.Outline("values", "Values: 1 rows", map[string]any{"row_count": 1}), nil
		}
		return o.read("table_scan", "Table scan on ", n), nil
	case *gmsplan.IndexedTableAccess:
		return o.read("index_lookup", "Index lookup on ", n), nil
	case *gmsplan.Values:
		rows := len(n.ExpressionTuples)
		return plan.Outline("values", fmt.Sprintf("Values: %d rows", rows), map[string]any{"row_count": rows}), n.Children()
	case *gmsplan.Filter:
		var conditions []string
		for _, e := range expression.SplitConjunction(o.ctx, n.Expression) {
			conditions = append(conditions, o.inWords(e))
		}
		return plan.Outline("filter", "Filter "+strings.Join(conditions, " AND "), map[string]any{"conditions": conditions}), n.Children()
	case *gmsplan.JoinNode:
		if n.Filter == nil {
			return plan.Outline("join", "Join", nil), n.Children()
		}
		on := o.inWords(n.Filter)
		return plan.Outline("join", "Join on "+on, map[string]any{"on": []string{on}}), n.Children()
	}
	operation, _, _ := strings.Cut(n.String(), "\n") // what GMS has no words for but these: Name(details)
	operation, _, _ = strings.Cut(operation, "(")
	return plan.Outline(strings.ToLower(operation), operation, nil), n.Children()
}

// write describes a write and the query that it is of.
func (o outliner) write(w *bind.Write) (*plan.Description, error) {
	verb := map[bind.WriteKind]string{bind.Insert: "Insert into ", bind.Replace: "Replace into ", bind.Update: "Update ", bind.Delete: "Delete from "}[w.Kind]
	var tables, called []string
	for _, t := range w.Tables {
		tables, called = append(tables, t.Name.String()), append(called, calledIn(t.Name.String(), t.Alias))
	}
	slices.Sort(tables)
	slices.Sort(called)
	tables = slices.Compact(tables)
	properties := map[string]any{"tables": tables, "targets": called}
	operation := verb + strings.Join(tables, ", ")
	if w.Amends {
		properties["on_duplicate_key_update"] = true
		operation += " (on duplicate key update)"
	}
	d := plan.Outline(string(w.Kind), operation, properties)
	if w.Source != nil {
		in, err := o.outline(w.Source)
		if err != nil {
			return nil, err
		}
		d.Inputs = append(d.Inputs, in)
		return d, nil
	}
	values := plan.Outline("values", fmt.Sprintf("Values: %d rows", w.Rows), map[string]any{"row_count": w.Rows})
	for _, leaf := range w.Subqueries {
		in, err := o.outline(leaf)
		if err != nil {
			return nil, err
		}
		values.Inputs = append(values.Inputs, plan.Outline(engine.Subquery, "Subquery", nil, in))
	}
	d.Inputs = append(d.Inputs, values)
	return d, nil
}

// read reads a table.
func (o outliner) read(operator, verb string, n sql.TableNode) *plan.Description {
	tables, _ := o.tablesIn(n)
	d := plan.Outline(operator, verb+strings.Join(tables, ", "), map[string]any{"tables": tables})
	if rt, ok := n.(*gmsplan.ResolvedTable); ok {
		if t, ok := rt.UnderlyingTable().(bind.Stored); ok {
			d.Estimate = &plan.Statistics{Rows: t.Describe(o.ctx).Stats.Rows, Bytes: plan.Unknown}
		}
	}
	return d
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

// tablesIn names the tables of a relation with their databases, without those of subqueries, and as the statement calls each.
func (o outliner) tablesIn(n sql.Node) (names, called []string) {
	if t, ok := n.(sql.TableNode); ok {
		name := t.UnderlyingTable().Name()
		if db := t.Database(); db != nil && db.Name() != "" {
			name = db.Name() + "." + name
		}
		return []string{name}, []string{name}
	}
	in, ok := passed(n)
	if !ok {
		for _, c := range n.Children() {
			below, aliases := o.tablesIn(c)
			names, called = append(names, below...), append(called, aliases...)
		}
		return names, called
	}
	names, called = o.tablesIn(in)
	if alias, ok := n.(*gmsplan.TableAlias); ok {
		called = []string{calledIn(names[0], alias.Name())}
	}
	return names, called
}

// calledIn is what a statement calls a table to which it gives an alias, which may be the table's own name.
func calledIn(table, alias string) string {
	if strings.EqualFold(table[strings.LastIndexByte(table, '.')+1:], alias) {
		return table
	}
	return strings.ToLower(alias)
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
