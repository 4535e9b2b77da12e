package blob

import (
	"sync"
	"time"
)

// meter learns from a store's answers how far away it is, and how many bytes all requests together get. (A
// connectors.LinkMeter knows what one connection gets, of which a store's reader has many.) It is safe for concurrent use.
type meter struct {
	mu       sync.Mutex
	latency  time.Duration // until an answer begins; 0: unknown
	bytes    float64       // that came in seconds, of late
	seconds  float64
	running  int
	began    time.Time // when running became more than none
	received int64     // since then
}

const (
	meterBytes  = 64 << 20 // what was learnt of earlier bytes fades
	leastSample = 32 << 10 // less says nothing of a bandwidth
	longSample  = time.Second
	fade        = 8 // a latency is one part in so many of the new one
)

// request notes a request, of which answer is to be called when the answer begins and done, in any case, at its end.
func (m *meter) request(now time.Time) (answer func(now time.Time), done func(now time.Time, bytes int)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	alone := m.running == 0
	if alone {
		m.began, m.received = now, 0
	}
	m.running++
	answer = func(at time.Time) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if !alone && m.latency > 0 {
			return // it may have waited for others' bytes
		}
		if took := at.Sub(now); m.latency == 0 || took < m.latency {
			m.latency = took
		} else {
			m.latency += (took - m.latency) / fade
		}
	}
	done = func(at time.Time, bytes int) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.running--
		m.received += int64(bytes)
		if m.running == 0 || at.Sub(m.began) > longSample {
			m.sample(at)
			m.began, m.received = at, 0
		}
	}
	return answer, done
}

// sample learns from the bytes since began. The caller holds mu.
func (m *meter) sample(at time.Time) {
	took := (at.Sub(m.began) - m.latency).Seconds()
	if m.received < leastSample || took <= 0 {
		return
	}
	m.bytes += float64(m.received)
	m.seconds += took
	if m.bytes > meterBytes {
		m.bytes, m.seconds = m.bytes/2, m.seconds/2
	}
}

// What a request costs both ends besides its wait, and the bounds of what follows from a measurement, which may be off.
const (
	requestCost                 = 100 * time.Microsecond
	leastGap, usualGap, mostGap = 16 << 10, 128 << 10, 1 << 20
	leastParallel, mostParallel = 16, 64
)

// parallel is how many small requests must be in flight for their waits not to add up.
func (m *meter) parallel() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int(min(max(m.latency/requestCost, leastParallel), mostParallel))
}

// gap is how many bytes come in the time that another request takes, whose wait it shares with those in flight.
func (m *meter) gap() int64 {
	parallel := m.parallel()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.latency == 0 || m.bytes == 0 {
		return usualGap
	}
	saved := requestCost + m.latency/time.Duration(parallel)
	return min(max(int64(saved.Seconds()*m.bytes/m.seconds), leastGap), mostGap)
}
