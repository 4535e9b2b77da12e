package arrowipc

import (
	"math"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"

	"github.com/silogate/silogate/connectors/files/arrowjson"
	"github.com/silogate/silogate/engine/types"
)

// convert returns rows of a column of the batch as a vector of the engine. It panics where the array is malformed.
func (r *reader) convert(column, from, to int) arrow.Array {
	c := r.file.shown.Columns[column]
	t := c.Type
	if t.Kind == types.Null {
		t = types.Of(types.Text)
	}
	values := r.batch.Column(column)
	b := array.NewBuilder(r.options.Memory, vectorType(t))
	defer b.Release()
	b.Reserve(to - from)
	lost := false
	appendValue := appender(b, values, t, &lost)
	at := func(i int) (arrow.Array, int) { return values, i }
	if coded, ok := plain(values).(*array.Dictionary); ok {
		dictionary := coded.Dictionary()
		appendValue = appender(b, dictionary, t, &lost)
		at = func(i int) (arrow.Array, int) { return dictionary, coded.GetValueIndex(i) }
	}
	for i := from; i < to; i++ {
		if values.IsNull(i) || c.Type.Kind == types.Null {
			b.AppendNull()
			continue
		}
		if of, k := at(i); of.IsNull(k) {
			b.AppendNull()
		} else {
			appendValue(k)
		}
	}
	if lost && r.options.Unrepresentable != nil {
		r.options.Unrepresentable(c.Name)
	}
	return b.NewArray()
}

// plain is an array without extension types around it.
func plain(values arrow.Array) arrow.Array {
	for {
		extended, ok := values.(array.ExtensionArray)
		if !ok {
			return values
		}
		values = extended.Storage()
	}
}

// vectorType is the Arrow type of vectors of t.
func vectorType(t types.Type) arrow.DataType {
	if t.Kind == types.Decimal {
		return types.DecimalArrow(types.WidthFor(int(t.Precision)), int(t.Scale))
	}
	return t.Arrow()
}

// appender returns what appends value i, which is not NULL, of an array. lost is set for one that MySQL does not have.
func appender(b array.Builder, values arrow.Array, t types.Type, lost *bool) func(i int) {
	values = plain(values)
	if t.Kind == types.JSON {
		if s, ok := values.(array.StringLike); ok { // of extension arrow.json
			return func(i int) { b.(*array.StringBuilder).Append(s.Value(i)) }
		}
		var scratch []byte
		return func(i int) {
			scratch = arrowjson.Append(scratch[:0], values, i)
			b.(*array.StringBuilder).BinaryBuilder.Append(scratch)
		}
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		v := values.(*array.Boolean)
		return func(i int) { b.UnsafeAppend(v.Value(i)) }
	case *array.Int8Builder:
		return copied(b, values)
	case *array.Int16Builder:
		return copied(b, values)
	case *array.Int32Builder:
		return copied(b, values)
	case *array.Int64Builder:
		return copied(b, values)
	case *array.Uint8Builder:
		return copied(b, values)
	case *array.Uint16Builder:
		return copied(b, values)
	case *array.Uint32Builder:
		return copied(b, values)
	case *array.Uint64Builder:
		return copied(b, values)
	case *array.Float32Builder:
		return floats32(b, values, lost)
	case *array.Float64Builder:
		v := values.(*array.Float64)
		return func(i int) {
			if f := v.Value(i); math.IsNaN(f) || math.IsInf(f, 0) {
				*lost = true
				b.AppendNull()
			} else {
				b.UnsafeAppend(f)
			}
		}
	case *array.Date32Builder:
		return dates(b, values, lost)
	case *array.TimestampBuilder:
		return moments(b, values.(*array.Timestamp), lost)
	case *array.DurationBuilder:
		return times(b, values, lost)
	case *array.Decimal64Builder:
		return func(i int) {
			b.UnsafeAppend(decimal.Decimal64(int64(within(values, i, t).Array()[0])))
		}
	case *array.Decimal128Builder:
		return func(i int) {
			words := within(values, i, t).Array()
			b.UnsafeAppend(decimal128.New(int64(words[1]), words[0]))
		}
	case *array.Decimal256Builder:
		return func(i int) { b.UnsafeAppend(within(values, i, t)) }
	case *array.BinaryBuilder:
		return bytesOf(b, values)
	case *array.StringBuilder:
		return texts(b, values)
	}
	panic("no reader for " + values.DataType().String())
}

// copied copies values of the same type.
func copied[T any](b interface{ UnsafeAppend(T) }, values arrow.Array) func(i int) {
	v := values.(interface{ Value(int) T })
	return func(i int) { b.UnsafeAppend(v.Value(i)) }
}

func floats32(b *array.Float32Builder, values arrow.Array, lost *bool) func(i int) {
	value := func(i int) float32 { return values.(*array.Float32).Value(i) }
	if half, ok := values.(*array.Float16); ok {
		value = func(i int) float32 { return half.Value(i).Float32() }
	}
	return func(i int) {
		if f := value(i); math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
			*lost = true
			b.AppendNull()
		} else {
			b.UnsafeAppend(f)
		}
	}
}

func dates(b *array.Date32Builder, values arrow.Array, lost *bool) func(i int) {
	const dayMillis = 86_400_000
	days := func(i int) int64 { return int64(values.(*array.Date32).Value(i)) }
	if v, ok := values.(*array.Date64); ok {
		days = func(i int) int64 { return floor(int64(v.Value(i)), dayMillis) }
	}
	return func(i int) {
		if d := days(i); d < types.FirstDay || d > types.LastDay {
			*lost = true
			b.AppendNull()
		} else {
			b.UnsafeAppend(arrow.Date32(d))
		}
	}
}

// floor divides and rounds down.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// scales are the microseconds of a unit; nanoseconds are divided.
var scales = map[arrow.TimeUnit]int64{arrow.Second: 1_000_000, arrow.Millisecond: 1000, arrow.Microsecond: 1, arrow.Nanosecond: 1}

func moments(b *array.TimestampBuilder, values *array.Timestamp, lost *bool) func(i int) {
	unit := values.DataType().(*arrow.TimestampType).Unit
	scale := scales[unit]
	return func(i int) {
		v := int64(values.Value(i))
		if unit == arrow.Nanosecond {
			v = floor(v, 1000)
		}
		if v < types.FirstMoment/scale || v > types.LastMoment/scale {
			*lost = true
			b.AppendNull()
		} else {
			b.UnsafeAppend(arrow.Timestamp(v * scale))
		}
	}
}

func times(b *array.DurationBuilder, values arrow.Array, lost *bool) func(i int) {
	add := func(us int64) {
		if us < -types.LastTime || us > types.LastTime {
			*lost = true
			b.AppendNull()
		} else {
			b.UnsafeAppend(arrow.Duration(us))
		}
	}
	switch v := values.(type) {
	case *array.Time32:
		scale := scales[v.DataType().(*arrow.Time32Type).Unit]
		return func(i int) { add(int64(v.Value(i)) * scale) }
	case *array.Time64:
		if v.DataType().(*arrow.Time64Type).Unit == arrow.Nanosecond {
			return func(i int) { add(floor(int64(v.Value(i)), 1000)) }
		}
		return func(i int) { add(int64(v.Value(i))) }
	}
	panic("no times in " + values.DataType().String())
}

// wide is a decimal of any width.
func wide(values arrow.Array, i int) decimal256.Num {
	switch v := values.(type) {
	case *array.Decimal32:
		return decimal256.FromI64(int64(v.Value(i)))
	case *array.Decimal64:
		return decimal256.FromI64(int64(v.Value(i)))
	case *array.Decimal128:
		return decimal256.FromDecimal128(v.Value(i))
	}
	return values.(*array.Decimal256).Value(i)
}

// within is a decimal, which has the digits that its type says.
func within(values arrow.Array, i int, t types.Type) decimal256.Num {
	n := wide(values, i)
	if !n.FitsInPrecision(int32(t.Precision)) {
		panic("a decimal of more than " + strconv.Itoa(int(t.Precision)) + " digits")
	}
	return n
}

func bytesOf(b *array.BinaryBuilder, values arrow.Array) func(i int) {
	v := values.(interface{ Value(int) []byte })
	return func(i int) { b.Append(v.Value(i)) }
}

// texts appends texts, and as text what has no type in MySQL.
func texts(b *array.StringBuilder, values arrow.Array) func(i int) {
	switch v := values.(type) {
	case array.StringLike:
		return func(i int) { b.Append(v.Value(i)) }
	case *array.Decimal32, *array.Decimal64, *array.Decimal128, *array.Decimal256:
		return func(i int) { b.Append(arrowjson.DecimalText(values, i)) }
	}
	return func(i int) { b.Append(values.ValueStr(i)) }
}
