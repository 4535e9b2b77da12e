package optimize

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// Estimate is a guess about one node's output. It is never NaN.
type Estimate struct {
	Rows  float64
	Bytes float64 // of all rows, as vectors
	// Origin is Learnt where an earlier run had as many rows and else another number would have been guessed, Analyzed where
	// the rows are those of one table, under conditions perhaps, by what ANALYZE TABLE found out.
	Origin plan.Origin
}

// Estimator guesses how many rows and bytes nodes yield. It belongs to one statement and remembers every node it has
// seen; nodes are immutable.
type Estimator struct {
	sources  Sources
	stats    *StatsCache
	feedback *Feedback
	memo     map[plan.Node]*relation
	learnt   map[plan.Node]float64 // nodes whose rows are those of an earlier run, and what else they would be
	ctes     map[int]*relation     // by CTE id, once its binding was estimated
}

// NewEstimator returns an estimator; all arguments may be nil.
func NewEstimator(sources Sources, stats *StatsCache, feedback *Feedback) *Estimator {
	return &Estimator{
		sources: sources, stats: stats, feedback: feedback,
		memo: make(map[plan.Node]*relation), learnt: make(map[plan.Node]float64), ctes: make(map[int]*relation),
	}
}

// Node estimates one node.
func (e *Estimator) Node(ctx context.Context, n plan.Node) Estimate {
	r := e.of(ctx, n)
	guess, learnt := e.learnt[n]
	out := Estimate{Rows: r.rows, Bytes: r.rows * r.width(n.Schema())}
	switch {
	case learnt && guess != r.rows:
		out.Origin = plan.Learnt
	case r.analyzed:
		out.Origin = plan.Analyzed
	}
	return out
}

// All estimates every node of a plan.
func (e *Estimator) All(ctx context.Context, root plan.Node) map[plan.Node]Estimate {
	all := make(map[plan.Node]Estimate)
	e.of(ctx, root)
	walk(root, func(n plan.Node) { all[n] = e.Node(ctx, n) })
	return all
}

// relation is what is guessed about a node's output. It is immutable once remembered.
type relation struct {
	rows float64 // at least 0
	cols map[expr.ColumnID]*column
	keys []key
	// analyzed says that nothing but the statistics that ANALYZE TABLE made of one table gave the rows.
	analyzed bool
}

// key is a set of columns that no two rows agree on.
type key struct {
	cols   []expr.ColumnID
	domain float64 // how many values the key had before any row was filtered out
}

// The guesses where nothing is known.
const (
	unknownRows     = 10_000
	unknownDistinct = 200
	unknownText     = 24 // bytes
	rowOverhead     = 4  // bytes per row, so that rows without columns are not free
)

func (r *relation) width(s plan.Schema) float64 {
	w := float64(rowOverhead)
	for _, c := range s {
		if stat := r.cols[c.ID]; stat != nil {
			w += stat.width
		} else {
			w += defaultWidth(c.Type)
		}
	}
	return w
}

// col returns what is guessed about a column, also where nothing was ever said of it.
func (r *relation) col(c *expr.Column) *column {
	if stat := r.cols[c.ID]; stat != nil {
		return stat
	}
	return guess(c.Typ, r.rows)
}

// clone copies r for changing rows; columns are copied when they change.
func (r *relation) clone() *relation {
	d := &relation{rows: r.rows, cols: make(map[expr.ColumnID]*column, len(r.cols)), keys: r.keys, analyzed: r.analyzed}
	for id, c := range r.cols {
		d.cols[id] = c
	}
	return d
}

// scaled is r with another number of rows: no column can have more values than there are rows.
func (r *relation) scaled(rows float64) *relation {
	d := r.clone()
	d.rows = math.Max(rows, 0)
	for id, c := range d.cols {
		if c.distinct > d.rows {
			cc := *c
			cc.distinct = math.Max(d.rows, 1)
			d.cols[id] = &cc
		}
	}
	return d
}

func (e *Estimator) of(ctx context.Context, n plan.Node) *relation {
	if r, ok := e.memo[n]; ok {
		return r
	}
	r := e.derive(ctx, n)
	if !oneTable(n) && r.analyzed {
		r = r.clone()
		r.analyzed = false
	}
	if rows, ok := e.feedback.of(n); ok {
		e.learnt[n] = r.rows
		r = r.scaled(rows)
	}
	e.memo[n] = r
	return r
}

// oneTable reports a node that yields rows of its input as they are.
func oneTable(n plan.Node) bool {
	switch n.(type) {
	case *plan.Scan, *plan.Filter, *plan.Project:
		return true
	}
	return false
}

func (e *Estimator) derive(ctx context.Context, n plan.Node) *relation {
	switch n := n.(type) {
	case *plan.Scan:
		return e.scan(ctx, n)
	case *plan.Remote:
		return e.remote(ctx, n)
	case *plan.Filter:
		return e.of(ctx, n.Input).filter(n.Conds)
	case *plan.Project:
		return e.of(ctx, n.Input).project(n.Exprs)
	case *plan.Join:
		return joined(n, e.of(ctx, n.Left), e.of(ctx, n.Right))
	case *plan.Apply:
		return applied(n, e.of(ctx, n.Outer), e.of(ctx, n.Inner))
	case *plan.Aggregate:
		return e.of(ctx, n.Input).aggregate(n)
	case *plan.Repeat:
		r := e.of(ctx, n.Input).clone()
		r.keys = nil
		return r
	case *plan.Rollup:
		return e.of(ctx, n.Input).rollup(n)
	case *plan.Limit:
		return e.of(ctx, n.Input).limit(n)
	case *plan.Union:
		return e.union(ctx, n)
	case *plan.Values:
		return unknown(n.Cols, float64(len(n.Rows)))
	case *plan.With:
		for _, b := range n.Bindings {
			e.ctes[b.ID] = e.of(ctx, b.Plan).positional(b.Plan.Schema())
		}
		return e.of(ctx, n.Body)
	case *plan.CTERef:
		if bound := e.ctes[n.ID]; bound != nil {
			return bound.under(n.Cols)
		}
		return unknown(n.Cols, unknownRows)
	case *plan.JSONTable:
		return e.jsonTable(ctx, n)
	case *plan.Recursive:
		return e.recursive(ctx, n)
	case *plan.Working:
		if last := e.ctes[n.ID]; last != nil {
			return last.under(n.Cols)
		}
	case *plan.Sort:
		return e.of(ctx, n.Input)
	case *plan.Window:
		return e.of(ctx, n.Input).window(n)
	}
	return unknown(n.Schema(), unknownRows)
}

func unknown(s plan.Schema, rows float64) *relation {
	r := &relation{rows: rows, cols: make(map[expr.ColumnID]*column, len(s))}
	for _, c := range s {
		r.cols[c.ID] = guess(c.Type, rows)
	}
	return r
}

func (e *Estimator) scan(ctx context.Context, n *plan.Scan) *relation {
	stats := e.stats.table(ctx, e.sources, n.Site, n.Table)
	rows := stats.Rows
	if math.IsNaN(rows) {
		rows = unknownRows
	}
	r := unknown(n.Cols, rows)
	r.analyzed = stats.analyzed
	for i, c := range n.Cols {
		if known := stats.columns[n.Pos[i]]; known.Known {
			r.cols[c.ID] = columnOf(known, c.Type, rows)
		}
	}
	for _, positions := range n.Table.Keys {
		if k, ok := scanKey(n, positions, rows); ok {
			r.keys = append(r.keys, k)
		}
	}
	for _, k := range r.keys {
		if len(k.cols) == 1 {
			c := *r.cols[k.cols[0]]
			c.distinct, c.guessed = math.Max(rows, 1), false
			r.cols[k.cols[0]] = &c
		}
	}
	return r
}

// scanKey is a table's key under the scan's ids, if the scan reads all of it.
func scanKey(n *plan.Scan, positions []int, rows float64) (key, bool) {
	k := key{domain: math.Max(rows, 1)}
	for _, p := range positions {
		i := slices.Index(n.Pos, p)
		if i < 0 {
			return key{}, false
		}
		k.cols = append(k.cols, n.Cols[i].ID)
	}
	return k, len(k.cols) > 0
}

// remote takes the fragment's own estimate of rows; of a Remote that placement did not put there no more is known.
func (e *Estimator) remote(ctx context.Context, n *plan.Remote) *relation {
	rows, ok := fragmentRows(ctx, n)
	if !ok {
		rows = unknownRows
	}
	return unknown(n.Cols, rows)
}

func fragmentRows(ctx context.Context, n *plan.Remote) (float64, bool) {
	f, ok := n.Fragment.(connectors.Fragment)
	if !ok {
		return 0, false
	}
	est, err := f.Estimate(ctx)
	return est.Rows, err == nil && est.Rows >= 0
}

// adopt lets the Remotes of a source's answer keep what was estimated of the parts of the offered plan that they stand for.
func (e *Estimator) adopt(ctx context.Context, offered, answer plan.Node) {
	switch n := answer.(type) {
	case *plan.Remote:
		e.memo[n] = e.answered(ctx, highest(offered, n.Cols.Set()), n)
	case *plan.Filter:
		remote, ok := n.Input.(*plan.Remote)
		if !ok {
			e.adopt(ctx, offered, n.Input)
			return
		}
		// What the filter drops must not seem to have been dropped below it, even if files were pruned by it.
		cols := remote.Cols.Set()
		e.memo[remote] = e.answered(ctx, lowest(offered, cols), remote)
		whole := e.of(ctx, highest(offered, cols))
		left := whole.scaled(math.Min(whole.rows, e.memo[remote].rows))
		left.analyzed = whole.analyzed && left.rows == whole.rows
		e.memo[n] = left
		if guess, ok := e.learnt[highest(offered, cols)]; ok {
			e.learnt[n] = guess
		}
	default:
		for _, c := range answer.Children() {
			e.adopt(ctx, offered, c)
		}
	}
}

// highest returns the highest part of a plan that has certain columns and no others, or else the lowest that has them.
func highest(n plan.Node, cols set) plan.Node {
	var found plan.Node
	walk(n, func(n plan.Node) {
		if have := n.Schema().Set(); found == nil && len(have) == len(cols) && within(have, cols) {
			found = n
		}
	})
	if found == nil {
		return lowest(n, cols)
	}
	return found
}

// lowest returns the lowest part of a plan that has certain columns.
func lowest(n plan.Node, cols set) plan.Node {
	for _, c := range n.Children() {
		if within(cols, c.Schema().Set()) {
			return lowest(c, cols)
		}
	}
	return n
}

// answered guesses about a Remote that stands for a plan. The fragment knows better how many rows there are.
func (e *Estimator) answered(ctx context.Context, offered plan.Node, remote *plan.Remote) *relation {
	from := e.of(ctx, offered)
	rows, known := fragmentRows(ctx, remote)
	guess, learnt := e.learnt[offered]
	if known {
		guess = rows
	}
	if learnt {
		e.learnt[remote] = guess
	}
	if learnt || !known {
		rows = from.rows
	}
	r := unknown(remote.Cols, rows)
	for id := range r.cols {
		if c := from.cols[id]; c != nil {
			r.cols[id] = c
		}
	}
	r.keys, r.analyzed = from.keys, from.analyzed && rows == from.rows
	return r.scaled(rows)
}

func (e *Estimator) union(ctx context.Context, n *plan.Union) *relation {
	out := unknown(n.Cols, 0)
	for _, in := range n.Inputs {
		out.rows += e.of(ctx, in).rows
	}
	return out
}

// typicalRows is how many rows a JSON document is taken to have.
const typicalRows = 10

func (e *Estimator) jsonTable(ctx context.Context, n *plan.JSONTable) *relation {
	in := e.of(ctx, n.Input)
	out := unknown(n.Cols, typicalRows*in.rows)
	maps.Copy(out.cols, in.cols)
	return out
}

// typicalRounds is how many rounds a recursion is taken to have.
const typicalRounds = 10

// recursive takes every round to yield what the first does.
func (e *Estimator) recursive(ctx context.Context, n *plan.Recursive) *relation {
	seed := e.of(ctx, n.Seed)
	e.ctes[n.ID] = seed.positional(n.Seed.Schema())
	rows := seed.rows + typicalRounds*e.of(ctx, n.Step).rows
	if n.Most >= 0 {
		rows = math.Min(rows, float64(n.Most))
	}
	return unknown(n.Cols, rows)
}

func (r *relation) project(list []plan.Projection) *relation {
	out := &relation{rows: r.rows, cols: make(map[expr.ColumnID]*column, len(list)), analyzed: r.analyzed}
	for _, p := range list {
		out.cols[p.Col.ID] = r.expression(p.Expr)
	}
	for _, k := range r.keys {
		if !slices.ContainsFunc(k.cols, func(id expr.ColumnID) bool { return out.cols[id] == nil }) {
			out.keys = append(out.keys, k)
		}
	}
	return out
}

// expression guesses about a computed column.
func (r *relation) expression(e expr.Expr) *column {
	switch e := e.(type) {
	case *expr.Column:
		return r.col(e)
	case *expr.Cast:
		c := *r.expression(e.Arg)
		c.width = defaultWidth(e.To)
		if !e.To.IsNumeric() || !e.Arg.Type().IsNumeric() { // else a value keeps its position
			c.ranged, c.dist = false, nil
		}
		return &c
	case *expr.Literal:
		return &column{distinct: 1, width: defaultWidth(e.Typ)}
	}
	c := guess(e.Type(), r.rows)
	c.distinct = r.distinctOf([]expr.Expr{e})
	if call, ok := e.(*expr.Call); ok {
		if most := calendar[call.Func]; most > 0 {
			c.distinct = math.Min(c.distinct, most)
		}
	}
	return c
}

// calendar is how many values the parts of a date have; years are those of a business.
var calendar = map[expr.Func]float64{
	expr.Year: 20, expr.Quarter: 4, expr.Month: 12, expr.Day: 31, expr.DayOfYear: 366, expr.DayOfWeek: 7,
	expr.Weekday: 7, expr.Hour: 24, expr.Minute: 60, expr.Second: 60,
}

// distinctOf guesses how many different values a list of expressions has together. Columns are rarely independent: each
// further one counts with a smaller power.
func (r *relation) distinctOf(list []expr.Expr) float64 {
	var counts []float64
	counted := make(set)
	for _, e := range list {
		if _, ok := e.(*expr.Call); ok && len(list) > 1 {
			counts = append(counts, r.expression(e).distinct)
			continue
		}
		for id := range columnsOf(e) {
			if c := r.cols[id]; c != nil && !counted[id] {
				counts = append(counts, c.distinct)
				counted[id] = true
			}
		}
	}
	slices.SortFunc(counts, func(a, b float64) int { return -cmp.Compare(a, b) })
	product, power := 1.0, 1.0
	for _, d := range counts {
		product *= math.Pow(d, power)
		power = math.Max(power*0.75, 0.25)
	}
	return math.Min(product, math.Max(r.rows, 1))
}

// rollup repeats the rows; in one repetition of all, on average of half of them, a key is NULL.
func (r *relation) rollup(n *plan.Rollup) *relation {
	times := float64(len(n.Keys) + 1)
	out := r.clone()
	out.rows, out.keys = r.rows*times, nil
	for i, k := range n.Keys {
		c := *r.expression(k.Expr)
		kept := float64(len(n.Keys) - i)
		c.nulls = 1 - (1-c.nulls)*kept/times
		out.cols[k.Col.ID] = &c
	}
	out.cols[n.Level.ID] = &column{distinct: times, width: defaultWidth(n.Level.Type)}
	return out
}

// window adds columns that are guessed at.
func (r *relation) window(n *plan.Window) *relation {
	out := &relation{rows: r.rows, cols: make(map[expr.ColumnID]*column, len(r.cols)+len(n.Funcs)), keys: r.keys}
	maps.Copy(out.cols, r.cols)
	for _, f := range n.Funcs {
		out.cols[f.Col.ID] = guess(f.Col.Type, r.rows)
	}
	return out
}

func (r *relation) limit(n *plan.Limit) *relation {
	rows := math.Max(r.rows-float64(n.Offset), 0)
	if n.Count >= 0 {
		rows = math.Min(rows, float64(n.Count))
	}
	return r.scaled(rows)
}

// positional renames columns to their position, for reading under other ids.
func (r *relation) positional(s plan.Schema) *relation {
	out := &relation{rows: r.rows, cols: make(map[expr.ColumnID]*column, len(s))}
	at := make(map[expr.ColumnID]expr.ColumnID, len(s))
	for i, c := range s {
		out.cols[expr.ColumnID(i)] = r.col(c.Ref())
		at[c.ID] = expr.ColumnID(i)
	}
	out.keys = renameKeys(r.keys, at)
	return out
}

// under gives a positional relation the ids of a schema.
func (r *relation) under(s plan.Schema) *relation {
	out := &relation{rows: r.rows, cols: make(map[expr.ColumnID]*column, len(s))}
	at := make(map[expr.ColumnID]expr.ColumnID, len(s))
	for i, c := range s {
		if stat := r.cols[expr.ColumnID(i)]; stat != nil {
			out.cols[c.ID] = stat
		}
		at[expr.ColumnID(i)] = c.ID
	}
	out.keys = renameKeys(r.keys, at)
	return out
}

func renameKeys(keys []key, to map[expr.ColumnID]expr.ColumnID) []key {
	var out []key
	for _, k := range keys {
		renamed := key{domain: k.domain}
		for _, id := range k.cols {
			if d, ok := to[id]; ok {
				renamed.cols = append(renamed.cols, d)
			}
		}
		if len(renamed.cols) == len(k.cols) {
			out = append(out, renamed)
		}
	}
	return out
}

func clamp(share float64) float64 {
	if math.IsNaN(share) {
		return 0
	}
	return math.Min(math.Max(share, 0), 1)
}
