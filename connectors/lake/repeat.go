package lake

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/types"
)

// repeatable reports a type that repeat knows.
func repeatable(t types.Type) bool {
	switch t.Kind {
	case types.Bool, types.Int8, types.Int16, types.Int32, types.Int64, types.Float32, types.Float64, types.Decimal, types.Date, types.Datetime, types.Timestamp, types.Time:
		return true
	}
	return t.IsString()
}

// repeat returns an array of n equal values of a column that is none of the file's, of a repeatable type unless it is NULL.
func repeat(mem memory.Allocator, v types.Value, t types.Type, n int) arrow.Array {
	if v.Null {
		return array.MakeArrayOfNull(mem, t.Arrow(), n)
	}
	b := array.NewBuilder(mem, t.Arrow())
	defer b.Release()
	b.Reserve(n)
	for range n {
		switch b := b.(type) {
		case *array.Int64Builder:
			b.UnsafeAppend(v.Int)
		case *array.Int8Builder:
			b.UnsafeAppend(int8(v.Int))
		case *array.Int16Builder:
			b.UnsafeAppend(int16(v.Int))
		case *array.Int32Builder:
			b.UnsafeAppend(int32(v.Int))
		case *array.Date32Builder:
			b.UnsafeAppend(arrow.Date32(v.Int))
		case *array.TimestampBuilder:
			b.UnsafeAppend(arrow.Timestamp(v.Int))
		case *array.DurationBuilder:
			b.UnsafeAppend(arrow.Duration(v.Int))
		case *array.Float32Builder:
			b.UnsafeAppend(float32(v.Float))
		case *array.Float64Builder:
			b.UnsafeAppend(v.Float)
		case *array.Decimal64Builder:
			b.UnsafeAppend(decimal.Decimal64(v.Dec.BigInt().Int64()))
		case *array.Decimal128Builder:
			b.UnsafeAppend(decimal128.FromBigInt(v.Dec.BigInt()))
		case *array.Decimal256Builder:
			b.UnsafeAppend(v.Dec)
		case *array.BooleanBuilder:
			b.UnsafeAppend(v.Int != 0)
		case *array.StringBuilder:
			b.Append(v.Str)
		case *array.BinaryBuilder:
			b.Append([]byte(v.Str))
		}
	}
	return b.NewArray()
}
