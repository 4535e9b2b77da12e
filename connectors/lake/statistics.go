package lake

import (
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// statistics scales what the sampled footers say to all files.
func (t *table) statistics(footers []*opened) plan.Statistics {
	rows, bytes := float64(0), float64(0)
	for _, f := range footers {
		for part := range f.Parts() {
			_, about := f.Count(part)
			rows += about
		}
		bytes += float64(f.Object.Size)
	}
	if len(footers) != t.count && bytes > 0 {
		rows *= t.bytes / bytes
	}
	return plan.Statistics{Rows: rows, Bytes: t.bytes}
}

// boundsRead is how many row groups' statistics of one column are read at most; an estimate needs no more.
const boundsRead = 1024

// columnStatistics merges the statistics of the row groups of a column that lies at some position in each file.
func columnStatistics(typ types.Type, footers []*opened, positions []int) plan.ColumnStatistics {
	s := plan.ColumnStatistics{Distinct: plan.Unknown}
	rows, nulls, bytes, groups := float64(0), float64(0), float64(0), 0
	var values distinctValues
	ranged := true
	for i, f := range footers {
		at := positions[i]
		if at < 0 || f.Columns[at].Type != typ || f.bounded == nil {
			ranged = false
			continue
		}
		for g := 0; g < f.Parts() && groups < boundsRead; g++ {
			groups++
			b := f.bounded.Bounds(g, at)
			_, decoded := f.Size(g, []int{at})
			rows += float64(b.Rows)
			bytes += float64(decoded)
			nulls += float64(max(b.Nulls, 0))
			if b.Nulls == b.Rows {
				continue // nothing but NULL restricts no range
			}
			values.add(f.bounded.Distinct(g, at), float64(b.Rows-max(b.Nulls, 0)), s.HasRange && apart(b, s))
			if !b.HasMin || !b.HasMax {
				ranged = false
				continue
			}
			if !s.HasRange {
				s.Min, s.Max, s.HasRange = b.Min, b.Max, true
				continue
			}
			if order, ok := compare(b.Min, b.Type, s.Min, b.Type); ok && order < 0 {
				s.Min = b.Min
			}
			if order, ok := compare(b.Max, b.Type, s.Max, b.Type); ok && order > 0 {
				s.Max = b.Max
			}
		}
	}
	if rows == 0 {
		return plan.ColumnStatistics{}
	}
	s.Known, s.NullFrac, s.Width, s.Distinct = true, nulls/rows, bytes/rows, values.count()
	if s.HasRange = s.HasRange && ranged; !s.HasRange {
		s.Min, s.Max = types.Value{}, types.Value{}
	}
	return s
}

// apart reports a row group whose values all lie beyond those of the ones before.
func apart(b files.Bounds, before plan.ColumnStatistics) bool {
	above, ok := compare(b.Min, b.Type, before.Max, b.Type)
	if ok && b.HasMin && above > 0 {
		return true
	}
	below, ok := compare(b.Max, b.Type, before.Min, b.Type)
	return ok && b.HasMax && below < 0
}

// distinctValues merges the counts of different values of row groups. One that repeats each of its values a few times has
// most of what there is, and the next ones are thought to have the same. Where one does not, or the values change from row
// group to row group as in a sorted column, nobody knows.
type distinctValues struct {
	groups  int
	most    float64
	partial bool // a row group may lack values that others have
}

// fewTimes is how often a row group repeats its values where it has nearly all: were they drawn at random, all but 2 %.
const fewTimes = 4

func (d *distinctValues) add(distinct, rows float64, apart bool) {
	d.groups++
	d.most = max(d.most, distinct)
	d.partial = d.partial || distinct == 0 || rows < fewTimes*distinct || apart
}

func (d *distinctValues) count() float64 {
	if d.most == 0 || d.partial && d.groups > 1 {
		return plan.Unknown
	}
	return d.most
}
