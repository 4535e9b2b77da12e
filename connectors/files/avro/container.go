package avro

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/codec"
)

var magic = []byte("Obj\x01")

// markerSize is how long the marker after a block is, which the header tells.
const markerSize = 16

// header is what precedes the blocks of a file.
type header struct {
	schema *schema
	codec  fileCodec
	marker [markerSize]byte
	size   int64
}

// fileCodec is how blocks are compressed.
type fileCodec struct {
	codec   codec.Codec
	checked bool // the checksum of what was compressed follows
}

var codecs = map[string]fileCodec{
	"": {}, "null": {}, "deflate": {codec: codec.Deflate}, "snappy": {codec: codec.Snappy, checked: true},
	"zstandard": {codec: codec.Zstd}, "bzip2": {codec: codec.Bzip2},
}

// errMore says that a header is longer than what was read of it.
var errMore = errors.New("the header is cut off")

// parseHeader reads the header at the start of a file.
func parseHeader(data []byte) (h header, err error) {
	if !bytes.HasPrefix(data, magic) {
		return h, errors.New("it does not begin as an Avro file does")
	}
	c := &cursor{data: data, at: len(magic)}
	var schema, name []byte
	for {
		items, _ := c.run(2)
		if items == 0 {
			break
		}
		for ; items > 0 && c.err == nil; items-- {
			switch key, value := c.bytes(), c.bytes(); string(key) {
			case "avro.schema":
				schema = value
			case "avro.codec":
				name = value
			}
		}
	}
	marker := c.take(markerSize)
	if errors.Is(c.err, errShort) {
		return h, errMore
	} else if c.err != nil {
		return h, fmt.Errorf("header: %w", c.err)
	}
	copy(h.marker[:], marker)
	h.size = int64(c.at)
	known, ok := codecs[string(name)]
	if !ok {
		return h, files.Unsupported(fmt.Sprintf("is compressed by %q; deflate, snappy, zstandard and bzip2 are read", files.Shown(name)))
	}
	h.codec = known
	if schema == nil {
		return h, errors.New("header: it has no schema")
	}
	if h.schema, err = parseSchema(schema); err != nil {
		return h, fmt.Errorf("schema: %w", err)
	}
	return h, nil
}

// Sizes in bytes.
const (
	chunkSize   = 1 << 20 // of a chunk, before its last block is cut off
	mostStored  = 256 << 20
	mostDecoded = 512 << 20
	// A block beyond plainBlock bytes may not expand its compressed form by more than maxRatio.
	plainBlock = 16 << 20
	maxRatio   = 1000
	// mostEmpty is how many rows of a block, or items of an array, may take no bytes at all.
	mostEmpty = 1 << 20
)

// stored is a block of a chunk.
type stored struct {
	at       int64 // in the file
	rows     int64
	from, to int // in the chunk, compressed
}

// split finds the blocks at the start of data, which lie at an offset of the file with left bytes from there on, and where the last one
// ends. need is how long data must be for the next one.
func (f *file) split(data []byte, at, left int64) (list []stored, end int, need int64, err error) {
	for end < len(data) {
		c := &cursor{data: data, at: end}
		rows, size := c.long(), c.long()
		if c.err != nil && int64(len(data)) == left && errors.Is(c.err, errShort) {
			return list, end, 0, errors.New("it ends within the header of a block: truncated")
		} else if errors.Is(c.err, errShort) {
			return list, end, int64(len(data)) + 1, nil
		}
		b := stored{at: at + int64(end), rows: rows, from: c.at}
		switch {
		case c.err != nil:
			return list, end, 0, inBlock(b.at, c.err)
		case rows < 0 || size < 0 || size > mostStored:
			return list, end, 0, inBlock(b.at, fmt.Errorf("%d rows in %d bytes", rows, size))
		case size > left-int64(c.at)-markerSize:
			return list, end, 0, inBlock(b.at, fmt.Errorf("%d bytes, where %d are left: truncated", size, max(left-int64(c.at)-markerSize, 0)))
		}
		b.to = c.at + int(size)
		if b.to+markerSize > len(data) {
			return list, end, int64(b.to) + markerSize, nil
		}
		if !bytes.Equal(data[b.to:b.to+markerSize], f.marker[:]) {
			return list, end, 0, inBlock(b.at, errors.New("its marker is not the file's"))
		}
		list = append(list, b)
		end = b.to + markerSize
	}
	return list, end, 0, nil
}

func inBlock(at int64, err error) error { return fmt.Errorf("block at byte %d: %w", at, err) }

// cutter cuts a file into chunks of whole blocks.
type cutter struct {
	section *section
	scratch memory.Allocator
	fetch   files.Fetch
	next    int        // piece
	data    *blob.Data // of the piece before
	left    []byte     // of data, not taken
	rest    []byte     // of scratch: bytes after the last chunk
	at      int64      // of them in the file
}

func (s *section) cutter(fetch files.Fetch, scratch memory.Allocator) *cutter {
	return &cutter{section: s, scratch: scratch, fetch: fetch, at: s.file.size}
}

// chunk returns the next chunk, which the caller releases; io.EOF at the end.
func (c *cutter) chunk(ctx context.Context) (*chunk, error) {
	f := c.section.file
	left := f.shown.Object.Size - c.at
	if left <= 0 {
		return nil, io.EOF
	}
	buf := c.scratch.Allocate(int(min(left, chunkSize)))
	n := copy(buf, c.rest)
	c.free()
	for {
		if err := c.fill(ctx, buf[n:]); err != nil {
			c.scratch.Free(buf)
			return nil, err
		}
		n = len(buf)
		list, end, need, err := f.split(buf, c.at, left)
		if err != nil && len(list) == 0 {
			c.scratch.Free(buf)
			return nil, f.corrupt(err)
		}
		if len(list) > 0 { // a failure is the next call's, which begins with it
			k := &chunk{section: c.section, scratch: c.scratch, data: buf, blocks: list}
			if end < n {
				c.rest = c.scratch.Allocate(n - end)
				copy(c.rest, buf[end:])
			}
			c.at += int64(end)
			return k, nil
		}
		buf = c.scratch.Reallocate(int(min(left, need)), buf)
	}
}

// fill reads the next bytes of the file.
func (c *cutter) fill(ctx context.Context, p []byte) error {
	for len(p) > 0 {
		if len(c.left) == 0 {
			c.drop()
			if err := ctx.Err(); err != nil {
				return err
			}
			data, err := c.fetch(ctx, c.next)
			if err != nil {
				return err
			}
			c.data, c.left = data, data.Bytes(c.section.ranges[c.next][0])
			c.next++
		}
		k := copy(p, c.left)
		p, c.left = p[k:], c.left[k:]
	}
	return nil
}

func (c *cutter) drop() {
	if c.data != nil {
		c.data.Release()
		c.data, c.left = nil, nil
	}
}

func (c *cutter) free() {
	if c.rest != nil {
		c.scratch.Free(c.rest)
		c.rest = nil
	}
}

// close frees what the cutter holds. It is idempotent, and nothing is read afterwards.
func (c *cutter) close() {
	c.free()
	c.drop()
	c.at = c.section.file.shown.Object.Size
}

// chunk is files.Block: some neighbouring blocks of a file.
type chunk struct {
	section *section
	scratch memory.Allocator
	data    []byte
	blocks  []stored
}

// Open implements files.Block.
func (k *chunk) Open(o files.Options) files.Reader { return newReader(k.section, nil, k, o) }

// Release implements files.Block.
func (k *chunk) Release() {
	if k.data != nil {
		k.scratch.Free(k.data)
		k.data, k.blocks = nil, nil
	}
}

// Blocks implements files.Divisible.
func (s *section) Blocks(ctx context.Context, fetch files.Fetch, scratch memory.Allocator) iter.Seq2[files.Block, error] {
	return func(yield func(files.Block, error) bool) {
		c := s.cutter(fetch, scratch)
		defer c.close()
		for {
			k, err := c.chunk(ctx)
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(k, nil) {
				return
			}
		}
	}
}

// mostRoom is how many bytes a block of so many may decompress to.
func mostRoom(stored int64) int64 { return max(min(mostDecoded, stored*maxRatio), plainBlock) }

// decompress returns the rows of a block, in buf where it has room and else in one that replaces it.
func (f *file) decompress(buf, src []byte, scratch memory.Allocator) (rows, room []byte, err error) {
	if f.codec.codec == codec.None {
		return src, buf, nil
	}
	sum := []byte(nil)
	if f.codec.checked {
		if len(src) < crc32.Size {
			return nil, buf, errShort
		}
		src, sum = src[:len(src)-crc32.Size], src[len(src)-crc32.Size:]
	}
	limit := mostRoom(int64(len(src)))
	if least := min(4*int64(len(src))+1<<12, limit); int64(len(buf)) < least {
		buf = scratch.Reallocate(int(least), buf)
	}
	for {
		n, err := f.decoder.Decode(f.codec.codec, buf, src)
		if err == nil && sum != nil && crc32.ChecksumIEEE(buf[:n]) != binary.BigEndian.Uint32(sum) {
			err = errors.New("its checksum is that of other bytes")
		}
		if err == nil {
			return buf[:n], buf, nil
		}
		if !errors.Is(err, codec.ErrRoom) || int64(len(buf)) >= limit {
			return nil, buf, err
		}
		buf = scratch.Reallocate(int(min(2*int64(len(buf)), limit)), buf)
	}
}
