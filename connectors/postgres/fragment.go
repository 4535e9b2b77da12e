package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/pushdown"
	"github.com/silogate/silogate/connectors/sqlgen"
	"github.com/silogate/silogate/engine/expr"
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
		return c.dialects.of(scan.Table.Handle.(*relation).server.encoding)
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
func (g *grower) Take(step plan.Node) pushdown.Answer { return g.dialect.forTree(step, nil).Take(step) }

// MaxColumns implements pushdown.Narrow (PostgreSQL documentation, appendix K).
func (g *grower) MaxColumns() int { return 1664 }

// Fragment implements pushdown.Source.
func (g *grower) Fragment(tree plan.Node) (connectors.Fragment, error) {
	f := &fragment{connector: g.connector, dialect: g.dialect, tree: tree, tables: tablesOf(nil, tree)}
	q, err := g.dialect.forTree(tree, nil).Render(tree, sqlgen.Options{})
	f.text = q.Text
	return f, err
}

// forTree returns the dialect for one tree, with an output list that appends to outs how each column is sent. With nil
// outs it only writes.
func (d *dialect) forTree(tree plan.Node, outs *[]output) *dialect {
	c := &dialect{encoding: d.encoding, strict: d.strict, keys: keysIn(nil, tree)}
	c.Dialect = d.Dialect
	c.Equality, c.In = c.equality, c.in
	c.Output = func(w *sqlgen.Writer, col plan.Column, value func()) {
		form := d.send(w, col, value)
		if outs != nil {
			*outs = append(*outs, output{col.Name, col.Type, form})
		}
	}
	return c
}

// keysIn adds the columns of run-time relations to set.
func keysIn(set map[expr.ColumnID]bool, n plan.Node) map[expr.ColumnID]bool {
	if k, ok := n.(*plan.Keys); ok {
		if set == nil {
			set = make(map[expr.ColumnID]bool)
		}
		for _, c := range k.Cols {
			set[c.ID] = true
		}
	}
	for _, c := range n.Children() {
		set = keysIn(set, c)
	}
	return set
}

// send writes a column of the result in a form that the decoder reads.
func (d *dialect) send(w *sqlgen.Writer, col plan.Column, value func()) form {
	if s, ok := storedSide(w, col.Ref()); ok {
		if s.column.direct {
			w.Text(s.ref)
		} else {
			value()
		}
		return s.column.stored
	}
	name := sqlType(col.Type)
	if name == "" {
		w.Refuse("results of type %s are not sent", col.Type)
		return formText
	}
	if col.Type.IsString() || col.Type.Kind == types.Bool { // what is written of these has their type
		value()
		return sentForm(col.Type)
	}
	w.Text("(")
	value()
	w.Text(")::", name)
	return sentForm(col.Type)
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

// tablesOf appends the tables that a tree reads.
func tablesOf(dst []*plan.Table, n plan.Node) []*plan.Table {
	if scan, ok := n.(*plan.Scan); ok {
		return append(dst, scan.Table)
	}
	for _, c := range n.Children() {
		dst = tablesOf(dst, c)
	}
	return dst
}

// doing names what the fragment does, for messages.
func (f *fragment) doing() string {
	names := make([]string, len(f.tables))
	for i, t := range f.tables {
		names[i] = t.Name.String()
	}
	return "read " + strings.Join(names, ", ")
}

// render returns the query of one split and the columns of its result.
func (e *execution) render(part *ctidRange) (string, []output, error) {
	var outs []output
	tree, lists := e.filtered()
	d := e.dialect.forTree(tree, &outs)
	d.lists = lists
	if e.scan.Args != nil {
		d.Keys = e.dialect.keysOf(e.scan.Args)
	}
	q, err := d.Render(tree, sqlgen.Options{Env: e.scan.Env, Restrict: part.restrict})
	if err != nil {
		var refused *sqlgen.Refusal
		if errors.As(err, &refused) { // a value that came only now
			err = sqlerr.Wrap(sqlerr.Unsupported, err, "source %s: %s", e.name, e.doing())
		}
		return "", nil, err
	}
	return q.Text, outs, nil
}

// Start implements connectors.Fragment. It does no I/O.
func (f *fragment) Start(_ context.Context, scan connectors.Scan) (connectors.Execution, error) {
	return &execution{fragment: f, scan: scan}, nil
}

// execution is one run of a fragment.
type execution struct {
	*fragment
	scan    connectors.Scan
	readers readers
	lists   keyLists
}

// Open implements connectors.Execution.
func (e *execution) Open(ctx context.Context, split connectors.Split) (connectors.Reader, error) {
	part, ok := split.(*ctidRange)
	if !ok {
		return nil, fmt.Errorf("source %s: a split of another source", e.name)
	}
	sql, outs, err := e.render(part)
	if err != nil {
		return nil, err
	}
	st, err := e.statementOf(ctx, e.scan.Tx)
	if err != nil {
		return nil, e.translate(ctx, err, e.doing())
	}
	r, err := e.open(ctx, st, sql, e.decoder(outs))
	if err != nil {
		return nil, e.translate(ctx, err, e.doing())
	}
	e.readers.add(r)
	return r, nil
}

// open reads a query on a connection of its own if its result may be large and there is one.
func (e *execution) open(ctx context.Context, st *statement, sql string, d *decoder) (connectors.Reader, error) {
	cursor := &cursorReader{source: e.settings, doing: e.doing(), st: st, sql: sql, decoder: d, usage: e.scan.Usage,
		fetch: fetchRows(e.scan.BatchRows, e.width())}
	if !e.small() {
		if slot := e.pool.spare(ctx); slot != nil {
			snapshot, err := st.snapshot(ctx, e.scan.Usage)
			if err != nil {
				slot.release()
				return nil, err
			}
			w, err := newWire(ctx, slot)
			if err != nil {
				slot.release()
				return nil, err
			}
			return newCopyReader(ctx, w, takeOver(snapshot, timeouts(ctx, e.tables)), cursor)
		}
	}
	return cursor, nil
}

// A cursor on the statement's connection is no slower than COPY on another one for a query that reads so many pages in all,
// or takes the server so many seconds by its own estimate, if its rows come at once.
const (
	smallPages = 256
	smallCost  = 0.01
)

// small reports whether the query is, by its form, its tables, the keys that are wanted of it or the server's estimate.
// Nothing is wrong if it is not.
func (e *execution) small() bool {
	if l, ok := e.tree.(*plan.Limit); ok && l.Count >= 0 && l.Count <= int64(e.scan.BatchRows) {
		return true
	}
	if a, ok := e.tree.(*plan.Aggregate); ok && len(a.Groups) == 0 {
		return true
	}
	// A plan that is kept outlives what its estimates are believed for.
	if known, ok := e.estimates.last(e.estimateKey()); ok && known.Cost <= smallCost && known.Rows <= float64(e.scan.BatchRows) {
		return true
	}
	if e.byKeys() {
		return true
	}
	pages := int64(0)
	for _, t := range e.tables {
		r := t.Handle.(*relation)
		if !r.ranges {
			return false
		}
		pages += r.pages
	}
	return pages <= smallPages
}

// byKeys reports whether the dynamic filter asks for a batch of rows at most, of one table by a key of it.
func (e *execution) byKeys() bool {
	scan := e.tree
	for {
		if _, ok := scan.(*plan.Scan); ok || len(scan.Children()) != 1 {
			break
		}
		scan = scan.Children()[0]
	}
	only, ok := scan.(*plan.Scan)
	if !ok {
		return false
	}
	return slices.ContainsFunc(e.scan.Dynamic.Conds(), func(cond expr.Expr) bool {
		in, ok := cond.(*expr.In)
		if !ok || in.Not || len(in.List) > e.scan.BatchRows {
			return false
		}
		column, ok := in.Arg.(*expr.Column)
		if !ok || e.dialect.forTree(only, nil).Take(&plan.Filter{Input: only, Conds: []expr.Expr{cond}}).Verdict == pushdown.None {
			return false
		}
		at := only.Cols.Index(column.ID)
		return at >= 0 && slices.ContainsFunc(only.Table.Keys, func(key []int) bool { return len(key) == 1 && key[0] == only.Pos[at] })
	})
}

// width guesses the bytes of a row of the result; NaN: unknown.
func (e *execution) width() float64 {
	width := 0.0
	for _, t := range e.tables {
		width += t.Stats.Bytes / t.Stats.Rows
	}
	return width
}

func (e *execution) decoder(outs []output) *decoder {
	return newDecoder(outs, e.scan.Memory, e.scan.BatchRows, e.lost())
}

// lost returns what to do about a value that MySQL does not have: a warning for the first of each column, or an error.
func (e *execution) lost() func(output) error {
	warned := make(map[string]bool)
	return func(o output) error {
		if e.strict {
			return sqlerr.New(sqlerr.BadValue, "column %s: %s has no such value (NaN, an infinity or a year beyond 9999)",
				o.name, o.typ)
		}
		if !warned[o.name] && e.scan.Env != nil && e.scan.Env.Warn != nil {
			warned[o.name] = true
			e.scan.Env.Warn(int(sqlerr.BadValue.Identity().Errno), fmt.Sprintf(
				"source %s: %s: column %s: a value that %s does not have (NaN, an infinity or a year beyond 9999) is NULL",
				e.name, e.doing(), o.name, o.typ))
		}
		return nil
	}
}

// Close implements connectors.Execution.
func (e *execution) Close() error { return e.readers.Close() }
