package orc

import (
	"testing"
	"time"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// day is a date of today's calendar in days since 1970.
func day(t *testing.T, date string) int64 {
	t.Helper()
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		t.Fatal(err)
	}
	return at.Unix() / 86400
}

// Dates keep their names from the Julian calendar to today's.
func TestGregorianDay(t *testing.T) {
	for _, c := range []struct {
		julian int64 // days since 1970, as java.util.GregorianCalendar has them
		want   string
	}{
		{-141427, "1582-10-15"}, {-141428, "1582-10-04"}, {-171597, "1500-02-28"}, {-171595, "1500-03-01"},
		{-171596, "1500-03-01"}, // 1500-02-29, which is no date today
		{-354281, "0999-12-31"}, {-354280, "1000-01-01"}, {-718010, "0004-02-29"}, {-719164, "0001-01-01"},
	} {
		if got := gregorianDay(c.julian); got != day(t, c.want) {
			t.Errorf("day %d is %d, want %s, which is %d", c.julian, got, c.want, day(t, c.want))
		}
	}
}

func TestMicros(t *testing.T) {
	const epoch = epochSeconds
	for _, c := range []struct {
		name              string
		seconds, fraction int64 // since 1970
		want              string
	}{
		{"a whole second", 0, 0, "1970-01-01 00:00:00.000000"},
		{"nanoseconds", 1, 123456789 << 3, "1970-01-01 00:00:01.123456"},
		{"zeros that were cut off", 1, 5<<3 | 7, "1970-01-01 00:00:01.500000"},
		{"two zeros", 1, 1234567<<3 | 1, "1970-01-01 00:00:01.123456"},
		{"before 1970", -1, 5<<3 | 7, "1969-12-31 23:59:58.500000"},
		{"before 1970, less than a millisecond", -1, 999_999 << 3, "1969-12-31 23:59:59.000999"},
		{"Arrow's before 1970", -1, -500_000_001 << 3, "1969-12-31 23:59:58.499999"},
	} {
		if got := moment((&zone{}).micros(c.seconds-epoch, epoch, c.fraction, false)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for _, seconds := range []int64{1 << 60, -1 << 60} {
		if got := (&zone{}).micros(seconds, epoch, 0, false); got != farAway {
			t.Errorf("%d seconds are %d", seconds, got)
		}
	}
	if got := (&zone{}).micros(0, epoch, 2_000_000_000<<3, false); got != farAway {
		t.Errorf("2 seconds of nanoseconds are %d", got)
	}
}

func TestZones(t *testing.T) {
	for _, c := range []struct {
		name  string
		at    string // in UTC
		hours int64
	}{
		{"", "2024-07-01", 0}, {"UTC", "2024-07-01", 0}, {"GMT+05:30", "2024-07-01", 5}, {"GMT-8", "2024-07-01", -8},
		{"Europe/Berlin", "2024-07-01", 2}, {"Europe/Berlin", "2024-01-01", 1}, {"Europe/Berlin", "2024-07-01", 2}, {"Europe/Berlin", "1850-07-01", 1},
		{"Australia/Sydney", "1850-07-01", 10},
	} {
		z, err := zoneOf(c.name)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time as it is remembered
			if got := z.offset(day(t, c.at)*86400) / 3600; got != c.hours {
				t.Errorf("%s at %s: %d hours, want %d", c.name, c.at, got, c.hours)
			}
		}
	}
	for _, name := range []string{"Nowhere/Atoll", "GMT+", "GMT+99", "../etc/passwd"} {
		if _, err := zoneOf(name); err == nil {
			t.Errorf("zone %s is known", name)
		}
	}
}

// Statistics that are malformed, of other orders or of values that are not shown bound nothing.
func TestStatisticsThatDoNotHold(t *testing.T) {
	f := &file{postScript: postScript{writerVersion: stringsFixed}}
	text := func(field int, s string) []byte { return bytesField(nil, field, []byte(s)) }
	of := func(kind kind, stats []byte) files.Bounds {
		n := &node{kind: kind, precision: 10, scale: 2, length: 5}
		n.describe("c")
		return f.bounds(n, 10, stats)
	}
	strings := bytesField(number(nil, statValues, 10), statStrings, append(text(1, "a"), text(2, "z")...))
	if b := of(kindString, strings); !b.HasMin || b.Min.Str != "a" || b.Max.Str != "z" || b.Nulls != 0 {
		t.Errorf("texts: %+v", b)
	}
	if b := of(kindChar, strings); b.HasMin || b.HasMax {
		t.Errorf("texts with spaces at their ends: %+v", b)
	}
	cut := bytesField(nil, statStrings, append(text(4, "a"), text(5, "b")...))
	if b := of(kindVarchar, cut); !b.HasMin || !b.HasMax || b.Nulls != -1 {
		t.Errorf("texts that were cut: %+v", b)
	}
	f.writerVersion = 0
	if b := of(kindString, strings); b.HasMin || b.HasMax {
		t.Errorf("texts of a writer before HIVE-8732: %+v", b)
	}
	if b := of(kindLong, []byte{0xff}); b.HasMin || b.Nulls != -1 {
		t.Errorf("what is malformed: %+v", b)
	}
	if b := of(kindDecimal, bytesField(nil, statDecimals, append(text(1, "1.5"), text(2, "x")...))); !b.HasMin || b.HasMax || b.Min.Format(b.Type, time.UTC) != "1.50" {
		t.Errorf("a decimal: %+v", b)
	}
	year10000 := bytesField(number(nil, statValues, 10), statDates, number(number(nil, 1, 0), 2, 2*(types.LastDay+1)))
	if b := of(kindDate, year10000); b.Type.Kind != types.Date || b.Nulls != -1 {
		t.Errorf("a date that becomes NULL: %+v", b)
	}
	// ORC-763: half a second before 1970 is read as half a second after.
	moments := bytesField(nil, statMoments, number(number(nil, 3, 999), 4, 999)) // -500 in zigzag
	if b := of(kindTimestamp, moments); b.Min.Int > -500_000 || b.Max.Int < 500_000 {
		t.Errorf("a moment: %+v", b)
	}
}
