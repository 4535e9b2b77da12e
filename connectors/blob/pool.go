package blob

import (
	"math/bits"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool"
)

// Pool is an allocator for the large short-lived buffers of one execution: fetched ranges, decompressed pages. What is
// freed is used again, and returned to the underlying allocator by Close, or at once beyond mostFree bytes. It is safe for
// concurrent use. Buffers are not cleared.
type Pool struct {
	mem memory.Allocator

	mu     sync.Mutex
	free   map[int][][]byte // by capacity
	size   int              // bytes in free
	closed bool
}

// mostFree bounds what is kept for use: buffers of sizes that do not come again would add up.
const mostFree = 32 << 20

// smallest is the least size that is pooled.
const smallest = 4 << 10

// NewPool returns an empty pool over mem.
func NewPool(mem memory.Allocator) *Pool {
	return &Pool{mem: bufpool.Uncleared(mem), free: make(map[int][][]byte)}
}

// class rounds a size up to one of four steps between two powers of two, so that at most a fifth is wasted.
func class(size int) int {
	if size <= smallest {
		return smallest
	}
	step := 1 << (bits.Len(uint(size-1)) - 3)
	return (size + step - 1) / step * step
}

// Allocate returns size bytes of any content.
func (p *Pool) Allocate(size int) []byte {
	capacity := class(size)
	p.mu.Lock()
	if list := p.free[capacity]; len(list) > 0 {
		b := list[len(list)-1]
		p.free[capacity] = list[:len(list)-1]
		p.size -= capacity
		p.mu.Unlock()
		return b[:size]
	}
	p.mu.Unlock()
	return p.mem.Allocate(capacity)[:size:capacity]
}

// Reallocate resizes b, keeping its content.
func (p *Pool) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		return b[:size]
	}
	larger := p.Allocate(size)
	copy(larger, b)
	p.Free(b)
	return larger
}

// Free takes back a buffer that Allocate returned, in any length.
func (p *Pool) Free(b []byte) {
	if cap(b) == 0 {
		return
	}
	b = b[:cap(b)] // the size of its class
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.size+len(b) > mostFree {
		p.mem.Free(b)
		return
	}
	p.size += len(b)
	p.free[len(b)] = append(p.free[len(b)], b)
}

// Close returns what is free to the underlying allocator, and from then on what is freed.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, list := range p.free {
		for _, b := range list {
			p.mem.Free(b)
		}
	}
	clear(p.free)
}
