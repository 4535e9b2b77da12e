package mysql

import (
	"math"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/silogate/silogate/engine/types"
)

const (
	secondMicros = int64(time.Second / time.Microsecond)
	dayMicros    = 24 * 60 * 60 * secondMicros
)

func appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, '1')
	}
	return append(dst, '0')
}

func appendInts[T int8 | int16 | int32 | int64](values []T) func([]byte, int) []byte {
	return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(values[i]), 10) }
}

func appendUints[T uint8 | uint16 | uint32 | uint64](values []T) func([]byte, int) []byte {
	return func(dst []byte, i int) []byte { return strconv.AppendUint(dst, uint64(values[i]), 10) }
}

// appendPadded appends n, which is not negative, with at least width digits.
func appendPadded(dst []byte, n, width int) []byte {
	for limit := pow10(width - 1); width > 1 && n < limit; limit /= 10 {
		dst = append(dst, '0')
		width--
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

// appendTwo appends n, which is below 100, with two digits.
func appendTwo(dst []byte, n int) []byte {
	return append(dst, '0'+byte(n/10), '0'+byte(n%10))
}

// bitBytes is how many bytes a BIT(n) has on the wire.
func bitBytes(t types.Type) int { return (max(int(t.Length), 1) + 7) / 8 }

// appendBit appends the low bytes of v, the most significant first.
func appendBit(dst []byte, v uint64, size int) []byte {
	for size--; size >= 0; size-- {
		dst = append(dst, byte(v>>(8*size)))
	}
	return dst
}

// appendDecimal appends v * 10^-scale in plain notation with all digits of the scale.
func appendDecimal(dst []byte, v int64, scale int) []byte {
	if scale == 0 {
		return strconv.AppendInt(dst, v, 10)
	}
	magnitude := uint64(v)
	if v < 0 {
		dst = append(dst, '-')
		magnitude = -magnitude
	}
	return appendPoint(dst, strconv.AppendUint(make([]byte, 0, 20), magnitude, 10), scale)
}

// appendPoint appends digits with the point before the last scale of them.
func appendPoint(dst, digits []byte, scale int) []byte {
	whole := len(digits) - scale
	if whole <= 0 {
		dst = append(dst, '0', '.')
		for range -whole {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	dst = append(dst, digits[:whole]...)
	dst = append(dst, '.')
	return append(dst, digits[whole:]...)
}

func appendDecimal128(dst []byte, v decimal128.Num, scale int) []byte {
	low := int64(v.LowBits())
	if v.HighBits() == low>>63 { // it is the sign of an int64
		return appendDecimal(dst, low, scale)
	}
	return append(dst, v.ToString(int32(scale))...)
}

// appendDate appends YYYY-MM-DD of a day counted from 1970-01-01.
func appendDate(dst []byte, day int64) []byte {
	year, month, dom := civil(day)
	dst = append(appendPadded(dst, year, 4), '-')
	dst = append(appendTwo(dst, month), '-')
	return appendTwo(dst, dom)
}

// civil returns the proleptic Gregorian date of a day counted from 1970-01-01.
//
// It counts from 1 March of year 0 in cycles of 400 years, so that a leap day ends its year (H. Hinnant, "chrono-
// Compatible Low-Level Date Algorithms").
func civil(day int64) (year, month, dom int) {
	const cycle = 146097 // days in 400 years
	day += 719468        // from 0000-03-01
	era := day / cycle
	if day < 0 {
		era = (day - cycle + 1) / cycle
	}
	doe := day - era*cycle
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	dom = int(doy - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	year = int(yoe + era*400)
	if month > 12 {
		month -= 12
		year++
	}
	return max(year, 0), month, dom
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
		dst, us = append(dst, '-'), -us
	}
	return appendClock(dst, us, fsp)
}

func appendClock(dst []byte, us int64, fsp int) []byte {
	seconds := int(us / secondMicros)
	hours := seconds / 3600
	if hours < 100 {
		dst = appendTwo(dst, hours)
	} else {
		dst = strconv.AppendInt(dst, int64(hours), 10)
	}
	dst = appendTwo(append(dst, ':'), seconds/60%60)
	dst = appendTwo(append(dst, ':'), seconds%60)
	if fsp == 0 {
		return dst
	}
	dst = appendPadded(append(dst, '.'), int(us%secondMicros), types.MaxFSP)
	return dst[:len(dst)-types.MaxFSP+fsp]
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
