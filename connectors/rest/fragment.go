package rest

import (
	"context"
	"fmt"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// fragment is the lists that an endpoint is asked for. It is immutable once it is made.
type fragment struct {
	*connector
	table    *table
	endpoint *Endpoint
	reads    map[expr.ColumnID]int // positions of the scan's columns
	given    []given
	keys     *plan.Keys // nil: none
	semi     bool       // rows come once, however many keys they have
	order    []string   // name and value of a parameter; nil: none
	count    *Count     // nil: rows
	counts   map[expr.ColumnID]bool
	limit    int64 // < 0: all
	skip     int64

	cols plan.Schema
	from []origin
}

// Schema implements plan.Fragment.
func (f *fragment) Schema() plan.Schema { return f.cols }

// String names the endpoint, what it is asked for and the columns that are read.
func (f *fragment) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", f.endpoint.method(), f.endpoint.Path)
	for _, g := range f.given {
		b.WriteString(" " + f.shown(g))
	}
	names := make([]string, len(f.cols))
	for i, c := range f.cols {
		names[i] = c.Name
	}
	fmt.Fprintf(&b, " [%s]", strings.Join(names, ", "))
	if f.required() {
		fmt.Fprintf(&b, " keys=%s", f.table.requirement())
	}
	if f.order != nil {
		fmt.Fprintf(&b, " %s=%s", f.order[0], f.order[1])
	}
	if f.limit >= 0 {
		fmt.Fprintf(&b, " limit=%d", f.limit)
	}
	if f.skip > 0 {
		fmt.Fprintf(&b, " offset=%d", f.skip)
	}
	return b.String()
}

// mostShown is how many values EXPLAIN shows of a list.
const mostShown = 5

func (f *fragment) shown(g given) string {
	filter := &f.table.Filters[g.filter]
	column := &f.table.Columns[f.table.columns[filter.Column]]
	var texts []string
	for _, v := range g.values[:min(len(g.values), mostShown)] {
		if v.Null {
			texts = append(texts, "NULL")
		} else {
			texts = append(texts, textOf(v, column))
		}
	}
	if len(g.values) > mostShown {
		texts = append(texts, fmt.Sprintf("... (%d)", len(g.values)))
	}
	if len(g.params) > 0 || g.key >= 0 {
		texts = append(texts, "?")
	}
	return filter.Name + "=" + strings.Join(texts, ",")
}

// Estimate knows what the declaration says, and that of a key there are few rows.
func (f *fragment) Estimate(context.Context) (connectors.Estimate, error) {
	e := connectors.UnknownEstimate()
	e.StartCost = f.link.Link().RoundTrip.Seconds()
	if len(f.given) == 0 && f.count == nil && f.table.Size > 0 {
		e.Rows = f.table.Size
	}
	if f.limit >= 0 {
		e.Rows, e.Splits = float64(f.limit), 1
	}
	return e, nil
}

// Admit implements connectors.Admitter.
func (f *fragment) Admit(ctx context.Context, tx *connectors.Tx) error { return f.turns.Admit(ctx, tx) }

// MostKeys implements connectors.KeyLister.
func (f *fragment) MostKeys() int { return f.settings.keys }

// Start implements connectors.Fragment. It does no I/O.
func (f *fragment) Start(ctx context.Context, scan connectors.Scan) (connectors.Execution, error) {
	v, err := versionOf(ctx, scan.Tx, f.table, f.endpoint.Snapshot)
	if err != nil {
		return nil, err
	}
	x := &execution{fragment: f, scan: scan, version: v, open: make(map[*reader]bool), lost: make(map[string]bool)}
	x.budget.usage = scan.Usage
	if scan.Env != nil {
		x.budget.account = scan.Env.Account
	}
	x.ctx, x.end = context.WithCancelCause(ctx)
	if f.keys != nil {
		x.partners = f.partnersOf(scan.Args)
	}
	return x, nil
}
