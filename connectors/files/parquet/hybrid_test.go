package parquet

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestUnpack compares with values read bit by bit, for every width and where runs begin and end anywhere.
func TestUnpack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for width := uint(0); width <= 32; width++ {
		src := make([]byte, 40*width/8+3)
		for i := range src {
			src[i] = byte(random.Uint32())
		}
		for at := range 12 {
			for n := range 45 {
				got := make([]uint32, n)
				unpack(got, src, at, width)
				for i, v := range got {
					if want := bitsAt(src, uint(at+i)*width, width); v != want {
						t.Fatalf("width %d: value %d of %d from the %dth on is %#x, not %#x", width, i, n, at, v, want)
					}
				}
			}
		}
	}
}

// bitsAt reads a value of width bits; bits past src are zero.
func bitsAt(src []byte, pos, width uint) (v uint32) {
	for i := range width {
		if at := pos + i; at/8 < uint(len(src)) {
			v |= uint32(src[at/8]>>(at%8)&1) << i
		}
	}
	return v
}

// BenchmarkUnpack measures dictionary indices of typical widths.
func BenchmarkUnpack(b *testing.B) {
	src := make([]byte, 4*indices)
	dst := make([]uint32, indices)
	for _, width := range []uint{1, 4, 6, 12, 17} {
		b.Run(fmt.Sprint(width), func(b *testing.B) {
			b.SetBytes(int64(4 * len(dst)))
			for b.Loop() {
				unpack(dst, src, 0, width)
			}
		})
	}
}
