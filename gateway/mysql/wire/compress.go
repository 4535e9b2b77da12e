package wire

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

const (
	compressedHeader = 7  // three bytes of length, one of sequence, three of length before the compression
	worthwhile       = 50 // bytes below which MySQL does not compress either
)

// Compression is how packets are packed into compressed ones.
type Compression int

// The compressions.
const (
	NoCompression Compression = iota
	Zlib
	Zstd
)

// compressor packs what a connection writes and unpacks what it reads (Compressed Packets).
type compressor struct {
	how      Compression
	level    int // of zstd, as the client asked for it: 1 to 22
	sequence byte

	raw   *bufio.Reader
	plain bytes.Reader // of the compressed packet read last, what is to be read of it

	packed bytes.Buffer
	zip    *zlib.Writer
	zst    *zstd.Encoder
	unzst  *zstd.Decoder
}

// Compress has packets compressed from here on, both ways. Start was called.
func (c *Conn) Compress(how Compression, level int) {
	if how == NoCompression {
		return
	}
	c.squeeze = &compressor{how: how, level: level, raw: c.raw}
	c.in = c.squeeze
}

// restart begins a command: the numbers of its packets, and no buffers.
func (z *compressor) restart() {
	z.sequence = 0
	z.packed = bytes.Buffer{}
	z.zip, z.zst, z.unzst = nil, nil, nil
}

// Read implements io.Reader: it yields packets as they were before the compression.
func (z *compressor) Read(p []byte) (int, error) {
	for z.plain.Len() == 0 {
		if err := z.next(); err != nil {
			return 0, err
		}
	}
	return z.plain.Read(p)
}

// next reads a compressed packet.
func (z *compressor) next() error {
	var header [compressedHeader]byte
	if _, err := io.ReadFull(z.raw, header[:]); err != nil {
		return err
	}
	size := int(header[0]) | int(header[1])<<8 | int(header[2])<<16
	before := int(header[4]) | int(header[5])<<8 | int(header[6])<<16
	if header[3] != z.sequence {
		return ErrOutOfOrder
	}
	z.sequence++
	content, err := readMore(z.raw, nil, size)
	if err != nil {
		return err
	}
	if before > 0 {
		if content, err = z.unpack(content, before); err != nil {
			return fmt.Errorf("a compressed packet: %w", err)
		}
	}
	z.plain.Reset(content)
	return nil
}

// unpack returns what content was before it was compressed: size bytes, or it is an error.
func (z *compressor) unpack(content []byte, size int) ([]byte, error) {
	var plain []byte
	switch z.how {
	case Zlib:
		r, err := zlib.NewReader(bytes.NewReader(content))
		if err != nil {
			return nil, err
		}
		// One byte more than there should be tells content that is longer.
		if plain, err = io.ReadAll(io.LimitReader(r, int64(size)+1)); err != nil {
			return nil, err
		}
	default:
		var err error
		if z.unzst == nil {
			// Without goroutines of its own, a decoder needs no Close.
			if z.unzst, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPayload+1)); err != nil {
				return nil, err
			}
		}
		if plain, err = z.unzst.DecodeAll(content, nil); err != nil {
			return nil, err
		}
	}
	if len(plain) != size {
		return nil, fmt.Errorf("%d bytes where its header says %d", len(plain), size)
	}
	return plain, nil
}

// write writes packets as compressed ones, as long as there may be: some clients look for the rest of a packet in the next compressed one
// alone (mysql-connector-python).
func (z *compressor) write(c *Conn, p []byte) error {
	defer func() {
		if z.packed.Cap() > keptOut {
			z.packed = bytes.Buffer{}
		}
	}()
	for len(p) > 0 {
		piece := p[:min(len(p), maxPayload)]
		p = p[len(piece):]
		z.packed.Reset()
		z.packed.Write(make([]byte, compressedHeader))
		before := len(piece)
		if before < worthwhile {
			before = 0
		} else if err := z.pack(piece); err != nil {
			return err
		}
		if before == 0 || z.packed.Len() >= len(piece)+compressedHeader { // MySQL sends as it is what does not shrink
			before = 0
			z.packed.Truncate(compressedHeader)
			z.packed.Write(piece)
		}
		out := z.packed.Bytes()
		size := len(out) - compressedHeader
		copy(out, []byte{byte(size), byte(size >> 8), byte(size >> 16), z.sequence, byte(before), byte(before >> 8), byte(before >> 16)})
		z.sequence++
		if err := c.write(out); err != nil {
			return err
		}
	}
	return nil
}

// pack appends piece, compressed.
func (z *compressor) pack(piece []byte) (err error) {
	if z.how == Zlib {
		if z.zip == nil {
			z.zip = zlib.NewWriter(&z.packed)
		} else {
			z.zip.Reset(&z.packed)
		}
		if _, err := z.zip.Write(piece); err != nil {
			return err
		}
		return z.zip.Close()
	}
	if z.zst == nil {
		z.zst, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(z.level)))
		if err != nil {
			return err
		}
	}
	at := z.packed.Len()
	encoded := z.zst.EncodeAll(piece, z.packed.Bytes()[at:at])
	z.packed.Write(encoded)
	return nil
}
