package collation

import (
	"bytes"
	"compress/gzip"
	_ "embed" // for the tables
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

//go:embed data/uca900.gz
var packedUCA900 []byte

//go:embed data/uca520.gz
var packedUCA520 []byte

//go:embed data/uca400.gz
var packedUCA400 []byte

//go:embed data/general.gz
var packedGeneral []byte

// The tables are unpacked when a collation that needs one is first used.
var (
	uca900  = sync.OnceValue(func() *table { return unpack(packedUCA900) })
	uca520  = sync.OnceValue(func() *table { return unpack(packedUCA520) })
	uca400  = sync.OnceValue(func() *table { return unpack(packedUCA400) })
	general = sync.OnceValue(func() *table { return unpack(packedGeneral) })
)

// An element is a collation element: a weight of 16 bits on the first level, of 9 on the second, of 5 on the third.
type element uint32

func newElement(primary, secondary, tertiary uint32) element {
	return element(primary<<14 | secondary<<5 | tertiary)
}

// weight is the element's weight on a level, counted from 0; a weight of 0 is ignored.
func (e element) weight(level int) uint16 {
	switch level {
	case 0:
		return uint16(e >> 14)
	case 1:
		return uint16(e >> 5 & 0x1ff)
	}
	return uint16(e & 0x1f)
}

// An entry says what a character's elements are: absent, one element, or a run of them.
type entry uint32

const (
	absent entry = 0
	single entry = 1 << 30 // with the element
	run    entry = 2 << 30 // with the place of the elements in table.runs, and how many they are in the last four bits
)

// table has the elements of characters.
type table struct {
	pages  [0x110000 >> 8]uint16 // the block of each 256 code points
	blocks [][256]entry          // the first is empty
	runs   []element
}

func (t *table) entry(r rune) entry {
	if uint32(r) > 0x10ffff {
		return absent
	}
	return t.blocks[t.pages[r>>8]][r&0xff]
}

// unpack reads a table as internal/gentables writes it. The tables are part of the program: one that cannot be read is a
// fault of the build, which the tests find.
func unpack(packed []byte) *table {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(fmt.Sprintf("collation: %v", err))
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		panic(fmt.Sprintf("collation: %v", err))
	}
	next := func() int {
		v, n := binary.Uvarint(raw)
		raw = raw[n:]
		return int(v)
	}
	levels, count := next(), next()
	codes := make([]rune, count)
	last := rune(-1)
	for i := range codes {
		last += rune(next())
		codes[i] = last
	}
	sizes := raw[:count]
	raw = raw[count:]
	total := 0
	for _, n := range sizes {
		total += int(n)
	}
	weights := make([][3]uint32, total)
	for level := range levels {
		before := int64(0)
		for i := range weights {
			d, n := binary.Varint(raw)
			raw = raw[n:]
			before += d
			weights[i][level] = uint32(before)
		}
	}
	return newTable(codes, sizes, weights)
}

func newTable(codes []rune, sizes []byte, weights [][3]uint32) *table {
	t := &table{blocks: make([][256]entry, 1)}
	at := 0
	for i, r := range codes {
		list := weights[at : at+int(sizes[i])]
		at += len(list)
		if t.pages[r>>8] == 0 {
			t.pages[r>>8] = uint16(len(t.blocks))
			t.blocks = append(t.blocks, [256]entry{})
		}
		var e entry
		if len(list) == 1 {
			w := list[0]
			e = single | entry(newElement(w[0], w[1], w[2]))
		} else {
			e = run | entry(len(t.runs)<<4|len(list))
			for _, w := range list {
				t.runs = append(t.runs, newElement(w[0], w[1], w[2]))
			}
		}
		t.blocks[t.pages[r>>8]][r&0xff] = e
	}
	return t
}
