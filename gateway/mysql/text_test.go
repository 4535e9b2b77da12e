package mysql

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/silogate/silogate/engine/types"
)

func TestAppendDatetimeAgreesWithTime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	first, last := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC).UnixMicro()
	instants := []int64{0, -1, 1, first, last, time.Date(2000, 2, 29, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC).UnixMicro()}
	for range 20000 {
		instants = append(instants, first+r.Int64N(last-first))
	}
	for _, us := range instants {
		want := time.UnixMicro(us).UTC()
		if got := string(appendDatetime(nil, us, 6)); got != want.Format("2006-01-02 15:04:05.000000") {
			t.Fatalf("%d: %s, want %s", us, got, want)
		}
		if got := string(appendDatetime(nil, us, 3)); got != want.Truncate(time.Millisecond).Format("2006-01-02 15:04:05.000") {
			t.Fatalf("%d: %s, want %s", us, got, want)
		}
		if got := string(appendDatetime(nil, us, 0)); got != want.Format("2006-01-02 15:04:05") {
			t.Fatalf("%d: %s, want %s", us, got, want)
		}
	}
}

// TestDatesBeyondYears checks that a moment beyond years 0 to 9999, as a zone may make of one within them, is shown at the nearest day.
func TestDatesBeyondYears(t *testing.T) {
	last := clock{loc: time.FixedZone("", 5*3600)}
	if got := string(appendDatetime(nil, last.local(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).UnixMicro()), 0)); got != "9999-12-31 04:59:59" {
		t.Error(got)
	}
	for day, want := range map[int64]string{lastDay: "9999-12-31", lastDay + 1: "9999-12-31", firstDay: "0000-01-01", firstDay - 1: "0000-01-01", -1 << 31: "0000-01-01"} {
		if got := string(appendDate(nil, day)); got != want {
			t.Errorf("day %d: %s, want %s", day, got, want)
		}
	}
}

// TestTimesBeyondMySQL checks that no TIME of a source, whatever it is, keeps a row from being written.
func TestTimesBeyondMySQL(t *testing.T) {
	for us, want := range map[int64]string{math.MinInt64: "-2562047788:00:54.775807", math.MaxInt64: "2562047788:00:54.775807", -1: "-00:00:00.000001"} {
		if got := string(appendTime(nil, us, 6)); got != want {
			t.Errorf("%d: %s, want %s", us, got, want)
		}
		if got := binaryTime(nil, us); len(got) != 13 {
			t.Errorf("%d: % x", us, got)
		}
	}
}

func TestClockAgreesWithTime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		c := clock{loc: loc}
		for i := range 5000 {
			us := r.Int64N(8e15) - 4e15
			if i%2 == 1 { // around the transitions of one year
				us = time.Date(2024, time.Month(1+i%12), 1+i%31, i%24, 0, 0, 0, time.UTC).UnixMicro()
			}
			want := time.UnixMicro(us).In(loc).Format("2006-01-02 15:04:05")
			if got := string(appendDatetime(nil, c.local(us), 0)); got != want {
				t.Fatalf("%s, %d: %s, want %s", zone, us, got, want)
			}
		}
	}
	fixed := clock{loc: time.FixedZone("", 5*3600+1800)}
	if got := string(appendDatetime(nil, fixed.local(0), 0)); got != "1970-01-01 05:30:00" {
		t.Error(got)
	}
}

func TestAppendTime(t *testing.T) {
	const hour = 3600 * secondMicros
	for _, c := range []struct {
		us   int64
		fsp  int
		want string
	}{
		{0, 0, "00:00:00"}, {-1, 6, "-00:00:00.000001"}, {838*hour + 3599*secondMicros + 500000, 1, "838:59:59.5"},
		{-100 * hour, 0, "-100:00:00"}, {9*hour + 61*secondMicros, 2, "09:01:01.00"},
	} {
		if got := string(appendTime(nil, c.us, c.fsp)); got != c.want {
			t.Errorf("%d: %s, want %s", c.us, got, c.want)
		}
	}
}

func TestAppendDecimal(t *testing.T) {
	for _, c := range []struct {
		v     int64
		scale int
		want  string
	}{
		{0, 0, "0"}, {0, 2, "0.00"}, {5, 2, "0.05"}, {-5, 1, "-0.5"}, {-5, 3, "-0.005"}, {12345, 2, "123.45"},
		{math.MinInt64, 4, "-922337203685477.5808"}, {math.MaxInt64, 18, "9.223372036854775807"}, {7, 18, "0.000000000000000007"},
	} {
		if got := string(appendDecimal(nil, c.v, c.scale)); got != c.want {
			t.Errorf("%d e-%d: %s, want %s", c.v, c.scale, got, c.want)
		}
		if got := string(appendDecimal128(nil, decimal128.FromI64(c.v), c.scale)); got != c.want {
			t.Errorf("%d e-%d as 128 bits: %s, want %s", c.v, c.scale, got, c.want)
		}
	}
	big38, _ := new(big.Int).SetString("-12345678901234567890123456789012345678", 10)
	if got := string(appendDecimal128(nil, decimal128.FromBigInt(big38), 10)); got != "-1234567890123456789012345678.9012345678" {
		t.Error(got)
	}
	just := decimal128.New(0, 1<<63) // 2^63 is no int64
	if got := string(appendDecimal128(nil, just, 1)); got != "922337203685477580.8" {
		t.Error(got)
	}
}

func TestAppendFloat(t *testing.T) {
	for _, c := range []struct {
		v    float64
		bits int
		want string
	}{
		{0, 64, "0"}, {1.5, 32, "1.5"}, {0.1, 64, "0.1"}, {float64(float32(0.1)), 32, "0.1"}, {1e15, 64, "1e15"}, {123456789012345, 64, "123456789012345"},
		{-1e-7, 64, "-0.0000001"}, {1e-16, 64, "1e-16"}, {1.7976931348623157e308, 64, "1.7976931348623157e308"},
	} {
		if got := types.FormatFloat(c.v, c.bits); got != c.want {
			t.Errorf("%v: %s, want %s", c.v, got, c.want)
		}
	}
}

func TestAppendBit(t *testing.T) {
	if got := appendBit(nil, 0x1ff, bitBytes(types.Type{Kind: types.Bit, Length: 9})); string(got) != "\x01\xff" {
		t.Errorf("%x", got)
	}
	if got := appendBit(nil, 1, bitBytes(types.Type{Kind: types.Bit})); string(got) != "\x01" {
		t.Errorf("%x", got)
	}
}
