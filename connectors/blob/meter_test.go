package blob

import (
	"testing"
	"time"
)

// play plays requests to a store over a link: n at once of so many bytes, which share the bandwidth.
func (m *meter) play(now time.Time, latency time.Duration, bandwidth float64, n, bytes int) time.Time {
	var ends []func(time.Time, int)
	for range n {
		answer, done := m.request(now)
		answer(now.Add(latency))
		ends = append(ends, done)
	}
	for i, done := range ends {
		done(now.Add(latency+time.Duration(float64((i+1)*bytes)/bandwidth*float64(time.Second))), bytes)
	}
	return now.Add(latency + time.Duration(float64(n*bytes)/bandwidth*float64(time.Second)))
}

func TestProfileFollowsTheLink(t *testing.T) {
	for name, c := range map[string]struct {
		latency   time.Duration
		bandwidth float64
		gap       int64
		parallel  int
	}{
		"loopback":       {200 * time.Microsecond, 1e9, 112_500, 16},
		"another city":   {10 * time.Millisecond, 25e6, leastGap, 64},
		"a data centre":  {15 * time.Millisecond, 1.2e9, 401_250, 64},
		"a busy machine": {time.Millisecond, 100e6, 16_250, 16},
		"very fast":      {time.Millisecond, 100e9, mostGap, 16},
	} {
		var m meter
		if m.gap() != usualGap || m.parallel() != leastParallel {
			t.Errorf("unknown: gap %d, %d in flight", m.gap(), m.parallel())
		}
		now := time.Unix(1, 0)
		for range 20 {
			now = m.play(now, c.latency, c.bandwidth, 1, 1)
			now = m.play(now, c.latency, c.bandwidth, 10, 1<<20)
		}
		if gap := m.gap(); gap < max(c.gap*99/100, leastGap) || gap > max(c.gap*101/100, leastGap) || m.parallel() != c.parallel {
			t.Errorf("%s: gap %d, %d in flight; want %d, %d", name, gap, m.parallel(), c.gap, c.parallel)
		}
	}
}

// What a link was long ago does not matter.
func TestProfileFollowsChanges(t *testing.T) {
	var m meter
	now := time.Unix(1, 0)
	for range 100 {
		now = m.play(now, time.Millisecond, 1e9, 1, 4<<20)
	}
	for range 100 {
		now = m.play(now, 50*time.Millisecond, 10e6, 1, 4<<20)
	}
	if m.parallel() != mostParallel || m.gap() != leastGap {
		t.Errorf("gap %d, %d in flight", m.gap(), m.parallel())
	}
}
