package bufpooltest

import (
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Gauge is an allocator that knows the most bytes it had given out at once. Safe for concurrent use.
type Gauge struct {
	memory.Allocator
	mu        sync.Mutex
	now, peak int64
}

// Peak returns the most bytes that were given out at once.
func (g *Gauge) Peak() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.peak
}

// Now returns the bytes that are given out.
func (g *Gauge) Now() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now
}

func (g *Gauge) add(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now += int64(n)
	g.peak = max(g.peak, g.now)
}

// Allocate implements memory.Allocator.
func (g *Gauge) Allocate(n int) []byte {
	g.add(n)
	return g.Allocator.Allocate(n)
}

// Reallocate implements memory.Allocator.
func (g *Gauge) Reallocate(n int, b []byte) []byte {
	g.add(n - len(b))
	return g.Allocator.Reallocate(n, b)
}

// Free implements memory.Allocator.
func (g *Gauge) Free(b []byte) {
	g.add(-len(b))
	g.Allocator.Free(b)
}
