package agg

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/expr/kernel"
	"github.com/silogate/silogate/engine/types"
)

// distinct passes each set of arguments on once for each group.
type distinct struct {
	inner  Accumulator
	seen   *rowkey.Groups
	enc    *rowkey.Encoder
	which  []int32
	fresh  []int32
	groups []int32
}

func newDistinct(s Spec, inner Accumulator) *distinct {
	fields := []rowkey.Field{rowkey.Of(types.Of(types.Int32), nil)}
	for i, t := range s.Args {
		var weigh func(dst, value []byte) []byte
		if i < len(s.Weigh) {
			weigh = s.Weigh[i]
		}
		fields = append(fields, rowkey.Of(t, weigh))
	}
	return &distinct{inner: inner, seen: rowkey.NewGroups(), enc: rowkey.NewEncoder(fields)}
}

func (d *distinct) Grow(n int) { d.inner.Grow(n) }

func (d *distinct) Bytes() int64 {
	return d.inner.Bytes() + d.seen.Bytes() + d.enc.Bytes() + int64(4*(cap(d.which)+cap(d.fresh)+cap(d.groups)))
}

func (d *distinct) Update(groups []int32, args []arrow.Array, rows int) error {
	return d.update(groups, args, args, rows)
}

// update passes the rows of args on whose keys their group has not had.
func (d *distinct) update(groups []int32, keys, args []arrow.Array, rows int) error {
	if groups == nil {
		d.groups = extend(d.groups[:0], rows)
		clear(d.groups)
		groups = d.groups
	}
	ids := int32Array(groups)
	defer ids.Release()
	d.enc.Encode(append([]arrow.Array{ids}, keys...), rows)
	d.which = extend(d.which, rows)
	d.fresh = d.seen.Find(d.enc, d.which, d.fresh[:0])
	if len(d.fresh) == 0 {
		return nil
	}
	taken := make([]arrow.Array, 0, len(args))
	defer func() {
		for _, a := range taken {
			a.Release()
		}
	}()
	for _, a := range args {
		t, err := kernel.Take(memory.DefaultAllocator, a, d.fresh)
		if err != nil {
			return err
		}
		taken = append(taken, t)
	}
	of := make([]int32, len(d.fresh))
	for i, row := range d.fresh {
		of[i] = groups[row]
	}
	return d.inner.Update(of, taken, len(of))
}

// int32Array wraps v without copying.
func int32Array(v []int32) arrow.Array {
	data := array.NewData(arrow.PrimitiveTypes.Int32, len(v),
		[]*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(v))}, nil, 0, 0)
	defer data.Release()
	return array.NewInt32Data(data)
}

func (d *distinct) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	return d.inner.Result(mem, from, to)
}
