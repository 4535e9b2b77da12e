package rowkey

import (
	"bytes"
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
)

// Key is the form of one sort key.
type Key struct {
	Field Field
	Desc  bool
}

// Order turns the sort keys of rows into byte strings that compare as the rows sort: NULL first, or last where
// descending.
type Order struct {
	keys []Key
	text []byte
}

// NewOrder returns the order of keys. It has scratch space and belongs to one goroutine.
func NewOrder(keys []Key) *Order { return &Order{keys: keys} }

// Append appends the byte strings of rows [0, rows) of cols to dst, one array for each key, and their ends in dst to
// ends.
func (o *Order) Append(dst []byte, ends []int, cols []arrow.Array, rows int) ([]byte, []int) {
	for i := range rows {
		for k, key := range o.keys {
			start := len(dst)
			dst = o.appendCell(dst, key.Field, cols[k], i)
			if key.Desc {
				for j := start; j < len(dst); j++ {
					dst[j] = ^dst[j]
				}
			}
		}
		ends = append(ends, len(dst))
	}
	return dst, ends
}

func (o *Order) appendCell(dst []byte, f Field, col arrow.Array, i int) []byte {
	if f.class == classNull || col.IsNull(i) {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	switch f.class {
	case classFloat:
		b := floatBits(floatOf(col, i))
		if int64(b) < 0 {
			b = ^b
		} else {
			b |= 1 << 63
		}
		return binary.BigEndian.AppendUint64(dst, b)
	case classDecimal:
		return appendDecimal(dst, wideOf(col, i), f.scalesUp(col.DataType()))
	case classBytes:
		text := textOf(col, i)
		if f.weigh != nil {
			o.text = f.weigh(o.text[:0], text)
			text = o.text
		}
		return appendText(dst, text)
	}
	v, unsigned := intOf(col, i)
	if !unsigned {
		v ^= 1 << 63
	}
	return binary.BigEndian.AppendUint64(dst, v)
}

// appendText appends text so that no encoding is a prefix of another: a zero byte becomes 00 FF, the end 00 00.
func appendText(dst, text []byte) []byte {
	for {
		zero := bytes.IndexByte(text, 0)
		if zero < 0 {
			return append(append(dst, text...), 0, 0)
		}
		dst = append(append(dst, text[:zero+1]...), 0xff)
		text = text[zero+1:]
	}
}

// Prefix returns the first eight bytes of an encoded row as a number that compares as they do, zero-padded.
func Prefix(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var v uint64
	for i := range len(key) {
		v |= uint64(key[i]) << (56 - 8*i)
	}
	return v
}
