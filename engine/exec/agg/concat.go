package agg

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// groupConcat is GROUP_CONCAT: the arguments of a row, none of them NULL, joined; the rows in the order of the keys,
// separated; the whole cut to a number of bytes. Rows that the cut would remove are not kept: without an order
// whatever comes when the result is full, with one what sorts behind a full result.
type groupConcat struct {
	spec   Spec
	values int // arguments before the sort key
	groups []concatGroup
	bytes  int64 // of the groups' rows
	text   []byte
	sort   []concatRow // of the group that is sorted
	merge  []concatRow // of the state that is merged
}

// concatGroup is the rows of a group in the form of a state: one after the other, the key, if there is an order, and
// the text, each behind its length.
type concatGroup struct {
	rows []byte
	size int // of the texts, each with a separator
	// Once full, a row whose key is not below rows[bound:boundEnd] is of no use; without an order no row is.
	full            bool
	bound, boundEnd int
}

type concatRow struct{ key, text []byte }

// What a group and a row in the lists take.
const concatGroupBytes, concatRowBytes = 24 + 8 + 8 + 16, 48

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
		for k, a := range args[:c.values] {
			if c.spec.Args[k].IsString() {
				c.text = append(c.text, textAt(a, i)...)
			} else {
				c.text = append(c.text, kernel.ValueAt(a, i).Format(c.spec.Args[k], time.UTC)...)
			}
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
	if g.full && (!c.spec.Ordered || bytes.Compare(row.key, g.rows[g.bound:g.boundEnd]) >= 0) {
		return
	}
	if len(row.text)+len(c.spec.Separator) == 0 && len(g.rows) > 0 {
		return // it adds nothing wherever it stands
	}
	row.text = row.text[:min(len(row.text), c.spec.Longest+1)] // a byte more than fits tells that there was more
	held := cap(g.rows)
	g.rows = c.appendRow(g.rows, row)
	g.size += len(row.text) + len(c.spec.Separator)
	if !c.spec.Ordered {
		g.full = c.fills(g.size)
	} else if g.size > 3*(c.spec.Longest+1+len(c.spec.Separator)) {
		c.compact(g)
	}
	c.bytes += int64(cap(g.rows) - held)
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
	c.sort = c.parse(c.sort[:0], g.rows)
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
	out := make([]byte, 0, length)
	for _, r := range rows[:kept] {
		out = c.appendRow(out, r)
	}
	if g.full {
		last := rows[kept-1]
		g.boundEnd = len(out) - len(binary.AppendUvarint(nil, uint64(len(last.text)))) - len(last.text)
		g.bound = g.boundEnd - len(last.key)
	}
	g.rows = out
}

func (c *groupConcat) StateTypes() []types.Type { return []types.Type{types.Of(types.Blob)} }

func (c *groupConcat) States(mem memory.Allocator, from, to int) ([]arrow.Array, error) {
	b := array.NewBinaryBuilder(mem, arrow.BinaryTypes.Binary)
	defer b.Release()
	b.Reserve(to - from)
	size := 0
	for _, g := range c.groups[from:to] {
		size += len(g.rows)
	}
	b.ReserveData(size) // exactly: growing takes twice as much
	for _, g := range c.groups[from:to] {
		b.Append(g.rows) // nothing: no rows
	}
	return []arrow.Array{b.NewArray()}, nil
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
	b := array.NewBinaryBuilder(mem, c.spec.Result.Arrow().(arrow.BinaryDataType))
	defer b.Release()
	b.Reserve(to - from)
	size := 0
	for _, g := range c.groups[from:to] {
		size += min(g.size, c.spec.Longest)
	}
	b.ReserveData(size) // growing takes twice as much
	for i := range c.groups[from:to] {
		if g := &c.groups[from+i]; len(g.rows) > 0 {
			b.Append(c.join(c.sorted(g)))
		} else {
			b.AppendNull()
		}
	}
	return b.NewArray(), nil
}

// erCutValueGroupConcat is ER_CUT_VALUE_GROUP_CONCAT.
const erCutValueGroupConcat = 1260

// join returns the result of rows; it is valid until the next call. The warning of a cut says which row of the group
// was cut, where MySQL counts on through the groups in the order that it meets them.
func (c *groupConcat) join(rows []concatRow) []byte {
	size := 0
	for _, r := range rows {
		size += len(r.text) + len(c.spec.Separator)
	}
	c.text = slices.Grow(c.text[:0], min(size, 2*(c.spec.Longest+1)))
	for i, r := range rows {
		if i > 0 {
			c.text = append(c.text, c.spec.Separator...)
		}
		c.text = append(c.text, r.text...)
		if len(c.text) > c.spec.Longest {
			if c.spec.Warn != nil {
				c.spec.Warn(erCutValueGroupConcat, fmt.Sprintf("Row %d was cut by GROUP_CONCAT()", i+1))
			}
			return cut(c.text, c.spec.Longest, c.spec.Result)
		}
	}
	return c.text
}

// cut shortens text to at most n bytes of whole characters.
func cut(b []byte, n int, t types.Type) []byte {
	for t.IsText() && n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}
