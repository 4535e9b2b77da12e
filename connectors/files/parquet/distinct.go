package parquet

import (
	"math"

	"github.com/apache/arrow-go/v18/parquet"
)

// Distinct is about how many different values other than NULL a column (a position in Columns) has in a row group: what
// its statistics say, or else what its dictionary indices show by their size; 0 if nothing is known. It is for estimates.
func (f *File) Distinct(group, column int) float64 {
	c := f.Columns[column]
	if !c.flat {
		return 0
	}
	m := f.meta.RowGroups[group].Columns[c.leaves[0]].MetaData
	values := float64(m.NumValues)
	if s := m.Statistics; s != nil && s.DistinctCount != nil && *s.DistinctCount > 0 {
		return math.Min(float64(*s.DistinctCount), values)
	}
	for _, e := range m.Encodings {
		if e := parquet.Encoding(e); e == parquet.Encodings.PlainDict || e == parquet.Encodings.RLEDict {
			size := m.TotalUncompressedSize
			if d := m.DictionaryPageOffset; d != nil && *d > 0 && *d < m.DataPageOffset {
				size -= m.DataPageOffset - *d
			}
			// An index has the bits that number the entries, or fewer where a value repeats.
			return math.Min(math.Exp2(8*float64(max(size, 0))/math.Max(values, 1)), values)
		}
	}
	return 0
}
