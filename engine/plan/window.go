package plan

import (
	"fmt"

	"github.com/silogate/silogate/engine/expr"
)

// Window adds to each row of its input the columns of functions over rows of the row's partition: those with equal
// values of PartitionBy, in the order of OrderBy. Its rows come out in the order of both.
type Window struct {
	Input       Node
	PartitionBy []expr.Expr
	OrderBy     []SortKey
	Funcs       []WindowFunc
}

// The window functions beside the aggregates (MySQL 14.20.1). The arguments of LAG and LEAD are the value, the number of
// rows and, if there is one, the default, those of NTH_VALUE the value and the number; NTILE has one. The numbers are
// literals.
const (
	RowNumber   AggFunc = "row_number"
	Rank        AggFunc = "rank"
	DenseRank   AggFunc = "dense_rank"
	PercentRank AggFunc = "percent_rank"
	CumeDist    AggFunc = "cume_dist"
	Ntile       AggFunc = "ntile"
	Lag         AggFunc = "lag"
	Lead        AggFunc = "lead"
	FirstValue  AggFunc = "first_value"
	LastValue   AggFunc = "last_value"
	NthValue    AggFunc = "nth_value"
)

// WindowFunc defines column Col as a function of the frame of each row; functions that look at the whole partition have
// the zero Frame.
type WindowFunc struct {
	Col   Column
	Func  AggFunc
	Args  []expr.Expr
	Frame Frame
}

// Frame is the rows of a partition that a function sees. The zero value is the whole partition.
type Frame struct {
	Start, End Bound
}

// BoundKind says what a bound of a frame is counted from.
type BoundKind uint8

// The bounds of frames.
const (
	Unbounded  BoundKind = iota // the first or last row of the partition
	CurrentRow                  // ROWS: Rows behind the row, or before it where that is negative
	Peers                       // RANGE: the first or last row that is equal to the row in the order
	Value                       // RANGE: the first or last row whose order key is not beyond the bound's
)

// Bound is the start or the end of a frame.
type Bound struct {
	Kind BoundKind
	Rows int64 // CurrentRow
	// Value: the key of the bound, from the columns of the row it is the bound of, and the key that rows are compared by,
	// which has its type and orders rows as the window's only order key does. A Limit of NULL is that of a NULL key, or
	// else no limit. Following says that it may lie behind the row.
	Limit, Key expr.Expr
	Following  bool
}

// units is the word for a frame's bounds: "rows" or "range".
func (f Frame) units() string {
	if f.Start.Kind == CurrentRow || f.End.Kind == CurrentRow {
		return "rows"
	}
	return "range"
}

func (b Bound) describe(end bool) string {
	side := "preceding"
	if end {
		side = "following"
	}
	switch b.Kind {
	case CurrentRow:
		switch {
		case b.Rows < 0:
			return fmt.Sprintf("%d preceding", -b.Rows)
		case b.Rows > 0:
			return fmt.Sprintf("%d following", b.Rows)
		}
		return "current row"
	case Peers:
		return "current row"
	case Value:
		return b.Limit.String()
	}
	return "unbounded " + side
}

// String renders the frame as it is written; the whole partition is nothing.
func (f Frame) String() string {
	if f.Start.Kind == Unbounded && f.End.Kind == Unbounded {
		return ""
	}
	return fmt.Sprintf(" %s %s to %s", f.units(), f.Start.describe(false), f.End.describe(true))
}

// String renders the call, as in "sum(a#1) rows 2 preceding to current row".
func (f WindowFunc) String() string {
	if f.Func == CountStar {
		return string(CountStar) + f.Frame.String()
	}
	return fmt.Sprintf("%s(%s)%s", f.Func, expr.Strings(f.Args, ", "), f.Frame)
}

func windowFunctions(list []WindowFunc) []string {
	parts := make([]string, len(list))
	for i, f := range list {
		parts[i] = fmt.Sprintf("%s = %s", f.Col.Ref(), f)
	}
	return parts
}

func (n *Window) mapExprs(f func(expr.Expr) expr.Expr) *Window {
	m := *n
	m.PartitionBy, m.OrderBy = mapList(n.PartitionBy, f), mapKeys(n.OrderBy, f)
	m.Funcs = make([]WindowFunc, len(n.Funcs))
	for i, fn := range n.Funcs {
		fn.Args = mapList(fn.Args, f)
		for _, b := range []*Bound{&fn.Frame.Start, &fn.Frame.End} {
			if b.Kind == Value {
				b.Limit, b.Key = f(b.Limit), f(b.Key)
			}
		}
		m.Funcs[i] = fn
	}
	return &m
}

// expressions lists what the node evaluates.
func (n *Window) expressions() []expr.Expr {
	list := append([]expr.Expr{}, n.PartitionBy...)
	list = append(list, keyExprs(n.OrderBy)...)
	for _, f := range n.Funcs {
		list = append(list, f.Args...)
		for _, b := range []Bound{f.Frame.Start, f.Frame.End} {
			if b.Kind == Value {
				list = append(list, b.Limit, b.Key)
			}
		}
	}
	return list
}

func (v *verifier) window(n *Window, in scope) error {
	if len(n.Funcs) == 0 {
		return fmt.Errorf("no function")
	}
	for _, e := range n.expressions() {
		if err := in.expr(e); err != nil {
			return err
		}
	}
	for _, f := range n.Funcs {
		for _, b := range []Bound{f.Frame.Start, f.Frame.End} {
			if b.Kind != Value {
				continue
			}
			if len(n.OrderBy) != 1 {
				return fmt.Errorf("%s: a bound by value and %d order keys", f.Col.Ref(), len(n.OrderBy))
			}
			if b.Limit.Type() != b.Key.Type() {
				return fmt.Errorf("%s: the bound is %s, the key %s", f.Col.Ref(), b.Limit.Type(), b.Key.Type())
			}
		}
		if err := function(f.Col, f.Func, f.Args); err != nil {
			return err
		}
		if err := v.define(f.Col); err != nil {
			return err
		}
	}
	return nil
}
