package orc

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a message of protocol buffers, as orc_proto.proto has them: few, and read once, so that they need no generated code.
type message []byte

// value is a value of a field: a number, or bytes.
type value struct {
	number uint64
	bytes  []byte
	packed bool // it is bytes
}

var errMessage = errors.New("malformed metadata")

// fields visits the fields of a message in its order.
func (m message) fields(visit func(field int, v value) error) error {
	for len(m) > 0 {
		num, typ, n := protowire.ConsumeTag(m)
		if n < 0 {
			return errMessage
		}
		m = m[n:]
		var v value
		switch typ {
		case protowire.VarintType:
			v.number, n = protowire.ConsumeVarint(m)
		case protowire.Fixed64Type:
			v.number, n = protowire.ConsumeFixed64(m)
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(m)
			v.packed = true
		default:
			n = protowire.ConsumeFieldValue(num, typ, m)
		}
		if n < 0 {
			return errMessage
		}
		m = m[n:]
		if err := visit(int(num), v); err != nil {
			return err
		}
	}
	return nil
}

// numbers appends a repeated number, packed or not.
func (v value) numbers(dst []uint64) ([]uint64, error) {
	if !v.packed {
		return append(dst, v.number), nil
	}
	for b := v.bytes; len(b) > 0; {
		x, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return dst, errMessage
		}
		dst, b = append(dst, x), b[n:]
	}
	return dst, nil
}

// size is a number that is one of bytes, rows or columns: none has more than 62 bits, so that sums of two do not overflow.
func (v value) size() (int64, error) {
	if v.packed || v.number>>62 != 0 {
		return 0, errMessage
	}
	return int64(v.number), nil
}

// signed is a number in zigzag form.
func (v value) signed() int64 { return protowire.DecodeZigZag(v.number) }
