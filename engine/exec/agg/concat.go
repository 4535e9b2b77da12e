package agg

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// groupConcat is GROUP_CONCAT: the arguments of a row, none of them NULL, joined; the rows in the order of the keys,
// separated; the whole cut to a number of bytes. Rows that the cut would remove are not kept: without an order
// whatever comes when the result is full, with one what sorts behind a full result.
type groupConcat struct {
	spec   Spec
	values int // arguments before the sort key
	groups []concatGroup
	bytes  int64 // of the groups' chunks
	text   []byte
	sort   []concatRow // of the group that is sorted
	merge  []concatRow // of the state that is merged
}

// concatGroup is the rows of a group in the form of a state: one after the other, the key, if there is an order, and
// the text, each behind its length. They stand in chunks, so that a long group is not copied as it grows.
type concatGroup struct {
	earlier [][]byte // chunks to which no row is added
	rows    []byte   // the last chunk; empty only in a group without rows
	size    int      // of the texts, each with a separator
	// Once full, a row whose key is not below bound is of no use; without an order no row is.
	full  bool
	bound []byte
}

// concatChunk is how many bytes a chunk may take before another is begun.
const concatChunk = 64 << 10

type concatRow struct{ key, text []byte }

// What a group, one of its chunks and a row in the lists take.
const concatGroupBytes, concatChunkBytes, concatRowBytes = 24 + 24 + 8 + 8 + 24, 24, 48

// chunks calls f with each chunk, in order.
func (g *concatGroup) chunks(f func(chunk []byte)) {
	for _, chunk := range g.earlier {
		f(chunk)
	}
	f(g.rows)
}

// room makes room for n bytes at the end of the last chunk, and returns how many bytes the group takes more than before.
func (g *concatGroup) room(n int) int {
	held := cap(g.rows)
	switch {
	case held-len(g.rows) >= n:
		return 0
	case len(g.rows)+n <= concatChunk || len(g.rows) == 0:
		g.rows = slices.Grow(g.rows, n)
		return cap(g.rows) - held
	}
	listed := cap(g.earlier)
	g.earlier = append(g.earlier, g.rows)
	g.rows = make([]byte, 0, max(n, concatChunk, g.size/8)) // what stays unused at the end of a chunk is little of the whole
	return cap(g.rows) + concatChunkBytes*(cap(g.earlier)-listed)
}

func newGroupConcat(s Spec) *groupConcat {
	c := &groupConcat{spec: s, values: len(s.Args)}
	if s.Ordered {
		c.values--
	}
	return c
}

func (c *groupConcat) Grow(n int) { c.groups = extend(c.groups, n) }

func (c *groupConcat) Reset() {
	clear(c.groups)
	c.groups, c.bytes = c.groups[:0], 0
}

func (c *groupConcat) Bytes() int64 {
	return c.bytes + int64(concatGroupBytes*cap(c.groups)+concatRowBytes*(cap(c.sort)+cap(c.merge))+cap(c.text))
}

func (c *groupConcat) Update(groups []int32, args []arrow.Array, rows int) error {
	for i := range rows {
		if c.anyNull(args, i) {
			continue
		}
		c.text = c.text[:0]
		for _, a := range args[:c.values] {
			c.text = append(c.text, textAt(a, i)...)
		}
		row := concatRow{text: c.text}
		if c.spec.Ordered {
			row.key = args[c.values].(*array.Binary).Value(i)
		}
		c.add(group(groups, i), row)
	}
	return nil
}

func (c *groupConcat) anyNull(args []arrow.Array, i int) bool {
	for _, a := range args[:c.values] {
		if isNull(a, i) {
			return true
		}
	}
	return false
}

// add gives a group one more row, which it copies.
func (c *groupConcat) add(group int32, row concatRow) {
	g := &c.groups[group]
	if g.full && (!c.spec.Ordered || bytes.Compare(row.key, g.bound) >= 0) {
		return
	}
	if len(row.text)+len(c.spec.Separator) == 0 && len(g.rows) > 0 {
		return // it adds nothing wherever it stands
	}
	row.text = row.text[:min(len(row.text), c.spec.Longest+1)] // a byte more than fits tells that there was more
	c.bytes += int64(g.room(len(row.key) + len(row.text) + 2*binary.MaxVarintLen64))
	g.rows = c.appendRow(g.rows, row)
	g.size += len(row.text) + len(c.spec.Separator)
	if !c.spec.Ordered {
		g.full = c.fills(g.size)
	} else if g.size > 3*(c.spec.Longest+1+len(c.spec.Separator)) {
		c.compact(g)
	}
}

// fills reports whether texts and separators of a size are longer than the result may be.
func (c *groupConcat) fills(size int) bool { return size-len(c.spec.Separator) > c.spec.Longest }

func (c *groupConcat) appendRow(dst []byte, row concatRow) []byte {
	if c.spec.Ordered {
		dst = append(binary.AppendUvarint(dst, uint64(len(row.key))), row.key...)
	}
	return append(binary.AppendUvarint(dst, uint64(len(row.text))), row.text...)
}

// parse appends the rows of a state, which they refer to, to dst.
func (c *groupConcat) parse(dst []concatRow, state []byte) []concatRow {
	next := func() []byte {
		n, width := binary.Uvarint(state)
		field := state[width : width+int(n)]
		state = state[width+int(n):]
		return field
	}
	for len(state) > 0 {
		var row concatRow
		if c.spec.Ordered {
			row.key = next()
		}
		row.text = next()
		dst = append(dst, row)
	}
	return dst
}

// sorted returns the rows of a group in order; they are valid until the next call and until the group changes.
func (c *groupConcat) sorted(g *concatGroup) []concatRow {
	c.sort = c.sort[:0]
	g.chunks(func(chunk []byte) { c.sort = c.parse(c.sort, chunk) })
	if c.spec.Ordered {
		slices.SortStableFunc(c.sort, func(a, b concatRow) int { return bytes.Compare(a.key, b.key) })
	}
	return c.sort
}

// compact drops the rows of an ordered group behind a full result.
func (c *groupConcat) compact(g *concatGroup) {
	rows := c.sorted(g)
	g.size, g.full = 0, false
	kept, length := 0, 0
	for ; kept < len(rows) && !g.full; kept++ {
		r := rows[kept]
		g.size += len(r.text) + len(c.spec.Separator)
		length += len(r.key) + len(r.text) + 2*binary.MaxVarintLen32
		g.full = c.fills(g.size)
	}
	out, last := make([]byte, 0, length), 0
	for _, r := range rows[:kept] {
		last = len(out)
		out = c.appendRow(out, r)
	}
	g.chunks(func(chunk []byte) { c.bytes -= int64(cap(chunk)) })
	c.bytes += int64(cap(out) - concatChunkBytes*cap(g.earlier))
	g.earlier, g.rows = nil, out
	if g.full {
		g.bound = c.parse(c.sort[:0], out[last:])[0].key
	}
}

func (c *groupConcat) StateTypes() []types.Type { return []types.Type{types.Of(types.Blob)} }

func (c *groupConcat) States(mem memory.Allocator, from, to int) ([]arrow.Array, error) {
	size := 0
	for i := range c.groups[from:to] {
		c.groups[from+i].chunks(func(chunk []byte) { size += len(chunk) })
	}
	states, err := c.texts(mem, arrow.BinaryTypes.Binary, from, to, size, func(dst []byte, g *concatGroup) ([]byte, bool) {
		g.chunks(func(chunk []byte) { dst = append(dst, chunk...) })
		return dst, true // nothing: no rows
	})
	return []arrow.Array{states}, err
}

// texts makes a vector of t of groups [from, to): of each what write appends to dst, in all at most size bytes, or NULL
// where it reports that there is no value.
func (c *groupConcat) texts(
	mem memory.Allocator, t arrow.DataType, from, to, size int, write func(dst []byte, g *concatGroup) ([]byte, bool),
) (arrow.Array, error) {
	if size > math.MaxInt32 {
		return nil, sqlerr.New(sqlerr.OutOfMemory, "out of memory: the texts of %s exceed 2 GiB in %d groups", c.spec.Func, to-from)
	}
	n := to - from
	b := newBuilder(mem, n+1, 4)
	offsets := arrow.GetData[int32](b.data.Bytes())
	data := bufpool.NewBuffer(mem, size)
	defer data.Release()
	text := data.Bytes()[:0]
	for i := range n {
		var ok bool
		if text, ok = write(text, &c.groups[from+i]); !ok {
			b.null(i)
		}
		offsets[i+1] = int32(len(text))
	}
	data.ResizeNoShrink(len(text))
	return b.array(t, n, data), nil
}

func (c *groupConcat) Merge(groups []int32, states []arrow.Array, rows int) error {
	for i := range rows {
		g := group(groups, i)
		c.merge = c.parse(c.merge[:0], states[0].(*array.Binary).Value(i))
		for _, row := range c.merge {
			c.add(g, row)
		}
	}
	return nil
}

func (c *groupConcat) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	size := 0
	for _, g := range c.groups[from:to] {
		size += min(g.size, c.spec.Longest)
	}
	return c.texts(mem, c.spec.Result.Arrow(), from, to, size, func(dst []byte, g *concatGroup) ([]byte, bool) {
		if len(g.rows) == 0 {
			return dst, false
		}
		return c.join(dst, c.sorted(g)), true
	})
}

// erCutValueGroupConcat is ER_CUT_VALUE_GROUP_CONCAT.
const erCutValueGroupConcat = 1260

// join appends the result of rows to dst. The warning of a cut says which row of the group was cut, where MySQL counts on
// through the groups in the order that it meets them.
func (c *groupConcat) join(dst []byte, rows []concatRow) []byte {
	left := c.spec.Longest
	for i, r := range rows {
		separator := []byte(c.spec.Separator)
		if i == 0 {
			separator = nil
		}
		for _, piece := range [...][]byte{separator, r.text} {
			if len(piece) > left {
				if c.spec.Warn != nil {
					c.spec.Warn(erCutValueGroupConcat, fmt.Sprintf("Row %d was cut by GROUP_CONCAT()", i+1))
				}
				return append(dst, cut(piece, left, c.spec.Result)...)
			}
			dst = append(dst, piece...)
			left -= len(piece)
		}
	}
	return dst
}

// cut shortens text to at most n bytes of whole characters.
func cut(b []byte, n int, t types.Type) []byte {
	for t.IsText() && n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}
