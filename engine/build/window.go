package build

import (
	"slices"

	"github.com/silogate/silogate/engine/exec"
	"github.com/silogate/silogate/engine/exec/agg"
	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/plan"
)

// window builds a Window over the rows of its input, sorted by the partition's keys and the order's.
func (b *builder) window(n *plan.Window, want need) (stage, error) {
	own := make(plan.Schema, 0, len(n.Funcs))
	var funcs []plan.WindowFunc
	for _, f := range n.Funcs {
		if want.has(f.Col.ID) || expr.Stateful(f.Args...) {
			funcs, own = append(funcs, f), append(own, f.Col)
		}
	}
	if len(funcs) == 0 {
		return b.build(n.Input, want)
	}
	m := *n
	m.Funcs = funcs
	below := want.with(plan.Expressions(&m)...)
	below.ordered = true // the input may be sorted already
	below.window = &windowNeed{keys: windowKeys(n), together: together(n, want)}
	in, err := b.build(n.Input, below)
	if err != nil {
		return stage{}, err
	}
	keys := windowKeys(n)
	// Keys that are computed are computed once, before the sort; arguments after it.
	in, sortAt, err := b.computed(in, keyExprs(keys))
	if err != nil {
		return stage{}, err
	}
	for i, at := range sortAt {
		keys[i].Expr = in.cols[at].Ref()
	}
	if in, err = b.sortedBy(n, in, keys, sortAt, together(n, want)); err != nil {
		return stage{}, err
	}
	order, divided := in.order, in.divided
	list := &termList{}
	spec := &exec.Window{PartitionCols: sortAt[:len(n.PartitionBy)], OrderCols: sortAt[len(n.PartitionBy):]}
	for _, f := range funcs {
		fn, err := b.windowFunc(f, n.OrderBy, list)
		if err != nil {
			return stage{}, err
		}
		spec.Funcs = append(spec.Funcs, fn)
	}
	in, at, err := b.computed(in, list.exprs)
	if err != nil {
		return stage{}, err
	}
	for i := range spec.Funcs {
		place(&spec.Funcs[i], at)
	}
	sorted, err := b.order(keys, in.cols)
	if err != nil {
		return stage{}, err
	}
	spec.Cols, spec.Partition, spec.Order = in.cols, sorted.Keys[:len(n.PartitionBy)], sorted.Keys[len(n.PartitionBy):]
	kept, keep := want.prune(in.cols)
	spec.Keep, spec.Out = keep, append(slices.Clone(kept), own...)
	out := make(exec.Streams, len(in.streams))
	for i, s := range in.streams {
		res, stats := b.reservation(n)
		if out[i], err = exec.NewWindow(b.rt, s, spec, res, stats); err != nil {
			return stage{}, err
		}
	}
	return stage{streams: out, cols: spec.Out, order: order, divided: divided}, nil
}

// windowNeed is what a window asks of another right below it: rows in the order of its keys, or else it sorts them. Rows
// that agree in some of the keys must be in one stream then.
type windowNeed struct {
	keys     []plan.SortKey
	together []expr.Expr
}

// together is what the rows of a window must agree in to have to be in one stream: the keys of its partitions, or the fewer of a
// window above that the same sort serves.
func together(n *plan.Window, want need) []expr.Expr {
	if want.window != nil && startsWith(windowKeys(n), want.window.keys) && len(want.window.together) < len(n.PartitionBy) {
		return want.window.together
	}
	return n.PartitionBy
}

// windowKeys is the order that a window needs.
func windowKeys(n *plan.Window) []plan.SortKey {
	keys := make([]plan.SortKey, 0, len(n.PartitionBy)+len(n.OrderBy))
	for _, e := range n.PartitionBy {
		keys = append(keys, plan.SortKey{Expr: e})
	}
	return append(keys, n.OrderBy...)
}

// computed makes exprs columns of a stage and returns their positions. What is a column already is not computed.
func (b *builder) computed(in stage, exprs []expr.Expr) (stage, []int, error) {
	at := make([]int, len(exprs))
	var list []expr.Expr // beside the stage's columns
	cols := slices.Clone(in.cols)
	for i, e := range exprs {
		if c, ok := e.(*expr.Column); ok {
			at[i] = in.cols.Index(c.ID)
			continue
		}
		b.lastComputed-- // no column of a plan has such an id
		at[i] = len(cols)
		list = append(list, e)
		cols = append(cols, plan.Column{ID: b.lastComputed, Type: e.Type(), Nullable: e.Nullable()})
	}
	if len(list) == 0 {
		return in, at, nil
	}
	all := make([]expr.Expr, 0, len(cols))
	for _, c := range in.cols {
		all = append(all, c.Ref())
	}
	in, list, err := b.rowwise(in, list)
	if err != nil {
		return stage{}, nil, err
	}
	terms, err := b.terms(append(all, list...), in.cols, len(in.streams))
	if err != nil {
		return stage{}, nil, err
	}
	out := make(exec.Streams, len(in.streams))
	for i, s := range in.streams {
		out[i] = exec.NewProject(b.rt, s, terms[i], cols)
	}
	return stage{streams: out, cols: cols, order: in.order, divided: in.divided}, at, nil
}

// windowFunc describes a function; the columns it reads are places in list.
func (b *builder) windowFunc(f plan.WindowFunc, order []plan.SortKey, list *termList) (exec.WindowFunc, error) {
	out := exec.WindowFunc{Func: f.Func}
	args := f.Args
	switch f.Func {
	case plan.Ntile:
		out.Count, args = literalCount(args[0]), nil
	case plan.NthValue:
		out.Count, args = literalCount(args[1]), args[:1]
	case plan.Lag, plan.Lead:
		out.Count = literalCount(args[1])
		args = append(slices.Clone(args[:1]), args[2:]...)
	case plan.RowNumber, plan.Rank, plan.DenseRank, plan.PercentRank, plan.CumeDist, plan.FirstValue, plan.LastValue:
	default:
		out.Spec = agg.Spec{Func: f.Func, Result: f.Col.Type, Longest: int(b.cfg.Env.LongestText())}
		for _, e := range args {
			weigh, err := b.weigher(e.Type())
			if err != nil && (f.Func == plan.Min || f.Func == plan.Max) {
				return out, err
			}
			out.Spec.Args, out.Spec.Weigh = append(out.Spec.Args, e.Type()), append(out.Spec.Weigh, weigh)
		}
	}
	for _, e := range args {
		out.Args = append(out.Args, list.add(e))
	}
	var err error
	if out.Frame.Start, err = b.windowBound(f.Frame.Start, order, list); err != nil {
		return out, err
	}
	out.Frame.End, err = b.windowBound(f.Frame.End, order, list)
	return out, err
}

// place makes the columns of a function positions.
func place(f *exec.WindowFunc, at []int) {
	for i := range f.Args {
		f.Args[i] = at[f.Args[i]]
	}
	for _, b := range []*exec.WindowBound{&f.Frame.Start, &f.Frame.End} {
		if b.Kind == plan.Value {
			b.Limit, b.Key = at[b.Limit], at[b.Key]
		}
	}
}

// literalCount is the number of rows that an argument is, which the binder has checked.
func literalCount(e expr.Expr) int64 {
	if l, ok := e.(*expr.Literal); ok {
		return l.Value.Int
	}
	return 0
}

func (b *builder) windowBound(p plan.Bound, order []plan.SortKey, list *termList) (exec.WindowBound, error) {
	out := exec.WindowBound{Kind: p.Kind, Rows: p.Rows, Following: p.Following, Limit: -1, Key: -1}
	if p.Kind != plan.Value {
		return out, nil
	}
	weigh, err := b.weigher(p.Key.Type())
	if err != nil {
		return out, err
	}
	out.Limit, out.Key = list.add(p.Limit), list.add(p.Key)
	out.Order = rowkey.Key{Field: rowkey.Of(p.Key.Type(), weigh), Desc: order[0].Desc}
	return out, nil
}

// sortedBy sorts the rows of a stage for a window, if they are not in the order of the keys already. The keys are the columns
// at some positions. Rows that do not agree in together may come from different streams.
func (b *builder) sortedBy(n *plan.Window, in stage, keys []plan.SortKey, at []int, together []expr.Expr) (stage, error) {
	if startsWith(in.order, keys) && (len(in.streams) == 1 || in.dividedBy(n.PartitionBy)) {
		return in, nil
	}
	if len(keys) == 0 {
		one := stage{streams: exec.Streams{exec.Gather(in.streams)}, cols: in.cols}
		if len(in.streams) == 1 {
			one.order, one.divided = in.order, in.divided
		}
		return one, nil
	}
	spec, err := b.order(keys, in.cols)
	if err != nil {
		return stage{}, err
	}
	res, stats := b.reservation(n)
	if b.cfg.Parallelism == 1 || len(together) == 0 {
		out := exec.NewSort(b.rt, in.streams, columnTerms(at, len(in.streams)), spec, res, stats)
		return stage{streams: exec.Streams{out}, cols: in.cols, order: keys}, nil
	}
	by := exec.Division{}
	for i := range together { // they are the first keys
		by.Fields, by.Cols = append(by.Fields, spec.Keys[i].Field), append(by.Cols, at[i])
	}
	out := exec.NewDividedSort(b.rt, in.streams, spec, at, by, b.cfg.Parallelism, res, stats)
	return stage{streams: out, cols: in.cols, order: keys, divided: together}, nil
}

func columnTerms(at []int, streams int) [][]exec.Term {
	out := make([][]exec.Term, streams)
	for i := range out {
		for _, c := range at {
			out[i] = append(out[i], exec.Term{Column: c})
		}
	}
	return out
}

// dividedBy reports whether rows that agree in keys are in one stream.
func (s stage) dividedBy(keys []expr.Expr) bool {
	return s.divided != nil && !slices.ContainsFunc(s.divided, func(d expr.Expr) bool {
		return !slices.ContainsFunc(keys, func(k expr.Expr) bool { return expr.Equal(k, d) })
	})
}

// startsWith reports whether rows in the order of one list of keys are in the order of another.
func startsWith(order, keys []plan.SortKey) bool {
	if len(keys) == 0 || len(order) < len(keys) {
		return false
	}
	return slices.EqualFunc(order[:len(keys)], keys, func(a, b plan.SortKey) bool { return a.Desc == b.Desc && expr.Equal(a.Expr, b.Expr) })
}
