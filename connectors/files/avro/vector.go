package avro

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	arrowdecimal "github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/silogate/silogate/connectors/files"
	"github.com/silogate/silogate/engine/types"
)

// read reads a value of a row and keeps it or passes over it.
type read func(c *cursor)

// vector collects the values of a column.
type vector struct {
	name    string
	builder array.Builder
	append  read
	lost    bool  // a value was one that MySQL does not have
	bytes   int64 // of texts, of the batch
	scratch []byte
}

// newVector makes the vector of a column; a shape is that of its values as JSON, nil: as the file has them.
func newVector(mem memory.Allocator, c files.Column, s *schema, shape *shaped) *vector {
	t := c.Type
	if t.Kind == types.Null {
		t = types.Of(types.Text)
	}
	v := &vector{name: c.Name, builder: array.NewBuilder(mem, t.Arrow())}
	if shape != nil {
		v.append = v.documents(s, func(dst []byte, c *cursor, branch int) []byte {
			of := shape
			if s.kind == kindUnion {
				of = shape.branches[branch]
			}
			return c.shaped(dst, of, 0)
		})
		return v
	}
	v.append = v.appender(s, t)
	return v
}

// appender returns what appends a value; builders have room for a batch.
func (v *vector) appender(s *schema, t types.Type) read {
	if s.kind == kindNull {
		return func(*cursor) { v.builder.AppendNull() }
	}
	if t.Kind == types.JSON {
		return v.documents(s, func(dst []byte, c *cursor, branch int) []byte {
			of := s
			if s.kind == kindUnion {
				of = s.branches[branch]
			}
			return c.json(dst, of, 0)
		})
	}
	if s.kind == kindUnion {
		return v.union(s, t)
	}
	switch b := v.builder.(type) {
	case *array.BooleanBuilder:
		return func(c *cursor) { b.UnsafeAppend(c.boolean()) }
	case *array.Int32Builder:
		return func(c *cursor) { b.UnsafeAppend(c.int()) }
	case *array.Int64Builder:
		return func(c *cursor) { b.UnsafeAppend(c.long()) }
	case *array.Float32Builder:
		return func(c *cursor) {
			f := c.float()
			if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
				v.appendLost()
			} else {
				b.UnsafeAppend(f)
			}
		}
	case *array.Float64Builder:
		return v.doubles(b, s)
	case *array.Date32Builder:
		return func(c *cursor) {
			if d := c.int(); d < types.FirstDay || d > types.LastDay {
				v.appendLost()
			} else {
				b.UnsafeAppend(arrow.Date32(d))
			}
		}
	case *array.DurationBuilder:
		add := func(us int64) {
			if us < -types.LastTime || us > types.LastTime {
				v.appendLost()
			} else {
				b.UnsafeAppend(arrow.Duration(us))
			}
		}
		if s.logical == timeMillis {
			return func(c *cursor) { add(int64(c.int()) * 1000) }
		}
		return func(c *cursor) { add(c.long()) }
	case *array.TimestampBuilder:
		return v.moments(b, s)
	case *array.Decimal64Builder, *array.Decimal128Builder, *array.Decimal256Builder:
		return v.decimals(s)
	case *array.BinaryBuilder:
		next := raw(s)
		return func(c *cursor) {
			x := next(c)
			b.Append(x)
			v.bytes += int64(len(x))
		}
	}
	return v.texts(v.builder.(*array.StringBuilder), s)
}

func (v *vector) appendLost() {
	v.lost = true
	v.builder.AppendNull()
}

// union appends what a branch has.
func (v *vector) union(s *schema, t types.Type) read {
	branches := make([]read, len(s.branches))
	for i, b := range s.branches {
		branches[i] = v.appender(b, t)
	}
	return func(c *cursor) {
		if i := c.branch(s); c.err == nil {
			branches[i](c)
		}
	}
}

// documents appends nested values as JSON, which write reads; NULL of a union is NULL.
func (v *vector) documents(s *schema, write func(dst []byte, c *cursor, branch int) []byte) read {
	b := v.builder.(*array.StringBuilder)
	return func(c *cursor) {
		branch := 0
		if s.kind == kindUnion {
			if branch = c.branch(s); s.branches[branch].kind == kindNull {
				b.AppendNull()
				return
			}
		}
		v.scratch = write(v.scratch[:0], c, branch)
		b.BinaryBuilder.Append(v.scratch)
		v.bytes += int64(len(v.scratch))
	}
}

// doubles appends doubles, and the floats of a union of both.
func (v *vector) doubles(b *array.Float64Builder, s *schema) read {
	single := s.kind == kindFloat
	return func(c *cursor) {
		var f float64
		if single {
			f = float64(c.float())
		} else {
			f = c.double()
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			v.appendLost()
		} else {
			b.UnsafeAppend(f)
		}
	}
}

// moments appends timestamps of any unit in microseconds, what lies between two rounded down.
func (v *vector) moments(b *array.TimestampBuilder, s *schema) read {
	scale, nanos := int64(1), false
	switch s.logical {
	case timestampMillis, localMillis:
		scale = 1000
	case timestampNanos, localNanos:
		nanos = true
	}
	first, last := types.FirstMoment/scale, types.LastMoment/scale
	return func(c *cursor) {
		n := c.long()
		if nanos {
			n = floor(n, 1000)
		}
		if n < first || n > last {
			v.appendLost()
		} else {
			b.UnsafeAppend(arrow.Timestamp(n * scale))
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

// raw returns what reads the bytes of a value.
func raw(s *schema) func(*cursor) []byte {
	if s.kind == kindFixed {
		size := int64(s.size)
		return func(c *cursor) []byte { return c.take(size) }
	}
	return (*cursor).bytes
}

// texts appends texts, and as text what has no type in MySQL.
func (v *vector) texts(b *array.StringBuilder, s *schema) read {
	add := func(x []byte) {
		b.BinaryBuilder.Append(x)
		v.bytes += int64(len(x))
	}
	next := raw(s)
	formatted := func(format func(*cursor, []byte) []byte) read {
		return func(c *cursor) {
			if x := next(c); c.err == nil {
				v.scratch = format(c, x)
				add(v.scratch)
			}
		}
	}
	switch {
	case s.kind == kindEnum:
		return func(c *cursor) { add([]byte(c.symbol(s))) }
	case s.logical == decimal:
		return formatted(func(c *cursor, x []byte) []byte { return c.decimalText(v.scratch[:0], s, x) })
	case s.logical == uuid && s.kind == kindFixed:
		return formatted(func(_ *cursor, x []byte) []byte { return appendUUID(v.scratch[:0], x) })
	case s.logical == duration:
		return formatted(func(_ *cursor, x []byte) []byte { return appendDuration(v.scratch[:0], x) })
	}
	return func(c *cursor) { add(c.bytes()) }
}

// decimals appends decimals that MySQL has.
func (v *vector) decimals(s *schema) read {
	next, digits := raw(s), int32(s.digits)
	wide := func(c *cursor) decimal256.Num {
		n, ok := bigEndian(next(c))
		if !ok || !n.FitsInPrecision(digits) {
			c.fail(errDecimal)
		}
		return n
	}
	switch b := v.builder.(type) {
	case *array.Decimal64Builder:
		most := int64(math.Pow10(s.digits)) // exact up to 18 digits
		return func(c *cursor) {
			x := next(c)
			n, ok := bigEndian64(x)
			if !ok || n >= most || n <= -most {
				c.fail(errDecimal)
			}
			b.UnsafeAppend(arrowdecimal.Decimal64(n))
		}
	case *array.Decimal128Builder:
		return func(c *cursor) {
			words := wide(c).Array()
			b.UnsafeAppend(decimal128.New(int64(words[1]), words[0]))
		}
	case *array.Decimal256Builder:
		return func(c *cursor) { b.UnsafeAppend(wide(c)) }
	}
	panic("no decimals in " + v.builder.Type().String())
}

// bigEndian64 sign-extends a two's complement integer of up to 8 bytes, or of more that repeat the sign. None are 0.
func bigEndian64(b []byte) (int64, bool) {
	n := int64(0)
	if len(b) > 0 {
		n = int64(int8(b[0])) >> 7
	}
	if extra := len(b) - 8; extra > 0 {
		for _, x := range b[:extra] {
			if x != byte(n) {
				return 0, false
			}
		}
		b = b[extra:]
		if int8(b[0])>>7 != int8(n) {
			return 0, false
		}
	}
	for _, x := range b {
		n = n<<8 | int64(x)
	}
	return n, true
}

// bigEndian is bigEndian64 for 32 bytes.
func bigEndian(b []byte) (decimal256.Num, bool) {
	sign := byte(0)
	if len(b) > 0 && b[0] >= 0x80 {
		sign = 0xff
	}
	for len(b) > 32 && b[0] == sign && (b[1] >= 0x80) == (sign != 0) {
		b = b[1:]
	}
	if len(b) > 32 {
		return decimal256.Num{}, false
	}
	var full [32]byte
	for i := range full[:32-len(b)] {
		full[i] = sign
	}
	copy(full[32-len(b):], b)
	word := func(i int) uint64 { return binary.BigEndian.Uint64(full[8*i:]) }
	return decimal256.New(word(0), word(1), word(2), word(3)), true
}
