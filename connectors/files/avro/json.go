package avro

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"time"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/silogate/silogate/connectors/files/arrowjson"
)

// mostText bounds the text of a value: the names of a record without values take no bytes in its block.
const mostText = 64 << 20

var errText = fmt.Errorf("a value whose JSON is longer than %d MiB", mostText>>20)

// text is bytes as a string, for as long as they do not change.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// json reads a value and appends it as JSON in the form of package arrowjson.
func (c *cursor) json(dst []byte, s *schema, depth int) []byte {
	if depth > mostJSONDepth {
		c.fail(fmt.Errorf("a value nests deeper than %d, and MySQL's JSON no deeper", mostJSONDepth))
	}
	if len(dst) > mostText {
		c.fail(errText)
	}
	if c.err != nil {
		return dst
	}
	switch s.kind {
	case kindNull:
		return append(dst, "null"...)
	case kindBoolean:
		return strconv.AppendBool(dst, c.boolean())
	case kindInt, kindLong:
		return c.jsonInteger(dst, s)
	case kindFloat:
		return arrowjson.AppendFloat(dst, float64(c.float()), 32)
	case kindDouble:
		return arrowjson.AppendFloat(dst, c.double(), 64)
	case kindBytes:
		return c.jsonBytes(dst, s, c.bytes())
	case kindFixed:
		return c.jsonBytes(dst, s, c.take(int64(s.size)))
	case kindString:
		return arrowjson.AppendText(dst, text(c.bytes()))
	case kindEnum:
		return arrowjson.AppendText(dst, c.symbol(s))
	case kindUnion:
		return c.json(dst, s.branches[c.branch(s)], depth)
	case kindArray, kindMap:
		return c.jsonItems(dst, s, depth)
	}
	dst = append(dst, '{')
	for i, f := range s.fields {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(arrowjson.AppendText(dst, f.name), ": "...)
		if dst = c.json(dst, f.typ, depth+1); c.err != nil {
			return dst
		}
	}
	return append(dst, '}')
}

// jsonItems appends an array or map.
func (c *cursor) jsonItems(dst []byte, s *schema, depth int) []byte {
	open, end, least := byte('['), byte(']'), s.items.least
	if s.kind == kindMap {
		open, end, least = '{', '}', least+1
	}
	dst = append(dst, open)
	first := true
	for {
		items, _ := c.run(least)
		if items == 0 {
			return append(dst, end)
		}
		if least == 0 && items > mostEmpty {
			c.fail(fmt.Errorf("%d items of no bytes", items))
		}
		for ; items > 0 && c.err == nil; items-- {
			if !first {
				dst = append(dst, ", "...)
			}
			first = false
			if s.kind == kindMap {
				dst = append(arrowjson.AppendText(dst, text(c.bytes())), ": "...)
			}
			dst = c.json(dst, s.items, depth+1)
		}
	}
}

func (c *cursor) jsonInteger(dst []byte, s *schema) []byte {
	v := c.long()
	if s.kind == kindInt && int64(int32(v)) != v {
		c.fail(fmt.Errorf("%d is no int", v))
	}
	switch s.logical {
	case date:
		return arrowjson.AppendText(dst, arrow.Date32(v).ToTime().Format(time.DateOnly))
	case timeMillis:
		return arrowjson.AppendText(dst, arrow.Time32(v).FormattedString(arrow.Millisecond))
	case timeMicros:
		return arrowjson.AppendText(dst, arrow.Time64(v).FormattedString(arrow.Microsecond))
	case timestampMillis, localMillis:
		return arrowjson.AppendMoment(dst, arrow.Timestamp(v), arrow.Millisecond, s.logical == timestampMillis)
	case timestampMicros, localMicros:
		return arrowjson.AppendMoment(dst, arrow.Timestamp(v), arrow.Microsecond, s.logical == timestampMicros)
	case timestampNanos, localNanos:
		return arrowjson.AppendMoment(dst, arrow.Timestamp(v), arrow.Nanosecond, s.logical == timestampNanos)
	}
	return strconv.AppendInt(dst, v, 10)
}

func (c *cursor) jsonBytes(dst []byte, s *schema, b []byte) []byte {
	if c.err != nil {
		return dst
	}
	switch s.logical {
	case decimal:
		return c.decimalText(dst, s, b)
	case uuid:
		return arrowjson.AppendText(dst, text(appendUUID(nil, b)))
	case duration:
		return arrowjson.AppendText(dst, text(appendDuration(nil, b)))
	}
	return arrowjson.AppendBytes(dst, b)
}

var errDecimal = errors.New("a decimal of more digits than its type has")

// decimalText appends the exact text of a decimal of any size.
func (c *cursor) decimalText(dst []byte, s *schema, b []byte) []byte {
	if len(b) > s.size && len(b) > s.digits { // a byte has at least two digits
		c.fail(errDecimal)
		return dst
	}
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 { // two's complement
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	digits := new(big.Int).Abs(n).String()
	if len(digits) > s.digits {
		c.fail(errDecimal)
	}
	if n.Sign() < 0 {
		dst = append(dst, '-')
	}
	if short := s.scale + 1 - len(digits); short > 0 {
		digits = fmt.Sprintf("%0*d%s", short, 0, digits)
	}
	dst = append(dst, digits[:len(digits)-s.scale]...)
	if s.scale > 0 {
		dst = append(append(dst, '.'), digits[len(digits)-s.scale:]...)
	}
	return dst
}

// appendUUID appends the text of a UUID.
func appendUUID(dst, b []byte) []byte {
	return fmt.Appendf(dst, "%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// appendDuration appends the text of months, days and milliseconds that do not convert into each other, as Parquet's INTERVAL.
func appendDuration(dst, b []byte) []byte {
	return fmt.Appendf(dst, "%d months %d days %d ms",
		binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:]))
}
