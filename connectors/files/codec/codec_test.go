package codec

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// encoded returns a content in each codec that can be written here.
func encoded(t *testing.T, content []byte) map[Codec][]byte {
	t.Helper()
	var deflated bytes.Buffer
	w, err := flate.NewWriter(&deflated, 6)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, lz4.CompressBlockBound(len(content)))
	n, err := lz4.CompressBlock(content, block, nil)
	if err != nil {
		t.Fatal(err)
	}
	return map[Codec][]byte{
		None: content, Deflate: deflated.Bytes(), Snappy: snappy.Encode(nil, content), LZ4: block[:n], Zstd: z.EncodeAll(content, nil),
	}
}

func TestDecode(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 100, 70_000, 1 << 20} {
		content := make([]byte, size)
		for i := range content {
			content[i] = byte(random.IntN(4))
		}
		d := &Decoder{}
		for c, src := range encoded(t, content) {
			if c == LZ4 && size < 100 { // which its writer leaves as it is
				continue
			}
			for range 2 { // the second time with what is kept
				dst := make([]byte, size+10)
				n, err := d.Decode(c, dst, src)
				if err != nil || !bytes.Equal(dst[:n], content) {
					t.Errorf("codec %d, %d bytes: %d, error %v", c, size, n, err)
				}
				exact := make([]byte, size)
				if n, err := d.Decode(c, exact, src); err != nil || n != size || !bytes.Equal(exact, content) {
					t.Errorf("codec %d into %d bytes: %d, error %v", c, size, n, err)
				}
			}
			if size < 100 {
				continue
			}
			if n, err := d.Decode(c, make([]byte, size-1), src); err == nil || c != LZ4 && !errors.Is(err, ErrRoom) {
				t.Errorf("codec %d into too little room: %d, error %v", c, n, err)
			}
			if c == None {
				continue
			}
			if n, err := d.Decode(c, make([]byte, size), src[:len(src)*2/3]); err == nil && n == size {
				t.Errorf("codec %d, cut off: %d bytes", c, n)
			} else if err == nil {
				t.Errorf("codec %d, cut off: no error", c)
			}
		}
	}
}
