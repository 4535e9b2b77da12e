package profile

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// The bounds of a sample. A value that a hundredth of the rows have is found 300 times in it, give or take 17.
const (
	mostSampled = 30_000   // rows
	mostBytes   = 64 << 20 // of all their values
	longestText = 1 << 10  // bytes of a text that may be common
	cellBytes   = 96       // of a value without its text
)

// sample is a uniform sample of rows (reservoir sampling). It grows smaller when its values are too large.
type sample struct {
	random *rand.Rand
	cells  [][]cell // by column, then by row of the sample
	most   int      // rows
	limit  int64    // bytes
	bytes  int64
	seen   int64
}

// cell is a value of the sample; one too long to be looked at is wide and has none.
type cell struct {
	types.Value
	wide bool
}

func (c *cell) bytes() int64 { return cellBytes + int64(len(c.Str)) }

func newSample(columns, rows int, bytes int64) sample {
	// Which rows are drawn does not depend on what is in them, and is the same each time.
	return sample{random: rand.New(rand.NewPCG(1, 2)), cells: make([][]cell, columns), most: rows, limit: bytes}
}

func (s *sample) rows() int {
	if len(s.cells) == 0 {
		return 0
	}
	return len(s.cells[0])
}

// add draws from the rows of a batch.
func (s *sample) add(batch arrow.RecordBatch) {
	for i := range int(batch.NumRows()) {
		at := s.rows()
		if s.seen++; s.seen > int64(s.most) {
			drawn := s.random.Int64N(s.seen)
			if drawn >= int64(s.most) {
				continue
			}
			at = int(drawn)
		}
		s.put(at, batch, i)
		if s.bytes > s.limit && s.rows() > 1 {
			s.halve()
		}
	}
}

// put makes a row of a batch the at-th of the sample.
func (s *sample) put(at int, batch arrow.RecordBatch, row int) {
	for k := range s.cells {
		c := cellOf(batch.Column(k), row)
		if at < len(s.cells[k]) {
			s.bytes -= s.cells[k][at].bytes()
			s.cells[k][at] = c
		} else {
			s.cells[k] = append(s.cells[k], c)
		}
		s.bytes += c.bytes()
	}
}

func cellOf(a arrow.Array, row int) cell {
	v := kernel.ValueAt(a, row)
	if len(v.Str) > longestText {
		return cell{wide: true}
	}
	return cell{Value: v}
}

// halve forgets every second row of the sample, drawn at random, and has it have no more from then on.
func (s *sample) halve() {
	n := s.rows()
	s.random.Shuffle(n, func(i, j int) {
		for _, cells := range s.cells {
			cells[i], cells[j] = cells[j], cells[i]
		}
	})
	s.most = n / 2
	s.bytes = 0
	for k, cells := range s.cells {
		s.cells[k] = slices.Clone(cells[:s.most])
		for i := range s.cells[k] {
			s.bytes += s.cells[k][i].bytes()
		}
	}
}

// run is a value and how often the sample has it.
type run struct {
	types.Value
	rows int
}

// sampled are the values of a column in the sample.
type sampled struct {
	typ   types.Type
	rows  int   // all, also those without a value
	wide  int   // rows whose value was too long
	runs  []run // ascending
	total int   // rows of runs
}

func (s *sample) values(column int, t types.Type) *sampled {
	v := &sampled{typ: t, rows: s.rows()}
	var list []types.Value
	for _, c := range s.cells[column] {
		switch {
		case c.wide:
			v.wide++
		case !c.Null:
			list = append(list, c.Value)
		}
	}
	slices.SortFunc(list, func(a, b types.Value) int { return types.Compare(a, b, t) })
	for _, x := range list {
		if last := len(v.runs) - 1; last >= 0 && types.Compare(v.runs[last].Value, x, t) == 0 {
			v.runs[last].rows++
		} else {
			v.runs = append(v.runs, run{x, 1})
		}
	}
	v.total = len(list)
	return v
}

// spread returns the common values, the most frequent first, and the bounds of a histogram of the others.
func (v *sampled) spread(of *plan.ColumnStatistics, buckets int) (common []plan.CommonValue, bounds []types.Value) {
	if v.typ.IsBinary() || v.typ.Kind == types.JSON {
		return nil, nil
	}
	frequent := v.frequent(of.Distinct, buckets)
	for _, r := range frequent {
		common = append(common, plan.CommonValue{Value: r.Value, Share: float64(r.rows) / float64(v.rows)})
	}
	if !of.HasRange || len(frequent) == len(v.runs) && float64(len(frequent)) >= of.Distinct {
		return common, nil
	}
	return common, v.histogram(frequent, of, buckets)
}

// frequent returns the values that are common: all where they are few and the sample has them all, else those that it has
// clearly more often than the average.
func (v *sampled) frequent(distinct float64, most int) []run {
	least := 1
	if float64(len(v.runs)) < distinct || len(v.runs) > most {
		least = int(max(math.Ceil(1.25*float64(v.total)/math.Max(distinct, 1)), 2))
	}
	var list []run
	for _, r := range v.runs {
		if r.rows >= least {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b run) int { return b.rows - a.rows })
	return list[:min(len(list), most)]
}

// histogram returns bounds between which as many of the rows lie whose value is not frequent. The first and the last are the
// column's least and greatest value: nothing lies beyond them.
func (v *sampled) histogram(frequent []run, of *plan.ColumnStatistics, buckets int) []types.Value {
	left := slices.DeleteFunc(slices.Clone(v.runs), func(r run) bool {
		return slices.ContainsFunc(frequent, func(f run) bool { return types.Compare(f.Value, r.Value, v.typ) == 0 })
	})
	total := 0
	for _, r := range left {
		total += r.rows
	}
	parts := min(buckets, max(total-1, 1))
	bounds := []types.Value{of.Min}
	passed, next := 0, 1
	for _, r := range left {
		for passed += r.rows; next < parts && passed*parts > next*total; next++ {
			bounds = append(bounds, r.Value)
		}
	}
	return append(bounds, of.Max)
}
