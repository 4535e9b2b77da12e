package mysql

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Pushdown implements connectors.Source.
func (s *source) Pushdown(_ context.Context, offered plan.Node) (plan.Node, error) {
	return pushdown.Grow(offered, &grower{s.connector, s.dialectOf(offered)})
}

// dialectOf returns the dialect of the server that the plan's tables were described by.
func (c *connector) dialectOf(n plan.Node) *dialect {
	if scan, ok := n.(*plan.Scan); ok {
		return c.dialects.of(scan.Table.Handle.(*relation).server, c.zeroDates)
	}
	for _, child := range n.Children() {
		if d := c.dialectOf(child); d != nil {
			return d
		}
	}
	return nil
}

// grower answers for steps on this source.
type grower struct {
	*connector
	dialect *dialect
}

// Take implements pushdown.Source.
func (g *grower) Take(step plan.Node) pushdown.Answer {
	if mixes(step) {
		return pushdown.No("texts of several collations meet in it")
	}
	if j, ok := step.(*plan.Join); ok {
		if pairs := g.dialect.comparedPairs(j); pairs > mostPairs {
			return pushdown.No("the server has no index for it and compares %.0g pairs of rows", pairs)
		}
	}
	return g.dialect.Take(step)
}

// MaxColumns implements pushdown.Narrow (MySQL 8.0 Reference Manual, 10.4.7).
func (g *grower) MaxColumns() int { return 4096 }

// Fragment implements pushdown.Source.
func (g *grower) Fragment(tree plan.Node) (connectors.Fragment, error) {
	f := &fragment{connector: g.connector, dialect: g.dialect, tree: tree, tables: tablesOf(tree)}
	q, err := g.dialect.Render(tree, sqlgen.Options{})
	f.text = q.Text
	return f, err
}

// fragment is a query on this source. It is immutable.
type fragment struct {
	*connector
	dialect *dialect
	tree    plan.Node
	tables  []*plan.Table
	text    string // for EXPLAIN
}

// Schema implements plan.Fragment.
func (f *fragment) Schema() plan.Schema { return f.tree.Schema() }

// String implements plan.Fragment.
func (f *fragment) String() string { return f.text }

// scansOf appends the scans of a tree.
func scansOf(dst []*plan.Scan, n plan.Node) []*plan.Scan {
	if scan, ok := n.(*plan.Scan); ok {
		return append(dst, scan)
	}
	for _, c := range n.Children() {
		dst = scansOf(dst, c)
	}
	return dst
}

// tablesOf returns the tables that a tree reads.
func tablesOf(n plan.Node) (tables []*plan.Table) {
	for _, scan := range scansOf(nil, n) {
		tables = append(tables, scan.Table)
	}
	return tables
}

// doing names what the fragment does, for messages.
func (f *fragment) doing() string {
	names := make([]string, len(f.tables))
	for i, t := range f.tables {
		names[i] = t.Name.String()
	}
	return "read " + strings.Join(names, ", ")
}

// Start implements connectors.Fragment. It does no I/O.
func (f *fragment) Start(_ context.Context, scan connectors.Scan) (connectors.Execution, error) {
	return &execution{fragment: f, scan: scan}, nil
}

// mostKeys is how many keys are sent with a query.
const mostKeys = 1 << 15

// MostKeys implements connectors.KeyLister.
func (f *fragment) MostKeys() int { return mostKeys }

// execution is one run of a fragment.
type execution struct {
	*fragment
	scan connectors.Scan
	mu   sync.Mutex
	open []io.Closer
}

// whole is the only split: there is no snapshot that several connections see.
type whole struct{}

// Splits implements connectors.Execution.
func (e *execution) Splits(context.Context) iter.Seq2[connectors.Split, error] {
	return func(yield func(connectors.Split, error) bool) { yield(whole{}, nil) }
}

// Open implements connectors.Execution.
func (e *execution) Open(ctx context.Context, split connectors.Split) (connectors.Reader, error) {
	if _, ok := split.(whole); !ok {
		return nil, fmt.Errorf("source %s: a split of another source", e.name)
	}
	st, err := e.statementOf(ctx, e.scan.Tx)
	if err != nil {
		return nil, e.translate(ctx, err, e.doing())
	}
	sql, err := e.render()
	if err != nil {
		return nil, err
	}
	e.warnOfTypes()
	var account kernel.Account
	if e.scan.Env != nil {
		account = e.scan.Env.Account
	}
	r := newReader(ctx, &reader{
		source: e.settings, doing: e.doing(), st: st, sql: sql, usage: e.scan.Usage, account: account,
		decoder: newDecoder(e.tree.Schema(), e.scan.Memory, e.scan.BatchRows, e.lost()),
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open = append(e.open, r)
	return r, nil
}

// render returns the query. What is known of the rows that matter goes into it as far as the server takes so long a text.
func (e *execution) render() (string, error) {
	sql, err := e.rendered(e.filtered())
	if err == nil && len(sql) > e.tables[0].Handle.(*relation).server.packet/2 {
		sql, err = e.rendered(e.tree)
	}
	if _, refused := errors.AsType[*sqlgen.Refusal](err); refused { // a value that came only now
		err = sqlerr.Wrap(sqlerr.Unsupported, err, "source %s: %s", e.name, e.doing())
	}
	return sql, err
}

func (e *execution) rendered(tree plan.Node) (string, error) {
	d := *e.dialect
	if e.scan.Args != nil {
		d.Keys = e.dialect.keysOf(e.scan.Args)
	}
	q, err := d.Render(tree, sqlgen.Options{Env: e.scan.Env})
	if joins(tree) && d.hashes(tree) {
		q.Text = byHashing + q.Text
	}
	return q.Text, err
}

// mostCombined is how many combinations of listed values a query may ask for beyond one list: of lists for several columns of one index
// the server makes a range for each, and cannot be interrupted meanwhile.
const mostCombined = 1 << 16

// filtered returns the tree with what is known of the dynamic filter, as far as the dialect takes it. Short lists come first.
func (e *execution) filtered() plan.Node {
	tree, combined := e.tree, 1
	add := func(cond expr.Expr) {
		step := &plan.Filter{Input: tree, Conds: []expr.Expr{cond}}
		if !mixes(step) && e.dialect.Take(step).Verdict != pushdown.None {
			tree = step
		}
	}
	var lists []*expr.In
	for _, cond := range e.scan.Dynamic.Conds() {
		if in, ok := cond.(*expr.In); ok {
			lists = append(lists, in)
		} else {
			add(cond)
		}
	}
	for _, keys := range e.scan.Dynamic.Keys() {
		at := e.tree.Schema().Index(keys.Column)
		if keys.Values == nil || at < 0 {
			continue
		}
		in := &expr.In{Arg: e.tree.Schema()[at].Ref(), List: make([]types.Value, keys.Values.Len())}
		for i := range in.List {
			in.List[i] = kernel.ValueAt(keys.Values, i)
		}
		lists = append(lists, in)
	}
	slices.SortStableFunc(lists, func(a, b *expr.In) int { return cmp.Compare(len(a.List), len(b.List)) })
	for i, in := range lists {
		combined = min(combined*max(len(in.List), 1), mostCombined+1)
		if i == 0 || combined <= mostCombined {
			add(in)
		}
	}
	return tree
}

// warnOfTypes warns of columns that have no MySQL type and are shown as texts.
func (e *execution) warnOfTypes() {
	if e.scan.Env == nil || e.scan.Env.Warn == nil {
		return
	}
	for _, scan := range scansOf(nil, e.tree) {
		for _, pos := range scan.Pos {
			c, how := &scan.Table.Columns[pos], &scan.Table.Handle.(*relation).columns[pos]
			if c.Warning != "" && !isMember(c.Type) && (how.read == asText || how.read == asWKT) {
				e.scan.Env.Warn(int(sqlerr.BadValue.Identity().Errno), fmt.Sprintf("source %s: table %s: column %s: %s", e.name, scan.Table.Name, c.Name, c.Warning))
			}
		}
	}
}

// lost returns what to do about a value that MySQL does not have: a warning for the first of each column, or an error.
func (e *execution) lost() func(plan.Column) error {
	warned := make(map[string]bool)
	return func(c plan.Column) error {
		if e.zeroDates == zeroError {
			return sqlerr.New(sqlerr.BadDate, "column %s: a date that is none, such as 0000-00-00 (zero_dates=error)", c.Name)
		}
		if !warned[c.Name] && e.scan.Env != nil && e.scan.Env.Warn != nil {
			warned[c.Name] = true
			e.scan.Env.Warn(int(sqlerr.BadDate.Identity().Errno), fmt.Sprintf(
				"source %s: %s: column %s: a value that %s does not have, such as the date 0000-00-00, is NULL", e.name, e.doing(), c.Name, c.Type))
		}
		return nil
	}
}

// Close implements connectors.Execution.
func (e *execution) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var errs []error
	for _, c := range e.open {
		errs = append(errs, c.Close())
	}
	e.open = nil
	return errors.Join(errs...)
}

// secondsPerByte is what a byte of a result takes, on one core, with the data in memory.
const secondsPerByte = 1 / 60e6

// Estimate implements connectors.Fragment. The server's own guesses of more than a table are not asked for.
func (f *fragment) Estimate(context.Context) (connectors.Estimate, error) {
	scan, ok := f.tree.(*plan.Scan)
	if !ok {
		return connectors.UnknownEstimate(), nil
	}
	t := scan.Table
	width := 0.0
	for _, pos := range scan.Pos {
		const guessed = 12
		if c := &t.Columns[pos]; c.Stats.Known && !math.IsNaN(c.Stats.Width) {
			width += c.Stats.Width + 1
		} else {
			width += guessed
		}
	}
	bytes := t.Stats.Rows * width
	return connectors.Estimate{Rows: t.Stats.Rows, Bytes: bytes, StartCost: 0, Cost: bytes * secondsPerByte, Splits: 1}, nil
}
