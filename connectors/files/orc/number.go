package orc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/files/arrowjson"
	"github.com/silogate/silogate/engine/types"
)

// newInteger makes a column of SHORT, INT or LONG.
func newInteger[T int16 | int32 | int64](r *stripeReader, n *node) column {
	d := r.ints(n.column, data, true)
	c := &fixed[T]{base: r.base(n, n.typ.Arrow())}
	c.to = func(p *positions) error {
		d.seekRun(p)
		return d.err
	}
	c.read = func(dst []T) error {
		if same, ok := any(dst).([]int64); ok {
			return d.next(same)
		}
		values, err := c.integers(d, len(dst))
		if err != nil {
			return err
		}
		for i, v := range values {
			if dst[i] = T(v); int64(dst[i]) != v {
				return fmt.Errorf("%d is no %s", v, kindNames[n.kind])
			}
		}
		return nil
	}
	return c
}

// newByte makes a column of BYTE.
func newByte(r *stripeReader, n *node) column {
	d := &runBytes{stream: r.streamOf(n.column, data)}
	return &fixed[byte]{base: r.base(n, n.typ.Arrow()), read: d.next, to: func(p *positions) error {
		if d.seekRun(p) != 0 {
			d.fail(errPosition)
		}
		return d.err
	}}
}

func newBoolean(r *stripeReader, n *node) column {
	return &boolean{base: r.base(n, n.typ.Arrow()), data: &runBits{runBytes: runBytes{stream: r.streamOf(n.column, data)}}}
}

// float is FLOAT or DOUBLE, in the order of bytes of x86.
type float interface{ float32 | float64 }

// newFloat makes a column of floats, of size bytes each.
func newFloat[T float](r *stripeReader, n *node, size int, convert func([]byte) T) column {
	s := r.streamOf(n.column, data)
	c := &fixed[T]{base: r.base(n, n.typ.Arrow())}
	c.to = func(p *positions) error {
		s.seek(s.locate(p))
		return s.err
	}
	c.read = func(dst []T) error {
		const some = 512 // few enough for a stream to join
		for len(dst) > 0 {
			k := min(len(dst), some)
			raw := s.take(k * size)
			if raw == nil {
				return s.err
			}
			for i := range dst[:k] {
				dst[i] = convert(raw[i*size:])
			}
			dst = dst[k:]
		}
		return nil
	}
	c.check = func(dst []T, v *validity) {
		odd := false
		for i, f := range dst {
			if x := float64(f); (math.IsNaN(x) || math.IsInf(x, 0)) && v.has(i) {
				v.clear(i)
				dst[i], odd = 0, true
			}
		}
		if odd {
			c.lost()
		}
	}
	return c
}

func float32Of(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }

func float64Of(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

var errDigits = errors.New("a decimal of more digits than its type has")

// newDecimal makes a column of decimals: integers of any length, each with a scale of its own ("Decimal Columns").
func newDecimal(r *stripeReader, n *node) column {
	s, scales := r.streamOf(n.column, data), r.ints(n.column, secondary, true)
	to := func(p *positions) error {
		s.seek(s.locate(p))
		scales.seekRun(p)
		return errors.Join(s.err, scales.err)
	}
	dtype := types.DecimalArrow(types.WidthFor(n.precision), n.scale)
	if n.precision <= types.Digits64 {
		c := &fixed[int64]{base: r.base(n, dtype), to: to}
		c.read = func(dst []int64) error { return c.narrow(n, s, scales, dst) }
		return c
	}
	c := &fixed[decimal128.Num]{base: r.base(n, dtype), to: to}
	c.read = func(dst []decimal128.Num) error { return c.wide(n, s, scales, dst) }
	return c
}

// texts shows decimals as texts: those of more digits after the point than MySQL's have.
type texts struct {
	column
	mem memory.Allocator
}

func (c *texts) next(n int) (arrow.Array, error) {
	values, err := c.column.next(n)
	if err != nil {
		return nil, err
	}
	defer values.Release()
	b := array.NewStringBuilder(c.mem)
	defer b.Release()
	b.Reserve(values.Len())
	for i := range values.Len() {
		if values.IsNull(i) {
			b.AppendNull()
		} else {
			b.Append(arrowjson.DecimalText(values, i))
		}
	}
	return b.NewArray(), nil
}

// narrow reads decimals of at most 18 digits.
func (c *base) narrow(n *node, s *stream, scales *ints, dst []int64) error {
	own, err := c.integers(scales, len(dst))
	if err != nil {
		return fmt.Errorf("scales: %w", err)
	}
	most := int64(math.Pow10(n.precision)) // exact up to 18 digits
	for i := range dst {
		v := zigzag(s.varint())
		if own[i] != int64(n.scale) {
			x, ok := rescale(decimal128.FromI64(v), own[i], n)
			if !ok {
				return errDigits
			}
			v = int64(x.LowBits())
		}
		if v >= most || v <= -most {
			return errDigits
		}
		dst[i] = v
	}
	return s.err
}

// wide reads decimals of up to 38 digits.
func (c *base) wide(n *node, s *stream, scales *ints, dst []decimal128.Num) error {
	own, err := c.integers(scales, len(dst))
	if err != nil {
		return fmt.Errorf("scales: %w", err)
	}
	for i := range dst {
		v, ok := s.varint128()
		if ok && own[i] != int64(n.scale) {
			v, ok = rescale(v, own[i], n)
		}
		if !ok || !v.FitsInPrecision(int32(n.precision)) {
			if s.err != nil {
				return s.err
			}
			return errDigits
		}
		dst[i] = v
	}
	return s.err
}

// rescale gives a decimal the scale of its type: of digits beyond it none is lost but zeros.
func rescale(v decimal128.Num, scale int64, n *node) (decimal128.Num, bool) {
	if scale < 0 || scale > types.Digits128 {
		return v, false
	}
	if more := int32(n.scale) - int32(scale); more > 0 {
		if !v.FitsInPrecision(int32(n.precision) - more) {
			return v, false
		}
		return v.IncreaseScaleBy(more), true
	}
	cut := v.ReduceScaleBy(int32(scale)-int32(n.scale), false)
	return cut, cut.IncreaseScaleBy(int32(scale)-int32(n.scale)) == v && cut.FitsInPrecision(int32(n.precision))
}

// varint128 reads a signed integer in base 128; ok is false if it has more than 128 bits.
func (s *stream) varint128() (v decimal128.Num, ok bool) {
	var low, high uint64
	for shift := uint(0); ; shift += 7 {
		b := s.byte()
		part := uint64(b & 0x7f)
		switch {
		case shift < 64:
			low |= part << shift
			if shift > 57 {
				high |= part >> (64 - shift)
			}
		case shift < 128 && bits.Len64(part) <= int(128-shift):
			high |= part << (shift - 64)
		default:
			return v, false
		}
		if b < 0x80 {
			break
		}
	}
	sign := -(low & 1) // zigzag
	return decimal128.New(int64(high>>1^sign), (low>>1|high<<63)^sign), s.err == nil
}
