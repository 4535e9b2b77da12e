package lake

import (
	"cmp"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/expr"
	"github.com/silogate/silogate/engine/types"
)

// rowFilter drops rows while they are decoded. What it lets through is checked again above, so a conjunct that it cannot
// evaluate, or not without a fault or a warning, it leaves out. It belongs to one goroutine.
type rowFilter struct {
	of    *dynamicFilter // that it is made of
	steps []*rowStep
}

// rowStep is the conjuncts over a set of columns, or the keys that joins look for in one.
type rowStep struct {
	columns  []expr.ColumnID
	conds    []expr.Expr
	dynamic  bool // what it drops, a join would drop later, and not a filter at once
	find     func(values arrow.Array, sel []int32) []int32
	found    []int32 // scratch
	filter   expr.Filter
	mem      memory.Allocator
	schema   *arrow.Schema
	in, kept int64 // rows
	rest     int   // row groups to leave out
}

// Conjuncts that drop too little of so many rows are not worth their time: a filter above drops the rows as cheaply, a join
// less so. They rest for some row groups, since what a file holds changes along it.
const (
	trialRows = 64 << 10
	restful   = 15 // row groups
	// A step is worth its time if it drops one of so many rows.
	worthOfFilter, worthOfJoin = 2, 4
)

// newRowFilter compiles what can be evaluated of conjuncts, static ones and those of a dynamic filter.
func (x *execution) newRowFilter(dynamic *dynamicFilter) *rowFilter {
	f := &rowFilter{of: dynamic}
	for _, c := range x.scan.conds {
		f.add(x, c, false)
	}
	for _, c := range dynamic.conds {
		f.add(x, c, true)
	}
	f.steps = slices.DeleteFunc(f.steps, func(s *rowStep) bool { return s.dynamic && s.implied(dynamic.keys) })
	for _, s := range f.steps {
		layout := make(expr.Layout, len(s.columns))
		for i, id := range s.columns {
			layout[id] = i
		}
		var err error
		if s.filter, err = expr.CompileFilter(s.conds, layout, cmp.Or(x.run.Env, &expr.Env{})); err != nil {
			s.filter = nil
		}
		s.mem = x.run.Memory
	}
	f.steps = slices.DeleteFunc(f.steps, func(s *rowStep) bool { return s.filter == nil })
	for _, k := range dynamic.keys {
		f.steps = append(f.steps, &rowStep{columns: []expr.ColumnID{k.Column}, dynamic: true, find: k.Set.Finder()})
	}
	return f
}

// add adds a conjunct to the step of its columns.
func (f *rowFilter) add(x *execution, cond expr.Expr, dynamic bool) {
	if !x.scan.faultless(cond) {
		return
	}
	read := make(map[expr.ColumnID]bool)
	expr.Columns(cond, read)
	var columns []expr.ColumnID
	for id := range read {
		columns = append(columns, id)
	}
	slices.Sort(columns)
	if len(columns) == 0 {
		return
	}
	for _, s := range f.steps {
		if s.dynamic == dynamic && slices.Equal(s.columns, columns) {
			s.conds = append(s.conds, cond)
			return
		}
	}
	f.steps = append(f.steps, &rowStep{columns: columns, conds: []expr.Expr{cond}, dynamic: dynamic})
}

// implied reports conjuncts on a column whose keys are known: these say more.
func (s *rowStep) implied(keys []connectors.ColumnKeys) bool {
	return len(s.columns) == 1 && slices.ContainsFunc(keys, func(k connectors.ColumnKeys) bool { return k.Column == s.columns[0] })
}

// conditions returns what the filter has to look at in a row group, what drops most first.
func (f *rowFilter) conditions(s *scan, p part) []files.Condition {
	slices.SortStableFunc(f.steps, func(a, b *rowStep) int {
		switch x, y := a.passing(), b.passing(); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	known := evaluation{f.of.pruner, s.groupIntervals(p.values, p.file, p.columns, p.group)}
	var out []files.Condition
	for _, step := range f.steps {
		if step.rests() {
			continue
		}
		if at := step.positions(s, p); at != nil && !step.holds(known) {
			out = append(out, files.Condition{Columns: at, Select: step.choose})
		}
	}
	return out
}

// passing is the part of the rows that passes, as far as it is known.
func (s *rowStep) passing() float64 {
	if s.in == 0 {
		return float64(len(s.columns)) / float64(len(s.columns)+1)
	}
	return float64(s.kept) / float64(s.in)
}

// rests reports that a step is left out of the next row group.
func (s *rowStep) rests() bool {
	if s.rest > 0 {
		s.rest--
		return true
	}
	worth := int64(worthOfFilter)
	if s.dynamic {
		worth = worthOfJoin
	}
	if s.in < trialRows || (s.in-s.kept)*worth >= s.in {
		return false
	}
	s.in, s.kept, s.rest = 0, 0, restful
	return true
}

// holds reports conjuncts that are true for every row, as the statistics say. Of keys they say nothing.
func (s *rowStep) holds(known evaluation) bool {
	if s.find != nil {
		return false
	}
	for _, c := range s.conds {
		if t := known.truth(c); t.no || t.null {
			return false
		}
	}
	return true
}

// positions returns where the columns are among those that are read of a file; nil if one is not.
func (s *rowStep) positions(scan *scan, p part) []int {
	out := make([]int, len(s.columns))
	for i, id := range s.columns {
		pos, ok := scan.reads[id]
		if !ok {
			return nil
		}
		if out[i] = slices.Index(p.columns.read, p.columns.at[pos]); out[i] < 0 || p.columns.at[pos] < 0 || p.columns.widened(out[i]) {
			return nil
		}
	}
	return out
}

// choose is files.Condition.Select.
func (s *rowStep) choose(columns []arrow.Array, rows int) (sel []int32, all bool) {
	if s.find != nil {
		s.found = s.find(columns[0], s.found[:0])
		sel, all = s.found, len(s.found) == rows
	} else {
		sel, all = s.evaluate(columns, rows)
	}
	s.in += int64(rows)
	if all {
		s.kept += int64(rows)
	} else {
		s.kept += int64(len(sel))
	}
	return sel, all
}

// evaluate selects the rows that pass the conjuncts; all if they cannot be evaluated.
func (s *rowStep) evaluate(columns []arrow.Array, rows int) (sel []int32, all bool) {
	if s.schema == nil || !s.fits(columns) {
		fields := make([]arrow.Field, len(columns))
		for i, c := range columns {
			fields[i] = arrow.Field{Type: c.DataType(), Nullable: true}
		}
		s.schema = arrow.NewSchema(fields, nil)
	}
	batch := array.NewRecordBatch(s.schema, columns, int64(rows))
	defer batch.Release()
	sel, all, err := s.filter.Select(s.mem, batch)
	return sel, all || err != nil
}

// fits reports whether the columns have the types of the last ones; decimals vary in width.
func (s *rowStep) fits(columns []arrow.Array) bool {
	for i, c := range columns {
		if !arrow.TypeEqual(c.DataType(), s.schema.Field(i).Type) {
			return false
		}
	}
	return true
}

// faultless reports a predicate whose evaluation neither fails nor warns, whatever the values, and is cheap: comparisons of
// columns with constants and with each other.
func (s *scan) faultless(x expr.Expr) bool {
	switch x := x.(type) {
	case *expr.In:
		return s.plain(x.Arg)
	case *expr.Call:
		switch x.Func {
		case expr.And, expr.Or, expr.Not:
			for _, a := range x.Args {
				if !s.faultless(a) {
					return false
				}
			}
			return true
		case expr.Eq, expr.Ne, expr.Lt, expr.Le, expr.Gt, expr.Ge, expr.NullSafeEq, expr.IsNull:
		case expr.Like:
			if len(x.Args) != 2 {
				return false
			}
			if _, ok := x.Args[1].(*expr.Literal); !ok {
				return false
			}
		default:
			return false
		}
		for _, a := range x.Args {
			if !s.plain(a) {
				return false
			}
		}
		return true
	}
	return false
}

// plain reports a column of a file or a constant, of a type that is compared as it is.
func (s *scan) plain(x expr.Expr) bool {
	switch x := x.(type) {
	case *expr.Column:
		if _, ok := s.reads[x.ID]; !ok {
			return false
		}
	case *expr.Literal, *expr.Param:
	default:
		return false
	}
	t := x.Type()
	switch {
	case t.IsInteger(), t.IsFloat(), t.IsTemporal(), t.IsBinary(), t.Kind == types.Decimal:
		return true
	}
	return t.Kind == types.Char || t.Kind == types.Varchar || t.Kind == types.Text
}
