package agg

import (
	"bytes"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// groupConcat is GROUP_CONCAT: the arguments of a row, none of them NULL, joined; the rows in the order of the keys,
// separated; the whole cut to a number of bytes.
type groupConcat struct {
	spec   Spec
	values int // arguments before the sort keys
	rows   [][]concatRow
	text   int64
	order  *rowkey.Order
	keys   []byte
	ends   []int
}

type concatRow struct {
	text string
	key  []byte
}

func newGroupConcat(s Spec) (Accumulator, error) {
	c := &groupConcat{spec: s, values: len(s.Args) - len(s.Order)}
	if len(s.Order) > 0 {
		keys := make([]rowkey.Key, len(s.Order))
		for i, o := range s.Order {
			at := c.values + i
			keys[i] = rowkey.Key{Field: rowkey.Of(s.Args[at], weighAt(s, at)), Desc: o.Desc}
		}
		c.order = rowkey.NewOrder(keys)
	}
	if !s.Distinct {
		return c, nil
	}
	d := s
	d.Args = s.Args[:c.values]
	return newDistinctConcat(d, c), nil
}

func weighAt(s Spec, i int) func(dst, value []byte) []byte {
	if i < len(s.Weigh) {
		return s.Weigh[i]
	}
	return nil
}

func (c *groupConcat) Grow(n int) { c.rows = extend(c.rows, n) }

func (c *groupConcat) Bytes() int64 { return c.text + int64(24*cap(c.rows)) }

func (c *groupConcat) Update(groups []int32, args []arrow.Array, rows int) error {
	if c.order != nil {
		c.keys, c.ends = c.order.Append(c.keys[:0], c.ends[:0], args[c.values:], rows)
	}
	start := 0
	for i := range rows {
		var key []byte
		if c.order != nil {
			key = c.keys[start:c.ends[i]]
			start = c.ends[i]
		}
		if c.anyNull(args, i) {
			continue
		}
		var b []byte
		for k, a := range args[:c.values] {
			b = append(b, kernel.ValueAt(a, i).Format(c.spec.Args[k], time.UTC)...)
		}
		g := group(groups, i)
		c.rows[g] = append(c.rows[g], concatRow{text: string(b), key: bytes.Clone(key)})
		c.text += int64(len(b) + len(key) + 40)
	}
	return nil
}

func (c *groupConcat) anyNull(args []arrow.Array, i int) bool {
	for _, a := range args[:c.values] {
		if a.IsNull(i) {
			return true
		}
	}
	return false
}

func (c *groupConcat) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	out, set := make([]string, to-from), make([]bool, to-from)
	for i, rows := range c.rows[from:to] {
		if len(rows) == 0 {
			continue
		}
		if c.order != nil {
			slices.SortStableFunc(rows, func(a, b concatRow) int { return bytes.Compare(a.key, b.key) })
		}
		out[i], set[i] = c.join(rows), true
	}
	return texts(mem, c.spec.Result, out, set), nil
}

// erCutValueGroupConcat is ER_CUT_VALUE_GROUP_CONCAT.
const erCutValueGroupConcat = 1260

func (c *groupConcat) join(rows []concatRow) string {
	var b []byte
	for i, r := range rows {
		if i > 0 {
			b = append(b, c.spec.Separator...)
		}
		b = append(b, r.text...)
		if len(b) > c.spec.Longest {
			if c.spec.Warn != nil {
				c.spec.Warn(erCutValueGroupConcat, "Row was cut by GROUP_CONCAT()")
			}
			return string(cut(b, c.spec.Longest, c.spec.Result))
		}
	}
	return string(b)
}

// cut shortens text to at most n bytes of whole characters.
func cut(b []byte, n int, t types.Type) []byte {
	for t.IsText() && n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}

// distinctConcat is GROUP_CONCAT(DISTINCT ...): rows are told apart by the values, and carry their sort keys along.
type distinctConcat struct {
	*distinct
	values int
}

func newDistinctConcat(s Spec, c *groupConcat) *distinctConcat {
	return &distinctConcat{distinct: newDistinct(s, c), values: c.values}
}

func (d *distinctConcat) Update(groups []int32, args []arrow.Array, rows int) error {
	return d.distinct.update(groups, args[:d.values], args, rows)
}
