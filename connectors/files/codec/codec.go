// Package codec undoes the compression of blocks that files of several formats have inside.
package codec

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Codec is a way to compress a block.
type Codec uint8

// The codecs.
const (
	None    Codec = iota
	Deflate       // RFC 1951, without a header
	Snappy        // its block format
	LZ4           // its block format
	Zstd          // frames
	Bzip2
)

// ErrRoom says that a block is longer than the room for it.
var ErrRoom = errors.New("it decompresses to more than there is room for")

// Decoder undoes compression and keeps what is costly to make. It is safe for concurrent use.
type Decoder struct {
	flate sync.Pool // of io.ReadCloser, each a flate.Resetter

	once sync.Once
	zstd *zstd.Decoder
	err  error
}

// Decode decompresses src into dst, which it never exceeds, and returns how many bytes these are; after an error
// nobody knows. The error is ErrRoom if dst is too short, as far as the codec tells that from what is malformed.
func (d *Decoder) Decode(c Codec, dst, src []byte) (int, error) {
	switch c {
	case None:
		if len(src) > len(dst) {
			return 0, ErrRoom
		}
		return copy(dst, src), nil
	case Deflate:
		return d.inflate(dst, src)
	case Snappy:
		n, err := snappy.DecodedLen(src)
		if err == nil && n > len(dst) {
			err = ErrRoom
		}
		if err == nil {
			_, err = snappy.Decode(dst[:n], src)
		}
		return n, err
	case LZ4:
		if len(dst) == 0 { // on which the library panics
			return 0, ErrRoom
		}
		return lz4.UncompressBlock(src, dst)
	case Zstd:
		return d.unzstd(dst, src)
	case Bzip2:
		return fill(dst, bzip2.NewReader(bytes.NewReader(src)))
	}
	return 0, fmt.Errorf("codec %d", c)
}

func (d *Decoder) inflate(dst, src []byte) (int, error) {
	r, _ := d.flate.Get().(io.ReadCloser)
	if r == nil {
		r = flate.NewReader(bytes.NewReader(src))
	} else if err := r.(flate.Resetter).Reset(bytes.NewReader(src), nil); err != nil {
		return 0, err
	}
	defer d.flate.Put(r)
	return fill(dst, r)
}

// fill reads all of r.
func fill(dst []byte, r io.Reader) (int, error) {
	n, err := io.ReadFull(r, dst)
	switch err {
	case nil:
		if extra, err := io.ReadFull(r, make([]byte, 1)); extra > 0 {
			return n, ErrRoom
		} else if err != io.EOF {
			return n, err
		}
		return n, nil
	case io.EOF, io.ErrUnexpectedEOF:
		// Of a full read both mean that r ended; r's own io.ErrUnexpectedEOF, of what is cut off, looks the same and does not repeat
		// as io.EOF.
		if _, again := r.Read(make([]byte, 1)); again != io.EOF {
			return n, io.ErrUnexpectedEOF
		}
		return n, nil
	}
	return n, err
}

func (d *Decoder) unzstd(dst, src []byte) (int, error) {
	d.once.Do(func() {
		d.zstd, d.err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true))
	})
	if d.err != nil {
		return 0, d.err
	}
	out, err := d.zstd.DecodeAll(src, dst[:0:len(dst)])
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = ErrRoom
	}
	return len(out), err
}
