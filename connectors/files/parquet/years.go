package parquet

import (
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// MySQL's dates and moments: years 1 to 9999, in days and microseconds since 1970.
const (
	firstDay    = -719162
	lastDay     = 2932896
	firstMicros = firstDay * dayMicros
	lastMicros  = (lastDay+1)*dayMicros - 1
)

// isMoment reports a type with a date in it.
func isMoment(t types.Type) bool { return t.IsTemporal() && t.Kind != types.Time }

// inYears reports whether bounds of dates or moments prove that MySQL has them all.
func inYears(b files.Bounds) bool {
	first, last := int64(firstMicros), int64(lastMicros)
	if b.Type.Kind == types.Date {
		first, last = firstDay, lastDay
	}
	return b.HasMin && b.HasMax && b.Min.Int >= first && b.Max.Int <= last
}

// guardYears has a decoder of dates or moments make those NULL that MySQL does not have, and call warn if there was one.
func guardYears(d decoder, warn func()) {
	switch d := d.(type) {
	case *fixed[int32]:
		d.drop = dropOutside[int32](firstDay, lastDay, warn)
	case *fixed[int64]:
		d.drop = dropOutside[int64](firstMicros, lastMicros, warn)
	}
}

func dropOutside[T int32 | int64](first, last T, warn func()) func([]T, *validity) {
	return func(dst []T, v *validity) {
		dropped := false
		for i, x := range dst {
			if x < first || x > last {
				dst[i], dropped = 0, true
				v.clear(i)
			}
		}
		if dropped {
			warn()
		}
	}
}
