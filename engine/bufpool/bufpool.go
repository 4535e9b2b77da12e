package bufpool

import (
	"math/bits"
	"sync"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Buffers outside these sizes, in bytes, come from the Go heap: small ones cost it little, and large ones are rare
// enough that keeping them would cost more.
const (
	minSize = 1 << 10
	maxSize = 8 << 20
)

// steps is the number of size classes between a power of two and the next: a buffer is at most a quarter too long.
const steps = 4

// classes is the number of size classes from minSize to maxSize.
const classes = 13*steps + 1

// Pool is a memory.Allocator. The zero value is ready; it is safe for concurrent use. Its buffers begin at multiples of
// 64 bytes, as Arrow recommends.
type Pool struct {
	free [classes]sync.Pool // of unsafe.Pointer to a buffer's first byte
}

// Allocate returns a buffer of n zeros.
func (p *Pool) Allocate(n int) []byte {
	b, reused := p.take(n)
	if reused {
		clear(b)
	}
	return b
}

// Reallocate returns a buffer of n bytes that begins with those of b, which it takes over, and goes on with zeros.
func (p *Pool) Reallocate(n int, b []byte) []byte {
	resized := p.resize(n, b)
	clear(resized[min(len(b), n):])
	return resized
}

// Free takes back a buffer that nobody uses any more.
func (p *Pool) Free(b []byte) {
	if cap(b) < minSize || cap(b) > maxSize {
		return
	}
	if class, size := classOf(cap(b)); size == cap(b) {
		p.free[class].Put(unsafe.Pointer(unsafe.SliceData(b)))
	}
}

// resize is Reallocate without the zeros.
func (p *Pool) resize(n int, b []byte) []byte {
	if n <= cap(b) {
		return b[:n]
	}
	grown, _ := p.take(n)
	copy(grown, b)
	p.Free(b)
	return grown
}

// take returns a buffer, which holds anything if it was used before.
func (p *Pool) take(n int) (b []byte, reused bool) {
	if n < minSize || n > maxSize {
		return fresh(n, n), false
	}
	class, size := classOf(n)
	if first, ok := p.free[class].Get().(unsafe.Pointer); ok {
		return unsafe.Slice((*byte)(first), size)[:n], true
	}
	return fresh(n, size), false
}

// Uncleared returns an allocator of buffers with undefined contents, for code that writes every byte of them: that of a
// Pool or of anything else that has one, or mem itself. Buffers go back to either.
func Uncleared(mem memory.Allocator) memory.Allocator {
	if p, ok := mem.(interface{ Uncleared() memory.Allocator }); ok {
		return p.Uncleared()
	}
	return mem
}

// NewBuffer returns a buffer of n bytes with undefined contents.
func NewBuffer(mem memory.Allocator, n int) *memory.Buffer {
	b := memory.NewResizableBuffer(Uncleared(mem))
	b.Resize(n)
	return b
}

// Uncleared returns the pool's buffers with undefined contents.
func (p *Pool) Uncleared() memory.Allocator { return (*uncleared)(p) }

type uncleared Pool

func (u *uncleared) pool() *Pool { return (*Pool)(u) }

func (u *uncleared) Allocate(n int) []byte {
	b, _ := u.pool().take(n)
	return b
}

func (u *uncleared) Reallocate(n int, b []byte) []byte { return u.pool().resize(n, b) }

func (u *uncleared) Free(b []byte) { u.pool().Free(b) }

// classOf returns the least class whose buffers hold n bytes, and their size.
func classOf(n int) (class, size int) {
	if n <= minSize {
		return 0, minSize
	}
	power := bits.Len(uint(n-1)) - 1 // 2^power < n <= 2^(power+1)
	base, step := 1<<power, 1<<power/steps
	k := (n - base + step - 1) / step
	return (power-bits.Len(minSize-1))*steps + k, base + k*step
}

// alignment is what Arrow recommends for the address of a buffer, in bytes.
const alignment = 64

// fresh returns an aligned buffer of the Go heap, which has zeros in it.
func fresh(n, capacity int) []byte {
	b := make([]byte, capacity)
	if misplaced(b) != 0 {
		b = make([]byte, capacity+alignment)
		b = b[(alignment-misplaced(b))%alignment:]
	}
	return b[:n:capacity]
}

func misplaced(b []byte) int { return int(uintptr(unsafe.Pointer(unsafe.SliceData(b))) % alignment) }
