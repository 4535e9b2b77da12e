package orc

import (
	"math"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// Fields of ColumnStatistics.
const (
	statValues   = 1
	statInts     = 2
	statDoubles  = 3
	statStrings  = 4
	statBuckets  = 5
	statDecimals = 6
	statDates    = 7
	statBinary   = 8
	statMoments  = 9
	statHasNull  = 10
)

// statistics is what is read of a ColumnStatistics.
type statistics struct {
	values  int64 // that are not NULL; -1: unknown
	hasNull bool
	of      map[int]message // by field
}

func parseStatistics(m message) (s statistics, ok bool) {
	s = statistics{values: -1, hasNull: true, of: make(map[int]message)}
	err := m.fields(func(field int, v value) (err error) {
		switch field {
		case statValues:
			s.values, err = v.size()
		case statHasNull:
			s.hasNull = v.number != 0
		default:
			s.of[field] = v.bytes
		}
		return err
	})
	return s, err == nil
}

// bounds returns what statistics of some rows say of a column.
func (f *file) bounds(n *node, rows int64, m message) files.Bounds {
	b := files.Bounds{Type: n.typ, Rows: rows, Nulls: -1}
	if m == nil {
		return b
	}
	s, ok := parseStatistics(m)
	if !ok {
		return b
	}
	f.between(&b, n, s)
	nulls := int64(-1)
	switch {
	case s.values >= 0 && s.values <= rows:
		nulls = rows - s.values
	case !s.hasNull:
		nulls = 0
	}
	// NULLs that NaN, infinities and years that MySQL does not have turn into are not in the file's count.
	lossy := n.typ.IsFloat() || n.typ.IsTemporal() && !inside(b)
	if !lossy || nulls == rows {
		b.Nulls = nulls
	}
	return b
}

// inside reports bounds of moments that prove that MySQL has them all.
func inside(b files.Bounds) bool {
	first, last := int64(types.FirstMoment), int64(types.LastMoment)
	if b.Type.Kind == types.Date {
		first, last = types.FirstDay, types.LastDay
	}
	return b.HasMin && b.HasMax && b.Min.Int >= first && b.Max.Int <= last
}

// limits collects bounds, of which the least is in a field and the greatest in the next one.
type limits struct{ *files.Bounds }

func (l limits) add(field, least int, v types.Value) {
	switch field {
	case least:
		l.Min, l.HasMin = v, true
	case least + 1:
		l.Max, l.HasMax = v, true
	}
}

// each visits the statistics of one type.
func (s statistics) each(of int, visit func(field int, v value)) {
	m := s.of[of]
	if err := m.fields(func(int, value) error { return nil }); err != nil {
		return // nothing of what is malformed counts
	}
	_ = m.fields(func(field int, v value) error { // cannot fail now
		visit(field, v)
		return nil
	})
}

// between sets the bounds of a column whose statistics are in the engine's order. CHAR's are of texts with spaces at their ends.
func (f *file) between(b *files.Bounds, n *node, s statistics) {
	l := limits{b}
	switch n.kind {
	case kindBoolean:
		booleans(l, s)
	case kindByte, kindShort, kindInt, kindLong:
		s.each(statInts, func(field int, v value) { l.add(field, 1, types.IntValue(v.signed())) })
	case kindFloat, kindDouble:
		s.each(statDoubles, func(field int, v value) {
			if x := math.Float64frombits(v.number); !math.IsNaN(x) && !math.IsInf(x, 0) {
				l.add(field, 1, types.FloatValue(x))
			}
		})
		if b.HasMin != b.HasMax { // a NaN among the bounds says nothing of the rest
			b.HasMin, b.HasMax = false, false
		}
	case kindDate:
		s.each(statDates, func(field int, v value) {
			day := v.signed()
			if f.julian {
				day = gregorianDay(day)
			}
			l.add(field, 1, types.IntValue(day))
		})
	case kindTimestamp, kindInstant:
		f.moments(l, s)
	case kindDecimal:
		if n.typ.Kind != types.Decimal {
			return
		}
		s.each(statDecimals, func(field int, v value) {
			if x, ok := decimalOf(string(v.bytes), n.scale); ok {
				l.add(field, 1, x)
			}
		})
	case kindString, kindVarchar:
		if f.writerVersion < stringsFixed {
			return
		}
		s.each(statStrings, func(field int, v value) {
			l.add(field, 1, types.TextValue(string(v.bytes)))
			l.add(field, 4, types.TextValue(string(v.bytes))) // of what is too long: cut, and the upper one rounded up
		})
	}
}

// booleans are bounded by how many are true.
func booleans(l limits, s statistics) {
	var counts []uint64
	s.each(statBuckets, func(field int, v value) {
		if field == 1 {
			counts, _ = v.numbers(counts) // what is malformed has no count
		}
	})
	if len(counts) != 1 || s.values <= 0 {
		return
	}
	l.add(1, 1, types.BoolValue(counts[0] == uint64(s.values)))
	l.add(2, 1, types.BoolValue(counts[0] > 0))
}

// moments are bounded in milliseconds, of what clocks showed as if that were UTC. The fields for it are younger than those in
// the writer's zone, which are left aside. Writers round to zero or down, so that both are widened by a millisecond; and of the
// second before 1970 writers keep the wrong one, a second later (ORC-763), so that the greatest is raised by that too.
func (f *file) moments(l limits, s statistics) {
	const mostMillis = mostSeconds * 1000
	s.each(statMoments, func(field int, v value) {
		millis := v.signed()
		if millis > mostMillis || millis < -mostMillis {
			return
		}
		micros := millis * 1000
		if f.julian && micros < gregorianStart*types.DayMicros {
			return
		}
		if field == 4 {
			micros += 1_000_000 + 1000
		} else {
			micros -= 1000
		}
		l.add(field, 3, types.IntValue(micros))
	})
}

// decimalOf parses a decimal of a statistic in the scale of its column.
func decimalOf(text string, scale int) (types.Value, bool) {
	v, t, err := types.ParseDecimal(text)
	if err != nil {
		return v, false
	}
	if more := int32(scale) - int32(t.Scale); more >= 0 {
		if !v.Dec.FitsInPrecision(types.MaxPrecision - more) {
			return v, false
		}
		v.Dec = v.Dec.IncreaseScaleBy(more)
		return v, true
	}
	cut := v.Dec.ReduceScaleBy(int32(t.Scale)-int32(scale), false)
	return types.Value{Dec: cut}, cut.IncreaseScaleBy(int32(t.Scale)-int32(scale)) == v.Dec
}

// textBytes returns how many bytes all texts of a column have together; 0: unknown.
func textBytes(m message) int64 {
	s, ok := parseStatistics(m)
	if !ok {
		return 0
	}
	sum := int64(0)
	for kind, field := range map[int]int{statStrings: 3, statBinary: 1} {
		s.each(kind, func(f int, v value) {
			if f == field {
				sum = max(v.signed(), 0)
			}
		})
	}
	return sum
}
