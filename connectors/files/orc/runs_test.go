package orc

import (
	"math"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/files/codec"
)

// streamOver is a stream that is not compressed.
func streamOver(t *testing.T, raw []byte) *stream {
	return &stream{
		chunks: chunks{codec: codec.None}, ctx: t.Context(), scratch: memory.DefaultAllocator, start: -1, before: place{-1, -1},
		src: &source{size: int64(len(raw)), buf: raw, release: func() {}},
	}
}

// The examples of the specification, and what they leave out.
func TestIntegerRuns(t *testing.T) {
	repeat := func(n int, v int64) []int64 { return slices.Repeat([]int64{v}, n) }
	down := make([]int64, 100)
	for i := range down {
		down[i] = int64(100 - i)
	}
	tens := []int64{2030, 2000, 2020, 1000000}
	for v := int64(2040); v <= 2190; v += 10 {
		tens = append(tens, v)
	}
	for _, c := range []struct {
		name             string
		version2, signed bool
		raw              []byte
		want             []int64
	}{
		{"version 1, one value", false, false, []byte{0x61, 0x00, 0x07}, repeat(100, 7)},
		{"version 1, downwards", false, false, []byte{0x61, 0xff, 0x64}, down},
		{"version 1, literals", false, false, []byte{0xfb, 0x02, 0x03, 0x06, 0x07, 0x0b}, []int64{2, 3, 6, 7, 11}},
		{"version 1, signed", false, true, []byte{0xfe, 0x03, 0x04, 0x00, 0x02, 0x01}, []int64{-2, 2, -1, 1, 3}},
		{"short repeat", true, false, []byte{0x0a, 0x27, 0x10}, repeat(5, 10000)},
		{"direct", true, false, []byte{0x5e, 0x03, 0x5c, 0xa1, 0xab, 0x1e, 0xde, 0xad, 0xbe, 0xef}, []int64{23713, 43806, 57005, 48879}},
		{"direct, 1 bit", true, false, []byte{0x40, 0x08, 0xa5, 0x80}, []int64{1, 0, 1, 0, 0, 1, 0, 1, 1}},
		{"direct, 64 bits", true, true, []byte{0x7e, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe},
			[]int64{math.MinInt64, math.MaxInt64}},
		{"patched base", true, false, []byte{0x8e, 0x13, 0x2b, 0x21, 0x07, 0xd0, 0x1e, 0x00, 0x14, 0x70, 0x28, 0x32, 0x3c, 0x46, 0x50, 0x5a, 0x64, 0x6e, 0x78, 0x82, 0x8c,
			0x96, 0xa0, 0xaa, 0xb4, 0xbe, 0xfc, 0xe8}, tens},
		{"patched base below zero", true, true, []byte{0x82, 0x04, 0x02, 0x21, 0x85, 0x1b, 0x40, 0xe8}, []int64{-5, -4, -3, 18, -4}},
		{"deltas", true, false, []byte{0xc6, 0x09, 0x02, 0x02, 0x22, 0x42, 0x42, 0x46}, []int64{2, 3, 5, 7, 11, 13, 17, 19, 23, 29}},
		{"equal deltas downwards", true, true, []byte{0xc0, 0x03, 0x14, 0x05}, []int64{10, 7, 4, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &ints{stream: streamOver(t, c.raw), version2: c.version2, signed: c.signed}
			got := make([]int64, len(c.want))
			if err := d.next(got); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%v, error %v; want %v", got, err, c.want)
			}
			if !d.end() || d.at != d.size {
				t.Errorf("%d bytes and %d values are left", len(d.buf), d.size-d.at)
			}
			if err := d.next(got[:1]); err == nil {
				t.Error("there is a value after the last one")
			}
		})
	}
}

func TestByteRuns(t *testing.T) {
	r := &runBytes{stream: streamOver(t, []byte{0x61, 0x00, 0xfe, 0x44, 0x45})}
	got := make([]byte, 102)
	if err := r.next(got); err != nil || !slices.Equal(got, append(make([]byte, 100), 0x44, 0x45)) {
		t.Errorf("%v, error %v", got, err)
	}
	b := &runBits{runBytes: runBytes{stream: streamOver(t, []byte{0xfe, 0x80, 0x41})}}
	for _, c := range []struct {
		n    int
		want byte
	}{{3, 0b001}, {6, 0}, {2, 0b01}, {5, 0b10000}} {
		bits := []byte{0}
		set, err := b.next(bits, c.n)
		if want := min(int(c.want), 1); err != nil || bits[0] != c.want || set != want {
			t.Errorf("%d values are %b, %d of them true, error %v; want %b", c.n, bits[0], set, err, c.want)
		}
	}
	if _, err := b.next([]byte{0}, 1); err == nil {
		t.Error("there is a value after the last one")
	}
}

// Integers of any width lie bit by bit behind each other.
func TestUnpack(t *testing.T) {
	for _, width := range widths {
		var want []int64
		var raw []byte
		have, word := 0, byte(0)
		for i := range 100 {
			v := uint64(i) * 0x9E3779B97F4A7C15 >> (64 - width)
			want = append(want, int64(v))
			for b := width - 1; b >= 0; b-- {
				word = word<<1 | byte(v>>b&1)
				if have++; have == 8 {
					raw, have, word = append(raw, word), 0, 0
				}
			}
		}
		if have > 0 {
			raw = append(raw, word<<(8-have))
		}
		d := &ints{stream: streamOver(t, raw)}
		got := make([]int64, 100)
		if d.unpack(got, width); d.err != nil || !slices.Equal(got, want) || !d.end() {
			t.Errorf("%d bits: %v, error %v; want %v", width, got, d.err, want)
		}
	}
}

// chunked is a stream of chunks that are not compressed, each of so many bytes.
func chunked(t *testing.T, raw []byte, size int) *stream {
	var out []byte
	for c := range slices.Chunk(raw, size) {
		out = append(append(out, byte(len(c)<<1|1), 0, 0), c...)
	}
	s := streamOver(t, out)
	s.codec, s.block = codec.Deflate, int64(size)
	return s
}

// Of a run that was read in part, and whose first bytes are gone, a place further on is found; one before is not.
func TestSeekInARun(t *testing.T) {
	raw := []byte{0xfc, 0x02, 0x04, 0x06, 0x08, 0xff, 0x0a} // 2 4 6 8, and 10 in a run of its own
	for _, c := range []struct {
		passed uint64
		want   int64 // 0: it can't be
	}{{2, 0}, {3, 8}, {4, 10}, {1 << 40, 0}} {
		d := &ints{stream: chunked(t, raw, 2)}
		if err := d.next(make([]int64, 3)); err != nil {
			t.Fatal(err)
		}
		d.seekRun(&positions{list: []uint64{0, 0, c.passed}})
		got := []int64{0}
		if d.err == nil && c.want > 0 {
			_ = d.next(got) // which d.err has
		}
		if (d.err != nil) != (c.want == 0) || got[0] != c.want {
			t.Errorf("after %d values: %d, error %v; want %d", c.passed, got[0], d.err, c.want)
		}
	}
	for _, c := range []struct {
		bytes, bit uint64
		set        int // of the next 3 values; -1: it can't be
	}{{0, 3, -1}, {1, 1, 1}, {1, 5, 1}, {1, 0, 1}, {1, 2, 0}, {1, 8, 3}, {2, 0, 3}} {
		b := &runBits{runBytes: runBytes{stream: chunked(t, []byte{0xfd, 0x80, 0x41, 0xff}, 2)}}
		if _, err := b.next(make([]byte, 2), 9); err != nil {
			t.Fatal(err)
		}
		b.seekBit(&positions{list: []uint64{0, 0, c.bytes, c.bit}})
		set := -1
		if b.err == nil {
			set, _ = b.next([]byte{0}, 3) // which b.err has
		}
		if set != c.set {
			t.Errorf("byte %d, bit %d: %d values are true, error %v; want %d", c.bytes, c.bit, set, b.err, c.set)
		}
	}
}
