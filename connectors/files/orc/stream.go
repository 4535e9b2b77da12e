package orc

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/connectors/files/codec"
)

// headerSize is how long the header of a chunk is ("Compression").
const headerSize = 3

var errShort = errors.New("it ends within its values")

// chunks undoes the compression of a file.
type chunks struct {
	codec   codec.Codec
	block   int64 // bytes that a chunk decompresses to at most
	decoder *codec.Decoder
}

// chunkHeader returns how many bytes follow the header of a chunk, and whether they are not compressed.
func chunkHeader(b []byte) (size int64, original bool) {
	n := int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16
	return n >> 1, n&1 == 1
}

// all decompresses what is small and read as a whole, up to most bytes.
func (c chunks) all(src []byte, most int64) (out []byte, err error) {
	if c.codec == codec.None {
		return src, nil
	}
	var room []byte
	for len(src) > 0 {
		if len(src) < headerSize {
			return nil, errShort
		}
		size, original := chunkHeader(src)
		src = src[headerSize:]
		if size > int64(len(src)) {
			return nil, errShort
		}
		chunk := src[:size]
		src = src[size:]
		if !original {
			if room == nil {
				room = make([]byte, c.block)
			}
			n, err := c.decoder.Decode(c.codec, room, chunk)
			if err != nil {
				return nil, err
			}
			chunk = room[:n]
		}
		if int64(len(out)+len(chunk)) > most {
			return nil, fmt.Errorf("it decompresses to more than %d MiB", most>>20)
		}
		out = append(out, chunk...)
	}
	return out, nil
}

// stream yields the decompressed bytes of a stream of a stripe. After the first failure it is at its end, and what it yields is zero.
type stream struct {
	chunks
	ctx     context.Context // of the call under way
	src     *source
	scratch memory.Allocator
	account files.Account // nil: nothing is charged

	buf    []byte // decompressed and not taken
	start  int64  // of the chunk that buf is of, in the stream; -1: none
	before place  // the end of the chunk before it
	whole  []byte // that chunk, decompressed
	room   []byte // of scratch: whole, if it was compressed
	joined []byte // what lies in several chunks
	held   int64  // bytes of account
	err    error
}

func (s *stream) fail(err error) {
	if s.err == nil {
		s.err = err
	}
	s.buf = nil
}

// end reports that nothing is left.
func (s *stream) end() bool { return len(s.buf) == 0 && !s.more() }

// more reads the next chunk that has bytes; false at the end, or where reading failed.
func (s *stream) more() bool {
	for len(s.buf) == 0 && s.err == nil {
		if s.src.left() == 0 {
			return false
		}
		if err := s.chunk(); err != nil {
			s.fail(err)
		}
	}
	return s.err == nil
}

// chunk reads the next chunk.
func (s *stream) chunk() error {
	s.before = place{s.start, int64(len(s.whole))}
	s.start = s.src.at
	if s.codec == codec.None {
		b, err := s.src.some(s.ctx)
		s.buf, s.whole = b, b
		return err
	}
	h, err := s.src.take(s.ctx, headerSize)
	if err != nil {
		return err
	}
	size, original := chunkHeader(h)
	b, err := s.src.take(s.ctx, size)
	if err != nil {
		return err
	}
	if original {
		s.buf, s.whole = b, b
		return nil
	}
	if s.room == nil {
		if err := s.grow(); err != nil {
			return err
		}
	}
	for {
		n, err := s.decoder.Decode(s.codec, s.room, b)
		if err == nil {
			s.whole = s.room[:n]
			s.buf = s.whole
			return nil
		}
		if int64(len(s.room)) >= s.block { // before that, whatever err is: LZ4 does not tell too little room from malformed bytes
			return err
		}
		if err := s.grow(); err != nil {
			return err
		}
	}
}

// Rooms for decompressing begin at plainRoom bytes, and beyond are charged.
const plainRoom = 256 << 10

// grow makes more room for decompressing.
func (s *stream) grow() error {
	size := min(max(4*int64(len(s.room)), plainRoom), s.block)
	if more := size - max(int64(len(s.room)), plainRoom); more > 0 && s.account != nil {
		if err := s.account.Reserve(more); err != nil {
			return err
		}
		s.held += more
	}
	if s.room != nil {
		s.scratch.Free(s.room)
	}
	s.room = s.scratch.Allocate(int(size))
	return nil
}

// byte returns the next byte.
func (s *stream) byte() byte {
	if len(s.buf) == 0 && !s.more() {
		s.fail(errShort)
		return 0
	}
	b := s.buf[0]
	s.buf = s.buf[1:]
	return b
}

// take returns the next n bytes, which are few, valid until the next call; nil if there are not so many.
func (s *stream) take(n int) []byte {
	if n <= len(s.buf) {
		b := s.buf[:n:n]
		s.buf = s.buf[n:]
		return b
	}
	s.joined = s.joined[:0]
	for len(s.joined) < n {
		if len(s.buf) == 0 && !s.more() {
			s.fail(errShort)
			return nil
		}
		k := min(n-len(s.joined), len(s.buf))
		s.joined = append(s.joined, s.buf[:k]...)
		s.buf = s.buf[k:]
	}
	return s.joined
}

// read fills p.
func (s *stream) read(p []byte) error {
	for len(p) > 0 {
		if len(s.buf) == 0 && !s.more() {
			s.fail(errShort)
			return s.err
		}
		n := copy(p, s.buf)
		p, s.buf = p[n:], s.buf[n:]
	}
	return s.err
}

// varint reads an unsigned integer in base 128.
func (s *stream) varint() uint64 {
	var v uint64
	for i, b := range s.buf[:min(len(s.buf), 10)] {
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			s.buf = s.buf[i+1:]
			return v
		}
	}
	v = 0 // it lies in two chunks, or is malformed
	for shift := 0; shift < 70; shift += 7 {
		b := s.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	s.fail(errors.New("an integer of more than 64 bits"))
	return 0
}

// zigzag undoes the zigzag form of a signed integer.
func zigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// place is a byte of a stream: where its chunk begins, and how far it lies in what that decompresses to. Without compression that is 0.
type place struct{ at, within int64 }

// locate reads a place of the index.
func (s *stream) locate(p *positions) place {
	to := place{at: p.next()}
	if s.codec != codec.None {
		to.within = p.next()
	}
	if p.err != nil {
		s.fail(p.err)
	}
	if to == s.before { // the end of a chunk, for which the index may say so
		to = place{at: s.start}
	}
	return to
}

// here is the place of the next byte.
func (s *stream) here() place {
	switch {
	case s.end():
		return place{at: s.src.at}
	case s.codec == codec.None:
		return place{at: s.src.at - int64(len(s.buf))}
	}
	return place{at: s.start, within: int64(len(s.whole) - len(s.buf))}
}

// seek goes to a place that lies ahead, or in the chunk at hand.
func (s *stream) seek(to place) {
	if s.err != nil {
		return
	}
	at, within := to.at, to.within
	if s.codec == codec.None && s.start >= 0 && at >= s.start && at <= s.start+int64(len(s.whole)) {
		at, within = s.start, at-s.start
	}
	if at != s.start {
		s.buf, s.whole = nil, nil
		if err := s.src.seek(s.ctx, at); err != nil {
			s.fail(err)
			return
		}
		if within > 0 && !s.more() {
			s.fail(errPosition)
			return
		}
	}
	if within > int64(len(s.whole)) {
		s.fail(errPosition)
		return
	}
	s.buf = s.whole[within:]
}

func (s *stream) close() {
	s.src.close()
	s.buf, s.whole = nil, nil
	if s.room != nil {
		s.scratch.Free(s.room)
		s.room = nil
	}
	if s.held > 0 {
		s.account.Release(s.held)
		s.held = 0
	}
}

// positions are those of a row group in the streams of a column, in the order in which these are read.
type positions struct {
	list []uint64
	err  error
}

var errPosition = errors.New("the index refers to a place that is none")

func (p *positions) next() int64 {
	if len(p.list) == 0 || p.list[0]>>62 != 0 {
		p.err = errPosition
		return 0
	}
	v := p.list[0]
	p.list = p.list[1:]
	return int64(v)
}
