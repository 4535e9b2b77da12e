package expr

import (
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
)

// Filter finds the rows for which every conjunct is true. It has scratch space: one goroutine at a time.
type Filter interface {
	// Select returns the positions of those rows in ascending order, valid until the next call; all says that it is
	// every row, and then sel is nil.
	Select(mem memory.Allocator, batch arrow.RecordBatch) (sel []int32, all bool, err error)
}

// CompileFilter prepares conjuncts. Later ones are evaluated only for rows that the earlier ones left; none at all keep every
// row.
func CompileFilter(conds []Expr, layout Layout, env *Env) (Filter, error) {
	c := newCompiler(layout, env)
	var flat []Expr
	for _, e := range conds {
		flat = Conjuncts(flat, e)
	}
	nodes, err := c.nodes(flat)
	if err != nil {
		return nil, err
	}
	return &filter{ctx: c.ctx, warned: c.warned, conds: nodes}, nil
}

type filter struct {
	ctx    kernel.Context
	warned *warnings
	conds  []node
	sel    []int32 // scratch
	bits   []byte
}

func (s *filter) Select(mem memory.Allocator, batch arrow.RecordBatch) (sel []int32, all bool, err error) {
	f := batchFrame(&s.ctx, mem, batch)
	if f.n == 0 {
		return nil, true, nil
	}
	if err := s.ctx.Interruption(); err != nil {
		return nil, false, err
	}
	sel, all, err = s.choose(f)
	if err = s.warned.settle(err, f.n); errors.Is(err, ErrTooWide) {
		sel, err = s.inHalves(mem, batch)
		all = len(sel) == f.n
	}
	if all || err != nil {
		sel = nil
	}
	return sel, all, err
}

// inHalves selects among fewer rows at a time.
func (s *filter) inHalves(mem memory.Allocator, batch arrow.RecordBatch) ([]int32, error) {
	rows := batch.NumRows()
	var out []int32
	for _, half := range [][2]int64{{0, rows / 2}, {rows / 2, rows}} {
		part := batch.NewSlice(half[0], half[1])
		sel, all, err := s.Select(mem, part)
		part.Release()
		if err != nil {
			return nil, err
		}
		for _, i := range sel {
			out = append(out, int32(half[0])+i)
		}
		for i := half[0]; all && i < half[1]; i++ {
			out = append(out, int32(i))
		}
	}
	return out, nil
}

func (s *filter) choose(f *frame) (sel []int32, all bool, err error) {
	if cap(s.bits)*8 < f.n {
		s.bits = bitmap(f.n)
		s.sel = make([]int32, 0, f.n)
	}
	sel, all = s.sel[:0], true
	for _, cond := range s.conds {
		if all {
			sel, all, err = s.first(f, cond)
		} else {
			sel, err = s.next(f, cond, sel)
		}
		if err != nil {
			return nil, false, err
		}
		if !all && len(sel) == 0 {
			return sel, false, nil
		}
	}
	if all {
		return nil, true, nil
	}
	return sel, false, nil
}

// onColumn returns the predicate of a condition on a column alone, with the column.
func onColumn(f *frame, cond node) (kernel.Predicate, arrow.Array) {
	t, ok := cond.(*testNode)
	if !ok || t.unknown == kernel.UnknownIfTrue {
		return nil, nil
	}
	column, ok := t.args[0].(columnNode)
	if !ok {
		return nil, nil
	}
	return t.p, f.batch.Column(int(column))
}

// first evaluates a condition for all rows.
func (s *filter) first(f *frame, cond node) (sel []int32, all bool, err error) {
	bits := s.bits[:(f.n+7)/8]
	if p, a := onColumn(f, cond); p != nil {
		p.Bits(bits, a)
		if err := kernel.Ended(p); err != nil {
			return nil, false, err
		}
		sel = kernel.SelectBits(s.sel[:0], bits, a)
		return sel, len(sel) == f.n, nil
	}
	d, err := cond.eval(f)
	if err != nil {
		return nil, false, err
	}
	defer d.Release()
	kernel.TrueBits(bits, d)
	sel = kernel.SetRows(s.sel[:0], bits, f.n)
	return sel, len(sel) == f.n, nil
}

// next evaluates a condition for the rows that are left.
func (s *filter) next(f *frame, cond node, sel []int32) ([]int32, error) {
	if p, a := onColumn(f, cond); p != nil {
		sel = p.Filter(kernel.FilterValid(sel, a), a)
		return sel, kernel.Ended(p)
	}
	d, err := evalFor(f, cond, kernel.RowsOf(sel, f.n))
	if err != nil {
		return nil, err
	}
	defer d.Release()
	bits := s.bits[:(f.n+7)/8]
	kernel.TrueBits(bits, d)
	return kernel.FilterBits(sel, bits), nil
}
