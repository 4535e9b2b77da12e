// Package bufpooltest has the allocator that tests run under.
package bufpooltest

import (
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Allocator makes wrong use of memory show: what is not freed, what is read after it was freed, and what is taken for
// cleared where bufpool.Uncleared was asked for. Defer AssertSize(t, 0).
type Allocator struct{ *memory.CheckedAllocator }

// New returns an Allocator over the Go heap.
func New() Allocator { return Allocator{memory.NewCheckedAllocator(spoiling{memory.DefaultAllocator})} }

// Uncleared is for bufpool.Uncleared.
func (a Allocator) Uncleared() memory.Allocator { return dirty{a.CheckedAllocator} }

// What new and freed buffers are filled with.
const (
	newborn = 0xA5
	dead    = 0xDB
)

// dirty hands out garbage.
type dirty struct{ memory.Allocator }

func (d dirty) Allocate(n int) []byte {
	b := d.Allocator.Allocate(n)
	fill(b, newborn)
	return b
}

func (d dirty) Reallocate(n int, b []byte) []byte {
	had := len(b)
	b = d.Allocator.Reallocate(n, b)
	fill(b[min(had, n):], newborn)
	return b
}

// spoiling leaves garbage where a buffer was.
type spoiling struct{ memory.Allocator }

// Reallocate moves b always, so that nobody gets by with its old place.
func (s spoiling) Reallocate(n int, b []byte) []byte {
	moved := s.Allocate(n)
	copy(moved, b)
	s.Free(b)
	return moved
}

func (s spoiling) Free(b []byte) {
	fill(b, dead)
	s.Allocator.Free(b)
}

// fill copies what it has filled, since the race detector looks at each single store.
func fill(b []byte, with byte) {
	if len(b) == 0 {
		return
	}
	b[0] = with
	for n := 1; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}
