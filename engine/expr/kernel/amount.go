package kernel

import (
	"math"
	"strconv"
)

// unit is a unit of an amount, from so much on.
type unit struct {
	from float64
	name string
}

var (
	byteUnits = []unit{{1 << 60, "EiB"}, {1 << 50, "PiB"}, {1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}, {1, "bytes"}}
	picoUnits = []unit{{864e14, "d"}, {36e14, "h"}, {6e13, "min"}, {1e12, "s"}, {1e9, "ms"}, {1e6, "us"}, {1e3, "ns"}, {1, "ps"}}
)

// FormatBytes computes FORMAT_BYTES(count).
func FormatBytes(r *Row, dst []byte) ([]byte, bool) {
	return amount(dst, r.Double(0), byteUnits, 4), true
}

// FormatPicoTime computes FORMAT_PICO_TIME(picoseconds).
func FormatPicoTime(r *Row, dst []byte) ([]byte, bool) {
	return amount(dst, r.Double(0), picoUnits, 3), true
}

// amount writes an amount in the largest unit that it has: of the smallest unit a whole number in so many places, of others two digits after
// the point, or an exponent where that is long.
func amount(dst []byte, v float64, units []unit, places int) []byte {
	smallest := units[len(units)-1]
	for _, u := range units[:len(units)-1] {
		if math.Abs(v) < u.from {
			continue
		}
		form := byte('f')
		if math.Abs(v/u.from) >= 1e5 {
			form = 'e'
		}
		return append(append(strconv.AppendFloat(dst, v/u.from, form, 2, 64), ' '), u.name...)
	}
	number := strconv.AppendInt(nil, int64(v), 10)
	for range max(places-len(number), 0) {
		dst = append(dst, ' ')
	}
	return append(append(append(dst, number...), ' '), smallest.name...)
}
