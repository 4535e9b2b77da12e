package agg

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/exec/rowkey"
	"github.com/silogate/silogate/engine/sqlerr"
	"github.com/silogate/silogate/engine/types"
)

// rule says which value of a group an extreme keeps.
type rule uint8

const (
	lowest rule = iota
	highest
	first // not NULL
)

func newExtreme(keep rule, t types.Type, weigh func(dst, value []byte) []byte) (Accumulator, error) {
	switch id := t.Arrow().ID(); id {
	case arrow.INT8:
		return &extreme[int8]{keep: keep, typ: t}, nil
	case arrow.INT16:
		return &extreme[int16]{keep: keep, typ: t}, nil
	case arrow.INT32, arrow.DATE32:
		return &extreme[int32]{keep: keep, typ: t}, nil
	case arrow.INT64, arrow.TIMESTAMP, arrow.DURATION:
		return &extreme[int64]{keep: keep, typ: t}, nil
	case arrow.UINT8:
		return &extreme[uint8]{keep: keep, typ: t}, nil
	case arrow.UINT16:
		return &extreme[uint16]{keep: keep, typ: t}, nil
	case arrow.UINT32:
		return &extreme[uint32]{keep: keep, typ: t}, nil
	case arrow.UINT64:
		return &extreme[uint64]{keep: keep, typ: t}, nil
	case arrow.FLOAT32:
		return &extreme[float32]{keep: keep, typ: t}, nil
	case arrow.FLOAT64:
		return &extreme[float64]{keep: keep, typ: t}, nil
	case arrow.BOOL:
		return &extremeBool{keep: keep}, nil
	case arrow.STRING, arrow.BINARY:
		return &extremeText{keep: keep, typ: t, weigh: weigh}, nil
	case arrow.DECIMAL64, arrow.DECIMAL128, arrow.DECIMAL256:
		return &extremeDecimal{keep: keep, scale: int(t.Scale)}, nil
	case arrow.NULL:
		return &nothing{}, nil
	}
	return nil, sqlerr.New(sqlerr.Unsupported, "MIN and MAX of %s are not supported", t)
}

type ordered interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64
}

// extreme is MIN, MAX and ANY_VALUE of fixed-width values.
type extreme[T ordered] struct {
	keep   rule
	typ    types.Type
	values []T
	set    []bool
}

func (x *extreme[T]) Grow(n int) { x.values, x.set = extend(x.values, n), extend(x.set, n) }
func (x *extreme[T]) Reset()     { x.values, x.set = x.values[:0], x.set[:0] }
func (x *extreme[T]) Bytes() int64 {
	var v T
	return int64(cap(x.values)*sizeOf(v) + cap(x.set))
}

func (x *extreme[T]) Update(groups []int32, args []arrow.Array, rows int) error {
	vals := fixed[T](args[0])
	nulls, some := nullsOf(args[0])
	switch x.keep {
	case lowest:
		for i, v := range vals {
			if some && !nulls.ok(i) {
				continue
			}
			if g := group(groups, i); v < x.values[g] || !x.set[g] {
				x.values[g], x.set[g] = v, true
			}
		}
	case highest:
		for i, v := range vals {
			if some && !nulls.ok(i) {
				continue
			}
			if g := group(groups, i); v > x.values[g] || !x.set[g] {
				x.values[g], x.set[g] = v, true
			}
		}
	case first:
		for i, v := range vals {
			if some && !nulls.ok(i) {
				continue
			}
			if g := group(groups, i); !x.set[g] {
				x.values[g], x.set[g] = v, true
			}
		}
	}
	return nil
}

func (x *extreme[T]) StateTypes() []types.Type { return []types.Type{x.typ} }

func (x *extreme[T]) States(mem memory.Allocator, from, to int) ([]arrow.Array, error) {
	a, err := x.Result(mem, from, to)
	return []arrow.Array{a}, err
}

func (x *extreme[T]) Merge(groups []int32, states []arrow.Array, rows int) error {
	return x.Update(groups, states, rows)
}

func (x *extreme[T]) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	return values(mem, x.typ.Arrow(), x.values[from:to], x.set[from:to]), nil
}

// extremeBool is MIN, MAX and ANY_VALUE of truth values.
type extremeBool struct {
	keep   rule
	values []bool
	set    []bool
}

func (x *extremeBool) Grow(n int)   { x.values, x.set = extend(x.values, n), extend(x.set, n) }
func (x *extremeBool) Reset()       { x.values, x.set = x.values[:0], x.set[:0] }
func (x *extremeBool) Bytes() int64 { return int64(cap(x.values) + cap(x.set)) }

func (x *extremeBool) Update(groups []int32, args []arrow.Array, rows int) error {
	a := args[0].(*array.Boolean)
	for i := range rows {
		if a.IsNull(i) {
			continue
		}
		g, v := group(groups, i), a.Value(i)
		if !x.set[g] || x.keep == lowest && !v || x.keep == highest && v {
			x.values[g], x.set[g] = v, true
		}
	}
	return nil
}

func (x *extremeBool) StateTypes() []types.Type { return []types.Type{types.Of(types.Bool)} }

func (x *extremeBool) States(mem memory.Allocator, from, to int) ([]arrow.Array, error) {
	a, err := x.Result(mem, from, to)
	return []arrow.Array{a}, err
}

func (x *extremeBool) Merge(groups []int32, states []arrow.Array, rows int) error {
	return x.Update(groups, states, rows)
}

func (x *extremeBool) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	b := array.NewBooleanBuilder(mem)
	defer b.Release()
	b.AppendValues(x.values[from:to], x.set[from:to])
	return b.NewArray(), nil
}

// extremeText is MIN, MAX and ANY_VALUE of strings.
type extremeText struct {
	keep   rule
	typ    types.Type
	weigh  func(dst, value []byte) []byte
	values []string
	weight []string // with weigh: the sort key of values
	prefix []uint64 // of the sort key of values
	set    []bool
	text   int64 // bytes of values and weights
	key    []byte
}

func (x *extremeText) Grow(n int) {
	x.values, x.prefix, x.set = extend(x.values, n), extend(x.prefix, n), extend(x.set, n)
	if x.weigh != nil {
		x.weight = extend(x.weight, n)
	}
}

func (x *extremeText) Reset() {
	clear(x.values)
	clear(x.weight)
	x.values, x.weight, x.prefix, x.set, x.text = x.values[:0], x.weight[:0], x.prefix[:0], x.set[:0], 0
}

func (x *extremeText) Bytes() int64 {
	return x.text + int64(16*cap(x.values)+16*cap(x.weight)+8*cap(x.prefix)+cap(x.set))
}

func (x *extremeText) Update(groups []int32, args []arrow.Array, rows int) error {
	vals := textsOf(args[0])
	nulls, some := nullsOf(args[0])
	for i := range rows {
		if some && !nulls.ok(i) {
			continue
		}
		g, v := group(groups, i), vals.at(i)
		if x.keep == first && x.set[g] {
			continue
		}
		key := v
		if x.weigh != nil {
			x.key = x.weigh(x.key[:0], v)
			key = x.key
		}
		if prefix := rowkey.Prefix(key); !x.set[g] || x.better(g, key, prefix) {
			x.prefix[g] = prefix
			x.replace(g, v, key)
		}
	}
	return nil
}

// better reports whether a value with this sort key comes before the value of group g if the lowest is kept, and else
// behind it.
func (x *extremeText) better(g int32, key []byte, prefix uint64) bool {
	if prefix != x.prefix[g] {
		return (prefix < x.prefix[g]) == (x.keep == lowest)
	}
	than := x.values[g]
	if x.weigh != nil {
		than = x.weight[g]
	}
	if x.keep == lowest {
		return string(key) < than
	}
	return string(key) > than
}

func (x *extremeText) replace(g int32, v, key []byte) {
	x.text += int64(len(v) - len(x.values[g]))
	x.values[g], x.set[g] = string(v), true
	if x.weigh != nil {
		x.text += int64(len(key) - len(x.weight[g]))
		x.weight[g] = string(key)
	}
}

func textAt(a arrow.Array, i int) string {
	if b, ok := a.(*array.Binary); ok {
		return string(b.Value(i))
	}
	return a.(*array.String).Value(i)
}

func (x *extremeText) StateTypes() []types.Type { return []types.Type{x.typ} }

func (x *extremeText) States(mem memory.Allocator, from, to int) ([]arrow.Array, error) {
	a, err := x.Result(mem, from, to)
	return []arrow.Array{a}, err
}

func (x *extremeText) Merge(groups []int32, states []arrow.Array, rows int) error {
	return x.Update(groups, states, rows)
}

func (x *extremeText) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	return texts(mem, x.typ, x.values[from:to], x.set[from:to]), nil
}

// texts makes an array of strings of type t.
func texts(mem memory.Allocator, t types.Type, values []string, set []bool) arrow.Array {
	b := array.NewBinaryBuilder(mem, t.Arrow().(arrow.BinaryDataType))
	defer b.Release()
	b.Reserve(len(values))
	for i, v := range values {
		if set[i] {
			b.AppendString(v)
		} else {
			b.AppendNull()
		}
	}
	return b.NewArray()
}

// extremeDecimal is MIN, MAX and ANY_VALUE of decimals, as 64-bit numbers until a wider vector comes.
type extremeDecimal struct {
	keep   rule
	scale  int
	narrow []int64
	wide   []decimal256.Num // instead of narrow, if not nil
	set    []bool
}

func (x *extremeDecimal) Grow(n int) {
	if x.wide != nil {
		x.wide = extend(x.wide, n)
	} else {
		x.narrow = extend(x.narrow, n)
	}
	x.set = extend(x.set, n)
}

func (x *extremeDecimal) Reset() { x.narrow, x.wide, x.set = x.narrow[:0], nil, x.set[:0] }

func (x *extremeDecimal) Bytes() int64 {
	return int64(8*cap(x.narrow) + 32*cap(x.wide) + cap(x.set))
}

func (x *extremeDecimal) Update(groups []int32, args []arrow.Array, rows int) error {
	if _, ok := args[0].(*array.Decimal64); ok && x.wide == nil {
		like := extreme[int64]{keep: x.keep, values: x.narrow, set: x.set}
		return like.Update(groups, args, rows)
	}
	if x.wide == nil {
		x.wide = make([]decimal256.Num, len(x.narrow))
		for i, v := range x.narrow {
			x.wide[i] = decimal256.FromI64(v)
		}
		x.narrow = nil
	}
	for i := range rows {
		if args[0].IsNull(i) {
			continue
		}
		g, v := group(groups, i), wide(args[0], i)
		if !x.set[g] || x.keep == lowest && v.Less(x.wide[g]) || x.keep == highest && v.Greater(x.wide[g]) {
			x.wide[g], x.set[g] = v, true
		}
	}
	return nil
}

func (x *extremeDecimal) StateTypes() []types.Type {
	return []types.Type{types.NewDecimal(types.MaxPrecision, x.scale)}
}

func (x *extremeDecimal) States(mem memory.Allocator, from, to int) ([]arrow.Array, error) {
	a, err := x.Result(mem, from, to)
	return []arrow.Array{a}, err
}

func (x *extremeDecimal) Merge(groups []int32, states []arrow.Array, rows int) error {
	return x.Update(groups, states, rows)
}

func (x *extremeDecimal) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	if x.wide != nil {
		return decimals(mem, x.scale, x.wide[from:to], x.set[from:to]), nil
	}
	return values(mem, types.DecimalArrow(types.W64, x.scale), x.narrow[from:to], x.set[from:to]), nil
}

// nothing is any of them over bare NULLs.
type nothing struct{ groups int }

func (x *nothing) Grow(n int)                                               { x.groups = n }
func (x *nothing) Reset()                                                   { x.groups = 0 }
func (x *nothing) Bytes() int64                                             { return 0 }
func (x *nothing) Update([]int32, []arrow.Array, int) error                 { return nil }
func (x *nothing) Merge([]int32, []arrow.Array, int) error                  { return nil }
func (x *nothing) StateTypes() []types.Type                                 { return nil }
func (x *nothing) States(memory.Allocator, int, int) ([]arrow.Array, error) { return nil, nil }
func (x *nothing) Result(mem memory.Allocator, from, to int) (arrow.Array, error) {
	return array.NewNull(to - from), nil
}
