package build

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// Build returns the operators of a placed plan, whose columns are those of root. Nothing runs before the first Next.
// The caller closes all streams; exec.Gather makes one of them.
func Build(root plan.Node, cfg Config) (exec.Streams, error) {
	cfg.Parallelism = max(cfg.Parallelism, 1)
	if isOrdered(root) {
		cfg.Parallelism = 1
	}
	if cfg.Memory != nil {
		env := *cfg.Env
		env.Account = cfg.Memory
		cfg.Env = &env
	}
	b := &builder{
		cfg: cfg,
		rt: &exec.Runtime{
			Mem: cfg.Allocator, Env: cfg.Env, Account: cfg.Memory, Spill: cfg.Spill,
			BatchRows: cfg.BatchRows, Reads: cfg.Reads, Weights: cfg.Weights,
		},
		ctes:    newBindings(nil),
		hoisted: new(atomic.Int64),
		filters: make(map[*plan.Remote]*exec.ScanFilter),
	}
	want := need{ordered: true}
	if cfg.Encoded {
		want.encoded = make(map[expr.ColumnID]bool)
		for _, c := range root.Schema() {
			want.encoded[c.ID] = true
		}
	}
	return b.root(root, want)
}

// isOrdered reports whether values of a plan depend on the order in which its rows come.
func isOrdered(n plan.Node) bool {
	return slices.ContainsFunc(plan.Expressions(n), expr.Ordered) || slices.ContainsFunc(n.Children(), isOrdered)
}

// builder builds one plan, or the inner plan of an apply for one binding.
type builder struct {
	cfg     Config
	rt      *exec.Runtime
	ctes    *bindings
	hoisted *atomic.Int64 // parts hoisted out of inner plans; one count for a plan and all its inner runs
	filters map[*plan.Remote]*exec.ScanFilter
	made    exec.Streams            // everything built, to be closed if building fails
	around  *builder                // of a round of a recursion: the one of the plan around it
	origins map[plan.Node]plan.Node // of what hoisting made: what it was

	lastComputed expr.ColumnID // of the columns that only the operators of one node know
}

// cte is a relation that can be read many times: n streams share the rows, under the ids of the columns.
type cte struct {
	read func(n int, cols plan.Schema) exec.Streams
}

// bindings are what CTERefs and recursive references can read, by id: those of a builder, then those of the builder around it.
// A plan's own ids are not negative, those of hoisted parts are.
type bindings struct {
	outer *bindings // complete, and read by runs at the same time
	own   map[int]*cte
}

func newBindings(outer *bindings) *bindings { return &bindings{outer: outer, own: make(map[int]*cte)} }

// find returns nil if id is not bound.
func (s *bindings) find(id int) *cte {
	for ; s != nil; s = s.outer {
		if c := s.own[id]; c != nil {
			return c
		}
	}
	return nil
}

// stage is the operators of a plan node. Its columns are some of the node's, in the node's order.
type stage struct {
	streams exec.Streams
	cols    plan.Schema
	// order is that of the rows of each stream, if it is known: of all of them, or, where they are divided, of those of one part
	// after the other. Rows that agree in divided are in one part.
	order   []plan.SortKey
	divided []expr.Expr
}

// need is what the parent of a node asks of it.
type need struct {
	cols    map[expr.ColumnID]bool // nil: all
	ordered bool                   // the order of rows matters if the node has one
	single  bool                   // rows come one by one
	window  *windowNeed            // of a window right above
	// encoded are columns whose vectors may be dictionary-encoded: no expression on the way to the parent reads them.
	encoded map[expr.ColumnID]bool
}

func (n need) has(id expr.ColumnID) bool { return n.cols == nil || n.cols[id] }

// unread returns the encoded columns of n that no expression reads.
func (n need) unread(exprs []expr.Expr) map[expr.ColumnID]bool {
	read := make(map[expr.ColumnID]bool)
	for _, e := range exprs {
		expr.Columns(e, read)
	}
	out := make(map[expr.ColumnID]bool, len(n.encoded))
	for id := range n.encoded {
		if !read[id] {
			out[id] = true
		}
	}
	return out
}

// renamed returns the columns that are passed on as encoded ones of n, where cols are computed by list, and are not read
// otherwise.
func (n need) renamed(list []expr.Expr, cols plan.Schema) map[expr.ColumnID]bool {
	var computed []expr.Expr
	passed := need{encoded: make(map[expr.ColumnID]bool)}
	for i, e := range list {
		if c, ok := e.(*expr.Column); ok && n.encoded[cols[i].ID] {
			passed.encoded[c.ID] = true
		} else {
			computed = append(computed, e)
		}
	}
	return passed.unread(computed)
}

// prune returns the columns of s that are needed and their positions.
func (n need) prune(s plan.Schema) (plan.Schema, []int) {
	cols, at := make(plan.Schema, 0, len(s)), make([]int, 0, len(s))
	for i, c := range s {
		if n.has(c.ID) {
			cols, at = append(cols, c), append(at, i)
		}
	}
	return cols, at
}

// with returns the need for n's columns and those that exprs read, in any order of rows, one by one if exprs ask for that.
func (n need) with(exprs ...expr.Expr) need {
	single := expr.Stateful(exprs...)
	if n.cols == nil {
		return need{single: single}
	}
	set := make(map[expr.ColumnID]bool, len(n.cols))
	for id := range n.cols {
		set[id] = true
	}
	for _, e := range exprs {
		expr.Columns(e, set)
	}
	return need{cols: set, single: single}
}

// only returns the need for what exprs read.
func only(exprs ...expr.Expr) need { return need{cols: map[expr.ColumnID]bool{}}.with(exprs...) }

// root builds a plan and brings the columns, all of which are wanted, into the order of its schema.
func (b *builder) root(n plan.Node, want need) (streams exec.Streams, err error) {
	defer func() {
		if err != nil {
			for _, s := range b.made {
				err = errors.Join(err, s.Close())
			}
		}
	}()
	s, err := b.build(n, want)
	if err != nil {
		return nil, err
	}
	s, err = b.arrange(s, n.Schema())
	return s.streams, err
}

// arrange puts the columns of a stage into an order.
func (b *builder) arrange(s stage, cols plan.Schema) (stage, error) {
	same := len(s.cols) == len(cols)
	for i := 0; same && i < len(cols); i++ {
		same = s.cols[i].ID == cols[i].ID
	}
	if same {
		return s, nil
	}
	terms := make([]exec.Term, len(cols))
	for i, c := range cols {
		at := s.cols.Index(c.ID)
		if at < 0 {
			return stage{}, fmt.Errorf("build: no column %s#%d in the input", c.Name, c.ID)
		}
		terms[i].Column = at
	}
	out := make(exec.Streams, len(s.streams))
	for i, in := range s.streams {
		out[i] = exec.NewProject(b.rt, in, terms, cols)
	}
	return stage{streams: out, cols: cols, order: s.order, divided: s.divided}, nil
}

// build returns a node's operators, counted for EXPLAIN ANALYZE.
func (b *builder) build(n plan.Node, want need) (stage, error) {
	if want.single {
		want.encoded = nil // what comes one by one is gathered again, plain
	}
	s, err := b.node(n, want)
	if err != nil {
		return stage{}, err
	}
	s.streams = exec.Counted(s.streams, b.stats(n))
	if want.single {
		for i, in := range s.streams {
			s.streams[i] = exec.NewSingleRows(in)
		}
	}
	b.made = append(b.made, s.streams...)
	return s, nil
}

// node is the one switch from plan nodes to operators.
func (b *builder) node(n plan.Node, want need) (stage, error) {
	switch n := n.(type) {
	case *plan.Remote:
		return b.remote(n, want)
	case *plan.Filter:
		return b.filter(n, want)
	case *plan.Project:
		return b.project(n, want)
	case *plan.Join:
		return b.join(n, want)
	case *plan.Apply:
		return b.apply(n, want)
	case *plan.Aggregate:
		return b.aggregate(n)
	case *plan.Repeat:
		return b.repeat(n, want)
	case *plan.Rollup:
		return b.rollup(n, want)
	case *plan.Window:
		return b.window(n, want)
	case *plan.Sort:
		return b.sort(n, want)
	case *plan.Limit:
		return b.limit(n, want)
	case *plan.Union:
		return b.union(n, want)
	case *plan.Values:
		return b.values(n)
	case *plan.With:
		return b.with(n, want)
	case *plan.CTERef:
		return b.read(n.ID, n.Name, n.Cols)
	case *plan.JSONTable:
		return b.jsonTable(n, want)
	case *plan.Recursive:
		return b.recursive(n)
	case *plan.Working:
		return b.read(n.ID, n.Name, n.Cols)
	case *plan.Keys:
		return b.keys(n)
	case *plan.Scan:
		return stage{}, sqlerr.New(sqlerr.Internal, "table %s of source %s was not placed", n.Table.Name, n.Site.Source)
	}
	return stage{}, sqlerr.New(sqlerr.Internal, "build: no operator for %T", n)
}

func (b *builder) reservation(n plan.Node) (*exec.Reservation, *exec.NodeStats) {
	stats := b.stats(n)
	return b.cfg.Memory.NewReservation(stats), stats
}

func (b *builder) remote(n *plan.Remote, want need) (stage, error) {
	fragment, ok := n.Fragment.(connectors.Fragment)
	if !ok {
		return stage{}, sqlerr.New(sqlerr.Internal, "source %s: %T cannot run", n.Site.Source, n.Fragment)
	}
	scan := exec.Scan{
		Fragment: fragment, Source: n.Site.Source, Cols: n.Cols, Ordered: want.ordered, Stats: b.stats(n),
	}
	for i, c := range n.Cols {
		if want.encoded[c.ID] {
			scan.Encoded = append(scan.Encoded, i)
		}
	}
	if f := b.filters[n]; f != nil {
		scan.Dynamic = f
	}
	if b.cfg.Tx != nil {
		scan.Tx = b.cfg.Tx(n.Site)
	}
	if n.Keys != nil {
		args, err := b.keyRows(n.Keys)
		if err != nil {
			return stage{}, err
		}
		scan.Args = args
	}
	return stage{streams: exec.NewRemoteScan(b.rt, b.cfg.Parallelism, scan), cols: n.Cols}, nil
}

func (b *builder) keyRows(n *plan.Keys) (arrow.RecordBatch, error) {
	if b.cfg.Keys == nil {
		return nil, sqlerr.New(sqlerr.Internal, "the plan reads run-time keys that nobody supplies")
	}
	return b.cfg.Keys(n)
}

func (b *builder) keys(n *plan.Keys) (stage, error) {
	batch, err := b.keyRows(n)
	if err != nil {
		return stage{}, err
	}
	return stage{streams: exec.Streams{exec.NewBatches(b.rt, batch)}, cols: n.Cols}, nil
}

func (b *builder) filter(n *plan.Filter, want need) (stage, error) {
	below := want.with(n.Conds...)
	below.ordered, below.encoded = want.ordered, want.unread(n.Conds)
	below.single = want.single || below.single && streamsState(n.Input)
	in, err := b.build(n.Input, below)
	if err != nil {
		return stage{}, err
	}
	conds := n.Conds
	if expr.Stateful(conds...) {
		if in, conds, err = b.rowwise(in, []expr.Expr{conjunction(conds)}); err != nil {
			return stage{}, err
		}
	}
	cols, keep := want.prune(in.cols)
	out := make(exec.Streams, len(in.streams))
	for i, s := range in.streams {
		cond, err := expr.CompileFilter(conds, layout(in.cols), b.cfg.Env)
		if err != nil {
			return stage{}, err
		}
		out[i] = exec.NewFilter(b.rt, s, cond, keep, cols)
	}
	return b.batched(stage{streams: out, cols: cols, order: in.order, divided: in.divided}, below, want), nil
}

// conjunction is an AND of conditions on rows: behind one that is not true none is evaluated, as it is where NULL is not FALSE.
func conjunction(conds []expr.Expr) expr.Expr {
	all := conds[len(conds)-1]
	for _, c := range slices.Backward(conds[:len(conds)-1]) {
		none := &expr.Literal{Value: types.BoolValue(false), Typ: types.Of(types.Bool)}
		all = &expr.Call{Func: expr.If, Args: []expr.Expr{c, all, none}, Typ: types.Of(types.Bool), Null: true}
	}
	return all
}

func (b *builder) project(n *plan.Project, want need) (stage, error) {
	var list []expr.Expr
	var cols plan.Schema
	for _, p := range n.Exprs {
		if want.has(p.Col.ID) || expr.Stateful(p.Expr) {
			list, cols = append(list, p.Expr), append(cols, p.Col)
		}
	}
	below := only(list...)
	below.ordered, below.encoded = want.ordered, want.renamed(list, cols)
	below.single = want.single || below.single && streamsState(n.Input)
	in, err := b.build(n.Input, below)
	if err != nil {
		return stage{}, err
	}
	if in, list, err = b.rowwise(in, list); err != nil {
		return stage{}, err
	}
	terms, err := b.terms(list, in.cols, len(in.streams))
	if err != nil {
		return stage{}, err
	}
	out := make(exec.Streams, len(in.streams))
	for i, s := range in.streams {
		out[i] = exec.NewProject(b.rt, s, terms[i], cols)
	}
	return b.batched(stage{streams: out, cols: cols, order: in.order, divided: in.divided}, below, want), nil
}

func (b *builder) repeat(n *plan.Repeat, want need) (stage, error) {
	in, err := b.build(n.Input, want.with(n.Times))
	if err != nil {
		return stage{}, err
	}
	cols, keep := want.prune(in.cols)
	in, times, err := b.rowwise(in, []expr.Expr{n.Times})
	if err != nil {
		return stage{}, err
	}
	terms, err := b.terms(times, in.cols, len(in.streams))
	if err != nil {
		return stage{}, err
	}
	out := make(exec.Streams, len(in.streams))
	for i, s := range in.streams {
		out[i] = exec.NewRepeat(b.rt, s, terms[i][0], keep, cols)
	}
	return stage{streams: out, cols: cols, order: in.order}, nil
}

func (b *builder) union(n *plan.Union, want need) (stage, error) {
	cols, at := want.prune(n.Cols)
	inputs := make([]exec.Streams, len(n.Inputs))
	for i, child := range n.Inputs {
		schema := child.Schema()
		below := need{cols: map[expr.ColumnID]bool{}}
		var wanted plan.Schema
		for _, k := range at {
			below.cols[schema[k].ID] = true
			wanted = append(wanted, schema[k])
		}
		in, err := b.build(child, below)
		if err == nil {
			in, err = b.arrange(in, wanted)
		}
		if err != nil {
			return stage{}, err
		}
		inputs[i] = in.streams
	}
	return stage{streams: exec.NewUnion(inputs, cols), cols: cols}, nil
}

func (b *builder) values(n *plan.Values) (stage, error) {
	rows := make([][]expr.Evaluator, len(n.Rows))
	for i, row := range n.Rows {
		for _, e := range row {
			ev, err := expr.Compile(e, nil, b.cfg.Env)
			if err != nil {
				return stage{}, err
			}
			rows[i] = append(rows[i], ev)
		}
	}
	return stage{streams: exec.Streams{exec.NewValues(b.rt, n.Cols, rows)}, cols: n.Cols}, nil
}

func (b *builder) with(n *plan.With, want need) (stage, error) {
	var buffers, eager []*exec.Buffer
	for _, binding := range n.Bindings {
		in, err := b.build(binding.Plan, need{ordered: binding.Eager})
		if err == nil {
			in, err = b.arrange(in, binding.Plan.Schema())
		}
		if err != nil {
			return stage{}, err
		}
		buffer := b.buffer(binding.ID, binding.Plan, in)
		buffers = append(buffers, buffer)
		if binding.Eager {
			eager = append(eager, buffer)
		}
	}
	body, err := b.build(n.Body, want)
	if err != nil {
		return stage{}, err
	}
	return stage{streams: exec.Closing(exec.Filling(body.streams, eager), buffers), cols: body.cols}, nil
}

// buffer makes the streams of a plan available to CTERefs of an id.
func (b *builder) buffer(id int, n plan.Node, in stage) *exec.Buffer {
	res, stats := b.reservation(n)
	buffer := exec.NewBuffer(b.rt, in.streams, in.cols, res, stats)
	b.ctes.own[id] = &cte{read: buffer.Read}
	return buffer
}

// read builds a read of what is bound to an id.
func (b *builder) read(id int, name string, cols plan.Schema) (stage, error) {
	c := b.ctes.find(id)
	if c == nil {
		return stage{}, sqlerr.New(sqlerr.Internal, "build: no common table expression %d (%s)", id, name)
	}
	return stage{streams: c.read(b.cfg.Parallelism, cols), cols: cols}, nil
}

// layout returns where columns lie.
func layout(cols plan.Schema) expr.Layout {
	l := make(expr.Layout, len(cols))
	for i, c := range cols {
		l[c.ID] = i
	}
	return l
}

// terms compiles exprs for n streams with the columns cols.
func (b *builder) terms(exprs []expr.Expr, cols plan.Schema, n int) ([][]exec.Term, error) {
	at := layout(cols)
	out := make([][]exec.Term, n)
	for i := range out {
		out[i] = make([]exec.Term, len(exprs))
		for k, e := range exprs {
			if c, ok := e.(*expr.Column); ok {
				pos, ok := at[c.ID]
				if !ok {
					return nil, sqlerr.New(sqlerr.Internal, "build: no column %s in the input", c)
				}
				out[i][k].Column = pos
				continue
			}
			ev, err := expr.Compile(e, at, b.cfg.Env)
			if err != nil {
				return nil, err
			}
			out[i][k].Eval = ev
		}
	}
	return out, nil
}
