package kernel

import (
	"math/big"
	"strings"
	"testing"
)

// TestExactNumber reads numbers of any length: beyond the digits of a decimal they are the largest, or 0.
func TestExactNumber(t *testing.T) {
	largest := strings.Repeat("9", 81)
	for text, want := range map[string]string{
		"": "0", "0": "0", "-0.0": "0", "+5": "5", "5.": "5", "-.5": "-1/2", "12.50": "25/2", "1e3": "1000", "2.5E-1": "1/4", "-1e+2": "-100",
		"1e80": "1" + strings.Repeat("0", 80), "1e81": largest, "-1e400": "-" + largest, "1e99999999999999999999": largest,
		"1e-400": "0", "1e-99999999999999999999": "0",
		strings.Repeat("7", 1<<16):                     largest,
		strings.Repeat("0", 100) + "7":                 "7",
		"1." + strings.Repeat("0", 1<<16) + "1":        "1",
		strings.Repeat("1", 400) + "e-399":             "1." + strings.Repeat("1", 323),
		"0." + strings.Repeat("0", 40) + "1":           "1/1" + strings.Repeat("0", 41),
		"1" + strings.Repeat("0", 100) + "e-100":       "1",
		"-123456789012345678901234567890.000000000001": "-123456789012345678901234567890000000000001/1000000000000",
	} {
		n, exponent := exactNumber(text)
		got := new(big.Rat).SetInt(new(big.Int).Mul(n, pow10Big(max(exponent, 0))))
		got.Quo(got, new(big.Rat).SetInt(pow10Big(max(-exponent, 0))))
		if w, ok := new(big.Rat).SetString(want); !ok || got.Cmp(w) != 0 {
			t.Errorf("%.40q: %s, want %s", text, got.RatString(), want)
		}
	}
}
