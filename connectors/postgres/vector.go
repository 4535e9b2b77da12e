package postgres

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/engine/bufpool"
	"github.com/silogate/silogate/engine/types"
)

// vector collects the values of one column of a batch in Arrow's layout, in the order of the rows.
type vector struct {
	out      output
	mem      memory.Allocator
	capacity int // rows

	validity *memory.Buffer // a bit per row, set: not NULL; nil until the first NULL
	values   *memory.Buffer // fixed-width values; bits for Bool; the bytes of texts
	offsets  *memory.Buffer // texts only: where each value starts, and where the last one ends

	// The buffers' contents, by the width of a value.
	w8   []byte // also the bits of Bool and the bytes of texts
	w16  []uint16
	w32  []uint32
	w64  []uint64
	w128 []decimal128.Num
	w256 []decimal256.Num
	ends []int32 // offsets

	decimal types.Width // of the decimals so far
	limit   magnitude   // the least that is too much for a decimal's precision
	guess   int         // bytes of text of the last batch
}

// textGuess is how many bytes a text is taken to have before one was seen.
const textGuess = 16

// start makes room for a batch of up to rows rows.
func (v *vector) start(mem memory.Allocator, rows int) {
	v.mem, v.capacity = mem, rows
	switch {
	case v.out.typ.IsString():
		v.offsets = bufpool.NewBuffer(mem, arrow.Int32SizeBytes*(rows+1))
		v.ends = arrow.GetData[int32](v.offsets.Bytes())
		v.ends[0] = 0
		if v.guess == 0 {
			v.guess = textGuess * rows
		}
		v.values = bufpool.NewBuffer(mem, v.guess)
		v.w8 = v.values.Bytes()
	case v.out.typ.Kind == types.Bool:
		v.values = bufpool.NewBuffer(mem, int(bitutil.BytesForBits(int64(rows))))
		v.w8 = v.values.Bytes()
	case v.out.typ.Kind == types.Decimal:
		v.decimal = types.W64
		v.fixed(8)
	default:
		v.fixed(v.out.typ.Arrow().(arrow.FixedWidthDataType).Bytes())
	}
}

// fixed makes room for values of a width in bytes.
func (v *vector) fixed(width int) {
	v.values = bufpool.NewBuffer(v.mem, width*v.capacity)
	b := v.values.Bytes()
	v.w8, v.w16, v.w32, v.w64, v.w128, v.w256 = nil, nil, nil, nil, nil, nil
	switch width {
	case 1:
		v.w8 = b
	case 2:
		v.w16 = arrow.GetData[uint16](b)
	case 4:
		v.w32 = arrow.GetData[uint32](b)
	case 8:
		v.w64 = arrow.GetData[uint64](b)
	case arrow.Decimal128SizeBytes:
		v.w128 = arrow.GetData[decimal128.Num](b)
	case arrow.Decimal256SizeBytes:
		v.w256 = arrow.GetData[decimal256.Num](b)
	}
}

// putNull makes a row NULL.
func (v *vector) putNull(row int) {
	v.invalidate(row)
	if v.ends != nil {
		v.ends[row+1] = v.ends[row]
	}
}

// invalidate marks a row as NULL.
func (v *vector) invalidate(row int) {
	if v.validity == nil {
		v.validity = bufpool.NewBuffer(v.mem, int(bitutil.BytesForBits(int64(v.capacity))))
		memory.Set(v.validity.Bytes(), 0xff)
	}
	bitutil.ClearBit(v.validity.Bytes(), row)
}

// room returns where the n bytes of a row's text go.
func (v *vector) room(row, n int) []byte {
	start := int(v.ends[row])
	end := start + n
	v.reserve(end)
	v.ends[row+1] = int32(end)
	return v.w8[start:end]
}

// reserve makes room for so many bytes of text in all.
func (v *vector) reserve(bytes int) {
	if bytes > len(v.w8) {
		v.values.Resize(max(bytes, 2*len(v.w8)))
		v.w8 = v.values.Bytes()
	}
}

// widen makes the decimals of the rows below rows at least w wide.
func (v *vector) widen(w types.Width, rows int) {
	if v.decimal >= w {
		return
	}
	old, w64, w128 := v.values, v.w64, v.w128
	defer old.Release()
	v.fixed(int(w) / 8)
	for i := range rows {
		switch {
		case w == types.W128:
			v.w128[i] = decimal128.FromI64(int64(w64[i]))
		case w64 != nil:
			v.w256[i] = decimal256.FromI64(int64(w64[i]))
		default:
			v.w256[i] = decimal256.FromDecimal128(w128[i])
		}
	}
	v.decimal = w
}

// bytes returns how many bytes of text the rows below rows have.
func (v *vector) bytes(rows int) int {
	if v.ends == nil {
		return 0
	}
	return int(v.ends[rows])
}

// arrowType is the type of the batch's array.
func (v *vector) arrowType() arrow.DataType {
	if v.out.typ.Kind == types.Decimal {
		return types.DecimalArrow(v.decimal, int(v.out.typ.Scale))
	}
	return v.out.typ.Arrow()
}

// finish returns the first rows rows as an array, which the caller releases, and empties the vector.
func (v *vector) finish(rows int) arrow.Array {
	nulls := 0
	if v.validity != nil {
		nulls = rows - bitutil.CountSetBits(v.validity.Bytes(), 0, rows)
	}
	buffers := []*memory.Buffer{v.validity, v.values}
	if v.offsets != nil {
		size := v.bytes(rows)
		v.guess = size + size/8
		v.values.Resize(size)
		buffers = []*memory.Buffer{v.validity, v.offsets, v.values}
	}
	data := array.NewData(v.arrowType(), rows, buffers, nil, nulls, 0)
	defer data.Release()
	v.release()
	return array.MakeFromData(data)
}

// release gives up what the vector holds.
func (v *vector) release() {
	for _, b := range []*memory.Buffer{v.validity, v.values, v.offsets} {
		if b != nil {
			b.Release()
		}
	}
	v.validity, v.values, v.offsets, v.ends = nil, nil, nil, nil
	v.w8, v.w16, v.w32, v.w64, v.w128, v.w256 = nil, nil, nil, nil, nil, nil
}
