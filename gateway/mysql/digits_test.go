package mysql

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestEight compares the digits of numbers below eightDigits with strconv's: all short ones, those around each power of ten, and others.
func TestEight(t *testing.T) {
	check := func(v uint64) {
		want := strconv.FormatUint(v, 10)
		for _, width := range []int{len(want), 8} {
			dst := []byte("--------------")
			putEight(dst[3:3+width], eight(v))
			whole := "00000000" + want
			if got := string(dst); got != "---"+whole[len(whole)-width:]+"--------------"[:11-width] {
				t.Fatalf("%d with %d digits: %s", v, width, got)
			}
		}
	}
	for v := range uint64(20000) {
		check(v)
	}
	for _, p := range powers[:9] {
		for v := p - min(p, 200); v < min(p+200, eightDigits); v++ {
			check(v)
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 200_000 {
		check(r.Uint64N(eightDigits))
	}
}
