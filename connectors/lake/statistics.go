package lake

import (
	"github.com/silogate/silogate/connectors/files/parquet"
	"github.com/silogate/silogate/engine/plan"
	"github.com/silogate/silogate/engine/types"
)

// statistics scales what the sampled footers say to all files.
func (t *table) statistics(footers []*parquet.File) plan.Statistics {
	rows, bytes := float64(0), float64(0)
	for _, f := range footers {
		rows += float64(f.NumRows())
		bytes += float64(f.Object.Size)
	}
	if len(footers) < len(t.Files) && bytes > 0 {
		rows *= float64(t.bytes) / bytes
	}
	return plan.Statistics{Rows: rows, Bytes: float64(t.bytes)}
}

// boundsRead is how many row groups' statistics of one column are read at most; an estimate needs no more.
const boundsRead = 1024

// columnStatistics merges the statistics of the row groups of a column that lies at some position in each file.
func columnStatistics(typ types.Type, footers []*parquet.File, positions []int) plan.ColumnStatistics {
	s := plan.ColumnStatistics{Distinct: plan.Unknown}
	rows, nulls, bytes, groups := float64(0), float64(0), float64(0), 0
	ranged := true
	for i, f := range footers {
		at := positions[i]
		if at < 0 || f.Columns[at].Type != typ {
			ranged = false
			continue
		}
		for g := 0; g < f.Groups() && groups < boundsRead; g++ {
			groups++
			b := f.Bounds(g, at)
			rows += float64(b.Rows)
			bytes += float64(f.Bytes(g, []int{at}))
			nulls += float64(max(b.Nulls, 0))
			if b.Nulls == b.Rows {
				continue // nothing but NULL restricts no range
			}
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
	s.Known, s.NullFrac, s.Width = true, nulls/rows, bytes/rows
	if s.HasRange = s.HasRange && ranged; !s.HasRange {
		s.Min, s.Max = types.Value{}, types.Value{}
	}
	return s
}
