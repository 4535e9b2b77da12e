package kernel

import (
	"testing"
	"time"
)

// TestCalendar compares every day of MySQL's range with package time.
func TestCalendar(t *testing.T) {
	c := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	for days := int64(firstDay); days <= lastDay; days++ {
		d := dateOf(days)
		if d.year != c.Year() || d.month != int(c.Month()) || d.day != c.Day() {
			t.Fatalf("day %d is %v, want %s", days, d, c)
		}
		if d.days() != days || weekday(days) != int(c.Weekday()+6)%7 || d.dayOfYear() != c.YearDay() {
			t.Fatalf("%s: day %d, weekday %d, day of the year %d", c, d.days(), weekday(days), d.dayOfYear())
		}
		c = c.AddDate(0, 0, 1)
	}
	if c.Year() != 10000 {
		t.Errorf("the last day is before %s", c)
	}
}

func TestParseDatetime(t *testing.T) {
	for s, want := range map[string]string{
		"2024-02-29":                    "2024-02-29 00:00:00.000000",
		"2024-2-9":                      "2024-02-09 00:00:00.000000",
		"2024/02/29":                    "2024-02-29 00:00:00.000000",
		"2024-02-29 1:2:3":              "2024-02-29 01:02:03.000000",
		"2024-02-29T01:02:03":           "2024-02-29 01:02:03.000000",
		" 2024-02-29  01:02:03.5 ":      "2024-02-29 01:02:03.500000",
		"2024-02-29 01:02":              "2024-02-29 01:02:00.000000",
		"2024-02-29 23:59:59.9999995":   "2024-03-01 00:00:00.000000",
		"20240229":                      "2024-02-29 00:00:00.000000",
		"240229":                        "2024-02-29 00:00:00.000000",
		"700101":                        "1970-01-01 00:00:00.000000",
		"20240229010203":                "2024-02-29 01:02:03.000000",
		"240229010203.25":               "2024-02-29 01:02:03.250000",
		"69-12-31":                      "2069-12-31 00:00:00.000000",
		"2024^02^29 01+02+03.000001":    "2024-02-29 01:02:03.000001",
		"0001-01-01":                    "0001-01-01 00:00:00.000000",
		"2023-02-29":                    "",
		"2024-13-01":                    "",
		"2024-00-01":                    "",
		"0000-00-00":                    "",
		"2024-02-29 24:00:00":           "",
		"2024-02-29 01:60:00":           "",
		"2024-02-29 01:02:03 and more":  "",
		"2024-02":                       "",
		"2024":                          "",
		"":                              "",
		"tomorrow":                      "",
		"2024-02-29 01:02:03.":          "2024-02-29 01:02:03.000000",
		"10000-01-01":                   "",
		"2024-02-29 01:02:03.123x":      "",
		"2024-02-29-01":                 "2024-02-29 01:00:00.000000",
		"99999999":                      "",
		"2024-02-29 01":                 "2024-02-29 01:00:00.000000",
		"2024 02 29":                    "",
		"2024-02-29 01:02:03.123456789": "2024-02-29 01:02:03.123457",
	} {
		us, _, ok := ParseDatetime(s)
		got := ""
		if ok {
			got = string(appendDatetime(nil, us, 6))
		}
		if got != want {
			t.Errorf("%q reads as %q, want %q", s, got, want)
		}
	}
}

func TestParseTime(t *testing.T) {
	for s, want := range map[string]string{
		"10:11:12":            "10:11:12.000000",
		"10:11":               "10:11:00.000000",
		"1 10:11:12":          "34:11:12.000000",
		"101112":              "10:11:12.000000",
		"1112":                "00:11:12.000000",
		"12":                  "00:00:12.000000",
		"-1:02:03.5":          "-01:02:03.500000",
		"900:00:00":           "838:59:59.000000",
		"2024-02-29 10:11:12": "10:11:12.000000",
		"10:60:00":            "",
		"10:11:12x":           "10:11:12.000000",
		"-2 1:02":             "-49:02:00.000000",
		"x":                   "",
		"":                    "",
	} {
		c, ok := readClock(s)
		us := c.time()
		got := ""
		if ok {
			got = string(appendTime(nil, us, 6))
		}
		if got != want {
			t.Errorf("%q reads as %q, want %q", s, got, want)
		}
	}
}

// FuzzParseDatetime checks that what is read prints as a text that reads the same.
func FuzzParseDatetime(f *testing.F) {
	for _, s := range []string{"2024-02-29 01:02:03.5", "20240229", "69-1-1", "2024-02-29T23:59:59.9999999", "0000-01-01", "9999-12-31 23:59:59.9999999", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		us, fsp, ok := ParseDatetime(s)
		if !ok {
			return
		}
		if fsp < 0 || fsp > 6 {
			t.Fatalf("%q has %d digits of a fraction", s, fsp)
		}
		printed := string(appendDatetime(nil, us, 6))
		again, _, ok := ParseDatetime(printed)
		if year := dateOf(floorDiv(us, day)).year; year <= 9999 && (!ok || again != us) {
			t.Fatalf("%q reads as %s, which reads as %d, %v", s, printed, again, ok)
		}
	})
}

// TestZone compares both directions with package time, near and far from the changes of two zones.
func TestZone(t *testing.T) {
	for _, name := range []string{"UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		z := newZone(loc)
		start := time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC)
		for step := range 200_000 {
			at := start.Add(time.Duration(step) * 4 * time.Hour).Add(time.Duration(step%7) * 17 * time.Minute)
			us := at.UnixMicro()
			_, offset := at.In(loc).Zone()
			civil := us + int64(offset)*second
			if got := z.civil(us); got != civil {
				t.Fatalf("%s: %s is %s", name, at.In(loc), time.UnixMicro(got).UTC())
			}
			back := z.instant(civil)
			if back != us && z.civil(back) != civil || back > us {
				t.Fatalf("%s: %s comes back as %s", name, at, time.UnixMicro(back).UTC())
			}
		}
	}
}

// TestSkippedInstant keeps the fraction of a time that the clock skips, as MySQL does.
func TestSkippedInstant(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	change := time.Date(2024, 3, 31, 1, 0, 0, 0, time.UTC).UnixMicro()
	for civil, want := range map[string]int64{
		"2024-03-31 02:30:00.123": change + 123_000, "2024-03-31 01:59:59.5": change - second/2, "2024-03-31 03:00:00.25": change + second/4,
	} {
		us, _, _ := ParseDatetime(civil)
		if got := newZone(loc).instant(us); got != want {
			t.Errorf("%s is %d, not %d", civil, got, want)
		}
	}
}
