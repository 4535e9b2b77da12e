package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// What a unit of the server's cost and a byte sent take, in seconds: measured on one core, with the data in memory.
const (
	secondsPerCost = 5e-6
	secondsPerByte = 1 / 150e6
)

// Estimate implements connectors.Fragment. A query that computes anything is planned by the server, whose statistics know
// more; one with keys or parameters is not known before it runs.
func (f *fragment) Estimate(ctx context.Context) (connectors.Estimate, error) {
	scan, computed := bareScan(f.tree)
	if !computed {
		t := scan.Table
		width := 0.0
		for _, pos := range scan.Pos {
			width += columnWidth(&t.Columns[pos])
		}
		_, splits := f.plan(int(f.extra))
		bytes := t.Stats.Rows * width
		return connectors.Estimate{Rows: t.Stats.Rows, Bytes: bytes, StartCost: 0, Cost: bytes * secondsPerByte, Splits: splits}, nil
	}
	if unknown(f.tree) {
		return connectors.UnknownEstimate(), nil
	}
	if known, ok := f.estimates.get(f.estimateKey()); ok {
		return known, nil
	}
	out, err := f.explain(ctx)
	if comparesAggregates(f.tree, make(map[expr.ColumnID]bool)) {
		out.Rows, out.Bytes = math.NaN(), math.NaN() // of such conditions the server knows less than who knows the columns
	}
	if err == nil && !math.IsNaN(out.Cost) {
		f.estimates.put(f.estimateKey(), out)
	}
	return out, err
}

// estimateKey changes with the query and with what is known of its tables' sizes.
func (f *fragment) estimateKey() string {
	var b strings.Builder
	for _, t := range f.tables {
		fmt.Fprintf(&b, "%d ", t.Handle.(*relation).pages)
	}
	return b.String() + f.text
}

// comparesAggregates reports whether a condition reads what an aggregate yields, for which the server has a constant guess,
// whatever its columns' statistics. Found are the columns that are made of such.
func comparesAggregates(n plan.Node, found map[expr.ColumnID]bool) bool {
	for _, c := range n.Children() {
		if comparesAggregates(c, found) {
			return true
		}
	}
	reads := func(e expr.Expr) bool {
		any := false
		expr.Walk(e, func(e expr.Expr) bool {
			c, ok := e.(*expr.Column)
			any = any || ok && found[c.ID]
			return !any
		})
		return any
	}
	switch n := n.(type) {
	case *plan.Filter:
		return slices.ContainsFunc(n.Conds, reads)
	case *plan.Join:
		return slices.ContainsFunc(n.On, reads)
	case *plan.Aggregate:
		for _, a := range n.Aggs {
			found[a.Col.ID] = true
		}
	case *plan.Project:
		for _, p := range n.Exprs {
			found[p.Col.ID] = found[p.Col.ID] || reads(p.Expr)
		}
	}
	return false
}

// bareScan returns the scan of a tree that computes nothing, or true.
func bareScan(n plan.Node) (scan *plan.Scan, computed bool) {
	scan, ok := n.(*plan.Scan)
	return scan, !ok
}

// unknown reports whether the text of a tree has placeholders: keys, parameters, and instants of the session's zone.
func unknown(n plan.Node) bool {
	var list []expr.Expr
	switch n := n.(type) {
	case *plan.Keys:
		return true
	case *plan.Filter:
		list = n.Conds
	case *plan.Join:
		list = n.On
	case *plan.Project:
		for _, p := range n.Exprs {
			list = append(list, p.Expr)
		}
	case *plan.Aggregate:
		for _, g := range n.Groups {
			list = append(list, g.Expr)
		}
		for _, a := range n.Aggs {
			list = append(list, a.Args...)
		}
	case *plan.Limit:
		for _, k := range n.Keys {
			list = append(list, k.Expr)
		}
	}
	return slices.ContainsFunc(list, hasPlaceholder) || slices.ContainsFunc(n.Children(), unknown)
}

func hasPlaceholder(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.Param:
			found = true
		case *expr.Cast:
			found = found || sqlgen.IsInstant(e)
		}
		return !found
	})
	return found
}

// columnWidth is the bytes of a column's values in a message.
func columnWidth(c *plan.TableColumn) float64 {
	const length = 4
	if c.Stats.Known && !math.IsNaN(c.Stats.Width) {
		return c.Stats.Width + length
	}
	return 8 + length
}

// explain asks the server to plan the query.
func (f *fragment) explain(ctx context.Context) (connectors.Estimate, error) {
	var text []byte
	err := f.inMetadata(ctx, "plan a query", func(conn *pgx.Conn) error {
		rows, err := impatiently(ctx, conn, "EXPLAIN (FORMAT JSON) "+f.text)
		for _, row := range rows {
			text = append(text, row[0]...)
		}
		return err
	})
	if err != nil || text == nil {
		return connectors.UnknownEstimate(), err
	}
	var plans []struct{ Plan serverPlan }
	if err := json.Unmarshal(text, &plans); err != nil {
		return connectors.UnknownEstimate(), f.translate(ctx, err, "plan a query")
	}
	if len(plans) == 0 {
		return connectors.UnknownEstimate(), f.translate(ctx, errors.New("no plan"), "plan a query")
	}
	p := plans[0].Plan
	bytes := p.Rows * p.Width
	_, splits := f.plan(int(f.extra))
	looked := f.lookupsOf(&p, 1)
	return connectors.Estimate{Rows: p.Rows, Bytes: bytes, StartCost: p.Start * secondsPerCost,
		Cost: p.Total*secondsPerCost + looked.more + bytes*secondsPerByte, Lookups: looked.rows, Splits: splits}, nil
}
