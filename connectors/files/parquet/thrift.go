package parquet

import (
	"encoding/binary"
	"errors"
)

// Types of fields in Thrift's compact protocol.
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// maxNesting bounds the depth of Thrift structures and of a schema.
const maxNesting = 64

var errThrift = errors.New("malformed Thrift structure")

// compact reads Thrift's compact protocol. After an error it yields zeros and stays failed.
type compact struct {
	buf    []byte
	pos    int
	failed bool
}

func (c *compact) left() int { return len(c.buf) - c.pos }

func (c *compact) fail() { c.failed, c.pos = true, len(c.buf) }

func (c *compact) byte() byte {
	if c.left() < 1 {
		c.fail()
		return 0
	}
	c.pos++
	return c.buf[c.pos-1]
}

func (c *compact) uvarint() uint64 {
	v, n := binary.Uvarint(c.buf[c.pos:])
	if n <= 0 {
		c.fail()
		return 0
	}
	c.pos += n
	return v
}

func (c *compact) int() int64 {
	v := c.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// binary reads a string; it is part of the buffer.
func (c *compact) binary() []byte {
	n := c.uvarint()
	if n > uint64(c.left()) {
		c.fail()
		return nil
	}
	c.pos += int(n)
	return c.buf[c.pos-int(n) : c.pos : c.pos]
}

func (c *compact) skipBytes(n uint64) {
	if n > uint64(c.left()) {
		c.fail()
		return
	}
	c.pos += int(n)
}

// fields calls visit for each field of a struct; visit consumes the value and returns true, or leaves it and returns false.
func (c *compact) fields(depth int, visit func(id int16, kind byte) bool) {
	id := int16(0)
	for !c.failed {
		head := c.byte()
		kind := head & 0xf
		if kind == thriftStop {
			return
		}
		if delta := head >> 4; delta != 0 {
			id += int16(delta)
		} else {
			id = int16(c.int())
		}
		if !visit(id, kind) {
			c.skip(kind, depth)
		}
	}
}

// list reads the head of a list whose elements take at least a byte each.
func (c *compact) list() (n int, kind byte) {
	head := c.byte()
	size := uint64(head >> 4)
	if size == 15 {
		size = c.uvarint()
	}
	if size > uint64(c.left()) {
		c.fail()
		return 0, 0
	}
	return int(size), head & 0xf
}

// skip passes over a value and checks that every length in it is possible.
func (c *compact) skip(kind byte, depth int) {
	if depth > maxNesting {
		c.fail()
		return
	}
	switch kind {
	case thriftTrue, thriftFalse:
	case thriftByte:
		c.byte()
	case thriftI16, thriftI32, thriftI64:
		c.uvarint()
	case thriftDouble:
		c.skipBytes(8)
	case thriftBinary:
		c.skipBytes(c.uvarint())
	case thriftList, thriftSet:
		n, kind := c.list()
		for i := 0; i < n && !c.failed; i++ {
			c.skipElement(kind, depth+1)
		}
	case thriftMap:
		n := c.uvarint()
		if n == 0 {
			return
		}
		kinds := c.byte()
		for i := uint64(0); i < n && !c.failed; i++ {
			c.skipElement(kinds>>4, depth+1)
			c.skipElement(kinds&0xf, depth+1)
		}
	case thriftStruct:
		c.fields(depth+1, func(int16, byte) bool { return false })
	default:
		c.fail()
	}
}

// skipElement passes over an element of a container, where a boolean takes a byte.
func (c *compact) skipElement(kind byte, depth int) {
	if kind == thriftTrue || kind == thriftFalse {
		c.byte()
		return
	}
	c.skip(kind, depth)
}

// checkFooter proves that a footer can be parsed in memory and stack proportional to its length: that no list claims more
// elements than there are bytes, and that the schema's tree is not too deep.
func checkFooter(footer []byte) error {
	const schemaField, childrenField = 2, 5
	c := &compact{buf: footer}
	var open []int64 // children to come, for each level of the schema's tree
	c.fields(0, func(id int16, kind byte) bool {
		if id != schemaField || kind != thriftList {
			return false
		}
		n, kind := c.list()
		if kind != thriftStruct {
			c.fail()
		}
		for i := 0; i < n && !c.failed; i++ {
			children := int64(0)
			c.fields(1, func(id int16, kind byte) bool {
				if id != childrenField || kind != thriftI32 {
					return false
				}
				children = c.int()
				return true
			})
			for len(open) > 0 && open[len(open)-1] == 0 {
				open = open[:len(open)-1]
			}
			if len(open) > 0 {
				open[len(open)-1]--
			}
			open = append(open, children)
			if children < 0 || children > int64(n) || len(open) > maxNesting {
				c.fail()
			}
		}
		return true
	})
	if c.failed {
		return errThrift
	}
	return nil
}

// Kinds of pages.
const (
	dataPage       = 0
	indexPage      = 1
	dictionaryPage = 2
	dataPageV2     = 3
)

// pageHeader is the part of a PageHeader that decoding needs.
type pageHeader struct {
	kind         int64
	uncompressed int64
	compressed   int64
	crc          int64
	hasCRC       bool
	values       int64 // NULLs included
	encoding     int64
	defEncoding  int64
	defBytes     int64 // version 2 only
	repBytes     int64 // version 2 only
	plain        bool  // version 2: values are not compressed
}

// readPageHeader parses the header at the start of buf and returns its length.
func readPageHeader(buf []byte) (pageHeader, int, error) {
	c := &compact{buf: buf}
	h := pageHeader{kind: -1, uncompressed: -1, compressed: -1, values: -1}
	c.fields(0, func(id int16, kind byte) bool {
		if kind == thriftI32 {
			switch id {
			case 1:
				h.kind = c.int()
			case 2:
				h.uncompressed = c.int()
			case 3:
				h.compressed = c.int()
			case 4:
				h.crc, h.hasCRC = c.int(), true
			default:
				return false
			}
			return true
		}
		if kind != thriftStruct {
			return false
		}
		var target map[int16]*int64
		switch id {
		case 5:
			target = map[int16]*int64{1: &h.values, 2: &h.encoding, 3: &h.defEncoding}
		case 7:
			target = map[int16]*int64{1: &h.values, 2: &h.encoding}
		case 8:
			target = map[int16]*int64{1: &h.values, 4: &h.encoding, 5: &h.defBytes, 6: &h.repBytes}
			h.defEncoding = encodingRLE
		default:
			return false
		}
		c.fields(1, func(field int16, kind byte) bool {
			if id == 8 && field == 7 && kind == thriftFalse {
				h.plain = true
			}
			if p := target[field]; p != nil && kind == thriftI32 {
				*p = c.int()
				return true
			}
			return false
		})
		return true
	})
	if c.failed || h.kind < 0 || h.uncompressed < 0 || h.compressed < 0 || h.defBytes < 0 || h.repBytes < 0 {
		return h, 0, errThrift
	}
	return h, c.pos, nil
}
