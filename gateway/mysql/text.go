package mysql

import (
	"math"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/silogate/silogate/engine/types"
)

const (
	secondMicros = int64(time.Second / time.Microsecond)
	dayMicros    = 24 * 60 * 60 * secondMicros
)

// bitBytes is how many bytes a BIT(n) has on the wire.
func bitBytes(t types.Type) int { return (max(int(t.Length), 1) + 7) / 8 }

// appendBit appends the low bytes of v, the most significant first.
func appendBit(dst []byte, v uint64, size int) []byte {
	for size--; size >= 0; size-- {
		dst = append(dst, byte(v>>(8*size)))
	}
	return dst
}

func appendDecimal128(dst []byte, v decimal128.Num, scale int) []byte {
	low := int64(v.LowBits())
	if v.HighBits() == low>>63 && scale < len(powers) { // it is the sign of an int64
		return appendDecimal(dst, low, scale)
	}
	return append(dst, v.ToString(int32(scale))...)
}

// dateWidth is how many bytes YYYY-MM-DD has.
const dateWidth = 10

// appendDate appends YYYY-MM-DD of a day counted from 1970-01-01.
func appendDate(dst []byte, day int64) []byte {
	at := len(dst)
	dst = slices.Grow(dst, dateWidth)[:at+dateWidth]
	putDate(dst[at:], day)
	return dst
}

// putDate writes what appendDate appends.
func putDate(dst []byte, day int64) {
	year, month, dom := civil(day)
	_ = dst[dateWidth-1]
	copy(dst[0:], pairs[year/100*2:][:2])
	copy(dst[2:], pairs[year%100*2:][:2])
	dst[4] = '-'
	copy(dst[5:], pairs[2*month:][:2])
	dst[7] = '-'
	copy(dst[8:], pairs[2*dom:][:2])
}

// The days from 0000-01-01 to 9999-12-31, counted from 1970-01-01.
const (
	firstDay = -719528
	lastDay  = 2932896
)

// civil returns the proleptic Gregorian date of a day counted from 1970-01-01; of one beyond years 0 to 9999, the nearest in them.
//
// It counts from 1 March 400 years before year 0, so that a leap day ends its year, and divides by multiplying (C. Neri,
// L. Schneider, "Euclidean affine functions and their application to calendar algorithms", 2022).
func civil(day int64) (year, month, dom int) {
	const (
		cycle  = 146097 // days in 400 years
		origin = 719468 + cycle
	)
	n := 4*uint32(min(max(day, firstDay), lastDay)+origin) + 3
	century, ofCentury := n/cycle, n%cycle/4
	product := 2939745 * uint64(4*ofCentury+3)
	ofYear := uint32(product) / 2939745 / 4
	n = 2141*ofYear + 197913
	year, month, dom = int(100*century+uint32(product>>32))-400, int(n>>16), int(n&0xffff/2141)+1
	if ofYear >= 306 {
		year, month = year+1, month-12
	}
	return year, month, dom
}

// datetimeWidth is how many bytes appendDatetime appends.
func datetimeWidth(fsp int) int {
	if fsp == 0 {
		return len("YYYY-MM-DD hh:mm:ss")
	}
	return len("YYYY-MM-DD hh:mm:ss.") + fsp
}

// appendDatetime appends YYYY-MM-DD hh:mm:ss with fsp digits of a fraction, for microseconds from 1970-01-01.
func appendDatetime(dst []byte, us int64, fsp int) []byte {
	day := us / dayMicros
	us -= day * dayMicros
	if us < 0 {
		day, us = day-1, us+dayMicros
	}
	dst = append(appendDate(dst, day), ' ')
	return appendClock(dst, us, fsp)
}

// appendTime appends a TIME: [-]hhh:mm:ss with fsp digits of a fraction.
func appendTime(dst []byte, us int64, fsp int) []byte {
	if us < 0 {
		dst, us = append(dst, '-'), -max(us, -math.MaxInt64)
	}
	return appendClock(dst, us, fsp)
}

func appendClock(dst []byte, us int64, fsp int) []byte {
	seconds := int(us / secondMicros)
	hours := seconds / 3600
	if hours < 100 {
		dst = appendTwo(dst, hours)
	} else {
		dst = appendInt(dst, int64(hours))
	}
	dst = appendTwo(append(dst, ':'), seconds/60%60)
	dst = appendTwo(append(dst, ':'), seconds%60)
	if fsp == 0 {
		return dst
	}
	return appendPadded(append(dst, '.'), uint64(us%secondMicros)/powers[types.MaxFSP-fsp], fsp)
}

// clock turns instants into the wall time of a zone. It remembers the offset that holds around the last instant.
type clock struct {
	loc         *time.Location
	from, until int64 // microseconds between which offset holds
	offset      int64 // microseconds
}

// local returns the wall time of an instant, both in microseconds from 1970-01-01.
func (c *clock) local(us int64) int64 {
	if c.loc == time.UTC {
		return us
	}
	if us < c.from || us >= c.until {
		t := time.UnixMicro(us).In(c.loc)
		_, offset := t.Zone()
		c.offset = int64(offset) * secondMicros
		c.from, c.until = math.MinInt64, math.MaxInt64
		start, end := t.ZoneBounds()
		if !start.IsZero() {
			c.from = start.UnixMicro()
		}
		if !end.IsZero() {
			c.until = end.UnixMicro()
		}
	}
	return us + c.offset
}
