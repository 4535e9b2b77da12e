package parquet

import (
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// inRange reports whether bounds of dates or times prove that MySQL has them all.
func inRange(b files.Bounds) bool {
	first, last := types.Range(b.Type)
	return b.HasMin && b.HasMax && b.Min.Int >= first && b.Max.Int <= last
}

// guardRange has a decoder of dates or times make those NULL that MySQL does not have, and call warn if there was one.
func guardRange(d decoder, t types.Type, warn func()) {
	first, last := types.Range(t)
	switch d := d.(type) {
	case *fixed[int32]:
		d.drop = dropOutside(int32(first), int32(last), warn)
	case *fixed[int64]:
		d.drop = dropOutside(first, last, warn)
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
