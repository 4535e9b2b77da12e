package orc

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// newDate makes a column of days since 1970.
func newDate(r *stripeReader, n *node) column {
	d := r.ints(n.column, data, true)
	c := &fixed[int32]{base: r.base(n, n.typ.Arrow())}
	c.to = func(p *positions) error {
		d.seekRun(p)
		return d.err
	}
	c.read = func(dst []int32) error {
		values, err := c.integers(d, len(dst))
		if err != nil {
			return err
		}
		for i, v := range values {
			if r.file.julian {
				v = gregorianDay(v)
			}
			dst[i] = int32(max(min(v, math.MaxInt32), math.MinInt32)) // beyond are no years of MySQL
		}
		return nil
	}
	c.check = inYears[int32](c.lost, types.FirstDay, types.LastDay)
	return c
}

// inYears makes NULL what MySQL's years do not have.
func inYears[T int32 | int64](lost func(), first, last T) func([]T, *validity) {
	return func(dst []T, v *validity) {
		odd := false
		for i, x := range dst {
			if (x < first || x > last) && v.has(i) {
				v.clear(i)
				dst[i], odd = 0, true
			}
		}
		if odd {
			lost()
		}
	}
}

// newMoment makes a column of timestamps: seconds since 2015 began where they were written, and nanoseconds ("Timestamp Columns"). A TIMESTAMP is
// what a clock there showed, one with local time zone an instant.
func newMoment(r *stripeReader, n *node) (column, error) {
	clock, err := zoneOf(r.stripe.zone)
	if err != nil {
		return nil, err
	}
	if n.kind == kindInstant {
		clock = &zone{}
	}
	seconds, nanos := r.ints(n.column, data, true), r.ints(n.column, secondary, false)
	epoch := clock.epoch()
	c := &fixed[int64]{base: r.base(n, n.typ.Arrow())}
	c.to = func(p *positions) error {
		seconds.seekRun(p)
		nanos.seekRun(p)
		if seconds.err != nil {
			return seconds.err
		}
		return nanos.err
	}
	c.read = func(dst []int64) error {
		if err := seconds.next(dst); err != nil {
			return fmt.Errorf("seconds: %w", err)
		}
		fractions, err := c.integers(nanos, len(dst))
		if err != nil {
			return fmt.Errorf("nanoseconds: %w", err)
		}
		for i, s := range dst {
			dst[i] = clock.micros(s, epoch, fractions[i], r.file.julian)
		}
		return nil
	}
	c.check = inYears[int64](c.lost, types.FirstMoment, types.LastMoment)
	return c, nil
}

// farAway is a moment in no year that MySQL has.
const farAway = math.MaxInt64

// mostSeconds is beyond MySQL's years, and small enough to reckon with in microseconds.
const mostSeconds = 1 << 42

// micros returns what a clock shows, in microseconds since 1970, so many seconds after an epoch; fraction is the nanoseconds as they are stored.
func (z *zone) micros(seconds, epoch, fraction int64, julian bool) int64 {
	if seconds > mostSeconds || seconds < -mostSeconds {
		return farAway
	}
	seconds += epoch
	nanos := fraction >> 3
	if zeros := fraction & 7; zeros != 0 { // that were cut off
		nanos *= tens[zeros+1]
	}
	if nanos <= -1e9 || nanos >= 1e9 { // Arrow's writer has negative ones
		return farAway
	}
	// Writers divide milliseconds by 1000 and round to zero, and readers undo that.
	if seconds < 0 && nanos > 999_999 {
		seconds--
	}
	micros := (seconds+z.offset(seconds))*1e6 + floor(nanos, 1000)
	if julian && micros < gregorianStart*types.DayMicros {
		day := floor(micros, types.DayMicros)
		micros += (gregorianDay(day) - day) * types.DayMicros
	}
	return micros
}

var tens = [...]int64{1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8}

// floor divides and rounds down.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// zone is the time zone of a writer. It remembers the offset that held last.
type zone struct {
	location *time.Location // nil: UTC
	from, to int64          // when the offset holds, in seconds since 1970
	seconds  int64          // east of Greenwich
}

// zoneOf returns a time zone by the name that Java has for it.
func zoneOf(name string) (*zone, error) {
	switch name {
	case "", "UTC", "GMT", "Etc/UTC", "Etc/GMT", "Z":
		return &zone{}, nil
	}
	if offset, ok := strings.CutPrefix(name, "GMT"); ok && offset != "" && (offset[0] == '+' || offset[0] == '-') {
		hours, minutes, _ := strings.Cut(offset[1:], ":")
		h, errH := strconv.ParseUint(hours, 10, 5)
		m, errM := strconv.ParseUint("0"+minutes, 10, 6)
		if errH == nil && errM == nil {
			seconds := int(h*3600 + m*60)
			if offset[0] == '-' {
				seconds = -seconds
			}
			return &zone{location: time.FixedZone(name, seconds)}, nil
		}
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, files.Unsupported(fmt.Sprintf("was written in the time zone %q, which is not known here", files.Shown([]byte(name))))
	}
	return &zone{location: location}, nil
}

// epochSeconds is 2015-01-01 in UTC.
const epochSeconds = 1420070400

// epoch is when 2015 began, in seconds since 1970.
func (z *zone) epoch() int64 {
	if z.location == nil {
		return epochSeconds
	}
	return time.Date(2015, 1, 1, 0, 0, 0, 0, z.location).Unix()
}

// javaStart is 1900 in UTC. Files in a zone of its own are Java's, whose clocks before 1900 are at today's offset, and not at that of
// the sun.
const javaStart = -2208988800

// standard is today's offset without summer time.
func (z *zone) standard() int64 {
	t := time.Date(2030, 1, 1, 0, 0, 0, 0, z.location)
	if t.IsDST() {
		t = t.AddDate(0, 6, 0)
	}
	_, seconds := t.Zone()
	return int64(seconds)
}

// offset returns how many seconds clocks were ahead of UTC at a time.
func (z *zone) offset(at int64) int64 {
	if z.location == nil {
		return 0
	}
	if at < z.from || at >= z.to {
		if at < javaStart {
			z.seconds, z.from, z.to = z.standard(), math.MinInt64, javaStart
			return z.seconds
		}
		t := time.Unix(at, 0).In(z.location)
		_, seconds := t.Zone()
		z.seconds, z.to = int64(seconds), math.MaxInt64
		start, end := t.ZoneBounds()
		z.from = javaStart
		if !start.IsZero() {
			z.from = max(start.Unix(), javaStart)
		}
		if !end.IsZero() {
			z.to = end.Unix()
		}
	}
	return z.seconds
}

// gregorianStart is 1582-10-15, the day after which the Julian calendar's days are no other than today's.
const gregorianStart = -141427

// gregorianDay returns the day that has the date in today's calendar, reckoned back, that a day before 1582-10-15 has in the Julian one, which was
// in use then and which Hive writes: 1500-03-01 stays 1500-03-01.
func gregorianDay(day int64) int64 {
	if day >= gregorianStart || day < types.FirstDay*2 {
		return day
	}
	// The Julian calendar's years begin in March here, so that a leap day is a year's last: 1461 days are four years.
	const marchOfYear0 = -719470 // 0000-03-01 of the Julian calendar
	since := day - marchOfYear0
	era, within := floor(since, 1461), since-1461*floor(since, 1461)
	year := min(within/365, 3)
	ofYear := within - 365*year
	year += 4 * era
	// The same date in today's calendar, where centuries that 400 does not divide have no leap day.
	const march = -719468 // 0000-03-01 of today's
	return march + 365*year + floor(year, 4) - floor(year, 100) + floor(year, 400) + ofYear
}
