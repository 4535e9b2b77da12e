package agg

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/types"
)

// count is COUNT(*) and, with arguments, the number of rows where none is NULL.
type count struct {
	n []int64
}

func (c *count) Grow(n int)   { c.n = extend(c.n, n) }
func (c *count) Reset()       { c.n = c.n[:0] }
func (c *count) Bytes() int64 { return int64(8 * cap(c.n)) }

func (c *count) Update(groups []int32, args []arrow.Array, rows int) error {
	for k, a := range args {
		if nulls, some := nullsOf(a); some {
			c.valid(groups, nulls, args[k+1:], rows)
			return nil
		}
	}
	if groups == nil {
		c.n[0] += int64(rows)
		return nil
	}
	for _, g := range groups {
		c.n[g]++
	}
	return nil
}

// valid counts the rows valid in nulls and in every one of rest.
func (c *count) valid(groups []int32, nulls validity, rest []arrow.Array, rows int) {
	for i := range rows {
		ok := nulls.bits != nil && nulls.ok(i)
		for _, a := range rest {
			ok = ok && !isNull(a, i)
		}
		if ok {
			c.n[group(groups, i)]++
		}
	}
}

func (c *count) StateTypes() []types.Type { return []types.Type{types.Of(types.Int64)} }

func (c *count) States(mem memory.Allocator, from, to int) ([]arrow.Array, error) {
	a, err := c.Result(mem, from, to)
	return []arrow.Array{a}, err
}

func (c *count) Merge(groups []int32, states []arrow.Array, rows int) error {
	for i, n := range states[0].(*array.Int64).Int64Values() {
		c.n[group(groups, i)] += n
	}
	return nil
}

func (c *count) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	return values(mem, arrow.PrimitiveTypes.Int64, c.n[from:to], nil), nil
}
