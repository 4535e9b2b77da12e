package text

import (
	"bytes"
	"context"
	"io"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/blob"
	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/sqlerr"
)

// Sizes in bytes.
const (
	blockSize = 1 << 20 // of a block, before its last record is cut off
	// LongestRecord bounds a record, so that a quote that is never closed does not fill the memory.
	LongestRecord = 64 << 20
)

// pieces is the bytes of a section, one piece after the other.
type pieces struct {
	ctx    context.Context // of the call under way: io.Reader has none
	ranges [][]blob.Range
	fetch  files.Fetch
	next   int
	data   *blob.Data
	left   []byte
	failed error // of a fetch: it is not the file's fault
}

func (p *pieces) Read(dst []byte) (int, error) {
	for len(p.left) == 0 {
		p.release()
		if p.next == len(p.ranges) {
			return 0, io.EOF
		}
		data, err := p.fetch(p.ctx, p.next)
		if err != nil {
			p.failed = err
			return 0, err
		}
		p.data, p.left = data, data.Bytes(p.ranges[p.next][0])
		p.next++
	}
	n := copy(dst, p.left)
	p.left = p.left[n:]
	return n, nil
}

func (p *pieces) release() {
	if p.data != nil {
		p.data.Release()
		p.data, p.left = nil, nil
	}
}

// cutter cuts a section into blocks.
type cutter struct {
	file    *File
	scratch memory.Allocator
	raw     *pieces
	text    io.ReadCloser // raw, decompressed; nil: not yet begun
	rest    []byte        // of scratch: bytes after the last block
	line    int64         // of the first byte of rest
	offset  int64         // of it in the text
	end     bool          // rest is the end of the text
}

func (s *section) cutter(fetch files.Fetch, scratch memory.Allocator) *cutter {
	return &cutter{file: s.file, scratch: scratch, raw: &pieces{ranges: s.ranges, fetch: fetch}, line: 1}
}

// next returns the next block, which the caller releases; io.EOF at the end.
func (c *cutter) next(ctx context.Context) (*block, error) {
	c.raw.ctx = ctx
	if c.text == nil {
		if err := c.begin(); err != nil {
			return nil, c.fail(err)
		}
	}
	buf := c.scratch.Allocate(max(blockSize, len(c.rest)))
	n := copy(buf, c.rest)
	c.free()
	for {
		if err := ctx.Err(); err != nil {
			c.scratch.Free(buf)
			return nil, err
		}
		for n < len(buf) && !c.end {
			k, err := c.text.Read(buf[n:])
			n += k
			if err == io.EOF { // what ends early says io.ErrUnexpectedEOF
				c.end = true
			} else if err != nil {
				c.scratch.Free(buf)
				return nil, c.fail(err)
			}
		}
		cut := n
		if !c.end {
			cut = c.file.syntax.Last(buf[:n])
		}
		if cut > 0 {
			b := &block{data: buf[:cut], whole: buf, line: c.line, file: c.file, scratch: c.scratch}
			c.keep(buf[cut:n])
			c.line += int64(bytes.Count(b.data, newline))
			c.offset += int64(cut)
			return b, nil
		}
		if n == 0 {
			c.scratch.Free(buf)
			return nil, io.EOF
		}
		if len(buf) >= LongestRecord {
			c.scratch.Free(buf)
			return nil, sqlerr.New(sqlerr.Corrupt, "%s, line %d: the record at byte %d is longer than %d MiB",
				c.file.shown.Location, c.line, c.offset, LongestRecord>>20)
		}
		buf = c.scratch.Reallocate(min(2*len(buf), LongestRecord), buf)
	}
}

var newline = []byte{'\n'}

// begin opens the text and passes over what precedes the first record.
func (c *cutter) begin() error {
	if c.file.decompress == nil {
		c.text = io.NopCloser(c.raw)
	} else {
		text, err := c.file.decompress(c.raw)
		if err != nil {
			return err
		}
		c.text = text
	}
	skipped := c.scratch.Allocate(int(c.file.start))
	defer c.scratch.Free(skipped)
	if _, err := io.ReadFull(c.text, skipped); err != nil {
		return err
	}
	c.line += int64(bytes.Count(skipped, newline))
	c.offset = c.file.start
	return nil
}

// keep copies the bytes after a block.
func (c *cutter) keep(rest []byte) {
	if len(rest) > 0 {
		c.rest = c.scratch.Allocate(len(rest))
		copy(c.rest, rest)
	}
}

func (c *cutter) free() {
	if c.rest != nil {
		c.scratch.Free(c.rest)
		c.rest = nil
	}
}

// fail tells a failed read from a malformed file.
func (c *cutter) fail(err error) error {
	if c.raw.failed != nil {
		return c.raw.failed
	}
	return corrupt(c.file.shown.Location, err)
}

func corrupt(location string, err error) error {
	return sqlerr.Wrap(sqlerr.Corrupt, err, "%s", location)
}

// close frees what the cutter holds. It is idempotent.
func (c *cutter) close() {
	c.free()
	c.raw.release()
	if c.text != nil {
		c.text.Close()
		c.text = nil
	}
	c.raw.ranges, c.raw.next = nil, 0 // nothing is read any more
}

// block is whole records of a file.
type block struct {
	file    *File
	columns []int
	data    []byte
	whole   []byte // that data is the start of
	line    int64  // of the first record
	scratch memory.Allocator
}

// Release implements files.Block.
func (b *block) Release() {
	if b.whole != nil {
		b.scratch.Free(b.whole)
		b.whole, b.data = nil, nil
	}
}
