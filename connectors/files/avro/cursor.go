package avro

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// cursor reads values out of a block. After the first failure it is at the end, and values are zero.
type cursor struct {
	data []byte
	at   int
	err  error
}

var errShort = errors.New("the block ends within a value")

func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.at = len(c.data)
}

// long reads a variable-length zigzag integer.
func (c *cursor) long() int64 {
	var v uint64
	for shift := 0; shift < 64; shift += 7 {
		if c.at >= len(c.data) {
			c.fail(errShort)
			return 0
		}
		b := c.data[c.at]
		c.at++
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return int64(v>>1) ^ -int64(v&1)
		}
	}
	c.fail(errors.New("an integer of more than 64 bits"))
	return 0
}

func (c *cursor) int() int32 {
	v := c.long()
	if v < math.MinInt32 || v > math.MaxInt32 {
		c.fail(fmt.Errorf("%d is no int", v))
		return 0
	}
	return int32(v)
}

func (c *cursor) boolean() bool {
	b := c.take(1)
	if len(b) == 1 && b[0] > 1 {
		c.fail(fmt.Errorf("%d is no boolean", b[0]))
	}
	return len(b) == 1 && b[0] == 1
}

func (c *cursor) float() float32 {
	if b := c.take(4); b != nil {
		return math.Float32frombits(binary.LittleEndian.Uint32(b))
	}
	return 0
}

func (c *cursor) double() float64 {
	if b := c.take(8); b != nil {
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return 0
}

// take returns the next n bytes; nil if there are not so many.
func (c *cursor) take(n int64) []byte {
	if n < 0 || n > int64(len(c.data)-c.at) {
		c.fail(errShort)
		return nil
	}
	b := c.data[c.at : c.at+int(n)]
	c.at += int(n)
	return b
}

// bytes reads what is preceded by its length.
func (c *cursor) bytes() []byte { return c.take(c.long()) }

// branch reads which branch a union has.
func (c *cursor) branch(s *schema) int {
	i := c.long()
	if i < 0 || i >= int64(len(s.branches)) {
		c.fail(fmt.Errorf("branch %d of a union of %d", i, len(s.branches)))
		return 0
	}
	return int(i)
}

// symbol reads a value of an enum.
func (c *cursor) symbol(s *schema) string {
	i := c.long()
	if i < 0 || i >= int64(len(s.symbols)) {
		c.fail(fmt.Errorf("symbol %d of an enum of %d", i, len(s.symbols)))
		return ""
	}
	return s.symbols[i]
}

// run reads how many items follow of an array or map; 0: it ends. An item takes at least so many bytes. size is how many all of
// them take, -1 where it is not said.
func (c *cursor) run(least int64) (items, size int64) {
	items, size = c.long(), -1
	if items < 0 {
		items, size = -items, c.long()
		if size < 0 || size > int64(len(c.data)-c.at) {
			c.fail(errShort)
		}
	}
	if items < 0 || least > 0 && items > int64(len(c.data)-c.at)/least { // the negative of the least integer is negative
		c.fail(errShort)
	}
	if c.err != nil {
		return 0, -1
	}
	return items, size
}

// Depths of values within values: of JSON as deep as MySQL's goes, and of what is passed over.
const (
	mostJSONDepth = 100
	mostSkipDepth = 10_000
)

// skip passes over a value.
func (c *cursor) skip(s *schema, depth int) {
	if s.exact {
		c.take(s.least)
		return
	}
	if depth > mostSkipDepth {
		c.fail(fmt.Errorf("a value nests deeper than %d", mostSkipDepth))
		return
	}
	switch s.kind {
	case kindInt, kindLong, kindEnum:
		c.long()
	case kindBytes, kindString:
		c.bytes()
	case kindUnion:
		c.skip(s.branches[c.branch(s)], depth+1)
	case kindRecord:
		for i := range s.fields {
			if c.skip(s.fields[i].typ, depth+1); c.err != nil {
				return
			}
		}
	case kindArray, kindMap:
		c.skipItems(s, depth)
	}
}

// skipItems passes over an array or map.
func (c *cursor) skipItems(s *schema, depth int) {
	least := s.items.least
	if s.kind == kindMap {
		least++
	}
	for {
		items, size := c.run(least)
		switch {
		case items == 0:
			return
		case size >= 0:
			c.take(size)
		case s.kind == kindArray && s.items.exact: // run proved that they are there
			c.take(items * s.items.least)
		default:
			for ; items > 0 && c.err == nil; items-- {
				if s.kind == kindMap {
					c.bytes()
				}
				c.skip(s.items, depth+1)
			}
		}
	}
}
