package bufpool

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"
)

func TestClasses(t *testing.T) {
	lastClass, lastSize := 0, minSize
	for n := 1; n <= maxSize; n += 1 + n/997 {
		class, size := classOf(n)
		if size < n || n > minSize && size > n+n/steps+1 {
			t.Fatalf("%d bytes get %d", n, size)
		}
		if same := class == lastClass; same != (size == lastSize) || class < lastClass || class > lastClass+1 {
			t.Fatalf("%d bytes are of class %d, size %d; before %d, %d", n, class, size, lastClass, lastSize)
		}
		if again, whole := classOf(size); again != class || whole != size {
			t.Fatalf("class %d has buffers of %d bytes, which are of class %d", class, size, again)
		}
		lastClass, lastSize = class, size
	}
	if class, size := classOf(maxSize); class != classes-1 || size != maxSize {
		t.Errorf("the largest class is %d of %d, for %d bytes", class, classes, size)
	}
}

func TestBuffersAreAligned(t *testing.T) {
	var p Pool
	for n := 1; n < 3*minSize; n += 7 {
		b := p.Allocate(n)
		if len(b) != n || misplaced(b) != 0 {
			t.Fatalf("a buffer of %d bytes is %d long and %d bytes off", n, len(b), misplaced(b))
		}
		p.Free(b)
	}
}

func TestReallocateKeepsTheContents(t *testing.T) {
	var p Pool
	want := bytes.Repeat([]byte{7}, 100)
	b := p.Reallocate(100, nil)
	copy(b, want)
	for _, n := range []int{200, minSize + 1, 10 * minSize, maxSize + 1, 100} {
		if b = p.Reallocate(n, b); len(b) != n || !bytes.Equal(b[:100], want) {
			t.Errorf("%d bytes: the contents are gone", n)
		}
	}
	p.Free(b)
}

// Two owners never have the same buffer, however buffers go round.
func TestBuffersHaveOneOwner(t *testing.T) {
	var p Pool
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			rnd := rand.New(rand.NewPCG(1, uint64(worker)))
			var held [8][]byte
			for range 20_000 {
				i := rnd.IntN(len(held))
				for _, v := range held[i] {
					if v != byte(worker+10*i) {
						t.Errorf("buffer %d of worker %d has %d in it", i, worker, v)
						return
					}
				}
				p.Free(held[i])
				held[i] = p.Allocate(rnd.IntN(4 * minSize))
				for j := range held[i] {
					held[i][j] = byte(worker + 10*i)
				}
			}
		})
	}
	group.Wait()
}

func TestBuffersAreCleared(t *testing.T) {
	var p Pool
	dirty := Uncleared(&p)
	for range 100 {
		b := dirty.Allocate(5000)
		for i := range b {
			b[i] = 1
		}
		dirty.Free(b)
		b = p.Allocate(2000)
		for _, n := range []int{4900, 5100} {
			if b = p.Reallocate(n, b); !bytes.Equal(b, make([]byte, n)) {
				t.Fatalf("%d bytes: the contents of another vector", n)
			}
		}
		p.Free(b)
	}
}

func TestFreedBuffersComeBack(t *testing.T) {
	var p Pool
	reused := testing.AllocsPerRun(1000, func() { p.Free(p.Allocate(100_000)) })
	if reused >= 1 {
		t.Errorf("%g allocations for a buffer that was just freed", reused)
	}
}
