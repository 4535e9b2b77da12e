//go:build integration

package main

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// seeds returns the first seed of a random test and how many it runs: the same few in a short run, each night others.
// SILOGATE_SEED, such as 17 or 100-199, repeats what failed.
func seeds(t *testing.T, short, long uint64) (first, count uint64) {
	t.Helper()
	text := os.Getenv("SILOGATE_SEED")
	if text == "" {
		if !nightly {
			return 1, short
		}
		const day = 24 * 60 * 60
		first = uint64(time.Now().Unix()) / day * long
		t.Logf("SILOGATE_SEED=%d-%d", first, first+long-1)
		return first, long
	}
	low, high, ranged := strings.Cut(text, "-")
	if !ranged {
		high = low
	}
	first, errFirst := strconv.ParseUint(low, 10, 64)
	last, errLast := strconv.ParseUint(high, 10, 64)
	if errFirst != nil || errLast != nil || last < first {
		t.Fatalf("SILOGATE_SEED=%s is neither a number nor a range", text)
	}
	return first, last - first + 1
}
