package text

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/silogate/silogate/engine/types"
)

func TestParseInt(t *testing.T) {
	for _, s := range []string{"0", "7", "-7", "9223372036854775807", "-9223372036854775808"} {
		want, _ := strconv.ParseInt(s, 10, 64)
		if n, ok := parseInt([]byte(s)); !ok || n != want {
			t.Errorf("%s: %d %v", s, n, ok)
		}
	}
	for _, s := range []string{"", "-", "+7", "007", "-07", "00", "1.0", "1e3", "0x1", " 7", "9223372036854775808", "-9223372036854775809", "99999999999999999999", "1_000"} {
		if n, ok := parseInt([]byte(s)); ok {
			t.Errorf("%q is %d", s, n)
		}
	}
}

// Decimals of every width are what big.Rat reads, or are refused where they need more digits.
func TestParseDecimals(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	digits := func(n int) string {
		out := make([]byte, n)
		for i := range out {
			out[i] = byte('0' + random.IntN(10))
		}
		return string(out)
	}
	for range 20_000 {
		whole := strings.TrimLeft(digits(random.IntN(40)), "0")
		if whole == "" {
			whole = "0"
		}
		s := whole
		if random.IntN(3) > 0 {
			s += "." + digits(1+random.IntN(12))
		}
		if random.IntN(2) == 0 {
			s = "-" + s
		}
		scale := random.IntN(12)
		exact, _ := new(big.Rat).SetString(s)
		exact.Mul(exact, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
		limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(38)), nil)
		if whole == "0" {
			limit = new(big.Int).Mul(limit, limit)
		}
		possible := exact.IsInt() && new(big.Int).Abs(exact.Num()).Cmp(limit) < 0
		wide, ok := parseDecimal256([]byte(s), 38, scale)
		if ok != possible || ok && wide.BigInt().Cmp(exact.Num()) != 0 {
			t.Fatalf("%s at scale %d: %v %v, want %v %v", s, scale, wide.BigInt(), ok, exact, possible)
		}
		n, ok, fits := parseDecimal64([]byte(s), scale)
		if ok != exact.IsInt() && fits || ok && fits && n != exact.Num().Int64() || !fits && new(big.Int).Abs(exact.Num()).Cmp(big.NewInt(1e17)) < 0 && whole != "0" {
			t.Fatalf("%s at scale %d: %d %v %v, want %v", s, scale, n, ok, fits, exact)
		}
	}
}

func TestParseFloat(t *testing.T) {
	for s, want := range map[string]float64{"1": 1, "-1.5": -1.5, ".5": 0.5, "1e3": 1000, "2.5E-3": 0.0025, "1.7976931348623157e308": math.MaxFloat64} {
		if f, ok, lost := parseFloat([]byte(s)); !ok || lost || f != want {
			t.Errorf("%s: %g %v %v", s, f, ok, lost)
		}
	}
	for _, s := range []string{"nan", "NaN", "inf", "-Inf", "+infinity"} {
		if _, ok, lost := parseFloat([]byte(s)); !ok || !lost {
			t.Errorf("%s: %v %v", s, ok, lost)
		}
	}
	for _, s := range []string{"", "x", "0x1p4", "1_0", "1e", "5.", "1e400", "++1", "01.5"} {
		if f, ok, _ := parseFloat([]byte(s)); ok {
			t.Errorf("%q is %g", s, f)
		}
	}
}

// Dates and moments are what package time reads.
func TestParseMoments(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		s := fmt.Sprintf("%04d-%02d-%02d", random.IntN(10_000), random.IntN(14), random.IntN(33))
		want, err := time.Parse(time.DateOnly, s)
		possible := err == nil && want.Year() >= 1
		if days, ok := parseDay([]byte(s)); ok != possible || ok && days != want.Unix()/86400-b2i(want.Unix()%86400 < 0) {
			t.Fatalf("%s: %d %v, want %v", s, days, ok, want)
		}
		s += fmt.Sprintf("T%02d:%02d:%02d.%06d%+03d:%02d", random.IntN(26), random.IntN(62), random.IntN(62), random.IntN(1e6), random.IntN(25)-12, random.IntN(60))
		want, err = time.Parse("2006-01-02T15:04:05.999999-07:00", s)
		possible = err == nil && want.UTC().Year() >= 1 && want.UTC().Year() <= 9999 && s[:4] != "0000"
		if m, ok := parseMoment([]byte(s)); ok != possible || ok && (m.micros != want.UnixMicro() || !m.zoned || m.fsp != 6) {
			t.Fatalf("%s: %+v %v, want %v %v", s, m, ok, want, err)
		}
	}
	for s, want := range map[string]int64{"00:00:01": 1e6, "-00:00:00.5": -5e5, "838:59:59": 3020399e6, "12:30:15.123456": 45015123456} {
		if c, ok := parseTime([]byte(s)); !ok || c.micros != want {
			t.Errorf("%s: %d %v, want %d", s, c.micros, ok, want)
		}
	}
	for _, s := range []string{"", "1:00:00", "12:30", "839:00:00", "12:60:00", "12:00:60", "12:00:00Z", "12:00:00.", "-"} {
		if c, ok := parseTime([]byte(s)); ok {
			t.Errorf("%q is %d", s, c.micros)
		}
	}
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func TestGuess(t *testing.T) {
	for _, c := range []struct {
		values string // separated by bars
		want   string
	}{
		{"", "null"},
		{"1|-5|0", "bigint"},
		{"1|9223372036854775808", "decimal(38,0)"},
		{"1.50|2.25", "decimal(38,2)"},
		{"1.5|2.25|3", "decimal(38,2)"},
		{"0.10000|12345.12345", "decimal(38,5)"},
		{"0.1|12345.12345", "double"}, // measured: the digits vary
		{"0.0000000000000000000000000000001|1.0", "double"},
		{"9999999999999999999999999999999999.9999999999", "decimal(65,10)"},
		{"1|1e5", "double"},
		{"1.5|NaN|-inf", "double"},
		{"NaN|inf", "longtext"},
		{"true|FALSE", "boolean"},
		{"true|1", "longtext"},
		{"007|12", "longtext"},
		{"+5", "longtext"},
		{"2024-02-29", "date"},
		{"2023-02-29", "longtext"},
		{"2024-02-29|2024-02-29 12:30", "datetime"},
		{"2024-02-29T12:30:15.5", "datetime(6)"},
		{"2024-02-29 12:30:15Z|2024-02-29T12:30:15.25+0200", "timestamp(6)"},
		{"2024-02-29 12:30:15Z|2024-02-29 12:30:15", "longtext"}, // instants and local times
		{"12:30:15", "time"},
		{"2024-02-29|12", "longtext"},
		{"12 |  13", "bigint"},
		{"a|1", "longtext"},
	} {
		var g Guess
		if c.values != "" {
			for _, v := range strings.Split(c.values, "|") {
				g.Add(nil, []byte(v), Cell{To: uint32(len(v)), Kind: Plain})
			}
		}
		if got := g.Type().String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.values, got, c.want)
		}
	}
	var g Guess
	v := "2024-02-29T12:30:15.123456789"
	g.Add(nil, []byte(v), Cell{To: uint32(len(v)), Kind: Plain})
	if g.Type() != types.NewTemporal(types.Datetime, 6) || g.Warning() == "" {
		t.Errorf("nanoseconds: %s, warning %q", g.Type(), g.Warning())
	}
}
