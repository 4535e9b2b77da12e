package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Compression codecs by their number in the format.
const (
	codecNone   = 0
	codecSnappy = 1
	codecGzip   = 2
	codecLZO    = 3
	codecBrotli = 4
	codecLZ4    = 5 // Hadoop's framing, or none: writers differ
	codecZstd   = 6
	codecLZ4Raw = 7
)

// codecs holds the decompressors that are costly to make. It is safe for concurrent use.
type codecs struct {
	gzip sync.Pool // of *gzip.Reader

	once sync.Once
	zstd *zstd.Decoder
	err  error
}

// decompress fills dst, whose length is the declared one, from src.
func (c *codecs) decompress(codec int, dst, src []byte) error {
	n, err := 0, error(nil)
	switch codec {
	case codecNone:
		if len(src) == len(dst) {
			n = copy(dst, src)
		}
	case codecSnappy:
		if n, err = snappy.DecodedLen(src); err == nil && n == len(dst) {
			_, err = snappy.Decode(dst, src)
		}
	case codecGzip:
		n, err = c.gunzip(dst, src)
	case codecBrotli:
		n, err = fill(dst, brotli.NewReader(bytes.NewReader(src)))
	case codecZstd:
		n, err = c.unzstd(dst, src)
	case codecLZ4Raw:
		n, err = lz4.UncompressBlock(src, dst)
	case codecLZ4:
		if n, err = hadoopLZ4(dst, src); err != nil || n != len(dst) {
			n, err = lz4.UncompressBlock(src, dst)
		}
	default:
		return fmt.Errorf("compression codec %d is not supported", codec)
	}
	if err == nil && n != len(dst) {
		err = fmt.Errorf("%d bytes where the header says %d", n, len(dst))
	}
	if err != nil {
		return fmt.Errorf("decompress: %w", err)
	}
	return nil
}

func (c *codecs) gunzip(dst, src []byte) (int, error) {
	r, _ := c.gzip.Get().(*gzip.Reader)
	if r == nil {
		r = new(gzip.Reader)
	}
	defer c.gzip.Put(r)
	if err := r.Reset(bytes.NewReader(src)); err != nil {
		return 0, err
	}
	return fill(dst, r)
}

// fill reads all of r, which must be as long as dst.
func fill(dst []byte, r io.Reader) (int, error) {
	n, err := io.ReadFull(r, dst)
	if err != nil {
		return n, err
	}
	if extra, _ := io.ReadFull(r, make([]byte, 1)); extra > 0 {
		return n, errors.New("more bytes than the header says")
	}
	return n, nil
}

func (c *codecs) unzstd(dst, src []byte) (int, error) {
	c.once.Do(func() {
		c.zstd, c.err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxPage), zstd.WithDecodeAllCapLimit(true))
	})
	if c.err != nil {
		return 0, c.err
	}
	out, err := c.zstd.DecodeAll(src, dst[:0:len(dst)])
	return len(out), err
}

// hadoopLZ4 decodes blocks that are each preceded by their two lengths, big-endian.
func hadoopLZ4(dst, src []byte) (int, error) {
	total := 0
	for len(src) >= 8 {
		decoded, encoded := int(binary.BigEndian.Uint32(src)), int(binary.BigEndian.Uint32(src[4:]))
		src = src[8:]
		if encoded > len(src) || decoded > len(dst)-total {
			return 0, errors.New("not Hadoop's framing")
		}
		n, err := lz4.UncompressBlock(src[:encoded], dst[total:total+decoded])
		if err != nil {
			return 0, err
		}
		total += n
		src = src[encoded:]
	}
	if len(src) > 0 {
		return 0, errors.New("not Hadoop's framing")
	}
	return total, nil
}
