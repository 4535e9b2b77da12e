// Package gcpace keeps the memory of the process near what is live.
//
// Most of what queries hold is a few large vectors without pointers, which a collection passes by: it costs little, and
// waiting for the heap to double, as Go does, saves nothing and takes hundreds of megabytes. On the other hand a heap that
// is small is collected after a few batches. So the heap may grow by an amount instead of by a factor: after each
// collection the runtime's memory limit, a soft one, is set to what is live and room beyond it.
package gcpace

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// Room beyond what is live: a part of it, or so many bytes if that is more.
const (
	leastRoom = 48 << 20
	partRoom  = 4
)

// factor is the heap's growth in percent where the limit does not come first: it bounds what a limit that is set too late
// costs.
const factor = 400

// pace is one use of Start.
type pace struct {
	room int64

	mu      sync.Mutex
	stopped bool
}

// sentinel is collected by the next collection.
type sentinel struct{ *pace }

// Start paces collections until stop is called. Server is how much memory queries may hold in all: of little memory the
// room is little. It leaves alone what the environment sets by GOGC or GOMEMLIMIT.
func Start(server int64) (stop func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	p := &pace{room: leastRoom}
	if server > 0 {
		p.room = min(p.room, max(server/partRoom, 1))
	}
	percent := debug.SetGCPercent(factor)
	p.collected()
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.stopped = true
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(math.MaxInt64)
	}
}

// collected is called after each collection.
func (p *pace) collected() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return
	}
	debug.SetMemoryLimit(p.limit())
	runtime.SetFinalizer(&sentinel{p}, func(s *sentinel) { s.collected() })
}

// limit is what is live, room, and what the runtime needs beside the heap.
func (p *pace) limit() int64 {
	sample := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(sample)
	live, beside := int64(sample[0].Value.Uint64()), int64(sample[1].Value.Uint64())
	for _, heap := range sample[2:] {
		beside -= int64(heap.Value.Uint64())
	}
	return beside + live + max(p.room, live/partRoom)
}
